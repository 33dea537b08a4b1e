"""Workflow commands of GitHub Actions: each finding an annotation on its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reporters.text import by_status, inert, new, rules_line, summary
from conformance.results import RuleStatus, Severity

if TYPE_CHECKING:
    from conformance.results import Finding, Problem, Report

__all__ = ["render"]


def render(report: Report) -> str:
    """Return the report as workflow commands. What could end a command, or begin another, is escaped."""
    lines = [_finding(finding) for finding in new(report)]
    lines += [_problem(problem) for problem in report.problems]
    lines += [
        f"::error title={_property(f'{result.rule} crashed')}::{_data(inert(result.reason))}"
        for result in by_status(report, RuleStatus.CRASHED)
    ]
    for status in (RuleStatus.UNDECIDABLE, RuleStatus.NOT_APPLICABLE):
        if results := by_status(report, status):
            named = ", ".join(f"{result.rule} ({inert(result.reason)})" for result in results)
            lines.append(f"::notice title={_property(status.value.replace('-', ' '))}::{_data(named)}")
    lines += [f"::notice title=note::{_data(inert(note))}" for note in report.notes]
    lines += [f"{rules_line(report)}", summary(report)]
    return "".join(f"{line}\n" for line in lines)


def _finding(finding: Finding) -> str:
    command = "error" if finding.severity is Severity.ERROR else "warning"
    line, column, end_line, end_column = finding.place.span
    where = f"file={_property(inert(finding.path))},line={line},endLine={end_line}"
    if line == end_line:
        where += f",col={column},endColumn={end_column}"
    text = f"{inert(finding.message)}\nInstead: {inert(finding.instead)}"
    return f"::{command} {where},title={_property(f'{finding.rule} {finding.name}')}::{_data(text)}"


def _problem(problem: Problem) -> str:
    where = f"file={_property(inert(problem.path))},line={problem.line or 1}," if problem.path else ""
    return f"::error {where}title=the check is not complete::{_data(inert(problem.message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
