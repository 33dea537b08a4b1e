"""LY402: services, core and models import nothing that lies outside of them."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.program import Program, Reach
from conformance.program.reaches import chain
from conformance.program.scopes import ModuleScope
from conformance.results import Violation
from conformance.rules.base import Example, Rule

INNER = ("services", "core", "models")
OUTER = ("entrypoint", "routes", "lifespan", "deps", "worker", "tasks", "cli", "components")


def subjects(program: Program) -> Iterator[Reach]:
    """Each import of services, core and models that leads to a module of the target."""
    for module in program.with_role(*INNER):
        if not module.is_test and not program.is_migration(module):
            yield from program.reaches(module)


def check(program: Program, reach: Reach) -> Iterator[Violation]:
    """Report what leads outward, or from core and models to services."""
    found = _outward(program, reach)
    if found is None:
        return
    if reach.start is not None and role_outside(program, reach.importer, reach.start):
        return
    goal, role = found
    own = next(r for r in INNER if reach.importer.has_role(r))
    behind = f" from `{goal.name}`" if goal is not reach.module else ""
    yield Violation(
        reach.place,
        f"`{reach.importer.name}` ({own}) {reach.verb} `{reach.qualified}`{behind} ({role}), which lies further out",
        "hand in what is needed as an argument, or move what both need inward",
        detail=f"{reach.importer.name} {reach.qualified}",
        trail=chain(program, reach.module, goal),
    )


def _outward(program: Program, reach: Reach) -> tuple[ModuleScope, str] | None:
    behind = () if reach.module.has_role(*INNER) else reach.definers  # what re-exports is reported itself
    for module in (reach.module, *behind):
        role = role_outside(program, reach.importer, module)
        if role:
            return module, role
    return None


def role_outside(program: Program, importer: ModuleScope, module: ModuleScope) -> str:
    """Return the role for which a module lies further out than the importer; "" where it does not.

    What a package itself gathers from its own modules is no import outward, nor is a component's of a service.
    """
    if importer.contains(module):
        return ""
    for role in OUTER:
        if module.has_role(role):
            own_component = role == "components" and program.component(module) == program.component(importer)
            if not own_component:
                return role
    if module.has_role("services") and not importer.has_role("services", "components"):
        both_in_core = module.has_role("core") and importer.has_role("core")
        return "" if both_in_core else "services"
    return ""


RULE = Rule(
    id="LY402",
    name="inward-dependencies",
    source="Integration Patterns, What Goes Where; PRD-012 §6",
    summary="Services, core or models import what lies further out: components, routes, deps, worker, tasks, cli, ….",
    why=(
        "A service can be called from a route, a command, a task and a test because it knows none of them. One import "
        "outward, and it brings the application or the worker with it wherever it is used; then come the cycles, and "
        "imports within functions that hide them. Core and models lie below services, for the same reason."
    ),
    instead=(
        "Let the outer part call the service and hand in what it needs. Enqueue a job by its name. What two layers "
        "need belongs to the inner one: core or models."
    ),
    subjects=subjects,
    check=check,
    nothing="no module of services, core or models imports anything of the target",
    configure="`roles.services`, `roles.core` and `roles.models` name the inner modules where names do not tell.",
    bad=(
        Example(
            "a service takes an alias from deps, and a task from the worker's tasks",
            """
--- app/deps/__init__.py
from app.deps.redis import RedisDep

__all__ = ["RedisDep"]
--- app/deps/redis.py
from typing import Annotated

from fastapi import Depends, Request
from redis.asyncio import Redis


async def get_redis(request: Request) -> Redis:
    return request.app.state.redis


RedisDep = Annotated[Redis, Depends(get_redis)]
--- app/worker.py
from arq.connections import RedisSettings

from app.tasks.mail import send_mail


class WorkerSettings:
    functions = [send_mail]
    redis_settings = RedisSettings()
--- app/tasks/mail.py
async def send_mail(ctx: dict, to: str) -> str:
    return to
--- app/services/outbox.py
from app.deps import RedisDep  # expect: LY402
from app.tasks.mail import send_mail  # expect: LY402


async def queue(redis: RedisDep, to: str) -> None:
    await redis.enqueue_job(send_mail.__name__, to)
""",
        ),
        Example(
            "core and models import services, within a function and for a type alone",
            """
--- app/services/clock.py
class Clock:
    def now(self) -> str:
        return "2024-01-01"
--- app/core/audit.py
def stamp(action: str) -> str:
    from ..services.clock import Clock  # expect: LY402

    return f"{Clock().now()} {action}"
--- app/models/entry.py
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.services import clock  # expect: LY402


class Entry:
    clock: "clock.Clock"
""",
        ),
    ),
    good=(
        Example(
            "routes import services, services import core and models",
            """
--- app/models/user.py
from pydantic import BaseModel


class User(BaseModel):
    email: str
--- app/core/hashing.py
from app.models.user import User


def fingerprint(user: User) -> int:
    return hash(user.email)
--- app/services/users.py
from app.core.hashing import fingerprint
from app.models.user import User


async def create(email: str) -> int:
    return fingerprint(User(email=email))
--- app/routes/users.py
from fastapi import APIRouter

from app.services import users

router = APIRouter()


@router.post("/users")
async def create(email: str) -> int:
    return await users.create(email)
""",
        ),
        Example(
            "a service is handed the queue, and knows the job by its name",
            """
--- app/core/names.py
SEND_MAIL = "send_mail"
--- app/services/outbox.py
from arq.connections import ArqRedis

from app.core.names import SEND_MAIL


async def queue(redis: ArqRedis, to: str) -> None:
    await redis.enqueue_job(SEND_MAIL, to)
""",
        ),
    ),
)
