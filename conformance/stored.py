"""A report as data that JSON can hold, and back: for the cache, and for what travels between processes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from conformance.files import lines_of
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

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["data_of", "move", "report_from"]

_PLACE: Final = 3
_TRAIL: Final = 10
_CODE: Final = 11
"""Where these stand in the data of a finding."""

_WHOLE: Final = [1, 1, 1, 1]
"""The span of what is said of a file as a whole: it has no width."""


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


def move(data: dict[str, Any], file: str, lines: Mapping[int, int], source: bytes) -> bool:
    """Move what a stored report says of a file to other lines; False, and nothing is moved, where that cannot be said.

    Args:
        data: what `data_of` gave, out of JSON.
        file: the file, absolute.
        lines: for each line that holds code the one on which that stands now.
        source: the file's text now.
    """
    findings = [finding for finding in data["findings"] if _is_in(finding[_PLACE], file, data)]
    places = [finding[_PLACE] for finding in findings]
    places += [place for finding in data["findings"] for place, _ in finding[_TRAIL] if _is_in(place, file, data)]
    spans = [span for _, span, *_ in places if span != _WHOLE]
    if any(_is_in((path,), file, data) for _, path, _ in data["problems"]):
        return False
    if any(line not in lines for first, _, last, _ in spans for line in (first, last)):
        return False
    texts = lines_of(source)
    for span in spans:
        span[0], span[2] = lines[span[0]], lines[span[2]]
    for finding in findings:
        finding[_CODE] = texts[finding[_PLACE][1][0] - 1]
    return True


def _is_in(place: Sequence[Any], file: str, data: dict[str, Any]) -> bool:
    shown: str = place[0]
    return file == os.path.join(data["root"], shown)  # noqa: PTH118 - many, and fast


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
