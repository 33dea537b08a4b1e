"""Where a module uses a name of the standard library, whatever it is called there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from conformance.facts import code
from conformance.program import ModuleScope, Program, Scope, scopes_of
from conformance.program.scopes import ValueBinding
from conformance.program.values import External, Resolved, Symbol

Use: TypeAlias = code.Name | code.Attribute


def uses(program: Program, module: ModuleScope, *qualified: str) -> Iterator[tuple[Use, Scope]]:
    """Yield each use of what has one of the qualified names: by an import, a re-export, its module, a star import.

    An import is no use. A name that is assigned what has such a name is followed to its uses, and the assignment is
    none.
    """
    aliases = _aliases(program, module, qualified)
    last = {name.rpartition(".")[2] for name in qualified}
    imported = {e.bound for e in program.imports[module] for r in e.resolved if _stands_for(program, r, qualified)}
    for scope in scopes_of(module):
        for node in _read(scope):
            match node:
                case code.Name(id=name) if name in imported | last or name in aliases:
                    pass
                case code.Attribute(name=name) if name in last:
                    pass
                case _:
                    continue
            if id(node) not in aliases.values() and (
                any(_is_one(r, qualified) for r in program.names.infer(node, scope))
                or (isinstance(node, code.Name) and _is_starred(program, node, scope, qualified))
            ):
                yield node, scope


def _stands_for(program: Program, found: Resolved, qualified: tuple[str, ...]) -> bool:
    """Whether what an import brings is one, or what another module assigned one to."""
    if isinstance(found, Symbol) and isinstance(found.binding, ValueBinding):
        return any(_is_one(value, qualified) for value in program.names.value_of(found))
    return _is_one(found, qualified)


def _is_one(found: object, qualified: tuple[str, ...]) -> bool:
    return isinstance(found, External) and found.name in qualified


def _is_starred(program: Program, node: code.Name, scope: Scope, qualified: tuple[str, ...]) -> bool:
    """Whether a name that is bound nowhere comes by `from typing import *`."""
    return any(f"{source}.{node.id}" in qualified for source, _ in scope.module.stars) and not any(
        True for _ in program.names.lookup(node.id, scope, node.span)
    )


def _aliases(program: Program, module: ModuleScope, qualified: tuple[str, ...]) -> dict[str, int]:
    """Return the names that are assigned what is looked for, each with the identity of the value's record."""
    found: dict[str, int] = {}
    for scope in scopes_of(module):
        for name, bindings in scope.bindings.items():
            for binding in bindings:
                match binding:
                    case ValueBinding(
                        node=code.Assign(operator="", annotation=None),
                        value=code.Name() | code.Attribute() as value,
                        how="value",
                        path=(),
                    ) if any(_is_one(r, qualified) for r in program.names.infer(value, scope)):
                        found[name] = id(value)
    return found


def _read(scope: Scope) -> Iterator[code.Node]:
    """Yield what a scope reads, lambdas and annotations included: the names that it assigns to are left out."""
    written: set[int] = set()
    for node in (*scope.nodes, *scope.deferred):
        match node:
            case code.Assign(targets=targets):
                written.update(id(target) for target in targets)
            case code.Name() if id(node) in written:
                continue
        yield node
        if isinstance(node, code.Function):
            annotations = (*(parameter.annotation for parameter in node.parameters), node.returns)
            yield from code.walk(*(annotation for annotation in annotations if annotation is not None))
