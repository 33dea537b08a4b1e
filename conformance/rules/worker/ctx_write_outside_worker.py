"""WK301: only the worker writes arq's context."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.program import Access, Program
from conformance.results import Step, Violation
from conformance.rules.base import Example, Rule


def subjects(program: Program) -> Iterator[Access]:
    """Each access of arq's context outside tests: a context that is only read conforms."""
    return (a for a in program.stores.of("context") if not a.module.is_test)


def check(program: Program, access: Access) -> Iterator[Violation]:
    """Report a write in a module without the worker role."""
    if not access.writes or access.module.has_role("worker"):
        return
    what = f'`ctx["{access.key}"]`' if access.key else "`ctx`" if access.whole else "a computed key of `ctx`"
    function = access.function
    trail: tuple[Step, ...] = ()
    if function is not None and function not in program.names.context_functions:
        trail = tuple(
            Step(scope.module.place(call), f"hands ctx to `{function.name}`")
            for call, scope, _ in program.names.calls.that_may_reach(function)
        )[:5]
    yield Violation(
        access.place,
        f"{what} is written outside the worker module",
        "write it in `on_startup` of the worker; a task returns its result or passes it on as an argument",
        detail=what,
        trail=trail,
    )


RULE = Rule(
    id="WK301",
    name="ctx-write-outside-worker",
    source="PRD-012 §6",
    summary="arq's ctx is written in a module that is not the worker's.",
    why=(
        "ctx carries what lives as long as the worker. When only the worker module writes it, `on_startup` shows "
        "everything that a task can read. A task gets a copy of ctx: what it writes is lost with the job, and looks as "
        "if it were not."
    ),
    instead="Write ctx in the worker's hooks. A task returns its result, or keeps it in a local.",
    subjects=subjects,
    check=check,
    nothing="no function of the target is given arq's ctx",
    configure='`[tool.conformance.roles] worker = ["app.background"]` names the worker where it is not recognised.',
    bad=(
        Example(
            "a task keeps a value in ctx",
            """
--- app/worker.py
from arq.connections import RedisSettings

from app.tasks.triage import run_triage


async def on_startup(ctx: dict) -> None:
    ctx["labels"] = ("bug", "feature")


class WorkerSettings:
    functions = [run_triage]
    on_startup = on_startup
    redis_settings = RedisSettings()
--- app/tasks/triage.py
async def run_triage(ctx: dict, job_id: str) -> str:
    ctx["last_job"] = job_id  # expect: WK301
    return ctx["labels"][0]
""",
        ),
        Example(
            "a helper that a hook hands ctx to",
            """
--- app/worker.py
from arq.connections import RedisSettings

from app.resources import attach


async def on_startup(ctx: dict) -> None:
    attach(ctx, region="eu")


async def ping(ctx: dict) -> str:
    return "pong"


class WorkerSettings:
    functions = [ping]
    on_startup = on_startup
    redis_settings = RedisSettings()
--- app/resources.py
def attach(container: dict, region: str) -> None:
    container.update(region=region)  # expect: WK301
""",
        ),
    ),
    good=(
        Example(
            "the worker writes, a task reads and copies",
            """
--- app/worker.py
from arq.connections import RedisSettings

from app.tasks import export


async def on_startup(ctx: dict) -> None:
    ctx["region"] = "eu"


class WorkerSettings:
    functions = [export]
    on_startup = on_startup
    redis_settings = RedisSettings()
--- app/tasks.py
async def export(ctx: dict, day: str) -> str:
    extra = dict(ctx)
    extra["day"] = day
    return ctx["region"] + extra["day"]
""",
        ),
        Example(
            "a click context is another thing",
            """
--- app/cli.py
import click


@click.group()
@click.pass_context
def main(ctx) -> None:
    ctx.obj = {}
    ctx.obj["verbose"] = True
--- app/worker.py
from arq.connections import RedisSettings


async def ping(ctx: dict) -> str:
    return str(ctx["job_id"])


class WorkerSettings:
    functions = [ping]
    redis_settings = RedisSettings()
""",
        ),
    ),
)
