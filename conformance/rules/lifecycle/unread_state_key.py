"""LC208: what the lifespan puts into app.state, something reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from conformance.facts import code
from conformance.program import Access, Program, catalogue
from conformance.program.scopes import FunctionScope, Scope, enclosing
from conformance.results import Severity, Violation
from conformance.rules.base import Example, Rule
from conformance.rules.lifecycle.common import hands_state_away, is_library_key, written_in_lifespan


@dataclass(frozen=True, slots=True)
class Written:
    """The first write of a key in a function, and all keys that something reads: None for a computed one."""

    access: Access
    read: frozenset[str | None]


def subjects(program: Program) -> Iterator[Written]:
    """The first write of each key of app.state in each function of the lifespan."""
    seen: set[tuple[FunctionScope | None, str]] = set()
    read = frozenset(_keys_read(program))
    for access in written_in_lifespan(program):
        if access.key is not None and (access.function, access.key) not in seen:
            seen.add((access.function, access.key))
            if not is_library_key(program, access):
                yield Written(access, read)


def check(program: Program, written: Written) -> Iterator[Violation]:
    """Report a key that nothing reads but what releases it; a computed read may be one of any key."""
    access = written.access
    if hands_state_away(program) or not written.read.isdisjoint({None, access.key}):
        return
    yield Violation(
        access.place,
        f"`app.state.{access.key}` is set here, and nothing reads it",
        "remove it, or read it where it was meant to be read; what only the lifespan needs is a local",
        detail=f"app.state.{access.key}",
    )


def _keys_read(program: Program) -> Iterator[str | None]:
    released: dict[Scope, set[int]] = {}
    for read in program.stores.of("state"):
        if read.module.is_test or not _uses(program, read):
            continue
        if read.scope not in released:
            released[read.scope] = set(map(id, _released(read.scope)))
        if id(read.node) not in released[read.scope]:
            yield read.key


def _uses(program: Program, access: Access) -> bool:
    match access.kind:
        case "read":
            return True
        case "write":
            return isinstance(access.node, code.Assign) and access.node.operator != ""
        case "asked":
            return not any(f in program.lifespan_functions for f in enclosing(access.function))
    return False


def _released(scope: Scope) -> Iterator[code.Expression]:
    """Yield what is only fetched to be released: of `app.state.redis.aclose()` the read of the key.

    So is what is asked before (`if app.state.redis:`), and what a local holds that is used for nothing else.
    """
    bases = list(_bases(scope.nodes))
    yield from bases
    guards = list(_guards(scope))
    yield from guards
    fetched = {id(node) for node in (*bases, *guards)}
    uses: dict[str, list[code.Name]] = {}
    for inner in code.walk(*scope.body):
        if isinstance(inner, code.Name):
            uses.setdefault(inner.id, []).append(inner)
    for node in scope.nodes.of(code.Assign, code.NamedExpression):
        match node:
            case code.Assign(targets=(code.Name(id=name) as target,), value=value) if value is not None:
                pass
            case code.NamedExpression(target=code.Name(id=name) as target, value=value):
                pass
            case _:
                continue
        others = [use for use in uses[name] if use is not target]
        if others and all(id(use) in fetched for use in others):
            yield value


def _bases(nodes: Iterable[code.Node]) -> Iterator[code.Expression]:
    """Yield what is released: of `redis.aclose()` the name."""
    for node in nodes:
        match node:
            case code.Attribute(value=base, name=name) if name in catalogue.RELEASES:
                yield base
            case code.Call(function=code.Name(id="getattr"), arguments=(base, code.Constant(value=str(name)), *_)):
                if name in catalogue.RELEASES:
                    yield base


def _guards(scope: Scope) -> Iterator[code.Expression]:
    """Yield what is asked of before it is released: of `if redis is not None: await redis.aclose()` the first name."""
    for node in scope.nodes.of(code.If):
        named = {_named(base) for base in _bases(code.walk_scope(*node.body))} - {""}
        if named:
            for asked in code.walk_scope(node.test):
                if isinstance(asked, (code.Name, code.Attribute, code.Call)) and _named(asked) in named:
                    yield asked


def _named(node: code.Expression) -> str:
    """Return how code calls a local or a key, however it is read: `redis`, `app.state.redis`."""
    match node:
        case code.Call(function=code.Name(id="getattr"), arguments=(base, code.Constant(value=str(name)), *_)):
            return f"{code.dotted(base)}.{name}"
    return code.dotted(node)


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
