"""Files that are read for people to see, and written anew: as a whole, or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.discovery import Target

__all__ = ["Lines", "lines_of", "replace_bytes", "replace_text"]


def lines_of(source: bytes) -> list[str]:
    """Return the lines of a file of Python, for people to see, whatever it holds."""
    return source.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")


class Lines:
    """The text of single lines of the target's files, for people to see."""

    def __init__(self, target: Target) -> None:
        self._root = target.root
        self._files = {file.shown: file.path for file in target.files}
        self._texts: dict[str, list[str]] = {}

    def shown(self, file: Path | None) -> str:
        """Return how a file that is not of the target, such as the configuration's, is shown."""
        if file is None:
            return "configuration"
        inside = file.is_relative_to(self._root)
        shown = (file.relative_to(self._root) if inside else Path(file.name)).as_posix()
        self._files.setdefault(shown, file)
        return shown

    def line(self, path: str, number: int) -> str:
        if path not in self._texts:
            try:
                source = self._files[path].read_bytes()
            except (OSError, KeyError):
                source = b""
            self._texts[path] = lines_of(source)
        lines = self._texts[path]
        return lines[number - 1] if 0 < number <= len(lines) else ""


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
