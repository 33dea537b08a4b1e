"""DI117: routes have providers injected; they do not call them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from conformance.facts import code
from conformance.program import ClassScope, FunctionScope, ModuleScope, Program, catalogue
from conformance.program.values import ClassValue, FunctionValue, Instance, Symbol
from conformance.results import Violation
from conformance.rules.base import Example, Rule
from conformance.rules.injection.route_code import route_functions

_RUNNERS = frozenset(
    {"to_thread", "run_in_threadpool", "run_sync", "run_in_executor", "partial", "iterate_in_threadpool"}
)


def subjects(program: Program) -> Iterator[FunctionScope]:
    """Each endpoint of a routes module and each helper there that it calls, where the target has a deps role."""
    if program.has_role("deps"):
        yield from (f for f in route_functions(program) if not f.module.has_role("deps"))


def check(program: Program, function: FunctionScope) -> Iterator[Violation]:
    """Report the calls of providers, and of what else in deps takes a request or reads app.state."""
    for node in chain(function.nodes.of(code.Call), function.deferred.of(code.Call)):
        callees = [node.function]
        if code.dotted(node.function).rpartition(".")[2] in _RUNNERS:
            callees += [a for a in node.arguments[:2] if isinstance(a, (code.Name, code.Attribute))]
        for callee in callees:
            called = _called(program, callee, function)
            if called is not None:
                yield Violation(
                    function.module.place(node),
                    f"`{function.name}` calls `{called.name}` of `{called.module.name}` instead of having it injected",
                    f"take it as a parameter: `Depends({called.name})`, or its alias",
                    detail=f"calls {called.name}",
                )
                break


def _called(program: Program, callee: code.Expression, scope: FunctionScope) -> FunctionScope | ClassScope | None:
    for value in program.names.infer(callee, scope):
        match value:
            case FunctionValue(function=called, owner=owner) if _is_deps(called.module):
                if called in program.injection.providers or (owner is None and _takes_from_the_app(program, called)):
                    return called
            case ClassValue(cls=cls) if _is_deps(cls.module):
                provider = program.injection.providers.get(cls)
                if provider is not None and not program.injection.is_parameter_class(provider):
                    return cls
            case Instance(type=ClassScope() as cls) if _is_deps(cls.module) and _is_global(program, callee, scope):
                for symbol in program.names.class_symbols(cls, "__call__"):
                    if symbol.binding in program.injection.providers:
                        return cls
    return None


def _is_deps(module: ModuleScope) -> bool:
    return module.has_role("deps") and not module.has_role("config")


def _is_global(program: Program, callee: code.Expression, scope: FunctionScope) -> bool:
    return any(isinstance(r, Symbol) and isinstance(r.scope, ModuleScope) for r in program.names.resolve(callee, scope))


def _takes_from_the_app(program: Program, function: FunctionScope) -> bool:
    """Whether a function takes a request or reads app.state."""
    for parameter in function.parameters:
        if parameter.annotation is not None or parameter.name in {"request", "websocket"}:
            values = program.names.argument(function, parameter)
            if program.names.is_instance(values, *catalogue.CONNECTIONS):
                return True
    return any(a.function is function for a in program.stores.of("state", "read", "passed", "asked"))


RULE = Rule(
    id="DI117",
    name="provider-called-directly",
    source="PRD-012 §1, §7",
    summary="An endpoint or a helper in a routes module calls a function of the deps role itself.",
    why=(
        "`app.dependency_overrides` replaces what FastAPI injects. A provider that the endpoint calls itself runs in "
        "every test, whatever was overridden, and outside FastAPI's care: its own dependencies are not resolved, its "
        "result is not shared within the request, and what it yields is never cleaned up."
    ),
    instead=(
        "Declare a parameter with the provider's alias. What no override need ever replace is no provider: move it out "
        "of deps."
    ),
    subjects=subjects,
    check=check,
    nothing="no endpoint, or no deps modules, in the target",
    configure="`roles.deps` and `roles.routes` say which modules these are.",
    bad=(
        Example(
            "an endpoint calls the provider",
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
--- app/api/ping.py
from fastapi import APIRouter, Request

from app.deps.redis import get_redis

router = APIRouter()


@router.get("/ping")
async def ping(request: Request) -> bool:
    redis = get_redis(request)  # expect: DI117
    return await redis.ping()
""",
        ),
        Example(
            "a helper calls it through the module, and a generator is entered by hand",
            """
--- app/dependencies.py
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Request


def get_user(request: Request) -> str:
    return request.state.user


def get_session():
    yield "session"


UserDep = Annotated[str, Depends(get_user)]
SessionDep = Annotated[str, Depends(get_session)]
--- app/api/me.py
from contextlib import contextmanager

from fastapi import APIRouter, Request

from app import dependencies as d
from app.dependencies import get_session

router = APIRouter()


def _greeting(request: Request) -> str:
    return "hello " + d.get_user(request)  # expect: DI117


@router.get("/me")
def me(request: Request) -> str:
    with contextmanager(get_session)() as session:  # expect: DI117
        return _greeting(request) + session
""",
        ),
    ),
    good=(
        Example(
            "injected; the settings of the config module may be called for",
            """
--- app/config.py
from functools import lru_cache

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    debug: bool = False


@lru_cache
def get_settings() -> Settings:
    return Settings()
--- app/deps/__init__.py
from app.deps.auth import UserDep

__all__ = ["UserDep"]
--- app/deps/auth.py
from typing import Annotated

from fastapi import Depends, Request


def get_token(request: Request) -> str:
    return request.headers["authorization"]


def get_user(request: Request) -> str:
    return get_token(request).removeprefix("Bearer ")


UserDep = Annotated[str, Depends(get_user)]
--- app/api/me.py
from fastapi import APIRouter

from app.config import get_settings
from app.deps import UserDep

router = APIRouter()


@router.get("/me")
def me(user: UserDep) -> str:
    return user if get_settings().debug else ""
""",
        ),
        Example(
            "a factory that makes a provider, and a method of what was injected",
            """
--- app/deps/roles.py
from typing import Annotated

from fastapi import Depends, Request


class Limiter:
    def allow(self, request: Request) -> bool:
        return True


def get_limiter(request: Request) -> Limiter:
    return request.app.state.limiter


def require(role: str):
    def check(request: Request) -> str:
        return request.state.user

    return check


LimiterDep = Annotated[Limiter, Depends(get_limiter)]
--- app/api/admin.py
from fastapi import APIRouter, Depends, Request

from app.deps.roles import LimiterDep, require

router = APIRouter()


@router.get("/admin")
def admin(request: Request, limiter: LimiterDep, user: str = Depends(require("admin"))) -> str:
    return user if limiter.allow(request) else ""
""",
        ),
    ),
)
