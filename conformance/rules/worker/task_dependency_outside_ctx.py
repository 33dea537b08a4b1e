"""WK304: a task takes its dependencies from ctx alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from conformance.facts import code
from conformance.program import Construction, FunctionScope, ModuleScope, Program, Scope
from conformance.program.scopes import ValueBinding, enclosing
from conformance.program.values import Context, ContextEntry, Symbol
from conformance.results import Violation
from conformance.rules.base import Example, Rule
from conformance.rules.worker.common import resource_in, tasks

_NAMING = (code.Name, code.Attribute)
_ROLES = ("deps", "lifespan", "worker", "entrypoint")
_FROM_CTX = 'make it in `on_startup`, store it in `ctx`, and read it there: `ctx["…"]`'


def subjects(program: Program) -> Iterator[FunctionScope | ModuleScope]:
    """Each task, and each module of tasks for its imports."""
    yield from tasks(program)
    yield from (m for m in program.with_role("tasks") if not m.is_test)


def check(program: Program, subject: FunctionScope | ModuleScope) -> Iterator[Violation]:
    """Report what a task imports, constructs, or finds at module level."""
    if isinstance(subject, ModuleScope):
        yield from _imports(program, subject)
        return
    if not subject.module.has_role("tasks"):
        yield from _imports(program, subject.module, subject)
    for scope in _scopes(subject):
        for construction in _constructions(program, scope):
            if not _is_from_context(program, construction) and not _is_made_inside(construction, subject):
                yield Violation(
                    construction.place,
                    f"the task `{subject.name}` constructs a resource itself: `{construction.name}`",
                    _FROM_CTX,
                    detail=f"{subject.name} constructs {construction.name}",
                )
        for node, where in _named_in(scope):
            if _is_module_level(program, node, where):
                name = code.dotted(node)
                yield Violation(
                    scope.module.place(node),
                    f"the task `{subject.name}` uses the module-level resource `{name}`",
                    _FROM_CTX,
                    detail=f"{subject.name} uses {name}",
                )


def _constructions(program: Program, scope: Scope) -> Iterator[Construction]:
    """Yield what a scope constructs, in its lambdas too."""
    for node in chain(scope.nodes.of(code.Call), scope.deferred.of(code.Call)):
        construction = program.resources.constructed_by(node, scope)
        if construction is not None:
            yield construction


def _named_in(function: FunctionScope) -> Iterator[tuple[code.Name | code.Attribute, Scope]]:
    """Yield the names and paths that a function evaluates, and those in the defaults of its parameters."""
    defaults = code.walk(*(p.default for p in function.parameters if p.default is not None))
    inside = chain(function.nodes.of(*_NAMING), function.deferred.of(*_NAMING))
    for nodes, scope in ((inside, function), (defaults, function.parent)):
        yield from ((node, scope) for node in nodes if isinstance(node, (code.Name, code.Attribute)))


def _imports(program: Program, module: ModuleScope, task: FunctionScope | None = None) -> Iterator[Violation]:
    for edge in program.imports[module]:
        if edge.type_checking:
            continue
        if task is not None and not (isinstance(edge.scope, FunctionScope) and task in enclosing(edge.scope)):
            continue
        for imported in dict.fromkeys((edge.module, *edge.defining_modules)):
            if imported is None or imported is module:
                continue
            role = forbidden_role(program, module, imported)
            if role:
                yield Violation(
                    edge.place,
                    f"a task imports `{edge.qualified}`: `{imported.name}` is {_ARTICLES[role]}",
                    "take it from `ctx`, or move what both need to a module of its own",
                    detail=edge.qualified,
                )
                break


def forbidden_role(program: Program, importer: ModuleScope, module: ModuleScope) -> str:
    """Return what a module is that a task must not import; "" where it may.

    A package without a task of its own may offer arq the settings that lie in it, beside the tasks.
    """
    if importer.contains(module) and not any(function.module is importer for function in tasks(program)):
        return ""
    return "" if module.has_role("tasks") else next((role for role in _ROLES if module.has_role(role)), "")


_ARTICLES = {
    "deps": "for FastAPI's injection",
    "lifespan": "the application's lifespan",
    "worker": "the worker, which imports its tasks",
    "entrypoint": "the application's entry point",
}


def _scopes(task: FunctionScope) -> Iterator[FunctionScope]:
    """Yield the task and the functions that it defines."""
    return (f for f in task.module.functions if task in enclosing(f))


def _is_module_level(program: Program, node: code.Expression, scope: Scope) -> bool:
    return any(
        isinstance(resolved, Symbol)
        and isinstance(resolved.scope, ModuleScope)
        and isinstance(resolved.binding, ValueBinding)
        and resource_in(program, program.names.value_of(resolved)) is not None
        for resolved in program.names.resolve(node, scope)
    )


# --- made from what ctx holds --------------------------------------------------------------------------------------


def _is_made_inside(construction: Construction, task: FunctionScope) -> bool:
    """Whether a function that the task defines makes it: then it is reported there."""
    inner = construction.inner
    return inner is not None and isinstance(inner.scope, FunctionScope) and task in enclosing(inner.scope)


def _is_from_context(program: Program, construction: Construction) -> bool:
    """Whether a resource is built from a value of ctx that is one itself, there or in the function that is called."""
    current: Construction | None = construction
    while current is not None:
        if _takes_resource(program, current.call, current.scope):
            return True
        current = current.inner
    return False


def _takes_resource(
    program: Program, node: code.Expression, scope: Scope, depth: int = 8, *, known: bool = False
) -> bool:
    """Whether an expression is a resource that ctx holds, or is made from one.

    What ctx holds counts as one where nothing is known of it, unless it has to be `known`.
    """
    if depth == 0:
        return False
    values = program.names.infer(node, scope)
    for value in values:
        if isinstance(value, ContextEntry):
            held = program.names.expand((value,))
            return not (held or known) or value.key == "redis" or resource_in(program, held) is not None
    if Context() in values:
        return False
    match node:
        case code.Attribute(value=inner):
            return _takes_resource(program, inner, scope, depth - 1, known=True)
        case code.Await(value=inner) | code.Starred(value=inner):
            return _takes_resource(program, inner, scope, depth - 1, known=known)
        case code.Call(function=function, arguments=arguments, keywords=keywords):
            parts = (*arguments, *(k.value for k in keywords))
            if isinstance(function, (code.Attribute, code.Call, code.Name, code.Subscript)):
                parts = (function, *parts)
            return any(_takes_resource(program, part, scope, depth - 1) for part in parts)
        case code.Name(id=name):
            return any(
                isinstance(resolved, Symbol)
                and isinstance(resolved.scope, FunctionScope)
                and isinstance(resolved.binding, ValueBinding)
                and resolved.binding.value is not None
                and _takes_resource(program, resolved.binding.value, resolved.scope, depth - 1)
                for resolved in program.names.lookup(name, scope, node.span)
            )
    return False


RULE = Rule(
    id="WK304",
    name="task-dependency-outside-ctx",
    source="PRD-012 §5",
    summary="a task makes a resource, uses a module-level one, or imports deps, lifespan, worker or entrypoint.",
    why=(
        "ctx is the only way from start-up to a task. A client that each job makes is a new connection per job and is "
        "closed by nobody; one at module level lives in every process that imports the task; and what belongs to the "
        "API has not been started in the worker."
    ),
    instead=(
        'Make the resource in `on_startup`, store it in ctx, and read it in the task: `engine = ctx["db_engine"]`. '
        "A session that is opened on such an engine is fine."
    ),
    subjects=subjects,
    check=check,
    nothing="no worker settings of the target register a task",
    bad=(
        Example(
            "a task makes its own clients",
            """
--- app/tasks/report.py
import httpx
from sqlalchemy.ext.asyncio import create_async_engine


async def build_report(ctx: dict, report_id: int) -> int:
    engine = create_async_engine("postgresql+asyncpg://db/app")  # expect: WK304
    async with httpx.AsyncClient(base_url=ctx["url"]) as client:  # expect: WK304
        response = await client.get(f"/{report_id}")
    await engine.dispose()
    return response.status_code
--- app/worker.py
from arq.connections import RedisSettings

from app.tasks.report import build_report


async def on_startup(ctx: dict) -> None:
    ctx["url"] = "https://reports.example.com"


class WorkerSettings:
    functions = [build_report]
    on_startup = on_startup
    redis_settings = RedisSettings()
""",
        ),
        Example(
            "a module-level engine, and the entry point",
            """
--- app/database.py
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://db/app")
--- app/main.py
from fastapi import FastAPI

app = FastAPI()
--- app/tasks/stock.py
from sqlalchemy.ext.asyncio import AsyncSession

from app import database
from app.main import app  # expect: WK304


async def count(ctx) -> str:
    session = AsyncSession(database.engine)  # expect: WK304
    await session.close()
    return app.title
--- app/worker.py
from arq.connections import RedisSettings

from app.tasks.stock import count


class WorkerSettings:
    functions = [count]
    redis_settings = RedisSettings()
""",
        ),
    ),
    good=(
        Example(
            "everything comes from ctx",
            """
--- app/tasks/triage.py
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker


async def run_triage(ctx: dict, job_id: str) -> None:
    await ctx["redis"].set(job_id, "started")
    async with AsyncSession(ctx["db_engine"]) as session:
        await session.commit()


async def run_again(ctx: dict) -> None:
    make_session = async_sessionmaker(ctx["db_engine"])
    async with make_session() as session:
        await session.commit()
--- app/worker.py
from arq.connections import RedisSettings
from sqlalchemy.ext.asyncio import create_async_engine

from app.tasks.triage import run_again, run_triage


async def on_startup(ctx: dict) -> None:
    ctx["db_engine"] = create_async_engine("postgresql+asyncpg://db/app")


async def on_shutdown(ctx: dict) -> None:
    await ctx["db_engine"].dispose()


class WorkerSettings:
    functions = [run_triage, run_again]
    on_startup = on_startup
    on_shutdown = on_shutdown
    redis_settings = RedisSettings()
""",
        ),
    ),
)
