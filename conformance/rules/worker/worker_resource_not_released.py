"""WK308: what arq's start-up creates, its shutdown releases."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.program import Program
from conformance.results import Step, Violation
from conformance.rules.base import Example, Rule
from conformance.rules.lifecycle.common import Creation, creations, detail_of, held_by


def subjects(program: Program) -> Iterator[Creation]:
    """Each resource that the start-up of arq's settings creates; with what the shutdown of the same does to it."""
    for settings in program.queue.settings:
        if not settings.module.is_test:
            starting = tuple(settings.hooks.get("on_startup", ()))
            created = {id(c.construction.call) for c in creations(program, starting)}
            for creation in creations(program, (*starting, *settings.hooks.get("on_shutdown", ()))):
                if id(creation.construction.call) in created:
                    yield creation


def check(program: Program, creation: Creation) -> Iterator[Violation]:  # noqa: ARG001 - the form of every `check`
    """Report one that is not released."""
    if creation.released:
        return
    construction = creation.construction
    yield Violation(
        construction.place,
        f"`{construction.name}`{held_by(construction)} is created when the worker starts and never released",
        "close it in `on_shutdown`",
        detail=detail_of(construction),
        trail=() if construction.inner is None else (Step(construction.innermost.place, "constructs it"),),
    )


RULE = Rule(
    id="WK308",
    name="worker-resource-not-released",
    source="PRD-012 §5",
    summary="on_startup creates a resource that on_shutdown does not release.",
    why=(
        "A worker is restarted with each deployment. What `on_startup` opens and `on_shutdown` forgets is cut off "
        "instead of closed: connections linger at the server, and what was buffered is lost."
    ),
    instead='Close in `on_shutdown` all that `on_startup` puts into ctx: `await ctx["http"].aclose()`.',
    subjects=subjects,
    check=check,
    nothing="no on_startup of arq's settings creates a resource",
    configure="`resources` names more constructors whose results must be released.",
    bad=(
        Example(
            "an engine that the shutdown forgets",
            """
--- app/worker.py
from arq.connections import RedisSettings, create_pool
from sqlalchemy.ext.asyncio import create_async_engine


async def on_startup(ctx: dict) -> None:
    ctx["queue"] = await create_pool(RedisSettings())
    ctx["engine"] = create_async_engine("sqlite+aiosqlite://")  # expect: WK308


async def on_shutdown(ctx: dict) -> None:
    await ctx["queue"].aclose()


async def noop(ctx: dict) -> None:
    return None


class WorkerSettings:
    functions = [noop]
    on_startup = on_startup
    on_shutdown = on_shutdown
    redis_settings = RedisSettings()
""",
        ),
        Example(
            "no shutdown hook at all, a client from a helper",
            """
--- app/clients.py
import httpx


def make_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=5)
--- app/worker.py
from arq import run_worker

from app.clients import make_client


async def start(ctx: dict) -> None:
    ctx.update(http=make_client())  # expect: WK308


async def noop(ctx: dict) -> None:
    return None


run_worker({"functions": [noop], "on_startup": start, "redis_settings": None})
""",
        ),
    ),
    good=(
        Example(
            "closed by a loop over the keys",
            """
--- app/worker.py
import httpx
from arq.connections import RedisSettings, create_pool


async def on_startup(ctx: dict) -> None:
    ctx["queue"] = await create_pool(RedisSettings())
    ctx["http"] = httpx.AsyncClient()


async def on_shutdown(ctx: dict) -> None:
    for key in ("queue", "http"):
        await ctx[key].aclose()


async def noop(ctx: dict) -> None:
    return None


class WorkerSettings:
    functions = [noop]
    on_startup = on_startup
    on_shutdown = on_shutdown
    redis_settings = RedisSettings()
""",
        ),
    ),
)
