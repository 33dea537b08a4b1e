"""LY409: what the target does has the module that it belongs to: deps, lifespan, worker, config."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from conformance.facts import code
from conformance.program import Program
from conformance.program.scopes import FunctionScope, ModuleScope
from conformance.results import Place, Violation
from conformance.rules.base import Example, Rule


@dataclass(frozen=True, slots=True)
class Need:
    """Something that the target does, the modules that do it, and the role of the module that it calls for."""

    what: str
    role: str
    missing: str
    modules: tuple[ModuleScope, ...]


def subjects(program: Program) -> Iterator[Need]:
    """What the target does of the four things that have a place of their own."""
    for what, role, missing, find in _NEEDS:
        modules = sorted(dict.fromkeys(find(program)), key=lambda m: (m.name, m.path))
        if modules:
            yield Need(what, role, missing, tuple(modules))


def check(program: Program, need: Need) -> Iterator[Violation]:
    """Report at the first module that shows the need, where no module has the role."""
    if program.has_role(need.role):
        return
    module = need.modules[0]
    others = len(need.modules) - 1
    also = f" (as {'do' if others > 1 else 'does'} {others} more)" if others else ""
    yield Violation(
        Place(module.path, (1, 1, 1, 1), ""),  # of no module: what is missing is the same, whichever comes first
        f"`{module.name}` {need.what}{also}, and the target has {need.missing}",
        f"add the {need.role} module that PRD-012 §6 lays out, or name yours in `roles.{need.role}`",
        detail=need.role,
    )


def _with_endpoints(program: Program) -> Iterator[ModuleScope]:
    return (e.module for e in program.injection.endpoints if not e.module.is_test)


def _writing_state(program: Program) -> Iterator[ModuleScope]:
    for access in program.stores.of("state", "write", "delete"):
        is_external = access.key is not None and access.key in {"limiter", *program.config.external_state_keys}
        if not access.module.is_test and not is_external:
            yield access.module


def _with_tasks(program: Program) -> Iterator[ModuleScope]:
    """The modules of tasks; without settings, those that define what looks like one in a target that uses arq."""
    yield from (f.module for f in program.queue.tasks if not f.module.is_test)
    candidates = [m for m in program.target_modules if {"tasks", "jobs"} & set(m.name.split(".")[1:])]
    tasks = [m for m in candidates if any(_looks_like_a_task(f) for f in m.functions)]
    if tasks and _uses_arq(program):
        yield from tasks


def _looks_like_a_task(function: FunctionScope) -> bool:
    if not function.node.is_async or not isinstance(function.parent, ModuleScope) or function.name.startswith("_"):
        return False
    return bool(function.parameters) and function.parameters[0].name in {"ctx", "_ctx", "context"}


def _uses_arq(program: Program) -> bool:
    for module in program.target_modules:
        if any(edge.qualified.partition(".")[0] == "arq" for edge in program.imports[module]):
            return True
        for node in code.walk(*module.body):
            match node:
                case code.Call(function=code.Attribute(name="enqueue_job")):
                    return True
    return False


def _reading_environment(program: Program) -> Iterator[ModuleScope]:
    for module in program.target_modules:
        if not program.is_migration(module) and program.environment.reads(module):
            yield module


_NEEDS: tuple[tuple[str, str, str, Callable[[Program], Iterator[ModuleScope]]], ...] = (
    ("declares endpoints", "deps", "no deps package", _with_endpoints),
    ("writes app.state", "lifespan", "no lifespan module", _writing_state),
    ("defines arq tasks", "worker", "no worker module", _with_tasks),
    ("reads the environment", "config", "no config module", _reading_environment),
)

RULE = Rule(
    id="LY409",
    name="required-layout",
    source="PRD-012 §6",
    summary="The target has endpoints but no deps package, app.state but no lifespan, tasks but no worker, …",
    why=(
        "Whoever opens the project looks for what there is to inject in deps, for what lives as long as the "
        "application in the lifespan, for what the worker holds in its settings, and for the environment in config. "
        "Where such a module is missing, the same things are somewhere: spread over the modules that need them."
    ),
    instead=(
        "Lay the target out as PRD-012 §6 does: `deps/`, `lifespan.py`, `worker.py`, `config.py`. A single "
        "`dependencies.py` is a deps module, too."
    ),
    subjects=subjects,
    check=check,
    nothing="no endpoints, no app.state, no arq tasks, and nothing that reads the environment",
    configure="`roles` names the modules where names do not tell: `deps`, `lifespan`, `worker`, `config`.",
    whole=True,
    bad=(
        Example(
            "endpoints without deps, and the environment without config",
            """
--- app/main.py
from fastapi import FastAPI

from app.routes.health import router

app = FastAPI()
app.include_router(router)
--- app/routes/health.py
import os  # expect: LY409

from fastapi import APIRouter

router = APIRouter()


@router.get("/health")
async def health() -> str:
    return "ok"
--- app/services/mail.py
from os import getenv  # expect: LY409


def sender() -> str:
    return getenv("MAIL_FROM", "")
""",
        ),
        Example(
            "tasks without a worker, app.state without a lifespan",
            """
--- app/dependencies.py
from fastapi import Request


def get_hits(request: Request) -> int:
    return request.app.state.hits
--- app/jobs/mail.py
import logging  # expect: LY409

from arq import Retry


async def send_mail(ctx: dict, to: str) -> str:
    raise Retry(5)
--- app/main.py
from fastapi import FastAPI  # expect: LY409

app = FastAPI()
app.state.hits = 0
""",
        ),
    ),
    good=(
        Example(
            "the whole layout",
            """
--- app/config.py
from functools import lru_cache

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    region: str = "eu"


@lru_cache
def get_settings() -> Settings:
    return Settings()
--- app/lifespan.py
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.config import get_settings


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.region = get_settings().region
    yield
--- app/deps/__init__.py
from app.deps.region import RegionDep

__all__ = ["RegionDep"]
--- app/deps/region.py
from typing import Annotated

from fastapi import Depends, Request


async def get_region(request: Request) -> str:
    return request.app.state.region


RegionDep = Annotated[str, Depends(get_region)]
--- app/routes/region.py
from fastapi import APIRouter

from app.deps import RegionDep

router = APIRouter()


@router.get("/region")
async def region(region: RegionDep) -> str:
    return region
--- app/main.py
from fastapi import FastAPI

from app.lifespan import lifespan
from app.routes.region import router

app = FastAPI(lifespan=lifespan)
app.include_router(router)
--- app/worker.py
from arq.connections import RedisSettings

from app.tasks.ping import ping


class WorkerSettings:
    functions = [ping]
    redis_settings = RedisSettings()
--- app/tasks/ping.py
async def ping(ctx: dict) -> str:
    return "pong"
""",
        ),
        Example(
            "a small application in two modules",
            """
--- app/dependencies.py
from fastapi import Request


def get_hits(request: Request) -> int:
    return request.app.state.hits
--- app/main.py
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI

from app.dependencies import get_hits


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.hits = 0
    yield


app = FastAPI(lifespan=lifespan)


@app.get("/hits")
async def hits(hits: Annotated[int, Depends(get_hits)]) -> int:
    return hits
""",
        ),
    ),
)
