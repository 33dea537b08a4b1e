"""DI105: what endpoints depend on is provided by the deps package."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.program import ModuleScope, Program, Provider
from conformance.program.scopes import ClassScope, FunctionScope
from conformance.program.values import Instance
from conformance.results import Step, Violation
from conformance.rules.base import Example, Rule


def subjects(program: Program) -> Iterator[Provider]:
    """Each function or class of the target that an endpoint or alias depends on, directly or through others."""
    reached = depended_on(program)
    for provider in program.injection.providers.values():
        if provider in reached and provider.module is not None and not provider.module.is_test:
            yield provider


def check(program: Program, provider: Provider) -> Iterator[Violation]:
    """Report a provider in a module without the deps role, unless it may live beside its routes."""
    module, place = provider.module, provider.place
    if module is None or place is None or module.has_role("deps") or _is_settings_provider(program, provider):
        return
    has_parameters_alone = program.injection.is_parameter_class(provider)
    if has_parameters_alone and isinstance(provider.target, ClassScope) and module.has_role("models"):
        return
    lightweight = provider.is_guard or has_parameters_alone
    if lightweight and _is_beside_its_only_routes(program, provider, module):
        return
    kind = "guard" if provider.is_guard else "provider"
    where = "far from the routes that use it" if lightweight else "outside the deps package"
    first = next(provider.own_uses, None)
    yield Violation(
        place,
        f"{kind} `{provider.name}` is defined in `{module.name}`, {where}",
        f"move it to the deps package{_suggestion(program)}{'' if lightweight else ', beside the alias for it'}",
        detail=provider.name,
        trail=() if first is None else (Step(first.place, "depends on it"),),
    )


def depended_on(program: Program) -> set[Provider]:
    """Return the providers that an endpoint or an alias outside tests depends on, directly or through others."""
    injection = program.injection
    found = set(injection.reached_by_endpoints())
    pending = [
        provider
        for alias in injection.aliases.values()
        for provider in (alias.injection.provider, *alias.injection.twins)
        if not alias.module.is_test and provider is not None
    ]
    while pending:
        provider = pending.pop()
        if provider not in found:
            found.add(provider)
            pending += [u.injection.provider for u in injection.uses_in(provider) if u.injection.provider is not None]
    return found


def _is_settings_provider(program: Program, provider: Provider) -> bool:
    """Whether it is `get_settings` of the config role, by that name or by what it supplies."""
    function = provider.target
    if not isinstance(function, FunctionScope) or not function.module.has_role("config"):
        return False
    return function.name == "get_settings" or any(
        isinstance(value, Instance) and isinstance(value.type, ClassScope) and program.is_settings_class(value.type)
        for value in program.names.returned(function)
    )


def _is_beside_its_only_routes(program: Program, provider: Provider, module: ModuleScope) -> bool:
    folder = _folder(module)
    if any(_folder(use.scope.module) != folder for use in provider.own_uses):
        return False
    return any(_folder(m) == folder for m in program.with_role("routes"))


def _folder(module: ModuleScope) -> str:
    return module.path.rpartition("/")[0]


def _suggestion(program: Program) -> str:
    packages = sorted(m.name for m in program.with_role("deps") if m.is_package)
    return f" (`{packages[0]}`)" if packages else ""


RULE = Rule(
    id="DI105",
    name="provider-outside-deps",
    source="PRD-012 §3, §6",
    summary="A provider that endpoints or aliases depend on is defined outside the deps package.",
    why=(
        "The deps package is the list of all that a route can ask for. A provider in a router, in core or in a service "
        "is found by nobody who looks there: it is written a second time, and a test overrides one of the two."
    ),
    instead=(
        "Move the provider to the module of its resource in deps, beside its alias. A guard or a class of request "
        "parameters (pagination) may stay in the folder of the only routes that use it, such a class among the schemas "
        "too; `get_settings` stays in config."
    ),
    subjects=subjects,
    check=check,
    nothing="no endpoint or alias depends on a function or class of the target",
    configure='`[tool.conformance.roles] deps = ["app.wiring"]` names the deps modules where they are not recognised.',
    bad=(
        Example(
            "in core, and in a router",
            """
--- app/core/db.py
from collections.abc import Iterator

from fastapi import Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Iterator[Session]:  # expect: DI105
    with Session(request.app.state.engine) as session:
        yield session
--- app/deps/db.py
from typing import Annotated

from fastapi import Depends
from sqlalchemy.orm import Session

from app.core.db import get_session

SessionDep = Annotated[Session, Depends(get_session)]
--- app/api/users.py
from fastapi import APIRouter, Depends, Request
from redis.asyncio import Redis

from app.deps.db import SessionDep

router = APIRouter()


def get_redis(request: Request) -> Redis:  # expect: DI105
    return request.app.state.redis


@router.get("/users")
async def list_users(session: SessionDep, redis: Redis = Depends(get_redis)) -> list[str]:
    return []
""",
        ),
        Example(
            "a service that is its own provider, and a guard away from its routes",
            """
--- app/deps/db.py
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Session:
    return request.state.session


SessionDep = Annotated[Session, Depends(get_session)]
--- app/services/users.py
from app.deps.db import SessionDep


class UserService:  # expect: DI105
    def __init__(self, session: SessionDep) -> None:
        self.session = session
--- app/core/security.py
from fastapi import HTTPException, Request


def require_staff(request: Request) -> None:  # expect: DI105
    if not request.state.staff:
        raise HTTPException(403)
--- app/api/users.py
from typing import Annotated

from fastapi import APIRouter, Depends

from app.core.security import require_staff
from app.services.users import UserService

router = APIRouter(dependencies=[Depends(require_staff)])


@router.get("/users")
async def list_users(service: Annotated[UserService, Depends()]) -> list[str]:
    return []
""",
        ),
    ),
    good=(
        Example(
            "providers in deps",
            """
--- app/deps/db.py
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Session:
    return request.state.session


SessionDep = Annotated[Session, Depends(get_session)]
--- app/api/users.py
from fastapi import APIRouter

from app.deps.db import SessionDep

router = APIRouter()


@router.get("/users")
async def list_users(session: SessionDep) -> list[str]:
    return []
""",
        ),
        Example(
            "pagination and a guard beside the routes that use them",
            """
--- app/deps/db.py
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Session:
    return request.state.session


SessionDep = Annotated[Session, Depends(get_session)]
--- app/api/items.py
from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, Query

router = APIRouter()


class Paging:
    def __init__(self, limit: Annotated[int, Query(le=100)] = 20, offset: int = 0) -> None:
        self.limit, self.offset = limit, offset


def require_internal(x_internal: Annotated[str, Header()]) -> None:
    if x_internal != "yes":
        raise HTTPException(403)


@router.get("/items", dependencies=[Depends(require_internal)])
def list_items(paging: Annotated[Paging, Depends()]) -> list[str]:
    return ["item"][: paging.limit]
""",
        ),
    ),
)
