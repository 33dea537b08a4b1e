"""The tokens of a Python file of any version.

`tokenize` knows the strings of the interpreter that it ships with, and gives up on newer ones; this reads what any
Python from 3.0 on accepts: f-strings whose fields hold quotes, backslashes, comments and line ends, and t-strings. It
is lenient (whether the file makes sense is for `ast` to say), takes time linear in the size of the text, and does
nothing with what it reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

__all__ = ["Field", "Stop", "Text", "Token", "read_tokens"]

Kind: TypeAlias = Literal["name", "operator", "open", "close", "string", "template", "comment", "newline", "other"]

_DEEPEST_TEMPLATE = 30
"""CPython allows 150 templates within each other; what is deeper than this is no program that somebody wrote."""


@dataclass(frozen=True, slots=True)
class Text:
    """What stands between the fields of a template, by offsets."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Field:
    """`{expression=!conversion:spec}` in a template.

    `start` is that of the brace, `end` is behind the closing one. `debug` is the end of the `=` and the space behind
    it, or 0. `spec_start` is that of the colon.
    """

    start: int
    end: int
    tokens: tuple[Token, ...]
    expression_end: int
    debug: int = 0
    conversion: str = ""
    spec_start: int = 0
    spec: tuple[Text | Field, ...] | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """One token, by its offsets. `newline` is the end of a logical line; `template` an f-string or t-string."""

    kind: Kind
    start: int
    end: int
    text: str = ""
    parts: tuple[Text | Field, ...] = ()


_TOKEN = re.compile(
    r"""
      (?P<space>    [ \t\f]++ | \\\n )
    | (?P<newline>  \n )
    | (?P<comment>  \#[^\n]*+ )
    | (?P<string>   (?P<prefix>[bBfFrRtTuU]{0,2}) (?P<quote>\"\"\"|'''|"|') )
    | (?P<name>     [^\W\d]\w*+ )
    | (?P<other>    \.?\d[\w.]*+ )
    | (?P<open>     [(\[{] )
    | (?P<close>    [)\]}] )
    | (?P<operator> == | != | <= | >= | := | \*\* | . )
    """,
    re.VERBOSE | re.DOTALL,
)

_REST_OF_STRING = {
    '"': re.compile(r'[^"\\\n]*+(?:\\.[^"\\\n]*+)*"', re.DOTALL),
    "'": re.compile(r"[^'\\\n]*+(?:\\.[^'\\\n]*+)*'", re.DOTALL),
    '"""': re.compile(r'[^"\\]*+(?:(?:\\.|"(?!""))[^"\\]*+)*"""', re.DOTALL),
    "'''": re.compile(r"[^'\\]*+(?:(?:\\.|'(?!''))[^'\\]*+)*'''", re.DOTALL),
}
_PLAIN = {quote: re.compile(rf"[^\\\n{{}}{quote[0]}]*+") for quote in _REST_OF_STRING}
_SPACE = re.compile(r"(?:[ \t\f\n]|\\\n|#[^\n]*+)*+")
_CHARACTER_NAME = re.compile(r"\\N\{[^{}\n]*+\}")
_CONVERSION = re.compile(rf"!{_SPACE.pattern}(\w*+){_SPACE.pattern}")


def read_tokens(text: str) -> tuple[tuple[Token, ...], Stop | None]:
    """Return the tokens of `text`, the line ends of which are line feeds, and where reading had to stop, or None."""
    reader = _Reader(text)
    try:
        reader.read(0, reader.tokens, depth=0)
    except Stop as stop:
        return tuple(reader.tokens), stop
    return tuple(reader.tokens), None


class Stop(Exception):  # noqa: N818 - it is returned, and nobody else raises it
    """Why and where the tokens of a text could not be read further."""

    def __init__(self, offset: int, message: str = "this string does not end") -> None:
        super().__init__(offset, message)
        self.offset = offset
        self.message = message


@dataclass(slots=True)
class _Reader:
    text: str
    tokens: list[Token] = field(default_factory=list)

    def read(self, at: int, into: list[Token], *, depth: int) -> int:
        """Read tokens into the list; at depth 0 to the end of the text, else to the end of a field's expression."""
        text = self.text
        brackets = 0
        end = len(text)
        while at < end:
            found = _TOKEN.match(text, at)
            if found is None:  # pragma: no cover - the last branch of the pattern takes any character
                raise Stop(at)
            kind = found.lastgroup
            start, at = at, found.end()
            match kind:
                case "space":
                    continue
                case "string":
                    into.append(self.string(found, depth))
                    at = into[-1].end
                case "newline":
                    if not brackets and not depth:
                        into.append(Token("newline", start, at))
                case "open":
                    brackets += 1
                    into.append(Token("open", start, at, text[start]))
                case "close":
                    if not brackets and depth:
                        return start
                    brackets = max(0, brackets - 1)
                    into.append(Token("close", start, at, text[start]))
                case "operator":
                    shown = found.group()
                    if depth and not brackets and shown in _ENDS_EXPRESSION:
                        return start
                    into.append(Token("operator", start, at, shown))
                case "name":
                    into.append(Token("name", start, at, found.group()))
                case "comment":
                    into.append(Token("comment", start, at))
                case _:
                    into.append(Token("other", start, at))
        if depth:
            raise Stop(at)
        return at

    def string(self, found: re.Match[str], depth: int) -> Token:
        prefix, quote = found.group("prefix").lower(), found.group("quote")
        if "f" in prefix or "t" in prefix:
            parts, end = self.parts(found.end(), quote, "r" in prefix, depth + 1)
            return Token("template", found.start(), end, prefix, parts)
        rest = _REST_OF_STRING[quote].match(self.text, found.end())
        if rest is None:
            raise Stop(found.start())
        return Token("string", found.start(), rest.end())

    def parts(
        self, at: int, quote: str, is_raw: bool, depth: int, *, is_spec: bool = False
    ) -> tuple[tuple[Text | Field, ...], int]:
        """Read a template from behind its quote to behind the closing one, or a format spec up to its brace."""
        text = self.text
        if depth > _DEEPEST_TEMPLATE:
            raise Stop(at, "too many strings in each other")
        parts: list[Text | Field] = []
        start = at
        while True:
            at = _PLAIN[quote].match(text, at).end()  # type: ignore[union-attr] # matches anything
            following = text[at : at + 1]
            if not following or (following == "\n" and len(quote) == 1):
                raise Stop(at)
            if following == "\\":
                at = self.escape(at, is_raw)
            elif following == quote[0] and text.startswith(quote, at):
                if is_spec:
                    raise Stop(at)
                if at > start:
                    parts.append(Text(start, at))
                return tuple(parts), at + len(quote)
            elif following in "{}" and not is_spec and text.startswith(following * 2, at):
                at += 2
            elif following == "}":
                if not is_spec:
                    raise Stop(at)
                if at > start:
                    parts.append(Text(start, at))
                return tuple(parts), at
            elif following == "{":
                if at > start:
                    parts.append(Text(start, at))
                parts.append(self.field(at, quote, is_raw, depth))
                start = at = parts[-1].end
            else:
                at += 1

    def escape(self, at: int, is_raw: bool) -> int:
        """Return the offset behind an escape: a backslash before a brace stands for itself."""
        if not is_raw and (name := _CHARACTER_NAME.match(self.text, at)) is not None:
            return name.end()
        return at + 1 if self.text[at + 1 : at + 2] in ("{", "}") else at + 2

    def field(self, start: int, quote: str, is_raw: bool, depth: int) -> Field:
        text = self.text
        tokens: list[Token] = []
        expression_end = at = self.read(start + 1, tokens, depth=depth)
        debug, conversion, spec_start = 0, "", 0
        spec: tuple[Text | Field, ...] | None = None
        if text[at] == "=":
            debug = at = _SPACE.match(text, at + 1).end()  # type: ignore[union-attr] # matches anything
        if (found := _CONVERSION.match(text, at)) is not None:
            conversion, at = found.group(1), found.end()
        if text.startswith(":", at):
            spec_start = at
            spec, at = self.parts(at + 1, quote, is_raw, depth + 1, is_spec=True)
        if not text.startswith("}", at):
            raise Stop(at)
        return Field(start, at + 1, tuple(tokens), expression_end, debug, conversion, spec_start, spec)


_ENDS_EXPRESSION = frozenset({":", ":=", "!", "="})
