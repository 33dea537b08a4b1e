"""WK302: a ContextVar that is a global in disguise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from conformance.facts import code
from conformance.program import FunctionScope, Program, Scope, scopes_of
from conformance.program.catalogue import typing_name
from conformance.program.scopes import ClassScope
from conformance.program.values import Annotation, ContextEntry, Display, Instance, Located, Value, Values
from conformance.results import Place, Step, Violation
from conformance.rules.base import Example, Rule
from conformance.rules.worker.common import HOOKED_TO_JOBS, entry_functions, resource_in

_TYPE = "contextvars.ContextVar"
_PLAIN = frozenset({"builtins.str", "builtins.int", "uuid.UUID"})
_PLAIN_KEYS = frozenset({"job_id", "job_try", "score"})
_HOLDING = frozenset({"Optional", "Union", "List", "Dict", "Set", "Tuple", "Sequence", "Mapping", "MutableMapping"})


@dataclass(frozen=True, slots=True)
class Setting:
    """One `variable.set(value)`."""

    value: Located
    call: code.Call
    scope: Scope

    @property
    def place(self) -> Place:
        return self.scope.module.place(self.call)


@dataclass(slots=True)
class Variable:
    """A ContextVar that is made while a module is imported, with what is set in it.

    `annotations` are those of the name, and the type argument of the call.
    """

    name: str
    call: code.Call
    scope: Scope
    annotations: list[Annotation]
    default: code.Expression | None
    settings: list[Setting] = field(default_factory=list)

    @property
    def place(self) -> Place:
        return self.scope.module.place(self.call)


def subjects(program: Program) -> Iterator[Variable]:
    """Each ContextVar of a module or class body, outside tests."""
    found: dict[int, Variable] = {}
    for module in program.target_modules:
        scopes: list[Scope] = [module, *filter(_is_imported, module.classes)]
        for scope in scopes:
            for variable in _made_in(program, scope):
                found[id(variable.call)] = variable
    if found:
        for variable, setting in _settings(program, found):
            variable.settings.append(setting)
    yield from found.values()


def check(program: Program, variable: Variable) -> Iterator[Violation]:
    """Report one that carries a resource, and one that a lifespan, hook or task sets."""
    what = ""
    trail: tuple[Step, ...] = ()
    carried = _carried(program, variable)
    if carried:
        what, trail = f"carries {carried}", tuple(Step(s.place, "sets it") for s in variable.settings[:3])
    else:
        for setting in variable.settings:
            where = _set_by(program, variable, setting)
            if where:
                what, trail = f"is set in {where}", (Step(setting.place, "sets it"),)
                break
    if what:
        yield Violation(
            variable.place,
            f"the ContextVar `{variable.name}` {what}: it is a global that no signature shows",
            "keep it in app.state (lifespan) or ctx (worker), and pass it on as an argument",
            detail=f"{variable.name} {what}",
            trail=trail,
        )


def _is_imported(cls: ClassScope) -> bool:
    outer: Scope | None = cls.parent
    while isinstance(outer, ClassScope):
        outer = outer.parent
    return not isinstance(outer, FunctionScope)


def _made_in(program: Program, scope: Scope) -> Iterator[Variable]:
    named: dict[int, tuple[str, code.Expression | None]] = {}
    for node in scope.nodes.of(code.Assign, code.Call):
        match node:
            case code.Assign(targets=(target, *_), value=code.Call() as value, annotation=annotation):
                named[id(value)] = (code.dotted(target), annotation)
            case code.Call() if any(_is_made_by(v, node) for v in program.names.infer(node, scope)):
                name, annotation = named.get(id(node), ("", None))
                if not name:
                    name = next((str(a.value) for a in node.arguments if isinstance(a, code.Constant)), "")
                declared = [program.names.annotation(annotation, scope)] if annotation is not None else []
                arguments = [a for d in declared for t in d.types if t.name == _TYPE for a in t.arguments]
                if isinstance(node.function, code.Subscript):
                    arguments.append(program.names.annotation(node.function.key, scope))
                default = next((k.value for k in node.keywords if k.name == "default"), None)
                yield Variable(name, node, scope, arguments, default)


def _is_made_by(value: Value, call: code.Call) -> bool:
    return (
        isinstance(value, Instance)
        and value.type == _TYPE
        and value.creation is not None
        and value.creation.call is call
    )


def _settings(program: Program, variables: dict[int, Variable]) -> Iterator[tuple[Variable, Setting]]:
    for module in program.target_modules:
        for scope in scopes_of(module):
            for node in scope.nodes.of(code.Call):
                match node:
                    case code.Call(function=code.Attribute(value=base, name="set"), arguments=(value,)):
                        for found in program.names.infer(base, scope):
                            if isinstance(found, Instance) and found.creation is not None:
                                variable = variables.get(id(found.creation.call))
                                if variable is not None:
                                    yield variable, Setting(Located(value, scope), node, scope)


# --- what it carries -----------------------------------------------------------------------------------------------


def _carried(program: Program, variable: Variable) -> str:
    """Return the resource that a variable carries, as a message names it; "" for none."""
    for annotation in variable.annotations:
        found = _resource_type(program, annotation)
        if found:
            return found
    given = [s.value for s in variable.settings]
    if variable.default is not None:
        given.append(Located(variable.default, variable.scope))
    for located in given:
        values = program.names.infer(located.node, located.scope)
        resource = resource_in(program, values)
        if resource is not None:
            return f"a resource ({resource.kind})"
    return ""


def _resource_type(program: Program, annotation: Annotation) -> str:
    for reference in annotation.types:
        if program.resources.is_resource(Instance(reference.type)) is not None:
            return f"`{reference.name.rpartition('.')[2]}`"
        if reference.name.startswith("builtins.") or typing_name(reference.name) in _HOLDING:
            for argument in reference.arguments:
                found = _resource_type(program, argument)
                if found:
                    return found
    return ""


# --- who sets it ---------------------------------------------------------------------------------------------------


def _set_by(program: Program, variable: Variable, setting: Setting) -> str:
    function = setting.scope
    if not isinstance(function, FunctionScope) or function not in entry_functions(program):
        return ""
    hooks = program.queue.hooks.get(function)
    if hooks is not None and set(hooks) <= HOOKED_TO_JOBS and _is_plain(program, variable, setting):
        return ""
    if hooks is not None:
        return f"the hook `{function.name}`"
    return f"the {'task' if function in program.queue.tasks else 'lifespan'} `{function.name}`"


def _is_plain(program: Program, variable: Variable, setting: Setting) -> bool:
    """Whether it carries an id: a text, a number or a UUID."""
    known = [a for a in variable.annotations if a.types and not a.opaque]
    if known:
        return all(t.name in _PLAIN for a in known for t in a.types)
    values: Values = program.names.infer(setting.value.node, setting.value.scope)
    if variable.default is not None and not values:
        values = program.names.infer(variable.default, variable.scope)
    return bool(values) and all(_is_plain_value(v) for v in values)


def _is_plain_value(value: Value) -> bool:
    match value:
        case Display(node=code.Constant() | code.Format()):
            return True
        case ContextEntry(key=key):
            return key in _PLAIN_KEYS
        case Instance(type=name):
            return name in _PLAIN
    return False


RULE = Rule(
    id="WK302",
    name="contextvar-quasi-global",
    source="PRD-012 §2 Rule 5",
    summary="a module-level ContextVar carries a resource, or is set by a lifespan, hook or task.",
    why=(
        "A ContextVar is for what belongs to one request or job: an id, a locale. A client in it is a global: no "
        "signature shows who depends on it, no override reaches it, and a task that runs in a fresh context finds it "
        "empty."
    ),
    instead=(
        'Store the resource in `app.state` (lifespan) or `ctx` (on_startup) and read it there: `redis = ctx["redis"]`.'
    ),
    subjects=subjects,
    check=check,
    nothing="no module of the target has a ContextVar",
    bad=(
        Example(
            "the pool of a worker in a ContextVar",
            """
--- app/worker.py
from contextvars import ContextVar

from arq.connections import RedisSettings, create_pool
from redis.asyncio import Redis

_redis_var: ContextVar[Redis] = ContextVar("redis")  # expect: WK302


async def on_startup(ctx: dict) -> None:
    _redis_var.set(await create_pool(RedisSettings()))


async def run_triage(ctx: dict, job_id: str) -> None:
    await _redis_var.get().set(job_id, "done")


class WorkerSettings:
    functions = [run_triage]
    on_startup = on_startup
    redis_settings = RedisSettings()
""",
        ),
        Example(
            "known by what is set, and by who sets it",
            """
--- app/clients.py
import contextvars

import httpx

current = contextvars.ContextVar("current")  # expect: WK302
flags: contextvars.ContextVar[dict[str, bool]] = contextvars.ContextVar("flags")  # expect: WK302


def use(base_url: str) -> None:
    current.set(httpx.AsyncClient(base_url=base_url))
--- app/main.py
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.clients import flags


@asynccontextmanager
async def lifespan(app: FastAPI):
    flags.set({"beta": True})
    yield


app = FastAPI(lifespan=lifespan)
""",
        ),
    ),
    good=(
        Example(
            "a request id that middleware sets, and the job's id for the log",
            """
--- app/log_context.py
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="-")
job_id: ContextVar[str] = ContextVar("job_id", default="-")
--- app/middleware.py
from starlette.middleware.base import BaseHTTPMiddleware

from app.log_context import request_id


class RequestId(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        request_id.set(request.headers.get("x-request-id", "-"))
        return await call_next(request)
--- app/worker.py
from arq.connections import RedisSettings

from app.log_context import job_id


async def on_job_start(ctx: dict) -> None:
    job_id.set(ctx["job_id"])


async def ping(ctx: dict) -> str:
    return job_id.get()


class WorkerSettings:
    functions = [ping]
    on_job_start = on_job_start
    redis_settings = RedisSettings()
""",
        ),
    ),
)
