"""`conformance rule`: the page of a rule, or the table of several."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from conformance.commands import DONE
from conformance.commands.output import coloured, columns, write

if TYPE_CHECKING:
    import argparse

    from conformance.commands.arguments import Parser

__all__ = ["arguments", "run"]


def arguments(parser: Parser) -> None:
    """Add what the command takes."""
    parser.add_argument("rule", metavar="RULE", nargs="?", help="an id, a name, or a prefix")


def run(options: argparse.Namespace) -> int:
    """Print the page of a rule, or a table."""
    from conformance.pages import page, table
    from conformance.reporters import Look
    from conformance.rules import all_rules
    from conformance.selection import matching

    look = Look(colour=coloured(sys.stdout), width=columns(sys.stdout))
    chosen = all_rules() if options.rule is None else matching(options.rule, all_rules())
    write(page(chosen[0], look) if options.rule is not None and len(chosen) == 1 else table(chosen, look))
    return DONE
