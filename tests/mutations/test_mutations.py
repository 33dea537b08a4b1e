"""The reference application, broken in one place at a time: its rule finds each, on its line, and no other does not."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from conformance.config import Config
from conformance.discovery import SourceFile, discover
from conformance.examples import Expected, found_in
from conformance.facts.code import ModuleCode
from conformance.facts.extract import extract
from conformance.program import Program, link
from conformance.results import Severity
from conformance.rules import all_rules
from tests.mutations.edits import BREAKING, HARMLESS, Edit

ROOT = Path(__file__).parent.parent.parent
RULES = {rule.id: rule for rule in all_rules() if not rule.engine and not rule.opt_in}

Files = dict[str, tuple[SourceFile, ModuleCode]]


@pytest.fixture(scope="module")
def files() -> Files:
    """The files of the application and of its tests, read once."""
    target = discover([ROOT / "reference_app", ROOT / "tests" / "reference_app"], Config())
    return {file.shown: (file, extract(file.path.read_bytes(), file.shown)) for file in target.files}


def edited(files: Files, edit: Edit, *, with_tests: bool) -> Program:
    text = (ROOT / edit.path).read_text() if edit.path in files else ""
    file, _ = files.get(
        edit.path, (SourceFile(edit.path, ROOT / edit.path, edit.path[:-3].replace("/", "."), is_test=True), None)
    )
    others = [each for each in files.values() if each[0] != file and (with_tests or not each[0].is_test)]
    return link([*others, (file, extract(edit.applied(text).encode(), edit.path))], Config())


def each(edits: tuple[Edit, ...]) -> list[object]:
    """Return the edits, named by what is edited."""
    return [
        pytest.param(edit, id=f"{edit.rule}{':' if edit.rule else ''}{Path(edit.path).stem}:{number}")
        for number, edit in enumerate(edits)
    ]


def test_the_application_breaks_no_rule(files: Files) -> None:
    program = link(files.values(), Config())

    assert found_in(program, RULES.values()) == Counter()


def test_each_rule_has_something_to_look_at_in_the_application(files: Files) -> None:
    program = link(files.values(), Config())

    assert [rule.id for rule in RULES.values() if not any(True for _ in rule.subjects(program))] == []


def test_each_rule_has_an_edit_that_breaks_it() -> None:
    assert set(RULES) - {edit.rule for edit in BREAKING} == {"LY409"}  # which takes more than one line


@pytest.mark.parametrize("edit", each(BREAKING))
def test_an_edit_is_found_by_its_rule_on_its_line(files: Files, edit: Edit) -> None:
    program = edited(files, edit, with_tests=edit.rule.startswith("TS"))
    text = (ROOT / edit.path).read_text() if edit.path in files else ""

    found = found_in(program, [RULES[edit.rule]])

    assert found == Expected((edit.rule, edit.path, line) for line in edit.lines(text))


@pytest.mark.parametrize("edit", each(HARMLESS))
def test_an_edit_that_says_the_same_is_not_found(files: Files, edit: Edit) -> None:
    program = edited(files, edit, with_tests=True)

    found = found_in(program, [rule for rule in RULES.values() if rule.severity is not Severity.ADVICE])

    assert found == Counter()


@pytest.mark.parametrize(
    ("removed", "reported"),
    [
        ("reference_app/deps/", "reference_app/components/backend/api/health.py"),
        ("reference_app/worker.py", "reference_app/tasks/codebase.py"),
    ],
)
def test_a_part_that_is_taken_away_is_missed(files: Files, removed: str, reported: str) -> None:
    program = link([each for path, each in files.items() if not path.startswith(removed)], Config())

    assert found_in(program, [RULES["LY409"]]) == Counter({("LY409", reported, 1): 1})
