"""The command line: arguments → configuration → check → reporter → exit status. It imports the engine when needed."""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import TextIO

    from conformance.cache import Cache, Said
    from conformance.check import Examined
    from conformance.config import Config
    from conformance.results import Problem, Report
    from conformance.rules.base import Rule
    from conformance.selection import Selection

__all__ = ["main"]

FORMATS: Final = ("full", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown")
"""The output formats. A test holds them to the table of reporters, which the command imports only when it reports."""

SELFTESTS: Final = ("full", "json")
CHECKLISTS: Final = ("markdown", "html", "json")
MAPS: Final = ("html", "mermaid", "dot")
FLEETS: Final = ("markdown", "html", "json", "sarif")
VIEWS: Final = ("modules", "injection", "worker")
SHELLS: Final = ("bash", "zsh", "fish")
"""The formats of checklist, map, fleet and selftest, what the map shows, shells; held to their tables likewise."""

CHOICES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "output_format": ("output format", FORMATS),
    "checklist_format": ("output format", CHECKLISTS),
    "map_format": ("output format", MAPS),
    "fleet_format": ("output format", FLEETS),
    "selftest_format": ("output format", SELFTESTS),
    "contracts_format": ("output format", ("ini", "toml")),
    "view": ("view", VIEWS),
    "shell": ("shell", SHELLS),
}
"""What an argument takes, by the name under which argparse has it, and what these words are called."""

REPORTS_OF: Final = {"reports": FORMATS, "fleet_reports": FLEETS}
"""Likewise, where a file follows."""

DONE, FOUND, FAILED, INTERRUPTED = 0, 1, 2, 130

WIDEST: Final = 100
"""The most columns that text is wrapped to."""


def main(argv: Sequence[str]) -> int:
    """Run the command and return its exit status: 0 nothing found, 1 findings, 2 it could not be done wholly."""

    def run() -> int:
        options = _parsed(list(argv))
        return COMMANDS[options.command](options)

    try:
        return _status(run, verbose=bool({"-v", "--verbose"} & set(argv)))
    except _ShownHelp as done:
        return done.status
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - what is left to be written has no reader
        return FAILED
    except KeyboardInterrupt:
        _complain(["interrupted"])
        return INTERRUPTED


def _status(run: Callable[[], int], *, verbose: bool) -> int:
    """Return the exit status of a run; what went wrong in it is told."""
    try:
        return run()
    except (_ShownHelp, BrokenPipeError):
        raise
    except Exception as error:  # noqa: BLE001 - an unforeseen error is no finding: its status must not be 1
        from conformance.errors import ConformanceError, shown  # noqa: PLC0415 - seldom needed

        if isinstance(error, ConformanceError):
            _complain(shown(problem) for problem in error.problems)
            return FAILED
        _complain([f"internal error: {type(error).__name__}: {error}"])
        if verbose:
            import traceback  # noqa: PLC0415 - seldom needed

            traceback.print_exception(error)
        else:
            _complain(["--verbose shows where; please report it"])
    return FAILED


def _complain(messages: Iterable[str]) -> None:
    sys.stderr.write("".join(_complaints(messages)))


def _complaints(messages: Iterable[str]) -> Iterator[str]:
    from conformance.reporters.text import inert  # noqa: PLC0415

    return (f"conformance: {inert(message)}\n" for message in messages)


# --- arguments -----------------------------------------------------------------------------------------------------


class _ShownHelp(Exception):  # noqa: N818 - not an error
    """Help or version was printed."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of exiting, and knows what a mistyped option was meant to be."""

    def error(self, message: str) -> NoReturn:
        from conformance.errors import UsageError  # noqa: PLC0415

        raise UsageError(f"{message} (see `{self.prog} --help`)")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        if message:
            print(message, end="", file=sys.stderr)
        raise _ShownHelp(status)

    def options(self) -> list[str]:
        """Return every option string."""
        return [string for action in self._actions for string in action.option_strings]


def _parsed(argv: list[str]) -> argparse.Namespace:
    parser, commands = _parsers()
    word = next((each for each in argv if not each.startswith("-")), None)
    if word is None and not any(each in ("-h", "--help", "-V", "--version") for each in argv):
        unknown = [f"unknown option `{each}`" for each in argv]
        raise _mistake([*unknown, f"say what to do: {', '.join(commands)} (see `conformance --help`)"])
    if word is not None and argv[0] not in (word, "-h", "--help", "-V", "--version"):
        command = next((each for each in argv if each in commands), "check")
        raise _mistake([f"`{argv[0]}` stands before the command: `conformance {command} {argv[0]} …`"])
    if word is not None and word not in commands:
        raise _mistake([f"there is no command `{word}`{_command_meant(word, commands)}"])
    options, unknown = parser.parse_known_args(argv)
    wrong: list[str] = []
    for before, each in zip(["", *unknown], unknown, strict=False):
        if each.startswith("-"):
            wrong.append(f"unknown option `{each}`{_option_meant(each.partition('=')[0], options.command, commands)}")
        elif hasattr(options, "paths") and (not before.startswith("-") or "=" in before):
            options.paths.append(Path(each))  # argparse takes the paths of one run alone: `check app -q lib`
        elif not before.startswith("-"):
            wrong.append(f"`{each}` is one argument too many")
    for name, (called, words) in CHOICES.items():
        chosen = getattr(options, name, words[0])
        if chosen not in words:
            wrong.append(f"there is no {called} `{chosen}`{_meant(chosen, words) or _there_are(words)}")
    for name, formats in REPORTS_OF.items():
        for report in getattr(options, name, ()):
            chosen, _, file = report.partition("=")
            if chosen not in formats:
                wrong.append(f"there is no output format `{chosen}`{_meant(chosen, formats) or _there_are(formats)}")
            elif not file:
                wrong.append(f"`--report {report}` does not say where to: `--report {chosen}=FILE`")
    if getattr(options, "processes", None) is not None and options.processes < 1:
        wrong.append("--processes takes a number from 1")
    if wrong:
        raise _mistake(wrong, options)
    assert isinstance(options, argparse.Namespace)  # noqa: S101 - for the type checker
    return options


def _mistake(wrong: Sequence[str], options: argparse.Namespace | None = None) -> Exception:
    """Return the error of a call in which all this is wrong, and what else is wrong with its paths and rules."""
    from conformance.errors import ConformanceError, UsageError  # noqa: PLC0415

    return ConformanceError((*UsageError(wrong).problems, *(_also_wrong(options) if options is not None else ())))


def _command_meant(word: str, commands: Iterable[str]) -> str:
    if Path(word).exists():
        return f"; did you mean `conformance check {word}`?"
    return _meant(word, commands) or _there_are(commands)


def _option_meant(option: str, command: str, commands: Mapping[str, _Parser]) -> str:
    elsewhere = [name for name, parser in commands.items() if option in parser.options()]
    if elsewhere:
        return f": it is one of {' and '.join(f'`conformance {name}`' for name in elsewhere)}"
    return _meant(option, commands[command].options())


def _there_are(names: Iterable[str]) -> str:
    return f"; there are {', '.join(names)}"


def _meant(word: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - seldom needed

    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean `{near[0]}`?" if near else ""


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _parsers() -> tuple[_Parser, dict[str, _Parser]]:
    parser = _Parser(
        prog="conformance",
        description="Checks that a FastAPI + arq + SQLAlchemy application has the architecture it was designed with.",
        epilog="Exit status: 0 nothing found; 1 findings; 2 the check could not be done, or not completely.",
        allow_abbrev=False,
    )
    parser.add_argument("-V", "--version", action=_Version, nargs=0, help="print the version")
    several = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser, prog="conformance")
    commands: dict[str, _Parser] = {}

    def command(name: str, help_text: str) -> _Parser:
        made: _Parser = several.add_parser(name, help=help_text, description=f"{help_text}.", allow_abbrev=False)
        commands[name] = made
        return made

    checking = command("check", "check a target: folders, files or package names")
    _paths(checking)
    _configuration(checking)
    _choosing(checking)
    output = checking.add_argument_group("output")
    formats = ", ".join(FORMATS)
    output.add_argument("--output-format", metavar="FORMAT", default="full", help=f"one of {formats}")
    output.add_argument("-o", "--output-file", metavar="FILE", type=Path, help="write the report there")
    text = "write a report of that format there besides: `sarif=conformance.sarif`"
    _besides(output, "reports", text)
    text = "check again whenever a file of the target or the configuration changes, until Ctrl-C"
    output.add_argument("--watch", action="store_true", help=text)
    output.add_argument("--statistics", action="store_true", help="print how many findings each rule has, alone")
    output.add_argument("--exit-zero", action="store_true", help="exit 0 for findings too; problems still exit 2")
    output.add_argument("-q", "--quiet", action="store_true", help="print findings and problems alone")
    output.add_argument("-v", "--verbose", action="store_true", help="print suppressed findings and every rule too")
    text = "report only what the change since this revision introduces or touches, by git"
    output.add_argument("--diff", metavar="REV", help=text)
    cache = checking.add_argument_group("cache")
    cache.add_argument("-n", "--no-cache", action="store_true", help="neither read nor write the cache")
    cache.add_argument("--cache-dir", metavar="FOLDER", type=Path, help="where the cache is")
    speed = checking.add_argument_group("speed")
    text = "how many processes may run at a time; default: as many as there are processors, on a large target"
    speed.add_argument("--processes", metavar="N", type=int, help=text)
    speed.add_argument("--timings", action="store_true", help="say on standard error what each step and rule took")

    page = command(
        "rule", "print what a rule means and why, with an example of each kind; without one, the table of all"
    )
    page.add_argument("rule", metavar="RULE", nargs="?", help="an id, a name, or a prefix")

    handbook = command("docs", "print a page of the documentation, in Markdown; without one, which pages there are")
    handbook.add_argument("page", metavar="PAGE", nargs="?")

    roles = command("roles", "print what each module was taken for, and on what evidence")
    _paths(roles)
    _configuration(roles)

    review = command(
        "checklist", "print the review checklist: each statement of the documents, and its state in this code"
    )
    _paths(review)
    _configuration(review)
    _drawing(review, "checklist_format", CHECKLISTS)
    review.add_argument("--diff", metavar="REV", help="only what the change since this revision touches, by git")
    text = "what the links to files begin with: `https://github.com/OWNER/NAME/blob/REV/`"
    review.add_argument("--link-base", metavar="URL", default="", help=text)

    picture = command("map", "draw the architecture: one HTML page, or text for mermaid or graphviz")
    _paths(picture)
    _configuration(picture)
    _drawing(picture, "map_format", MAPS)
    text = f"what mermaid and dot draw: one of {', '.join(VIEWS)}; the page has all"
    picture.add_argument("--view", metavar="VIEW", default=VIEWS[0], help=text)

    pack = command("contracts", "print the import-linter contracts of the target, or say whether copied ones still fit")
    _paths(pack)
    _configuration(pack)
    text = "one of ini, for an importlinter.ini, and toml, for pyproject.toml"
    pack.add_argument("--format", dest="contracts_format", metavar="FORMAT", default="ini", help=text)
    text = "with the contract types of this package in force: import-linter then needs it, too"
    pack.add_argument("--with-types", action="store_true", help=text)
    text = "print nothing but what keeps this file from fitting the target; exit 1 where there is something"
    pack.add_argument("--check", metavar="FILE", type=Path, help=text)

    several_of = command("fleet", "check a list of checkouts, and print a scorecard of them")
    text = "the list: [[checkout]] tables in a .toml file, or a path on each line"
    several_of.add_argument("file", metavar="FILE", type=Path, help=text)
    _drawing(several_of, "fleet_format", FLEETS)
    text = "write a report of that format there besides: `json=fleet.json`"
    _besides(several_of, "fleet_reports", text)
    text = "the JSON of an earlier run: what came and what went since is shown"
    several_of.add_argument("--against", metavar="FILE", type=Path, help=text)
    text = "how many are checked at a time; default: one for each processor"
    several_of.add_argument("--workers", metavar="N", type=_positive, default=os.cpu_count() or 1, help=text)
    text = "end the check of a checkout that takes longer; default: 600"
    several_of.add_argument("--timeout", metavar="SECONDS", type=_positive, default=600, help=text)
    several_of.add_argument("--dask", action="store_true", help="run them by Dask, on this machine")
    text = "run them by the cluster of Dask whose scheduler is there: `tcp://HOST:8786`"
    several_of.add_argument("--scheduler", metavar="ADDRESS", default="", help=text)
    several_of.add_argument("-n", "--no-cache", action="store_true", help="neither read nor write the caches")

    trial = command(
        "selftest", "seed violations of each rule into a copy of the target, and show that they are found there"
    )
    _paths(trial)
    _configuration(trial)
    _choosing(trial)
    trial.add_argument(
        "--output-format", dest="selftest_format", metavar="FORMAT", default=SELFTESTS[0],
        help=f"one of {', '.join(SELFTESTS)}",
    )  # fmt: skip
    trial.add_argument("-o", "--output-file", metavar="FILE", type=Path, help="write it there")
    trial.add_argument("-q", "--quiet", action="store_true", help="print what is missed alone, and how much was found")
    text = (
        "try each through every door: the command, pytest's plugin, and import-linter where the contracts hold the rule"
    )
    trial.add_argument("--matrix", action="store_true", help=text)
    text = "a check for each violation, instead of one for all that do not disturb each other"
    trial.add_argument("--alone", action="store_true", help=text)

    beginning = command("init", "write [tool.conformance] from what was inferred")
    _paths(beginning)
    beginning.add_argument("--force", action="store_true", help="replace a section that is there")

    record = command("baseline", "record today's findings, so that only new ones fail")
    _paths(record)
    _configuration(record)
    record.add_argument("--prune", action="store_true", help="take what is gone from the record, and add nothing")
    record.add_argument("--force", action="store_true", help="record anew, over a record that is there")

    completing = command("completion", "print what completes commands, options, rules and files in a shell")
    completing.add_argument("shell", metavar="SHELL", help=f"one of {', '.join(SHELLS)}")
    return parser, commands


class _Version(argparse.Action):
    """Prints the version; it is looked up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from conformance.version import VERSION  # noqa: PLC0415

        print(f"conformance {VERSION}")
        parser.exit()


def _paths(parser: _Parser) -> None:
    text = "a folder, a file or a package; default: what the configuration names, else the current folder"
    parser.add_argument("paths", metavar="PATH", nargs="*", type=Path, help=text)


def _configuration(parser: _Parser) -> None:
    group = parser.add_argument_group("configuration")
    text = 'a TOML file instead of the one that is found upward, or a setting over it: `profile="aegis"`'
    group.add_argument("--config", metavar="FILE|SETTING", action="append", default=[], help=text)
    group.add_argument("--isolated", action="store_true", help="pass over every configuration file")


def _besides(parser: argparse._ActionsContainer, name: str, text: str) -> None:
    parser.add_argument("--report", metavar="FORMAT=FILE", action="append", default=[], dest=name, help=text)


def _choosing(parser: _Parser) -> None:
    rules = parser.add_argument_group("rules: ids, names or prefixes (`DI101`, `nullable-provider`, `DI`, `ALL`)")
    for option, text in (
        ("--select", "run these alone"),
        ("--extend-select", "run these besides"),
        ("--ignore", "leave these out"),
    ):
        rules.add_argument(option, metavar="RULES", type=_names, action="extend", default=[], help=text)


def _drawing(parser: _Parser, name: str, formats: Sequence[str]) -> None:
    parser.add_argument(
        "--format", dest=name, metavar="FORMAT", default=formats[0], help=f"one of {', '.join(formats)}"
    )
    parser.add_argument("-o", "--output-file", metavar="FILE", type=Path, help="write it there")


# --- commands ------------------------------------------------------------------------------------------------------


def _config(options: argparse.Namespace) -> Config:
    from conformance import config as configuration  # noqa: PLC0415
    from conformance.check import configure  # noqa: PLC0415
    from conformance.errors import UsageError  # noqa: PLC0415

    files = [each for each in options.config if "=" not in each or Path(each).exists()]
    settings = [each for each in options.config if each not in files]
    if len(files) > 1:
        raise UsageError(f"one configuration at a time: {', '.join(files)}")
    if files and options.isolated:
        raise UsageError("--isolated passes over every configuration file, and --config names one")
    if options.isolated:
        config = configuration.Config()
    elif files:
        config = configuration.load(Path(files[0]).absolute())
    else:
        config = configure(options.paths)
    return configuration.overridden(config, settings) if settings else config


def _also_wrong(options: argparse.Namespace) -> tuple[Problem, ...]:
    """Return what else is wrong with a call of `check` whose options are: paths, rules and configuration."""
    from conformance.check import prepare  # noqa: PLC0415
    from conformance.errors import ConformanceError  # noqa: PLC0415

    if options.command != "check":
        return ()
    try:
        config = _config(options) if options.config or options.isolated else None
        prepare(options.paths, config, selection=_selection(options))
    except ConformanceError as error:
        return error.problems
    return ()


def _selection(options: argparse.Namespace) -> Selection:
    from conformance.selection import Selection  # noqa: PLC0415 - the type above is for the type checker alone

    return Selection(
        select=tuple(options.select), extend_select=tuple(options.extend_select), ignore=tuple(options.ignore)
    )


def _check(options: argparse.Namespace) -> int:
    return _watch(options) if options.watch else _check_once(options)


def _watch(options: argparse.Namespace) -> int:
    """Check after each change, until interrupted; what is wrong with the configuration ends nothing."""
    from conformance.config import find  # noqa: PLC0415
    from conformance.reporters.text import inert, listed  # noqa: PLC0415
    from conformance.watch import until_interrupted  # noqa: PLC0415

    here = Path.cwd()
    configuration = find(here)
    default = [configuration.parent if configuration else here]
    gc.enable()
    named = [each for each in options.config if Path(each).exists()]
    starts = [here / path for path in options.paths if path.exists()] or default

    def run(changed: tuple[str, ...]) -> None:
        if sys.stdout.isatty():
            _write("\x1b[H\x1b[2J\x1b[3J")
        if changed:
            more = f"{len(changed) - 3} more" if len(changed) > 3 else ""
            names = [inert(os.path.relpath(file)) for file in changed[:3]]
            print(f"changed: {listed((*names, more))}", file=sys.stderr)
        _status(lambda: _check_once(options), verbose=options.verbose)
        print("watching; Ctrl-C ends it", file=sys.stderr, flush=True)

    try:
        until_interrupted(run, [str(each) for each in (*starts, *(here / name for name in named))])
    except KeyboardInterrupt:
        return INTERRUPTED


def _check_once(options: argparse.Namespace) -> int:
    cache = _cache(options)
    way = _way_of_saying(options)
    said = cache.said(way) if cache and way else None
    if said is None:
        said = _said(options, cache, way)
    else:
        sys.stderr.write(said.complaints)
        _put(said.text, options)
    return DONE if options.exit_zero and said.status == FOUND else said.status


def _way_of_saying(options: argparse.Namespace) -> str:
    """Return what the report is to look like; "" where more is wanted than one text."""
    if options.reports or options.timings or options.verbose:
        return ""
    name = "statistics" if options.statistics else options.output_format
    return json.dumps([name, _looks(sys.stdout, options)])


def _said(options: argparse.Namespace, cache: Cache | None, way: str) -> Said:
    """Make the report, or take the stored one, and say it."""
    from conformance.cache import Said  # noqa: PLC0415
    from conformance.errors import ConformanceError  # noqa: PLC0415

    try:
        report = (cache.recalled() if cache else None) or _checked(options, cache)
    except ConformanceError as error:
        if not options.reports and (options.output_format in ("full", "concise") or options.statistics):
            raise
        report = _no_report(error.problems)
    text, complaints = _worded(report, options)
    said = Said(text, complaints, report.exit_status)
    sys.stderr.write(complaints)
    _put(text, options)
    if cache and way:
        cache.say(way, said)
    if options.verbose and cache:
        _complain(f"cache: {remark}" for remark in cache.remarks)
    if options.timings:
        from conformance.reporters import timings  # noqa: PLC0415

        sys.stderr.write(timings.render(report))
    return said


def _checked(options: argparse.Namespace, cache: Cache | None) -> Report:
    from conformance.check import check  # noqa: PLC0415
    from conformance.judging import available_processes  # noqa: PLC0415

    selection = _selection(options)
    progress = _Progress(sys.stderr, quiet=options.quiet)
    try:
        config = _config(options) if options.config or options.isolated else None
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


def _cache(options: argparse.Namespace) -> Cache | None:
    """Return where the result of this call is remembered; with --diff it is not, since it hangs on git as well."""
    from conformance.cache import Cache, Call, folder_for  # noqa: PLC0415

    if options.no_cache or options.diff:
        return None
    rules = (options.select, options.extend_select, options.ignore)
    call = Call(Path.cwd(), options.paths, options.config, rules=rules, isolated=options.isolated)
    return Cache(options.cache_dir or folder_for(call), call)


def _no_report(problems: tuple[Problem, ...]) -> Report:
    """Return the report of a check that could not be begun, for machines."""
    from conformance.results import Report  # noqa: PLC0415
    from conformance.version import VERSION  # noqa: PLC0415

    return Report(VERSION, str(Path.cwd()), (), 0, (), (), problems)


def _worded(report: Report, options: argparse.Namespace) -> tuple[str, str]:
    """Return the report as text, and what is said beside it; write the reports that are wanted besides."""
    from conformance.errors import shown  # noqa: PLC0415
    from conformance.reporters import FOR_PEOPLE, Look  # noqa: PLC0415

    for each in options.reports:
        chosen, _, file = each.partition("=")
        _write_file(Path(file), _for_machines(report, chosen))
    name = "statistics" if options.statistics else options.output_format
    if name in FOR_PEOPLE:
        return FOR_PEOPLE[name](report, Look(**_looks(sys.stdout, options))), ""
    return _for_machines(report, name), "".join(_complaints(shown(problem) for problem in report.problems))


def _for_machines(report: Report, name: str) -> str:
    from conformance.reporters import REPORTERS  # noqa: PLC0415
    from conformance.reporters.repository import FOR_REPOSITORIES, from_repository  # noqa: PLC0415

    return REPORTERS[name](from_repository(report) if name in FOR_REPOSITORIES else report)


def _put(text: str, options: argparse.Namespace) -> None:
    """Write to the file that was asked for, or to standard output."""
    if options.output_file is None:
        _write(text)
    else:
        _write_file(options.output_file, text)


def _write_file(file: Path, text: str) -> None:
    from conformance.errors import UsageError  # noqa: PLC0415

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror or error}") from error


def _write(text: str) -> None:
    """Write to standard output, whatever its encoding can say."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()


def _looks(stream: TextIO, options: argparse.Namespace) -> dict[str, Any]:
    """Return how the text for people is to look: see `conformance.reporters.Look`."""
    here = options.output_file is None
    links = stream.isatty() and "CI" not in os.environ and os.environ.get("TERM") not in (None, "dumb", "linux")
    return {
        "colour": here and _coloured(stream),
        "links": here and links,
        "quiet": options.quiet,
        "verbose": options.verbose,
        "width": _columns(stream) if here else WIDEST,
        "hints": here and stream.isatty() and "CI" not in os.environ,
    }


def _columns(stream: TextIO) -> int:
    """Return how wide text shall be: as the terminal, where it is one, within reason."""
    try:
        return max(40, min(WIDEST, os.get_terminal_size(stream.fileno()).columns))
    except (OSError, ValueError):
        return WIDEST


def _coloured(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


class _Progress:
    """A line on a terminal that says how far the check is, once it has taken a moment."""

    def __init__(self, stream: TextIO, *, quiet: bool) -> None:
        self._stream = stream
        self._on = stream.isatty() and not quiet and os.environ.get("TERM") != "dumb"
        self._started = self._last = time.monotonic()
        self._shown = False

    def show(self, step: str, done: int, of: int) -> None:
        """Say that so much of a step is done."""
        now = time.monotonic()
        if not self._on or now - self._started < 0.5 or now - self._last < 0.05:
            return
        self._last, self._shown = now, True
        room = max(_columns(self._stream) - len(f"{step} [] {of}/{of} "), 0)
        bar = min(24, room)
        filled = bar * done // max(of, 1)
        self._stream.write(f"\r\x1b[K{step} [{'#' * filled}{'.' * (bar - filled)}] {done}/{of}")
        self._stream.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def _rule(options: argparse.Namespace) -> int:
    from conformance.pages import page, table  # noqa: PLC0415
    from conformance.reporters import Look  # noqa: PLC0415
    from conformance.rules import all_rules  # noqa: PLC0415
    from conformance.selection import matching  # noqa: PLC0415

    look = Look(colour=_coloured(sys.stdout), width=_columns(sys.stdout))
    chosen: Sequence[Rule[object]] = all_rules() if options.rule is None else matching(options.rule, all_rules())
    _write(page(chosen[0], look) if options.rule is not None and len(chosen) == 1 else table(chosen, look))
    return DONE


def _docs(options: argparse.Namespace) -> int:
    from conformance.handbook import PAGES, page  # noqa: PLC0415

    width = max(map(len, PAGES))
    contents = "".join(f"{name:<{width}}  {about}\n" for name, about in PAGES.items())
    _write(f"{contents}\n`conformance docs PAGE` prints one\n" if options.page is None else page(options.page))
    return DONE


def _completion(options: argparse.Namespace) -> int:
    from conformance.completion import script  # noqa: PLC0415

    known = {**REPORTS_OF, **{name: words for name, (_, words) in CHOICES.items()}}
    _write(script(options.shell, _parsers()[1], known))
    return DONE


def _roles(options: argparse.Namespace) -> int:
    from conformance.check import load  # noqa: PLC0415
    from conformance.errors import shown  # noqa: PLC0415
    from conformance.pages import roles  # noqa: PLC0415
    from conformance.reporters import Look  # noqa: PLC0415

    loaded = load(options.paths, _config(options))
    _write(roles(loaded, Look(colour=_coloured(sys.stdout))))
    problems = (*loaded.target.problems, *(each.problems[0] for each in loaded.unreadable))
    _complain(shown(problem) for problem in problems)
    return FAILED if problems else DONE


def _checklist(options: argparse.Namespace) -> int:
    from conformance.checklist import checklist  # noqa: PLC0415
    from conformance.reporters.checklist import CHECKLISTS as WRITERS  # noqa: PLC0415

    examined = _examined(options, options.diff)
    _put(WRITERS[options.checklist_format](checklist(examined, since=options.diff or ""), options.link_base), options)
    _tell_besides(examined.report)
    return FAILED if examined.report.exit_status == FAILED else DONE


def _map(options: argparse.Namespace) -> int:
    from conformance.map import MAPS as DRAWERS  # noqa: PLC0415

    examined = _examined(options)
    _put(DRAWERS[options.map_format](examined, options.view), options)
    _tell_besides(examined.report)
    return FAILED if examined.report.exit_status == FAILED else DONE


def _tell_besides(report: Report) -> None:
    """Say on standard error what neither the checklist nor the map has a place for."""
    from conformance.errors import shown  # noqa: PLC0415
    from conformance.reporters.text import new  # noqa: PLC0415
    from conformance.results import Problem  # noqa: PLC0415

    _complain(shown(problem) for problem in report.problems)
    about = (finding for finding in new(report) if finding.rule.startswith("CK"))
    _complain(shown(Problem(f"{f.rule} {f.message}", f.path, f.line)) for f in about if f.rule != "CK903")
    _complain(f"note: {note}" for note in report.notes)


def _examined(options: argparse.Namespace, since: str | None = None) -> Examined:
    """Return the target with what the rules say of it, recorded findings marked."""
    from dataclasses import replace  # noqa: PLC0415

    from conformance.check import examine, with_recorded  # noqa: PLC0415

    progress = _Progress(sys.stderr, quiet=False)
    try:
        examined = examine(options.paths, _config(options), progress=progress.show, since=since)
    finally:
        progress.clear()
    return replace(examined, report=with_recorded(examined.report, examined.loaded.target, examined.loaded.config))


def _fleet(options: argparse.Namespace) -> int:
    from functools import partial  # noqa: PLC0415

    from conformance.errors import UsageError, shown  # noqa: PLC0415
    from conformance.fleet import FLEETS as WRITERS  # noqa: PLC0415
    from conformance.fleet import earlier, listed_in, run_with_dask, run_with_processes  # noqa: PLC0415

    if options.dask and options.scheduler:
        raise UsageError("--dask is on this machine, and --scheduler elsewhere: one of them")
    gc.enable()
    by_dask = options.dask or options.scheduler
    checkouts = listed_in(options.file, cached=not options.no_cache)
    before = earlier(options.against) if options.against else None
    progress = _Progress(sys.stderr, quiet=False)
    try:
        run = partial(run_with_dask, scheduler=options.scheduler) if by_dask else run_with_processes
        outcomes = run(checkouts, workers=options.workers, seconds=options.timeout, progress=progress.show)
    finally:
        progress.clear()
    for each in options.fleet_reports:
        chosen, _, file = each.partition("=")
        _write_file(Path(file), WRITERS[chosen](outcomes, before))
    _put(WRITERS[options.fleet_format](outcomes, before), options)
    for outcome in outcomes:
        for problem in outcome.report.problems[:1]:
            more = f" (and {len(outcome.report.problems) - 1} more)" if len(outcome.report.problems) > 1 else ""
            _complain([f"{outcome.checkout.name}: {outcome.state.value}: {shown(problem)}{more}"])
    return max(each.report.exit_status for each in outcomes)


def _selftest(options: argparse.Namespace) -> int:
    from conformance.errors import shown  # noqa: PLC0415
    from conformance.reporters import Look  # noqa: PLC0415
    from conformance.selftest import selftest  # noqa: PLC0415
    from conformance.selftest.doors import DOORS  # noqa: PLC0415
    from conformance.selftest.report import WRITERS  # noqa: PLC0415

    gc.enable()
    progress = _Progress(sys.stderr, quiet=options.quiet)
    doors = DOORS if options.matrix else ()
    try:
        result = selftest(
            options.paths,
            _config(options),
            selection=_selection(options),
            progress=progress.show,
            doors=doors,
            how="alone" if options.alone else "together",
        )
    finally:
        progress.clear()
    look = Look(colour=_coloured(sys.stdout) and options.output_file is None, quiet=options.quiet)
    _put(WRITERS[options.selftest_format](result, look), options)
    _complain(shown(problem) for problem in result.problems)
    return result.exit_status


def _init(options: argparse.Namespace) -> int:
    from conformance import init  # noqa: PLC0415
    from conformance.check import load  # noqa: PLC0415
    from conformance.config import Config, find  # noqa: PLC0415
    from conformance.errors import ConfigurationError, TargetError  # noqa: PLC0415
    from conformance.files import replace_text  # noqa: PLC0415
    from conformance.reporters.text import inert  # noqa: PLC0415
    from conformance.results import Problem  # noqa: PLC0415

    loaded = load(options.paths, Config())
    if not any(set(module.roles) - {"tests"} for module in loaded.program.modules):
        raise TargetError("nothing was recognised, so that there is nothing to write: is this the right folder?")
    existing = find(loaded.target.root)
    if existing is not None and not options.force:
        message = "is a configuration already: --force replaces it"
        raise ConfigurationError(Problem(message, os.path.relpath(existing)))
    file = existing or _nearest_pyproject(loaded.target.root) or loaded.target.root / "conformance.toml"
    try:
        if file.name == "pyproject.toml":
            before = init.without_section(file.read_text("utf-8")).rstrip("\n")
            text = f"{before}\n\n{init.section(loaded, prefix='tool.conformance')}"
        else:
            text = init.section(loaded, prefix="")
        replace_text(file, text)
    except OSError as error:
        raise ConfigurationError(Problem(f"cannot be written: {error.strerror or error}", str(file))) from error
    print(inert(f"wrote {os.path.relpath(file)}: {', '.join(loaded.target.packages)}"))
    print("next: `conformance check` shows today's findings; `conformance baseline` records them")
    return DONE


def _contracts(options: argparse.Namespace) -> int:
    from conformance.check import prepare, read  # noqa: PLC0415
    from conformance.contracts.pack import judged, made  # noqa: PLC0415
    from conformance.contracts.written import drift, render  # noqa: PLC0415
    from conformance.contracts.written import read as read_contracts  # noqa: PLC0415
    from conformance.errors import ConformanceError, TargetError  # noqa: PLC0415

    copied = read_contracts(options.check) if options.check is not None else None
    prepared = prepare(options.paths, _config(options))
    loaded = read(prepared.target, prepared.config)
    report = judged(loaded, prepared.chosen)
    if report.problems:
        raise ConformanceError(report.problems)
    pack = made(loaded, report)
    if not pack.packages:
        raise TargetError("there is no package in the target, and import-linter takes nothing else")
    if copied is None:
        _write(render(pack, options.contracts_format, "in force" if options.with_types else "as a comment"))
        return DONE
    found = drift(pack, copied)
    for line in found:
        print(f"{options.check}: {line}")
    print("`conformance contracts` writes one that fits" if found else f"{options.check} fits")
    return FOUND if found else DONE


def _nearest_pyproject(root: Path) -> Path | None:
    for folder in (root, *root.parents):
        if (folder / "pyproject.toml").is_file():
            return folder / "pyproject.toml"
        if (folder / ".git").exists():
            return None
    return None


def _baseline(options: argparse.Namespace) -> int:
    from dataclasses import replace  # noqa: PLC0415

    from conformance import baseline  # noqa: PLC0415
    from conformance.check import check, place_of_baseline, target_of  # noqa: PLC0415
    from conformance.errors import BaselineError, ConformanceError  # noqa: PLC0415
    from conformance.reporters.text import counted  # noqa: PLC0415
    from conformance.results import FindingStatus, Problem  # noqa: PLC0415

    if os.environ.get("CI"):
        raise BaselineError("a record of findings is not written where CI is set: what CI forgives, nobody has read")
    config = _config(options)
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


COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace], int]]] = {
    "check": _check,
    "rule": _rule,
    "docs": _docs,
    "roles": _roles,
    "checklist": _checklist,
    "map": _map,
    "contracts": _contracts,
    "fleet": _fleet,
    "selftest": _selftest,
    "init": _init,
    "baseline": _baseline,
    "completion": _completion,
}
