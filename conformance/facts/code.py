"""The code of one module as small frozen records.

The records say what Python's own syntax tree says, with fewer shapes: `async with` and `with` are one record, `x = 1`,
`x: int = 1` and `x += 1` are one, string annotations are parsed, and a match statement is a list of cases. They are
plain tuples, so they are cheap to make, cannot be changed, travel between processes, and can be stored as data.

Every record has a `span`: first line, first column, last line, last column; lines and columns count from 1, and the
last column is the one behind the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

Span: TypeAlias = tuple[int, int, int, int]
"""First line, first column, last line, column behind the last character. All count from 1."""


# --- expressions ---------------------------------------------------------------------------------------------------


class Name(NamedTuple):
    """A bare name, read, written or deleted."""

    span: Span
    id: str


class Attribute(NamedTuple):
    """`value.name`."""

    span: Span
    value: Expression
    name: str


class Constant(NamedTuple):
    """A literal: str, bytes, int, float, bool, None; `...` and complex numbers stand as their source text in `other`."""

    span: Span
    value: str | bytes | int | float | bool | None
    other: str = ""


class Keyword(NamedTuple):
    """`name=value` in a call or class header; `name` is None for `**value`."""

    span: Span
    name: str | None
    value: Expression


class Call(NamedTuple):
    """`function(*arguments, **keywords)`; a starred argument stands as `Starred`."""

    span: Span
    function: Expression
    arguments: tuple[Expression, ...]
    keywords: tuple[Keyword, ...]


class Subscript(NamedTuple):
    """`value[key]`."""

    span: Span
    value: Expression
    key: Expression


class Conditional(NamedTuple):
    """`body if test else otherwise`."""

    span: Span
    test: Expression
    body: Expression
    otherwise: Expression


class BooleanOperation(NamedTuple):
    """`a or b or c`, `a and b`."""

    span: Span
    operator: Literal["and", "or"]
    values: tuple[Expression, ...]


class Comparison(NamedTuple):
    """`left < a <= b`; the operators as they are written: `is`, `is not`, `not in`, `==`, …."""

    span: Span
    left: Expression
    operators: tuple[str, ...]
    others: tuple[Expression, ...]


class UnaryOperation(NamedTuple):
    """`not x`, `-x`."""

    span: Span
    operator: str
    operand: Expression


class BinaryOperation(NamedTuple):
    """`left + right`."""

    span: Span
    left: Expression
    operator: str
    right: Expression


class Await(NamedTuple):
    """`await value`."""

    span: Span
    value: Expression


class Yield(NamedTuple):
    """`yield value`; `value` is None where `yield` stands alone."""

    span: Span
    value: Expression | None


class YieldFrom(NamedTuple):
    """`yield from value`."""

    span: Span
    value: Expression


class Lambda(NamedTuple):
    """`lambda parameters: body`."""

    span: Span
    parameters: tuple[Parameter, ...]
    body: Expression


class Sequence(NamedTuple):
    """A list, tuple or set display."""

    span: Span
    kind: Literal["list", "tuple", "set"]
    elements: tuple[Expression, ...]


class Mapping(NamedTuple):
    """A dict display; the key is None for `**value`."""

    span: Span
    keys: tuple[Expression | None, ...]
    values: tuple[Expression, ...]


class Generator(NamedTuple):
    """One `for target in source if condition` of a comprehension."""

    span: Span
    target: Expression
    source: Expression
    conditions: tuple[Expression, ...]


class Comprehension(NamedTuple):
    """A list, set, dict or generator comprehension; `key` is None but for a dict's."""

    span: Span
    kind: Literal["list", "set", "dict", "generator"]
    key: Expression | None
    element: Expression
    generators: tuple[Generator, ...]


class Format(NamedTuple):
    """An f-string or t-string: its parts, constants and expressions."""

    span: Span
    parts: tuple[Expression, ...]


class NamedExpression(NamedTuple):
    """`(target := value)`."""

    span: Span
    target: Name
    value: Expression


class Starred(NamedTuple):
    """`*value`."""

    span: Span
    value: Expression


class Slice(NamedTuple):
    """`lower:upper:step`."""

    span: Span
    lower: Expression | None
    upper: Expression | None
    step: Expression | None


Expression: TypeAlias = (
    Name
    | Attribute
    | Constant
    | Call
    | Subscript
    | Conditional
    | BooleanOperation
    | Comparison
    | UnaryOperation
    | BinaryOperation
    | Await
    | Yield
    | YieldFrom
    | Lambda
    | Sequence
    | Mapping
    | Comprehension
    | Format
    | NamedExpression
    | Starred
    | Slice
)


# --- statements ----------------------------------------------------------------------------------------------------


class Assign(NamedTuple):
    """`target = value`, `target: annotation = value`, `target += value`, `type target = value`.

    `operator` is "" for a plain assignment, "+=" and the like for an augmented one, "type" for a `type` statement.
    """

    span: Span
    targets: tuple[Expression, ...]
    value: Expression | None
    annotation: Expression | None
    operator: str


class Delete(NamedTuple):
    """`del a, b`."""

    span: Span
    targets: tuple[Expression, ...]


class Evaluate(NamedTuple):
    """An expression that stands as a statement."""

    span: Span
    value: Expression


class Return(NamedTuple):
    """`return value`."""

    span: Span
    value: Expression | None


class Raise(NamedTuple):
    """`raise exception from cause`."""

    span: Span
    exception: Expression | None
    cause: Expression | None


class Assert(NamedTuple):
    """`assert test, message`."""

    span: Span
    test: Expression
    message: Expression | None


class If(NamedTuple):
    """`if test: body else: otherwise`; an `elif` is an `If` alone in `otherwise`."""

    span: Span
    test: Expression
    body: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


class While(NamedTuple):
    """`while test: body else: otherwise`."""

    span: Span
    test: Expression
    body: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


class For(NamedTuple):
    """`for target in source: body else: otherwise`, `async for` too."""

    span: Span
    target: Expression
    source: Expression
    body: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


class WithItem(NamedTuple):
    """`manager as target` of a with statement."""

    span: Span
    manager: Expression
    target: Expression | None


class With(NamedTuple):
    """`with a as x, b: body`, `async with` too."""

    span: Span
    items: tuple[WithItem, ...]
    body: tuple[Statement, ...]


class Handler(NamedTuple):
    """`except exception as name: body`; `exception` is None for a bare `except:`."""

    span: Span
    exception: Expression | None
    name: str | None
    body: tuple[Statement, ...]


class Try(NamedTuple):
    """`try: body except …: else: otherwise finally: last`, `except*` too."""

    span: Span
    body: tuple[Statement, ...]
    handlers: tuple[Handler, ...]
    otherwise: tuple[Statement, ...]
    last: tuple[Statement, ...]


class Case(NamedTuple):
    """One `case` of a match statement.

    `pattern` is an expression where the pattern is a value (`case None`, `case Color.RED`) and None where it is a
    structure; `names` are those that the pattern binds; `classes` the classes that it names.
    """

    span: Span
    pattern: Expression | None
    names: tuple[str, ...]
    classes: tuple[Expression, ...]
    guard: Expression | None
    body: tuple[Statement, ...]


class Match(NamedTuple):
    """`match subject: …`."""

    span: Span
    subject: Expression
    cases: tuple[Case, ...]


class ImportedName(NamedTuple):
    """`name as alias`; `alias` is "" where there is none."""

    span: Span
    name: str
    alias: str


class Import(NamedTuple):
    """`import a.b as c, d`."""

    span: Span
    names: tuple[ImportedName, ...]


class ImportFrom(NamedTuple):
    """`from ..module import a as b, c`; `level` counts the dots, the name `*` is a star import."""

    span: Span
    module: str
    names: tuple[ImportedName, ...]
    level: int


class Scope(NamedTuple):
    """`global a, b` or `nonlocal a, b`."""

    span: Span
    kind: Literal["global", "nonlocal"]
    names: tuple[str, ...]


class Jump(NamedTuple):
    """`pass`, `break` or `continue`."""

    span: Span
    kind: Literal["pass", "break", "continue"]


class Parameter(NamedTuple):
    """A parameter of a function; its span is that of its name and annotation (without `*` and without the default)."""

    span: Span
    name: str
    annotation: Expression | None
    default: Expression | None
    kind: Literal["positional-only", "plain", "keyword-only", "arguments", "keywords"]


class Function(NamedTuple):
    """`def name(parameters) -> returns: body`, `async def` too; its span starts at the `def` and ends with the body.

    `header` is the span of `def name`'s line: what a finding about the function points at.
    """

    span: Span
    name: str
    parameters: tuple[Parameter, ...]
    returns: Expression | None
    decorators: tuple[Expression, ...]
    body: tuple[Statement, ...]
    is_async: bool
    is_generator: bool
    docstring: str


class Class(NamedTuple):
    """`class name(bases, keywords): body`; its span starts at the `class`."""

    span: Span
    name: str
    bases: tuple[Expression, ...]
    keywords: tuple[Keyword, ...]
    decorators: tuple[Expression, ...]
    body: tuple[Statement, ...]
    docstring: str


Statement: TypeAlias = (
    Assign
    | Delete
    | Evaluate
    | Return
    | Raise
    | Assert
    | If
    | While
    | For
    | With
    | Try
    | Match
    | Import
    | ImportFrom
    | Scope
    | Jump
    | Function
    | Class
)

Node: TypeAlias = Expression | Statement | Keyword | Generator | WithItem | Handler | Case | ImportedName | Parameter


class Comment(NamedTuple):
    """A suppression comment: `# conformance: ignore[DI103] -- why`.

    `names` are the rules that it names (empty: all of them); `reason` is "" where none is given; `line` is the line
    that the comment stands on, `alone` says that nothing else stands there, so that it speaks of the next statement.
    Where `problem` is not "", the comment was meant as one but cannot be read: it suppresses nothing, and its only name
    is what it says.
    """

    span: Span
    names: tuple[str, ...]
    reason: str
    alone: bool
    problem: str = ""


class ModuleCode(NamedTuple):
    """All that is known of one file: what `extract` returns."""

    body: tuple[Statement, ...]
    docstring: str
    comments: tuple[Comment, ...]
    lines: int


_CHILDLESS = (Name, Constant, Import, ImportFrom, Scope, Jump)


def children(node: Node) -> Iterator[Node]:
    """Yield the records directly below `node`, in the order of the source (decorators before the name)."""
    if isinstance(node, _CHILDLESS):
        return
    for field in node[1:]:
        if type(field) is tuple:
            for item in field:
                if type(item) is not str and item is not None:
                    yield item  # type: ignore[misc]
        elif isinstance(field, tuple):
            yield field  # type: ignore[misc]


def walk(*nodes: Node) -> Iterator[Node]:
    """Yield the nodes and everything below them, in the order of the source, nested functions and classes included."""
    pending = list(reversed(nodes))
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(tuple(children(node))))


def walk_scope(*nodes: Node) -> Iterator[Node]:
    """As `walk`, but a nested function, lambda or class is yielded and its body is not entered.

    What such a definition evaluates where it stands (decorators, defaults, annotations of parameters, base classes)
    belongs to the outer scope and is walked.
    """
    pending = list(reversed(nodes))
    while pending:
        node = pending.pop()
        yield node
        match node:
            case Function(parameters=parameters, decorators=decorators):
                outer: tuple[Node, ...] = (*decorators, *(p.default for p in parameters if p.default is not None))
            case Lambda(parameters=parameters):
                outer = tuple(p.default for p in parameters if p.default is not None)
            case Class(bases=bases, keywords=keywords, decorators=decorators):
                outer = (*decorators, *bases, *keywords)
            case _:
                outer = tuple(children(node))
        pending.extend(reversed(outer))


def dotted(expression: Expression) -> str:
    """Return `a.b.c` for a chain of names, and "" for anything else."""
    parts: list[str] = []
    while isinstance(expression, Attribute):
        parts.append(expression.name)
        expression = expression.value
    if not isinstance(expression, Name):
        return ""
    parts.append(expression.id)
    return ".".join(reversed(parts))
