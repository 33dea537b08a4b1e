"""What tests replace: the calls of monkeypatch, unittest.mock and pytest-mock, each with what it patches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.facts import code
from conformance.program.scopes import ModuleScope, ParameterBinding, Scope, ValueBinding, scopes_of
from conformance.program.values import External, ModuleValue, Symbol, Value, Values
from conformance.results import Place

if TYPE_CHECKING:
    from conformance.program import Program

_MONKEYPATCH_METHODS = frozenset({"setattr", "delattr", "setitem", "delitem"})
_MOCK_METHODS = frozenset({"object", "dict", "multiple"})
_MONKEYPATCHES = frozenset({"pytest.MonkeyPatch", "_pytest.monkeypatch.MonkeyPatch"})
_MOCKERS = frozenset(
    {"pytest_mock.MockerFixture", "pytest_mock.MockFixture", "pytest_mock.plugin.MockerFixture",
     "pytest_mock.plugin.MockFixture"}
)  # fmt: skip
_NAMED_MOCKERS = frozenset({"mocker", "class_mocker", "module_mocker", "package_mocker", "session_mocker"})
_PATCHES = frozenset({"unittest.mock.patch", "mock.patch", "mock.mock.patch"})
_NAMES_OF_PATCHES = frozenset({"patch"})


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """One call that replaces something for a while.

    Attributes:
        call: the call; `scope` is where it stands.
        holder: the object whose attribute or item is replaced; None where the target is a dotted string.
        text: the dotted string; "" where the object is given.
        name: the attribute that is replaced; "" for items, and for what `patch.multiple` is given.
        of_items: items of a table are replaced, not attributes.
    """

    call: code.Call
    scope: Scope
    holder: code.Expression | None
    text: str
    name: str
    of_items: bool

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
            found = _patch(program, node, scope)
            if found is not None:
                yield found


def _patch(program: Program, call: code.Call, scope: Scope) -> Patch | None:
    match call.function:
        case code.Attribute(value=base, name=method) if method in _MONKEYPATCH_METHODS:
            if _is_monkeypatch(program, base, scope):
                return _of_object(program, call, scope, ("target", "name"), of_items=method.endswith("item"))
        case code.Attribute(value=base, name=method) if method in _MOCK_METHODS:
            if _is_patch(program, base, scope):
                names = {"object": ("target", "attribute"), "dict": ("in_dict",), "multiple": ("target",)}[method]
                return _of_object(program, call, scope, names, of_items=method == "dict")
    if isinstance(call.function, (code.Name, code.Attribute)) and _is_patch(program, call.function, scope):
        first = _argument(call, 0, "target")
        text = program.names.text(first, scope) if first is not None else None
        return Patch(call, scope, None, text, "", of_items=False) if text else None
    return None


def _of_object(
    program: Program, call: code.Call, scope: Scope, names: tuple[str, ...], *, of_items: bool
) -> Patch | None:
    first = _argument(call, 0, names[0])
    if first is None and of_items:
        first = _argument(call, 0, "dic")
    if first is None:
        return None
    text = program.names.text(first, scope)
    if text:
        whole = of_items or len(names) == 1
        return Patch(call, scope, None, text if not whole else f"{text}.*", "", of_items=of_items)
    second = _argument(call, 1, names[1]) if len(names) > 1 and not of_items else None
    name = (program.names.text(second, scope) or "") if second is not None else ""
    return Patch(call, scope, first, "", name, of_items=of_items)


def _argument(call: code.Call, position: int, name: str) -> code.Expression | None:
    if position < len(call.arguments):
        return call.arguments[position]
    return next((k.value for k in call.keywords if k.name == name), None)


def _is_monkeypatch(program: Program, node: code.Expression, scope: Scope) -> bool:
    if program.names.is_instance(program.names.infer(node, scope), *_MONKEYPATCHES):
        return True
    match node:
        case code.Name(id=name):
            return _is_fixture(program, node, scope, frozenset({"monkeypatch"})) or _is_context(program, name, scope)
    return False


def _is_fixture(program: Program, node: code.Name, scope: Scope, names: frozenset[str]) -> bool:
    """Whether a name is a parameter by which pytest hands a fixture over."""
    if node.id not in names:
        return False
    found = program.names.lookup(node.id, scope, node.span)
    return not found or any(isinstance(r, Symbol) and isinstance(r.binding, ParameterBinding) for r in found)


def _is_context(program: Program, name: str, scope: Scope) -> bool:
    """Whether a name is bound by `with monkeypatch.context() as name`."""
    for binding in scope.bindings.get(name, ()):
        match binding:
            case ValueBinding(how="entered", value=code.Call(function=code.Attribute(value=base, name="context"))):
                for resolved in program.names.resolve(base, scope):
                    if isinstance(resolved, External) and resolved.name in _MONKEYPATCHES:
                        return True
                return _is_monkeypatch(program, base, scope)
    return False


def _is_patch(program: Program, node: code.Expression, scope: Scope) -> bool:
    """Whether an expression is `patch` of unittest.mock or of pytest-mock's `mocker`."""
    if not program.names.may_mean(node, scope, _NAMES_OF_PATCHES):
        return False
    values = program.names.infer(node, scope)
    if any(isinstance(v, External) and v.name in _PATCHES for v in values):
        return True
    match node:
        case code.Attribute(value=base, name="patch"):
            if program.names.is_instance(program.names.infer(base, scope), *_MOCKERS):
                return True
            return isinstance(base, code.Name) and _is_fixture(program, base, scope, _NAMED_MOCKERS)
    return False


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
    """Return the module of the target that binds a table, and the table's name."""
    for resolved in program.names.resolve(node, scope):
        match resolved:
            case Symbol(scope=ModuleScope() as module, name=name, binding=ValueBinding()) if not module.is_test:
                return module, name
    return None
