"""WK305: a key of arq's context that nobody sets."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.facts import code
from conformance.program import Access, Program
from conformance.program.queue import ARQ_KEYS
from conformance.results import Undecidable, Violation
from conformance.rules.base import Example, Rule


def subjects(program: Program) -> Iterator[Access]:
    """Each read of one key of arq's context outside tests, taking it out included."""
    return (
        a
        for a in program.stores.of("context", "read", "delete")
        if not a.module.is_test and not a.whole and (a.kind == "read" or _takes_out(a))
    )


def check(program: Program, access: Access) -> Iterator[Violation | Undecidable]:
    """Report a key that arq does not set, nor the start-up of the settings that the reader works for."""
    keys = program.contexts.keys_of(access)
    if not keys:
        yield Undecidable(access.place, "the key of `ctx` is computed: it is not known whether it is set")
    for key in sorted(keys - ARQ_KEYS):
        yield from _unset(program, access, key)


def _unset(program: Program, access: Access, key: str) -> Iterator[Violation | Undecidable]:
    for context in program.contexts.of(access):
        if key in context.stored or key in context.kept:
            continue
        if context.is_open:
            yield Undecidable(
                access.place, f'the start-up of `{context.settings.name}` may set `ctx["{key}"]`, or may not'
            )
            continue
        yield Violation(
            access.place,
            f'`ctx["{key}"]` is read, and neither arq nor the start-up of `{context.settings.name}` sets it',
            f'set `ctx["{key}"]` in `on_startup`, or read the key that is set there',
            detail=key,
        )
        return


def _takes_out(access: Access) -> bool:
    return access.spelling == "pop" and isinstance(access.node, code.Call) and len(access.node.arguments) == 1


RULE = Rule(
    id="WK305",
    name="unset-ctx-key",
    source="PRD-012 §5",
    summary="a task or hook reads a key of arq's ctx that neither `on_startup`, `on_job_start` nor arq sets.",
    why=(
        "ctx is a dict, so a key that is misspelt, or that another worker's start-up sets, is noticed when the job "
        "runs: as a KeyError in the queue, or as a None that travels on. What a worker carries is decided in its "
        "start-up, and each of arq's settings has its own."
    ),
    instead="Set the key in the `on_startup` of the settings that register the task, or read one that is set there.",
    subjects=subjects,
    check=check,
    nothing="nothing reads a key of arq's ctx",
    bad=(
        Example(
            "start-up sets db_engine, the task reads engine",
            """
--- app/worker.py
from arq.connections import RedisSettings
from sqlalchemy.ext.asyncio import create_async_engine

from app.tasks.stock import count_stock


async def on_startup(ctx: dict) -> None:
    ctx["db_engine"] = create_async_engine("postgresql+asyncpg://db/app")


class WorkerSettings:
    functions = [count_stock]
    on_startup = on_startup
    redis_settings = RedisSettings()
--- app/tasks/stock.py
async def count_stock(ctx: dict, sku: str) -> str:
    return f"{sku} {ctx['engine'].name}"  # expect: WK305
""",
        ),
        Example(
            "each of two workers has a start-up of its own, and a helper reads",
            """
--- app/worker.py
from arq.connections import RedisSettings

from app.tasks.mail import digest, send

KEY = "sender"


async def start_mail(ctx):
    ctx.update(sender="post@example.com", region="eu")


async def start_digest(ctx):
    ctx["region"] = "eu"


class MailWorker:
    functions = [send]
    on_startup = start_mail
    redis_settings = RedisSettings()


class DigestWorker:
    functions = [digest]
    on_startup = start_digest
    redis_settings = RedisSettings()
--- app/tasks/mail.py
from app.worker import KEY


def region_of(context) -> str:
    return context["region"]


def signature(context) -> str:
    return context.get("signature")  # expect: WK305


async def send(ctx, to: str) -> str:
    return ctx[KEY] + region_of(ctx)


async def digest(ctx, to: str) -> str:
    return ctx[KEY] + region_of(ctx) + signature(ctx)  # expect: WK305
""",
        ),
    ),
    good=(
        Example(
            "keys of start-up and of arq",
            """
--- app/worker.py
from arq.connections import RedisSettings

from app.tasks import greet


async def on_startup(ctx: dict) -> None:
    ctx["greeting"] = "hello"


async def on_job_start(ctx: dict) -> None:
    ctx["attempts_left"] = 5 - ctx["job_try"]


class WorkerSettings:
    functions = [greet]
    on_startup = on_startup
    on_job_start = on_job_start
    redis_settings = RedisSettings()
--- app/tasks.py
async def greet(ctx: dict, name: str) -> str:
    await ctx["redis"].incr("greetings")
    return f"{ctx['greeting']} {name} {ctx['attempts_left']}"
""",
        ),
        Example(
            "the settings give arq a ctx to start with",
            """
--- app/worker.py
from arq import Worker

from app.tasks import greet


def build() -> Worker:
    return Worker(functions=[greet], ctx={"greeting": "hello"})
--- app/tasks.py
async def greet(ctx, name: str) -> str:
    return ctx["greeting"] + name
""",
        ),
    ),
)
