"""The suppression comments of a file: `# conformance: ignore[DI103, nullable-provider] -- why`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.facts.code import Comment
from conformance.facts.tokens import Field, Text, read_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conformance.facts.tokens import Token

__all__ = ["read_comments"]

_DIRECTIVE = re.compile(r"#[ \t]*conformance[ \t]*:[ \t]*", re.IGNORECASE)
_NEXT_COMMENT = re.compile(r"[ \t]#(?=[ \t]|noqa\b|type:|pragma\b|nosec\b|conformance\b)", re.IGNORECASE)
_IGNORE = re.compile(r"ignore(?![\w-])[ \t]*(?P<names>\[[^\]]*\]?)?[ \t]*(?P<rest>.*)", re.IGNORECASE)
_MEANT_AS_ONE = re.compile(
    r"[\w-]+[ \t]*[\[=(]|(?:ig\w{2,6}|noqa|disable|skip|allow|suppress|off)(?:-[\w-]+)?[ \t]*(?:$|:|--|\b[A-Z]{2,}\d)",
    re.IGNORECASE,
)
_REASON = re.compile(r"(?:--+|[\u2013\u2014])[ \t]*(?P<reason>.*)")
_NAME = re.compile(r"[A-Za-z][\w-]*")


def read_comments(text: str) -> tuple[Comment, ...]:
    """Return the suppression comments of a file, in order; what a string says is none.

    A comment that was meant as one and cannot be read has a `problem`, and suppresses nothing: its only name is what it
    says, which is the name of no rule.
    """
    if _DIRECTIVE.search(text) is None:
        return ()
    lines = _Lines(text)
    tokens, _ = read_tokens(text)
    return tuple(found for token in _comments(tokens) for found in _read(text, token, lines))


class _Lines:
    """Lines and columns of offsets that grow."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.line = 1
        self.start = 0

    def span(self, start: int, end: int) -> tuple[int, int, int, int]:
        while (following := self.text.find("\n", self.start, start) + 1) > 0:
            self.line += 1
            self.start = following
        return self.line, start - self.start + 1, self.line, end - self.start + 1


def _comments(tokens: Iterable[Token | Text | Field]) -> Iterator[Token]:
    """Yield the comments, those in the fields of f-strings included, in the order of the source."""
    pending = list(reversed(tuple(tokens)))
    while pending:
        match pending.pop():
            case Field(tokens=inner, spec=spec):
                pending.extend(reversed((*inner, *(spec or ()))))
            case Text():
                pass
            case token if token.kind == "comment":
                yield token
            case token:
                pending.extend(reversed(token.parts))


def _read(text: str, token: Token, lines: _Lines) -> Iterator[Comment]:
    found = _DIRECTIVE.search(text, token.start, token.end)
    while found is not None:
        following = _NEXT_COMMENT.search(text, found.end(), token.end)
        end = following.start() if following is not None else token.end
        shown = text[found.end() : end].rstrip()
        span = lines.span(found.start(), found.end() + len(shown))
        alone = not text[lines.start : token.start].strip()
        if (read := _understood(shown)) is not None:
            names, reason, problem = read
            yield Comment(span, names, reason, alone, problem)
        found = _DIRECTIVE.search(text, end, token.end)


def _understood(shown: str) -> tuple[tuple[str, ...], str, str] | None:
    """Return names, reason and problem of what follows `# conformance:`; None where it is prose."""
    found = _IGNORE.fullmatch(shown)
    if found is None:
        if _MEANT_AS_ONE.match(shown) is None:
            return None
        word = re.split(r"[ \t\[=(:]", shown, maxsplit=1)[0]
        return (shown,), "", f"`{word}` is not known here: write `ignore[RULE] -- why`"
    named, rest = found.group("names"), found.group("rest")
    reason = _REASON.fullmatch(rest)
    if named is None:
        if rest and reason is None:
            return (shown,), "", "the rules stand in brackets: write `ignore[RULE] -- why`"
        return (), reason.group("reason") if reason else "", ""
    if not named.endswith("]"):
        return (shown,), "", "the bracket is not closed: write `ignore[RULE] -- why`"
    names = tuple(name for name in re.split(r"[,\s]+", named[1:-1]) if name)
    if not names:
        return (shown,), "", "no rule is named: write `ignore[RULE] -- why`"
    for name in names:
        if _NAME.fullmatch(name) is None:
            return (shown,), "", f"`{name}` cannot be the name of a rule"
    if rest and reason is None:
        return (shown,), "", "the reason follows two dashes: write `ignore[RULE] -- why`"
    return names, reason.group("reason") if reason else "", ""
