"""DI101: a provider supplies its value or raises, never None."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from conformance.facts import code
from conformance.program import Program, Provider
from conformance.program.absence import Absence, State, refined
from conformance.program.flow import Flow
from conformance.program.scopes import FunctionScope
from conformance.program.values import AppState, FunctionValue
from conformance.results import Place, Violation
from conformance.rules.base import Example, Rule

INSTEAD = "raise where the resource is missing, and let the annotation promise a value"


def subjects(program: Program) -> Iterator[Provider]:
    """Each function of the target that supplies a value to somebody who depends on it."""
    for provider in program.injection.providers.values():
        own = isinstance(provider.target, FunctionScope) and not provider.target.module.is_test
        if own and not provider.is_guard and any(provider.own_uses):
            yield provider


def check(program: Program, provider: Provider) -> Iterator[Violation]:
    """Report the annotation that admits None; else the first line that supplies it."""
    function = provider.target
    if not isinstance(function, FunctionScope):
        return
    name = provider.name
    supply = _first_none(program, function)
    annotation = program.names.supplied(function)
    if annotation.nullable and not annotation.types and not annotation.opaque:
        message = f"provider `{name}` supplies nothing but None to who depends on it for a value"
        yield Violation(
            function.place,
            message,
            "depend on it in `dependencies=[…]`, or by a parameter typed None; else supply a value",
            detail=f"{name} annotation",
        )
    elif annotation.nullable:
        how = "" if supply is not None else ": only the annotation admits it, no line of the body supplies None itself"
        message = f"the annotation of provider `{name}` says that it can supply None{how}"
        yield Violation(function.place, message, INSTEAD, detail=f"{name} annotation")
    elif supply is not None:
        message = f"provider `{name}` can supply None: {supply.how}"
        yield Violation(supply.place, message, INSTEAD, detail=f"{name} {supply.how}")


class _Supply(NamedTuple):
    """Where None is supplied, and how."""

    place: Place
    how: str


def _first_none(program: Program, function: FunctionScope) -> _Supply | None:
    node = function.node
    reader = _Reader(program, function)
    if node.is_generator:
        for given in function.nodes.of(code.Yield):
            if given.value is None:
                return _Supply(function.module.place(given), "`yield` without a value")
            how = reader.none_at(given, given.value)
            if how:
                return _Supply(function.module.place(given), f"it yields {how}")
        return None
    returns = function.nodes.of(code.Return)
    gives = any(r.value is not None and not code.is_none(r.value) for r in returns)
    for inner in returns:
        if inner.value is None:
            if gives:
                return _Supply(function.module.place(inner), "`return` without a value")
            continue
        how = reader.none_at(inner, inner.value)
        if how:
            return _Supply(function.module.place(inner), f"it returns {how}")
    gives_none = bool(returns) and not gives
    if gives_none or (not _says_nothing(function) and Flow(program.names).reaches_end(function)):
        return _Supply(function.place, "a path ends without a value")
    return None


class _Reader:
    """Reads how the expressions of one function can be None, as far as their form says."""

    def __init__(self, program: Program, function: FunctionScope, callers: tuple[FunctionScope, ...] = ()) -> None:
        self.program = program
        self.function = function
        self.callers = (*callers, function)
        self._locals: Absence | None = None

    def none_at(self, node: code.Return | code.Yield, value: code.Expression) -> str:
        """Return how what a `return` or `yield` gives can be None, and "" where it cannot."""
        if not any(isinstance(inner, code.Name) for inner in code.walk(value)):
            return self.none_in(value, {})
        if self._locals is None:
            self._locals = Absence(self.function, self.none_in, Flow(self.program.names))
        return self.none_in(value, self._locals.at.get(id(node), {}))

    def none_in(self, node: code.Expression, known: State) -> str:
        """Return how an expression can be None where these locals can."""
        match node:
            case code.Constant() if code.is_none(node):
                return "None"
            case code.Await(value=value) | code.NamedExpression(value=value):
                return self.none_in(value, known)
            case code.Conditional(test=test, body=body, otherwise=otherwise):
                return self.none_in(body, refined(test, known, holds=True)) or self.none_in(
                    otherwise, refined(test, known, holds=False)
                )
            case code.BooleanOperation(operator="or", values=(*_, last)):
                # one of several locals, each of which has its own branch, is there
                return self.none_in(last, {name: each for name, each in known.items() if not each.sometimes})
            case code.Call(function=callee, arguments=(_, value)) if self.program.names.calls.is_cast(callee):
                return self.none_in(value, known)
            case code.Call(function=code.Name(id="getattr"), arguments=(_, _, default)) if code.is_none(default):
                return "`getattr(…, None)`"
            case code.Call(function=code.Name(id="next" | "anext" as taker), arguments=(_, default)) if code.is_none(
                default
            ):
                return f"`{taker}(…, None)`"
            case code.Call(function=code.Attribute(name=name)) if name.endswith("one_or_none"):
                return f"`.{name}()`"
            case code.Call(function=code.Attribute(value=base, name="get"), arguments=(_, *rest)):
                if (not rest or code.is_none(rest[0])) and AppState() in self.program.names.infer(base, self.function):
                    return "`.get(…)` of app.state"
            case code.Name(id=name) if name in known:
                return known[name].how
        return self._none_from(node) if isinstance(node, code.Call) else ""

    def _none_from(self, call: code.Call) -> str:
        """Return how what a function of the target gives can be None."""
        match self.program.names.infer(call.function, self.function):
            case (FunctionValue(function=called),) if called not in self.callers and len(self.callers) < _DEEPEST:
                if called.node.is_generator or _is_switched(called):
                    return ""
                inner = _Reader(self.program, called, self.callers)
                if called.node.returns is not None:
                    stated = self.program.names.supplied(called)
                    can_be_none = stated.nullable and bool(stated.types)
                else:
                    can_be_none = any(
                        r.value is not None and inner.none_at(r, r.value) for r in called.nodes.of(code.Return)
                    )
                return f"what `{called.name}` gives, which can be None" if can_be_none else ""
        return ""


_DEEPEST = 4


def _is_switched(function: FunctionScope) -> bool:
    """Whether a flag can decide what a function gives: `find(key, required=True)`; or overloads, or a decorator."""
    return bool(function.node.decorators) or any(
        (isinstance(p.default, code.Constant) and isinstance(p.default.value, bool))
        or (p.annotation is not None and code.last_name(p.annotation) == "bool")
        for p in function.parameters
    )


def _says_nothing(function: FunctionScope) -> bool:
    """Whether the body is `...` or a docstring alone."""
    return all(
        isinstance(statement, code.Evaluate)
        and isinstance(statement.value, code.Constant)
        and (statement.value.other == "..." or isinstance(statement.value.value, str))
        for statement in function.body
    )


RULE = Rule(
    id="DI101",
    name="nullable-provider",
    source="PRD-012 §2 Rule 1",
    summary="A provider can supply None.",
    why=(
        "Whoever depends on a provider takes what it supplies as there. A provider that answers None where the "
        "resource is missing hides a misconfiguration: the endpoint goes on, and fails later with an AttributeError, "
        "far from the cause. A provider that raises fails at the one place that knows what is missing."
    ),
    instead=(
        "Supply the value or raise: read `request.app.state.redis` plainly, raise HTTPException for what the client "
        "got wrong. What merely checks something belongs in `dependencies=[Depends(…)]`, where it may return None."
    ),
    subjects=subjects,
    check=check,
    nothing="no function of the target supplies a value by Depends",
    bad=(
        Example(
            "the annotation admits None",
            """
--- app/deps/db.py
from collections.abc import AsyncGenerator
from typing import Annotated, Optional

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession


async def get_db(request: Request) -> AsyncSession | None:  # expect: DI101
    if request.app.state.db_engine:
        return AsyncSession(request.app.state.db_engine)
    return None


async def get_replica(request: Request) -> AsyncGenerator[Optional[AsyncSession], None]:  # expect: DI101
    async with AsyncSession(request.app.state.replica) as session:
        yield session


DbDep = Annotated[AsyncSession, Depends(get_db)]
ReplicaDep = Annotated[AsyncSession, Depends(get_replica)]
""",
        ),
        Example(
            "the body supplies None",
            """
--- app/deps/redis.py
from typing import Annotated

from fastapi import Depends, Request
from redis.asyncio import Redis


async def get_redis(request: Request) -> Redis:
    return getattr(request.app.state, "redis", None)  # expect: DI101


async def get_cache(request: Request) -> Redis:  # expect: DI101
    if request.app.state.cache_enabled:
        return request.app.state.cache


RedisDep = Annotated[Redis, Depends(get_redis)]
CacheDep = Annotated[Redis, Depends(get_cache)]
""",
        ),
    ),
    good=(
        Example(
            "what is missing raises",
            """
--- app/deps/redis.py
from typing import Annotated

from fastapi import Depends, Request
from redis.asyncio import Redis


async def get_redis(request: Request) -> Redis:
    return request.app.state.redis


RedisDep = Annotated[Redis, Depends(get_redis)]
""",
        ),
        Example(
            "a guard may return None, a provider raises",
            """
--- app/deps/auth.py
from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, Request


async def require_key(x_key: Annotated[str | None, Header()] = None) -> None:
    if x_key is None:
        raise HTTPException(401)
    return None


def get_user(request: Request) -> str:
    user = getattr(request.state, "user", None)
    if user is None:
        raise HTTPException(401)
    return user


UserDep = Annotated[str, Depends(get_user)]
router = APIRouter(dependencies=[Depends(require_key)])
""",
        ),
    ),
)
