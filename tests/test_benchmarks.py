"""What the benchmarks are run on: the same for the same seed, and with no findings but those wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.check import check
from conformance.config import Config
from tests.benchmarks.dense import VIOLATIONS
from tests.benchmarks.generate import SHAPES, generate


@pytest.mark.parametrize("shape", SHAPES)
def test_as_many_modules_are_written_as_were_asked_for(tmp_path: Path, shape: str) -> None:
    size = generate(tmp_path, shape, 130)

    written = [file.stat().st_size for file in tmp_path.rglob("*.py")]

    assert (len(written), sum(written)) == (130, size)


@pytest.mark.parametrize("shape", SHAPES)
def test_an_application_follows_from_its_seed(shape: str) -> None:
    first, again, other = (dict(SHAPES[shape](130, seed, 0.5)) for seed in (1, 1, 2))

    assert first == again
    assert first != other


@pytest.mark.parametrize("shape", SHAPES)
def test_without_violations_it_conforms(tmp_path: Path, shape: str) -> None:
    generate(tmp_path, shape, 80, violations=0)

    report = check([tmp_path], Config())

    assert (report.findings, report.problems, report.files) == ((), (), 80)


def test_each_violation_breaks_its_rule_alone(tmp_path: Path) -> None:
    generate(tmp_path, "dense", 180, violations=1)

    report = check([tmp_path], Config())

    assert {finding.rule for finding in report.findings} == set(VIOLATIONS)
