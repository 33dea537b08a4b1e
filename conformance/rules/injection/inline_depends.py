"""DI112: endpoints take what deps supplies by its alias."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.program import Program, Use
from conformance.program.scopes import ClassScope
from conformance.results import Violation
from conformance.rules.base import Example, Rule
from conformance.rules.injection.alias_need import aliases_of, is_carried_by_alias, needs_alias, written_name


def subjects(program: Program) -> Iterator[Use]:
    """Each parameter of an endpoint that is injected."""
    for function in program.injection.endpoint_functions:
        if not function.module.is_test:
            yield from program.injection.uses_of_function.get(function, ())


def check(program: Program, use: Use) -> Iterator[Violation]:
    """Report an inline `Depends` for a provider that has, or should have, an alias; not one that only guards."""
    provider = use.injection.provider
    if use.alias is not None or use.parameter is None or use.injection.has_scopes or provider is None:
        return
    if use.supplies_nothing:
        return
    aliases = aliases_of(program, use.injection)
    if program.injection.is_parameter_class(provider) and (not aliases or isinstance(provider.target, ClassScope)):
        return
    name = use.parameter.name
    kind = use.injection.kind
    written = written_name(use.injection, provider)
    if aliases:
        alias = min(aliases, key=lambda a: (not a.module.has_role("deps"), a.module.name, a.name))
        yield Violation(
            use.place,
            f"`{name}` injects `{written}` by an inline `{kind}`, although there is the alias `{alias.name}`",
            f"write `{name}: {alias.name}`",
            detail=f"{name} {provider.name}",
        )
    elif is_carried_by_alias(program, use) and needs_alias(program, provider):
        yield Violation(
            use.place,
            f"`{name}` injects `{written}` by an inline `{kind}`, for want of an alias",
            f"list it in the decorator's `dependencies=[{kind}({written})]`, since nothing reads `{name}`"
            if name.startswith("_")
            else f"define an alias beside `{written}`, and type `{name}` with it",
            detail=f"{name} {provider.name}",
        )


RULE = Rule(
    id="DI112",
    name="inline-depends",
    source="PRD-012 §3",
    summary="An endpoint parameter injects inline what has, or should have, an alias.",
    why=(
        "An alias says once what a provider supplies and of which type. Each inline `Depends` says it again, may name "
        "another type, needs the provider imported into the route, and has to be found when the provider changes."
    ),
    instead=(
        "Type the parameter with the alias. Parameter classes, `Security` with scopes, and providers made by a call "
        "(`Depends(require_role('admin'))`) stay inline: no alias can carry them."
    ),
    subjects=subjects,
    check=check,
    nothing="no endpoint has anything injected",
    bad=(
        Example(
            "the alias exists",
            """
--- app/deps/__init__.py
from app.deps.db import SessionDep

__all__ = ["SessionDep"]
--- app/deps/db.py
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Session:
    return request.state.session


SessionDep = Annotated[Session, Depends(get_session)]
--- app/api/users.py
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from app.deps.db import get_session

router = APIRouter()


@router.get("/users")
def users(session: Annotated[Session, Depends(get_session)]) -> list[str]:  # expect: DI112
    return []


@router.post("/users")
def create_user(
    name: str,
    session: Session = Depends(get_session),  # expect: DI112
) -> str:
    return name
""",
        ),
        Example(
            "the alias is missing",
            """
--- app/deps/auth.py
from fastapi.requests import HTTPConnection


def get_user(connection: HTTPConnection) -> str:
    return connection.state.user
--- app/api/me.py
import fastapi
from fastapi import WebSocket

from app.deps import auth

router = fastapi.APIRouter()


@router.websocket("/me/ws")
async def stream(websocket: WebSocket, user: str = fastapi.Security(auth.get_user)) -> None:  # expect: DI112
    await websocket.accept()
""",
        ),
    ),
    good=(
        Example(
            "aliases, a parameter class, scopes, and a provider made by a call",
            """
--- app/deps/__init__.py
from app.deps.auth import UserDep

__all__ = ["UserDep"]
--- app/deps/auth.py
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import SecurityScopes


def get_user(request: Request, scopes: SecurityScopes) -> str:
    return request.state.user


def require_role(role: str):
    def check(request: Request) -> str:
        return role

    return check


UserDep = Annotated[str, Depends(get_user)]
--- app/api/items.py
from typing import Annotated

from fastapi import APIRouter, Depends, Security

from app.deps import UserDep
from app.deps.auth import get_user, require_role

router = APIRouter()


class Paging:
    def __init__(self, limit: int = 20, offset: int = 0) -> None:
        self.limit, self.offset = limit, offset


@router.get("/items")
def items(
    user: UserDep,
    paging: Annotated[Paging, Depends()],
    reader: Annotated[str, Security(get_user, scopes=["items:read"])],
    role: str = Depends(require_role("admin")),
) -> list[str]:
    return [user, reader, role][: paging.limit]
""",
        ),
        Example(
            "a provider of a provider",
            """
--- app/deps/auth.py
from typing import Annotated

from fastapi import Depends, Request


def get_token(request: Request) -> str:
    return request.headers["authorization"]


def get_user(token: str = Depends(get_token)) -> str:
    return token


UserDep = Annotated[str, Depends(get_user)]
--- app/api/me.py
from fastapi import APIRouter

from app.deps.auth import UserDep

router = APIRouter()


@router.get("/me")
def me(user: UserDep) -> str:
    return user
""",
        ),
    ),
)
