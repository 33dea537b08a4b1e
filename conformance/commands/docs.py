"""`conformance docs`: a page of the documentation, or which there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.commands import DONE
from conformance.commands.output import write

if TYPE_CHECKING:
    import argparse

    from conformance.commands.arguments import Parser

__all__ = ["arguments", "run"]


def arguments(parser: Parser) -> None:
    """Add what the command takes."""
    parser.add_argument("page", metavar="PAGE", nargs="?")


def run(options: argparse.Namespace) -> int:
    """Print a page, or the contents."""
    from conformance.handbook import PAGES, page

    width = max(map(len, PAGES))
    contents = "".join(f"{name:<{width}}  {about}\n" for name, about in PAGES.items())
    write(f"{contents}\n`conformance docs PAGE` prints one\n" if options.page is None else page(options.page))
    return DONE
