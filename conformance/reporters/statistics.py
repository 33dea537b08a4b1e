"""How many findings each rule has, the most first."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from conformance.errors import shown
from conformance.reporters.text import Look, inert, new, rules_line, summary
from conformance.results import Severity

if TYPE_CHECKING:
    from conformance.results import Report

__all__ = ["render"]


def render(report: Report, look: Look = Look()) -> str:  # noqa: B008 - frozen
    """Return a line for each rule that has findings."""
    counts = Counter((f.rule, f.name, f.severity) for f in new(report))
    width = len(str(max(counts.values(), default=0)))
    lines = [
        f"{number:>{width}}  {look.ink(rule, 'red' if severity is Severity.ERROR else 'yellow')}  {name}"
        for (rule, name, severity), number in sorted(counts.items(), key=lambda item: (-item[1], item[0][0]))
    ]
    lines += [look.ink(f"problem: {inert(shown(problem))}", "red") for problem in report.problems]
    if not look.quiet:
        lines += [rules_line(report), summary(report)]
    return "".join(f"{line}\n" for line in lines)
