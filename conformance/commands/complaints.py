"""What went wrong, told on standard error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from conformance.commands import DONE, FAILED
from conformance.errors import ConformanceError, shown
from conformance.reporters.text import inert, new
from conformance.results import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.results import Report

__all__ = ["besides", "complain", "complaints", "told"]


def told(error: Exception, *, verbose: bool) -> int:
    """Tell what kept a command from its end; return its exit status, which is not that of findings."""
    if isinstance(error, ConformanceError):
        complain(shown(problem) for problem in error.problems)
        return FAILED
    complain([f"internal error: {type(error).__name__}: {error}"])
    if verbose:
        import traceback

        traceback.print_exception(error)
    else:
        complain(["--verbose shows where; please report it"])
    return FAILED


def besides(report: Report) -> int:
    """Tell what neither the checklist nor the map has a place for; return their exit status, which findings leave 0."""
    complain(shown(problem) for problem in report.problems)
    about = (finding for finding in new(report) if finding.rule.startswith("CK"))
    complain(shown(Problem(f"{f.rule} {f.message}", f.path, f.line)) for f in about if f.rule != "CK903")
    complain(f"note: {note}" for note in report.notes)
    return FAILED if report.exit_status == FAILED else DONE


def complain(messages: Iterable[str]) -> None:
    """Write messages, one a line."""
    sys.stderr.write(complaints(messages))


def complaints(messages: Iterable[str]) -> str:
    """Return messages as they are written."""
    return "".join(f"conformance: {inert(message)}\n" for message in messages)
