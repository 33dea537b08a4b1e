"""`conformance roles`: what each module was taken for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from conformance.commands import DONE, FAILED
from conformance.commands.arguments import configuration, paths
from conformance.commands.output import coloured, write

if TYPE_CHECKING:
    import argparse

    from conformance.commands.arguments import Parser

__all__ = ["arguments", "run"]


def arguments(parser: Parser) -> None:
    """Add what the command takes."""
    paths(parser)
    configuration(parser)


def run(options: argparse.Namespace) -> int:
    """Print the roles, and what could not be read."""
    from conformance.check import load
    from conformance.commands.complaints import complain
    from conformance.commands.options import config_of
    from conformance.errors import shown
    from conformance.pages import roles
    from conformance.reporters import Look

    loaded = load(options.paths, config_of(options))
    write(roles(loaded, Look(colour=coloured(sys.stdout))))
    problems = (*loaded.target.problems, *(each.problems[0] for each in loaded.unreadable))
    complain(shown(problem) for problem in problems)
    return FAILED if problems else DONE
