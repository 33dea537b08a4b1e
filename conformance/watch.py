"""Checks again whenever a file that a check may look at has changed. It polls, so that no file system is left out."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final, NoReturn

from conformance.trace import SKIPPED, surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["seen", "until_interrupted"]

PAUSE: Final = 0.25
"""How long nothing is looked at, in seconds."""

ENDINGS: Final = (".py", ".toml", ".json", ".cfg", ".gitignore")
"""How the names end of what can matter: code, configurations, the record of findings."""

Stamps = dict[str, object]


def until_interrupted(run: Callable[[tuple[str, ...]], object], starts: Iterable[str]) -> NoReturn:
    """Run, and run again after each change below the starts or in what is configured above them; for ever.

    Args:
        run: called with the files that changed; with none the first time.
        starts: folders and files, absolute.
    """
    changed: tuple[str, ...] = ()
    starts = tuple(starts)
    while True:
        known = seen(starts)
        run(changed)
        changed = _next_change(known, starts)


def _next_change(known: Mapping[str, object], starts: tuple[str, ...]) -> tuple[str, ...]:
    """Wait until something differs from what is known, and stays as it is for a moment; return what differs."""
    while (now := seen(starts)) == known:
        time.sleep(PAUSE)
    while True:
        time.sleep(PAUSE / 2)
        if (later := seen(starts)) == now:
            return tuple(sorted(file for file in {*known, *now} if known.get(file) != now.get(file)))
        now = later


def seen(starts: Iterable[str]) -> Stamps:
    """Return what there is to look at, each file with what tells one state of it from another."""
    starts = tuple(starts)
    files: Stamps = dict(surroundings(starts))
    pending = list(starts)
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as entries:
                files.update(_stamped(entries, pending))
        except OSError:  # a file, or gone
            if os.path.exists(folder):  # noqa: PTH110 - a string
                files[folder] = _stamp(os.stat(folder))  # noqa: PTH116
    return files


def _stamped(entries: Iterator[os.DirEntry[str]], pending: list[str]) -> Iterator[tuple[str, object]]:
    for entry in entries:
        try:
            if entry.name.endswith(ENDINGS):
                yield entry.path, _stamp(entry.stat())
            elif not entry.name.startswith(".") and entry.name not in SKIPPED and entry.is_dir(follow_symlinks=False):
                pending.append(entry.path)
        except OSError:  # gone between two looks, or a link that leads nowhere
            yield entry.path, None


def _stamp(status: os.stat_result) -> tuple[int, int, int]:
    return (status.st_mtime_ns, status.st_size, status.st_ino)
