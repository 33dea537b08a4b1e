# ruff: noqa: E501  programs in lines
"""LC207, LC208 and LC209 in the spellings that the samples do not show."""

from __future__ import annotations

import pytest

from conformance.config import Config
from conformance.examples import expected_in, files_of, found_in, program_from
from conformance.results import Undecidable
from conformance.rules import all_rules

RULES = {rule.id: rule for rule in all_rules()}
KEYS = """--- app/lifespan.py
from contextlib import asynccontextmanager
from redis.asyncio import Redis
@asynccontextmanager
async def lifespan(app):
    {lifespan}
    yield
    {after}
--- app/deps/things.py
from typing import Annotated
from fastapi import Depends, Request
{deps}
Dep = Annotated[object, Depends(provide)]
--- app/main.py
from fastapi import FastAPI
from app.lifespan import lifespan
app = FastAPI(lifespan=lifespan)
{main}
"""
UNSET = {
    "set": ("app.state.a = 1", "def provide(r: Request):\n    return r.app.state.a"),
    "never set": ("app.state.a = 1", "def provide(r: Request):\n    return r.app.state.b  # expect: LC207"),
    "getattr": ("pass", "def provide(r: Request):\n    return getattr(r.app.state, 'b')  # expect: LC207"),
    "getattr with a default": (
        "pass",
        "def provide(r: Request):\n    return getattr(r.app.state, 'b', 1)  # expect: LC207",
    ),
    "hasattr": ("app.state.a = 1", "def provide(r: Request):\n    return hasattr(r.app.state, 'b')"),
    "each line": (
        "pass",
        "def provide(r: Request):\n    x = r.app.state.b  # expect: LC207\n    return x or r.app.state.b  # expect: LC207",
    ),
    "a local alias": ("pass", "def provide(r: Request):\n    s = r.app.state\n    return s.b  # expect: LC207"),
    "a helper": (
        "pass",
        "def _get(r):\n    return r.app.state.b  # expect: LC207\ndef provide(r: Request):\n    return _get(r)",
    ),
    "a class": (
        "pass",
        "class provide:\n    def __init__(self, request: Request):\n        self.b = request.app.state.b  # expect: LC207",
    ),
    "a guard": ("app.state.a = 1", "def provide(request: Request):\n    request.app.state.key  # expect: LC207"),
    "request.state": ("pass", "def provide(r: Request):\n    return r.state.b"),
    "update with keywords": ("app.state._state.update(b=1)", "def provide(r: Request):\n    return r.app.state.b"),
    "setattr in a literal loop": (
        "for k in ('a', 'b'):\n        setattr(app.state, k, 1)",
        "def provide(r: Request):\n    return r.app.state.b",
    ),
    "slowapi": ("pass", "def provide(r: Request):\n    return r.app.state.limiter"),
    "written by a method that the lifespan calls": (
        "Filler(app).fill()",
        (
            "class Filler:\n    def __init__(self, app):\n        self.app = app\n    def fill(self):\n"
            "        self.app.state.b = 1\ndef provide(r: Request):\n    return r.app.state.b  # expect: LC207"
        ),
    ),
    "a function in the provider": (
        "pass",
        "def provide(r: Request):\n    def inner():\n        return r.app.state.b  # expect: LC207\n    return inner()",
    ),
    "a computed key": ("app.state.a = 1", "def provide(r: Request, key):\n    return getattr(r.app.state, key)"),
    "in the dependencies of the tests": (
        "app.state.a = 1",
        (
            "def provide(r: Request):\n    return r.app.state.a\n"
            "--- tests/deps.py\nfrom fastapi import Request\ndef double(r: Request):\n    return r.app.state.nothing\n"
            "--- app/deps/more.py\nfrom typing import Annotated\nfrom fastapi import Depends, Request\n"
            "def provide(r: Request): ..."
        ),
    ),
    "set by a function of a library": (
        "import operator\n    operator.setitem(app.state._state, 'b', 1)",
        "def provide(r: Request):\n    return r.app.state.b, r.app.state.c  # expect: LC207",
    ),
    "deleted afterwards": (
        "app.state.b = 1\n    del app.state.b",
        "def provide(r: Request):\n    return r.app.state.b",
    ),
}


@pytest.mark.parametrize(("lifespan", "deps"), UNSET.values(), ids=UNSET.keys())
def test_what_providers_read_is_set(lifespan: str, deps: str) -> None:
    files = files_of(KEYS.format(lifespan=lifespan, after="", deps=deps, main=""))

    found = found_in(program_from(files), [RULES["LC207"]])

    assert found == expected_in(files)


def test_a_key_that_only_the_entrypoint_sets_is_unset() -> None:
    deps = "def provide(r: Request):\n    return r.app.state.b  # expect: LC207"
    files = files_of(KEYS.format(lifespan="pass", after="", deps=deps, main="app.state.b = 1"))

    found = found_in(program_from(files), [RULES["LC207"]])

    assert found == expected_in(files)


def test_a_key_of_a_library_is_configured() -> None:
    deps = "def provide(r: Request):\n    return r.app.state.admin"
    files = files_of(KEYS.format(lifespan="pass", after="", deps=deps, main=""))

    found = found_in(program_from(files, Config(external_state_keys=("admin",))), [RULES["LC207"]])

    assert not found


def test_computed_keys_are_undecidable() -> None:
    deps = "def provide(r: Request):\n    return r.app.state.b"
    lifespan = "for k, v in app.extra.items():\n        setattr(app.state, k, v)"
    program = program_from(files_of(KEYS.format(lifespan=lifespan, after="", deps=deps, main="")))
    rule = RULES["LC207"]

    (result,) = [r for subject in rule.subjects(program) for r in rule.check(program, subject)]

    assert isinstance(result, Undecidable)


def test_without_an_application_nothing_can_be_set() -> None:
    deps = "def provide(r: Request):\n    return r.app.state.b{expected}"
    text = KEYS.format(lifespan="pass", after="", deps=deps, main="").partition("--- app/main.py")[0]
    started = files_of(text.format(expected="  # expect: LC207"))
    alone = {"app/deps/things.py": files_of(text.format(expected=""))["app/deps/things.py"]}

    found = found_in(program_from(started), [RULES["LC207"]]), found_in(program_from(alone), [RULES["LC207"]])

    assert found == (expected_in(started), expected_in(alone))


READ = "def provide(r: Request):\n    return r.app.state.a"
UNREAD = {
    "read": ("app.state.a = 1", "", READ, ""),
    "unread": ("app.state.b = 1  # expect: LC208", "", READ, ""),
    "the first of two": ("app.state.b = 1  # expect: LC208\n    app.state.b = 2", "", READ, ""),
    "by each of two lifespans": (
        "app.state.b = 1  # expect: LC208",
        "",
        READ,
        """
--- app/admin.py
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def start(app):
    app.state.b = 1  # expect: LC208
    app.state.b = 2
    yield
admin = FastAPI(lifespan=start)""",
    ),
    "only released": ("app.state.b = Redis()  # expect: LC208", "await app.state.b.aclose()", READ, ""),
    "released through getattr": (
        "app.state.b = Redis()  # expect: LC208",
        "await getattr(app.state, 'b').aclose()",
        READ,
        "",
    ),
    "read in the lifespan": ("app.state.b = 1\n    print(app.state.b)", "", READ, ""),
    "deleted": ("app.state.b = 1  # expect: LC208", "del app.state.b", READ, ""),
    "a computed read": (
        "app.state.b = 1",
        "",
        "def provide(r: Request, name: str):\n    return getattr(r.app.state, name)",
        "",
    ),
    "in a route": ("app.state.b = 1", "", READ, "@app.get('/')\ndef index():\n    return app.state.b"),
    "increased in a route": ("app.state.b = 1", "", READ, "@app.get('/')\ndef index():\n    app.state.b += 1"),
    "by a helper": (
        "app.state.b = 1",
        "",
        "def use(state):\n    return state.b\ndef provide(r: Request):\n    return use(r.app.state)",
        "",
    ),
    "slowapi": ("app.state.limiter = 1", "", READ, ""),
    "released by a computed name": (
        "app.state.b = Redis()",
        "await getattr(app.state.b, 'ping')()",
        READ,
        "",
    ),
    "asked for in the lifespan": ("app.state.b = 1  # expect: LC208", "hasattr(app.state, 'b')", READ, ""),
    "asked for elsewhere": (
        "app.state.b = 1",
        "",
        "def provide(r: Request):\n    return hasattr(r.app.state, 'b')",
        "",
    ),
    "handed to a library": ("app.state.b = 1\n    asynccontextmanager(app.state)", "", READ, ""),
    "handed to a builtin": ("app.state.b = 1  # expect: LC208\n    print(app.state)", "", READ, ""),
    "written anew elsewhere": ("app.state.b = 1  # expect: LC208", "", READ, "app.state.b = 2"),
    "closed through getattr": (
        "app.state.b = Redis()  # expect: LC208",
        "await getattr(app.state.b, 'aclose')()",
        READ,
        "",
    ),
    "a method of it is called": (
        "app.state.b = Redis()",
        "",
        "def provide(r: Request):\n    return r.app.state.b.get('x')",
        "",
    ),
    "another getattr": (
        "app.state.b = Redis()",
        "getattr(app.state.b, 'ping')\n    getattr(lifespan, 'close')\n    lifespan.close()",
        READ,
        "",
    ),
    "handed to a library or a builtin": (
        "app.state.b = 1\n    tell = print if app.debug else asynccontextmanager\n    tell(app.state)",
        "",
        READ,
        "",
    ),
    "handed to a library in the tests": (
        "app.state.b = 1  # expect: LC208",
        "",
        READ,
        "\n--- tests/test_b.py\nimport lib\nfrom app.main import app\ndef test_b():\n    lib.check(app.state)",
    ),
    "in tests only": (
        "app.state.b = 1  # expect: LC208",
        "",
        READ,
        "\n--- tests/test_b.py\nfrom app.main import app\ndef test_b():\n    assert app.state.b",
    ),
}


@pytest.mark.parametrize(("lifespan", "after", "deps", "main"), UNREAD.values(), ids=UNREAD.keys())
def test_what_the_lifespan_writes_is_read(lifespan: str, after: str, deps: str, main: str) -> None:
    files = files_of(KEYS.format(lifespan=lifespan, after=after, deps=deps, main=main))

    found = found_in(program_from(files), [RULES["LC208"]])

    assert found == expected_in(files)


CONFIG = """--- app/config.py
from functools import cache, lru_cache
from pydantic import Field
from pydantic_settings import BaseSettings
class Database(BaseSettings):
    url: str = "sqlite://"
class Settings(BaseSettings):
    debug: bool = False
    database: Database = Field(default_factory=Database)
{config}
--- app/other.py
from functools import lru_cache
import app.config as c
from app.config import Settings as S
{other}
"""
CACHED = "@lru_cache\ndef get_settings():\n    return Settings()"
SETTINGS = {
    "one cached function": (CACHED, ""),
    "with parentheses": ("@lru_cache(maxsize=1)\ndef get_settings():\n    return Settings()", ""),
    "lru_cache around the class": ("get_settings = lru_cache(Settings)", ""),
    "lru_cache(…) around the class": ("get_settings = lru_cache(maxsize=1)(Settings)", ""),
    "cache of the module": ("import functools\n@functools.cache\ndef get_settings():\n    return Settings()", ""),
    "without a cache": ("def get_settings():\n    return Settings()  # expect: LC209", ""),
    "an alias": (CACHED, "def f():\n    return S()  # expect: LC209"),
    "through the module": (CACHED, "def f():\n    return c.Settings()  # expect: LC209"),
    "model_validate": (CACHED, "def f():\n    return S.model_validate({})  # expect: LC209"),
    "a default argument": (CACHED, "def f(s=S()): ...  # expect: LC209"),
    "a class body": (CACHED, "class A:\n    s = S()  # expect: LC209"),
    "an argument at import": (CACHED, "print(S())  # expect: LC209"),
    "a module-level name": (CACHED, "settings = S()"),
    "a module-level name of any kind": (CACHED, "_conf: S = S()"),
    "a main guard": (CACHED, "if __name__ == '__main__':\n    print(S())"),
    "a second cached function": (CACHED, "@lru_cache\ndef settings():  # expect: LC209\n    return S()"),
    "two in config": (CACHED + "\n@cache\ndef again():  # expect: LC209\n    return Settings()", ""),
    "a cached function of another module alone": ("", "@lru_cache\ndef settings():\n    return S()"),
    "a lambda": (CACHED, "def f():\n    return (lambda: S())()  # expect: LC209"),
    "a nested function": (CACHED, "def f():\n    def g():\n        return S()  # expect: LC209\n    return g"),
    "an inner helper of the cached function": (
        "def build():\n    return Settings()\n@lru_cache\ndef get_settings():\n    return build()",
        "",
    ),
    "called only": (CACHED, "def f():\n    return c.get_settings()"),
    "a settings class that makes another": (
        CACHED,
        "class Outer(S):\n    def more(self):\n        return S()  # expect: LC209\n    def group(self):\n        return c.Database()",
    ),
    "a helper of the cached function": (
        "def _make():\n    return Settings()\n@lru_cache\ndef get_settings():\n    return _make()",
        "",
    ),
    "a helper of two": (
        "def _make():\n    return Settings()  # expect: LC209\n@lru_cache\ndef get_settings():\n    return _make()",
        "def f():\n    return c._make()",
    ),
    "a helper that nobody calls": (CACHED, "def f():\n    return g()\ndef g():\n    return S()  # expect: LC209"),
    "helpers that call each other": (
        CACHED,
        "def f():\n    return g()\ndef g():\n    f()\n    return S()  # expect: LC209",
    ),
    "another cache around the class": (
        CACHED,
        "import lib\nget = lib.remember(S)\nagain = lru_cache(lambda: S())  # expect: LC209",
    ),
    "tests": (CACHED, "\n--- tests/test_a.py\nfrom app.config import Settings\ndef test_a():\n    Settings()"),
    "a second cached function that constructs twice": (
        CACHED,
        "@lru_cache\ndef settings(x):  # expect: LC209\n    return S(debug=x) if x else S()",
    ),
    "a second lru_cache around the class": (CACHED, "again = lru_cache(S)  # expect: LC209"),
    "the one of config goes first": (
        CACHED,
        (
            "\n--- app/a.py\nfrom functools import lru_cache\nfrom app.config import Settings\n"
            "@lru_cache\ndef first():  # expect: LC209\n    return Settings()"
        ),
    ),
    "a group in a string": (
        "class Cache(BaseSettings):\n    url: str = ''\nclass Outer(BaseSettings):\n    cache: 'Cache | None' = None\n"
        + CACHED,
        "def f():\n    return c.Cache()",
    ),
    "a group of another module": (
        "import app.groups as groups\nclass Outer(BaseSettings):\n"
        "    cache: object = Field(default_factory=groups.Cache)\n" + CACHED,
        (
            "def f():\n    return c.groups.Cache()\n--- app/groups.py\nfrom pydantic_settings import BaseSettings\n"
            "class Cache(BaseSettings):\n    url: str = ''"
        ),
    ),
    "a group in a default without a type": (
        "class Cache(BaseSettings):\n    url: str = ''\nclass Outer(BaseSettings):\n"
        "    cache: object = Field(default_factory=Cache)\n" + CACHED,
        "def f():\n    return c.Cache()",
    ),
    "a method of another settings class": (
        CACHED,
        (
            "from pydantic_settings import BaseSettings\nclass Outer(BaseSettings):\n    def group(self):\n"
            "        return S()\nclass Plain:\n    def group(self):\n        return S()  # expect: LC209"
        ),
    ),
    "a cached class method": (
        "class Holder:\n    @classmethod\n    @lru_cache\n    def get(cls):\n        return Settings()",
        "",
    ),
}


@pytest.mark.parametrize(("config", "other"), SETTINGS.values(), ids=SETTINGS.keys())
def test_settings_are_constructed_once(config: str, other: str) -> None:
    files = files_of(CONFIG.format(config=config, other=other))

    found = found_in(program_from(files), [RULES["LC209"]])

    assert found == expected_in(files)
