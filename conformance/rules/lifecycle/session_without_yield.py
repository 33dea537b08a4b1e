"""LC205: a provider that opens a session stays to close it."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.facts import code
from conformance.program import Program, Provider
from conformance.program.scopes import FunctionScope
from conformance.results import Violation
from conformance.rules.base import Example, Rule
from conformance.rules.lifecycle.common import own_providers, request_resources


def subjects(program: Program) -> Iterator[tuple[Provider, FunctionScope]]:
    """Each provider of the target that returns."""
    for provider, function in own_providers(program):
        if function.name != "__init__" and not function.node.is_generator:
            yield provider, function


def check(program: Program, subject: tuple[Provider, FunctionScope]) -> Iterator[Violation]:
    """Report the first return of a session, or of an object around one, that the provider made."""
    provider, function = subject
    for node in function.nodes:
        if not isinstance(node, code.Return) or node.value is None:
            continue
        for construction in request_resources(program, node.value, function):
            if construction.scope is not function:
                continue
            yield Violation(
                function.module.place(node),
                f"provider `{provider.name}` returns a {construction.resource.kind} that it makes, so nobody closes it",
                "open it with `async with` (or `with`) and `yield` it",
                detail=provider.name,
            )
            return


RULE = Rule(
    id="LC205",
    name="session-without-yield",
    source="PRD-012 §4 rule 2",
    summary="A provider constructs a session or connection and returns it.",
    why=(
        "After a `return` the provider is over: nothing closes the session when the request ends, its connection goes "
        "back to the pool only when the garbage collector comes by, and an open transaction may stay with it."
    ),
    instead="Open the session with `async with` and `yield` it, so that FastAPI comes back to close it.",
    subjects=subjects,
    check=check,
    nothing="no provider in the target that returns",
    bad=(
        Example(
            "a session is returned",
            """
--- app/deps/db.py
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Session:
    return Session(request.app.state.engine)  # expect: LC205


SessionDep = Annotated[Session, Depends(get_session)]
""",
        ),
        Example(
            "a repository around a session is returned",
            """
--- app/repositories.py
from sqlalchemy.ext.asyncio import AsyncSession


class Users:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session
--- app/deps/users.py
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.repositories import Users


async def get_users(request: Request) -> Users:
    session = AsyncSession(request.app.state.engine)
    users = Users(session)
    return users  # expect: LC205


UsersDep = Annotated[Users, Depends(get_users)]
""",
        ),
    ),
    good=(
        Example(
            "the session is yielded, the repository is given one",
            """
--- app/repositories.py
from sqlalchemy.ext.asyncio import AsyncSession


class Users:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session
--- app/deps/users.py
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.repositories import Users


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(request.app.state.engine) as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]


def get_users(session: SessionDep) -> Users:
    return Users(session)


UsersDep = Annotated[Users, Depends(get_users)]
""",
        ),
    ),
)
