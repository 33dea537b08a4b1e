"""By what names a thing can be called: it may be more than there is, and is never less."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.check import load
from conformance.config import Config
from conformance.examples import files_of, program_from
from conformance.facts import code
from conformance.program import Program, scopes_of
from conformance.program.values import ClassValue, External, FunctionValue
from tests.test_metamorphic import BY_TABLE

ROOT = Path(__file__).parents[2]


def called(program: Program) -> Iterator[tuple[str, str, bool]]:
    """Yield what each call in a program calls, by where it stands, and whether the names alone allow it."""
    names = program.names
    for module in program.modules:
        for scope in scopes_of(module):
            for node in (*scope.nodes.of(code.Call), *scope.deferred.of(code.Call)):
                for value in names.infer(node.function, scope):
                    match value:
                        case ClassValue(cls=thing):
                            name = thing.name
                        case FunctionValue(function=function):
                            name = function.name
                        case External(name=dotted):
                            name = dotted.rpartition(".")[2]
                        case _:
                            continue
                    where = f"{module.path}:{node.span[0]}"
                    yield where, name, names.may_mean(node.function, scope, frozenset({name}))


@pytest.mark.parametrize("table", BY_TABLE)
def test_no_call_of_any_program_of_the_suite_is_passed_over(table: str) -> None:
    several = [(case.name, each) for case in BY_TABLE[table] for each in called(program_from(case.files))]

    assert [(case, where, name) for case, (where, name, may) in several if not may] == []


def test_no_call_of_the_reference_application_is_passed_over() -> None:
    every = list(called(load([ROOT / "reference_app"], Config()).program))

    assert [(where, name) for where, name, may in every if not may] == []
    assert len(every) > 300


OTHERS = """
--- app/config.py
class Settings: ...
--- app/other.py
from app.config import Settings as S

def build(): ...

class Holder:
    kind = S
    @property
    def made(self): return S
    @staticmethod
    def plain(): ...
    @classmethod
    def shown(cls): ...

def first(given): given()
def second():
    local = S
    local()
    build()
def third():
    build = 1
    other = build
    other()
    wrapped = S.__wrapped__
    wrapped()
    Holder().made()
named = build
def fourth(h, given):
    for h.looped in given:
        h.looped()
    with given as h.entered:
        h.entered()
    h.paired, *h.rest = given
    h.paired()
    h.rest()
    with given:
        named()
    Holder.plain()
    h.shown.__wrapped__()
    def inner():
        from app.other import first as one
        kind = build
        one()
        kind()
def fifth():
    global late
    late = S
    (lambda quick: quick())(S)
class Late:
    later = S
late()
later()
"""


@pytest.mark.parametrize(
    ("spelled", "name", "may"),
    [
        ("local", "Settings", True),
        ("build", "Settings", False),
        ("build", "build", True),
        ("given", "Settings", True),
        ("made", "Settings", True),
        ("Holder", "Settings", False),
        ("other", "Settings", False),
        ("wrapped", "Settings", True),
        ("wrapped", "build", False),
        ("looped", "Settings", True),
        ("entered", "Settings", True),
        ("paired", "Settings", True),
        ("rest", "Settings", True),
        ("named", "Settings", False),
        ("named", "build", True),
        ("plain", "Settings", False),
        ("__wrapped__", "Settings", False),
        ("__wrapped__", "shown", True),
        ("one", "Settings", False),
        ("one", "first", True),
        ("kind", "Settings", False),
        ("late", "Settings", True),
        ("later", "Settings", True),
        ("quick", "Settings", True),
    ],
)
def test_what_the_names_allow(spelled: str, name: str, may: bool) -> None:
    program = program_from(files_of(OTHERS))
    found = {
        program.names.may_mean(node.function, scope, frozenset({name}))
        for module in program.modules
        for scope in scopes_of(module)
        for node in (*scope.nodes.of(code.Call), *scope.deferred.of(code.Call))
        if code.last_name(node.function) == spelled
    }

    assert found == {may}


CALLED = """
--- app/base.py
class Base:
    def __init__(self, given): ...
    @classmethod
    def create(cls, given):
        return cls(given)

    @staticmethod
    def build(cls, given):
        return cls(given)

class Generic: ...
--- app/sub.py
from app.base import Base as Root

class Sub(Root[int]):
    @classmethod
    def again(cls, given):
        def inner():
            return cls(given)
        return inner

class Unrelated:
    @classmethod
    def create(cls, given):
        return cls(given)

def work(given): ...

def local():
    run = work
    run(1)

def another():
    def run(given): ...
    run(2)

def hand(runner):
    runner(3)

hand(work)
"""


def test_the_calls_of_a_function_under_a_name_of_another_scope_are_not_asked_for() -> None:
    program = program_from(files_of(CALLED))
    sub = next(module for module in program.modules if module.name == "app.sub")
    work = next(function for function in sub.functions if function.name == "work")

    assert sorted(call.span[0] for call, _, _ in program.names.calls_of(work)) == [19, 26]


def test_a_class_makes_objects_of_itself_in_its_own_methods_and_in_those_that_it_inherits() -> None:
    program = program_from(files_of(CALLED))
    classes = {cls.name: cls for module in program.modules for cls in module.classes}
    made = {
        name: sorted((scope.module.name, call.span[0]) for call, scope in program.names.calls_of_class(cls))
        for name, cls in classes.items()
    }

    assert ("app.base", 5) in made["Base"]
    assert ("app.sub", 7) in made["Sub"]
    assert ("app.sub", 13) in made["Unrelated"]
    assert ("app.sub", 13) not in made["Base"] + made["Sub"] + made["Generic"]
