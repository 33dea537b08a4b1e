"""LC201, LC202 and WK308 in the spellings that the samples do not show."""

from __future__ import annotations

import pytest

from conformance.config import Config
from conformance.examples import expected_in, files_of, found_in, program_from
from conformance.rules import all_rules

RULES = [rule for rule in all_rules() if rule.id in {"LC201", "LC202", "WK308"}]
MAIN = """
--- app/main.py
from fastapi import FastAPI
from app.lifespan import lifespan
app = FastAPI(lifespan=lifespan)
"""
HEAD = """--- app/lifespan.py
import asyncio
import contextlib
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
import httpx
from fastapi import FastAPI
from redis.asyncio import ConnectionPool, Redis
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
"""
LIFESPANS = {
    "a walrus, released through the local": """
@asynccontextmanager
async def lifespan(app):
    app.state.redis = (redis := Redis())
    try:
        yield
    finally:
        await redis.aclose()
""",
    "getattr with a literal": """
@asynccontextmanager
async def lifespan(app):
    setattr(app.state, "redis", Redis())
    try:
        yield
    finally:
        await getattr(app.state, "redis").aclose()
""",
    "a loop over the objects": """
@asynccontextmanager
async def lifespan(app):
    redis, http = Redis(), httpx.AsyncClient()
    try:
        yield
    finally:
        for resource in (redis, http):
            await resource.aclose()
""",
    "gather": """
@asynccontextmanager
async def lifespan(app):
    redis, http = Redis(), httpx.AsyncClient()
    try:
        yield
    finally:
        await asyncio.gather(redis.aclose(), http.aclose())
""",
    "pairs of key and method": """
@asynccontextmanager
async def lifespan(app):
    app.state.redis = Redis()
    app.state.engine = create_async_engine("sqlite+aiosqlite://")
    try:
        yield
    finally:
        for key, method in (("redis", "aclose"), ("engine", "dispose")):
            await getattr(getattr(app.state, key), method)()
""",
    "methods in a tuple": """
@asynccontextmanager
async def lifespan(app):
    redis, engine = Redis(), create_async_engine("sqlite+aiosqlite://")
    try:
        yield
    finally:
        for close in (redis.aclose, engine.dispose):
            await close()
""",
    "the loop forgets one": """
@asynccontextmanager
async def lifespan(app):
    app.state.redis = Redis()
    app.state.http = httpx.AsyncClient()  # expect: LC201
    try:
        yield
    finally:
        for key in ("redis",):
            await getattr(app.state, key).aclose()
""",
    "not awaited": """
@asynccontextmanager
async def lifespan(app):
    redis = Redis()  # expect: LC201
    try:
        yield
    finally:
        redis.close()
""",
    "a helper that is not awaited": """
async def stop(app):
    await app.state.redis.aclose()

@asynccontextmanager
async def lifespan(app):
    app.state.redis = Redis()  # expect: LC201
    try:
        yield
    finally:
        stop(app)
""",
    "released only where start-up fails": """
@asynccontextmanager
async def lifespan(app):
    redis = Redis()  # expect: LC201
    try:
        await redis.ping()
        yield
    except ConnectionError:
        await redis.aclose()
        raise
""",
    "created and released before the yield": """
@asynccontextmanager
async def lifespan(app):
    redis = Redis()
    await redis.ping()
    await redis.aclose()
    yield
""",
    "an exit stack": """
@asynccontextmanager
async def lifespan(app):
    async with AsyncExitStack() as stack:
        app.state.http = await stack.enter_async_context(httpx.AsyncClient())
        redis = Redis()
        stack.push_async_callback(redis.aclose)
        yield
""",
    "an exit stack that is closed in the end": """
@asynccontextmanager
async def lifespan(app):
    stack = AsyncExitStack()
    app.state.http = await stack.enter_async_context(httpx.AsyncClient())
    try:
        yield
    finally:
        await stack.aclose()
""",
    "an exit stack that nobody closes": """
@asynccontextmanager
async def lifespan(app):
    stack = AsyncExitStack()
    app.state.http = await stack.enter_async_context(httpx.AsyncClient())  # expect: LC201
    yield
""",
    "aclosing": """
@asynccontextmanager
async def lifespan(app):
    async with aclosing(Redis()) as redis:
        app.state.redis = redis
        yield
""",
    "a pool that is taken over and one that is lent": """
@asynccontextmanager
async def lifespan(app):
    taken = ConnectionPool.from_url("redis://a")
    lent = ConnectionPool.from_url("redis://b")  # expect: LC201
    one = Redis.from_pool(taken)
    two = Redis(connection_pool=lent)
    try:
        yield
    finally:
        await one.aclose()
        await two.aclose()
""",
    "the pool of a client": """
@asynccontextmanager
async def lifespan(app):
    app.state.redis = Redis()
    try:
        yield
    finally:
        await app.state.redis.connection_pool.disconnect()
""",
    "a session maker goes with its engine": """
@asynccontextmanager
async def lifespan(app):
    engine = create_async_engine("sqlite+aiosqlite://")
    app.state.make = async_sessionmaker(engine)
    try:
        yield
    finally:
        await engine.dispose()
""",
    "two objects of one helper": """
def make(url):
    return Redis.from_url(url)

@asynccontextmanager
async def lifespan(app):
    app.state.cache = make("redis://a")
    app.state.queue = make("redis://b")  # expect: LC201
    try:
        yield
    finally:
        await app.state.cache.aclose()
""",
    "a helper that stores": """
async def connect(app):
    app.state.redis = Redis()  # expect: LC201
    app.state.http = httpx.AsyncClient()

@asynccontextmanager
async def lifespan(app):
    await connect(app)
    try:
        yield
    finally:
        await app.state.http.aclose()
""",
    "a context manager of the target's": """
@asynccontextmanager
async def open_redis():
    redis = Redis()
    try:
        yield redis
    finally:
        await redis.aclose()

@asynccontextmanager
async def lifespan(app):
    async with open_redis() as redis:
        app.state.redis = redis
        yield
""",
    "a wrapper with a method that closes": """
class Clients:
    def __init__(self):
        self.http = httpx.AsyncClient()

    async def cleanup(self):
        await self.http.aclose()

class Forgotten:
    def __init__(self):
        self.http = httpx.AsyncClient()

@asynccontextmanager
async def lifespan(app):
    clients = Clients()
    app.state.forgotten = Forgotten()  # expect: LC201
    try:
        yield
    finally:
        await clients.cleanup()
""",
    "a global": """
redis = None

async def connect():
    global redis
    redis = Redis()

async def disconnect():
    await redis.aclose()

@asynccontextmanager
async def lifespan(app):
    await connect()
    try:
        yield
    finally:
        await disconnect()
""",
    "a name's ending is not enough": """
import acme

@asynccontextmanager
async def lifespan(app):
    app.state.acme = acme.BillingClient()
    yield
""",
    "a bare yield": """
@asynccontextmanager
async def lifespan(app):
    async with httpx.AsyncClient() as http:
        app.state.http = http
        app.state.redis = Redis()
        yield  # expect: LC202
        await app.state.redis.aclose()
""",
    "a handler that swallows protects": """
@asynccontextmanager
async def lifespan(app):
    redis = Redis()
    try:
        yield
    except asyncio.CancelledError:
        print("cancelled")
    await redis.aclose()
""",
    "suppress protects": """
@asynccontextmanager
async def lifespan(app):
    redis = Redis()
    with suppress(Exception):
        yield
    await redis.aclose()
""",
    "in the else of the try": """
@asynccontextmanager
async def lifespan(app):
    redis = Redis()
    try:
        yield  # expect: LC202
    except ValueError:
        raise
    else:
        await redis.aclose()
""",
    "a module-level engine, disposed after a bare yield": """
engine = create_async_engine("sqlite+aiosqlite://")

@asynccontextmanager
async def lifespan(app):
    yield  # expect: LC202
    await engine.dispose()
""",
    "a condition around the release": """
@asynccontextmanager
async def lifespan(app):
    app.state.redis = Redis()
    try:
        yield
    finally:
        if app.state.redis is not None:
            await app.state.redis.aclose()
""",
    "a registry that is closed by walking it": """
_engines = {}

def get_engine(name):
    engine = _engines.get(name)
    if engine is not None:
        return engine
    engine = create_async_engine(name)
    _engines[name] = engine
    return engine

async def reset():
    engines = list(_engines.values())
    _engines.clear()
    for engine in engines:
        await engine.dispose()

@asynccontextmanager
async def lifespan(app):
    get_engine("a")
    try:
        yield
    finally:
        await reset()
""",
    "a getter that keeps and is never asked to close": """
_redis = None

def get_redis():
    global _redis
    if _redis is None:
        _redis = Redis()  # expect: LC201
    return _redis

@asynccontextmanager
async def lifespan(app):
    await get_redis().ping()
    app.state.redis = get_redis()
    yield
""",
    "a client of a lent pool owns nothing": """
@asynccontextmanager
async def lifespan(app):
    app.state.pool = ConnectionPool.from_url("redis://a")
    app.state.redis = Redis(connection_pool=app.state.pool)
    try:
        yield
    finally:
        await app.state.pool.aclose()
""",
    "connections of a comprehension": """
@asynccontextmanager
async def lifespan(app):
    clients = [httpx.AsyncClient() for _ in range(3)]
    try:
        yield
    finally:
        for client in clients:
            await client.aclose()
""",
    "a module's attribute": """
from app import holder

@asynccontextmanager
async def lifespan(app):
    holder.redis = Redis()
    holder.http = httpx.AsyncClient()  # expect: LC201
    try:
        yield
    finally:
        await holder.redis.aclose()
--- app/holder.py
redis = None
http = None
""",
    "a dataclass that closes its fields": """
from dataclasses import dataclass

@dataclass
class Context:
    redis: Redis
    http: httpx.AsyncClient

    @classmethod
    def create(cls):
        return cls(redis=Redis(), http=httpx.AsyncClient())  # expect: LC201

    async def aclose(self):
        await self.redis.aclose()

@asynccontextmanager
async def lifespan(app):
    context = Context.create()
    try:
        yield
    finally:
        await context.aclose()
""",
    "the loop's executor": """
from concurrent.futures import ThreadPoolExecutor

@asynccontextmanager
async def lifespan(app):
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
    app.state.own = ThreadPoolExecutor()  # expect: LC201
    yield
""",
    "a method, a lambda and a class that create": """
class Pools:
    def __init__(self):
        self.first = Redis()
        self.open()
    def open(self):
        self.second = Redis()  # expect: LC201
    async def aclose(self):
        await self.first.aclose()
class Lazy:
    def connect(self):
        self.client = httpx.AsyncClient()
        return self.client
class Factory:
    def __call__(self):
        return Redis()
make = lambda: httpx.AsyncClient()
@asynccontextmanager
async def lifespan(app):
    app.state.pools = Pools()
    app.state.made = make()  # expect: LC201
    app.state.called = Factory()()  # expect: LC201
    lazy = Lazy()
    yield
    await app.state.pools.aclose()  # expect: none
""".replace("  # expect: none", "").replace(
        "    yield\n    await app.state.pools", "    yield  # expect: LC202\n    await app.state.pools"
    ),
    "handed to what runs it": """
def open_redis():
    app_state.redis = Redis()
@asynccontextmanager
async def lifespan(app):
    app.state.redis = Redis()
    app.state.http = httpx.AsyncClient()
    app.state.other = httpx.AsyncClient()  # expect: LC201
    async with AsyncExitStack() as stack:
        stack.push_async_callback(app.state.redis.aclose)
        stack.push_async_callback(lambda: app.state.http.aclose())
        yield
""",
    "a context manager that is a class": """
class Held:
    def __init__(self):
        self.redis = Redis()
    async def __aenter__(self):
        self.http = httpx.AsyncClient()
        return self
    async def __aexit__(self, *error):
        await self.redis.aclose()
        await self.http.aclose()
class Open:
    async def __aenter__(self):
        self.http = httpx.AsyncClient()  # expect: LC201
        return self
    async def __aexit__(self, *error):
        print(error)
@asynccontextmanager
async def lifespan(app):
    async with Held() as held, Open() as opened:
        app.state.held = held
        yield
""",
    "told by a function of a library": """
from lib import close_all, closing_time, report
@asynccontextmanager
async def lifespan(app):
    app.state.a = Redis()
    app.state.b = Redis()
    app.state.c = Redis()  # expect: LC201
    try:
        yield
    finally:
        await close_all(app.state.a, other=app.state.b)
        await report(app.state.c)
""",
    "getattr with a method": """
@asynccontextmanager
async def lifespan(app):
    app.state.a = Redis()
    app.state.b = Redis()  # expect: LC201
    app.state.c = Redis()  # expect: LC201
    method = "aclose"
    try:
        yield
    finally:
        await getattr(app.state.a, method)()
        getattr(app.state.b, method)()
        await getattr(app.state.c, "ping")()
""",
    "a part of it": """
@asynccontextmanager
async def lifespan(app):
    app.state.a = create_async_engine("x")
    app.state.b = Redis()
    app.state.c = Redis()  # expect: LC201
    try:
        yield
    finally:
        app.state.a.sync_engine.dispose()
        await app.state.b.connection_pool.disconnect()
        app.state.c.connection_pool.disconnect()
""",
    "a factory in the default of a field": """
import dataclasses
from dataclasses import dataclass, field
@dataclass
class Parts:
    a: Redis = field(default_factory=Redis)
    names: list = field(default_factory=list)
    def close(self):
        pass
@dataclass
class Closed:
    a: Redis = field(default_factory=lambda: Redis())
    async def aclose(self):
        await self.a.aclose()
@asynccontextmanager
async def lifespan(app):
    app.state.parts = Parts()  # expect: LC201
    app.state.closed = Closed()
    try:
        yield
    finally:
        await app.state.closed.aclose()
""",
    "a decorator that makes something else of it": """
import functools
def once(function):
    def wrapper():
        return 1
    return wrapper
def twice(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper
def same(function):
    return function
def with_options(name):
    def decorate(function):
        return function
    return decorate
@once
def one():
    return Redis()
@twice
def two():
    return Redis()
@same
def three():
    return Redis()
@with_options("x")
def four():
    return Redis()
@asynccontextmanager
async def lifespan(app):
    app.state.one = one()
    app.state.two = two()  # expect: LC201
    app.state.three = three()  # expect: LC201
    app.state.four = four()  # expect: LC201
    yield
""",
    "a yield in a match, a loop and a condition": """
@asynccontextmanager
async def lifespan(app):
    app.state.redis = Redis()
    match app.state.kind:
        case 1:
            yield  # expect: LC202
        case _:
            if app:
                yield  # expect: LC202
            else:
                yield 1  # expect: LC202
    for _ in app:
        yield 2  # expect: LC202
    while app:
        yield 3  # expect: LC202
    with app:
        yield 4  # expect: LC202
    await app.state.redis.aclose()
""",
    "a yield in each part of a try": """
@asynccontextmanager
async def lifespan(app):
    app.state.redis = Redis()
    try:
        yield 1
    except ValueError:
        yield 2
    else:
        yield 3
    finally:
        await app.state.redis.aclose()
""",
    "nothing known is released": """
import lib
@asynccontextmanager
async def lifespan(app):
    thing = lib.Thing()
    other = lib.open_thing()
    yield
    await thing.close()
    await other.close()
    lib.close()
""",
    "handed to what calls it back": """
def fill(app):
    app.state.filled = Redis()
async def close(app):
    await app.state.filled.aclose()
@asynccontextmanager
async def lifespan(app):
    await asyncio.to_thread(fill, app)
    app.state.lazy = lambda: Redis()
    try:
        yield
    finally:
        await asyncio.wait_for(close(app), 1)
""",
    "a method that is none": """
class Pool:
    def __init__(self):
        self.redis = Redis()
    def close(self):
        return self.redis.close()
class Later:
    def __init__(self):
        self.redis = Redis()
    async def close(self):
        await self.redis.aclose()
@asynccontextmanager
async def lifespan(app):
    pool = Pool()
    later = Later()  # expect: LC201
    third = Later()
    try:
        yield
    finally:
        pool.close()
        later.close()
        await third.close()
""",
    "fields of a base class, given as a dict": """
import dataclasses
@dataclasses.dataclass(kw_only=True)
class Shared:
    redis: Redis
    @classmethod
    async def build(cls):
        pool = ConnectionPool.from_url("redis://cache")
        client = Redis.from_pool(pool)
        return {"redis": client}
    @classmethod
    async def create(cls):
        shared = await cls.build()
        return cls(**shared)
    async def aclose(self):
        await self.redis.aclose()
@dataclasses.dataclass(kw_only=True)
class Wide(Shared):
    http: httpx.AsyncClient
    @classmethod
    async def create(cls):
        shared = await cls.build()
        return cls(http=httpx.AsyncClient(), **shared)
    async def aclose(self):
        await super().aclose()
        await self.http.aclose()
@dataclasses.dataclass(kw_only=True)
class Leaky(Shared):
    queue: Redis
    @classmethod
    async def create(cls):
        return cls(queue=Redis(), **await cls.build())  # expect: LC201
@asynccontextmanager
async def lifespan(app):
    context = await (Wide.create() if app.debug else Shared.create())
    leaky = await Leaky.create()
    try:
        yield
    finally:
        await context.aclose()
        await leaky.aclose()
""",
    "kept by a cached function": """
import functools
@functools.lru_cache
def client():
    return httpx.AsyncClient()
_made = None
def made():
    global _made
    _made = Redis()
    return _made
def twice():
    return Redis()
@asynccontextmanager
async def lifespan(app):
    app.state.first = client()
    app.state.second = client()
    app.state.third = made()
    app.state.fourth = made()
    app.state.fifth = twice()
    app.state.sixth = twice()  # expect: LC201
    try:
        yield
    finally:
        await client().aclose()
        await made().aclose()
        await app.state.fifth.aclose()
""",
    "a field made by a function or a class": """
import dataclasses
def open_redis():
    return Redis()
class Holder:
    def __init__(self):
        self.redis = Redis()
class NoConstructor:
    def __init__(self): ...
    def connect(): ...
@dataclasses.dataclass
class ByFunction:
    redis: Redis = dataclasses.field(default_factory=open_redis)
@dataclasses.dataclass
class ByClass:
    holder: Holder = dataclasses.field(default_factory=Holder, repr=False)
@dataclasses.dataclass
class ByNothing:
    names: list = dataclasses.field(default_factory=NoConstructor)
    other: list = print(default_factory=Redis)
    engine: object = dataclasses.field(default_factory=async_sessionmaker)
@asynccontextmanager
async def lifespan(app):
    app.state.a = ByFunction()  # expect: LC201
    app.state.b = ByClass()  # expect: LC201
    app.state.c = ByNothing()
    yield
""",
    "entered in the constructor": """
class Once:
    def __init__(self):
        with Redis() as redis:
            self.size = redis.dbsize()
class Kept:
    def __init__(self):
        self.start()
    def start(self):
        self.redis = Redis()  # expect: LC201
class Returned:
    def __init__(self):
        self.redis = self.make()
    def make(self):
        return Redis()
@asynccontextmanager
async def lifespan(app):
    app.state.once = Once()
    app.state.kept = Kept()
    app.state.returned = Returned()  # expect: LC201
    yield
""",
    "a dict of them in app.state": """
@asynccontextmanager
async def lifespan(app):
    app.state.clients = {"a": httpx.AsyncClient(), "b": httpx.AsyncClient()}  # expect: LC201
    try:
        yield
    finally:
        await app.state.clients["a"].aclose()
""",
    "a class that is entered": """
class lifespan:
    def __init__(self, app):
        self.app = app
    async def __aenter__(self):
        self.app.state.redis = Redis()
        self.app.state.http = httpx.AsyncClient()  # expect: LC201
    async def __aexit__(self, *error):
        await self.app.state.redis.aclose()
""",
    "an object that is called": """
class Lifespan:
    @asynccontextmanager
    async def __call__(self, app):
        app.state.redis = Redis()
        app.state.http = httpx.AsyncClient()  # expect: LC201
        try:
            yield
        finally:
            await app.state.redis.aclose()
lifespan = Lifespan()
""",
    "kept under what a call gives": """
@asynccontextmanager
async def lifespan(app):
    registry(app)["redis"] = Redis()  # expect: LC201
    app.state.made["http"] = httpx.AsyncClient()  # expect: LC201
    yield
""",
    "suppress among others": """
@asynccontextmanager
async def lifespan(app):
    redis = Redis()
    with open("log"), suppress(Exception):
        yield
    await redis.aclose()
""",
    "another manager does not protect": """
@asynccontextmanager
async def lifespan(app):
    redis = Redis()
    with open("log"):
        yield  # expect: LC202
    await redis.aclose()
""",
    "one handler of two swallows": """
@asynccontextmanager
async def lifespan(app):
    redis = Redis()
    try:
        yield
    except asyncio.CancelledError:
        print("cancelled")
    except ValueError:
        raise
    await redis.aclose()
""",
    "two applications with one engine": """
import functools
@functools.cache
def engine():
    return create_async_engine("sqlite+aiosqlite://")
@asynccontextmanager
async def lifespan(app):
    app.state.engine = engine()
    try:
        yield
    finally:
        await engine().dispose()
@asynccontextmanager
async def of_the_admin(app):
    app.state.engine = engine()
    app.state.redis = Redis()  # expect: LC201
    yield
admin = FastAPI(lifespan=of_the_admin)
""",
    "methods by their names, one without an await": """
from sqlalchemy import create_engine
@asynccontextmanager
async def lifespan(app):
    app.state.a = create_engine("sqlite://")
    app.state.b = create_async_engine("sqlite+aiosqlite://")  # expect: LC201
    try:
        yield
    finally:
        getattr(app.state.a, "dispose")()
        getattr(app.state.b, "dispose")()
""",
    "kept in an item of the object": """
class Pools:
    def __init__(self):
        self.pools = {}
        self.open()
    def open(self):
        self.pools["a"] = Redis()  # expect: LC201
@asynccontextmanager
async def lifespan(app):
    app.state.pools = Pools()
    yield
""",
    "what a part of it tells at once, or later": """
@asynccontextmanager
async def lifespan(app):
    app.state.a = create_async_engine("x")
    app.state.b = create_async_engine("x")  # expect: LC201
    app.state.c = create_async_engine("x")
    try:
        yield
    finally:
        app.state.a.pool.dispose()
        app.state.b.dispose()
        await app.state.c.dispose()
""",
    "makers that a thread makes": """
@asynccontextmanager
async def lifespan(app):
    loop = asyncio.get_running_loop()
    app.state.make = await loop.run_in_executor(None, async_sessionmaker)
    app.state.redis = await loop.run_in_executor(None, Redis, "host")  # expect: LC201
    yield
""",
    "a lock is no resource": """
@asynccontextmanager
async def lifespan(app):
    app.state.lock = asyncio.Lock()
    yield
    print("bye")
""",
}


@pytest.mark.parametrize("body", LIFESPANS.values(), ids=LIFESPANS.keys())
def test_a_lifespan_releases_what_it_creates(body: str) -> None:
    files = files_of(HEAD + body + MAIN)

    found = found_in(program_from(files), RULES)

    assert found == expected_in(files)


HANDLERS = """--- app/main.py
import httpx
from fastapi import FastAPI
from redis.asyncio import Redis
app = FastAPI()

@app.on_event("startup")
async def start():
    app.state.redis = Redis()
    app.state.http = httpx.AsyncClient()  # expect: LC201

@app.on_event("shutdown")
async def stop():
    await app.state.redis.close()
"""


def test_shutdown_handlers_release_what_start_up_handlers_create() -> None:
    files = files_of(HANDLERS)

    found = found_in(program_from(files), RULES)

    assert found == expected_in(files)


WORKER = """
--- app/worker.py
import httpx
from arq import create_pool
from arq.connections import RedisSettings
from redis.asyncio import Redis
{body}
async def noop(ctx):
    return None
{settings}
"""
CLASS = """
class WorkerSettings:
    functions = [noop]
    on_startup = startup
    on_shutdown = shutdown
    redis_settings = RedisSettings()
"""
WORKERS = {
    "a key through a helper": (
        """
async def startup(ctx):
    await connect(ctx)

async def connect(context):
    context["http"] = httpx.AsyncClient()
    context["redis"] = Redis()  # expect: WK308

async def shutdown(ctx):
    await ctx.get("http").aclose()
""",
        CLASS,
    ),
    "pop": (
        """
async def startup(ctx):
    ctx.update(http=httpx.AsyncClient(), redis=Redis())

async def shutdown(ctx):
    await ctx.pop("http").aclose()
    if "redis" in ctx:
        await ctx["redis"].close()
""",
        CLASS,
    ),
    "settings as a dict": (
        """
def make():
    return httpx.AsyncClient()

async def startup(ctx):
    ctx["http"] = make()  # expect: WK308

async def shutdown(ctx):
    ctx["http"].aclose()
""",
        'settings = {"functions": [noop], "on_startup": startup, "on_shutdown": shutdown, "redis_settings": None}',
    ),
    "a wrapper that the context holds": (
        """
class Context:
    def __init__(self, http):
        self.http = http

    async def aclose(self):
        await self.http.aclose()

async def startup(ctx):
    http = httpx.AsyncClient()
    ctx["context"] = Context(http)

async def shutdown(ctx):
    await ctx["context"].aclose()
""",
        CLASS,
    ),
}


@pytest.mark.parametrize(("body", "settings"), WORKERS.values(), ids=WORKERS.keys())
def test_a_worker_releases_what_it_creates(body: str, settings: str) -> None:
    files = files_of(WORKER.format(body=body, settings=settings))

    found = found_in(program_from(files), RULES)

    assert found == expected_in(files)


def test_the_configuration_names_more_constructors() -> None:
    text = (
        HEAD
        + """
import acme.db

@asynccontextmanager
async def lifespan(app):
    app.state.cluster = acme.db.connect()  # expect: LC201
    app.state.other = acme.db.other()
    yield
"""
        + MAIN
    )
    files = files_of(text)

    found = found_in(program_from(files, Config(resources=("acme.db.connect",))), RULES)

    assert found == expected_in(files)
