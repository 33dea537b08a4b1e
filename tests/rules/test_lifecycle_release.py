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
