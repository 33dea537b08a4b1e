"""LC208: what the lifespan puts into app.state, something reads."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.facts import code
from conformance.program import Access, Program, catalogue
from conformance.program.scopes import enclosing
from conformance.results import Severity, Violation
from conformance.rules.base import Example, Rule
from conformance.rules.lifecycle.common import hands_state_away, is_library_key, written_in_lifespan


def subjects(program: Program) -> Iterator[Access]:
    """The first write of each key of app.state in the lifespan."""
    seen: set[str] = set()
    for access in written_in_lifespan(program):
        if access.key is not None and access.key not in seen:
            seen.add(access.key)
            if not is_library_key(program, access):
                yield access


def check(program: Program, access: Access) -> Iterator[Violation]:
    """Report a key that nothing reads but what releases it; a computed read may be one of any key."""
    if hands_state_away(program):
        return
    for read in program.stores.of("state"):
        if read.module.is_test or not _uses(program, read):
            continue
        if read.key in {None, access.key} and not _releases(read):
            return
    yield Violation(
        access.place,
        f"`app.state.{access.key}` is set here, and nothing reads it",
        "remove it, or read it where it was meant to be read; what only the lifespan needs is a local",
        detail=f"app.state.{access.key}",
    )


def _uses(program: Program, access: Access) -> bool:
    match access.kind:
        case "read":
            return True
        case "write":
            return isinstance(access.node, code.Assign) and access.node.operator != ""
        case "asked":
            return not any(f in program.lifespan_functions for f in enclosing(access.function))
    return False


def _releases(read: Access) -> bool:
    """Whether a read only fetches what is released: `app.state.redis.aclose()`."""
    for node in read.scope.nodes:
        match node:
            case code.Attribute(value=value, name=name) if value is read.node and name in catalogue.RELEASES:
                return True
            case code.Call(function=code.Name(id="getattr"), arguments=(base, code.Constant(value=str(name)), *_)):
                if base is read.node and name in catalogue.RELEASES:
                    return True
    return False


RULE = Rule(
    id="LC208",
    name="unread-state-key",
    source="PRD-012 §3",
    summary="The lifespan writes a key of app.state that nothing reads.",
    why=(
        "Either it is left over, and the resource behind it is opened for nobody, or its reader has misspelt it. Each "
        "key that nobody needs makes the list of what the application holds harder to trust."
    ),
    instead="Remove the key; what only the lifespan uses, such as to release it, is a local variable.",
    severity=Severity.ADVICE,
    subjects=subjects,
    check=check,
    nothing="the lifespan writes no key of app.state",
    configure="`external-state-keys` names keys that a library reads.",
    whole=True,
    bad=(
        Example(
            "left over",
            """
--- app/lifespan.py
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.version = "1.0"  # expect: LC208
    yield
--- app/main.py
from fastapi import FastAPI

from app.lifespan import lifespan

app = FastAPI(lifespan=lifespan)
""",
        ),
        Example(
            "only released, through setattr",
            """
--- app/lifespan.py
from contextlib import asynccontextmanager

from fastapi import FastAPI
from redis.asyncio import Redis


@asynccontextmanager
async def lifespan(app: FastAPI):
    setattr(app.state, "redis", Redis())  # expect: LC208
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
    ),
    good=(
        Example(
            "a provider and a middleware read",
            """
--- app/lifespan.py
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.version = "1.0"
    app.state.prefix = "/api"
    yield
--- app/deps/version.py
from typing import Annotated

from fastapi import Depends, Request


def get_version(request: Request) -> str:
    return request.app.state.version


VersionDep = Annotated[str, Depends(get_version)]
--- app/main.py
from fastapi import FastAPI, Request

from app.lifespan import lifespan

app = FastAPI(lifespan=lifespan)


@app.middleware("http")
async def prefix(request: Request, call_next):
    response = await call_next(request)
    response.headers["x-prefix"] = getattr(request.app.state, "prefix")
    return response
""",
        ),
    ),
)
