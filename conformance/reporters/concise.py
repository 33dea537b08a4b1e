"""One line for each finding, `path:line:column: RULE message`, and a closing line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.errors import shown
from conformance.reporters.text import Look, by_status, inert, new, no_command, rules_line, summary
from conformance.results import FindingStatus, RuleStatus, Severity

if TYPE_CHECKING:
    from conformance.results import Finding, Report

__all__ = ["render"]


def render(report: Report, look: Look = Look()) -> str:  # noqa: B008 - frozen
    """Return the report in short."""
    findings = report.findings if look.verbose else new(report)
    lines = [_line(finding, report.root, look) for finding in findings]
    crashed = by_status(report, RuleStatus.CRASHED)
    lines += [look.ink(f"{result.rule} crashed: {inert(result.reason)}", "red") for result in crashed]
    lines += [look.ink(f"problem: {inert(shown(problem))}", "red") for problem in report.problems]
    if not look.quiet:
        lines += [f"note: {inert(note)}" for note in report.notes]
        vacant = by_status(report, RuleStatus.NOT_APPLICABLE)
        unsure = by_status(report, RuleStatus.UNDECIDABLE)
        lines += [f"not applicable: {' '.join(result.rule for result in vacant)}"] if vacant else []
        lines += [f"undecidable: {' '.join(result.rule for result in unsure)}"] if unsure else []
        lines += [rules_line(report), summary(report)]
    return "".join(f"{line}\n" for line in lines)


def _line(finding: Finding, root: str, look: Look) -> str:
    place = f"{look.ink(no_command(inert(finding.path)), 'bold')}:{finding.line}:{finding.column}"
    where = f"{look.linked(place, root, finding.path, finding.line)}:"
    ink = "red" if finding.severity is Severity.ERROR else "yellow"
    advice = " (advice)" if finding.severity is Severity.ADVICE else ""
    status = "" if finding.status is FindingStatus.NEW else f" [{finding.status.value}{_reason(finding)}]"
    return f"{where} {look.ink(finding.rule, ink)}{advice} {inert(finding.message)}{status}"


def _reason(finding: Finding) -> str:
    return f": {inert(finding.reason)}" if finding.reason else ""
