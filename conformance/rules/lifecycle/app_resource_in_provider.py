"""LC204: what lives as long as the application is not made for one request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from conformance.program import Construction, Program
from conformance.program.scopes import ClassScope, FunctionScope
from conformance.results import Step, Violation
from conformance.rules.base import Example, Rule
from conformance.rules.lifecycle.common import detail_of, is_entered, is_lent

_OPENED_FOR_ONE_USE = frozenset({"client", "executor", "other", "connection"})


class Runner(NamedTuple):
    """What runs for a request: a provider or an endpoint, with what it constructs."""

    kind: str
    name: str
    function: FunctionScope | None
    constructions: tuple[Construction, ...]


def subjects(program: Program) -> Iterator[Runner]:
    """Each provider that the target defines, and each endpoint."""
    seen: set[FunctionScope] = set()
    for provider in program.injection.providers.values():
        if provider.module is None or provider.module.is_test:
            continue
        if isinstance(provider.target, ClassScope):
            built = tuple(program.resources.built_for_itself(provider.target))
            yield Runner("provider", provider.name, provider.function, built)
        elif provider.function is not None:
            seen.add(provider.function)
            built = tuple(program.resources.in_scope(provider.function))
            yield Runner("provider", provider.name, provider.function, built)
    for endpoint in program.injection.endpoints:
        if endpoint.function not in seen and not endpoint.function.module.is_test:
            seen.add(endpoint.function)
            built = tuple(program.resources.in_scope(endpoint.function))
            yield Runner("endpoint", endpoint.function.name, endpoint.function, built)


def check(program: Program, runner: Runner) -> Iterator[Violation]:
    """Report each construction of what should be made once, in the lifespan."""
    for construction in runner.constructions:
        resource = construction.resource
        if resource.scope != "application" or resource.kind == "session-maker":
            continue
        if resource.kind in _OPENED_FOR_ONE_USE and is_entered(program, construction):
            continue
        if is_lent(program, construction):
            continue
        kept = _kept(program, construction)
        how = "anew whenever it runs" if kept is None else "once per process: a hidden singleton"
        yield Violation(
            (kept or construction).place,
            f"{runner.kind} `{runner.name}` constructs `{construction.innermost.name}`, {how}",
            "construct it in the lifespan, keep it in app.state, and let the provider return it from there",
            detail=detail_of(construction),
            trail=() if construction.inner is None else (Step(construction.innermost.place, "constructs it"),),
        )


def _kept(program: Program, construction: Construction) -> Construction | None:
    """Return the construction in a function that keeps what it makes, itself or one that it leads to."""
    if isinstance(construction.scope, FunctionScope) and program.is_cached(construction.scope):
        return construction
    return program.releases.kept(construction)


RULE = Rule(
    id="LC204",
    name="app-resource-in-provider",
    source="PRD-012 §4 rule 3",
    summary="A provider or endpoint constructs an engine, pool or client.",
    why=(
        "An engine or client is expensive and made to be shared. One for each request opens connections and throws "
        "them away; one behind `lru_cache` is a global that no lifespan releases and no test can replace."
    ),
    instead=(
        "Construct it in the lifespan, store it in app.state, and read it from there in the provider. A client that "
        "one function opens and closes by `async with` is its own."
    ),
    subjects=subjects,
    check=check,
    nothing="no provider or endpoint in the target",
    configure="`resources` names more constructors.",
    bad=(
        Example(
            "a provider builds an engine, another hides a client behind a cache",
            """
--- app/deps/db.py
from functools import lru_cache
from typing import Annotated

import httpx
from fastapi import Depends
from sqlalchemy import Engine, create_engine


def get_engine() -> Engine:
    return create_engine("sqlite://")  # expect: LC204


@lru_cache
def _client() -> httpx.Client:
    return httpx.Client()  # expect: LC204


def get_client() -> httpx.Client:
    return _client()


EngineDep = Annotated[Engine, Depends(get_engine)]
ClientDep = Annotated[httpx.Client, Depends(get_client)]
""",
        ),
        Example(
            "an endpoint connects by itself",
            """
--- app/routes.py
from arq import create_pool
from arq.connections import RedisSettings
from fastapi import APIRouter

router = APIRouter()


@router.post("/jobs")
async def enqueue(name: str) -> None:
    pool = await create_pool(RedisSettings())  # expect: LC204
    await pool.enqueue_job(name)
    await pool.aclose()
""",
        ),
    ),
    good=(
        Example(
            "taken from app.state, and a client for one call",
            """
--- app/deps/http.py
from typing import Annotated

import httpx
from fastapi import Depends, Request
from redis.asyncio import Redis


def get_http(request: Request) -> httpx.AsyncClient:
    return request.app.state.http


def get_redis(request: Request) -> Redis:
    return Redis(connection_pool=request.app.state.pool)


async def get_rates() -> str:
    async with httpx.AsyncClient() as client:
        return (await client.get("https://rates.example.com")).text


HttpDep = Annotated[httpx.AsyncClient, Depends(get_http)]
RedisDep = Annotated[Redis, Depends(get_redis)]
RatesDep = Annotated[str, Depends(get_rates)]
""",
        ),
    ),
)
