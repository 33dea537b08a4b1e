# ruff: noqa: E501  programs in lines
"""WK301, WK305, WK306 and WK312: what is written to arq's context, and what is read from it."""

from __future__ import annotations

import pytest

from conformance.examples import expected_in, files_of, found_in, program_from
from conformance.rules.worker.ctx_annotation_mismatch import RULE as WK306
from conformance.rules.worker.ctx_write_outside_worker import RULE as WK301
from conformance.rules.worker.nullable_ctx_read import RULE as WK312
from conformance.rules.worker.unset_ctx_key import RULE as WK305

RULES = {rule.id: rule for rule in (WK301, WK305, WK306, WK312)}

PROGRAMS = {
    ("WK301", "each spelling of a write"): """
--- app/worker.py
from arq.connections import RedisSettings
from app.tasks.a import t

class WorkerSettings:
    functions = [t]
    redis_settings = RedisSettings()
--- app/tasks/a.py
import operator
from operator import setitem as put
from typing import Any, Dict


async def t(ctx: Dict[str, Any], n: int, *keys) -> None:
    ctx.__setitem__("a", 1)  # expect: WK301
    operator.setitem(ctx, "b", 2)  # expect: WK301
    put(ctx, "c", 3)  # expect: WK301
    ctx["d"] += 1  # expect: WK301
    del ctx["e"]  # expect: WK301
    ctx.pop("f", None)  # expect: WK301
    ctx.clear()  # expect: WK301
    ctx.popitem()  # expect: WK301
    ctx.update({"g": 1})  # expect: WK301
    ctx.update(h=1)  # expect: WK301
    ctx |= {"i": 1}  # expect: WK301
    ctx.setdefault("j", 1)  # expect: WK301
    for ctx["k"] in keys:  # expect: WK301
        pass
    ctx["l"], other = 1, 2  # expect: WK301
    (ctx["m"], *ctx["n"]) = keys  # expect: WK301
    with open("x") as ctx["o"]:  # expect: WK301
        pass
    ctx["p"]: int = 3  # expect: WK301
    c = ctx
    c["q"] = 1  # expect: WK301
    if (d := ctx) is not None:
        d["r"] = 1  # expect: WK301
    operator.delitem(ctx, "s")  # expect: WK301
    ctx.__delitem__("t")  # expect: WK301
    dict.update(ctx, u=1)  # expect: WK301
    dict.__setitem__(ctx, "v", 1)  # expect: WK301
    [ctx.update(w=k) for k in keys]  # expect: WK301
    ctx.__ior__({"x": 1})  # expect: WK301
    operator.ior(ctx, {"y": 1})  # expect: WK301
""",
    ("WK301", "methods and objects that keep the context"): """
--- app/worker.py
from arq.connections import RedisSettings
from app.tasks.jobs import Job, runner, Callable_
class WorkerSettings:
    functions = [Job.run, runner.go, Callable_()]
    redis_settings = RedisSettings()
--- app/tasks/jobs.py
class Base:
    def keep(self):
        self.ctx["k"] = 1

class Job(Base):
    def __init__(self, ctx):
        self.ctx = ctx

    @staticmethod
    async def run(ctx, x):
        job = Job(ctx)
        job.keep()
        ctx["z"] = 1  # expect: WK301

    def other(self):
        self.ctx["j"] = 1  # expect: WK301

class Runner:
    async def go(self, ctx, x):
        ctx["a"] = x  # expect: WK301
        self._ctx = ctx
        self._store(x)

    def _store(self, x):
        self._ctx["b"] = x  # expect: WK301
        self._ctx.update(c=x)  # expect: WK301

runner = Runner()

class Callable_:
    __qualname__ = "c"
    async def __call__(self, ctx, x):
        ctx["q"] = x  # expect: WK301
""",
    ("WK301", "decorators, wrappers, closures and helpers in other modules"): """
--- app/worker.py
from functools import partial
from arq import cron, func
from arq.connections import RedisSettings
from app.tasks.jobs import a, b, c, d, e, f
from app.deco import wrap, Timed

class WorkerSettings:
    functions = [a, wrap(b), func(c, name="c"), partial(d, limit=3), "app.tasks.jobs.e"]
    cron_jobs = [cron(f, hour=1)]
    redis_settings = RedisSettings()
--- app/deco.py
import functools

def traced(fn):
    @functools.wraps(fn)
    async def inner(ctx, *args, **kwargs):
        ctx["trace"] = 1  # expect: WK301
        return await fn(ctx, *args, **kwargs)
    return inner

def named(name):
    def decorate(fn):
        @functools.wraps(fn)
        async def inner(context, *args):
            context.update(name=name)  # expect: WK301
            return await fn(context, *args)
        return inner
    return decorate

def wrap(fn):
    async def outer(c, *args):
        c["w"] = 1  # expect: WK301
        return await fn(c, *args)
    return outer

def starry(fn):
    async def inner(*args, **kwargs):
        args[0]["s"] = 1  # expect: WK301
        return await fn(*args, **kwargs)
    return inner

class Timed:
    def __init__(self, fn):
        self.fn = fn

    async def __call__(self, ctx, *args):
        ctx["t"] = 1  # expect: WK301
        return await self.fn(ctx, *args)
--- app/tasks/jobs.py
from app.deco import traced, named, starry, Timed
from app.helpers import h1

@traced
async def a(ctx, x):
    ctx["a"] = x  # expect: WK301

@named("b")
async def b(ctx):
    ctx["b"] = 1  # expect: WK301

@starry
async def c(ctx):
    ctx["c"] = 1  # expect: WK301

@Timed
async def d(ctx, limit):
    ctx["d"] = 1  # expect: WK301

async def e(ctx):
    h1(ctx)
    def inner():
        ctx["closure"] = 1  # expect: WK301
    inner()
    (lambda: ctx.update(l=1))()  # expect: WK301

async def f(ctx):
    ctx["f"] = 1  # expect: WK301
--- app/helpers.py
from app import more

def h1(context):
    more.h2(store=context)
--- app/more.py
def h2(*, store):
    store["deep"] = 1  # expect: WK301
""",
    ("WK301", "copies and new dicts"): """
--- app/worker.py
from arq.connections import RedisSettings
from app.tasks import ping, other
class WorkerSettings:
    functions = [ping]
    redis_settings = RedisSettings()
--- app/tasks.py
import copy

async def ping(ctx):
    mine = dict(ctx)
    mine["a"] = 1
    two = ctx.copy()
    two["b"] = 1
    three = copy.copy(ctx)
    three["c"] = 1
    four = {**ctx}
    four.update(d=1)
    five = ctx | {"e": 1}
    five["f"] = 1
    ctx["seen"].add(3)
    ctx["state"]["x"] = 1
    ctx["obj"].attr = 1
    six = {k: v for k, v in ctx.items()}
    six["g"] = 1
    ctx = {"fresh": 1}
    ctx["h"] = 1

def other(ctx):
    ctx["a"] = 1
""",
    ("WK301", "contexts of other libraries"): """
--- app/worker.py
from arq.connections import RedisSettings
from app.jobs import ping
class WorkerSettings:
    functions = [ping]
    redis_settings = RedisSettings()
--- app/jobs.py
async def ping(ctx): return ctx["job_id"]
--- app/mcp.py
from mcp.server.fastmcp import Context, FastMCP
mcp = FastMCP("x")
@mcp.tool()
async def tool(ctx: Context):
    ctx["x"] = 1
def resolve(info):
    info.context["user"] = 1
async def handler(context: dict):
    context["a"] = 1
""",
    ("WK301", "each form of settings"): """
--- app/w1.py
from arq.worker import run_worker
from arq.connections import RedisSettings
from app.t import a
class Whatever:
    functions = [a]
    redis_settings = RedisSettings()
--- app/w2.py
from arq.connections import RedisSettings
from app import t
SETTINGS = {"functions": [t.b], "redis_settings": RedisSettings()}
--- app/w3.py
from arq import Worker
from app.t import c
from app.lists import MANY
def main():
    w = Worker([c, *MANY], redis_settings=None)
    w.run()
--- app/w4.py
from arq import run_worker
from app.t import e
from app.base import Base
class S(Base):
    functions = Base.functions + [e]
if __name__ == "__main__":
    run_worker(S)
--- app/base.py
from arq.connections import RedisSettings
from app.t import f
class Base:
    functions = [f]
    redis_settings = RedisSettings()
--- app/lists.py
from app.t import d, g
MANY = [d]
MANY.append(g)
MANY += ["app.t.h"]
--- app/w5.py
from safir.arq import WorkerSettings
from app.t import i
settings = WorkerSettings(functions=[i], redis_settings=None)
--- app/t.py
async def a(ctx):
    ctx["x"] = 1  # expect: WK301
async def b(ctx):
    ctx["x"] = 1  # expect: WK301
async def c(ctx):
    ctx["x"] = 1  # expect: WK301
async def d(ctx):
    ctx["x"] = 1  # expect: WK301
async def e(ctx):
    ctx["x"] = 1  # expect: WK301
async def f(ctx):
    ctx["x"] = 1  # expect: WK301
async def g(ctx):
    ctx["x"] = 1  # expect: WK301
async def h(ctx):
    ctx["x"] = 1  # expect: WK301
async def i(ctx):
    ctx["x"] = 1  # expect: WK301
""",
    ("WK301", "hooks in a module of their own, helpers outside"): """
--- app/settings_arq.py
from arq.connections import RedisSettings
from app.hooks import up, down, job_start
from app.t import a
class S:
    functions = [a]
    on_startup = up
    on_shutdown = staticmethod(down)
    on_job_start = job_start
    redis_settings = RedisSettings()
--- app/hooks.py
from app.fill import fill
async def up(ctx):
    ctx["a"] = 1
    await fill(ctx)
    for name, value in (("b", 1),):
        ctx[name] = value
async def down(ctx):
    del ctx["a"]
async def job_start(ctx):
    ctx["n"] = 1
--- app/fill.py
from typing import Any
async def fill(c: dict[str, Any]) -> None:
    c["f"] = 1  # expect: WK301
    more(c)
def more(c, k="z"):
    c[k] = 1  # expect: WK301
--- app/t.py
from app.util import remember
async def a(ctx):
    remember(ctx, "x", 1)
    remember(value=1, store=ctx, key="y")
--- app/util.py
def remember(store, key, value):
    store[key] = value  # expect: WK301
""",
    ("WK301", "settings that another module fills, tasks in an envelope"): """
--- app/settings.py
from typing import Any, ClassVar
from arq.connections import RedisSettings
class Settings:
    redis_settings = RedisSettings()
    functions: ClassVar[list[Any]] = []
    cron_jobs: ClassVar[list[Any]] = []
    on_startup = None
--- app/worker.py
from typing import cast
from arq import cron
from app.envelope import envelope
from app.settings import Settings
from app.t import a, b, c, d, up
_a = envelope(a)
Settings.functions = [_a]
Settings.functions.append(b)
Settings.cron_jobs += [cron(cast(object, envelope(c)), hour=1)]
Settings.on_startup = up
--- app/envelope.py
import functools
def envelope(fn):
    @functools.wraps(fn)
    async def wrapper(ctx, *args):
        ctx["trace"] = 1  # expect: WK301
        return await fn(ctx, *args)
    return wrapper
--- app/t.py
async def a(ctx):
    ctx["x"] = 1
async def b(ctx):
    ctx["x"] = 1
async def c(ctx):
    ctx["x"] = 1
async def d(ctx):
    ctx["x"] = 1
async def up(ctx):
    ctx["x"] = 1
""",
    ("WK305", "keys of constants, enumerations, loops, helpers and settings"): """
--- app/worker.py
from functools import partial
from arq.connections import RedisSettings
from app.keys import DB, Keys
from app.fill import fill
from app.t import a, b, c

async def on_startup(ctx):
    ctx[DB] = 1
    ctx[Keys.HTTP] = 2
    ctx[Keys.MAIL.value] = 2
    await fill(ctx)
    ctx.setdefault("sd", 1)
    ctx |= {"ior": 1}
    for k in ("one", "two"):
        ctx[k] = 0

async def on_shutdown(ctx):
    for k in ("one", "three"):
        ctx[k].close()  # expect: WK305
    ctx.pop("nope")  # expect: WK305
    ctx.pop("nope", None)

class WorkerSettings:
    functions = [a, b, c]
    on_startup = on_startup
    on_shutdown = on_shutdown
    redis_settings = RedisSettings()
    ctx = {"given": 1}
--- app/keys.py
from enum import StrEnum
DB = "db"
class Keys(StrEnum):
    HTTP = "http"
    MAIL = "mail"
--- app/fill.py
async def fill(c: dict) -> None:
    c["filled"] = 1
    inner(c)
def inner(c):
    c.update(deep=1, **{"star": 2})
--- app/t.py
from app.keys import DB, Keys
from app.help import pick
K = "missing"
async def a(ctx, n):
    x = ctx["db"], ctx[DB], ctx["http"], ctx[Keys.MAIL], ctx["filled"], ctx["deep"], ctx["star"], ctx["sd"], ctx["ior"], ctx["one"], ctx["two"], ctx["given"]
    y = ctx[K]  # expect: WK305
    z = ctx.get(K, 3)  # expect: WK305
    alias = ctx
    w = alias["zip"]  # expect: WK305
    if "opt" in ctx:
        pass
    q = ctx.__getitem__("q")  # expect: WK305
    ctx["mine"] = 1
    return ctx["mine"]
async def b(ctx):
    return pick(ctx)
async def c(*args):
    ctx, *rest = args
    return ctx["zap"]  # expect: WK305
--- app/help.py
def pick(context):
    return context["hm"]  # expect: WK305
""",
    ("WK305", "a start-up of another distribution"): """
--- app/worker.py
from arq.connections import RedisSettings
from lib import setup
async def on_startup(ctx):
    await setup(ctx)
async def t(ctx):
    return ctx["x"]
class WorkerSettings:
    functions = [t]
    on_startup = on_startup
    redis_settings = RedisSettings()
""",
    ("WK305", "no start-up"): """
--- app/worker.py
from arq.connections import RedisSettings
async def t(ctx):
    return ctx["x"], ctx["redis"]  # expect: WK305
class WorkerSettings:
    functions = [t]
    redis_settings = RedisSettings()
""",
    ("WK305", "hooks and tasks in the settings class"): """
--- app/worker.py
from arq.connections import RedisSettings
class WorkerSettings:
    redis_settings = RedisSettings()
    @staticmethod
    async def on_startup(ctx):
        ctx["a"] = 1
    @staticmethod
    async def on_shutdown(ctx):
        ctx["b"]  # expect: WK305
    @staticmethod
    async def t(ctx):
        return ctx["a"]
    functions = [t]
""",
    ("WK305", "keywords beside a settings class"): """
--- app/worker.py
from arq import run_worker
from arq.worker import create_worker
from app.t import t
async def up(ctx):
    ctx["a"] = 1
def main():
    run_worker({"functions": [t], "on_startup": up})
def main2():
    create_worker(S, on_startup=up)
class S:
    functions = [t]
--- app/t.py
async def t(ctx):
    return ctx["a"]
""",
    ("WK306", "known and unknown types"): """
--- app/worker.py
from arq.connections import RedisSettings, create_pool
from sqlalchemy.ext.asyncio import create_async_engine, async_sessionmaker, AsyncEngine
import httpx
from app.svc import Base, Sub, Other, make
from app.t import a
async def on_startup(ctx):
    engine = create_async_engine("x")
    ctx["engine"] = engine
    ctx["maker"] = async_sessionmaker(engine)
    ctx["http"] = httpx.AsyncClient()
    ctx["sub"] = Sub()
    ctx["base"] = Base()
    ctx["made"] = make()
    ctx["count"] = 3
    ctx["flag"] = True
    ctx["names"] = {"a"}
    ctx["text"] = f"a{engine}"
    ctx["cfg"] = {"a": 1}
    ctx["unknown"] = foo()
    ctx["none"] = None
    ctx["pool"] = await create_pool(RedisSettings())
class W:
    functions = [a]
    on_startup = on_startup
    redis_settings = RedisSettings()
--- app/svc.py
from typing import Protocol, TypedDict
class Base: ...
class Sub(Base): ...
class Other: ...
class Proto(Protocol):
    def x(self): ...
class Cfg(TypedDict):
    a: int
def make() -> Base: ...
--- app/t.py
from __future__ import annotations
from typing import Any, Optional, Mapping, Callable, TypeVar, Set, TypeAlias
import sqlalchemy.ext.asyncio as sa
from sqlalchemy import Engine
import httpx
from redis.asyncio import Redis
from arq import ArqRedis
from app.svc import Base, Sub, Other, Proto, Cfg
from app.help import help_
Eng: TypeAlias = Engine
async def a(ctx):
    e1: sa.AsyncEngine = ctx["engine"]
    e2: "Engine" = ctx["engine"]  # expect: WK306
    e3: Eng = ctx["engine"]  # expect: WK306
    e4: Optional[Engine] = ctx.get("engine")  # expect: WK306
    e5: Engine | sa.AsyncEngine = ctx["engine"]
    m1: sa.AsyncSession = ctx["maker"]  # expect: WK306
    m2: sa.async_sessionmaker[sa.AsyncSession] = ctx["maker"]
    h1: httpx.Client = ctx["http"]  # expect: WK306
    s1: Base = ctx["sub"]
    s2: Other = ctx["sub"]  # expect: WK306
    s3: Proto = ctx["sub"]
    s4: Any = ctx["sub"]
    s5: object = ctx["sub"]
    b1: Sub = ctx["base"]  # expect: WK306
    b2: Sub = ctx["made"]
    b3: Other = ctx["made"]  # expect: WK306
    c1: float = ctx["count"]
    c2: str = ctx["count"]  # expect: WK306
    f1: int = ctx["flag"]
    n1: list[str] = ctx["names"]  # expect: WK306
    n2: set[str] = ctx["names"]
    n3: Set[str] = ctx["names"]
    t1: int = ctx["text"]  # expect: WK306
    g1: Cfg = ctx["cfg"]
    g2: Mapping[str, int] = ctx["cfg"]
    g3: dict = ctx["cfg"]
    g4: list = ctx["cfg"]  # expect: WK306
    u1: int = ctx["unknown"]
    x1: int = ctx["none"]
    p1: Redis = ctx["pool"]
    p2: ArqRedis = ctx["pool"]
    help_(ctx)
    engine = ctx["engine"]
    al: Engine = engine  # expect: WK306
--- app/help.py
from sqlalchemy import Engine
def help_(c):
    e: Engine = c["engine"]  # expect: WK306
""",
    ("WK312", "tests for None"): """
--- app/worker.py
from arq.connections import RedisSettings
import httpx
from sqlalchemy.ext.asyncio import create_async_engine
from app.help import client_of
from app.t import a, b, c
glob = None
async def on_startup(ctx):
    global glob
    glob = httpx.Client()
    ctx["http"] = httpx.AsyncClient()
    ctx["engine"] = create_async_engine("x")
    ctx["n"] = 3
async def on_shutdown(ctx):
    if ctx.get("http"):
        await ctx["http"].aclose()
    await dispose(ctx)
    client_of(ctx)
async def dispose(ctx):
    if ctx.get("engine") is not None:
        await ctx["engine"].dispose()
async def never_called(ctx):
    return ctx.get("engine")
class W:
    functions = [a, b, c]
    on_startup = on_startup
    on_shutdown = on_shutdown
    redis_settings = RedisSettings()
--- app/t.py
from typing import Optional
import httpx
from app.help import client_of
from app import worker
KEY = "http"
async def a(ctx):
    x = ctx.get("http", None)  # expect: WK312
    y = ctx.get(KEY)  # expect: WK312
    r = ctx.get("redis")  # expect: WK312
    n = ctx.get("n")
    if n is None: pass
    z: httpx.AsyncClient | None = ctx["http"]  # expect: WK312
    if z is not None: pass
    w = ctx["engine"]  # expect: WK312
    if not w: raise RuntimeError
    if ctx["engine"] is None: raise  # expect: WK312
    assert ctx["http"]  # expect: WK312
    v = ctx["http"]  # expect: WK312
    t = v if v is not None else 3
    u = ctx["http"]  # expect: WK312
    match u:
        case None: pass
    ok = ctx["http"]
    res = await ok.get("x")
    if res is None: pass
    if (q := ctx["http"]) is None: pass  # expect: WK312
    return client_of(ctx)
async def b(ctx):
    assert worker.glob is not None  # expect: WK312
    g = worker.glob
    if g is None:  # expect: WK312
        return
async def c(ctx, client: Optional[str] = None):
    if client is None: return
    e = ctx["engine"]
    async with e.begin() as conn:
        row = await conn.execute("x")
        if row is None: return
--- app/help.py
def client_of(c):
    return c.get("http")  # expect: WK312
""",
    ("WK305", "taken out, computed, and of several workers"): """
--- app/worker.py
from arq.connections import RedisSettings
from app.tasks import both, first, second
async def start(ctx):
    ctx["a"] = 1
    ctx["both"] = 1
async def start_open(ctx):
    ctx[name()] = 1
class First:
    functions = [first, both]
    on_startup = start
    redis_settings = RedisSettings()
class Second:
    functions = [second, both]
    on_startup = start_open
    redis_settings = RedisSettings()
--- app/tasks.py
async def first(ctx, key):
    ctx["a"]
    ctx["b"]  # expect: WK305
    ctx.get("b")  # expect: WK305
    ctx.pop("b")  # expect: WK305
    ctx.pop("b", None)
    del ctx["b"]
    ctx[key]
    ctx["redis"], ctx["job_id"], ctx["score"]
    ctx["kept"] = 1
    ctx["kept"]
    for name in ("a", "c"):
        ctx[name]  # expect: WK305
    return dict(ctx)
async def second(ctx):
    ctx["b"]
async def both(ctx):
    ctx["both"]
    ctx["b"]  # expect: WK305
""",
    ("WK306", "what start-up stores, of every kind"): """
--- app/worker.py
from arq.connections import RedisSettings
import httpx
from redis.asyncio import Redis
from app.tasks import job
class Own: ...
class Sub(Own): ...
async def start(ctx):
    ctx["redis_"] = Redis()
    ctx["own"] = Own()
    ctx["sub"] = Sub()
    ctx["text"] = "x"
    ctx["list"] = []
    ctx["dict"] = {}
    ctx["set"] = {x for x in ()}
    ctx["lazy"] = (x for x in ())
    ctx["either"] = None
    ctx["either"] = Redis()
    ctx["none"] = None
    ctx["unknown"] = unknown()
class W:
    functions = [job]
    on_startup = start
    redis_settings = RedisSettings()
--- app/tasks.py
from typing import Any, Optional
import httpx
from redis.asyncio import Redis
from app.worker import Own, Sub
async def job(ctx, self):
    a: Redis = ctx["redis_"]
    b: httpx.AsyncClient = ctx["redis_"]  # expect: WK306
    c: Any = ctx["redis_"]
    d: Optional[Redis] = ctx["redis_"]
    e: Own = ctx["sub"]
    f: Sub = ctx["own"]  # expect: WK306
    g: Redis = ctx["own"]  # expect: WK306
    h: int = ctx["text"]  # expect: WK306
    i: str = ctx["text"]
    j: dict = ctx["list"]  # expect: WK306
    k: list[int] = ctx["list"]
    l: list = ctx["dict"]  # expect: WK306
    m: set = ctx["set"]
    n: list = ctx["set"]  # expect: WK306
    o: list = ctx["lazy"]
    p: httpx.AsyncClient = ctx["either"]  # expect: WK306
    q: Redis = ctx["none"]
    r: Redis = ctx["unknown"]
    s: Redis = ctx["missing"]
    t: httpx.AsyncClient | str = ctx["redis_"]  # expect: WK306
    u: Unknown = ctx["redis_"]
    self.v: httpx.AsyncClient = ctx["redis_"]  # expect: WK306
    w: httpx.AsyncClient
    x: httpx.AsyncClient = ctx.get("redis_")  # expect: WK306
""",
    ("WK312", "the other ways of asking whether it is there"): """
--- app/worker.py
from arq.connections import RedisSettings
import httpx
from app.t import a, b
cache = httpx.Client()
other = cache
async def on_startup(ctx):
    ctx["http"] = httpx.AsyncClient()
    ctx["n"] = 3
async def on_shutdown(ctx):
    await ctx["http"].aclose()
class W:
    functions = [a, b]
    on_startup = on_startup
    on_shutdown = on_shutdown
    redis_settings = RedisSettings()
--- app/t.py
import httpx
from app import worker
async def a(ctx, n: int, given=None):
    x = ctx["http"]  # expect: WK312
    if None is not x:
        pass
    y = ctx["http"]  # expect: WK312
    if n and (not y or n > 3):
        pass
    z = ctx["http"]  # expect: WK312
    alias = z
    if alias is None:
        return
    while ctx["http"] is None:  # expect: WK312
        pass
    if ctx["http"] != None:  # expect: WK312
        pass
    if ctx["http"] == None:  # expect: WK312
        pass
    if None == ctx["http"]:  # expect: WK312
        pass
    match ctx["http"]:  # expect: WK312
        case None:
            pass
    if (w := ctx["http"]):  # expect: WK312
        pass
    popped = ctx.pop("http", None)  # expect: WK312
    if popped:
        pass
    v = ctx["http"]  # expect: WK312
    assert v
    kept = ctx["http"]
    if kept == n or None is n or 1 is None or n is None:
        pass
    if given is None and ctx["n"] is None:
        pass
    match kept:
        case 1:
            pass
    match n:
        case None:
            pass
    other = ctx["n"]
    if other is None or not ctx.get("n"):
        pass
    if kept.is_closed is None or kept.get("x") is None:
        pass
    for other in ():
        if other is None:
            pass
    if a is None or httpx is None:
        pass
async def b(ctx):
    copied = worker.cache
    again = copied
    if copied is None:  # expect: WK312
        return
    if worker.other:  # expect: WK312
        return
    if worker.W is None or worker.on_startup is None:
        return
def helper():
    assert worker.cache is not None
""",
}


@pytest.mark.parametrize(
    ("rule", "program"), [(key[0], text) for key, text in PROGRAMS.items()], ids=map(" ".join, PROGRAMS)
)
def test_a_program_is_reported_where_it_says(rule: str, program: str) -> None:
    files = files_of(program)

    found = found_in(program_from(files), [RULES[rule]])

    assert found == expected_in(files)
