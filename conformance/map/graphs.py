"""What the map draws: modules with their imports, the injection graph, the worker's graph; findings on all of them."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from conformance.facts import code
from conformance.program.queue import ARQ_KEYS
from conformance.program.scopes import enclosing
from conformance.program.values import LambdaValue
from conformance.results import Finding, FindingStatus, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from conformance.check import Examined
    from conformance.program import Access, FunctionScope, ModuleScope, Program, Provider, Use
    from conformance.program.releases import Release

__all__ = ["Edge", "Graph", "Kind", "Node", "injection", "modules", "role_of", "worker"]


class Kind(StrEnum):
    """What a node stands for. The order is that of the way from a request, or a job, to what is released."""

    MODULE = "module"
    ENDPOINT = "endpoint"
    ALIAS = "alias"
    PROVIDER = "provider"
    STATE_KEY = "app.state key"
    ENQUEUE = "enqueue"
    WORKER = "worker settings"
    TASK = "task"
    CONTEXT_KEY = "ctx key"
    WRITE = "start-up line"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Node:
    """A node.

    Attributes:
        within: the parts of the path on which it is found when nodes are collapsed: its group, its packages.
        findings: the findings on it, by their number.
    """

    id: str
    kind: Kind
    label: str
    within: tuple[str, ...]
    path: str = ""
    line: int = 0
    roles: tuple[tuple[str, str], ...] = ()
    findings: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow; `label` says what the first is to the second, `light` that it is not there when the program runs."""

    source: str
    target: str
    label: str
    path: str
    line: int
    light: bool = False
    findings: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Graph:
    """One of the three graphs, its nodes and edges sorted."""

    name: str
    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


ROLES = (
    "entrypoint", "lifespan", "routes", "deps", "worker", "tasks", "cli", "gateways", "components", "services",
    "models", "core", "config", "constants", "tests",
)  # fmt: skip
"""The roles, from the outermost in; a module that holds several is drawn with the first."""

NO_ROLE = "no role"


def role_of(module: ModuleScope) -> str:
    """Return the role that a module is drawn with."""
    return next((role for role in ROLES if role in module.roles), NO_ROLE)


class _Findings:
    """The findings that count, by where they are."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._by_line: dict[tuple[str, int], list[int]] = defaultdict(list)
        self._by_symbol: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._by_path: dict[str, list[int]] = defaultdict(list)
        for number, finding in enumerate(findings):
            if finding.status is not FindingStatus.SUPPRESSED:
                self._by_line[finding.path, finding.line].append(number)
                self._by_symbol[finding.path, finding.place.symbol].append(number)
                self._by_path[finding.path].append(number)

    def in_file(self, path: str) -> tuple[int, ...]:
        return tuple(self._by_path.get(path, ()))

    def on(self, *places: Place) -> tuple[int, ...]:
        """Return those on the lines of statements."""
        lines = {(p.path, n) for p in places for n in range(p.span[0], min(p.span[2], p.span[0] + 50) + 1)}
        return tuple(sorted({number for line in lines for number in self._by_line.get(line, ())}))

    def of(self, place: Place) -> tuple[int, ...]:
        """Return those of a definition: on its header, and in its own body."""
        inside = self._by_symbol.get((place.path, place.symbol), ()) if place.symbol else ()
        return tuple(sorted({*self.on(place), *inside}))


@dataclass(slots=True)
class _Drawing:
    """A graph that is being made."""

    findings: _Findings
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: dict[tuple[str, str], Edge] = field(default_factory=dict)

    def node(self, kind: Kind, name: str, label: str, place: Place | None, findings: tuple[int, ...] = ()) -> str:
        identity = f"{kind.name.lower()}:{name}"
        if identity not in self.nodes:
            packages = tuple(place.module.split(".")) if place is not None else ()
            path, line = (place.path, place.span[0]) if place is not None else ("", 0)
            self.nodes[identity] = Node(identity, kind, label, (kind.value, *packages), path, line, (), findings)
        return identity

    def defined(self, kind: Kind, label: str, place: Place) -> str:
        """Return the node of a definition."""
        return self.node(kind, f"{place.module}.{place.symbol}", label, place, self.findings.of(place))

    def edge(self, source: str, target: str, label: str, place: Place) -> None:
        if (source, target) not in self.edges and source != target:
            found = self.findings.on(place)
            self.edges[source, target] = Edge(source, target, label, place.path, place.span[0], findings=found)

    def graph(self, name: str, title: str) -> Graph:
        nodes = sorted(self.nodes.values(), key=lambda node: (list(Kind).index(node.kind), node.within, node.id))
        return Graph(name, title, tuple(nodes), tuple(self.edges[key] for key in sorted(self.edges)))


# --- modules -------------------------------------------------------------------------------------------------------


def modules(examined: Examined) -> Graph:
    """Return the modules by role, with their imports of each other; an import that breaks a rule has its findings."""
    findings = _Findings(examined.report.findings)
    program = examined.loaded.program
    nodes: dict[ModuleScope, Node] = {}
    for module in program.modules:
        parts = tuple(module.name.split("."))
        within = (role_of(module), *parts) if module.is_package else (role_of(module), *parts[:-1])
        roles = tuple(sorted(module.roles.items()))
        found = findings.in_file(module.path)
        nodes[module] = Node(f"module:{module.path}", Kind.MODULE, module.name, within, module.path, 1, roles, found)
    edges = [edge for module in nodes for edge in _imports(program, module, nodes, findings)]
    ordered = sorted(nodes.values(), key=lambda node: (node.label, node.path))
    return Graph("modules", "Modules and imports", tuple(ordered), tuple(edges))


def _imports(
    program: Program, module: ModuleScope, nodes: Mapping[ModuleScope, Node], findings: _Findings
) -> Iterator[Edge]:
    places: dict[ModuleScope, list[Place]] = {}
    running: set[ModuleScope] = set()
    for imported in program.imports[module]:
        if imported.module is not None and imported.module is not module and imported.module in nodes:
            places.setdefault(imported.module, []).extend((imported.place, imported.name_place))
            if not imported.type_checking:
                running.add(imported.module)
    for target in sorted(places, key=lambda each: each.path):
        first = min(places[target])
        found = findings.on(*places[target])
        yield Edge(
            nodes[module].id,
            nodes[target].id,
            "imports",
            first.path,
            first.span[0],
            light=target not in running,
            findings=found,
        )


# --- injection -----------------------------------------------------------------------------------------------------


def injection(examined: Examined) -> Graph:
    """Return the way from each endpoint over aliases and providers to app.state, to the lifespan, to the release."""
    program = examined.loaded.program
    drawing = _Drawing(_Findings(examined.report.findings))
    seen: dict[Provider, None] = {}
    pending: list[Provider] = []
    for endpoint in program.injection.endpoints:
        function = endpoint.function
        if function.module.is_test:
            continue
        label = f"{endpoint.method.upper()} {function.symbol}"
        node = drawing.defined(Kind.ENDPOINT, label, function.place)
        uses = (*program.injection.uses_of_function.get(function, ()), *program.injection.always_injected(endpoint))
        for use in uses:
            pending += _used(drawing, node, use)
    while pending:
        provider = pending.pop()
        if provider not in seen:
            seen[provider] = None
            for use in program.injection.uses_in(provider):
                pending += _used(drawing, _provider(drawing, provider), use)
    _state(program, drawing, seen)
    return drawing.graph("injection", "Injection, from endpoint to release")


def _used(drawing: _Drawing, user: str, use: Use) -> Iterator[Provider]:
    """Draw that something depends on a provider, by its alias where it has one; yield the provider."""
    provider = use.injection.provider
    if provider is None:
        return
    target = _provider(drawing, provider)
    if use.alias is None:
        drawing.edge(user, target, "depends on", use.place)
    else:
        alias = use.alias
        place = alias.place
        node = drawing.node(
            Kind.ALIAS, f"{alias.module.name}.{alias.name}", alias.name, place, drawing.findings.on(place)
        )
        drawing.edge(user, node, "takes", use.place)
        drawing.edge(node, target, "stands for", place)
    yield provider


def _provider(drawing: _Drawing, provider: Provider) -> str:
    place = provider.place
    if place is not None:
        return drawing.defined(Kind.PROVIDER, provider.name, place)
    match provider.target:
        case str(name):
            return drawing.node(Kind.PROVIDER, name, name, None)
        case LambdaValue(node=node, scope=scope):
            at = scope.module.place(node)
            return drawing.node(Kind.PROVIDER, f"{at.path}:{at.span}", "lambda", at, drawing.findings.on(at))
    raise AssertionError(provider.target)


def _state(program: Program, drawing: _Drawing, providers: Iterable[Provider]) -> None:
    reads = _by_function(a for a in program.stores.of("state", "read") if not a.module.is_test)
    keys: set[str] = set()
    for provider in providers:
        function = provider.function
        if function is None:
            continue
        for access in _accesses(program, function, reads):
            if access.key:
                keys.add(access.key)
                node = drawing.node(Kind.STATE_KEY, access.key, f"app.state.{access.key}", None)
                drawing.edge(_provider(drawing, provider), node, "reads", access.place)
    releases = program.releases.in_visits(program.releases.visits(program.lifespan_roots))
    for access in program.stores.of("state", "write"):
        if access.key and not access.module.is_test:
            key = drawing.node(Kind.STATE_KEY, access.key, f"app.state.{access.key}", None)
            _written(program, drawing, access, key, releases)


def _by_function(accesses: Iterable[Access]) -> dict[FunctionScope, list[Access]]:
    """Return the accesses of each function, those of what is nested in it too."""
    found: dict[FunctionScope, list[Access]] = defaultdict(list)
    for access in accesses:
        for function in enclosing(access.function):
            found[function].append(access)
    return found


def _accesses(
    program: Program, function: FunctionScope, by_function: Mapping[FunctionScope, list[Access]]
) -> Iterator[Access]:
    """Yield the accesses of a function and of what it calls, two calls deep."""
    seen = {function}
    level = [function]
    for _ in range(3):
        for each in level:
            yield from by_function.get(each, ())
        level = [f for each in level for f in program.lifespans.called_by(each) if f not in seen]
        seen.update(level)


def _written(program: Program, drawing: _Drawing, access: Access, key: str, releases: Iterable[Release]) -> None:
    """Draw the line that sets a key, and what releases that which it sets."""
    place = access.place
    function = access.function
    label = f"{function.symbol if function else access.module.name}, line {place.span[0]}"
    node = drawing.node(Kind.WRITE, f"{place.path}:{place.span[0]}", label, place, drawing.findings.on(place))
    drawing.edge(key, node, "is set by", place)
    if access.value is None:
        return
    made = program.origins.of(access.value.node, access.value.scope)
    for release in releases:
        if any(release.of(site.call) for site in made):
            at = release.scope.module.place(release.node)
            label = f"{_called(release.node) or 'with'}, line {at.span[0]}"
            target = drawing.node(Kind.RELEASE, f"{at.path}:{at.span[0]}", label, at, drawing.findings.on(at))
            drawing.edge(node, target, "is released by", at)


def _called(node: code.Node) -> str:
    """Return what a release calls, as it is written; "" for a with statement."""
    while isinstance(node, code.Await):
        node = node.value
    match node:
        case code.Call(
            function=code.Attribute(value=code.Subscript(value=base, key=code.Constant(value=key)), name=name)
        ):
            return f"{code.dotted(base)}[{json.dumps(key, default=str)}].{name}"
        case code.Call(function=code.Attribute(name=name) as function):
            return code.dotted(function) or name
        case code.Call(function=function):
            return code.dotted(function)
    return ""


# --- the worker ----------------------------------------------------------------------------------------------------


def worker(examined: Examined) -> Graph:
    """Return the way from each call that enqueues over the task to arq's ctx, to the start-up, to the release."""
    program = examined.loaded.program
    drawing = _Drawing(_Findings(examined.report.findings))
    settings = [each for each in program.queue.settings if not each.module.is_test]
    named: dict[str, list[str]] = defaultdict(list)
    reads = _by_function(a for a in program.stores.of("context", "read", "asked") if not a.module.is_test)
    for each in settings:
        place = each.place
        owner = drawing.node(
            Kind.WORKER, f"{place.path}:{place.span[0]}", each.name, place, drawing.findings.on(each.place)
        )
        for registration in each.registrations:
            function = registration.function
            if function is None:
                continue
            task = drawing.defined(Kind.TASK, function.symbol, function.place)
            drawing.edge(owner, task, "registers", registration.place)
            if registration.name:
                named[registration.name].append(task)
            for access in _accesses(program, function, reads):
                if access.key:
                    key = drawing.node(Kind.CONTEXT_KEY, access.key, f'ctx["{access.key}"]', None)
                    drawing.edge(task, key, "reads", access.place)
                    if access.key in ARQ_KEYS:
                        arq = drawing.node(Kind.WRITE, "arq", "arq itself", None)
                        drawing.edge(key, arq, "is set by", access.place)
        roots = [f for hook in ("on_startup", "on_shutdown") for f in each.hooks.get(hook, ())]
        releases = program.releases.in_visits(program.releases.visits(roots))
        for access in program.stores.of("context", "write"):
            if access.key and not access.module.is_test and each in (c.settings for c in program.contexts.of(access)):
                key = drawing.node(Kind.CONTEXT_KEY, access.key, f'ctx["{access.key}"]', None)
                _written(program, drawing, access, key, releases)
    for enqueue in program.queue.enqueues:
        if enqueue.module.is_test:
            continue
        place = enqueue.place
        label = f"{place.symbol or place.module}, line {place.span[0]}"
        node = drawing.node(Kind.ENQUEUE, f"{place.path}:{place.span[0]}", label, place, drawing.findings.on(place))
        for name in enqueue.names:
            for task in named.get(name, ()):
                drawing.edge(node, task, "enqueues", place)
    return drawing.graph("worker", "Worker, from enqueue to release")
