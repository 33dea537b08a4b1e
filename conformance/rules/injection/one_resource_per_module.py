"""DI104: a deps module serves one concern."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from conformance.facts import code
from conformance.program import ModuleScope, Program, Provider, catalogue
from conformance.program.kinds import VALUE_DISTRIBUTIONS
from conformance.program.scopes import ClassScope, FunctionScope
from conformance.program.values import FunctionValue, Instance, LambdaValue, StateEntry, TypeReference
from conformance.results import Step, Violation
from conformance.rules.base import Example, Rule

Target: TypeAlias = FunctionScope | ClassScope
_QUALIFIER = re.compile(r"[\w.]+\.(?=\w)")


class Concern(NamedTuple):
    """What a provider serves: a key of app.state, a type, or nothing but itself."""

    kind: str
    name: str

    @property
    def shown(self) -> str:
        if self.kind == "key":
            return f"`app.state.{self.name}`"
        return f"`{_QUALIFIER.sub('', self.name)}`"


class DepsModule(NamedTuple):
    """A deps module and its providers with their concerns, in the order of the source."""

    module: ModuleScope
    providers: tuple[tuple[Target, Concern], ...]


def subjects(program: Program) -> Iterator[DepsModule]:
    """Each deps module with a provider that has a concern."""
    concerns = _Concerns(program)
    for module in program.with_role("deps"):
        if not module.is_test:
            providers = tuple(concerns.in_module(module))
            if providers:
                yield DepsModule(module, providers)


def check(program: Program, subject: DepsModule) -> Iterator[Violation]:  # noqa: ARG001 - the form of every check
    """Report the first provider of the second concern."""
    first_target, first = subject.providers[0]
    for target, concern in subject.providers[1:]:
        if concern != first:
            others = len({c for _, c in subject.providers})
            yield Violation(
                target.place,
                f"`{subject.module.name}` serves {others} concerns: `{_name(target)}` is for {concern.shown}, "
                f"`{_name(first_target)}` for {first.shown}",
                "give each concern a module of its own in the deps package",
                detail=f"{first.name} {concern.name}",
                trail=(Step(first_target.place, f"the first concern, {first.shown}"),),
            )
            return


def _name(target: Target) -> str:
    owner = target.owner if isinstance(target, FunctionScope) and target.name == "__call__" else None
    return target.name if owner is None else owner.name


class _Concerns:
    """The concerns of the providers of all deps modules."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.injection = program.injection
        self.providers: dict[Target, Provider] = {
            p.target: p for p in self.injection.providers.values() if isinstance(p.target, (FunctionScope, ClassScope))
        }
        self.keys: dict[FunctionScope, str] = {}
        for access in sorted(program.stores.of("state", "read"), key=lambda access: access.node.span):
            function = access.function
            while function is not None and access.key:
                self.keys.setdefault(function, access.key)
                function = function.parent if isinstance(function.parent, FunctionScope) else None
        self.same = _keys_made_of_each_other(program)
        self.known: dict[Target, Concern | None] = {}

    def in_module(self, module: ModuleScope) -> Iterator[tuple[Target, Concern]]:
        targets: list[Target] = [*module.functions, *module.classes]
        for target in sorted(targets, key=lambda t: t.node.span):
            if self.is_provider(target):
                concern = self.of(target)
                if concern is not None:
                    yield target, concern

    def is_provider(self, target: Target) -> bool:
        """Whether something of the target depends on it, or it is a public `get_…` function of a deps module."""
        provider = self.providers.get(target)
        if provider is not None and any(provider.own_uses):
            return True
        return (
            isinstance(target, FunctionScope)
            and isinstance(target.parent, ModuleScope)
            and target.name.startswith("get_")
            and not self._makes_providers(target)
            and not self._takes_what_nothing_injects(target)
        )

    def _makes_providers(self, function: FunctionScope) -> bool:
        """Whether a function gives a function: what it makes is the provider."""
        return any(isinstance(v, (FunctionValue, LambdaValue)) for v in self.program.names.returned(function))

    def _takes_what_nothing_injects(self, function: FunctionScope) -> bool:
        """Whether a parameter is a plain session or class: a helper, which others call: `get_or_404(db, Model)`."""
        return any(
            reference.name in {"builtins.type", "typing.Type"} or catalogue.resource_of(reference.name) is not None
            for parameter in function.parameters
            if parameter.annotation is not None and parameter.default is None
            for annotation in [self.program.names.annotation(parameter.annotation, function.parent)]
            if not annotation.metadata
            for reference in annotation.types
        )

    def of(self, target: Target) -> Concern | None:
        """Return the concern of a provider; None for guards and for what merely bundles request values."""
        if target not in self.known:
            self.known[target] = None  # a provider that depends on itself
            self.known[target] = self._of(target)
        return self.known[target]

    def _of(self, target: Target) -> Concern | None:
        provider = self.providers.get(target)
        if provider is not None and (provider.is_guard or self.injection.is_parameter_class(provider)):
            return None
        function = target if isinstance(target, FunctionScope) else target.method("__init__")
        key = "" if function is None else self._key(function, ())
        if key:
            return Concern("key", self.same.get(key, key))
        others = list(self._same_module(target, function))
        known = [concern for concern in map(self.of, others) if concern is not None]
        if known and (self._supplies_resource(target) or self._supplies_part(target, others)):
            return known[0]
        plain = [concern for concern in known if concern.kind != "key"]
        return plain[0] if plain else self._own(target)

    def _key(self, function: FunctionScope, seen: tuple[FunctionScope, ...]) -> str:
        """Return the key of app.state that a function reads first, itself or through a function of its module."""
        if function in self.keys:
            return self.keys[function]
        if function in seen:
            return ""
        called = self._called(function)
        return next(filter(None, (self._key(inner, (*seen, function)) for inner in called)), "")

    def _called(self, function: FunctionScope) -> Iterator[FunctionScope]:
        """Yield the functions of the same module that a function calls."""
        for node in function.nodes.of(code.Call):
            for value in self.program.names.infer(node.function, function):
                called = value.function if isinstance(value, FunctionValue) else None
                if called is not None and called is not function and called.module is function.module:
                    yield called

    def _own(self, target: Target) -> Concern | None:
        if isinstance(target, ClassScope):
            return Concern("type", target.key)
        supplied = self.program.names.supplied(target)
        if supplied.types:
            return Concern("type", " | ".join(sorted(map(_shown, supplied.types))))
        if supplied.nullable and not supplied.opaque:
            return None
        return Concern("name", target.name)

    def _same_module(self, target: Target, function: FunctionScope | None) -> Iterator[Target]:
        """Yield the providers of the same module that a provider depends on, or calls itself."""
        provider = self.providers.get(target)
        uses = self.injection.uses_in(provider) if provider is not None else ()
        if provider is None and function is not None:
            uses = tuple(self.injection.uses_of_function.get(function, ()))
        for use in uses:
            inner = use.injection.provider
            if inner is not None and inner.module is target.module and isinstance(inner.target, Target):
                yield inner.target
        if function is not None:
            yield from filter(self.is_provider, self._called(function))

    def _supplies_resource(self, target: Target) -> bool:
        names = self.program.names
        if isinstance(target, ClassScope):
            return self.program.resources.is_resource(Instance(target)) is not None
        values = names.instances(names.supplied(target)) or names.returned(target)
        if any(self.program.resources.is_resource(value) is not None for value in values):
            return True
        return not values and any(c.resource.scope == "request" for c in self.program.resources.in_scope(target))

    def _supplies_part(self, target: Target, others: list[Target]) -> bool:
        """Whether it supplies what the same library makes of what another supplies: of a client its database."""
        own = self._libraries(target)
        return bool(own) and any(own & self._libraries(other) for other in others)

    def _libraries(self, target: Target) -> set[str]:
        """Return the distributions of other people whose objects a provider supplies."""
        if isinstance(target, ClassScope):
            return set()
        types = [reference.type for reference in self.program.names.supplied(target).types]
        tops = {each.partition(".")[0] for each in types if isinstance(each, str)}
        return tops - sys.stdlib_module_names - VALUE_DISTRIBUTIONS


def _shown(reference: TypeReference) -> str:
    inner = [
        " | ".join([*map(_shown, argument.types), *(["Any"] if argument.opaque else ())])
        for argument in reference.arguments
    ]
    return f"{reference.name}[{', '.join(inner)}]" if any(inner) else reference.name


def _keys_made_of_each_other(program: Program) -> dict[str, str]:
    """Return, for each key of app.state whose value is made of another key's, the key at the root of it."""
    made: dict[str, set[int]] = {}
    parts: dict[str, set[int]] = {}
    reads: dict[str, set[str]] = {}
    for access in program.stores.of("state", "write"):
        if access.value is None or not access.key or access.module.is_test:
            continue
        for site in program.origins.of(access.value.node, access.value.scope):
            made.setdefault(access.key, set()).add(id(site.call))
            given = [*site.call.arguments, *(k.value for k in site.call.keywords)]
            for argument in given:
                if not isinstance(argument, (code.Name, code.Attribute, code.Subscript)):
                    continue
                for value in program.names.infer(argument, site.scope):
                    if isinstance(value, StateEntry) and value.key:
                        reads.setdefault(access.key, set()).add(value.key)
                    elif isinstance(value, Instance) and value.creation and not _is_settings(program, value):
                        parts.setdefault(access.key, set()).add(id(value.creation.call))
    root = {key: key for key in made}

    def find(key: str) -> str:
        while root.get(key, key) != key:
            key = root[key]
        return key

    for key in sorted(made):
        for other in sorted(made):
            joined = other in reads.get(key, ()) or parts.get(key, set()) & made[other]
            if key != other and joined:
                root[find(key)] = find(other)
    return {key: find(key) for key in made}


def _is_settings(program: Program, value: Instance) -> bool:
    return isinstance(value.type, ClassScope) and program.is_settings_class(value.type)


RULE = Rule(
    id="DI104",
    name="one-resource-per-module",
    source="PRD-012 §2 Rule 3, §6",
    summary="A deps module serves more than one concern.",
    why=(
        "A file with every provider of the project is touched by every change: work on tokens asks for a review of the "
        "Redis plumbing beside it, and two people who do unrelated things meet in one file."
    ),
    instead=(
        "One module per concern: `deps/redis.py` with `get_redis` and `RedisDep`, `deps/db.py` with the engine, the "
        "session built on it, and their aliases. What builds on the current user may live beside `get_current_user`."
    ),
    subjects=subjects,
    check=check,
    nothing="no deps module of the target has a provider",
    bad=(
        Example(
            "the dependencies file with everything in it",
            """
--- app/dependencies.py
from collections.abc import AsyncGenerator

from fastapi import Request
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncSession

from app.config import Settings


async def get_redis(request: Request) -> Redis:
    return request.app.state.redis


async def get_db_session(request: Request) -> AsyncGenerator[AsyncSession, None]:  # expect: DI104
    async with AsyncSession(request.app.state.db_engine) as session:
        yield session


def get_settings() -> Settings:
    return Settings()
--- app/config.py
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    debug: bool = False
""",
        ),
        Example(
            "two services that have nothing in common",
            """
--- app/deps/db.py
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Session:
    return request.state.session


SessionDep = Annotated[Session, Depends(get_session)]
--- app/deps/services.py
from typing import Annotated

from fastapi import Depends

from app.deps.db import SessionDep
from app.services import InvoiceService, UserService


def get_user_service(session: SessionDep) -> UserService:
    return UserService(session)


def get_invoice_service(session: SessionDep) -> InvoiceService:  # expect: DI104
    return InvoiceService(session)


UserServiceDep = Annotated[UserService, Depends(get_user_service)]
InvoiceServiceDep = Annotated[InvoiceService, Depends(get_invoice_service)]
--- app/services.py
class UserService:
    def __init__(self, session) -> None:
        self.session = session


class InvoiceService:
    def __init__(self, session) -> None:
        self.session = session
""",
        ),
    ),
    good=(
        Example(
            "an engine and the session built on it",
            """
--- app/deps/db.py
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession


def get_engine(request: Request) -> AsyncEngine:
    return request.app.state.db_engine


EngineDep = Annotated[AsyncEngine, Depends(get_engine)]


async def get_session(engine: EngineDep) -> AsyncGenerator[AsyncSession, None]:
    async with AsyncSession(engine) as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]
""",
        ),
        Example(
            "the current user, and the job that must be theirs",
            """
--- app/deps/auth.py
from typing import Annotated

from fastapi import Depends, HTTPException, Request

from app.models import Job, User


async def get_current_user(request: Request) -> User:
    return User(request.state.user_id)


CurrentUserDep = Annotated[User, Depends(get_current_user)]


async def get_job_and_verify_owner(job_id: str, user: CurrentUserDep) -> Job:
    if job_id != user.id:
        raise HTTPException(403)
    return Job(job_id)


OwnedJobDep = Annotated[Job, Depends(get_job_and_verify_owner)]
--- app/models.py
from dataclasses import dataclass


@dataclass
class User:
    id: str


@dataclass
class Job:
    id: str
""",
        ),
    ),
)
