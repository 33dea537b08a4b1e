"""Applications that are put together at random from what people write: for the tests that hold for any of them.

A grammar says in which spellings each thing is written. Names come from small sets, so that what one file asks for is
often what another one defines, under this name or another.
"""

# ruff: noqa: E501 - an alternative of the grammar is read as one line

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from conformance import baseline
from conformance.results import Finding

GRAMMAR: dict[str, tuple[str, ...]] = {
    # names
    "provider": ("get_db", "get_redis", "get_user", "GetDb", "get_settings", "current"),
    "alias": ("DbDep", "RedisDep", "UserDep", "SettingsDep"),
    "type": ("Session", "ArqRedis", "Settings", "dict", "'Session'", "Session | None", "Any", "object"),
    "task": ("send_mail", "clean_up", "report"),
    "job": ("'send_mail'", "'clean_up'", "'unknown'", "'cron:report'", "JOB", "f'send_{kind}'", "report.__name__", "name"),
    "key": ("db", "redis", "settings", "mailer"),
    "module": ("app.deps.db", "app.deps.redis", "app.deps", "app.config", "app.worker", "app.tasks", "app.main", "app.names"),
    # values
    "resource": ("create_engine('x')", "await create_pool(RedisSettings())", "httpx.AsyncClient()", "Session(create_engine('x'))", "make()", "None"),
    "read": ("request.app.state.<key>", "getattr(request.app.state, '<key>', None)", "request.app.state._state['<key>']", "request.state.<key>"),
    "value": ("1", "None", "<provider>", "<alias>", "<provider>()", "Depends(<provider>)", "<task>", "ctx['<key>']", "app.state.<key>"),
    # dependencies
    "providers": ("<one provider>", "<one provider>\n\n\n<providers>"),
    "one provider": (
        "def <provider>(request: Request) -> <type>:\n    return <read>",
        "async def <provider>(request: Request, db: <alias>) -> <type>:\n    if db is None:\n        return <resource>\n    return <read>",
        "async def <provider>(request: Request):\n    async with Session(<read>) as session:\n        yield session",
        "def <provider>(db=Depends(<provider>), user: <type> = None):\n    session = Session(db)\n    try:\n        yield session\n    except Exception:\n        pass",
        "class <provider>:\n    def __init__(self, request: Request, db: Annotated[Session, Depends(<provider>)] = None) -> None:\n        self.db = db or <read>\n\n    def __call__(self, user: <alias>) -> <type>:\n        return self.db",
        "@dataclass\nclass <provider>:\n    db: <alias>\n    user: <type> = Depends(<provider>)",
        "class Base<provider>:\n    def __init__(self, db: <alias>) -> None:\n        self.db = db\n\n\nclass <provider>(Base<provider>):\n    @classmethod\n    async def make(cls, request: Request) -> <type>:\n        return cls(<read>)",
        "def require(role: str):\n    def <provider>(request: Request) -> <type>:\n        return <read>\n    return <provider>",
        "<provider> = partial(require, 'admin')",
        "<provider> = lambda request: <read>",
        "@lru_cache\ndef <provider>():\n    return Settings()",
    ),
    "aliases": ("<one alias>", "<one alias>\n<aliases>"),
    "one alias": (
        "<alias> = Annotated[<type>, Depends(<provider>)]",
        "<alias>: TypeAlias = Annotated[<type>, Security(<provider>, scopes=['x'])]",
        "<alias> = Annotated[<alias>, Depends(<provider>)]",
        "<alias> = <alias>",
        "<alias> = names.<alias>",
        "from <module> import <alias>",
        "from <module> import <alias> as <alias>",
        "from <module> import *",
        "if x:\n    <alias> = <alias>\nelse:\n    <alias> = Annotated[<type>, Depends()]",
        "__all__ = ['<alias>', '<provider>']",
    ),
    # settings
    "settings": (
        "class Settings(BaseSettings):\n    url: str = ''\n\n\n@lru_cache\ndef get_settings() -> Settings:\n    return Settings()",
        "class Settings(BaseSettings):\n    url: str = os.environ['URL']\n\n\ndef get_settings():\n    return Settings()",
        "class Settings(BaseSettings):\n    pass\n\n\nget_settings = functools.cache(Settings)\nsettings = get_settings()",
        "class Base(BaseSettings):\n    pass\n\n\nclass Settings(Base):\n    model_config = {}\n\n\n@functools.lru_cache(maxsize=1)\ndef get_settings(path: str = 'x'):\n    return Settings(_env_file=path)\n\n\nsettings = Settings()",
        "_settings = None\n\n\ndef get_settings():\n    global _settings\n    _settings = _settings or Settings.model_validate(os.environ)\n    return _settings",
        "from <module> import Settings, get_settings",
    ),
    # the application
    "main": (
        "app = FastAPI(lifespan=lifespan)\napp.include_router(router)",
        "def create_app(settings=None) -> FastAPI:\n    app = FastAPI(lifespan=lifespan, dependencies=[Depends(<provider>)])\n    app.state.<key> = <value>\n    return app\n\n\napp = create_app()",
        "app = FastAPI(**{'lifespan': lifespan})",
        "app = FastAPI()\n\n\n@app.on_event('startup')\nasync def start():\n    app.state.<key> = <resource>",
        "app = FastAPI(lifespan=make_lifespan(<resource>))".replace("<resource>", "None"),
    ),
    "lifespan": (
        "@asynccontextmanager\nasync def lifespan(app: FastAPI):\n    <stores>\n    yield\n    <releases>",
        "@asynccontextmanager\nasync def lifespan(app):\n    async with AsyncExitStack() as stack:\n        app.state.<key> = await stack.enter_async_context(<resource>)\n        yield {'<key>': 1}",
        "class Lifespan:\n    def __init__(self, app: FastAPI) -> None:\n        self.app = app\n\n    async def __aenter__(self):\n        state = self.app.state\n        state.<key> = <resource>\n\n    async def __aexit__(self, *args):\n        await self.app.state.<key>.aclose()\n\n\nlifespan = Lifespan",
        "def make_lifespan(x):\n    @asynccontextmanager\n    async def lifespan(app):\n        for name in ('<key>', '<key>'):\n            setattr(app.state, name, <resource>)\n        yield\n    return lifespan",
    ),
    "stores": ("<store>", "<store>\n<stores>"),
    "store": ("app.state.<key> = <resource>", "app.state.<key> = app.state.<key>", "setattr(app.state, '<key>', <resource>)", "vars(app.state).update(<key>=1)", "fill(app.state)"),
    "releases": ("<release>", "<release>\n<releases>"),
    "release": ("await app.state.<key>.aclose()", "app.state.<key>.dispose()", "del app.state.<key>", "for each in (app.state.<key>, app.state.<key>):\n    await each.aclose()", "pass"),
    "routes": ("<route>", "<route>\n\n\n<routes>"),
    "route": (
        "@router.get('/')\nasync def read(db: <alias>, user: Annotated[<type>, Depends(<provider>)]) -> dict[str, int]:\n    return await db.execute(<provider>())",
        "@router.post('/', dependencies=[Depends(<provider>)])\nasync def write(request: Request, db: <type> = Depends(<provider>)):\n    await <read>.enqueue_job(<job>, 1)\n    request.app.state.<key> = await request.json()",
        "@router.get('/x', response_model=None)\ndef other(pool: ArqRedis, db: Optional[<alias>] = None):\n    db = db or Session(<read>)\n    return httpx.get('x')",
        "router.add_api_route('/y', <task>, dependencies=[Depends(require('x')), Depends(<provider>)])",
    ),
    # the worker
    "tasks": ("<one task>", "<one task>\n\n\n<tasks>"),
    "one task": (
        "async def <task>(ctx, user_id: int):\n    <uses>",
        "async def <task>(ctx: dict[str, Any], item: dict = None) -> None:\n    <uses>",
        "async def <task>():\n    <uses>",
        "@wrapped\nasync def <task>(context: 'Ctx', *args, **kwargs):\n    <uses>",
        "def wrapped(function):\n    @wraps(function)\n    async def wrapper(ctx, *args):\n        <uses>\n        return await function(ctx, *args)\n    return wrapper",
        "class Ctx(TypedDict, total=False):\n    <key>: <type>",
    ),
    "uses": ("<use>", "<use>\n<uses>"),
    "use": (
        "ctx['<key>'].execute(1)", "x = ctx.get('<key>')\nassert x is not None", "ctx['<key>'] = <resource>", "ctx.update(<key>=<resource>)",
        "await ctx['redis'].enqueue_job(<job>, ctx['job_id'], _queue_name='q')", "name = <job>\nawait ctx['redis'].enqueue_job(name)",
        "pool = await create_pool(RedisSettings())\nawait pool.enqueue_job(<job>)", "db = <resource>\nawait db.aclose()", "helper(ctx)", "from app.main import app\napp.state.<key> = 1",
        "await <task>(ctx)", "await <provider>(None)", "for name in ('<key>', 'x'):\n    ctx[name]", "del ctx['<key>']", "pass",
    ),
    "hooks": ("<hook>", "<hook>\n\n\n<hooks>"),
    "hook": (
        "async def startup(ctx: dict) -> None:\n    <uses>", "async def shutdown(ctx):\n    <releases of ctx>", "async def job_start(ctx):\n    ctx['session'] = ctx['factory']()\n    <uses>",
        "startup = partial(fill, key='<key>')", "def fill(ctx, key='x'):\n    ctx[key] = <value>",
    ),
    "releases of ctx": ("await ctx['<key>'].aclose()", "for each in ctx.values():\n    await each.close()", "pass"),
    "functions": ("[]", "[<task>]", "[<task>, func(<task>, name='<task>')]", "['app.tasks.<task>', <task>]", "TASKS", "[*TASKS, tasks.<task>]", "[each for each in TASKS]", "list(vars(tasks).values())"),
    "crons": ("[]", "[cron(<task>, hour=1)]", "[cron('app.tasks.<task>', name='<task>', minute={1})]", "[cron(coroutine=<task>)]"),
    "worker": (
        "class WorkerSettings:\n    functions = <functions>\n    cron_jobs = <crons>\n    on_startup = startup\n    on_shutdown = shutdown\n    redis_settings = RedisSettings()",
        "class Base:\n    on_startup = startup\n    redis_settings = RedisSettings.from_dsn(get_settings().url)\n\n\nclass WorkerSettings(Base):\n    functions = <functions>\n    on_job_start = job_start\n\n    @staticmethod\n    async def on_shutdown(ctx):\n        <releases of ctx>",
        "SETTINGS = {'functions': <functions>, 'cron_jobs': <crons>, 'on_startup': startup, 'redis_settings': RedisSettings()}",
        "def make_worker() -> Worker:\n    return Worker(functions=<functions>, cron_jobs=<crons>, on_startup=startup, on_shutdown=shutdown)",
        "make_worker = partial(Worker, functions=<functions>, on_startup=startup)\nworker = make_worker(cron_jobs=<crons>)",
        "SETTINGS = dict(functions=<functions>, on_startup=startup)\nrun_worker(SETTINGS, cron_jobs=<crons>)",
        "WorkerSettings = type('WorkerSettings', (), {'functions': <functions>, 'on_startup': startup})",
        "def settings_of(functions):\n    class WorkerSettings:\n        redis_settings = RedisSettings()\n        on_startup = startup\n    WorkerSettings.functions = functions\n    return WorkerSettings\n\n\nWorkerSettings = settings_of(<functions>)",
        "@dataclass\nclass Own:\n    functions: list = field(default_factory=lambda: <functions>)\n    on_startup: Any = startup\n\n\nWorkerSettings = Own()",
        "WorkerSettings = create_worker(SimpleNamespace(functions=<functions>, on_startup=startup))",
    ),
    # the tests
    "tests": ("<one test>", "<one test>\n\n\n<tests>"),
    "one test": (
        "def test_a():\n    app.dependency_overrides[<provider>] = lambda: 1\n    TestClient(app).get('/')",
        "def test_b():\n    app.dependency_overrides[<provider>] = fake\n    TestClient(app).get('/')\n    app.dependency_overrides.clear()",
        "def test_c(client):\n    try:\n        client.app.dependency_overrides.update({<provider>: fake, <alias>: fake})\n    finally:\n        client.app.dependency_overrides.pop(<provider>, None)",
        "def test_d(monkeypatch, app):\n    monkeypatch.setitem(app.dependency_overrides, <provider>, fake)\n    monkeypatch.setattr('app.main.app.state.<key>', 1)",
        "@pytest.fixture\ndef client():\n    app.dependency_overrides[<provider>] = fake\n    yield TestClient(app)\n    app.dependency_overrides = {}",
        "@pytest.fixture(autouse=True)\ndef clean():\n    yield\n    app.dependency_overrides.clear()",
        "@pytest.fixture(params=[<provider>, <provider>])\ndef overridden(request):\n    app.dependency_overrides[request.param] = fake\n    return request.param",
        "@pytest.mark.parametrize('provider', [<provider>, <alias>])\ndef test_e(provider, client):\n    app.dependency_overrides |= {provider: fake}",
        "def override(app, provider, value=None):\n    app.dependency_overrides[provider] = lambda: value\n\n\ndef test_f():\n    override(app, <provider>)",
        "@contextmanager\ndef overriding(provider):\n    app.dependency_overrides[provider] = fake\n    yield\n    del app.dependency_overrides[provider]\n\n\ndef test_g():\n    with overriding(<provider>), patch('<module>.<key>', 1), patch.object(names, '<key>'):\n        app.state.<key> = 1",
        "class TestAll:\n    def setup_method(self):\n        app.dependency_overrides[<provider>] = fake\n\n    def teardown_method(self):\n        app.dependency_overrides.clear()",
        "async def test_h():\n    await <task>({'<key>': 1}, 1)\n    async with lifespan(app):\n        pass",
    ),
    # what holds files together: imports that may lead round in a ring
    "imports": ("", "<import>\n<imports>"),
    "import": (
        "from <module> import <alias>", "from <module> import <provider>, <task>", "from <module> import *", "import <module> as names", "from app import names, tasks, main",
        "from <module> import <provider> as <provider>", "from . import names", "from .names import <alias>", "if TYPE_CHECKING:\n    from <module> import Settings", "from <module> import TASKS, JOB, startup, lifespan, router, app",
    ),
    "bindings": ("", "<binding>\n<bindings>"),
    "binding": ("TASKS = <functions>", "TASKS += [<task>]", "JOB = <job>", "<provider> = <provider>", "<alias> = <alias>", "<provider> = names.<provider>", "globals()['<key>'] = <value>", "<key> = <value>"),
}  # fmt: skip
"""Each thing, and the spellings of it; what stands in angle brackets is another one."""

HEAD = """\
from __future__ import annotations
import functools, os
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache, partial, wraps
from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated, Any, Optional, TypeAlias, TypedDict
import httpx, pytest
from arq import ArqRedis, Worker, create_pool, cron, func, run_worker
from arq.connections import RedisSettings
from arq.worker import create_worker
from fastapi import APIRouter, Depends, FastAPI, Request, Security
from fastapi.testclient import TestClient
from pydantic_settings import BaseSettings
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from unittest.mock import patch
router = APIRouter()
"""

FILES: dict[str, tuple[str, ...]] = {
    "app/__init__.py": ("imports",),
    "app/config.py": ("imports", "settings"),
    "app/deps/__init__.py": ("imports", "aliases"),
    "app/deps/db.py": ("imports", "providers", "aliases"),
    "app/deps/redis.py": ("imports", "providers", "aliases"),
    "app/names.py": ("imports", "aliases", "bindings"),
    "app/lifespan.py": ("imports", "lifespan"),
    "app/main.py": ("imports", "lifespan", "main"),
    "app/api.py": ("imports", "routes"),
    "app/tasks.py": ("imports", "tasks", "bindings"),
    "app/worker.py": ("imports", "hooks", "worker"),
    "app/services/mail.py": ("imports", "tasks", "one provider"),
    "tests/conftest.py": ("imports", "tests"),
    "tests/test_app.py": ("imports", "tests"),
}
"""What stands in which file."""

_PART = re.compile(r"(?m)^([ ]*)<([a-z ]+)>|<([a-z ]+)>")
_DEEPEST = 40


@st.composite
def _texts(draw: st.DrawFn, thing: str) -> str:
    return _written(draw, thing, _DEEPEST)


def _written(draw: st.DrawFn, thing: str, depth: int) -> str:
    """Return one spelling of a thing; in the depth, the first."""
    spellings = GRAMMAR[thing]
    chosen = spellings[draw(st.integers(0, len(spellings) - 1))] if depth else spellings[0]

    def part(found: re.Match[str]) -> str:
        indent, alone, within = found.groups()
        text = _written(draw, alone or within, max(depth - 1, 0))
        return text if within else "\n".join(f"{indent}{line}" if line else "" for line in text.split("\n"))

    return _PART.sub(part, chosen)


@st.composite
def _files(draw: st.DrawFn) -> dict[str, str]:
    chosen = draw(st.sets(st.sampled_from(list(FILES)), min_size=4, max_size=9))
    return {
        path: HEAD + "".join(f"{draw(_texts(thing))}\n" for thing in FILES[path]) for path in FILES if path in chosen
    }


# --- what is said to the check: suppressions, configuration, a record ------------------------------------------------

_RULES = (
    "DI101", "DI103", "DI107", "DI108", "DI109", "DI111", "DI114", "LC", "LC209", "WK", "WK301", "WK310", "TS702", "TS703", "CF603",
    "nullable-provider", "CK9", "CK901", "ALL",
)  # fmt: skip
_COMMENTS = st.builds(
    "# conformance: ignore{}{}".format,
    st.sampled_from(["", *(f"[{rule}]" for rule in _RULES), "[DI108, WK301]", "[DI999]", "[nonsense]", "[", "[]"]),
    st.sampled_from([" -- it is so", "", " --", " because"]),
)
_SETTINGS = st.lists(
    st.sampled_from(
        (
            "profile = 'aegis'", "ignore = ['DI1']", "select = ['ALL']", "extend-select = ['FP']", "required = ['WK301', 'LC207']", "exclude = ['app/names.py']",
            "root-packages = ['app']", "resources = ['app.names.make']", "external-state-keys = ['mailer']", "gateways = ['app.services.**']", "accept-unreadable = ['**']", "strict = true",
        )
    ),
    max_size=4, unique_by=lambda line: line.partition(" ")[0],
)  # fmt: skip
_TABLES = st.lists(
    st.sampled_from(
        (
            "[severity]\nDI108 = 'advice'\nWK = 'advice'", "[per-file-ignores]\n'tests/**' = ['TS']\n'app/deps/*' = ['DI101', 'LC']\n'gone/**' = ['DI108']",
            "[per-file-ignores]\n'**' = ['ALL']", "[per-file-ignores]\n'app/tasks.py' = ['WK301']\n'app/**' = ['WK301', 'DI108']", "[roles]\ntasks = ['app.**']\nservices = ['app.names', 'gone']",
        )
    ),
    max_size=2, unique_by=lambda table: table.partition("\n")[0],
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Application:
    """Files, and what is said of them.

    Attributes:
        files: the program.
        comments: suppressions behind lines: the file and the line, as numbers that are taken by what there is.
        configuration: the text of a `conformance.toml`.
        kept: of which findings a record is made: by their number, as bits that repeat.
        stale: how many findings that are not there are recorded besides.
    """

    files: Mapping[str, str]
    comments: tuple[tuple[int, int, str], ...]
    configuration: str
    kept: tuple[bool, ...]
    stale: int

    def with_comments(self) -> dict[str, str]:
        """Return the files with the suppressions in them; no line moves."""
        lines = {path: text.split("\n") for path, text in self.files.items()}
        paths = list(lines)
        for file, line, comment in self.comments:
            several = lines[paths[file % len(paths)]]
            at = line % len(several)
            several[at] += ("  " if several[at] else "") + comment
        return {path: "\n".join(several) for path, several in lines.items()}

    def record(self, findings: tuple[Finding, ...]) -> baseline.Baseline:
        """Return a record of some of the findings, and of some that are gone."""
        some = [each for number, each in enumerate(findings) if self.kept[number % len(self.kept)]]
        gone = [replace(each, fingerprint=f"{number:020}") for number, each in enumerate(findings[: self.stale])]
        return baseline.recorded((*some, *gone))


_NUMBERS = st.integers(0, 1 << 16)
applications: st.SearchStrategy[Application] = st.builds(
    Application,
    files=_files(),
    comments=st.lists(st.tuples(_NUMBERS, _NUMBERS, _COMMENTS), max_size=6).map(tuple),
    configuration=st.builds(
        lambda *parts: "\n".join(line for part in parts for line in part) + "\n", _SETTINGS, _TABLES
    ),
    kept=st.lists(st.booleans(), min_size=1, max_size=5).map(tuple),
    stale=st.integers(0, 2),
)
