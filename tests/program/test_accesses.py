"""What is read, written, deleted and handed on of app.state and of arq's context: told at the end of each line."""

from __future__ import annotations

import re

import pytest

from conformance.examples import files_of, program_from
from conformance.program import Access, Program

TOLD = re.compile(r"  # (?!none)(.*)$")


def shown(access: Access) -> str:
    """Return an access as the programs below tell it: `write x`, `read ?`, `asked x`."""
    flags = ("whole", "renamed", "optional")
    return " ".join([access.kind, access.key or "?", *(flag for flag in flags if getattr(access, flag))])


def found(program: Program) -> dict[tuple[str, int], str]:
    lines: dict[tuple[str, int], list[str]] = {}
    for of in ("state", "context"):
        for access in program.stores.of(of):
            lines.setdefault((access.place.path, access.place.span[0]), []).append(shown(access))
    return {place: ", ".join(said) for place, said in lines.items()}


def told(files: dict[str, str]) -> dict[tuple[str, int], str]:
    return {
        (path, number): match[1]
        for path, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if (match := TOLD.search(line))
    }


PROGRAMS = {
    "app.state": """--- app/a.py
import builtins
import functools
import operator
from fastapi import FastAPI, Request
from starlette.datastructures import State
class Own(FastAPI):
    extra = None
    def __init__(self):
        self.more = 1
        self.state.inner = 1  # write inner
app = FastAPI()
own = Own()
app.state.a = 1  # write a
app.state.b: int = 1  # write b
app.state.c += 1  # write c
app.state.d, e = 1, 2  # write d
app.state["f"] = 1  # write f
app.state[key] = 1  # write ?
app.state.g.h = 1  # read g
app.state.i[0] = 1  # read i
del app.state.j  # delete j
del app.state["k"]  # delete k
app.state = State()  # write ? whole
app.state, x = State(), 1  # write ? whole
setattr(app.state, "a", 1)  # write a
setattr(app.state, key, 1)  # write ?
builtins.setattr(app.state, "b", 1)  # write b
delattr(app.state, "c")  # delete c
operator.setitem(app.state, "d", 1)  # write d
operator.delitem(app.state, "e")  # delete e
app.state.__setattr__("a", 1)  # write a
app.state._state.update(a=1, b=2)  # write a, write b
app.state._state.update({"c": 1, "d": 2})  # write c, write d
app.state._state.update({"c": 1}, d=2)  # write c, write d
app.state._state.update(values)  # write ?
app.state._state.update({key: 1})  # write ?
app.state._state.update(**values)  # write ?
app.state._state.update(**{"e": 1})  # write e
app.state._state["f"] = 1  # write f
app.state._state |= {"g": 1}  # write ? whole
app.state._state.setdefault("h", 1)  # write h
app.state._state.pop("i")  # delete i
app.state._state.clear()  # delete ? whole
app.state._state.popitem()  # delete ? whole
app.state._state.get("j")  # read j optional
app.state.__dict__["k"] = 1  # write k
vars(app.state)["l"] = 1  # write l, passed ?
setattr(app, "state", 1)  # write ? whole
setattr(app, "redis", 1)  # write redis renamed
setattr(app, key, 1)  # write ? renamed
setattr(app, "title", 1)
app.redis = 1  # write redis renamed
app.title = "x"
app.dependency_overrides = {}
own.extra = 1
own.redis = 1  # write redis renamed
x = app.state.a  # read a
x = app.state.get("b")  # read b optional
x = app.state.get("b", 1)  # read b optional
x = app.state["c"]  # read c
x = getattr(app.state, "d")  # read d
x = getattr(app.state, "d", None)  # read d optional
x = getattr(app.state, key)  # read ?
x = hasattr(app.state, "e")  # asked e
x = hasattr(app, "redis")  # asked redis renamed
x = getattr(app, "redis", None)  # read redis renamed optional
x = getattr(app, "title")
x = hasattr(app, key)
x = app.state._state.keys()  # read ? whole
x = app.state._state.copy()  # read ? whole
use(app.state)  # passed ?
use(*app.state)  # passed ?
use(state=app.state)  # passed ?
use(app.state.a)  # read a
s = app.state
s.a = 1  # write a
s.b  # read b
functools.partial(setattr, app.state)  # write ?
functools.partial(setattr, app.state, "a")  # write a
later(delattr, app.state, "a")  # delete a
later(app.state._state.update, {"later": 1})  # write later, read update
later(1, app.state._state.update)  # write ?, read update
put = app.state._state.update  # read update
put(a=1)  # write a
with use() as app.state.m:  # write m
    pass
for app.state.n in ():  # write n
    pass
[app.state.o for o in ()]  # read o
def f(request: Request):
    request.app.state.a = 1  # write a
    request.state.b = 1
    request.app.state.c  # read c
def g(state: State):
    state.a
""",
    "arq's context": """--- app/worker.py
import operator
from operator import setitem
from arq.connections import RedisSettings
NAME = "named"
async def job(ctx, key, n):
    ctx["a"] = 1  # write a
    ctx["b"] += 1  # write b
    ctx[NAME] = 1  # write named
    ctx[key] = 1  # write ?
    ctx["a"]["b"] = 1  # read a
    ctx["c"].x = 1  # read c
    del ctx["d"]  # delete d
    ctx.update(a=1)  # write a
    ctx.update({"b": 1})  # write b
    ctx.update(n)  # write ?
    ctx |= {"c": 1}  # write c
    ctx.setdefault("d", 1)  # write d
    ctx.pop("e")  # delete e
    ctx.clear()  # delete ? whole
    ctx.__setitem__("f", 1)  # write f
    ctx.__delitem__("g")  # delete g
    operator.setitem(ctx, "h", 1)  # write h
    setitem(ctx, "i", 1)  # write i
    operator.ior(ctx, {"j": 1})  # write j
    dict.update(ctx, k=1)  # write k
    dict.__setitem__(ctx, "l", 1)  # write l
    x = ctx["a"]  # read a
    x = ctx.get("b")  # read b optional
    x = ctx.__getitem__("c")  # read c
    x = "d" in ctx  # asked d
    x = ctx.__contains__("e")  # asked e
    x = "f" not in ctx  # asked f
    x = ctx.items()  # read ? whole
    x = len(ctx)  # passed ?
    use(ctx)  # passed ?
    use(ctx=ctx)  # passed ?
    put = ctx.update
    put(m=1)  # write m
    other = ctx
    other["n"] = 1  # write n
    copied = {**ctx}
    copied["o"] = 1
    copied = dict(ctx)  # passed ?
    def inner():
        ctx["p"] = 1  # write p
    ctx["q"], x = 1, 2  # write q
    [ctx["r"] for r in ()]  # read r
    helper(ctx)  # passed ?
    n["s"] = 1
def helper(given):
    given["t"] = 1  # write t
class WorkerSettings:
    functions = [job]
    redis_settings = RedisSettings()
""",
}


@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS)
def test_each_access_is_found(text: str) -> None:
    files = files_of(text)

    assert found(program_from(files)) == told(files)
