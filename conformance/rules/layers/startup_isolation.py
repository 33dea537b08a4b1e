"""LY407: a component leaves the start-up of the others alone."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.program import Program, Reach
from conformance.program.references import references_in
from conformance.program.startup import startup_of
from conformance.program.values import Resolved
from conformance.results import Violation
from conformance.rules.base import Example, Rule


def subjects(program: Program) -> Iterator[Reach]:
    """Each import and each path of attributes of a component's module that leads to a module of the target."""
    for module in program.with_role("components"):
        if not module.is_test:
            yield from program.every_reach(module)


def check(program: Program, reach: Reach) -> Iterator[Violation]:
    """Report what takes a hook, lifespan or scheduler set-up of another component; at the import where there is one."""
    own = program.component(reach.importer)
    for resolved in _taken(program, reach):
        what = startup_of(program, resolved)
        home = getattr(resolved, "module", None)
        other = program.component(home) if home is not None else ""
        if not what or not other or other == own:
            continue
        name = getattr(resolved, "name", "")
        place = reach.place
        if not reach.is_import:
            imported = [e for e in program.imports[reach.importer] if e.module is reach.module]
            place = imported[0].place if imported else place
        yield Violation(
            place,
            f"the component `{own}` takes `{name}`, {what}, from the component `{other}`",
            "let each component start and stop what is its own; what both need is set up by a function of core",
            detail=f"{reach.importer.name} {name}",
        )


def _taken(program: Program, reach: Reach) -> Iterator[Resolved]:
    if reach.edge is None or reach.edge.name != "*" or not reach.is_import:
        yield from reach.resolved
        return
    used = references_in(reach.importer)
    for name in reach.module.bindings:
        if name in used and name not in reach.importer.bindings:
            yield from program.names.member(reach.module, name)


RULE = Rule(
    id="LY407",
    name="startup-isolation",
    source="Integration Patterns, Container Boundaries",
    summary="A component imports or calls another's start-up or shutdown hooks, lifespan or scheduler set-up.",
    why=(
        "Each container manages its own lifecycle. A backend that starts the scheduler runs every job once per copy of "
        "the backend; a scheduler that runs the worker's hook opens the worker's connections, and nobody closes them."
    ),
    instead=(
        "Start each component in its own process by its own hooks. What two of them set up alike is a function of core "
        "that both call, each for itself."
    ),
    subjects=subjects,
    check=check,
    nothing="no component of the target imports anything of the target",
    configure="`roles.components` names the components where they lie elsewhere than in `components/`.",
    bad=(
        Example(
            "the backend starts the scheduler",
            """
--- app/components/scheduler.py
from apscheduler.schedulers.asyncio import AsyncIOScheduler


def start_scheduler() -> AsyncIOScheduler:
    scheduler = AsyncIOScheduler()
    scheduler.start()
    return scheduler
--- app/components/backend/lifespan.py
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.components.scheduler import start_scheduler  # expect: LY407


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.scheduler = start_scheduler()
    yield
    app.state.scheduler.shutdown()
--- app/components/backend/main.py
from fastapi import FastAPI

from app.components.backend.lifespan import lifespan

app = FastAPI(lifespan=lifespan)
""",
        ),
        Example(
            "the scheduler runs the worker's hook, through its module",
            """
--- app/components/worker/main.py
from arq.connections import RedisSettings


async def open_resources(ctx: dict) -> None:
    ctx["ready"] = True


async def ping(ctx: dict) -> str:
    return "pong"


class Queue:
    functions = [ping]
    on_startup = open_resources
    redis_settings = RedisSettings()
--- app/components/scheduler.py
from .worker import main as worker  # expect: LY407


async def run() -> dict:
    resources: dict = {}
    await worker.open_resources(resources)
    return resources
""",
        ),
    ),
    good=(
        Example(
            "a component with hooks of its own",
            """
--- app/components/worker/hooks.py
async def on_worker_start(ctx: dict) -> None:
    print("ready")
--- app/components/worker/queues/system.py
from arq.connections import RedisSettings

from app.components.worker.hooks import on_worker_start


async def ping(ctx: dict) -> str:
    return "pong"


class WorkerSettings:
    functions = [ping]
    on_startup = on_worker_start
    redis_settings = RedisSettings()
""",
        ),
        Example(
            "the entrypoint puts a component's lifespan to use",
            """
--- app/components/backend/startup/cache.py
async def warm_cache(app) -> None:
    app.state.cache = {}
--- app/components/backend/lifespan.py
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.components.backend.startup.cache import warm_cache


@asynccontextmanager
async def lifespan(app: FastAPI):
    await warm_cache(app)
    yield
--- app/main.py
from fastapi import FastAPI

from app.components.backend.lifespan import lifespan

app = FastAPI(lifespan=lifespan)
""",
        ),
    ),
)
