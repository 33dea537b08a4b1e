"""How far a long command is, on a terminal."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from conformance.commands.output import columns

if TYPE_CHECKING:
    from typing import TextIO

__all__ = ["Progress"]


class Progress:
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
        room = max(columns(self._stream) - len(f"{step} [] {of}/{of} "), 0)
        bar = min(24, room)
        filled = bar * done // max(of, 1)
        self._stream.write(f"\r\x1b[K{step} [{'#' * filled}{'.' * (bar - filled)}] {done}/{of}")
        self._stream.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
