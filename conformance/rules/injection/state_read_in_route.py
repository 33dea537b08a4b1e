"""DI107: routes have what app.state holds injected; they do not read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from conformance.program import Access, FunctionScope, Program
from conformance.results import Violation
from conformance.rules.base import Example, Rule
from conformance.rules.injection.route_code import route_functions
from conformance.rules.injection.state_write_outside_lifespan import described, is_external


class RouteFunction(NamedTuple):
    """An endpoint or a helper of one, and where it looks into app.state."""

    function: FunctionScope
    accesses: tuple[Access, ...]


def subjects(program: Program) -> Iterator[RouteFunction]:
    """Each endpoint of a routes module, and each helper there that an endpoint calls."""
    by_function: dict[FunctionScope, list[Access]] = {}
    for access in program.stores.of("state", "read", "passed", "asked"):
        if access.function is not None:
            by_function.setdefault(access.function, []).append(access)
    for function in route_functions(program):
        yield RouteFunction(function, tuple(by_function.get(function, ())))


def check(program: Program, subject: RouteFunction) -> Iterator[Violation]:
    """Report each place where such a function reads app.state, or hands it on."""
    for access in subject.accesses:
        if is_external(program, access):
            continue
        what = "`app.state`" if access.kind == "passed" else described(access)
        happens = "is handed on whole" if access.kind == "passed" else "is read"
        yield Violation(
            access.place,
            f"{what} {happens} in `{subject.function.name}`, which belongs to the routes",
            "write a provider that reads it, and take its alias as a parameter",
            detail=f"{what} {access.kind}",
        )


RULE = Rule(
    id="DI107",
    name="state-read-in-route",
    source="PRD-012 §1, §2",
    summary="An endpoint, or a helper of its module, reads app.state.",
    why=(
        "An endpoint that reaches into app.state cannot run without the whole application: no override replaces what "
        "it takes, no signature says what it needs, and that a key is missing shows only when the request arrives. "
        "Behind a provider the read is one line, typed, named and replaceable."
    ),
    instead="Read app.state in a provider of the deps package, and declare a parameter of its alias.",
    subjects=subjects,
    check=check,
    nothing="no endpoint in the target",
    configure="`external-state-keys` names keys that a library wants (`limiter` of slowapi is known).",
    bad=(
        Example(
            "an endpoint and its helper read app.state",
            """
--- app/api/jobs.py
from fastapi import APIRouter, Request

router = APIRouter()


def _queue(request: Request) -> str:
    return request.app.state.queue_name  # expect: DI107


@router.post("/jobs")
async def create_job(request: Request) -> str:
    redis = request.app.state.redis  # expect: DI107
    await redis.rpush(_queue(request), "job")
    return "queued"
""",
        ),
        Example(
            "through a local name, by getattr, on the application itself, or handed on whole",
            """
--- app/api/status.py
from fastapi import APIRouter, Request, WebSocket

from app.status import summary

router = APIRouter()


@router.get("/status")
async def status(request: Request) -> str:
    state = request.app.state
    if getattr(state, "paused", False):  # expect: DI107
        return "paused"
    return summary(state)  # expect: DI107


@router.websocket("/status/ws")
async def stream(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(websocket.app.version_text)  # expect: DI107
--- app/status.py
def summary(state) -> str:
    return state.text
""",
        ),
    ),
    good=(
        Example(
            "a provider reads app.state, the endpoint has it injected",
            """
--- app/deps/__init__.py
from app.deps.redis import RedisDep

__all__ = ["RedisDep"]
--- app/deps/redis.py
from typing import Annotated

from fastapi import Depends, Request
from redis.asyncio import Redis


def get_redis(request: Request) -> Redis:
    return request.app.state.redis


RedisDep = Annotated[Redis, Depends(get_redis)]
--- app/api/users.py
from fastapi import APIRouter, Request

from app.deps import RedisDep

router = APIRouter()


@router.get("/users/me")
async def me(request: Request, redis: RedisDep) -> str:
    await redis.set("last", request.state.user)
    return request.state.user
""",
        ),
        Example(
            "a provider that lives beside the endpoint",
            """
--- app/api/quota.py
from typing import Annotated

from fastapi import APIRouter, Depends, Request

router = APIRouter()


class Quota:
    def __init__(self, request: Request) -> None:
        self.left = request.app.state.quota


@router.get("/quota")
def quota(quota: Annotated[Quota, Depends()]) -> int:
    return quota.left
""",
        ),
    ),
)
