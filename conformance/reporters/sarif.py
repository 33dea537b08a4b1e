"""SARIF 2.1.0, as GitHub's code scanning and other viewers read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from conformance.errors import shown
from conformance.reporters.text import by_status, inert
from conformance.results import FindingStatus, RuleStatus, Severity
from conformance.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.results import Finding, Place, Problem, Report
    from conformance.rules.base import Rule

__all__ = ["document", "render", "run"]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.ADVICE: "note"}


def render(report: Report) -> str:
    """Return the report as SARIF: rules with their help, results with fingerprints, suppressions and code flows."""
    return document([run(report)])


def document(runs: Sequence[dict[str, Any]]) -> str:
    """Return a document of several runs."""
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": runs}, indent=2) + "\n"


def run(report: Report) -> dict[str, Any]:
    """Return the report as one run."""
    known = {rule.id: rule for rule in all_rules()}
    ids = sorted({*(result.rule for result in report.rules), *(finding.rule for finding in report.findings)})
    names = {**{r.rule: r.name for r in report.rules}, **{f.rule: f.name for f in report.findings}}
    index = {rule_id: number for number, rule_id in enumerate(ids)}
    driver = {
        "name": "conformance",
        "semanticVersion": report.version if report.version.count(".") == 2 else "0.0.0",
        "version": report.version,
        "rules": [_rule(rule_id, names[rule_id], known.get(rule_id)) for rule_id in ids],
        "notifications": [
            {"id": word, "shortDescription": {"text": word}, "fullDescription": {"text": text}, "help": {"text": text}}
            for word, text in _NOTIFICATIONS.items()
        ],
    }
    has_record = any(finding.status is FindingStatus.BASELINED for finding in report.findings)

    def compared(finding: Finding) -> dict[str, object]:
        """Return how the finding stands to the record; it is said of each, or of none."""
        is_recorded = finding.status is FindingStatus.BASELINED
        return {"baselineState": "unchanged" if is_recorded else "new"} if has_record else {}

    return {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            "ROOT": {"uri": f"{Path(report.root).as_uri()}/" if Path(report.root).is_absolute() else "./"}
        },
        "invocations": [
            {
                "executionSuccessful": report.exit_status != 2,
                "exitCode": report.exit_status,
                "toolExecutionNotifications": _notifications(report, index),
            }
        ],
        "results": [{**_result(finding, index), **compared(finding)} for finding in report.findings],
        "properties": {
            "rules": [
                {"rule": r.rule, "status": r.status.value, "subjects": r.subjects, "reason": r.reason}
                for r in report.rules
            ]
        },
    }


_NOTIFICATIONS = {
    "problem": "Something could not be checked.",
    "crashed": "A rule crashed.",
    "not-applicable": "A rule had nothing to look at.",
    "undecidable": "A rule met what it can say nothing about.",
    "note": "A remark on the check.",
}


def _rule(rule_id: str, name: str, rule: Rule[Any] | None) -> dict[str, object]:
    if rule is None:
        return {"id": rule_id, "name": name}
    text = f"{rule.summary}\n\nWhy: {rule.why}\n\nInstead: {rule.instead}\n\nSource: {rule.source}"
    markdown = f"{rule.summary}\n\n**Why:** {rule.why}\n\n**Instead:** {rule.instead}\n\n*Source: {rule.source}*"
    for title, examples in (("Reported", rule.bad), ("Conforms", rule.good)):
        if examples:
            markdown += f"\n\n**{title}:** {examples[0].title}\n\n```python\n{_readable(examples[0].files)}\n```"
    return {
        "id": rule_id,
        "name": "".join(part.capitalize() for part in name.split("-")),
        "shortDescription": {"text": name},
        "fullDescription": {"text": rule.summary},
        "help": {"text": text, "markdown": markdown},
        "defaultConfiguration": {"level": _LEVELS[rule.severity], "enabled": not rule.opt_in},
        "properties": {"tags": ["architecture", rule_id[:2]], "source": rule.source},
    }


def _readable(files: str) -> str:
    return "\n".join(f"# {line[4:]}" if line.startswith("--- ") else line for line in files.strip("\n").split("\n"))


def _result(finding: Finding, index: dict[str, int]) -> dict[str, object]:
    message = (
        f"{inert(finding.message)}. Instead: {inert(finding.instead)}" if finding.instead else inert(finding.message)
    )
    result: dict[str, object] = {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": _no_link(message)},
        "locations": [_location(finding.place, finding.code)],
        "partialFingerprints": {"conformance/v1": finding.fingerprint},
    }
    if finding.status is FindingStatus.SUPPRESSED:
        in_source = not finding.reason.startswith(("`per-file-ignores`", "ignored in", "accepted in"))
        kind = "inSource" if in_source else "external"
        result["suppressions"] = [{"kind": kind, "justification": inert(finding.reason) or "none given"}]
    if finding.status is FindingStatus.BASELINED:
        result["suppressions"] = [{"kind": "external", "justification": "recorded in the baseline"}]
    if finding.trail:
        steps = [(step.place, step.text) for step in finding.trail] + [(finding.place, finding.message)]
        locations = [
            {"location": {**_location(place, ""), "message": {"text": _no_link(inert(text))}}} for place, text in steps
        ]
        result["codeFlows"] = [{"threadFlows": [{"locations": locations}]}]
    return result


def _location(place: Place, code: str) -> dict[str, object]:
    line, column, end_line, end_column = place.span
    region: dict[str, object] = {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
    physical: dict[str, object] = {
        "artifactLocation": {"uri": _uri(place.path), "uriBaseId": "ROOT"},
        "region": region,
    }
    if code and line == end_line:
        physical["contextRegion"] = {"startLine": line, "snippet": {"text": inert(code)}}
    location: dict[str, object] = {"physicalLocation": physical}
    if place.module:
        name = f"{place.module}.{place.symbol}" if place.symbol else place.module
        kind = "function" if place.symbol else "module"
        location["logicalLocations"] = [{"fullyQualifiedName": inert(name), "kind": kind}]
    return location


def _uri(path: str) -> str:
    return quote(path.encode("utf-8", "backslashreplace"))


def _no_link(text: str) -> str:
    """Return the text so that no `[…](…)` in it is a link."""
    return text.replace("[", "\\[").replace("]", "\\]") if "](" in text else text


def _notifications(report: Report, index: dict[str, int]) -> list[dict[str, object]]:
    said: list[dict[str, object]] = [_about(problem) for problem in report.problems]
    levels = {RuleStatus.CRASHED: "error", RuleStatus.UNDECIDABLE: "warning", RuleStatus.NOT_APPLICABLE: "note"}
    said += [
        {
            "descriptor": {"id": status.value},
            "level": level,
            "message": {"text": f"{result.rule} {result.name}: {inert(result.reason)}"},
            "associatedRule": {"id": result.rule, "index": index[result.rule]},
        }
        for status, level in levels.items()
        for result in by_status(report, status)
    ]
    said += [{"descriptor": {"id": "note"}, "level": "note", "message": {"text": inert(note)}} for note in report.notes]
    return said


def _about(problem: Problem) -> dict[str, object]:
    said: dict[str, object] = {
        "descriptor": {"id": "problem"},
        "level": "error",
        "message": {"text": inert(shown(problem))},
    }
    if problem.path:
        place: dict[str, object] = {"artifactLocation": {"uri": _uri(problem.path), "uriBaseId": "ROOT"}}
        if problem.line:
            place["region"] = {"startLine": problem.line}
        said["locations"] = [{"physicalLocation": place}]
    return said
