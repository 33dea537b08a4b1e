"""What names, expressions and annotations stand for: `reveal(x)  # …`, one line each."""

from __future__ import annotations

import re
import sys

import pytest

from conformance.examples import files_of, program_from
from conformance.facts import code
from conformance.program import Program, scopes_of
from conformance.program.scopes import ClassScope
from conformance.program.values import (
    Annotation,
    AppState,
    AsgiScope,
    ClassValue,
    Context,
    ContextEntry,
    Display,
    External,
    FunctionValue,
    Instance,
    LambdaValue,
    Member,
    ModuleValue,
    Overrides,
    RequestState,
    StateEntry,
    TypeReference,
    Value,
)

REVEALED = re.compile(r"reveal\(.*\)  # (.*)$")


def shown(value: Value) -> str:
    """Return a value as the tables below write it."""
    match value:
        case External(name=name):
            return name
        case ModuleValue(module=module):
            return f"module {module.name}"
        case FunctionValue(function=function):
            return f"def {function.qualified.removeprefix(f'{function.module.name}.')}"
        case ClassValue(cls=cls):
            return f"class {cls.name}"
        case LambdaValue():
            return "lambda"
        case Instance(type=cls, arguments=arguments):
            name = cls.name if isinstance(cls, ClassScope) else cls
            given = ", ".join(" | ".join(map(shown, a)) or "?" for a in arguments)
            return f"a {name}[{given}]" if given else f"a {name}"
        case Member(instance=instance, name=name):
            return f"{shown(instance)}.{name}"
        case Display(node=code.Constant(value=constant)):
            return repr(constant)
        case Display(node=node):
            return f"a {getattr(node, 'kind', type(node).__name__.lower())}"
        case StateEntry(key=key):
            return f"app.state.{key}"
        case ContextEntry(key=key):
            return f"ctx[{key}]"
        case AppState() | Context() | Overrides() | RequestState() | AsgiScope():
            return type(value).__name__


def revealed(program: Program) -> dict[tuple[str, int], str]:
    """Return what each `reveal(…)` of a program is given: all that it can be, in the order in which it was found."""
    return {
        (module.path, node.span[0]): " | ".join(
            dict.fromkeys(map(shown, program.names.infer(node.arguments[0], scope)))
        )
        for module in program.modules
        for scope in scopes_of(module)
        for node in (*scope.nodes, *scope.deferred)
        if isinstance(node, code.Call) and code.dotted(node.function) == "reveal"
    }


def told(files: dict[str, str]) -> dict[tuple[str, int], str]:
    """Return what the comments say that is given."""
    return {
        (path, number): "" if match[1] == "nothing" else match[1]
        for path, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if (match := REVEALED.search(line))
    }


VALUES = {
    "displays": """--- app/a.py
reveal(1)  # 1
reveal("a")  # 'a'
reveal([1])  # a list
reveal((1,))  # a tuple
reveal({1})  # a set
reveal({"a": 1})  # a mapping
reveal(f"{1}")  # a format
reveal([x for x in ()])  # a list
reveal(lambda: 1)  # lambda
reveal(1 if x else "b")  # 1 | 'b'
reveal(1 or "b")  # 1 | 'b'
reveal(1 and 2)  # 1 | 2
reveal([1] + (2,))  # a list | a tuple
reveal({} | {})  # a mapping
reveal(1 - 2)  # nothing
reveal(not 1)  # nothing
reveal(unknown)  # nothing
reveal((y := 3))  # 3
reveal(y)  # 3
""",
    "items": """--- app/a.py
A = [1, "b"]
B = {"x": 1, "y": [2, 3], **{}}
def of(first, *rest): ...
reveal(A[0])  # 1
reveal(A[1])  # 'b'
reveal(A[-1])  # 1 | 'b'
reveal(A[2])  # nothing
reveal(A[k])  # 1 | 'b'
reveal([*A, 3][2])  # nothing
reveal([0, *A][0])  # 0
reveal(B["x"])  # 1
reveal(B["y"][1])  # 3
reveal(B["z"])  # nothing
reveal(B[unknown])  # 1 | a list | a mapping
reveal(1[0])  # nothing
for a in A:
    reveal(a)  # 1 | 'b'
for k in B:
    reveal(k)  # 'x' | 'y'
for c in [o for o in A]:
    reveal(c)  # 1 | 'b'
for d in [3 for o in A]:
    reveal(d)  # 3
e, f = A
reveal(e)  # 1
reveal(f)  # 'b'
(g, (h, i)) = 1, (2, 3)
reveal(i)  # 3
[j, *l] = A
reveal(j)  # 1
for m, p in [(1, 2), (3, 4)]:
    reveal(p)  # 2 | 4
""",
    "functions": """--- app/a.py
import functools
def one():
    return 1
def two(x):
    if x:
        return "a"
    return [1]
def nothing():
    return None
def generator():
    yield 1
    return 2
def either(x):
    return None if x else 3
async def later():
    return 4
def declared() -> int:
    return unknown()
def declared_text() -> int:
    return "a"
def given(a, b=2, *c, d=4, **e):
    reveal(a)  # 1
    reveal(b)  # 5 | 2
    reveal(c)  # a tuple
    reveal(d)  # 6 | 4
    reveal(e)  # nothing
def annotated(a: int, b: "str | None" = None, c: list[int] = ()):
    reveal(a)  # a builtins.int
    reveal(b)  # a builtins.str
    reveal(c)  # a builtins.list[a builtins.int]
def partly(a, b):
    reveal(a)  # 7
    reveal(b)  # 8
def ring(a):
    reveal(a)  # 9 | 1
    return ring(a)
def itself(a):
    return itself(a) or a
def starred(a, b):
    reveal(a)  # nothing
    reveal(b)  # 10
given(1, 5, 3, d=6)
functools.partial(partly, 7)
partly(b=8)
ring(9)
starred(*unknown, b=10)
reveal(one)  # def one
reveal(one())  # 1
reveal(two(1))  # 'a' | a list
reveal(nothing())  # nothing
reveal(generator())  # 1
reveal(either(1))  # 3
reveal(later())  # 4
reveal(await later())  # 4
reveal(declared())  # a builtins.int
reveal(declared_text())  # 'a' | a builtins.int
reveal(ring(1))  # nothing
reveal(itself(1))  # 1
reveal((lambda: 3)())  # 3
reveal(one.__wrapped__)  # def one
reveal(one.__name__)  # 'one'
reveal(one.__qualname__)  # 'one'
reveal(one.other)  # nothing
reveal(functools.partial(one))  # def one
""",
    "what a function only gives back": """--- app/a.py
def marked(function):
    function.marked = True
    return function
def named(function, name="x"):
    if name:
        return function
    return function
def either(function, other=None):
    if other:
        return other
    return function
def wrapped(function):
    function = one
    return function
def several(*functions): return functions
@marked
def one(): ...
def two(): ...
reveal(marked(two))  # def two
reveal(named(name="y", function=one))  # def one
reveal(marked(named(two, "z")))  # def two
reveal(marked(unknown))  # def one | def two
reveal(either(one))  # def one
reveal(wrapped(two))  # def one
reveal(several(one, two)[1])  # def two
class Register:
    def add(self, function): return function
reveal(Register().add(one))  # def one
reveal(Register().add(two))  # def two
""",
    "names that are bound again": """--- app/a.py
x = 1
def f():
    x = 2
    reveal(x)  # 2
    x = 3
    reveal(x)  # 3
    if x:
        x = 4
    reveal(x)  # 3 | 4
def g():
    global x
    reveal(x)  # 1 | 5
    x = 5
def h():
    x = 6
    def inner():
        nonlocal x
        reveal(x)  # 6 | 7
        x = 7
    return inner
def k():
    x = 9
    def inner():
        global x
        reveal(x)  # 1 | 5
        def more():
            reveal(x)  # 1 | 5
    reveal(x)  # 9
class C:
    x = 8
    reveal(x)  # 8
    def m(self):
        reveal(x)  # 1 | 5
    y = x
reveal(C.y)  # 8
try:
    z = 1
except ValueError:
    z = 2
reveal(z)  # 1 | 2
def i():
    for z in [3]:
        pass
    reveal(z)  # 3
    with open("x") as w:
        pass
    del z
def j(a):
    a = a or 1
    return a
import os as x_os
reveal(x_os)  # os
reveal(x_os.path)  # os.path
reveal(len)  # builtins.len
reveal(nowhere)  # nothing
""",
    "classes": """--- app/a.py
from functools import cached_property
from lib import Base, make
class A:
    kind = "a"
    def __init__(self, n):
        self.n = n
        self.m: int = n
        self.k = self.j = 2
    def method(self):
        reveal(self)  # a A
        reveal(self.n)  # 1
        reveal(self.m)  # 1
        reveal(self.j)  # 2
        return 3
    @property
    def prop(self):
        return 4
    @cached_property
    def cached(self):
        return 5
    @staticmethod
    def static(x):
        reveal(x)  # 6
        return 6
    @classmethod
    def made(cls, x):
        reveal(cls)  # class A
        reveal(x)  # 7
        return cls(x)
    def __call__(self):
        return 8
class B(A):
    kind = "b"
    def method(self):
        reveal(super())  # a A
        reveal(super().method())  # 3
        return super().kind
class C(Base):
    pass
class D(D):
    pass
class Outer:
    class Inner:
        x = 9
class Generic(A[int]):
    pass
a = A(1)
reveal(A)  # class A
reveal(a)  # a A
reveal(A.kind)  # 'a'
reveal(a.kind)  # 'a'
reveal(B(1).kind)  # 'b'
reveal(B(1).n)  # 1
reveal(a.method())  # 3
reveal(A.method(a))  # 3
reveal(a.prop)  # 4
reveal(a.cached)  # 5
reveal(a.static(6))  # 6
reveal(A.made(7))  # a A
reveal(a())  # 8
reveal(B(1).method())  # 'a'
reveal(a.nothing)  # nothing
reveal(a.app)  # a fastapi.FastAPI
reveal(C())  # a C
reveal(C().thing)  # a lib.Base.thing
reveal(Outer.Inner.x)  # 9
reveal(Outer.Inner().x)  # 9
reveal(Generic(1).kind)  # 'a'
reveal(A[int])  # class A
reveal(D().x)  # nothing
""",
    "what other distributions make": """--- app/a.py
import asyncio
import contextlib
import copy
import functools
import httpx
import lib
from lib.things import Thing, thing, VALUE, create
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
import pathlib
reveal(lib)  # lib
reveal(lib.x.y)  # lib.x.y
reveal(Thing)  # lib.things.Thing
reveal(Thing())  # a lib.things.Thing
reveal(thing())  # nothing
reveal(VALUE())  # nothing
reveal(Thing.from_url("x"))  # a lib.things.Thing
reveal(Thing.create())  # a lib.things.Thing
reveal(Thing.connect())  # a lib.things.Thing
reveal(Thing.build())  # a lib.things.Thing
reveal(Thing.other())  # nothing
reveal(lib.from_url())  # nothing
reveal(create())  # nothing
reveal(Thing().part)  # a lib.things.Thing.part
reveal(Thing().part())  # nothing
reveal(Redis())  # a redis.asyncio.Redis
reveal(Redis.from_url("x"))  # a redis.asyncio.Redis
reveal(httpx.AsyncClient().get("x"))  # a httpx.Response
reveal(await httpx.AsyncClient().get("x"))  # a httpx.Response
reveal(create_async_engine("x"))  # a sqlalchemy.ext.asyncio.AsyncEngine
reveal(async_sessionmaker(1)())  # a sqlalchemy.ext.asyncio.AsyncSession
reveal(pathlib.Path("x") / "y")  # a pathlib.Path
reveal(pathlib.Path("x").parent)  # a pathlib.Path
reveal(Thing() / "y")  # nothing
reveal(asyncio.run(Thing()))  # a lib.things.Thing
reveal(list([1]))  # a list
reveal(list())  # nothing
reveal(contextlib.closing(Thing()))  # a lib.things.Thing
async def f(stack):
    async with Thing() as t:
        reveal(t)  # a lib.things.Thing
    reveal(await stack.enter_async_context(Thing()))  # nothing
    async with contextlib.AsyncExitStack() as s:
        reveal(await s.enter_async_context(Thing()))  # a lib.things.Thing
        reveal(s.enter_context(Thing()))  # a lib.things.Thing
        reveal(s.enter_context())  # nothing
    reveal(await Thing().__aenter__())  # a lib.things.Thing
""",
    "what is entered and caught": """--- app/a.py
import contextlib
import lib
class Held:
    def __enter__(self):
        return 1
    def __exit__(self, *error): ...
class Bare:
    def __enter__(self): ...
class Lazy:
    async def __aenter__(self):
        return self
class Failure(Exception): ...
@contextlib.contextmanager
def managed():
    yield 2
@contextlib.asynccontextmanager
async def managed_later() -> "lib.Thing":
    yield lib.thing()
def stream() -> "contextlib.AbstractContextManager[lib.Thing]": ...
with Held() as a, Bare() as b, Lazy() as c, managed() as d, unknown() as e, stream() as f:
    reveal(a)  # 1
    reveal(b)  # a Bare
    reveal(c)  # a Lazy
    reveal(d)  # 2
    reveal(e)  # nothing
    reveal(f)  # a lib.Thing
try:
    pass
except Failure as error:
    reveal(error)  # a Failure
try:
    pass
except (Failure, ValueError) as error_of_two:
    reveal(error_of_two)  # a Failure | a builtins.ValueError
try:
    pass
except lib.errors.Bad as bad:
    reveal(bad)  # a lib.errors.Bad
""",
    "requests, applications and their state": """--- app/a.py
from fastapi import FastAPI, Request, WebSocket
from starlette.testclient import TestClient
app = FastAPI()
class Sub(FastAPI): ...
reveal(app)  # a fastapi.FastAPI
reveal(app.state)  # AppState
reveal(app.state._state)  # AppState
reveal(app.state.__dict__)  # AppState
reveal(app.state._other)  # nothing
reveal(vars(app.state))  # AppState
reveal(vars(app))  # nothing
reveal(app.dependency_overrides)  # Overrides
reveal(app.state.x)  # app.state.x
reveal(app.state["x"])  # app.state.x
reveal(app.state[key])  # app.state.None
reveal(app.state.get("x"))  # app.state.x
reveal(app.state.get("x", 1))  # app.state.x | 1
reveal(getattr(app.state, "x"))  # app.state.x
reveal(getattr(app.state, "x", 2))  # app.state.x | 2
reveal(getattr(app.state, key))  # app.state.None
reveal(getattr(app, "state"))  # AppState
reveal(getattr(app, key))  # nothing
reveal(Sub().state)  # AppState
reveal(TestClient(app).app)  # a fastapi.FastAPI
def by_name(request, websocket, ws, connection, conn, app, application, other, named=None):
    reveal(request)  # a starlette.requests.Request
    reveal(websocket)  # a starlette.requests.Request
    reveal(ws)  # a starlette.requests.Request
    reveal(connection)  # a starlette.requests.Request
    reveal(conn)  # a starlette.requests.Request
    reveal(app)  # a fastapi.FastAPI
    reveal(application)  # a fastapi.FastAPI
    reveal(other)  # nothing
    reveal(request.app)  # a fastapi.FastAPI
    reveal(request.state)  # RequestState
    reveal(request.state.x)  # nothing
    reveal(request.scope)  # AsgiScope
    reveal(request.scope["app"])  # a fastapi.FastAPI
    reveal(request.scope["type"])  # nothing
    reveal(request.scope.get("app"))  # a fastapi.FastAPI
    reveal(request.scope.get("type"))  # nothing
    reveal(request.url)  # a starlette.requests.Request.url
def of_sphinx(app):
    app.connect("builder-inited", print)
    reveal(app)  # nothing
def of_celery(app):
    reveal(app.control.inspect())  # nothing
    reveal(app)  # nothing
def of_its_own(app):
    reveal(app.control.start())  # nothing
    reveal(app)  # a fastapi.FastAPI
def by_default(request=1, app=2):
    reveal(request)  # 1
    reveal(app)  # a fastapi.FastAPI
def by_annotation(req: Request, socket: "WebSocket", made: Sub):
    reveal(req.app.state)  # AppState
    reveal(socket.app)  # a fastapi.FastAPI
    reveal(made)  # a Sub
async def asgi(scope, receive, send):
    reveal(scope)  # AsgiScope
    reveal(scope["app"].state)  # AppState
def no_asgi(scope, receive):
    reveal(scope)  # nothing
""",
    "what is stored in the state and in arq's context": """--- app/main.py
from contextlib import asynccontextmanager
from fastapi import FastAPI
from lib import Thing
@asynccontextmanager
async def lifespan(app):
    app.state.thing = Thing()
    app.state.many = {"x": Thing()}
    yield
app = FastAPI(lifespan=lifespan)
reveal(app.state.thing.part)  # a lib.Thing.part
reveal(app.state.thing())  # nothing
reveal(app.state.many["x"])  # a lib.Thing
reveal(app.state.nothing.part)  # nothing
--- app/worker.py
from arq.connections import RedisSettings
from lib import Thing
class Job:
    async def run(self, ctx, x):
        reveal(ctx)  # Context
        reveal(self)  # a Job
async def startup(ctx):
    ctx["thing"] = Thing()
async def job(c, n):
    reveal(c)  # Context
    reveal(n)  # nothing
    reveal(c["thing"])  # ctx[thing]
    reveal(c["thing"].part)  # a lib.Thing.part
    reveal(c.get("thing"))  # ctx[thing]
    reveal(c.get("thing", 1))  # ctx[thing] | 1
    reveal(c.pop("thing", None))  # ctx[thing] | None
    reveal(c.setdefault("thing", 2))  # ctx[thing] | 2
    reveal(c[n])  # ctx[None]
    reveal(c | {})  # a mapping
    reveal({}.pop("x", 1))  # 1
    helper(c)
def helper(given):
    reveal(given)  # Context
async def many(*args):
    reveal(args)  # a builtins.tuple[Context]
    reveal(args[0])  # Context
class WorkerSettings:
    functions = [job, Job().run, many]
    on_startup = startup
    redis_settings = RedisSettings()
""",
    "what is injected": """--- app/a.py
from typing import Annotated
from fastapi import Depends, FastAPI, Security
from lib import Thing
def get_thing():
    return Thing()
def get_number() -> int: ...
class Repository:
    def __init__(self, thing=Depends(get_thing)):
        reveal(thing)  # a lib.Thing
ThingDep = Annotated[object, Depends(get_thing)]
app = FastAPI()
@app.get("/")
def index(
    a: Annotated[Thing, Depends(get_thing)],
    b: ThingDep,
    c=Depends(get_thing),
    d: int = Depends(get_number),
    e=Security(get_number),
    f=Depends(Repository),
    g=Depends(),
):
    reveal(a)  # a lib.Thing
    reveal(b)  # a lib.Thing
    reveal(c)  # a lib.Thing
    reveal(d)  # a builtins.int
    reveal(e)  # a builtins.int
    reveal(f)  # a Repository
    reveal(g)  # nothing
""",
    "what is known of parts and calls of what is not": """--- app/a.py
import functools
import operator
import typing
import lib
from lib import Thing
from fastapi import Depends, FastAPI
from sqlalchemy.orm import declarative_base
Base = declarative_base()
class Row(Base): ...
class OfApp(FastAPI): ...
class Called(lib.Thing):
    def __call__(self):
        return 1
def rows() -> typing.Iterable[Thing]: ...
def pairs() -> list[tuple[int, Thing]]: ...
def mapping() -> typing.Mapping[str, Thing]: ...
def nested() -> dict[str, list[Thing]]: ...
def triple() -> tuple[int, str, Thing]: ...
def ring_one():
    return ring_two()
def ring_two():
    return ring_one() or 3
class Node:
    parent: "Node"
    def __init__(self, other):
        self.other = other
        with lib.open() as self.file, Thing() as self.entered:
            pass
    def no_self(): ...
reveal(Row().metadata)  # nothing
reveal(OfApp().state.x)  # app.state.x
reveal(Called()())  # 1
reveal(Thing()())  # nothing
reveal(FastAPI()())  # nothing
reveal(Depends(1))  # a fastapi.Depends
for row in rows():
    reveal(row)  # a lib.Thing
for number, thing in pairs():
    reveal(thing)  # a lib.Thing
reveal(mapping()["a"])  # a lib.Thing
reveal(nested()["a"][0])  # a lib.Thing
a, b, c = triple()
reveal(c)  # a lib.Thing
reveal(triple()[-1])  # a lib.Thing
reveal(ring_one())  # 3
reveal(ring_two())  # 3
reveal(Node(1).parent.parent.other)  # 1
reveal(Node(1).entered)  # a lib.Thing
reveal(Node(1).file)  # nothing
reveal(functools.partial(rows)())  # a typing.Iterable[a lib.Thing]
reveal(operator.attrgetter("x"))  # a operator.attrgetter
reveal("a".join([]))  # nothing
reveal([1, *unknown][0])  # 1
reveal({"a": 1, **unknown}["a"])  # 1
reveal({"a": 1}.get("a"))  # 1
reveal(lib)  # lib
reveal(lib.CONSTANT.part)  # lib.CONSTANT.part
def keywords(first, second=2, *, third=3):
    reveal(first)  # 'a'
    reveal(second)  # 2
    reveal(third)  # 'c' | 3
keywords(third="c", first="a")
def passed(*, only):
    reveal(only)  # 'x'
functools.partial(passed, only="x")
def too_many(one):
    reveal(one)  # 1
too_many(1, 2, 3)
class Attributes:
    made = Thing()
    def __init__(self):
        self.made_here = Thing()
    def late(self):
        self.made_late: Thing = Thing()
reveal(Attributes().made)  # a lib.Thing
reveal(Attributes().made_here)  # a lib.Thing
reveal(Attributes().made_late)  # a lib.Thing
reveal(Attributes.made_here)  # nothing
""",
    "imports": """--- app/__init__.py
from app.things import Thing as Thing, value
--- app/things.py
from app.deep.inner import *
from . import sibling
from .sibling import other as renamed
class Thing: ...
value = 1
_hidden = 2
--- app/sibling.py
other = 3
--- app/deep/inner.py
__all__ = ["star", "_listed"]
star = 4
_listed = 5
unlisted = 6
--- app/deep/more.py
import app
import app.things as t
import app.deep.inner
from app import Thing, things, value
from app.things import *
from app.things import _hidden, _listed, renamed, sibling, star
from app.nowhere import missing
from ..sibling import other
from fastapi.responses import JSONResponse
reveal(app)  # module app
reveal(app.things)  # module app.things
reveal(app.deep)  # module app.deep
reveal(app.deep.inner.star)  # 4
reveal(t)  # module app.things
reveal(t.value)  # 1
reveal(Thing)  # class Thing
reveal(things)  # module app.things
reveal(value)  # 1
reveal(star)  # 4
reveal(_listed)  # 5
reveal(t.unlisted)  # 6
reveal(_hidden)  # 2
reveal(renamed)  # 3
reveal(sibling.other)  # 3
reveal(other)  # 3
reveal(missing)  # app.nowhere.missing
reveal(t.missing)  # nothing
reveal(JSONResponse)  # fastapi.responses.JSONResponse
--- app/deep/star.py
from fastapi import *
from app.deep.inner import *
reveal(FastAPI)  # fastapi.FastAPI
reveal(star)  # 4
reveal(_listed)  # 5
reveal(Unknown)  # nothing
--- app/deep/cycle.py
from app.deep.other_cycle import *
reveal(x)  # 1
--- app/deep/other_cycle.py
from app.deep.cycle import *
x = 1
""",
    "casts and what is said of types": """--- app/a.py
import typing
from typing import Any, Iterator, NewType, cast
from lib import Thing, find
Id = NewType("Id", int)
x: Thing = find()
y: "Thing | None" = None
z: list[Thing]
w: Any = find()
def classes(cls: type[Thing], own: "type[Own]", other: typing.Type[Thing]):
    reveal(cls)  # lib.Thing
    reveal(cls())  # a lib.Thing
    reveal(own)  # class Own
    reveal(other)  # lib.Thing
class Own:
    part: Thing
    def me(self) -> "Own": ...
def things() -> Iterator[Thing]: ...
def pair() -> tuple[int, Thing]: ...
def mapping() -> dict[str, Thing]: ...
def typed_generator() -> Iterator[Thing]:
    yield find()
def number(a: Id):
    reveal(a)  # a builtins.int
reveal(x)  # a lib.Thing
reveal(y)  # None | a lib.Thing
reveal(w)  # nothing
reveal(cast(Thing, find()))  # a lib.Thing
reveal(typing.cast("Thing", find()))  # a lib.Thing
reveal(cast(Unknown, 1))  # 1
reveal(Own().part)  # a lib.Thing
reveal(Own().me().part)  # a lib.Thing
for t in things():
    reveal(t)  # a lib.Thing
reveal(pair()[1])  # a lib.Thing
reveal(pair()[0])  # a builtins.int
reveal(pair()[2])  # nothing
p, q = pair()
reveal(q)  # a lib.Thing
reveal(mapping()["x"])  # a lib.Thing
reveal(typed_generator())  # a lib.Thing
""",
}


@pytest.mark.parametrize("text", VALUES.values(), ids=VALUES)
def test_an_expression_stands_for(text: str) -> None:
    files = files_of(text)

    assert revealed(program_from(files)) == told(files)


def of_type(annotation: Annotation) -> str:
    """Return an annotation as the table below writes it."""
    parts = [of_reference(t) for t in annotation.types]
    parts += ["None"] * annotation.nullable + ["?"] * annotation.opaque
    text = " | ".join(parts) or "-"
    if annotation.metadata:
        text += f" with {len(annotation.metadata)}"
    if annotation.aliases:
        text += f" as {', '.join(symbol.name for symbol in annotation.aliases)}"
    return text


def of_reference(reference: TypeReference) -> str:
    given = ", ".join(map(of_type, reference.arguments))
    return f"{reference.name}[{given}]" if given else reference.name


ANNOTATIONS = {
    "int": "builtins.int",
    "None": "None",
    "int | None": "builtins.int | None",
    "None | int": "builtins.int | None",
    "'int'": "builtins.int",
    "'int | None'": "builtins.int | None",
    "int | str": "builtins.int | builtins.str",
    "t.Optional[int]": "builtins.int | None",
    "t.Union[int, str, None]": "builtins.int | builtins.str | None",
    "t.Union[int, 'str']": "builtins.int | builtins.str",
    "t.Any": "?",
    "object": "?",
    "Unknown": "?",
    "T": "? as T",
    "t.Self": "?",
    "int | t.Any": "builtins.int | ?",
    "1 + 2": "?",
    "list": "builtins.list",
    "list[int]": "builtins.list[builtins.int]",
    "t.List[int]": "typing.List[builtins.int]",
    "dict[str, int | None]": "builtins.dict[builtins.str, builtins.int | None]",
    "t.Callable[[int], str]": "typing.Callable[?, builtins.str]",
    "tuple[int, ...]": "builtins.tuple[builtins.int, ?]",
    "t.Annotated[int, 1, 2]": "builtins.int with 2",
    "t.Annotated[int | None, 1]": "builtins.int | None with 1",
    "t.Annotated[t.Annotated[int, 1], 2]": "builtins.int with 2",
    "t.Optional[t.Annotated[int, 1]]": "builtins.int | None with 1",
    "t.Annotated[t.Any, 1]": "? with 1",
    "t.Final[int]": "builtins.int",
    "t.ClassVar[int]": "builtins.int",
    "t.Literal['a', 1]": "builtins.int | builtins.str",
    "t.Literal['a', None]": "builtins.str | None",
    "types.NoneType": "None",
    "Own": "app.a.Own",
    "Own[int]": "app.a.Own[builtins.int]",
    "lib.Thing": "lib.Thing",
    "Alias": "builtins.int as Alias",
    "Maybe": "builtins.int | None as Maybe",
    "Twice": "builtins.int | None as Twice, Maybe",
    "Dep": "builtins.int with 1 as Dep",
    "t.Annotated[Dep, 2]": "builtins.int with 2 as Dep",
    "Dep | None": "builtins.int | None with 1 as Dep",
    "Box[str]": "lib.Box[builtins.str] as Box",
    "Filled[str]": "lib.Box[builtins.int] as Filled",
    "Id": "builtins.int as Id",
    "Ring": "? as Ring",
    "number": "?",
    "t.Generator[int, None, str]": "typing.Generator[builtins.int, None, builtins.str]",
}


@pytest.mark.parametrize(("annotation", "meaning"), ANNOTATIONS.items(), ids=ANNOTATIONS)
def test_an_annotation_says(annotation: str, meaning: str) -> None:
    text = f"""
import types
import typing as t
import lib
T = t.TypeVar("T")
class Own: ...
Alias = int
Maybe = t.Optional[int]
Twice = Maybe
Dep = t.Annotated[int, 1]
Box = lib.Box
Filled = lib.Box[int]
Id = t.NewType("Id", int)
Ring = "Other"
Other = "Ring"
def number(): ...
def f(a: {annotation}): ...
"""
    program = program_from({"app/a.py": text})
    (parameter,) = next(f for f in program.modules[-1].functions if f.name == "f").parameters
    assert parameter.annotation is not None

    assert of_type(program.names.annotation(parameter.annotation, program.modules[-1])) == meaning


LONG_WAYS = {
    "items": "def f{i}():\n    return [f{j}()][0]\n",
    "iterators": "def f{i}():\n    return next(iter([f{j}()]))\n",
    "arguments": "def f{i}(x=None):\n    y = g{i}(f{j}())\n    return y\ndef g{i}(z):\n    return z\n",
    "attributes": """class C{i}:
    def __init__(self):
        self.it = f{j}()
def f{i}():
    return C{i}().it
""",
}
"""Steps of which five hundred follow one another."""


@pytest.mark.parametrize("step", LONG_WAYS.values(), ids=LONG_WAYS)
def test_a_long_way_is_followed_with_no_more_calls_than_there_may_be(step: str) -> None:
    steps = "".join(step.format(i=i, j=i + 1) for i in range(500))
    end = "def f500(x=None):\n    return app\ndef use():\n    f0().state.x = 1\n"
    limit = sys.getrecursionlimit()

    program = program_from({"app/__init__.py": "", "app/main.py": f"{APP}{steps}{end}"})

    assert [access.key for access in program.stores.of("state", "write")] == ["x"]
    assert sys.getrecursionlimit() == limit


APP = "from fastapi import FastAPI\napp = FastAPI()\n"
