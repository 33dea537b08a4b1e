"""Which names can stand for an application, for app.state or for arq's context, by their spelling alone.

Inference says what an expression stands for, and to ask it of every attribute of a program is most of the work of
linking. This says cheaply of which expressions it need not be asked. It follows the three from where they come up,
`FastAPI()`, a parameter named `app`, the first parameter of a task, along everything that hands them on: assignments,
arguments, results, containers, attributes of any object, base classes. A name that is not a local is one name wherever
it stands, so that more is followed than there is, and never less; inference is asked of each step whether what the
name says can be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import chain, islice
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeAlias

from conformance.facts import code
from conformance.program import catalogue
from conformance.program.containers import BY_KEY
from conformance.program.inference import PASSING_ON, Inference
from conformance.program.references import scope_of_local
from conformance.program.scopes import (
    ClassScope,
    FunctionScope,
    ImportBinding,
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
    FunctionValue,
    Instance,
    LambdaValue,
    Symbol,
    Value,
    Values,
)

__all__ = ["Carriers"]

_Key: TypeAlias = str | tuple[Scope | str, str]
"""A name; a local, by its scope; what stands under a key in whatever container: `("[]", key)`."""


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


_By: TypeAlias = code.Expression | Symbol | FunctionScope | None


class _Lead(NamedTuple):
    """What a name leads to: by an expression, a parameter, or the result of a function, to another name."""

    aim: _Key
    into: _How
    """How the expression holds what the name stands for."""
    by: _By
    scope: Scope
    out: _How
    """How the other name holds what the expression stands for."""


class _Handed(NamedTuple):
    """An argument of a call, by its position or its own name; "*" where that is not known."""

    callee: code.Expression
    into: _How
    argument: code.Expression
    scope: Scope
    position: int | str


_Keys: TypeAlias = list[tuple[_Key, _How]]

_STATE: Final = "State"
_COMING_UP: Final = {"app": _ITSELF, "application": _ITSELF, "attrgetter": _GIVES_GIVER} | {
    name.rpartition(".")[2]: _GIVES
    for name in (_STATE, *catalogue.APPS, *(name for name, made in catalogue.RESULTS.items() if made in catalogue.APPS))
}
_OF_STATE = frozenset({"datastructures", "starlette.datastructures", "fastapi.datastructures"})
"""Whoever mentions none of these, and does not import `State` from there, has another class of that name."""
_OF_AN_APP = frozenset({"state", "_state", "__dict__"})
"""Attributes that stand for one of the three where what they are attributes of does."""
_PASSING_ON = frozenset(
    {name.rpartition(".")[2] for name in PASSING_ON}
    | {
        "cast",
        "vars",
        "Depends",
        "Security",
        "enter_context",
        "enter_async_context",
        "next",
        "enumerate",
        "zip",
        "gather",
    }
    | {"dict", "SimpleNamespace"}
)
_TAKING_OUT = BY_KEY | {"popleft", "__next__"}
_GETTING = frozenset({"getattr", "attrgetter", "itemgetter", "__getattribute__", "__getattr__", "getattr_static"})
_KEEPING = frozenset({"copy", "values", "items"})
_PUTTING_IN = frozenset(
    {"append", "appendleft", "add", "insert", "extend", "update", "setdefault", "put", "put_nowait", "set",
     "__setitem__", "__ior__"}
)  # fmt: skip
_OF_ITS_CLASS = frozenset({"__enter__", "__aenter__", "__iter__", "__getitem__", "__getattr__", "__call__", "__new__"})
_BINDING = (code.Assign, code.For, code.Generator, code.WithItem)
_ANY = "*"
_DEEPEST = 4
"""How many functions that return functions, and containers of containers, are looked through."""
_MANY = 50
"""A container of so many is taken to hold one of the three."""
_FEW = 2_000
"""How many names are followed in a program of any size."""
_ITEM = "[]"
_TRANSPARENT = frozenset({"Annotated", "Optional", "Union", "Final", "ClassVar", "Required", "NotRequired"})
"""What stands around a type and makes no other of it."""
_NAMED_BY: Final[dict[type, Callable[[Any], object]]] = {
    code.Name: attrgetter("id"),
    code.Attribute: attrgetter("name"),
    code.Keyword: attrgetter("name"),
    code.Constant: attrgetter("value"),
}
_BY_TEXT = _GETTING | {"vars"}
"""Whoever mentions these may have a name from elsewhere: `getattr(app, NAME)`."""


class Carriers:
    """The names that can stand for one of the three, or hold one."""

    def __init__(self, names: Inference) -> None:
        self._names = names
        self._leads: dict[_Key, list[_Lead]] = defaultdict(list)
        self._handed_on: dict[_Key, list[_Handed]] = defaultdict(list)
        self._known: dict[Value, int] = {}
        self._known_fields: dict[tuple[ClassScope, int | str], _Keys] = {}
        self._found: dict[_Key, int] = {}
        self._callables: dict[tuple[Scope, str], bool] = {}
        self._passing_on = names.spellings({*_PASSING_ON, *_new_types(names)})
        self._making = names.spellings({"update", "dict", "SimpleNamespace"})
        self.is_too_many = False
        """Half of all scopes, or more, have to do with them: then it is quicker to ask of everything."""
        self._sites: dict[Scope, list[tuple[code.Call, int]]] = defaultdict(list)
        for call, scope, skip in names.calls.sites():
            self._sites[scope].append((call, skip))
        self._unread: dict[str, dict[Scope, None]] = defaultdict(dict)
        """The scopes by the names that they mention, until one of these is found; what they say is of no use before."""
        self._read: set[Scope] = set()
        every = [scope for module in names.modules for scope in scopes_of(module)]
        self._most = max(len(every) // 2, _FEW)
        self._inner: dict[Scope, list[Scope]] = defaultdict(list)
        for scope in every:
            if scope.parent is not None:
                self._inner[scope.parent].append(scope)
        for scope in every:
            for name in _mentioned(scope):
                self._unread[name][scope] = None
        for name in _BY_TEXT:
            self._read_all(name)
        self._follow([*self._coming_up(), ((_ITEM, "app"), _ITSELF), *self._parameters_by_name(), *_contexts(names)])
        for read in (
            self._leads,
            self._handed_on,
            self._sites,
            self._unread,
            self._inner,
            self._known,
            self._known_fields,
        ):
            read.clear()

    def may(self, node: code.Expression, scope: Scope) -> bool:
        """Return whether an expression can stand for one of the three."""
        if self.is_too_many:
            return True
        if type(node) is code.Attribute and node.name not in _OF_AN_APP:
            return bool(self._found.get(node.name, 0) & _ITSELF)
        return any(how[self._found.get(key, 0)] & _ITSELF for key, how in self._keys(node, scope))

    def concern(self, scope: Scope) -> bool:
        """Return whether a scope mentions any name that can stand for one of the three."""
        return self.is_too_many or scope in self._read

    def _coming_up(self) -> Iterator[tuple[_Key, int]]:
        has_state = (
            not _OF_STATE.isdisjoint(self._unread)
            or any(map(_imports_state, self._unread.get(_STATE, ())))
            or any(star in _OF_STATE for module in self._names.modules for star, _ in module.stars)
        )
        yield from (each for each in _COMING_UP.items() if has_state or each[0] != _STATE)
        if any(_imports_arq(scope) for name in ("Worker", "create_worker") for scope in self._unread.get(name, ())):
            yield "ctx", _ITSELF  # an attribute of arq's worker

    def _parameters_by_name(self) -> Iterator[tuple[_Key, int]]:
        """Yield the parameters that are taken for an application because of what they are called."""
        for module in self._names.modules:
            for function in module.functions:
                for parameter in function.parameters:
                    if parameter.name in _COMING_UP:
                        for symbol in self._names.lookup(parameter.name, function):
                            yield (function, parameter.name), self._held_by(self._names.value_of(symbol))

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
            case code.BinaryOperation():
                return [pair for part in code.operands(node) for pair in self._keys(part, scope)]
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
        if isinstance(function, code.Attribute) and (name in _GETTING or name in _KEEPING):
            found += self._keys(function.value, scope)
        return found

    def _text(self, node: code.Expression, scope: Scope) -> str:
        """Return the name that an expression says as text; "" where that is not known to inference, either."""
        if isinstance(node, code.Constant):
            return node.value if isinstance(node.value, str) else ""
        return self._names.text(node, scope) or ""

    def _of_name(self, name: str, scope: Scope) -> tuple[_Key, ...]:
        local = scope_of_local(name, scope)
        if local is None:
            return (name,)
        if name in local.lambdas or local.module.is_test or self._is_callable(name, local):
            return ((local, name), name)  # of a lambda; the result of a fixture, of a function
        return ((local, name),)

    def _is_callable(self, name: str, scope: Scope) -> bool:
        """Whether a name is a function's or a class's, or may be."""
        key = (scope, name)
        if key not in self._callables:
            several = scope.bindings[name]
            self._callables[key] = any(isinstance(binding, (FunctionScope, ClassScope)) for binding in several)
        return self._callables[key]

    # --- what leads where --------------------------------------------------------------------------------------------

    def _lead(self, sources: _Keys, aim: _Key, how: _How, by: _By, scope: Scope) -> None:
        for source, into in sources:
            if source != aim or into is not _SAME or how is not _SAME:
                self._leads[source].append(_Lead(aim, into, by, scope, how))

    def _read_all(self, key: _Key) -> None:
        """Read the scopes that mention a name; of a local those in which it is known, and those around it."""
        name = key if isinstance(key, str) else key[1]
        mentioning: Iterable[Scope]
        if isinstance(key, str) or isinstance(key[0], str):
            mentioning = self._unread.pop(name, {})
        else:
            unread = self._unread.get(name, {})
            mentioning = [scope for scope in self._nested_with(key[0]) if scope in unread]
        for scope in mentioning:
            if scope not in self._read:
                self._read.add(scope)
                self._bound(scope)
                self._stored(scope)
                if isinstance(scope, FunctionScope):
                    self._defined(scope)
                for call in (*scope.nodes.of(code.Call), *scope.deferred.of(code.Call)):
                    self._kept(call, scope)
                for call, skip in self._sites.get(scope, ()):
                    self._handed(call, scope, skip)

    def _nested_with(self, scope: Scope) -> Iterator[Scope]:
        """Yield a scope, those that stand in it, and those that it stands in."""
        around = scope.parent
        while around is not None:
            yield around
            around = around.parent
        pending = [scope]
        while pending:
            current = pending.pop()
            yield current
            pending += self._inner.get(current, ())

    def _bound(self, scope: Scope) -> None:
        """Read what a scope binds: imports, values, parameters, definitions."""
        for name, bindings in scope.bindings.items():
            aim: _Key = (scope, name) if isinstance(scope, FunctionScope) else name
            for binding in bindings:
                match binding:
                    case ImportBinding(module=module, name=imported):
                        self._lead([(imported or module.rpartition(".")[2], _SAME)], aim, _SAME, None, scope)
                    case ValueBinding(value=value, annotation=annotation, how=how, path=path):
                        where = binding.within or scope
                        sources = self._keys(value, where)
                        self._lead(sources, aim, _TAKEN_OUT if how == "element" or path else _SAME, value, where)
                        if how in {"element", "entered"}:  # by a method of the object
                            self._lead(sources, aim, _CALLED, value, where)
                        if how == "element" and isinstance(value, code.Call):  # of a generator
                            self._lead(sources, aim, _SAME, value, where)
                        self._lead(_named_in(annotation), aim, _SAME, Symbol(scope, name, binding), scope)
                        if isinstance(value, code.Subscript):  # the alias of a type
                            self._lead(_named_in(value), aim, _RETURNED, None, scope)
                    case ParameterBinding(node=parameter):
                        outer = scope.parent or scope
                        symbol = Symbol(scope, name, binding)
                        self._lead(_named_in(parameter.annotation), aim, _SAME, symbol, scope)
                        self._lead(_named_in(parameter.default), aim, _SAME, symbol, scope)
                        self._lead(self._keys(parameter.default, outer), aim, _SAME, parameter.default, outer)
                    case ClassScope():
                        for base in binding.node.bases:
                            self._lead(self._keys(base, binding.parent), binding.name, _SAME, base, binding.parent)
        for name, taken in scope.lambdas.items():
            for lambda_binding in taken:
                default = lambda_binding.node.parameters[lambda_binding.position].default
                self._lead(self._keys(default, scope), (scope, name), _SAME, default, scope)

    def _defined(self, function: FunctionScope) -> None:
        name = function.name
        for node in function.nodes.of(code.Return, code.Yield, code.YieldFrom):
            match node:
                case code.Return(value=value) | code.Yield(value=value):
                    self._lead(self._keys(value, function), name, _RETURNED, value, function)
                case code.YieldFrom(value=value):
                    for out in (_SAME, _TAKEN_OUT, _CALLED):
                        self._lead(self._keys(value, function), name, _then(out, _RETURNED), value, function)
        self._lead(_named_in(function.node.returns), name, _RETURNED, function, function)
        if function.node.decorators:  # a property, a fixture
            self._lead([(name, _SAME)], name, _CALLED, None, function)
        for decorator in function.node.decorators:
            self._lead(self._keys(decorator, function.parent), name, _SAME, decorator, function.parent)
        owner = function.owner
        if owner is not None and function.parameters:
            self._lead([(owner.name, _SAME)], (function, function.parameters[0].name), _CALLED, None, function)
            if name in _OF_ITS_CLASS:
                self._lead([(name, _SAME)], owner.name, _RETURNED, None, function)

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
                self._lead(self._keys(value, scope), name, how, value, scope)
            case code.Subscript(value=container, key=key):
                sources = self._keys(value, scope)
                for aim, _ in self._keys(container, scope):
                    self._lead(sources, aim, _PUT_IN, value, scope)
                for item, _ in _item(key):
                    self._lead(sources, item, how, value, scope)
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
        if aims:
            for argument in (*call.arguments, *(k.value for k in call.keywords)):
                sources = self._keys(argument, scope)
                for aim, how in aims:
                    self._lead(sources, aim, how, argument, scope)
        for keyword in call.keywords if name in self._making else ():
            if keyword.name is not None:
                for aim_of_name in ((_ITEM, keyword.name), keyword.name):
                    self._lead(self._keys(keyword.value, scope), aim_of_name, _SAME, keyword.value, scope)

    def _handed(self, call: code.Call, scope: Scope, skip: int) -> None:
        """Read what a call hands to what it runs: itself, or what it is given to run."""
        callee = call.function if skip == 0 else call.arguments[skip - 1]
        for position, argument in enumerate(call.arguments[skip:]):
            at = _ANY if isinstance(argument, code.Starred) else position
            for source, into in self._keys(argument, scope):
                self._handed_on[source].append(_Handed(callee, into, argument, scope, at))
        for keyword in call.keywords:
            for source, into in self._keys(keyword.value, scope):
                self._handed_on[source].append(_Handed(callee, into, keyword.value, scope, keyword.name or _ANY))

    def _takers(self, handed: _Handed) -> _Keys:
        """Return the parameters, and the fields, that get an argument of a call: of all that the call may run."""
        found: _Keys = []
        for value in self._names.infer(handed.callee, handed.scope):
            match value:
                case FunctionValue(function=function, given=given):
                    for taker in (function, *self._names.calls.overriding(function)):
                        found += _parameters(taker, _ANY if given else handed.position)
                case LambdaValue(node=node, scope=inner):
                    found += (((inner, parameter.name), _ANYHOW) for parameter in node.parameters)
                case ClassValue(cls=cls) | Instance(type=ClassScope() as cls):
                    found += self._fields_of(cls, handed.position)
        return found

    def _fields_of(self, cls: ClassScope, position: int | str) -> _Keys:
        """Return what an argument of the call of a class goes to: a parameter of `__init__`, or a field."""
        if (cls, position) not in self._known_fields:
            self._known_fields[cls, position] = list(self._find_fields(cls, position))
        return self._known_fields[cls, position]

    def _find_fields(self, cls: ClassScope, position: int | str) -> Iterator[tuple[_Key, _How]]:
        for name in ("__init__", "__new__", "__call__"):
            for method in self._names.methods(cls, name):
                yield from _parameters(method, position)
        fields = self._names.fields(cls)
        if fields and self._names.is_a(cls, "typing.NamedTuple"):
            yield cls.name, _then(_PUT_IN, _RETURNED)
        if position == _ANY:
            yield from ((name, _ANYHOW) for name in fields)
        elif isinstance(position, str):
            yield from ((name, _SAME) for name in fields if name == position)
        else:
            yield from ((name, _SAME) for name in fields[position : position + 1])

    # --- following ---------------------------------------------------------------------------------------------------

    def _follow(self, pending: list[tuple[_Key, int]]) -> None:
        while pending:
            key, holds = pending.pop()
            before = self._found.get(key, 0)
            if holds | before == before:
                continue
            holds |= before
            self._found[key] = holds
            self._read_all(key)
            if len(self._found) > self._most:
                self.is_too_many = True
                return
            for lead in self._leads.get(key, ()):
                if self._is_new(lead.aim, lead.out[lead.into[holds]]):
                    arrived = lead.into[holds] & self._can_hold(lead.by, lead.scope)
                    pending.append((lead.aim, lead.out[arrived]))
            for handed in self._handed_on.get(key, ()):
                if arrived := handed.into[holds] and handed.into[holds] & self._can_hold(handed.argument, handed.scope):
                    pending += [(taker, how[arrived]) for taker, how in self._takers(handed)]

    def _is_new(self, key: _Key, holds: int) -> bool:
        before = self._found.get(key, 0)
        return holds | before != before

    def _can_hold(self, by: _By, scope: Scope) -> int:
        """Return what something can stand for by what inference says of it: a name alone says too much."""
        match by:
            case None:
                return _ALL
            case Symbol():
                return self._held_by(self._names.value_of(by))
            case FunctionScope():
                return self._held_by(self._names.returned(by))
        return self._held_by(self._names.infer(by, scope))

    def _held_by(self, values: Values, within: int = 0) -> int:
        found = 0
        for value in values:
            if value not in self._known:
                self._known[value] = self._held_by_one(value, within)
            found |= self._known[value]
        return found

    def _held_by_one(self, value: Value, within: int) -> int:
        match value:
            case AppState() | Context():
                return _ITSELF
            case Display(node=code.Constant() | code.Format()):
                return 0
            case Instance(type=type_, creation=creation, arguments=arguments):
                itself = _ITSELF if self._names.is_a(type_, *catalogue.APPS) else 0
                if isinstance(type_, ClassScope):
                    gives = self._names.is_a(type_, "typing.NamedTuple") or any(
                        within >= _DEEPEST or self._held_by(self._names.returned(method), within + 1)
                        for name in _OF_ITS_CLASS
                        for method in self._names.methods(type_, name)
                    )
                    return itself | (_ALL & ~_ITSELF if gives else 0)
                return itself | (_ALL & ~_ITSELF if arguments or (creation and not itself) else 0)
        if within < _DEEPEST:
            match value:
                case Display(node=node, scope=scope):
                    parts = list(islice(_parts(node), _MANY))
                    held = (self._held_by(self._names.infer(part, scope), within + 1) for part in parts)
                    return _WITHIN if len(parts) == _MANY or any(held) else 0
                case FunctionValue(function=function):
                    return _RETURNED[self._held_by(self._names.returned(function), within + 1)]
                case LambdaValue(node=node, scope=scope):
                    return _RETURNED[self._held_by(self._names.infer(node.body, scope), within + 1)]
                case ClassValue(cls=cls):
                    return _RETURNED[self._held_by_one(Instance(cls), within + 1)]
        return _ALL & ~_ITSELF


def _parameters(function: FunctionScope, position: int | str) -> Iterator[tuple[_Key, _How]]:
    """Yield the parameters that an argument may go to: of a method, the object may stand before it or not."""
    shifts = (0,) if function.owner is None else (0, 1)
    wanted = {position + by if isinstance(position, int) else position for by in shifts}
    for at, parameter in enumerate(function.parameters):
        if parameter.kind in {"arguments", "keywords"}:
            yield (function, parameter.name), _ANYHOW if position == _ANY else _PUT_IN
        elif position == _ANY:
            yield (function, parameter.name), _ANYHOW
        elif wanted & {parameter.name, at}:
            yield (function, parameter.name), _SAME


def _imports_state(scope: Scope) -> bool:
    imported = (b for several in scope.bindings.values() for b in several if isinstance(b, ImportBinding))
    return any(binding.name == _STATE and binding.module in _OF_STATE for binding in imported)


def _imports_arq(scope: Scope) -> bool:
    imported = (b for several in scope.module.bindings.values() for b in several if isinstance(b, ImportBinding))
    return any(binding.module.partition(".")[0] == "arq" for binding in imported)


def _mentioned(scope: Scope) -> set[str]:
    """Return the names that a scope mentions, by themselves or as texts, and those that it binds."""
    found = {*scope.bindings, *_names_in(chain(scope.nodes, scope.deferred))}
    for bindings in scope.bindings.values():
        for binding in bindings:
            match binding:
                case ImportBinding(module=module, name=name):
                    found.add(name or module.rpartition(".")[2])
                case ValueBinding(value=value, within=FunctionScope()) if value is not None:  # `global x` in a function
                    found |= _named(value)
                case ParameterBinding(node=parameter):
                    found |= _named(parameter.annotation) | _named(parameter.default)
    if isinstance(scope, FunctionScope):
        found |= _named(scope.node.returns).union(*map(_named, scope.node.decorators))
        if scope.owner is not None:
            found.add(scope.owner.name)
        found.add(scope.name)
    return found


def _named(node: code.Expression | None) -> set[str]:
    """Return all names and texts in an expression."""
    match node:
        case None:
            return set()
        case code.Name(id=name):
            return {name}
    return _names_in(code.walk(node))


def _names_in(nodes: Iterable[code.Node]) -> set[str]:
    found = {named(node) for node in nodes if (named := _NAMED_BY.get(type(node)))}
    return {name for name in found if isinstance(name, str)}


def _parts(node: code.Expression) -> Iterator[code.Expression]:
    """Yield what a container holds: elements, keys and values."""
    match node:
        case code.Sequence(elements=elements):
            yield from elements
        case code.Mapping(keys=keys, values=values):
            yield from (each for each in (*keys, *values) if each is not None)
        case code.Comprehension(key=key, element=element):
            yield from (element,) if key is None else (key, element)


def _new_types(names: Inference) -> Iterator[str]:
    """Yield the names of what `NewType` makes: a call of it gives what it is given."""
    for module in names.modules:
        for name, bindings in module.bindings.items():
            for binding in bindings:
                match binding:
                    case ValueBinding(value=code.Call(function=function)) if code.last_name(function) == "NewType":
                        yield name


def _contexts(names: Inference) -> Iterator[tuple[_Key, int]]:
    yield from (
        ((scope, p.name), _ITSELF) for node, scope in names.context_lambdas.items() for p in node.parameters[:1]
    )
    for function in names.context_functions:
        at = names.context_position(function)
        yield from (((function, parameter.name), _ITSELF) for parameter in function.parameters[at : at + 1])
        yield from (((function, p.name), _ALL) for p in function.parameters if p.kind == "arguments")


def _each(keys: _Keys, how: _How) -> _Keys:
    return keys if how is _SAME else [(key, _then(way, how)) for key, way in keys]


def _named_in(node: code.Node | None, how: _How = _CALLED) -> _Keys:
    """Return each name in an annotation or a default: of the type, of its arguments, and of what stands beside it."""
    match node:
        case None | code.Constant():
            return []
        case code.Name(id=name):
            return [(name, how)]
        case code.Attribute(name=name):
            return [(name, how)]
        case code.Subscript(value=value, key=key):
            inner = how if code.last_name(value) in _TRANSPARENT else _ANYHOW
            return [*_named_in(value, how), *_named_in(key, inner)]
    return [pair for part in code.children(node) for pair in _named_in(part, how)]


def _item(key: code.Expression) -> _Keys:
    return [((_ITEM, key.value), _SAME)] if isinstance(key, code.Constant) and isinstance(key.value, str) else []
