"""What a check does, counted: files parsed, rules run, on a synthetic application. Seconds are for the benchmarks."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.cache import Cache, Call
from conformance.check import check
from conformance.config import Config
from conformance.results import Report, Work
from conformance.rules import all_rules
from tests.benchmarks.generate import SHAPES, generate

MODULES = 50
RUN = sum(1 for rule in all_rules() if not rule.engine and not rule.opt_in)


def checked(folder: Path, cache: Path) -> Report:
    """Check as the command does: the stored result, or else what is found now."""
    stored = Cache(cache, Call(folder, [folder]))
    return stored.recalled() or check([folder], Config(), cache=stored)


@pytest.fixture(params=SHAPES)
def tree(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    generate(tmp_path / "tree", request.param, MODULES, violations=0.5)
    return tmp_path / "tree"


def test_a_first_check_parses_each_file_once_and_runs_each_rule_once(tree: Path, tmp_path: Path) -> None:
    assert checked(tree, tmp_path / "cache").work == Work(parsed=MODULES, judged=RUN)


def test_where_nothing_has_changed_no_file_is_parsed_and_no_rule_is_run(tree: Path, tmp_path: Path) -> None:
    first = checked(tree, tmp_path / "cache")

    again = checked(tree, tmp_path / "cache")

    assert (again, again.work) == (first, Work(recalled=True))


def test_where_a_file_has_changed_all_rules_are_run(tree: Path, tmp_path: Path) -> None:
    checked(tree, tmp_path / "cache")
    file = next(tree.glob("*/__init__.py"))
    file.write_text(f"{file.read_text('utf-8')}\n\ndef edited() -> int:\n    return 1\n", "utf-8")

    assert checked(tree, tmp_path / "cache").work == Work(parsed=MODULES, judged=RUN)
