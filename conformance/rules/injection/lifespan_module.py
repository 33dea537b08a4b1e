"""DI114: each application has a lifespan, in a module of its own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from conformance.facts import code
from conformance.program import Application, ClassScope, FunctionScope, Program, Starter
from conformance.program.lifespans import Event
from conformance.program.values import ClassValue, Instance
from conformance.results import Undecidable, Violation
from conformance.rules.base import Example, Rule
from conformance.rules.injection.state_write_outside_lifespan import is_external


def subjects(program: Program) -> Iterator[Application | Starter | Event]:
    """Each application, each lifespan function and each event handler's registration, outside tests."""
    lifespans = program.lifespans
    yield from (a for a in lifespans.applications if not a.module.is_test)
    seen: set[object] = set()
    for starter in lifespans.starters:
        defined = _definition(starter)
        if starter.kind == "lifespan" and not starter.function.module.is_test and defined not in seen:
            seen.add(defined)
            yield starter
    yield from (e for e in lifespans.events if not e.scope.module.is_test)


def check(program: Program, subject: Application | Starter | Event) -> Iterator[Violation | Undecidable]:
    """Report a lifespan that shares its module, event handlers, and an application whose state nobody sets up."""
    match subject:
        case Starter():
            yield from _shared_module(subject)
        case Event():
            yield Violation(
                subject.place,
                f"`{subject.spelling}` registers what a lifespan should do",
                "write one lifespan function in a module of its own, and give it to `FastAPI(lifespan=…)`",
                detail=f"{subject.spelling} {code.dotted(subject.base)}",
            )
        case Application():
            yield from _without_lifespan(program, subject)


def _definition(starter: Starter) -> FunctionScope | ClassScope:
    return starter.function.owner or starter.function


def _shared_module(starter: Starter) -> Iterator[Violation]:
    defined = _definition(starter)
    shares = [
        what
        for role, what in (("entrypoint", "the application"), ("routes", "endpoints"))
        if defined.module.has_role(role)
    ]
    if shares:
        yield Violation(
            defined.place,
            f"the lifespan `{defined.name}` shares its module with {' and '.join(shares)}",
            "move it into a module of its own: `lifespan.py`",
            detail=f"shared module {defined.name}",
        )


def _without_lifespan(program: Program, application: Application) -> Iterator[Violation | Undecidable]:
    if application.given_lifespan is not None or _gets_one(program, application) or _has_events(program, application):
        return
    reader = _reader(program, application)
    if reader == "":
        return
    if application.open_keywords:
        yield Undecidable(application.place, "whether `**` gives the application a lifespan cannot be told")
        return
    name = code.dotted(application.call.function).rpartition(".")[2]
    yield Violation(
        application.place,
        f"`{name}(…)` is given no lifespan, although the provider `{reader}` reads app.state",
        "write a lifespan that sets up app.state, in a module of its own, and give it as `lifespan=`",
        detail="no lifespan",
    )


def _gets_one(program: Program, application: Application) -> bool:
    """Whether a lifespan is assigned later, or given by the `__init__` of the application's class."""
    classes = {
        base
        for value in program.names.infer(application.call.function, application.scope)
        if isinstance(value, ClassValue)
        for base in program.names.ancestry(value.cls)
    }
    for starter in program.lifespans.starters:
        if starter.kind != "lifespan":
            continue
        if isinstance(starter.node, code.Assign):
            return True
        if isinstance(starter.scope, FunctionScope) and starter.scope.owner in classes:
            return True
    return False


def _has_events(program: Program, application: Application) -> bool:
    """Whether a handler is registered on the application, or on what may be included in it."""
    for event in program.lifespans.events:
        if event.scope.module.is_test:
            continue
        made = {
            id(v.creation.call)
            for v in program.names.infer(event.base, event.scope)
            if isinstance(v, Instance) and v.creation is not None and program.names.is_a(v.type, *_APPS)
        }
        if not made or id(application.call) in made:
            return True
    return False


_APPS = ("fastapi.FastAPI", "starlette.applications.Starlette")


def _reader(program: Program, application: Application) -> str:
    """Return the name of a provider that reads app.state and that the application's endpoints depend on; "" for none.

    Of the only application of a target all endpoints are taken to be its own.
    """
    reading = {
        a.function
        for a in program.stores.of("state", "read", "passed")
        if a.function is not None and not a.module.is_test and not is_external(program, a)
    }
    only = len(tuple(islice((a for a in program.lifespans.applications if not a.module.is_test), 2))) == 1
    injection = program.injection
    if only:
        candidates = [p for p in injection.providers.values() if any(True for _ in p.own_uses)]
    else:
        candidates = []
        for endpoint in injection.endpoints:
            if id(application.call) in injection.registered_on(endpoint):
                uses = (*injection.uses_of_function.get(endpoint.function, ()), *injection.always_injected(endpoint))
                candidates += [u.injection.provider for u in uses if u.injection.provider is not None]
    seen: set[object] = set()
    while candidates:
        provider = candidates.pop(0)
        if provider in seen:
            continue
        seen.add(provider)
        candidates += [u.injection.provider for u in injection.uses_in(provider) if u.injection.provider is not None]
        function = provider.function
        if function is not None and _reads(program, function, reading, set()):
            return provider.name
    return ""


def _reads(
    program: Program, function: FunctionScope, reading: set[FunctionScope], seen: set[FunctionScope], depth: int = 0
) -> bool:
    if function in reading:
        return True
    if function in seen or depth > 3:
        return False
    seen.add(function)
    return any(_reads(program, f, reading, seen, depth + 1) for f in program.lifespans.called_by(function))


RULE = Rule(
    id="DI114",
    name="lifespan-module",
    source="PRD-012 §3",
    summary="The lifespan is not in a module of its own, is missing, or event handlers stand in for it.",
    why=(
        "In a module of its own the lifespan can be read, tested and handed to another application without importing "
        "the routes. Start-up and shutdown handlers are deprecated, and share nothing but globals. "
        "Without any, what providers read from app.state was never set."
    ),
    instead="Write one `@asynccontextmanager` function in `lifespan.py`, and give it to `FastAPI(lifespan=lifespan)`.",
    subjects=subjects,
    check=check,
    nothing="no application in the target",
    bad=(
        Example(
            "the lifespan in the entrypoint",
            """
--- app/main.py
from contextlib import asynccontextmanager

from fastapi import FastAPI
from redis.asyncio import Redis


@asynccontextmanager
async def lifespan(app: FastAPI):  # expect: DI114
    app.state.redis = Redis()
    yield
    await app.state.redis.aclose()


app = FastAPI(lifespan=lifespan)
""",
        ),
        Example(
            "event handlers, by decorator, call and keyword",
            """
--- app/main.py
from fastapi import FastAPI


def shutdown() -> None:
    print("down")


app = FastAPI(
    title="events",
    on_shutdown=[shutdown],  # expect: DI114
)


@app.on_event("startup")  # expect: DI114
async def startup() -> None:
    print("up")


app.add_event_handler("startup", lambda: print("up"))  # expect: DI114
""",
        ),
        Example(
            "a provider reads app.state, which nobody sets up",
            """
--- app/main.py
from fastapi import FastAPI

from app.api import ping

app = FastAPI(title="ping")  # expect: DI114
app.include_router(ping.router)
--- app/deps/redis.py
from typing import Annotated

from fastapi import Depends, Request
from redis.asyncio import Redis


def get_redis(request: Request) -> Redis:
    return request.app.state.redis


RedisDep = Annotated[Redis, Depends(get_redis)]
--- app/api/ping.py
from fastapi import APIRouter

from app.deps.redis import RedisDep

router = APIRouter()


@router.get("/ping")
async def ping(redis: RedisDep) -> bool:
    return await redis.ping()
""",
        ),
    ),
    good=(
        Example(
            "a lifespan in its own module, and a mounted application without state",
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
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from app.lifespan import lifespan

app = FastAPI(lifespan=lifespan)
admin = FastAPI(title="admin")


def get_redis(request: Request) -> object:
    return request.app.state.redis


@app.get("/")
def index(redis: Annotated[object, Depends(get_redis)]) -> str:
    return "index"


@admin.get("/")
def admin_index() -> str:
    return "admin"


app.mount("/admin", admin)
""",
        ),
        Example(
            "made by a factory",
            """
--- app/startup.py
from contextlib import asynccontextmanager

from fastapi import FastAPI


def make_lifespan(url: str):
    @asynccontextmanager
    async def lifespan(app: FastAPI):
        app.state.url = url
        yield

    return lifespan
--- app/main.py
from fastapi import FastAPI

from app.startup import make_lifespan


def create_app() -> FastAPI:
    return FastAPI(lifespan=make_lifespan("redis://localhost"))
""",
        ),
    ),
)
