"""From the bytes of a file to its syntax tree, whichever Python the file was written for."""

from __future__ import annotations

import ast
import codecs
import re
import warnings
from dataclasses import dataclass

from conformance.errors import UnreadableModule

__all__ = ["Parsed", "parse"]

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A module's tree and its text; the lines of `text` end in `\\n` alone, and no BOM stands before them."""

    tree: ast.Module
    text: str


def parse(source: bytes, path: str) -> Parsed:
    """Return the tree and the text of `source`, or raise `UnreadableModule` with the line that reading stopped at."""
    text = _decode(source, path)
    try:
        tree = _tree(text)
    except SyntaxError as error:
        raise UnreadableModule(path, error.lineno or 1, error.msg) from error
    except (RecursionError, MemoryError) as error:
        raise UnreadableModule(path, 1, "nested too deeply to be parsed") from error
    return Parsed(tree, text)


def _tree(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _decode(source: bytes, path: str) -> str:
    """Decode as PEP 263 says, and let every line end in a line feed."""
    if b"\0" in source:
        raise UnreadableModule(path, _line_of(source, source.index(b"\0")), "the source contains a NUL byte")
    has_bom = source.startswith(codecs.BOM_UTF8)
    if has_bom:
        source = source[len(codecs.BOM_UTF8) :]
    encoding = _cookie(source) or "utf-8"
    try:
        text = source.decode(encoding)
    except LookupError as error:
        raise UnreadableModule(path, 1, f"unknown encoding: {encoding}") from error
    except UnicodeDecodeError as error:
        line = _line_of(source, error.start)
        raise UnreadableModule(path, line, f"not {encoding}: {error.reason}") from error
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


def _cookie(source: bytes) -> str | None:
    for line in re.split(rb"\r\n?|\n", source[:1000])[:2]:
        if (found := _COOKIE.match(line)) is not None:
            return found.group(1).decode("ascii", "replace")
        if not _BLANK.match(line):
            return None
    return None


def _line_of(source: bytes, offset: int) -> int:
    return len(re.findall(rb"\r\n?|\n", source[:offset])) + 1
