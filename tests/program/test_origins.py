"""Which calls made what an expression stands for: `made_by(x)  # …`, the calls by their names."""

from __future__ import annotations

import re

import pytest

from conformance.examples import files_of, program_from
from conformance.facts import code
from conformance.program import Program, scopes_of

ASKED = re.compile(r"made_by\(.*\)  # (.*)$")


def found(program: Program) -> dict[tuple[str, int], list[str]]:
    return {
        (module.path, node.span[0]): sorted(
            {code.dotted(site.call.function) for site in program.origins.of(node.arguments[0], scope)} - {""}
        )
        for module in program.modules
        for scope in scopes_of(module)
        for node in scope.nodes
        if isinstance(node, code.Call) and code.dotted(node.function) == "made_by"
    }


def told(files: dict[str, str]) -> dict[tuple[str, int], list[str]]:
    return {
        (path, number): [] if match[1] == "nothing" else match[1].split(", ")
        for path, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if (match := ASKED.search(line))
    }


PROGRAMS = {
    "expressions": """--- app/a.py
from typing import cast
import contextlib
import lib
async def f(x):
    one = lib.one()
    made_by(lib.direct())  # lib.direct
    made_by(one)  # lib.one
    made_by(await lib.later())  # lib.later
    made_by((two := lib.two()))  # lib.two
    made_by(two)  # lib.two
    made_by(lib.a() if x else lib.b())  # lib.a, lib.b
    made_by(lib.a() or lib.b())  # lib.a, lib.b
    made_by([lib.a(), *lib.b()])  # lib.a, lib.b
    made_by({"a": lib.a(), "b": lib.b()})  # lib.a, lib.b
    made_by({"a": lib.a(), "b": lib.b()}["a"])  # lib.a
    made_by([lib.a(), lib.b()][0])  # lib.a, lib.b
    made_by(cast(int, lib.a()))  # lib.a
    made_by(contextlib.closing(lib.a()))  # lib.a
    made_by(x.enter_context(lib.a()))  # lib.a
    made_by(await x.enter_async_context(lib.a()))  # lib.a
    made_by(lib.a().execution_options(x=1))  # lib.a
    made_by((lambda: lib.a())())  # lib.a
    made_by(1)  # nothing
    made_by(x)  # nothing
    three, four = lib.three(), lib.four()
    made_by(four)  # lib.four
    five, six = lib.pair()
    made_by(six)  # lib.pair
    (seven, (eight, nine)) = lib.seven(), lib.eight_and_nine()
    made_by(nine)  # lib.eight_and_nine
    with lib.held() as ten:
        made_by(ten)  # lib.held
    for each in (lib.a(), lib.b()):
        made_by(each)  # lib.a, lib.b
    for each in list((lib.c(),)):
        made_by(each)  # lib.c
    for each in {"a": lib.a()}.values():
        made_by(each)  # lib.a
    for key, value in {"a": lib.a()}.items():
        made_by(value)  # lib.a
    for each in [lib.d() for _ in x]:
        made_by(each)  # lib.d
    again = one
    again = again
    made_by(again)  # lib.one
""",
    "functions and what they are given": """--- app/a.py
import lib
from app.b import make, make_two
def own():
    return lib.own()
def two_ways(x):
    if x:
        return lib.a()
    return lib.b()
def generator():
    yield lib.yielded()
def given(a, b=None, *, c=None):
    made_by(a)  # lib.first
    made_by(b)  # lib.second
    made_by(c)  # lib.third
def ring(x):
    return ring(x)
def f():
    made_by(own())  # lib.own, own
    made_by(two_ways(1))  # lib.a, lib.b, two_ways
    made_by(generator())  # generator, lib.yielded
    made_by(make())  # lib.made, make
    made_by(make_two())  # lib.made, make, make_two
    made_by(ring(1))  # ring
    given(lib.first(), lib.second(), c=lib.third())
--- app/b.py
import lib
def make():
    made = lib.made()
    return made
def make_two():
    return make()
""",
    "attributes, fields and containers": """--- app/a.py
import dataclasses
import lib
from app import kept
class A:
    shared = lib.shared()
    def __init__(self, given):
        self.own = lib.own()
        self.given = given
        self.many = []
        self.named = {}
    def fill(self):
        self.late = lib.late()
        self.many.append(lib.appended())
        self.named["x"] = lib.item()
        self.named.setdefault("y", lib.default())
        made_by(self.own)  # lib.own
        made_by(self.many[0])  # lib.appended
        made_by(self.named["x"])  # lib.default, lib.item
        made_by(self.named.get("x"))  # lib.default, lib.item
        made_by(self.named.pop("x", lib.other()))  # lib.default, lib.item, lib.other
        for each in self.many:
            made_by(each)  # lib.appended
        for each in reversed(list(self.named.values())):
            made_by(each)  # lib.default, lib.item
class B(A):
    pass
@dataclasses.dataclass
class Data:
    first: object
    second: object = None
    third: object = dataclasses.field(default_factory=list)
def f(unknown):
    a = A(lib.given())
    made_by(a.own)  # lib.own
    made_by(a.given)  # lib.given
    made_by(a.shared)  # lib.shared
    made_by(A.shared)  # lib.shared
    made_by(B(1).own)  # lib.own
    made_by(a.late)  # lib.late
    made_by(getattr(a, "own"))  # lib.own
    made_by(a.nothing)  # nothing
    data = Data(lib.first(), second=lib.second())
    made_by(data.first)  # lib.first
    made_by(data.second)  # lib.second
    made_by(data.third)  # dataclasses.field
    kept.pool = lib.pool()
    made_by(kept.pool)  # lib.pool
    A.of_class = lib.of_class()
    made_by(A.of_class)  # lib.of_class
    made_by(a.of_class)  # lib.of_class
    made_by(B.of_class)  # lib.of_class
    a.of_object = lib.of_object()
    made_by(a.of_object)  # lib.of_object
    made_by(Data.of_class)  # nothing
    made_by(kept.top)  # lib.top
    made_by(kept.table["a"])  # lib.in_table, lib.put
    kept.table["b"] = lib.put()
    local = {}
    local["a"] = lib.local()
    made_by(local["a"])  # lib.local
    made_by(local)  # nothing
    other = set()
    other.add(lib.added())
    for each in other:
        made_by(each)  # lib.added
    made_by(unknown.x)  # nothing
    made_by(unknown["x"])  # nothing
    made_by(unknown.get("x"))  # unknown.get
--- app/kept.py
import lib
top = lib.top()
table = {"a": lib.in_table()}
""",
    "app.state and arq's context": """--- app/main.py
from fastapi import FastAPI
import lib
async def lifespan(app):
    app.state.a = lib.a()
    setattr(app.state, "b", lib.b())
    app.state.c = {"x": lib.c()}
    made_by(app.state.a)  # lib.a
    made_by(app.state.b)  # lib.b
    made_by(getattr(app.state, "a"))  # lib.a
    for key in ("a", "b"):
        made_by(getattr(app.state, key))  # lib.a, lib.b
    made_by(app.state["a"])  # lib.a
    made_by(app.state.c["x"])  # lib.c
    made_by(app.state.nothing)  # nothing
    yield
app = FastAPI(lifespan=lifespan)
def read(request):
    made_by(request.app.state.a)  # lib.a
--- app/worker.py
from arq.connections import RedisSettings
import lib
async def startup(ctx):
    ctx["a"] = lib.a()
    ctx["b"] = lib.b()
async def job(ctx, x):
    made_by(ctx["a"])  # lib.a
    made_by(ctx.get("b"))  # lib.b
    made_by(ctx.pop("b", lib.c()))  # lib.b, lib.c
    for key in ("a", "b"):
        made_by(ctx[key])  # lib.a, lib.b
    made_by(ctx[x])  # nothing
class WorkerSettings:
    functions = [job]
    on_startup = startup
    redis_settings = RedisSettings()
""",
}


@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS)
def test_what_an_expression_stands_for_was_made_by(text: str) -> None:
    files = files_of(text)

    assert found(program_from(files)) == told(files)
