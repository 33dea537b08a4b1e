"""LY406: a routes module imports only what lies beside or below it."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.program import Program, Reach
from conformance.program.reaches import chain
from conformance.program.scopes import ModuleScope
from conformance.results import Violation
from conformance.rules.base import Example, Rule

FORBIDDEN = ("entrypoint", "lifespan", "worker", "tasks", "cli", "config")
_FOLLOWED_NO_FURTHER = ("deps", "services", "routes", "gateways")


def subjects(program: Program) -> Iterator[Reach]:
    """Each import of a routes module that leads to a module of the target."""
    for module in program.with_role("routes"):
        if not module.is_test:
            yield from program.reaches(module)


def check(program: Program, reach: Reach) -> Iterator[Violation]:
    """Report what a route has no business with: the lifespan, the worker, the settings, the entrypoint, …."""
    found = _forbidden(program, reach)
    if found is None:
        return
    if reach.start is not None and forbidden_role(program, reach.importer, reach.start):
        return
    goal, role = found
    behind = f" from `{goal.name}`" if goal is not reach.module else ""
    yield Violation(
        reach.place,
        f"the routes of `{reach.importer.name}` {reach.verb[:-1]} `{reach.qualified}`{behind}: {role}",
        "take it from the deps package as an alias, or leave the work to a service",
        detail=f"{reach.importer.name} {reach.qualified}",
        trail=chain(program, reach.module, goal),
    )


def _forbidden(program: Program, reach: Reach) -> tuple[ModuleScope, str] | None:
    role = forbidden_role(program, reach.importer, reach.module)
    if role:
        return reach.module, role
    if reach.module.has_role(*_FOLLOWED_NO_FURTHER):
        return None
    for module in reach.definers:
        role = forbidden_role(program, reach.importer, module)
        if role:
            return module, role
    return None


def forbidden_role(program: Program, importer: ModuleScope, module: ModuleScope) -> str:
    """Return what a module is that a route must not import; "" where it may."""
    if module.has_role("gateways", "deps"):
        return ""
    is_entrypoint = importer.has_role("entrypoint")
    for role in FORBIDDEN:
        if not module.has_role(role):
            continue
        if is_entrypoint and role in {"lifespan", "config", "entrypoint"}:
            continue
        if role == "cli" and importer.has_role("cli"):
            continue
        if role == "config" and program.is_aegis and _is_core_config(module):
            continue
        return _NAMES[role]
    if is_entrypoint and module.has_role("routes"):
        return ""
    component = program.component(module)
    if component and component != program.component(importer):
        return f"the component `{component}`"
    return ""


def _is_core_config(module: ModuleScope) -> bool:
    return module.has_role("core") or "core" in module.name.split(".")


_NAMES = {
    "entrypoint": "the entrypoint",
    "lifespan": "the lifespan",
    "worker": "the worker",
    "tasks": "the tasks",
    "cli": "the terminal",
    "config": "the configuration",
}

RULE = Rule(
    id="LY406",
    name="route-imports",
    source="Integration Patterns, Component → Service Patterns; PRD-012 §3, §6",
    summary="A routes module imports the lifespan, worker, tasks, configuration, entrypoint or another component.",
    why=(
        "A route receives what it needs through its signature: aliases from deps, and services behind them. What it "
        "imports instead can neither be overridden in a test nor seen in the signature, and an import of the "
        "entrypoint or the lifespan, which import the routes, is a cycle."
    ),
    instead=(
        "Import from the deps package, services, models and schemas, constants, core, gateways and other routes of the "
        "same component. Settings come as an alias from deps; a job is enqueued by its name."
    ),
    subjects=subjects,
    check=check,
    nothing="no routes module imports anything of the target",
    configure="`gateways` names modules that a route may import; under the profile `aegis` `core.config` may be.",
    bad=(
        Example(
            "the settings, and the application",
            """
--- app/config.py
from functools import lru_cache

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    region: str = "eu"


@lru_cache
def get_settings() -> Settings:
    return Settings()
--- app/main.py
from fastapi import FastAPI

app = FastAPI(title="orders")
--- app/routes/info.py
from fastapi import APIRouter

from app.config import get_settings  # expect: LY406

router = APIRouter()


@router.get("/region")
async def region() -> str:
    return get_settings().region


@router.get("/title")
async def title() -> str:
    from app.main import app  # expect: LY406

    return app.title
""",
        ),
        Example(
            "a task, and the settings through the package of core",
            """
--- app/core/__init__.py
from app.core.config import settings
--- app/core/config.py
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    region: str = "eu"


settings = Settings()
--- app/tasks/mail.py
async def send_mail(ctx: dict, to: str) -> str:
    return to
--- app/worker.py
from arq.connections import RedisSettings

from app.tasks.mail import send_mail


class WorkerSettings:
    functions = [send_mail]
    redis_settings = RedisSettings()
--- app/routes/mail.py
from fastapi import APIRouter

from .. import tasks  # expect: LY406
from ..core import settings  # expect: LY406

router = APIRouter()


@router.post("/mail")
async def mail(to: str) -> str:
    return await tasks.mail.send_mail({}, to + settings.region)
""",
        ),
    ),
    good=(
        Example(
            "deps, services, schemas and constants",
            """
--- app/deps/__init__.py
from app.deps.clock import ClockDep

__all__ = ["ClockDep"]
--- app/deps/clock.py
from typing import Annotated

from fastapi import Depends, Request


async def get_clock(request: Request) -> str:
    return request.app.state.clock


ClockDep = Annotated[str, Depends(get_clock)]
--- app/services/orders.py
async def place(amount: int) -> int:
    return amount
--- app/schemas/order.py
from pydantic import BaseModel


class Order(BaseModel):
    amount: int
--- app/constants.py
PREFIX = "/orders"
--- app/routes/orders.py
from fastapi import APIRouter

from app.constants import PREFIX
from app.deps import ClockDep
from app.schemas.order import Order
from app.services.orders import place

router = APIRouter(prefix=PREFIX)


@router.post("")
async def create(order: Order, clock: ClockDep) -> int:
    return await place(order.amount)
""",
        ),
        Example(
            "an entrypoint with an endpoint of its own",
            """
--- app/lifespan.py
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI):
    yield
--- app/routes/orders.py
from fastapi import APIRouter

router = APIRouter()


@router.get("/orders")
async def orders() -> list[int]:
    return []
--- app/main.py
from fastapi import FastAPI

from app.lifespan import lifespan
from app.routes import orders

app = FastAPI(lifespan=lifespan)
app.include_router(orders.router)


@app.get("/health")
async def health() -> str:
    return "ok"
""",
        ),
    ),
)
