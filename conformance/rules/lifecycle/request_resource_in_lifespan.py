"""LC203: a session belongs to one request, not to the application."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import NamedTuple

from conformance.facts import code
from conformance.program import Access, Program
from conformance.program.scopes import FunctionScope, Scope, enclosing
from conformance.results import Place, Step, Violation
from conformance.rules.base import Example, Rule
from conformance.rules.lifecycle.common import request_resources


class Stored(NamedTuple):
    """A value that start-up keeps for as long as the process lives."""

    value: code.Expression
    scope: Scope
    place: Place
    where: str


def subjects(program: Program) -> Iterator[Stored]:
    """Each value that a lifespan stores in app.state or yields, and each that arq's start-up stores in its context."""
    for access in program.stores.of("state", "write"):
        where = f"`app.state.{access.key}`" if access.key else "app.state"
        yield from _stored(access, program.lifespan_functions, where)
    for root in program.lifespan_roots:
        for node in root.nodes:
            if isinstance(node, code.Yield) and node.value is not None:
                yield Stored(node.value, root, root.module.place(node), "the state that the lifespan yields")
    starting = _worker_starts(program)
    for access in program.stores.of("context", "write"):
        yield from _stored(access, starting, f'`ctx["{access.key}"]`' if access.key else "ctx")


def _stored(access: Access, functions: Container[FunctionScope], where: str) -> Iterator[Stored]:
    if access.value is None or access.module.is_test:
        return
    if any(function in functions for function in enclosing(access.function)):
        yield Stored(access.value.node, access.value.scope, access.place, where)


def _worker_starts(program: Program) -> set[FunctionScope]:
    roots = [f for s in program.queue.settings if not s.module.is_test for f in s.hooks.get("on_startup", ())]
    return {visit.function for visit in program.releases.visits(roots)} if roots else set()


def check(program: Program, stored: Stored) -> Iterator[Violation]:
    """Report what is made for one request and kept for all."""
    for construction in request_resources(program, stored.value, stored.scope):
        yield Violation(
            construction.place,
            f"`{construction.name}` makes a {construction.resource.kind} for one request, and {stored.where} keeps it "
            "for all of them",
            "store the engine or a session maker, and let a provider open a session for each request",
            detail=f"{construction.name} {stored.where}",
            trail=() if stored.place.span[0] == construction.place.span[0] else (Step(stored.place, "stores it"),),
        )


RULE = Rule(
    id="LC203",
    name="request-resource-in-lifespan",
    source="PRD-012 §4 rule 3",
    summary="A session or connection is created at start-up and stored in app.state or in arq's context.",
    why=(
        "A session is a unit of work: it holds a transaction and an identity map. One that all requests or jobs share "
        "mixes their changes, breaks under concurrency, and never gives its connection back."
    ),
    instead="Store the engine, or a session maker made from it; a yield provider opens the session.",
    subjects=subjects,
    check=check,
    nothing="start-up stores nothing in app.state or in arq's context",
    bad=(
        Example(
            "a session in app.state",
            """
--- app/lifespan.py
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine


@asynccontextmanager
async def lifespan(app: FastAPI):
    engine = create_async_engine("sqlite+aiosqlite://")
    app.state.db = AsyncSession(engine)  # expect: LC203
    yield
    await engine.dispose()
--- app/main.py
from fastapi import FastAPI

from app.lifespan import lifespan

app = FastAPI(lifespan=lifespan)
""",
        ),
        Example(
            "a repository around a session, in the state that the lifespan yields",
            """
--- app/repositories.py
from sqlalchemy.orm import Session


class Users:
    def __init__(self, session: Session) -> None:
        self.session = session
--- app/lifespan.py
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from app.repositories import Users


@asynccontextmanager
async def lifespan(app: FastAPI):
    make_session = sessionmaker(create_engine("sqlite://"))
    session = make_session()  # expect: LC203
    yield {"users": Users(session)}
    session.close()
--- app/main.py
from fastapi import FastAPI

from app.lifespan import lifespan

app = FastAPI(lifespan=lifespan)
""",
        ),
    ),
    good=(
        Example(
            "the engine is stored, a session seeds the data and is closed",
            """
--- app/lifespan.py
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.engine = create_async_engine("sqlite+aiosqlite://")
    app.state.make_session = async_sessionmaker(app.state.engine)
    async with app.state.make_session() as session:
        await session.execute(text("select 1"))
    yield
    await app.state.engine.dispose()
--- app/main.py
from fastapi import FastAPI

from app.lifespan import lifespan

app = FastAPI(lifespan=lifespan)
""",
        ),
    ),
)
