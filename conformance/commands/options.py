"""What the options of a call say: the configuration, the rules, the target with what the rules say of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from conformance.check import Examined
    from conformance.config import Config
    from conformance.selection import Selection

__all__ = ["config_of", "examined", "selection_of"]


def config_of(options: argparse.Namespace) -> Config:
    """Return the configuration that holds for a call.

    Raises:
        ConformanceError: it is wrong, or the call asks for two.
    """
    from conformance import config as configuration
    from conformance.check import configure
    from conformance.errors import UsageError

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


def selection_of(options: argparse.Namespace) -> Selection:
    """Return the rules that a call chooses."""
    from conformance.selection import Selection

    return Selection(
        select=tuple(options.select), extend_select=tuple(options.extend_select), ignore=tuple(options.ignore)
    )


def examined(options: argparse.Namespace, since: str | None = None) -> Examined:
    """Return the target with what the rules say of it, recorded findings marked."""
    from dataclasses import replace

    from conformance.check import examine, with_recorded
    from conformance.commands.progress import Progress

    progress = Progress(sys.stderr, quiet=False)
    try:
        found = examine(options.paths, config_of(options), progress=progress.show, since=since)
    finally:
        progress.clear()
    return replace(found, report=with_recorded(found.report, found.loaded.target, found.loaded.config))
