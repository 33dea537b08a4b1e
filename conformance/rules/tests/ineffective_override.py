"""TS703: what is overridden is what an endpoint depends on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from conformance.facts import code
from conformance.program import FunctionScope, Program, Scope
from conformance.program.injection import Provider
from conformance.program.overrides import OverrideWrite, is_overrides, keys_in, override_writes
from conformance.program.scopes import ClassScope, ModuleScope, ParameterBinding
from conformance.program.values import (
    ClassValue,
    Display,
    External,
    FunctionValue,
    Instance,
    LambdaValue,
    Member,
    Symbol,
    Value,
    Values,
)
from conformance.results import Undecidable, Violation
from conformance.rules.base import Example, Rule


class Override(NamedTuple):
    """One override, and what endpoints depend on."""

    write: OverrideWrite
    effective: frozenset[Value]
    perhaps: frozenset[Value]
    """What the fields of classes depend on of which a library makes endpoints, or may."""


def subjects(program: Program) -> Iterator[Override]:
    """Each override that the tests set, where the target has endpoints."""
    if not any(not e.module.is_test for e in program.injection.endpoints):
        return
    reached = _reached(program)
    effective = frozenset(v for provider in reached for v in (*provider.values, *_stands_for(program, provider)))
    perhaps = frozenset(v for provider in _perhaps(program) for v in provider.values)
    for module in program.modules:
        if module.is_test:
            for write in (*override_writes(program, module), *_patched(program, module)):
                if not write.removes:
                    yield Override(write, effective, perhaps)


def check(program: Program, override: Override) -> Iterator[Violation | Undecidable]:
    """Report a key that is no provider of any endpoint."""
    write = override.write
    if not write.keys:
        yield Undecidable(write.place, "it is not known what is overridden here")
        return
    for key in write.keys:
        values = [v for v in _given(program, key, write.scope) if _can_be_key(v)]
        name = code.dotted(key) or "the key"
        if not values:
            yield Undecidable(write.place, f"it is not known what `{name}` is, which is overridden here")
        elif any(_is_effective(v, override.effective) for v in values) and not _is_made_here(key):
            continue
        elif any(_is_effective(v, override.perhaps) for v in values):
            yield Undecidable(write.place, f"a library may make endpoints of the class that depends on `{name}`")
        else:
            yield Violation(
                write.place,
                f"no endpoint depends on `{name}`: overriding it changes nothing",
                "override the provider that stands in `Depends(…)`",
                detail=name,
            )


def _patched(program: Program, module: ModuleScope) -> Iterator[OverrideWrite]:
    """Yield the overrides that a test sets for a while: `monkeypatch.setitem(app.dependency_overrides, a, b)`."""
    for patch in program.patches(module):
        table = patch.holder
        if patch.method not in {"setitem", "dict"} or table is None or len(patch.call.arguments) < 2:
            continue
        if is_overrides(program, table, patch.scope):
            given = patch.call.arguments[1]
            keys = (given,) if patch.method == "setitem" else keys_in(program, given, patch.scope)
            yield OverrideWrite(patch.call, patch.scope, table, keys, removes=not keys, whole=False)


def _given(program: Program, key: code.Expression, scope: Scope) -> Values:
    """Return what a key can be; of a helper's parameter, what its callers hand over, whatever its annotation."""
    if isinstance(key, code.Name):
        for resolved in program.names.lookup(key.id, scope, key.span):
            match resolved:
                case Symbol(scope=FunctionScope() as function, binding=ParameterBinding(node=parameter)):
                    return program.names.handed_over(function, parameter)
    return program.names.infer(key, scope)


def _can_be_key(value: Value) -> bool:
    match value:
        case Instance(creation=creation):
            return creation is not None
        case FunctionValue() | ClassValue() | External() | Member() | LambdaValue():
            return True
        case Display(node=code.Constant(value=str())):
            return True  # no name is the object that it names
    return False


def _is_effective(value: Value, effective: frozenset[Value]) -> bool:
    if value in effective:
        return True
    match value:
        case FunctionValue(function=function):
            return FunctionValue(function) in effective
    return False


def _is_made_here(key: code.Expression) -> bool:
    """Whether a key is made where it stands, so that it is the same as nothing else."""
    return isinstance(key, (code.Call, code.Lambda))


def _reached(program: Program) -> set[Provider]:
    """Return the providers that endpoints depend on, those of apps that the tests make included."""
    injection = program.injection
    pending = list(injection.reached_by_endpoints())
    for endpoint in injection.endpoints:
        if endpoint.module.is_test:
            uses = injection.uses_of_function.get(endpoint.function, ())
            pending += [u.injection.provider for u in uses if u.injection.provider is not None]
    for _, scope, listed in injection.lists:
        if scope.module.is_test:
            pending += [u.injection.provider for u in listed if u.injection.provider is not None]
    return _with_inner(program, pending)


def _stands_for(program: Program, provider: Provider) -> Iterator[Value]:
    """Yield what an object is made with that says itself what it equals: `Depends(Stub(Service))`.

    An override is found by `==`, so that of `Service` is found for it.
    """
    match provider.target:
        case FunctionScope(name="__call__", parent=ClassScope() as cls) if cls.method("__eq__") is not None:
            for use in provider.uses:
                match use.injection.call.arguments:
                    case (code.Call(arguments=given), *_):
                        for argument in given:
                            yield from program.names.infer(argument, use.injection.scope)


def _perhaps(program: Program) -> set[Provider]:
    """Return the providers that the fields of classes depend on which inherit from a library's class."""
    names, injection = program.names, program.injection
    uses = [
        use
        for cls, uses in injection.uses_of_class.items()
        if any(isinstance(base, str) and not base.startswith("builtins.") for base in names.ancestry(cls))
        for use in uses
    ]
    return _with_inner(program, [u.injection.provider for u in uses if u.injection.provider is not None])


def _with_inner(program: Program, providers: list[Provider]) -> set[Provider]:
    """Return providers and those that they depend on."""
    injection = program.injection
    pending = list(providers)
    found: set[Provider] = set()
    while pending:
        provider = pending.pop()
        if provider not in found:
            found.add(provider)
            pending += [u.injection.provider for u in injection.uses_in(provider) if u.injection.provider is not None]
    return found


RULE = Rule(
    id="TS703",
    name="ineffective-override",
    source="PRD-012 §7",
    summary="A test overrides something that no endpoint depends on.",
    why=(
        "An override takes effect for the very object that stands in `Depends(…)`. One of a function that nothing "
        "depends on does nothing: the test runs against the real thing, and says so only when that is not there."
    ),
    instead=(
        "Import the provider from where it is defined, and override that. What endpoints do not get injected cannot be "
        "overridden: make it a provider, or hand the double over as an argument."
    ),
    subjects=subjects,
    check=check,
    nothing="the tests override no dependency, or the target declares no endpoint",
    bad=(
        Example(
            "a function that a provider merely calls",
            """
--- app/main.py
from typing import Annotated

from fastapi import Depends, FastAPI

app = FastAPI()


def now() -> str:
    return "12:00"


async def get_clock() -> str:
    return now()


@app.get("/clock")
async def clock(time: Annotated[str, Depends(get_clock)]) -> str:
    return time
--- tests/conftest.py
import pytest

from app.main import app, now


@pytest.fixture
def midnight():
    app.dependency_overrides[now] = lambda: "00:00"  # expect: TS703
    yield app
    app.dependency_overrides.clear()
""",
        ),
        Example(
            "an instance that is not the one that endpoints depend on",
            """
--- app/main.py
from typing import Annotated

from fastapi import Depends, FastAPI

app = FastAPI()


class Role:
    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self) -> str:
        return self.name


@app.get("/admin")
async def admin(role: Annotated[str, Depends(Role("admin"))]) -> str:
    return role
--- tests/test_admin.py
from app.main import Role, app


def test_admin() -> None:
    app.dependency_overrides.update({Role("admin"): lambda: "me"})  # expect: TS703
    app.dependency_overrides.clear()
""",
        ),
    ),
    good=(
        Example(
            "a provider of an endpoint, and what it depends on",
            """
--- app/deps.py
from typing import Annotated

from fastapi import Depends


async def get_token() -> str:
    return "token"


async def get_user(token: Annotated[str, Depends(get_token)]) -> str:
    return token


UserDep = Annotated[str, Depends(get_user)]
--- app/main.py
from fastapi import FastAPI

from app.deps import UserDep

app = FastAPI()


@app.get("/me")
async def me(user: UserDep) -> str:
    return user
--- tests/conftest.py
import pytest

from app import deps
from app.main import app


@pytest.fixture
def as_ada():
    app.dependency_overrides[deps.get_user] = lambda: "ada"
    app.dependency_overrides[deps.get_token] = lambda: "other"
    yield app
    app.dependency_overrides.clear()
""",
        ),
        Example(
            "a guard of a router",
            """
--- app/main.py
from fastapi import APIRouter, Depends, FastAPI


async def verify() -> None:
    return None


app = FastAPI()
router = APIRouter(dependencies=[Depends(verify)])


@router.get("/items")
async def items() -> list[str]:
    return []


app.include_router(router)
--- tests/test_items.py
from app.main import app, verify


def test_items() -> None:
    app.dependency_overrides[verify] = lambda: None
    app.dependency_overrides.pop(verify)
""",
        ),
    ),
)
