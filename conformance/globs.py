"""Patterns of paths, as in a .gitignore, that no pattern and no path can make slow.

What `*` stands for is tried out from the left. Where another `*` follows, the first place that fits is as good as any,
so that the regular expressions are rewritten to try no other: else the time grows with the length of a path to the
power of the number of stars, and a line of a .gitignore could keep the check busy for years.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pathspec import GitIgnoreSpec

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["globs"]

_NOT: Final = re.compile(r"\[\^(?=[^/\]])")
_CHARACTER: Final = r"(?:\\.|[^\\\[\](){}*+?.|^$/]|\[(?!\^)(?:\\.|[^\]\\])+\]|\[\^/(?:\\.|[^\]\\])*\](?!\*))"
_STARS: Final = re.compile(r"(?:\[\^/\]\*){2,}")
_STAR: Final = re.compile(rf"\[\^/\]\*({_CHARACTER}+)(?=\[\^/\]\*)")
_SEGMENT: Final = rf"/(?:{_CHARACTER}|\[\^/\]\*|\(\?>\[\^/\]\*\?{_CHARACTER}+\))+"
_FOLDERS: Final = re.compile(rf"\(\?:/\.\+\)\?({_SEGMENT})(?=\(\?:/\.\+\)\?)")


def globs(lines: Iterable[str]) -> GitIgnoreSpec:
    """Return what the lines match.

    Raises:
        ValueError: a line is no pattern.
    """
    spec = GitIgnoreSpec.from_lines(lines)
    for pattern in spec.patterns:
        if pattern.regex is not None and pattern.regex.pattern.count("*") + pattern.regex.pattern.count("+") > 3:
            pattern.regex = re.compile(_without_retries(pattern.regex.pattern))
    return GitIgnoreSpec(spec.patterns)


def _without_retries(regex: str) -> str:
    regex = _NOT.sub("[^/", regex)  # no set of characters holds a slash
    regex = _STARS.sub("[^/]*", regex)
    regex = _STAR.sub(r"(?>[^/]*?\1)", regex)
    return _FOLDERS.sub(r"(?>(?:/.+?)??\1(?=/))", regex)
