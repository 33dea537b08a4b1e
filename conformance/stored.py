"""A report as data that JSON can hold, and back: for the cache, and for what travels between processes."""

from __future__ import annotations

from typing import Any

from conformance.results import (
    Finding,
    FindingStatus,
    Place,
    Problem,
    Report,
    RuleResult,
    RuleStatus,
    Severity,
    Step,
)

__all__ = ["data_of", "report_from"]


def data_of(report: Report) -> dict[str, Any]:
    """Return all of a report, for JSON."""
    return {
        "version": report.version,
        "root": report.root,
        "packages": report.packages,
        "files": report.files,
        "findings": [_finding_data(finding) for finding in report.findings],
        "rules": [(r.rule, r.name, r.status, r.subjects, r.findings, r.reason, r.why) for r in report.rules],
        "problems": [(problem.message, problem.path, problem.line) for problem in report.problems],
        "notes": report.notes,
    }


def _finding_data(finding: Finding) -> list[Any]:
    f = finding
    trail = [(_place_data(step.place), step.text) for step in f.trail]
    return [f.rule, f.name, f.severity, _place_data(f.place), f.message, f.instead, f.source, f.fingerprint, f.status,
            f.reason, trail, f.code]  # fmt: skip


def _place_data(place: Place) -> tuple[Any, ...]:
    return (place.path, place.span, place.module, place.symbol)


def report_from(data: dict[str, Any]) -> Report:
    """Return the report that was made data: see `data_of`."""
    return Report(
        version=data["version"],
        root=data["root"],
        packages=tuple(data["packages"]),
        files=data["files"],
        findings=tuple([_finding(each) for each in data["findings"]]),
        rules=tuple([_result(*each) for each in data["rules"]]),
        problems=tuple([Problem(*each) for each in data["problems"]]),
        notes=tuple(data["notes"]),
    )


def _finding(data: list[Any]) -> Finding:
    rule, name, severity, place, message, instead, source, fingerprint, status, reason, trail, code = data
    steps = tuple([Step(_place(*where), text) for where, text in trail])
    return Finding(
        rule, name, Severity(severity), _place(*place), message, instead, source, fingerprint, FindingStatus(status),
        reason, steps, code,
    )  # fmt: skip


def _place(path: str, span: list[int], module: str, symbol: str) -> Place:
    line, column, last_line, last_column = span
    return Place(path, (line, column, last_line, last_column), module, symbol)


def _result(rule: str, name: str, status: str, subjects: int, findings: int, reason: str, why: str) -> RuleResult:
    return RuleResult(rule, name, RuleStatus(status), subjects, findings, reason, why)
