"""For pytest: for each rule whether it passed, failed, had nothing to look at or was not tried, and what it says."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from conformance.errors import ConformanceError, shown
from conformance.reporters import concise, full
from conformance.reporters.text import Look, counted, inert, new
from conformance.results import Report, RuleStatus, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conformance.results import Finding, RuleResult

__all__ = ["COMPLETENESS", "Item", "advice", "items_of", "not_done"]

COMPLETENESS: Final = "completeness"
"""The item that passes where all of the target could be checked, by every rule."""

_QUIET: Final = Look(quiet=True)


@dataclass(frozen=True, slots=True)
class Item:
    """What pytest is to say of one rule. An error is a rule that was not tried wholly: it neither passed nor failed."""

    name: str
    status: Literal["passed", "failed", "skipped", "error"]
    text: str = ""


def items_of(report: Report) -> tuple[Item, ...]:
    """Return an item for each rule, and one that says whether the check is complete."""
    problems = tuple(inert(shown(problem)) for problem in report.problems)
    crashed = tuple(f"{r.rule} {r.name} crashed" for r in report.rules if r.status is RuleStatus.CRASHED)
    text = "\n".join(("the check is not complete:", *(f"  {each}" for each in (*problems, *crashed))))
    whole = Item(COMPLETENESS, "error", text) if problems or crashed else Item(COMPLETENESS, "passed")
    return (*(_item(result, report) for result in report.rules), whole)


def not_done(names: Iterable[str], error: Exception) -> Iterator[Item]:
    """Yield an error for each item of a check that came to nothing; the last of them says why."""
    why = str(error) if isinstance(error, ConformanceError) else "".join(traceback.format_exception(error)).rstrip()
    for name in names:
        text = f"the check could not be done:\n{why}" if name == COMPLETENESS else "the check could not be done"
        yield Item(name, "error", text)


def advice(report: Report) -> str:
    """Return the findings that are worth a look and fail nothing, and the notes, a line each."""
    findings = concise.render(_about(report, (f for f in new(report) if f.severity is Severity.ADVICE)), _QUIET)
    return findings + "".join(f"note: {inert(note)}\n" for note in report.notes)


def _item(result: RuleResult, report: Report) -> Item:
    name = f"{result.rule} {result.name}"
    findings = [f for f in new(report) if f.rule == result.rule and f.severity is Severity.ERROR]
    shown_findings = full.render(_about(report, findings), _QUIET).rstrip("\n")
    match result.status:
        case RuleStatus.CRASHED:
            crash = f"the rule crashed: {inert(result.reason)}"
            return Item(name, "error", f"{crash}\n\n{shown_findings}" if findings else crash)
        case _ if findings:
            return Item(name, "failed", f"{counted(len(findings), 'finding')}: {_places(findings)}\n\n{shown_findings}")
        case RuleStatus.NOT_APPLICABLE | RuleStatus.UNDECIDABLE:
            return Item(name, "skipped", f"{result.status.value.replace('-', ' ')}: {inert(result.reason)}")
    return Item(name, "passed")


def _places(findings: list[Finding]) -> str:
    """Return where the first findings are: what pytest shows of a failure in its summary."""
    places = [f"{inert(finding.path)}:{finding.line}:{finding.column}" for finding in findings[:3]]
    return ", ".join((*places, "…") if len(findings) > len(places) else places)


def _about(report: Report, findings: Iterable[Finding]) -> Report:
    return replace(report, findings=tuple(findings), rules=(), problems=(), notes=())
