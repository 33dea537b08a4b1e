"""What seeds can be put into: the modules, functions and classes of a target, as the program knows them."""

from __future__ import annotations

import keyword
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from conformance.facts import code
from conformance.program.facades import facade_of, facades
from conformance.program.scopes import ClassScope, FunctionScope, ModuleScope
from conformance.program.settings import settings_classes
from conformance.selftest.seeds import Change, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conformance.check import Loaded
    from conformance.discovery import SourceFile
    from conformance.program import Alias, Program
    from conformance.results import Report

__all__ = ["Ground"]


class Ground:
    """A target in which violations are to be seeded.

    Attributes:
        program: the target, linked.
        reported: where the rules report already: the rule, the path, the line.
    """

    def __init__(self, loaded: Loaded, report: Report) -> None:
        self.loaded = loaded
        self.program: Program = loaded.program
        self.reported = frozenset((finding.rule, finding.path, finding.line) for finding in report.findings)
        self.files: dict[str, SourceFile] = {file.shown: file for file in loaded.target.files}
        self._sources: dict[str, Source] = {}

    # --- where ------------------------------------------------------------------------------------------------------

    @cached_property
    def own(self) -> tuple[ModuleScope, ...]:
        """The modules that are neither tests nor migrations."""
        return tuple(m for m in self.program.target_modules if not self.program.is_migration(m))

    def modules(self, *roles: str, but: Iterable[str] = ()) -> list[ModuleScope]:
        """Return the modules that hold one of the roles (none given: any module) and none of the others."""
        return [m for m in self.own if (not roles or m.has_role(*roles)) and not m.has_role(*but)]

    @cached_property
    def tests(self) -> list[ModuleScope]:
        """The modules of tests that pytest collects."""
        return [m for m in self.program.modules if m.is_test and m.path.rpartition("/")[2].startswith("test_")]

    @cached_property
    def provider_functions(self) -> list[FunctionScope]:
        """The functions of deps modules that supply a value to somebody, those of classes excepted."""
        return [
            function
            for function in self.program.injection.providers
            if isinstance(function, FunctionScope)
            and isinstance(function.parent, ModuleScope)
            and function.module in self.own
            and function.module.has_role("deps")
            and _is_plain(function)
            and not self.program.injection.providers[function].is_guard
            and any(self.program.injection.providers[function].own_uses)
        ]

    @cached_property
    def aliases(self) -> list[Alias]:
        """The aliases in deps modules whose provider is a function of the same module."""
        return [
            alias
            for alias in self.program.injection.aliases.values()
            if alias.module in self.own
            and alias.module.has_role("deps")
            and not alias.repeats
            and not alias.injection.has_scopes
            and alias.injection.provider is not None
            and isinstance(alias.injection.provider.target, FunctionScope)
            and alias.injection.provider.target.module is alias.module
            and isinstance(alias.injection.provider.target.parent, ModuleScope)
            and any(alias.injection.provider.own_uses)
        ]

    @cached_property
    def lifespans(self) -> list[FunctionScope]:
        """The lifespan functions that take the application."""
        return [
            f
            for f in self.program.lifespans.functions
            if f.module in self.own and f.parameters and f.owner is None and _is_plain(f)
        ]

    @cached_property
    def tasks(self) -> list[FunctionScope]:
        """The registered tasks, each in a module of that role."""
        return [
            f
            for f in self.program.queue.tasks
            if f.module in self.own
            and f.module.has_role("tasks")
            and _takes_context(f)
            and f.node.is_async
            and _is_plain(f)
        ]

    def context_of(self, function: FunctionScope) -> code.Parameter:
        """Return the parameter of a task or hook that is arq's context."""
        return function.parameters[1 if _is_bound(function) else 0]

    @cached_property
    def starting(self) -> list[FunctionScope]:
        """What arq's worker runs when it starts."""
        return [
            f
            for f, hooks in self.program.queue.hooks.items()
            if "on_startup" in hooks and f.module in self.own and _takes_context(f) and _is_plain(f)
        ]

    @cached_property
    def settings(self) -> list[ClassScope]:
        """The settings classes that other modules can import."""
        return [c for c in settings_classes(self.program) if c.module in self.own and c.parent is c.module]

    @cached_property
    def facades(self) -> list[ModuleScope]:
        """The `__init__` of each deps package that has modules behind it."""
        return [package for package, behind in facades(self.program).items() if behind and package.is_package]

    def is_behind(self, module: ModuleScope) -> bool:
        """Return whether a module lies in a deps package."""
        return bool(facade_of(self.program, module))

    def clean(self, rule: str, functions: Iterable[FunctionScope]) -> Iterator[FunctionScope]:
        """Yield the functions of which a rule reports nothing."""
        for function in functions:
            first, last = function.node.span[0], function.node.span[2]
            if not any(r == rule and p == function.module.path and first <= n <= last for r, p, n in self.reported):
                yield function

    def can_import(self, importer: ModuleScope, module: ModuleScope) -> bool:
        """Return whether `import a.b` in one module means the other."""
        parts = module.name.split(".")
        if not all(part.isidentifier() and not keyword.iskeyword(part) for part in parts):
            return False
        return importer is not module and self.program.names.module(module.name, importer) is module

    def imported(self, importer: ModuleScope, modules: Iterable[ModuleScope]) -> ModuleScope | None:
        """Return the first of the modules that another can import."""
        return next((module for module in modules if self.can_import(importer, module)), None)

    # --- what is written --------------------------------------------------------------------------------------------

    def source(self, module: ModuleScope) -> Source:
        if module.path not in self._sources:
            self._sources[module.path] = Source.of(self.files[module.path].path.read_bytes())
        return self._sources[module.path]

    @property
    def sources(self) -> dict[str, Source]:
        """The files that were looked into so far."""
        return self._sources

    def end(self, module: ModuleScope, text: str) -> Change:
        """Return the change that puts text at the end of a module."""
        end = len(self.source(module).text)
        return Change(module.path, end, end, f"\n\n\n{text.strip(chr(10))}\n")

    def top(self, module: ModuleScope, text: str) -> Change:
        """Return the change that puts text before the first statement that may stand behind others."""
        source = self.source(module)
        statement = next((each for each in module.body if not _stays_in_front(each)), None)
        at = len(source.text) if statement is None else source.offset(_first_line(statement), 1)
        return Change(module.path, at, at, f"{text.strip(chr(10))}\n")

    def into(self, function: FunctionScope, text: str) -> Change:
        """Return the change that puts text at the beginning of a function's body."""
        source, statement = self.source(function.module), _first_of(function)
        line = _first_line(statement)
        written = source.line(line)
        indent = written[: len(written) - len(written.lstrip())]
        at = source.offset(line, 1)
        lines = "".join(f"{indent}{each}\n" for each in text.strip("\n").split("\n"))
        return Change(function.module.path, at, at, lines)

    def instead(self, module: ModuleScope, span: code.Span, text: str) -> Change:
        """Return the change that replaces what stands at a span, which `text` names as `{}`."""
        source = self.source(module)
        start, stop = source.offset(*span[:2]), source.offset(*span[2:])
        return Change(module.path, start, stop, text.replace("{}", source.text[start:stop]))

    def behind(self, module: ModuleScope, span: code.Span, text: str) -> Change:
        """Return the change that puts text behind what stands at a span."""
        at = self.source(module).offset(*span[2:])
        return Change(module.path, at, at, text)

    def beside(self, module: ModuleScope, name: str, *, is_test: bool = False) -> SourceFile | None:
        """Return a new file in a module's folder (`name` may name a folder in it); None where it is there."""
        file = self.files[module.path]
        folder = module.path.rpartition("/")[0]
        shown = f"{folder}/{name}" if folder else name
        package = module.name if module.is_package else module.name.rpartition(".")[0]
        inner = name.removesuffix(".py").replace("/", ".")
        if shown in self.files:
            return None
        return replace(
            file, shown=shown, path=file.path.parent / name, module=f"{package}.{inner}" if package else inner,
            is_package=False, is_test=is_test,
        )  # fmt: skip


def _is_plain(function: FunctionScope) -> bool:
    """Whether a body begins on a line of its own, so that something can be written before it."""
    if not function.body or isinstance(function.parent, FunctionScope):
        return False
    statement = _first_of(function)
    return _first_line(statement) > function.node.span[0] and _header_end(function) < _first_line(statement)


def _is_bound(function: FunctionScope) -> bool:
    """Whether the first parameter is the object or class that a method belongs to."""
    return (
        function.owner is not None and function.parameters[:1] != () and function.parameters[0].name in {"self", "cls"}
    )


def _takes_context(function: FunctionScope) -> bool:
    """Whether a task or hook has a parameter for arq's context, not `*args`."""
    parameters = function.parameters[1 if _is_bound(function) else 0 :]
    return bool(parameters) and parameters[0].kind in {"plain", "positional-only"}


def _first_of(function: FunctionScope) -> code.Statement:
    body = function.body
    first = body[0]
    is_docstring = isinstance(first, code.Evaluate) and isinstance(first.value, code.Constant)
    return body[1] if is_docstring and len(body) > 1 and first.span[2] < _first_line(body[1]) else first


def _first_line(statement: code.Statement) -> int:
    decorators = statement.decorators if isinstance(statement, (code.Function, code.Class)) else ()
    return min([statement.span[0], *(decorator.span[0] for decorator in decorators)])


def _header_end(function: FunctionScope) -> int:
    written = [function.node.span[0], *(p.span[2] for p in function.parameters)]
    if function.node.returns is not None:
        written.append(function.node.returns.span[2])
    return max(written)


def _stays_in_front(statement: code.Statement) -> bool:
    match statement:
        case code.Evaluate(value=code.Constant()):
            return True
        case code.ImportFrom(module="__future__"):
            return True
    return False
