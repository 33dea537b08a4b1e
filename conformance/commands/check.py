"""`conformance check`: from the options to what is said, made anew or as it was said before."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.commands import DONE, FORMATS, FOUND
from conformance.commands.arguments import Choice, Count, choosing, configuration, paths, reporting
from conformance.commands.output import WIDEST, coloured, columns, put, write_file

if TYPE_CHECKING:
    import argparse
    from typing import TextIO

    from conformance.cache import Cache, Said
    from conformance.commands.arguments import Parser
    from conformance.results import Problem, Report

__all__ = ["arguments", "cache_of", "run"]


def arguments(parser: Parser) -> None:
    """Add what the command takes."""
    paths(parser)
    configuration(parser)
    choosing(parser)
    output = parser.add_argument_group("output")
    text = f"one of {', '.join(FORMATS)}"
    output.add_argument("--output-format", action=Choice, words=FORMATS, metavar="FORMAT", default="full", help=text)
    output.add_argument("-o", "--output-file", metavar="FILE", type=Path, help="write the report there")
    reporting(output, FORMATS, example="sarif=conformance.sarif")
    text = "check again whenever a file of the target or the configuration changes, until Ctrl-C"
    output.add_argument("--watch", action="store_true", help=text)
    output.add_argument("--statistics", action="store_true", help="print how many findings each rule has, alone")
    output.add_argument("--exit-zero", action="store_true", help="exit 0 for findings too; problems still exit 2")
    output.add_argument("-q", "--quiet", action="store_true", help="print findings and problems alone")
    output.add_argument("-v", "--verbose", action="store_true", help="print suppressed findings and every rule too")
    text = "report only what the change since this revision introduces or touches, by git"
    output.add_argument("--diff", metavar="REV", help=text)
    cache = parser.add_argument_group("cache")
    cache.add_argument("-n", "--no-cache", action="store_true", help="neither read nor write the cache")
    cache.add_argument("--cache-dir", metavar="FOLDER", type=Path, help="where the cache is")
    speed = parser.add_argument_group("speed")
    text = "how many processes may run at a time; default: as many as there are processors, on a large target"
    speed.add_argument("--processes", action=Count, type=int, metavar="N", help=text)
    speed.add_argument("--timings", action="store_true", help="say on standard error what each step and rule took")


def run(options: argparse.Namespace) -> int:
    """Check, once or after each change."""
    if not options.watch:
        return _once(options)
    from conformance.commands.watching import watch

    return watch(lambda: _once(options), options)


def _once(options: argparse.Namespace) -> int:
    cache = cache_of(options)
    way = _way_of_saying(options)
    said = cache.said(way) if cache and way else None
    if said is None:
        said = _said(options, cache, way)
    else:
        sys.stderr.write(said.complaints)
        put(said.text, options)
    return DONE if options.exit_zero and said.status == FOUND else said.status


def cache_of(options: argparse.Namespace) -> Cache | None:
    """Return where the result of a call is remembered; with --diff it is not, since it hangs on git as well."""
    from conformance.cache import Cache, Call, folder_for

    if options.no_cache or options.diff:
        return None
    rules = (options.select, options.extend_select, options.ignore)
    call = Call(Path.cwd(), options.paths, options.config, rules=rules, isolated=options.isolated)
    return Cache(options.cache_dir or folder_for(call), call)


def _way_of_saying(options: argparse.Namespace) -> str:
    """Return what the report is to look like; "" where more is wanted than one text."""
    if options.reports or options.timings or options.verbose:
        return ""
    name = "statistics" if options.statistics else options.output_format
    return json.dumps([name, _looks(sys.stdout, options)])


def _looks(stream: TextIO, options: argparse.Namespace) -> dict[str, Any]:
    """Return how the text for people is to look: see `conformance.reporters.Look`."""
    here = options.output_file is None
    links = stream.isatty() and "CI" not in os.environ and os.environ.get("TERM") not in (None, "dumb", "linux")
    return {
        "colour": here and coloured(stream),
        "links": here and links,
        "quiet": options.quiet,
        "verbose": options.verbose,
        "width": columns(stream) if here else WIDEST,
        "hints": here and stream.isatty() and "CI" not in os.environ,
    }


def _said(options: argparse.Namespace, cache: Cache | None, way: str) -> Said:
    """Make the report, or take the stored one, and say it."""
    from conformance.cache import Said
    from conformance.commands.complaints import complain
    from conformance.errors import ConformanceError

    try:
        report = (cache.recalled() if cache else None) or _checked(options, cache)
    except ConformanceError as error:
        if not options.reports and (options.output_format in ("full", "concise") or options.statistics):
            raise
        report = _no_report(error.problems)
    text, complained = _worded(report, options)
    said = Said(text, complained, report.exit_status)
    sys.stderr.write(complained)
    put(text, options)
    if cache and way:
        cache.say(way, said)
    if options.verbose and cache:
        complain(f"cache: {remark}" for remark in cache.remarks)
    if options.timings:
        from conformance.reporters import timings

        sys.stderr.write(timings.render(report))
    return said


def _checked(options: argparse.Namespace, cache: Cache | None) -> Report:
    from conformance.check import check
    from conformance.commands.options import config_of, selection_of
    from conformance.commands.progress import Progress
    from conformance.judging import available_processes

    selection = selection_of(options)
    progress = Progress(sys.stderr, quiet=options.quiet)
    try:
        config = config_of(options) if options.config or options.isolated else None
        return check(
            options.paths,
            config,
            selection=selection,
            progress=progress.show,
            since=options.diff,
            cache=cache,
            processes=options.processes or available_processes(),
        )
    finally:
        progress.clear()


def _no_report(problems: tuple[Problem, ...]) -> Report:
    """Return the report of a check that could not be begun, for machines."""
    from conformance.results import Report
    from conformance.version import VERSION

    return Report(VERSION, str(Path.cwd()), (), 0, (), (), problems)


def _worded(report: Report, options: argparse.Namespace) -> tuple[str, str]:
    """Return the report as text, and what is said beside it; write the reports that are wanted besides."""
    from conformance.commands.complaints import complaints
    from conformance.errors import shown
    from conformance.reporters import FOR_PEOPLE, Look

    for each in options.reports:
        chosen, _, file = each.partition("=")
        write_file(Path(file), _for_machines(report, chosen))
    name = "statistics" if options.statistics else options.output_format
    if name in FOR_PEOPLE:
        return FOR_PEOPLE[name](report, Look(**_looks(sys.stdout, options))), ""
    return _for_machines(report, name), complaints(shown(problem) for problem in report.problems)


def _for_machines(report: Report, name: str) -> str:
    from conformance.reporters import REPORTERS
    from conformance.reporters.repository import FOR_REPOSITORIES, from_repository

    return REPORTERS[name](from_repository(report) if name in FOR_REPOSITORIES else report)
