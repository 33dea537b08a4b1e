"""From the bytes of a file to its syntax tree, whichever Python the file was written for."""

from __future__ import annotations

import ast
import codecs
import gc
import re
import sys
import warnings
from bisect import bisect_left
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from conformance.errors import UnreadableModule
from conformance.facts.newer import made_plain, parse_newer

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Parsed", "parse"]

LARGEST = 10_000_000
"""In bytes."""

MOST_WORDS = 1_000_000
"""Names, numbers, strings and brackets: what nodes are made of. A million make a tree of 1 GB in memory."""

_LARGEST_TO_SEARCH = 1_000_000

_LONGEST_HEAD = 10_000
_IS_SLOW_WITH_FIELDS = sys.version_info < (3, 12)  # its time for an f-string grows with the square of its fields
_MANY_FIELDS = 10_000

_WORD = re.compile(r"\w+|[\[({\"']")
_NEVER_SOURCE = frozenset({"idna", "punycode", "undefined"})  # Python takes them; the first two take ages to decode
_LINE_END = re.compile(rb"\r\n?|\n")
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A module and its text, the lines of which end in line feeds alone, and before which no BOM stands."""

    tree: ast.Module
    text: str


def parse(source: bytes, path: str) -> Parsed:
    """Return the tree and the text of `source`, or raise `UnreadableModule` with the line that reading stopped at.

    The tree is the same whichever interpreter reads it: `type X = T` stands as `X: TypeAlias = T` (the annotation has
    the place of the word `type`), type parameters are dropped, and a t-string is an f-string.
    """
    if len(source) > LARGEST:
        size = f"{len(source) / 1_000_000:,.0f} MB"
        raise UnreadableModule(path, 1, f"too large to be parsed: {size}, at most {LARGEST // 1_000_000} MB")
    text = _decode(source, path)
    if len(text) > MOST_WORDS and next(islice(_WORD.finditer(text), MOST_WORDS, None), None) is not None:
        raise UnreadableModule(
            path, 1, f"too much code for one file: more than {MOST_WORDS:,} names, numbers and brackets"
        )
    try:
        with _quietly():
            return Parsed(_tree(text), text)
    except SyntaxError as error:
        raise UnreadableModule(path, max(error.lineno or 1, 1), error.msg) from error
    except (RecursionError, MemoryError) as error:
        raise UnreadableModule(path, _line_too_deep(text), "nested too deeply to be parsed") from error
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise UnreadableModule(path, line, "a surrogate, which is no character by itself") from error
    except ValueError as error:
        raise UnreadableModule(path, 1, str(error)) from error


@contextmanager
def _quietly() -> Iterator[None]:
    """Let nothing warn of the code that is read, and no garbage be looked for while the tree grows."""
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if is_collecting:
            gc.enable()


def _tree(text: str) -> ast.Module:
    refusal = None
    if not (_IS_SLOW_WITH_FIELDS and text.count("{") > _MANY_FIELDS):
        try:
            return made_plain(ast.parse(text), text)
        except SyntaxError as error:
            refusal = error
        except UnicodeEncodeError:
            raise
        except ValueError as error:  # 3.12.1 fails so on some format specs
            refusal = SyntaxError(str(error))
    if (tree := parse_newer(text)) is not None:
        return tree
    if refusal is not None:
        raise refusal
    return ast.parse(text)


def _line_too_deep(text: str) -> int:
    """Return the line up to which the text must be read for the parser to give up; 1 for a text that takes too long."""
    if len(text) > _LARGEST_TO_SEARCH or not _is_too_deep(text):
        return 1
    lines = text.split("\n")
    return bisect_left(range(1, len(lines)), True, key=lambda count: _is_too_deep("\n".join(lines[:count]))) + 1


def _is_too_deep(text: str) -> bool:
    try:
        with _quietly():
            ast.parse(text)
    except (RecursionError, MemoryError):
        return True
    except (SyntaxError, ValueError):
        pass
    return False


def _decode(source: bytes, path: str) -> str:
    """Decode as PEP 263 says, and let every line end in a line feed."""
    if source.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UnreadableModule(path, 1, "UTF-16 is no encoding for Python files")
    if b"\0" in source:
        raise UnreadableModule(path, _line_of(source, source.index(b"\0")), "the source contains a NUL byte")
    has_bom = source.startswith(codecs.BOM_UTF8)
    if has_bom:
        source = source[len(codecs.BOM_UTF8) :]
    line, encoding = _cookie(source)
    try:
        codec = codecs.lookup(encoding).name
        if codec in _NEVER_SOURCE:
            raise LookupError(encoding)
        if has_bom and codec != "utf-8":
            raise UnreadableModule(path, line, f"the encoding is said to be {encoding}, but the file starts with a BOM")
        text = source.decode(encoding)
    except LookupError as error:
        raise UnreadableModule(path, line, f"unknown encoding: {encoding}") from error
    except UnicodeDecodeError as error:
        line, reason = _line_of(source, error.start), f"cannot be read as {encoding}: {error.reason}"
        raise UnreadableModule(path, line, reason) from error
    except UnicodeError as error:
        raise UnreadableModule(path, line, f"cannot be read as {encoding}: {error}") from error
    if text.endswith("\\\r\n"):
        text += "\n"  # as CPython does behind CR and LF, so that the backslash continues into an empty line
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


def _cookie(source: bytes) -> tuple[int, str]:
    """Return the line that names the encoding and the encoding; UTF-8 where none of the first two lines does."""
    for number, line in enumerate(_LINE_END.split(source[:_LONGEST_HEAD])[:2], 1):
        if (found := _COOKIE.match(line)) is not None:
            return number, found.group(1).decode("ascii")
        if not _BLANK.match(line):
            break
    return 1, "utf-8"


def _line_of(source: bytes, offset: int) -> int:
    return len(_LINE_END.findall(source, 0, offset)) + 1
