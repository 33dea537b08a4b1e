"""WK302 to WK304, WK307 and WK309 to WK311: globals, tasks, the queue, the application."""

from __future__ import annotations

import pytest

from conformance.examples import expected_in, files_of, found_in, program_from
from conformance.rules.worker.app_in_worker import RULE as WK311
from conformance.rules.worker.contextvar_quasi_global import RULE as WK302
from conformance.rules.worker.module_global_resource import RULE as WK303
from conformance.rules.worker.task_dependency_outside_ctx import RULE as WK304
from conformance.rules.worker.task_signature import RULE as WK307
from conformance.rules.worker.unknown_job_name import RULE as WK310
from conformance.rules.worker.unregistered_task import RULE as WK309

RULES = {rule.id: rule for rule in (WK302, WK303, WK304, WK307, WK309, WK310, WK311)}

PROGRAMS = {
    ("WK302", "by type, by value, by who sets it"): """
--- app/vars.py
import contextvars as cv
from contextvars import ContextVar as CV, ContextVar
from typing import Optional
from uuid import UUID
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncSession
from app.svc import Service, Plain
a: CV[Optional[Redis]] = CV("a", default=None)  # expect: WK302
b = cv.ContextVar[AsyncSession]("b")  # expect: WK302
c: "ContextVar[AsyncSession | None]" = ContextVar("c", default=None)  # expect: WK302
d: ContextVar[Service] = ContextVar("d")  # expect: WK302
e: ContextVar[Plain] = ContextVar("e")
f: ContextVar[dict[str, Redis]] = ContextVar("f")  # expect: WK302
job: ContextVar[str] = ContextVar("job", default="")
jid: ContextVar[UUID] = ContextVar("jid")
num = ContextVar("num", default=0)
start: ContextVar[str] = ContextVar("start")  # expect: WK302
task: ContextVar[int] = ContextVar("task")  # expect: WK302
rich: ContextVar[dict] = ContextVar("rich")  # expect: WK302
locale: ContextVar[str] = ContextVar("locale", default="en")
class Holder:
    redis: ContextVar[Redis] = ContextVar("hr")  # expect: WK302
def local():
    v = ContextVar("v")
    v.set(Redis())
--- app/svc.py
import httpx
class Service:
    def __init__(self):
        self.client = httpx.AsyncClient()
class Plain:
    def __init__(self, x): self.x = x
--- app/worker.py
from arq.connections import RedisSettings
from app import vars
from app.vars import job, jid, num, rich
async def on_startup(ctx):
    vars.start.set("x")
async def js(ctx):
    job.set(ctx["job_id"])
    jid.set(ctx["id"])
    num.set(ctx["job_try"])
    rich.set({"a": 1})
async def t(ctx):
    vars.task.set(3)
class WorkerSettings:
    functions = [t]
    on_startup = on_startup
    on_job_start = js
    redis_settings = RedisSettings()
""",
    ("WK303", "every way to keep a resource at module level"): """
--- app/state.py
from types import SimpleNamespace
client = None
pool = None
class Registry:
    def __init__(self):
        self.items = {}
        self.client = None
registry = Registry()
ns = SimpleNamespace()
clients = {}
stack: list = []
seen = set()
--- app/a.py
import httpx
import sys
import app.state
from app import state
from app.state import registry, ns, clients, stack
engine = None
x = 1
y = {}
def f1():
    state.client = httpx.AsyncClient()  # expect: WK303
    app.state.pool = httpx.Client()  # expect: WK303
    registry.client = httpx.Client()  # expect: WK303
    ns.client = httpx.Client()  # expect: WK303
    clients["a"] = httpx.Client()  # expect: WK303
    stack.append(httpx.Client())  # expect: WK303
    state.clients["b"] = httpx.Client()  # expect: WK303
    clients.setdefault("c", httpx.Client())  # expect: WK303
    clients.update(d=httpx.Client())  # expect: WK303
    clients.update({"d": httpx.Client()})  # expect: WK303
    setattr(state, "client", httpx.Client())  # expect: WK303
    globals()["engine"] = httpx.Client()  # expect: WK303
    globals().update(engine=httpx.Client())  # expect: WK303
    local = {}
    local["x"] = httpx.Client()
    state.other = 3
    clients["n"] = 3
def f2():
    global engine, x  # expect: WK303
    engine, x = httpx.Client(), 2
def f3():
    global x
    x = 3
def f4(c: httpx.Client):
    global engine  # expect: WK303
    engine = c
async def f5():
    global engine  # expect: WK303
    async with httpx.AsyncClient() as engine:
        pass
def f6():
    n = None
    def inner():
        nonlocal n
        n = httpx.Client()
    inner()
def f7():
    global engine
    if engine is None:
        return 1
def f8():
    global engine
    engine = None
def f9():
    global engine  # expect: WK303
    c = httpx.Client()
    engine = c
def f10():
    c = clients
    c["z"] = httpx.Client()  # expect: WK303
def f11():
    engine = httpx.Client()
    clients = {}
    clients["a"] = engine
class K:
    def m(self):
        global engine  # expect: WK303
        engine = engine or httpx.Client()
def f12():
    global engine  # expect: WK303
    engine = engine if engine else make()
def make():
    return httpx.Client()
def f13():
    global engine  # expect: WK303
    if (engine := httpx.Client()):
        pass
--- app/life.py
from contextlib import asynccontextmanager
from app import state
from app.state import seen, clients
from app.called import helper
flag = False
tasks = []
@asynccontextmanager
async def lifespan(app):
    global flag  # expect: WK303
    flag = True
    seen.add(1)  # expect: WK303
    state.clients["k"] = 1  # expect: WK303
    tasks.append(2)  # expect: WK303
    helper()
    app.state.items = []
    app.state.items.append(1)
    local = []
    local.append(1)
    yield
    tasks.clear()  # expect: WK303
    del clients["k"]  # expect: WK303
--- app/called.py
counter = 0
log = []
def helper():
    global counter
    counter += 1
    log.append(1)
--- app/main.py
from fastapi import FastAPI
from app.life import lifespan
app = FastAPI(lifespan=lifespan)
""",
    ("WK303", "what is put in, the key and what is taken out are told apart"): """
--- app/state.py
import weakref
import httpx
seen = weakref.WeakKeyDictionary()
clients = set()
by_name = {}
ordered = []
def f1(client: httpx.Client):
    seen.setdefault(client, {})["k"] = 1
    seen[client] = {}
    seen.__setitem__(client, {})
    clients.discard(client)
    ordered.remove(client)
def f2():
    client = httpx.Client()
    seen.setdefault(client, {})
    by_name.setdefault("k", client)  # expect: WK303
    by_name.__setitem__("k", client)  # expect: WK303
    ordered.insert(0, client)  # expect: WK303
    clients.add(client)  # expect: WK303
    clients.discard(client)
""",
    ("WK304", "a package of tasks offers the settings beside them"): """
--- app/jobs/__init__.py
from app.jobs.mail import send
from app.jobs.worker import WorkerSettings
--- app/jobs/mail.py
from app.jobs.worker import LIMIT  # expect: WK304
async def send(ctx): ...
--- app/jobs/worker.py
from arq.connections import RedisSettings
from app.jobs.mail import send
LIMIT = 3
class WorkerSettings:
    functions = [send]
    redis_settings = RedisSettings()
--- app/other/tasks/__init__.py
from app.other.tasks.worker import LIMIT  # expect: WK304
async def post(ctx): ...
--- app/other/tasks/worker.py
from arq.connections import RedisSettings
LIMIT = 3
class WorkerSettings:
    functions = ["app.other.tasks.post"]
    redis_settings = RedisSettings()
""",
    ("WK304", "what a task makes, imports and uses"): """
--- app/worker.py
from arq.connections import RedisSettings
from app.tasks.x import a, b, c, d, e
async def on_startup(ctx):
    ctx["settings"] = object()
    ctx["url"] = "redis://x"
    ctx["pool"] = make_pool()
    ctx["db_engine"] = make_engine()
    ctx["maker"] = make_maker(ctx["db_engine"])
from redis.asyncio import ConnectionPool
from sqlalchemy.ext.asyncio import create_async_engine, async_sessionmaker
def make_pool(): return ConnectionPool()
def make_engine(): return create_async_engine("x")
def make_maker(e): return async_sessionmaker(e)
class WorkerSettings:
    functions = [a, b, c, d, e]
    on_startup = on_startup
    redis_settings = RedisSettings()
--- app/tasks/x.py
from typing import TYPE_CHECKING
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from acme.sdk import FancyClient
from app.svc import Service, Plain, make_session, open_client
from app import glob
from app.glob import SessionLocal, db, engine as eng
from app.worker import make_pool  # expect: WK304
if TYPE_CHECKING:
    from app.main import app
async def a(ctx, n):
    r = Redis.from_url(ctx["url"])  # expect: WK304
    r2 = Redis.from_pool(ctx["pool"])
    r3 = Redis(connection_pool=ctx["pool"])
    s = Service()  # expect: WK304
    p = Plain(3)
    f = FancyClient(ctx["settings"].key)  # expect: WK304
    s2 = make_session(ctx["db_engine"])
    s3 = make_session(ctx)
    oc = open_client()  # expect: WK304
async def b(ctx):
    async with SessionLocal() as s:  # expect: WK304
        pass
    async with AsyncSession(eng) as s:  # expect: WK304
        pass
    async with AsyncSession(glob.engine) as s:  # expect: WK304
        pass
    await db.run()  # expect: WK304
async def c(ctx):
    engine = ctx["db_engine"]
    async with engine.begin() as conn:
        pass
    maker = async_sessionmaker(engine, expire_on_commit=False)
    async with maker() as s, maker.begin() as t:
        pass
    async with ctx["maker"]() as s:
        pass
    mk = ctx["maker"]
    async with mk.begin() as s:
        pass
    async with AsyncSession(bind=engine) as s:
        pass
async def d(ctx):
    from app.deps import get_x  # expect: WK304
    import app.main  # expect: WK304
    def inner():
        return Redis()  # expect: WK304
    return inner()
async def e(ctx):
    helper()  # expect: WK304
    Redis(connection_pool=ctx["redis"].connection_pool)
    Redis(connection_pool=await ctx["redis"].pool())
    AsyncSession(*ctx["engines"])
    Redis(connection_pool=ctx["settings"].pool)  # expect: WK304
    Redis(connection_pool=await unknown())  # expect: WK304
def helper():
    return Redis()
--- app/svc.py
import httpx
from sqlalchemy.ext.asyncio import AsyncSession
class Service:
    def __init__(self):
        self.client = httpx.AsyncClient()
class Plain:
    def __init__(self, x): self.x = x
def make_session(engine):
    if isinstance(engine, dict):
        return AsyncSession(engine["db_engine"])
    return AsyncSession(engine)
def open_client():
    return httpx.AsyncClient()
--- app/glob.py
from sqlalchemy.ext.asyncio import create_async_engine, async_sessionmaker
from app.svc import Service
engine = create_async_engine("x")
SessionLocal = async_sessionmaker(engine)
db = Service()
--- app/deps/__init__.py
def get_x(): return 1
--- app/main.py
from fastapi import FastAPI
app = FastAPI()
""",
    ("WK307", "signatures"): """
--- app/worker.py
from functools import partial
from arq import cron, func
from arq.connections import RedisSettings
from app import t
class W:
    functions = [t.a, t.b, t.c, t.d, t.e, func(t.f), t.K.m, t.K().n, t.K.s, t.g, t.h, t.i, t.j, t.k, t.l, t.Call()]
    cron_jobs = [cron(t.o, hour=1), cron("app.t.p", hour=2)]
    redis_settings = RedisSettings()
--- app/t.py
from typing import Any, Optional, Mapping, TypedDict
from collections import UserDict
import functools
from uuid import UUID
from sqlalchemy.ext.asyncio import AsyncSession
from fastapi import Request
from pydantic import BaseModel
class C(UserDict): ...
class M(BaseModel): ...
Ctx = dict[str, Any]
def deco(fn):
    @functools.wraps(fn)
    async def inner(ctx, *a):
        return fn(ctx, *a)
    return inner
async def a(*args): ...
async def b(*, ctx): ...  # expect: WK307
async def c(ctx: Optional[dict] = None): ...
async def d(ctx: Ctx): ...
async def e(x: C): ...
async def f(session: AsyncSession): ...  # expect: WK307
class K:
    @staticmethod
    async def s(ctx): ...
    async def n(self, ctx): ...
    @classmethod
    async def m(cls): ...  # expect: WK307
@deco
def g(ctx, x): ...
async def h(m: M): ...  # expect: WK307
async def i(x, y, context=None): ...  # expect: WK307
async def j(x, y): ...
async def k(req: Request, ctx): ...  # expect: WK307
async def l(**kw): ...  # expect: WK307
def o(ctx): ...  # expect: WK307
async def p(id: UUID): ...  # expect: WK307
class Call:
    async def __call__(self, ctx): ...
""",
    ("WK309", "entries and functions"): """
--- app/worker.py
from arq import cron, func
from arq.connections import RedisSettings
from app.tasks import a, gone  # noqa
from app.tasks import b as bee
from app import tasks
class W:
    functions = [
        a.main,
        bee.run,
        gone,  # expect: WK309
        tasks.a.main,
        func("app.tasks.b.other"),
        "app.tasks.c.nope",  # expect: WK309
        "app.tasks.zzz.nope",  # expect: WK309
        undefined,  # expect: WK309
    ]
    cron_jobs = [cron(coroutine="app.tasks.b.cronned", hour=1)]
    redis_settings = RedisSettings()
    on_startup = bee.up
--- app/tasks/__init__.py
from app.tasks import a, b
--- app/tasks/a.py
async def main(ctx): ...
async def lost(ctx, x): ...  # expect: WK309
async def lost2(context: dict[str, int]): ...  # expect: WK309
async def _priv(ctx): ...
def sync(ctx): ...
async def nonctx(data: dict): ...
async def wrongctx(ctx: str): ...
class X:
    async def m(self, ctx): ...
if True:
    async def cond(ctx): ...  # expect: WK309
--- app/tasks/b.py
async def run(ctx):
    await helper(ctx)
async def helper(ctx):
    await deeper(ctx)
async def deeper(ctx): ...
async def other(ctx): ...
async def cronned(ctx): ...
async def up(ctx): await hooked(ctx)
async def hooked(ctx): ...
--- app/tasks/c.py
async def c1(ctx): ...  # expect: WK309
""",
    ("WK309", "entries that lead somewhere, to no function that is seen"): """
--- app/worker.py
from lib import *
from app import lazy, tasks
from arq.connections import RedisSettings
class W:
    functions = [
        tasks.made,
        lazy.whatever,
        maybe,
        tasks.gone,  # expect: WK309
    ]
    redis_settings = RedisSettings()
--- app/tasks.py
import lib
made = lib.make()
--- app/lazy.py
def __getattr__(name): ...
""",
    ("WK303", "what is deleted, and what a function or class rebinds"): """
--- app/worker.py
from arq.connections import RedisSettings
import httpx
from app import pools
CACHE = {}
made = None
async def job(ctx, key):
    del CACHE["x"]  # expect: WK303
    CACHE["x"] = 1  # expect: WK303
    del globals()["made"]
    globals()[key] = httpx.Client()  # expect: WK303
async def start(ctx):
    global made  # expect: WK303
    def made(): ...
async def stop(ctx):
    del pools.redis, pools.http
    pools.redis, pools.http = None, httpx.Client()  # expect: WK303
class W:
    functions = [job]
    on_startup = start
    on_shutdown = stop
    redis_settings = RedisSettings()
--- app/pools.py
redis = http = None
""",
    ("WK307", "types of others that are called like collections"): """
--- app/worker.py
from arq.connections import RedisSettings
from collections.abc import Callable
from functools import wraps
from lib import List, traced
import typing
async def one(ctx: List): ...
async def two(ctx: typing.List): ...  # expect: WK307
async def three(ctx: Callable): ...  # expect: WK307
@traced
def four(ctx): ...
def awaited(f):
    @wraps(f)
    async def inner(ctx):
        return f(ctx)
    return inner
@awaited
def five(ctx): ...
@traced
@awaited
def six(ctx): ...
class W:
    functions = [one, two, three, four, five, six]
    redis_settings = RedisSettings()
""",
    ("WK309", "private functions, and other first parameters"): """
--- app/worker.py
from arq.connections import RedisSettings
from app.tasks.mail import send
class W:
    functions = [send]
    redis_settings = RedisSettings()
--- app/tasks/mail.py
async def send(ctx): ...
async def later(ctx): ...  # expect: WK309
async def _helper(ctx): ...
async def of_others(session): ...
def sync(ctx): ...
async def given(*ctx): ...
async def stream(ctx):
    yield 1
""",
    ("WK309", "entries that are not known"): """
--- app/worker.py
from arq.connections import RedisSettings
from lib import discover
from app.tasks.a import a
class W:
    functions = [a, *discover("app.tasks")]
    redis_settings = RedisSettings()
--- app/tasks/a.py
async def a(ctx): ...
async def b(ctx): ...
""",
    ("WK310", "names, constants, queues"): """
--- app/names.py
from enum import Enum
class Jobs(str, Enum):
    SEND = "send"
    LOST = "lost"
SEND = "send"
PREFIX = "se"
BAD = "bad"
--- app/tasks.py
async def send(ctx): ...
async def cronny(ctx): ...
async def named(ctx): ...
class T:
    @staticmethod
    async def m(ctx): ...
--- app/worker.py
from arq import cron, func
from arq.connections import RedisSettings
from app.tasks import *
class W:
    functions = [send, func(named, name="n"), T.m, func("app.tasks.send")]
    cron_jobs = [cron(cronny, hour=1), cron(send, name="nightly", hour=1)]
    redis_settings = RedisSettings()
--- app/api.py
from typing import Annotated
from arq import ArqRedis, create_pool
from fastapi import Depends, Request
from safir.arq import ArqQueue
from rq import Queue
from app.names import *
from app.names import BAD as B
from app.tasks import T, send
from app import names
async def f(q: ArqRedis, request: Request, sq: ArqQueue, rq: Queue, other, x: str, z):
    await q.enqueue_job("send")
    await q.enqueue_job(SEND)
    await q.enqueue_job(Jobs.SEND)
    await q.enqueue_job(Jobs.SEND.value)
    await q.enqueue_job(names.Jobs.LOST.value)  # expect: WK310
    await q.enqueue_job(f"{PREFIX}nd")
    await q.enqueue_job(PREFIX + "nd")
    await q.enqueue_job(PREFIX + "x")  # expect: WK310
    await q.enqueue_job(B)  # expect: WK310
    await q.enqueue_job(function="lost")  # expect: WK310
    await q.enqueue_job(send.__name__)
    await q.enqueue_job(T.m.__qualname__)
    await q.enqueue_job(T.m.__name__)  # expect: WK310
    await q.enqueue_job("named")  # expect: WK310
    await q.enqueue_job("n")
    await q.enqueue_job("cronny")  # expect: WK310
    await q.enqueue_job("cron:cronny")
    await q.enqueue_job("nightly")
    await q.enqueue_job("T.m")
    await q.enqueue_job("app.tasks.send")
    await q.enqueue_job(x)
    await request.app.state.q.enqueue_job("lost2")  # expect: WK310
    await other.enqueue_job("lost3")  # expect: WK310
    await sq.enqueue("lost4", 3)  # expect: WK310
    await sq.enqueue("send")
    rq.enqueue("whatever")
    z.enqueue("whatever")
    pool = await create_pool()
    await pool.enqueue_job("lost5")  # expect: WK310
    for name in ("send", "lost6"):
        await pool.enqueue_job(name)  # expect: WK310
    job = "send" if x else "n"
    await pool.enqueue_job(job)
    enq = pool.enqueue_job
    await enq("lost7")  # expect: WK310
    await ArqRedis().enqueue_job("lost8")  # expect: WK310
""",
    ("WK311", "imports and uses"): """
--- app/config.py
from functools import lru_cache
from pydantic_settings import BaseSettings
class Settings(BaseSettings): ...
@lru_cache
def get_settings() -> Settings: return Settings()
--- app/deps/__init__.py
from app.deps.db import DbDep, get_engine
from app.deps.settings import SettingsDep
--- app/deps/settings.py
from typing import Annotated
from fastapi import Depends
from app.config import Settings, get_settings
SettingsDep = Annotated[Settings, Depends(get_settings)]
--- app/deps/db.py
from typing import Annotated
from fastapi import Depends, Request
def get_engine(request: Request): return request.app.state.engine
DbDep = Annotated[object, Depends(get_engine)]
def guard(request: Request) -> None: ...
--- app/main.py
from fastapi import FastAPI, Depends
from app.deps.db import guard
def create_app() -> FastAPI:
    return FastAPI(dependencies=[Depends(guard)])
app = create_app()
--- app/worker.py
from arq.connections import RedisSettings
from app.config import get_settings
from app.tasks import a, b, c
class W:
    functions = [a.a, b.b, c.c]
    redis_settings = RedisSettings()
--- app/tasks/a.py
from typing import TYPE_CHECKING
from fastapi import Depends, HTTPException
from starlette.requests import Request as Req  # expect: WK311
from fastapi import WebSocket  # expect: WK311
from app.deps.db import guard, get_engine  # expect: WK311
from app.deps import DbDep  # expect: WK311
from app.deps import SettingsDep
from app.config import get_settings
from app.main import create_app  # expect: WK311
if TYPE_CHECKING:
    from app.main import app
async def a(ctx, db: DbDep, x=Depends(get_engine)):
    application = create_app()
    application.state.x
    s = get_settings()
    return get_engine(None)
--- app/tasks/b.py
import fastapi
import app.main
from app import deps, main as m
from app.deps import db
async def b(ctx, request: fastapi.Request):  # expect: WK311
    app.main.app.state.x  # expect: WK311
    deps.get_engine(request)  # expect: WK311
    db.get_engine(request)  # expect: WK311
    x: db.DbDep = 3  # expect: WK311
    return m.create_app()  # expect: WK311
--- app/tasks/c.py
async def c(ctx, app):
    s = app.state  # expect: WK311
    s.engine  # expect: WK311
    from app.main import app as other  # expect: WK311
    return other.state.x
async def d(ctx):
    return ctx["app"].state.x
""",
    ("WK307", "decorators and first parameters"): """
--- app/worker.py
from arq.connections import RedisSettings
from app import t
class W:
    functions = [t.a, t.b, t.c, t.d, t.e, t.f, t.g, t.h, t.i, t.j,
        t.k, t.l, t.m, t.K.s, t.n, t.o, t.p, t.q, t.r, t.s, t.u, t.v, t.w, t.y, t.z, t.L.s]
    redis_settings = RedisSettings()
--- app/t.py
import collections
import typing
from collections.abc import Sequence
from typing import Callable, Iterable, List, Tuple
from lib import traced
def plain(fn):
    return fn
def sync(fn):
    def inner(ctx):
        return fn(ctx)
    return inner
class Holder:
    def __getitem__(self, key): ...
class Empty: ...
@traced
def a(ctx): ...
@plain
def b(ctx): ...  # expect: WK307
@sync
def c(ctx): ...  # expect: WK307
async def d(x: list[str]): ...  # expect: WK307
async def e(x: Sequence[str]): ...  # expect: WK307
async def f(x: typing.Deque): ...
async def g(x: collections.OrderedDict): ...
async def h(x: Holder): ...
async def i(x: Empty): ...  # expect: WK307
async def j(x: "Unknown"): ...
async def k(x: str | dict): ...
async def l(x: str | int): ...  # expect: WK307
async def m(_ctx, y): ...
class K:
    @staticmethod
    def s(ctx): ...  # expect: WK307
async def n(x: Tuple[int]): ...  # expect: WK307
async def o(x: Callable): ...  # expect: WK307
async def p(x, _context): ...  # expect: WK307
async def q(x: collections.deque): ...  # expect: WK307
async def r(x: Iterable): ...  # expect: WK307
async def s(x: typing.Set): ...  # expect: WK307
async def u(x: typing.FrozenSet): ...  # expect: WK307
async def v(x: typing.Iterator): ...  # expect: WK307
async def w(x: typing.Sequence): ...  # expect: WK307
async def y(x: typing.Text): ...  # expect: WK307
async def z(x: List): ...  # expect: WK307
class L:
    @classmethod
    def s(cls, ctx): ...  # expect: WK307
""",
    ("WK310", "a list that is not all known"): """
--- app/worker.py
from arq.connections import RedisSettings
from lib import more
async def known(ctx): ...
class W:
    functions = [known, *more()]
    redis_settings = RedisSettings()
--- app/api.py
async def f(pool, name):
    await pool.enqueue_job("known")
    await pool.enqueue_job("lost")
    await pool.enqueue_job(name)
    await pool.enqueue_job("known" if name else "lost")
--- tests/test_a.py
async def test_a(pool):
    await pool.enqueue_job("lost")
""",
    ("WK309", "lists put together in many ways"): """
--- app/worker.py
from arq import cron, func
from arq.connections import RedisSettings
from arq.worker import Worker, run_worker
from app.tasks import a, b
import app.tasks.a
EXTRA = [a.by_list]
EXTRA.append(a.by_append)
EXTRA.extend([a.by_extend, func(coroutine=a.by_func, name="x")])
EXTRA += [a.by_plus]
OTHER = [a.of_other]
OTHER.append(b.lost)
NAMED = {"x": a.by_dict}
def more():
    return [a.by_call]
class W:
    functions = [*EXTRA, a.first] + list(more())
    cron_jobs = [
        cron(a.by_cron, hour=1),
        app.tasks.a.missing,  # expect: WK309
        cron(coroutine=a.gone, hour=1),  # expect: WK309
    ]
    redis_settings = RedisSettings()
W.functions.append(a.late)
W.functions += [a.later]
W.functions = [*W.functions, a.latest]
--- app/tasks/__init__.py
--- app/tasks/a.py
async def by_list(ctx): ...
async def by_append(ctx): ...
async def by_extend(ctx): ...
async def by_func(ctx): ...
async def by_plus(ctx): ...
async def of_other(ctx): ...  # expect: WK309
async def by_dict(ctx): ...  # expect: WK309
async def by_call(ctx): ...
async def first(ctx): ...
async def by_cron(ctx): ...
async def late(ctx): ...
async def later(ctx): ...
async def latest(ctx): ...
--- app/tasks/b.py
async def lost(ctx): ...  # expect: WK309
""",
    ("WK309", "a list that a comprehension makes"): """
--- app/worker.py
from arq.connections import RedisSettings
from app import tasks
class W:
    functions = [f for f in (tasks.one, tasks.two)]
    redis_settings = RedisSettings()
--- app/tasks.py
async def one(ctx): ...
async def two(ctx): ...
async def three(ctx): ...  # expect: WK309
""",
    ("WK309", "a list that a comprehension picks from"): """
--- app/worker.py
from arq.connections import RedisSettings
from app import tasks
class W:
    functions = [f for f in (tasks.one, tasks.two) if f.__doc__]
    redis_settings = RedisSettings()
--- app/tasks.py
async def one(ctx): ...
async def two(ctx): ...
async def three(ctx): ...
""",
    ("WK309", "settings that are called or given"): """
--- app/worker.py
from arq.connections import RedisSettings
from arq.worker import Worker, create_worker, run_worker
from app.tasks import a
def main():
    Worker([a.by_worker], redis_settings=RedisSettings())
    Worker(functions=[a.by_keyword])
    run_worker(Given, functions=[a.beside])
    create_worker({"functions": [a.nowhere]})
    run_worker(settings, cron_jobs=[a.by_run])
    Settings(functions=[a.by_settings], redis_settings=RedisSettings())
    Other(functions=[a.other])
class Given:
    functions = [a.by_class]
SETTINGS = {"functions": [a.by_mapping], "redis_settings": None, 3: 4}
--- app/tasks/__init__.py
--- app/tasks/a.py
async def by_worker(ctx): ...
async def by_keyword(ctx): ...
async def beside(ctx): ...
async def nowhere(ctx): ...  # expect: WK309
async def by_run(ctx): ...
async def by_settings(ctx): ...
async def by_class(ctx): ...
async def by_mapping(ctx): ...
async def other(ctx): ...  # expect: WK309
""",
    ("WK302", "who carries what, and who sets it"): """
--- app/vars.py
import enum
from contextvars import ContextVar
from typing import Annotated, Optional
from redis.asyncio import Redis
outer: ContextVar[Optional[Redis]]
kept = ContextVar("kept", default=Redis())  # expect: WK302
listed: ContextVar[list[Redis]] = ContextVar("listed")  # expect: WK302
class Level(enum.Enum):
    LOW = 1
by_value = ContextVar("by_value")  # expect: WK302
text = ContextVar("text")
number = ContextVar("number", default=3)
formatted = ContextVar("formatted")
level: ContextVar[Level] = ContextVar("level")  # expect: WK302
unset = ContextVar("unset")
ZERO = 0
by_name = ContextVar("by_name", default=ZERO)
class Outer:
    class Inner:
        redis: ContextVar[Redis] = ContextVar("redis")  # expect: WK302
passed = ContextVar("passed")  # expect: WK302
made = ContextVar("made")  # expect: WK302
by_task = ContextVar("by_task")  # expect: WK302
print(ContextVar("nameless", default=Redis()))  # expect: WK302
def of():
    class Inner:
        var = ContextVar("inner")
    return Inner
--- app/worker.py
from arq.connections import RedisSettings
from redis.asyncio import Redis
from app import vars
from app.tasks import job
async def on_startup(ctx):
    vars.by_value.set(Redis())
async def on_job_start(ctx):
    vars.text.set(ctx["job_id"])
    vars.number.set(unknown())
    vars.by_name.set(unknown())
    vars.formatted.set(f"{ctx}")
    vars.level.set(vars.Level.LOW)
    vars.passed.set(ctx)
    vars.made.set(dict())
def helper(value):
    vars.unset.set(value)
class W:
    functions = [job]
    on_startup = on_startup
    on_job_start = on_job_start
    redis_settings = RedisSettings()
--- app/tasks.py
from app import vars
async def job(ctx, n):
    vars.by_task.set(n)
    vars.text.reset(n)
    vars.nothing.set(n)
""",
    ("WK303", "what a task leaves behind at module level"): """
--- app/worker.py
import httpx
from arq.connections import RedisSettings
from app.tasks import job, again
class W:
    functions = [job, again]
    redis_settings = RedisSettings()
--- app/state.py
import collections
import httpx
from typing import Optional
class Holder:
    client = None
    def __init__(self):
        self.inner = None
holder = Holder()
clients: dict[str, httpx.AsyncClient] = {}
grouped = collections.defaultdict(list)
sets = set()
seen = {n for n in ()}
numbers = []
typed = list[int]()
declared: dict[str, httpx.AsyncClient] = make()
unknown = make()
--- app/tasks.py
import httpx
from app import state
from app.state import Holder, clients, holder
one = None
two = None
three = None
four = None
async def job(ctx, key):
    global one, two  # expect: WK303
    global three  # expect: WK303
    global four  # expect: WK303
    one, two = httpx.AsyncClient(), 2
    with httpx.Client() as three:
        pass
    for four in (httpx.Client(),):
        pass
    clients[key] = httpx.AsyncClient()  # expect: WK303
    clients.setdefault(key, httpx.AsyncClient())  # expect: WK303
    state.grouped[key].append(1)
    local = state.clients
    local.update({key: httpx.AsyncClient()})  # expect: WK303
    state.sets.add(httpx.AsyncClient())  # expect: WK303
    state.seen.add(httpx.AsyncClient())  # expect: WK303
    state.holder.client = httpx.AsyncClient()  # expect: WK303
    setattr(holder, "client", httpx.AsyncClient())  # expect: WK303
    globals()["other"] = httpx.AsyncClient()  # expect: WK303
    globals().update(other=httpx.AsyncClient())  # expect: WK303
    state.typed.append(httpx.AsyncClient())  # expect: WK303
    state.holder.table["x"] = httpx.AsyncClient()  # expect: WK303
    state.holder.many.append(httpx.AsyncClient())  # expect: WK303
    state.holder.many.clear()
    state.declared["x"] = httpx.AsyncClient()  # expect: WK303
    state.unknown["x"] = httpx.AsyncClient()
    state.Holder.method.x = 1
async def again(ctx):
    mine = {}
    mine["x"] = httpx.AsyncClient()
    own = Holder()
    own.client = httpx.AsyncClient()
    clients = {}
    clients["x"] = httpx.AsyncClient()
    def five():
        pass
    five.client = httpx.AsyncClient()
""",
    ("WK311", "what the worker's module names"): """
--- app/main.py
from fastapi import FastAPI
from app.deps.things import ThingDep, get_thing
app = FastAPI()
def make_app():
    return FastAPI()
@app.get("/")
def index(thing: ThingDep) -> int: ...
--- app/deps/__init__.py
--- app/deps/things.py
from typing import Annotated
from fastapi import Depends
from app.config import Settings, get_settings
class Thing:
    def __init__(self, n: int) -> None: ...
class Own:
    pass
def get_thing() -> int: ...
def unused() -> int: ...
ThingDep = Annotated[int, Depends(get_thing)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
OwnDep = Annotated[Thing, Depends()]
--- app/api.py
from fastapi import APIRouter
from app.deps.things import OwnDep, SettingsDep
router = APIRouter()
@router.get("/x")
def x(own: OwnDep, settings: SettingsDep) -> int: ...
--- app/config.py
from functools import lru_cache
from pydantic_settings import BaseSettings
class Settings(BaseSettings): ...
@lru_cache
def get_settings() -> Settings:
    return Settings()
--- app/worker.py
from typing import TYPE_CHECKING
from arq.connections import RedisSettings
from fastapi import Depends, FastAPI  # expect: WK311
from starlette.requests import Request  # expect: WK311
import app.main
import app.deps.things
from app.config import get_settings
from app.deps.things import OwnDep, SettingsDep, Thing, ThingDep, get_thing, unused  # expect: WK311
from app.main import make_app  # expect: WK311
if TYPE_CHECKING:
    from app.main import app as typed
class Mine(FastAPI):
    pass
async def job(ctx, request: Request, thing: ThingDep):
    app.main.app.state.x = 1  # expect: WK311
    settings = get_settings()
    made = app.main.make_app()  # expect: WK311
    made.title  # expect: WK311
    getattr(request.app.state, "y")
    request.state.z
async def other(ctx) -> "app.deps.things.ThingDep":  # expect: WK311
    return app.deps.things.get_thing()  # expect: WK311
async def third(ctx):
    return Mine.title  # expect: WK311
def helper():
    return app.main.app  # expect: WK311
class W:
    functions = [job, other, third]
    redis_settings = RedisSettings()
""",
    ("WK311", "a module that is the application's as well"): """
--- app/main.py
from fastapi import FastAPI
from app.deps.things import ThingDep, get_thing
app = FastAPI()
def make_app():
    return FastAPI()
@app.get("/")
def index(thing: ThingDep) -> int: ...
--- app/deps/__init__.py
--- app/deps/things.py
from typing import Annotated
from fastapi import Depends
from app.config import Settings, get_settings
class Thing:
    def __init__(self, n: int) -> None: ...
class Own:
    pass
def get_thing() -> int: ...
def unused() -> int: ...
ThingDep = Annotated[int, Depends(get_thing)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
OwnDep = Annotated[Thing, Depends()]
--- app/api.py
from fastapi import APIRouter
from app.deps.things import OwnDep, SettingsDep
router = APIRouter()
@router.get("/x")
def x(own: OwnDep, settings: SettingsDep) -> int: ...
--- app/config.py
from functools import lru_cache
from pydantic_settings import BaseSettings
class Settings(BaseSettings): ...
@lru_cache
def get_settings() -> Settings:
    return Settings()
--- app/worker.py
from typing import TYPE_CHECKING
from arq.connections import RedisSettings
from fastapi import Depends, FastAPI
from starlette.requests import Request
import app.main
import app.deps.things
from app.config import get_settings
from app.deps.things import OwnDep, SettingsDep, Thing, ThingDep, get_thing, unused
from app.main import make_app
if TYPE_CHECKING:
    from app.main import app as typed
application = FastAPI()
class Mine(FastAPI):
    pass
async def job(ctx, request: Request, thing: ThingDep):  # expect: WK311
    app.main.app.state.x = 1  # expect: WK311
    settings = get_settings()
    made = app.main.make_app()  # expect: WK311
    made.title  # expect: WK311
    getattr(request.app.state, "y")  # expect: WK311
    request.state.z
async def other(ctx) -> "app.deps.things.ThingDep":  # expect: WK311
    return app.deps.things.get_thing()  # expect: WK311
async def third(ctx):
    return Mine()  # expect: WK311
def helper():
    return app.main.app
class W:
    functions = [job, other, third]
    redis_settings = RedisSettings()
""",
}


@pytest.mark.parametrize(
    ("rule", "program"), [(key[0], text) for key, text in PROGRAMS.items()], ids=map(" ".join, PROGRAMS)
)
def test_a_program_is_reported_where_it_says(rule: str, program: str) -> None:
    files = files_of(program)

    found = found_in(program_from(files), [RULES[rule]])

    assert found == expected_in(files)
