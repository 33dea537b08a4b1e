"""`conformance contracts`: import-linter's contracts of a target, and whether copied ones fit it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from conformance.commands import DONE, FOUND
from conformance.commands.arguments import Choice, configuration, paths
from conformance.commands.output import write

if TYPE_CHECKING:
    import argparse

    from conformance.commands.arguments import Parser

__all__ = ["arguments", "run"]


def arguments(parser: Parser) -> None:
    """Add what the command takes."""
    paths(parser)
    configuration(parser)
    text = "one of ini, for an importlinter.ini, and toml, for pyproject.toml"
    parser.add_argument("--format", action=Choice, words=("ini", "toml"), metavar="FORMAT", default="ini", help=text)
    text = "with the contract types of this package in force: import-linter then needs it, too"
    parser.add_argument("--with-types", action="store_true", help=text)
    text = "print nothing but what keeps this file from fitting the target; exit 1 where there is something"
    parser.add_argument("--check", metavar="FILE", type=Path, help=text)


def run(options: argparse.Namespace) -> int:
    """Print the contracts, or what differs from them in a file."""
    from conformance.check import prepare, read
    from conformance.commands.options import config_of
    from conformance.contracts.pack import judged, made
    from conformance.contracts.written import drift, render
    from conformance.contracts.written import read as read_contracts
    from conformance.errors import ConformanceError, TargetError

    copied = read_contracts(options.check) if options.check is not None else None
    prepared = prepare(options.paths, config_of(options))
    loaded = read(prepared.target, prepared.config)
    report = judged(loaded, prepared.chosen)
    if report.problems:
        raise ConformanceError(report.problems)
    pack = made(loaded, report)
    if not pack.packages:
        raise TargetError("there is no package in the target, and import-linter takes nothing else")
    if copied is None:
        write(render(pack, options.format, "in force" if options.with_types else "as a comment"))
        return DONE
    found = drift(pack, copied)
    for line in found:
        print(f"{options.check}: {line}")
    print("`conformance contracts` writes one that fits" if found else f"{options.check} fits")
    return FOUND if found else DONE
