"""`conformance completion`: the script for a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.commands import COMMANDS, DONE, SHELLS
from conformance.commands.arguments import Choice, parsers
from conformance.commands.output import write

if TYPE_CHECKING:
    import argparse

    from conformance.commands.arguments import Parser

__all__ = ["arguments", "run"]


def arguments(parser: Parser) -> None:
    """Add what the command takes."""
    text = f"one of {', '.join(SHELLS)}"
    parser.add_argument("shell", action=Choice, words=SHELLS, called="shell", metavar="SHELL", help=text)


def run(options: argparse.Namespace) -> int:
    """Print the script."""
    from conformance.completion import script

    write(script(options.shell, parsers(*COMMANDS)[1]))
    return DONE
