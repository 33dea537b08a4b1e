"""What several rules about the life of resources ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from conformance.facts import code
from conformance.program import Access, Construction, Program, Provider
from conformance.program.scopes import ClassScope, FunctionScope, Scope, enclosing
from conformance.program.values import External, Instance


class Creation(NamedTuple):
    """A resource that a start-up creates, and whether it is released."""

    construction: Construction
    released: bool


def lifespan_groups(program: Program) -> Iterator[tuple[FunctionScope, ...]]:
    """Yield the functions that start and stop one application: a lifespan alone, the methods of one, all handlers."""
    methods: dict[ClassScope, list[FunctionScope]] = {}
    handlers: list[FunctionScope] = []
    for root in program.lifespan_roots:
        if root.owner is not None and root.name in {"__aenter__", "__aexit__", "__call__"}:
            methods.setdefault(root.owner, []).append(root)
        elif root.node.is_generator:
            yield (root,)
        else:
            handlers.append(root)
    yield from map(tuple, methods.values())
    if handlers:
        yield tuple(handlers)


def creations(program: Program, roots: tuple[FunctionScope, ...]) -> Iterator[Creation]:
    """Yield what functions create, and whether they release it too."""
    visits = list(program.releases.visits(roots))
    unreleased = {id(c.call) for c in program.releases.unreleased(visits)}
    for construction in program.releases.created_by(visits):
        yield Creation(construction, id(construction.call) not in unreleased)


def held_by(construction: Construction) -> str:
    """Return how a message names where the result goes: ` in `app.state.redis``; "" where that is not plain."""
    for node in construction.scope.nodes.of(code.Assign):
        match node:
            case code.Assign(targets=(target, *_), value=value) if value is not None and _is_or_awaits(
                value, construction.call
            ):
                name = shown(target)
                return f" in `{name}`" if name else ""
    return ""


def _is_or_awaits(value: code.Expression, call: code.Call) -> bool:
    while isinstance(value, (code.Await, code.NamedExpression)):
        value = value.value
    return value is call


def shown(node: code.Expression) -> str:
    """Return a name, attribute or item as it is written; "" for anything else."""
    match node:
        case code.Subscript(value=value, key=code.Constant(value=str(key))):
            return f'{code.dotted(value)}["{key}"]' if code.dotted(value) else ""
    return code.dotted(node)


def own_providers(program: Program) -> Iterator[tuple[Provider, FunctionScope]]:
    """Yield the providers that the target defines outside its tests, each with the function that runs."""
    for provider in program.injection.providers.values():
        function = provider.function
        if function is not None and not function.module.is_test:
            yield provider, function


def detail_of(construction: Construction) -> str:
    """Return what tells a construction from others in the same function, without a line."""
    return f"{construction.name}{held_by(construction)}"


def request_resources(program: Program, value: code.Expression, scope: Scope) -> Iterator[Construction]:
    """Yield the sessions and connections that a value is, holds, or is an object around."""
    seen: set[int] = set()
    pending = [(value, scope)]
    while pending:
        node, inside = pending.pop()
        for site in program.origins.of(node, inside):
            if id(site.call) in seen:
                continue
            seen.add(id(site.call))
            construction = program.resources.constructed_by(site.call, site.scope)
            if construction is not None and construction.resource.exact and construction.resource.scope == "request":
                seen |= {id(call) for call in inner_calls(construction)}
                yield construction
            elif _is_made_by(program, site.call, site.scope):
                arguments = (*site.call.arguments, *(k.value for k in site.call.keywords))
                pending += [(argument, site.scope) for argument in arguments]


def inner_calls(construction: Construction) -> Iterator[code.Call]:
    """Yield the calls inside what a construction calls, down to that of the library."""
    current = construction.inner
    while current is not None:
        yield current.call
        current = current.inner


def is_entered(program: Program, construction: Construction) -> bool:
    """Return whether a with statement, or an exit stack, of the same function closes what a construction makes."""
    for node in construction.scope.nodes.of(code.WithItem, code.Call):
        match node:
            case code.WithItem(manager=manager):
                entered: code.Expression = manager
            case code.Call(
                function=code.Attribute(name="enter_async_context" | "enter_context"), arguments=(first, *_)
            ):
                entered = first
            case _:
                continue
        if any(site.call is construction.call for site in program.origins.of(entered, construction.scope)):
            return True
    return False


_LENT = frozenset(
    {"connection_pool", "pool", "pool_or_conn", "http_client", "http_async_client", "transport", "client"}
)


def is_lent(program: Program, construction: Construction) -> bool:
    """Return whether a client is made from a pool or client that the function is given, so that it owns nothing."""
    if construction.resource.kind == "engine":
        return False
    given = [(None, a) for a in construction.call.arguments]
    for name, argument in (*given, *((k.name, k.value) for k in construction.call.keywords)):
        made_here = any(
            site.scope is construction.scope and _is_made_by(program, site.call, site.scope)
            for site in program.origins.of(argument, construction.scope)
        )
        if made_here or (isinstance(argument, code.Constant) and argument.value is None):
            continue
        values = program.names.expand(program.names.infer(argument, construction.scope))
        if name in _LENT or any(program.resources.is_resource(value) for value in values):
            return True
    return False


def _is_made_by(program: Program, call: code.Call, scope: Scope) -> bool:
    """Whether a call makes a resource, or an object of a library's class: `httpx.AsyncHTTPTransport(retries=3)`."""
    return program.resources.constructed_by(call, scope) is not None or any(
        isinstance(value, Instance) and value.creation is not None and value.creation.call is call
        for value in program.names.infer(call, scope)
    )


def suppresses(program: Program, manager: code.Expression, scope: Scope) -> bool:
    """Return whether a context manager swallows exceptions: `contextlib.suppress(…)`."""
    return isinstance(manager, code.Call) and any(
        isinstance(value, External) and value.name == "contextlib.suppress"
        for value in program.names.infer(manager.function, scope)
    )


def written_in_lifespan(program: Program) -> list[Access]:
    """Return the writes of app.state in the lifespan and in what it calls."""
    return [
        access
        for access in program.stores.of("state", "write")
        if any(function in program.lifespan_functions for function in enclosing(access.function))
    ]


def hands_state_away(program: Program) -> bool:
    """Return whether app.state as a whole is handed to code that is not the target's: it may use any key."""
    for access in program.stores.of("state", "passed"):
        if access.module.is_test or not isinstance(access.node, code.Call):
            continue
        values = program.names.infer(access.node.function, access.scope)
        if any(isinstance(value, External) and not value.name.startswith("builtins.") for value in values):
            return True
    return False


def is_library_key(program: Program, access: Access) -> bool:
    """Return whether a key belongs to a library: slowapi's limiter, or one that the configuration names."""
    return access.key in {"limiter", *program.config.external_state_keys}


def innermost_function(scope: Scope | None) -> FunctionScope | None:
    """Return the function that a scope is, or stands in."""
    while scope is not None and not isinstance(scope, FunctionScope):
        scope = scope.parent
    return scope
