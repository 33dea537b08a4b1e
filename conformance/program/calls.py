"""Which calls in the target run what: a function, a class, a lambda; under whatever name it is called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

from conformance.facts import code
from conformance.program.scopes import (
    ClassScope,
    FunctionScope,
    ImportBinding,
    Scope,
    ValueBinding,
    enclosing_class,
    scopes_of,
)
from conformance.program.values import ClassValue, FunctionValue, LambdaValue, Symbol, Value

if TYPE_CHECKING:
    from conformance.program.inference import Inference

__all__ = ["CallSite", "Calls"]

CallSite: TypeAlias = tuple[code.Call, Scope, int]
_Callable: TypeAlias = FunctionScope | ClassScope | code.Lambda


@dataclass(slots=True)
class _Called:
    """The calls of something of one name: which function or class each calls, as far as that is settled.

    Each has a number, in the order of modules and lines. `unknown` are those that were not asked yet, or whose answer
    is provisional still.
    """

    unknown: dict[int, CallSite]
    known: dict[_Callable, list[tuple[int, code.Call, Scope, int]]] = field(default_factory=dict)


@dataclass(slots=True)
class _Index:
    """All calls, by the name of what they call, or run; those of lambdas, and the names that these are given."""

    by_name: dict[str, list[CallSite]] = field(default_factory=lambda: defaultdict(list))
    of_lambdas: dict[int, list[CallSite]] = field(default_factory=lambda: defaultdict(list))
    names_of_lambdas: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))


class Calls:
    """The calls of a program, by what they call; what is asked is remembered."""

    def __init__(self, names: Inference) -> None:
        self._names = names
        self._called: dict[str, _Called] = {}

    def forget(self) -> None:
        """Drop what was found out: what names stand for has become known."""
        self._called.clear()

    def of_lambda(self, node: code.Lambda) -> Iterator[tuple[code.Call, Scope, int]]:
        """Yield the calls of a lambda: where it stands, and under the names that it is given."""
        yield from self._index.of_lambdas.get(id(node), ())
        names = self._index.names_of_lambdas.get(id(node), set())
        for name in sorted(names | self._renamed(names)):
            yield from self._calls_by_name(name, node)

    def of(self, function: FunctionScope) -> Iterator[tuple[code.Call, Scope, int]]:
        """Yield the calls in the target that call a function, each with its scope.

        The number says how many positional arguments of the call stand before the function's own: 0 for `f(x)`, 1 for
        `partial(f, x)` and `to_thread(f, x)`.
        """
        names = {function.name}
        if function.name == "__init__" and function.owner is not None:
            names = self._with_subclasses(function.owner.name)
        if function.name == "__call__":
            return
        seen: set[int] = set()
        for name in sorted(names | self._renamed(names)):
            for call, scope, skip in self._calls_by_name(name, function):
                if id(call) not in seen:
                    seen.add(id(call))
                    yield call, scope, skip

    def of_class(self, cls: ClassScope) -> Iterator[tuple[code.Call, Scope]]:
        """Yield the calls in the target that make an object of a class, `cls(…)` in its own methods included."""
        names = {cls.name}
        for name in sorted(names | self._renamed(names) | {"cls"}):
            yield from ((call, scope) for call, scope, skip in self._calls_by_name(name, cls) if skip == 0)

    def _calls_by_name(self, name: str, wanted: _Callable) -> list[CallSite]:
        """Return the calls, among those of something of this name, that call a function or class."""
        if name not in self._called:
            self._called[name] = _Called(dict(enumerate(self._index.by_name.get(name, ()))))
        called = self._called[name]
        found = list(called.known.get(wanted, ()))
        for number, (call, scope, skip) in tuple(called.unknown.items()):
            callee = call.function if skip == 0 else call.arguments[skip - 1]
            targets = tuple(chain.from_iterable(map(self._targets, self._names.infer(callee, scope))))
            if wanted in targets:
                found.append((number, call, scope, skip))
            if self._names.is_settled(callee, scope) and number in called.unknown:
                del called.unknown[number]
                for target in targets:
                    called.known.setdefault(target, []).append((number, call, scope, skip))
        return [(call, scope, skip) for _, call, scope, skip in sorted(found, key=lambda each: each[0])]

    def _targets(self, value: Value) -> Iterator[_Callable]:
        """Yield what runs where a value is called: a function; of a class that, and its `__init__`."""
        match value:
            case FunctionValue(function=function):
                yield function
            case LambdaValue(node=node):
                yield node
            case ClassValue(cls=cls):
                yield cls
                for symbol in self._names.class_symbols(cls, "__init__"):
                    if isinstance(symbol.binding, FunctionScope):
                        yield symbol.binding

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
                    found[code.last_name(base)].add(cls.name)
        return found

    @cached_property
    def _aliases(self) -> dict[str, set[str]]:
        """The names that are bound to something of a name."""
        aliases: dict[str, set[str]] = defaultdict(set)
        calls: list[tuple[str, str, str]] = []
        for module in self._names.modules:
            for scope in scopes_of(module):
                for bound, bindings in scope.bindings.items():
                    for binding in bindings:
                        match binding:
                            case ImportBinding(name=name) if name and name != bound:
                                aliases[name].add(bound)
                            case ValueBinding(value=code.Name(id=name) | code.Attribute(name=name), how="value"):
                                if name != bound:
                                    aliases[name].add(bound)
                            case ValueBinding(
                                value=code.Call(
                                    function=function,
                                    arguments=(code.Name(id=name) | code.Attribute(name=name), *_),
                                )
                            ):
                                calls.append((code.last_name(function), name, bound))
        for name, parameter in self._handed_on:
            aliases[name].add(parameter)
        partials = {"partial", *aliases["partial"]}
        for function_name, name, bound in calls:
            if function_name in partials:
                aliases[name].add(bound)
        return aliases

    @cached_property
    def _handed_on(self) -> set[tuple[str, str]]:
        """The names of functions that calls and decorators hand to a function, with those of its parameters."""
        found: set[tuple[str, str]] = set()
        for name, sites in self._index.by_name.items():
            takers = self._functions.get(name, ())
            for call, scope, skip in sites if takers else ():
                for argument, at in _arguments(call, skip):
                    own = code.last_name(argument)
                    if own in self._functions and self._is_function(argument, scope):
                        found.update((own, each) for each in _parameters(takers, at))
        return found

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

    def _renamed(self, names: set[str]) -> set[str]:
        found: set[str] = set()
        pending = list(names)
        while pending:
            new = self._aliases.get(pending.pop(), set()) - found
            found |= new
            pending += new
        return found

    def is_cast(self, function: code.Expression) -> bool:
        """Return whether a call of this is a cast, under whatever name it was imported."""
        return code.last_name(function) in self._casts

    @cached_property
    def _casts(self) -> frozenset[str]:
        return self.spellings({"cast"})

    def spellings(self, names: Iterable[str]) -> frozenset[str]:
        """Return the bare names under which things of these names can be called: their own, and those bound to them."""
        own = set(names)
        return frozenset(own | self._renamed(own))

    def sites(self) -> Iterator[CallSite]:
        """Yield all calls of what has a name, and those that run what they are given; see `of`."""
        return chain.from_iterable(self._index.by_name.values())

    @cached_property
    def _index(self) -> _Index:
        index = _Index()
        for module in self._names.modules:
            for function in module.functions:
                for decorator in function.node.decorators:
                    decorated = code.Name(decorator.span, function.name)
                    call = code.Call(decorator.span, decorator, (decorator, decorated), ())
                    index.by_name[code.last_name(decorator)].append((call, function.parent, 1))
            for scope in scopes_of(module):
                for node in chain(scope.nodes.of(code.Call), scope.deferred.of(code.Call)):
                    for call, name, skip in _calls_in(node, scope):
                        index.by_name[name].append((call, scope, skip))
                    for position, argument in enumerate((node.function, *node.arguments[:2])):
                        if isinstance(argument, code.Lambda):
                            index.of_lambdas[id(argument)].append((node, scope, position))
                    for given, at in _arguments(node):
                        if isinstance(given, code.Lambda):
                            takers = self._functions.get(code.last_name(node.function), ())
                            index.names_of_lambdas[id(given)].update(_parameters(takers, at))
                for bound in scope.nodes.of(code.Assign, code.NamedExpression):
                    match bound:
                        case (
                            code.Assign(
                                targets=(code.Name(id=name) | code.Attribute(name=name),), value=code.Lambda() as value
                            )
                            | code.NamedExpression(target=code.Name(id=name), value=code.Lambda() as value)
                        ):
                            index.names_of_lambdas[id(value)].add(name)
        return index


def _arguments(call: code.Call, skip: int = 0) -> Iterator[tuple[code.Expression, int | str]]:
    """Yield the arguments of a call, each with its position or its name."""
    for position, argument in enumerate(call.arguments[skip:]):
        yield argument, position
    for keyword in call.keywords:
        if keyword.name is not None:
            yield keyword.value, keyword.name


def _parameters(functions: Iterable[FunctionScope], at: int | str) -> Iterator[str]:
    """Yield the names of the parameters that an argument may go to."""
    for function in functions:
        if isinstance(at, str):
            yield at
        else:
            position = at + (function.owner is not None)
            yield from (parameter.name for parameter in function.parameters[position : position + 1])


def _calls_in(node: code.Call, scope: Scope) -> Iterator[tuple[code.Call, str, int]]:
    """Yield what a call calls, by its last name: its function, and a function that it is given arguments for."""
    name = code.last_name(node.function)
    if name == "__init__" and isinstance(node.function, code.Attribute):
        owner = enclosing_class(scope)
        bases = owner.node.bases if owner is not None and isinstance(node.function.value, code.Call) else ()
        for base in (*bases, node.function.value):
            yield node, code.last_name(base), 0
    elif name:
        yield node, name, 0
    if len(node.arguments) > 1 or node.keywords:
        for position, argument in enumerate(node.arguments[:2]):
            if inner := code.last_name(argument):
                yield node, inner, position + 1
    given = next((k.value for k in node.keywords if k.name == "args"), None)
    if isinstance(given, code.Sequence):  # Thread(target=f, args=(x,)), add_job(f, args=[x])
        for handed in (*node.arguments[:2], *(k.value for k in node.keywords if k.name in {"target", "func"})):
            if inner := code.last_name(handed):
                yield code.Call(node.span, node.function, (handed, *given.elements), ()), inner, 1
