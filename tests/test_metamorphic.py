"""What does not matter to a program does not matter to its findings: they move with the code, and change in nothing.

The programs are the examples of the rules, those of the tests, the samples of the documents, the shared cases where
they are there, and the reference application with a violation of each rule in it. Each is written differently, in each
of several ways, and judged again: a sample of them in every run, all by all rules with `-m campaign`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from conformance.check import judge, prepare, read
from conformance.config import Config
from conformance.discovery import discover
from conformance.examples import files_of, program_from
from conformance.facts.extract import extract
from conformance.program import Program, link
from conformance.results import Place, Undecidable, Violation
from conformance.rules import all_rules
from conformance.rules.base import Rule
from conformance.selftest.ground import Ground
from conformance.selftest.operators import OPERATORS
from conformance.selftest.seeds import Seed, sown
from tests import ways
from tests.documents.test_documents import DOCUMENTS, cases_of
from tests.kit import lay_out
from tests.rules.test_evasions import PROGRAMS as EVASIONS
from tests.rules.test_said import TABLES, rules_of
from tests.ways import Files, Way, parses

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "cases"
RULES = tuple(rule for rule in all_rules() if not rule.engine)

ABOUT_IMPORTS = ("DI109", "DI110", "DI111", "FP803", "LY", "TS705", "WK304", "WK311")
"""Rules to which it matters from where a name is imported, or how."""
OF_ONE_MODULE = ("DI104", "DI105", "DI107", "DI109", "DI110", "LC209", "LY409", "TS705", "WK302", "WK303")
"""Rules that ask what stands in the same module, or first in it."""

WAYS: dict[Way, tuple[str, ...]] = {
    ways.with_comments: (),
    ways.with_other_line_ends: (),
    ways.under_a_condition: (),
    ways.with_other_locals: (),
    ways.with_aliases: (),
    ways.with_dotted_names: ABOUT_IMPORTS,
    ways.with_plain_names: ABOUT_IMPORTS,
    ways.with_a_hop: ABOUT_IMPORTS,
    ways.with_other_modules: (),
    ways.in_another_order: ("DI104", "LC209"),
    ways.in_two_modules: (*OF_ONE_MODULE, *ABOUT_IMPORTS),
}
"""The ways, each with the rules to which it matters."""

Told = tuple[object, ...]


@dataclass(frozen=True)
class Case:
    """A program, and the rules that it is about."""

    name: str
    rules: tuple[Rule[Any], ...]
    files: Files


# --- what is said ---------------------------------------------------------------------------------------------------


def told(
    program: Program,
    rule: Rule[Any],
    moved: Callable[[Place], tuple[str, int]],
    words: Callable[[str], str] = lambda text: text,
) -> list[Told]:
    """Return all that a rule says of a program, with the places where they will be, names without the path to them."""

    def short(text: str) -> str:
        return _TAG.sub("", _PATH.sub("", words(text)))

    said: list[Violation | Undecidable] = [
        each for subject in rule.subjects(program) for each in rule.check(program, subject)
    ]
    found = {
        (
            moved(each.place),
            short(each.place.symbol),
            short(each.message),
            *(
                (short(each.instead), short(each.detail), _way(each, moved, short))
                if isinstance(each, Violation)
                else ()
            ),
        )
        for each in said
    }
    return sorted(found)  # of what is said twice of a line, the engine keeps one too


def _way(
    violation: Violation, moved: Callable[[Place], tuple[str, int]], words: Callable[[str], str]
) -> tuple[tuple[tuple[str, int], str], ...]:
    return tuple((moved(step.place), words(step.text)) for step in violation.trail)


_PATH = re.compile(r"\b(?:\w+\.)+(?=\w)")
_TAG = re.compile(r"(?<=\w)_\d+\b")
"""What the selftest puts behind the names of what it seeds."""


def as_it_is(place: Place) -> tuple[str, int]:
    return place.path, place.span[0]


def differences(files: Files, way: Way, rules: Iterable[Rule[Any]]) -> dict[str, tuple[object, object]]:
    """Return what rules say of a program alone as it is, or as it is written in another way, by rule."""
    written = way(files)
    before, after = program_from(files), program_from(written.files)
    found: dict[str, tuple[object, object]] = {}
    for rule in rules:
        expected = told(before, rule, written.moved)
        got = told(after, rule, as_it_is, written.as_before)
        if way is ways.in_another_order:  # of several ways on which code comes to break a rule, the first is shown
            expected, got = [each[:-1] for each in expected], [each[:-1] for each in got]
        if expected != got:
            found[rule.id] = ([t for t in expected if t not in got], [t for t in got if t not in expected])
    return found


# --- programs -------------------------------------------------------------------------------------------------------


def own_cases() -> Iterator[Case]:
    """The programs of this repository."""
    for rule in RULES:
        for example in (*rule.bad, *rule.good):
            yield Case(f"{rule.id}: {example.title}", (rule,), files_of(example.files))
    for table, (names, programs, made) in TABLES.items():
        for name, text in programs.items():
            yield Case(f"{table}: {name}", tuple(rules_of(names)), made(text))
    for name, (rule_id, text) in EVASIONS.items():
        yield Case(name, tuple(rules_of([rule_id])), files_of(text))
    for document in DOCUMENTS:
        for case in cases_of(document):
            yield Case(f"{document}: {case.name}", RULES, case.files)


def shared_cases() -> Iterator[Case]:
    """The programs of the shared cases that need no configuration."""
    for path in sorted(SHARED.rglob("*.case")):
        for block in re.split(r"^=== ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]:
            name, _, text = block.partition("\n")
            files = files_of(text)
            if not any(file.endswith(".toml") for file in files):
                yield Case(f"{path.stem}: {name}", RULES, files)


def python_of(cases: Iterable[Case]) -> Iterator[Case]:
    """Leave out what is not Python, and programs of which a part cannot be parsed here."""
    for case in cases:
        files = {path: text for path, text in case.files.items() if path.endswith(".py")}
        if all(parses(text) for text in files.values()):
            yield Case(case.name, case.rules, files)


CASES = tuple(python_of((*own_cases(), *shared_cases())))

BY_TABLE: dict[str, list[Case]] = {}
for each in CASES:
    BY_TABLE.setdefault(each.name.partition(":")[0].partition(" ")[0], []).append(each)


@pytest.fixture(scope="module")
def reference() -> Files:
    """The reference application, with all that the selftest can seed at once."""
    prepared = prepare([ROOT / "reference_app", ROOT / "tests" / "reference_app"], Config(), cwd=ROOT)
    loaded = read(prepared.target, prepared.config)
    ground = Ground(loaded, judge(loaded, prepared.chosen))
    seeds: list[Seed] = []
    for number, operator in enumerate(OPERATORS):
        touched = {key for seed in seeds for key in seed.touches}
        candidates = islice((s for s in operator.places(ground) if not s.removed and not s.touches & touched), 12)
        several = list(candidates)
        if several:
            seeds.append(several[number % len(several)].tagged(f"_{number}"))
    files = {file.shown: file.path.read_text("utf-8") for file in prepared.target.files}
    return files | {path: content.decode() for path, content in sown(ground.sources, seeds).files.items()}


def each_way(*, but: tuple[Way, ...] = ()) -> list[Any]:
    return [pytest.param(way, id=way.__name__) for way in WAYS if way not in but]


def matters_to(way: Way) -> tuple[Rule[Any], ...]:
    """Return the rules to which a way of writing must not matter."""
    return tuple(rule for rule in RULES if not rule.id.startswith(WAYS[way]) or not WAYS[way])


# --- written differently --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", each_way())
def test_how_a_program_is_written_changes_no_finding(way: Way) -> None:
    rules = set(matters_to(way))

    for case in CASES[list(WAYS).index(way) :: 5]:
        found = differences(case.files, way, [rule for rule in case.rules if rule in rules])

        assert found == {}, case.name


@pytest.mark.campaign
@pytest.mark.parametrize("way", each_way())
def test_how_any_program_is_written_changes_no_finding_of_any_rule(way: Way) -> None:
    rules = matters_to(way)

    found = {case.name: said for case in CASES if (said := differences(case.files, way, rules))}

    assert found == {}


@pytest.mark.parametrize("way", each_way())
def test_how_an_application_is_written_changes_no_finding(way: Way, reference: Files) -> None:
    assert differences(reference, way, matters_to(way)) == {}


@pytest.mark.parametrize("way", each_way())
def test_a_way_of_writing_writes_many_programs_differently(way: Way) -> None:
    sample = CASES[::7]

    same = [case.name for case in sample if way(case.files).files == case.files]

    assert len(same) < len(sample) * 0.95


def test_the_application_has_violations_of_each_rule(reference: Files) -> None:
    program = program_from(reference)

    assert [rule.id for rule in RULES if not told(program, rule, as_it_is)] == ["LY409"]  # which takes more than a line


# --- on a disk ------------------------------------------------------------------------------------------------------


def on_disk(paths: list[Path], cwd: Path) -> Program:
    target = discover(paths, Config(), cwd=cwd)
    return link([(file, extract(file.path.read_bytes(), file.shown)) for file in target.files], Config())


def check_on_disk(files: Files, rules: Iterable[Rule[Any]], folder: Path, title: str) -> None:
    lay_out(folder / "plain", files)
    moved = {path: path if path.split("/")[0] == "tests" else f"src/{path}" for path in files}
    lay_out(folder / "nested", {moved[path]: text for path, text in files.items()})
    plain = on_disk([folder / "plain"], folder.parent)
    programs = {
        "from inside": on_disk([], folder / "plain"),
        "from beside": on_disk([Path("plain")], folder),
        "in src": on_disk([folder / "nested"], folder.parent),
    }
    for rule in rules:
        expected = told(plain, rule, as_it_is)
        for way, program in programs.items():
            found = told(program, rule, lambda place: (place.path.removeprefix("src/"), place.span[0]))
            assert found == expected, f"{title}, {way}, {rule.id}"


def test_where_code_lies_and_from_where_it_is_checked_changes_no_finding(tmp_path: Path) -> None:
    for number, case in enumerate(CASES[::6]):
        check_on_disk(case.files, case.rules, tmp_path / str(number), case.name)


@pytest.mark.campaign
def test_where_any_code_lies_and_from_where_it_is_checked_changes_no_finding_of_any_rule(tmp_path: Path) -> None:
    for number, case in enumerate(CASES):
        check_on_disk(case.files, RULES, tmp_path / str(number), case.name)


def test_where_an_application_lies_changes_no_finding(reference: Files, tmp_path: Path) -> None:
    check_on_disk(reference, RULES, tmp_path / "application", "the reference application")
