"""Where an answer is far away, it is found from wherever the asking begins, and in whichever order things are defined."""

# ruff: noqa: E501 - a hop is read as one line

from __future__ import annotations

import pytest

from conformance.examples import program_from
from conformance.program.values import External
from conformance.recursion import calls_up_to

HOPS: dict[str, tuple[str, str, str]] = {
    "variables": ("xN = xM\n", "xN = FAR\n", "xN"),
    "variables in mappings": ("xN = {'a': xM['a']}\n", "xN = {'a': FAR}\n", "xN['a']"),
    "lambdas": ("xN = lambda: xM()\n", "xN = lambda: FAR\n", "xN()"),
    "functions": ("def xN():\n    y = [xM()]\n    return y[0]\n", "def xN(): return FAR\n", "xN()"),
    "arguments": ("def xN(a):\n    return xM(a)\n", "def xN(a): return a\n", "xN(FAR)"),
    "methods": ("class XN:\n    def get(self): return XM().get()\n", "class XN:\n    def get(self): return FAR\n", "XN().get()"),
    "properties": ("class XN:\n    @property\n    def v(self): return XM().v\n", "class XN:\n    v = FAR\n", "XN().v"),
    "attributes of classes": ("class XN:\n    v = XM.v\n", "class XN:\n    v = FAR\n", "XN.v"),
    "attributes of objects": (
        "class XN:\n    def __init__(self): self.v = XM().v\n", "class XN:\n    def __init__(self): self.v = FAR\n", "XN().v",
    ),
    "objects around objects": (
        "class XN:\n    def __init__(self, o): self.o = XM(o)\n    def get(self): return self.o.get()\n",
        "class XN:\n    def __init__(self, o): self.o = o\n    def get(self): return self.o\n",
        "XN(FAR).get()",
    ),
    "what is entered": (
        "class XN:\n    def __enter__(self):\n        with XM() as v:\n            return v\n",
        "class XN:\n    def __enter__(self): return FAR\n",
        "XN().__enter__()",
    ),
}  # fmt: skip
"""How a thing leads to the next one, N to M; what stands at the end; and how it is asked for."""


def numbered(pattern: str, number: int) -> str:
    return pattern.replace("N", str(number)).replace("M", str(number + 1)).replace("FAR", "far")


def answers(definitions: list[str], asked: list[str]) -> list[object]:
    """Return what expressions stand for, asked one after the other."""
    uses = "".join(f"def ask{number}(): return {each}\n" for number, each in enumerate(asked))
    with calls_up_to(8_000):
        program = program_from({"app/a.py": "from lib import far\n" + "".join(definitions) + uses})
        functions = {function.name: function for function in program.modules[-1].functions}
        return [program.names.returned(functions[f"ask{number}"]) for number in range(len(asked))]


@pytest.mark.parametrize("length", [20, 90, 200])
@pytest.mark.parametrize("hop", HOPS)
def test_what_is_far_away_is_found_from_each_end(hop: str, length: int) -> None:
    leading, last, use = HOPS[hop]
    definitions = [*(numbered(leading, number) for number in range(length)), numbered(last, length)]
    asked = [numbered(use, number) for number in (0, length // 2, length)]

    for written in (definitions, definitions[::-1]):
        for order in (asked, asked[::-1]):
            assert answers(written, order) == [(External("lib.far"),)] * 3


@pytest.mark.parametrize("length", [20, 90, 300])
@pytest.mark.parametrize("hop", ["methods", "attributes of classes", "properties"])
def test_what_leads_back_to_itself_from_far_away_is_the_same_from_everywhere(hop: str, length: int) -> None:
    leading, last, use = HOPS[hop]
    definitions = [numbered(leading, number) for number in range(length)]
    definitions.append(numbered(last, length).replace("far", f"far or {numbered(use, 0)}"))
    asked = [numbered(use, number) for number in (0, length // 2, length)]

    found = answers(definitions, asked) + answers(definitions[::-1], asked[::-1])[::-1]

    if length < 100:
        assert found == [(External("lib.far"),)] * 6
