"""Suppressions: the lines that a comment covers, and which of them are of use."""

from __future__ import annotations

import pytest

from conformance.facts.extract import extract
from conformance.suppressions import Suppressions, in_code, in_configuration


def covered(source: str) -> list[list[int]]:
    code = extract(source.encode(), "app/x.py")
    return [sorted(one.lines or ()) for one in in_code(code, "app/x.py", "app.x")]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        pytest.param("x = 1\ny = 2  # conformance: ignore[DI101] -- why\nz = 3\n", [2], id="behind a statement"),
        pytest.param(
            "x = f(\n    1,  # conformance: ignore[DI101] -- why\n    2,\n)\n", [1, 2, 3, 4], id="amid a call"
        ),
        pytest.param(
            "def f():  # conformance: ignore[DI101] -- why\n    x = 1\n    return x\n",
            [1],
            id="behind a def: not its body",
        ),
        pytest.param(
            "def f(\n    a,  # conformance: ignore[DI101] -- why\n    b,\n):\n    return a\n",
            [2],
            id="behind a parameter",
        ),
        pytest.param(
            "def f(\n    a,\n    b,\n) -> int:  # conformance: ignore[DI101] -- why\n    return a\n",
            [1, 4],
            id="at the end of a header: the def too",
        ),
        pytest.param(
            "if a:\n    x = 1\nelse:  # conformance: ignore[DI101] -- why\n    x = 2\n", [3], id="behind an else"
        ),
        pytest.param(
            "# conformance: ignore[DI101] -- why\n@deco\n@other\ndef f():\n    x = 1\n\n    return x\n\n\ny = 1\n",
            [2, 3, 4, 5, 6, 7],
            id="above a decorated function: all of it",
        ),
        pytest.param(
            "def f():\n    # conformance: ignore[DI101] -- why\n\n    x = 1\n    y = 2\n",
            [4],
            id="above a statement of a body",
        ),
        pytest.param(
            "def f(\n    # conformance: ignore[DI101] -- why\n    # and more\n    a,\n    b,\n):\n    return a\n",
            [3],
            id="above a parameter",
        ),
        pytest.param(
            "if a:\n    x = 1\n    # conformance: ignore[DI101] -- why\ny = 2\n", [4], id="at the end of a block"
        ),
        pytest.param("x = 1\n# conformance: ignore[DI101] -- why\n", [], id="at the end of the file"),
        pytest.param(
            "# conformance: ignore[DI101] -- why\n# conformance: ignore[DI102] -- why\nx = 1\n", [3], id="two above one"
        ),
    ],
)
def test_a_comment_covers(source: str, lines: list[int]) -> None:
    assert covered(source)[0] == lines


def test_a_comment_that_names_two_rules_is_two_suppressions_of_one_reason() -> None:
    code = extract(b"x = 1  # conformance: ignore[DI101, nullable-dependency] -- the old client\n", "x.py")

    found = [(one.name, one.reason) for one in in_code(code, "x.py", "x")]

    assert found == [("DI101", "the old client"), ("nullable-dependency", "the old client")]


def test_what_has_matched_is_used_and_the_rest_is_not() -> None:
    source = b"x = 1  # conformance: ignore[DI101, DI102] -- why\ny = 2  # conformance: ignore[DI101] -- why\n"
    written = [
        *in_code(extract(source, "app/x.py"), "app/x.py", "app.x"),
        *in_configuration({"app/**": ["DI101"], "lib/**": ["DI101"]}, "pyproject.toml", lambda glob: 3),
    ]
    suppressions = Suppressions(written, lambda name, rule: name == rule)

    matched = [
        suppressions.match("DI101", "app/x.py", 1),
        suppressions.match("DI101", "app/x.py", 9),
        suppressions.match("DI103", "app/x.py", 1),
        suppressions.match("DI101", "other/x.py", 1),
    ]

    assert [one and one.reason for one in matched] == ["why", "`per-file-ignores` for app/**", None, None]
    assert [(one.name, one.place.span[0], one.glob) for one in suppressions.unused()] == [
        ("DI102", 1, ""),
        ("DI101", 2, ""),
        ("DI101", 3, "lib/**"),
    ]
