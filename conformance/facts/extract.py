"""From the bytes of one file to its code: one parse, one walk, and nothing but the bytes counts."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeAlias

from conformance.errors import UnreadableModule
from conformance.facts import code
from conformance.facts.comments import read_comments
from conformance.facts.parse import parse
from conformance.recursion import calls_up_to

DEEPEST = 20_000
"""How deep an expression may be nested; CPython's own compiler gives up long before."""

_CONTINUATION = re.compile(rb"[\x80-\xbf]")
_Path: TypeAlias = tuple[tuple[Literal["at", "under", "of"], int | str], ...]

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.MatMult: "@", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>",
    ast.Not: "not", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~",
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip


def extract(source: bytes, path: str) -> code.ModuleCode:
    """Return the code of a file.

    Args:
        source: the bytes of the file.
        path: the name that an error carries.

    Raises:
        UnreadableModule: where neither the running interpreter can read the file nor a newer one could.
    """
    parsed = parse(source, path)
    converter = _Converter(parsed.text)
    try:
        with calls_up_to(DEEPEST):
            body = converter.block(parsed.tree.body)
    except RecursionError as error:
        raise UnreadableModule(path, 1, "the code is nested too deeply to be read") from error
    return code.ModuleCode(body, read_comments(parsed.text), parsed.text.count("\n") + 1)


class _Converter:
    """Turns syntax trees into records. The text is kept to turn UTF-8 columns into characters."""

    def __init__(self, text: str) -> None:
        self._wide = {} if text.isascii() else _wide_lines(text)
        self._within: code.Span | None = None
        self._yields = False
        self._typing = {name: name for name in ("Annotated", "Optional", "Union", "Literal", "TypeAlias")}
        self._expressions: dict[type[ast.expr], Callable[[Any, code.Span], code.Expression]] = {
            ast.Name: lambda n, s: code.Name(s, n.id),
            ast.Attribute: lambda n, s: code.Attribute(s, self.expression(n.value), n.attr),
            ast.Constant: _constant,
            ast.Call: self._call,
            ast.Subscript: self._subscript,
            ast.IfExp: lambda n, s: code.Conditional(
                s, self.expression(n.test), self.expression(n.body), self.expression(n.orelse)
            ),
            ast.BoolOp: lambda n, s: code.BooleanOperation(
                s, "and" if type(n.op) is ast.And else "or", self.expressions(n.values)
            ),
            ast.Compare: lambda n, s: code.Comparison(
                s, self.expression(n.left), tuple(_OPERATORS[type(o)] for o in n.ops), self.expressions(n.comparators)
            ),
            ast.UnaryOp: lambda n, s: code.UnaryOperation(s, _OPERATORS[type(n.op)], self.expression(n.operand)),
            ast.BinOp: lambda n, s: code.BinaryOperation(
                s, self.expression(n.left), _OPERATORS[type(n.op)], self.expression(n.right)
            ),
            ast.Await: lambda n, s: code.Await(s, self.expression(n.value)),
            ast.Yield: self._yield,
            ast.YieldFrom: self._yield,
            ast.Lambda: lambda n, s: code.Lambda(s, self._parameters(n.args), self.expression(n.body)),
            ast.List: lambda n, s: code.Sequence(s, "list", self.expressions(n.elts)),
            ast.Tuple: lambda n, s: code.Sequence(s, "tuple", self.expressions(n.elts)),
            ast.Set: lambda n, s: code.Sequence(s, "set", self.expressions(n.elts)),
            ast.Dict: lambda n, s: code.Mapping(s, tuple(map(self.optional, n.keys)), self.expressions(n.values)),
            ast.ListComp: lambda n, s: self._comprehension(n, s, "list"),
            ast.SetComp: lambda n, s: self._comprehension(n, s, "set"),
            ast.GeneratorExp: lambda n, s: self._comprehension(n, s, "generator"),
            ast.DictComp: lambda n, s: code.Comprehension(
                s, "dict", self.expression(n.key), self.expression(n.value), self._generators(n.generators)
            ),
            ast.JoinedStr: lambda n, s: code.Format(s, self.expressions(n.values)),
            ast.FormattedValue: self._formatted,
            ast.NamedExpr: lambda n, s: code.NamedExpression(
                s, code.Name(self.span(n.target), n.target.id), self.expression(n.value)
            ),
            ast.Starred: lambda n, s: code.Starred(s, self.expression(n.value)),
            ast.Slice: lambda n, s: code.Slice(
                s, self.optional(n.lower), self.optional(n.upper), self.optional(n.step)
            ),
        }
        self._statements: dict[type[ast.stmt], Callable[[Any, code.Span], code.Statement]] = {
            ast.Assign: self._assign,
            ast.AnnAssign: self._annotated_assign,
            ast.AugAssign: lambda n, s: code.Assign(
                s, (self.expression(n.target),), self.expression(n.value), None, _OPERATORS[type(n.op)] + "="
            ),
            ast.Delete: lambda n, s: code.Delete(s, self.expressions(n.targets)),
            ast.Expr: lambda n, s: code.Evaluate(s, self.expression(n.value)),
            ast.Return: lambda n, s: code.Return(s, self.optional(n.value)),
            ast.Raise: lambda n, s: code.Raise(s, self.optional(n.exc), self.optional(n.cause)),
            ast.Assert: lambda n, s: code.Assert(s, self.expression(n.test), self.optional(n.msg)),
            ast.If: lambda n, s: code.If(s, self.expression(n.test), self.block(n.body), self.block(n.orelse)),
            ast.While: lambda n, s: code.While(s, self.expression(n.test), self.block(n.body), self.block(n.orelse)),
            ast.For: self._for,
            ast.AsyncFor: self._for,
            ast.With: self._with,
            ast.AsyncWith: self._with,
            ast.Try: self._try,
            ast.TryStar: self._try,
            ast.Match: self._match,
            ast.Import: lambda n, s: code.Import(s, self._imported(n.names)),
            ast.ImportFrom: self._import_from,
            ast.Global: lambda n, s: code.Scope(s, "global", tuple(n.names)),
            ast.Nonlocal: lambda n, s: code.Scope(s, "nonlocal", tuple(n.names)),
            ast.Pass: lambda _n, s: code.Jump(s, "pass"),
            ast.Break: lambda _n, s: code.Jump(s, "break"),
            ast.Continue: lambda _n, s: code.Jump(s, "continue"),
            ast.FunctionDef: self._function,
            ast.AsyncFunctionDef: self._function,
            ast.ClassDef: self._class,
        }

    def span(self, node: Any) -> code.Span:  # noqa: ANN401  every node with a position has these four
        if self._within is not None:
            return self._within
        last, end = node.end_lineno, node.end_col_offset
        if self._wide:
            return (node.lineno, self._column(node.lineno, node.col_offset), last, self._column(last, end))
        return (node.lineno, node.col_offset + 1, last, end + 1)

    def _column(self, line: int, offset: int) -> int:
        wide = self._wide.get(line)
        return (offset if wide is None else offset - bisect_left(wide, offset)) + 1

    def expression(self, node: ast.expr) -> code.Expression:
        return self._expressions[type(node)](node, self.span(node))

    def optional(self, node: ast.expr | None) -> code.Expression | None:
        return None if node is None else self.expression(node)

    def expressions(self, nodes: list[ast.expr]) -> tuple[code.Expression, ...]:
        return tuple([self.expression(node) for node in nodes])

    def block(self, body: list[ast.stmt]) -> tuple[code.Statement, ...]:
        return tuple([self._statements[type(node)](node, self.span(node)) for node in body])

    # --- annotations: strings in them are code --------------------------------------------------------------------

    def annotation(self, node: ast.expr | None) -> code.Expression:
        """Convert an annotation; what stands in it as a string is parsed."""
        match node:
            case ast.Constant(value=str(text)):
                return self._string_annotation(node, text)
            case ast.Subscript(value=value, slice=key):
                return code.Subscript(self.span(node), self.expression(value), self._type_arguments(value, key))
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return code.BinaryOperation(self.span(node), self.annotation(left), "|", self.annotation(right))
            case ast.List(elts=elements):
                return code.Sequence(self.span(node), "list", tuple(map(self.annotation, elements)))
            case None:
                raise AssertionError
        return self.expression(node)

    def _string_annotation(self, node: ast.Constant, text: str) -> code.Expression:
        span = self.span(node)
        try:
            tree = ast.parse(text.strip(), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return code.Constant(span, text)
        outer, self._within = self._within, span
        try:
            return self.annotation(tree.body)
        finally:
            self._within = outer

    def _type_arguments(self, value: ast.expr, key: ast.expr) -> code.Expression:
        name = self._typing.get(_last_name(value))
        if name == "Literal":
            return self.expression(key)
        match key:
            case ast.Tuple(elts=[first, *metadata]) if name == "Annotated":
                return code.Sequence(self.span(key), "tuple", (self.annotation(first), *map(self.expression, metadata)))
            case ast.Tuple(elts=elements):
                return code.Sequence(self.span(key), "tuple", tuple(map(self.annotation, elements)))
        return self.annotation(key)

    # --- expressions of more than one line -------------------------------------------------------------------------

    def _call(self, node: ast.Call, span: code.Span) -> code.Expression:
        arguments = self.expressions(node.args)
        if len(arguments) == 2 and _last_name(node.func) == "cast":
            arguments = (self.annotation(node.args[0]), arguments[1])
        return code.Call(span, self.expression(node.func), arguments, self._keywords(node.keywords))

    def _keywords(self, nodes: list[ast.keyword]) -> tuple[code.Keyword, ...]:
        return tuple([code.Keyword(self.span(k), k.arg, self.expression(k.value)) for k in nodes])

    def _subscript(self, node: ast.Subscript, span: code.Span) -> code.Expression:
        if self._typing.get(_last_name(node.value)) in {"Annotated", "Optional", "Union"}:
            return self.annotation(node)
        return code.Subscript(span, self.expression(node.value), self.expression(node.slice))

    def _yield(self, node: ast.Yield | ast.YieldFrom, span: code.Span) -> code.Expression:
        self._yields = True
        if isinstance(node, ast.YieldFrom):
            return code.YieldFrom(span, self.expression(node.value))
        return code.Yield(span, self.optional(node.value))

    def _comprehension(self, node: Any, span: code.Span, kind: Any) -> code.Expression:  # noqa: ANN401
        return code.Comprehension(span, kind, None, self.expression(node.elt), self._generators(node.generators))

    def _generators(self, nodes: list[ast.comprehension]) -> tuple[code.Generator, ...]:
        return tuple(
            code.Generator(
                self.span(n.target), self.expression(n.target), self.expression(n.iter), self.expressions(n.ifs)
            )
            for n in nodes
        )

    def _formatted(self, node: Any, span: code.Span) -> code.Expression:  # noqa: ANN401
        value = self.expression(node.value)
        if node.format_spec is None:
            return value
        return code.Format(span, (value, self.expression(node.format_spec)))

    # --- statements of more than one line --------------------------------------------------------------------------

    def _import_from(self, node: ast.ImportFrom, span: code.Span) -> code.Statement:
        for name in node.names:
            self._call_typing(name.asname, name.name)
        return code.ImportFrom(span, node.module or "", self._imported(node.names), node.level)

    def _assign(self, node: ast.Assign, span: code.Span) -> code.Statement:
        if isinstance(node.value, (ast.Name, ast.Attribute)):
            for target in node.targets:
                self._call_typing(_last_name(target), _last_name(node.value))
        return code.Assign(span, self.expressions(node.targets), self.expression(node.value), None, "")

    def _call_typing(self, name: str | None, meaning: str) -> None:
        """Remember another name of what decides whether a string is code: `from typing import Annotated as A`."""
        if name and meaning in self._typing:
            self._typing[name] = self._typing[meaning]

    def _annotated_assign(self, node: ast.AnnAssign, span: code.Span) -> code.Statement:
        alias = self._typing.get(_last_name(node.annotation)) == "TypeAlias"
        value = node.value if node.value is None else (self.annotation if alias else self.expression)(node.value)
        return code.Assign(span, (self.expression(node.target),), value, self.annotation(node.annotation), "")

    def _for(self, node: ast.For | ast.AsyncFor, span: code.Span) -> code.Statement:
        return code.For(
            span,
            self.expression(node.target),
            self.expression(node.iter),
            self.block(node.body),
            self.block(node.orelse),
        )

    def _with(self, node: ast.With | ast.AsyncWith, span: code.Span) -> code.Statement:
        items = tuple(
            code.WithItem(self.span(i.context_expr), self.expression(i.context_expr), self.optional(i.optional_vars))
            for i in node.items
        )
        return code.With(span, items, self.block(node.body))

    def _try(self, node: ast.Try | ast.TryStar, span: code.Span) -> code.Statement:
        handlers = tuple(
            code.Handler(self.span(h), self.optional(h.type), h.name, self.block(h.body)) for h in node.handlers
        )
        return code.Try(span, self.block(node.body), handlers, self.block(node.orelse), self.block(node.finalbody))

    def _match(self, node: ast.Match, span: code.Span) -> code.Statement:
        return code.Match(span, self.expression(node.subject), tuple(map(self._case, node.cases)))

    def _case(self, node: ast.match_case) -> code.Case:
        span = self.span(node.pattern)
        pattern: code.Expression | None = None
        match node.pattern:
            case ast.MatchValue(value=value):
                pattern = self.expression(value)
            case ast.MatchSingleton(value=value):
                pattern = code.Constant(span, value)
        classes = tuple(
            self.expression(part.cls) for part in ast.walk(node.pattern) if isinstance(part, ast.MatchClass)
        )
        captures = tuple(_captures(node.pattern))
        return code.Case(span, pattern, captures, classes, self.optional(node.guard), self.block(node.body))

    def _imported(self, names: list[ast.alias]) -> tuple[code.ImportedName, ...]:
        return tuple(code.ImportedName(self.span(n), n.name, n.asname or "") for n in names)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, span: code.Span) -> code.Statement:
        outer, self._yields = self._yields, False
        body = self.block(node.body)
        is_generator, self._yields = self._yields, outer
        return code.Function(
            span,
            node.name,
            self._parameters(node.args),
            None if node.returns is None else self.annotation(node.returns),
            self.expressions(node.decorator_list),
            body,
            isinstance(node, ast.AsyncFunctionDef),
            is_generator,
        )

    def _class(self, node: ast.ClassDef, span: code.Span) -> code.Statement:
        return code.Class(
            span,
            node.name,
            self.expressions(node.bases),
            self._keywords(node.keywords),
            self.expressions(node.decorator_list),
            self.block(node.body),
        )

    def _parameters(self, arguments: ast.arguments) -> tuple[code.Parameter, ...]:
        plain = [*arguments.posonlyargs, *arguments.args]
        defaults: list[ast.expr | None] = [*[None] * (len(plain) - len(arguments.defaults)), *arguments.defaults]
        found = [
            self._parameter(a, default, "positional-only" if i < len(arguments.posonlyargs) else "plain")
            for i, (a, default) in enumerate(zip(plain, defaults, strict=True))
        ]
        if arguments.vararg is not None:
            found.append(self._parameter(arguments.vararg, None, "arguments"))
        for a, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            found.append(self._parameter(a, default, "keyword-only"))
        if arguments.kwarg is not None:
            found.append(self._parameter(arguments.kwarg, None, "keywords"))
        return tuple(found)

    def _parameter(self, node: ast.arg, default: ast.expr | None, kind: Any) -> code.Parameter:  # noqa: ANN401
        annotation = None if node.annotation is None else self.annotation(node.annotation)
        return code.Parameter(self.span(node), node.arg, annotation, self.optional(default), kind)


def _constant(node: ast.Constant, span: code.Span) -> code.Expression:
    value = node.value
    if isinstance(value, complex):
        return code.Constant(span, None, repr(value))
    if value is ...:
        return code.Constant(span, None, "...")
    return code.Constant(span, value)


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Constant(value=str(text)):
            return text.rpartition(".")[2]
    return ""


def _wide_lines(text: str) -> dict[int, list[int]]:
    """Return the lines that hold more than ASCII, by number: the positions of the bytes that begin no character."""
    return {
        number: [match.start() for match in _CONTINUATION.finditer(line.encode(errors="surrogatepass"))]
        for number, line in enumerate(text.split("\n"), 1)
        if not line.isascii()
    }


def _captures(pattern: ast.pattern) -> Iterator[code.Capture]:
    """Yield the names that a pattern binds, in the order in which they are met level by level."""
    pending: deque[tuple[ast.pattern, _Path | None]] = deque([(pattern, ())])
    while pending:
        part, path = pending.popleft()
        match part:
            case ast.MatchAs(pattern=inner, name=name):
                if name is not None:
                    yield code.Capture(name, path)
                if inner is not None:
                    pending.append((inner, path))
            case ast.MatchOr(patterns=patterns):
                pending += ((each, path) for each in patterns)
            case ast.MatchStar(name=str(name)):
                yield code.Capture(name, None)
            case ast.MatchSequence(patterns=patterns):
                known = path
                for position, each in enumerate(patterns):
                    known = None if isinstance(each, ast.MatchStar) else known
                    pending.append((each, None if known is None else (*known, ("at", position))))
            case ast.MatchMapping(keys=keys, patterns=patterns, rest=rest):
                for key, each in zip(keys, patterns, strict=True):
                    match path, key:
                        case tuple(), ast.Constant(value=str(text)):
                            pending.append((each, (*path, ("under", text))))
                        case _:
                            pending.append((each, None))
                if rest is not None:
                    yield code.Capture(rest, None)
            case ast.MatchClass(patterns=patterns, kwd_attrs=attributes, kwd_patterns=named):
                pending += ((each, None) for each in patterns)
                for attribute, each in zip(attributes, named, strict=True):
                    pending.append((each, None if path is None else (*path, ("of", attribute))))
