# ruff: noqa: E501  programs in lines
"""DI104, DI105, DI115 and DI116: what stands in the deps package, and what the types beside Depends say."""

from __future__ import annotations

import pytest

from conformance.examples import expected_in, files_of, found_in, program_from
from conformance.rules.injection.alias_type_mismatch import RULE as TYPE_MISMATCH
from conformance.rules.injection.one_resource_per_module import RULE as ONE_RESOURCE
from conformance.rules.injection.provider_outside_deps import RULE as OUTSIDE_DEPS
from conformance.rules.injection.untyped_provider import RULE as UNTYPED

HEAD = """
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NewType, Protocol, TypedDict, TypeVar

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Security
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, sessionmaker
from sqlmodel import Session as ModelSession
from arq.connections import ArqRedis
"""

MODULES = {
    "a ring of helpers": """
def _a(request):
    return _b(request)
def _b(request):
    return _a(request)
def get_redis(request: Request) -> Redis:
    return _a(request)
def get_engine(request: Request) -> AsyncEngine:  # expect: DI104
    return request.app.state.engine
""",
    "a provider of itself": """
def get_redis(request: Request, again=Depends("get_redis")) -> Redis:
    return get_redis(request)
def get_engine(request: Request) -> AsyncEngine:  # expect: DI104
    return request.app.state.engine
""",
    "helpers that no injection fills": """
def get_redis(request: Request) -> Redis:
    return request.app.state.redis
def get_or_404(session: Session, model: type) -> object: ...
def get_thing(client: Redis) -> object: ...
def get_maker(kind: str):
    return lambda: kind
class Inner:
    def get_more(self) -> AsyncEngine: ...
def fetch_engine(request: Request) -> AsyncEngine:
    return request.app.state.engine
""",
    "a helper with a session that is injected": """
def get_redis(request: Request) -> Redis:
    return request.app.state.redis
def get_engine(session: Annotated[Session, Depends(elsewhere)], x: Session = None) -> AsyncEngine:  # expect: DI104
    return request.app.state.engine
""",
    "a class that holds a session": """
def get_session(request: Request) -> Session:
    return Session(request.state.engine)
class Repository:
    def __init__(self, session: Annotated[Session, Depends(get_session)]) -> None:
        self.session = Session(session)
RepositoryDep = Annotated[Repository, Depends(Repository)]
""",
    "None alone": """
def get_redis(request: Request) -> Redis:
    return request.app.state.redis
def get_nothing(request: Request) -> None: ...
""",
    "two types of one name": """
def get_lists(request: Request) -> list[int]: ...
def get_others(request: Request) -> list[str]: ...  # expect: DI104
""",
    "the same type twice": """
def get_lists(request: Request) -> list[int] | str: ...
def get_others(request: Request) -> str | list[int]: ...
""",
    "an instance and its class": """
class Role:
    def __init__(self, name: str) -> None: ...
    def __call__(self, request: Request) -> Redis:
        return request.app.state.redis
admin = Role("admin")
AdminDep = Annotated[Redis, Depends(admin)]
def get_engine(request: Request) -> AsyncEngine:  # expect: DI104
    return request.app.state.engine
""",
    "two keys": """
def get_redis(request: Request) -> Redis:
    return request.app.state.redis
def get_engine(request: Request) -> AsyncEngine:  # expect: DI104
    return request.app.state.engine
""",
    "one key twice": """
def get_redis(request: Request) -> Redis:
    return request.app.state.redis
def get_queue(request: Request) -> ArqRedis:
    return getattr(request.app.state, "redis")
""",
    "a helper reads the key": """
def _state(request: Request):
    return request.app.state.redis
def get_redis(request: Request) -> Redis:
    return _state(request)
def get_redis_again(request: Request) -> object:
    return _state(request)
""",
    "an engine, a factory of it, a session": """
def get_engine(request: Request) -> AsyncEngine:
    return request.app.state.engine
def get_maker(engine: Annotated[AsyncEngine, Depends(get_engine)]) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engine)
async def get_session(maker: Annotated[async_sessionmaker, Depends(get_maker)]) -> AsyncIterator[AsyncSession]:
    async with maker() as session:
        yield session
SessionDep = Annotated[AsyncSession, Depends(get_session)]
""",
    "a service made from a session of a key": """
def get_session(request: Request) -> AsyncSession:
    return AsyncSession(request.app.state.engine)
class Service:
    def __init__(self, session) -> None:
        self.session = session
def get_service(session: Annotated[AsyncSession, Depends(get_session)]) -> Service:  # expect: DI104
    return Service(session)
""",
    "a user, and what builds on it": """
class User: ...
class Job: ...
def get_user(request: Request) -> User:
    return request.state.user
def get_admin(user: Annotated[User, Depends(get_user)]) -> User:
    return user
def get_job(user: Annotated[User, Depends(get_user)]) -> Job:
    return request.state.job
""",
    "None is taken away": """
class User: ...
def get_user(request: Request) -> User:
    return request.state.user
def get_optional_user(request: Request) -> User | None:
    return request.state.user
""",
    "without annotations each is its own": """
def get_a(request: Request):
    return request.state.a
def get_b(request: Request):  # expect: DI104
    return request.state.b
""",
    "guards and parameter classes have none": """
class Page:
    def __init__(self, size: int = 1) -> None:
        self.size = size
def sorting(by: str = "name") -> str:
    return by
def check(request: Request) -> None:
    return None
def get_user(request: Request) -> bytes:
    return request.state.user
x = FastAPI(dependencies=[Depends(check)])
PageDep = Annotated[Page, Depends()]
SortDep = Annotated[str, Depends(sorting)]
""",
    "of two keys the first": """
def get_redis(request: Request) -> Redis:
    return request.app.state.redis
def get_both(request: Request) -> tuple:
    return request.app.state.redis, request.app.state.engine
""",
    "a helper that is handed a session": """
def get_or_404(session: Session, model, key: int) -> object:
    return session.get(model, key)
def get_all(model: type[bytes]) -> list:
    return []
def get_redis(request: Request) -> Redis:
    return request.app.state.redis
""",
    "classes supply themselves": """
class Clock:
    def __init__(self, request: Request) -> None:
        self.zone = request.headers["zone"]
ClockDep = Annotated[Clock, Depends()]
class Limits:  # expect: DI104
    def __init__(self, request: Request) -> None:
        self.rate = request.headers["rate"]
LimitsDep = Annotated[Limits, Depends()]
""",
    "classes that read one key": """
class Reader:
    def __init__(self, request: Request) -> None:
        self.redis = request.app.state.redis
ReaderDep = Annotated[Reader, Depends()]
class Writer:
    def __init__(self, request: Request) -> None:
        self.redis = request.app.state.redis
WriterDep = Annotated[Writer, Depends()]
""",
    "private helpers and classes are no providers": """
class Service: ...
def _get_engine(request: Request) -> AsyncEngine:
    return request.app.state.engine
def build(request: Request) -> bytes:
    return b""
def get_redis(request: Request) -> Redis:
    return request.app.state.redis
""",
}


@pytest.mark.parametrize("body", MODULES.values(), ids=MODULES)
def test_a_deps_module_serves_one_concern(body: str) -> None:
    files = {"app/deps/things.py": f"{HEAD}{body}"}

    found = found_in(program_from(files), [ONE_RESOURCE])

    assert found == expected_in(files)


def test_a_concern_is_named_by_the_whole_of_its_type() -> None:
    program = program_from(
        files_of("""
--- app/deps.py
from typing import Any
def get_rows() -> dict[str, Any]: ...
def get_names() -> list[int | str]: ...
def get_things() -> dict[str, list[Any]]: ...
""")
    )

    (found,) = [v for s in ONE_RESOURCE.subjects(program) for v in ONE_RESOURCE.check(program, s)]

    assert found.message == (
        "`app.deps` serves 3 concerns: `get_names` is for `list[int | str]`, `get_rows` for `dict[str, Any]`"
    )


@pytest.mark.parametrize(
    "lifespan",
    [
        "app.state.engine = create_async_engine('x')\n    app.state.maker = async_sessionmaker(app.state.engine)",
        "engine = create_async_engine('x')\n    app.state.engine = engine\n    app.state.maker = async_sessionmaker(engine)",
        (
            "engine = create_async_engine('x')\n    maker = async_sessionmaker(bind=engine)\n"
            "    app.state.maker = maker\n    app.state.engine = engine"
        ),
        (
            "class Pool: ...\n    class Maker:\n        def __init__(self, pool): ...\n"
            "    app.state.engine = Pool()\n    app.state.maker = Maker(app.state.engine)"
        ),
        "pool = Pool()\n    app.state.engine = pool\n    app.state.maker = Maker(pool)",
    ],
)
def test_keys_that_the_lifespan_makes_of_each_other_are_one_concern(lifespan: str) -> None:
    files = {
        "app/lifespan.py": (
            f"{HEAD}\nclass Pool: ...\nclass Maker:\n    def __init__(self, pool): ...\n"
            f"@asynccontextmanager\nasync def lifespan(app: FastAPI):\n    {lifespan}\n    yield\n"
        ),
        "app/main.py": "from fastapi import FastAPI\nfrom app.lifespan import lifespan\napp = FastAPI(lifespan=lifespan)\n",
        "app/deps/db.py": f"""{HEAD}
def get_engine(request: Request) -> AsyncEngine:
    return request.app.state.engine
def get_session(request: Request) -> AsyncSession:
    return request.app.state.maker()
""",
    }

    found = found_in(program_from(files), [ONE_RESOURCE])

    assert not found


@pytest.mark.parametrize(
    "lifespan",
    [
        "app.state.engine = create_async_engine('x')\n    app.state.maker = Redis()",
        (
            "settings = Settings()\n    app.state.settings = settings\n"
            "    app.state.engine = create_async_engine(settings)\n    app.state.maker = Redis(settings)"
        ),
    ],
)
def test_keys_that_are_made_apart_are_two_concerns(lifespan: str) -> None:
    files = {
        "app/lifespan.py": (
            f"{HEAD}\nfrom pydantic_settings import BaseSettings\nclass Settings(BaseSettings): ...\n"
            f"@asynccontextmanager\nasync def lifespan(app: FastAPI):\n    {lifespan}\n    yield\n"
        ),
        "app/main.py": "from fastapi import FastAPI\nfrom app.lifespan import lifespan\napp = FastAPI(lifespan=lifespan)\n",
        "app/deps/db.py": f"""{HEAD}
def get_engine(request: Request) -> AsyncEngine:
    return request.app.state.engine
def get_session(request: Request) -> AsyncSession:  # expect: DI104
    return request.app.state.maker()
""",
    }

    found = found_in(program_from(files), [ONE_RESOURCE])

    assert found == expected_in(files)


def test_a_provider_lives_in_deps_unless_it_is_light_and_beside_its_routes() -> None:
    files = files_of("""
--- app/config.py
from functools import lru_cache
from pydantic_settings import BaseSettings

class Settings(BaseSettings):
    debug: bool = False

@lru_cache
def get_settings() -> Settings:
    return Settings()

def load() -> Settings:
    return get_settings()

class Clock: ...

def get_clock() -> Clock:  # expect: DI105
    return Clock()
--- app/deps/settings.py
from typing import Annotated
from fastapi import Depends
from app.config import Clock, Settings, get_clock, get_settings, load
from app.core.token import get_token

SettingsDep = Annotated[Settings, Depends(get_settings)]
TokenDep = Annotated[str, Depends(get_token)]
LoadedDep = Annotated[Settings, Depends(load)]
ClockDep = Annotated[Clock, Depends(get_clock)]
--- app/core/token.py
from fastapi import Depends, Request

def get_raw(request: Request) -> str:  # expect: DI105
    return request.headers["x"]

def get_token(raw: str = Depends(get_raw)) -> str:  # expect: DI105
    return raw

def get_unused(request: Request) -> str:
    return ""

class Page:  # expect: DI105
    def __init__(self, size: int = 1) -> None:
        self.size = size
--- app/core/guards.py
from fastapi import Request

class RequireRole:
    def __init__(self, role: str) -> None:
        self.role = role

    def __call__(self, request: Request) -> None:  # expect: DI105
        return None

def require(role: str):
    def checker(request: Request) -> str:  # expect: DI105
        return role
    return checker
--- app/items/guards.py
from fastapi import Request

def only_staff(request: Request) -> None:
    return None

def shared(x: str) -> None:  # expect: DI105
    return None
--- app/items/router.py
from dataclasses import dataclass
from fastapi import APIRouter, Depends, Request, Security
from app.config import get_settings
from app.core.guards import RequireRole, require
from app.core.token import Page
from app.deps.settings import SettingsDep
from app.items.guards import only_staff, shared

router = APIRouter(dependencies=[Depends(only_staff), Depends(RequireRole("x"))])

@dataclass
class Filter:
    name: str = ""

class WithRequest:  # expect: DI105
    def __init__(self, request: Request, name: str = "") -> None:
        self.name = name

class Loader:
    @staticmethod
    def load(request: Request, name: str = "") -> str:  # expect: DI105
        return name

    def by_name(self, name: str = "") -> str:
        return name

loader = Loader()

@router.get("/", dependencies=[Security(shared)])
def index(
    s: SettingsDep, page: Page = Depends(), f: Filter = Depends(Filter), w: WithRequest = Depends(),
    r: str = Depends(require("y")), x=Depends(lambda: 1),
    loaded: str = Depends(Loader.load), named: str = Depends(loader.by_name),
) -> str:
    return ""
--- app/orders/router.py
from fastapi import APIRouter, Depends
from app.items.guards import shared

router = APIRouter(dependencies=[Depends(shared)])

@router.get("/")
def index() -> str:
    return ""
--- tests/test_items.py
from fastapi import Depends, FastAPI

app = FastAPI()

def get_double() -> str:
    return ""

@app.get("/")
def index(x: str = Depends(get_double)) -> str:
    return x
""")

    found = found_in(program_from(files), [OUTSIDE_DEPS])

    assert found == expected_in(files)


TYPES = {
    "generators that do not say of what, and a union": """
class User: ...
def p() -> Generator:
    yield 1
def q() -> Iterator[User] | User:
    yield User()
A = Annotated[User, Depends(p)]
B = Annotated[User, Depends(q)]
""",
    "a class of a library, and what a body gives": """
import lib
def made():
    return Redis()
def either(request: Request):
    if request:
        return Redis()
    return unknown()
A = Annotated[Session, Depends(lib.Thing)]
B = Annotated[Session, Depends(lib.get_thing)]
C = Annotated[Session, Depends(made)]  # expect: DI115
D = Annotated[Session, Depends(either)]
E = Annotated[Session, Depends(Redis)]  # expect: DI115
F = Annotated["Redis | Session", Depends(made)]
class Views:
    a: Session = Depends(made)  # expect: DI115
    b: Redis = Depends(made)
    c = Depends(made)
""",
    "related": """
def p(request: Request) -> ModelSession: ...
A = Annotated[Session, Depends(p)]
def q(request: Request) -> Redis: ...
B = Annotated[ArqRedis, Depends(q)]
def r() -> bool: ...
C = Annotated[int, Depends(r)]
def s() -> list[str]: ...
D = Annotated[list[int], Depends(s)]
E = Annotated[Sequence[str], Depends(s)]
""",
    "told apart": """
def p(request: Request) -> Session: ...
A = Annotated[AsyncSession, Depends(p)]  # expect: DI115
B = Annotated[Redis, Depends(p)]  # expect: DI115
C = Annotated[str, Depends(p)]  # expect: DI115
def index(a: str = Depends(p), *, b: "Redis" = Security(p)) -> None: ...  # expect: DI115
""",
    "unions": """
class User: ...
class Guest: ...
class Robot: ...
def p() -> User | Guest: ...
A = Annotated[User, Depends(p)]
B = Annotated[User | Robot, Depends(p)]
C = Annotated[Robot, Depends(p)]  # expect: DI115
def q() -> User | None: ...
D = Annotated[User, Depends(q)]
E = Annotated[Guest | Robot, Depends(q)]  # expect: DI115
F = Annotated[User | None, Depends(q)]
""",
    "opaque": """
T = TypeVar("T")
class Named(Protocol):
    name: str
class User: ...
def p() -> Any: ...
def q() -> User: ...
def r() -> "Unknown": ...
def s() -> T: ...
def t(): return object()
A = Annotated[User, Depends(p)]
B = Annotated[Named, Depends(q)]
C = Annotated[User, Depends(r)]
D = Annotated[User, Depends(s)]
E = Annotated[Any, Depends(q)]
F = Annotated[User, Depends(t)]
G = Annotated[object, Depends(q)]
""",
    "generators": """
class User: ...
async def p() -> AsyncGenerator[User, None]:
    yield User()
A = Annotated[User, Depends(p)]
B = Annotated[AsyncGenerator[User, None], Depends(p)]  # expect: DI115
C = Annotated[AsyncIterator[User], Depends(p)]  # expect: DI115
""",
    "classes and instances": """
class User: ...
class Other: ...
class Loader:
    def __call__(self) -> User: ...
A = Annotated[User, Depends(Loader())]
B = Annotated[Loader, Depends(Loader())]  # expect: DI115
C = Annotated[User, Depends(Other)]  # expect: DI115
D = Annotated[User, Depends()]
""",
    "by the body": """
class User: ...
class Other: ...
def p():
    return User()
A = Annotated[User, Depends(p)]
B = Annotated[Other, Depends(p)]  # expect: DI115
""",
    "bases that are not visible": """
from some.library import Base, Thing
class User(Base): ...
class Other: ...
def p() -> User: ...
def q() -> Thing: ...
A = Annotated[Other, Depends(p)]
B = Annotated[Thing, Depends(p)]
C = Annotated[Other, Depends(q)]
D = Annotated[Redis, Depends(q)]
""",
    "aliases once": """
class User: ...
class Other: ...
def p() -> User: ...
A = Annotated[Other, Depends(p)]  # expect: DI115
B = A
def index(a: A, b: B) -> None: ...
""",
    "structures": """
class Shape(TypedDict):
    a: int
UserId = NewType("UserId", int)
def p() -> dict: ...
A = Annotated[Shape, Depends(p)]
B = Annotated[Mapping[str, int], Depends(p)]
def q() -> int: ...
C = Annotated[UserId, Depends(q)]
D = Annotated[Literal["a"], Depends(q)]  # expect: DI115
""",
    "a session maker makes what its class_ says": """
maker = sessionmaker(class_=AsyncSession)
async def p():
    async with maker() as session:
        yield session
A = Annotated[AsyncSession, Depends(p)]
B = Annotated[Redis, Depends(p)]  # expect: DI115
""",
}


@pytest.mark.parametrize("body", TYPES.values(), ids=TYPES)
def test_the_type_beside_depends_is_what_the_provider_supplies(body: str) -> None:
    files = {"app/deps/things.py": f"{HEAD}{body}"}

    found = found_in(program_from(files), [TYPE_MISMATCH])

    assert found == expected_in(files)


def test_a_provider_of_deps_has_a_return_annotation() -> None:
    files = files_of("""
--- app/deps/auth.py
from functools import lru_cache
from typing import Annotated
from fastapi import APIRouter, Depends, Request

def require(role: str):
    def checker(request: Request):  # expect: DI116
        return role
    return checker

class Loader:
    def __init__(self):
        pass
    async def __call__(self, request: Request):  # expect: DI116
        return 1
    def load(self):  # expect: DI116
        return 1

class Page:
    def __init__(self, size=1):
        self.size = size

async def guard(request: Request):  # expect: DI116
    pass

def get_unused(request: Request):
    return 1

def get_typed(request: Request) -> None:
    return None

A = Annotated[int, Depends(Loader())]
B = Annotated[int, Depends(Loader().load)]
C = Annotated[Page, Depends(Page)]
D = Annotated[int, Depends(lambda: 1)]
E = Annotated[str, Depends(require("x"))]
router = APIRouter(dependencies=[Depends(guard), Depends(get_typed)])
--- app/core/other.py
def get_other():
    return 1
--- app/routes.py
from fastapi import Depends
from app.core.other import get_other

def index(x=Depends(get_other)):
    return x
""")

    found = found_in(program_from(files), [UNTYPED])

    assert found == expected_in(files)
