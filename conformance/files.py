"""Files that are read for people to see, and written anew: as a whole, or not at all."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["lines_of", "replace_bytes", "replace_text"]


def lines_of(source: bytes) -> list[str]:
    """Return the lines of a file of Python, for people to see, whatever it holds."""
    return source.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def replace_text(file: Path, text: str) -> None:
    """Write a file of text, as `replace_bytes` does."""
    replace_bytes(file, text.encode())


def replace_bytes(file: Path, content: bytes) -> None:
    """Write a file; where that fails, on a full disk for one, what it held is still there. Who reads it sees one whole.

    Raises:
        OSError: it cannot be written.
    """
    aim = file.resolve()
    beside = aim.with_name(f".{aim.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        if aim.exists():
            shutil.copymode(aim, beside)
        beside.replace(aim)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
