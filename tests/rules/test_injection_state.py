# ruff: noqa: E501  programs in lines
"""DI106, DI107, DI108, DI113, DI114 and DI117: imports without resources, routes that inject, the lifespan's module."""

from __future__ import annotations

import pytest

from conformance.config import Config
from conformance.examples import expected_in, files_of, found_in, program_from
from conformance.results import Undecidable, Violation
from conformance.rules.injection.lifespan_module import RULE as LIFESPAN
from conformance.rules.injection.module_level_resource import RULE as MODULE_LEVEL
from conformance.rules.injection.provider_called_directly import RULE as CALLED
from conformance.rules.injection.redundant_router_dependency import RULE as REDUNDANT
from conformance.rules.injection.state_read_in_route import RULE as READ
from conformance.rules.injection.state_write_outside_lifespan import RULE as WRITE

MODULES = {
    "engine": "engine = create_engine(URL)  # expect: DI106",
    "by the module": "import sqlalchemy as sa\nengine = sa.create_engine(URL)  # expect: DI106",
    "from another place": "from sqlalchemy.engine import create_engine as make\nengine = make(URL)  # expect: DI106",
    "under if": "if URL:\n    engine = create_engine(URL)  # expect: DI106\nelse:\n    engine = None",
    "under try": "try:\n    engine = create_engine(URL)  # expect: DI106\nexcept Exception:\n    raise",
    "under with": "with httpx.Client() as c:  # expect: DI106\n    c.get(URL)",
    "under for": "clients = {}\nfor u in (URL,):\n    clients[u] = httpx.Client(base_url=u)  # expect: DI106",
    "comprehension": "clients = [httpx.Client(base_url=u) for u in (URL,)]  # expect: DI106",
    "walrus": "print(c := httpx.Client())  # expect: DI106",
    "in a dict": 'clients = {"a": httpx.Client()}  # expect: DI106',
    "in a call": "print(httpx.Client())  # expect: DI106",
    "not bound": "httpx.AsyncClient()  # expect: DI106",
    "class body": "class A:\n    c = httpx.Client()  # expect: DI106",
    "class body in class": "class A:\n    class B:\n        c = httpx.Client()  # expect: DI106",
    "class body in a function": "def f():\n    class A:\n        c = httpx.Client()",
    "default": "def f(c=httpx.Client()): ...  # expect: DI106",
    "default, keyword only": "async def f(*, c: object = httpx.Client()): ...  # expect: DI106",
    "default of a method": "class A:\n    def f(self, c=httpx.Client()): ...  # expect: DI106",
    "default of a lambda": "f = lambda c=httpx.Client(): c  # expect: DI106",
    "default of an inner function": "def f():\n    def g(c=httpx.Client()): ...",
    "decorator": "def uses(c):\n    return lambda f: f\n@uses(httpx.Client())  # expect: DI106\ndef f(): ...",
    "function": "def f():\n    return httpx.Client()",
    "by a star": "from app.made import *\nc = make()  # expect: DI106\nd = _make()",
    "a cached function that keeps": (
        "import functools\n@functools.cache\ndef start():\n    global client\n    client = httpx.Client()\n"
        "start()  # expect: DI106"
    ),
    "a function of its own decorator that keeps": (
        "def same(f):\n    return f\n@same\ndef start():\n    global client\n    client = httpx.Client()\n"
        "start()  # expect: DI106"
    ),
    "a task that keeps": (
        "from celery import shared_task\n@shared_task\ndef start():\n    global client\n    client = httpx.Client()\n"
        "start()"
    ),
    "method": "class A:\n    def f(self):\n        self.c = httpx.Client()",
    "lambda": "f = lambda: httpx.Client()",
    "partial": "import functools\nf = functools.partial(httpx.Client, timeout=1)",
    "the class itself": "Client = httpx.Client",
    "main": 'if __name__ == "__main__":\n    c = httpx.Client()',
    "main, turned": 'if "__main__" == __name__:\n    c = httpx.Client()',
    "main and more": 'if __name__ == "__main__" and URL:\n    c = httpx.Client()',
    "not main": 'if __name__ != "__main__":\n    c = httpx.Client()  # expect: DI106\nelse:\n    c = httpx.Client()',
    "else of main": 'if __name__ == "__main__":\n    pass\nelse:\n    c = httpx.Client()  # expect: DI106',
    "type checking": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    c = httpx.Client()",
    "not type checking": "import typing as t\nif not t.TYPE_CHECKING:\n    c = httpx.Client()  # expect: DI106",
    "through a function": "def make():\n    return httpx.Client()\nc = make()  # expect: DI106",
    "through two": "def make():\n    return httpx.Client()\ndef more():\n    c = make()\n    return c\nc = more()  # expect: DI106",
    "through a lambda": "make = lambda: httpx.Client()\nc = make()  # expect: DI106",
    "through a class": "class A:\n    def __init__(self):\n        self.c = httpx.Client()\na = A()  # expect: DI106",
    "through a subclass": "class A(httpx.AsyncClient): ...\na = A()  # expect: DI106",
    "through a class of a class": "class A:\n    def __init__(self):\n        self.c = httpx.Client()\nclass B:\n    def __init__(self):\n        self.a = A()\nb = B()  # expect: DI106",
    "through a dataclass": "from dataclasses import dataclass, field\n@dataclass\nclass A:\n    c: httpx.Client = field(default_factory=httpx.Client)\na = A()  # expect: DI106",
    "through a class method": "class A:\n    @classmethod\n    def make(cls):\n        return httpx.Client()\na = A.make()  # expect: DI106",
    "built, not returned": "kept = []\ndef set_up() -> None:\n    kept.append(httpx.Client())\nset_up()  # expect: DI106",
    "built by what another library runs": "from airflow.decorators import dag\n@dag\ndef flow() -> None:\n    httpx.Client()\nflow()",
    "through another module": "from app.made import make\nc = make()  # expect: DI106",
    "a class that takes one": "class A:\n    def __init__(self, c):\n        self.c = c\na = A(None)",
    "a class that makes one later": "class A:\n    def get(self):\n        return httpx.Client()\na = A()",
    "cached": "from functools import lru_cache\n@lru_cache\ndef make():\n    return httpx.Client()\nc = make()  # expect: DI106",
    "coroutine run": "import asyncio\nfrom arq import create_pool\npool = asyncio.run(create_pool())  # expect: DI106",
    "from_url": "from redis.asyncio import Redis\nr = Redis.from_url(URL)  # expect: DI106",
    "pool and client": "import redis\np = redis.ConnectionPool()  # expect: DI106\nr = redis.Redis(connection_pool=p)  # expect: DI106",
    "bound maker": "from sqlalchemy.orm import sessionmaker\nS = sessionmaker(bind=None)\nT = sessionmaker()\nU = sessionmaker(create_engine(URL))  # expect: DI106",
    "scoped session": "from sqlalchemy.orm import scoped_session, sessionmaker\nS = scoped_session(sessionmaker(bind=create_engine(URL)))  # expect: DI106",
    "executor": "from concurrent.futures import ThreadPoolExecutor\ne = ThreadPoolExecutor(2)  # expect: DI106",
    "boto3": 'import boto3\ns3 = boto3.client("s3")  # expect: DI106',
    "by its ending": "from acme.search import SearchClient\nc = SearchClient()  # expect: DI106",
    "by its ending, none": "from acme.search import SearchQuery\nc = SearchQuery()",
    "scheduler": "from apscheduler.schedulers.asyncio import AsyncIOScheduler\ns = AsyncIOScheduler()",
    "scheduler started": "from apscheduler.schedulers.background import BackgroundScheduler\ns = BackgroundScheduler()\ns.start()  # expect: DI106",
    "thread started": "import threading\nthreading.Thread(target=print).start()  # expect: DI106",
    "declarative": "from fastapi import APIRouter, FastAPI\nfrom fastapi.security import HTTPBearer\nfrom arq.connections import RedisSettings\napp = FastAPI()\nrouter = APIRouter()\nbearer = HTTPBearer()\ns = RedisSettings()",
    "celery": 'from celery import Celery\ncelery = Celery("x")',
    "context variable": 'from contextvars import ContextVar\nv = ContextVar("v")',
    "rebound by global": "c = None\ndef f():\n    global c\n    c = httpx.Client()",
}


@pytest.mark.parametrize("name", MODULES)
def test_importing_a_module_constructs_nothing(name: str) -> None:
    head = 'import httpx\nfrom sqlalchemy import create_engine\nURL = "x://"\n'
    files = {
        "app/things.py": f"{head}{MODULES[name]}\n",
        "app/made.py": (
            "import httpx\ndef make():\n    return httpx.Client()\ndef _make():\n    return httpx.Client()\n"
        ),
    }

    found = found_in(program_from(files), [MODULE_LEVEL])

    assert found == expected_in(files)


def test_tests_and_migrations_may_construct_at_import() -> None:
    engine = "from sqlalchemy import create_engine\nengine = create_engine('x://')\n"
    files = {
        "tests/test_x.py": engine,
        "alembic/env.py": engine,
        "app/migrations/versions/0001_x.py": engine,
        "db/versions/0001_x.py": f'revision = "1"\ndown_revision = None\n{engine}',
        "app/api/versions/first.py": engine.replace("('x://')", "('x://')  # expect: DI106"),
    }

    assert found_in(program_from(files), [MODULE_LEVEL]) == expected_in(files)


def test_the_configuration_names_more_resources() -> None:
    files = {
        "app/x.py": "from acme.db import Cluster\nfrom app.y import make\nc = Cluster()  # expect: DI106\nd = make()  # expect: DI106\n",
        "app/y.py": "def make(): ...\n",
    }

    found = found_in(program_from(files, Config(resources=("acme.db.Cluster", "app.y.make"))), [MODULE_LEVEL])

    assert found == expected_in(files)


READS = {
    "plain": "    return request.app.state.x  # expect: DI107",
    "alias": "    state = request.app.state\n    return state.x  # expect: DI107",
    "alias of the app": "    a = request.app\n    return a.state.x  # expect: DI107",
    "getattr": '    return getattr(request.app.state, "x", None)  # expect: DI107',
    "item": '    return request.app.state["x"]  # expect: DI107',
    "vars": '    return vars(request.app.state)["x"]  # expect: DI107',
    "scope": '    return request.scope["app"].state.x  # expect: DI107',
    "handed on": "    return describe(request.app.state)  # expect: DI107",
    "of the app itself": "    return request.app.redis  # expect: DI107",
    "a value changed": '    request.app.state.cache["x"] = 1  # expect: DI107',
    "added to": "    request.app.state.hits += 1",
    "written": "    request.app.state.x = 1",
    "written and read": "    request.app.state.x = request.app.state.y  # expect: DI107",
    "in a closure": "    def inner():\n        return request.app.state.x  # expect: DI107\n    return inner()",
    "in a lambda": "    return (lambda: request.app.state.x)()  # expect: DI107",
    "in a helper": "    return helper(request)",
    "in a helper's helper": "    return outer(request)",
    "in a lambda of something else": "    return lambda thing: thing.app.state.x",
    "in a lambda of a request": "    return lambda request: request.app.state.x  # expect: DI107",
    "in a class": "    return Maker(request).make()",
    "the application's name": "    return application.state.x  # expect: DI107",
    "request.state": "    return request.state.x",
    "a local called state": "    state = {}\n    return state",
    "limiter": "    return request.app.state.limiter",
    "another app": "    return other.state.x",
    "what FastAPI defines": "    return request.app.title, request.app.url_path_for('x'), request.app.version",
}
HELPERS = """
def helper(request: Request):
    return request.app.state.helped{helper}
def deeper(req):
    return req.app.state.deeper{deeper}
def outer(request: Request):
    return deeper(request)
def unused(request: Request):
    return request.app.state.unused
def get_x(request: Request):
    return request.app.state.x
class Maker:
    def __init__(self, request: Request):
        self.state = request.app.state
    def make(self):
        return self.state.made{made}
class Other:
    state = None
other = Other()
async def middleware(request: Request, call_next):
    return request.app.state.x
"""


def test_what_lies_in_the_target_is_none_of_other_distributions_by_its_ending() -> None:
    files = {
        "engines/causal_engine.py": "class CausalEngine: ...\n",
        "jobs/work.py": "import sys\nsys.path.append('engines')\nfrom causal_engine import CausalEngine\ne = CausalEngine()\n",
        "jobs/other.py": "from acme.causal_engine import CausalEngine\ne = CausalEngine()  # expect: DI106\n",
        "jobs/client.py": "class Client: ...\n",
        "jobs/more.py": "from httpx import Client\nc = Client()  # expect: DI106\n",
    }

    found = found_in(program_from(files), [MODULE_LEVEL])

    assert found == expected_in(files)


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("kind", ["def", "async def"])
def test_routes_do_not_read_app_state(name: str, kind: str) -> None:
    marks = {
        key: "  # expect: DI107" if wanted == name else ""
        for key, wanted in (("helper", "in a helper"), ("deeper", "in a helper's helper"), ("made", "in a class"))
    }
    files = {
        "app/api/items.py": (
            "from fastapi import APIRouter, Depends, Request\nfrom app.main import app as application\nfrom app.text import describe\nrouter = APIRouter()\n"
            + HELPERS.format(**marks)
            + f'@router.get("/")\n{kind} index(request: Request, x: str = Depends(get_x)):\n{READS[name]}\n'
        ),
        "app/main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
        "app/text.py": "def describe(state):\n    return state.text\n",
    }

    assert found_in(program_from(files), [READ]) == expected_in(files)


def test_a_view_class_and_routes_added_by_a_call_are_endpoints() -> None:
    files = files_of("""
--- app/api/items.py
from fastapi import APIRouter, Request, WebSocket
router = APIRouter()
class View:
    def _redis(self, request: Request):
        return request.app.state.redis  # expect: DI107
    @router.get("/a")
    async def a(self, request: Request):
        return self._redis(request)
async def b(websocket: WebSocket):
    return websocket.app.state.x  # expect: DI107
def c(request: Request):
    return request.app.state.x  # expect: DI107
router.add_api_websocket_route("/b", b)
router.add_api_route("/c", endpoint=c)
""")

    assert found_in(program_from(files), [READ]) == expected_in(files)


CALLS = {
    "a provider": "    return get_user(request)  # expect: DI117",
    "awaited": "    return await get_later(request)  # expect: DI117",
    "by the module": "    return auth.get_user(request)  # expect: DI117",
    "renamed": "    f = get_user\n    return f(request)  # expect: DI117",
    "iterated": "    async for s in get_session():  # expect: DI117\n        return s",
    "in a thread": "    return await asyncio.to_thread(get_user, request)  # expect: DI117",
    "what takes a request": "    return client_ip(request)  # expect: DI117",
    "what reads app.state": "    return version()  # expect: DI117",
    "what hands app.state on": "    return everything()  # expect: DI117",
    "what asks app.state": "    return is_ready()  # expect: DI117",
    "what takes a websocket": "    return peer(request)  # expect: DI117",
    "in a thread, given another": "    return await asyncio.to_thread(get_user, client_ip)  # expect: DI117",
    "in a thread, what is no provider": "    return await asyncio.to_thread(plain, 'x')",
    "a class": "    return Clock(request)  # expect: DI117",
    "an instance": "    return is_admin(request)  # expect: DI117",
    "in a closure": "    def inner():\n        return get_user(request)  # expect: DI117\n    return inner()",
    "in a helper": "    return helper(request)",
    "what does neither": "    return plain('x')",
    "a method of what is injected": "    return clock.now(request)",
    "settings": "    return get_settings()",
    "not called": "    return str(get_user)",
}


@pytest.mark.parametrize("name", CALLS)
def test_routes_do_not_call_providers(name: str) -> None:
    mark = "  # expect: DI117" if name == "in a helper" else ""
    files = files_of("""
--- app/config.py
from pydantic_settings import BaseSettings
class Settings(BaseSettings): ...
def get_settings() -> Settings: ...
--- app/main.py
from fastapi import FastAPI
app = FastAPI()
--- app/deps/auth.py
from typing import Annotated
from fastapi import Depends, Request
from app.config import get_settings
def get_user(request: Request) -> str: ...
async def get_later(request: Request) -> str: ...
async def get_session():
    yield 1
def client_ip(request: Request) -> str: ...
def version():
    from app.main import app
    return app.state.version
def everything():
    from app.main import app
    return vars(app.state)
def is_ready():
    from app.main import app
    return hasattr(app.state, "x")
def peer(websocket): ...
def plain(x: str) -> str: ...
class Clock:
    def __init__(self, request: Request) -> None: ...
    def now(self, request: Request) -> int: ...
class RequireRole:
    def __call__(self, request: Request) -> str: ...
is_admin = RequireRole()
UserDep = Annotated[str, Depends(get_user)]
LaterDep = Annotated[str, Depends(get_later)]
SessionDep = Annotated[int, Depends(get_session)]
ClockDep = Annotated[Clock, Depends()]
AdminDep = Annotated[str, Depends(is_admin)]
SettingsDep = Annotated[str, Depends(get_settings)]
""")
    files["app/api/items.py"] = (
        "import asyncio\nfrom fastapi import APIRouter, Depends, Request\nfrom app.config import get_settings\nfrom app.deps import auth\nfrom app.deps.auth import *\nrouter = APIRouter()\n"
        f"def helper(request):\n    return get_user(request){mark}\n"
        f'@router.get("/")\nasync def index(request: Request, clock: ClockDep, user: str = Depends(get_user)):\n{CALLS[name]}\n'
    )

    assert found_in(program_from(files), [CALLED]) == expected_in(files)


BODIES = {
    "nothing": "    return ''",
    "deleted": "    del user",
    "underscore": "    _ = user",
    "bound anew": "    user = 'x'\n    return user",
    "bound anew in a tuple": "    user, x = 1, 2\n    return user",
    "bound anew in a list": "    [user, *rest] = 1, 2\n    return user",
    "bound anew as a rest": "    (x, *user) = 1, 2\n    return user",
    "bound anew by a loop": "    for user in ():\n        pass",
    "bound anew by a with": "    with open('x') as user:\n        pass",
    "bound anew by a walrus": "    print((user := 1))",
    "underscores": "    _ = __ = user",
    "a tuple for an underscore": "    _ = user, 1",
    "a tuple that stands alone": "    user, 1",
    "typed": "    user: str",
    "in a function of its own": "    def inner(user):\n        return user\n    return inner",
    "in a function that binds it": "    def inner():\n        user = 1\n        return user\n    return inner",
    "in a class that binds it": "    class Inner:\n        user = 1\n    return Inner",
    "stands alone": "    user",
    "a comprehension's own": "    return [user.name for user in ()]",
    "a dict comprehension's own": "    return {user: x for x, user in () if user}",
}
USED = {
    "returned": "    return user",
    "passed on": "    print(user)",
    "in a closure": "    def inner():\n        return user\n    return inner()",
    "in a comprehension": "    return [user for _ in range(2)]",
    "in a format": "    return f'{user}'",
    "added to": "    user += 'x'",
    "bound anew later": "    print(user)\n    user = 'x'",
    "bound anew from it": "    user = user.strip()",
    "locals": "    return locals()",
    "vars": "    return vars()",
    "in a class": "    class Inner:\n        x = user\n    return Inner",
    "in a function in a function": "    def inner():\n        def more():\n            return user\n        return more\n    return inner",
    "for a name beside an underscore": "    _ = x = user",
    "bound anew on one way": "    if 1:\n        user = 2\n    return user",
    "in the source of a loop": "    for x in user:\n        pass",
    "as an attribute": "    user.seen = 1",
    "what a comprehension goes through": "    return [user for user in user.friends]",
    "beside a comprehension's own": "    return [user for user in ()], user",
}


@pytest.mark.parametrize("name", [*BODIES, *USED])
def test_a_parameter_that_repeats_the_router_is_used(name: str) -> None:
    files = files_of("""
--- app/deps/auth.py
from fastapi import Request
def get_user(request: Request) -> str: ...
--- app/main.py
from fastapi import Depends, FastAPI
from app.api import items
from app.deps.auth import get_user
app = FastAPI(dependencies=[Depends(get_user)])
app.include_router(items.router)
""")
    mark = "  # expect: DI113" if name in BODIES else ""
    files["app/api/items.py"] = (
        "from fastapi import APIRouter, Depends\nfrom app.deps.auth import get_user\nrouter = APIRouter()\n"
        f'@router.get("/")\ndef index(user: str = Depends(get_user)):{mark}\n{(BODIES | USED)[name]}\n'
    )

    assert found_in(program_from(files), [REDUNDANT]) == expected_in(files)


LISTS = {
    "the router": ("APIRouter(dependencies=[Depends(get_user)])", "", True),
    "the router, by a constant": ("APIRouter(dependencies=AUTH)", "", True),
    "the endpoint": ("APIRouter()", ", dependencies=[Depends(get_user)]", True),
    "another": ("APIRouter(dependencies=[Depends(get_other)])", "", False),
    "what depends on it": ("APIRouter(dependencies=[Depends(get_owner)])", "", False),
    "on a condition": ("APIRouter(dependencies=AUTH if DEBUG else [])", "", False),
    "nobody": ("APIRouter()", "", False),
}


@pytest.mark.parametrize("name", LISTS)
def test_what_a_list_injects_is_direct_and_certain(name: str) -> None:
    router, extra, reported = LISTS[name]
    files = {
        "app/deps.py": "from fastapi import Depends\ndef get_user(): ...\ndef get_other(): ...\ndef get_owner(u=Depends(get_user)): ...\n",
        "app/api.py": (
            "from fastapi import APIRouter, Depends\nfrom app.deps import *\nDEBUG = 1\nAUTH = [Depends(get_user)]\n"
            f'router = {router}\n@router.get("/"{extra})\ndef index(_=Depends(get_user)): ...\n'
        ),
    }

    assert bool(found_in(program_from(files), [REDUNDANT])) is reported


def test_the_message_names_what_is_called_to_make_the_provider() -> None:
    files = {
        "app/api.py": """
from fastapi import APIRouter, Depends
def require(role):
    def check(): ...
    return check
def get_user(): ...
router = APIRouter(dependencies=[Depends(require("a")), Depends(get_user)])
@router.get("/")
def index(a=Depends(require("a")), b=Depends(get_user), c=Depends(require("b"))): ...
"""
    }
    program = program_from(files)

    said = [v for s in REDUNDANT.subjects(program) for v in REDUNDANT.check(program, s)]

    assert [v.detail for v in said if isinstance(v, Violation)] == ["a require(…)", "b get_user"]


APPS = {
    "own module": "from app.life import lifespan\napp = FastAPI(lifespan=lifespan)",
    "beside the app": "from app.life import lifespan as base\n@asynccontextmanager\nasync def lifespan(app):  # expect: DI114\n    yield\napp = FastAPI(lifespan=lifespan)",
    "beside the app, in a factory": "def create_app():\n    @asynccontextmanager\n    async def life(app):  # expect: DI114\n        yield\n    return FastAPI(lifespan=life)",
    "Starlette": "from starlette.applications import Starlette\nasync def life(app):  # expect: DI114\n    yield\napp = Starlette(lifespan=life)",
    "a subclass": "class App(FastAPI): ...\n@asynccontextmanager\nasync def life(app):  # expect: DI114\n    yield\napp = App(lifespan=life)",
    "a subclass that gives it": "from app.life import lifespan\nclass App(FastAPI):\n    def __init__(self) -> None:\n        super().__init__(lifespan=lifespan)\napp = App()",
    "none": "app = FastAPI()  # expect: DI114",
    "None": "app = FastAPI(lifespan=None)  # expect: DI114",
    "none, in a factory": "def create_app():\n    return FastAPI(title='x')  # expect: DI114",
    "keywords in a mapping": "from app.life import lifespan\nkwargs = {'lifespan': lifespan}\napp = FastAPI(**kwargs)",
    "keywords in a mapping, none": "kwargs = {'title': 'x'}\napp = FastAPI(**kwargs)  # expect: DI114",
    "keywords in a mapping, by a constant": "from app.life import lifespan\nKEY = 'lifespan'\nkwargs = {KEY: lifespan}\napp = FastAPI(**kwargs)",
    "through partial": "from functools import partial\nmake = partial(FastAPI, title='x')\n@asynccontextmanager\nasync def life(app):  # expect: DI114\n    yield\napp = make(lifespan=life)",
    "a router's keywords in a mapping": "from app.life import lifespan\nkwargs = {\n    'on_startup': [print],  # expect: DI114\n}\napp = FastAPI(lifespan=lifespan)\nr = APIRouter(**kwargs)",
    "set later": "from app.life import lifespan\napp = FastAPI()\napp.router.lifespan_context = lifespan",
    "on_event": "app = FastAPI()\n@app.on_event('startup')  # expect: DI114\ndef up(): ...",
    "on_event, called": "app = FastAPI()\napp.on_event('startup')(print)  # expect: DI114",
    "add_event_handler": "app = FastAPI()\napp.add_event_handler('shutdown', print)  # expect: DI114",
    "add_event_handler, by keyword": "app = FastAPI()\napp.add_event_handler(event_type='shutdown', func=print)  # expect: DI114",
    "on_startup": "app = FastAPI(\n    title='x',\n    on_startup=[print],  # expect: DI114\n    on_shutdown=[print],  # expect: DI114\n)",
    "a router's event": "app = FastAPI()\nr = APIRouter()\n@r.on_event('startup')  # expect: DI114\ndef up(): ...",
    "the app's router": "app = FastAPI()\napp.router.add_event_handler('startup', print)  # expect: DI114",
    "another's event": "from acme import Bot\nbot = Bot()\n@bot.on_event('startup')\ndef up(): ...\nfrom app.life import lifespan\napp = FastAPI(lifespan=lifespan)",
}


@pytest.mark.parametrize("name", APPS)
def test_an_application_has_a_lifespan_in_its_own_module(name: str) -> None:
    files = files_of("""
--- app/life.py
from contextlib import asynccontextmanager
@asynccontextmanager
async def lifespan(app):
    app.state.x = 1
    yield
--- app/deps.py
from fastapi import Request
def get_x(request: Request):
    return request.app.state.x
--- app/items.py
from fastapi import APIRouter, Depends
from app.deps import get_x
router = APIRouter()
@router.get("/")
def index(x=Depends(get_x)): ...
""")
    files["app/main.py"] = (
        f"from contextlib import asynccontextmanager\nfrom fastapi import APIRouter, FastAPI\n{APPS[name]}\n"
    )

    assert found_in(program_from(files), [LIFESPAN]) == expected_in(files)


def test_of_two_applications_each_answers_for_its_own_endpoints() -> None:
    files = files_of("""
--- app/life.py
from contextlib import asynccontextmanager
@asynccontextmanager
async def lifespan(app):
    app.state.x = 1
    yield
--- app/deps.py
from fastapi import Depends, Request
def get_x(request: Request):
    return request.app.state.x
def get_y(x=Depends(get_x)):
    return x
def limited(request: Request):
    return request.app.state.limiter
--- app/main.py
from fastapi import APIRouter, Depends, FastAPI
from app.deps import get_x, get_y, limited
from app.life import lifespan
app = FastAPI(lifespan=lifespan)
admin = FastAPI()
health = FastAPI()  # expect: DI114
internal = FastAPI(dependencies=[Depends(get_y)])  # expect: DI114
deep = FastAPI()  # expect: DI114
legacy = FastAPI()
@legacy.on_event("startup")  # expect: DI114
def start(): ...
@legacy.get("/")
def old(x=Depends(get_x)): ...
slow = FastAPI()
@slow.get("/")
def slowly(x=Depends(limited)): ...
outer, inner = APIRouter(), APIRouter()
outer.include_router(inner)
deep.include_router(outer)
@inner.get("/")
def below(x=Depends(get_x)): ...
@app.get("/")
def index(x=Depends(get_x)): ...
@admin.get("/")
def admins(): ...
@health.get("/")
def ready(y=Depends(get_y)): ...
@internal.get("/")
def internals(): ...
""")

    assert found_in(program_from(files), [LIFESPAN]) == expected_in(files)


def test_unknown_keywords_may_give_a_lifespan() -> None:
    files = {
        "app/deps.py": "from fastapi import Request\ndef get_x(request: Request):\n    return request.app.state.x\n",
        "app/main.py": "from fastapi import Depends, FastAPI\nfrom app.deps import get_x\ndef make(**kwargs):\n    return FastAPI(**kwargs)\napp = make()\n@app.get('/')\ndef index(x=Depends(get_x)): ...\n",
    }
    program = program_from(files)

    found = [v for s in LIFESPAN.subjects(program) for v in LIFESPAN.check(program, s)]

    assert [type(v) for v in found] == [Undecidable]


WRITES = {
    "attribute": "    request.app.state.x = 1  # expect: DI108",
    "annotated": "    request.app.state.x: int = 1  # expect: DI108",
    "added": "    request.app.state.x += 1  # expect: DI108",
    "deleted": "    del request.app.state.x  # expect: DI108",
    "item": '    request.app.state["x"] = 1  # expect: DI108',
    "unpacked": "    request.app.state.x, y = 1, 2  # expect: DI108",
    "in a for": "    for request.app.state.x in (1, 2):  # expect: DI108\n        pass",
    "in a with": "    with open('x') as request.app.state.x:  # expect: DI108\n        pass",
    "setattr": '    setattr(request.app.state, "x", 1)  # expect: DI108',
    "setattr, computed": "    setattr(request.app.state, request.method, 1)  # expect: DI108",
    "object.__setattr__": '    object.__setattr__(request.app.state, "x", 1)  # expect: DI108',
    "delattr": '    delattr(request.app.state, "x")  # expect: DI108',
    "__dict__": '    request.app.state.__dict__["x"] = 1  # expect: DI108',
    "_state": '    request.app.state._state["x"] = 1  # expect: DI108',
    "_state, updated": "    request.app.state._state.update(x=1)  # expect: DI108",
    "vars": '    vars(request.app.state)["x"] = 1  # expect: DI108',
    "vars, updated": "    vars(request.app.state).update(x=1)  # expect: DI108",
    "whole": "    request.app.state = object()  # expect: DI108",
    "alias": "    state = request.app.state\n    state.x = 1  # expect: DI108",
    "alias of the app": "    a = request.app\n    a.state.x = 1  # expect: DI108",
    "walrus": "    (s := request.app.state).x = 1  # expect: DI108",
    "scope": '    request.scope["app"].state.x = 1  # expect: DI108',
    "of the app itself": "    request.app.redis = 1  # expect: DI108",
    "or": "    vars(request.app.state) | {}\n    d = request.app.state.__dict__\n    d |= {'x': 1}  # expect: DI108",
    "in a closure": "    def inner():\n        request.app.state.x = 1  # expect: DI108\n    inner()",
    "the application's name": "    application.state.x = 1  # expect: DI108",
    "a value changed": '    request.app.state.cache["x"] = 1\n    request.app.state.cache.update(x=1)\n    request.app.state.user.name = 1',
    "request.state": "    request.state.x = 1",
    "limiter": "    request.app.state.limiter = 1",
    "something else": "    app = {}\n    app['x'] = 1\n    thing = Thing()\n    thing.state.x = 1",
    "overrides": "    request.app.dependency_overrides = {}",
    "what FastAPI defines": "    request.app.openapi_schema = {}\n    request.app.title = 'x'",
}


@pytest.mark.parametrize("name", WRITES)
def test_only_the_lifespan_writes_app_state(name: str) -> None:
    files = {
        "app/main.py": "from fastapi import FastAPI\nfrom app.life import lifespan\napp = FastAPI(lifespan=lifespan)\n",
        "app/life.py": "async def lifespan(app):\n    app.state.x = 1\n    yield\n    del app.state.x\n",
        "app/items.py": (
            "from fastapi import APIRouter, Request\nfrom app.main import app as application\nrouter = APIRouter()\nclass Thing:\n    state = None\n"
            f'@router.get("/")\ndef index(request: Request):\n{WRITES[name]}\n'
        ),
    }

    assert found_in(program_from(files), [WRITE]) == expected_in(files)


SHARED = {
    "the lifespan alone": "",
    "an endpoint beside it": "@app.get('/x')\ndef x(request: Request):\n    request.app.state.x = 1  # expect: DI108",
    "a helper of both": "@app.get('/x')\ndef x(request: Request):\n    fill(request.app)",
    "in a function in it": "@app.get('/x')\ndef x(request: Request):\n    def put():\n        request.app.state.x = 1  # expect: DI108\n    put()",
    "at the top": "app.state.x = 1  # expect: DI108",
}


@pytest.mark.parametrize("more", SHARED.values(), ids=SHARED)
def test_in_the_entrypoint_the_lifespan_and_what_it_calls_may_write(more: str) -> None:
    text = f"""
from contextlib import asynccontextmanager
from fastapi import FastAPI, Request
def fill(app):
    app.state.b = 1
@asynccontextmanager
async def lifespan(app):
    app.state.a = 1
    fill(app)
    def later():
        app.state.c = 1
    later()
    yield
app = FastAPI(lifespan=lifespan)
{more}
"""
    files = {"app/main.py": text}

    assert found_in(program_from(files), [WRITE]) == expected_in(files)


def test_what_the_lifespan_s_module_offers_is_called_in_the_lifespan_alone() -> None:
    files = {
        "app/main.py": "from fastapi import FastAPI\nfrom app.lifespan import lifespan\napp = FastAPI(lifespan=lifespan)\n",
        "app/lifespan.py": """
from app.more import start
def fill(app):
    app.state.b = 1
def never(app):
    app.state.c = 1
async def lifespan(app):
    fill(app)
    start(app)
    yield
""",
        "app/more.py": "from app import lifespan\ndef start(app):\n    lifespan.fill(app)\n",
        "app/items.py": """
from fastapi import APIRouter, Request
from app.lifespan import fill
router = APIRouter()
@router.get("/")
def index(request: Request):
    fill(request.app)  # expect: DI108
""",
        "tests/test_items.py": "from app.lifespan import fill\nfrom app.main import app\ndef test_a():\n    fill(app)\n",
    }

    program = program_from(files)
    (said,) = [v for s in WRITE.subjects(program) for v in WRITE.check(program, s)]

    assert found_in(program, [WRITE]) == expected_in(files)
    assert isinstance(said, Violation)
    assert [(step.place.path, step.place.span[0]) for step in said.trail] == [("app/lifespan.py", 4)]


WAYS = {
    "an object that keeps the app": "class H:\n    def __init__(self, app):\n        self.app = app\n    def go(self):\n        self.app.state.x = 1  # expect: DI108\ndef index(request: Request):\n    H(request.app).go()",
    "a helper that is handed it": "def put(target, v):\n    target.x = v  # expect: DI108\ndef index(request: Request):\n    put(request.app.state, 1)",
    "a helper that returns it": "def st(r):\n    return r.app.state\ndef index(request: Request):\n    st(request).x = 1  # expect: DI108",
    "a helper that yields it": "import contextlib\n@contextlib.contextmanager\ndef held(request):\n    yield request.app.state\ndef index(request: Request):\n    with held(request) as s:\n        s.x = 1  # expect: DI108",
    "annotated State": "from starlette.datastructures import State\ndef put(state: State):\n    state.x = 1  # expect: DI108\ndef index(request: Request):\n    put(request.app.state)",
    "annotated State of a request": "from starlette.datastructures import State\ndef put(state: State):\n    state.x = 1\ndef index(request: Request):\n    put(request.state)",
    "injected": "from typing import Annotated, Any\ndef get_state(request: Request):\n    return request.app.state\ndef index(state: Annotated[Any, Depends(get_state)]):\n    state.x = 1  # expect: DI108",
    "partial": "import functools\ndef index(request: Request):\n    functools.partial(setattr, request.app.state)('x', 1)  # expect: DI108",
    "in the background": "def index(request: Request, tasks):\n    tasks.add_task(setattr, request.app.state, 'x', 1)  # expect: DI108",
    "setattr renamed": "put = setattr\ndef index(request: Request):\n    put(request.app.state, 'x', 1)  # expect: DI108",
    "builtins.setattr": "import builtins\ndef index(request: Request):\n    builtins.setattr(request.app.state, 'x', 1)  # expect: DI108",
    "cast": "from typing import Any, cast\ndef index(request: Request):\n    cast(Any, request.app.state).x = 1  # expect: DI108",
    "ASGI middleware": "class M:\n    def __init__(self, app):\n        self.app = app\n    async def __call__(self, scope, receive, send):\n        scope['app'].state.x = 1  # expect: DI108\ndef index(): ...",
    "middleware": "from starlette.middleware.base import BaseHTTPMiddleware\nclass M(BaseHTTPMiddleware):\n    async def dispatch(self, request, call_next):\n        request.app.state.x = 1  # expect: DI108\ndef index(): ...",
    "the initializer of a base": "class Base:\n    def __init__(self, target, v):\n        target.x = v  # expect: DI108\nclass H(Base):\n    def __init__(self, r):\n        Base.__init__(self, r.app.state, 1)\ndef index(request: Request):\n    H(request)",
    "a static method, by its class": "class H:\n    @staticmethod\n    def put(target):\n        target.x = 1  # expect: DI108\ndef index(request: Request):\n    H.put(request.app.state)",
    "a method in a thread": "import asyncio\nclass H:\n    def put(self, target):\n        target.x = 1  # expect: DI108\nasync def index(request: Request):\n    await asyncio.to_thread(H().put, request.app.state)",
    "a method in a thread, by its class": "import asyncio\nclass H:\n    def put(self, target):\n        target.x = 1  # expect: DI108\nasync def index(request: Request):\n    await asyncio.to_thread(H.put, H(), request.app.state)",
    "an item by a constant": "KEY = 'state'\ndef index(request: Request):\n    held = {KEY: request.app.state, 'other': {}}\n    held[KEY].x = 1  # expect: DI108\n    held['other'].x = 1",
    "what is entered": "class A:\n    def __init__(self, r):\n        self.r = r\n    async def __aenter__(self):\n        return self.r.app.state\n    async def __aexit__(self, *e): ...\nasync def index(request: Request):\n    async with A(request) as s:\n        s.x = 1  # expect: DI108",
    "a computed key": "def index(request: Request, key):\n    setattr(request.app.state, key, 1)  # expect: DI108",
    "attrgetter": "import operator\ndef index(request: Request):\n    operator.attrgetter('app.state')(request).x = 1  # expect: DI108",
    "a keyword that is handed on": "def put(**given):\n    keep(**given)\ndef keep(target):\n    target.x = 1  # expect: DI108\ndef index(request: Request):\n    put(target=request.app.state)",
    "one of several arguments": "def put(*given):\n    given[1].x = 1  # expect: DI108\ndef index(request: Request):\n    put({}, request.app.state)",
    "a class of its own called App": "class App:\n    state = None\ndef index():\n    app = App()\n    app.state.x = 1",
}


@pytest.mark.parametrize("name", WAYS)
def test_a_write_is_seen_on_whatever_way_app_state_comes(name: str) -> None:
    files = {
        "app/items.py": f"from fastapi import APIRouter, Depends, Request\nrouter = APIRouter()\n{WAYS[name]}\nrouter.add_api_route('/', index)\n"
    }

    assert found_in(program_from(files), [WRITE]) == expected_in(files)
