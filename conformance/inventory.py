"""What a target has of each kind that a reviewer is asked about: providers, keys of app.state, tasks, routers, …."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance.program.overrides import override_writes
from conformance.program.scopes import ClassScope, FunctionScope
from conformance.program.values import Instance
from conformance.results import Place
from conformance.statements import Look

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from conformance.facts.code import Span
    from conformance.program import Access, Endpoint, ModuleScope, Program

__all__ = ["Thing", "things"]


@dataclass(frozen=True, slots=True, order=True)
class Thing:
    """Something in the code that a reviewer can look at.

    Attributes:
        spans: the stretches of its file that make it, and whose change is a change of it; none for the whole file.
    """

    kind: Look
    place: Place
    name: str
    spans: tuple[Span, ...] = ()

    @property
    def identity(self) -> tuple[Look, str, str]:
        """What stays the same when lines move."""
        return (self.kind, self.place.module, self.name)


def things(program: Program) -> tuple[Thing, ...]:
    """Return them all, sorted by kind and place; each once."""
    found = [
        *_providers(program),
        *_keys(program),
        *_functions(Look.LIFESPANS, program.lifespan_roots),
        *_endpoints(program),
        *_routers(program),
        *_functions(Look.TASKS, program.queue.tasks),
        *(Thing(Look.WORKERS, w.place, w.name, (w.node.span,)) for w in program.queue.settings if not w.module.is_test),
        *_enqueues(program),
        *_modules(Look.SERVICES, program.with_role("services")),
        *_modules(Look.COMPONENTS, program.with_role("components")),
        *_modules(Look.CLI, program.with_role("cli")),
        *_modules(Look.SETTINGS, program.with_role("config", "constants")),
        *_overrides(program),
    ]
    return tuple(sorted(set(found)))


def _spans(definition: FunctionScope | ClassScope) -> tuple[Span, ...]:
    """Return the lines of a definition, those of its decorators too."""
    return (*(decorator.span for decorator in definition.node.decorators), definition.node.span)


def _functions(kind: Look, functions: Iterable[FunctionScope]) -> Iterator[Thing]:
    for function in functions:
        if not function.module.is_test:
            yield Thing(kind, function.place, function.symbol, _spans(function))


def _providers(program: Program) -> Iterator[Thing]:
    for provider in program.injection.providers.values():
        target = provider.target
        if isinstance(target, (FunctionScope, ClassScope)) and not target.module.is_test:
            yield Thing(Look.PROVIDERS, target.place, provider.name, _spans(target))


def _keys(program: Program) -> Iterator[Thing]:
    """Yield each key where it is first written, with all the places that write it in that module."""
    written: dict[tuple[Look, str, str], list[Access]] = {}
    for access in program.stores.accesses:
        if access.kind == "write" and access.key and not access.module.is_test:
            kind = Look.STATE_KEYS if access.of == "state" else Look.CONTEXT_KEYS
            written.setdefault((kind, access.module.name, access.key), []).append(access)
    for (kind, _, key), accesses in written.items():
        places = sorted(access.place for access in accesses)
        yield Thing(kind, places[0], key, tuple(place.span for place in places))


def _endpoints(program: Program) -> Iterator[Thing]:
    for endpoint in program.injection.endpoints:
        function = endpoint.function
        if not function.module.is_test:
            yield Thing(Look.ENDPOINTS, function.place, function.symbol, _spans(function))


def _routers(program: Program) -> Iterator[Thing]:
    """Yield each module that declares endpoints, at the line that makes its router, with the endpoints' lines."""
    by_module: dict[ModuleScope, list[Endpoint]] = {}
    for endpoint in program.injection.endpoints:
        if not endpoint.module.is_test:
            by_module.setdefault(endpoint.module, []).append(endpoint)
    for module, endpoints in by_module.items():
        made = {
            value.creation.call.span
            for endpoint in endpoints
            for value in endpoint.routers
            if isinstance(value, Instance) and value.creation is not None and value.creation.scope.module is module
        }
        declared = {span for endpoint in endpoints for span in _spans(endpoint.function)}
        place = module.place(min(made)) if made else min(endpoint.function.place for endpoint in endpoints)
        yield Thing(Look.ROUTERS, place, module.name, tuple(sorted(made | declared)))


def _enqueues(program: Program) -> Iterator[Thing]:
    for enqueue in program.queue.enqueues:
        if not enqueue.module.is_test:
            yield Thing(Look.ENQUEUES, enqueue.place, " or ".join(enqueue.names) or "?", (enqueue.call.span,))


def _modules(kind: Look, modules: Iterable[ModuleScope]) -> Iterator[Thing]:
    for module in modules:
        if not module.is_test and module.body:
            yield Thing(kind, Place(module.path, (1, 1, 1, 1), module.name), module.name)


def _overrides(program: Program) -> Iterator[Thing]:
    """Yield the test modules that override something, at the first line that does."""
    for module in program.modules:
        if module.is_test:
            places = sorted(write.place for write in override_writes(program, module) if not write.removes)
            if places:
                yield Thing(Look.TESTS, places[0], module.name)
