"""The code of one module as small frozen records.

The records say what Python's own syntax tree says, with fewer shapes: `async with` and `with` are one record, `x = 1`,
`x: int = 1` and `x += 1` are one, string annotations are parsed, and a match statement is a list of cases. They are
slotted, compared by identity, and never changed.

Every record has a `span`: first line, first column, last line, last column; lines and columns count from 1, and the
last column is the one behind the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar, dataclass_transform

Span: TypeAlias = tuple[int, int, int, int]
"""First line, first column, last line, column behind the last character. All count from 1."""


Record = TypeVar("Record")


@dataclass_transform(frozen_default=True, eq_default=False)
def _record(cls: type[Record]) -> type[Record]:
    """Make a class a record: slotted, compared by identity, and frozen for the type checker, which costs no time."""
    return dataclass(slots=True, eq=False)(cls)


# --- expressions ---------------------------------------------------------------------------------------------------


@_record
class Name:
    """A bare name, read, written or deleted."""

    span: Span
    id: str


@_record
class Attribute:
    """`value.name`."""

    span: Span
    value: Expression
    name: str


@_record
class Constant:
    """A literal: str, bytes, int, float, bool, None; `...` and complex numbers stand as source text in `other`."""

    span: Span
    value: str | bytes | int | float | bool | None
    other: str = ""


@_record
class Keyword:
    """`name=value` in a call or class header; `name` is None for `**value`."""

    span: Span
    name: str | None
    value: Expression


@_record
class Call:
    """`function(*arguments, **keywords)`; a starred argument stands as `Starred`."""

    span: Span
    function: Expression
    arguments: tuple[Expression, ...]
    keywords: tuple[Keyword, ...]


@_record
class Subscript:
    """`value[key]`."""

    span: Span
    value: Expression
    key: Expression


@_record
class Conditional:
    """`body if test else otherwise`."""

    span: Span
    test: Expression
    body: Expression
    otherwise: Expression


@_record
class BooleanOperation:
    """`a or b or c`, `a and b`."""

    span: Span
    operator: Literal["and", "or"]
    values: tuple[Expression, ...]


@_record
class Comparison:
    """`left < a <= b`; the operators as they are written: `is`, `is not`, `not in`, `==`, …."""

    span: Span
    left: Expression
    operators: tuple[str, ...]
    others: tuple[Expression, ...]


@_record
class UnaryOperation:
    """`not x`, `-x`."""

    span: Span
    operator: str
    operand: Expression


@_record
class BinaryOperation:
    """`left + right`."""

    span: Span
    left: Expression
    operator: str
    right: Expression


@_record
class Await:
    """`await value`."""

    span: Span
    value: Expression


@_record
class Yield:
    """`yield value`; `value` is None where `yield` stands alone."""

    span: Span
    value: Expression | None


@_record
class YieldFrom:
    """`yield from value`."""

    span: Span
    value: Expression


@_record
class Lambda:
    """`lambda parameters: body`."""

    span: Span
    parameters: tuple[Parameter, ...]
    body: Expression


@_record
class Sequence:
    """A list, tuple or set display."""

    span: Span
    kind: Literal["list", "tuple", "set"]
    elements: tuple[Expression, ...]


@_record
class Mapping:
    """A dict display; the key is None for `**value`."""

    span: Span
    keys: tuple[Expression | None, ...]
    values: tuple[Expression, ...]


@_record
class Generator:
    """One `for target in source if condition` of a comprehension."""

    span: Span
    target: Expression
    source: Expression
    conditions: tuple[Expression, ...]


@_record
class Comprehension:
    """A list, set, dict or generator comprehension; `key` is None but for a dict's."""

    span: Span
    kind: Literal["list", "set", "dict", "generator"]
    key: Expression | None
    element: Expression
    generators: tuple[Generator, ...]


@_record
class Format:
    """An f-string or t-string: its parts, constants and expressions."""

    span: Span
    parts: tuple[Expression, ...]


@_record
class NamedExpression:
    """`(target := value)`."""

    span: Span
    target: Name
    value: Expression


@_record
class Starred:
    """`*value`."""

    span: Span
    value: Expression


@_record
class Slice:
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


@_record
class Assign:
    """`target = value`, `target: annotation = value`, `target += value`.

    `operator` is "" for a plain assignment, "+=" and the like for an augmented one. `type target = value` is one whose
    annotation says `TypeAlias`.
    """

    span: Span
    targets: tuple[Expression, ...]
    value: Expression | None
    annotation: Expression | None
    operator: str


@_record
class Delete:
    """`del a, b`."""

    span: Span
    targets: tuple[Expression, ...]


@_record
class Evaluate:
    """An expression that stands as a statement."""

    span: Span
    value: Expression


@_record
class Return:
    """`return value`."""

    span: Span
    value: Expression | None


@_record
class Raise:
    """`raise exception from cause`."""

    span: Span
    exception: Expression | None
    cause: Expression | None


@_record
class Assert:
    """`assert test, message`."""

    span: Span
    test: Expression
    message: Expression | None


@_record
class If:
    """`if test: body else: otherwise`; an `elif` is an `If` alone in `otherwise`."""

    span: Span
    test: Expression
    body: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


@_record
class While:
    """`while test: body else: otherwise`."""

    span: Span
    test: Expression
    body: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


@_record
class For:
    """`for target in source: body else: otherwise`, `async for` too."""

    span: Span
    target: Expression
    source: Expression
    body: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]


@_record
class WithItem:
    """`manager as target` of a with statement."""

    span: Span
    manager: Expression
    target: Expression | None


@_record
class With:
    """`with a as x, b: body`, `async with` too."""

    span: Span
    items: tuple[WithItem, ...]
    body: tuple[Statement, ...]


@_record
class Handler:
    """`except exception as name: body`; `exception` is None for a bare `except:`."""

    span: Span
    exception: Expression | None
    name: str | None
    body: tuple[Statement, ...]


@_record
class Try:
    """`try: body except …: else: otherwise finally: last`, `except*` too."""

    span: Span
    body: tuple[Statement, ...]
    handlers: tuple[Handler, ...]
    otherwise: tuple[Statement, ...]
    last: tuple[Statement, ...]


class Capture(NamedTuple):
    """A name that a pattern binds, and the way from the subject to what it binds: () for the subject itself.

    A step is `("at", 0)` for a position in a sequence, `("under", "key")` in a mapping, `("of", "name")` for an
    attribute. `path` is None where that is not known, or where it is made anew: the rest of a sequence or mapping.
    """

    name: str
    path: tuple[tuple[Literal["at", "under", "of"], int | str], ...] | None


@_record
class Case:
    """One `case` of a match statement.

    `pattern` is an expression where the pattern is a value (`case None`, `case Color.RED`) and None where it is a
    structure; `captures` are the names that the pattern binds; `classes` the classes that it names.
    """

    span: Span
    pattern: Expression | None
    captures: tuple[Capture, ...]
    classes: tuple[Expression, ...]
    guard: Expression | None
    body: tuple[Statement, ...]


@_record
class Match:
    """`match subject: …`."""

    span: Span
    subject: Expression
    cases: tuple[Case, ...]


@_record
class ImportedName:
    """`name as alias`; `alias` is "" where there is none."""

    span: Span
    name: str
    alias: str


@_record
class Import:
    """`import a.b as c, d`."""

    span: Span
    names: tuple[ImportedName, ...]


@_record
class ImportFrom:
    """`from ..module import a as b, c`; `level` counts the dots, the name `*` is a star import."""

    span: Span
    module: str
    names: tuple[ImportedName, ...]
    level: int


@_record
class Scope:
    """`global a, b` or `nonlocal a, b`."""

    span: Span
    kind: Literal["global", "nonlocal"]
    names: tuple[str, ...]


@_record
class Jump:
    """`pass`, `break` or `continue`."""

    span: Span
    kind: Literal["pass", "break", "continue"]


@_record
class Parameter:
    """A parameter of a function; its span is that of its name and annotation (without `*` and without the default)."""

    span: Span
    name: str
    annotation: Expression | None
    default: Expression | None
    kind: Literal["positional-only", "plain", "keyword-only", "arguments", "keywords"]


@_record
class Function:
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


@_record
class Class:
    """`class name(bases, keywords): body`; its span starts at the `class`."""

    span: Span
    name: str
    bases: tuple[Expression, ...]
    keywords: tuple[Keyword, ...]
    decorators: tuple[Expression, ...]
    body: tuple[Statement, ...]


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


@dataclass(frozen=True, slots=True)
class Comment:
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


@_record
class ModuleCode:
    """All that is known of one file: what `extract` returns."""

    body: tuple[Statement, ...]
    comments: tuple[Comment, ...]
    lines: int


_PLAIN = frozenset(
    {
        "Span",
        "str",
        "bool",
        "int",
        "str | None",
        "tuple[str, ...]",
        "str | bytes | int | float | bool | None",
        "tuple[Capture, ...]",
    }
)


def _shape(record: type) -> tuple[tuple[str, bool], ...]:
    """Return where a record holds other records: the fields, and whether several stand there."""
    return tuple(
        (name, annotation.startswith("tuple["))
        for name, annotation in record.__annotations__.items()
        if annotation not in _PLAIN and not annotation.startswith("Literal")
    )


_SHAPES: dict[type, tuple[tuple[str, bool], ...]] = {
    record: () if record in {Import, ImportFrom} else _shape(record)
    for record in (
        Name, Attribute, Constant, Keyword, Call, Subscript, Conditional, BooleanOperation, Comparison, UnaryOperation,
        BinaryOperation, Await, Yield, YieldFrom, Lambda, Sequence, Mapping, Generator, Comprehension, Format,
        NamedExpression, Starred, Slice, Assign, Delete, Evaluate, Return, Raise, Assert, If, While, For, WithItem,
        With, Handler, Try, Case, Match, ImportedName, Import, ImportFrom, Scope, Jump, Parameter, Function, Class,
    )
}  # fmt: skip


LEAVES = frozenset(record for record, parts in _SHAPES.items() if not parts)
"""The records below which there is none."""


def children(node: Node) -> list[Node]:
    """Return the records directly below `node`, in the order of the source (decorators before the name)."""
    found: list[Node] = []
    for name, several in _SHAPES[type(node)]:
        part: Any = getattr(node, name)
        if several:
            found += part
        elif part is not None:
            found.append(part)
    if type(node) is Mapping:
        return [child for child in found if child is not None]
    return found


def shape(node: object) -> object:
    """Return what a record says without its positions: two that read alike have the same shape."""
    if isinstance(node, tuple):
        return tuple(shape(part) for part in node)
    if type(node) not in _SHAPES:
        return node
    names = list(type(node).__annotations__)[1:]
    return (type(node).__name__, *(shape(getattr(node, name)) for name in names))


def blocks(node: Node) -> list[tuple[Statement, ...]]:
    """Return the blocks of a compound statement, handler or case: its body, `else` and `finally`, those that exist."""
    match node:
        case If() | While() | For():
            found = [node.body, node.otherwise]
        case Try():
            found = [node.body, node.otherwise, node.last]
        case With() | Handler() | Case():
            found = [node.body]
        case _:
            found = []
    return [block for block in found if block]


def walk(*nodes: Node) -> Iterator[Node]:
    """Yield the nodes and everything below them, in the order of the source, nested functions and classes included."""
    pending = list(reversed(nodes))
    while pending:
        node = pending.pop()
        yield node
        pending += children(node)[::-1]


def walk_scope(*nodes: Node) -> Iterator[Node]:
    """As `walk`, but a nested function, lambda or class is yielded and its body is not entered.

    What such a definition evaluates where it stands (decorators, defaults, annotations of parameters, base classes)
    belongs to the outer scope and is walked.
    """
    pending = list(reversed(nodes))
    while pending:
        node = pending.pop()
        yield node
        pending += _outer(node)[::-1] if type(node) in _DEFINITIONS else children(node)[::-1]


_DEFINITIONS = frozenset({Function, Lambda, Class})


def _outer(node: Node) -> list[Node]:
    """Return what a definition evaluates where it stands."""
    match node:
        case Function(parameters=parameters, decorators=decorators):
            return [*decorators, *(p.default for p in parameters if p.default is not None)]
        case Lambda(parameters=parameters):
            return [p.default for p in parameters if p.default is not None]
        case Class(bases=bases, keywords=keywords, decorators=decorators):
            return [*decorators, *bases, *keywords]
    return []


def last_name(node: Expression) -> str:
    """Return the last part of a name or dotted name; "" for any other expression."""
    match node:
        case Name(id=name) | Attribute(name=name):
            return name
    return ""


def is_none(node: Expression | None) -> bool:
    """Return whether an expression is None itself."""
    return isinstance(node, Constant) and node.value is None and not node.other


def leaves(*targets: Expression) -> Iterator[Expression]:
    """Yield what targets bind in the end, in the order of the source: of `a, (b.c, *d)` the three."""
    pending = list(reversed(targets))
    while pending:
        match pending.pop():
            case Sequence(elements=elements):
                pending += reversed(elements)
            case Starred(value=value):
                pending.append(value)
            case target:
                yield target


def pairs(targets: Iterable[Expression], value: Expression) -> Iterator[tuple[Expression, Expression]]:
    """Yield what is assigned to what: of `a, b = 1, 2` two, of a tuple that is no literal the whole."""
    for target in targets:
        match target, value:
            case Sequence(elements=into), Sequence(elements=values) if len(into) == len(values):
                for one, part in zip(into, values, strict=True):
                    yield from pairs((one,), part)
            case _:
                yield target, value


def operands(node: BinaryOperation, *operators: str) -> list[Expression]:
    """Return what a chain of these operators joins, or of any where none is named: of `a + b + c` all three."""
    found: list[Expression] = []
    current: Expression = node
    while isinstance(current, BinaryOperation) and (not operators or current.operator in operators):
        found.append(current.right)
        current = current.left
    return [current, *reversed(found)]


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
