"""`conformance map`: the architecture as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.commands import MAPS, VIEWS
from conformance.commands.arguments import Choice, configuration, drawing, paths
from conformance.commands.output import put

if TYPE_CHECKING:
    import argparse

    from conformance.commands.arguments import Parser

__all__ = ["arguments", "run"]


def arguments(parser: Parser) -> None:
    """Add what the command takes."""
    paths(parser)
    configuration(parser)
    drawing(parser, MAPS)
    text = f"what mermaid and dot draw: one of {', '.join(VIEWS)}; the page has all"
    parser.add_argument(
        "--view", action=Choice, words=VIEWS, called="view", metavar="VIEW", default=VIEWS[0], help=text
    )


def run(options: argparse.Namespace) -> int:
    """Draw it."""
    from conformance.commands.complaints import besides
    from conformance.commands.options import examined
    from conformance.map import MAPS as DRAWERS

    found = examined(options)
    put(DRAWERS[options.format](found, options.view), options)
    return besides(found.report)
