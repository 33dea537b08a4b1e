"""DI110: what deps supplies to endpoints has an alias, and the facade re-exports it."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.program import Alias, Program, Provider
from conformance.program.facades import facade_of
from conformance.program.scopes import ModuleScope
from conformance.program.values import Symbol
from conformance.results import Violation
from conformance.rules.base import Example, Rule
from conformance.rules.injection.alias_need import is_endpoint_use, needs_alias, written_name


def subjects(program: Program) -> Iterator[Provider | Alias]:
    """Each provider in deps that needs an alias, and each alias behind a facade."""
    yield from (p for p in program.injection.providers.values() if needs_alias(program, p))
    for alias in program.injection.aliases.values():
        if not alias.module.is_test and facade_of(program, alias.module) and not alias.name.startswith("_"):
            yield alias


def check(program: Program, subject: Provider | Alias) -> Iterator[Violation]:
    """Report a provider without an alias in its module, and an alias that the facade does not re-export."""
    if isinstance(subject, Provider):
        yield from _without_alias(program, subject)
    else:
        yield from _behind_the_facade(program, subject)


def _without_alias(program: Program, provider: Provider) -> Iterator[Violation]:
    aliases = program.injection.aliases.values()
    if provider.place is None or any(a.injection.provider is provider and a.module is provider.module for a in aliases):
        return
    written = next((written_name(use.injection, provider) for use in provider.own_uses), provider.name)
    yield Violation(
        provider.place,
        f"`{written}` supplies endpoints and has no alias in its module",
        f"define one beside it: `{_camel(written)}Dep = Annotated[…, Depends({written})]`",
        detail=f"no alias {provider.name}",
    )


def _behind_the_facade(program: Program, alias: Alias) -> Iterator[Violation]:
    provider = alias.injection.provider
    if provider is not None and (_only_guards(provider) or _only_for_providers(program, provider)):
        return
    facade = facade_of(program, alias.module)
    package = program.names.module(facade, alias.module)
    if package is None or not _exports(program, package, alias):
        yield Violation(
            alias.place,
            f"the alias `{alias.name}` is not re-exported by `{facade}`",
            f"import it in `{facade}` and list it in `__all__`",
            detail=f"not re-exported {alias.name}",
        )


def _only_guards(provider: Provider) -> bool:
    """Whether all that uses a provider, but for its aliases, are lists and parameters typed None."""
    uses = [u for u in provider.uses if u.kind != "alias"]
    return bool(uses) and all(u.supplies_nothing for u in uses)


def _only_for_providers(program: Program, provider: Provider) -> bool:
    """Whether it is used, and by other providers alone."""
    uses = [u for u in provider.own_uses if u.kind in {"parameter", "attribute"}]
    return bool(uses) and not any(is_endpoint_use(program, u) for u in uses)


def _exports(program: Program, package: ModuleScope, alias: Alias) -> bool:
    names = {alias.name} | {name for name in package.bindings if not name.startswith("__")}
    return any(
        (isinstance(r, Symbol) and r.scope is alias.module and r.name == alias.name) or _repeats(program, r, alias)
        for name in names
        for r in program.names.member(package, name)
    )


def _repeats(program: Program, resolved: object, alias: Alias) -> bool:
    """Whether the facade binds the alias by an assignment: `SessionDep = db.SessionDep`."""
    if not isinstance(resolved, Symbol):
        return False
    own = program.injection.aliases.get((resolved.scope, resolved.name))
    return own is not None and any(s.scope is alias.module and s.name == alias.name for s in own.annotation.aliases)


def _camel(name: str) -> str:
    parts = name.removeprefix("get_").removesuffix("_dependency").removesuffix("_dep").split("_")
    return "".join(part[:1].upper() + part[1:] for part in parts)


RULE = Rule(
    id="DI110",
    name="provider-without-alias",
    source="PRD-012 §6",
    summary="A provider in deps has no alias in its module, or an alias is not re-exported by the deps package.",
    why=(
        "Each deps module holds a resource's provider and the alias under which routes ask for it; the package "
        "re-exports the aliases. A provider without one makes every route write `Depends` itself, and an alias that "
        "the package does not export forces routes past the facade."
    ),
    instead="Define `NameDep = Annotated[Type, Depends(provider)]` beside the provider; re-export it in the package.",
    subjects=subjects,
    check=check,
    nothing="no deps modules whose providers supply endpoints",
    configure="`roles.deps` says which modules are deps.",
    whole=True,
    bad=(
        Example(
            "a provider that is only injected inline",
            """
--- app/deps/db.py
from fastapi import Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Session:  # expect: DI110
    return request.state.session
--- app/api/users.py
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from app.deps.db import get_session

router = APIRouter()


@router.get("/users")
def users(session: Annotated[Session, Depends(get_session)]) -> list[str]:
    return []
""",
        ),
        Example(
            "an alias that stays behind the facade",
            """
--- app/deps/__init__.py
from app.deps.db import SessionDep

__all__ = ["SessionDep"]
--- app/deps/db.py
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Session:
    return request.state.session


SessionDep = Annotated[Session, Depends(get_session)]
--- app/deps/auth.py
import typing as t

from fastapi import Depends, Request


def get_user(request: Request) -> str:
    return request.state.user


UserDep: t.TypeAlias = t.Annotated[str, Depends(get_user)]  # expect: DI110
""",
        ),
    ),
    good=(
        Example(
            "aliases re-exported; guards and what only providers use need none",
            """
--- app/deps/__init__.py
from app.deps.auth import UserDep

__all__ = ["UserDep"]
--- app/deps/auth.py
from typing import Annotated

from fastapi import Depends, HTTPException, Request


def get_token(request: Request) -> str:
    return request.headers["authorization"]


def get_user(token: Annotated[str, Depends(get_token)]) -> str:
    return token


UserDep = Annotated[str, Depends(get_user)]


def require_admin(user: UserDep) -> None:
    if user != "admin":
        raise HTTPException(403)
--- app/api/admin.py
from fastapi import APIRouter, Depends

from app.deps import UserDep
from app.deps.auth import require_admin

router = APIRouter(dependencies=[Depends(require_admin)])


@router.get("/admin")
def admin(user: UserDep) -> str:
    return user
""",
        ),
        Example(
            "a single module has its aliases beside its providers",
            """
--- app/dependencies.py
from typing import Annotated

from fastapi import Depends, Request


class Clock:
    def __init__(self, request: Request) -> None:
        self.zone = request.headers["x-zone"]


ClockDep = Annotated[Clock, Depends()]
--- app/api/now.py
from fastapi import APIRouter

from app.dependencies import ClockDep

router = APIRouter()


@router.get("/now")
def now(clock: ClockDep) -> str:
    return clock.zone
""",
        ),
    ),
)
