"""The text that an expression always is: constants, sums, f-strings, and what methods of texts make of these."""

from __future__ import annotations

from collections.abc import Iterator
from string import Formatter
from typing import TYPE_CHECKING

from conformance.facts import code
from conformance.program.scopes import Scope, ValueBinding
from conformance.program.values import Display, Symbol

if TYPE_CHECKING:
    from conformance.program.inference import Inference

__all__ = ["text_of"]

_MOST_PIECES = 2_000
"""How many pieces a text may be put together of to be known."""
_DEEPEST = 20
"""How many calls may stand within each other in it."""
_LONGEST = 10_000
"""How many characters what a method makes may have."""


def text_of(names: Inference, node: code.Expression, scope: Scope) -> str | None:
    """Return the string that an expression always is, and None where that is not known."""
    return _Reader(names).read(node, scope)


class _Reader:
    """Reads one text, of no more pieces than are allowed, those within calls included."""

    def __init__(self, names: Inference) -> None:
        self._names = names
        self._left = _MOST_PIECES
        self._depth = 0

    def read(self, node: code.Expression, scope: Scope) -> str | None:
        pieces: list[str] = []
        pending = [(node, scope)]
        while pending:
            if not self._left:
                return None
            self._left -= 1
            part, inner = pending.pop()
            match part:
                case code.Constant(value=str(text)):
                    pieces.append(text)
                case code.Format(parts=parts):
                    pending += [(each, inner) for each in reversed(parts)]
                case code.BinaryOperation(left=left, operator="+", right=right):
                    pending += [(right, inner), (left, inner)]
                case code.Name() | code.Attribute():
                    named = self._named(part, inner)
                    if named is None:
                        return None
                    pending.append(named)
                case code.Call() | code.BinaryOperation(operator="%"):
                    made = self._made(part, inner)
                    if made is None or len(made) > _LONGEST:
                        return None
                    pieces.append(made)
                case _:
                    return None
        return "".join(pieces)

    def _named(self, node: code.Name | code.Attribute, scope: Scope) -> tuple[code.Expression, Scope] | None:
        """Return what a name stands for that may be a text."""
        bound = self._bound_to(node, scope)
        if bound is not None:  # A = BASE + "/x"
            return bound
        match self._names.infer(node, scope):
            case (Display(node=code.Constant(value=str()) | code.Format() as found, scope=outer),):
                return found, outer
        if code.dotted(node) == "__name__" and not any(isinstance(s, Symbol) for s in self._names.resolve(node, scope)):
            return code.Constant(node.span, scope.module.name), scope
        return None

    def _bound_to(self, node: code.Expression, scope: Scope) -> tuple[code.Expression, Scope] | None:
        """Return the sum or call that a name is bound to, where that is all."""
        match self._names.resolve(node, scope):
            case (Symbol(binding=ValueBinding(value=value, how="value", path=()), scope=inner),):
                match value:
                    case code.BinaryOperation():
                        return value, inner
                    case code.Call(function=code.Attribute(name=name)) if name in _METHODS:
                        return value, inner
        return None

    def _made(self, node: code.Call | code.BinaryOperation, scope: Scope) -> str | None:
        if self._depth >= _DEEPEST:
            return None
        self._depth += 1
        try:
            match node:
                case code.BinaryOperation(left=left, right=right):
                    return self._by_percent(left, right, scope)
                case code.Call(function=code.Attribute(value=base, name="join"), arguments=(given,), keywords=()):
                    return self._joined(base, given, scope)
                case code.Call(function=code.Attribute(value=base, name="format")):
                    return self._formatted(base, node, scope)
                case code.Call(function=code.Attribute(value=base, name="replace"), arguments=(old, new), keywords=()):
                    text, *between = self._all(base, old, new, scope=scope)
                    if text is not None and between[0] is not None and between[1] is not None:
                        return text.replace(between[0], between[1]) if len(between[1]) < _LONGEST else None
        finally:
            self._depth -= 1
        return None

    def _all(self, *nodes: code.Expression, scope: Scope) -> list[str | None]:
        return [self.read(each, scope) for each in nodes]

    def _joined(self, base: code.Expression, given: code.Expression, scope: Scope) -> str | None:
        match self._names.infer(given, scope):
            case (Display(node=code.Sequence(elements=elements), scope=inner),):
                between = self.read(base, scope)
                parts = self._all(*elements, scope=inner)
                known = [part for part in parts if part is not None]
                return None if between is None or len(known) < len(parts) else between.join(known)
        return None

    def _formatted(self, base: code.Expression, call: code.Call, scope: Scope) -> str | None:
        template = self.read(base, scope)
        if template is None:
            return None
        given: dict[str, code.Expression] = {k.name: k.value for k in call.keywords if k.name is not None}
        given |= {str(position): each for position, each in enumerate(call.arguments)}
        pieces: list[str | None] = []
        for literal, field in _fields(template):
            pieces.append(literal)
            if field is not None:
                pieces.append(self.read(given[field], scope) if field in given else None)
        known = [piece for piece in pieces if piece is not None]
        return None if len(known) < len(pieces) else "".join(known)

    def _by_percent(self, left: code.Expression, right: code.Expression, scope: Scope) -> str | None:
        template = self.read(left, scope)
        if template is None or template.count("%") != template.count("%s"):
            return None
        given = right.elements if isinstance(right, code.Sequence) and right.kind == "tuple" else (right,)
        parts = self._all(*given, scope=scope)
        literals = template.split("%s")
        known = [part for part in parts if part is not None]
        if len(known) < len(parts) or len(literals) != len(parts) + 1:
            return None
        return "".join(literal + part for literal, part in zip(literals, [*known, ""], strict=True))


_METHODS = frozenset({"join", "format", "replace"})


def _fields(template: str) -> Iterator[tuple[str, str | None]]:
    """Yield each literal part of a template with the name or position of the field behind it; "?" for what is more."""
    try:
        parsed = list(Formatter().parse(template))
    except ValueError:
        parsed = [("", "?", "", None)]
    position = 0
    for literal, name, spec, conversion in parsed:
        field = name
        if name == "":
            field, position = str(position), position + 1
        yield literal, "?" if spec or conversion else field
