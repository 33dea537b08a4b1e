"""DI102: what is injected is there: no parameter or alias of a dependency admits None."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from conformance.facts import code
from conformance.program import Alias, Program, Provider, Use
from conformance.program.scopes import ClassScope, FunctionScope
from conformance.program.values import Annotation
from conformance.results import Violation
from conformance.rules.base import Example, Rule

Subject: TypeAlias = Alias | Use
INSTEAD = "type it without None: the provider supplies the value or raises"


def subjects(program: Program) -> Iterator[Subject]:
    """Each alias, and each parameter or field that is injected, outside tests."""
    injection = program.injection
    yield from (alias for alias in injection.aliases.values() if not alias.module.is_test)
    called = {p.function for p in injection.providers.values()} | set(injection.endpoint_functions)
    for uses in injection.uses_of_function.values():
        for use in uses:
            if not use.scope.module.is_test and not _is_handed_over(program, use, called):
                yield use
    injected = _injected_classes(program)
    for cls, uses in injection.uses_of_class.items():
        for use in uses:
            if not cls.module.is_test and (cls in injected or _is_default(use)):
                yield use


def check(program: Program, subject: Subject) -> Iterator[Violation]:
    """Report the alias that brings None in, and the parameter whose own annotation or default does."""
    if isinstance(subject, Alias):
        own = _admits_none(subject.annotation) and not _inner_admits_none(program, subject.annotation, but=subject)
        if own and not _is_credential(subject.injection.provider):
            message = f"the alias `{subject.name}` injects a value that may be None"
            yield Violation(subject.place, message, INSTEAD, detail=subject.name)
        return
    annotation = subject.annotation
    if annotation is None or subject.supplies_nothing or _is_credential(subject.injection.provider):
        return
    if _inner_admits_none(program, annotation, but=None):
        return
    name = _name_of(subject)
    if _admits_none(annotation):
        yield Violation(
            subject.place,
            f"`{name}` is injected and its type admits None",
            INSTEAD,
            detail=f"{subject.function.name if subject.function is not None else ''} {name}",
        )
    elif _defaults_to_none(subject):
        yield Violation(
            subject.place,
            f"`{name}` is injected and defaults to None",
            "leave the default away: what is injected is always given",
            detail=f"{subject.function.name if subject.function is not None else ''} {name}",
        )


def _injected_classes(program: Program) -> set[ClassScope | str]:
    """Return the classes whose fields FastAPI fills: dependencies, class-based views, and what these inherit."""
    classes = [p.target for p in program.injection.providers.values() if isinstance(p.target, ClassScope)]
    classes += [e.function.owner for e in program.injection.endpoints if e.function.owner is not None]
    return {base for cls in classes for base in program.names.ancestry(cls)}


def _is_default(use: Use) -> bool:
    """Whether the `Depends` is the value of the field: of no other meaning."""
    return isinstance(use.node, code.Assign) and isinstance(use.node.value, code.Call)


def _is_handed_over(program: Program, use: Use, called: set[FunctionScope | None]) -> bool:
    """Whether an alias is merely the type of a parameter that the target's own calls fill: nothing is injected."""
    if use.function is None or use.alias is None or use.function in called:
        return False
    return any(program.names.calls_of(use.function))


def _admits_none(annotation: Annotation) -> bool:
    """Whether None is one of several things that the type admits."""
    return annotation.nullable and (bool(annotation.types) or annotation.opaque)


def _inner_admits_none(program: Program, annotation: Annotation, *, but: Alias | None) -> bool:
    """Whether None comes from an alias that the annotation goes through: reported there."""
    for symbol in annotation.aliases:
        alias = program.injection.aliases.get((symbol.scope, symbol.name))
        if alias is not None and alias is not but and _admits_none(alias.annotation):
            return True
    return False


def _is_credential(provider: Provider | None) -> bool:
    """Whether a security scheme of the framework supplies it: with `auto_error=False` it answers None."""
    return (
        provider is not None
        and isinstance(provider.target, str)
        and provider.target.startswith(("fastapi.security.", "fastapi.openapi."))
    )


def _defaults_to_none(use: Use) -> bool:
    default: code.Expression | None = None
    if use.parameter is not None:
        default = use.parameter.default
    elif isinstance(use.node, code.Assign):
        default = use.node.value
    return isinstance(default, code.Constant) and default.value is None and not default.other


def _name_of(use: Use) -> str:
    match use.parameter or use.node:
        case code.Parameter(name=name):
            return name
        case code.Assign(targets=(target, *_)):
            return code.dotted(target)
    return "it"


RULE = Rule(
    id="DI102",
    name="nullable-dependency",
    source="PRD-012 §2 Rule 1",
    summary="A parameter or alias that Depends injects admits None.",
    why=(
        "A type that admits None tells every reader that the dependency may be missing, and each of them has to ask, "
        "or to forget it. What is injected is there: a missing resource is the provider's error, raised there."
    ),
    instead=(
        "Type the parameter with what the provider supplies: `db: Annotated[AsyncSession, Depends(get_db)]`. Request "
        "values (Query, Header, Body, Cookie) may be optional."
    ),
    subjects=subjects,
    check=check,
    nothing="nothing in the target is injected by Depends",
    bad=(
        Example(
            "parameters in every spelling",
            """
--- app/api/jobs.py
from typing import Annotated, Optional, Union

from fastapi import APIRouter, Depends, Request
from redis.asyncio import Redis
from sqlalchemy.orm import Session

router = APIRouter()


def get_db(request: Request) -> Session:
    return request.state.db


def get_redis(request: Request) -> Redis:
    return request.app.state.redis


@router.get("/jobs")
def list_jobs(
    limit: int | None,
    db: Annotated[Session | None, Depends(get_db)],  # expect: DI102
    redis: Annotated[Optional[Redis], Depends(get_redis)],  # expect: DI102
) -> list[str]:
    return []


@router.post("/jobs")
def create_job(
    db: Union[Session, None] = Depends(get_db),  # expect: DI102
    redis: "Redis | None" = Depends(get_redis),  # expect: DI102
) -> str:
    return "1"
""",
        ),
        Example(
            "an alias, reported once, and a parameter that makes one optional",
            """
--- app/deps/db.py
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session


def get_db(request: Request) -> Session:
    return request.state.db


MaybeDbDep = Annotated[Session | None, Depends(get_db)]  # expect: DI102
DbDep = Annotated[Session, Depends(get_db)]
--- app/api/users.py
from fastapi import APIRouter

from app.deps.db import DbDep, MaybeDbDep

router = APIRouter()


@router.get("/users")
def list_users(db: MaybeDbDep) -> list[str]:
    return []


@router.delete("/users")
def delete_users(db: DbDep | None = None) -> None:  # expect: DI102
    return None
""",
        ),
    ),
    good=(
        Example(
            "request values may be None, what is injected may not",
            """
--- app/api/search.py
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from sqlalchemy.orm import Session

router = APIRouter()


def get_db(request: Request) -> Session:
    return request.state.db


@router.get("/search")
def search(
    db: Annotated[Session, Depends(get_db)],
    q: Annotated[str | None, Query()] = None,
    if_match: Annotated[str | None, Header()] = None,
) -> list[str]:
    return []
""",
        ),
        Example(
            "an optional credential of the framework, and a guard typed None",
            """
--- app/api/me.py
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

router = APIRouter()
bearer = HTTPBearer(auto_error=False)


def check_origin(request: Request) -> None:
    return None


@router.get("/me")
def me(
    _: Annotated[None, Depends(check_origin)],
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> str:
    return "anonymous"
""",
        ),
    ),
)
