"""WK311: the worker and its tasks use no application, no request and no provider."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from conformance.facts import code
from conformance.program import FunctionScope, ImportEdge, ModuleScope, Program, Scope, catalogue, scopes_of
from conformance.program.references import binding_scope
from conformance.program.scopes import ClassScope, ImportBinding, ParameterBinding, ValueBinding, enclosing
from conformance.program.values import External, Instance, Resolved, Symbol, Value
from conformance.results import Place, Violation
from conformance.rules.base import Example, Rule

_NAMING = (code.Name, code.Attribute)
_INSTEAD = "take what is needed from `ctx`, which `on_startup` fills; pass request data as arguments of the job"
_SHARED_ROLES = ("routes", "entrypoint", "lifespan", "deps")


def subjects(program: Program) -> Iterator[ModuleScope]:
    """Each module of the worker and of its tasks."""
    return (m for m in program.with_role("worker", "tasks") if not m.is_test)


def check(program: Program, module: ModuleScope) -> Iterator[Violation]:
    """Report what is imported at its import, everything else where it is used."""
    shared = module.has_role(*_SHARED_ROLES)
    imported: dict[int, str] = {}
    for edge in program.imports[module]:
        if edge.type_checking:
            continue
        what = _imported(program, edge)
        if what and not (shared and not _runs_in_worker(program, edge.scope)):
            imported[id(edge.node)] = what
            yield _violation(edge.place, f"imports {what}", what)
    for place, what in _uses(program, module, imported, shared=shared):
        yield _violation(place, f"uses {what}", what)


def _violation(place: Place, does: str, what: str) -> Violation:
    return Violation(
        place,
        f"the worker {does}: it is another process, without the application and its requests",
        _INSTEAD,
        detail=what,
    )


def _runs_in_worker(program: Program, scope: Scope) -> bool:
    """Whether code of a module that is not only the worker's stands in a task or hook."""
    function = scope if isinstance(scope, FunctionScope) else None
    return any(f in program.names.context_functions for f in enclosing(function))


# --- what is named -------------------------------------------------------------------------------------------------


def _imported(program: Program, edge: ImportEdge) -> str:
    if edge.name in {"", "*"}:
        return ""
    for resolved in edge.resolved:
        found = _named(program, resolved)
        if found:
            return found
    return ""


def _named(program: Program, resolved: Resolved) -> str:
    """Return what a definition is to this rule, as a message names it; "" for everything else."""
    match resolved:
        case External(name=name):
            if name in catalogue.CONNECTIONS or name in catalogue.APPS:
                return f"FastAPI's `{name.rpartition('.')[2]}`"
        case Symbol(binding=FunctionScope() as function):
            return _of_function(program, function)
        case Symbol(binding=ClassScope() as cls):
            return _of_class(program, cls)
        case Symbol(scope=ModuleScope() as module, name=name, binding=ValueBinding()):
            alias = program.injection.aliases.get((module, name))
            if alias is not None:
                provider = alias.injection.provider
                if provider is not None and isinstance(provider.target, FunctionScope):
                    return f"the alias `{name}`" if _of_function(program, provider.target) else ""
                return f"the alias `{name}`"
            if any(_is_app(program, v) for v in program.names.value_of(resolved)):
                return f"the application `{name}`"
    return ""


def _of_function(program: Program, function: FunctionScope) -> str:
    if function.module.has_role("config") or _gives_settings(program, function):
        return ""
    provider = program.injection.providers.get(function)
    if provider is not None and any(True for _ in provider.own_uses):
        return f"the provider `{function.name}`"
    if function not in program.names.context_functions and any(
        _is_app(program, v) for v in program.names.returned(function)
    ):
        return f"the application that `{function.name}` returns"
    return ""


def _of_class(program: Program, cls: ClassScope) -> str:
    if program.names.is_a(cls, *catalogue.APPS, *catalogue.CONNECTIONS):
        return f"`{cls.name}`"
    provider = program.injection.providers.get(cls)
    if provider is not None and cls.module.has_role("deps") and any(True for _ in provider.own_uses):
        return f"the provider `{cls.name}`"
    return ""


def _gives_settings(program: Program, function: FunctionScope) -> bool:
    return any(
        isinstance(v, Instance) and isinstance(v.type, ClassScope) and program.is_settings_class(v.type)
        for v in program.names.returned(function)
    )


def _is_app(program: Program, value: Value) -> bool:
    return isinstance(value, Instance) and program.names.is_a(value.type, *catalogue.APPS)


# --- where it is used ----------------------------------------------------------------------------------------------


def _uses(
    program: Program, module: ModuleScope, imported: dict[int, str], *, shared: bool
) -> Iterator[tuple[Place, str]]:
    """Yield each use of something that no import of the module has been reported for."""
    for access in program.stores.of("state"):
        if access.module is module and not (shared and not _runs_in_worker(program, access.scope)):
            root = _root(access.node)
            if root is None or not _comes_from(root, access.scope, imported):
                yield access.place, f"`app.state.{access.key}`" if access.key else "`app.state`"
    for scope in scopes_of(module):
        if shared and not _runs_in_worker(program, scope):
            continue
        for node, where in _named_in(scope):
            what = _used(program, node, where)
            root = _root(node)
            if what and root is not None and not _comes_from(root, where, imported):
                yield module.place(node), what


def _named_in(scope: Scope) -> Iterator[tuple[code.Expression, Scope]]:
    """Yield the names and paths that a scope evaluates, and those in the signature of the function that it is."""
    for node in chain(scope.nodes.of(*_NAMING), scope.deferred.of(*_NAMING)):
        if isinstance(node, (code.Name, code.Attribute)):
            yield node, scope
    if isinstance(scope, FunctionScope):
        annotations = [p.annotation for p in scope.parameters if p.annotation is not None]
        if scope.node.returns is not None:
            annotations.append(scope.node.returns)
        for node in code.walk(*annotations):
            if isinstance(node, (code.Name, code.Attribute)):
                yield node, scope.parent


def _used(program: Program, node: code.Expression, scope: Scope) -> str:
    for resolved in program.names.resolve(node, scope):
        match resolved:
            case Symbol(scope=ModuleScope() as binder, binding=ValueBinding()) if binder is scope:
                continue  # where the module binds it
        found = _named(program, resolved)
        if found:
            return found
    if isinstance(node, code.Name) and any(_is_app(program, v) for v in program.names.infer(node, scope)):
        return "the application"
    return ""


def _root(node: code.Node) -> code.Name | None:
    """Return the name that a path starts with."""
    while True:
        match node:
            case code.Name():
                return node
            case code.Attribute(value=inner) | code.Subscript(value=inner) | code.Await(value=inner):
                node = inner
            case code.Call(function=code.Name(id="getattr" | "setattr" | "hasattr" | "vars"), arguments=(first, *_)):
                node = first
            case code.Call(function=inner):
                node = inner
            case code.Assign(targets=(inner, *_)) | code.Delete(targets=(inner, *_)):
                node = inner
            case _:
                return None


def _comes_from(name: code.Name, scope: Scope, imported: dict[int, str], depth: int = 5) -> bool:
    """Whether a name is one of the imports reported, is annotated with one, or is made from one."""
    where = binding_scope(name.id, scope)
    if where is None or depth == 0:
        return False
    for binding in where.bindings.get(name.id, ()):
        match binding:
            case ImportBinding(node=node):
                if id(node) in imported:
                    return True
            case ParameterBinding(node=code.Parameter(annotation=annotation)) if annotation is not None:
                outer = where.parent if isinstance(where, FunctionScope) else where
                if any(
                    isinstance(n, code.Name) and _comes_from(n, outer, imported, depth - 1)
                    for n in code.walk(annotation)
                ):
                    return True
            case ValueBinding(value=value, annotation=annotation):
                for part in (value, annotation):
                    root = None if part is None else _root(part)
                    if root is not None and root != name and _comes_from(root, where, imported, depth - 1):
                        return True
    return False


RULE = Rule(
    id="WK311",
    name="app-in-worker",
    source="PRD-012 §5",
    summary="the worker or a task uses FastAPI's app, app.state, a request or a provider.",
    why=(
        "The worker is another process. It has no request, and an app that it imports is a second one, whose lifespan "
        "never ran: its state is empty. A provider that is called by hand is given something that only looks like a "
        "request. What the worker needs is put into ctx when it starts."
    ),
    instead=(
        "Build the resource in `on_startup` and read it from `ctx`; hand the job what it needs of the request as "
        "arguments. `get_settings` and what else the config module has may be used by both."
    ),
    subjects=subjects,
    check=check,
    nothing="the target has no worker and no tasks",
    bad=(
        Example(
            "a provider and a request",
            """
--- app/deps/db.py
from typing import Annotated

from fastapi import Depends, Request


async def get_engine_url(request: Request) -> str:
    return request.app.state.engine_url


EngineUrlDep = Annotated[str, Depends(get_engine_url)]
--- app/tasks/audit.py
from fastapi import Request  # expect: WK311

from app.deps.db import get_engine_url  # expect: WK311


async def audit(ctx: dict, request: Request) -> str:
    return await get_engine_url(request)
--- app/worker.py
from arq.connections import RedisSettings

from app.tasks.audit import audit


class WorkerSettings:
    functions = [audit]
    redis_settings = RedisSettings()
""",
        ),
        Example(
            "app.state, and a module that holds the app",
            """
--- app/main.py
from fastapi import FastAPI

app = FastAPI(title="orders")
--- app/worker.py
from arq.connections import RedisSettings

from app import main


async def refresh(ctx: dict, app) -> str:
    return app.state.region  # expect: WK311


async def describe(ctx: dict) -> str:
    return main.app.title  # expect: WK311


class WorkerSettings:
    functions = [refresh, describe]
    redis_settings = RedisSettings()
""",
        ),
    ),
    good=(
        Example(
            "settings, and a Request of the target's own",
            """
--- app/config.py
from functools import lru_cache

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    redis_url: str


@lru_cache
def get_settings() -> Settings:
    return Settings()
--- app/deps.py
from typing import Annotated

from fastapi import Depends

from app.config import Settings, get_settings

SettingsDep = Annotated[Settings, Depends(get_settings)]
--- app/schemas.py
from pydantic import BaseModel


class Request(BaseModel):
    url: str
    state: str = "new"
--- app/worker.py
from arq.connections import RedisSettings

from app.config import get_settings
from app.schemas import Request


async def crawl(ctx: dict, url: str) -> str:
    request = Request(url=url)
    return request.state


class WorkerSettings:
    functions = [crawl]
    redis_settings = RedisSettings.from_dsn(get_settings().redis_url)
""",
        ),
    ),
)
