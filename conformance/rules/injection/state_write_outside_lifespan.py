"""DI108: only the lifespan writes app.state."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.program import Access, Program
from conformance.program.scopes import FunctionScope
from conformance.results import Step, Violation
from conformance.rules.base import Example, Rule

INSTEAD = "write it in the lifespan, and hand what belongs to one request to `request.state`"


def subjects(program: Program) -> Iterator[Access]:
    """Each write of app.state outside tests."""
    return (a for a in program.stores.of("state", "write", "delete") if not a.module.is_test)


def check(program: Program, access: Access) -> Iterator[Violation]:
    """Report a write outside the lifespan; a write of the lifespan's module that others call, at their call."""
    if is_external(program, access):
        return
    what = described(access)
    if access.renamed:
        yield Violation(
            access.place,
            f"{what} is set on the app object: app.state under another name",
            "store it in `app.state`, in the lifespan",
            detail=what,
        )
        return
    if not access.module.has_role("lifespan") or not is_lifespan_code(program, access):
        yield Violation(
            access.place, f"{what} is written outside the lifespan", INSTEAD, detail=what, trail=_trail(program, access)
        )
        return
    yield from _calls_from_elsewhere(program, access, what)


def is_external(program: Program, access: Access) -> bool:
    """Whether the key belongs to a library: slowapi's limiter, or one that the configuration names."""
    return access.key is not None and access.key in {"limiter", *program.config.external_state_keys}


def is_lifespan_code(program: Program, access: Access) -> bool:
    """Whether the write stands in the lifespan role.

    In a module that also declares endpoints or the app, only the lifespan function and what it calls have the role.
    """
    if not access.module.has_role("routes", "entrypoint"):
        return True
    function: FunctionScope | None = access.function
    while function is not None:
        if function in program.lifespan_functions:
            return True
        function = function.parent if isinstance(function.parent, FunctionScope) else None
    return False


def described(access: Access) -> str:
    """Return how a message names what is written."""
    if access.renamed:
        return f"`app.{access.key or '…'}`"
    if access.whole:
        return "`app.state`"
    return f"`app.state.{access.key}`" if access.key else "a computed key of `app.state`"


def _trail(program: Program, access: Access) -> tuple[Step, ...]:
    function = access.function
    if function is None:
        return ()
    return tuple(
        Step(scope.module.place(call), f"hands it to `{function.name}`")
        for call, scope, _ in program.names.calls.that_may_reach(function)
        if scope.module is not access.module
    )[:5]


def _calls_from_elsewhere(program: Program, access: Access, what: str) -> Iterator[Violation]:
    """A function of the lifespan's module that writes and is called from another module: the call."""
    function = access.function
    if function is None or function in program.lifespan_roots:
        return
    for call, scope, _ in program.names.calls_of(function):
        if scope.module is access.module or scope.module.is_test or _runs_in_lifespan(program, scope):
            continue
        yield Violation(
            scope.module.place(call),
            f"`{function.name}` of `{access.module.name}` writes {what}, and is called outside the lifespan",
            INSTEAD,
            detail=f"{function.name} {what}",
            trail=(Step(access.place, f"writes {what}"),),
        )


def _runs_in_lifespan(program: Program, scope: object) -> bool:
    return isinstance(scope, FunctionScope) and scope in program.lifespan_functions


RULE = Rule(
    id="DI108",
    name="state-write-outside-lifespan",
    source="PRD-012 §6",
    summary="app.state is written outside the lifespan.",
    why=(
        "app.state is the container of what lives as long as the application. When only the lifespan writes it, one "
        "function shows everything that is there, in which order it comes up, and what is released at the end. A write "
        "in a route or middleware is shared by all requests at once, and no reader of the lifespan knows of it."
    ),
    instead=(
        "Write the key in the lifespan. What belongs to one request goes to `request.state`; a counter or cache is a "
        "value that a key holds, and may be changed."
    ),
    subjects=subjects,
    check=check,
    nothing="nothing writes app.state",
    configure="`external-state-keys` names keys that a library wants (`limiter` of slowapi is known).",
    bad=(
        Example(
            "a route and the entrypoint write",
            """
--- app/lifespan.py
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.hits = 0
    yield
--- app/main.py
from fastapi import FastAPI, Request

from app.lifespan import lifespan

app = FastAPI(lifespan=lifespan)
app.state.version = "1.0"  # expect: DI108


@app.post("/hits")
async def hit(request: Request) -> int:
    request.app.state.hits += 1  # expect: DI108
    return request.app.state.hits
""",
        ),
        Example(
            "a helper in another module that the lifespan hands app.state to",
            """
--- app/wiring.py
def connect(container, url: str) -> None:
    container.redis_url = url  # expect: DI108
--- app/lifespan.py
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.wiring import connect


@asynccontextmanager
async def lifespan(app: FastAPI):
    connect(app.state, "redis://localhost")
    yield
--- app/main.py
from fastapi import FastAPI

from app.lifespan import lifespan

app = FastAPI(lifespan=lifespan)
""",
        ),
    ),
    good=(
        Example(
            "the lifespan writes, a route changes what a key holds",
            """
--- app/lifespan.py
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.cache = {}
    yield
--- app/main.py
from fastapi import FastAPI, Request

from app.lifespan import lifespan

app = FastAPI(lifespan=lifespan)


@app.post("/cache/{key}")
async def remember(key: str, request: Request) -> None:
    request.app.state.cache[key] = "seen"
    request.state.key = key
""",
        ),
    ),
)
