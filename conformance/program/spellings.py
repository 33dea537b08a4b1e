"""By what names a thing can be called, by their spelling alone: what bounds the questions that inference is asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TypeAlias

from conformance.facts import code
from conformance.program.references import scope_of_local
from conformance.program.scopes import (
    Binding,
    ClassScope,
    FunctionScope,
    ImportBinding,
    ModuleScope,
    Scope,
    ValueBinding,
    scopes_of,
)

__all__ = ["Key", "Spellings", "bare"]

Key: TypeAlias = str | tuple[Scope, str]
"""What something can be known by: a name, wherever it stands; the name of a local, where its scope is."""

_TRANSPARENT = frozenset({"staticmethod", "classmethod", "abstractmethod", "override", "overload"})
"""Decorators that leave a function what it is."""


class Spellings:
    """The names that are bound to something else that has a name."""

    def __init__(self, modules: Sequence[ModuleScope], handed_on: Callable[[], Iterable[tuple[Key, Key]]]) -> None:
        """Read nothing yet.

        Args:
            modules: the program's modules.
            handed_on: gives the pairs of what is handed to a function, and of the parameter that it goes to.
        """
        self._modules = modules
        self._handed_on = handed_on
        self._renaming: dict[tuple[Scope, str], bool] = {}
        self._meaning: dict[frozenset[str], frozenset[Key]] = {}

    def keys(self, node: code.Expression, scope: Scope) -> tuple[Key, ...]:
        """Return what an expression is known by; () for what has no name."""
        match node:
            case code.Attribute(value=value, name=name):
                return self.keys(value, scope) if name == "__wrapped__" else (name,)
            case code.Name(id=name):
                return self._keys_of_name(name, scope)
        return ()

    def with_aliases(self, keys: Iterable[Key]) -> dict[Key, None]:
        """Return the keys, and those of what is bound to them, in the order in which they are found."""
        found = dict.fromkeys(keys)
        pending = list(found)
        while pending:
            for key in self.aliases(pending.pop()):
                if key not in found:
                    found[key] = None
                    pending.append(key)
        return found

    def aliases(self, key: Key) -> Iterable[Key]:
        """Return the keys of what is bound to what has this key."""
        return self._aliases.get(key, ())

    def of(self, names: Iterable[str]) -> frozenset[str]:
        """Return the bare names under which things of these names can be called: their own, and those bound to them."""
        return frozenset(map(bare, self.with_aliases(names)))

    def originals(self, name: str) -> Iterable[str]:
        """Return what things were called where they were imported from under this name."""
        return self._originals.get(name, ())

    def may_mean(self, node: code.Expression, scope: Scope, names: frozenset[str]) -> bool:
        """Return whether an expression can stand for a thing of one of these names; True where that cannot be said.

        No means that inference finds none of them behind it: only what is a function or a class by its definition, or
        the name of one, is known for what it is.
        """
        meaning = self._meaning.get(names)
        if meaning is None:
            meaning = self._meaning[names] = frozenset(self.with_aliases(names)) | self._opaque
        if type(node) is code.Attribute and node.name != "__wrapped__":
            return node.name in meaning
        keys = self.keys(node, scope)
        return len(keys) != 1 or keys[0] in meaning

    def _keys_of_name(self, name: str, scope: Scope) -> tuple[Key, ...]:
        local = scope_of_local(name, scope)
        if local is None:
            return (name,)
        if name not in local.lambdas and self._is_renaming(name, local):
            return ((local, name),)
        return ((local, name), name)

    def _is_renaming(self, name: str, scope: Scope) -> bool:
        """Whether a local is nothing but another name of what has a name: all of it can be followed."""
        key = (scope, name)
        if key not in self._renaming:
            self._renaming[key] = all(map(_is_renaming, scope.bindings[name]))
        return self._renaming[key]

    @cached_property
    def _aliases(self) -> dict[Key, dict[Key, None]]:
        """What is bound to something, by what that is known by."""
        aliases: dict[Key, dict[Key, None]] = defaultdict(dict)
        calls: list[tuple[str, tuple[Key, ...], Key]] = []
        for module in self._modules:
            for scope in scopes_of(module):
                for bound, bindings in scope.bindings.items():
                    key: Key = (scope, bound) if isinstance(scope, FunctionScope) else bound
                    for binding in bindings:
                        sources: tuple[Key, ...] = ()
                        match binding:
                            case ImportBinding(name=name) if name:
                                sources = (name,)
                            case ValueBinding(value=code.Name() | code.Attribute() as value, how="value"):
                                sources = self.keys(value, binding.within or scope)
                            case ValueBinding(value=code.Call(function=function, arguments=(given, *_))):
                                calls.append((code.last_name(function), self.keys(given, binding.within or scope), key))
                        for source in sources:
                            aliases[source][key] = None
        for given_on, parameter in self._handed_on():
            aliases[given_on][parameter] = None
        partials = {"partial", *map(bare, aliases["partial"])}
        for function_name, sources, key in calls:
            for source in sources if function_name in partials else ():
                aliases[source][key] = None
        return aliases

    @cached_property
    def _originals(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for module in self._modules:
            for bound, bindings in module.bindings.items():
                for binding in bindings:
                    if isinstance(binding, ImportBinding) and binding.name and binding.name != bound:
                        found[bound].add(binding.name)
        return found

    @cached_property
    def _opaque(self) -> frozenset[Key]:
        """What is known by nothing that says what it is: what is made by calls, stored in attributes, decorated."""
        found: dict[Key, None] = {}
        for module in self._modules:
            for scope in scopes_of(module):
                if isinstance(scope, FunctionScope):
                    if _is_decorated(scope):
                        found[scope.name] = None
                else:
                    found.update(
                        (name, None) for name, several in scope.bindings.items() if not all(map(_is_plain, several))
                    )
                for target in _targets(scope):
                    if isinstance(target, code.Attribute):
                        found[target.name] = None
        return frozenset(self.with_aliases(found))


def bare(key: Key) -> str:
    """Return the name of a key without its scope."""
    return key if isinstance(key, str) else key[1]


def _is_renaming(binding: Binding) -> bool:
    match binding:
        case ImportBinding(name=name):
            return bool(name)
        case ValueBinding(value=code.Name() | code.Attribute(), how="value"):
            return True
    return False


def _is_plain(binding: Binding) -> bool:
    return isinstance(binding, (FunctionScope, ClassScope, ImportBinding)) or _is_renaming(binding)


def _is_decorated(function: FunctionScope) -> bool:
    return any(code.last_name(decorator) not in _TRANSPARENT for decorator in function.node.decorators)


def _targets(scope: Scope) -> Iterator[code.Expression]:
    for node in scope.nodes.of(code.Assign, code.For, code.WithItem):
        match node:
            case code.Assign(targets=targets):
                yield from code.leaves(*targets)
            case code.For(target=target) | code.WithItem(target=target) if target is not None:
                yield from code.leaves(target)
