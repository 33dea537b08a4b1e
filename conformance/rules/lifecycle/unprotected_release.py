"""LC202: an error at the lifespan's yield does not skip the release."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.facts import code
from conformance.program import Program
from conformance.program.releases import Release
from conformance.program.scopes import FunctionScope
from conformance.program.values import External
from conformance.program.yields import Entered, Following, Tried, YieldPoint, yield_points
from conformance.results import Severity, Step, Violation
from conformance.rules.base import Example, Rule
from conformance.rules.lifecycle.common import suppresses


def subjects(program: Program) -> Iterator[tuple[FunctionScope, YieldPoint]]:
    """Each yield of a lifespan."""
    for root in program.lifespan_roots:
        for point in yield_points(root):
            yield root, point


def check(program: Program, subject: tuple[FunctionScope, YieldPoint]) -> Iterator[Violation]:
    """Report a yield behind which something is released that an error there would skip."""
    root, point = subject
    for statements in _skipped(program, root, point):
        for release in program.releases.released_in(statements, root):
            if not release.entered and _is_of_resource(program, release):
                yield Violation(
                    root.module.place(point.node),
                    "what is released after this `yield` is skipped when an error is thrown into it",
                    "put the releases into `try: yield finally: …`, a context manager around it, or an exit stack",
                    detail=root.name,
                    trail=(Step(root.module.place(release.at), "releases only where nothing went wrong"),),
                )
                return


def _skipped(program: Program, root: FunctionScope, point: YieldPoint) -> Iterator[tuple[code.Statement, ...]]:
    """Yield the statements behind the yield that do not run when it raises."""
    for layer in point.around:
        match layer:
            case Following(statements=statements):
                yield statements
            case Tried(node=node, part="body"):
                yield node.otherwise
                if any(program.flow.leaves_quietly(handler.body, root) for handler in node.handlers):
                    return
            case Entered(node=node) if any(suppresses(program, item.manager, root) for item in node.items):
                return


def _is_of_resource(program: Program, release: Release) -> bool:
    if any(program.resources.is_resource(value) for value in release.values):
        return True
    if any(isinstance(value, External) for value in release.values):
        return False
    return any(program.resources.constructed_by(site.call, site.scope) for site in release.sites)


RULE = Rule(
    id="LC202",
    name="unprotected-release",
    source="extends PRD-012 §4",
    summary="The release after the lifespan's yield is not in a finally, a context manager or an exit stack.",
    why=(
        "When the server is stopped the hard way, or a lifespan around this one fails, the error is thrown into the "
        "`yield`: what follows it does not run, and every connection stays open. PRD-012's own example is written that "
        "way, so this is advice."
    ),
    instead="Write `try: yield finally: …`, or let `async with` and an `AsyncExitStack` do it.",
    severity=Severity.ADVICE,
    subjects=subjects,
    check=check,
    nothing="no lifespan that yields",
    bad=(
        Example(
            "close after a bare yield",
            """
--- app/lifespan.py
from contextlib import asynccontextmanager

from fastapi import FastAPI
from redis.asyncio import Redis


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.redis = Redis()
    yield  # expect: LC202
    await app.state.redis.aclose()
--- app/main.py
from fastapi import FastAPI

from app.lifespan import lifespan

app = FastAPI(lifespan=lifespan)
""",
        ),
        Example(
            "the try handles an error and passes it on",
            """
--- app/lifespan.py
from contextlib import asynccontextmanager

from fastapi import FastAPI
from redis.asyncio import Redis


async def stop(redis: Redis) -> None:
    await redis.aclose()


@asynccontextmanager
async def lifespan(app: FastAPI):
    redis = Redis()
    app.state.redis = redis
    try:
        yield  # expect: LC202
    except Exception:
        print("stopped by an error")
        raise
    await stop(redis)
--- app/main.py
from fastapi import FastAPI

from app.lifespan import lifespan

app = FastAPI(lifespan=lifespan)
""",
        ),
    ),
    good=(
        Example(
            "close in a finally",
            """
--- app/lifespan.py
from contextlib import asynccontextmanager

from fastapi import FastAPI
from redis.asyncio import Redis


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.redis = Redis()
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
            "an exit stack",
            """
--- app/lifespan.py
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from redis.asyncio import Redis


@asynccontextmanager
async def lifespan(app: FastAPI):
    async with AsyncExitStack() as stack:
        app.state.redis = Redis()
        stack.push_async_callback(app.state.redis.aclose)
        yield
--- app/main.py
from fastapi import FastAPI

from app.lifespan import lifespan

app = FastAPI(lifespan=lifespan)
""",
        ),
    ),
)
