"""A name that an assignment gives to what a library has means what the library's name means."""

from __future__ import annotations

from collections import Counter

import pytest

from conformance.examples import expected_in, found_in, program_from
from conformance.rules import all_rules

RULES = {rule.id: rule for rule in all_rules()}

ASSIGNED = {
    "a marker of typing": """\
import typing
from fastapi import Depends, Request
A = typing.Annotated
class Clock: ...
def get_clock(request: Request) -> "Clock | None":  # expect: DI101
    return None
ClockDep = A[Clock | None, Depends(get_clock)]  # expect: DI102
""",
    "a marker, twice": """\
import typing as t
from fastapi import Depends, Request
Maybe = t.Optional
Perhaps = Maybe
class Clock: ...
def get_clock(request: Request) -> Perhaps[Clock]:  # expect: DI101
    return request.app.state.clock
ClockDep = t.Annotated[Clock, Depends(get_clock)]
""",
    "a class with type arguments": """\
import typing
from fastapi import Depends, Request
A = typing.Annotated
Stream = typing.AsyncGenerator
class Clock: ...
class Watch: ...
async def get_clock(request: Request) -> Stream[Clock, None]:
    yield request.app.state.clock
WatchDep = A[Watch, Depends(get_clock)]  # expect: DI115
""",
    "a cache": """\
import functools
from pydantic_settings import BaseSettings
cached = functools.lru_cache
class Settings(BaseSettings): ...
@cached
def get_settings() -> Settings:
    return Settings()
""",
}


@pytest.mark.parametrize("source", ASSIGNED.values(), ids=ASSIGNED)
def test_an_assigned_name_means_what_it_was_given(source: str) -> None:
    files = {"app/deps/clock.py": source}

    found = found_in(program_from(files), [RULES["DI101"], RULES["DI102"], RULES["DI115"], RULES["LC209"]])

    assert found == Counter(expected_in(files))
