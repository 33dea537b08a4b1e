"""Which names can stand for an application, for app.state or for arq's context, by their spelling alone.

Inference says what an expression stands for, and to ask it of every attribute of a program is most of the work of
linking. This says cheaply of which expressions it need not be asked. It follows the three from where they come up,
`FastAPI()`, a parameter named `app`, the first parameter of a task, along everything that hands them on: assignments,
arguments, results, containers, attributes of any object, base classes. A name that is not a local is one name wherever
it stands, so that more is followed than there is, and never less.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final, NamedTuple, TypeAlias

from conformance.facts import code
from conformance.program import catalogue
from conformance.program.inference import PASSING_ON, Inference
from conformance.program.scopes import (
    ClassScope,
    FunctionScope,
    ImportBinding,
    ParameterBinding,
    Scope,
    ValueBinding,
    scopes_of,
)
from conformance.program.values import Resolved, Symbol

__all__ = ["Carriers"]

_Key: TypeAlias = str | tuple[Scope | str, str] | tuple[str, str, int | str]
"""A name; a local, by its scope; what stands under a key in whatever container: `("[]", key)`; an argument, by its
position, of whatever is called by a name."""


_ITSELF, _WITHIN, _GIVES, _GIVES_WITHIN, _GIVES_GIVER = 1, 2, 4, 8, 16
"""What a name can stand for, added up: one of the three; something that holds one; what gives the one or the other when
it is called; what gives something that gives."""

_ALL = 31

_How: TypeAlias = tuple[int, ...]
"""How one name leads to another: what arrives, by what the name stands for where it begins."""


def _way(arrives: Callable[[int], int]) -> _How:
    return tuple(map(arrives, range(_ALL + 1)))


_SAME = _way(lambda holds: holds)
_PUT_IN = _way(lambda holds: _WITHIN if holds else 0)
_TAKEN_OUT = _way(lambda holds: _ALL if holds & _WITHIN else 0)
_CALLED = _way(
    lambda holds: (
        (_ITSELF if holds & _GIVES else 0)
        | (_WITHIN if holds & _GIVES_WITHIN else 0)
        | (_GIVES | _GIVES_WITHIN if holds & _GIVES_GIVER else 0)
    )
)
_RETURNED = _way(
    lambda holds: (
        (_GIVES if holds & _ITSELF else 0)
        | (_GIVES_WITHIN if holds & _WITHIN else 0)
        | (_GIVES_GIVER if holds > _WITHIN | _ITSELF else 0)
    )
)
_ANYHOW = _way(lambda holds: _ALL if holds else 0)


@cache
def _then(first: _How, second: _How) -> _How:
    return first if second is _SAME else second if first is _SAME else tuple(second[holds] for holds in first)


class _Handed(NamedTuple):
    """An argument of a call of something of a name, by its position or its own name; "*" where that is not known."""

    name: str
    callee: code.Expression
    scope: Scope
    position: int | str


_Keys: TypeAlias = list[tuple[_Key, _How]]

_COMING_UP: Final = {"app": _ITSELF, "application": _ITSELF, "attrgetter": _GIVES_GIVER} | {
    name.rpartition(".")[2]: _GIVES
    for name in (
        "State",
        *catalogue.APPS,
        *(name for name, made in catalogue.RESULTS.items() if made in catalogue.APPS),
    )
}
_OF_AN_APP = frozenset({"state", "_state", "__dict__"})
"""Attributes that stand for one of the three where what they are attributes of does."""
_PASSING_ON = frozenset(
    {name.rpartition(".")[2] for name in PASSING_ON}
    | {"cast", "vars", "Depends", "Security", "enter_context", "enter_async_context"}
)
_TAKING_OUT = frozenset({"get", "pop", "setdefault", "__getitem__", "popleft", "__next__"})
_GETTING = frozenset({"getattr", "attrgetter", "itemgetter", "__getattribute__", "__getattr__", "getattr_static"})
_PUTTING_IN = frozenset(
    {"append", "appendleft", "add", "insert", "extend", "update", "setdefault", "put", "put_nowait", "set",
     "__setitem__", "__ior__"}
)  # fmt: skip
_OF_ITS_CLASS = frozenset({"__enter__", "__aenter__", "__iter__", "__getitem__", "__getattr__", "__call__", "__new__"})
_BINDING = (code.Assign, code.For, code.Generator, code.WithItem)
_NAMES = (code.Name, code.Attribute)
_ANY = "*"
_CALLED_BY_NAME = "()"
_DEEPEST = 9
"""How many assignments are followed to what a call of a name runs."""
_FEW = 2_000
"""How many names are followed in a program of any size."""
_ITEM = "[]"


class Carriers:
    """The names that can stand for one of the three, or hold one."""

    def __init__(self, names: Inference) -> None:
        self._names = names
        self._leads: dict[_Key, list[tuple[_Key, _How]]] = defaultdict(list)
        self._functions: dict[str, list[FunctionScope]] = defaultdict(list)
        self._classes: dict[str, list[ClassScope]] = defaultdict(list)
        self._originals: dict[str, set[str]] = defaultdict(set)
        self._known_fields: dict[tuple[ClassScope, int | str], _Keys] = {}
        self._handed_on: dict[_Key, list[tuple[_Handed, _How]]] = defaultdict(list)
        self._named_lambdas: dict[str, list[tuple[Scope, code.Lambda]]] = defaultdict(list)
        self._found: dict[_Key, int] = {}
        self._passing_on = names.spellings(_PASSING_ON)
        self.is_too_many = False
        """Half of all scopes, or more, have to do with them: then it is quicker to ask of everything."""
        every = [scope for module in names.modules for scope in scopes_of(module)]
        self._most = max(len(every) // 2, _FEW)
        for scope in every:
            self._bound(scope)
        for scope in every:
            self._stored(scope)
            for call in (*scope.nodes.of(code.Call), *scope.deferred.of(code.Call)):
                self._kept(call, scope)
        for name, call, scope, skip in names.calls.sites():
            self._handed(name, call, scope, skip)
        followed = {*self._leads, *self._handed_on}
        locals_ = [(key, _COMING_UP[key[1]]) for key in followed if isinstance(key, tuple) and key[1] in _COMING_UP]
        self._follow([*_COMING_UP.items(), *locals_, *_contexts(names)])

    def may(self, node: code.Expression, scope: Scope) -> bool:
        """Return whether an expression can stand for one of the three."""
        if self.is_too_many:
            return True
        if type(node) is code.Attribute and node.name not in _OF_AN_APP:
            return bool(self._found.get(node.name, 0) & _ITSELF)
        return any(how[self._of_key(key)] & _ITSELF for key, how in self._keys(node, scope))

    def _of_key(self, key: _Key) -> int:
        known = self._found.get(key, 0)
        return known if isinstance(key, str) else known | _COMING_UP.get(key[1], 0)

    # --- what an expression can stand for ----------------------------------------------------------------------------

    def _keys(self, node: code.Node | None, scope: Scope) -> _Keys:
        """Return the names of which an expression hands on what they stand for."""
        match node:
            case None | code.Constant() | code.Comparison() | code.Format():
                return []
            case code.Name(id=name):
                return [(key, _SAME) for key in self._of_name(name, scope)]
            case code.Attribute(value=value, name=name):
                return [(name, _SAME), *self._keys(value, scope)] if name in _OF_AN_APP else [(name, _SAME)]
            case code.Call():
                return self._result(node, scope)
            case code.Lambda(body=body):
                return _each(self._keys(body, scope), _RETURNED)
            case code.Subscript(value=value, key=key):
                held = self._keys(value, scope)
                found = _each(held, _TAKEN_OUT) + _each(held, _CALLED) + _item(key)
                if isinstance(key, code.Constant) and key.value in _OF_AN_APP:  # `vars(app)["state"]`
                    found += held
                if code.last_name(value) == "scope":  # of ASGI
                    found.append((self._text(key, scope), _SAME))
                return found
        how = _PUT_IN if isinstance(node, (code.Sequence, code.Mapping, code.Comprehension)) else _SAME
        return [pair for part in code.children(node) for pair in _each(self._keys(part, scope), how)]

    def _result(self, call: code.Call, scope: Scope) -> _Keys:
        function = call.function
        name = code.last_name(function)
        found = _each(self._keys(function, scope), _CALLED)
        if name in self._passing_on or not name:
            for given in (*call.arguments, *call.keywords):
                found += _each(self._keys(given, scope), _ANYHOW)
        if name in _GETTING or name == "vars":
            for argument in call.arguments[:1]:
                found += self._keys(argument, scope)
            found += ((self._text(argument, scope), _SAME) for argument in call.arguments[1:2])
        if isinstance(function, code.Attribute) and name in _TAKING_OUT:
            found += _each(self._keys(function.value, scope), _TAKEN_OUT)
            for argument in call.arguments[:1]:
                found += _item(argument)
            for argument in call.arguments[1:]:
                found += self._keys(argument, scope)
        if isinstance(function, code.Attribute) and (name in _GETTING or name == "copy"):
            found += self._keys(function.value, scope)
        return found

    def _text(self, node: code.Expression, scope: Scope) -> str:
        """Return the name that an expression says as text; "" where that is not known to inference, either."""
        if isinstance(node, code.Constant):
            return node.value if isinstance(node.value, str) else ""
        return self._names.text(node, scope) or ""

    def _of_name(self, name: str, scope: Scope) -> tuple[_Key, ...]:
        current: Scope | None = scope
        while current is not None:
            if name in current.lambdas:
                return ((current, name), name)
            if name in current.bindings:
                if not isinstance(current, FunctionScope):
                    break
                if current.module.is_test or any(
                    isinstance(binding, (FunctionScope, ClassScope)) for binding in current.bindings[name]
                ):
                    return ((current, name), name)  # the result of a fixture, of a function
                return ((current, name),)
            current = current.parent
        return (name,)

    # --- what leads where --------------------------------------------------------------------------------------------

    def _lead(self, sources: _Keys, aim: _Key, how: _How = _SAME) -> None:
        for source, way in sources:
            if source != aim:
                self._leads[source].append((aim, _then(way, how)))

    def _bound(self, scope: Scope) -> None:
        """Read what a scope binds: imports, values, parameters, definitions."""
        for name, bindings in scope.bindings.items():
            aim: _Key = (scope, name) if isinstance(scope, FunctionScope) else name
            for binding in bindings:
                match binding:
                    case ImportBinding(module=module, name=imported):
                        source = imported or module.rpartition(".")[2]
                        self._leads[source].append((aim, _SAME))
                        self._originals[name].add(source)
                    case ValueBinding(value=value, annotation=annotation, how=how, path=path):
                        sources = self._keys(value, binding.within or scope)
                        self._lead(sources, aim, _TAKEN_OUT if how == "element" or path else _SAME)
                        if how in {"element", "entered"}:  # by a method of the object
                            self._lead(sources, aim, _CALLED)
                        self._lead(_named_in(annotation), aim)
                        if isinstance(value, _NAMES):
                            self._originals[name].add(code.last_name(value))
                        if isinstance(value, code.Call) and value.arguments:  # `partial(f, 1)`
                            self._originals[name].add(code.last_name(value.arguments[0]))
                        if isinstance(value, code.Lambda):
                            self._named_lambdas[name].append((scope, value))
                        if isinstance(value, code.Subscript):  # the alias of a type
                            self._lead(_each(_named_in(value), _RETURNED), aim)
                    case ParameterBinding(node=parameter):
                        self._lead(_named_in(parameter.annotation), aim)
                        self._lead(_named_in(parameter.default), aim)
                        self._lead(self._keys(parameter.default, scope.parent or scope), aim)
                    case FunctionScope():
                        self._defined(binding)
                    case ClassScope():
                        self._class(binding)

    def _defined(self, function: FunctionScope) -> None:
        self._functions[function.name].append(function)
        for node in function.nodes.of(code.Return, code.Yield, code.YieldFrom):
            match node:
                case code.Return(value=value) | code.Yield(value=value) | code.YieldFrom(value=value):
                    self._lead(self._keys(value, function), function.name, _RETURNED)
        self._lead(_named_in(function.node.returns), function.name, _RETURNED)
        if function.node.decorators:  # a property, a fixture
            self._leads[function.name].append((function.name, _CALLED))
        for decorator in function.node.decorators:
            self._lead(self._keys(decorator, function.parent), function.name)
        owner = function.owner
        if owner is not None and function.parameters:
            self._lead([(owner.name, _CALLED)], (function, function.parameters[0].name))
            if function.name in _OF_ITS_CLASS:
                self._lead([(function.name, _RETURNED)], owner.name)

    def _class(self, cls: ClassScope) -> None:
        for base in cls.node.bases:
            self._lead(self._keys(base, cls.parent), cls.name)
        self._classes[cls.name].append(cls)

    def _stored(self, scope: Scope) -> None:
        """Read what is stored in attributes and items."""
        for node in (*scope.nodes.of(*_BINDING), *scope.deferred.of(*_BINDING)):
            match node:
                case code.Assign(targets=targets, value=value):
                    for target in targets:
                        self._store(target, value, _SAME, scope)
                case code.For(target=target, source=value) | code.Generator(target=target, source=value):
                    self._store(target, value, _TAKEN_OUT, scope)
                    self._store(target, value, _CALLED, scope)
                case code.WithItem(target=target, manager=value) if target is not None:
                    self._store(target, value, _SAME, scope)
                    self._store(target, value, _CALLED, scope)

    def _store(self, target: code.Expression, value: code.Expression | None, how: _How, scope: Scope) -> None:
        match target:
            case code.Attribute(name=name):
                self._lead(self._keys(value, scope), name, how)
                if isinstance(value, code.Lambda):
                    self._named_lambdas[name].append((scope, value))
            case code.Subscript(value=container, key=key):
                sources = self._keys(value, scope)
                for aim, _ in self._keys(container, scope):
                    self._lead(sources, aim, _PUT_IN)
                for item, _ in _item(key):
                    self._lead(sources, item, how)
            case code.Sequence(elements=elements):
                for element in elements:
                    self._store(element, value, _TAKEN_OUT, scope)
            case code.Starred(value=inner):
                self._store(inner, value, _SAME, scope)

    def _kept(self, call: code.Call, scope: Scope) -> None:
        """Read what a call puts into the object of its method, into an attribute, into a lambda's parameters."""
        function = call.function
        name = code.last_name(function)
        aims: list[tuple[_Key, _How]] = []
        if isinstance(function, code.Attribute) and name in _PUTTING_IN:
            aims += [(key, _PUT_IN) for key, _ in self._keys(function.value, scope)]
        if name.endswith(("setattr__", "setattr", "setitem")):
            aims += [(self._text(argument, scope), _SAME) for argument in call.arguments[-2:-1]]
        if name in _PUTTING_IN:
            aims += [pair for argument in call.arguments[:1] for pair in _item(argument)]
        for given in (function, *call.arguments):
            if isinstance(given, code.Lambda):
                aims += [((scope, parameter.name), _ANYHOW) for parameter in given.parameters]
        items = [k for k in call.keywords if k.name is not None] if name in {"update", "dict"} else []
        if aims:
            for argument in (*call.arguments, *(k.value for k in call.keywords)):
                sources = self._keys(argument, scope)
                for aim, how in aims:
                    self._lead(sources, aim, how)
        for keyword in items:
            self._lead(self._keys(keyword.value, scope), (_ITEM, str(keyword.name)))

    def _handed(self, name: str, call: code.Call, scope: Scope, skip: int) -> None:
        """Read what a call hands to what it runs: itself, or what it is given to run."""
        callee = call.function if skip == 0 else call.arguments[skip - 1]
        for position, argument in enumerate(call.arguments[skip:]):
            is_many = isinstance(argument, code.Starred)
            handed = _Handed(name, callee, scope, _ANY if is_many else position)
            for source, way in self._keys(argument, scope):
                self._handed_on[source].append((handed, _then(way, _ANYHOW if is_many else _SAME)))
        for keyword in call.keywords:
            handed = _Handed(name, callee, scope, keyword.name or _ANY)
            for source, way in self._keys(keyword.value, scope):
                self._handed_on[source].append((handed, _then(way, _SAME if keyword.name else _ANYHOW)))

    def _takers(self, handed: _Handed) -> _Keys:
        """Return the parameters, and the fields, that get an argument of a call: of all that the call may run."""
        callee = handed.callee
        if isinstance(callee, code.Attribute) and callee.name == "__init__":
            classes = self._classes.get(handed.name, ())
            return [pair for cls in classes for pair in self._fields_of(cls, handed.position)]
        return self._taken(callee, handed.scope, handed.position)

    def _taken(self, callee: code.Expression, scope: Scope, position: int | str, depth: int = 0) -> _Keys:
        match callee:
            case code.Lambda(parameters=parameters):
                return [((scope, parameter.name), _ANYHOW) for parameter in parameters]
            case code.Call(arguments=(first, *_)) if depth < _DEEPEST:  # `partial(f)(x)`
                return self._taken(first, scope, _ANY, depth + 1)
            case code.Name() | code.Attribute():
                resolved = self._names.resolve(callee, scope)
                if not resolved and isinstance(callee, code.Attribute):
                    return [((_CALLED_BY_NAME, callee.name, position), _SAME)]
                return [pair for each in resolved for pair in self._taken_by(each, position, depth)]
        return []

    def _taken_by(self, resolved: Resolved, position: int | str, depth: int) -> _Keys:
        match resolved:
            case Symbol(binding=FunctionScope() as function):
                return list(_parameters(function, position, (0,) if function.owner is None else (0, 1)))
            case Symbol(binding=ClassScope() as cls):
                return self._fields_of(cls, position)
            case Symbol(name=name, binding=binding, scope=inner):
                found: _Keys = [((_CALLED_BY_NAME, name, position), _SAME)]
                value = binding.value if isinstance(binding, ValueBinding) else None
                if value is not None and depth < _DEEPEST:
                    found += self._taken(value, inner, position, depth + 1)
                return found
        return []

    def _fields_of(self, cls: ClassScope, position: int | str) -> _Keys:
        """Return what an argument of the call of a class goes to: a parameter of `__init__`, or a field."""
        if (cls, position) not in self._known_fields:
            self._known_fields[cls, position] = list(self._find_fields(cls, position))
        return self._known_fields[cls, position]

    def _find_fields(self, cls: ClassScope, position: int | str) -> Iterator[tuple[_Key, _How]]:
        for base in self._names.ancestry(cls):
            if not isinstance(base, ClassScope):
                continue
            for constructor in (base.method("__init__"), base.method("__new__")):
                if constructor is not None:
                    yield from _parameters(constructor, position, (1,))
            for name, bindings in base.bindings.items():
                is_field = any(isinstance(binding, ValueBinding) for binding in bindings)
                if is_field and (position in {_ANY, name} or isinstance(position, int)):
                    yield name, _SAME

    def _by_name(self, name: str, position: int | str) -> Iterator[tuple[_Key, _How]]:
        """Yield what an argument goes to in whatever has this name: it is not known of what it is an attribute."""
        for function in self._functions.get(name, ()):
            yield from _parameters(function, position, (0, 1))
        for cls in self._classes.get(name, ()):
            yield from self._fields_of(cls, position)
        for scope, node in self._named_lambdas.get(name, ()):
            yield from self._taken(node, scope, position)
        for original in self._originals.get(name, ()):
            yield (_CALLED_BY_NAME, original, position), _SAME

    # --- following ---------------------------------------------------------------------------------------------------

    def _follow(self, pending: list[tuple[_Key, int]]) -> None:
        while pending:
            key, holds = pending.pop()
            before = self._found.get(key, 0)
            if holds | before == before:
                continue
            holds |= before
            self._found[key] = holds
            if len(self._found) > self._most:
                self.is_too_many = True
                return
            match key:
                case (_, str(name), position):
                    pending += [(taker, how[holds]) for taker, how in self._by_name(name, position)]
                    continue
            pending += [(aim, how[holds]) for aim, how in self._leads.get(key, ())]
            for handed, how in self._handed_on.get(key, ()):
                if arrived := how[holds]:
                    pending += [(taker, last[arrived]) for taker, last in self._takers(handed)]


def _parameters(function: FunctionScope, position: int | str, shifts: tuple[int, ...]) -> Iterator[tuple[_Key, _How]]:
    wanted = {position + by if isinstance(position, int) else position for by in shifts}
    for at, parameter in enumerate(function.parameters):
        if parameter.kind in {"arguments", "keywords"}:
            yield (function, parameter.name), _ANYHOW if position == _ANY else _PUT_IN
        elif wanted & {_ANY, parameter.name, at}:
            yield (function, parameter.name), _SAME


def _contexts(names: Inference) -> Iterator[tuple[_Key, int]]:
    for function in names.context_functions:
        at = names.context_position(function)
        yield from (((function, parameter.name), _ITSELF) for parameter in function.parameters[at : at + 1])
        yield from (((function, p.name), _ALL) for p in function.parameters if p.kind == "arguments")


def _each(keys: _Keys, how: _How) -> _Keys:
    return keys if how is _SAME else [(key, _then(way, how)) for key, way in keys]


def _named_in(node: code.Expression | None) -> _Keys:
    """Return each name in an annotation or a default: of the type, and of what stands beside it, `Depends(f)`."""
    if node is None:
        return []
    if isinstance(node, code.Name):
        return [(node.id, _CALLED)]
    return [(code.last_name(inner), _CALLED) for inner in code.walk(node) if isinstance(inner, _NAMES)]


def _item(key: code.Expression) -> _Keys:
    return [((_ITEM, key.value), _SAME)] if isinstance(key, code.Constant) and isinstance(key.value, str) else []
