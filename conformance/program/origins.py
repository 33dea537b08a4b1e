"""Which calls made the object that an expression stands for, in the target's own code.

Inference says what an expression is; this says where it comes from: names, attributes, entries of app.state and of
arq's context, parameters and loops are followed back to the calls whose results they hold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from conformance.facts import code
from conformance.program import catalogue
from conformance.program.inference import PASSING_ON, Inference
from conformance.program.scopes import (
    Binding,
    ClassScope,
    FunctionScope,
    ParameterBinding,
    Scope,
    ValueBinding,
    scopes_of,
)
from conformance.program.values import (
    AppState,
    ClassValue,
    Context,
    Display,
    External,
    FunctionValue,
    Instance,
    LambdaValue,
    Located,
    ModuleValue,
    RequestState,
    Resolved,
    Symbol,
    Value,
)

_LENT = "connection_pool"


class CallSite(NamedTuple):
    """A call and the scope that it stands in; two are the same where the call is the same node."""

    call: code.Call
    scope: Scope


class _Stored(NamedTuple):
    """A value that is put into an attribute or a container: of what, and where."""

    base: code.Expression
    value: code.Expression
    scope: Scope


class Origins:
    """Answers where objects come from."""

    def __init__(self, names: Inference) -> None:
        self.names = names
        self._attributes: dict[str, list[_Stored]] | None = None
        self._items: dict[str, list[_Stored]] = defaultdict(list)
        self._looking: set[tuple[int, int]] = set()
        self._by_identity: dict[str, dict[object, list[tuple[int, _Stored]]]] = {}

    def of(self, node: code.Expression, scope: Scope, *, steps: int | None = None) -> tuple[CallSite, ...]:
        """Return the calls that an expression's value can be the result of.

        Of a call of a target's function both the call and those that made what it returns.

        Args:
            node: the expression.
            scope: where it stands.
            steps: how many expressions outside that scope to look behind; None for all.
        """
        found: dict[tuple[int, int], CallSite] = {}
        seen: set[object] = set()
        pending: list[Located] = [Located(node, scope)]
        while pending:
            current = pending.pop()
            key = (id(current.node), id(current.scope))
            if key in seen or (joint := self._joint(current)) in seen:
                continue
            seen.add(key)
            if joint is not None:
                seen.add(joint)
            if steps is not None and current.scope is not scope:
                if not steps:
                    continue
                steps -= 1
            if isinstance(current.node, code.Call) and not self._passes_on(current):
                found[key] = CallSite(current.node, current.scope)
            pending += self._behind(current.node, current.scope)
        return tuple(found.values())

    def _joint(self, located: Located) -> tuple[Scope, str] | None:
        """Return the name all of whose bindings an expression may stand for, where it is such a name."""
        match located.node:
            case code.Name(id=name):
                return self.names.joint(self.names.lookup(name, located.scope, located.node.span))
        return None

    def keys(self, node: code.Expression, scope: Scope) -> frozenset[str]:
        """Return the strings that an expression can be: a constant, or each element of a literal that is walked."""
        text = self.names.text(node, scope)
        if text is not None:
            return frozenset({text})
        return frozenset(
            v.node.value
            for v in self.names.infer(node, scope)
            if isinstance(v, Display) and isinstance(v.node, code.Constant) and isinstance(v.node.value, str)
        )

    def _passes_on(self, located: Located) -> bool:
        return any(True for _ in self._handed_through(located.node, located.scope))

    def _handed_through(self, node: code.Expression, scope: Scope) -> Iterator[Located]:
        """Yield what a call gives back that it was given."""
        match node:
            case code.Call(function=code.Attribute(name=name), arguments=(first, *_)) if name in _ENTERING:
                yield Located(first, scope)
            case code.Call(function=code.Attribute(value=base, name="__aenter__" | "__enter__"), arguments=()):
                yield Located(base, scope)
            case code.Call(function=code.Attribute(value=base, name="execution_options")):
                yield Located(base, scope)  # SQLAlchemy gives the same connection back
            case code.Call(function=code.Name(id="getattr"), arguments=(_, _, *_)):
                yield from self._behind_attribute(node.arguments[0], self.keys(node.arguments[1], scope), scope)
            case code.Call(function=code.Attribute(value=base, name="get" | "pop" | "setdefault"), arguments=(key, *_)):
                stored = [*self._stored(base, self.keys(key, scope), scope), *self._contained(base, scope)]
                yield from stored
                if stored:
                    yield from (Located(d, scope) for d in node.arguments[1:])
            case code.Call(function=function, arguments=(_, second)) if self.names.calls.is_cast(function):
                yield Located(second, scope)
            case code.Call(function=function, arguments=(first, *_)):
                for resolved in self.names.resolve(function, scope):
                    if isinstance(resolved, External) and resolved.name in PASSING_ON:
                        yield Located(first, scope)

    def _behind(self, node: code.Expression, scope: Scope) -> Iterator[Located]:
        match node:
            case code.Name(id=name):
                for resolved in self.names.lookup(name, scope, node.span):
                    yield from self._defined(resolved)
            case code.Attribute(value=value, name=name):
                yield from self._behind_attribute(value, frozenset({name}), scope)
            case code.Subscript(value=value, key=key):
                yield from self._stored(value, self.keys(key, scope), scope)
                yield from self._contained(value, scope)
            case code.Await(value=value) | code.Starred(value=value) | code.NamedExpression(value=value):
                yield Located(value, scope)
            case code.Conditional(body=body, otherwise=otherwise):
                yield Located(body, scope)
                yield Located(otherwise, scope)
            case code.BooleanOperation(values=values):
                yield from (Located(v, scope) for v in values)
            case code.Sequence(elements=elements):
                yield from (Located(e, scope) for e in elements)
            case code.Mapping(values=values):
                yield from (Located(v, scope) for v in values)
            case code.Call(function=function):
                through = list(self._handed_through(node, scope))
                yield from through
                if not through:
                    for callee in self.names.infer(function, scope):
                        match callee:
                            case FunctionValue(function=called):
                                yield from results_of(called)
                            case LambdaValue(node=inner, scope=outer):
                                yield Located(inner.body, outer)

    def _behind_attribute(self, base: code.Expression, keys: frozenset[str], scope: Scope) -> Iterator[Located]:
        yield from self._stored(base, keys, scope)
        if _LENT in keys:
            yield from self._lent_to(base, scope)
        for held in self.names.expand(self.names.infer(base, scope)):
            for name in keys:
                yield from self._assigned(held, name)
                match held:
                    case Instance(type=ClassScope() as cls):
                        for ancestor in self.names.ancestry(cls):
                            if isinstance(ancestor, ClassScope):
                                for method, assigned in self.names.assigned_attributes(ancestor, name):
                                    yield Located(assigned, method)
                        yield from self._given_to_field(cls, name)
                        for symbol in self.names.class_symbols(cls, name):
                            yield from self._defined(symbol)
                    case ClassValue(cls=cls):
                        for symbol in self.names.class_symbols(cls, name):
                            yield from self._defined(symbol)
        for name in keys:
            for resolved in self.names.resolve(code.Attribute(base.span, base, name), scope):
                yield from self._defined(resolved)

    def _lent_to(self, client: code.Expression, scope: Scope) -> list[Located]:
        """Return the pool that a client of Redis was made around: `client.connection_pool`."""
        key = (id(client), id(scope))
        if key in self._looking:
            return []
        self._looking.add(key)
        try:
            sites = self.of(client, scope)
        finally:
            self._looking.remove(key)
        return [Located(k.value, site.scope) for site in sites for k in site.call.keywords if k.name == _LENT]

    def _stored(self, base: code.Expression, keys: frozenset[str], scope: Scope) -> Iterator[Located]:
        """Yield what is stored under keys of app.state, of arq's context, or of a literal dict."""
        for value in self.names.expand(self.names.infer(base, scope)):
            match value:
                case AppState():
                    stored = self.names.entries.state
                case Context():
                    stored = self.names.entries.context
                case Instance(type=cls) if self.names.is_a(cls, *catalogue.APPS):
                    stored = self.names.entries.state
                    keys = keys - catalogue.APP_ATTRIBUTES
                case Display(node=code.Mapping(keys=named, values=values), scope=inner):
                    for key, item in zip(named, values, strict=True):
                        if key is not None and self.names.text(key, inner) in keys:
                            yield Located(item, inner)
                    continue
                case Display(node=code.Sequence(elements=elements), scope=inner):
                    yield from (Located(e, inner) for e in elements)
                    continue
                case _:
                    continue
            for name in keys:
                yield from stored.get(name, ())

    # --- what is put elsewhere -------------------------------------------------------------------------------------

    def _index(self) -> dict[str, list[_Stored]]:
        """Return the attributes that the target's code assigns, by name; items are indexed on the way."""
        if self._attributes is not None:
            return self._attributes
        self._attributes = defaultdict(list)
        for module in self.names.modules:
            if module.is_test:
                continue
            for scope in scopes_of(module):
                for node in scope.nodes.of(code.Assign, code.Call):
                    self._index_node(node, scope, self._attributes)
        return self._attributes

    def _index_node(self, node: code.Node, scope: Scope, attributes: dict[str, list[_Stored]]) -> None:
        match node:
            case code.Assign(targets=targets, value=value, operator="") if value is not None:
                for target, part in code.pairs(targets, value):
                    match target:
                        case code.Attribute(value=base, name=name):
                            attributes[name].append(_Stored(base, part, scope))
                        case code.Subscript(value=base):
                            self._items[code.last_name(base)].append(_Stored(base, part, scope))
            case code.Call(function=code.Attribute(value=base, name="append" | "add"), arguments=(value,)):
                self._items[code.last_name(base)].append(_Stored(base, value, scope))
            case code.Call(function=code.Attribute(value=base, name="setdefault"), arguments=(_, value)):
                self._items[code.last_name(base)].append(_Stored(base, value, scope))

    def _assigned(self, held: Value, name: str) -> Iterator[Located]:
        """Yield what is assigned to an attribute of a module, class or object from anywhere: `cache.pool = …`."""
        owner = _owner(held)
        if owner is None:
            return
        for stored in self._index().get(name, ()):
            if any(self._is_same(_owner(base), owner) for base in self.names.infer(stored.base, stored.scope)):
                yield Located(stored.value, stored.scope)

    def _is_same(self, one: object, other: object) -> bool:
        if isinstance(one, ClassScope) and isinstance(other, ClassScope):
            return one in self.names.ancestry(other) or other in self.names.ancestry(one)
        return one is other

    def _given_to_field(self, cls: ClassScope, name: str) -> Iterator[Located]:
        """Yield what is given to a field of a class that has no `__init__` of its own: a dataclass or model."""
        family = [base for base in self.names.ancestry(cls) if isinstance(base, ClassScope)]
        if not any(name in base.bindings for base in family) or self.names.class_symbols(cls, "__init__"):
            return
        fields = [
            n for base in reversed(family) for n, bindings in base.bindings.items() if any(map(_is_field, bindings))
        ]
        position = list(dict.fromkeys(fields)).index(name) if name in fields else None
        for call, scope in chain.from_iterable(map(self.names.calls_of_class, family)):
            for keyword in call.keywords:
                if keyword.name == name:
                    yield Located(keyword.value, scope)
                elif keyword.name is None:
                    yield from self._stored(keyword.value, frozenset({name}), scope)
            if position is not None and position < len(call.arguments):
                yield Located(call.arguments[position], scope)

    def _contained(self, container: code.Expression, scope: Scope) -> Iterator[Located]:
        """Yield what is put into a container by item, `append`, `add` or `setdefault`."""
        stored = self._stored_in(code.last_name(container))
        if stored:
            found = {each for identity in self._identities(container, scope) for each in stored.get(identity, ())}
            for _, each in sorted(found, key=lambda one: one[0]):
                yield Located(each.value, each.scope)

    def _stored_in(self, name: str) -> dict[object, list[tuple[int, _Stored]]]:
        """Return what is put into the containers of a name, by what tells them apart, numbered as it is written."""
        if name not in self._by_identity:
            self._index()
            found: dict[object, list[tuple[int, _Stored]]] = defaultdict(list)
            for number, stored in enumerate(self._items.get(name, ())):
                for identity in set(self._identities(stored.base, stored.scope)):
                    found[identity].append((number, stored))
            self._by_identity[name] = found
        return self._by_identity[name]

    def _identities(self, container: code.Expression, scope: Scope) -> Iterator[object]:
        """Yield what tells a container from others: where its name is defined, or the owner of the attribute."""
        match container:
            case code.Attribute(value=base, name=name):
                for held in self.names.infer(base, scope):
                    owner = _owner(held)
                    if owner is not None:
                        yield owner, name
        for resolved in self.names.resolve(container, scope):
            if isinstance(resolved, Symbol):
                yield resolved.scope, resolved.name

    def _elements(self, container: code.Expression, scope: Scope, depth: int = 0) -> Iterator[Located]:
        """Yield what stands, or is put, in a container that is walked."""
        container = _container(container)
        yield from self._contained(container, scope)
        for found in self.names.expand(self.names.infer(container, scope)):
            match found:
                case Display(node=code.Sequence(elements=elements), scope=inner):
                    yield from (Located(e, inner) for e in elements)
                case Display(node=code.Mapping(values=values), scope=inner):
                    yield from (Located(e, inner) for e in values)
                case Display(node=code.Comprehension(element=element), scope=inner):
                    yield Located(element, inner)
        if isinstance(container, code.Name) and depth < _DEEPEST:
            for resolved in self.names.lookup(container.id, scope, container.span):
                match resolved:
                    case Symbol(binding=ValueBinding(value=code.Call() as value, how="value"), scope=inner):
                        yield from self._elements(value, inner, depth + 1)

    # --- names -----------------------------------------------------------------------------------------------------

    def _defined(self, resolved: Resolved) -> Iterator[Located]:
        if not isinstance(resolved, Symbol):
            return
        match resolved.binding:
            case ValueBinding(value=value, how="value", path=path, within=within) if value is not None:
                yield Located(_part(value, path), within or resolved.scope)
            case ValueBinding(value=value, how="element" | "entered" as how, path=path, within=within) if (
                value is not None
            ):
                if how == "element":
                    yield from (
                        Located(_part(e.node, path), e.scope) for e in self._elements(value, within or resolved.scope)
                    )
                else:
                    yield Located(value, within or resolved.scope)
            case ParameterBinding(node=parameter) if isinstance(resolved.scope, FunctionScope):
                function = resolved.scope
                for call, scope, skip in self.names.calls_of(function):
                    argument = self.names.bind(function, call, scope, skip).get(parameter.name)
                    if argument is not None:
                        yield Located(argument, scope)


_DEEPEST = 5
_ENTERING = frozenset({"enter_async_context", "enter_context", "__aenter__", "__enter__"})


def results_of(function: FunctionScope) -> Iterator[Located]:
    """Yield the expressions that a call of the function gives: what it returns; of a generator, what it yields."""
    for node in function.nodes.of(code.Yield, code.Return):
        match node:
            case code.Yield(value=value) if value is not None:
                yield Located(value, function)
            case code.Return(value=value) if value is not None and not function.node.is_generator:
                yield Located(value, function)


def _owner(held: Value) -> object | None:
    match held:
        case ModuleValue(module=module):
            return module
        case Instance(type=ClassScope() as cls) | ClassValue(cls=cls):
            return cls
        case RequestState():
            return RequestState
    return None


def _is_field(binding: Binding) -> bool:
    return isinstance(binding, ValueBinding) and binding.annotation is not None


def _container(node: code.Expression) -> code.Expression:
    """Return the container behind `container.values()` and `list(container)`."""
    match node:
        case code.Call(function=code.Attribute(value=value, name="values" | "items" | "copy"), arguments=()):
            return value
        case code.Call(function=code.Name(id="list" | "reversed" | "tuple" | "sorted"), arguments=(value, *_)):
            return _container(value)
    return node


def _part(value: code.Expression, path: tuple[int, ...]) -> code.Expression:
    """Return the part of a tuple that is unpacked, and the whole where it is no literal."""
    for position in path:
        if not isinstance(value, code.Sequence) or position >= len(value.elements):
            return value
        value = value.elements[position]
    return value
