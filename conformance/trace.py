"""What a check looked at, and whether all of it is still the same.

A check is a function of its configuration, of the folders that it walked through and of the files that it read. Where
each folder still holds what it held, and each file the same bytes, the same comes out of it. Times of modification say
nothing: a checkout sets them anew, and an edit can preserve them.
"""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["MARKERS", "SKIPPED", "Trace", "content_of", "digest", "digest_of", "listing", "surroundings"]

SKIPPED: Final = frozenset({"node_modules", "__pycache__", "site-packages", "__pypackages__"})
"""Folders that hold nobody's own code."""

MARKERS: Final = ("pyproject.toml", "setup.py", "setup.cfg")
"""Files that make a folder a project of its own."""

_TELLING: Final = frozenset({".gitignore", "pyvenv.cfg", "conda-meta", "conformance.toml", *MARKERS})
"""What tells something about a folder, beside Python files and further folders."""

_PIECE: Final = 65_536
"""How many bytes of a file are read at a time; of most files, all."""

_ABOVE: Final = ("__init__.py", "conformance.toml", *MARKERS, ".gitignore", ".git", ".git/info/exclude")
"""What is looked for in the folders above a target."""


class Trace(NamedTuple):
    """What was looked at.

    Attributes:
        folders: each folder that was walked through, absolute, and its `listing`.
        files: each file that was read or looked for, absolute, and its `digest`.
    """

    folders: Mapping[str, str] = {}
    files: Mapping[str, str] = {}

    def changed(self) -> list[str] | None:
        """Return the files that do not look the same today; None where a folder does not."""
        if any(_listing_at(folder) != known for folder, known in self.folders.items()):
            return None
        return [file for file, known in self.files.items() if digest(file) != known]


def digest_of(source: bytes) -> str:
    """Return what identifies the bytes of a file."""
    return sha256(source).hexdigest()


def digest(file: str) -> str:
    """Return what identifies a file as it is now: "" where there is none, "/" for a folder."""
    try:
        return digest_of(content_of(file))
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except IsADirectoryError:
        return "/"
    except OSError as error:
        return f"!{error.errno}"


def content_of(file: str) -> bytes:
    """Return the bytes of a file; of a pipe what is in it, without waiting for more.

    Raises:
        OSError: it cannot be read.
    """
    handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    try:
        source = b""
        while piece := os.read(handle, _PIECE):
            source = source + piece if source else piece
        return source
    finally:
        os.close(handle)


def listing(entries: Iterable[os.DirEntry[str]]) -> str:
    """Return what a folder holds, as far as it matters to a check: each entry with its kind, on a line of its own."""
    return "\n".join(sorted(_matters(entries)))


def _matters(entries: Iterable[os.DirEntry[str]]) -> Iterator[str]:
    for entry in entries:
        name = entry.name
        try:
            if name.endswith(".py"):
                yield name + ("" if entry.is_file() else "/" if entry.is_dir() else "?")
            elif name in _TELLING:
                yield name
            elif not name.startswith(".") and name not in SKIPPED and entry.is_dir():
                yield name + ("@" if entry.is_symlink() else "/")
        except OSError:
            yield f"{name}?"


def _listing_at(folder: str) -> str | None:
    try:
        with os.scandir(folder) as entries:
            return listing(entries)
    except OSError:
        return None


def surroundings(starts: Iterable[str]) -> dict[str, str]:
    """Return the digests of what is looked for above what a check starts from; all that is not there is in it, too."""
    folders: dict[str, None] = {}
    for start in starts:
        folder = start
        while folder not in folders:
            folders[folder] = None
            folder = os.path.dirname(folder)  # noqa: PTH120 - as below, a Path for each takes longer than the rest
    return {file: digest(file) for folder in folders for file in (f"{folder.rstrip('/')}/{name}" for name in _ABOVE)}
