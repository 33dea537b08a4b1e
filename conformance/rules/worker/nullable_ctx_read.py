"""WK312: a task guards against a missing dependency."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from conformance.facts import code
from conformance.program import FunctionScope, ModuleScope, Program, Scope
from conformance.program.scopes import ValueBinding, enclosing
from conformance.program.values import Context, ContextEntry, Symbol, Values
from conformance.results import Place, Violation
from conformance.rules.base import Example, Rule
from conformance.rules.worker.common import is_arqs_pool, is_in_task, resource_in


def subjects(program: Program) -> Iterator[FunctionScope]:
    """Each function that runs in a task: the task, those nested in it, and helpers that it hands ctx to."""
    readers = {a.function for a in program.stores.of("context") if a.function is not None}
    of_hooks = _of_hooks_alone(program) if readers else frozenset()
    for module in program.target_modules:
        for function in module.functions:
            if is_in_task(program, function) or (function in readers and of_hooks.isdisjoint(enclosing(function))):
                yield function


def _of_hooks_alone(program: Program) -> frozenset[FunctionScope]:
    """Return the hooks, and what they call and no task does: a hook may find that start-up never came to an end."""
    reached = program.lifespans.reached
    hooks = program.queue.hooks.keys()
    return frozenset(reached(hooks) - reached(program.queue.tasks) | set(hooks))


_ASKING = (code.Call, code.Assert, code.If, code.While, code.Conditional, code.Match)


def check(program: Program, function: FunctionScope) -> Iterator[Violation]:
    """Report `ctx.get` of a resource, and a comparison of a resource with None."""
    for node in chain(function.nodes.of(*_ASKING), function.deferred.of(*_ASKING)):
        match node:
            case code.Call(function=code.Attribute(value=base, name="get"), arguments=(key, *_)) if (
                Context() in program.names.infer(base, function)
            ):
                if _is_held(program, program.names.infer(node, function)):
                    name = program.names.text(key, function)
                    yield _violation(program, function, function.module.place(node), f'`ctx.get("{name}")`')
            case code.Assert(test=test) | code.If(test=test) | code.While(test=test) | code.Conditional(test=test):
                for tested in _compared(test):
                    yield from _guarded(program, tested, function)
            case code.Match(subject=subject, cases=cases) if any(code.is_none(c.pattern) for c in cases):
                yield from _guarded(program, subject, function)


def _violation(program: Program, function: FunctionScope, place: Place, what: str) -> Violation:
    runner = f"the task `{function.name}`" if is_in_task(program, function) else f"`{function.name}`"
    return Violation(
        place,
        f"{what} allows for a resource that is missing, in {runner}"
        if what.startswith("`ctx.get")
        else f"{runner} guards against a missing resource: {what}",
        'read `ctx["…"]`: where the resource is missing, that line says so',
        detail=f"{function.name} {what}",
    )


def _compared(test: code.Expression) -> Iterator[code.Expression]:
    """Yield what a condition asks to be there, or not to be."""
    match test:
        case code.Comparison(left=left, operators=("is" | "is not" | "==" | "!=",), others=(other,)):
            if code.is_none(other):
                yield left
            elif code.is_none(left):
                yield other
        case code.UnaryOperation(operator="not", operand=operand):
            yield from _compared(operand)
        case code.BooleanOperation(values=values):
            for value in values:
                yield from _compared(value)
        case code.Name() | code.Attribute() | code.Subscript():
            yield test
        case code.NamedExpression(target=target):
            yield target


def _guarded(program: Program, tested: code.Expression, function: FunctionScope) -> Iterator[Violation]:
    """Report the read of what is tested; of a module-level resource the test."""
    if isinstance(tested, code.NamedExpression):
        tested = tested.target
    if isinstance(tested, code.Subscript):
        if _is_held(program, program.names.infer(tested, function)):
            yield _violation(program, function, function.module.place(tested), _shown(program, tested, function))
        return
    if not isinstance(tested, (code.Name, code.Attribute)):
        return
    name = code.dotted(tested)
    for resolved in program.names.resolve(tested, function):
        if not isinstance(resolved, Symbol) or not isinstance(resolved.binding, ValueBinding):
            continue
        binding = resolved.binding
        if isinstance(resolved.scope, ModuleScope):
            if resource_in(program, program.names.value_of(resolved)) is not None and is_in_task(program, function):
                yield _violation(program, function, function.module.place(tested), f"`{name}`, which is module-level")
        elif isinstance(resolved.scope, FunctionScope) and binding.value is not None:
            values = program.names.infer(binding.value, resolved.scope)
            read = _read_in(program, binding.value, resolved.scope)
            if read is not None and _is_held(program, values):
                yield _violation(program, function, resolved.scope.module.place(read), f"`{name}` is tested for None")
            elif isinstance(binding.value, (code.Name, code.Attribute)):
                yield from _behind(program, binding.value, resolved.scope, tested, function)


def _behind(
    program: Program, source: code.Expression, scope: FunctionScope, tested: code.Expression, function: FunctionScope
) -> Iterator[Violation]:
    """A local that stands for another local, or for a module-level resource."""
    for resolved in program.names.resolve(source, scope):
        if not isinstance(resolved, Symbol) or not isinstance(resolved.binding, ValueBinding):
            continue
        if isinstance(resolved.scope, ModuleScope):
            if resource_in(program, program.names.value_of(resolved)) is not None and is_in_task(program, function):
                what = f"`{code.dotted(tested)}`, which is the module-level `{code.dotted(source)}`"
                yield _violation(program, function, function.module.place(tested), what)
        elif resolved.binding.value is not None and isinstance(resolved.scope, FunctionScope):
            read = _read_in(program, resolved.binding.value, resolved.scope)
            if read is not None and _is_held(program, program.names.infer(resolved.binding.value, resolved.scope)):
                place = resolved.scope.module.place(read)
                yield _violation(program, function, place, f"`{code.dotted(tested)}` is tested for None")


def _read_in(program: Program, value: code.Expression, scope: Scope) -> code.Expression | None:
    """Return the read of ctx that an assigned value is."""
    for node in code.walk_scope(value):
        match node:
            case code.Subscript(value=base) | code.Call(function=code.Attribute(value=base, name="get" | "pop")):
                if Context() in program.names.infer(base, scope):
                    return node
    return None


def _is_held(program: Program, values: Values) -> bool:
    """Whether a value is a resource that ctx holds."""
    entries = tuple(v for v in values if isinstance(v, ContextEntry))
    return bool(entries) and (is_arqs_pool(entries) or resource_in(program, entries) is not None)


def _shown(program: Program, read: code.Subscript, scope: Scope) -> str:
    return f'`ctx["{program.names.text(read.key, scope)}"]` is tested for None'


RULE = Rule(
    id="WK312",
    name="nullable-ctx-read",
    source="PRD-012 §2 Rules 1 and 5",
    summary="a task reads a resource from ctx as if it could be missing.",
    why=(
        "Start-up sets every resource or the worker does not start. A task that allows for a missing one hides the "
        "mistake: the None-check is repeated in every task, and a `.get` hands None on to where nobody expects it."
    ),
    instead='Read `ctx["key"]` and use it. Where the key is missing, the KeyError names it.',
    subjects=subjects,
    check=check,
    nothing="no worker settings of the target register a task",
    bad=(
        Example(
            "ctx.get, and a comparison with None",
            """
--- app/worker.py
import httpx
from arq.connections import RedisSettings
from sqlalchemy.ext.asyncio import create_async_engine


async def on_startup(ctx: dict) -> None:
    ctx["http"] = httpx.AsyncClient()
    ctx["db_engine"] = create_async_engine("postgresql+asyncpg://db/app")


async def fetch(ctx: dict, url: str) -> str:
    client = ctx["http"]  # expect: WK312
    if client is None:
        return "no client"
    engine = ctx.get("db_engine")  # expect: WK312
    return f"{engine} {await client.get(url)}"


class WorkerSettings:
    functions = [fetch]
    on_startup = on_startup
    redis_settings = RedisSettings()
""",
        ),
        Example(
            "a module-level resource that start-up assigns",
            """
--- app/worker.py
from arq.connections import RedisSettings, create_pool
from redis.asyncio import Redis

worker_redis: Redis | None = None


async def on_startup(ctx: dict) -> None:
    global worker_redis
    worker_redis = await create_pool(RedisSettings())


async def run_triage(ctx: dict, job_id: str) -> None:
    assert worker_redis is not None  # expect: WK312
    await worker_redis.set(job_id, "done")


class WorkerSettings:
    functions = [run_triage]
    on_startup = on_startup
    redis_settings = RedisSettings()
""",
        ),
    ),
    good=(
        Example(
            "values that are no resources, and a result",
            """
--- app/worker.py
from arq.connections import RedisSettings


async def on_startup(ctx: dict) -> None:
    ctx["greeting"] = "hello"


async def greet(ctx: dict, name: str) -> str:
    attempt = ctx.get("job_try", 1)
    greeting = ctx.get("greeting", "hi")
    nickname = await ctx["redis"].get(name)
    if nickname is None:
        return f"{greeting} {name} ({attempt})"
    return f"{greeting} {nickname}"


class WorkerSettings:
    functions = [greet]
    on_startup = on_startup
    redis_settings = RedisSettings()
""",
        ),
    ),
)
