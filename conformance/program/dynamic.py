"""Modules of the target that are named without an import: `import_module("app.x")`, `sys.modules["app.x"]`."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.facts import code
from conformance.program.inference import Inference
from conformance.program.scopes import ModuleScope, Scope, scopes_of
from conformance.program.values import External, ModuleValue

IMPORTING = frozenset({"importlib.import_module", "builtins.__import__"})
"""Functions that import a module by its name."""
_NAMING = IMPORTING | {"importlib.__import__", "pkgutil.resolve_name"}


def named_modules(module: ModuleScope, names: Inference) -> Iterator[tuple[ModuleScope, code.Node]]:
    """Yield each module that is named by a call or a key, with the call or subscript."""
    spellings = names.spellings({name.rpartition(".")[2] for name in _NAMING})
    for scope in scopes_of(module):
        for node in (*scope.nodes.of(code.Call, code.Subscript), *scope.deferred.of(code.Call, code.Subscript)):
            found: ModuleScope | None = None
            match node:
                case code.Call(function=code.Name(id="getattr"), arguments=(base, _, *_)):
                    if any(isinstance(v, ModuleValue) for v in names.infer(base, scope)):
                        found = next((v.module for v in names.infer(node, scope) if isinstance(v, ModuleValue)), None)
                case code.Call(function=code.Name(id=name) | code.Attribute(name=name), arguments=(first, *_)) if (
                    name in spellings and _is_one_of(_NAMING, node.function, scope, names)
                ):
                    text = names.text(first, scope)
                    found = _by_name(text, package_of(node, scope, names), module, names) if text else None
                case code.Subscript(value=code.Name() | code.Attribute() as table, key=key) if code.dotted(
                    table
                ).endswith("modules") and _is_one_of({"sys.modules"}, table, scope, names):
                    found = _by_name(names.text(key, scope) or "", "", module, names)
            if found is not None and found is not module:
                yield found, node


def _is_one_of(wanted: set[str] | frozenset[str], node: code.Expression, scope: Scope, names: Inference) -> bool:
    return any(isinstance(v, External) and v.name in wanted for v in names.infer(node, scope))


def package_of(node: code.Call, scope: Scope, names: Inference) -> str:
    """Return the package that a name with leading dots counts from."""
    own = scope.module.name if scope.module.is_package else scope.module.name.rpartition(".")[0]
    given = [*node.arguments[1:2], *(k.value for k in node.keywords if k.name == "package")]
    if given and code.dotted(given[0]) not in {"__package__", "__name__"}:
        return names.text(given[0], scope) or own
    return own


def absolute_name(name: str, package: str) -> str:
    """Return a name without the leading dots that count from a package."""
    dots = len(name) - len(name.lstrip("."))
    if not dots:
        return name
    for _ in range(dots - 1):
        package = package.rpartition(".")[0]
    return f"{package}.{name[dots:]}"


def _by_name(text: str, package: str, near: ModuleScope, names: Inference) -> ModuleScope | None:
    """Return the module of a name; of `package.module:thing` and `package.module.thing` that of the thing."""
    name = absolute_name(text.partition(":")[0], package)
    return names.module(name, near) or names.module(name.rpartition(".")[0], near)
