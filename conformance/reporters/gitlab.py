"""GitLab's Code Quality report: a list of issues in the form of Code Climate."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING

from conformance.reporters.text import by_status, inert, new
from conformance.results import RuleStatus, Severity

if TYPE_CHECKING:
    from conformance.results import Report

__all__ = ["render"]


def render(report: Report) -> str:
    """Return the report as Code Quality JSON. Problems and crashed rules are blockers: nothing else would show them."""
    seen: Counter[str] = Counter()
    issues: list[dict[str, object]] = []
    for finding in new(report):
        severity = "major" if finding.severity is Severity.ERROR else "minor"
        text = f"{inert(finding.message)} Instead: {inert(finding.instead)}"
        issues.append(_issue(finding.rule, text, severity, finding.path, finding.line, finding.fingerprint, seen))
    for problem in report.problems:
        text = f"the check is not complete: {inert(problem.message)}"
        issues.append(_issue("problem", text, "blocker", problem.path, problem.line, "", seen))
    issues += [
        _issue(result.rule, f"the rule crashed: {inert(result.reason)}", "blocker", "", 0, "", seen)
        for result in by_status(report, RuleStatus.CRASHED)
    ]
    for status in (RuleStatus.UNDECIDABLE, RuleStatus.NOT_APPLICABLE):
        for result in by_status(report, status):
            text = f"{result.name} is {status.value.replace('-', ' ')}: {inert(result.reason)}"
            issues.append(_issue(result.rule, text, "info", "", 0, "", seen))
    issues += [_issue("note", inert(note), "info", "", 0, "", seen) for note in report.notes]
    return json.dumps(issues, indent=2) + "\n"


def _issue(
    name: str, text: str, severity: str, path: str, line: int, fingerprint: str, seen: Counter[str]
) -> dict[str, object]:
    """Return one issue; its fingerprint differs from that of every other one, as GitLab demands."""
    known = fingerprint or hashlib.sha256(f"{name}\0{path}\0{text}".encode("utf-8", "replace")).hexdigest()[:20]
    seen[known] += 1
    return {
        "type": "issue",
        "check_name": name,
        "description": text,
        "categories": ["Style"],
        "severity": severity,
        "fingerprint": known if seen[known] == 1 else f"{known}-{seen[known]}",
        "location": {"path": inert(path) or "pyproject.toml", "lines": {"begin": max(line, 1)}},
    }
