"""DI113: what the router injects already is not declared again where it is not used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from conformance.facts import code
from conformance.program import Endpoint, FunctionScope, Program, Use
from conformance.program.references import binding_scope, nodes_of
from conformance.program.scopes import ParameterBinding, Scope
from conformance.program.values import Symbol
from conformance.results import Violation
from conformance.rules.base import Example, Rule


class Registered(NamedTuple):
    """An endpoint's function and all its registrations."""

    function: FunctionScope
    endpoints: tuple[Endpoint, ...]


def subjects(program: Program) -> Iterator[Registered]:
    """Each endpoint for which a router, app or decorator injects something by a list."""
    by_function: dict[FunctionScope, list[Endpoint]] = {}
    for endpoint in program.injection.endpoints:
        if not endpoint.module.is_test:
            by_function.setdefault(endpoint.function, []).append(endpoint)
    for function, endpoints in by_function.items():
        if any(program.injection.always_injected(e) for e in endpoints):
            yield Registered(function, tuple(endpoints))


def check(program: Program, subject: Registered) -> Iterator[Violation]:
    """Report the parameters that every registration injects by a list, and that the function does not use."""
    function = subject.function
    lists = [program.injection.always_injected(endpoint) for endpoint in subject.endpoints]
    for use in program.injection.uses_of_function.get(function, ()):
        if use.parameter is None or use.injection.has_scopes or use.injection.provider is None:
            continue
        if all(_holds(program, listed, use) for listed in lists) and not _is_used(program, use.parameter, function):
            name, provider = use.parameter.name, _shown(use)
            yield Violation(
                use.place,
                f"`{name}` of `{function.name}` is never used, and the router injects `{provider}` already",
                f"leave `{name}` out",
                detail=f"{name} {provider}",
            )


def _shown(use: Use) -> str:
    """Return the provider's name; of one that a call makes, the name of what is called."""
    match use.injection.call.arguments:
        case (code.Call(function=function), *_) if use.injection.made_by_call and code.dotted(function):
            return f"{code.dotted(function)}(…)"
    return use.injection.provider.name if use.injection.provider is not None else ""


def _holds(program: Program, listed: tuple[Use, ...], use: Use) -> bool:
    return any(program.injection.is_same(other.injection, use.injection) for other in listed)


def _is_used(program: Program, parameter: code.Parameter, function: FunctionScope) -> bool:
    pending: list[Scope] = [function]
    while pending:
        scope = pending.pop()
        pending += [f for f in function.module.functions if f.parent is scope]
        pending += [c for c in function.module.classes if c.parent is scope]
        idle = _idle(scope)
        for node in nodes_of(scope):
            match node:
                case code.Call(function=code.Name(id="locals" | "vars"), arguments=()) if scope is function:
                    return True
                case code.Name(id=name) if name == parameter.name and id(node) not in idle:
                    if binding_scope(name, scope) is function and _is_given(program, node, scope, function):
                        return True
    return False


def _idle(scope: Scope) -> set[int]:
    """Return the names that stand where nothing is done with their value: targets, `del x`, `_ = x`, `x` alone.

    Those that a comprehension has for itself are others: in `[x for x in y]` there is no use of a parameter `x`.
    """
    found: set[int] = set()
    for node in nodes_of(scope):
        match node:
            case code.Assign(targets=targets, operator="" | "type", value=value):
                found.update(id(n) for n in _written(*targets))
                if all(isinstance(t, code.Name) and not t.id.strip("_") for t in targets):
                    found.update(id(n) for n in _parts(value))
            case code.Delete(targets=targets):
                found.update(id(n) for t in targets for n in _parts(t))
            case code.For(target=target) | code.Generator(target=target) | code.NamedExpression(target=target):
                found.update(id(n) for n in _written(target))
            case code.WithItem(target=target) if target is not None:
                found.update(id(n) for n in _written(target))
            case code.Comprehension(generators=generators):
                own = {n.id for n in _written(*(generator.target for generator in generators))}
                outside = {id(n) for n in code.walk(generators[0].source)}
                inside = (n for n in code.walk(node) if isinstance(n, code.Name) and id(n) not in outside)
                found.update(id(n) for n in inside if n.id in own)
            case code.Evaluate(value=value):
                found.update(id(n) for n in _parts(value))
    return found


def _written(*targets: code.Expression) -> Iterator[code.Name]:
    return (target for target in code.leaves(*targets) if isinstance(target, code.Name))


def _parts(value: code.Expression | None) -> Iterator[code.Name]:
    """Yield the bare names that a value consists of: `x`, `x, y`."""
    match value:
        case code.Name():
            yield value
        case code.Sequence(elements=elements):
            for element in elements:
                yield from _parts(element)


def _is_given(program: Program, node: code.Name, scope: Scope, function: FunctionScope) -> bool:
    """Whether a name can still be the argument: it was not certainly bound anew before."""
    if scope is not function:
        return True
    return any(
        isinstance(r, Symbol) and isinstance(r.binding, ParameterBinding)
        for r in program.names.lookup(node.id, scope, node.span)
    )


RULE = Rule(
    id="DI113",
    name="redundant-router-dependency",
    source="PRD-012 §3",
    summary="An endpoint declares what its router injects already, and does not use it.",
    why=(
        "`APIRouter(dependencies=[Depends(get_current_user)])` guards every route of the router. A parameter that "
        "repeats it and is never read looks as if the endpoint needed the user, and the routes without it were open."
    ),
    instead="Leave the parameter out. Keep it where the endpoint uses the value.",
    subjects=subjects,
    check=check,
    nothing="no router, app or endpoint injects anything by `dependencies=[…]`",
    bad=(
        Example(
            "the router guards, the endpoints repeat it",
            """
--- app/deps/__init__.py
from app.deps.auth import CurrentUserDep

__all__ = ["CurrentUserDep"]
--- app/deps/auth.py
from typing import Annotated

from fastapi import Depends, Request


def get_current_user(request: Request) -> str:
    return request.state.user


CurrentUserDep = Annotated[str, Depends(get_current_user)]
--- app/api/jobs.py
from fastapi import APIRouter, Depends

from app.deps import CurrentUserDep
from app.deps.auth import get_current_user

router = APIRouter(prefix="/jobs", dependencies=[Depends(get_current_user)])


@router.get("/")
async def list_jobs(user: CurrentUserDep) -> list[str]:  # expect: DI113
    return []


@router.get("/{job_id}")
async def read_job(
    job_id: str,
    _: str = Depends(get_current_user),  # expect: DI113
) -> str:
    return job_id
""",
        ),
        Example(
            "what includes the router guards; deleting is no use",
            """
--- app/deps/auth.py
from typing import Annotated

from fastapi import Depends, Request


def get_current_user(request: Request) -> str:
    return request.state.user


CurrentUserDep = Annotated[str, Depends(get_current_user)]
--- app/api/jobs.py
from fastapi import APIRouter

from app.deps.auth import CurrentUserDep

router = APIRouter()


@router.get("/jobs")
def list_jobs(user: CurrentUserDep) -> list[str]:  # expect: DI113
    del user
    return []


@router.put("/jobs")
def touch(user: CurrentUserDep) -> str:  # expect: DI113
    user = "nobody"
    return user
--- app/main.py
from fastapi import Depends, FastAPI

from app.api import jobs
from app.deps.auth import get_current_user

GUARDS = [Depends(get_current_user)]
app = FastAPI()
app.include_router(jobs.router, dependencies=GUARDS)
""",
        ),
    ),
    good=(
        Example(
            "the value is used, passed on, or needed on a way that nothing guards",
            """
--- app/deps/auth.py
from typing import Annotated

from fastapi import Depends, Request


def get_current_user(request: Request) -> str:
    return request.state.user


CurrentUserDep = Annotated[str, Depends(get_current_user)]
--- app/api/jobs.py
from fastapi import APIRouter, Depends

from app.deps.auth import CurrentUserDep, get_current_user
from app.services.jobs import create

router = APIRouter(dependencies=[Depends(get_current_user)])
shared = APIRouter()


@router.post("/jobs")
async def create_job(user: CurrentUserDep) -> int:
    return create(owner=user)


@shared.get("/shared")
async def read_shared(user: CurrentUserDep) -> str:
    return ""
--- app/services/jobs.py
def create(owner: str) -> int:
    return len(owner)
--- app/main.py
from fastapi import Depends, FastAPI

from app.api import jobs
from app.deps.auth import get_current_user

app = FastAPI()
app.include_router(jobs.router)
app.include_router(jobs.shared, prefix="/private", dependencies=[Depends(get_current_user)])
app.include_router(jobs.shared, prefix="/public")
""",
        ),
        Example(
            "the router asks for one role, the endpoint for another",
            """
--- app/deps/roles.py
from fastapi import Request


class RequireRole:
    def __init__(self, role: str) -> None:
        self.role = role

    def __call__(self, request: Request) -> str:
        return request.state.user
--- app/api/admin.py
from fastapi import APIRouter, Depends

from app.deps.roles import RequireRole

router = APIRouter(dependencies=[Depends(RequireRole("staff"))])


@router.get("/admin")
def admin(user: str = Depends(RequireRole("admin"))) -> str:
    return "hello"
""",
        ),
    ),
)
