"""JSON, in the schema `conformance/1` (`schema.json` beside this file)."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING

from conformance.results import FindingStatus

if TYPE_CHECKING:
    from conformance.results import Finding, Problem, Report, RuleResult

__all__ = ["SCHEMA", "document", "render", "schema"]

SCHEMA = "conformance/1"


def render(report: Report) -> str:
    """Return the report as JSON: the same bytes for the same report."""
    return json.dumps(document(report), indent=2) + "\n"


def document(report: Report) -> dict[str, object]:
    """Return what is said of the report."""
    return {
        "schema": SCHEMA,
        "version": report.version,
        "target": {"root": report.root, "packages": list(report.packages)},
        "findings": [_finding(finding) for finding in report.findings],
        "rules": [_rule(result) for result in report.rules],
        "errors": [_problem(problem) for problem in report.problems],
        "notes": list(report.notes),
        "summary": {
            "files": report.files,
            "findings": report.counted(FindingStatus.NEW),
            "suppressed": report.counted(FindingStatus.SUPPRESSED),
            "baselined": report.counted(FindingStatus.BASELINED),
        },
    }


def schema() -> str:
    """Return the JSON Schema that every report answers to."""
    return files(__package__).joinpath("schema.json").read_text("utf-8")


def _finding(finding: Finding) -> dict[str, object]:
    line, column, end_line, end_column = finding.place.span
    said: dict[str, object] = {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity.value,
        "path": finding.path,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "module": finding.place.module,
        "symbol": finding.place.symbol,
        "message": finding.message,
        "instead": finding.instead,
        "source": finding.source,
        "fingerprint": finding.fingerprint,
        "status": finding.status.value,
    }
    if finding.status is FindingStatus.SUPPRESSED:
        said["reason"] = finding.reason
    return said


def _rule(result: RuleResult) -> dict[str, object]:
    return {
        "rule": result.rule,
        "status": result.status.value,
        "subjects": result.subjects,
        "findings": result.findings,
        "reason": result.reason or None,
    }


def _problem(problem: Problem) -> dict[str, object]:
    return {"path": problem.path or None, "line": problem.line or None, "message": problem.message}
