# ruff: noqa: E501  programs in lines
"""LC203-LC206 and LC210 in the spellings that the samples do not show."""

from __future__ import annotations

import pytest

from conformance.examples import expected_in, files_of, found_in, program_from
from conformance.rules import all_rules

RULES = {rule.id: rule for rule in all_rules()}
HEAD = """--- app/deps/db.py
import contextlib
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from functools import cache, lru_cache
import aiohttp
import boto3
import httpx
import openai
from authlib.integrations.httpx_client import AsyncOAuth2Client
from fastapi import APIRouter, Depends, HTTPException, Request
from redis.asyncio import ConnectionPool, Redis
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, scoped_session, sessionmaker
router = APIRouter()
"""
USE = """
@router.get("/x")
async def read(x=Depends(provide)): ...
"""

APP_RESOURCES = {
    "a client": "def provide():\n    return httpx.AsyncClient()  # expect: LC204",
    "an OAuth session": "def provide():\n    return AsyncOAuth2Client('id')  # expect: LC204",
    "an SDK client": "def provide():\n    return boto3.client('s3')  # expect: LC204",
    "entered": "async def provide():\n    async with httpx.AsyncClient() as c:\n        yield c",
    "entered later": "async def provide():\n    c = httpx.AsyncClient()\n    async with c:\n        yield c",
    "on an exit stack": (
        "async def provide():\n    async with AsyncExitStack() as s:\n"
        "        yield await s.enter_async_context(httpx.AsyncClient())"
    ),
    "closed by hand": (
        "async def provide():\n    c = httpx.AsyncClient()  # expect: LC204\n    try:\n        yield c\n"
        "    finally:\n        await c.aclose()"
    ),
    "an engine, entered": (
        "def provide():\n    with create_engine('sqlite://').connect() as c:  # expect: LC204\n        yield c"
    ),
    "cached provider": "@lru_cache\ndef provide():\n    return httpx.AsyncClient()  # expect: LC204",
    "cached builder": (
        "@cache\ndef build():\n    return httpx.AsyncClient()  # expect: LC204\ndef provide():\n    return build()"
    ),
    "helper": "def build():\n    return httpx.AsyncClient()\ndef provide():\n    return build()  # expect: LC204",
    "class provider": "class provide:\n    def __init__(self):\n        self.c = httpx.AsyncClient()  # expect: LC204",
    "callable instance": (
        "class Provide:\n    def __call__(self):\n        return httpx.AsyncClient()  # expect: LC204\n"
        "provide = Provide()"
    ),
    "a service that builds one": (
        "class Service:\n    def __init__(self):\n        self.c = httpx.AsyncClient()\n"
        "def provide():\n    return Service()  # expect: LC204"
    ),
    "lent the pool": "def provide(request: Request):\n    return Redis(connection_pool=request.app.state.pool)",
    "lent a client": (
        "def client(request: Request) -> httpx.AsyncClient:\n    return request.app.state.http\n"
        "def provide(c: httpx.AsyncClient = Depends(client)):\n    return openai.AsyncOpenAI(http_client=c)"
    ),
    "a pool of its own": ("def provide():\n    return Redis(connection_pool=ConnectionPool())  # expect: LC204"),
    "a maker from a given engine": (
        "def provide(request: Request):\n    return async_sessionmaker(request.app.state.engine)"
    ),
    "a session": "async def provide(request: Request):\n    async with AsyncSession(request.app.state.e) as s:\n        yield s",
    "taken from app.state": "def provide(request: Request):\n    return request.app.state.http",
    "an ending alone": "import acme\ndef provide():\n    return acme.BillingClient()  # expect: LC204",
    "a value": "def provide():\n    return dict(a=1)",
    "a session of a maker without an engine": "def provide():\n    return sessionmaker()",
    "a maker with an engine": "def provide():\n    return sessionmaker(bind=create_engine('x'))  # expect: LC204",
    "a maker without a bind": "def provide():\n    return sessionmaker(bind=None)",
    "a lambda": "make = lambda: httpx.AsyncClient()\ndef provide():\n    return make()  # expect: LC204",
    "a pool, entered": (
        "import asyncpg\nasync def provide():\n    async with asyncpg.create_pool('x') as p:  # expect: LC204\n        yield p"
    ),
    "one entered, one not": (
        "async def provide():\n    async with httpx.AsyncClient() as c:\n"
        "        other = httpx.AsyncClient()  # expect: LC204\n        yield c, other"
    ),
    "one lent, one not": (
        "def provide(request: Request):\n    r = Redis(connection_pool=request.app.state.pool)\n"
        "    return r, httpx.AsyncClient()  # expect: LC204"
    ),
    "kept in a global": (
        "_made = None\ndef build():\n    global _made\n    if _made is None:\n"
        "        _made = httpx.AsyncClient()  # expect: LC204\n"
        "    return _made\ndef provide():\n    return build()"
    ),
    "lent by a library's function": (
        "import acme\ndef provide(request: Request):\n    return Redis(connection_pool=acme.pool_of(request))"
    ),
    "lent behind a None": (
        "def provide(request: Request):\n    return httpx.AsyncClient(auth=None, transport=request.app.state.transport)"
    ),
    "lent behind its own": (
        "def provide(request: Request):\n"
        "    return openai.AsyncOpenAI(timeout=httpx.Timeout(3), http_client=request.app.state.http)"
    ),
    "lent a client by position": (
        "def client(request: Request) -> httpx.AsyncClient:\n    return request.app.state.http\n"
        "def provide(c: httpx.AsyncClient | None = Depends(client)):\n    return openai.AsyncOpenAI(c)"
    ),
    "given a name": (
        "def name(request: Request) -> str: ...\n"
        "def provide(n: str = Depends(name)):\n    return httpx.AsyncClient(base_url=n)  # expect: LC204"
    ),
    "a pool of a helper of its own": (
        "def pool():\n    return ConnectionPool()\n"
        "def provide():\n    return Redis(connection_pool=pool())  # expect: LC204"
    ),
    "an engine that is given a pool": (
        "def provide(request: Request):\n    return create_engine('x', pool=request.app.state.pool)  # expect: LC204"
    ),
    "a nested function": "def provide():\n    def make():\n        return httpx.AsyncClient()\n    return make",
}
RETURNED = {
    "returned, an ending alone": "import acme\ndef provide():\n    return acme.DbSession()",
    "a wrapper in a wrapper": (
        "class Users:\n    def __init__(self, s):\n        self.s = s\n"
        "class Pair:\n    def __init__(self, a, b):\n        self.a, self.b = a, b\n"
        "def provide(r: Request):\n    return Pair(Users(Session(r.app.state.e)), Users(1))  # expect: LC205"
    ),
    "a generator's result": "def provide(r: Request):\n    yield 1\n    return Session(r.app.state.e)",
    "made elsewhere, kept there": ("SESSION = Session()\ndef provide():\n    return SESSION"),
    "a bare return": "def provide(r: Request):\n    if r:\n        return\n    return Session()  # expect: LC205",
    "a helper that is called twice": (
        "def _open(e):\n    return Session(e)\ndef provide(r: Request):\n"
        "    if r.url:\n        return _open(1)  # expect: LC205\n    return _open(2)"
    ),
    "session": "def provide(r: Request):\n    return Session(r.app.state.engine)  # expect: LC205",
    "through a local": "def provide(r: Request):\n    s = Session(r.app.state.engine)\n    return s  # expect: LC205",
    "a helper": (
        "def open_session(r):\n    return Session(r.app.state.engine)\n"
        "def provide(r: Request):\n    return open_session(r)  # expect: LC205"
    ),
    "a factory from app.state": (
        "@asynccontextmanager\nasync def lifespan(app):\n    app.state.make = async_sessionmaker(create_async_engine('x'))\n"
        "    yield\nfrom fastapi import FastAPI\napp = FastAPI(lifespan=lifespan)\n"
        "async def provide(request: Request):\n    return request.app.state.make()  # expect: LC205"
    ),
    "a factory that is injected": (
        "def make(r: Request) -> sessionmaker:\n    return r.app.state.make\n"
        "def provide(m: sessionmaker = Depends(make)):\n    return m()  # expect: LC205"
    ),
    "a wrapper": (
        "class Users:\n    def __init__(self, s):\n        self.s = s\n"
        "def provide(r: Request):\n    return Users(Session(r.app.state.e))  # expect: LC205"
    ),
    "a wrapper by keyword": (
        "class Users:\n    def __init__(self, s):\n        self.s = s\n"
        "def provide(r: Request):\n    s = Session(r.app.state.e)\n    u = Users(s=s)\n    return u  # expect: LC205"
    ),
    "the first of two": (
        "def provide(r: Request):\n    s = Session(r.app.state.e)\n    if r:\n        return s  # expect: LC205\n    return s"
    ),
    "a wrapper around what is injected": (
        "class Users:\n    def __init__(self, s):\n        self.s = s\n"
        "def session(r: Request):\n    with Session(r.app.state.e) as s:\n        yield s\n"
        "def provide(s: Session = Depends(session)):\n    return Users(s)"
    ),
    "a result": ("def provide(r: Request):\n    with Session(r.app.state.e) as s:\n        return s.get(int, 1)"),
    "an engine's connection": "def provide(r: Request):\n    e = create_engine('x')\n    return e.connect()  # expect: LC205",
    "a maker": "def provide(r: Request):\n    return sessionmaker(r.app.state.e)",
    "callable instance": (
        "class P:\n    def __call__(self, r: Request):\n        return Session(r.app.state.e)  # expect: LC205\nprovide = P()"
    ),
}
YIELDED = {
    "yielded in a finally": (
        "def provide(r: Request):\n    s = Session(r.app.state.e)\n    try:\n        print()\n    finally:\n"
        "        yield s  # expect: LC206"
    ),
    "yielded in a handler": (
        "def provide(r: Request):\n    s = Session(r.app.state.e)\n    try:\n        print()\n    except ValueError:\n"
        "        yield s  # expect: LC206"
    ),
    "yielded, an ending alone": "import acme\ndef provide():\n    s = acme.DbSession()\n    yield s",
    "entered behind the yield": (
        "def provide(r: Request):\n    s = Session(r.app.state.e)\n    yield s  # expect: LC206\n    with s:\n        s.commit()"
    ),
    "a with that ends before the yield": (
        "def provide(r: Request):\n    with Session(r.app.state.e) as s:\n        n = s.scalar('x')\n    yield n"
    ),
    "another with that ends before the yield": (
        "def provide(r: Request):\n    s = Session(r.app.state.e)\n    with open('x'):\n        pass\n"
        "    yield s  # expect: LC206"
    ),
    "an exit stack that others are left to": (
        "def provide(r: Request):\n    with contextlib.ExitStack() as stack:\n"
        "        f = stack.enter_context(open('x'))\n        s = Session(r.app.state.e)\n        yield s  # expect: LC206"
    ),
    "closing": "def provide(r: Request):\n    with closing(Session(r.app.state.e)) as s:\n        yield s",
    "begin is not close": (
        "async def provide(r: Request):\n    s = AsyncSession(r.app.state.e)\n    async with s.begin():\n"
        "        yield s  # expect: LC206"
    ),
    "session and begin": (
        "async def provide(r: Request):\n    async with AsyncSession(r.app.state.e) as s, s.begin():\n        yield s"
    ),
    "a maker's begin": (
        "def provide(r: Request, m: sessionmaker = Depends(dict)):\n    with m.begin() as s:\n        yield s"
    ),
    "an unrelated with": (
        "def provide(r: Request):\n    s = Session(r.app.state.e)\n    with open('x'):\n        yield s  # expect: LC206"
    ),
    "an unrelated finally": (
        "def provide(r: Request):\n    s = Session(r.app.state.e)\n    try:\n        yield s  # expect: LC206\n"
        "    finally:\n        print('done')"
    ),
    "not awaited": (
        "async def provide(r: Request):\n    s = AsyncSession(r.app.state.e)\n    try:\n        yield s  # expect: LC206\n"
        "    finally:\n        s.close()"
    ),
    "a helper in finally": (
        "def done(s):\n    s.rollback()\n    s.close()\n"
        "def provide(r: Request):\n    s = Session(r.app.state.e)\n    try:\n        yield s\n    finally:\n        done(s)"
    ),
    "a condition in finally": (
        "def provide(r: Request):\n    s = None\n    try:\n        s = Session(r.app.state.e)\n        yield s\n"
        "    finally:\n        if s:\n            s.close()"
    ),
    "an outer finally": (
        "def provide(r: Request):\n    s = Session(r.app.state.e)\n    try:\n        try:\n            yield s\n"
        "        except ValueError:\n            s.rollback()\n            raise\n    finally:\n        s.close()"
    ),
    "an exit stack": (
        "def provide(r: Request):\n    with contextlib.ExitStack() as stack:\n"
        "        s = stack.enter_context(Session(r.app.state.e))\n        yield s"
    ),
    "an exit stack's callback": (
        "def provide(r: Request):\n    with contextlib.ExitStack() as stack:\n        s = Session(r.app.state.e)\n"
        "        stack.callback(s.close)\n        yield s"
    ),
    "the first bad yield": (
        "def provide(r: Request):\n    with Session(r.app.state.e) as one:\n        if r:\n            yield one\n"
        "            return\n    s = Session(r.app.state.e)\n    if r.url:\n        yield s  # expect: LC206\n"
        "    else:\n        yield s\n    s.close()"
    ),
    "in the yield": "def provide(r: Request):\n    yield Session(r.app.state.e)  # expect: LC206",
    "a wrapper around an injected session": (
        "class Users:\n    def __init__(self, s):\n        self.s = s\n"
        "def session(r: Request):\n    with Session(r.app.state.e) as s:\n        yield s\n"
        "def provide(s: Session = Depends(session)):\n    yield Users(s)"
    ),
    "a wrapper around its own session": (
        "class Users:\n    def __init__(self, s):\n        self.s = s\n"
        "def provide(r: Request):\n    s = Session(r.app.state.e)\n    yield Users(s)  # expect: LC206\n    s.close()"
    ),
    "a context manager of the target's": (
        "@contextlib.contextmanager\ndef opened(r):\n    s = Session(r.app.state.e)\n    try:\n        yield s\n"
        "    finally:\n        s.close()\n"
        "def provide(r: Request):\n    with opened(r) as s:\n        yield s"
    ),
    "closed before the yield": (
        "def provide(r: Request):\n    s = Session(r.app.state.e)\n    n = s.execute('x')\n    s.close()\n    yield n"
    ),
    "from app.state": "def provide(r: Request):\n    yield r.app.state.session",
    "a helper that opens": (
        "def open_session(r):\n    return Session(r.app.state.e)\n"
        "def provide(r: Request):\n    s = open_session(r)\n    yield s  # expect: LC206\n    s.close()"
    ),
}
SWALLOWED = {
    "two kinds": (
        "def provide():\n    try:\n        yield 1\n    except (ValueError, TypeError):  # expect: LC210\n        pass"
    ),
    "a computed kind": "def provide():\n    try:\n        yield 1\n    except kinds():  # expect: LC210\n        pass",
    "break in the handler": (
        "def provide():\n    while True:\n        try:\n            yield 1\n        except ValueError:  # expect: LC210\n            break"
    ),
    "continue in the handler": (
        "def provide():\n    for i in (1,):\n        try:\n            yield i\n        except ValueError:  # expect: LC210\n            continue"
    ),
    "pass before the raise": "def provide():\n    try:\n        yield 1\n    except ValueError:\n        pass\n        raise",
    "the yield in the finally": "def provide():\n    try:\n        pass\n    finally:\n        yield 1\n        return",
    "the yield in the handler": (
        "def provide():\n    try:\n        pass\n    except ValueError:\n        yield 1\n    except TypeError:\n        pass"
    ),
    "pass": "def provide():\n    try:\n        yield 1\n    except ValueError:  # expect: LC210\n        pass",
    "bare": "def provide():\n    try:\n        yield 1\n    except:  # expect: LC210\n        print('x')",
    "conditional": (
        "def provide(r: Request):\n    try:\n        yield 1\n    except ValueError as e:  # expect: LC210\n"
        "        if r:\n            raise"
    ),
    "on both branches": (
        "def provide(r: Request):\n    try:\n        yield 1\n    except ValueError as e:\n        if r:\n"
        "            raise\n        else:\n            raise HTTPException(409) from e"
    ),
    "return in the handler": (
        "def provide():\n    try:\n        yield 1\n    except ValueError:  # expect: LC210\n        return"
    ),
    "one of two handlers": (
        "def provide():\n    try:\n        yield 1\n    except KeyError:\n        raise\n"
        "    except ValueError:  # expect: LC210\n        print()"
    ),
    "suppress": "def provide():\n    with suppress(ValueError):  # expect: LC210\n        yield 1",
    "suppress by the module": (
        "def provide(r: Request):\n    with Session(r) as s, contextlib.suppress(ValueError):  # expect: LC210\n        yield s"
    ),
    "return in finally": (
        "def provide():\n    try:\n        yield 1\n    finally:\n        print()\n        return  # expect: LC210"
    ),
    "what always raises": (
        "def refuse(e):\n    raise HTTPException(409) from e\n"
        "def provide():\n    try:\n        yield 1\n    except ValueError as e:\n        refuse(e)"
    ),
    "no yield in the try": (
        "def provide():\n    try:\n        x = 1\n    except ValueError:\n        x = 2\n    yield x"
    ),
    "the yield in the else": (
        "def provide():\n    try:\n        x = 1\n    except ValueError:\n        x = 2\n    else:\n        yield x"
    ),
    "an inner try in the handler": (
        "def provide():\n    try:\n        yield 1\n    except ValueError:\n        try:\n            print()\n"
        "        except KeyError:\n            pass\n        raise"
    ),
    "an outer handler": (
        "def provide():\n    try:\n        with open('x'):\n            yield 1\n    except ValueError:  # expect: LC210\n"
        "        print()"
    ),
    "no provider": "def provide(): ...\ndef other():\n    try:\n        yield 1\n    except ValueError:\n        pass",
}


@pytest.mark.parametrize(
    ("rule", "body"),
    [
        pytest.param(rule, body, id=f"{rule} {name}")
        for rule, table in (("LC204", APP_RESOURCES), ("LC205", RETURNED), ("LC206", YIELDED), ("LC210", SWALLOWED))
        for name, body in table.items()
    ],
)
def test_a_provider(rule: str, body: str) -> None:
    files = files_of(HEAD + body + USE)

    found = found_in(program_from(files), [RULES[rule]])

    assert found == expected_in(files)


STORED = {
    "scoped session": "app.state.db = scoped_session(sessionmaker(engine))  # expect: LC203",
    "async scoped session": "app.state.db = async_scoped_session(async_sessionmaker(engine), id)  # expect: LC203",
    "connection": "app.state.db = await engine.connect()  # expect: LC203",
    "from a maker": "app.state.db = async_sessionmaker(engine)()  # expect: LC203",
    "through a local": "db = AsyncSession(engine)  # expect: LC203\n    setattr(app.state, 'db', db)",
    "entered": "async with AsyncSession(engine) as db:  # expect: LC203\n        app.state.db = db\n        yield",
    "wrapped": "app.state.users = Users(AsyncSession(engine))  # expect: LC203",
    "in a dict": "app.state.all = {'db': AsyncSession(engine)}  # expect: LC203",
    "yielded": "db = AsyncSession(engine)  # expect: LC203\n    yield {'db': db}",
    "a maker": "app.state.make = async_sessionmaker(engine)",
    "a wrapper around a maker": "app.state.users = Users(async_sessionmaker(engine))",
    "used there": "async with AsyncSession(engine) as db:\n        app.state.n = (await db.execute('x')).scalar()",
    "a helper": "app.state.db = open_session(engine)  # expect: LC203",
    "twice the same": "db = AsyncSession(engine)  # expect: LC203\n    app.state.pair = (db, db)",
    "two in wrappers": (
        "app.state.pair = Pair(\n        Users(AsyncSession(engine)),  # expect: LC203\n"
        "        Users(AsyncSession(engine)),  # expect: LC203\n    )"
    ),
    "an ending alone": "import acme\n    app.state.db = acme.DbSession()",
    "in a function there": ("def fill():\n        app.state.db = AsyncSession(engine)  # expect: LC203\n    fill()"),
    "under no name": "app.state = {'db': AsyncSession(engine)}  # expect: LC203",
    "in the worker": """app.state.a = 1
    yield
from arq.connections import RedisSettings
async def job(ctx): ...
def fill(context):
    context["more"] = Session(1)  # expect: LC203
async def start(ctx):
    ctx["db"] = Session(1)  # expect: LC203
    ctx.update(other=Session(1))  # expect: LC203
    ctx.setdefault("third", Session(1))  # expect: LC203
    ctx[ctx["job_id"]] = Session(1)  # expect: LC203
    fill(ctx)
    with Session(1) as seeding:
        ctx["n"] = seeding.scalar("x")
async def begin(ctx):
    ctx["one"] = Session(1)
class WorkerSettings:
    functions = [job]
    on_startup = start
    on_job_start = begin
    redis_settings = RedisSettings()
def more():""",
}

STORING = f"""{HEAD}
from fastapi import FastAPI
class Users:
    def __init__(self, db):
        self.db = db
class Pair:
    def __init__(self, one, other):
        self.both = one, other
def open_session(engine):
    return AsyncSession(engine)
@asynccontextmanager
async def lifespan(app):
    engine = create_async_engine("sqlite+aiosqlite://")
    {{body}}
    yield
app = FastAPI(lifespan=lifespan)
"""


@pytest.mark.parametrize("body", STORED.values(), ids=STORED.keys())
def test_a_session_is_not_stored(body: str) -> None:
    files = files_of(STORING.format(body=body))

    found = found_in(program_from(files), [RULES["LC203"]])

    assert found == expected_in(files)


def test_what_the_worker_of_the_tests_keeps_is_their_own() -> None:
    text = """--- app/worker.py
from arq.connections import RedisSettings
async def job(ctx): ...
class WorkerSettings:
    functions = [job]
    redis_settings = RedisSettings()
--- tests/test_worker.py
from arq.connections import RedisSettings
from fastapi import FastAPI
from sqlalchemy.orm import Session
from contextlib import asynccontextmanager
from app.worker import job
async def start(ctx):
    ctx["db"] = Session(1)
class WorkerSettings:
    functions = [job]
    on_startup = start
    redis_settings = RedisSettings()
@asynccontextmanager
async def lifespan(app):
    app.state.db = Session(1)
    yield
app = FastAPI(lifespan=lifespan)
"""
    files = files_of(text)

    found = found_in(program_from(files), [RULES["LC203"]])

    assert not found


@pytest.mark.parametrize(("rule", "names"), [("LC205", ["one"]), ("LC206", ["two"]), ("LC210", ["two"])])
def test_a_provider_that_returns_and_one_that_yields_are_asked_different_things(rule: str, names: list[str]) -> None:
    use = "\n@router.get('/')\ndef read(a=Depends(one), b=Depends(two)): ...\n"
    files = files_of(f"{HEAD}\ndef one():\n    return 1\ndef two():\n    yield 2\n{use}")

    asked = RULES[rule].subjects(program_from(files))

    assert [provider.name for provider, *_ in asked] == names
