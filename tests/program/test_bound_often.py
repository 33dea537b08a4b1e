"""A name that is bound hundreds of times, each time to what it was: twice the bindings are about twice the work."""

from __future__ import annotations

import sys
from types import FrameType

import pytest

from conformance.examples import program_from
from conformance.program import Program
from conformance.program.values import External

START = """from lib import first
def f(v):
    return v
x = first
"""
END = """
def read():
    return x
"""


def revealed(line: str, times: int) -> Program:
    """Return a program whose module binds `x` that often, after asking it what `x` is."""
    program = program_from({"app/a.py": START + f"{line}\n" * times + END})
    (read,) = (f for f in program.modules[-1].functions if f.name == "read")
    assert External("lib.first") in program.names.returned(read)
    return program


def calls(line: str, times: int) -> int:
    """Return how many functions are called for it."""
    count = 0

    def counted(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        revealed(line, times)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("line", ["x = x", "x = f(x)", "x = x or x", "x += x"])
def test_a_name_bound_to_itself_costs_no_more_for_each_binding(line: str) -> None:
    calls(line, 1)  # what is computed once for all programs

    assert calls(line, 200) < 3 * calls(line, 100)
