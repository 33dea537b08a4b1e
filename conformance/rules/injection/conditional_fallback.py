"""DI103: what was not injected is not constructed on the side."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from conformance.facts import code
from conformance.program import Program
from conformance.program.fallbacks import Fallback, Given, fallbacks_in
from conformance.program.flow import Flow
from conformance.program.kinds import VALUE_DISTRIBUTIONS, Kinds
from conformance.program.scopes import ClassScope, FunctionScope, ModuleScope, ValueBinding, visible_bindings
from conformance.program.values import (
    ClassValue,
    ContextEntry,
    Display,
    External,
    FunctionValue,
    Instance,
    StateEntry,
    Symbol,
    Values,
)
from conformance.results import Violation
from conformance.rules.base import Example, Rule

INSTEAD = "take it as a required parameter, injected by the caller; raise where it may be missing"
_GIVING_ON = frozenset({"builtins.next", "builtins.anext", "asyncio.run", "asyncio.wait_for", "builtins.getattr"})


def subjects(program: Program) -> Iterator[FunctionScope]:
    """Each function outside tests that is given something."""
    for module in program.target_modules:
        yield from (f for f in module.functions if f.parameters or isinstance(f.parent, FunctionScope))


def check(program: Program, function: FunctionScope) -> Iterator[Violation]:
    """Report each fallback to a dependency."""
    judge = _Judge(program)
    reported: set[int] = set()
    for fallback in fallbacks_in(function, program.names):
        line = fallback.node.span[0]
        if line in reported:
            continue
        taken = judge.dependency(fallback, fallback.replacement)
        if taken:
            reported.add(line)
            yield Violation(
                function.module.place(fallback.node),
                f"`{fallback.given.name}` falls back to {taken} where it is missing",
                INSTEAD,
                detail=f"{fallback.given.name} {taken}",
            )


class _Judge:
    """Says which replacements are dependencies."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.names = program.names
        self.kinds = Kinds(program.names)
        self.flow = Flow(program.names)

    def dependency(self, fallback: Fallback, node: code.Expression) -> str:
        """Return how a message names the dependency that an expression constructs or fetches; "" for a value."""
        match node:
            case code.Await(value=value) | code.NamedExpression(value=value):
                return self.dependency(fallback, value)
            case code.Conditional(body=body, otherwise=otherwise):
                return self.dependency(fallback, body) or self.dependency(fallback, otherwise)
            case code.BooleanOperation(values=values):
                return next(filter(None, (self.dependency(fallback, value) for value in values)), "")
            case code.Call(function=function, arguments=(_, value)) if self.names.calls.is_cast(function):
                return self.dependency(fallback, value)
            case code.Call():
                return self._call(fallback, node)
            case code.Name():
                return self._fetched(fallback, node) or self._held(fallback, node)
            case code.Attribute() | code.Subscript():
                return self._fetched(fallback, node)
        return ""

    # --- calls -----------------------------------------------------------------------------------------------------

    def _call(self, fallback: Fallback, node: code.Call) -> str:
        scope = fallback.function
        if self.flow.ends(node, scope):
            return ""
        shown = f"`{code.dotted(node.function) or '…'}(…)`"
        if self.program.resources.constructed_by(node, scope) is not None:
            return shown
        values = self.names.infer(node, scope)
        if any(isinstance(v, (StateEntry, ContextEntry)) for v in values):
            return self._entry(fallback, values)
        made = [v for v in values if isinstance(v, Instance)]
        calls = {id(inner) for inner in code.walk_scope(node) if isinstance(inner, code.Call)}
        for value in made:
            own = value.creation is not None and id(value.creation.call) in calls
            if (own or self._is_class_method(node, scope, value)) and not self.kinds.is_value(value.type):
                return shown
        if not self._is_dependency_type(fallback.given) or self._gives_a_value(node, scope, values):
            return ""
        return shown

    def _is_class_method(self, node: code.Call, scope: FunctionScope, made: Instance) -> bool:
        """Whether it is `Service.create()`, which gives a Service."""
        if not isinstance(node.function, code.Attribute) or not isinstance(made.type, ClassScope):
            return False
        return any(
            isinstance(owner, ClassValue) and made.type in self.names.ancestry(owner.cls)
            for owner in self.names.infer(node.function.value, scope)
        )

    def _gives_a_value(self, node: code.Call, scope: FunctionScope, values: Values) -> bool:
        """Whether it is known that what a call gives is a value."""
        if values:
            return all(
                isinstance(v, Display) or (isinstance(v, Instance) and self.kinds.is_value(v.type)) for v in values
            )
        for callee in self.names.infer(node.function, scope):
            match callee:
                case External(name=name, top=top) if name not in _GIVING_ON:
                    return top in sys.stdlib_module_names or top in VALUE_DISTRIBUTIONS
                case FunctionValue(function=function):
                    annotation = self.names.supplied(function)
                    return bool(annotation.types) and all(self.kinds.is_value(t.type) for t in annotation.types)
        return False

    def _held(self, fallback: Fallback, node: code.Name) -> str:
        """What a local holds that the function itself has made: `made = Client(); client = made`."""
        bindings = fallback.function.bindings.get(node.id, [])
        match visible_bindings(bindings, node.span):
            case [ValueBinding(value=code.Call() | code.Await() as value, how="value", path=())]:
                return self.dependency(fallback, value)
        return ""

    # --- what is fetched -------------------------------------------------------------------------------------------

    def _fetched(self, fallback: Fallback, node: code.Expression) -> str:
        scope = fallback.function
        values = self.names.infer(node, scope)
        if any(isinstance(v, (StateEntry, ContextEntry)) for v in values):
            return self._entry(fallback, values)
        if not isinstance(node, (code.Name, code.Attribute)):
            return ""
        at_module = any(
            isinstance(resolved, Symbol)
            and isinstance(resolved.scope, ModuleScope)
            and isinstance(resolved.binding, ValueBinding)
            for resolved in self.names.resolve(node, scope)
        )
        if at_module and any(self.program.resources.is_resource(v) is not None for v in values):
            return f"the module-level `{code.dotted(node)}`"
        return ""

    def _entry(self, fallback: Fallback, values: Values) -> str:
        """An entry of app.state or ctx, where it is not known to be a value."""
        declared = fallback.given.declared
        if declared is not None and declared.types and not self._is_dependency_type(fallback.given):
            return ""
        stored = self.names.expand(values)
        if stored and all(
            isinstance(v, Display) or (isinstance(v, Instance) and self.kinds.is_value(v.type)) for v in stored
        ):
            return ""
        entry = next(v for v in values if isinstance(v, (StateEntry, ContextEntry)))
        if isinstance(entry, StateEntry):
            return f"`app.state.{entry.key or '…'}`"
        return f'`ctx["{entry.key or "…"}"]`'

    def _is_dependency_type(self, given: Given) -> bool:
        """Whether the parameter is annotated with a type that is not a value type."""
        if given.declared is None:
            return False
        return any(not self.kinds.is_value(reference.type) for reference in given.declared.types)


RULE = Rule(
    id="DI103",
    name="conditional-fallback",
    source="PRD-012 §2 Rule 2",
    summary="A dependency that was not given is constructed or fetched on the side.",
    why=(
        "`redis = redis or Redis()` hides that nobody injected it: a second client comes up at a moment that nobody "
        "chose, nothing releases it, and a test that forgets its double talks to the real server. What was not "
        "injected is a programming error, and should look like one."
    ),
    instead=(
        "Make the parameter required and let the caller pass it; construct in the lifespan, once. Values (numbers, "
        "dates, lists, models, loggers) may have such defaults."
    ),
    subjects=subjects,
    check=check,
    nothing="no function of the target has a parameter",
    bad=(
        Example(
            "`or`, in a provider and in a service",
            """
--- app/deps/redis.py
from arq import create_pool
from arq.connections import RedisSettings
from redis.asyncio import Redis


async def get_redis(redis: Redis | None = None) -> Redis:
    redis = redis or await create_pool(RedisSettings())  # expect: DI103
    return redis
--- app/services/jobs.py
class Mailer:
    def send(self, to: str) -> None:
        print(to)


class JobService:
    def __init__(self, mailer: Mailer | None = None) -> None:
        self.mailer = mailer if mailer is not None else Mailer()  # expect: DI103
""",
        ),
        Example(
            "`if … is None`, `kwargs`, and app.state as the way out",
            """
--- app/services/users.py
import httpx
from fastapi import Request
from sqlalchemy import Engine
from sqlalchemy.orm import Session


def count_users(engine: Engine, session: Session | None = None) -> int:
    if session is None:
        session = Session(engine)  # expect: DI103
    return len(session.new)


def fetch(url: str, **kwargs) -> httpx.Response:
    client = kwargs.get("client") or httpx.Client()  # expect: DI103
    return client.get(url)


def engine_of(request: Request, engine: Engine | None = None) -> Engine:
    return engine or request.app.state.engine  # expect: DI103
""",
        ),
    ),
    good=(
        Example(
            "injected, or an error",
            """
--- app/services/exports.py
from sqlalchemy.orm import Session


class ExportService:
    def __init__(self, session: Session) -> None:
        self.session = session

    def reader(self, replica: Session | None = None) -> Session:
        if replica is None:
            raise ValueError("no replica was given")
        return replica

    def pick(self, replica: Session | None = None) -> Session:
        return replica or self.session
""",
        ),
        Example(
            "values have defaults",
            """
--- app/services/search.py
import logging
from datetime import UTC, datetime

from pydantic import BaseModel


class Options(BaseModel):
    limit: int = 20


def search(
    query: str | None = None,
    tags: list[str] | None = None,
    at: datetime | None = None,
    options: Options | None = None,
    logger: logging.Logger | None = None,
) -> list[str]:
    tags = tags or list()
    at = at if at is not None else datetime.now(UTC)
    logger = logger or logging.getLogger(__name__)
    if options is None:
        options = Options()
    return [query or "", str(at), *tags][: options.limit]
""",
        ),
    ),
)
