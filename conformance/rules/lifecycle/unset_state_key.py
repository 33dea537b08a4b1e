"""LC207: what a provider reads from app.state, the lifespan sets."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.program import Access, Program
from conformance.program.scopes import enclosing
from conformance.results import Undecidable, Violation
from conformance.rules.base import Example, Rule
from conformance.rules.lifecycle.common import hands_state_away, is_library_key, own_providers, written_in_lifespan


def subjects(program: Program) -> Iterator[Access]:
    """Each read of a key of app.state in a provider or in what it calls; none where the target has no application."""
    if not program.lifespan_roots and not program.lifespans.applications:
        return
    providers = [function for _, function in own_providers(program)]
    providers += [function for module in program.with_role("deps") for function in module.functions]
    functions = program.lifespans.reached(providers)
    for access in program.stores.of("state", "read"):
        if access.key is None or access.module.is_test or is_library_key(program, access):
            continue
        if any(function in functions for function in enclosing(access.function)):
            yield access


def check(program: Program, access: Access) -> Iterator[Violation | Undecidable]:
    """Report a key that the lifespan does not write; where it writes computed keys, nothing can be said."""
    writes = written_in_lifespan(program)
    if any(write.key == access.key for write in writes):
        return
    if any(write.key is None for write in writes) or hands_state_away(program):
        yield Undecidable(access.place, f"the lifespan writes computed keys, so `app.state.{access.key}` may be one")
        return
    yield Violation(
        access.place,
        f"`app.state.{access.key}` is read here, and nothing in the lifespan sets it",
        f"set `app.state.{access.key}` in the lifespan",
        detail=f"app.state.{access.key}",
    )


RULE = Rule(
    id="LC207",
    name="unset-state-key",
    source="PRD-012 §2 Rule 1, §3",
    summary="A provider reads a key of app.state that the lifespan never sets.",
    why=(
        "The read fails with an AttributeError on the first request that needs it, or supplies None for as long as "
        "nobody looks: the application starts as if all were well."
    ),
    instead="Set each key that a provider reads in the lifespan, or in a function that the lifespan calls.",
    subjects=subjects,
    check=check,
    nothing="no provider reads app.state",
    configure="`external-state-keys` names keys that a library sets.",
    bad=(
        Example(
            "a key that is spelt otherwise",
            """
--- app/lifespan.py
from contextlib import asynccontextmanager

from fastapi import FastAPI
from redis.asyncio import Redis


@asynccontextmanager
async def lifespan(app: FastAPI):
    async with Redis() as redis:
        app.state.redis = redis
        yield
--- app/deps/cache.py
from typing import Annotated

from fastapi import Depends, Request
from redis.asyncio import Redis


def get_cache(request: Request) -> Redis:
    return request.app.state.cache  # expect: LC207


CacheDep = Annotated[Redis, Depends(get_cache)]
--- app/main.py
from fastapi import FastAPI

from app.lifespan import lifespan

app = FastAPI(lifespan=lifespan)
""",
        ),
        Example(
            "set by the entrypoint only, read by a helper with getattr",
            """
--- app/lifespan.py
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.region = "eu"
    yield
--- app/deps/version.py
from typing import Annotated

from fastapi import Depends, Request


def _version(request: Request) -> str:
    return getattr(request.app.state, "version")  # expect: LC207


def get_version(request: Request) -> str:
    return _version(request) + request.app.state.region


VersionDep = Annotated[str, Depends(get_version)]
--- app/main.py
from fastapi import FastAPI

from app.lifespan import lifespan

app = FastAPI(lifespan=lifespan)
app.state.version = "1"
""",
        ),
    ),
    good=(
        Example(
            "set in the lifespan and in what it calls",
            """
--- app/lifespan.py
from contextlib import asynccontextmanager

from fastapi import FastAPI


def _flags(state) -> None:
    setattr(state, "flags", {"beta"})


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.region = "eu"
    _flags(app.state)
    yield
--- app/deps/flags.py
from typing import Annotated

from fastapi import Depends, Request


def get_flags(request: Request) -> set[str]:
    return request.app.state.flags


def get_region(request: Request) -> str:
    return request.app.state.region


FlagsDep = Annotated[set[str], Depends(get_flags)]
RegionDep = Annotated[str, Depends(get_region)]
--- app/main.py
from fastapi import FastAPI

from app.lifespan import lifespan

app = FastAPI(lifespan=lifespan)
""",
        ),
    ),
)
