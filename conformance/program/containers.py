"""What comes out of what holds something: displays, generic containers, iterators, and functions that make these."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from conformance.facts import code
from conformance.program import catalogue
from conformance.program.scopes import ClassScope, Scope
from conformance.program.values import (
    APP,
    AppState,
    AsgiScope,
    ClassValue,
    Context,
    ContextEntry,
    Display,
    External,
    FunctionValue,
    Instance,
    ModuleValue,
    StateEntry,
    Value,
    Values,
)

if TYPE_CHECKING:
    from conformance.program.inference import Inference

__all__ = ["BY_KEY", "TAKING_OUT", "Containers"]

_ITERATOR = "collections.abc.Iterator"
_TUPLES = (".tuple", ".Tuple")
_HOLDERS = frozenset({"contextvars.ContextVar", "asyncio.Future", "asyncio.Task", "asyncio.Queue", "queue.Queue"})
"""Classes of which an object holds one of another, which these methods give."""
_GIVING = frozenset({"get", "result"})
BY_KEY = frozenset({"get", "pop", "setdefault", "__getitem__"})
"""Methods that give what a container holds under a key."""
TAKING_OUT = _GIVING | BY_KEY | {"values", "items"}
"""Methods that give what a container holds."""
_MAKING = frozenset({"builtins.dict", "types.SimpleNamespace"})
"""Classes of which an object holds what it was made with, by name."""


class Containers:
    """Answers what is in a value."""

    def __init__(self, names: Inference) -> None:
        self._names = names
        self._literal_keys: dict[int, tuple[dict[str | None, list[int]], code.Mapping]] = {}
        """By identity, where which string stands as a key of a mapping that is kept; None for all other keys."""

    # --- elements --------------------------------------------------------------------------------------------------

    def iterated(self, node: code.Expression, scope: Scope) -> Values:
        """Return what a loop over an expression gets: of a generator what it yields."""
        infer, union = self._names.infer, self._names.union
        if isinstance(node, code.Call):
            called = infer(node.function, scope)
            generators = [v for v in called if isinstance(v, FunctionValue) and v.function.node.is_generator]
            if generators and len(generators) == len(called):
                return union(self._names.returned(v.function) for v in generators)
        return union(map(self.elements, infer(node, scope)))

    def elements(self, value: Value) -> Values:
        """Return what iterating over a value gives."""
        infer, union = self._names.infer, self._names.union
        match value:
            case Display(node=code.Sequence(elements=elements), scope=scope):
                return union(infer(element, scope) for element in elements)
            case Display(node=code.Mapping(keys=keys), scope=scope):
                return union(infer(key, scope) for key in keys if key is not None)
            case Display(node=code.Comprehension(element=element), scope=scope):
                return infer(element, scope)
            case Instance(type=str(), arguments=(first, *_)):
                return first
        return ()

    def at(self, value: Value, position: int) -> Values:
        """Return what an unpacking gets at a position."""
        match value:
            case Display(node=code.Sequence(elements=elements), scope=scope):
                return self.nth(elements, position, scope)
            case Instance(type=str(name), arguments=arguments) if name.endswith(_TUPLES):
                if position < len(arguments):
                    return arguments[position]
            case Instance(type=str(), arguments=(first, *_)):
                return first
            case Instance(type=ClassScope() as cls) if self._names.is_a(cls, "typing.NamedTuple"):
                fields = self._names.fields(cls)
                return self._names.attribute(value, fields[position]) if position < len(fields) else ()
        return ()

    def nth(self, elements: tuple[code.Expression, ...], position: int, scope: Scope) -> Values:
        """Return what stands at a position of a display or of a call's arguments, `*` followed."""
        for before, element in enumerate(elements[: position + 1]):
            if isinstance(element, code.Starred):
                return self._spread_part(element.value, position - before, scope)
        return self._names.infer(elements[position], scope) if position < len(elements) else ()

    def _spread_part(self, node: code.Expression, position: int, scope: Scope) -> Values:
        """Return what stands at a position of what `*` opens."""
        return self._names.remember(
            (id(node), id(scope), position),
            lambda: self._names.union(self.at(value, position) for value in self._names.infer(node, scope)),
            keep=(node, scope),
        )

    # --- items -----------------------------------------------------------------------------------------------------

    def item(self, base: Value, key: code.Expression, scope: Scope) -> Values:
        """Return what `base[key]` can stand for."""
        text, union = self._names.text, self._names.union
        match base:
            case Context():
                return (ContextEntry(text(key, scope)),)
            case AppState():
                return self._names.attribute(base, known) if (known := text(key, scope)) else (StateEntry(None),)
            case Instance(type=str(name)) if catalogue.supertypes(name) & catalogue.CONNECTIONS:
                return self.item(AsgiScope(), key, scope)
            case AsgiScope():
                return (APP,) if text(key, scope) == "app" else ()
            case Display(node=code.Mapping() as mapping, scope=inner):
                return self._under(mapping, text(key, scope), inner)
            case Display(node=code.Sequence()):
                match key:
                    case code.Constant(value=int(position)) if position >= 0:
                        return self.at(base, position)
                return self.elements(base)
            case Instance(type=str(name), arguments=arguments) if arguments:
                match key:
                    case code.Constant(value=int(position)) if name.endswith(("tuple", "Tuple")):
                        return arguments[position] if -len(arguments) <= position < len(arguments) else ()
                return arguments[-1]
            case Instance(type="builtins.dict"):
                return self.made_with(base, text(key, scope))
            case Instance(type=ClassScope()):
                match key:
                    case code.Constant(value=int(position)) if position >= 0:
                        return self.at(base, position)
            case StateEntry() | ContextEntry():
                return union(self.item(value, key, scope) for value in self._names.expand((base,)))
            case External(name="sys.modules"):
                module = self._names.module(known) if (known := text(key, scope)) else None
                return (ModuleValue(module),) if module else ()
            case ClassValue() | External():
                return (base,)  # a generic class with its arguments
        return ()

    def _under(self, mapping: code.Mapping, wanted: str | None, scope: Scope) -> Values:
        """Return what stands under a key of a dict; all values where the key is not known."""
        infer, union = self._names.infer, self._names.union
        keys, values = mapping.keys, mapping.values
        if wanted is None:
            everything = (id(mapping), id(scope), "values")
            return self._names.remember(
                everything, lambda: union(infer(value, scope) for value in values), keep=(mapping, scope)
            )
        return union(
            self.spread_item(values[at], wanted, scope) if key is None else infer(values[at], scope)
            for at in self._places_of(mapping, wanted)
            if (key := keys[at]) is None or self._names.text(key, scope) == wanted
        )

    def _places_of(self, mapping: code.Mapping, key: str) -> list[int]:
        """Return where a mapping's entry of that key may stand: what is no literal may be any."""
        if id(mapping) not in self._literal_keys:
            places: dict[str | None, list[int]] = defaultdict(list)
            for at, each in enumerate(mapping.keys):
                match each:
                    case code.Constant(value=str(text)):
                        places[text].append(at)
                    case _:
                        places[None].append(at)
            self._literal_keys[id(mapping)] = (places, mapping)
        places, _ = self._literal_keys[id(mapping)]
        return sorted((*places.get(key, ()), *places.get(None, ())))

    def spread_item(self, node: code.Expression, key: str, scope: Scope) -> Values:
        """Return what stands under a key of a mapping that is opened by `**`."""
        constant = code.Constant(node.span, key)
        return self._names.remember(
            (id(node), id(scope), key),
            lambda: self._names.union(self.item(value, constant, scope) for value in self._names.infer(node, scope)),
            keep=(node, scope),
        )

    def made_with(self, value: Instance, name: str | None) -> Values:
        """Return what an object was made with under a name: `dict(a=1)`, `SimpleNamespace(a=1)`."""
        if value.type not in _MAKING or value.creation is None:
            return ()
        call, scope = value.creation.call, value.creation.scope
        given = (k.value for k in call.keywords if k.name is not None and name in {None, k.name})
        return self._names.union(self._names.infer(each, scope) for each in given)

    # --- what gives them -------------------------------------------------------------------------------------------

    def from_method(self, base: Value, name: str, call: code.Call, scope: Scope) -> Values:
        """Return what a method of a container gives: `box.get("a")`, `box.items()`, `var.get()`."""
        union = self._names.union
        match base:
            case Instance(type=str(type_name), arguments=(first, *_)) if type_name in _HOLDERS and name in _GIVING:
                return first
            case Display(node=code.Mapping() as mapping, scope=inner):
                keys, values = self.elements(base), self._under(mapping, None, inner)
            case Instance(type=str(), arguments=(keys, values)):
                pass
            case Instance(type="builtins.dict", creation=creation) if creation is not None:
                keys, values = (), self.made_with(base, None)
            case _:
                return ()
        match name, call.arguments:
            case "values", ():
                return _iterator(values)
            case "items", ():
                return _iterator((Instance("builtins.tuple", None, (keys, values)),)) if values else ()
            case _, (key, *default) if name in BY_KEY:
                return union((self.item(base, key, scope), *(self._names.infer(each, scope) for each in default)))
        return ()

    def from_function(self, name: str, call: code.Call, scope: Scope) -> Values:
        """Return what a function of the standard library gives that takes something out of what it is given."""
        union, given = self._names.union, call.arguments
        several: tuple[Values, ...]
        match name:
            case "builtins.next" if given:
                return union((self.iterated(given[0], scope), *(self._names.infer(each, scope) for each in given[1:])))
            case "builtins.enumerate" if given:
                several = ((), self.iterated(given[0], scope))
            case "builtins.zip" if given:
                several = tuple(self.iterated(each, scope) for each in given)
            case "asyncio.gather" if given and not any(isinstance(each, code.Starred) for each in given):
                gathered = tuple(self._names.infer(each, scope) for each in given)
                return (Instance("builtins.tuple", None, gathered),) if any(gathered) else ()
            case "importlib.import_module" if given:
                module = self._names.module(known) if (known := self._names.text(given[0], scope)) else None
                return (ModuleValue(module),) if module else ()
            case _:
                return ()
        return _iterator((Instance("builtins.tuple", None, several),)) if any(several) else ()


def _iterator(values: Values) -> Values:
    return (Instance(_ITERATOR, None, (values,)),) if values else ()
