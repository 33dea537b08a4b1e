"""The contract pack: what import-linter can hold of the rules about imports, made for one target.

Each contract says for some modules which others they must not import. The pairs come from the rules themselves, so that
contracts and `conformance check` agree; what the check accepts, such as an import that is suppressed, stands in
`ignore_imports`. Modules are named literally, a package where all that it holds is meant.

`layers` and `independence` follow indirect imports, too, and the rules do not: these types are used where the target
shows no difference, and `forbidden` without indirect imports where it does. Neither import-linter nor the target is
imported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from conformance.check import judge, with_recorded
from conformance.program.imports import import_graph
from conformance.results import FindingStatus, RuleStatus, Severity
from conformance.rules.injection.route_imports_deps_submodule import facade_before
from conformance.rules.layers.component_independence import is_foreign
from conformance.rules.layers.framework_free_services import FRAMEWORKS
from conformance.rules.layers.inward_dependencies import INNER, role_outside
from conformance.rules.layers.route_imports import forbidden_role
from conformance.rules.worker.task_dependency_outside_ctx import forbidden_role as forbidden_to_tasks
from conformance.version import VERSION

if TYPE_CHECKING:
    import grimp

    from conformance.check import Loaded
    from conformance.program import ModuleScope, Program
    from conformance.results import Report
    from conformance.selection import Chosen

__all__ = ["RULES", "TYPES", "Contract", "Pack", "Pairs", "descendants", "judged", "made"]

Pair: TypeAlias = tuple[str, str]
Pairs: TypeAlias = Mapping[str, frozenset[str]]
"""For each importer what it must not import."""


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract.

    Attributes:
        id: what `lint-imports --contract` calls it.
        title: what the report calls it.
        type: import-linter's word for its kind.
        rule: the rule that finds the same; "" where there is none.
        lists: the options that are lists, in their order.
        flags: the options that are true or false, where they are not what they are by default.
        accepted: the imports that it passes over, each with the reason.
        guidance: what import-linter prints where it is broken.
    """

    id: str
    title: str
    type: str
    rule: str = ""
    lists: tuple[tuple[str, tuple[str, ...]], ...] = ()
    flags: tuple[tuple[str, bool], ...] = ()
    accepted: tuple[tuple[Pair, str], ...] = ()
    guidance: str = ""


@dataclass(frozen=True, slots=True)
class Pack:
    """The contracts of a target.

    Attributes:
        version: what made them.
        packages: the root packages.
        source_roots: the folders that hold these, relative to the target's root.
        modules: all modules that import-linter sees, tests in the packages too.
        unseen: the folders that it passes over, since they have no `__init__.py` and lie in one that has it.
        contracts: those of types that import-linter has.
        typed: those of types that this package has.
        imports: what each module imports, other distributions by their top-level name.
    """

    version: str
    packages: tuple[str, ...]
    source_roots: tuple[str, ...]
    modules: frozenset[str]
    unseen: tuple[str, ...]
    contracts: tuple[Contract, ...]
    typed: tuple[Contract, ...]
    imports: Pairs

    @property
    def names_libraries(self) -> bool:
        """Whether a contract speaks of other distributions."""
        return any(c.rule == "LY403" for c in self.contracts)


@dataclass(frozen=True, slots=True)
class ImportRule:
    """A rule about imports, as a question about two modules."""

    id: str
    contract: str
    title: str
    roles: tuple[str, ...]
    forbids: Callable[[Program, ModuleScope, ModuleScope], bool]


def _is_behind_deps(program: Program, importer: ModuleScope, module: ModuleScope) -> bool:
    return bool(facade_before(program, importer, module))


def _is_outside(program: Program, importer: ModuleScope, module: ModuleScope) -> bool:
    return not program.is_migration(importer) and bool(role_outside(program, importer, module))


def _is_none_of_routes(program: Program, importer: ModuleScope, module: ModuleScope) -> bool:
    return bool(forbidden_role(program, importer, module))


def _is_none_of_tasks(program: Program, importer: ModuleScope, module: ModuleScope) -> bool:
    return bool(forbidden_to_tasks(program, importer, module))


IMPORT_RULES: Final = (
    ImportRule("LY401", "components", "Components do not know each other", ("components",), is_foreign),
    ImportRule("LY402", "layers", "Imports lead inward", INNER, _is_outside),
    ImportRule(
        "LY406", "routes", "Routes know neither lifespan, worker nor configuration", ("routes",), _is_none_of_routes
    ),
    ImportRule("DI111", "deps", "Routes import deps through its package alone", ("routes",), _is_behind_deps),
    ImportRule("WK304", "tasks", "Tasks know no injection, lifespan and worker", ("tasks",), _is_none_of_tasks),
)
FREE: Final = "LY403"
TYPES: Final[Mapping[str, str]] = {
    "deps_facade": "DepsFacade",
    "state_writer": "StateWriter",
    "ctx_writer": "ContextWriter",
    "conformance_rules": "Rules",
}
"""The contract types of this package, each with its class."""
_TYPED: Final = (
    ("DI111", "facade", "deps_facade", "Routes import from deps, never from behind it"),
    ("DI108", "state", "state_writer", "The lifespan alone writes app.state"),
    ("WK301", "context", "ctx_writer", "The worker alone writes arq's context"),
)
RULES: Final = tuple(sorted({*(rule.id for rule in IMPORT_RULES), FREE, *(rule for rule, *_ in _TYPED)}))
"""The rules that the pack stands for."""
_FROM_DEPS: Final = "Take what the lifespan makes from an alias of deps."
_BY_NAME: Final = "Enqueue a job by its name; move what both need to a service or to core."


def judged(loaded: Loaded, chosen: Chosen) -> Report:
    """Return what the rules of the pack find, of those that are chosen."""
    rules = tuple(rule for rule in chosen.rules if rule.id in RULES)
    return with_recorded(judge(loaded, replace(chosen, rules=rules, ignored=())), loaded.target, loaded.config)


def made(loaded: Loaded, report: Report) -> Pack:
    """Return the pack for a target.

    Args:
        loaded: the target, linked.
        report: what the rules of the pack find in it.
    """
    maker = _Maker(loaded, report)
    contracts = tuple(maker.contracts())
    tops = {
        item.partition(".")[0]
        for c in contracts
        for _, items in c.lists
        for layer in items
        for item in layer.split(" : ")
    }
    packages = tuple(top for top in maker.packages if top in tops) or maker.packages
    seen = {name: module for name, module in maker.seen.items() if name.partition(".")[0] in packages}
    return Pack(
        version=VERSION,
        packages=packages,
        source_roots=tuple(sorted({m.source_root for m in seen.values()})),
        modules=frozenset(seen),
        unseen=tuple(name for name in maker.unseen if name.partition(".")[0] in packages),
        contracts=contracts,
        typed=tuple(maker.typed(packages)),
        imports={name: frozenset({*maker.edges[name], *maker.libraries[name]}) for name in seen},
    )


def descendants(name: str, modules: Iterable[str]) -> set[str]:
    """Return a module with all below it."""
    return {m for m in modules if m == name or m.startswith(f"{name}.")}


# --- what import-linter sees ---------------------------------------------------------------------------------------


def _seen(program: Program) -> dict[str, ModuleScope]:
    """Return the modules that import-linter finds: below a folder with `__init__.py` each folder has to have one."""
    packages = {m.name for m in program.modules if m.is_package}
    found: dict[str, ModuleScope] = {}
    for module in program.modules:
        parts = module.name.split(".")
        parents = [".".join(parts[: end + 1]) for end in range(len(parts) - (0 if module.is_package else 1))]
        held = [parent in packages for parent in parents]
        started = held.index(True) if True in held else len(held)
        if parents and all(held[started:]) and all(part.isidentifier() for part in parts):
            found.setdefault(module.name, module)
    tops = {name.partition(".")[0] for name, module in found.items() if not module.is_test}
    return {name: module for name, module in found.items() if name.partition(".")[0] in tops}


def _passed_over(program: Program, name: str) -> str:
    """Return the outermost folder for which import-linter does not see a module; the module where it is not that."""
    packages = {m.name for m in program.modules if m.is_package}
    parts = name.split(".")
    above = [".".join(parts[:end]) for end in range(1, len(parts))]
    started = next((n for n, parent in enumerate(above) if parent in packages), len(above))
    return next((parent for parent in above[started:] if parent not in packages), name)


@dataclass(frozen=True, slots=True)
class _Named:
    """Modules as a contract names them.

    Attributes:
        whole: packages all of which is meant, and modules that hold nothing: they can be given as packages.
        partly: packages of which not everything is meant, but their `__init__` is.
        every: each module by its name.
    """

    whole: tuple[str, ...]
    partly: tuple[str, ...]
    every: tuple[str, ...]


def _is_meant(module: str, items: tuple[str, ...], packages: bool) -> bool:
    return any(module == item or (packages and module.startswith(f"{item}.")) for item in items)


def _overlap(first: Iterable[str], second: Iterable[str]) -> bool:
    """Whether an item is another one's, or lies in it."""
    others = set(second)
    return any(
        a == b or a.startswith(f"{b}.") or b.startswith(f"{a}.")
        for a in first
        for b in others
        if a.partition(".")[0] == b.partition(".")[0]
    )


# --- making --------------------------------------------------------------------------------------------------------


class _Maker:
    """Makes the contracts of one target."""

    def __init__(self, loaded: Loaded, report: Report) -> None:
        self.program = loaded.program
        self.report = report
        self.seen = _seen(loaded.program)
        unseen = {m.name for m in loaded.program.target_modules} - self.seen.keys()
        self.unseen = tuple(sorted({_passed_over(loaded.program, name) for name in unseen}))
        self.packages = tuple(sorted({name.partition(".")[0] for name in self.seen}))
        self.sizes = _sizes(self.seen)
        self.edges: dict[str, dict[str, set[int]]] = {name: {} for name in self.seen}
        self.libraries: dict[str, dict[str, set[int]]] = {name: {} for name in self.seen}
        for name, module in self.seen.items():
            for edge in loaded.program.imports[module]:
                line = edge.statement.span[0]
                if edge.module is None:
                    self.libraries[name].setdefault(edge.qualified.partition(".")[0], set()).add(line)
                elif edge.module is not module and edge.module.name in self.seen:
                    self.edges[name].setdefault(edge.module.name, set()).add(line)
        self.lines: dict[str, dict[tuple[str, int], tuple[FindingStatus, str]]] = {}
        for finding in report.findings:
            if finding.severity is Severity.ERROR:
                kept = self.lines.setdefault(finding.rule, {})
                kept[finding.path, finding.line] = (finding.status, finding.reason)
        self.reported: set[Pair] = set()
        self.applied = {r.rule for r in report.rules if r.status is not RuleStatus.NOT_APPLICABLE}

    def contracts(self) -> Iterator[Contract]:
        """Yield the contracts of types that import-linter has."""
        for rule in IMPORT_RULES:
            if rule.id in self.applied:
                yield from self._of_rule(rule)
        if FREE in self.applied:
            yield from self._free_services()
        protected = (
            ("lifespan", "The lifespan is started by the application alone", ("lifespan",), _FROM_DEPS),
            ("worker", "The worker is started by itself: jobs are enqueued by name", ("worker", "tasks"), _BY_NAME),
        )
        for name, title, roles, guidance in protected:
            yield from self._protected(name, title, roles, guidance)
        yield from self._acyclic()

    def typed(self, packages: tuple[str, ...]) -> Iterator[Contract]:
        """Yield the contracts of types that this package has."""
        own = ("packages", packages)
        for rule, name, kind, title in _TYPED:
            if rule in self.applied:
                yield Contract(name, f"{title} ({rule})", kind, rule, (own,))
        others = sorted(self.applied & {FREE, *(rule.id for rule in IMPORT_RULES)} - {"DI111"})
        if others:
            lists = (own, ("rules", tuple(others)))
            yield Contract("rules", "What part one cannot say of the imports", "conformance_rules", "", lists)

    # --- a rule ----------------------------------------------------------------------------------------------------

    def _of_rule(self, rule: ImportRule) -> Iterator[Contract]:
        pairs = self._pairs(rule)
        if not pairs:
            return
        accepted = self._accepted(rule.id, pairs)
        together = {"LY401": self._independent, "LY402": self._layered}.get(rule.id)
        one = together(rule, pairs, accepted) if together else None
        if one is not None:
            yield one
            return
        groups: dict[frozenset[str], list[str]] = {}
        for importer, forbidden in pairs.items():
            groups.setdefault(forbidden, []).append(importer)
        labels = Counter(self._label(rule, importers) for importers in groups.values())
        used: Counter[str] = Counter()
        for forbidden, importers in groups.items():
            label = self._label(rule, importers)
            used[label] += 1
            suffix = f"{label}-{used[label]}" if labels[label] > 1 else label
            own = tuple(((a, b), why) for (a, b), why in accepted if a in importers)
            name = f"{rule.contract}-{suffix.replace(', ', '-')}" if len(groups) > 1 else rule.contract
            title = f"{rule.title}: {suffix}" if len(groups) > 1 else rule.title
            yield from self._forbidden(name, title, rule.id, importers, forbidden, own)

    def _pairs(self, rule: ImportRule) -> dict[str, frozenset[str]]:
        """Return for each importer that the rule looks at the modules that it forbids."""
        found: dict[str, frozenset[str]] = {}
        others = [(name, module) for name, module in self.seen.items() if not module.is_test]
        for name, importer in others:
            if importer.has_role(*rule.roles):
                forbidden = frozenset(n for n, m in others if rule.forbids(self.program, importer, m))
                if forbidden - {name}:
                    found[name] = forbidden
        return found

    def _label(self, rule: ImportRule, importers: list[str]) -> str:
        """Return what a group of importers is called: their component, else their roles."""
        modules = [self.seen[name] for name in importers]
        if rule.id == "LY401":
            return self.program.component(modules[0]).rpartition(".")[2]
        if rule.id == "LY402":
            return ", ".join(dict.fromkeys(next(r for r in INNER if m.has_role(r)) for m in modules))
        component = {self.program.component(m) for m in modules}
        return component.pop().rpartition(".")[2] or rule.contract if len(component) == 1 else rule.contract

    def _status(self, rule: str, importer: str, lines: Iterable[int]) -> tuple[FindingStatus | None, str]:
        """Return what the check says of the imports on some lines: a new finding outweighs others."""
        found = self.lines.get(rule, {})
        said = [found[at] for line in lines if (at := (self.seen[importer].path, line)) in found]
        said.sort(key=lambda one: one[0] is not FindingStatus.NEW)
        return said[0] if said else (None, "")

    def _accepted(self, rule: str, pairs: Pairs) -> tuple[tuple[Pair, str], ...]:
        """Return the forbidden imports that the check does not report, each with the reason, and note the others."""
        found: list[tuple[Pair, str]] = []
        for importer, forbidden in pairs.items():
            for imported, lines in self.edges[importer].items():
                if imported in forbidden:
                    status, reason = self._status(rule, importer, lines)
                    if status is FindingStatus.NEW:
                        self.reported.add((importer, imported))
                    else:
                        found.append(((importer, imported), _why(rule, status, reason)))
        return tuple(sorted(found))

    def _named(self, modules: Iterable[str]) -> _Named:
        every = sorted(modules)
        counts = _sizes(every)
        whole: list[str] = []
        partly: list[str] = []
        for name in every:
            if whole and name.startswith(f"{whole[-1]}."):
                continue
            (whole if counts[name] == self.sizes[name] else partly).append(name)
        return _Named(tuple(whole), tuple(partly), tuple(every))

    def _forbidden(
        self,
        name: str,
        title: str,
        rule: str,
        importers: Iterable[str],
        forbidden: Iterable[str],
        accepted: tuple[tuple[Pair, str], ...],
    ) -> Iterator[Contract]:
        """Yield contracts about direct imports: of packages as far as these mean no more, and of single modules."""
        sources, others = self._named(importers), self._named(forbidden)
        parts: list[tuple[tuple[str, ...], tuple[str, ...], bool]]
        if _overlap(sources.whole, others.whole):
            parts = [(sources.every, others.every, False)]
        else:
            inner = tuple(m for m in sources.every if m not in sources.partly)
            parts = [
                (sources.whole, others.whole, True),
                (sources.partly, others.every, False),
                (inner, others.partly, False),
            ]
        parts = [part for part in parts if part[0] and part[1]]
        for number, (left, right, packages) in enumerate(parts):
            meant = {(a, b) for (a, b), _ in accepted if _is_meant(a, left, packages) and _is_meant(b, right, packages)}
            yield Contract(
                id=f"{name}-modules" + (f"-{number}" if number > 1 else "") if number else name,
                title=f"{title}: single modules ({rule})" if number else f"{title} ({rule})",
                type="forbidden",
                rule=rule,
                lists=(("source_modules", left), ("forbidden_modules", right)),
                flags=(("allow_indirect_imports", True), *((("as_packages", False),) if not packages else ())),
                accepted=tuple((pair, why) for pair, why in accepted if pair in meant),
                guidance=f"`conformance rule {rule}` says why, and what to write instead.",
            )

    # --- what a type of import-linter says as a whole --------------------------------------------------------------

    def _graph(self, accepted: Iterable[tuple[Pair, str]]) -> grimp.ImportGraph:
        """Return the imports that import-linter sees, without those that are accepted."""
        graph = import_graph({module: self.program.imports[module] for module in self.seen.values()})
        for (importer, imported), _ in accepted:
            graph.remove_import(importer=importer, imported=imported)
        return graph

    def _independent(self, rule: ImportRule, pairs: Pairs, accepted: tuple[tuple[Pair, str], ...]) -> Contract | None:
        """Return one contract about all components; None where it would report what the rule does not."""
        components = sorted({self.program.component(self.seen[importer]) for importer in pairs})
        inside = {name: component for component in components for name in descendants(component, self.seen)}
        if len(components) < 2 or _overlap(components[:1], components[1:]) or not set(components) <= self.seen.keys():
            return None
        if any(self.program.component(self.seen[name]) != component for name, component in inside.items()):
            return None  # tests in a component, or modules that were given another one
        gateways = {name for name, module in self.seen.items() if module.has_role("gateways")}
        through = [
            ((importer, imported), "a gateway")
            for importer, edges in self.edges.items()
            for imported in edges
            if imported in gateways and imported in inside and inside.get(importer) != inside[imported]
        ]
        every = tuple(sorted({**dict(accepted), **dict(through)}.items()))
        illegal = self._graph(every).find_illegal_dependencies_for_layers(layers=(set(components),))
        if any(route.middle for dependency in illegal for route in dependency.routes):
            return None
        return Contract(
            id=rule.contract,
            title=f"{rule.title} ({rule.id})",
            type="independence",
            rule=rule.id,
            lists=(("modules", tuple(components)),),
            accepted=every,
            guidance=f"`conformance rule {rule.id}` says why, and what to write instead.",
        )

    def _layered(self, rule: ImportRule, pairs: Pairs, accepted: tuple[tuple[Pair, str], ...]) -> Contract | None:
        """Return one contract about all layers; None where it would report what the rule does not."""
        services = {name for name in pairs if self.seen[name].has_role("services")}
        inner = pairs.keys() - services
        outer = frozenset().union(*pairs.values()) - services
        layers = [self._named(group) for group in (outer, services, inner) if group]
        if any(pairs[name] != outer for name in services) or any(pairs[name] != outer | services for name in inner):
            return None
        if len(layers) < 2 or any(layer.partly for layer in layers):
            return None
        import grimp  # noqa: PLC0415 - only for this

        items = [item for layer in layers for item in layer.whole]
        if any(_overlap([item], set(items) - {item}) for item in items):
            return None
        illegal = self._graph(accepted).find_illegal_dependencies_for_layers(
            layers=tuple(grimp.Layer(*layer.whole, independent=False) for layer in layers)
        )
        if any(route.middle for dependency in illegal for route in dependency.routes):
            return None
        return Contract(
            id=rule.contract,
            title=f"{rule.title} ({rule.id})",
            type="layers",
            rule=rule.id,
            lists=(("layers", tuple(" : ".join(layer.whole) for layer in layers)),),
            accepted=accepted,
            guidance=f"`conformance rule {rule.id}` says why, and what to write instead.",
        )

    # --- services --------------------------------------------------------------------------------------------------

    def _free_services(self) -> Iterator[Contract]:
        services = [n for n, m in self.seen.items() if m.has_role("services") and not m.is_test]
        if not services:
            return
        accepted: list[tuple[Pair, str]] = []
        for importer in services:
            for library, lines in self.libraries[importer].items():
                status, reason = self._status(FREE, importer, lines)
                if library in FRAMEWORKS and status is not FindingStatus.NEW:
                    accepted.append(((importer, library), _why(FREE, status, reason)))
        yield from self._forbidden(
            "services", "Services know no framework", FREE, services, FRAMEWORKS, tuple(sorted(accepted))
        )

    def _acyclic(self) -> Iterator[Contract]:
        """Yield a contract about the packages of services; the cycles of today stand in it as accepted."""
        services = {n for n, m in self.seen.items() if m.has_role("services") and m.is_package and not m.is_test}
        tops = sorted(n for n in services if not any(n.startswith(f"{other}.") for other in services))
        tops = [top for top in tops if self.sizes[top] > 2]
        if not tops:
            return
        graph = self._graph(())
        accepted: list[tuple[Pair, str]] = []
        pending = list(tops)
        while pending:
            package = pending.pop()
            children = sorted(graph.find_children(package))
            pending += children
            breakers = graph.nominate_cycle_breakers(package) if len(children) > 1 else set()
            for importer, imported in sorted(breakers):
                graph.remove_import(importer=importer, imported=imported)
                accepted.append(((importer, imported), "a cycle of today"))
        yield Contract(
            id="cycles",
            title="Services have no cycles",
            type="acyclic_siblings",
            lists=(("ancestors", tuple(tops)),),
            accepted=tuple(sorted(accepted)),
            guidance="Move what two services need to a third one.",
        )

    def _protected(self, name: str, title: str, roles: tuple[str, ...], guidance: str) -> Iterator[Contract]:
        """Yield a contract about who may import some modules: who does today, but for those that the check reports."""
        protected = {n for n, m in self.seen.items() if m.has_role(*roles) and not m.is_test}
        if not protected:
            return
        inner = self._named(protected)
        allowed = {
            importer
            for importer, edges in self.edges.items()
            for imported in edges
            if imported in protected
            and (importer, imported) not in self.reported
            and not any({importer, imported} <= descendants(item, (importer, imported)) for item in inner.whole)
        }
        importers = self._named(allowed or protected)
        packages = not inner.partly and not importers.partly
        yield Contract(
            id=name,
            title=title,
            type="protected",
            lists=(
                ("protected_modules", inner.whole if packages else inner.every),
                ("allowed_importers", importers.whole if packages else tuple(sorted(allowed | protected))),
            ),
            flags=() if packages else (("as_packages", False),),
            guidance=guidance,
        )


def _sizes(modules: Iterable[str]) -> Counter[str]:
    """Return of each package how many modules it holds, itself included."""
    found: Counter[str] = Counter()
    for name in modules:
        parts = name.split(".")
        found.update(".".join(parts[: end + 1]) for end in range(len(parts)))
    return found


def _why(rule: str, status: FindingStatus | None, reason: str) -> str:
    """Return why the check does not report an import that the contract forbids."""
    match status:
        case None:
            return f"sanctioned by {rule}"
        case FindingStatus.BASELINED:
            return "in the record of findings"
        case _:
            return f"suppressed: {' '.join(reason.split())}" if reason else "suppressed"
