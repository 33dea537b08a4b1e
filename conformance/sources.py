"""The texts of the files that a stored result is about, each by its digest, in one file."""

from __future__ import annotations

import json
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from conformance.files import replace_bytes
from conformance.trace import content_of, digest_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

__all__ = ["read_source", "replace_sources", "write_sources"]

_FAST: Final = 1
"""How hard texts are pressed: a third of the size, in a hundredth of the time that it takes to parse them."""


def write_sources(file: Path, files: Mapping[str, str]) -> None:
    """Write the texts of files that still have the digest that is known of them.

    Raises:
        OSError: it cannot be written.
    """
    found: dict[str, bytes] = {}
    for name, known in files.items():
        with suppress(OSError):
            source = content_of(name)
            if digest_of(source) == known:
                found[known] = zlib.compress(source, _FAST)
    _write(file, found)


def read_source(file: Path, digest: str) -> bytes | None:
    """Return the text with this digest; None where it is not there, or damaged."""
    try:
        with file.open("rb") as stream:
            places: dict[str, tuple[int, int]] = json.loads(stream.readline())
            start, length = places[digest]
            stream.seek(start, 1)
            source = zlib.decompress(stream.read(length))
    except (OSError, ValueError, KeyError, TypeError, zlib.error):
        return None
    return source if digest_of(source) == digest else None


def replace_sources(file: Path, new: Iterable[bytes], wanted: Collection[str]) -> None:
    """Add texts, and drop those whose digest is not wanted any more.

    Raises:
        OSError: it cannot be read or written.
        ValueError: it is damaged.
    """
    head, _, texts = file.read_bytes().partition(b"\n")
    places: dict[str, tuple[int, int]] = json.loads(head)
    found = {known: texts[start : start + length] for known, (start, length) in places.items() if known in wanted}
    _write(file, {**found, **{digest_of(source): zlib.compress(source, _FAST) for source in new}})


def _write(file: Path, found: Mapping[str, bytes]) -> None:
    places: dict[str, tuple[int, int]] = {}
    start = 0
    for digest, text in found.items():
        places[digest] = start, len(text)
        start += len(text)
    replace_bytes(file, json.dumps(places).encode() + b"\n" + b"".join(found.values()))
