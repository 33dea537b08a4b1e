# ruff: noqa: E501  one program a line
"""DI103: what was not injected, constructed or fetched on the side."""

from __future__ import annotations

import pytest

from conformance.examples import expected_in, found_in, program_from
from conformance.rules.injection.conditional_fallback import RULE

HEAD = """
import asyncio
from contextlib import ExitStack
import functools
import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple, Optional, TypedDict, cast
import typing as t

import httpx
import structlog
from arq import create_pool
from arq.connections import RedisSettings
from fastapi import Request
from pydantic import BaseModel
from pydantic_settings import BaseSettings
from redis.asyncio import Redis
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session

from app.resources import engine, make_redis, settings_of

class Service:
    @classmethod
    def create(cls) -> "Service":
        return cls()
class Model(BaseModel):
    x: int = 1
class Settings(BaseSettings):
    x: int = 1
class Base(DeclarativeBase):
    pass
class Row(Base):
    __tablename__ = "rows"
    id: Mapped[int]
class Color(Enum):
    RED = 1
class Pair(NamedTuple):
    a: int = 1
class Shape(TypedDict):
    a: int
@dataclass
class Data:
    a: int = 1
class Broken(Exception):
    pass
_MISSING = object()
"""

REPORTED = {
    "or": "def f(s: Service | None = None):\n    s = s or Service()  # expect: DI103\n",
    "or in a call": "def f(s=None):\n    print(s or Service())  # expect: DI103\n",
    "or in a return": "def f(s=None):\n    return s or Service()  # expect: DI103\n",
    "or, awaited": "async def f(r: Redis = None):\n    r = r or await create_pool(RedisSettings())  # expect: DI103\n",
    "an unknown function, awaited, of an annotated parameter": (
        "async def f(r: Optional[Redis] = None):\n    r = r or await connect()  # expect: DI103\n"
    ),
    "if expression": "def f(s=None):\n    s = s if s else Service()  # expect: DI103\n",
    "if expression, is not None": "def f(s=None):\n    return s if s is not None else Service()  # expect: DI103\n",
    "if expression, is None": "def f(s=None):\n    return Service() if s is None else s  # expect: DI103\n",
    "if expression, not": "def f(s=None):\n    return Service() if not s else s  # expect: DI103\n",
    "if expression, == None": "def f(s=None):\n    return Service() if s == None else s  # expect: DI103\n",
    "if expression, None is": "def f(s=None):\n    return Service() if None is s else s  # expect: DI103\n",
    "if": "def f(s=None):\n    if s is None:\n        print('own')\n        s = Service()  # expect: DI103\n",
    "if, of the type of None": (
        "def f(s=None):\n    if isinstance(s, type(None)):\n        s = Service()  # expect: DI103\n    return s\n"
    ),
    "if expression, of NoneType": (
        "def f(s=None):\n    return s if not isinstance(s, types.NoneType) else Service()  # expect: DI103\n"
    ),
    "if with an annotation": (
        "def f(s=None):\n    if not s:\n        s: Service = Service()  # expect: DI103\n    return s\n"
    ),
    "statement form": (
        "def f(s=None):\n    if s is None:\n        x = Service()  # expect: DI103\n    else:\n        x = s\n    return x\n"
    ),
    "statement form, the other way round": (
        "def f(s=None):\n    if s:\n        x = s\n    else:\n        x = Service()  # expect: DI103\n    return x\n"
    ),
    "statement form, in a class": (
        "class A:\n    def __init__(self, s=None):\n        if s is not None:\n            self.s = s\n"
        "        else:\n            self.s = Service()  # expect: DI103\n"
    ),
    "self": "class A:\n    def __init__(self, s=None):\n        self.s = s or Service()  # expect: DI103\n",
    "self just assigned": (
        "class A:\n    def __init__(self, s=None):\n        self.s = s\n"
        "        if self.s is None:\n            self.s = Service()  # expect: DI103\n"
    ),
    "self just assigned, the parameter asked": (
        "class A:\n    def __init__(self, s=None):\n        self.s = s\n"
        "        if not s:\n            self.s = Service()  # expect: DI103\n"
    ),
    "several lines": "def f(s=None):\n    x = (\n        s  # expect: DI103\n        or Service()\n    )\n    return x\n",
    "a closure": (
        "def f(s=None):\n    def inner():\n        return s or Service()  # expect: DI103\n    return inner\n"
    ),
    "another name": "def f(s=None):\n    x = s\n    x = x or Service()  # expect: DI103\n",
    "match": (
        "def f(s=None):\n    match s:\n        case None:\n            s = Service()  # expect: DI103\n"
        "        case _:\n            pass\n"
    ),
    "a sentinel": "def f(s=_MISSING):\n    if s is _MISSING:\n        s = Service()  # expect: DI103\n",
    "a sentinel in a field": (
        "@dataclass\nclass Holder:\n    s: Service = _MISSING\n    def __post_init__(self):\n"
        "        if self.s is _MISSING:\n            self.s = Service()  # expect: DI103\n"
    ),
    "in kwargs, or not": "def f(**kwargs):\n    s = kwargs['s'] if 's' in kwargs else Service()  # expect: DI103\n",
    "kwargs.get": "def f(**kwargs):\n    s = kwargs.get('s') or Service()  # expect: DI103\n",
    "kwargs.pop, then if": (
        "def f(**kw):\n    s = kw.pop('s', None)\n    if s is None:\n        s = Service()  # expect: DI103\n"
    ),
    "kwargs.setdefault": "def f(**kwargs):\n    kwargs.setdefault('s', Service())  # expect: DI103\n",
    "kwargs and not in": (
        "def f(**kwargs):\n    if 's' not in kwargs:\n        kwargs['s'] = Service()  # expect: DI103\n"
    ),
    "a field in post init": (
        "@dataclass\nclass A:\n    s: Service | None = None\n    def __post_init__(self):\n"
        "        if self.s is None:\n            self.s = Service()  # expect: DI103\n"
        "        self.s = self.s or Service()  # expect: DI103\n"
    ),
    "read from app.state": (
        "async def f(request: Request):\n    r = getattr(request.app.state, 'redis', None)\n"
        "    if r is None:\n        r = Redis()  # expect: DI103\n    return r\n"
    ),
    "read from app.state, at once": (
        "def f(request: Request):\n    return getattr(request.app.state, 'redis', None) or Redis()  # expect: DI103\n"
    ),
    "walrus": (
        "def f(request: Request):\n    if (r := getattr(request.app.state, 'redis', None)) is None:\n"
        "        r = Redis()  # expect: DI103\n    return r\n"
    ),
    "back to app.state": "def f(request: Request, r: Redis = None):\n    return r or request.app.state.redis  # expect: DI103\n",
    "back to a module-level resource": (
        "def f(e=None):\n    return e or engine  # expect: DI103\n"
        "def g(e=None):\n    if e is None:\n        e = engine  # expect: DI103\n    return e\n"
    ),
    "a helper in another module that constructs": "def f(r=None):\n    r = r or make_redis()  # expect: DI103\n",
    "a client": "def f(c=None):\n    c = c or httpx.AsyncClient()  # expect: DI103\n",
    "settings": "def f(s: Settings | None = None):\n    s = s or Settings()  # expect: DI103\n",
    "settings through a function": "def f(s: Settings | None = None):\n    s = s or settings_of()  # expect: DI103\n",
    "a class method": "def f(s=None):\n    s = s or Service.create()  # expect: DI103\n",
    "a string annotation": "def f(s: 't.Optional[Service]' = None):\n    s = s or build()  # expect: DI103\n",
    "a cast": "def f(s=None):\n    s = s or cast(Service, Service())  # expect: DI103\n",
    "two ways": (
        "def f(flag, s=None):\n    if s is None:\n        if flag:\n            s = Service()  # expect: DI103\n"
        "        else:\n            s = Service.create()  # expect: DI103\n"
    ),
    "return instead of assignment": (
        "def f(s: Service | None = None) -> Service:\n    if s is None:\n        return Service()  # expect: DI103\n"
        "    return s\n"
        "def g(s: Service | None = None) -> Service:\n    if s:\n        return s\n    return Service()  # expect: DI103\n"
    ),
    "an exit stack": (
        "def f(stack: ExitStack, c=None):\n    if c is None:\n        c = stack.enter_context(httpx.Client())  # expect: DI103\n    return c\n"
    ),
    "setattr of a frozen dataclass": (
        "@dataclass(frozen=True)\nclass A:\n    s: Service | None = None\n    def __post_init__(self):\n"
        "        if self.s is None:\n            object.__setattr__(self, 's', Service())  # expect: DI103\n"
    ),
    "with": (
        "def f(s: Session | None = None):\n    if s is None:\n        with Session(engine) as s:  # expect: DI103\n"
        "            return s\n"
    ),
    "one condition of several": (
        "def f(url, s=None):\n    if s is None and url:\n        s = Service()  # expect: DI103\n    return s\n"
    ),
    "kwargs of a key": "def f(**kwargs):\n    s = kwargs['s'] or Service()  # expect: DI103\n",
    "kwargs, not in, negated": "def f(**kwargs):\n    if not 's' in kwargs:\n        kwargs['s'] = Service()  # expect: DI103\n",
    "kwargs and in": "def f(**kwargs):\n    if 's' in kwargs:\n        pass\n    else:\n        kwargs['s'] = Service()  # expect: DI103\n",
    "kwargs.get with a default": "def f(**kwargs):\n    return kwargs.get('s', Service())  # expect: DI103\n",
    "kwargs.pop with a default": "def f(**kwargs):\n    s = kwargs.pop('s', Service())  # expect: DI103\n",
    "bool": "def f(s=None):\n    return s if bool(s) else Service()  # expect: DI103\n",
    "not bool": "def f(s=None):\n    if not bool(s):\n        s = Service()  # expect: DI103\n",
    "not equal": "def f(s=None):\n    return s if s != None else Service()  # expect: DI103\n",
    "not is not": "def f(s=None):\n    if not s is not None:\n        s = Service()  # expect: DI103\n",
    "one condition of several, the other way round": "def f(s=None, n=0):\n    if s and n:\n        pass\n    else:\n        s = Service()  # expect: DI103\n",
    "a tuple": "def f(s=None):\n    if s is None:\n        s, n = Service(), 1  # expect: DI103\n",
    "a tuple of a call": "def f(s=None):\n    if s is None:\n        s, n = make_redis()  # expect: DI103\n",
    "a walrus in the branch": "def f(s=None):\n    if s is None:\n        print(s := Service())  # expect: DI103\n",
    "the second of three": "def f(s=None, r=None):\n    return s or r or Service()  # expect: DI103\n",
    "an or in an or": "def f(s=None, r=None):\n    return (r or s) or Service()  # expect: DI103\n",
    "what an or stood for": "def f(s=None):\n    x = s or None\n    x = x or Service()  # expect: DI103\n",
    "either of two": "def f(s=None, n=0):\n    s = s or (Service() if n else None)  # expect: DI103\n",
    "either of two, the other": "def f(s=None, n=0):\n    s = s or (None if n else Service())  # expect: DI103\n",
    "either by an or": "def f(s=None, n=0):\n    if s is None:\n        s = n or Service()  # expect: DI103\n",
    "a walrus as the replacement": "def f(s=None):\n    return s or (x := Service())  # expect: DI103\n",
    "in a try": "def f(s=None):\n    try:\n        if s is None:\n            return Service()  # expect: DI103\n        return s\n    finally:\n        pass\n",
    "in the else of a try": "def f(s=None):\n    try:\n        pass\n    except ValueError:\n        pass\n    else:\n        if s is None:\n            return Service()  # expect: DI103\n        return s\n",
    "in a with": "def f(s=None):\n    with open('x'):\n        if s is None:\n            return Service()  # expect: DI103\n        return s\n",
    "in a branch": "def f(s=None, n=0):\n    if n:\n        if s is None:\n            return Service()  # expect: DI103\n        return s\n",
    "in the other branch": "def f(s=None, n=0):\n    if n:\n        pass\n    else:\n        if s is None:\n            return Service()  # expect: DI103\n        return s\n",
    "if and else that return": "def f(s=None):\n    if s is not None:\n        return s\n    else:\n        x = 1\n        return Service()  # expect: DI103\n",
    "match, the ellipsis": "def f(s=...):\n    match s:\n        case 3:\n            pass\n    if s is ...:\n        s = Service()  # expect: DI103\n",
    "an attribute just assigned": "def f(obj, s=None):\n    obj.s = s\n    obj.s = obj.s or Service()  # expect: DI103\n",
    "a default from app.state": "def f(request: Request):\n    return getattr(request.app.state, 's', Service())  # expect: DI103\n",
    "a default from app.state, awaited": "async def f(request: Request):\n    return getattr(request.app.state, 's', await create_pool(RedisSettings()))  # expect: DI103\n",
    "app.state.get": "def f(request: Request):\n    s = request.app.state.get('s')\n    return s or Service()  # expect: DI103\n",
    "app.state.get with a default": "def f(request: Request):\n    return request.app.state.get('s', Service())  # expect: DI103\n",
    "app.state.get with None": "def f(request: Request):\n    return request.app.state.get('s', None) or Service()  # expect: DI103\n",
    "a static method": "class A:\n    @staticmethod\n    def f(s=None):\n        return s or Service()  # expect: DI103\n",
    "back to app.state, of a key": "def f(request: Request, key, r: Redis = None):\n    return r or request.app.state[key]  # expect: DI103\n",
    "a function of the target, of an annotated parameter": "def build():\n    return unknown()\ndef f(r: Redis = None):\n    return r or build()  # expect: DI103\n",
    "a function that says so": "def build() -> Service: ...\ndef f(r: Redis = None):\n    return r or build()  # expect: DI103\n",
    "a sentinel that is the default": "_NOTHING_HERE = object()\nabsent = 1\ndef f(s=absent):\n    if s is absent:\n        s = Service()  # expect: DI103\n",
    "next, of an annotated parameter": "def f(r: Redis = None):\n    return r or next(build())  # expect: DI103\n",
    "the attribute of an object from elsewhere": "def f(s=None):\n    if s is None:\n        object.__setattr__(f, 'x', 1)\n        setattr(f, 's', Service())\n        s = Service()  # expect: DI103\n",
    "keyword only, static and async": (
        "class A:\n    @staticmethod\n    async def f(s=None, *, c: Service | None = None):\n"
        "        s = s or Service()  # expect: DI103\n        c = c or await get()  # expect: DI103\n"
    ),
}

VALUES = {
    "literals": "def f(a=None, b=None):\n    a = a or {}\n    b = b or [1]\n    return a, b, a or 'x'\n",
    "builtins": "def f(a: list | None = None, b=None):\n    a = a or list()\n    b = b or dict(x=1)\n",
    "standard values": (
        "def f(a=None, b=None, c=None, d=None):\n    a = a or datetime.now()\n    b = b or uuid.uuid4()\n"
        "    c = c or Decimal(1)\n    d = d if d is not None else Path('x')\n"
    ),
    "models": (
        "def f(a=None, b=None, c=None, d=None, e=None, g=None, h=None):\n    a = a or Model()\n    b = b or Data()\n"
        "    c = c or Pair()\n    d = d or Shape(a=1)\n    e = e or Row()\n    g = g or Broken()\n    h = h or Color(1)\n"
    ),
    "what declares": (
        "def f(a=None, b=None, c=None, d=None, e: RedisSettings | None = None):\n    a = a or logging.getLogger('x')\n"
        "    b = b or threading.Lock()\n    c = c or structlog.get_logger()\n    d = d or asyncio.Lock()\n"
        "    e = e or RedisSettings()\n"
    ),
    "raise": "def f(s: Service | None = None):\n    if s is None:\n        raise ValueError\n    return s\n",
    "another parameter": "def f(a: Service | None, b: Service):\n    a = a or b\n    return a if a else b\n",
    "an attribute": "class A:\n    def f(self, s: Service | None = None):\n        return s or self.s\n",
    "any call for a value": "def f(a: str | None = None, b: int = 0):\n    a = a or build()\n    b = b or count()\n",
    "any call for an unannotated parameter": "def f(a=None, b: Any = None):\n    a = a or build()\n    b = b or build()\n",
    "a callable": "def f(cb: Callable[[], int] | None = None):\n    cb = cb or build()\n    return cb or (lambda: 1)\n",
    "a truth": (
        "def f(s: Service | None = None):\n    if s or check():\n        return 1\n    while s or check():\n        pass\n"
        "    return [x for x in () if s or check()]\n"
    ),
    "a known value of a call": (
        "def is_on() -> bool:\n    return True\ndef f(s: Service | None = None):\n    return s or is_on()\n"
    ),
    "another name in the branch": (
        "def f(s: Service | None = None):\n    if s is None:\n        other = Service()\n        return other\n    return s.x\n"
    ),
    "another type": "def f(s=None):\n    if isinstance(s, type(1)):\n        s = Service()\n    return s\n",
    "the branch in which it is there": "def f(s=None):\n    if s is not None:\n        s = Service()\n    return s\n",
    "a local": "def f():\n    s = find()\n    s = s or Service()\n    return s\n",
    "a row of app.state's limits": (
        "def f(request: Request, limit: int | None = None):\n    return limit or request.app.state.limit\n"
    ),
    "a statement": "def f(q: 'Select | None' = None):\n    q = q or select(Row)\n    return q\n",
    "a dict's get": "def f(data: dict):\n    return data.get('s') or Service()\n",
    "a truth in a match": "def f(s: Service | None = None):\n    match 1:\n        case 1 if s or check():\n            return 1\n    assert s or check()\n    return 1 if s or check() else 2\n",
    "an or of values": "def f(s=None, a=1, b=2):\n    if s is None:\n        s = a or b\n    return s or (a or b)\n",
    "a truth, negated": "def f(s=None):\n    return not (s or Service()) or not not (s or Service())\n",
    "arguments and self": "class A:\n    def f(self, *args):\n        return self or args or Service()\n    @classmethod\n    def g(cls):\n        return cls or Service()\n",
    "kwargs of a parameter": "def f(kwargs):\n    if 's' not in kwargs:\n        kwargs['s'] = Service()\n    kwargs.setdefault('t', Service())\n    return kwargs['x'] or Service()\n",
    "kwargs.get with a default that is there": "def f(**kwargs):\n    return kwargs.get('s', 1) or Service()\n",
    "a default that is nothing": "def f(**kwargs):\n    kwargs.setdefault('s', None)\n    return kwargs.get('s', None)\n",
    "another comparison": "def f(s=None, n=1):\n    if s is n or s == 3 or s > 4:\n        s = Service()\n    if s in ():\n        s = Service()\n",
    "a comparison with a call": "def f(s=None):\n    if s == find():\n        s = Service()\n",
    "equal names": "def f(s=None, t=None):\n    if s is None:\n        t = Service()\n",
    "an attribute that was not assigned": "def f(obj, s=None):\n    if obj.s is None:\n        obj.s = Service()\n",
    "a local of the outer function": "def f():\n    s = 1\n    def g():\n        return s or Service()\n    return g\n",
    "what the annotation says is a value": "def f(a: int | None = None, request: Request = None):\n    return a or request.app.state.a\n",
    "a function that gives a value": "def build() -> str: ...\ndef f(r: Redis = None):\n    return r or build()\n",
    "the standard library": "import os\ndef f(r: Redis = None):\n    return r or os.getcwd() or len([])\n",
    "an entry of a dict": "TABLE = {}\ndef f(s: Service = None):\n    return s or TABLE['x']\n",
    "a module-level value": "LIMIT = 3\ndef f(s: Service = None):\n    return s or LIMIT\n",
    "returns that differ": "def f(s=None, r=None):\n    if s is None:\n        return Service()\n    return r\n",
    "a return behind another": "def f(s=None):\n    if s is None:\n        while True:\n            pass\n        return Service()\n    return 3\n",
    "a match on another thing": "def f(s=None):\n    match find():\n        case None:\n            s = Service()\n    match s:\n        case 3:\n            s = Service()\n",
    "a parameter bound anew": "def f(s):\n    s = find(s)\n    s = s or Service()\n    return s\n",
}


def _program(body: str, path: str = "app/services/things.py") -> dict[str, str]:
    resources = (
        "from redis.asyncio import Redis\nfrom sqlalchemy import create_engine\nengine = create_engine('sqlite://')\n"
        "def make_redis():\n    client = Redis()\n    return client\n"
        "def settings_of():\n    from app.services.things import Settings\n    return Settings()\n"
    )
    return {"app/resources.py": resources, path: f"{HEAD}{body}"}


@pytest.mark.parametrize("body", REPORTED.values(), ids=REPORTED)
def test_a_fallback_to_a_dependency_is_reported(body: str) -> None:
    files = _program(body)

    found = found_in(program_from(files), [RULE])

    assert found == expected_in(files)
    assert found


@pytest.mark.parametrize("body", VALUES.values(), ids=VALUES)
def test_a_fallback_to_a_value_is_not(body: str) -> None:
    files = _program(body)

    found = found_in(program_from(files), [RULE])

    assert not found


def test_a_fallback_in_a_test_is_not_looked_at() -> None:
    files = _program("def f(s=None):\n    return s or Service()\n", "tests/test_things.py")

    found = found_in(program_from(files), [RULE])

    assert not found


def test_a_fallback_to_the_context_of_arq_is_one() -> None:
    files = {
        "app/worker.py": (
            "from arq.connections import RedisSettings\nfrom redis.asyncio import Redis\n\n\n"
            "async def ping(ctx: dict) -> None:\n    redis = ctx.get('cache')\n    if redis is None:\n"
            "        redis = Redis()  # expect: DI103\n    await redis.ping()\n\n\n"
            "class WorkerSettings:\n    functions = [ping]\n    redis_settings = RedisSettings()\n"
        )
    }

    found = found_in(program_from(files), [RULE])

    assert found == expected_in(files)
