"""Programs in which one thing stands hundreds of times: twice as many are about twice the work, counted in steps."""

# ruff: noqa: E501 - a shape is read as a few lines

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from conformance.check import check
from conformance.config import Config
from conformance.results import Report, RuleStatus
from conformance.selection import Selection
from tests.kit import lay_out
from tests.test_hostile_files import HEAD, each, endpoint

SHAPES: dict[str, tuple[int, Callable[[int], dict[str, str]]]] = {
    "a local that is bound again under a condition": (
        210,
        lambda n: {"main.py": f"{HEAD}def f(c, x):\n" + each(n, "    if c: x = x\n") + "    x.state.y = 1\n    return x\n"},
    ),
    "a local that falls back to itself": (
        210,
        lambda n: {"main.py": f"{HEAD}def f(c, r: Request):\n    x = r.app\n" + each(n, "    if c: x = x or f(x)\n") + "    return x\n"},
    ),
    "aliases of what is annotated": (
        150,
        lambda n: {
            "main.py": f"{HEAD}def get(r: Request) -> str: return r.app.state.x\na0 = Annotated[str, Depends(get)]\n"
            + each(n, "aM = Annotated[aN, Depends(get)]\n") + endpoint(f"x: a{n}")
        },
    ),
    "overrides in tests": (
        50,
        lambda n: {
            "deps.py": f"{HEAD}" + each(n, "def get_N(r: Request): return r.app.state.x\n"),
            "main.py": f"{HEAD}from app.deps import *\n" + each(n, "@app.get('/N')\ndef r_N(x=Depends(get_N)): pass\n"),
            "test_main.py": "from app import deps\nfrom app.main import app\n" + each(
                n, "def test_N():\n    app.dependency_overrides[deps.get_N] = str\n    app.dependency_overrides.clear()\n"
            ),
        },
    ),
    "a name that is bound again, read from elsewhere": (
        100,
        lambda n: {"m.py": f"{HEAD}x = app\n" + each(n, "x = x\n"), "main.py": "from app import m\n" + each(n, "def fN():\n    m.x.state.kN = 1\n")},
    ),
    "a name that is bound to other objects, read from elsewhere": (
        600,
        lambda n: {"m.py": HEAD + each(n, "x = FastAPI()\n"), "main.py": "from app import m\n" + each(50, "def fN():\n    m.x.state.kN = 1\n")},
    ),
    "decorators of a task": (
        50,
        lambda n: {
            "main.py": each(n, "def dN(f):\n    def w(*a): return f(*a)\n    return w\n") + each(n, "@dN\n")
            + "async def f(ctx): ctx['x'] = 1\nclass WorkerSettings:\n    functions = [f]\n    redis_settings = 1\n"
        },
    ),
    "functions in a table": (
        100,
        lambda n: {
            "main.py": each(n, "def fN(c): c['kN'] = 1\n") + "T = {\n" + each(n, "    'kN': fN,\n") + "}\n"
            + "async def f(ctx, k):\n    T[k](ctx)\n    for g in T.values(): g(ctx)\n"
            + "class WorkerSettings:\n    functions = [f]\n    redis_settings = 1\n"
        },
    ),
    "methods that override one": (
        50,
        lambda n: {
            "main.py": "class B:\n    def put(self, c): pass\n" + each(n, "class CN(B):\n    def put(self, c): c['kN'] = 1\n")
            + "def put(b: B, c): b.put(c)\nasync def f(ctx):\n    put(C0(), ctx)\n" + each(n, "    CN().put(ctx)\n")
            + "class WorkerSettings:\n    functions = [f]\n    redis_settings = 1\n"
        },
    ),
    "functions that functions return": (
        50,
        lambda n: {
            "main.py": each(n, "def mN():\n    def k(c): c['kN'] = 1\n    return k\n") + "async def f(ctx):\n" + each(n, "    mN()(ctx)\n")
            + "class WorkerSettings:\n    functions = [f]\n    redis_settings = 1\n"
        },
    ),
    "routers in routers": (
        300,
        lambda n: {
            "main.py": f"{HEAD}def g(): pass\nr0 = APIRouter()\n@r0.get('/')\ndef read(x=Depends(g)): pass\n" + each(n, "rM = APIRouter()\n")
            + each(n, "rM.include_router(rN, dependencies=[Depends(g)])\n") + f"app.include_router(r{n})\n"
        },
    ),
    "suppressions": (
        300,
        lambda n: {"main.py": f"{HEAD}def f(app: FastAPI):\n" + each(n, "    app.state.xN = 1  # conformance: ignore[DI108] -- why\n")},
    ),
    "suppressions above a statement": (
        300,
        lambda n: {"main.py": f"{HEAD}def f(app: FastAPI):\n" + each(n, "    # conformance: ignore[DI108] -- why\n") + "    app.state.x = 1\n"},
    ),
    "entries of a mapping": (
        150,
        lambda n: {
            "main.py": f"{HEAD}x = {{\n" + each(n, "    'kN': FastAPI(),\n") + "}\n"
            + each(n, "def fN(): x['kN'].state.y = 1\n")
        },
    ),
    "keys of app.state": (
        150,
        lambda n: {
            "main.py": "from contextlib import asynccontextmanager\nfrom sqlalchemy import create_engine\nfrom fastapi import FastAPI, Request\n"
            "@asynccontextmanager\nasync def lifespan(app):\n" + each(n, "    app.state.kN = create_engine('x')\n") + "    yield\n"
            + each(n, "    app.state.kN.dispose()\n") + "app = FastAPI(lifespan=lifespan)\n"
            + each(n, "@app.get('/N')\nasync def rN(r: Request): return r.app.state.kN\n")
        },
    ),
    "a long sum": (150, lambda n: {"main.py": f"{HEAD}x = " + each(n, "[aN]", " + ") + endpoint("y=Depends(x)").join(("\n", "\n"))}),
    "a long choice": (150, lambda n: {"main.py": f"{HEAD}def f(app: FastAPI):\n    x = " + each(n, "app", " or ") + "\n    x.state.y = 1\n"}),
    "bases of a class": (
        100,
        lambda n: {"main.py": HEAD + each(n, "class BN: pass\n") + "class C(" + each(n, "BN", ", ") + "): pass\n" + endpoint("x: C = Depends()", "x.y()")},
    ),
    "entries of a mapping that nobody asks for": (300, lambda n: {"main.py": f"{HEAD}x = {{\n" + each(n, "    'kN': N,\n") + "}\n"}),
}  # fmt: skip


def judged(folder: Path) -> Report:
    return check([folder], Config(), selection=Selection(select=("ALL",)))


def steps(folder: Path) -> int:
    """Return how many lines of our own are run to judge a target; each turn of a loop counts."""
    count = 0

    def line(frame: FrameType, event: str, argument: object) -> Any:  # noqa: ANN401 - itself
        nonlocal count
        count += 1
        return line

    before = sys.gettrace()
    sys.settrace(lambda frame, event, argument: line)
    try:
        judged(folder)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_as_many_are_about_twice_the_work(shape: str, tmp_path: Path) -> None:
    few, made = SHAPES[shape]
    folders = [
        lay_out(
            tmp_path / str(times),
            {f"app/{name}": text for name, text in {"__init__.py": "", **made(few * times)}.items()},
        )
        for times in (1, 2, 4)
    ]
    report = judged(folders[-1])
    assert [(rule.rule, rule.reason) for rule in report.rules if rule.status is RuleStatus.CRASHED] == []

    first, second, fourth = map(steps, folders)

    assert fourth - second < 2.7 * (second - first)
