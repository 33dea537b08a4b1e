# ruff: noqa: E501  programs in lines
"""Code of every shape, most of it nonsense: it stops no rule, and what is said of it was read once."""

from __future__ import annotations

from conformance.examples import program_from
from conformance.rules import all_rules
from tests.kit import golden, said_of

SHAPES = '''
import os, sys, app, importlib, contextvars, functools
import os.path as p
from . import *
from .. import missing, x as y
from ..nowhere.at_all import *
from typing import Annotated, Any, Generic, Optional, TypeVar, Union, cast
from fastapi import *
from fastapi import APIRouter, Depends, FastAPI, Request, Security
from lib import strange, Strange
T = TypeVar("T")
a: int
b: "not python at all ("
c: "str | None" = None
d = c = None
(e, [f, *g]), h.i, j[0] = strange
k += 1
l = *strange, 1
del e, f[0], h.i
m = {**strange, "a": 1, None: 2, 3: [*l], strange(): {*()}}
n = [o for q in strange if q for r in q if (s := r)], {t: u for t, u in ()}, {v async for v in w}
aa = lambda *x, y=1, **z: (yield)
ab = x if y else z or not a and b
ac = a < b <= c != d is not e not in f
ad = f"{a!r:{b}} {c=} {'d'}" "e" + b"" + 1 - -2 ** ~3 @ d
ae = strange()(1)[2].three(*four, **five)[6:7:8, ...](nine=10)
af = (await strange()), (yield), ...
ag = "".join, [].append(1), {}.get, ().x, 1 .real, None.x, "x".format(1) % 2
assert a, b
assert ah
if a: pass
elif b: ...
else: print()
while a:
    break
else:
    pass
for ai, aj.ak in strange: continue
else: pass
with a, b as c, d() as (e, f), g as h.i, j as k[0]: pass
try: raise
except: raise strange from None
try: pass
except (ValueError, lib.Error) as al: raise al from al
except strange(): pass
else: pass
finally: pass
try: pass
except* ValueError: pass
match strange:
    case 1 | "a" | None | -1: pass
    case {"a": am, **an} if am: pass
    case [1, *_] | (1, 2): pass
    case Strange(x=1, y=Strange()) as ao: pass
    case lib.CONSTANT: pass
    case _: pass
@strange
@strange.odd(1)
@strange[0]
@(lambda x: x)
def aq(a, /, b: int = 1, *c: str, d: "None" = None, e, **f: Any) -> "Strange[int] | None":
    """A docstring."""
    def inner():
        nonlocal b
        global ar
        b = ar = a
        return
    async def later():
        async with strange as x, y: pass
        async for z in x: yield z
    class Local(inner, *strange, metaclass=strange, **later): a = b
    return inner, later, Local, locals(), super().x
@strange.fixture
@functools.lru_cache
class At(Generic[T], strange(), lib.Base, At, metaclass=lib.Meta):
    __slots__ = (a, b), c = strange
    d: Annotated = None
    e: Annotated[int]
    f: Annotated[int, Depends] = Depends
    x: Optional
    y: Union[()]
    def __init__(self): self.a = self.b = self = None
    def no_self(): ...
    @staticmethod
    def static(): ...
    @classmethod
    def of_class(cls): return cls()
    @property
    def prop(self): return self.prop
    async def __aenter__(self): return self
    def __call__(self, *args): return self(*args)
    def __getattr__(self, name): return getattr(self, name)
'''
INJECTED = """
router = APIRouter(dependencies=[*strange, Depends(strange), Depends(), Depends(None), Depends(*x), None, strange()])
Dep = Annotated[Any, Depends(lambda: 1), Security(strange, scopes=[1]), Depends(strange()), Depends(dependency=Strange)]
Other = Annotated[Dep, Depends()] | None
Ring = Annotated["Ring", Depends(ring)]
def ring(x: Ring = Depends(lambda: ring)): return ring(x)
def made(x=Depends(made)): yield
app = FastAPI(**strange, lifespan=strange(1), dependencies=strange, on_startup=None)
app.state, app.state.x, app.state[x], app.other, strange.state = 1, 2, 3, 4, 5
app.state.a.b.c = app.state.d()[0].e = getattr(app.state, strange, app.state.f)
setattr(app.state, *strange)
setattr(app.state, "a" + strange, 1)
getattr(app), setattr(app), hasattr(app.state), delattr(), vars(), getattr(*app)
app.state.update(**strange), vars(app.state).update(strange), app.state.__dict__.pop(*strange)
app.dependency_overrides[strange()], app.dependency_overrides.update(strange, **{}), app.dependency_overrides.pop()
app.dependency_overrides = strange
app.include_router(), app.include_router(*strange), app.include_router(strange, dependencies=[strange])
app.add_event_handler(), app.on_event(), app.on_event(strange)(strange), app.router.lifespan_context
router.get, router.get(), router.add_api_route(), router.add_api_route(1, *strange), router.add_api_route(endpoint=1)
@router.get
def bare(): ...
@router.get()
@router.post(strange, response_model=strange, status_code=strange, **strange)
async def odd(request, r: Request, *x: Dep, y: Dep = None, z=Depends(), _: None = Depends(ring), **w: Dep) -> strange:
    await request.json(*x), await r.body(), r.app.state.x(), r.state.y, await r.form()["a"].b
    data = request.app.state
    data.a, (data.b, data[0]), data().c = x
    return (await request.json())[0], data, [d for d in data], request.app.state.get(), request.app.state.get(*x)
class Views(router, At):
    x: Dep
    y = Depends(strange)
    @router.websocket("/")
    def view(self, x: "Dep" = Security()): return self.x(self.y)
"""
WORKING = """
from arq import *
from arq import cron, func, create_pool
from arq.connections import ArqRedis, RedisSettings
from arq.worker import Worker, run_worker
async def job(ctx, *args, **kwargs):
    ctx[args], ctx["a"]["b"], ctx.get(), ctx.get(*args), ctx.pop(), ctx["c"].d(ctx)[0]
    ctx.update(*args, **kwargs), ctx.setdefault(), ctx["e"](), dict(ctx, **ctx), {**ctx}, [*ctx]
    ctx[1] = ctx[args] = ctx["f"], ctx["g"] = ctx
    del ctx[args], ctx["h"]
    for ctx["i"], (ctx["j"], k) in ctx: pass
    with ctx["l"] as ctx["m"], ctx: pass
    if (n := ctx["n"]) is None or not ctx.get("o") or ctx["p"] == ctx: return ctx
    x: strange = ctx["q"]
    y: "Strange | None" = ctx.get(args)
    z: int = ctx
    match ctx.get("r"):
        case None: pass
    await strange.enqueue_job(), await strange.enqueue_job(*args), await strange.enqueue_job(f"{x}"), strange.enqueue()
async def no_context(): ...
async def only_args(*ctx): ctx[0]["a"]
def wrapper(fn):
    async def inner(*a): return await fn(*a)
    return inner
class WorkerSettings(strange.Base):
    functions = [job, *strange, func(), func(*strange), func(strange(), name=strange), cron, None, 1, "", "x.", wrapper(job)]
    functions += strange
    cron_jobs = strange or [cron(), cron(job), cron(strange, **strange), *[]]
    on_startup = on_shutdown = strange.hook
    on_job_start = wrapper(lambda ctx: ctx)
    redis_settings = strange()
    ctx = {strange: 1, **{}}
WorkerSettings.functions.append(strange), WorkerSettings.functions.extend(strange), WorkerSettings.functions.append()
WorkerSettings.functions = strange
Worker(), Worker(*strange), Worker([strange], **strange), run_worker(), run_worker(strange), run_worker(None, x=1)
var = contextvars.ContextVar(*strange)
var.set(*strange), var.set(var), contextvars.ContextVar, contextvars.ContextVar[strange]()
"""
CONFIGURED = """
from pydantic import BaseModel
from pydantic_settings import BaseSettings
import httpx, requests, redis, sqlalchemy, boto3
from sqlalchemy.orm import Session, sessionmaker
class Settings(BaseSettings, strange()):
    x: int = os.environ.get(*strange)
    inner: "Settings" = None
settings = Settings(*strange).x or [Settings(), *strange]
os.environ, os.environ[strange], os.environ.get(), os.getenv(), os.environ.get, os.environ.update(**os.environ)
client = httpx.AsyncClient(*strange) if strange else requests.Session()
maker = sessionmaker(*strange); engine = sqlalchemy.create_engine; session = maker()(strange)
class Model(BaseModel):
    x: "Model | None" = None
    @classmethod
    def make(cls, *args): return cls(*args).dict()[args], cls.model_validate, cls().model_dump().get()
def uses(x: Model, s: Session, **more):
    with client as c, maker() as d, strange(maker()): yield c
    try: yield (yield)
    except strange: return
    finally: [client.close(), s.close(), strange.close(client), getattr(client, strange)(), client.aclose]
    x.dict()[0], x.dict(), dict(x)["a"], dict(), dict(x, **more), x.model_dump().get(*more), requests.get("x").json()()
    open(), open(*more), importlib.import_module(), importlib.import_module(*more), __import__(), globals()[x], eval(x)
    s.execute(*more), s.query()(), requests.get(*more), requests.get(url=strange), client.get(), boto3.client()()
    if isinstance(x): cast(); cast(*more); cast(int)
    try: strange()
    except Exception as e: print(e); raise
def lazy(x=None, *, y: Session = None, **z):
    x = x or strange(); y = y if y else maker(); z.get("a", Session()); z["b"] or z.setdefault()
    if x is None: x, y = strange
    if not y: return
    return x or y or z
app_lifespan = functools.partial(uses)
"""
TESTED = """
import pytest, unittest.mock
from unittest.mock import patch
from app.main import app
@pytest.fixture
def fix(request, monkeypatch, mocker):
    monkeypatch.setattr(), monkeypatch.setattr(*request), monkeypatch.setattr("x", 1), monkeypatch.setattr(strange, "a", 1)
    monkeypatch.setitem(), monkeypatch.setitem(app.dependency_overrides, *request), monkeypatch.delattr(app), monkeypatch
    mocker.patch(), mocker.patch(strange), mocker.patch.object(), mocker.patch.dict(strange), mocker.spy()
    with patch("a.b.c"), patch.object(app, "state") as p, patch.multiple(strange), patch(""), patch("x."), patch: yield
    request.addfinalizer(), request.addfinalizer(strange), request.addfinalizer(lambda: app.dependency_overrides.clear())
    app.dependency_overrides.clear(*request), app.dependency_overrides.pop(strange)
@pytest.fixture(*strange, name=strange, scope=strange, autouse=strange)
class NoFixture: ...
@pytest.mark.usefixtures(*strange)
@patch
@patch()
def test_x(fix, *args, **kwargs): app.state.x = args; app.dependency_overrides[args[0]] = strange
"""
HEAD = "from __future__ import annotations\n"
NOISE = {
    f"app/noise/{name}.py": HEAD + SHAPES + "".join(more)
    for name, more in {
        "routes": (INJECTED,),
        "deps": (INJECTED, CONFIGURED),
        "tasks": (WORKING,),
        "worker": (WORKING, CONFIGURED),
        "lifespan": (INJECTED, CONFIGURED),
        "services": (CONFIGURED, WORKING),
        "cli": (CONFIGURED, INJECTED),
        "constants": (CONFIGURED,),
        "config": (CONFIGURED,),
    }.items()
} | {"tests/noise/conftest.py": HEAD + SHAPES + INJECTED + TESTED, "tests/noise/test_noise.py": HEAD + SHAPES + TESTED}


def test_no_rule_stumbles_over_code_of_any_shape() -> None:
    lines = list(said_of(program_from(NOISE), all_rules()))

    assert lines == golden("said/noise.txt", lines)
