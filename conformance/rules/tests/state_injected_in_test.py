"""TS704: a double is not put into app.state, nor into the worker's modules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from conformance.facts import code
from conformance.program import Access, FunctionScope, Program, Scope, catalogue, scopes_of
from conformance.program.patches import patched_values
from conformance.program.scopes import ModuleScope, ValueBinding, enclosing
from conformance.program.values import AppState, ClassValue, External, FunctionValue, Instance, ModuleValue, Symbol
from conformance.results import Place, Violation
from conformance.rules.base import Example, Rule


class Injected(NamedTuple):
    """A place in the tests where app.state, or a module of the worker, is touched."""

    place: Place
    what: str
    is_allowed: bool


def subjects(program: Program) -> Iterator[Injected]:
    """Each access of app.state in the tests, and each write of a name of the worker's modules."""
    for access in program.stores.of("state"):
        if access.module.is_test:
            yield Injected(access.place, _described(access), not _is_injection(program, access))
    for module in program.modules:
        if module.is_test:
            yield from _patched(program, module)
            yield from _of_the_worker(program, module)


def check(program: Program, injected: Injected) -> Iterator[Violation]:  # noqa: ARG001
    """Report a write that puts something there."""
    if not injected.is_allowed:
        yield Violation(
            injected.place,
            f"a test writes {injected.what}",
            "override the provider by `app.dependency_overrides[…]`; hand a task the ctx that it needs",
            detail=injected.what,
        )


def _described(access: Access) -> str:
    if access.renamed:
        return f"`app.{access.key or '…'}`"
    return f"`app.state.{access.key}`" if access.key else "`app.state`"


# --- app.state -----------------------------------------------------------------------------------------------------


def _is_injection(program: Program, access: Access) -> bool:
    if access.kind != "write" or access.key in {"limiter", *program.config.external_state_keys}:
        return False
    return not _is_in_lifespan(program, access.function) and not _is_own_app(program, access)


def _is_in_lifespan(program: Program, function: FunctionScope | None) -> bool:
    """Whether a function of the tests is itself a lifespan, or stands in one."""
    starters = {starter.function for starter in program.lifespans.starters}
    return any(each in starters for each in enclosing(function))


def _is_own_app(program: Program, access: Access) -> bool:
    """Whether the app was built in the very function that writes, or in one around it."""
    match access.node:
        case code.Assign(targets=targets):
            bases = [_app_of(target) for target in targets]
        case code.Call(function=code.Attribute(value=base)) if access.spelling not in {"setattr", "setitem"}:
            bases = [_app_of(base)]
        case code.Call(arguments=(base, *_)):
            bases = [_app_of(base)]
        case _:
            bases = []
    return any(_is_built_here(program, base, access.scope) for base in bases)


def _app_of(node: code.Expression) -> code.Expression:
    """Return the expression of the app in `app.state.key`, `app.state["key"]`, `client.app.state` or `app.key`."""
    while isinstance(node, (code.Attribute, code.Subscript)) and not _is_own_attribute(node):
        node = node.value
    return node


def _is_own_attribute(node: code.Expression) -> bool:
    return isinstance(node, code.Attribute) and code.dotted(node.value) == "self"


def _is_built_here(program: Program, node: code.Expression, scope: Scope, depth: int = 0) -> bool:
    if depth > 6:
        return False
    match node:
        case code.Await(value=inner):
            return _is_built_here(program, inner, scope, depth + 1)
        case code.Attribute() if _is_own_attribute(node):
            given = [
                n.value
                for n in scope.nodes.of(code.Assign)
                if n.value is not None and code.dotted(node) in map(code.dotted, n.targets)
            ]
            return bool(given) and all(_is_built_here(program, value, scope, depth + 1) for value in given)
        case code.Attribute(value=inner):  # `client.app`, `app.state` under another name
            return _is_built_here(program, inner, scope, depth + 1)
        case code.Name(id=name):
            found = program.names.lookup(name, scope, node.span)
            return bool(found) and all(
                isinstance(r, Symbol)
                and isinstance(r.scope, FunctionScope)
                and isinstance(r.binding, ValueBinding)
                and r.binding.value is not None
                and _is_built_here(program, r.binding.value, r.scope, depth + 1)
                for r in found
            )
        case code.Call():
            return _builds(program, node, scope, depth)
    return False


def _builds(program: Program, call: code.Call, scope: Scope, depth: int) -> bool:
    for value in program.names.infer(call.function, scope):
        match value:
            case External(name=name) if name in catalogue.APPS:
                return True
            case ClassValue(cls=cls) if program.names.is_a(cls, *catalogue.APPS):
                return True
            case FunctionValue(function=function) if not program.is_cached(function):
                made = program.names.infer(call, scope)
                return any(
                    isinstance(v, Instance)
                    and v.creation is not None
                    and not isinstance(v.creation.scope, ModuleScope)
                    and program.names.is_a(v.type, *catalogue.APPS)
                    for v in made
                )
            case External() | ClassValue():
                given = (*call.arguments, *(k.value for k in call.keywords))
                return any(_is_built_here(program, argument, scope, depth + 1) for argument in given)
    return False


def _patched(program: Program, module: ModuleScope) -> Iterator[Injected]:
    """Yield what monkeypatch and mock set on app.state."""
    for patch in program.patches(module):
        key = patch.name or patch.text.rpartition(".")[2]
        values = patched_values(program, patch)
        whole = key == "state" and program.names.is_instance(values, *catalogue.APPS)
        if (whole or AppState() in values) and not patch.method.startswith("del"):
            own = patch.holder is not None and _is_built_here(program, _app_of(patch.holder), patch.scope)
            yield Injected(patch.place, f"`app.state.{key}`" if key and not whole else "`app.state`", own)


# --- the worker's modules ------------------------------------------------------------------------------------------


def _of_the_worker(program: Program, module: ModuleScope) -> Iterator[Injected]:
    """Yield the assignments of names in modules of the worker or of its tasks."""
    for scope in scopes_of(module):
        for node in scope.nodes.of(code.Assign, code.Call):
            targets: list[tuple[code.Expression, str | None]] = []
            match node:
                case code.Assign(targets=assigned):
                    each = [p for t in assigned for p in (t.elements if isinstance(t, code.Sequence) else (t,))]
                    targets = [(t.value, t.name) for t in each if isinstance(t, code.Attribute)]
                case code.Call(function=code.Name(id="setattr"), arguments=(base, name, _)):
                    targets = [(base, program.names.text(name, scope))]
            for base, key in targets:
                for value in program.names.infer(base, scope):
                    match value:
                        case ModuleValue(module=worker) if not worker.is_test and worker.has_role("worker", "tasks"):
                            yield Injected(module.place(node), f"`{worker.name}.{key or '…'}`", is_allowed=False)


RULE = Rule(
    id="TS704",
    name="state-injected-in-test",
    source="PRD-012 §7",
    summary="A test writes app.state, or a global of the worker, to inject a double.",
    why=(
        "What a test puts into app.state bypasses the provider and the lifespan that should have made it, stays there "
        "for the next test, and keeps working when the provider no longer reads that key."
    ),
    instead=(
        "Override the provider: `app.dependency_overrides[get_redis] = lambda: fake`. A task is called with a ctx that "
        "the test builds. To test the lifespan, run it and read app.state."
    ),
    subjects=subjects,
    check=check,
    nothing="the tests do not touch app.state",
    configure="`external-state-keys` names keys that a library wants.",
    bad=(
        Example(
            "a double in app.state",
            """
--- app/main.py
from fastapi import FastAPI

app = FastAPI()
--- tests/test_keys.py
from fastapi.testclient import TestClient

from app.main import app


def test_keys(monkeypatch) -> None:
    app.state.redis = object()  # expect: TS704
    monkeypatch.setattr(app.state, "clock", "12:00")  # expect: TS704
    client = TestClient(app)
    client.app.state.region = "eu"  # expect: TS704
""",
        ),
        Example(
            "a global of the worker's module",
            """
--- app/worker.py
from arq.connections import RedisSettings

pool = None


async def ping(ctx: dict) -> str:
    return "pong"


class WorkerSettings:
    functions = [ping]
    redis_settings = RedisSettings()
--- tests/test_ping.py
from app import worker


async def test_ping() -> None:
    worker.pool = object()  # expect: TS704
    assert await worker.ping({}) == "pong"
""",
        ),
    ),
    good=(
        Example(
            "an app that the test builds, and a lifespan under test",
            """
--- app/lifespan.py
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.region = "eu"
    yield
--- tests/test_lifespan.py
from fastapi import FastAPI

from app.lifespan import lifespan


async def test_lifespan() -> None:
    app = FastAPI()
    async with lifespan(app):
        assert app.state.region == "eu"


async def test_other_region() -> None:
    app = FastAPI()
    app.state.region = "us"
    assert app.state.region == "us"
""",
        ),
        Example(
            "a ctx for one task",
            """
--- app/main.py
from fastapi import FastAPI

app = FastAPI()
--- app/worker.py
from arq.connections import RedisSettings


async def ping(ctx: dict) -> str:
    return ctx["region"]


class WorkerSettings:
    functions = [ping]
    redis_settings = RedisSettings()
--- tests/test_ping.py
from app.main import app
from app.worker import ping


async def test_ping() -> None:
    ctx = {}
    ctx["region"] = "eu"
    assert await ping(ctx) == "eu"
    assert not hasattr(app.state, "region")
""",
        ),
    ),
)
