"""`conformance checklist`: the review checklist, of the whole or of a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.commands import CHECKLISTS
from conformance.commands.arguments import configuration, drawing, paths
from conformance.commands.output import put

if TYPE_CHECKING:
    import argparse

    from conformance.commands.arguments import Parser

__all__ = ["arguments", "run"]


def arguments(parser: Parser) -> None:
    """Add what the command takes."""
    paths(parser)
    configuration(parser)
    drawing(parser, CHECKLISTS)
    parser.add_argument("--diff", metavar="REV", help="only what the change since this revision touches, by git")
    text = "what the links to files begin with: `https://github.com/OWNER/NAME/blob/REV/`"
    parser.add_argument("--link-base", metavar="URL", default="", help=text)


def run(options: argparse.Namespace) -> int:
    """Write the checklist."""
    from conformance.checklist import checklist
    from conformance.commands.complaints import besides
    from conformance.commands.options import examined
    from conformance.reporters.checklist import CHECKLISTS as WRITERS

    found = examined(options, options.diff)
    put(WRITERS[options.format](checklist(found, since=options.diff or ""), options.link_base), options)
    return besides(found.report)
