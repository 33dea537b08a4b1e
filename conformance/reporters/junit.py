"""JUnit's XML: one test case for each rule, and one for the check itself."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from conformance.errors import shown
from conformance.reporters.text import inert, new, no_command
from conformance.results import RuleStatus, Severity

if TYPE_CHECKING:
    from conformance.results import Finding, Report, RuleResult

__all__ = ["render"]


def render(report: Report) -> str:
    """Return the report as JUnit XML: a failed rule is a failure, a crash or problem an error, a vacant one skipped."""
    failed = [result for result in report.rules if _errors(report, result)]
    crashed = [result for result in report.rules if result.status is RuleStatus.CRASHED]
    skipped = [
        r for r in report.rules if r.status in (RuleStatus.NOT_APPLICABLE, RuleStatus.UNDECIDABLE) and r not in failed
    ]
    counts = (
        f'tests="{len(report.rules) + 1}" failures="{len([r for r in failed if r not in crashed])}" '
        f'errors="{len(crashed) + bool(report.problems)}"'
    )
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="conformance" {counts}>']
    lines.append(f'  <testsuite name="conformance" {counts} skipped="{len(skipped)}">')
    for result in report.rules:
        lines += _case(report, result)
    lines.append('    <testcase classname="conformance" name="the check is complete">')
    if report.problems:
        first = _attribute(f"{len(report.problems)} not checked")
        lines.append(
            f'      <error type="problem" message={first}>{_text([shown(p) for p in report.problems])}</error>'
        )
    lines.append("    </testcase>")
    if report.notes:
        lines.append(f"    <system-out>{_text(list(report.notes))}</system-out>")
    lines += ["  </testsuite>", "</testsuites>"]
    return "".join(f"{line}\n" for line in lines)


def _case(report: Report, result: RuleResult) -> list[str]:
    lines = [f"    <testcase classname={_attribute(f'conformance.{result.rule}')} name={_attribute(result.name)}>"]
    findings = [finding for finding in new(report) if finding.rule == result.rule]
    errors = _errors(report, result)
    if result.status is RuleStatus.CRASHED:
        lines.append(f'      <error type="crash" message={_attribute(result.reason)}/>')
    elif errors:
        message = f"{len(errors)} findings" if len(errors) > 1 else errors[0].message
        body = _text([_line(finding) for finding in findings])
        lines.append(f"      <failure type={_attribute(result.rule)} message={_attribute(message)}>{body}</failure>")
    elif result.status in (RuleStatus.NOT_APPLICABLE, RuleStatus.UNDECIDABLE):
        reason = f"{result.status.value.replace('-', ' ')}: {result.reason}"
        lines.append(f"      <skipped message={_attribute(reason)}/>")
    if findings and not errors:
        lines.append(f"      <system-out>{_text([_line(finding) for finding in findings])}</system-out>")
    lines.append("    </testcase>")
    return lines


def _errors(report: Report, result: RuleResult) -> list[Finding]:
    return [f for f in new(report) if f.rule == result.rule and f.severity is Severity.ERROR]


def _line(finding: Finding) -> str:
    return f"{finding.path}:{finding.line}:{finding.column}: {finding.message} Instead: {finding.instead}"


def _text(lines: list[str]) -> str:
    return escape("\n".join(no_command(inert(line)) for line in lines))


def _attribute(text: str) -> str:
    return quoteattr(inert(text))
