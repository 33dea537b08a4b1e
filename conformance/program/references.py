"""Where a module uses a name that it has bound."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from conformance.facts import code
from conformance.program.scopes import ClassScope, FunctionScope, ModuleScope, Scope, scopes_of


class Reference(NamedTuple):
    """A bare name and the scope in which it stands."""

    node: code.Name
    scope: Scope


def nodes_of(scope: Scope) -> Iterator[code.Node]:
    """Yield what a scope evaluates, lambdas included, with the annotations of the functions that it defines."""
    yield from scope.deferred
    for node in scope.nodes:
        yield node
        if isinstance(node, code.Function):
            for parameter in node.parameters:
                if parameter.annotation is not None:
                    yield from code.walk_scope(parameter.annotation)
            if node.returns is not None:
                yield from code.walk_scope(node.returns)


def references_in(module: ModuleScope) -> dict[str, tuple[Reference, ...]]:
    """Return the bare names that a module uses, by name, in the order of its scopes."""
    found: dict[str, list[Reference]] = {}
    for scope in scopes_of(module):
        for node in nodes_of(scope):
            if isinstance(node, code.Name):
                found.setdefault(node.id, []).append(Reference(node, scope))
    return {name: tuple(references) for name, references in found.items()}


def scope_of_local(name: str, scope: Scope) -> Scope | None:
    """Return the function in which a bare name is a local, or the scope that holds the lambda whose parameter it is.

    None where it is a name of a module or class, or is bound nowhere in the module.
    """
    current: Scope | None = scope
    while current is not None:
        if name in current.lambdas:
            return current
        if name in current.bindings and (current is scope or not isinstance(current, ClassScope)):
            return current if isinstance(current, FunctionScope) else None
        current = current.parent
    return None


def binding_scope(name: str, scope: Scope) -> Scope | None:
    """Return the scope whose binding a bare name in `scope` means; None where it is bound nowhere in the module."""
    current: Scope | None = scope
    while current is not None:
        if isinstance(current, FunctionScope) and current.outer_names.get(name) == "global":
            current = current.module
        if name in current.bindings and (current is scope or not isinstance(current, ClassScope)):
            return current
        current = current.parent
    return None
