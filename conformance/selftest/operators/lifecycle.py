"""LC2xx: resource lifecycle."""

# ruff: noqa: E501 - an operator is read as one line

from __future__ import annotations

from collections.abc import Callable, Iterator

from conformance.facts import code
from conformance.program.scopes import FunctionScope, ModuleScope
from conformance.rules.lifecycle.uncached_settings import groups
from conformance.selftest.ground import Ground
from conformance.selftest.operators.base import Operator, Placing, begins, ends, new_file
from conformance.selftest.operators.injection import HEAD, but, deps, routes
from conformance.selftest.seeds import Seed

__all__ = ["OPERATORS", "of_settings"]

A_LIFESPAN = "a lifespan function that takes the application"
A_SETTINGS = "a settings class that another module can import"


def lifespans(ground: Ground) -> list[FunctionScope]:
    return ground.lifespans


def beside_lifespan(ground: Ground) -> list[ModuleScope]:
    return [function.module for function in ground.program.lifespans.functions if function.module in ground.own]


def app(text: str) -> Callable[[Ground, FunctionScope], str]:
    """Fill in what a lifespan calls the application: `<app>`."""
    return lambda _, function: text.replace("<app>", function.parameters[0].name)


def of_settings(text: str) -> Callable[[Ground, ModuleScope], str | None]:
    """Fill in a settings class, and the cached function that builds one: `<module>`, `<class>`."""

    def written(ground: Ground, importer: ModuleScope) -> str | None:
        parts = set(groups(ground.program, set(ground.settings)))
        for cls in ground.settings:
            if ground.can_import(importer, cls.module) and cls not in parts:
                return text.replace("<module>", cls.module.name).replace("<class>", cls.name)
        return None

    return written


def second_cached(ground: Ground) -> Iterator[Seed]:
    """Seed a second cached function, where there is a first one in config."""
    text = of_settings("""
from functools import lru_cache
from <module> import <class>
@lru_cache(maxsize=1)
def get_more_settings() -> <class>:  # here
    return <class>()
""")
    program = ground.program
    cached = {
        cls
        for module in ground.modules("config")
        for function in module.functions
        if program.is_cached(function)
        for cls in ground.settings
        if cls.name in {code.last_name(node.function) for node in function.nodes.of(code.Call)}
    }
    for module in ground.modules(but=("config",)):
        written = text(ground, module)
        if written is not None and any(f"import {cls.name}\n" in written for cls in cached):
            yield Seed((ground.end(module, written),))


def own_lifespan(name: str, text: str) -> Placing:
    """Put an application with a lifespan of its own beside that of the target."""
    return new_file(beside_lifespan, name, text)


OPERATORS = (
    # --- LC201 ---
    Operator("LC201", "in app.state", A_LIFESPAN, begins(lifespans, app("import httpx\n<app>.state.client = httpx.AsyncClient()  # here"))),
    Operator("LC201", "in a local", A_LIFESPAN, begins(lifespans, app(
        "from sqlalchemy.ext.asyncio import create_async_engine\nengine = create_async_engine('sqlite://')  # here\n<app>.state.engine = engine"
    ))),
    Operator("LC201", "by setattr", A_LIFESPAN, begins(lifespans, app("from redis.asyncio import Redis\nsetattr(<app>.state, 'pool', Redis())  # here"))),
    Operator("LC201", "by a helper", A_LIFESPAN, begins(
        lifespans, app("<app>.state.client = make_client()  # here"),
        besides="import httpx\ndef make_client() -> httpx.AsyncClient:\n    return httpx.AsyncClient()",
    )),
    # --- LC202 ---
    Operator("LC202", "an attribute", "a lifespan", own_lifespan("selftest_release.py", """
from contextlib import asynccontextmanager
import httpx
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.client = httpx.AsyncClient()
    yield  # here
    await app.state.client.aclose()
app = FastAPI(lifespan=lifespan)
""")),
    Operator("LC202", "a local", "a lifespan", own_lifespan("selftest_release_local.py", """
import contextlib
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine
@contextlib.asynccontextmanager
async def lifespan(application: FastAPI):
    engine = create_async_engine("sqlite://")
    application.state.engine = engine
    yield  # here
    await engine.dispose()
app = FastAPI(lifespan=lifespan)
""")),
    Operator("LC202", "by a helper", "a lifespan", own_lifespan("selftest_release_helper.py", """
from contextlib import asynccontextmanager
from fastapi import FastAPI
from redis.asyncio import Redis
async def close(app: FastAPI) -> None:
    await app.state.redis.aclose()
@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.redis = Redis()
    yield {}  # here
    await close(app)
app = FastAPI(lifespan=lifespan)
""")),
    # --- LC203 ---
    Operator("LC203", "in app.state", A_LIFESPAN, begins(lifespans, app("from sqlalchemy.ext.asyncio import AsyncSession\n<app>.state.db = AsyncSession()  # here"))),
    Operator("LC203", "in a local", A_LIFESPAN, begins(lifespans, app("import sqlalchemy.orm as orm\ndb = orm.Session()  # here\n<app>.state.db = db"))),
    Operator("LC203", "of a session maker", A_LIFESPAN, begins(lifespans, app(
        "from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine\n"
        "sessions = async_sessionmaker(create_async_engine('sqlite://'))\n<app>.state.db = sessions()  # here"
    ))),
    Operator("LC203", "in arq's context", "a hook on_startup", begins(lambda g: g.starting, lambda g, f: (
        f"from sqlalchemy.ext.asyncio import AsyncSession\n{g.context_of(f).name}['db'] = AsyncSession()  # here"
    ))),
    # --- LC204 ---
    Operator("LC204", "a client in a provider", "a deps module", ends(deps, HEAD + """
import httpx
def get_client(request: Request) -> httpx.AsyncClient:
    return httpx.AsyncClient()  # here
ClientDep = Annotated[httpx.AsyncClient, Depends(get_client)]
""")),
    Operator("LC204", "an engine in an endpoint", "a module with endpoints", ends(routes, """
from fastapi import APIRouter
from sqlalchemy import create_engine
router = APIRouter()
@router.get("/engine")
def read() -> None:
    engine = create_engine("sqlite://")  # here
""")),
    Operator("LC204", "in a cached builder", "a deps module", ends(deps, HEAD + """
from functools import lru_cache
from redis.asyncio import Redis
@lru_cache
def make_redis() -> Redis:
    return Redis()  # here
def get_redis(request: Request) -> Redis:
    return make_redis()
RedisDep = Annotated[Redis, Depends(get_redis)]
""")),
    # --- LC205 ---
    Operator("LC205", "at once", "a deps module", ends(deps, HEAD + """
from sqlalchemy.orm import Session
def get_session(request: Request) -> Session:
    return Session()  # here
SessionDep = Annotated[Session, Depends(get_session)]
""")),
    Operator("LC205", "a local", "a deps module", ends(deps, HEAD + """
from sqlalchemy.ext.asyncio import AsyncSession
async def get_session(request: Request) -> AsyncSession:
    session = AsyncSession()
    return session  # here
SessionDep = Annotated[AsyncSession, Depends(get_session)]
""")),
    Operator("LC205", "of a factory in app.state", "a deps module", ends(deps, HEAD + """
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
async def get_session(request: Request) -> AsyncSession:
    sessions: async_sessionmaker[AsyncSession] = request.app.state.maker
    return sessions()  # here
SessionDep = Annotated[AsyncSession, Depends(get_session)]
""")),
    # --- LC206 ---
    Operator("LC206", "never closed", "a deps module", ends(deps, HEAD + """
from sqlalchemy.orm import Session
def get_session(request: Request):
    session = Session()
    yield session  # here
SessionDep = Annotated[Session, Depends(get_session)]
""")),
    Operator("LC206", "closed where nothing fails", "a deps module", ends(deps, HEAD + """
from sqlalchemy.ext.asyncio import AsyncSession
async def get_session(request: Request):
    session = AsyncSession()
    yield session  # here
    await session.close()
SessionDep = Annotated[AsyncSession, Depends(get_session)]
""")),
    Operator("LC206", "yielded at once", "a deps module", ends(deps, """
import typing
import fastapi
import sqlalchemy.orm as orm
def get_session(request: fastapi.Request):
    try:
        yield orm.Session()  # here
    finally:
        print("done")
SessionDep = typing.Annotated[orm.Session, fastapi.Depends(get_session)]
""")),
    # --- LC207 ---
    Operator("LC207", "an attribute", "a deps module, and a lifespan", ends(deps, HEAD + """
def get_unset(request: Request) -> object:
    return request.app.state.selftest_unset  # here
UnsetDep = Annotated[object, Depends(get_unset)]
""")),
    Operator("LC207", "getattr", "a deps module, and a lifespan", ends(deps, HEAD + """
async def get_unset(request: Request) -> object:
    return getattr(request.app.state, "selftest_never_set")  # here
UnsetDep = Annotated[object, Depends(get_unset)]
""")),
    Operator("LC207", "of a local alias", "a deps module, and a lifespan", ends(deps, HEAD + """
def get_unset(request: Request) -> object:
    state = request.app.state
    return state.selftest_not_there  # here
UnsetDep = Annotated[object, Depends(get_unset)]
""")),
    # --- LC208 ---
    Operator("LC208", "an attribute", A_LIFESPAN, begins(lifespans, app("<app>.state.selftest_unread = 1  # here"))),
    Operator("LC208", "setattr", A_LIFESPAN, begins(lifespans, app("setattr(<app>.state, 'selftest_never_read', 1)  # here"))),
    Operator("LC208", "of a local alias", A_LIFESPAN, begins(lifespans, app("state = <app>.state\nstate.selftest_not_read = 1  # here"))),
    # --- LC209 ---
    Operator("LC209", "constructed", A_SETTINGS, ends(but("config"), of_settings("from <module> import <class>\ndef read() -> <class>:\n    return <class>()  # here"))),
    Operator("LC209", "model_validate", A_SETTINGS, ends(but("config"), of_settings(
        "import <module> as configured\ndef read() -> object:\n    return configured.<class>.model_validate({})  # here"
    ))),
    Operator("LC209", "a default argument", A_SETTINGS, ends(but("config"), of_settings(
        "from <module> import <class>\ndef read(\n    settings: <class> = <class>(),  # here\n) -> None: ..."
    ))),
    Operator("LC209", "a second cached function", "a cached function in config that builds the settings", second_cached),
    # --- LC210 ---
    Operator("LC210", "an except", "a deps module", ends(deps, HEAD + """
async def get_thing(request: Request):
    try:
        yield 1
    except ValueError:  # here
        print("failed")
ThingDep = Annotated[int, Depends(get_thing)]
""")),
    Operator("LC210", "suppress", "a deps module", ends(deps, HEAD + """
from contextlib import suppress
def get_thing(request: Request):
    with suppress(ValueError):  # here
        yield 1
ThingDep = Annotated[int, Depends(get_thing)]
""")),
    Operator("LC210", "a return in finally", "a deps module", ends(deps, HEAD + """
def get_thing(request: Request):
    try:
        yield 1
    finally:
        return  # here
ThingDep = Annotated[int, Depends(get_thing)]
""")),
)  # fmt: skip
