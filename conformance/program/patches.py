"""What tests replace: the calls of monkeypatch, unittest.mock and pytest-mock, each with what it patches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING

from conformance.facts import code
from conformance.program import catalogue
from conformance.program.scopes import ModuleScope, Scope, ValueBinding, enclosing, scopes_of
from conformance.program.values import Display, External, Instance, Member, ModuleValue, Symbol, Value, Values
from conformance.results import Place

if TYPE_CHECKING:
    from conformance.program import Program

_OF_MONKEYPATCH = frozenset({"setattr", "delattr", "setitem", "delitem"})
_OF_PATCH = frozenset({"object", "dict", "multiple"})
_MONKEYPATCHES = ("pytest.MonkeyPatch", "_pytest.monkeypatch.MonkeyPatch")
_FUNCTIONS = {
    f"{mock}.patch{method and f'.{method}'}": method or "patch"
    for mock in ("unittest.mock", "mock", "mock.mock")
    for method in ("", *_OF_PATCH)
}
"""The functions of unittest.mock that patch something, each with what it is called here."""
_OF_ITEMS = frozenset({"setitem", "delitem", "dict"})
_NAMES = _OF_MONKEYPATCH | _OF_PATCH | {"patch"}
_MOST_TEXTS = 50
"""How many texts are tried that an f-string may be."""
_DEEPEST = 3
"""How many f-strings may stand within each other in it."""
_PARAMETERS = {
    "setattr": ("target", "name"), "delattr": ("target", "name"), "setitem": ("dic",), "delitem": ("dic",),
    "object": ("target", "attribute"), "dict": ("in_dict",), "multiple": ("target",),
}  # fmt: skip
"""By what names the methods are given what they patch, and of what is not patched as a whole the attribute."""


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """One call that replaces something for a while.

    Attributes:
        call: the call; `scope` is where it stands.
        holder: the object whose attribute or item is replaced; None where the target is a dotted string.
        text: the dotted string; "" where the object is given.
        name: the attribute that is replaced; "" for items, and for what `patch.multiple` is given.
        method: by which it is replaced: `setattr`, `delitem`, `patch`, `object`, `multiple`.
    """

    call: code.Call
    scope: Scope
    method: str
    holder: code.Expression | None
    text: str
    name: str

    @property
    def of_items(self) -> bool:
        """Whether items of a table are replaced, not attributes."""
        return self.method in _OF_ITEMS

    @property
    def place(self) -> Place:
        return self.scope.module.place(self.call)

    @property
    def last(self) -> str:
        """The last name of the dotted string: of the attribute that is replaced, or of the table."""
        return self.text.removesuffix(".*").rpartition(".")[2]


def find_patches(program: Program, module: ModuleScope) -> Iterator[Patch]:
    """Yield the calls in a module that patch something, decorators included."""
    for scope in scopes_of(module):
        for node in (*scope.nodes.of(code.Call), *scope.deferred.of(code.Call)):
            method = _method(program, node.function, scope)
            if method == "patch":
                yield from _of_texts(program, node, scope)
            elif method:
                yield from _of_object(program, node, scope, method)


def _method(program: Program, function: code.Expression, scope: Scope) -> str:
    """Return by which method of monkeypatch, or of `patch`, what a call calls patches something; "" where it does not.

    `patch` itself is that of unittest.mock, and that of pytest-mock's `mocker`.
    """
    if not program.names.may_mean(function, scope, _NAMES):
        return ""
    for value in program.names.infer(function, scope):
        match value:
            case External(name=name) if name in _FUNCTIONS:
                return _FUNCTIONS[name]
            case Instance(type=catalogue.MOCKERS_PATCH):
                return "patch"
            case Member(instance=Instance(type=catalogue.MOCKERS_PATCH), name=name) if name in _OF_PATCH:
                return name
            case Member(instance=patcher, name=name) if name in _OF_MONKEYPATCH:
                if program.names.is_a(patcher.type, *_MONKEYPATCHES):
                    return name
    return ""


def _of_texts(program: Program, call: code.Call, scope: Scope) -> Iterator[Patch]:
    """Yield the patches of a call of `patch`: one, or one for each text of a table."""
    first = _argument(call, 0, "target")
    if first is not None:
        yield from (Patch(call, scope, "patch", None, text, "") for text in _texts(program, first, scope))


def _texts(program: Program, node: code.Expression, scope: Scope, depth: int = 0) -> Iterator[str]:
    """Yield the texts that an expression may be: the elements of a loop, what is put together of them."""
    text = program.names.text(node, scope)
    if text:
        yield text
        return
    for value in program.names.infer(node, scope):
        match value:
            case Display(node=code.Constant(value=str(one))):
                yield one
            case Display(node=code.Format(parts=parts), scope=inner) if depth < _DEEPEST:
                groups = [tuple(_texts(program, part, inner, depth + 1)) for part in parts]
                yield from map("".join, islice(product(*groups), _MOST_TEXTS))
    if isinstance(node, code.Name):
        yield from _parametrized(program, node, scope)


def _parametrized(program: Program, name: code.Name, scope: Scope) -> Iterator[str]:
    """Yield the texts that `pytest.mark.parametrize` gives a test by a parameter's name."""
    function = next(enclosing(scope), None)
    if function is None or function.parameter(name.id) is None:
        return
    outside = function.parent
    for decorator in function.node.decorators:
        match decorator:
            case code.Call(function=code.Attribute(name="parametrize"), arguments=(given, rows, *_)):
                names = _parameter_names(program, given, outside)
                position = names.index(name.id) if name.id in names else None
                for row, where in _rows(program, rows, outside) if position is not None else ():
                    cells = _cells(row) if len(names) > 1 or isinstance(row, code.Call) else (row,)
                    yield from (text for cell in cells[position:][:1] for text in _texts(program, cell, where))


def _parameter_names(program: Program, given: code.Expression, scope: Scope) -> list[str]:
    if isinstance(given, code.Sequence):
        return [program.names.text(each, scope) or "" for each in given.elements]
    return [each.strip() for each in (program.names.text(given, scope) or "").split(",")]


def _rows(program: Program, rows: code.Expression, scope: Scope) -> Iterator[tuple[code.Expression, Scope]]:
    for value in program.names.infer(rows, scope):
        match value:
            case Display(node=code.Sequence(elements=elements), scope=inner):
                yield from ((element, inner) for element in elements)


def _cells(row: code.Expression) -> tuple[code.Expression, ...]:
    """Return what a row holds: a tuple, or `pytest.param(…)`."""
    match row:
        case code.Sequence(elements=cells) | code.Call(arguments=cells):
            return cells
    return ()


def _of_object(program: Program, call: code.Call, scope: Scope, method: str) -> Iterator[Patch]:
    names = _PARAMETERS[method]
    first = _argument(call, 0, names[0])
    if first is None:
        return
    second = _argument(call, 1, names[1]) if len(names) > 1 else None
    name = (program.names.text(second, scope) or "") if second is not None else ""
    texts = tuple(_texts(program, first, scope))
    for text in texts:
        yield Patch(call, scope, method, None, text if len(names) > 1 else f"{text}.*", "")
    if not texts:
        yield Patch(call, scope, method, first, "", name)


def _argument(call: code.Call, position: int, name: str) -> code.Expression | None:
    if position < len(call.arguments):
        return call.arguments[position]
    return next((k.value for k in call.keywords if k.name == name), None)


# --- what is patched -----------------------------------------------------------------------------------------------


def patched_module(program: Program, patch: Patch) -> tuple[ModuleScope, str] | None:
    """Return the module of the target of which a patch replaces an attribute, and that attribute's name.

    None where it patches something else: an object, a class, another distribution's module, a helper of the tests.
    """
    if patch.holder is None:
        return _module_of_text(program, patch)
    if patch.of_items:
        return _table(program, patch.holder, patch.scope)
    for value in program.names.infer(patch.holder, patch.scope):
        match value:
            case ModuleValue(module=module) if not module.is_test:
                return module, patch.name
    return None


def patched_values(program: Program, patch: Patch) -> Values:
    """Return the objects whose attribute or items a patch replaces."""
    if patch.holder is not None:
        return program.names.infer(patch.holder, patch.scope)
    head, _, _ = patch.text.rpartition(".")
    found = _walk(program, head, patch.scope.module)
    return found or ()


def _module_of_text(program: Program, patch: Patch) -> tuple[ModuleScope, str] | None:
    head, _, name = patch.text.rpartition(".")
    if patch.of_items:  # the table's own name is the attribute of a module
        head, _, name = head.rpartition(".")
    for value in _walk(program, head, patch.scope.module):
        match value:
            case ModuleValue(module=module) if not module.is_test:
                return module, "" if name == "*" else name
    return None


def _walk(program: Program, dotted: str, near: ModuleScope) -> Values:
    """Return what a dotted name stands for when its modules are imported and the rest is looked up."""
    parts = dotted.split(".")
    values: tuple[Value, ...] = ()
    for position, part in enumerate(parts):
        module = program.names.module(".".join(parts[: position + 1]), near)
        if module is not None and (not values or any(isinstance(v, ModuleValue) for v in values)):
            values = (ModuleValue(module),)
        elif values:
            values = tuple(dict.fromkeys(v for value in values for v in program.names.attribute(value, part)))
            if not values:
                return ()
        elif not program.names.is_package_name(".".join(parts[: position + 1])):
            return ()
    return values


def _table(program: Program, node: code.Expression, scope: Scope) -> tuple[ModuleScope, str] | None:
    """Return the module of the target that binds a table, and the table's name; of its own namespace, no name."""
    match node:
        case code.Attribute(value=base, name="__dict__") | code.Call(function=code.Name(id="vars"), arguments=(base,)):
            for value in program.names.infer(base, scope):
                if isinstance(value, ModuleValue) and not value.module.is_test:
                    return value.module, ""
    for resolved in program.names.resolve(node, scope):
        match resolved:
            case Symbol(scope=ModuleScope() as module, name=name, binding=ValueBinding()) if not module.is_test:
                return module, name
    return None
