"""What is asked of records alone."""

from __future__ import annotations

import pytest

from conformance.facts import code
from conformance.facts.extract import extract


@pytest.mark.parametrize(
    ("targets", "leaves"),
    [
        ("a", ["a"]),
        ("a = b.c", ["a", "b.c"]),
        ("a, (b.c, *d)", ["a", "b.c", "d"]),
        ("[*a.b, c]", ["a.b", "c"]),
        ("a['x'], b", ["", "b"]),
    ],
)
def test_what_targets_bind_in_the_end(targets: str, leaves: list[str]) -> None:
    [statement] = extract(f"{targets} = 1\n".encode(), "a.py").body

    assert isinstance(statement, code.Assign)
    assert [code.dotted(leaf) for leaf in code.leaves(*statement.targets)] == leaves
