"""The mutations that `python -m tests.mutants` makes of the tool."""

from __future__ import annotations

import ast
import random

from tests.mutants import ROOT, edits, target_files

SOURCE = """
import os
__all__ = ["f"]
NAMES = frozenset({"a", "b"})
def f(x: int = 1) -> str:
    '''Not mutated.'''
    if x > 2 and not os.path.isabs(NAMES):
        return "found"
    yield Violation(x, "a message", detail=x)
class C:
    @property
    def m(self) -> str:
        return ""
"""


def test_what_is_mutated_and_what_is_not() -> None:
    made = [(edit.line, str(edit), edit.owner, edit.said) for edit in edits(ast.parse(SOURCE))]

    assert sorted(made) == [
        (4, "argument None: frozenset({'a', 'b'}) -> frozenset(None)", 0, False),
        (4, "element removed: {'a', 'b'} -> {'a'}", 0, False),
        (4, "element removed: {'a', 'b'} -> {'b'}", 0, False),
        (4, "string: 'a' -> 'XXaXX'", 0, False),
        (4, "string: 'b' -> 'XXbXX'", 0, False),
        (4, "value None: NAMES = frozenset({'a', 'b'}) -> NAMES = None", 0, False),
        (5, "constant: 1 -> 2", 0, False),
        (7, "and/or swapped: x > 2 and (not os.path.isabs(NAMES)) -> x > 2 or not os.path.isabs(NAMES)", 5, False),
        (7, "argument None: os.path.isabs(NAMES) -> os.path.isabs(None)", 5, False),
        (7, "comparison swapped: x > 2 -> x >= 2", 5, False),
        (7, "constant: 2 -> 3", 5, False),
        (7, "operand removed: x > 2 and (not os.path.isabs(NAMES)) -> not os.path.isabs(NAMES)", 5, False),
        (7, "operand removed: x > 2 and (not os.path.isabs(NAMES)) -> x > 2", 5, False),
        (7, "sign or not removed: not os.path.isabs(NAMES) -> os.path.isabs(NAMES)", 5, False),
        (8, "return None: return 'found' -> return None", 5, False),
        (8, "string: 'found' -> 'XXfoundXX'", 5, False),
        (9, "argument None: Violation(x, 'a message', detail=x) -> Violation(None, 'a message', detail=x)", 5, False),
        (9, "argument None: Violation(x, 'a message', detail=x) -> Violation(x, None, detail=x)", 5, False),
        (9, "argument removed: Violation(x, 'a message', detail=x) -> Violation(x, 'a message')", 5, False),
        (9, "argument removed: Violation(x, 'a message', detail=x) -> Violation(x, detail=x)", 5, False),
        (9, "statement removed: yield Violation(x, 'a message', detail=x) -> pass", 5, False),
        (9, "string: 'a message' -> 'XXa messageXX'", 5, True),
        (12, "decorator removed: @property -> ", 0, False),
        (13, "string: '' -> 'XXXX'", 11, False),
    ]


def test_a_mutation_of_the_tool_is_python() -> None:
    chosen = random.Random(1).sample(target_files(), 6)  # noqa: S311  no secret

    for path in chosen:
        source = (ROOT / path).read_text()
        count = sum(1 for _ in edits(ast.parse(source)))
        for number in range(0, count, 1 + count // 20):
            tree = ast.parse(source)
            edit = next(e for index, e in enumerate(edits(tree)) if index == number)
            edit.apply()
            compile(ast.fix_missing_locations(tree), path, "exec")
