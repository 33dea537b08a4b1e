"""What is written, where to, and how wide and coloured."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import argparse
    from pathlib import Path
    from typing import TextIO

__all__ = ["WIDEST", "coloured", "columns", "put", "write", "write_file"]

WIDEST: Final = 100
"""The most columns that text is wrapped to."""


def put(text: str, options: argparse.Namespace) -> None:
    """Write to the file that was asked for, or to standard output."""
    if options.output_file is None:
        write(text)
    else:
        write_file(options.output_file, text)


def write_file(file: Path, text: str) -> None:
    """Write a file, in the folders that it needs.

    Raises:
        UsageError: it cannot be written.
    """
    from conformance.errors import UsageError

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror or error}") from error


def write(text: str) -> None:
    """Write to standard output, whatever its encoding can say."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()


def columns(stream: TextIO) -> int:
    """Return how wide text shall be: as the terminal, where it is one, within reason."""
    try:
        return max(40, min(WIDEST, os.get_terminal_size(stream.fileno()).columns))
    except (OSError, ValueError):
        return WIDEST


def coloured(stream: TextIO) -> bool:
    """Return whether text there shall be coloured: on a terminal, unless the environment says otherwise."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"
