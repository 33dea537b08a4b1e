"""Which modules of the target a module reaches: by an import, by an attribute path, by a literal dynamic import."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from conformance.facts import code
from conformance.program.definitions import exported_names
from conformance.program.imports import ImportEdge, defining, meant_by
from conformance.program.inference import Inference
from conformance.program.references import nodes_of
from conformance.program.scopes import ModuleScope, Scope, ValueBinding, scopes_of
from conformance.program.values import External, ModuleValue, Resolved, Symbol
from conformance.results import Place, Step

if TYPE_CHECKING:
    from conformance.program import Program


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """One way from a module to another one of the target.

    Attributes:
        importer: the module that reaches.
        module: the module that is named.
        definers: the modules behind it that define what is taken, where it is re-exported.
        qualified: what is reached, by its absolute name.
        place: the import; of an attribute path the use; of a dynamic import the call.
        edge: the import; of an attribute path the one that it starts from; None for a dynamic import.
        is_import: it is the import itself.
        resolved: the definitions that are taken.
        covered: it is a path of attributes into a module that is imported anyway, and leads no further.
    """

    importer: ModuleScope
    module: ModuleScope
    definers: tuple[ModuleScope, ...]
    qualified: str
    place: Place
    edge: ImportEdge | None
    is_import: bool
    resolved: tuple[Resolved, ...]
    covered: bool = False

    @property
    def start(self) -> ModuleScope | None:
        """Of a path of attributes: the module that the import binds from which it starts."""
        return self.edge.module if self.edge is not None and not self.is_import else None

    @property
    def verb(self) -> str:
        """How a message says it."""
        return "uses" if self.edge is not None and not self.is_import else "imports"

    @property
    def modules(self) -> tuple[ModuleScope, ...]:
        """The module that is named, and those behind it."""
        return (self.module, *self.definers)


def reaches_of(
    module: ModuleScope,
    edges: tuple[ImportEdge, ...],
    named: Iterable[tuple[ModuleScope, code.Node]],
    names: Inference,
) -> Iterator[Reach]:
    """Yield all ways on which a module reaches others of the target: imports first, in the order of the source.

    Args:
        module: the module.
        edges: its imports.
        named: the modules that it names without an import, see `NamedModules`.
        names: what resolves names.
    """
    for edge in edges:
        if edge.module is not None and edge.module is not module:
            definers = _taken_by_star(module, edge.module, names) if edge.name == "*" else edge.defining_modules
            behind = tuple(m for m in definers if m is not edge.module and m is not module)
            yield Reach(module, edge.module, behind, edge.qualified, edge.place, edge, True, edge.resolved)
    yield from _paths(module, edges, names)
    for target, node in named:
        yield Reach(module, target, (), target.name, module.place(node), None, False, (ModuleValue(target),))


def _taken_by_star(importer: ModuleScope, module: ModuleScope, names: Inference) -> tuple[ModuleScope, ...]:
    """Return the modules that define what a star import takes and the importer uses; a package hands all of it on."""
    used = {n.id for scope in scopes_of(importer) for n in nodes_of(scope) if isinstance(n, code.Name)}
    found: dict[ModuleScope, None] = {}
    for name in _offered(module, names):
        if importer.is_package or name in used:
            found.update(dict.fromkeys(defining(names.member(module, name))))
    found.pop(module, None)
    return tuple(found)


def _offered(module: ModuleScope, names: Inference) -> tuple[str, ...]:
    """Return the names that a star import takes, those that the module itself has by a star import included."""
    found: dict[str, None] = {}
    seen: set[ModuleScope] = set()
    pending = [module]
    while pending:
        current = pending.pop()
        if current in seen:
            continue
        seen.add(current)
        if listed := exported_names(current):
            found.update(dict.fromkeys(sorted(listed)))
            continue
        found.update((name, None) for name in current.bindings if not name.startswith("_"))
        inner = (names.module(source, current) for source, _ in reversed(current.stars))
        pending += [each for each in inner if each is not None]
    return tuple(found)


def _paths(module: ModuleScope, edges: tuple[ImportEdge, ...], names: Inference) -> Iterator[Reach]:
    """Yield what is reached by a chain of attributes that starts at a module: `app.components.worker.run`."""
    roots: dict[str, ImportEdge] = {}
    for edge in edges:
        is_module = any(isinstance(r, ModuleValue) for r in edge.resolved) or names.is_package_name(edge.qualified)
        if edge.bound and is_module:
            roots.setdefault(edge.bound, edge)
    if not roots:
        return
    _add_aliases(roots, module, names)
    imported = {edge.module for edge in edges}
    for scope in scopes_of(module):
        inner: set[int] = set()
        for node in nodes_of(scope):
            if not isinstance(node, code.Attribute) or id(node) in inner:
                continue
            chain: list[str] = []
            current: code.Expression = node
            while isinstance(current, code.Attribute):
                chain.append(current.name)
                current = current.value
                inner.add(id(current))
            if not isinstance(current, code.Name) or current.id not in roots:
                continue
            for reach in _along(module, current, chain[::-1], node, scope, roots[current.id], names):
                if reach.module is not module:
                    yield replace(reach, covered=reach.module in imported and not reach.definers)


def _add_aliases(roots: dict[str, ImportEdge], module: ModuleScope, names: Inference) -> None:
    """Add the names that are bound to modules by assignments: `c = app.components`, `w = c.worker`."""
    bound: dict[str, list[tuple[str, code.Expression, Scope]]] = defaultdict(list)
    for scope in scopes_of(module):
        for name, bindings in scope.bindings.items():
            for binding in bindings:
                match binding:
                    case ValueBinding(value=code.Name() | code.Attribute() as value, how="value", path=()):
                        bound[code.dotted(value).partition(".")[0]].append((name, value, binding.within or scope))
    pending = list(roots)
    while pending:
        root = pending.pop()
        for name, path, scope in bound.get(root, ()):
            if name not in roots and any(isinstance(v, ModuleValue) for v in names.infer(path, scope)):
                roots[name] = roots[root]
                pending.append(name)


def _along(
    module: ModuleScope,
    root: code.Name,
    chain: list[str],
    node: code.Attribute,
    scope: Scope,
    edge: ImportEdge,
    names: Inference,
) -> Iterator[Reach]:
    for start in names.infer(root, scope):
        if not isinstance(start, (ModuleValue, External)):
            continue
        at: Resolved = start
        last = start.module if isinstance(start, ModuleValue) else None
        walked: list[str] = []
        taken: tuple[Resolved, ...] = ()
        for name in chain:
            walked.append(name)
            match at:
                case ModuleValue(module=inner):
                    taken = names.member(inner, name)
                case External(name=outer):
                    found = names.module(f"{outer}.{name}", module)
                    taken = (ModuleValue(found),) if found else (External(f"{outer}.{name}"),)
            if len(taken) != 1 or isinstance(taken[0], Symbol):
                break
            at = taken[0]
            if isinstance(at, ModuleValue):
                last = at.module
        if last is not None:
            behind = tuple(
                m for m in dict.fromkeys(defining(meant_by(taken, names))) if m is not last and m is not module
            )
            qualified = ".".join([root.id, *walked])
            yield Reach(module, last, behind, qualified, module.place(node), edge, False, taken)


def chain(program: Program, start: ModuleScope, goal: ModuleScope) -> tuple[Step, ...]:
    """Return the imports that lead from one module to another, the shortest way."""
    graph = program.import_graph
    if start is goal or not {start.name, goal.name} <= graph.modules:
        return ()
    way = graph.find_shortest_chain(importer=start.name, imported=goal.name) or ()
    steps: list[Step] = []
    for importer, imported in pairwise(way):
        module = program.names.module(importer, start)
        for edge in program.imports.get(module, ()) if module else ():
            if edge.module is not None and edge.module.name == imported:
                steps.append(Step(edge.place, f"`{importer}` imports `{edge.qualified}`"))
                break
    return tuple(steps)
