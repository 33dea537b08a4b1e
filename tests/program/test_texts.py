"""The text that an expression always is: what constants, sums, f-strings and methods of texts come to."""

from __future__ import annotations

import pytest

from conformance.examples import program_from
from conformance.program.scopes import ValueBinding

BEFORE = """\
import sys
from app.names import ROOT
A = "a"
PARTS = ["x", A]
TWICE = A + "."
JOINED = ".".join(PARTS)
NUMBER = 3
UNKNOWN = sys.argv[1]
"""

TEXTS: dict[str, str | None] = {
    '"a" "b"': "ab",
    'A + ".b"': "a.b",
    'f"{A}.{ROOT}"': "a.root",
    "TWICE + JOINED": "a.x.a",
    "__name__": "app.main",
    'f"{__name__}.x"': "app.main.x",
    '"-".join(["1", A])': "1-a",
    '"-".join(("1", UNKNOWN))': None,
    '"-".join(UNKNOWN)': None,
    '"-".join([*PARTS])': None,
    '"{}.{}".format(A, "b")': "a.b",
    '"{1}.{0}".format(A, "b")': "b.a",
    '"{x}.{{y}}".format(x=A)': "a.{y}",
    '"{}.{}".format(A)': None,
    '"{x.real}".format(x=A)': None,
    '"{!r}".format(A)': None,
    '"{:>9}".format(A)': None,
    '"{".format(A)': None,
    '"{}".format(UNKNOWN)': None,
    '"%s.b" % A': "a.b",
    '"%s.%s" % (A, "b")': "a.b",
    '"%s.%s" % (A,)': None,
    '"%d" % NUMBER': None,
    '"100%%.%s" % A': None,
    '"%s" % UNKNOWN': None,
    '"b.a".replace("b", A)': "a.a",
    '"b".replace("b", UNKNOWN)': None,
    '"b".replace("b", "c", 1)': None,
    "A.upper()": None,
    "UNKNOWN": None,
    "NUMBER": None,
}


def text_of(before: str, expression: str) -> str | None:
    program = program_from({"app/names.py": 'ROOT = "root"\n', "app/main.py": f"{before}HERE = {expression}\n"})
    module = program.names.module("app.main")
    assert module is not None
    (binding,) = module.bindings["HERE"]
    assert isinstance(binding, ValueBinding)
    assert binding.value is not None
    return program.names.text(binding.value, module)


@pytest.mark.parametrize("expression", TEXTS)
def test_a_text_is_known_where_all_its_parts_are(expression: str) -> None:
    assert text_of(BEFORE, expression) == TEXTS[expression]


def test_a_text_of_too_many_pieces_is_not_known() -> None:
    doubled = "".join(f'T{n + 1} = "".join([T{n}, T{n}])\n' for n in range(15))

    assert text_of('T0 = "x"\n' + doubled, "T5") == "x" * 32
    assert text_of('T0 = "x"\n' + doubled, "T15") is None


def test_a_text_that_replacing_makes_too_long_is_not_known() -> None:
    long = "x" * 9_000

    assert text_of("", f'"a".replace("a", "{long}")') == long
    assert text_of("", f'"aa".replace("a", "{long}")') is None


def test_a_text_that_is_made_of_itself_is_not_known() -> None:
    assert text_of('T = "".join([T, "x"])\n', "T") is None
