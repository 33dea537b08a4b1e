"""What a check took: each step, and each rule, the slowest first. It is said beside a report, and is no part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reporters.text import counted

if TYPE_CHECKING:
    from conformance.results import Report

__all__ = ["render"]


def render(report: Report) -> str:
    """Return a line for each step and for each rule that took time."""
    work = report.work
    if work.recalled:
        return "nothing has changed: the stored result was taken\n"
    lines = [f"{counted(work.parsed, 'file')} parsed, {counted(work.judged, 'rule')} run"]
    lines += [f"{_milliseconds(seconds)}  {step}" for step, seconds in work.seconds]
    slowest = sorted(report.rules, key=lambda result: (-result.seconds, result.rule))
    lines += [f"{_milliseconds(r.seconds)}  {r.rule} {r.name}" for r in slowest if r.seconds]
    return "".join(f"{line}\n" for line in lines)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:9.1f} ms"
