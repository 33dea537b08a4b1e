"""Each read and write of app.state and of arq's context, in any spelling, through any alias or helper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from conformance.facts import code
from conformance.program import catalogue
from conformance.program.carriers import Carriers
from conformance.program.inference import EntryValues, Inference
from conformance.program.scopes import (
    MOST_BINDINGS,
    Binding,
    ClassScope,
    FunctionScope,
    ImportBinding,
    ModuleScope,
    ParameterBinding,
    Scope,
    ValueBinding,
    enclosing,
    scopes_of,
)
from conformance.program.values import AppState, Context, Creation, Display, External, Instance, Located, Value, Values
from conformance.results import Place

_SETTERS = {"setattr", "builtins.setattr", "object.__setattr__", "builtins.object.__setattr__", "operator.setitem"}
_DELETERS = {"delattr", "builtins.delattr", "object.__delattr__", "builtins.object.__delattr__", "operator.delitem"}
_NAMED_SETTERS = _SETTERS | _DELETERS | {"operator.ior"}
_SETTING = ("attr", "__setattr__", "__delattr__", "item", "ior")
_METHOD_CALLER = "operator.methodcaller"
_CHANGING = frozenset(
    {
        "update",
        "setdefault",
        "pop",
        "popitem",
        "clear",
        "__setitem__",
        "__delitem__",
        "__setattr__",
        "__delattr__",
        "__ior__",
    }
)

_STORING = (code.Assign, code.For, code.Generator, code.WithItem, code.Delete, code.Call)
_READING = (code.Attribute, code.Subscript, code.Comparison)


@dataclass(frozen=True, slots=True, eq=False)
class Access:
    """One read or write of app.state or of arq's context.

    Attributes:
        of: which of the two.
        kind: a read, a write, a deletion; `passed` where the whole object is handed to a call; `asked` where it is
            only asked whether a key is there.
        key: None where it is computed, and where the whole object is written.
        value: what is written, where that stands as an expression.
        node: the expression or statement; `scope` is where it stands.
        whole: app.state itself is bound anew, or all keys are changed at once.
        renamed: an attribute that FastAPI does not define, on the app object itself.
        optional: a read that gives None or a default where the key is missing.
    """

    of: Literal["state", "context"]
    kind: Literal["read", "write", "delete", "passed", "asked"]
    key: str | None
    node: code.Node
    scope: Scope
    value: Located | None = None
    whole: bool = False
    renamed: bool = False
    optional: bool = False
    spelling: str = ""

    @property
    def module(self) -> ModuleScope:
        return self.scope.module

    @property
    def place(self) -> Place:
        return self.module.place(self.node)

    @property
    def writes(self) -> bool:
        return self.kind in {"write", "delete"}

    @property
    def function(self) -> FunctionScope | None:
        """The innermost function that the access stands in."""
        return next(enclosing(self.scope), None)


class Stores:
    """All accesses, computed once."""

    def __init__(self, names: Inference) -> None:
        self.names = names
        self.accesses: list[Access] = []
        self._setters: dict[ModuleScope, frozenset[str]] = {}
        self._carriers = Carriers(names)
        for module in names.modules:
            for scope in scopes_of(module):
                if self._carriers.concern(scope):
                    self.accesses += self._in_scope(scope)

    def of(self, store: Literal["state", "context"], *kinds: str) -> Iterator[Access]:
        """Yield the accesses of one of the two, of the kinds named, in the order of modules and lines."""
        return (a for a in self.accesses if a.of == store and (not kinds or a.kind in kinds))

    def entry_values(self) -> EntryValues:
        """Return what is stored under which key, outside tests."""
        found = EntryValues()
        for access in self.accesses:
            if access.kind == "write" and access.value is not None and not access.module.is_test:
                values = found.state if access.of == "state" else found.context
                for key in (access.key,) if access.key else self._literal_keys(access):
                    values[key] = (*values.get(key, ()), access.value)
        return found

    def _literal_keys(self, access: Access) -> Iterator[str]:
        """Yield the keys that a write has in a loop over literal ones: `for key in ("a", "b"): ctx[key] = …`."""
        for node in code.walk_scope(access.node):
            match node:
                case (
                    code.Subscript(value=base, key=key)
                    | code.Call(function=code.Name(id="setattr"), arguments=(base, key, _))
                ) if any(isinstance(v, (AppState, Context)) for v in self.names.infer(base, access.scope)):
                    for value in self.names.infer(key, access.scope):
                        match value:
                            case Display(node=code.Constant(value=str(text))):
                                yield text

    # --- one scope -------------------------------------------------------------------------------------------------

    def _in_scope(self, scope: Scope) -> Iterator[Access]:
        stored: set[int] = set()
        for node in (*scope.nodes.of(*_STORING), *scope.deferred.of(*_STORING)):
            match node:
                case code.Assign(targets=targets, value=value, operator=operator):
                    for target in targets:
                        yield from self._store(target, value, node, scope, stored, operator)
                case code.For(target=target) | code.Generator(target=target):
                    yield from self._store(target, None, target, scope, stored)
                case code.WithItem(target=target, manager=manager) if target is not None:
                    yield from self._store(target, manager, target, scope, stored)
                case code.Delete(targets=targets):
                    for target in targets:
                        yield from self._store(target, None, node, scope, stored, "del")
                case code.Call():
                    yield from self._call(node, scope, stored)
        for node in (*scope.nodes.of(*_READING), *scope.deferred.of(*_READING)):
            if id(node) not in stored:
                yield from self._read(node, scope)

    def _values(self, node: code.Expression, scope: Scope) -> Values:
        """Return what an expression stands for; () where that is none of the three."""
        return self.names.infer(node, scope) if self._carriers.may(node, scope) else ()

    def _store(
        self,
        target: code.Expression,
        value: code.Expression | None,
        node: code.Node,
        scope: Scope,
        stored: set[int],
        operator: str = "",
    ) -> Iterator[Access]:
        kind: Literal["write", "delete"] = "delete" if operator == "del" else "write"
        located = Located(value, scope) if value is not None and operator == "" else None
        stored.add(id(target))
        match target:
            case code.Sequence(elements=elements):
                values: list[code.Expression | None] = [None] * len(elements)
                if isinstance(value, code.Sequence) and len(value.elements) == len(elements):
                    values = list(value.elements)
                for element, part in zip(elements, values, strict=True):
                    yield from self._store(element, part, element, scope, stored, operator)
            case code.Starred(value=inner):
                yield from self._store(inner, None, inner, scope, stored, operator)
            case code.Attribute(value=base, name=name):
                values_of_base = self._values(base, scope)
                if AppState() in values_of_base:
                    whole = name in {"_state", "__dict__"}
                    yield Access("state", kind, None if whole else name, node, scope, located, whole=whole)
                elif any(_is_app(self.names, v) for v in values_of_base):
                    if name == "state":
                        yield Access("state", kind, None, node, scope, located, whole=True)
                    elif self._is_foreign_attribute(base, name, values_of_base):
                        yield Access("state", kind, name, node, scope, located, renamed=True)
                elif operator not in {"", "del"}:
                    yield from self._joined(target, value, node, scope)
            case code.Subscript(value=base, key=key):
                values_of_base = self._values(base, scope)
                if AppState() in values_of_base:
                    yield Access("state", kind, self.names.text(key, scope), node, scope, located)
                elif Context() in values_of_base:
                    yield Access("context", kind, self.names.text(key, scope), node, scope, located)
                elif operator not in {"", "del"}:
                    yield from self._joined(target, value, node, scope)
            case code.Name() if operator not in {"", "del"}:
                yield from self._joined(target, value, node, scope)

    def _joined(
        self, target: code.Expression, value: code.Expression | None, node: code.Node, scope: Scope
    ) -> Iterator[Access]:
        """Read `ctx |= {…}`."""
        for of in self._stores_in(self._values(target, scope)):
            yield from self._many(of, (value,) if value is not None else (), (), node, scope)

    def _is_foreign_attribute(self, base: code.Expression, name: str, values: Values) -> bool:
        """Whether FastAPI has no such attribute, nor the target's own subclass."""
        if name in catalogue.APP_ATTRIBUTES or name.startswith("__"):
            return False
        own = [v.type for v in values if isinstance(v, Instance) and isinstance(v.type, ClassScope)]
        if own and isinstance(base, code.Name) and base.id == "self":
            return False
        return not any(self.names.class_symbols(cls, name) for cls in own)

    def _many(
        self,
        of: Literal["state", "context"],
        arguments: Iterable[code.Expression],
        keywords: Iterable[code.Keyword],
        node: code.Node,
        scope: Scope,
    ) -> Iterator[Access]:
        """Yield the writes of an update by mappings and keywords."""
        any_known = False
        for argument in arguments:
            for key, given in self._entries(argument, scope):
                yield Access(of, "write", key, node, scope, given, spelling="update")
                any_known = True
        for keyword in keywords:
            located = Located(keyword.value, scope)
            if keyword.name is None:
                yield from self._many(of, (keyword.value,), (), node, scope)
            else:
                yield Access(of, "write", keyword.name, node, scope, located, spelling="update")
            any_known = True
        if not any_known:
            yield Access(of, "write", None, node, scope, spelling="update")

    def _entries(self, node: code.Expression, scope: Scope) -> Iterator[tuple[str | None, Located | None]]:
        """Yield the keys and values of the dicts that an expression may be; None for a key that is not known."""
        seen: set[int] = set()
        pending = [Located(node, scope)]
        while pending:
            located = pending.pop(0)
            is_opened = False
            for value in self.names.infer(located.node, located.scope):
                match value:
                    case Display(node=code.Mapping() as made, scope=inner):
                        entries = zip(made.keys, made.values, strict=True)
                        plain = [(self.names.text(k, inner), v) for k, v in entries if k is not None]
                        opened = [v for k, v in zip(made.keys, made.values, strict=True) if k is None]
                    case Instance(type="builtins.dict", creation=Creation(call=made, scope=inner)):
                        plain = [(k.name, k.value) for k in made.keywords if k.name is not None]
                        opened = [*made.arguments, *(k.value for k in made.keywords if k.name is None)]
                    case _:
                        continue
                is_opened = True
                if id(made) not in seen:
                    seen.add(id(made))
                    yield from ((key, Located(each, inner)) for key, each in plain)
                    pending += [Located(each, inner) for each in opened]
            if not is_opened:
                yield None, None

    def _call(self, node: code.Call, scope: Scope, stored: set[int]) -> Iterator[Access]:
        last = code.last_name(node.function)
        if last.endswith(_SETTING) or (
            isinstance(node.function, code.Name)
            and (
                last in self._imported_setters(scope.module)
                or any(_setter_of(b) in _NAMED_SETTERS for b in scope.bindings.get(last, ()))
            )
        ):
            name = code.dotted(node.function)
            qualified = self._qualified(node.function, scope)
            if qualified & (_SETTERS | _DELETERS) and len(node.arguments) >= 2:
                yield from self._by_function(node, scope, deletes=bool(qualified & _DELETERS))
                return
            if name in {"hasattr", "getattr"} and len(node.arguments) >= 2:
                yield from self._asked(node, scope, name)
                return
            if "operator.ior" in qualified and len(node.arguments) == 2:
                yield from self._of_class("__ior__", node, scope)
                return
        node = self._by_method_caller(node, scope)
        function, where = self._bound_method(node.function, scope)
        match function:
            case code.Attribute(value=base, name=method):
                values = self._values(base, where)
                if method in _CHANGING and any(self._carriers.may(each, scope) for each in node.arguments[:1]):
                    values = self.names.infer(base, where)  # `dict.update(ctx, …)`
                of = next(self._stores_in(values), None) if values else None
                if of is not None:
                    yield from self._method(of, method, node, scope)
                    stored.add(id(node.function))
                elif method in _CHANGING and (
                    External("builtins.dict") in values
                    or (method.startswith("__") and len(node.arguments) > 1)
                    or _is_class_of_something(base)
                ):
                    yield from self._of_class(method, node, scope)
                    return
        for position, argument in enumerate(node.arguments[:2]):
            if len(node.arguments) > position + 1 and self._is_setter(argument, scope):
                handed = code.Call(node.span, argument, node.arguments[position + 1 :], ())
                yield from self._handed_setter(handed, scope)
                return
            match self._bound_method(argument, scope):
                case (code.Attribute(value=base, name=method), origin) if method in _CHANGING:
                    for of in self._stores_in(self._values(base, origin)):
                        handed = code.Call(node.span, argument, node.arguments[position + 1 :], node.keywords)
                        yield from self._method(of, method, handed, scope)
        if self.names.calls.is_cast(node.function):
            return
        for argument in (*node.arguments, *(k.value for k in node.keywords)):
            inner = argument.value if isinstance(argument, code.Starred) else argument
            if not isinstance(inner, (code.Name, code.Attribute)):
                continue
            for value in self._values(inner, scope):
                if isinstance(value, AppState):
                    yield Access("state", "passed", None, node, scope)
                elif isinstance(value, Context):
                    yield Access("context", "passed", None, node, scope)

    def _bound_method(self, node: code.Expression, scope: Scope) -> tuple[code.Expression, Scope]:
        """Return what a local name is bound to, where that is a method that changes: `put = ctx.update`."""
        if isinstance(node, code.Name):
            for binding in scope.bindings.get(node.id, [])[:MOST_BINDINGS]:
                if isinstance(binding, ValueBinding) and binding.value is not None and binding.how == "value":
                    where = binding.within or scope
                    method = self._got_method(binding.value, where)
                    if isinstance(method, code.Attribute) and method.name in _CHANGING:
                        return method, where
        return self._got_method(node, scope), scope

    def _got_method(self, node: code.Expression, scope: Scope) -> code.Expression:
        """Return `ctx.update` for `getattr(ctx, "update")`, and anything else as it is."""
        match node:
            case code.Call(function=code.Name(id="getattr"), arguments=(base, key, *_)) if self._carriers.may(
                base, scope
            ):
                name = self.names.text(key, scope)
                return node if name is None else code.Attribute(node.span, base, name)
        return node

    def _by_method_caller(self, node: code.Call, scope: Scope) -> code.Call:
        """Return `ctx.pop("a")` for `methodcaller("pop", "a")(ctx)`, and any other call as it is."""
        match node:
            case code.Call(function=code.Call(arguments=(key, *given)) as made, arguments=(base,)) if (
                self._carriers.may(base, scope)
            ):
                name = self.names.text(key, scope)
                if name is not None and _METHOD_CALLER in self._qualified(made.function, scope):
                    return code.Call(node.span, code.Attribute(node.span, base, name), tuple(given), made.keywords)
        return node

    def _qualified(self, function: code.Expression, scope: Scope) -> set[str]:
        """Return the absolute names that a function can have, and the name that it is called by."""
        known = {v.name for v in self.names.infer(function, scope) if isinstance(v, External)}
        return known | {code.dotted(function)}

    def _is_setter(self, node: code.Expression, scope: Scope) -> bool:
        """Whether an argument is `setattr`, `setitem` or one that deletes, under whatever name."""
        last = code.last_name(node)
        if not last.endswith(("attr", "item")) and last not in self._imported_setters(scope.module):
            return False
        return not self._qualified(node, scope).isdisjoint(_SETTERS | _DELETERS)

    @staticmethod
    def _stores_in(values: Values) -> Iterator[Literal["state", "context"]]:
        if AppState() in values:
            yield "state"
        elif Context() in values:
            yield "context"

    def _handed_setter(self, node: code.Call, scope: Scope) -> Iterator[Access]:
        """Read `partial(setattr, app.state)` and `add_task(setattr, app.state, "x", 1)` as the call behind it."""
        deletes = not self._qualified(node.function, scope).isdisjoint(_DELETERS)
        if len(node.arguments) >= 2:
            yield from self._by_function(node, scope, deletes=deletes)
        else:
            for of in self._stores_in(self._values(node.arguments[0], scope)):
                yield Access(of, "delete" if deletes else "write", None, node, scope, spelling="setattr")

    def _imported_setters(self, module: ModuleScope) -> frozenset[str]:
        """Return the names that a module has for what sets and deletes items: imported, or given by itself."""
        if module not in self._setters:
            self._setters[module] = frozenset(
                name for name, bindings in module.bindings.items() for b in bindings if _setter_of(b) in _NAMED_SETTERS
            )
        return self._setters[module]

    def _of_class(self, method: str, node: code.Call, scope: Scope) -> Iterator[Access]:
        """Read `dict.update(ctx, …)` as `ctx.update(…)`, and `State.__setattr__(state, …)` likewise."""
        values = self._values(node.arguments[0], scope) if node.arguments else ()
        for of in self._stores_in(values):
            bound = code.Attribute(node.span, node.arguments[0], method)
            yield from self._method(of, method, code.Call(node.span, bound, node.arguments[1:], node.keywords), scope)

    def _by_function(self, node: code.Call, scope: Scope, *, deletes: bool) -> Iterator[Access]:
        base, key, *rest = node.arguments
        value = Located(rest[0], scope) if rest else None
        kind: Literal["write", "delete"] = "delete" if deletes else "write"
        values = self._values(base, scope)
        text = self.names.text(key, scope) if values else None
        if AppState() in values:
            yield Access("state", kind, text, node, scope, value, spelling="setattr")
        elif Context() in values:
            yield Access("context", kind, text, node, scope, value, spelling="setitem")
        elif any(_is_app(self.names, v) for v in values):
            if text == "state":
                yield Access("state", kind, None, node, scope, value, whole=True, spelling="setattr")
            elif text is None or self._is_foreign_attribute(base, text, values):
                yield Access("state", kind, text, node, scope, value, renamed=True, spelling="setattr")

    def _asked(self, node: code.Call, scope: Scope, name: str) -> Iterator[Access]:
        values = self._values(node.arguments[0], scope)
        key = self.names.text(node.arguments[1], scope) if values else None
        if AppState() in values:
            if name == "hasattr":
                yield Access("state", "asked", key, node, scope)
            else:
                yield Access("state", "read", key, node, scope, optional=len(node.arguments) > 2, spelling="getattr")
        elif (
            any(_is_app(self.names, v) for v in values)
            and key
            and self._is_foreign_attribute(node.arguments[0], key, values)
        ):
            kind: Literal["asked", "read"] = "asked" if name == "hasattr" else "read"
            yield Access("state", kind, key, node, scope, renamed=True, optional=len(node.arguments) > 2)

    def _method(self, of: Literal["state", "context"], method: str, node: code.Call, scope: Scope) -> Iterator[Access]:
        first = next(iter(node.arguments), None)
        key = None if first is None else self.names.text(first, scope)
        second = Located(node.arguments[1], scope) if len(node.arguments) > 1 else None
        match method:
            case "update" | "__ior__":
                yield from self._many(of, node.arguments, node.keywords, node, scope)
            case "setdefault" | "__setitem__" | "__setattr__":
                yield Access(of, "write", key, node, scope, second, spelling=method)
            case "pop" | "__delitem__" | "__delattr__":
                yield Access(of, "delete", key, node, scope, spelling=method)
            case "popitem" | "clear":
                yield Access(of, "delete", None, node, scope, whole=True, spelling=method)
            case "get":
                yield Access(of, "read", key, node, scope, optional=True, spelling="get")
            case "__getitem__" | "__getattr__" | "__getattribute__":
                yield Access(of, "read", key, node, scope, spelling=method)
            case "__contains__":
                yield Access(of, "asked", key, node, scope)
            case "copy" | "keys" | "items" | "values" | "__len__":
                yield Access(of, "read", None, node, scope, whole=True, spelling=method)
            case _ if of == "state":
                yield Access(of, "read", method, node.function, scope)

    def _read(self, node: code.Node, scope: Scope) -> Iterator[Access]:
        match node:
            case code.Attribute(value=base, name=name):
                values = self._values(base, scope)
                if not values:
                    return
                if AppState() in values and not name.startswith("_"):
                    yield Access("state", "read", name, node, scope)
                elif any(_is_app(self.names, v) for v in values) and self._is_foreign_attribute(base, name, values):
                    yield Access("state", "read", name, node, scope, renamed=True)
            case code.Subscript(value=base, key=key):
                values = self._values(base, scope)
                if AppState() in values:
                    yield Access("state", "read", self.names.text(key, scope), node, scope)
                elif Context() in values:
                    yield Access("context", "read", self.names.text(key, scope), node, scope)
            case code.Comparison(left=left, operators=("in" | "not in",), others=(other,)):
                for value in self._values(other, scope):
                    if isinstance(value, Context):
                        yield Access("context", "asked", self.names.text(left, scope), node, scope)


def _setter_of(binding: Binding) -> str:
    match binding:
        case ImportBinding(module=module, name=name):
            return f"{module}.{name}"
        case ValueBinding(value=code.Name() | code.Attribute() as value, how="value", path=()):
            return code.dotted(value)
        case ParameterBinding(node=code.Parameter(default=code.Name() | code.Attribute() as default)):
            return code.dotted(default)
    return ""


def _is_app(names: Inference, value: Value) -> bool:
    return isinstance(value, Instance) and names.is_a(value.type, *catalogue.APPS)


def _is_class_of_something(node: code.Expression) -> bool:
    """Whether an expression asks for a class: `type(ctx)`, `ctx.__class__`."""
    match node:
        case code.Call(function=code.Name(id="type"), arguments=(_,)) | code.Attribute(name="__class__"):
            return True
    return False
