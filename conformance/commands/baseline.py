"""`conformance baseline`: a record of today's findings."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from conformance.commands import DONE, FAILED
from conformance.commands.arguments import configuration, paths

if TYPE_CHECKING:
    import argparse

    from conformance.commands.arguments import Parser

__all__ = ["arguments", "run"]


def arguments(parser: Parser) -> None:
    """Add what the command takes."""
    paths(parser)
    configuration(parser)
    parser.add_argument("--prune", action="store_true", help="take what is gone from the record, and add nothing")
    parser.add_argument("--force", action="store_true", help="record anew, over a record that is there")


def run(options: argparse.Namespace) -> int:
    """Write the record."""
    from dataclasses import replace

    from conformance import baseline
    from conformance.check import check, place_of_baseline, target_of
    from conformance.commands.options import config_of
    from conformance.errors import BaselineError, ConformanceError
    from conformance.reporters.text import counted
    from conformance.results import FindingStatus, Problem

    if os.environ.get("CI"):
        raise BaselineError("a record of findings is not written where CI is set: what CI forgives, nobody has read")
    config = config_of(options)
    target = target_of(options.paths, config)
    file = place_of_baseline(config, target.root)
    there = file.is_file()
    if there and not options.prune and not options.force:
        message = "is a record already: --prune takes from it what is gone, --force records anew"
        raise BaselineError(Problem(message, os.path.relpath(file)))
    if options.prune and not there:
        raise BaselineError(Problem("there is no record to prune", os.path.relpath(file)))
    if there and not options.prune and (target.partial or not target.whole):
        message = "is a record of the whole, and a part of it was given: leave the path away"
        raise BaselineError(Problem(message, os.path.relpath(file)))
    report = check(options.paths, replace(config, strict=False), with_baseline=False)
    if report.exit_status == FAILED:
        crashed = [f"{result.rule} crashed: {result.reason}" for result in report.rules if result.status == "crashed"]
        raise ConformanceError([*report.problems, *crashed, "nothing was recorded: the check is not complete"])
    made = baseline.recorded(report.findings)
    if options.prune:
        before = baseline.read(file)
        _, made = baseline.applied(report, before, whole=target.whole and not target.partial)
        dropped = before.counts.total() - made.counts.total()
        print(f"{os.path.relpath(file)}: {dropped} taken away, {made.counts.total()} left")
    else:
        suppressed = report.counted(FindingStatus.SUPPRESSED)
        without = f"; {suppressed} suppressed ones are not" if suppressed else ""
        print(f"{os.path.relpath(file)}: {counted(made.counts.total(), 'finding')} recorded{without}")
    baseline.write(file, made)
    print("next: commit it; `conformance check` now fails on new findings alone")
    return DONE
