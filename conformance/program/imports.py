"""The imports of the target's modules, each led to what it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.facts import code
from conformance.program.guards import is_type_checking
from conformance.program.inference import Inference
from conformance.program.scopes import ClassScope, FunctionScope, ModuleScope, Scope, ValueBinding, absolute_module
from conformance.program.values import External, ModuleValue, Resolved, Symbol
from conformance.results import Place

if TYPE_CHECKING:
    import grimp


@dataclass(frozen=True, slots=True, eq=False)
class ImportEdge:
    """One imported name: `from a.b import c` is one, `import a.b` is one.

    Attributes:
        importer: the module that imports.
        module: the module of the target that is imported: `a.b.c` where c is a module, else `a.b`; None where it is
            another distribution's.
        name: the name that is taken from the module, "" where the module itself is imported, "*" for all.
        qualified: what is imported, by its absolute name: `a.b.c`.
        bound: the local name that it is bound to.
        resolved: the definitions that the name stands for, re-exports followed.
        meant: those, and the modules, classes and functions that they are another name of: `limits = worker.limits`.
        statement: the whole import; `node` is the one name in it.
        type_checking: it stands under `if TYPE_CHECKING:`.
    """

    importer: ModuleScope
    module: ModuleScope | None
    name: str
    qualified: str
    bound: str
    resolved: tuple[Resolved, ...]
    meant: tuple[Resolved, ...]
    statement: code.Import | code.ImportFrom
    node: code.ImportedName
    scope: Scope
    type_checking: bool

    @property
    def place(self) -> Place:
        """The line of the import statement."""
        return self.importer.place(self.statement)

    @property
    def name_place(self) -> Place:
        """The line of the name within the statement."""
        return self.importer.place(self.node)

    @property
    def in_function(self) -> bool:
        return isinstance(self.scope, FunctionScope)

    @property
    def defining_modules(self) -> tuple[ModuleScope, ...]:
        """The modules that define what is imported, re-exports followed; the imported module where it is a module."""
        return tuple(dict.fromkeys(defining(self.meant)))


def defining(meant: Iterable[Resolved]) -> Iterator[ModuleScope]:
    """Yield the modules that definitions are, or stand in."""
    for each in meant:
        match each:
            case ModuleValue(module=module):
                yield module
            case Symbol():
                yield each.module


def meant_by(resolved: tuple[Resolved, ...], names: Inference) -> tuple[Resolved, ...]:
    """Return definitions, with the modules, classes and functions that they are nothing but another name of."""
    found = dict.fromkeys(resolved)
    pending = list(resolved)
    seen: set[Resolved] = set()
    while pending and len(seen) < _LONGEST_CHAIN:
        current = pending.pop()
        if current in seen:
            continue
        seen.add(current)
        match current:
            case Symbol(binding=ValueBinding(value=code.Name() | code.Attribute() as other, how="value", path=())):
                pending += names.resolve(other, current.scope)
            case ModuleValue() | Symbol(binding=ClassScope() | FunctionScope()):
                found[current] = None
    return tuple(found)


def imports_of(module: ModuleScope, names: Inference) -> Iterator[ImportEdge]:
    """Yield the imports of a module in the order of the source, those in functions and under TYPE_CHECKING too."""
    pending: list[tuple[code.Node, Scope, bool]] = [(s, module, False) for s in reversed(module.body)]
    scopes: dict[int, Scope] = {id(function.node): function for function in module.functions}
    scopes |= {id(cls.node): cls for cls in module.classes}
    while pending:
        node, scope, checking = pending.pop()
        match node:
            case code.Import(names=imported):
                for name in imported:
                    target = names.module(name.name, module)
                    resolved: tuple[Resolved, ...] = (ModuleValue(target),) if target else (External(name.name),)
                    bound = name.alias or name.name.partition(".")[0]
                    yield ImportEdge(
                        module, target, "", name.name, bound, resolved, resolved, node, name, scope, checking
                    )
                continue
            case code.ImportFrom(module=source, names=imported, level=level):
                absolute = absolute_module(module, source, level)
                for name in imported:
                    yield _from(module, names, absolute, name, node, scope, checking)
                continue
            case code.If(test=test, body=body, otherwise=otherwise) if is_type_checking(test, module):
                pending.extend((s, scope, checking) for s in reversed(otherwise))
                pending.extend((s, scope, True) for s in reversed(body))
                continue
            case code.Function() | code.Class():
                inner = scopes[id(node)]
                pending.extend((s, inner, checking) for s in reversed(node.body))
                continue
        if isinstance(node, _HOLDING_STATEMENTS):
            pending.extend((child, scope, checking) for child in reversed(tuple(code.children(node))))


_LONGEST_CHAIN = 50
"""How many names may be bound to one another to be followed."""
_HOLDING_STATEMENTS = (code.If, code.While, code.For, code.With, code.Try, code.Handler, code.Match, code.Case)


def _from(
    module: ModuleScope,
    names: Inference,
    absolute: str,
    name: code.ImportedName,
    node: code.ImportFrom,
    scope: Scope,
    checking: bool,
) -> ImportEdge:
    target = names.module(absolute, module)
    if name.name == "*":
        found: tuple[Resolved, ...] = (ModuleValue(target),) if target else (External(absolute),)
        return ImportEdge(module, target, "*", absolute, "", found, found, node, name, scope, checking)
    resolved = names.imported(absolute, name.name, module)
    inner = names.module(f"{absolute}.{name.name}", module)
    if inner is not None and (target is None or ModuleValue(inner) in resolved):
        target = inner
        taken = ""
    else:
        taken = name.name
    qualified, bound, meant = f"{absolute}.{name.name}", name.alias or name.name, meant_by(resolved, names)
    return ImportEdge(module, target, taken, qualified, bound, resolved, meant, node, name, scope, checking)


def import_graph(edges: dict[ModuleScope, tuple[ImportEdge, ...]]) -> grimp.ImportGraph:
    """Return the imports as grimp's graph, filled from what is known: nothing is scanned a second time."""
    import grimp  # noqa: PLC0415  70 ms that only chains and cycles need

    graph = grimp.ImportGraph()
    for module in edges:
        graph.add_module(module.name)
    for module, imports in edges.items():
        for edge in imports:
            if edge.module is not None and edge.module is not module:
                graph.add_import(
                    importer=module.name,
                    imported=edge.module.name,
                    line_number=edge.statement.span[0],
                    line_contents=f"import of {edge.qualified}",
                )
    return graph
