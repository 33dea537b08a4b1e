"""WK303: a resource that a function keeps at module level."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from conformance.facts import code
from conformance.program import FunctionScope, ModuleScope, Program, Scope, catalogue
from conformance.program.scopes import ClassScope, ValueBinding
from conformance.program.values import (
    ClassValue,
    Display,
    External,
    Instance,
    Located,
    ModuleValue,
    Symbol,
    Value,
    Values,
)
from conformance.results import Violation
from conformance.rules.base import Example, Rule
from conformance.rules.worker.common import entry_functions, resource_in

_CONTAINERS = frozenset(
    {"builtins.dict", "builtins.list", "builtins.set", "collections.defaultdict", "collections.deque",
     "collections.OrderedDict", "collections.Counter", "collections.ChainMap", "weakref.WeakValueDictionary",
     "weakref.WeakSet", "weakref.WeakKeyDictionary", "cachetools.TTLCache", "cachetools.LRUCache"}
)  # fmt: skip
_ABSTRACT = frozenset(
    {"typing.Dict", "typing.List", "typing.Set", "typing.DefaultDict", "typing.Deque", "typing.MutableMapping",
     "typing.MutableSequence", "typing.MutableSet", "collections.abc.MutableMapping",
     "collections.abc.MutableSequence", "collections.abc.MutableSet"}
)  # fmt: skip
_MUTATING = frozenset(
    {"append", "appendleft", "add", "update", "setdefault", "insert", "extend", "extendleft", "pop", "popitem",
     "popleft", "clear", "remove", "discard", "__setitem__", "__delitem__", "sort", "reverse",
     "difference_update", "intersection_update", "symmetric_difference_update"}
)  # fmt: skip
_KEYS = {"setdefault": 1, "__setitem__": 1, "insert": 1}
"""How many arguments tell the place of what is put in."""
_TAKING_OUT = frozenset({"pop", "remove", "discard", "__delitem__", "difference_update", "intersection_update"})


@dataclass(frozen=True, slots=True)
class Change:
    """One change of something at module level.

    Attributes:
        kind: a name is bound anew; a container is changed; an attribute is set on a module or a module-level object.
        values: what is put there, as far as it stands as expressions.
        node: the `global` statement, or the change.
    """

    kind: Literal["name", "container", "attribute"]
    name: str
    values: tuple[Located, ...]
    node: code.Node


def subjects(program: Program) -> Iterator[FunctionScope]:
    """Each function of the target."""
    return (f for m in program.target_modules for f in m.functions)


def check(program: Program, function: FunctionScope) -> Iterator[Violation]:
    """Report what lifespan, hooks and tasks change at module level, and resources that any function keeps there."""
    starts = function in entry_functions(program)
    for change in _changes(program, function):
        resource = next(
            (r for v in change.values if (r := _resource_at(program, v)) is not None),
            None,
        )
        if resource is None and not (starts and change.kind != "attribute"):
            continue
        does = {
            "name": f"binds the module-level name `{change.name}` anew",
            "container": f"changes the module-level container `{change.name}`",
            "attribute": f"sets the module-level `{change.name}`",
        }[change.kind]
        to = f", to a resource ({resource.kind})" if resource is not None else ""
        yield Violation(
            function.module.place(change.node),
            f"`{function.name}` {does}{to}",
            "keep it in app.state (lifespan) or ctx (worker), and hand it to who needs it",
            detail=f"{function.name} {does}",
        )


def _resource_at(program: Program, located: Located) -> catalogue.Resource | None:
    found = resource_in(program, program.names.infer(located.node, located.scope))
    return _wrapped(program, located) if found is None else found


def _wrapped(program: Program, located: Located) -> catalogue.Resource | None:
    """Return the resource that an object of a class is made around, where both are made here: `Cache(Redis())`."""
    node = located.node.value if isinstance(located.node, code.Await) else located.node
    if not isinstance(node, code.Call):
        return None
    if not any(isinstance(v, ClassValue) for v in program.names.infer(node.function, located.scope)):
        return None
    for argument in (*node.arguments, *(k.value for k in node.keywords)):
        for value in program.names.infer(argument, located.scope):
            match value:
                case Instance(creation=creation) if creation is not None and creation.scope is located.scope:
                    found = resource_in(program, (value,))
                    if found is not None:
                        return found
    return None


# --- changes -------------------------------------------------------------------------------------------------------


_CHANGING = (code.Scope, code.Assign, code.Delete, code.For, code.WithItem, code.Call)


def _changes(program: Program, function: FunctionScope) -> Iterator[Change]:
    for node in function.nodes.of(*_CHANGING):
        match node:
            case code.Scope(kind="global", names=names):
                for name in names:
                    values = _bound_in(function, name)
                    if values is not None:
                        yield Change("name", name, values, node)
            case code.Assign(targets=targets, value=value, operator=operator):
                for target in targets:
                    yield from _stored(program, target, value, node, function, operator)
            case code.Delete(targets=targets):
                for target in targets:
                    yield from _stored(program, target, None, node, function, "del")
            case code.For(target=target, source=source):
                yield from _stored(program, target, source, target, function)
            case code.WithItem(target=target, manager=manager) if target is not None:
                yield from _stored(program, target, manager, target, function)
            case code.Call():
                yield from _called(program, node, function)


def _bound_in(function: FunctionScope, name: str) -> tuple[Located, ...] | None:
    """Return what a function binds a global name to; None where it does not bind it."""
    found: list[Located] = []
    binds = False
    for binding in function.module.bindings.get(name, ()):
        match binding:
            case ValueBinding(value=value, within=within) if within is function:
                binds = True
                if value is not None:
                    found.append(Located(value, function))
            case FunctionScope(node=node) | ClassScope(node=node):
                binds = binds or (function.node.span[0] < node.span[0] <= function.node.span[2])
    deleted = any(
        any(isinstance(t, code.Name) and t.id == name for t in node.targets) for node in function.nodes.of(code.Delete)
    )
    return tuple(found) if binds or deleted else None


def _stored(
    program: Program,
    target: code.Expression,
    value: code.Expression | None,
    node: code.Node,
    function: FunctionScope,
    operator: str = "",
) -> Iterator[Change]:
    values = (Located(value, function),) if value is not None else ()
    match target:
        case code.Sequence(elements=elements):
            parts: list[code.Expression | None] = [value] * len(elements)
            if isinstance(value, code.Sequence) and len(value.elements) == len(elements):
                parts = list(value.elements)
            for element, part in zip(elements, parts, strict=True):
                yield from _stored(program, element, part, node, function, operator)
        case code.Subscript(value=base, key=key):
            if _is_globals(program, base, function):
                name = program.names.text(key, function) or "…"
                if operator != "del":
                    yield Change("name", name, values, node)
            elif _is_container(program, _whole(base), function):
                yield Change("container", code.dotted(_whole(base)), values, node)
            elif _is_held(program, base, function):
                yield Change("attribute", code.dotted(base), values, node)
        case code.Attribute(value=base) if operator != "del":
            if _is_held_object(program, base, function):
                yield Change("attribute", code.dotted(target) or target.name, values, node)


def _whole(node: code.Expression) -> code.Expression:
    """Return the container of which a part is meant: that of `POOLS["eu"]`, of `POOLS.setdefault("eu", {})`."""
    while True:
        match node:
            case code.Subscript(value=outer) | code.Call(function=code.Attribute(value=outer, name="setdefault")):
                node = outer
            case _:
                return node


def _called(program: Program, node: code.Call, function: FunctionScope) -> Iterator[Change]:
    match node:
        case code.Call(function=code.Name(id="setattr"), arguments=(base, key, value)):
            if _is_held_object(program, base, function):
                name = program.names.text(key, function) or "…"
                yield Change("attribute", f"{code.dotted(base)}.{name}", (Located(value, function),), node)
        case code.Call(function=code.Attribute(value=base, name=name)) if name in _MUTATING:
            given = (*node.arguments[_KEYS.get(name, 0) :], *(keyword.value for keyword in node.keywords))
            if name in _TAKING_OUT:
                given = ()
            values = _items(Located(value, function) for value in given)
            if _is_globals(program, base, function):
                yield Change("name", "globals()", values, node)
            elif _is_container(program, base, function):
                yield Change("container", code.dotted(base), values, node)
            elif _is_held(program, base, function):
                yield Change("attribute", code.dotted(base), values, node)


def _items(values: Iterable[Located]) -> tuple[Located, ...]:
    """Return the values, those that stand in a literal dict or list one by one."""
    found: list[Located] = []
    for located in values:
        match located.node:
            case code.Mapping(values=items) | code.Sequence(elements=items):
                found += (Located(item, located.scope) for item in items)
            case _:
                found.append(located)
    return tuple(found)


# --- what stands at module level -----------------------------------------------------------------------------------


def _symbols(program: Program, node: code.Expression, scope: Scope) -> Iterator[Symbol]:
    """Yield the module-level names that an expression stands for, a local that is bound to one included."""
    if not isinstance(node, (code.Name, code.Attribute)):
        return
    for resolved in program.names.resolve(node, scope):
        if not isinstance(resolved, Symbol) or not isinstance(resolved.binding, ValueBinding):
            continue
        if isinstance(resolved.scope, ModuleScope):
            yield resolved
        elif isinstance(resolved.scope, FunctionScope) and isinstance(
            resolved.binding.value, (code.Name, code.Attribute)
        ):
            yield from (
                s
                for s in program.names.resolve(resolved.binding.value, resolved.scope)
                if isinstance(s, Symbol) and isinstance(s.scope, ModuleScope) and isinstance(s.binding, ValueBinding)
            )


def _is_globals(program: Program, node: code.Expression, scope: Scope) -> bool:
    return (
        isinstance(node, code.Call)
        and isinstance(node.function, code.Name)
        and any(r == External("builtins.globals") for r in program.names.resolve(node.function, scope))
    )


def _is_container(program: Program, node: code.Expression, scope: Scope) -> bool:
    return any(_holds_items(program, symbol) for symbol in _symbols(program, node, scope))


def _holds_items(program: Program, symbol: Symbol) -> bool:
    binding = symbol.binding
    if not isinstance(binding, ValueBinding) or binding.path or binding.how != "value":
        return False
    match binding.value:
        case code.Sequence(kind="list" | "set") | code.Mapping() | code.Comprehension(kind="list" | "set" | "dict"):
            return True
        case code.Call(function=function):
            named = function.value if isinstance(function, code.Subscript) else function
            if any(
                isinstance(r, External) and r.name in _CONTAINERS for r in program.names.resolve(named, symbol.scope)
            ):
                return True
    values: Values = program.names.value_of(symbol)
    return any(
        isinstance(v, Instance) and program.names.is_a(v.type, *_CONTAINERS, *_ABSTRACT) for v in values
    ) and not any(isinstance(v, Display) and isinstance(v.node, code.Sequence) for v in values)


def _is_held(program: Program, node: code.Expression, scope: Scope) -> bool:
    """Whether an expression is an attribute of a module-level object."""
    return isinstance(node, code.Attribute) and _is_object(program, node.value, scope)


def _is_held_object(program: Program, base: code.Expression, scope: Scope) -> bool:
    """Whether an attribute of `base` is at module level: `base` is a module of the target, or an object there."""
    values: Values = program.names.infer(base, scope)
    if any(_is_module(v) for v in values):
        return True
    return _is_object(program, base, scope)


def _is_module(value: Value) -> bool:
    return isinstance(value, ModuleValue) or value == External("sys.modules")


def _is_object(program: Program, base: code.Expression, scope: Scope) -> bool:
    return any(
        isinstance(v, Instance)
        and (isinstance(v.type, ClassScope) or v.type in {"types.SimpleNamespace", "threading.local"})
        and not program.names.is_a(v.type, *catalogue.APPS)
        for symbol in _symbols(program, base, scope)
        for v in program.names.value_of(symbol)
    )


RULE = Rule(
    id="WK303",
    name="module-global-resource",
    source="PRD-012 §2 Rule 5",
    summary="a function keeps a resource at module level, or a lifespan, hook or task changes what stands there.",
    why=(
        "What a function assigns to a module-level name is there for everybody who imports the module, from some "
        "moment on: no signature shows it, no override replaces it, nothing closes it, and every reader has to ask "
        "whether it is None."
    ),
    instead=(
        "Store it in `app.state` in the lifespan, or in `ctx` in `on_startup`, and hand it on: a provider reads the "
        "one, a task the other, a service takes it as an argument."
    ),
    subjects=subjects,
    check=check,
    nothing="the target has no functions",
    bad=(
        Example(
            "on_startup assigns a module-level name",
            """
--- app/worker.py
from arq.connections import RedisSettings, create_pool
from redis.asyncio import Redis

worker_redis: Redis | None = None
seen = []


async def on_startup(ctx: dict) -> None:
    global worker_redis  # expect: WK303
    worker_redis = await create_pool(RedisSettings())


async def run_triage(ctx: dict, job_id: str) -> None:
    seen.append(job_id)  # expect: WK303


class WorkerSettings:
    functions = [run_triage]
    on_startup = on_startup
    redis_settings = RedisSettings()
""",
        ),
        Example(
            "a lazy client, a cache of clients, an attribute of a module",
            """
--- app/holder.py
client = None
--- app/services/weather.py
import httpx

from app import holder

_client = None
_clients: dict[str, httpx.AsyncClient] = {}


def get_client() -> httpx.AsyncClient:
    global _client  # expect: WK303
    if _client is None:
        _client = httpx.AsyncClient()
    return _client


def client_for(partner: str) -> httpx.AsyncClient:
    return _clients.setdefault(partner, httpx.AsyncClient())  # expect: WK303


def connect() -> None:
    holder.client = httpx.AsyncClient()  # expect: WK303
""",
        ),
    ),
    good=(
        Example(
            "a counter outside the worker, and constants",
            """
--- app/services/counter.py
_next_number = 0
_names: dict[str, str] = {}
LIMITS = {"INV": 10}


def next_number(kind: str) -> int:
    global _next_number
    _next_number += 1
    _names[kind] = kind.title()
    return min(_next_number, LIMITS[kind])
--- app/worker.py
from arq.connections import RedisSettings

from app.services.counter import LIMITS


async def describe(ctx: dict, kind: str) -> str:
    limits = dict(LIMITS)
    limits["ORD"] = 20
    return f"{kind}:{limits[kind]}"


class WorkerSettings:
    functions = [describe]
    redis_settings = RedisSettings()
""",
        ),
    ),
)
