"""Reporters: pure functions from a report to text. A new format is a module and a line in the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from conformance.reporters import concise, full, github, gitlab, json_format, junit, markdown, sarif, statistics
from conformance.reporters.text import Look

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.results import Report

__all__ = ["FOR_PEOPLE", "REPORTERS", "Look", "statistics"]

FOR_PEOPLE: Final[Mapping[str, Callable[[Report, Look], str]]] = {
    "full": full.render,
    "concise": concise.render,
}
"""The formats that can be coloured, and told to be short."""

REPORTERS: Final[Mapping[str, Callable[[Report], str]]] = {
    "full": full.render,
    "concise": concise.render,
    "json": json_format.render,
    "sarif": sarif.render,
    "github": github.render,
    "gitlab": gitlab.render,
    "junit": junit.render,
    "markdown": markdown.render,
}
"""Every format."""
