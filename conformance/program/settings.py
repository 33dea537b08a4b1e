"""The target's settings classes, and the calls that give an object of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.facts import code
from conformance.program import catalogue
from conformance.program.guards import unrun_lines
from conformance.program.scopes import ClassScope, ModuleScope, Scope, ValueBinding
from conformance.program.values import ClassValue, Instance
from conformance.results import Place

if TYPE_CHECKING:
    from conformance.program import Program

BUILDING = catalogue.MAKING_MODELS | {"construct", "parse_file"}
"""Class methods of pydantic that make an object."""


@dataclass(frozen=True, slots=True, eq=False)
class BoundSettings:
    """A module-level name that is bound to what a call gives: an object of a settings class."""

    name: str
    cls: ClassScope
    call: code.Call
    module: ModuleScope
    node: code.Node

    @property
    def place(self) -> Place:
        return self.module.place(self.node)


def settings_classes(program: Program) -> Iterator[ClassScope]:
    """Yield the settings classes of the target, tests excluded."""
    for module in program.target_modules:
        for cls in module.classes:
            if program.is_settings_class(cls):
                yield cls


def settings_made(program: Program, call: code.Call, scope: Scope) -> ClassScope | None:
    """Return the settings class of which a call gives an object, constructed by it or by a function that it calls."""
    for value in program.names.infer(call, scope):
        match value:
            case Instance(type=ClassScope() as cls) if program.is_settings_class(cls):
                return cls
    match call.function:
        case code.Attribute(value=base, name=name) if name in BUILDING:
            for value in program.names.infer(base, scope):
                match value:
                    case ClassValue(cls=cls) if program.is_settings_class(cls):
                        return cls
    return None


def module_level_settings(program: Program, module: ModuleScope) -> Iterator[BoundSettings]:
    """Yield the names that a module binds, while it is imported, to settings that a call gives it."""
    unrun = unrun_lines(module)
    for name, bindings in module.bindings.items():
        for binding in bindings:
            if not isinstance(binding, ValueBinding) or binding.value is None or binding.within is not None:
                continue
            line = binding.node.span[0]
            if binding.how == "element" or any(line in lines for lines in unrun):
                continue
            for call in _calls(binding.value):
                cls = settings_made(program, call, module)
                if cls is not None:
                    yield BoundSettings(name, cls, call, module, binding.node)
                    break


def _calls(node: code.Expression) -> Iterator[code.Call]:
    """Yield the calls whose result an expression may be."""
    match node:
        case code.Call():
            yield node
        case code.Conditional(body=body, otherwise=otherwise):
            yield from _calls(body)
            yield from _calls(otherwise)
        case code.BooleanOperation(values=values):
            for value in values:
                yield from _calls(value)
        case code.Sequence(elements=elements):
            for element in elements:
                yield from _calls(element)
        case code.NamedExpression(value=value) | code.Await(value=value):
            yield from _calls(value)
