"""Markdown, for a job summary or the comment on a pull request."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from conformance.errors import shown
from conformance.reporters.text import by_status, counted, inert, new, rules_line, summary
from conformance.results import FindingStatus, RuleStatus, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.results import Finding, Report

__all__ = ["plain", "render"]

_MARKUP = re.compile(r"[\\`*_{}\[\]#<>~&@|]|:(?=//)|(?<=www)\.|^[-+=]|^\d+(?=[.)])")
_CODE = re.compile(r"`([^`|]+)`")


def render(report: Report) -> str:
    """Return the report as Markdown. No text of the target can become markup, a link, a mention or HTML in it."""
    verdict = ("Conforms", "Does not conform", "Could not be checked wholly")[report.exit_status]
    parts = [f"## Architecture: {verdict}", f"{plain(summary(report))}  \n{plain(rules_line(report))}"]
    if report.problems:
        parts.append(_section("Problems", [plain(shown(problem)) for problem in report.problems]))
    crashed = by_status(report, RuleStatus.CRASHED)
    if crashed:
        parts.append(_section("Crashed rules", [f"{result.rule}: {plain(result.reason)}" for result in crashed]))
    by_rule = sorted(new(report), key=lambda finding: (finding.severity is not Severity.ERROR, finding.rule))
    for (rule, name, severity), group in groupby(by_rule, key=lambda f: (f.rule, f.name, f.severity)):
        parts.append(_rule(rule, name, severity, list(group)))
    for status, title in ((RuleStatus.UNDECIDABLE, "undecidable"), (RuleStatus.NOT_APPLICABLE, "not applicable")):
        if results := by_status(report, status):
            items = [f"{result.rule} {plain(result.name)}: {plain(result.reason)}" for result in results]
            parts.append(_folded(f"{counted(len(results), 'rule')} {title}", items))
    hidden = [finding for finding in report.findings if finding.status is FindingStatus.SUPPRESSED]
    if hidden:
        items = [f"{_where(f)} {f.rule}: {plain(f.reason) or 'no reason given'}" for f in hidden]
        parts.append(_folded(f"{counted(len(hidden), 'finding')} suppressed", items))
    if report.notes:
        parts.append(_folded(counted(len(report.notes), "note"), [plain(note) for note in report.notes]))
    return "\n\n".join(parts) + "\n"


def _rule(rule: str, name: str, severity: Severity, findings: Sequence[Finding]) -> str:
    advice = " (advice)" if severity is Severity.ADVICE else ""
    rows = [f"| {_where(f)} | {plain(f.message)} | {plain(f.instead)} |" for f in findings]
    head = "| where | what | instead |\n| --- | --- | --- |"
    source = f"\n\n{plain(findings[0].source)}" if findings[0].source not in ("", "conformance") else ""
    return f"### {rule} {plain(name)}{advice}: {len(findings)}{source}\n\n{head}\n" + "\n".join(rows)


def _section(title: str, items: Sequence[str]) -> str:
    return f"### {title}\n\n" + "\n".join(f"- {item}" for item in items)


def _folded(title: str, items: Sequence[str]) -> str:
    listed = "\n".join(f"- {item}" for item in items)
    return f"<details><summary>{title}</summary>\n\n{listed}\n\n</details>"


def _where(finding: Finding) -> str:
    return f"{plain(finding.path)}:{finding.line}"


def plain(text: str) -> str:
    """Return the text as Markdown that shows it: `code` as code, and all else that could be markup made plain."""
    shown: list[str] = []
    end = 0
    text = inert(" ".join(text.split()))
    for found in _CODE.finditer(text):
        shown += [_escaped(text[end : found.start()]), f"`{found[1]}`"]
        end = found.end()
    return "".join((*shown, _escaped(text[end:])))


def _escaped(text: str) -> str:
    return _MARKUP.sub(lambda found: "".join(f"&#{ord(character)};" for character in found[0]), text)
