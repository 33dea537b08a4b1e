"""What an annotation says: the types that it names, whether None is one, what stands beside them; aliases followed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from conformance.facts import code
from conformance.program import catalogue
from conformance.program.rings import rings
from conformance.program.scopes import ClassScope, Scope, ValueBinding
from conformance.program.values import (
    Annotation,
    ClassValue,
    External,
    Instance,
    Located,
    Resolved,
    Symbol,
    TypeReference,
    Value,
    Values,
)

if TYPE_CHECKING:
    from conformance.program.inference import Inference

__all__ = ["Annotations", "instances"]

_TRANSPARENT = frozenset({"ClassVar", "Final", "Required", "NotRequired", "ReadOnly", "InitVar", "TypeGuard"})
_OPAQUE = frozenset({"Any", "object", "TypeVar", "ParamSpec", "Self", "LiteralString", "Never", "NoReturn"})
_LARGEST_ANNOTATION = 500
"""How many classes an annotation may name, aliases followed; behind that their type arguments are not known."""
_LONGEST_CHAIN = 100
"""How many aliases an annotation may lead through, and what may stand beside its types: the nearest are known."""


@dataclass(frozen=True, slots=True)
class _Joint:
    """All bindings of a name: one step on the way from each of them to each other."""

    name: tuple[Scope, str]
    definitions: tuple[Resolved, ...] = field(compare=False)


_Alias: TypeAlias = Symbol | _Joint


class Annotations:
    """Reads annotations, each once."""

    def __init__(self, names: Inference) -> None:
        self._names = names
        self._known: dict[tuple[int, int], tuple[Annotation, code.Expression, Scope]] = {}
        """By identity; what is read is kept, so that no other is taken for it."""
        self._aliased: dict[Symbol, Annotation] = {}
        self._joined: dict[tuple[Scope, str], Annotation] = {}
        """What all bindings of a name say together, as long as nothing more becomes known of aliases."""

    def of(self, node: code.Expression, scope: Scope) -> Annotation:
        """Return what an annotation says, aliases followed."""
        key = (id(node), id(scope))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = (self._of(node, scope), node, scope)
        return known[0]

    def _of(self, node: code.Expression, scope: Scope) -> Annotation:
        match node:
            case code.Constant(value=None, other=""):
                return Annotation(nullable=True)
            case code.BinaryOperation(left=left, operator="|", right=right):
                return _either(self._of(left, scope), self._of(right, scope))
            case code.Subscript(value=value, key=key):
                return self._generic(value, key, scope)
            case code.Name() | code.Attribute():
                return self._named(node, scope)
            case code.Call(function=function, arguments=(_, base)) if code.dotted(function).endswith("NewType"):
                return self._of(base, scope)
        return Annotation(opaque=True)

    def _named(self, node: code.Expression, scope: Scope) -> Annotation:
        definitions = self._names.resolve(node, scope)
        joint = self._names.joint(definitions)
        if joint is None:
            return self._said_by(definitions)
        if joint not in self._joined:
            said = self._said_by(definitions)
            self._joined[joint] = said
        return self._joined[joint]

    def _said_by(self, definitions: tuple[Resolved, ...]) -> Annotation:
        found: list[Annotation] = []
        for resolved in definitions:
            match resolved:
                case External(name=name):
                    last = name.rpartition(".")[2]
                    if (last in _OPAQUE and catalogue.typing_name(name)) or name == "builtins.object":
                        found.append(Annotation(opaque=True))
                    elif name in {"types.NoneType", "builtins.None"}:
                        found.append(Annotation(nullable=True))
                    else:
                        found.append(Annotation((TypeReference(name),)))
                case Symbol(binding=ClassScope() as cls):
                    found.append(Annotation((TypeReference(cls),)))
                case Symbol(binding=ValueBinding(value=value)) if value is not None:
                    target = self._alias(resolved)
                    aliases = tuple(dict.fromkeys((resolved, *target.aliases)))[:_LONGEST_CHAIN]
                    found.append(replace(target, aliases=aliases))
                case _:
                    found.append(Annotation(opaque=True))
        if not found:
            return Annotation(opaque=True)
        known = [a for a in found if a.types or a.nullable]
        return known[-1] if known else found[-1]

    def _alias(self, symbol: Symbol) -> Annotation:
        """Return what a name stands for in annotations that is bound to one."""
        if symbol not in self._aliased:
            start: _Alias = symbol
            for ring in rings(start, self._mentioned):
                self._settle_aliases(ring)
        return self._aliased[symbol]

    def _mentioned(self, symbol: _Alias) -> Iterator[_Alias]:
        """Yield the names in an alias that are aliases, as far as they are unknown."""
        if not isinstance(symbol, Symbol):
            yield from self._unknown(symbol.definitions)
            return
        if not isinstance(symbol.binding, ValueBinding) or symbol.binding.value is None:
            return
        pending = [symbol.binding.value]
        while pending:
            match pending.pop():
                case code.Name() | code.Attribute() as name:
                    definitions = self._names.resolve(name, symbol.scope)
                    joint = self._names.joint(definitions)
                    if joint is not None:
                        yield _Joint(joint, definitions)
                    else:
                        yield from self._unknown(definitions)
                case code.BinaryOperation(left=left, operator="|", right=right):
                    pending += (left, right)
                case code.Subscript(value=value, key=key):
                    pending += (value, key)
                case code.Sequence(elements=elements):
                    pending += elements
                case code.Call(function=function, arguments=(_, base)) if code.dotted(function).endswith("NewType"):
                    pending.append(base)

    def _unknown(self, definitions: tuple[Resolved, ...]) -> Iterator[Symbol]:
        for resolved in definitions:
            match resolved:
                case Symbol(binding=ValueBinding(value=value)) if value is not None and resolved not in self._aliased:
                    yield resolved

    def _settle_aliases(self, ring: list[_Alias]) -> None:
        """Find out what aliases stand for that lead to nothing unknown but each other.

        What is defined by itself is followed for two turns: `Json = dict[str, "Json"] | str`.
        """
        leads_to_itself = len(ring) > 1 or ring[0] in self._mentioned(ring[0])
        symbols = [each for each in ring if isinstance(each, Symbol)]
        self._become_known(dict.fromkeys(symbols, Annotation(opaque=True)))
        for _ in range(2 if leads_to_itself else 1):
            self._become_known({symbol: self._alias_of(symbol) for symbol in symbols})

    def _become_known(self, found: dict[Symbol, Annotation]) -> None:
        self._aliased.update(found)
        self._joined.clear()

    def _alias_of(self, symbol: Symbol) -> Annotation:
        if not isinstance(symbol.binding, ValueBinding) or symbol.binding.value is None:
            return Annotation(opaque=True)
        return self._of(symbol.binding.value, symbol.scope)

    def _generic(self, value: code.Expression, key: code.Expression, scope: Scope) -> Annotation:
        arguments = key.elements if isinstance(key, code.Sequence) and key.kind == "tuple" else (key,)
        name = next((n for n in map(catalogue.typing_name, self._names.externals(value, scope)) if n), "")
        match name:
            case "Optional":
                inner = self._of(arguments[0], scope)
                return _either(inner, Annotation(nullable=True))
            case "Union":
                return _either(*(self._of(a, scope) for a in arguments))
            case "Annotated":
                inner = self._of(arguments[0], scope)
                metadata = tuple(Located(a, scope) for a in arguments[1:])
                beside = (*inner.metadata, *metadata)[-_LONGEST_CHAIN:]
                return Annotation(inner.types, inner.nullable, inner.opaque, beside, inner.aliases)
            case "Literal":
                types = {type(a.value).__name__ for a in arguments if isinstance(a, code.Constant)} - {"NoneType"}
                nullable = any(isinstance(a, code.Constant) and a.value is None and not a.other for a in arguments)
                return Annotation(tuple(TypeReference(f"builtins.{t}") for t in sorted(types)), nullable)
            case _ if name in _TRANSPARENT:
                return self._of(arguments[0], scope)
        outer = self._named(value, scope)
        inner_arguments = tuple(
            Annotation(opaque=True) if isinstance(a, code.Sequence) else self._of(a, scope) for a in arguments
        )
        if sum(argument.size() for argument in inner_arguments) > _LARGEST_ANNOTATION:
            inner_arguments = ()
        if outer.aliases and outer.metadata and outer.opaque and not outer.types and len(inner_arguments) == 1:
            (given,) = inner_arguments  # `Inject = Annotated[T, Depends()]` is given its T
            nullable = outer.nullable or given.nullable
            return Annotation(given.types, nullable, given.opaque, outer.metadata, (*outer.aliases, *given.aliases))
        if outer.aliases:
            references = tuple(TypeReference(t.type, t.arguments or inner_arguments) for t in outer.types)
            return Annotation(references, outer.nullable, outer.opaque, outer.metadata, outer.aliases)
        return Annotation(
            tuple(TypeReference(t.type, inner_arguments) for t in outer.types), outer.nullable, outer.opaque
        )


def instances(annotation: Annotation) -> Values:
    """Return objects of the types that an annotation names."""
    found: list[Value] = []
    for reference in annotation.types:
        arguments = tuple(instances(a) for a in reference.arguments)
        if catalogue.typing_name(reference.name) == "Type" or reference.name == "builtins.type":
            for argument in reference.arguments:
                found += [
                    ClassValue(t.type) if isinstance(t.type, ClassScope) else External(t.type) for t in argument.types
                ]
            continue
        found.append(Instance(reference.type, None, arguments if any(arguments) else ()))
    return tuple(found)


def _either(*annotations: Annotation) -> Annotation:
    joined = Annotation(
        tuple(dict.fromkeys(t for a in annotations for t in a.types)),
        any(a.nullable for a in annotations),
        any(a.opaque for a in annotations),
        tuple(dict.fromkeys(m for a in annotations for m in a.metadata)),
        tuple(dict.fromkeys(s for a in annotations for s in a.aliases)),
    )
    if joined.size() > _LARGEST_ANNOTATION:
        return replace(joined, types=tuple(dict.fromkeys(TypeReference(t.type) for t in joined.types)))
    return joined
