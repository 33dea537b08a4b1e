"""For people: each finding with its line of code, why, and what to write instead; then what became of the rules."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from conformance.errors import shown
from conformance.reporters.text import Look, by_status, counted, inert, new, no_command, rules_line, summary
from conformance.results import FindingStatus, RuleStatus, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance.results import Finding, Report, Step

__all__ = ["render"]

MANY = 8
"""How many rules that had nothing to look at are told with their reasons: more would hide what was found."""


def render(report: Report, look: Look = Look()) -> str:  # noqa: B008 - frozen
    """Return the report in full."""
    why = {result.rule: result.why for result in report.rules}
    lines: list[str] = []
    told: set[str] = set()
    for finding in report.findings if look.verbose else new(report):
        reason = why.get(finding.rule, "")
        lines += _finding(finding, reason if finding.rule not in told else _first_sentence(reason), report.root, look)
        lines.append("")
        told.add(finding.rule)
    lines += _about_rules(report, look)
    if report.problems:
        lines.append(look.ink(f"{counted(len(report.problems), 'problem')}: the check is not complete", "red", "bold"))
        lines += [f"  {no_command(inert(shown(problem)))}" for problem in report.problems]
        lines.append("")
    if not look.quiet:
        lines += [rules_line(report), look.ink(summary(report), _outcome_ink(report), "bold")]
    if look.hints and not look.quiet:
        lines += _next(report)
    return "".join(f"{line}\n" for line in lines)


def _next(report: Report) -> Iterator[str]:
    """Say which command comes next on the way to a gate."""
    has_record = report.counted(FindingStatus.BASELINED) > 0
    most = max(report.rules, key=lambda result: result.findings, default=None)
    if report.exit_status == 1 and most is not None:
        record = "" if has_record else "; `conformance baseline` records today's findings, so that new ones alone fail"
        yield f"next: `conformance rule {most.rule}` says more of a rule{record}"
    elif report.exit_status == 0 and has_record:
        yield "next: `conformance docs ci` has recipes that keep it so"


def _outcome_ink(report: Report) -> str:
    return ("green", "red", "red")[report.exit_status]


def _finding(finding: Finding, why: str, root: str, look: Look) -> Iterator[str]:
    ink = "red" if finding.severity is Severity.ERROR else "yellow"
    shown_at = f"{inert(finding.path)}:{finding.line}:{finding.column}"
    where = look.linked(shown_at, root, finding.path, finding.line)
    status = "" if finding.status is FindingStatus.NEW else f" [{finding.status.value}]"
    severity, rule = look.ink(finding.severity.value, ink, "bold"), look.ink(finding.rule, ink, "bold")
    yield f"{severity} {rule} {finding.name}{status}: {inert(finding.message)}"
    gutter = " " * len(str(finding.line))
    yield f"{gutter}{look.ink('-->', 'blue')} {where}"
    bar = look.ink("|", "blue")
    if finding.code.strip():
        code, caret = _pointed(finding)
        yield f"{gutter} {bar}"
        yield f"{look.ink(str(finding.line), 'blue')} {bar} {code}"
        yield f"{gutter} {bar} {look.ink(caret, ink)}"
    for step in finding.trail:
        yield f"{gutter} {look.ink('=', 'blue')} by way of {_step(step)}"
    head = f"{gutter} {look.ink('=', 'blue')} "
    why = _with_source(why, finding.source)
    for word, text in (("instead", finding.instead), ("why", why), ("reason", finding.reason)):
        if text:
            yield from _wrapped(head, word, inert(" ".join(text.split())), len(gutter), look)


def _step(step: Step) -> str:
    return f"{inert(step.place.path)}:{step.place.span[0]}: {inert(step.text)}"


def _with_source(why: str, source: str) -> str:
    named = f"({source})" if source not in ("", "conformance") else ""
    return f"{why} {named}".strip()


def _first_sentence(text: str) -> str:
    """Return the text up to its first full stop that a capital follows: what is said again need not be said in full."""
    for number in range(len(text) - 2):
        if text[number] in ".?!" and text[number + 1].isspace() and text[number + 2].isupper():
            return text[: number + 1]
    return text


def _wrapped(head: str, word: str, text: str, gutter: int, look: Look) -> Iterator[str]:
    hanging = " " * (gutter + 3 + len(word) + 2)
    first, *others = textwrap.wrap(text, look.width - len(hanging), break_long_words=False, break_on_hyphens=False) or [
        ""
    ]
    yield f"{head}{look.ink(f'{word}:', 'bold')} {first}"
    for line in others:
        yield f"{hanging}{line}"


def _pointed(finding: Finding) -> tuple[str, str]:
    """Return the line of code, inert, and the carets below it, whatever the characters before them have become."""
    code = finding.code.rstrip()
    line, column, end_line, end_column = finding.place.span
    start = max(column - 1, 0)
    end = end_column - 1 if end_line == line else len(code)
    before, marked, after = code[:start], code[start:end], code[max(end, start) :]
    shown_before, shown_marked, shown_after = (inert(part.replace("\t", "    ")) for part in (before, marked, after))
    return f"{shown_before}{shown_marked}{shown_after}", " " * _width(shown_before) + "^" * max(_width(shown_marked), 1)


def _width(text: str) -> int:
    from unicodedata import combining, east_asian_width  # noqa: PLC0415 - of use to few lines

    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def _about_rules(report: Report, look: Look) -> Iterator[str]:
    for status, title, ink in (
        (RuleStatus.CRASHED, "crashed", "red"),
        (RuleStatus.UNDECIDABLE, "undecidable", "yellow"),
        (RuleStatus.NOT_APPLICABLE, "not applicable", "dim"),
    ):
        results = by_status(report, status)
        if not results or (look.quiet and status is not RuleStatus.CRASHED):
            continue
        head = f"{counted(len(results), 'rule')} {title}"
        if len(results) > MANY and status is RuleStatus.NOT_APPLICABLE and not look.verbose:
            yield look.ink(f"{head}; --verbose says why", ink)
            ids = " ".join(result.rule for result in results)
            yield from textwrap.wrap(ids, look.width, initial_indent="  ", subsequent_indent="  ")
        else:
            yield look.ink(head, ink)
            yield from (f"  {result.rule} {result.name}: {inert(result.reason)}" for result in results)
        yield ""
    if report.notes and not look.quiet:
        for note in report.notes:
            yield f"note: {inert(note)}"
        yield ""
    if look.verbose:
        yield look.ink("every rule", "dim")
        for result in report.rules:
            took = f"{result.seconds * 1000:.1f} ms"
            subjects, findings = counted(result.subjects, "subject"), counted(result.findings, "finding")
            yield f"  {result.rule} {result.name}: {result.status.value}, {subjects}, {findings}, {took}"
        yield ""
