"""What a module binds a name to, read from its text alone."""

from __future__ import annotations

import pytest

from conformance.facts.literals import keywords_of
from conformance.results import Severity

KNOWN = {"Severity": Severity, "pair": lambda one, other: (other, one)}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("A = f(a=1, b=('x', -2), c=[None])", {"a": 1, "b": ("x", -2), "c": [None]}),
        ("A = f(a='x' 'y', b=Severity.ADVICE)", {"a": "xy", "b": Severity.ADVICE}),
        ("A = f(a=pair(1, pair(2, 3)))", {"a": ((3, 2), 1)}),
        ("A = f(a=1, left_out=g(x))", {"a": 1}),
        ("raise SystemExit\nA = f()", {}),
        ("A = f(a=1)\nA = f(a=2)", {"a": 1}),
        ("A = f(a='x' + y)", None),
        ("A = f(a=('x', other(1)))", None),
        ("A = f(a=pair(1, other=2))", None),
        ("A = f(a=Other.ADVICE)", None),
        ("A = 1\nB = f(a=1)", None),
        ("def g():\n    A = f(a=1)", None),
        ("", None),
    ],
)
def test_the_arguments_are_read_where_all_are_literals(source: str, expected: dict[str, object] | None) -> None:
    assert keywords_of(source, "A", KNOWN, without=("left_out",)) == expected
