"""Mistakes in a call: what was meant, and what else is wrong with it."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.check import prepare
from conformance.commands import COMMANDS
from conformance.commands.arguments import parsers
from conformance.commands.options import config_of, selection_of
from conformance.errors import ConformanceError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence

    from conformance.results import Problem

__all__ = ["command_meant", "error", "option_meant", "word_meant"]


def error(wrong: Sequence[str], options: argparse.Namespace | None = None) -> ConformanceError:
    """Return the error of a call in which all this is wrong, and what else is wrong with its paths and rules."""
    return ConformanceError((*UsageError(wrong).problems, *(_also_wrong(options) if options is not None else ())))


def _also_wrong(options: argparse.Namespace) -> tuple[Problem, ...]:
    """Return what else is wrong with a call of `check` whose options are: paths, rules and configuration."""
    if options.command != "check":
        return ()
    try:
        config = config_of(options) if options.config or options.isolated else None
        prepare(options.paths, config, selection=selection_of(options))
    except ConformanceError as wrong:
        return wrong.problems
    return ()


def command_meant(word: str) -> str:
    """Return "; did you mean …?", or which commands there are."""
    if Path(word).exists():
        return f"; did you mean `conformance check {word}`?"
    return word_meant(word, COMMANDS)


def option_meant(option: str, command: str) -> str:
    """Return which commands have an option that this one has not, or which of its own was meant."""
    commands = parsers(*COMMANDS)[1]
    elsewhere = [name for name, parser in commands.items() if option in parser.options()]
    if elsewhere:
        return f": it is one of {' and '.join(f'`conformance {name}`' for name in elsewhere)}"
    return _nearest(option, commands[command].options())


def word_meant(word: str, known: Iterable[str]) -> str:
    """Return "; did you mean …?", or which words there are."""
    return _nearest(word, known) or f"; there are {', '.join(known)}"


def _nearest(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean `{near[0]}`?" if near else ""
