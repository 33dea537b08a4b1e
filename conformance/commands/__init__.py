"""The commands: a module each, with its arguments and what it does, and what several of them share.

A new command is a module of its name here, which has `arguments` and `run`, and a line in `COMMANDS`. It imports what
it needs when it runs: help, and a check of what has not changed, take less time than these imports.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from typing import Protocol

    from conformance.commands.arguments import Parser

    class Command(Protocol):
        """What the module of a command has."""

        def arguments(self, parser: Parser) -> None:
            """Add what the command takes to its parser."""

        def run(self, options: argparse.Namespace) -> int:
            """Do it, and return the exit status."""


__all__ = [
    "CHECKLISTS", "COMMANDS", "DONE", "FAILED", "FLEETS", "FORMATS", "FOUND", "INTERRUPTED", "MAPS", "SELFTESTS",
    "SHELLS", "VIEWS", "command",
]  # fmt: skip

COMMANDS: Final[Mapping[str, str]] = {
    "check": "check a target: folders, files or package names",
    "rule": "print what a rule means and why, with an example of each kind; without one, the table of all",
    "docs": "print a page of the documentation, in Markdown; without one, which pages there are",
    "roles": "print what each module was taken for, and on what evidence",
    "checklist": "print the review checklist: each statement of the documents, and its state in this code",
    "map": "draw the architecture: one HTML page, or text for mermaid or graphviz",
    "contracts": "print the import-linter contracts of the target, or say whether copied ones still fit",
    "fleet": "check a list of checkouts, and print a scorecard of them",
    "selftest": "seed violations of each rule into a copy of the target, and show that they are found there",
    "init": "write [tool.conformance] from what was inferred",
    "baseline": "record today's findings, so that only new ones fail",
    "completion": "print what completes commands, options, rules and files in a shell",
}
"""Each command, and what it does; its module is called like it."""

FORMATS: Final = ("full", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown")
"""The output formats. A test holds them to the table of reporters, which the command imports only when it reports."""

SELFTESTS: Final = ("full", "json")
CHECKLISTS: Final = ("markdown", "html", "json")
MAPS: Final = ("html", "mermaid", "dot")
FLEETS: Final = ("markdown", "html", "json", "sarif")
VIEWS: Final = ("modules", "injection", "worker")
SHELLS: Final = ("bash", "zsh", "fish")
"""The formats of checklist, map, fleet and selftest, what the map shows, shells; held to their tables likewise."""

DONE, FOUND, FAILED, INTERRUPTED = 0, 1, 2, 130
"""Exit statuses: nothing found; findings; it could not be done, or not wholly; Ctrl-C."""


def command(name: str) -> Command:
    """Return the module of a command."""
    return cast("Command", import_module(f"{__name__}.{name}"))  # a test holds each module to it
