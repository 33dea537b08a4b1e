"""What a check comes to: its findings, what became of each rule, what keeps it from being complete."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from conformance.files import Lines
from conformance.findings import UNDECIDABLE, UNREADABLE, UNUSED, WITHOUT_REASON, Maker
from conformance.judging import Outcome
from conformance.results import Finding, FindingStatus, Problem, Report, RuleResult, RuleStatus
from conformance.unused import unused, without_reason
from conformance.vacuity import (
    absent_roles,
    is_lacking,
    nothing_recognised,
    unmatched_roles,
    unseen,
    unseen_in_short,
    without_role,
)
from conformance.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from conformance.rules.base import Rule
    from conformance.selection import Chosen
    from conformance.stages import Loaded
    from conformance.suppressions import Suppressions

__all__ = ["report_of"]


def report_of(loaded: Loaded, chosen: Chosen, suppressions: Suppressions, outcomes: Mapping[str, Outcome]) -> Report:
    """Return the report of a check; what it took is not in it.

    Args:
        loaded: what was checked.
        chosen: the rules.
        suppressions: what is suppressed.
        outcomes: what each rule yields, those included that are run for suppressions alone.
    """
    config, target = loaded.config, loaded.target
    by_id = {rule.id: rule for rule in chosen.every}
    make = Maker(config, suppressions, Lines(target), by_id)
    wanted = {rule.id for rule in chosen.rules}
    findings = _of_rules(outcomes.values(), chosen, make)
    undecided = _undecided(outcomes.values(), wanted, make)
    unread = [make.unreadable(error) for error in loaded.unreadable] if UNREADABLE in by_id else []
    of_the_check = {
        UNDECIDABLE: [finding for several in undecided.values() for finding in several],
        UNREADABLE: unread,
        WITHOUT_REASON: [make.finding(by_id[WITHOUT_REASON], each) for each in without_reason(suppressions)],
        UNUSED: [make.finding(by_id[UNUSED], each) for each in unused(suppressions, outcomes, chosen, loaded)],
    }
    for rule_id, several in of_the_check.items():
        findings += several if rule_id in wanted else ()
    if not target.partial:
        findings += [make.lacking(each) for key, each in outcomes.items() if key in wanted and is_lacking(each, config)]
    problems = [*target.problems, *_not_read(loaded, unread), *unmatched_roles(loaded)]
    notes = [*target.notes]
    if vacant := nothing_recognised(loaded, findings):
        if target.partial:
            notes.append(vacant)
        else:
            problems.append(Problem(vacant))
    notes += absent_roles(loaded)
    if config.strict and not target.partial:
        problems += unseen(without_role(loaded))
    else:
        notes += unseen_in_short(without_role(loaded))
    kept = _one_a_line(findings)
    looked_at = {UNUSED: len(suppressions.all), WITHOUT_REASON: len(suppressions.all), UNREADABLE: len(target.files)}
    return Report(
        version=VERSION,
        root=str(target.root),
        packages=target.packages,
        files=len(target.files),
        findings=tuple(kept),
        rules=tuple(
            _result(
                Outcome(rule, looked_at.get(rule.id, len(outcomes))) if rule.engine else outcomes[rule.id],
                _new(finding for finding in kept if finding.rule == rule.id),
                _new(undecided.get(rule.id, ())),
            )
            for rule in chosen.rules
        ),
        problems=tuple(sorted(set(problems), key=lambda p: (p.path, p.line, p.message))),
        notes=tuple(dict.fromkeys(notes)),
    )


def _of_rules(outcomes: Iterable[Outcome], chosen: Chosen, make: Maker) -> list[Finding]:
    """Return the findings of the rules that are wanted, and of those that the configuration ignores."""
    wanted = {rule.id for rule in chosen.rules}
    reason = f"ignored in {make.config.shown}"
    findings: list[Finding] = []
    for outcome in outcomes:
        made = [make.finding(outcome.rule, violation) for violation in outcome.violations]
        if outcome.rule.id in wanted:
            findings += made
        elif outcome.rule in chosen.ignored:
            findings += [replace(each, status=FindingStatus.SUPPRESSED, reason=reason) for each in made]
    return findings


def _undecided(outcomes: Iterable[Outcome], wanted: set[str], make: Maker) -> dict[str, list[Finding]]:
    """Return where each rule that is wanted can say nothing."""
    if UNDECIDABLE not in make.by_id:
        return {}
    return {
        outcome.rule.id: [make.undecidable(outcome.rule, each) for each in outcome.undecidable]
        for outcome in outcomes
        if outcome.rule.id in wanted
    }


def _not_read(loaded: Loaded, unread: Sequence[Finding]) -> list[Problem]:
    return [
        Problem(error.message, error.path, error.line)
        for error, finding in zip(loaded.unreadable, unread, strict=True)
        if finding.status is FindingStatus.NEW
    ]


def _one_a_line(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings in order, of each rule one on a line: the first."""
    unique = {(f.rule, f.path, f.line): f for f in sorted(findings, key=_order, reverse=True)}
    return sorted(unique.values(), key=_order)


def _order(finding: Finding) -> tuple[str, int, int, str, str]:
    return (finding.path, finding.line, finding.column, finding.rule, finding.message)


def _new(findings: Iterable[Finding]) -> int:
    return sum(1 for finding in findings if finding.status is FindingStatus.NEW)


_OF_A_PART: Final = "it looks for what is missing, and a part of the program was given"


def _result(outcome: Outcome, new: int, undecided: int) -> RuleResult:
    rule: Rule[Any] = outcome.rule
    status, reason = RuleStatus.PASSED, ""
    if outcome.crash:
        status, reason = RuleStatus.CRASHED, outcome.crash
    elif new:
        status = RuleStatus.FAILED
    elif not outcome.subjects:
        status, reason = RuleStatus.NOT_APPLICABLE, _OF_A_PART if outcome.blind else rule.nothing
    elif undecided:
        things = "a place" if undecided == 1 else f"{undecided} places"
        status, reason = RuleStatus.UNDECIDABLE, f"{things} where nothing can be said: see {UNDECIDABLE}"
    return RuleResult(rule.id, rule.name, status, outcome.subjects, new, reason, rule.why, outcome.seconds)
