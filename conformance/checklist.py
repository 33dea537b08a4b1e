"""The review checklist: each statement of the documents, what the rules say of it here, and what is left to ask."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from conformance.inventory import Thing, things
from conformance.results import Finding, FindingStatus, RuleStatus, Severity
from conformance.statements import SECTIONS, Look, Section, Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from conformance.check import Examined
    from conformance.results import Report, RuleResult

__all__ = ["Checklist", "Item", "Place", "State", "checklist"]


class State(StrEnum):
    """What the rules say of a statement. Where several decide it, the first of these that holds for one of them."""

    BROKEN = "broken"
    ADVISED = "advice"
    UNKNOWN = "not decided"
    HELD = "held"
    NOTHING = "nothing to look at"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Place:
    """A place where the answer to a question is to be looked for: what is there, and whether the change brings it."""

    thing: Thing
    is_new: bool


@dataclass(frozen=True, slots=True)
class Item:
    """A statement with its state.

    Attributes:
        rules: the outcome of each rule that decides it, of those that ran.
        findings: what they report, new and recorded; `excused` counts what is suppressed.
        places: where to look for the answer to its question.
    """

    section: Section
    statement: Statement
    state: State
    rules: tuple[RuleResult, ...]
    findings: tuple[Finding, ...]
    excused: int
    places: tuple[Place, ...]

    @property
    def subjects(self) -> int:
        """How many things the rules looked at."""
        return sum(result.subjects for result in self.rules)


@dataclass(frozen=True, slots=True)
class Checklist:
    """The statements in the order of the documents.

    Attributes:
        since: the revision that the change is counted from, "" where all of the code is reviewed.
        untouched: how many statements are left out, since the change does not touch them.
    """

    report: Report
    items: tuple[Item, ...]
    since: str = ""
    untouched: int = 0

    def counted(self, state: State) -> int:
        """Return how many statements have this state."""
        return sum(1 for item in self.items if item.state is state)

    @property
    def questions(self) -> tuple[Item, ...]:
        """The statements that a reviewer is asked about."""
        return tuple(item for item in self.items if item.statement.question)


_UNDECIDED: Final = (RuleStatus.CRASHED, RuleStatus.UNDECIDABLE)


def checklist(examined: Examined, *, since: str = "") -> Checklist:
    """Return the checklist of a target; where a change was asked for, of what it touches."""
    places = _places(examined)
    items = [
        _item(section, statement, examined.report, places) for section in SECTIONS for statement in section.statements
    ]
    kept = [item for item in items if examined.change is None or item.findings or _is_asked_of(item)]
    return Checklist(examined.report, tuple(kept), since, len(items) - len(kept))


def _is_asked_of(item: Item) -> bool:
    """Whether the change brings what the question is about; a question about no kind of thing is always asked."""
    return bool(item.statement.question) and (bool(item.places) or not item.statement.look)


def _places(examined: Examined) -> tuple[Place, ...]:
    found = (*things(examined.loaded.program), *_suppressed(examined.report))
    change = examined.change
    if change is None:
        return tuple(Place(thing, is_new=False) for thing in found)
    before = {thing.identity for thing in things(examined.before.program)} if examined.before else set()
    before |= {
        thing.identity for thing in found if thing.kind is Look.SUPPRESSIONS
    }  # of these, what the change touches
    return tuple(
        Place(thing, is_new=thing.identity not in before)
        for thing in found
        if thing.identity not in before or change.touches_spans(thing.place.path, thing.spans)
    )


def _suppressed(report: Report) -> Iterator[Thing]:
    for finding in report.findings:
        if finding.status is FindingStatus.SUPPRESSED:
            name = f"{finding.rule}: {finding.reason or 'no reason given'}"
            yield Thing(Look.SUPPRESSIONS, finding.place, name, (finding.place.span,))


def _item(section: Section, statement: Statement, report: Report, places: Sequence[Place]) -> Item:
    results = tuple(result for result in report.rules if result.rule.startswith(statement.rules or ("?",)))
    ids = {result.rule for result in results}
    findings = [finding for finding in report.findings if finding.rule in ids]
    counting = tuple(finding for finding in findings if finding.status is not FindingStatus.SUPPRESSED)
    looked = tuple(place for place in places if place.thing.kind in statement.look)
    state = _state(results, counting)
    return Item(section, statement, state, results, counting, len(findings) - len(counting), looked)


def _state(results: Sequence[RuleResult], findings: Iterable[Finding]) -> State:
    severities = {finding.severity for finding in findings}
    if severities:
        return State.BROKEN if Severity.ERROR in severities else State.ADVISED
    statuses = {result.status for result in results}
    if statuses.intersection(_UNDECIDED):
        return State.UNKNOWN
    if RuleStatus.PASSED in statuses:
        return State.HELD
    return State.NOTHING if results else State.ASKED
