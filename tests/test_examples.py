"""Every example of every rule page, run: the findings stand where the example says, and nowhere else.

`GOLDEN=write pytest tests/test_examples.py` writes anew what is said of the examples; read the difference in review.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from conformance.check import check
from conformance.config import Config
from conformance.examples import expected_in, files_of, found_in, program_from
from conformance.rules import all_rules
from conformance.rules.base import Example, Rule
from tests.kit import golden, said_of

BAD = [(rule, example) for rule in all_rules() for example in rule.bad]
GOOD = [(rule, example) for rule in all_rules() for example in rule.good]


def each(examples: list[tuple[Rule[Any], Example]], *, engine: bool) -> list[object]:
    """Return the examples of the rules that the engine judges itself, or of all others."""
    return [
        pytest.param(rule, example, id=f"{rule.id}-{example.title}")
        for rule, example in examples
        if rule.engine is engine
    ]


def reported_by_the_engine(rule: Rule[Any], files: dict[str, str], folder: Path) -> Counter[tuple[str, str, int]]:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    report = check([folder], Config())
    return Counter((f.rule, f.path, f.line) for f in report.findings if f.rule == rule.id)


@pytest.mark.parametrize(("rule", "example"), each(BAD, engine=False))
def test_a_bad_example_is_reported_where_it_says(rule: Rule[Any], example: Example) -> None:
    files = files_of(example.files)

    found = found_in(program_from(files), [rule])

    assert found == expected_in(files)
    assert any(reported == rule.id for reported, _, _ in found)


@pytest.mark.parametrize(("rule", "example"), each(GOOD, engine=False))
def test_a_good_example_is_looked_at_and_not_reported(rule: Rule[Any], example: Example) -> None:
    program = program_from(files_of(example.files))

    found = found_in(program, [rule])

    assert not found
    assert list(rule.subjects(program)), "the rule had nothing to look at"


@pytest.mark.parametrize(
    ("rule", "example"), each([(rule, example) for rule, example in BAD if rule.id[:2] != "TS"], engine=False)
)
def test_in_the_tests_nothing_of_a_bad_example_is_reported(rule: Rule[Any], example: Example) -> None:
    program = program_from({f"tests/{path}": text for path, text in files_of(example.files).items()})

    assert not found_in(program, [rule])


@pytest.mark.parametrize(
    ("rule", "example"), each([(rule, example) for rule, example in BAD + GOOD if rule.id[:2] != "TS"], engine=False)
)
def test_a_copy_of_an_example_in_the_tests_changes_nothing(rule: Rule[Any], example: Example) -> None:
    files = files_of(example.files)
    copy = {f"tests/{path}": text for path, text in files.items()}

    assert found_in(program_from(files | copy), [rule]) == expected_in(files)


@pytest.mark.parametrize(("rule", "example"), each(BAD, engine=True))
def test_the_engine_reports_its_bad_examples(rule: Rule[Any], example: Example, tmp_path: Path) -> None:
    files = files_of(example.files)

    found = reported_by_the_engine(rule, files, tmp_path)

    assert found == expected_in(files)
    assert found


@pytest.mark.parametrize(("rule", "example"), each(GOOD, engine=True))
def test_the_engine_does_not_report_its_good_examples(rule: Rule[Any], example: Example, tmp_path: Path) -> None:
    assert not reported_by_the_engine(rule, files_of(example.files), tmp_path)


def test_each_rule_has_examples_of_both_kinds() -> None:
    assert [rule.id for rule in all_rules() if not rule.bad or not rule.good] == []


@pytest.mark.parametrize("rule", [rule for rule in all_rules() if not rule.engine], ids=lambda rule: rule.id)
def test_all_that_is_said_of_the_examples_was_read(rule: Rule[Any]) -> None:
    lines = []
    for example in (*rule.bad, *rule.good):
        lines += [f"== {example.title}", *said_of(program_from(files_of(example.files)), all_rules())]

    assert lines == golden(f"examples/{rule.id}.txt", lines)
