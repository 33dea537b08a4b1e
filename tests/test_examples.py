"""Every example of every rule page, run: the findings stand where the example says, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.examples import expected_in, files_of, found_in, program_from
from conformance.rules import all_rules
from conformance.rules.base import Example, Rule

BAD = [pytest.param(rule, example, id=f"{rule.id}-{example.title}") for rule in all_rules() for example in rule.bad]
GOOD = [pytest.param(rule, example, id=f"{rule.id}-{example.title}") for rule in all_rules() for example in rule.good]


@pytest.mark.parametrize(("rule", "example"), BAD)
def test_a_bad_example_is_reported_where_it_says(rule: Rule[Any], example: Example) -> None:
    files = files_of(example.files)

    found = found_in(program_from(files), [rule])

    assert found == expected_in(files)
    assert any(reported == rule.id for reported, _, _ in found)


@pytest.mark.parametrize(("rule", "example"), GOOD)
def test_a_good_example_is_looked_at_and_not_reported(rule: Rule[Any], example: Example) -> None:
    program = program_from(files_of(example.files))

    found = found_in(program, [rule])

    assert not found
    assert list(rule.subjects(program)), "the rule had nothing to look at"
