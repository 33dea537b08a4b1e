"""The deps packages: which module is the facade, and which lie behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.program.roles import DEPS_NAMES
from conformance.program.scopes import ModuleScope

if TYPE_CHECKING:
    from conformance.program import Program


def facade_of(program: Program, module: ModuleScope) -> str:
    """Return the name of the deps package that a module lies in: of nested ones the outermost; "" for none.

    The package itself and a deps module that stands alone (`app/dependencies.py`) lie in none. A folder without
    `__init__` counts by its name.
    """
    if not module.has_role("deps"):
        return ""
    parts = module.name.split(".")
    for end in range(1, len(parts)):
        name = ".".join(parts[:end])
        package = program.names.module(name, module)
        if package is None:
            if parts[end - 1] in DEPS_NAMES and end > 1:
                return name
        elif package.is_package and package.has_role("deps"):
            return name
    return ""


def facades(program: Program) -> dict[ModuleScope, tuple[ModuleScope, ...]]:
    """Return the `__init__` of each outermost deps package, with the deps modules behind it."""
    found: dict[ModuleScope, list[ModuleScope]] = {}
    for module in program.with_role("deps"):
        if module.is_test:
            continue
        name = facade_of(program, module)
        if name:
            package = program.names.module(name, module)
            if package is not None:
                found.setdefault(package, []).append(module)
        elif module.is_package:
            found.setdefault(module, [])
    return {package: tuple(inner) for package, inner in sorted(found.items(), key=lambda item: item[0].name)}
