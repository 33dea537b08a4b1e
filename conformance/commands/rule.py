"""`conformance rule`: the page of a rule, or the table of several."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from conformance.commands import DONE
from conformance.commands.output import coloured, columns, write

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from conformance.commands.arguments import Parser
    from conformance.rules import Rule

__all__ = ["arguments", "run"]


def arguments(parser: Parser) -> None:
    """Add what the command takes."""
    parser.add_argument("rule", metavar="RULE", nargs="?", help="an id, a name, or a prefix")


def run(options: argparse.Namespace) -> int:
    """Print the page of a rule, or a table."""
    from conformance.pages import page, table
    from conformance.reporters import Look

    look = Look(colour=coloured(sys.stdout), width=columns(sys.stdout))
    chosen = _chosen(options.rule)
    write(page(chosen[0], look) if options.rule is not None and len(chosen) == 1 else table(chosen, look))
    return DONE


def _chosen(name: str | None) -> Sequence[Rule[Any]]:
    """Return the rules that are meant; one that is named whole is found without the others."""
    from conformance.rules import all_rules, rule_called

    if name is None:
        return all_rules()
    if rule := rule_called(name):
        return (rule,)
    from conformance.selection import matching

    return matching(name, all_rules())
