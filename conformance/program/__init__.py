"""The facts of all files linked to one program: what the rules ask their questions of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

from conformance.config import Config, Profile
from conformance.facts import code
from conformance.program import catalogue
from conformance.program.contexts import WorkerContexts
from conformance.program.dynamic import NamedModules
from conformance.program.environment import Environment
from conformance.program.fixtures import Fixtures, offers_fixtures
from conformance.program.flow import Flow
from conformance.program.imports import ImportEdge, import_graph, imports_of
from conformance.program.inference import Inference
from conformance.program.injection import Alias, DependencyInjection, Endpoint, Injection, Provider, Use
from conformance.program.lifespans import Application, Lifespans, Starter
from conformance.program.origins import Origins
from conformance.program.overrides import OverrideWrite, find_overrides
from conformance.program.patches import Patch, find_patches
from conformance.program.queue import Queue, Registration, WorkerSettings
from conformance.program.reaches import Reach, reaches_of
from conformance.program.releases import Releases
from conformance.program.resources import Construction, Resources
from conformance.program.roles import assign_roles, component_of, configured_component
from conformance.program.scopes import (
    ClassScope,
    FunctionScope,
    ImportBinding,
    ModuleScope,
    Scope,
    build_module,
    scopes_of,
)
from conformance.program.startup import startups
from conformance.program.stores import Access, Stores
from conformance.program.usage import Usage

if TYPE_CHECKING:
    import grimp

    from conformance.discovery import SourceFile
    from conformance.facts.code import ModuleCode

__all__ = [
    "Access", "Alias", "Application", "ClassScope", "Construction", "DependencyInjection", "Endpoint",
    "FunctionScope", "ImportEdge", "Inference", "Injection", "Lifespans", "ModuleScope", "Program", "Provider", "Queue",
    "Reach", "Registration", "Scope", "Starter", "Stores", "Use", "WorkerSettings", "component_of", "link", "scopes_of",
]  # fmt: skip


class Program:
    """A target, linked.

    Attributes:
        modules: all modules, sorted by name and path; tests included.
        config: the target's configuration.
        names: resolves names, expressions and annotations.
        fixtures: pytest's fixtures.
        injection: `Depends`, providers, aliases, endpoints, routers.
        queue: arq's settings, tasks and hooks.
        lifespans: the applications, their lifespans and event handlers.
        stores: each read and write of app.state and of arq's context.
        unmatched: configured role patterns that matched no module.
    """

    def __init__(self, modules: Iterable[ModuleScope], config: Config) -> None:
        self.config = config
        self.modules: tuple[ModuleScope, ...] = tuple(sorted(modules, key=lambda m: (m.name, m.path)))
        self.names = Inference(self.modules, constructors=config.resources)
        self.fixtures = Fixtures(self.names)
        self.names.fixture_of = self.fixtures.function_named
        self.queue = Queue(self.names)
        self.stores = Stores(self.names)
        self.names.entries = self.stores.entry_values()
        self.names.forget()
        self.injection = DependencyInjection(self.names)
        self.lifespans = Lifespans(self.names)
        self.unmatched: tuple[str, ...] = tuple(assign_roles(self, config))
        self._patches: dict[ModuleScope, tuple[Patch, ...]] = {}
        self._reaches: dict[ModuleScope, tuple[Reach, ...]] = {}
        self._override_writes: dict[ModuleScope, dict[Scope, tuple[OverrideWrite, ...]]] = {}

    @property
    def is_aegis(self) -> bool:
        """Whether the profile allows what Integration Patterns prescribes and PRD-012 forbids."""
        return self.config.profile is Profile.AEGIS

    @property
    def target_modules(self) -> Iterator[ModuleScope]:
        """The modules that are no tests."""
        return (m for m in self.modules if not m.is_test)

    def with_role(self, *roles: str) -> Iterator[ModuleScope]:
        """Yield the modules that hold one of the roles."""
        return (m for m in self.modules if m.has_role(*roles))

    def has_role(self, role: str) -> bool:
        """Return whether any module holds the role."""
        return any(m.has_role(role) for m in self.modules)

    @cached_property
    def names_in_deps(self) -> frozenset[str]:
        """The last names of the modules that have the role deps."""
        return frozenset(m.name.rpartition(".")[2] for m in self.with_role("deps"))

    @cached_property
    def imports(self) -> dict[ModuleScope, tuple[ImportEdge, ...]]:
        """The imports of each module."""
        return {module: tuple(imports_of(module, self.names)) for module in self.modules}

    def reaches(self, module: ModuleScope) -> tuple[Reach, ...]:
        """Return all ways on which a module reaches others of the target."""
        return tuple(r for r in self.every_reach(module) if not r.covered)

    def every_reach(self, module: ModuleScope) -> tuple[Reach, ...]:
        """Return all of them, with the paths of attributes into modules that are imported anyway."""
        if module not in self._reaches:
            named = self.named_modules.of(module)
            self._reaches[module] = tuple(reaches_of(module, self.imports[module], named, self.names))
        return self._reaches[module]

    def patches(self, module: ModuleScope) -> tuple[Patch, ...]:
        """Return the calls in a module that patch something."""
        if module not in self._patches:
            self._patches[module] = tuple(find_patches(self, module))
        return self._patches[module]

    def overrides_by_scope(self, module: ModuleScope) -> Mapping[Scope, tuple[OverrideWrite, ...]]:
        """Return the writes of `app.dependency_overrides` in a module, by the scope in which each stands, in order."""
        if module not in self._override_writes:
            found: dict[Scope, tuple[OverrideWrite, ...]] = {}
            for scope, writes in groupby(find_overrides(self, module), lambda write: write.scope):
                found[scope] = tuple(writes)
            self._override_writes[module] = found
        return self._override_writes[module]

    def component(self, module: ModuleScope) -> str:
        """Return the component that a module belongs to; "" for none."""
        if not module.has_role("components"):
            return ""
        return configured_component(module.name, self.config) or component_of(module.name) or module.name

    @cached_property
    def named_modules(self) -> NamedModules:
        """Which modules a module names without an import."""
        return NamedModules(self.names)

    @cached_property
    def import_graph(self) -> grimp.ImportGraph:
        """The imports between the target's modules, as grimp's graph."""
        return import_graph({m: e for m, e in self.imports.items() if not m.is_test})

    @cached_property
    def lifespan_functions(self) -> frozenset[FunctionScope]:
        """The lifespan functions, or the event handlers that stand in for them, and what they call."""
        return frozenset(self.lifespans.reached(self.lifespan_roots))

    @cached_property
    def lifespan_roots(self) -> tuple[FunctionScope, ...]:
        """The lifespan functions; where there are none, those of a module with that role; else the event handlers."""
        roots = [f for f in self.lifespans.functions if not f.module.is_test]
        if not roots:
            roots = [
                f
                for m in self.modules
                if m.has_role("lifespan")
                for f in m.functions
                if f.node.is_generator and isinstance(f.parent, ModuleScope)
            ]
        if not roots:
            roots = [s.function for s in self.lifespans.handlers if not s.function.module.is_test]
        return tuple(dict.fromkeys(roots))

    @cached_property
    def origins(self) -> Origins:
        """Which calls made the object that an expression stands for."""
        return Origins(self.names)

    @cached_property
    def resources(self) -> Resources:
        """Which calls construct a resource, and what is known of what they make."""
        return Resources(self.names, self.origins, self.config.resources)

    @cached_property
    def contexts(self) -> WorkerContexts:
        """What each of arq's settings puts into its context, and which functions are given that."""
        return WorkerContexts(self.names, self.queue, self.stores, self.origins, self.lifespans.reached)

    @cached_property
    def startups(self) -> dict[FunctionScope, str]:
        """The functions that start or stop a part of the target, each with what it is."""
        return startups(self)

    @cached_property
    def environment(self) -> Environment:
        """Where the environment of the process is read."""
        return Environment(self.names)

    @cached_property
    def flow(self) -> Flow:
        """Whether control gets past statements."""
        return Flow(self.names)

    @cached_property
    def releases(self) -> Releases:
        """What functions create and what they release."""
        return Releases(self.names, self.origins, self.resources)

    @cached_property
    def usage(self) -> Usage:
        """What becomes of values."""
        return Usage(self)

    def is_settings_class(self, cls: ClassScope) -> bool:
        """Return whether a class inherits from pydantic's BaseSettings."""
        return self.names.is_a(cls, "pydantic_settings.BaseSettings")

    def is_cached(self, function: FunctionScope) -> bool:
        """Return whether `lru_cache` or `cache` stands around a function."""
        for decorator in function.node.decorators:
            node = decorator.function if isinstance(decorator, code.Call) else decorator
            if any(name in catalogue.CACHES for name in self.names.externals(node, function.parent)):
                return True
        return False

    @staticmethod
    def is_migration(module: ModuleScope) -> bool:
        """Return whether a module is a migration script: alembic's environment or one of its versions."""
        folders = module.path.split("/")[:-1]
        if any(folder in {"alembic", "migrations"} for folder in folders):
            return True
        if module.name.rpartition(".")[2] == "env":
            return any(
                isinstance(b, ImportBinding) and b.module == "alembic" for b in module.bindings.get("context", ())
            )
        return "versions" in folders and {"revision", "down_revision"} <= module.bindings.keys()


def link(files: Iterable[tuple[SourceFile, ModuleCode]], config: Config) -> Program:
    """Return the program that the files make.

    Args:
        files: the target's files, each with its code.
        config: the target's configuration.
    """
    modules = [
        build_module(
            file.module,
            file.shown,
            file.source_root,
            source,
            is_package=file.is_package,
            is_test=file.is_test or offers_fixtures(source),
        )
        for file, source in files
    ]
    return Program(modules, config)
