"""Which calls in the target run what: a function, a class, a lambda; under whatever name it is called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Literal, TypeAlias

from conformance.facts import code
from conformance.program.flows import Flows, key_of_lambda, result_of
from conformance.program.scopes import (
    ClassScope,
    FunctionScope,
    Scope,
    enclosing_class,
    scopes_of,
)
from conformance.program.spellings import Key, Spellings
from conformance.program.values import ClassValue, FunctionValue, Instance, LambdaValue, Symbol, Value

if TYPE_CHECKING:
    from conformance.program.inference import Inference

__all__ = ["CallSite", "Calls"]

CallSite: TypeAlias = tuple[code.Call, Scope, int]
_Callable: TypeAlias = FunctionScope | ClassScope | code.Lambda
_Overridable: TypeAlias = tuple[Literal["or what overrides it"], FunctionScope]

_MAKING = frozenset({"__init__", "__new__", "__post_init__"})


@dataclass(slots=True)
class _Called:
    """The calls by one key: which function or class each calls, as far as that is settled.

    `unknown` are the numbers of those that were not asked yet, or whose answer is provisional still.
    """

    unknown: dict[int, None]
    known: dict[_Callable | _Overridable, list[int]] = field(default_factory=dict)


@dataclass(slots=True)
class _Index:
    """All calls, in the order of modules and lines, and their numbers by the keys of what they call, or run.

    For lambdas, the calls at the place where they stand, and the keys that these are given.
    """

    sites: list[CallSite] = field(default_factory=list)
    by_key: dict[Key, dict[int, None]] = field(default_factory=lambda: defaultdict(dict))
    of_lambdas: dict[int, list[CallSite]] = field(default_factory=lambda: defaultdict(list))


class Calls:
    """The calls of a program, by what they call; what is asked is remembered."""

    def __init__(self, names: Inference) -> None:
        self._names = names
        self._called: dict[Key, _Called] = {}
        self._followed: dict[tuple[Key, ...], tuple[Key, ...]] = {}
        self._overriding: dict[str, dict[FunctionScope, list[FunctionScope]]] = {}
        """By name, the methods that are overridden, each with those that override it."""
        self.spellings = Spellings(names.modules, self._handed_on)
        self._flows = Flows(names.modules, self.spellings)

    def forget(self) -> None:
        """Drop what was found out: what names stand for has become known."""
        self._called.clear()
        self._overriding.clear()

    def of_lambda(self, node: code.Lambda) -> Iterator[CallSite]:
        """Yield the calls of a lambda: where it stands, and by the keys that it is given."""
        yield from self._index.of_lambdas.get(id(node), ())
        yield from self._calling((key_of_lambda(node),), node)

    def of(self, function: FunctionScope) -> Iterator[CallSite]:
        """Yield the calls in the target that call a function, each with its scope.

        The number says how many positional arguments of the call stand before the function's own: 0 for `f(x)`, 1 for
        `partial(f, x)` and `to_thread(f, x)`.
        """
        return self._of(function, function)

    def that_may_reach(self, function: FunctionScope) -> Iterator[CallSite]:
        """Yield those, and the calls of methods that it overrides, of an object that may be one of its class."""
        return self._of(function, function, *map(_overridable, self._overridden(function)))

    def _of(self, function: FunctionScope, *wanted: _Callable | _Overridable) -> Iterator[CallSite]:
        names: Iterable[Key] = (_own_key(function),)
        if function.name == "__init__" and function.owner is not None:
            names = sorted(self._with_subclasses(function.owner.name))
        if function.name == "__call__" and function.owner is not None:
            names = sorted(map(result_of, self._with_subclasses(function.owner.name)))
        seen: set[int] = set()
        for call, scope, skip in self._calling(names, *wanted):
            if id(call) not in seen:
                seen.add(id(call))
                yield call, scope, skip

    def of_class(self, cls: ClassScope) -> Iterator[tuple[code.Call, Scope]]:
        """Yield the calls in the target that make an object of a class, `cls(…)` in its own methods included."""
        keys = (cls.name, *self._own_class.get(cls.name, ()), *self._own_class.get("", ()))
        yield from ((call, scope) for call, scope, skip in self._calling(keys, cls) if skip == 0)

    def _overridden(self, function: FunctionScope) -> Iterator[FunctionScope]:
        """Yield the methods of base classes that a method overrides."""
        if function.owner is not None and function.name not in _MAKING:
            for base in self._names.ancestry(function.owner)[1:]:
                if isinstance(base, ClassScope):
                    yield from (b for b in base.bindings.get(function.name, ()) if isinstance(b, FunctionScope))

    def overriding(self, function: FunctionScope) -> Sequence[FunctionScope]:
        """Return the methods of subclasses that override a method."""
        if function.owner is None or function.name in _MAKING:
            return ()
        if function.name not in self._overriding:
            overriding: dict[FunctionScope, list[FunctionScope]] = defaultdict(list)
            for other in self._functions.get(function.name, ()):
                for overridden in self._overridden(other):
                    overriding[overridden].append(other)
            self._overriding[function.name] = overriding
        return self._overriding[function.name].get(function, ())

    def run_by(self, callee: code.Expression, scope: Scope) -> Iterator[FunctionScope]:
        """Yield the target's functions that a call of an expression may run."""
        for target in self._targets_of(callee, scope):
            match target:
                case FunctionScope():
                    yield target
                case (_, FunctionScope() as overridden):
                    yield from self.overriding(overridden)

    def _calling(self, keys: Iterable[Key], *wanted: _Callable | _Overridable) -> list[CallSite]:
        """Return the calls by these keys, and by what they flow into, that call one of functions, classes, lambdas."""
        found: set[int] = set()
        for key in self._called_by(tuple(keys)):
            found.update(self._calling_by(key, wanted))
        return [self._index.sites[number] for number in sorted(found)]

    def _called_by(self, keys: tuple[Key, ...]) -> tuple[Key, ...]:
        """Return the keys by which there are calls, of those that things of these keys may flow into."""
        if keys not in self._followed:
            by_key = self._index.by_key
            self._followed[keys] = tuple(key for key in self._flows.of(keys) if key in by_key)
        return self._followed[keys]

    def _calling_by(self, key: Key, wanted: tuple[_Callable | _Overridable, ...]) -> list[int]:
        called = self._called.get(key)
        if called is None:
            numbers = self._index.by_key.get(key)
            if numbers is None:
                return []
            called = self._called[key] = _Called(dict(numbers))
        asked = set(wanted)
        found = [number for each in wanted for number in called.known.get(each, ())]
        for number in tuple(called.unknown):
            call, scope, skip = self._index.sites[number]
            callee = call.function if skip == 0 else call.arguments[skip - 1]
            targets = tuple(self._targets_of(callee, scope))
            if not asked.isdisjoint(targets):
                found.append(number)
            if self._names.is_settled(callee, scope) and number in called.unknown:
                del called.unknown[number]
                for target in targets:
                    called.known.setdefault(target, []).append(number)
        return found

    def _targets_of(self, callee: code.Expression, scope: Scope) -> Iterator[_Callable | _Overridable]:
        """Yield what a call of an expression runs; of an object of unknown make, what a subclass has instead, too."""
        for target in chain.from_iterable(map(self._targets, self._names.infer(callee, scope))):
            yield target
            if isinstance(target, FunctionScope) and target.owner is not None and self._is_open(callee, scope):
                yield _overridable(target)

    def _is_open(self, callee: code.Expression, scope: Scope) -> bool:
        """Whether the object of a method may be one of a subclass: it is not made where it is known from."""
        return isinstance(callee, code.Attribute) and any(
            isinstance(v, Instance) and isinstance(v.type, ClassScope) and v.creation is None
            for v in (() if _is_super(callee.value) else self._names.infer(callee.value, scope))
        )

    def _targets(self, value: Value) -> Iterator[_Callable]:
        """Yield what runs where a value is called: a function; of a class that, and its `__init__`."""
        match value:
            case FunctionValue(function=function):
                yield function
            case LambdaValue(node=node):
                yield node
            case ClassValue(cls=cls):
                yield cls
                yield from self._names.methods(cls, "__init__")
            case Instance(type=ClassScope() as cls):
                yield from self._names.methods(cls, "__call__")

    # --- classes -----------------------------------------------------------------------------------------------------

    def _with_subclasses(self, name: str) -> set[str]:
        """Return a class's name and those of all that may inherit from it."""
        found: set[str] = set()
        pending = [name]
        while pending:
            if (current := pending.pop()) not in found:
                found.add(current)
                pending += self._subclasses.get(current, ())
        return found

    @cached_property
    def _subclasses(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for module in self._names.modules:
            for cls in module.classes:
                for base in cls.node.bases:
                    named = base.value if isinstance(base, code.Subscript) else base
                    found[code.last_name(named)].add(cls.name)
        for name, several in tuple(found.items()):
            for original in self.spellings.originals(name):
                found[original] |= several
        return found

    @cached_property
    def _own_class(self) -> dict[str, list[Key]]:
        """What `cls` can be known by, by the names of the classes that it can be; by "" where it can be any."""
        found: dict[str, list[Key]] = defaultdict(list)
        for key in self._index.by_key:
            if isinstance(key, tuple) and key[1] == "cls":
                owner = _class_of_first_parameter(key[0])
                for name in ("",) if owner is None else self._with_subclasses(owner.name):
                    found[name].append(key)
        return found

    # --- the index -------------------------------------------------------------------------------------------------

    def _handed_on(self) -> Iterable[tuple[Key, Key]]:
        """Return the keys of functions that calls and decorators hand to a function, with its parameters."""
        found: dict[tuple[Key, Key], None] = {}
        for name, numbers in self._index.by_key.items():
            takers = self._functions.get(name, ()) if isinstance(name, str) else ()
            for call, scope, skip in map(self._index.sites.__getitem__, numbers if takers else ()):
                for argument, at in _arguments(call, skip):
                    sources = self._handed_function(argument, scope)
                    found.update(((source, each), None) for each in _parameters(takers, at) for source in sources)
        return found

    def _handed_function(self, node: code.Expression, scope: Scope) -> tuple[Key, ...]:
        """Return what an argument is known by that is a lambda or a function; () for any other."""
        if isinstance(node, code.Lambda):
            return (key_of_lambda(node),)
        if code.last_name(node) in self._functions and self._is_function(node, scope):
            return self.spellings.keys(node, scope)
        return ()

    def _is_function(self, node: code.Expression, scope: Scope) -> bool:
        several = self._names.resolve(node, scope)
        return any(isinstance(each, Symbol) and isinstance(each.binding, FunctionScope) for each in several)

    @cached_property
    def _functions(self) -> dict[str, list[FunctionScope]]:
        """All functions and methods, by name."""
        found: dict[str, list[FunctionScope]] = defaultdict(list)
        for module in self._names.modules:
            for function in module.functions:
                found[function.name].append(function)
        return found

    def is_cast(self, function: code.Expression) -> bool:
        """Return whether a call of this is a cast, under whatever name it was imported."""
        return code.last_name(function) in self._casts

    @cached_property
    def _casts(self) -> frozenset[str]:
        return self.spellings.of({"cast"})

    def sites(self) -> Iterator[CallSite]:
        """Yield all calls of what has a name, and those that run what they are given; see `of`."""
        return iter(self._index.sites)

    def by_name(self, name: str) -> Iterator[tuple[code.Call, Scope]]:
        """Yield the calls of what has this name and is no local."""
        for number in self._index.by_key.get(name, ()):
            call, scope, skip = self._index.sites[number]
            if skip == 0:
                yield call, scope

    @cached_property
    def _index(self) -> _Index:
        index = _Index()

        def add(call: code.Call, called: code.Expression, scope: Scope, skip: int) -> None:
            keys = self.spellings.keys(called, scope) or self._flows.sources(called, scope)
            for key in keys:
                index.by_key[key][len(index.sites)] = None
            index.sites.append((call, scope, skip))

        for module in self._names.modules:
            for function in module.functions:
                for decorator in function.node.decorators:
                    decorated = code.Name(decorator.span, function.name)
                    call = code.Call(decorator.span, decorator, (decorator, decorated), ())
                    add(call, decorator, function.parent, 1)
            for scope in scopes_of(module):
                for node in chain(scope.nodes.of(code.Call), scope.deferred.of(code.Call)):
                    for call, called, skip in _calls_in(node, scope):
                        add(call, called, scope, skip)
                if scope.nodes.of(code.Lambda) or scope.deferred.of(code.Lambda):
                    self._add_lambdas(index, scope)
        return index

    def _add_lambdas(self, index: _Index, scope: Scope) -> None:
        for node in chain(scope.nodes.of(code.Call), scope.deferred.of(code.Call)):
            for position, argument in enumerate((node.function, *node.arguments[:2])):
                if isinstance(argument, code.Lambda):
                    index.of_lambdas[id(argument)].append((node, scope, position))


def _own_key(function: FunctionScope) -> Key:
    """Return what a function is known by first: one within another is a local of that."""
    parent = function.parent
    return (
        (parent, function.name)
        if isinstance(parent, FunctionScope) and function.name in parent.bindings
        else function.name
    )


def _is_super(node: code.Expression) -> bool:
    match node:
        case code.Call(function=code.Name(id="super")):
            return True
    return False


def _overridable(function: FunctionScope) -> _Overridable:
    return ("or what overrides it", function)


def _class_of_first_parameter(scope: Scope) -> ClassScope | None:
    """Return the class that `cls` is in a scope, or inherits from; None where it can be any."""
    if not isinstance(scope, FunctionScope) or [p.name for p in scope.parameters[:1]] != ["cls"]:
        return None
    is_static = any(code.last_name(decorator) == "staticmethod" for decorator in scope.node.decorators)
    return None if is_static else scope.owner


def _arguments(call: code.Call, skip: int = 0) -> Iterator[tuple[code.Expression, int | str]]:
    """Yield the arguments of a call, each with its position or its name."""
    for position, argument in enumerate(call.arguments[skip:]):
        yield argument, position
    for keyword in call.keywords:
        if keyword.name is not None:
            yield keyword.value, keyword.name


def _parameters(functions: Iterable[FunctionScope], at: int | str) -> Iterator[Key]:
    """Yield what the parameters that an argument may go to are known by."""
    for function in functions:
        if isinstance(at, str):
            yield function, at
        else:
            position = at + (function.owner is not None)
            yield from ((function, parameter.name) for parameter in function.parameters[position : position + 1])


_MAPPING = frozenset({"map", "filter"})
"""Functions that call what they are given first with each element of what they are given next."""
_CHOOSING = (code.Call, code.Subscript, code.Conditional, code.BooleanOperation, code.NamedExpression)
"""Expressions without a name that may stand for something that can be called."""


def _calls_in(node: code.Call, scope: Scope) -> Iterator[tuple[code.Call, code.Expression, int]]:
    """Yield what a call calls: its function, and a function with a name that it is given arguments for."""
    name = code.last_name(node.function)
    if name == "__init__" and isinstance(node.function, code.Attribute):
        owner = enclosing_class(scope)
        bases = owner.node.bases if owner is not None and isinstance(node.function.value, code.Call) else ()
        for base in (*bases, node.function.value):
            if code.last_name(base):
                yield node, base, 0
    elif name or isinstance(node.function, _CHOOSING):
        yield node, node.function, 0
    if len(node.arguments) > 1 or node.keywords:
        for position, argument in enumerate(node.arguments[:2]):
            if code.last_name(argument):
                yield node, argument, position + 1
    if name in _MAPPING and len(node.arguments) > 1 and code.last_name(node.arguments[0]):
        elements = (code.Call(each.span, code.Name(each.span, "next"), (each,), ()) for each in node.arguments[1:])
        yield code.Call(node.span, node.function, (node.arguments[0], *elements), ()), node.arguments[0], 1
    given = next((k.value for k in node.keywords if k.name == "args"), None)
    if isinstance(given, code.Sequence):  # Thread(target=f, args=(x,)), add_job(f, args=[x])
        for handed in (*node.arguments[:2], *(k.value for k in node.keywords if k.name in {"target", "func"})):
            if code.last_name(handed):
                yield code.Call(node.span, node.function, (handed, *given.elements), ()), handed, 1
