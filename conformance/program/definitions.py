"""Modules found by their names, and names followed through imports and re-exports to what defines them."""

from __future__ import annotations

import builtins
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TypeAlias

from conformance.facts import code
from conformance.program import catalogue
from conformance.program.answers import ROUNDS
from conformance.program.rings import rings
from conformance.program.scopes import (
    Binding,
    ClassScope,
    FunctionScope,
    ImportBinding,
    ModuleScope,
    Scope,
    ValueBinding,
    scopes_of,
    visible_bindings,
)
from conformance.program.values import External, ModuleValue, Resolved, Symbol

__all__ = ["Definitions", "exported_names"]

_BUILTINS = frozenset(dir(builtins))
_MemberKey: TypeAlias = tuple[ModuleScope, str]
_LONGEST_SUFFIX = 50
"""How many parts of a module's name an import may give that does not count from where the name does."""


class Definitions:
    """Says which definitions names have, in a set of modules; what these stand for is not asked."""

    def __init__(self, modules: Iterable[ModuleScope]) -> None:
        self.modules = tuple(modules)
        self._by_name: dict[str, list[ModuleScope]] = defaultdict(list)
        self._by_suffix: dict[str, list[ModuleScope]] = defaultdict(list)
        self._packages: set[str] = set()
        for module in self.modules:
            self._by_name[module.name].append(module)
            parts = module.name.split(".")
            for start in range(max(1, len(parts) - _LONGEST_SUFFIX), len(parts)):
                self._by_suffix[".".join(parts[start:])].append(module)
            package = module.name.rpartition(".")[0]
            while package and package not in self._packages:
                self._packages.add(package)
                package = package.rpartition(".")[0]
        self._members: dict[_MemberKey, tuple[Resolved, ...]] = {}
        self._wholes: dict[tuple[Scope, str], tuple[Resolved, ...]] = {}
        self._joint: dict[int, tuple[Scope, str]] = {}
        """By the identity of the tuples in `_wholes` and `_members`, which are kept."""

    # --- modules ---------------------------------------------------------------------------------------------------

    def module(self, name: str, near: ModuleScope | None = None) -> ModuleScope | None:
        """Return the module of the target with this absolute name; of several, the one nearest to `near`."""
        found = self._by_name.get(name)
        if found is None and (top := name.partition(".")[0]) not in self._tops and top not in catalogue.DISTRIBUTIONS:
            found = self._by_suffix.get(name)
            if found is not None and near is not None:
                found = [m for m in found if _shares_root(m, name, near) and not self._is_namesake(m, name, near)]
            if found and top in sys.stdlib_module_names:  # `app/typing.py` is none of `import typing` in a package
                found = [m for m in found if m.name.removesuffix(f".{name}") not in self._by_name]
        if not found:
            return None
        if near is not None and len(found) > 1:
            for module in found:
                if module.source_root == near.source_root:
                    return module
        return found[0]

    def _is_namesake(self, module: ModuleScope, name: str, near: ModuleScope) -> bool:
        """Whether a module only has the name of a library: `import stripe` in `app.clients.stripe`, or beside it.

        A bare name is that of a neighbour only where a script runs in its folder: not deep in a package.
        """
        if module is near or module.contains(near):
            return True
        folder = module.name.removesuffix(f".{name}")
        return "." not in name and "." in folder and folder in self._by_name

    @cached_property
    def _tops(self) -> frozenset[str]:
        return frozenset(m.name.partition(".")[0] for m in self.modules if "." in m.name or m.is_package)

    def is_top(self, name: str) -> bool:
        """Return whether a package of the target has this name, so that nothing else can lie below it."""
        return name in self._tops

    def is_package_name(self, name: str) -> bool:
        """Return whether a module of the target lies below this name: a folder without `__init__` counts."""
        return name in self._packages

    def may_lie_in(self, name: str) -> bool:
        """Return whether a class of that name may be one of the target that is imported from a path set at run time."""
        top = name.partition(".")[0]
        if top in catalogue.DISTRIBUTIONS or top in sys.stdlib_module_names:
            return False
        module, _, last = name.rpartition(".")
        return any(
            m.stars or any(not isinstance(binding, ImportBinding) for binding in m.bindings.get(last, ()))
            for m in self._by_suffix.get(module, ())
        )

    # --- names -----------------------------------------------------------------------------------------------------

    def lookup(self, name: str, scope: Scope, span: code.Span | None = None) -> tuple[Resolved, ...]:
        """Return what a bare name in a scope stands for, imports followed to the definition.

        Args:
            name: the name.
            scope: the scope in which it is used.
            span: where it is used: a local that is bound again before that is not what it was.
        """
        current: Scope | None = scope
        first = True
        while current is not None:
            if first and span is not None and name in current.lambdas:
                for taken in reversed(current.lambdas[name]):
                    if _holds(taken.node.body.span, span):
                        return (Symbol(current, name, taken),)
            if isinstance(current, FunctionScope) and current.outer_names.get(name) == "global":
                current = current.module
            if (first or not isinstance(current, ClassScope)) and name in current.bindings:
                bindings = current.bindings[name]
                if isinstance(current, FunctionScope) and first and span is not None:
                    bindings = visible_bindings(bindings, span)
                elif isinstance(current, ClassScope) and span is not None:
                    bindings = [
                        b
                        for b in bindings
                        if not isinstance(b, ValueBinding)
                        or isinstance(b.node, code.Generator)
                        or b.node.span[2:] <= span[:2]
                    ]
                if bindings is current.bindings[name] and len(bindings) > 1:
                    return self._whole(name, current)
                if bindings:
                    return self._follow_all(name, current, bindings)
            first = False
            current = current.parent
        return self._star(name, scope.module) or ((External(f"builtins.{name}"),) if name in _BUILTINS else ())

    def _whole(self, name: str, scope: Scope) -> tuple[Resolved, ...]:
        """Return what all bindings of a name stand for, each time the same tuple."""
        key = (scope, name)
        if key not in self._wholes:
            found = self._wholes[key] = self._follow_all(name, scope, scope.bindings[name])
            if len(found) > 1:
                self._joint[id(found)] = key
        return self._wholes[key]

    def joint(self, found: tuple[Resolved, ...]) -> tuple[Scope, str] | None:
        """Return the scope and name all of whose bindings these are, where `resolve` found several.

        Where each binding of a name reads the name (`x = x`), what they say together is asked for once.
        """
        return self._joint.get(id(found))

    def member(self, module: ModuleScope, name: str) -> tuple[Resolved, ...]:
        """Return what `name` stands for as an attribute of a module of the target."""
        key = (module, name)
        if key not in self._members:
            for ring in rings(key, self._leads_to):
                self._settle(ring)
            if len(self._members[key]) > 1:
                self._joint[id(self._members[key])] = key
        return self._members[key]

    def _leads_to(self, key: _MemberKey) -> Iterator[_MemberKey]:
        """Yield the names of other modules that a name of a module may be taken from, as far as they are unknown."""
        module, name = key
        bindings = module.bindings.get(name, ())
        followed = [(b.module, b.name) for b in bindings if isinstance(b, ImportBinding) and b.name]
        targets = [(self.module(source, module), imported) for source, imported in followed]
        if len(followed) == len(bindings):  # else the module has it
            targets += [(target, name) for target, _ in self._stars(name, module)]
        for target, wanted in targets:
            if target is not None and (target, wanted) not in self._members:
                yield target, wanted

    def _settle(self, ring: list[_MemberKey]) -> None:
        """Find out what names stand for that lead to nothing unknown but each other, first of them nothing."""
        if len(ring) == 1:
            self._members[ring[0]] = ()
            self._members[ring[0]] = self._find_member(*ring[0])
            return
        ring.sort(key=lambda key: (key[0].name, key[0].path, key[1]))
        asking: dict[_MemberKey, list[_MemberKey]] = defaultdict(list)
        for key in ring:
            for inner in self._leads_to(key):
                asking[inner].append(key)
        self._members.update(dict.fromkeys(ring, ()))
        pending = dict.fromkeys(ring)
        for _ in range(ROUNDS * len(ring)):
            if not pending:
                break
            key = next(iter(pending))
            del pending[key]
            found = self._find_member(*key)
            if found != self._members[key]:
                self._members[key] = found
                pending.update(dict.fromkeys(asking[key]))

    def _find_member(self, module: ModuleScope, name: str) -> tuple[Resolved, ...]:
        if name in module.bindings:
            found = self._follow_all(name, module, module.bindings[name])
            if found:
                return found
        inner = self.module(f"{module.name}.{name}", module)
        if inner is not None:
            return (ModuleValue(inner),)
        if module.is_package and self.is_package_name(f"{module.name}.{name}"):
            return (External(f"{module.name}.{name}"),)
        found = self._star(name, module)
        return found or ((External(f"{module.name}.{name}"),) if f"{module.name}.{name}" in self._asked_for else ())

    @cached_property
    def _asked_for(self) -> frozenset[str]:
        """The dotted names of modules that import statements ask for, and their parents: what is not there may be."""
        return frozenset(
            ".".join(parts[:end])
            for module in self.modules
            for scope in scopes_of(module)
            for bindings in scope.bindings.values()
            for binding in bindings
            if isinstance(binding, ImportBinding) and not binding.name
            for parts in [binding.node.name.split(".")]
            for end in range(2, len(parts) + 1)
        )

    def _stars(self, name: str, module: ModuleScope) -> Iterator[tuple[ModuleScope | None, str]]:
        """Yield the modules that a star import may bring a name from, the last first; None for those of others."""
        for source, _ in reversed(module.stars):
            target = self.module(source, module)
            if target is None:
                yield None, source
            elif target is not module and (not name.startswith("_") or name in exported_names(target)):
                yield target, source

    def _star(self, name: str, module: ModuleScope) -> tuple[Resolved, ...]:
        for target, source in self._stars(name, module):
            if target is not None:
                found = self.member(target, name)
                if found:
                    return found
            else:
                qualified = catalogue.canonical(f"{source}.{name}")
                if qualified in catalogue.ALIASES.values() or qualified in catalogue.RESULTS:
                    return (External(qualified),)
        return ()

    def _follow_all(self, name: str, scope: Scope, bindings: list[Binding]) -> tuple[Resolved, ...]:
        return tuple(dict.fromkeys(resolved for binding in bindings for resolved in self._follow(name, scope, binding)))

    def _follow(self, name: str, scope: Scope, binding: Binding) -> tuple[Resolved, ...]:
        if not isinstance(binding, ImportBinding):
            return (Symbol(scope, name, binding),)
        return self.imported(binding.module, binding.name, scope.module)

    def imported(self, module: str, name: str, near: ModuleScope) -> tuple[Resolved, ...]:
        """Return what `from module import name` (or `import module`, where name is "") in `near` gives."""
        target = self.module(module, near)
        if not name:
            return (ModuleValue(target),) if target is not None else (External(module),)
        if target is not None:
            return self.member(target, name)
        inner = self.module(f"{module}.{name}", near)
        if inner is not None:
            return (ModuleValue(inner),)
        return (External(catalogue.canonical(f"{module}.{name}")),)


def exported_names(module: ModuleScope) -> frozenset[str]:
    """Return the names in a module's `__all__`, as far as they stand there literally."""
    found: set[str] = set()
    for binding in module.bindings.get("__all__", ()):
        match binding:
            case ValueBinding(value=code.Sequence(elements=elements)):
                found |= {e.value for e in elements if isinstance(e, code.Constant) and isinstance(e.value, str)}
    return frozenset(found)


def _shares_root(module: ModuleScope, name: str, near: ModuleScope) -> bool:
    """Whether the folder that `name` would count from holds the importing module, too."""
    base = module.path.rpartition("/")[0].split("/") if module.is_package else module.path.split("/")
    depth = len(name.split("."))
    folder = base[: len(base) - depth]
    return near.path.split("/")[: len(folder)] == folder


def _holds(outer: code.Span, inner: code.Span) -> bool:
    return outer[:2] <= inner[:2] and inner[2:] <= outer[2:]
