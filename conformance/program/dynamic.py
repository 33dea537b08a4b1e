"""Modules of the target that are named without an import: `import_module("app.x")`, `sys.modules["app.x"]`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from conformance.facts import code
from conformance.program.containers import BY_KEY
from conformance.program.inference import Inference
from conformance.program.scopes import FunctionScope, ModuleScope, Scope, scopes_of
from conformance.program.values import External, FunctionValue, ModuleValue

IMPORTING = frozenset({"importlib.import_module", "builtins.__import__"})
"""Functions that import a module by its name."""
BY_NAME = IMPORTING | {
    "importlib.__import__", "pkgutil.resolve_name", "pydoc.locate", "runpy.run_module", "werkzeug.utils.import_string",
    "uvicorn.importer.import_from_string",
}  # fmt: skip
"""Functions that are given the name of a module, or of something in one."""
_TABLE = "sys.modules"
_KINDS = (code.Call, code.Subscript)


class NamedModules:
    """Answers which modules a module names; what the whole program is asked for is asked once."""

    def __init__(self, names: Inference) -> None:
        self._names = names
        self._spellings = names.spellings({name.rpartition(".")[2] for name in BY_NAME})
        self._tables = names.spellings({"modules"})

    def of(self, module: ModuleScope) -> Iterator[tuple[ModuleScope, code.Node]]:
        """Yield each module that is named by a call or a key, with the call or subscript."""
        for scope in scopes_of(module):
            for node in (*scope.nodes.of(*_KINDS), *scope.deferred.of(*_KINDS)):
                for found in dict.fromkeys(self._named_by(node, scope)):
                    if found is not module:
                        yield found, node

    def _named_by(self, node: code.Node, scope: Scope) -> Iterator[ModuleScope]:
        match node:
            case code.Call(function=code.Name(id="getattr"), arguments=(base, _, *_)):
                yield from self._part_of_module(node, base, scope)
            case code.Call(function=code.Call(function=made_by), arguments=(base,)) if (
                code.last_name(made_by) == "attrgetter"
            ):
                yield from self._part_of_module(node, base, scope)
            case code.Call(function=code.Attribute(value=table, name=method), arguments=(key, *_)) if (
                method in BY_KEY and self._is_table(table, scope)
            ):
                yield from self._by_name(key, "", scope)
            case code.Call(function=code.Name(id=name) | code.Attribute(name=name)) if name in self._spellings:
                yield from self._imported(node, scope)
            case code.Call(function=code.Name(id=name) | code.Attribute(name=name)) if name in self._loaders:
                yield from self._loaded(node, scope)
            case code.Subscript(value=table, key=key):
                match table:
                    case (
                        code.Call(function=code.Name(id="vars"), arguments=(base,))
                        | code.Attribute(value=base, name="__dict__")
                    ):
                        yield from self._under(base, key, scope)
                    case code.Name() | code.Attribute() if self._is_table(table, scope):
                        yield from self._by_name(key, "", scope)

    # --- what is imported --------------------------------------------------------------------------------------------

    def _imported(self, node: code.Call, scope: Scope) -> Iterator[ModuleScope]:
        first = _first(node)
        if first is None or not self._is_import(node.function, scope):
            return
        package = package_of(node, scope, self._names)
        taken = _taken(node) if code.last_name(node.function) == "__import__" else ()
        named = [*self._by_name(first, package, scope)]
        yield from [inner for outer in named for inner in self._within(outer, taken, scope)] or named

    def _is_import(self, function: code.Expression, scope: Scope) -> bool:
        return any(isinstance(v, External) and v.name in BY_NAME for v in self._names.infer(function, scope))

    def _within(self, package: ModuleScope, taken: tuple[code.Expression, ...], scope: Scope) -> Iterator[ModuleScope]:
        """Yield the modules of a package that `__import__` is asked to take from it."""
        for each in taken:
            name = self._names.text(each, scope)
            inner = self._names.module(f"{package.name}.{name}", scope.module) if name else None
            if inner is not None:
                yield inner

    def _by_name(self, node: code.Expression, package: str, scope: Scope) -> Iterator[ModuleScope]:
        """Yield the module of a name; of `package.module:thing` and `package.module.thing` that of the thing."""
        text = self._names.text(node, scope)
        if text:
            name = absolute_name(text.partition(":")[0], package)
            found = self._names.module(name, scope.module) or self._names.module(name.rpartition(".")[0], scope.module)
            if found is not None:
                yield found

    @cached_property
    def _loaders(self) -> frozenset[str]:
        """The names under which functions of the target are called that import what a parameter names."""
        return self._names.spellings(function.name for function in self._loading)

    @cached_property
    def _loading(self) -> dict[FunctionScope, set[str]]:
        """The functions of the target that import what a parameter names, each with these parameters."""
        found: dict[FunctionScope, set[str]] = {}
        for module in self._names.modules:
            for function in module.functions:
                for node in function.nodes.of(code.Call):
                    first = _first(node) if code.last_name(node.function) in self._spellings else None
                    match first:
                        case code.Name(id=name) if function.parameter(name) is not None:
                            if self._is_import(node.function, function):
                                found.setdefault(function, set()).add(name)
        return found

    def _loaded(self, node: code.Call, scope: Scope) -> Iterator[ModuleScope]:
        """Yield what a function of the target imports that is given the name: `load("app.x")`."""
        for value in self._names.infer(node.function, scope):
            if isinstance(value, FunctionValue):
                bound = self._names.bind(value.function, node, scope)
                for parameter in sorted(self._loading.get(value.function, ())):
                    if parameter in bound:
                        yield from self._by_name(bound[parameter], "", scope)

    # --- what is taken out of what holds modules ----------------------------------------------------------------------

    def _part_of_module(self, node: code.Call, base: code.Expression, scope: Scope) -> Iterator[ModuleScope]:
        if any(isinstance(v, ModuleValue) for v in self._names.infer(base, scope)):
            yield from (v.module for v in self._names.infer(node, scope) if isinstance(v, ModuleValue))

    def _under(self, base: code.Expression, key: code.Expression, scope: Scope) -> Iterator[ModuleScope]:
        """Yield the module under a key of another's namespace: `vars(package)["x"]`."""
        for value in self._names.infer(base, scope):
            if isinstance(value, ModuleValue) and (name := self._names.text(key, scope)):
                yield from (r.module for r in self._names.member(value.module, name) if isinstance(r, ModuleValue))

    def _is_table(self, node: code.Expression, scope: Scope) -> bool:
        """Whether an expression is `sys.modules`."""
        return code.last_name(node) in self._tables and any(
            isinstance(v, External) and v.name == _TABLE for v in self._names.infer(node, scope)
        )


def _first(node: code.Call) -> code.Expression | None:
    """Return the name that a call is given."""
    given = next(iter(node.arguments), None)
    return next((k.value for k in node.keywords if k.name in {"name", "path", "mod_name"}), given)


def _taken(node: code.Call) -> tuple[code.Expression, ...]:
    """Return what `__import__` is asked to take from the module: its `fromlist`."""
    given = next((k.value for k in node.keywords if k.name == "fromlist"), None)
    if given is None and len(node.arguments) > 3:
        given = node.arguments[3]
    return given.elements if isinstance(given, code.Sequence) else ()


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
