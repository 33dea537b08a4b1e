"""What functions, classes and lambdas flow into, by their spelling alone: names, containers, attributes, results.

It bounds the calls of which inference is asked whether they call a function: more flows here than does, and never less,
but for what README.md lists.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from conformance.facts import code
from conformance.program.containers import BY_KEY
from conformance.program.references import scope_of_local
from conformance.program.scopes import (
    ClassScope,
    FunctionScope,
    ImportBinding,
    ModuleScope,
    Scope,
    ValueBinding,
    scopes_of,
)
from conformance.program.spellings import Key, Spellings, bare

__all__ = ["Flows", "key_of_lambda", "result_of"]

_TAKING_OUT = BY_KEY | {"values", "items", "popleft"}
_HANDING_ON = frozenset(
    {"partial", "list", "tuple", "set", "frozenset", "sorted", "reversed", "iter", "next", "enumerate", "zip", "dict",
     "staticmethod", "classmethod", "MappingProxyType", "OrderedDict"}
)  # fmt: skip
_SAYING_NOTHING = frozenset({code.Constant, code.Format, code.Comparison, type(None)})
_MOST_KEYS = 1_000
"""How many names are followed of what something flows into."""

_RESULT = "()"


def result_of(name: str) -> str:
    """Return what the results of a function are known by, and the objects of a class."""
    return f"{name}{_RESULT}"


def key_of_lambda(node: code.Lambda) -> str:
    """Return what a lambda is known by."""
    return f"lambda {id(node)}"


class Flows:
    """The names by which something can be called that was chosen, made, kept or handed on."""

    def __init__(self, modules: Sequence[ModuleScope], spellings: Spellings) -> None:
        self._modules = modules
        self._spellings = spellings
        self._defined: dict[tuple[Scope, str], bool] = {}

    def of(self, keys: Iterable[Key]) -> dict[Key, None]:
        """Return the keys, and those of all that what they are known by may flow into."""
        found = dict.fromkeys(keys)
        pending = list(found)
        while pending and len(found) < _MOST_KEYS:
            current = pending.pop()
            next_keys = (
                *self._spellings.aliases(current),
                *self._flows.get(current, ()),
                *self._other_results(current),
            )
            for key in next_keys:
                if key not in found:
                    found[key] = None
                    pending.append(key)
        return found

    def _other_results(self, key: Key) -> Iterator[Key]:
        """Yield what the results of a function are known by, too, where it has other names."""
        if isinstance(key, str) and key.endswith(_RESULT):
            yield from map(result_of, map(bare, self._spellings.with_aliases((key.removesuffix(_RESULT),))))

    def sources(self, node: code.Expression | None, scope: Scope) -> Iterator[Key]:
        """Yield what the things are known by that an expression may stand for, or that a container in it may hold."""
        pending: list[code.Expression | None] = [node]
        while pending:
            match pending.pop():
                case code.Call() as call:
                    name, handed_on = self._handing(call)
                    if name:
                        yield result_of(name)
                    pending += handed_on
                case code.Name(id=name):
                    yield from self._sources_of_name(name, scope)
                case code.Attribute(name=name):
                    yield name
                case code.Lambda() as made:
                    yield key_of_lambda(made)
                case code.Await(value=value) | code.Starred(value=value) | code.NamedExpression(value=value):
                    pending.append(value)
                case code.Subscript(value=value):
                    pending.append(value)
                case code.Conditional(body=body, otherwise=otherwise):
                    pending += (body, otherwise)
                case code.BooleanOperation(values=values) | code.Mapping(values=values):
                    pending += values
                case code.Sequence(elements=elements):
                    pending += elements
                case code.Comprehension(element=element):
                    pending.append(element)

    def _handing(self, call: code.Call) -> tuple[str, list[code.Expression]]:
        """Return the function whose result a call gives; where it hands on what it is given, that instead."""
        name = code.last_name(call.function)
        match name, call.function, call.arguments:
            case "getattr", _, (base, code.Constant(value=str(attribute)), *default):
                return "", [code.Attribute(call.span, base, attribute), *default]
            case _, code.Attribute(value=container), arguments if name in _TAKING_OUT:
                return "", [container, *arguments[1:]]  # and its default
        if name in _HANDING_ON or not _HANDING_ON.isdisjoint(self._spellings.originals(name)):
            return "", [*call.arguments, *(keyword.value for keyword in call.keywords)]
        return name, []

    def _sources_of_name(self, name: str, scope: Scope) -> Iterator[Key]:
        local = scope_of_local(name, scope)
        if local is not None:
            yield (local, name)
        if local is None or name in local.lambdas or self._is_defined(name, local):
            yield name

    def _is_defined(self, name: str, scope: Scope) -> bool:
        """Whether a local is a function, a class, or imported: then it is known by its name elsewhere, too."""
        key = (scope, name)
        if key not in self._defined:
            several = scope.bindings[name]
            self._defined[key] = any(isinstance(b, (FunctionScope, ClassScope, ImportBinding)) for b in several)
        return self._defined[key]

    @cached_property
    def _flows(self) -> dict[Key, dict[Key, None]]:
        """What is bound to more than another name, stored in attributes, or returned, by what that is known by."""
        flows: dict[Key, dict[Key, None]] = defaultdict(dict)
        for module in self._modules:
            for scope in scopes_of(module):
                for value, within, aim in _stored(scope):
                    for source in self.sources(value, within):
                        flows[source][aim] = None
        return flows


def _stored(scope: Scope) -> Iterator[tuple[code.Expression | None, Scope, Key]]:
    """Yield what a scope binds, stores in attributes and returns, where it stands, and what it is known by then."""
    for bound, bindings in scope.bindings.items():
        key: Key = (scope, bound) if isinstance(scope, FunctionScope) else bound
        for binding in bindings:
            if isinstance(binding, ValueBinding) and type(binding.value) not in _SAYING_NOTHING:
                yield binding.value, binding.within or scope, key
    for node in scope.nodes.of(code.Assign):
        for target in node.targets:
            if isinstance(target, code.Attribute):
                yield node.value, scope, target.name
    if isinstance(scope, FunctionScope):
        for returned in scope.nodes.of(code.Return):
            if type(returned.value) not in _SAYING_NOTHING:
                yield returned.value, scope, result_of(scope.name)
