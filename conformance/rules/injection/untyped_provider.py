"""DI116: a provider of the deps package says what it supplies."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.program import Program
from conformance.program.scopes import FunctionScope
from conformance.results import Severity, Violation
from conformance.rules.base import Example, Rule


def subjects(program: Program) -> Iterator[FunctionScope]:
    """Each function of a deps module that something of the target depends on."""
    for provider in program.injection.providers.values():
        function = provider.target
        if not isinstance(function, FunctionScope) or function.module.is_test:
            continue
        if function.module.has_role("deps") and any(provider.own_uses):
            yield function


def check(program: Program, function: FunctionScope) -> Iterator[Violation]:  # noqa: ARG001 - the form of every check
    """Report a provider without a return annotation."""
    if function.node.returns is None:
        name = function.symbol.rpartition(".<locals>.")[2]
        yields = function.node.is_generator
        instead = f"annotate it: `-> {'AsyncGenerator[T, None]' if function.node.is_async else 'Iterator[T]'}`"
        yield Violation(
            function.place,
            f"provider `{name}` does not say what it {'yields' if yields else 'returns'}",
            instead if yields else "annotate it with the type that it supplies; a guard with `-> None`",
            detail=name,
        )


RULE = Rule(
    id="DI116",
    name="untyped-provider",
    source="extends PRD-012 §2 Rule 1",
    summary="A provider of the deps package has no return annotation.",
    why=(
        "FastAPI hands on whatever a provider returns. Without a return annotation nobody, neither the type checker "
        "nor a reader of the alias, can tell whether the type in `Annotated[T, Depends(p)]` is true, nor whether the "
        "provider can supply None."
    ),
    instead="Annotate what it returns; of a generator, what it yields: `-> AsyncGenerator[AsyncSession, None]`.",
    subjects=subjects,
    check=check,
    nothing="no function of a deps module is depended on",
    severity=Severity.ADVICE,
    bad=(
        Example(
            "a function and a generator",
            """
--- app/deps/db.py
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession


def get_engine(request: Request):  # expect: DI116
    return request.app.state.db_engine


EngineDep = Annotated[AsyncEngine, Depends(get_engine)]


async def get_session(engine: EngineDep):  # expect: DI116
    async with AsyncSession(engine) as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]
""",
        ),
        Example(
            "a guard, and an instance that is called",
            """
--- app/deps/auth.py
from fastapi import APIRouter, Depends, HTTPException, Request


async def require_internal(request: Request):  # expect: DI116
    if request.headers.get("x-internal") != "yes":
        raise HTTPException(403)


class RequireRole:
    def __init__(self, role: str) -> None:
        self.role = role

    def __call__(self, request: Request):  # expect: DI116
        if self.role not in request.state.roles:
            raise HTTPException(403)


router = APIRouter(dependencies=[Depends(require_internal), Depends(RequireRole("admin"))])
""",
        ),
    ),
    good=(
        Example(
            "annotated, each in its way",
            """
--- app/deps/db.py
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession


async def get_session(request: Request) -> AsyncGenerator[AsyncSession, None]:
    async with AsyncSession(request.app.state.db_engine) as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]
""",
        ),
        Example(
            "a class supplies itself, a helper is no provider",
            """
--- app/deps/paging.py
from typing import Annotated

from fastapi import Depends, Query


def clamp(limit):
    return min(limit, 100)


class Paging:
    def __init__(self, limit: int = 20):
        self.limit = clamp(limit)


def get_sorting(by: str = "name") -> str:
    return by


PagingDep = Annotated[Paging, Depends()]
SortingDep = Annotated[str, Depends(get_sorting)]
""",
        ),
    ),
)
