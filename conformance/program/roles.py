"""What each module is for: by the configuration, else by evidence in the code, else by its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from conformance.config import Config, Profile, matches
from conformance.facts import code
from conformance.program import catalogue
from conformance.program.scopes import ClassScope, FunctionScope, ModuleScope, Scope
from conformance.program.values import Instance

if TYPE_CHECKING:
    from conformance.program import Program

DEPS_NAMES = frozenset({"deps", "depends", "dependencies", "dependency"})
_BY_NAME = {
    "services": frozenset({"services", "service"}),
    "core": frozenset({"core"}),
    "models": frozenset({"models", "model", "schemas", "schema"}),
    "constants": frozenset({"constants", "constant", "consts"}),
    "cli": frozenset({"cli"}),
}
CONFIG_NAMES = frozenset({"config", "configs", "configuration", "settings"})
_LEADING = ("deps", "lifespan", "worker", "tasks", "cli", "entrypoint", "routes")
_YIELDING = ("core", "models", "services", "config")
AEGIS_GATEWAYS = ("*.components.worker.pools",)


def assign_roles(program: Program, config: Config) -> list[str]:
    """Give each module its roles, and return the role patterns that matched no module."""
    inferred = _Roles(program)
    inferred.run()
    gateways = config.gateways + (AEGIS_GATEWAYS if config.profile is Profile.AEGIS else ())
    for module in program.modules:
        for pattern in gateways:
            if matches(pattern, module.name):
                inferred.give(module, "gateways", f"matches the gateway `{pattern}`")
    unmatched: list[str] = []
    for role, patterns in config.roles.items():
        for module in program.modules:
            module.roles.pop(role, None)
        for pattern in patterns:
            found = [m for m in program.modules if matches(pattern, m.name)]
            if not found:
                unmatched.append(f"role `{role}`: the pattern `{pattern}` matches no module of the target")
            for module in found:
                module.roles[role] = f"configured: `{pattern}`"
    for module in program.modules:
        if module.has_role(*_LEADING):
            for role in _YIELDING:
                if not module.roles.get(role, "configured").startswith("configured"):
                    del module.roles[role]
    return unmatched


class _Roles:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.names = program.names
        self.target = [m for m in program.modules if not m.is_test]

    def give(self, module: ModuleScope, role: str, evidence: str) -> None:
        module.roles.setdefault(role, evidence)

    def run(self) -> None:
        for module in self.program.modules:
            if module.is_test:
                evidence = (
                    "a file that pytest collects, a conftest, in a folder named tests, or with fixtures of pytest"
                )
                self.give(module, "tests", evidence)
        self._endpoints()
        self._applications()
        self._lifespans()
        self._queue()
        self._names()
        self._deps()
        self._components()
        self._config()

    def _endpoints(self) -> None:
        for endpoint in self.program.injection.endpoints:
            module = endpoint.module
            if not module.is_test:
                line = endpoint.function.node.span[0]
                self.give(module, "routes", f"declares the endpoint `{endpoint.function.name}` (line {line})")

    def _applications(self) -> None:
        for application in self.program.lifespans.applications:
            if not application.module.is_test:
                name = code.dotted(application.call.function).rpartition(".")[2]
                line = application.call.span[0]
                self.give(application.module, "entrypoint", f"calls `{name}(…)` (line {line})")
        for call, module in self._made_elsewhere():
            evidence = f"makes the application by `{code.dotted(call.function)}(…)` (line {call.span[0]})"
            self.give(module, "entrypoint", evidence)

    def _made_elsewhere(self) -> Iterator[tuple[code.Call, ModuleScope]]:
        """Yield the calls in module bodies of a function, defined in another module, that makes the application."""
        pending: list[Scope] = [each.scope for each in self.program.lifespans.applications]
        seen: set[Scope] = set()
        while pending:
            scope = pending.pop()
            if scope in seen or not isinstance(scope, FunctionScope):
                continue
            seen.add(scope)
            for call, where, _ in self.names.calls_of(scope):
                made = self.names.infer(call, where)
                if any(isinstance(v, Instance) and self.names.is_a(v.type, *catalogue.APPS) for v in made):
                    pending.append(where)
                    if isinstance(where, ModuleScope) and not where.is_test and where is not scope.module:
                        yield call, where

    def _lifespans(self) -> None:
        found = False
        for starter in self.program.lifespans.starters:
            if starter.kind == "lifespan" and not starter.function.module.is_test and not starter.scope.module.is_test:
                where = f"{starter.scope.module.path}:{starter.node.span[0]}"
                owner = starter.function.owner
                name = starter.function.name if owner is None else owner.name
                evidence = f"defines the lifespan `{name}` (given at {where})"
                self.give(starter.function.module, "lifespan", evidence)
                found = True
        if found:
            return
        for module in self.target:
            if module.name.rpartition(".")[2] == "lifespan":
                self.give(module, "lifespan", "is named lifespan")
                found = True
        if found:
            return
        for starter in self.program.lifespans.handlers:
            if not starter.function.module.is_test:
                evidence = f"defines the {starter.kind} handler `{starter.function.name}`"
                self.give(starter.function.module, "lifespan", evidence)

    def _queue(self) -> None:
        queue = self.program.queue
        for settings in queue.settings:
            if not settings.module.is_test:
                evidence = f"holds arq's settings `{settings.name}` (line {settings.node.span[0]})"
                self.give(settings.module, "worker", evidence)
        for function, hooks in queue.hooks.items():
            if not function.module.is_test:
                self.give(function.module, "worker", f"defines the hook `{function.name}` ({', '.join(hooks)})")
        own = {s.module for s in queue.settings}
        registered = {f.module for f in queue.tasks if not f.module.is_test and f.module not in own}
        for function in queue.tasks:
            if function.module in registered:
                self.give(function.module, "tasks", f"defines the task `{function.name}`")
        packages = {
            ".".join(parts[: i + 1])
            for module in registered
            for parts in [module.name.split(".")]
            for i, part in enumerate(parts)
            if part in {"tasks", "jobs"}
        }
        for module in self.target:
            for package in sorted(packages):
                if (module.name == package or module.name.startswith(f"{package}.")) and module not in own:
                    self.give(module, "tasks", f"is in the package of tasks `{package}`")

    def _names(self) -> None:
        depth = self._depth_of_core()
        for module in self.target:
            segments = module.name.split(".")
            inner = segments[1:] if len(segments) > 1 else segments
            last = len(inner) if module.is_package else len(inner) - 1
            for role, names in _BY_NAME.items():
                for position, segment in enumerate(inner):
                    is_named = segment in names or (role == "constants" and _says_constants(segment))
                    if is_named and (segment != "service" or position == last):
                        if role != "core" or inner.index(segment) == depth[module.name.partition(".")[0]]:
                            self.give(module, role, f"is named `{segment}`")
                        break
            self._inner_of_two(module, inner)  # a folder named `service`, in the singular, is a feature

    def _depth_of_core(self) -> dict[str, int]:
        """Of each root package, how deep its core lies: a feature's own folder of that name is not the target's."""
        found: dict[str, int] = {}
        for module in self.target:
            root, *inner = module.name.split(".")
            for depth, segment in enumerate(inner or [root]):
                if segment in _BY_NAME["core"]:
                    found[root] = min(depth, found.get(root, depth))
                    break
        return found

    @staticmethod
    def _inner_of_two(module: ModuleScope, inner: list[str]) -> None:
        """`models/services.py` holds models and `services/users/models.py` belongs to the services: the outer name."""
        if module.has_role("services") and module.has_role("models"):
            first = next(s for s in inner if s in _BY_NAME["services"] | _BY_NAME["models"])
            del module.roles["models" if first in _BY_NAME["services"] else "services"]

    def _deps(self) -> None:
        named = False
        for module in self.target:
            segments = module.name.split(".")
            for segment in segments[1:] if len(segments) > 1 else segments:
                if segment in DEPS_NAMES or segment.endswith("_deps"):
                    self.give(module, "deps", f"is named `{segment}`")
                    named = True
                    break
        if not named:
            self._concentrated()

    def _concentrated(self) -> None:
        """The folder that holds most of the providers, where no module has a name that says deps.

        Most of its modules hold one, and none has another purpose: a core with two providers in it is the core.
        """
        folders: Counter[str] = Counter()
        holding: set[ModuleScope] = set()
        for provider in self.program.injection.providers.values():
            module = provider.module
            if module is not None and not module.is_test and not provider.is_guard and provider.name != "lambda":
                folders[_folder(module)] += 1
                holding.add(module)
        for folder, count in folders.most_common(1):
            inside = [m for m in self.target if _folder(m) == folder]
            busy = any(m.has_role("routes", "entrypoint", *_BY_NAME) or _last(m) in CONFIG_NAMES for m in inside)
            filled = [m for m in inside if m in holding or not m.is_package]
            mostly = len(holding.intersection(filled)) * 2 > len(filled)
            if folder and count >= 2 and count * 2 > folders.total() and mostly and not busy:
                for module in inside:
                    self.give(module, "deps", f"is in `{folder}`, which holds {count} of {folders.total()} providers")

    def _components(self) -> None:
        for module in self.target:
            component = component_of(module.name)
            if component:
                self.give(module, "components", f"belongs to the component `{component}`")

    def _config(self) -> None:
        named = self._named_config()
        for module, name in named.items():
            self.give(module, "config", f"is named `{name.rpartition('.')[2]}`")
        if named:
            return
        candidates = [cls for module in self.target for cls in module.classes if self.program.is_settings_class(cls)]
        cached = {
            cls
            for function in self._cached_functions()
            for value in self.names.returned(function)
            if isinstance(value, Instance) and isinstance(value.type, ClassScope)
            for cls in [value.type]
        }
        chosen = [cls for cls in candidates if cls in cached] or candidates
        for cls in chosen:
            if not cls.module.has_role("deps", "lifespan", "tasks", "cli"):
                self.give(cls.module, "config", f"defines the settings class `{cls.name}`")
                break

    def _named_config(self) -> dict[ModuleScope, str]:
        """Return the modules that are or lie in one named config, each with its name.

        Of several those count that lie directly in a root package or in core, or that hold a settings class or read
        the environment: `features/settings/` is a feature.
        """
        found: dict[ModuleScope, str] = {}
        for module in self.target:
            segments = module.name.split(".")
            for depth, segment in enumerate(segments):
                if segment in CONFIG_NAMES and (depth or len(segments) == 1) and not module.has_role(*_LEADING):
                    found[module] = ".".join(segments[: depth + 1])
                    break
        certain = {
            name
            for module, name in found.items()
            if name.count(".") <= 1
            or name.split(".")[-2] in _BY_NAME["core"]
            or self._has_settings(module)
            or self.program.environment.reads(module)
        }
        inner = {m for m, name in found.items() if _lies_in_another(m, name)}
        elsewhere = any(self._has_settings(m) for m in self.target)
        return {
            m: name
            for m, name in found.items()
            if (name in certain and (m not in inner or self._has_settings(m)))
            or not (certain or elsewhere or m in inner)
        }

    def _has_settings(self, module: ModuleScope) -> bool:
        return any(self.program.is_settings_class(cls) for cls in module.classes)

    def _cached_functions(self) -> Iterable[FunctionScope]:
        return (f for m in self.target for f in m.functions if self.program.is_cached(f))


def _lies_in_another(module: ModuleScope, config: str) -> bool:
    """Whether what is named config lies in services or models: `models/config.py`, but not `config/models.py`."""
    outer = config.split(".")[1:-1]
    return any(module.has_role(role) and not _BY_NAME[role].isdisjoint(outer) for role in ("services", "models"))


def component_of(name: str) -> str:
    """Return the component that a module belongs to: `app.components.worker` for all below it; "" for none."""
    segments = name.split(".")
    if len(segments) >= 3 and segments[1] == "components":
        return ".".join(segments[:3])
    return ""


def configured_component(name: str, config: Config) -> str:
    """Return the component that the configured role gives a module: what its pattern names literally; "" for none.

    `app.api.**` is the component `app.api`; a pattern that stands alone, or ends in `.*`, names the children.
    """
    patterns = config.roles.get("components", ())
    for pattern in patterns:
        if not matches(pattern, name):
            continue
        wanted, given = pattern.split("."), name.split(".")
        literal = next((i for i, part in enumerate(wanted) if "*" in part or "?" in part), len(wanted))
        of_children = wanted[literal:] == ["*"] or (wanted[literal:] == ["**"] and len(patterns) == 1)
        inside = wanted[literal:] and wanted[literal:] != ["**"]
        return ".".join(given[: literal + (1 if of_children or inside else 0)])
    return ""


def _says_constants(segment: str) -> bool:
    """Whether a name is one for constants with something before it: `_constants`, `error_constants`."""
    return (segment.startswith("_") and segment[1:] in _BY_NAME["constants"]) or segment.endswith("_constants")


def _last(module: ModuleScope) -> str:
    return module.name.rpartition(".")[2]


def _folder(module: ModuleScope) -> str:
    return module.name if module.is_package else module.name.rpartition(".")[0]
