"""The arguments of a call: the parsers, what several commands take, and whether what was given can be meant."""

from __future__ import annotations

import argparse
import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from conformance.commands import COMMANDS, command

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "Choice", "Count", "Parser", "Report", "ShownHelp", "choosing", "configuration", "drawing", "parsed", "parsers",
    "paths", "reporting",
]  # fmt: skip

_ASKING: Final = ("-h", "--help", "-V", "--version")
"""What stands without a command, or before it."""


class ShownHelp(Exception):  # noqa: N818 - not an error
    """Help or version was printed."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def parsed(argv: Sequence[str]) -> argparse.Namespace:
    """Return what a call says.

    Raises:
        ConformanceError: all that is wrong with it at once.
        ShownHelp: help or version was asked for, and printed.
    """
    word = next((each for each in argv if not each.startswith("-")), None)
    if wrong := list(_wrong_with_command(argv, word)):
        raise _error(wrong)
    if word is None or argv[0] != word:
        return parsers()[0].parse_args(argv)  # asks for help, or the version
    parser = _parser_of(word)
    options, unknown = parser.parse_known_args(argv[1:], argparse.Namespace(command=word))
    wrong = [*_sorted_in(unknown, options), *parser.wrong(options)]
    if wrong:
        raise _error(wrong, options)
    return options


def _wrong_with_command(argv: Sequence[str], word: str | None) -> Iterator[str]:
    """Yield what is wrong with the command, the first word of a call."""
    if word is None:
        if not any(each in _ASKING for each in argv):
            yield from (f"unknown option `{each}`" for each in argv)
            yield f"say what to do: {', '.join(COMMANDS)} (see `conformance --help`)"
    elif argv[0] not in (word, *_ASKING):
        meant = next((each for each in argv if each in COMMANDS), "check")
        yield f"`{argv[0]}` stands before the command: `conformance {meant} {argv[0]} …`"
    elif word not in COMMANDS:
        from conformance.commands.mistakes import command_meant

        yield f"there is no command `{word}`{command_meant(word)}"


def _sorted_in(unknown: Sequence[str], options: argparse.Namespace) -> Iterator[str]:
    """Add the paths that argparse did not take (of `check app -q lib` it takes those of one run); yield the rest."""
    for before, each in zip(["", *unknown], unknown, strict=False):
        if each.startswith("-"):
            from conformance.commands.mistakes import option_meant

            yield f"unknown option `{each}`{option_meant(each.partition('=')[0], options.command)}"
        elif hasattr(options, "paths") and (not before.startswith("-") or "=" in before):
            options.paths.append(Path(each))
        elif not before.startswith("-"):
            yield f"`{each}` is one argument too many"


def _error(wrong: Sequence[str], options: argparse.Namespace | None = None) -> Exception:
    from conformance.commands.mistakes import error

    return error(wrong, options)


# --- parsers -------------------------------------------------------------------------------------------------------


class Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of exiting, and tells words that there are not with those there are."""

    def error(self, message: str) -> NoReturn:
        from conformance.errors import UsageError

        raise UsageError(f"{message} (see `{self.prog} --help`)")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        if message:
            print(message, end="", file=sys.stderr)
        raise ShownHelp(status)

    def options(self) -> list[str]:
        """Return every option string."""
        return [string for action in self._actions for string in action.option_strings]

    def wrong(self, options: argparse.Namespace) -> Iterator[str]:
        """Yield what is wrong with what was given, beyond what argparse knows."""
        for action in self._actions:
            if isinstance(action, Checked):
                yield from action.wrong(getattr(options, action.dest))


def _parser_of(name: str) -> Parser:
    """Return the parser of one command: to make those of the others takes longer than to parse."""
    parser = Parser(prog=f"conformance {name}", **_described(name))
    command(name).arguments(parser)
    return parser


def _described(name: str) -> dict[str, Any]:
    return {"description": f"{COMMANDS[name]}.", "allow_abbrev": False, "formatter_class": _Formatter}


class _Formatter(argparse.HelpFormatter):
    """Knows how wide the terminal is without `shutil`, which argparse would load and ask for each argument."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


_USUAL: Final = 80


@cache
def _columns() -> int:
    try:
        given = int(os.environ["COLUMNS"])
    except (KeyError, ValueError):
        given = 0
    try:
        return given or os.get_terminal_size(sys.__stdout__.fileno()).columns or _USUAL  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        return _USUAL


class Checked(argparse.Action):
    """Keeps what was given, and looks at it when all is parsed, so that every mistake is told at once."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, *_: object) -> None:  # noqa: ANN401, ARG002 - as argparse has it
        setattr(namespace, self.dest, values)

    def wrong(self, given: Any) -> Iterator[str]:  # noqa: ANN401 - what was kept
        """Yield what is wrong with what was given."""
        raise NotImplementedError


class Count(Checked):
    """Takes a number from 1, where `type` is `int`."""

    def wrong(self, given: int | None) -> Iterator[str]:
        if given is not None and given < 1:
            yield f"{self.option_strings[-1]} takes a number from 1"


class Choice(Checked):
    """Takes one of a few words.

    Attributes:
        words: what can be chosen.
        called: what these words are.
    """

    def __init__(self, *args: Any, words: tuple[str, ...], called: str = "output format", **others: Any) -> None:  # noqa: ANN401 - as argparse has it
        super().__init__(*args, **others)
        self.words = words
        self.called = called

    def wrong(self, given: Any) -> Iterator[str]:  # noqa: ANN401 - what was kept
        if given not in self.words:
            from conformance.commands.mistakes import word_meant

            yield f"there is no {self.called} `{given}`{word_meant(given, self.words)}"


class Report(Choice):
    """Takes `FORMAT=FILE`, any number of times."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, *_: object) -> None:  # noqa: ANN401, ARG002
        setattr(namespace, self.dest, [*getattr(namespace, self.dest), values])

    def wrong(self, given: Any) -> Iterator[str]:  # noqa: ANN401 - what was kept
        for report in given:
            chosen, _, file = report.partition("=")
            yield from super().wrong(chosen)
            if chosen in self.words and not file:
                yield f"`--report {report}` does not say where to: `--report {chosen}=FILE`"


class _Version(argparse.Action):
    """Prints the version; it is looked up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from conformance.version import VERSION

        print(f"conformance {VERSION}")
        parser.exit()


def parsers(*wanted: str) -> tuple[Parser, dict[str, Parser]]:
    """Return the parser of the whole, and that of each command; those that are wanted know their arguments."""
    parser = Parser(
        prog="conformance",
        description="Checks that a FastAPI + arq + SQLAlchemy application has the architecture it was designed with.",
        epilog="Exit status: 0 nothing found; 1 findings; 2 the check could not be done, or not completely.",
        allow_abbrev=False,
        formatter_class=_Formatter,
    )
    parser.add_argument("-V", "--version", action=_Version, nargs=0, help="print the version")
    several = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser, prog="conformance")
    commands: dict[str, Parser] = {}
    for name, about in COMMANDS.items():
        commands[name] = several.add_parser(name, help=about, **_described(name))
        if name in wanted:
            command(name).arguments(commands[name])
    return parser, commands


# --- what several commands take ------------------------------------------------------------------------------------


def paths(parser: Parser) -> None:
    """Take the target."""
    text = "a folder, a file or a package; default: what the configuration names, else the current folder"
    parser.add_argument("paths", metavar="PATH", nargs="*", type=Path, help=text)


def configuration(parser: Parser) -> None:
    """Take what holds instead of the configuration that is found, or over it."""
    group = parser.add_argument_group("configuration")
    text = 'a TOML file instead of the one that is found upward, or a setting over it: `profile="aegis"`'
    group.add_argument("--config", metavar="FILE|SETTING", action="append", default=[], help=text)
    group.add_argument("--isolated", action="store_true", help="pass over every configuration file")


def choosing(parser: Parser) -> None:
    """Take which rules are run."""
    rules = parser.add_argument_group("rules: ids, names or prefixes (`DI101`, `nullable-provider`, `DI`, `ALL`)")
    for option, text in (
        ("--select", "run these alone"),
        ("--extend-select", "run these besides"),
        ("--ignore", "leave these out"),
    ):
        rules.add_argument(option, metavar="RULES", type=_names, action="extend", default=[], help=text)


def drawing(parser: Parser, formats: tuple[str, ...], *, option: str = "--format") -> None:
    """Take a format, and where to write what has it."""
    about = f"one of {', '.join(formats)}"
    parser.add_argument(option, action=Choice, words=formats, metavar="FORMAT", default=formats[0], help=about)
    parser.add_argument("-o", "--output-file", metavar="FILE", type=Path, help="write it there")


def reporting(parser: argparse._ActionsContainer, formats: tuple[str, ...], *, example: str) -> None:
    """Take what else is written, each in a format of its own: `options.reports`."""
    text = f"write a report of that format there besides: `{example}`"
    parser.add_argument(
        "--report", action=Report, words=formats, metavar="FORMAT=FILE", default=[], dest="reports", help=text
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
