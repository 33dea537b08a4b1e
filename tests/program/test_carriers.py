"""What the names alone say of app.state and arq's context: it may be more than there is, and is never less."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.check import load
from conformance.config import Config
from conformance.examples import program_from
from conformance.facts import code
from conformance.program import Program, scopes_of
from conformance.program.carriers import Carriers
from conformance.program.stores import Stores
from tests.test_metamorphic import BY_TABLE, CASES

ROOT = Path(__file__).parents[2]


def accesses(program: Program) -> list[str]:
    return [f"{a.of} {a.kind} {a.key} {a.module.path} {a.node.span} {a.whole}" for a in Stores(program.names).accesses]


def both(program: Program) -> tuple[list[str], list[str]]:
    """Return the accesses as they are found, and as they are where inference is asked of everything."""
    with pytest.MonkeyPatch.context() as patch:
        found = accesses(program)
        patch.setattr(Carriers, "may", lambda *_: True)
        return found, accesses(program)


@pytest.mark.parametrize("table", BY_TABLE)
def test_no_access_of_any_program_of_the_suite_is_passed_over(table: str) -> None:
    several = [(case.name, *both(program_from(case.files))) for case in BY_TABLE[table]]

    assert [(name, every) for name, found, every in several if found != every] == []


def test_the_programs_of_the_suite_access_app_state_and_ctx_often() -> None:
    assert sum(len(accesses(program_from(case.files))) for case in CASES[::10]) > 100


def test_no_access_of_the_reference_application_is_passed_over() -> None:
    found, every = both(load([ROOT / "reference_app"], Config()).program)

    assert found == every
    assert len(every) > 10


def sections(kind: str) -> dict[str, str]:
    text = Path(__file__).with_name("carried.txt").read_text("utf-8")
    parts = (part.partition("\n") for part in text.split("=== ")[1:])
    return {head.removeprefix(f"{kind}: "): body for head, _, body in parts if head.startswith(kind)}


HEAD = """\
import asyncio, contextlib, functools, threading, typing
from typing import Annotated
from fastapi import Depends, FastAPI, Request
app = FastAPI()
"""


MADE, USED = sections("made"), sections("used")
NOT_FOLLOWED = {"item", "star", "comp", "sd", "upd", "app"}
"""Ways of having an application on which neither of the two sees it."""


@pytest.mark.parametrize("made", MADE)
def test_no_access_is_passed_over_however_an_application_is_had_and_handed_on(made: str) -> None:
    several: dict[str, tuple[list[str], list[str]]] = {}
    for used, body in USED.items():
        head, _, expression = MADE[made].rstrip().rpartition("HERE = ")
        source = f"{HEAD}{head}{body.replace('HERE', expression)}"
        several[used] = both(program_from({"app/__init__.py": "", "app/main.py": source}))

    assert {name: every for name, (found, every) in several.items() if found != every} == {}
    written = {used for used, (_, every) in several.items() if any(each.startswith("state write") for each in every)}
    assert written == (set() if made in NOT_FOLLOWED else set(USED))


WAYS = {
    "an alias": "state = app.state\nstate.x = 1\n",
    "an attribute": "class Holder:\n    def __init__(self, it):\n        self.it = it\n\nHolder(app.state).it.x = 1\n",
    "a container": "box = {'s': app.state}\nbox['s'].x = 1\n",
    "a list": "for each in [app.state]:\n    each.x = 1\n",
    "a tuple": "one, two = app.state, 2\none.x = 1\n",
    "a helper": "def mark(what):\n    what.x = 1\n\n\nmark(app.state)\n",
    "a helper of another name": "def mark(what):\n    what.x = 1\n\n\nput = mark\nput(app.state)\n",
    "a method": "class Marker:\n    def mark(self, what):\n        what.x = 1\n\n\nMarker().mark(app.state)\n",
    "a keyword": "def mark(one, what):\n    what.x = 1\n\n\nmark(1, what=app.state)\n",
    "a partial": "from functools import partial\n\ndef mark(what):\n    what.x = 1\n\npartial(mark, app.state)()\n",
    "a result": "def state_of():\n    return app.state\n\n\nstate_of().x = 1\n",
    "a property": "class Web:\n    @property\n    def it(self):\n        return app.state\n\n\nWeb().it.x = 1\n",
    "a manager": "from contextlib import contextmanager\n\n@contextmanager\ndef held():\n    yield app.state\n\n\n"
    "with held() as it:\n    it.x = 1\n",
    "getattr": "name = 'state'\ngetattr(app, name).x = 1\n",
    "a walrus": "(it := app.state).x = 1\n",
    "a default": "def mark(what=app.state):\n    what.x = 1\n",
    "a lambda that is called": "(lambda: app)().state.x = 1\n",
    "a lambda by its name": "made = lambda: app\nmade().state.x = 1\n",
    "what is entered": "class A:\n    def __enter__(self):\n        return app.state\n\nwith A() as s:\n    s.x = 1\n",
    "a choice": "it = app.state if app else None\nit.x = 1\n",
    "an annotation": "from fastapi import FastAPI as Web\n\n\ndef mark(server: Web):\n    server.state.x = 1\n",
    "an alias of a type": "import typing as t\nI = t.Annotated[FastAPI, 1]\n\ndef mark(s: I):\n    s.state.x = 1\n",
    "a subclass": "from fastapi import FastAPI\n\nclass Web(FastAPI):\n    def mark(self):\n        self.state.x = 1\n",
    "a request": "from fastapi import Request\n\n\ndef mark(r: Request):\n    r.app.state.x = 1\n",
    "a parameter by its name": "def mark(app):\n    s = app.state\n    s.x = 1\n",
    "a scope": "from fastapi import Request\n\n\ndef mark(r: Request):\n    r.scope['app'].state.x = 1\n",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_way_on_which_a_write_is_found(way: str) -> None:
    source = f"from fastapi import FastAPI\n\napp = FastAPI()\n{WAYS[way]}"
    program = program_from({"app/__init__.py": "", "app/main.py": source})

    found, every = both(program)

    assert [each for each in found if each.startswith("state write x")], every
    assert found == every


def test_most_of_a_program_need_not_be_asked() -> None:
    loaded = load([ROOT / "reference_app"], Config())
    carriers = Carriers(loaded.program.names)
    asked = [
        carriers.may(node, scope)
        for module in loaded.program.modules
        for scope in scopes_of(module)
        for node in scope.nodes.of(code.Attribute)
    ]

    assert sum(asked) < len(asked) / 10
