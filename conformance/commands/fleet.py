"""`conformance fleet`: a scorecard of several checkouts."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.commands import FLEETS
from conformance.commands.arguments import Count, drawing, reporting
from conformance.commands.output import put, write_file

if TYPE_CHECKING:
    import argparse

    from conformance.commands.arguments import Parser

__all__ = ["arguments", "run"]


def arguments(parser: Parser) -> None:
    """Add what the command takes."""
    text = "the list: [[checkout]] tables in a .toml file, or a path on each line"
    parser.add_argument("file", metavar="FILE", type=Path, help=text)
    drawing(parser, FLEETS)
    reporting(parser, FLEETS, example="json=fleet.json")
    text = "the JSON of an earlier run: what came and what went since is shown"
    parser.add_argument("--against", metavar="FILE", type=Path, help=text)
    text = "how many are checked at a time; default: one for each processor"
    parser.add_argument("--workers", action=Count, type=int, metavar="N", default=os.cpu_count() or 1, help=text)
    text = "end the check of a checkout that takes longer; default: 600"
    parser.add_argument("--timeout", action=Count, type=int, metavar="SECONDS", default=600, help=text)
    parser.add_argument("--dask", action="store_true", help="run them by Dask, on this machine")
    text = "run them by the cluster of Dask whose scheduler is there: `tcp://HOST:8786`"
    parser.add_argument("--scheduler", metavar="ADDRESS", default="", help=text)
    parser.add_argument("-n", "--no-cache", action="store_true", help="neither read nor write the caches")


def run(options: argparse.Namespace) -> int:
    """Check them, and write the scorecard."""
    from functools import partial

    from conformance.commands.complaints import complain
    from conformance.commands.progress import Progress
    from conformance.errors import UsageError, shown
    from conformance.fleet import FLEETS as WRITERS
    from conformance.fleet import earlier, listed_in, run_with_dask, run_with_processes

    if options.dask and options.scheduler:
        raise UsageError("--dask is on this machine, and --scheduler elsewhere: one of them")
    gc.enable()
    by_dask = options.dask or options.scheduler
    checkouts = listed_in(options.file, cached=not options.no_cache)
    before = earlier(options.against) if options.against else None
    progress = Progress(sys.stderr, quiet=False)
    try:
        each_of = partial(run_with_dask, scheduler=options.scheduler) if by_dask else run_with_processes
        outcomes = each_of(checkouts, workers=options.workers, seconds=options.timeout, progress=progress.show)
    finally:
        progress.clear()
    for each in options.reports:
        chosen, _, file = each.partition("=")
        write_file(Path(file), WRITERS[chosen](outcomes, before))
    put(WRITERS[options.format](outcomes, before), options)
    for outcome in outcomes:
        for problem in outcome.report.problems[:1]:
            more = f" (and {len(outcome.report.problems) - 1} more)" if len(outcome.report.problems) > 1 else ""
            complain([f"{outcome.checkout.name}: {outcome.state.value}: {shown(problem)}{more}"])
    return max(each.report.exit_status for each in outcomes)
