"""Suppression comments as they are found in a file."""

from __future__ import annotations

import time
from dataclasses import astuple

import pytest

from conformance.facts.comments import read_comments


def read(comment: str) -> tuple[tuple[str, ...], str]:
    [found] = read_comments(f"x = 1  {comment}\n")

    assert found.problem == ""
    return found.names, found.reason


def problem_of(comment: str) -> str:
    [found] = read_comments(f"x = 1  {comment}\n")

    assert found.problem != ""
    return found.problem


@pytest.mark.parametrize(
    ("comment", "names", "reason"),
    [
        ("# conformance: ignore[DI103] -- why", ("DI103",), "why"),
        ("# conformance: ignore[DI103, nullable-provider] -- why", ("DI103", "nullable-provider"), "why"),
        ("# conformance: ignore[DI103 DI104,] -- why", ("DI103", "DI104"), "why"),
        ("# conformance: ignore[DI1]", ("DI1",), ""),
        ("# conformance: ignore[DI1] --", ("DI1",), ""),
        ("# conformance: ignore -- why", (), "why"),
        ("# conformance: ignore", (), ""),
        ("#conformance:ignore[DI1]--why", ("DI1",), "why"),
        ("#  Conformance :  IGNORE [DI1]  —  why", ("DI1",), "why"),
        ("# conformance: ignore[DI1] -- see #12 -- and #13", ("DI1",), "see #12 -- and #13"),
        ("# noqa: F401  # conformance: ignore[DI1] -- why  # type: ignore", ("DI1",), "why"),
        ("# type: ignore # conformance: ignore[DI1] -- why", ("DI1",), "why"),
        ("# conformance: ignore[DI1] -- why   ", ("DI1",), "why"),
    ],
)
def test_a_comment_names_rules_and_gives_a_reason(comment: str, names: tuple[str, ...], reason: str) -> None:
    assert read(comment) == (names, reason)


@pytest.mark.parametrize(
    ("comment", "problem"),
    [
        ("# conformance: ignore DI103", "the rules stand in brackets: write `ignore[RULE] -- why`"),
        ("# conformance: ignore: DI103", "the rules stand in brackets: write `ignore[RULE] -- why`"),
        ("# conformance: ignore[DI103 -- why", "the bracket is not closed: write `ignore[RULE] -- why`"),
        ("# conformance: ignore[] -- why", "no rule is named: write `ignore[RULE] -- why`"),
        ("# conformance: ignore[,] -- why", "no rule is named: write `ignore[RULE] -- why`"),
        ("# conformance: ignore[DI103] because", "the reason follows two dashes: write `ignore[RULE] -- why`"),
        ("# conformance: ignore[DI103] - because", "the reason follows two dashes: write `ignore[RULE] -- why`"),
        ("# conformance: ignore[DI103;DI104]", "`DI103;DI104` cannot be the name of a rule"),
        ("# conformance: ignroe[DI103] -- why", "`ignroe` is not known here: write `ignore[RULE] -- why`"),
        ("# conformance: ignore-file[DI103]", "`ignore-file` is not known here: write `ignore[RULE] -- why`"),
        ("# conformance: disable=DI103", "`disable` is not known here: write `ignore[RULE] -- why`"),
        ("# conformance: noqa", "`noqa` is not known here: write `ignore[RULE] -- why`"),
        ("# conformance: skip DI103", "`skip` is not known here: write `ignore[RULE] -- why`"),
        ("# conformance: allow[DI103] -- why", "`allow` is not known here: write `ignore[RULE] -- why`"),
    ],
)
def test_a_comment_that_was_meant_as_one_says_what_is_wrong_with_it(comment: str, problem: str) -> None:
    assert problem_of(comment) == problem


def test_a_comment_with_a_problem_names_no_rule_that_there_is() -> None:
    [found] = read_comments("# conformance: ignore DI103 -- why\n")

    assert found.names == ("ignore DI103 -- why",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = 1  # conformance\n",
        "# conformance: the module follows PRD-012\n",
        "# conformance: ignored by the reviewers\n",
        "# conformance: allow for some time here\n",
        "# Our conformance: see the README\n",
        "# conformance\n# : ignore[DI1] -- why\n",
        "x = '# conformance: ignore[DI1] -- why'\n",
        "x = '''\n# conformance: ignore[DI1] -- why\n'''\n",
        'x = f"""\n# conformance: ignore[DI1] -- {x}\n"""\n',
        "x = 'a\\\n# conformance: ignore[DI1] -- why'\n",
        "# conformity: ignore[DI1] -- why\n",
    ],
)
def test_prose_and_strings_are_no_suppressions(text: str) -> None:
    assert read_comments(text) == ()


def test_a_comment_has_the_place_from_its_own_hash_to_its_end() -> None:
    found = read_comments("é = 'é'  # noqa  # conformance: ignore[DI1] -- é\n\n  # conformance: ignore[DI2]  \n")

    assert [astuple(comment) for comment in found] == [
        ((1, 18, 1, 49), ("DI1",), "é", False, ""),
        ((3, 3, 3, 29), ("DI2",), "", True, ""),
    ]


def test_two_on_one_line_are_two() -> None:
    found = read_comments("# conformance: ignore[DI1] -- a  # conformance: ignore[DI2] -- b\n")

    assert [(c.names, c.reason, c.alone) for c in found] == [(("DI1",), "a", True), (("DI2",), "b", True)]


@pytest.mark.parametrize(
    "text",
    [
        'x = f"{d["#"]}"  # conformance: ignore[DI1] -- why\n',
        "type X[T] = int  # conformance: ignore[DI1] -- why\n",
        "x = t'{y}'  # conformance: ignore[DI1] -- why\n",
        'x = f"{\n  y  # conformance: ignore[DI1] -- why\n}"\n',
        'x = f"{y:{\n  z  # conformance: ignore[DI1] -- why\n}}"\n',
        "f(\n    a,  # conformance: ignore[DI1] -- why\n)\n",
        "x = 1  # conformance: ignore[DI1] -- why",
        "try: f()\nexcept A, B:  # conformance: ignore[DI1] -- why\n    pass\n",
        "x = '\\\\'  # conformance: ignore[DI1] -- why\n",
        'x = r"\\"  # conformance: ignore[no]"  # conformance: ignore[DI1] -- why\n',
    ],
)
def test_newer_syntax_does_not_hide_a_comment(text: str) -> None:
    assert [(c.names, c.reason) for c in read_comments(text)] == [(("DI1",), "why")]


def test_what_stands_before_a_string_without_an_end_is_read() -> None:
    assert len(read_comments("# conformance: ignore[DI1] -- why\nx = '\n# conformance: ignore[DI1] -- why\n")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "# conformance: ignore[DI1] -- why\n" * 20_000,
        "# conformance: ignore[" + "a," * 200_000 + "]\n",
        "# conformance: ignore[DI1] --" + " # conformance:" * 20_000 + "\n",
        "# conformance: " + "ignore " * 100_000 + "\n",
        "#" * 500_000 + " conformance: ignore[DI1]\n",
        "# conformance: ignore[DI1] " + "-" * 500_000 + "\n",
        "x = (" + "0, " * 200_000 + ")  # conformance: ignore[DI1] -- why\n",
        "# conformance" + " " * 500_000 + "\n# conformance: ignore[DI1]\n",
    ],
)
def test_time_grows_with_the_size_of_the_file_alone(text: str) -> None:
    started = time.process_time()

    read_comments(text)

    assert time.process_time() - started < 8
