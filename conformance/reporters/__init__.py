"""Reporters: pure functions from a report to text. A new format is a module and a line in the table."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from conformance.reporters.text import Look

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.results import Report

__all__ = ["FOR_PEOPLE", "REPORTERS", "Look"]


def _in(module: str) -> Callable[..., str]:
    """Return the reporter of a module, which is imported when it has something to report."""

    def render(report: Report, *look: Look) -> str:
        reporter: Any = import_module(f"conformance.reporters.{module}")
        text: str = reporter.render(report, *look)
        return text

    return render


FOR_PEOPLE: Final[Mapping[str, Callable[[Report, Look], str]]] = {
    "full": _in("full"),
    "concise": _in("concise"),
    "statistics": _in("statistics"),
}
"""What can be coloured, and told to be short."""

REPORTERS: Final[Mapping[str, Callable[[Report], str]]] = {
    "full": _in("full"),
    "concise": _in("concise"),
    "json": _in("json_format"),
    "sarif": _in("sarif"),
    "github": _in("github"),
    "gitlab": _in("gitlab"),
    "junit": _in("junit"),
    "markdown": _in("markdown"),
}
"""Every format."""
