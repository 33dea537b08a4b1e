"""`conformance selftest`: whether violations that are seeded into a target are found there."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

from conformance.commands import SELFTESTS
from conformance.commands.arguments import choosing, configuration, drawing, paths
from conformance.commands.output import coloured, put

if TYPE_CHECKING:
    import argparse

    from conformance.commands.arguments import Parser

__all__ = ["arguments", "run"]


def arguments(parser: Parser) -> None:
    """Add what the command takes."""
    paths(parser)
    configuration(parser)
    choosing(parser)
    drawing(parser, SELFTESTS, option="--output-format")
    text = "print what is missed alone, and how much was found"
    parser.add_argument("-q", "--quiet", action="store_true", help=text)
    text = (
        "try each through every door: the command, pytest's plugin, and import-linter where the contracts hold the rule"
    )
    parser.add_argument("--matrix", action="store_true", help=text)
    text = "a check for each violation, instead of one for all that do not disturb each other"
    parser.add_argument("--alone", action="store_true", help=text)


def run(options: argparse.Namespace) -> int:
    """Seed them, and say which were found."""
    from conformance.commands.complaints import complain
    from conformance.commands.options import config_of, selection_of
    from conformance.commands.progress import Progress
    from conformance.errors import shown
    from conformance.reporters import Look
    from conformance.selftest import selftest
    from conformance.selftest.doors import DOORS
    from conformance.selftest.report import WRITERS

    gc.enable()
    progress = Progress(sys.stderr, quiet=options.quiet)
    try:
        result = selftest(
            options.paths,
            config_of(options),
            selection=selection_of(options),
            progress=progress.show,
            doors=DOORS if options.matrix else (),
            how="alone" if options.alone else "together",
        )
    finally:
        progress.clear()
    look = Look(colour=coloured(sys.stdout) and options.output_file is None, quiet=options.quiet)
    put(WRITERS[options.output_format](result, look), options)
    complain(shown(problem) for problem in result.problems)
    return result.exit_status
