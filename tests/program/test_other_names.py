"""A name means what it was imported as, under whatever name; an annotation says what nothing else does."""

from __future__ import annotations

import pytest

from conformance.examples import expected_in, files_of, found_in, program_from
from conformance.rules import all_rules

RULES = {rule.id: rule for rule in all_rules()}
HEAD = """
--- app/deps/things.py
from functools import partial as bound
from typing import TYPE_CHECKING as checking, Annotated as A, Optional as O, cast as trust
import typing
import lib
import app.missing
import httpx
from fastapi import Depends, FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
B = typing.Annotated
class Thing:
    def go(self) -> None: ...
def get_thing(request: Request) -> Thing:
    return Thing()
"""
PROGRAMS = {
    "DI102 a string in Annotated under another name": 'X = A["Thing | None", Depends(get_thing)]  # expect: DI102\n',
    "DI102 a string in Annotated that is assigned": 'X = B["Thing | None", Depends(get_thing)]  # expect: DI102\n',
    "DI102 a string in Optional under another name": "X = A[O['Thing'], Depends(get_thing)]  # expect: DI102\n",
    "LC205 an annotation beside a key that nothing sets": """
def get_db(request: Request) -> AsyncSession:
    sessions: async_sessionmaker[AsyncSession] = request.app.state.maker
    return sessions()  # expect: LC205
X = A[AsyncSession, Depends(get_db)]
""",
    "DI106 for the type checker alone": "if checking:\n    client = httpx.Client()\n",
    "DI103 a cast under another name": """
def give(thing: Thing | None = None) -> Thing:
    return thing or trust(Thing, Thing())  # expect: DI103
""",
    "DI103 what merely ends like a cast": """
def broadcast(a: object, b: object) -> int:
    return 1
def give(number: int | None = None) -> int:
    return number or broadcast(Thing, Thing())
""",
    "DI108 a partial under another name": """
def low(value: int, state: object) -> None:
    state.x = value  # expect: DI108
put = bound(low, 1)
def go(app: FastAPI) -> None:
    put(app.state)
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_name_means_what_it_was_imported_as(name: str) -> None:
    files = files_of(HEAD + PROGRAMS[name])

    assert found_in(program_from(files), [RULES[name[:5]]]) == expected_in(files)


def test_a_module_that_is_imported_and_not_there_is_of_another_distribution() -> None:
    files = files_of("""
--- app/__init__.py
--- app/core/constants.py
import app.config
A = app.config.get_settings()  # expect: CF602
""")

    assert found_in(program_from(files), [RULES["CF602"]]) == expected_in(files)


def test_a_function_of_a_library_releases_what_it_is_given_however_it_is_called() -> None:
    files = files_of("""
--- app/lifespan.py
import lib
from contextlib import asynccontextmanager
from redis.asyncio import Redis
@asynccontextmanager
async def lifespan(app):
    app.state.a = Redis()
    try:
        yield
    finally:
        await lib.close_all(app.state.a)
--- app/main.py
import fastapi
from app.lifespan import lifespan
app = fastapi.FastAPI(lifespan=lifespan)
""")

    assert found_in(program_from(files), [RULES["LC201"]]) == expected_in(files)


def test_a_cast_that_another_module_assigned_is_one() -> None:
    files = files_of("""
--- app/numbers.py
import typing as t
as_type = t.cast
--- app/use.py
from app.numbers import as_type
def third(values: list[object]) -> int:
    return as_type(int, values[3])  # expect: FP802
""")

    assert found_in(program_from(files), [RULES["FP802"]]) == expected_in(files)
