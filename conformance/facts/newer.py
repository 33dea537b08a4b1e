"""Newer syntax than the interpreter's, read by the interpreter's own parser.

A file that `ast.parse` refuses is rewritten into what every Python from 3.11 on accepts, and parsed again. No line
moves, and no column of what stays: what has no older spelling gives way to blanks, or to an empty `{}` of the same
extent, the place of which in the tree is then filled.

    type X[T] = list[T]                 X: TypeAlias = list[T]       3.12
    def f[T: int](x): …  class A[T]: …  def f(x): …  class A: …      3.12, 3.13 with defaults
    f"{d["key"]}"                       the tree that 3.12 makes     3.12
    t"{x}"                              as f"{x}"                    3.14
    except A, B:                        except (A, B):               3.14
    [*xs for xs in rows]                [xs for xs in rows]          3.15
    lazy import a                       import a                     3.15

LibCST's parser would read all of this too, but it ends the process on a file with some thousand brackets in each other,
and takes exponential time for two dozen of them in a `case`; that is no parser for other people's files.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from keyword import iskeyword
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from conformance.facts.tokens import Field, Text, Token, read_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["made_plain", "parse_newer"]

_ESCAPE = re.compile(r"\\(?:[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^{}]*\}|.)", re.DOTALL)
_SPELLED_NEWER = re.compile(r"\btype[ \t\f\\]|\b(?:def|class)[ \t\f\\]+\w+[ \t\f\\]*\[|[tT][rR]?[\"']")
_PLACED = (ast.expr, ast.stmt, ast.excepthandler, ast.arg, ast.keyword, ast.alias, ast.pattern)

_Placed: TypeAlias = ast.expr | ast.stmt | ast.excepthandler | ast.arg | ast.keyword | ast.alias | ast.pattern
_E = TypeVar("_E", bound=ast.expr)


def parse_newer(text: str) -> ast.Module | None:
    """Return the tree of a text by way of older syntax, or None where there is nothing to rewrite.

    Raises:
        SyntaxError: there is, and something else is wrong.
    """
    tokens, stop = read_tokens(text)
    source = _Source(text)
    region = source.rewritten(tokens, 0, len(text))
    if not region.edits:
        return None
    if stop is not None:
        raise source.error(stop.message, stop.offset)
    tree = ast.parse(region.text)
    source.settle(tree, region)
    return tree


def made_plain(tree: ast.Module, text: str) -> ast.Module:
    """Give the tree that a newer interpreter made of newer syntax the form that `parse_newer` gives it."""
    if not _HAS_NEWER_NODES or _SPELLED_NEWER.search(text) is None:
        return tree
    for parent in _walk(tree):
        if getattr(parent, "type_params", None):
            parent.type_params = []  # type: ignore[attr-defined]
        for name, value in ast.iter_fields(parent):
            if isinstance(value, list):
                value[:] = [_plain(item) for item in value]
            elif isinstance(value, ast.AST):
                setattr(parent, name, _plain(value))
    return tree


_HAS_NEWER_NODES = hasattr(ast, "TypeAlias")


def _plain(node: ast.AST) -> ast.AST:
    match type(node).__name__:
        case "TypeAlias":
            return _alias(node, node.name, node.value)  # type: ignore[attr-defined]
        case "TemplateStr":
            return ast.copy_location(ast.JoinedStr(values=node.values), node)  # type: ignore[attr-defined]
        case "Interpolation":
            plain = ast.FormattedValue(value=node.value, conversion=node.conversion, format_spec=node.format_spec)  # type: ignore[attr-defined]
            return ast.copy_location(plain, node)
    return node


def _alias(statement: ast.AST, name: ast.Name, value: ast.expr) -> ast.AnnAssign:
    """Return `name: TypeAlias = value` in the place of `type name = value`."""
    at = ast.copy_location(ast.Name(id="TypeAlias", ctx=ast.Load()), statement)
    at.end_lineno, at.end_col_offset = at.lineno, at.col_offset + len("type")
    return ast.copy_location(ast.AnnAssign(target=name, annotation=at, value=value, simple=1), statement)


def _walk(root: ast.AST) -> Iterator[ast.AST]:
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(ast.iter_child_nodes(node))


@dataclass(frozen=True, slots=True)
class _Hole:
    """What stands as `{}` in the rewritten text: adjacent strings, or the exceptions of an `except`."""

    kind: Literal["strings", "exceptions"]
    tokens: tuple[Token, ...]

    @property
    def start(self) -> int:
        return self.tokens[0].start

    @property
    def end(self) -> int:
        return self.tokens[-1].end


@dataclass(slots=True)
class _Region:
    """A part of the text as it is given to `ast.parse`."""

    text: str = ""
    holes: list[_Hole] = field(default_factory=list)
    aliases: list[int] = field(default_factory=list)
    edits: list[tuple[int, int, str]] = field(default_factory=list)


class _Source:
    """The text of a file, with what is needed to find positions in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self.wide: list[int] = []
        self.extra: list[int] = [0]
        if not text.isascii():
            self.wide = [found.start() for found in re.finditer(r"[^\x00-\x7f]", text)]
            self.extra.extend(accumulate(len(text[at].encode("utf-8", "surrogatepass")) - 1 for at in self.wide))

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and the column, as `ast` counts them: lines from 1, columns from 0 and in bytes."""
        line = bisect_right(self.lines, offset)
        start = self.lines[line - 1]
        if not self.wide:
            return line, offset - start
        extra = self.extra[bisect_right(self.wide, offset - 1)] - self.extra[bisect_right(self.wide, start - 1)]
        return line, offset - start + extra

    def error(self, message: str, offset: int) -> SyntaxError:
        line, column = self.position(offset)
        return SyntaxError(message, (None, line, column + 1, None))

    def placed(self, node: _E, start: int, end: int) -> _E:
        node.lineno, node.col_offset = self.position(start)
        node.end_lineno, node.end_col_offset = self.position(end)
        return node

    # --- text to older text ---

    def rewritten(self, tokens: Sequence[Token], start: int, end: int) -> _Region:
        region = _Region()
        _Rewriting(self.text, [token for token in tokens if token.kind != "comment"], region).run()
        pieces: list[str] = []
        for first, last, replacement in sorted(region.edits):
            pieces += (self.text[start:first], replacement)
            start = last
        pieces.append(self.text[start:end])
        region.text = "".join(pieces)
        return region

    # --- older tree to tree ---

    def settle(self, root: ast.AST, region: _Region, line: int = 1, column: int = 0) -> None:
        """Move the nodes to where they stand in the file, and fill the holes."""
        holes = {self.position(hole.start): hole for hole in region.holes}
        aliases = {self.position(offset) for offset in region.aliases}

        def settled(node: ast.AST) -> ast.AST:
            if isinstance(node, _PLACED):
                _move(node, line - 1, column)
                here = (node.lineno, node.col_offset)
                if holes and type(node) is ast.Dict and not node.keys and here in holes:
                    return self.filled(holes.pop(here))
                if aliases and type(node) is ast.Assign and here in aliases:
                    aliases.remove(here)
                    node = _alias_of(node)
            pending.append(node)
            return node

        pending = [root]
        while pending:
            node = pending.pop()
            for name, value in ast.iter_fields(node):
                if type(value) is list:
                    value[:] = [settled(item) if isinstance(item, ast.AST) else item for item in value]
                elif isinstance(value, ast.AST):
                    setattr(node, name, settled(value))
        for hole in holes.values():
            raise self.error("invalid syntax", hole.start)
        for at in aliases:
            raise SyntaxError("invalid syntax", (None, at[0], at[1] + 1, None))

    def filled(self, hole: _Hole) -> ast.expr:
        match hole.kind:
            case "exceptions":
                return self.expression(hole.tokens, hole.start, hole.end)
            case "strings":
                return self.placed(ast.JoinedStr(values=list(_joined(self.pieces(hole.tokens)))), hole.start, hole.end)

    def expression(self, tokens: Sequence[Token], start: int, end: int) -> ast.expr:
        """Return the tree of an expression within the file, as if it stood in parentheses."""
        match tokens:
            case [Token(kind="name", text=word) as name] if not iskeyword(word) and word.isascii():
                return self.placed(ast.Name(id=word, ctx=ast.Load()), name.start, name.end)
        line, column = self.position(start)
        region = self.rewritten(tokens, start, end)
        try:
            tree: ast.Expression = ast.parse(f"({region.text}\n)", mode="eval")
        except SyntaxError as error:
            error.lineno = min((error.lineno or 1) + line - 1, self.position(end)[0])
            raise
        is_bare = (tree.body.lineno, tree.body.col_offset) == (1, 0)
        self.settle(tree, region, line, column - 1)
        if not is_bare:
            return tree.body
        # The parentheses put around the expression became its own: it is a tuple, or nothing, or misses its own.
        if not isinstance(tree.body, ast.Tuple) or not tree.body.elts:
            raise self.error("an expression is missing", start)
        significant = [token for token in tokens if token.kind != "comment"]
        return self.placed(tree.body, significant[0].start, significant[-1].end)

    def pieces(self, tokens: Sequence[Token]) -> Iterator[ast.expr]:
        for token in tokens:
            if token.kind == "template":
                yield from self.parts(token.parts, is_raw="r" in token.text, is_spec=False)
                continue
            value = ast.literal_eval(self.text[token.start : token.end])
            if not isinstance(value, str):
                raise self.error("cannot mix bytes and nonbytes literals", token.start)
            yield self.placed(ast.Constant(value=value), token.start, token.end)

    def parts(self, parts: Sequence[Text | Field], *, is_raw: bool, is_spec: bool) -> Iterator[ast.expr]:
        for part in parts:
            if isinstance(part, Text):
                shown = self.text[part.start : part.end]
                if not is_spec:
                    shown = shown.replace("{{", "{").replace("}}", "}")
                value = shown if is_raw else _ESCAPE.sub(self.unescaped(part), shown)
                yield self.placed(ast.Constant(value=value), part.start, part.end)
                continue
            if part.debug:
                shown = self.without_comments(part)
                yield self.placed(ast.Constant(value=shown), part.start + 1, part.debug)
            yield self.field(part, is_raw=is_raw)

    def without_comments(self, part: Field) -> str:
        """Return the source of a field with `=`, up to the space behind it."""
        at = part.start + 1
        pieces: list[str] = []
        for token in part.tokens:
            if token.kind == "comment":
                pieces.append(self.text[at : token.start])
                at = token.end
        pieces += (self.text[at : part.expression_end], re.sub("#.*", "", self.text[part.expression_end : part.debug]))
        return "".join(pieces)

    def unescaped(self, part: Text) -> _Unescape:
        return _Unescape(self, part.start)

    def field(self, part: Field, *, is_raw: bool) -> ast.FormattedValue:
        if part.conversion not in ("", "a", "r", "s"):
            raise self.error(f"invalid conversion character {part.conversion!r}", part.expression_end)
        if part.debug and not part.conversion and part.spec is None:
            conversion = ord("r")
        else:
            conversion = ord(part.conversion) if part.conversion else -1
        value = self.expression(part.tokens, part.start + 1, part.expression_end)
        spec = None
        if part.spec is not None:
            values = list(_joined(self.parts(part.spec, is_raw=is_raw, is_spec=True)))
            spec = self.placed(ast.JoinedStr(values=values), part.spec_start, part.end - 1)
        node = ast.FormattedValue(value=value, conversion=conversion, format_spec=spec)
        return self.placed(node, part.start, part.end)


def _joined(pieces: Iterable[ast.expr]) -> Iterator[ast.expr]:
    """Yield texts, joined where they meet, and fields."""
    text: ast.Constant | None = None
    for piece in pieces:
        if isinstance(piece, ast.Constant):
            if text is None:
                text = piece
            else:
                text.value = str(text.value) + str(piece.value)
                text.end_lineno, text.end_col_offset = piece.end_lineno, piece.end_col_offset
            continue
        if text is not None and text.value:
            yield text
        text = None
        yield piece
    if text is not None and text.value:
        yield text


@dataclass(frozen=True, slots=True)
class _Unescape:
    source: _Source
    start: int

    def __call__(self, found: re.Match[str]) -> str:
        try:
            return str(ast.literal_eval(f'"{found.group()}"'))
        except SyntaxError as error:
            raise self.source.error(error.msg, self.start) from error


def _move(node: _Placed, lines: int, columns: int) -> None:
    """Move a node of an expression that was parsed by itself; the columns of its first line only."""
    end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
    if node.lineno == 1:
        node.col_offset += columns
    node.end_col_offset = end_column + columns if end_line == 1 else end_column
    node.lineno += lines
    node.end_lineno = end_line + lines


def _alias_of(node: ast.Assign) -> ast.AnnAssign:
    match node.targets:
        case [ast.Tuple(elts=[ast.Name(), ast.Name() as name])]:
            return _alias(node, name, node.value)
    raise SyntaxError("invalid syntax", (None, node.lineno, node.col_offset + 1, None))


@dataclass(slots=True)
class _Frame:
    """An open bracket: the star behind it, unless what follows was not a comprehension."""

    star: Token | None


@dataclass(slots=True)
class _Rewriting:
    """One pass over the tokens of a region; comments are not among them."""

    text: str
    tokens: Sequence[Token]
    region: _Region

    def run(self) -> None:
        tokens = self.tokens
        frames: list[_Frame] = []
        is_start = True
        at = 0
        while at < len(tokens):
            token = tokens[at]
            following = tokens[at + 1] if at + 1 < len(tokens) else None
            started, is_start = is_start, False
            at += 1
            match token.kind:
                case "newline":
                    is_start = True
                case "open":
                    star = following if following is not None and following.text in ("*", "**") else None
                    frames.append(_Frame(star))
                case "close":
                    if frames:
                        frames.pop()
                case "operator":
                    is_start = not frames and token.text in (":", ";")
                    if frames and token.text == ",":
                        frames[-1].star = None
                case "string" | "template":
                    at = self.strings(at - 1)
                case "name" if started:
                    at = self.statement(at - 1)
                case "name" if token.text == "for" and frames and frames[-1].star is not None:
                    self.blank(frames[-1].star.start, frames[-1].star.end)
                    frames[-1].star = None

    def statement(self, at: int) -> int:
        """Rewrite the beginning of a statement; return the index of the token to go on with."""
        match [token.text for token in self.tokens[at : at + 3]]:
            case ["type", _, "=" | "["] if self.tokens[at + 1].kind == "name":
                word, named = self.tokens[at], self.tokens[at + 1]
                gap = self.text[word.end : named.start]
                comma = f",{gap}" if gap.startswith("\\") else f",{gap[1:]}"
                self.region.edits.append((word.end, named.start, comma))
                self.region.aliases.append(word.start)
                return self.parameters(at + 2)
            case ["lazy", "import" | "from" as word, _]:
                first, last = self.tokens[at].start, self.tokens[at + 1].end
                gap = self.text[self.tokens[at].end : self.tokens[at + 1].start]
                if "\n" not in gap:
                    self.region.edits.append((first, last, f"{word}{' ' * (last - first - len(word))}"))
                return at + 2
            case ["except", *_]:
                return self.exceptions(at + 1)
            case ["def" | "class", *_]:
                return self.parameters(at + 2)
            case ["async", "def", *_]:
                return self.parameters(at + 3)
        return at + 1

    def parameters(self, at: int) -> int:
        """Blank the type parameters that start at this token, if they do."""
        if at >= len(self.tokens) or self.tokens[at].text != "[":
            return at
        depth = 0
        for index in range(at, len(self.tokens)):
            depth += {"open": 1, "close": -1}.get(self.tokens[index].kind, 0)
            if not depth:
                self.blank(self.tokens[at].start, self.tokens[index].end)
                return index + 1
        return at

    def exceptions(self, at: int) -> int:
        """Make the exceptions after `except` a hole, where there are several without parentheses."""
        first = at + (self.tokens[at : at + 1] != [] and self.tokens[at].text == "*")
        depth = 0
        has_comma = False
        for index in range(first, len(self.tokens)):
            token = self.tokens[index]
            depth += {"open": 1, "close": -1}.get(token.kind, 0)
            if depth or token.kind == "close":
                continue
            if token.kind == "newline" or token.text == "as":
                break
            has_comma = has_comma or token.text == ","
            if token.text == ":":
                if not has_comma:
                    break
                self.hole(_Hole("exceptions", tuple(self.tokens[first:index])))
                return index
        return first

    def strings(self, at: int) -> int:
        """Make adjacent strings a hole, where a template is among them."""
        last = at
        while last < len(self.tokens) and self.tokens[last].kind in ("string", "template"):
            last += 1
        group = tuple(self.tokens[at:last])
        if any(token.parts or "t" in token.text for token in group):
            self.hole(_Hole("strings", group))
        return last

    def hole(self, hole: _Hole) -> None:
        inside = self.blanks(hole.start + 1, hole.end - 1)
        self.region.holes.append(hole)
        self.region.edits.append((hole.start, hole.end, f"{{{inside}}}"))

    def blank(self, start: int, end: int) -> None:
        """Replace by blanks what may stand outside of brackets, so that its lines have to be continued."""
        self.region.edits.append((start, end, self.blanks(start, end).replace("\n", "\\\n")))

    def blanks(self, start: int, end: int) -> str:
        removed = self.text[start:end]
        if removed.isascii():
            return re.sub(r"[^\n]", " ", removed)
        return re.sub(r"[^\n]", lambda found: " " * len(found.group().encode("utf-8", "surrogatepass")), removed)
