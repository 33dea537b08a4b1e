"""Each write of `app.dependency_overrides`: what is overridden, and what ends it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from conformance.facts import code
from conformance.program.scopes import ClassScope, FunctionScope, ModuleScope, Scope, enclosing, scopes_of
from conformance.program.values import Display, Instance, Overrides
from conformance.results import Place

if TYPE_CHECKING:
    from conformance.program import Program

_ATTRIBUTE = "dependency_overrides"
_REMOVING = frozenset({"clear", "pop", "popitem", "__delitem__"})
_WRITING = (code.Assign, code.Delete, code.Call)


@dataclass(frozen=True, slots=True, eq=False)
class OverrideWrite:
    """One write.

    Attributes:
        node: the statement or call; `scope` is where it stands.
        table: the expression that stands for the overrides.
        keys: what is overridden, or whose override is removed; empty where that does not stand there.
        removes: it ends overrides: `clear`, `pop`, `del`, an empty dict, what was there before.
        whole: all of them are concerned.
    """

    node: code.Node
    scope: Scope
    table: code.Expression
    keys: tuple[code.Expression, ...]
    removes: bool
    whole: bool

    @property
    def module(self) -> ModuleScope:
        return self.scope.module

    @property
    def place(self) -> Place:
        return self.module.place(self.node)

    @property
    def function(self) -> FunctionScope | None:
        return next(enclosing(self.scope), None)


def override_writes(program: Program, module: ModuleScope) -> Iterator[OverrideWrite]:
    """Yield the writes of the overrides in a module, in the order of its scopes."""
    return chain.from_iterable(program.overrides_by_scope(module).values())


def find_overrides(program: Program, module: ModuleScope) -> Iterator[OverrideWrite]:
    """Find the writes of the overrides in a module, scope by scope; the program asks once, and tells all others."""
    if not any(
        node.name == _ATTRIBUTE
        for scope in scopes_of(module)
        for node in (*scope.nodes.of(code.Attribute), *scope.deferred.of(code.Attribute))
    ) and not any(_mentions(scope) for scope in scopes_of(module)):
        return
    for scope in scopes_of(module):
        for node in (*scope.nodes.of(*_WRITING), *scope.deferred.of(*_WRITING)):
            yield from _writes(program, node, scope)


def _mentions(scope: Scope) -> bool:
    """Whether something in a scope may be the overrides under another name."""
    return any(node.value == _ATTRIBUTE for node in scope.nodes.of(code.Constant)) or any(
        "overrid" in node.id.lower() for node in scope.nodes.of(code.Name)
    )


def is_overrides(program: Program, node: code.Expression, scope: Scope) -> bool:
    """Return whether an expression stands for `app.dependency_overrides`."""
    match node:
        case code.Attribute(value=base, name=name) if name == _ATTRIBUTE:
            return not _is_of_another(program, base, scope)
        case code.Name() | code.Call():
            return any(isinstance(v, Overrides) for v in program.names.infer(node, scope)) or _is_alias(node, scope)
    return False


def _is_of_another(program: Program, base: code.Expression, scope: Scope) -> bool:
    """Whether the object is of a class of the target that is no application and has overrides of its own: a broker."""
    values = program.names.expand(program.names.infer(base, scope))
    return bool(values) and all(
        isinstance(v, Instance) and isinstance(v.type, ClassScope) and _has_its_own(program, v.type) for v in values
    )


def _has_its_own(program: Program, cls: ClassScope) -> bool:
    family = program.names.ancestry(cls)
    if any(isinstance(base, str) and not base.startswith(("typing.", "abc.", "builtins.")) for base in family):
        return False
    return any(
        isinstance(base, ClassScope)
        and (_ATTRIBUTE in base.bindings or any(True for _ in program.names.assigned_attributes(base, _ATTRIBUTE)))
        for base in family
    )


def _is_alias(node: code.Expression, scope: Scope) -> bool:
    """Whether a local was bound to the attribute of an object of unknown type."""
    if not isinstance(node, code.Name):
        return False
    return any(
        isinstance(value, code.Attribute) and value.name == _ATTRIBUTE
        for binding in scope.bindings.get(node.id, ())
        if (value := getattr(binding, "value", None)) is not None
    )


def _writes(program: Program, node: code.Node, scope: Scope) -> Iterator[OverrideWrite]:
    match node:
        case code.Assign(targets=targets, value=value, operator=operator):
            for target in targets:
                for part in target.elements if isinstance(target, code.Sequence) else (target,):
                    yield from _assigned(program, part, value, operator, node, scope)
        case code.Delete(targets=targets):
            for target in targets:
                match target:
                    case code.Subscript(value=table, key=key) if is_overrides(program, table, scope):
                        yield OverrideWrite(node, scope, table, (key,), removes=True, whole=False)
        case code.Call(function=code.Attribute(value=table, name=method)) if is_overrides(program, table, scope):
            yield from _method(program, node, table, method, scope)
        case code.Call(function=code.Name(id="setattr"), arguments=(base, name, value)):
            if program.names.text(name, scope) == _ATTRIBUTE:
                yield from _whole(program, base, value, node, scope)


def _assigned(
    program: Program,
    target: code.Expression,
    value: code.Expression | None,
    operator: str,
    node: code.Node,
    scope: Scope,
) -> Iterator[OverrideWrite]:
    match target:
        case code.Subscript(value=table, key=key) if is_overrides(program, table, scope):
            restores = value is not None and _is_restored(value, scope)
            yield OverrideWrite(node, scope, table, (key,), removes=restores, whole=False)
        case code.Attribute() if value is not None and is_overrides(program, target, scope):
            if operator == "":
                yield from _whole(program, target, value, node, scope)
            else:
                yield OverrideWrite(node, scope, target, keys_in(program, value, scope), removes=False, whole=False)
        case code.Name() if operator not in {"", "type"} and value is not None and is_overrides(program, target, scope):
            yield OverrideWrite(node, scope, target, keys_in(program, value, scope), removes=False, whole=False)


def _method(
    program: Program, call: code.Call, table: code.Expression, method: str, scope: Scope
) -> Iterator[OverrideWrite]:
    first = call.arguments[:1]
    if method in _REMOVING:
        keys = first if method in {"pop", "__delitem__"} else ()
        yield OverrideWrite(call, scope, table, keys, removes=True, whole=method == "clear")
    elif method in {"__setitem__", "setdefault"}:
        yield OverrideWrite(call, scope, table, first, removes=False, whole=False)
    elif method == "update":
        keys = tuple(key for argument in first for key in keys_in(program, argument, scope))
        if first and not keys and not _is_literal(program, first[0], scope):
            yield OverrideWrite(call, scope, table, (), removes=_is_restored(first[0], scope), whole=True)
        else:
            yield OverrideWrite(call, scope, table, keys, removes=False, whole=False)


def _whole(
    program: Program, table: code.Expression, value: code.Expression, node: code.Node, scope: Scope
) -> Iterator[OverrideWrite]:
    """A new dict, or what was there before."""
    keys = keys_in(program, value, scope)
    removes = _is_a_rest(value) if isinstance(value, code.Comprehension) else not keys
    yield OverrideWrite(node, scope, table, keys, removes=removes, whole=True)


def _is_a_rest(value: code.Comprehension) -> bool:
    """Whether a comprehension keeps some of the overrides, and leaves others out."""
    return any(
        generator.conditions
        and any(isinstance(n, code.Attribute) and n.name == _ATTRIBUTE for n in code.walk(generator.source))
        for generator in value.generators
    )


def keys_in(program: Program, value: code.Expression, scope: Scope) -> tuple[code.Expression, ...]:
    """Return the keys of a literal dict."""
    for found in program.names.infer(value, scope):
        match found:
            case Display(node=code.Mapping(keys=keys)):
                return tuple(k for k in keys if k is not None)
    return ()


def _is_literal(program: Program, value: code.Expression, scope: Scope) -> bool:
    return any(isinstance(v, Display) for v in program.names.infer(value, scope))


def _is_restored(value: code.Expression, scope: Scope) -> bool:
    """Whether a name holds what was taken from the overrides before."""
    if not isinstance(value, code.Name):
        return False
    return any(
        isinstance(inner, code.Attribute) and inner.name == _ATTRIBUTE
        for binding in scope.bindings.get(value.id, ())
        if (given := getattr(binding, "value", None)) is not None
        for inner in code.walk_scope(given)
    )
