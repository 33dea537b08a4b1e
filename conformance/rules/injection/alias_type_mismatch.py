"""DI115: the type beside `Depends(p)` is what p supplies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from conformance.program import Alias, Program, Provider, Use
from conformance.program.kinds import Relation
from conformance.program.origins import results_of
from conformance.program.scopes import ClassScope, FunctionScope
from conformance.program.values import Annotation, External, Instance, TypeReference
from conformance.results import Step, Violation
from conformance.rules.base import Example, Rule

Subject: TypeAlias = Alias | Use


class Supply(NamedTuple):
    """The types that a provider supplies, as far as they are known."""

    types: tuple[TypeReference, ...]
    opaque: bool


def subjects(program: Program) -> Iterator[Subject]:
    """Each alias, parameter and field outside tests whose type and whose provider's are both known."""
    injection = program.injection
    candidates: list[Subject] = [a for a in injection.aliases.values() if not a.repeats]
    for uses in (*injection.uses_of_function.values(), *injection.uses_of_class.values()):
        candidates += [use for use in uses if use.alias is None]
    for candidate in candidates:
        module = candidate.module if isinstance(candidate, Alias) else candidate.scope.module
        annotation = candidate.annotation
        if module.is_test or annotation is None or annotation.opaque or not annotation.types:
            continue
        supply = supplied(program, candidate.injection.provider)
        if supply.types and not supply.opaque:
            yield candidate


def check(program: Program, subject: Subject) -> Iterator[Violation]:
    """Report a type of which nothing that the provider supplies can be one."""
    annotation, provider = subject.annotation, subject.injection.provider
    if annotation is None or provider is None:
        return
    supply = supplied(program, provider)
    relation = Relation(program.names)
    for wanted in annotation.types:
        for given in supply.types:
            if relation.can_be(wanted.type, given.type) is not False:
                return
    said, given_name = _shown(annotation.types), _shown(supply.types)
    name = subject.name if isinstance(subject, Alias) else _parameter(subject)
    yield Violation(
        subject.place,
        f"`{name}` is typed `{said}`, but `{provider.name}` supplies `{given_name}`",
        f"type it `{given_name}`, or depend on the provider of `{said}`",
        detail=f"{name} {said} {given_name}",
        trail=() if provider.place is None else (Step(provider.place, f"supplies `{given_name}`"),),
    )


def supplied(program: Program, provider: Provider | None) -> Supply:
    """Return what a provider supplies: by its annotation, else by what its body gives, where all of that is known."""
    match None if provider is None else provider.target:
        case FunctionScope() as function:
            if function.node.returns is not None:
                annotation: Annotation = program.names.supplied(function)
                return Supply(annotation.types, annotation.opaque)
            return _by_body(program, function)
        case ClassScope() as cls:
            return Supply((TypeReference(cls),), opaque=False)
        case str(name) if provider is not None and External(name) in provider.values:
            return Supply((TypeReference(name),), opaque=not name.rpartition(".")[2][:1].isupper())
    return Supply((), opaque=True)


def _by_body(program: Program, function: FunctionScope) -> Supply:
    values = program.names.returned(function)
    types = tuple(TypeReference(v.type) for v in values if isinstance(v, Instance) and v.creation is not None)
    return Supply(types, opaque=len(types) != len(values) or not _is_one_expression(function))


def _is_one_expression(function: FunctionScope) -> bool:
    """Whether what a function gives stands in one place: of several, one may be unknown."""
    return len(list(results_of(function))) == 1


def _shown(types: tuple[TypeReference, ...]) -> str:
    return " | ".join(dict.fromkeys(t.name.rpartition(".")[2] for t in types))


def _parameter(use: Use) -> str:
    if use.parameter is not None:
        return use.parameter.name
    return "the field"


RULE = Rule(
    id="DI115",
    name="alias-type-mismatch",
    source="extends PRD-012 §3",
    summary="The type beside Depends cannot be what its provider supplies.",
    why=(
        "FastAPI does not compare the type in `Annotated[T, Depends(p)]` with what p returns, nor can a type checker. "
        "A wrong one, pasted from the line above, stays until the first attribute that is not there."
    ),
    instead="Write the type that the provider's return annotation names, or a base class or protocol of it.",
    subjects=subjects,
    check=check,
    nothing="no type beside a Depends and what its provider supplies are both known",
    bad=(
        Example(
            "an alias with the neighbour's provider",
            """
--- app/deps/auth.py
from typing import Annotated

from fastapi import Depends, Request

from app.models import Tenant, User


def get_user(request: Request) -> User:
    return request.state.user


def get_tenant(request: Request) -> Tenant:
    return request.state.tenant


UserDep = Annotated[User, Depends(get_user)]
TenantDep = Annotated[Tenant, Depends(get_user)]  # expect: DI115
--- app/models.py
class User:
    name: str


class Tenant:
    name: str
""",
        ),
        Example(
            "the generator instead of what it yields, and a sync session for an async one",
            """
--- app/api/users.py
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

router = APIRouter()


async def get_session(request: Request) -> AsyncGenerator[AsyncSession, None]:
    async with AsyncSession(request.app.state.engine) as session:
        yield session


SessionDep = Annotated[AsyncGenerator[AsyncSession, None], Depends(get_session)]  # expect: DI115


@router.get("/users")
async def list_users(session: Session = Depends(get_session)) -> list[str]:  # expect: DI115
    return []
""",
        ),
    ),
    good=(
        Example(
            "the same type, a base class, a protocol",
            """
--- app/deps/auth.py
from typing import Annotated, Protocol

from fastapi import Depends, Request


class User:
    name: str = ""


class Admin(User):
    level: int = 1


class Named(Protocol):
    name: str


def get_admin(request: Request) -> Admin:
    return request.state.admin


AdminDep = Annotated[Admin, Depends(get_admin)]
UserDep = Annotated[User, Depends(get_admin)]
NamedDep = Annotated[Named, Depends(get_admin)]
""",
        ),
        Example(
            "what a generator yields",
            """
--- app/deps/db.py
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlmodel import Session


def get_session(request: Request) -> Iterator[Session]:
    with Session(request.app.state.engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]
""",
        ),
    ),
)
