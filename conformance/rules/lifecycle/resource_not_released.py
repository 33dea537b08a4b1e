"""LC201: what the lifespan creates, it releases."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.program import Program
from conformance.results import Step, Violation
from conformance.rules.base import Example, Rule
from conformance.rules.lifecycle.common import Creation, creations, detail_of, held_by, lifespan_groups


def subjects(program: Program) -> Iterator[Creation]:
    """Each resource that a lifespan, or the handlers that stand in for one, create; each with what became of it."""
    found = [creation for roots in lifespan_groups(program) for creation in creations(program, roots)]
    released = {_kept(program, creation) for creation in found if creation.released} - {None}
    for creation in found:
        yield creation._replace(released=True) if _kept(program, creation) in released else creation


def _kept(program: Program, creation: Creation) -> int | None:
    """Return the identity of the call that made what a function keeps: whoever calls that gets the same."""
    kept = program.releases.kept(creation.construction, globally=False)
    return None if kept is None else id(kept.call)


def check(program: Program, creation: Creation) -> Iterator[Violation]:  # noqa: ARG001 - the form of every `check`
    """Report one that nothing releases when the application stops."""
    if creation.released:
        return
    construction = creation.construction
    yield Violation(
        construction.place,
        f"`{construction.name}`{held_by(construction)} is created at start-up and never released",
        "enter it with `async with` around the `yield`, or close it in a `finally` after the `yield`",
        detail=detail_of(construction),
        trail=() if construction.inner is None else (Step(construction.innermost.place, "constructs it"),),
    )


RULE = Rule(
    id="LC201",
    name="resource-not-released",
    source="PRD-012 §3, §4 rule 1",
    summary="A resource that the lifespan creates is not released after its yield.",
    why=(
        "A pool, client or engine holds connections and background work. What is not closed when the application stops "
        "leaves half-open connections behind, loses what was buffered, and makes each reload and each test that starts "
        "the application leak a little more."
    ),
    instead=(
        "Release in the lifespan all that it creates: `async with` around the `yield`, an `AsyncExitStack`, or "
        "`try: yield finally: await client.aclose()`. SDK clients that have nothing to close need nothing."
    ),
    subjects=subjects,
    check=check,
    nothing="no lifespan creates a resource",
    configure="`resources` names more constructors whose results must be released.",
    bad=(
        Example(
            "a client that is forgotten",
            """
--- app/lifespan.py
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI
from redis.asyncio import Redis


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.redis = Redis()
    app.state.http = httpx.AsyncClient()  # expect: LC201
    yield
    await app.state.redis.aclose()
--- app/main.py
from fastapi import FastAPI

from app.lifespan import lifespan

app = FastAPI(lifespan=lifespan)
""",
        ),
        Example(
            "an engine that a helper makes, and a coroutine that nobody awaits",
            """
--- app/core/db.py
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def make_engine(url: str) -> AsyncEngine:
    return create_async_engine(url)
--- app/lifespan.py
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.core.db import make_engine


@asynccontextmanager
async def lifespan(app: FastAPI):
    engine = make_engine("sqlite+aiosqlite://")  # expect: LC201
    app.state.engine = engine
    try:
        yield
    finally:
        engine.dispose()
--- app/main.py
from fastapi import FastAPI

from app.lifespan import lifespan

app = FastAPI(lifespan=lifespan)
""",
        ),
    ),
    good=(
        Example(
            "closed on the key, and by a context manager",
            """
--- app/lifespan.py
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI
from redis.asyncio import Redis


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.redis = Redis()
    async with httpx.AsyncClient() as http:
        app.state.http = http
        try:
            yield
        finally:
            await app.state.redis.aclose()
--- app/main.py
from fastapi import FastAPI

from app.lifespan import lifespan

app = FastAPI(lifespan=lifespan)
""",
        ),
        Example(
            "a loop over the keys in a helper",
            """
--- app/lifespan.py
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI
from redis.asyncio import Redis


async def release(app: FastAPI) -> None:
    for key in ("redis", "http"):
        await getattr(app.state, key).aclose()


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.redis = Redis()
    app.state.http = httpx.AsyncClient()
    try:
        yield
    finally:
        await release(app)
--- app/main.py
from fastapi import FastAPI

from app.lifespan import lifespan

app = FastAPI(lifespan=lifespan)
""",
        ),
    ),
)
