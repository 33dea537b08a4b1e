"""Small edits of the reference application: those that break a rule, and those that must not matter."""

# ruff: noqa: E501 - an edit is read as one line

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BREAKING", "HARMLESS", "HERE", "Edit"]

HERE = "# here"
"""Stands on the line that must be reported."""

API, DEPS = "reference_app/components/backend/api", "reference_app/deps"
SERVICES, TASKS, TESTS = "reference_app/services", "reference_app/tasks", "tests/reference_app"
LIFESPAN, MAIN, WORKER = "reference_app/lifespan.py", "reference_app/main.py", "reference_app/worker.py"
CONFIG, CONSTANTS = "reference_app/config.py", "reference_app/core/constants.py"
SCHEDULE = "reference_app/components/scheduler/schedule.py"


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit of one file.

    Attributes:
        rule: the rule that must report it; "" for an edit that must not matter.
        path: the file; a new one where there is none.
        before: what is replaced, once; "" for the end of the file.
        after: what stands there then.
        imports: a line that is put before the first of the file.
    """

    rule: str
    path: str
    before: str
    after: str
    imports: str = ""

    def applied(self, text: str) -> str:
        """Return the edited text."""
        edited = text.replace(self.before, self.after) if self.before else f"{text}\n\n{self.after}\n"
        assert text.count(self.before) == 1 or not self.before, f"{self.path}: {self.before!r} is not there once"
        return f"{self.imports}\n{edited}" if self.imports else edited

    def lines(self, text: str) -> list[int]:
        """Return the lines of the edited text that must be reported: the marked ones, else the one it begins on."""
        edited = self.applied(text)
        marked = [number for number, line in enumerate(edited.splitlines(), 1) if HERE in line]
        return marked or [edited[: edited.index(self.after)].count("\n") + 1]


GET_REDIS = "async def get_redis(request: Request) -> ArqRedis:"
STATE_REDIS = "    redis: ArqRedis = request.app.state.redis\n    return redis"
SESSION = "    async with sessions() as session:\n        yield session"
READ_JOB = "async def read_job(job: OwnedJobDep) -> Job:\n    return job"
HEALTH = "    system_status = await system.status()"
YIELD = "        yield\n"
METER = "        app.state.meter_provider = get_meter_provider()"
TRIAGE = "    async with sessions() as db:\n        await TriageService(db).run(job_id)"

REPORT = """order: dict[str, str | int]) -> None:
    sessions: async_sessionmaker[AsyncSession] = ctx["sessions"]
    redis: ArqRedis = ctx["redis"]
    async with sessions() as db:
        await ReportService(db, TaskQueue(redis)).generate(ReportOrder.model_validate(order))"""

BREAKING = (
    # --- DI ---
    Edit("DI101", f"{DEPS}/redis.py", GET_REDIS, "async def get_redis(request: Request) -> ArqRedis | None:  # here"),
    Edit("DI101", f"{DEPS}/redis.py", GET_REDIS, "async def get_redis(request: Request) -> t.Optional[ArqRedis]:  # here", "import typing as t"),
    Edit("DI101", f"{DEPS}/redis.py", STATE_REDIS, '    return getattr(request.app.state, "redis", None)  # here'),
    Edit("DI102", f"{DEPS}/redis.py", "RedisDep = Annotated[ArqRedis, Depends(get_redis)]", "RedisDep = Annotated[ArqRedis | None, Depends(get_redis)]  # here"),
    Edit("DI102", f"{DEPS}/queue.py", "TaskQueueDep = Annotated[TaskQueue, ", 'TaskQueueDep = Annotated["TaskQueue | None", '),
    Edit("DI102", f"{DEPS}/limits.py", "settings: SettingsDep)", "settings: Settings | None = Depends(get_settings))", "from fastapi import Depends; from reference_app.config import Settings, get_settings"),
    Edit("DI103", f"{SERVICES}/job_service.py", "self._queue = queue", "self._queue = queue or TaskQueue(ArqRedis())  # here", "from arq.connections import ArqRedis"),
    Edit("DI103", f"{SERVICES}/user_service.py", "self._emails = emails", "self._emails = emails if emails is not None else EmailService(OUTBOX)  # here"),
    Edit("DI103", f"{SERVICES}/user_service.py", "        self._emails = emails", "        if not emails:\n            emails = EmailService(OUTBOX)  # here\n        self._emails = emails"),
    Edit("DI104", f"{DEPS}/queue.py", "", "async def get_bus(request: Request) -> Bus:  # here\n    return request.app.state.bus", "from fastapi import Request; from bus import Bus"),
    Edit("DI104", f"{DEPS}/tokens.py", "", "def get_mailer(settings: SettingsDep) -> EmailService:  # here\n    return EmailService(settings.email_outbox)\n\n\nMailerDep = Annotated[EmailService, Depends(get_mailer)]", "from reference_app.deps.settings import SettingsDep; from reference_app.services.email_service import EmailService"),
    Edit("DI105", f"{API}/health.py", "async def health(system: SystemServiceDep,", "async def health(system: SystemServiceDep, load: Annotated[Load, Depends(get_load)],", "from typing import Annotated; from fastapi import Depends\nclass Load: ...\ndef get_load(system: SystemServiceDep) -> Load: # here\n    return Load()"),
    Edit("DI105", "reference_app/config.py", "", "class Clock: # here\n    def __init__(self, settings: Settings = Depends(get_settings)) -> None: ...\n\nClockDep = Annotated[Clock, Depends()]", "from typing import Annotated; from fastapi import Depends"),
    Edit("DI106", "reference_app/core/db.py", "def session_factory(", 'engine = create_async_engine("sqlite://")  # here\n\n\ndef session_factory('),
    Edit("DI106", f"{SERVICES}/token_service.py", "", "class Shared:\n    pool = Redis()  # here"),
    Edit("DI106", f"{SERVICES}/email_service.py", "outbox: Path) ->", "outbox: Path, client: object = httpx.AsyncClient()) ->", "import httpx"),
    Edit("DI107", f"{API}/health.py", "response: Response) -> SystemStatus:\n", "response: Response, request: Request) -> SystemStatus:\n    redis = request.app.state.redis  # here\n", "from fastapi import Request"),
    Edit("DI107", f"{API}/jobs.py", READ_JOB, "async def read_job(job: OwnedJobDep, request: Request) -> Job:\n    _pool(request)\n    return job\n\n\ndef _pool(request: Request) -> object:\n    return getattr(request.app.state, 'redis')  # here", "from fastapi import Request"),
    Edit("DI108", MAIN, "add_dashboard(app)\n", "add_dashboard(app)\napp.state.started = True  # here\n"),
    Edit("DI108", f"{DEPS}/redis.py", "    return redis\n", "    setattr(request.app.state, 'seen', True)  # here\n    return redis\n"),
    Edit("DI108", f"{DEPS}/limits.py", '    key = f"signups', '    request.app.state._state["key"] = host  # here\n    key = f"signups'),
    Edit("DI109", f"{DEPS}/__init__.py", "from reference_app.deps.redis import RedisDep", "from reference_app.deps.redis import RedisDep, get_redis  # here"),
    Edit("DI109", f"{DEPS}/__init__.py", "", "def get_clock() -> float:  # here\n    return 0.0\n\n\nClockDep = Annotated[float, Depends(get_clock)]  # here", "from typing import Annotated; from fastapi import Depends"),
    Edit("DI110", f"{DEPS}/jobs.py", "", "JobsDep = Annotated[JobService, Depends(get_job_service)]  # here"),
    Edit("DI110", f"{DEPS}/system.py", "SystemServiceDep = Annotated[SystemService, Depends(get_system_service)]", "SystemDep = Annotated[SystemService, Depends(get_system_service)]"),
    Edit("DI111", f"{API}/health.py", "from reference_app.deps import SystemServiceDep", "from reference_app.deps.system import SystemServiceDep  # here"),
    Edit("DI111", f"{API}/health.py", HEALTH, f"    import reference_app.deps.redis  # here\n{HEALTH}"),
    Edit("DI111", f"{API}/reports.py", "from uuid import UUID", "from uuid import UUID\nfrom ....deps import redis  # here"),
    Edit("DI112", f"{API}/health.py", "(system: SystemServiceDep,", "(system: Annotated[SystemService, Depends(get_system_service)],", "from typing import Annotated; from fastapi import Depends; from reference_app.deps.system import get_system_service; from reference_app.services.system.health import SystemService"),
    Edit("DI112", f"{API}/users.py", "async def current_user(user: CurrentUserDep)", "async def current_user(user: User = Depends(get_current_user))", "from reference_app.deps.auth import get_current_user"),
    Edit("DI113", f"{API}/jobs.py", "async def read_job(job: OwnedJobDep)", "async def read_job(job: OwnedJobDep, user: CurrentUserDep)"),
    Edit("DI114", MAIN, "add_dashboard(app)\n", "add_dashboard(app)\n\n\n@app.on_event('startup')  # here\nasync def warm() -> None: ...\n"),
    Edit("DI114", MAIN, 'FastAPI(title="Triage", lifespan=lifespan)', 'FastAPI(title="Triage")  # here'),
    Edit("DI114", MAIN, "add_dashboard(app)\n", "add_dashboard(app)\napp.add_event_handler('shutdown', print)  # here\n"),
    Edit("DI115", f"{DEPS}/redis.py", "RedisDep = Annotated[ArqRedis, ", "RedisDep = Annotated[AsyncSession, ", "from sqlalchemy.ext.asyncio import AsyncSession"),
    Edit("DI115", f"{DEPS}/tokens.py", "TokenServiceDep = Annotated[TokenService, ", "TokenServiceDep = Annotated[UserService, ", "from reference_app.services.user_service import UserService"),
    Edit("DI116", f"{DEPS}/redis.py", GET_REDIS, "async def get_redis(request: Request):  # here"),
    Edit("DI117", f"{API}/health.py", HEALTH, f"    await get_system_service(None, None)  # here\n{HEALTH}", "from reference_app.deps.system import get_system_service"),
    Edit("DI117", f"{API}/health.py", HEALTH, f"    await d.system.get_system_service(None, None)  # here\n{HEALTH}", "import reference_app.deps as d"),
    # --- LC ---
    Edit("LC201", LIFESPAN, METER, f"        app.state.http = httpx.AsyncClient()  # here\n{METER}", "import httpx"),
    Edit("LC201", LIFESPAN, "create_async_engine(settings.database_url)\n        stack.push_async_callback(app.state.db_engine.dispose)\n", "create_async_engine(settings.database_url)  # here\n"),
    Edit("LC201", LIFESPAN, METER, f"        app.state.pool = pool()  # here\n{METER}", "import concurrent.futures as f\npool = lambda: None\nfrom httpx import Client as pool"),
    Edit("LC202", LIFESPAN, YIELD, "        yield  # here\n        await app.state.redis.aclose()\n"),
    Edit("LC203", LIFESPAN, METER, f"        app.state.db = app.state.sessions()  # here\n{METER}"),
    Edit("LC203", WORKER, '    ctx["codebase_root"]', '    ctx["db"] = AsyncSession(ctx["db_engine"])  # here\n    ctx["codebase_root"]', "from sqlalchemy.ext.asyncio import AsyncSession"),
    Edit("LC204", f"{DEPS}/redis.py", STATE_REDIS, '    return ArqRedis.from_url("redis://")  # here'),
    Edit("LC204", f"{DEPS}/db.py", "    sessions: async_sessionmaker[AsyncSession] = request.app.state.sessions\n", '    sessions = async_sessionmaker(create_async_engine("sqlite://"))  # here\n', "from sqlalchemy.ext.asyncio import create_async_engine"),
    Edit("LC205", f"{DEPS}/db.py", SESSION, "    return sessions()  # here"),
    Edit("LC205", f"{DEPS}/db.py", SESSION, "    session = sessions()\n    return session  # here"),
    Edit("LC206", f"{DEPS}/db.py", SESSION, "    session = sessions()\n    yield session  # here"),
    Edit("LC206", f"{DEPS}/db.py", SESSION, "    session = sessions()\n    yield session  # here\n    await session.close()"),
    Edit("LC207", f"{DEPS}/redis.py", "request.app.state.redis", "request.app.state.pool"),
    Edit("LC207", f"{DEPS}/redis.py", STATE_REDIS, '    return getattr(request.app.state, "redis_pool")  # here'),
    Edit("LC208", LIFESPAN, METER, f"        app.state.started_at = 1  # here\n{METER}"),
    Edit("LC208", LIFESPAN, METER, f'        setattr(app.state, "url", settings.redis_url)  # here\n{METER}'),
    Edit("LC209", WORKER, "    settings = get_settings()", "    settings = Settings()  # here", "from reference_app.config import Settings"),
    Edit("LC209", CONFIG, "", "@lru_cache\ndef other_settings() -> Settings:  # here\n    return Settings()"),
    Edit("LC210", f"{DEPS}/db.py", "        yield session", "        try:\n            yield session\n        except Exception:  # here\n            await session.rollback()"),
    Edit("LC210", f"{DEPS}/db.py", "        yield session", "        with suppress(ValueError):  # here\n            yield session", "from contextlib import suppress"),
    # --- WK ---
    Edit("WK301", f"{TASKS}/triage.py", TRIAGE, f'    ctx["last"] = job_id  # here\n{TRIAGE}'),
    Edit("WK301", f"{TASKS}/triage.py", TRIAGE, f"    ctx.update(last=job_id)  # here\n{TRIAGE}"),
    Edit("WK301", f"{TASKS}/triage.py", TRIAGE, f'    ctx.setdefault("last", job_id)  # here\n{TRIAGE}'),
    Edit("WK302", "reference_app/core/db.py", "def session_factory(", 'current: ContextVar[AsyncSession] = ContextVar("current")  # here\n\n\ndef session_factory(', "from contextvars import ContextVar"),
    Edit("WK302", LIFESPAN, METER, f"        started.set(True)\n{METER}", 'from contextvars import ContextVar\nstarted = ContextVar("started")  # here'),
    Edit("WK303", WORKER, "    settings = get_settings()\n", "    global root  # here\n    settings = get_settings()\n    root = settings.codebase_root\n"),
    Edit("WK303", WORKER, '    ctx["codebase_root"]', '    POOLS["engine"] = ctx["db_engine"]  # here\n    ctx["codebase_root"]', "POOLS = {}"),
    Edit("WK303", f"{TASKS}/triage.py", TRIAGE, f"    DONE.append(job_id)  # here\n{TRIAGE}", "DONE = []"),
    Edit("WK304", f"{TASKS}/triage.py", TRIAGE, f"    client = httpx.AsyncClient()  # here\n{TRIAGE}", "import httpx"),
    Edit("WK304", f"{TASKS}/triage.py", "from uuid import UUID", "from uuid import UUID\nfrom reference_app.deps import RedisDep  # here"),
    Edit("WK304", f"{TASKS}/triage.py", "from uuid import UUID", "from uuid import UUID\nimport reference_app.lifespan as life  # here"),
    Edit("WK305", f"{TASKS}/triage.py", 'ctx["sessions"]', 'ctx["session_maker"]'),
    Edit("WK305", f"{TASKS}/triage.py", TRIAGE, f'    ctx.get("mailer")  # here\n{TRIAGE}'),
    Edit("WK306", f"{TASKS}/codebase.py", 'ctx["codebase_root"]\n    async with sessions() as db:\n        return', 'ctx["codebase_root"]\n    engine: AsyncSession = ctx["db_engine"]  # here\n    async with sessions() as db:\n        return'),
    Edit("WK306", f"{TASKS}/triage.py", 'sessions: async_sessionmaker[AsyncSession] = ctx["sessions"]', 'sessions: AsyncSession = ctx["sessions"]'),
    Edit("WK307", f"{TASKS}/triage.py", "async def run_triage(ctx: WorkerContext, job_id: UUID) -> None:", "def run_triage(ctx: WorkerContext, job_id: UUID) -> None:"),
    Edit("WK307", f"{TASKS}/triage.py", "async def run_triage(ctx: WorkerContext, job_id: UUID) -> None:", "async def run_triage(job_id: UUID) -> None:"),
    Edit("WK308", WORKER, '    ctx["codebase_root"]', '    ctx["http"] = httpx.AsyncClient()  # here\n    ctx["codebase_root"]', "import httpx"),
    Edit("WK308", WORKER, '    ctx["db_engine"] = create_async_engine(settings.database_url)', '    ctx["db_engine"] = ctx["engine"] = create_async_engine(settings.database_url)\n    ctx["other_engine"] = create_async_engine(settings.database_url)  # here'),
    Edit("WK309", f"{TASKS}/triage.py", "", "async def run_later(ctx: WorkerContext) -> None: ...  # here"),
    Edit("WK309", WORKER, "    functions = (run_triage,", '    functions = ("reference_app.tasks.triage.run_it", run_triage,'),
    Edit("WK310", f"{SERVICES}/task_queue.py", 'enqueue_job("run_triage"', 'enqueue_job("triage"'),
    Edit("WK310", f"{SERVICES}/task_queue.py", 'enqueue_job("build_codebase_index", ', "enqueue_job(NAME, ", 'NAME = "build_index"'),
    Edit("WK311", WORKER, "async def on_startup(ctx: WorkerContext) -> None:\n", "async def on_startup(ctx: WorkerContext) -> None:\n    from fastapi import FastAPI  # here\n"),
    Edit("WK311", f"{TASKS}/triage.py", "from uuid import UUID", "from uuid import UUID\nfrom fastapi import Request  # here"),
    Edit("WK311", WORKER, "from arq.connections", "from reference_app.main import app  # here\nfrom arq.connections"),
    Edit("WK312", f"{TASKS}/triage.py", 'ctx["sessions"]', 'ctx.get("sessions")'),
    Edit("WK312", f"{TASKS}/codebase.py", '    redis: ArqRedis = ctx["redis"]', '    redis = ctx["redis"]  # here\n    assert redis is not None'),
    # --- LY ---
    Edit("LY401", SCHEDULE, "import asyncio\n", "import asyncio\nfrom reference_app.components.backend.errors import add_error_handlers  # here\n"),
    Edit("LY401", "reference_app/components/frontend/html.py", "from string import Template", "from string import Template\nfrom ..backend.api import paging  # here"),
    Edit("LY402", f"{SERVICES}/token_service.py", "from uuid import UUID", "from uuid import UUID\nfrom reference_app.deps import RedisDep  # here"),
    Edit("LY402", "reference_app/core/redis.py", "    pool = await", "    from reference_app.services import user_service  # here\n    pool = await"),
    Edit("LY402", "reference_app/models/base.py", "from uuid import UUID", "from reference_app import worker  # here\nfrom uuid import UUID"),
    Edit("LY403", f"{SERVICES}/token_service.py", "from uuid import UUID", "from uuid import UUID\nfrom fastapi import HTTPException  # here"),
    Edit("LY403", f"{SERVICES}/token_service.py", "from uuid import UUID", "from uuid import UUID\nimport starlette.status as s  # here"),
    Edit("LY403", f"{SERVICES}/user_service.py", "        self._db.add(user)", "        import typer  # here\n        self._db.add(user)"),
    Edit("LY404", f"{TASKS}/triage.py", "        await TriageService(db)", "        await db.commit()  # here\n        await TriageService(db)"),
    Edit("LY404", SCHEDULE, "        await CleanupService(db)", "        await db.execute('select 1')  # here\n        await CleanupService(db)"),
    Edit("LY404", f"{API}/reports.py", "    return await reports.owned_report", "    query = select(Report)  # here\n    return await reports.owned_report", "from sqlalchemy import select"),
    Edit("LY405", SCHEDULE, "    scheduler = AsyncIOScheduler(", "    importlib.import_module('reference_app.services.cleanup_service')  # here\n    scheduler = AsyncIOScheduler(", "import importlib"),
    Edit("LY405", "reference_app/cli/users.py", "    settings = get_settings()", "    list(iter_modules(services.__path__))  # here\n    settings = get_settings()", "from pkgutil import iter_modules; from reference_app import services"),
    Edit("LY406", f"{API}/health.py", "from reference_app.models", "from reference_app.config import get_settings  # here\nfrom reference_app.models"),
    Edit("LY406", f"{API}/health.py", HEALTH, f"    from reference_app.worker import WorkerSettings  # here\n{HEALTH}"),
    Edit("LY407", "reference_app/components/frontend/page.py", "from fastapi import APIRouter\n", "from fastapi import APIRouter\nfrom reference_app.components.scheduler.schedule import running_scheduler  # here\n"),
    Edit("LY408", f"{API}/health.py", HEALTH, f"    httpx.get('http://other')  # here\n{HEALTH}", "import httpx"),
    Edit("LY408", f"{TASKS}/triage.py", TRIAGE, f"    Path('log').write_text('x')  # here\n{TRIAGE}", "from pathlib import Path"),
    Edit("LY408", SCHEDULE, "    scheduler = AsyncIOScheduler(", "    run(['ls'])  # here\n    scheduler = AsyncIOScheduler(", "from subprocess import run"),
    # --- DV ---
    Edit("DV501", f"{API}/health.py", "response: Response) -> SystemStatus:", "response: Response):  # here"),
    Edit("DV501", f"{API}/health.py", "response: Response) -> SystemStatus:", "response: Response) -> dict[str, object]:  # here"),
    Edit("DV502", "reference_app/cli/system.py", 'SystemStatus.model_validate(httpx.get(f"{url}/health").json())', 'httpx.get(f"{url}/health").json()  # here'),
    Edit("DV502", "reference_app/cli/system.py", 'SystemStatus.model_validate(httpx.get(f"{url}/health").json())', '(r := httpx.Client().get(url)) and r.json()["x"]  # here'),
    Edit("DV503", f"{SERVICES}/user_service.py", "        self._db.add(user)", '        request.model_dump().get("email")  # here\n        self._db.add(user)'),
    Edit("DV503", f"{SERVICES}/user_service.py", "        self._db.add(user)", '        given = request.model_dump()\n        given["email"]  # here\n        self._db.add(user)'),
    Edit("DV504", f"{API}/users.py", "async def create_user(body: CreateUserRequest, users: UserServiceDep) -> User:\n", "async def create_user(request: Request, users: UserServiceDep) -> User:\n    body = await request.json()  # here\n", "from fastapi import Request"),
    Edit("DV504", f"{API}/users.py", "async def create_user(body: CreateUserRequest, users: UserServiceDep) -> User:\n", "async def create_user(request: Request, users: UserServiceDep) -> User:\n    body = json.loads(await request.body())  # here\n", "import json; from starlette.requests import Request"),
    Edit("DV505", f"{TASKS}/reports.py", REPORT, REPORT.replace("str | int]", "object]").replace(":\n", ":  # here\n", 1).replace("ReportOrder.model_validate(order)", 'order["id"]')),
    Edit("DV505", f"{TASKS}/triage.py", "job_id: UUID) -> None:", "job_id: Any) -> None:", "from typing import Any"),
    # --- CF ---
    Edit("CF601", f"{SERVICES}/email_service.py", "self._outbox = outbox", 'self._outbox = Path(os.environ["OUTBOX"])  # here', "import os"),
    Edit("CF601", f"{SERVICES}/email_service.py", "self._outbox = outbox", 'self._outbox = Path(env("OUTBOX", ""))  # here', "from os import getenv as env"),
    Edit("CF601", MAIN, "add_dashboard(app)\n", "add_dashboard(app)\nload_dotenv()  # here\n", "from dotenv import load_dotenv"),
    Edit("CF602", CONSTANTS, "", "EXTRA = {'a': 1}  # here"),
    Edit("CF602", CONSTANTS, "", "EXTRA = list(range(3))  # here"),
    Edit("CF602", CONSTANTS, "", "EXTRA = os.environ['EXTRA']  # here", "import os"),
    Edit("CF603", WORKER, "class WorkerSettings:", "class Own(BaseSettings):  # here\n    x: int = 1\n\n\nclass WorkerSettings:", "from pydantic_settings import BaseSettings"),
    Edit("CF603", "reference_app/core/logs.py", "", "class LogSettings(Settings):  # here\n    level: int = 1", "from reference_app.config import Settings"),
    Edit("CF604", CONFIG, "", "settings = get_settings()  # here"),
    Edit("CF604", SCHEDULE, "async def requeue_stuck_jobs", "SETTINGS: Settings = Settings()  # here\n\n\nasync def requeue_stuck_jobs"),
    # --- TS ---
    Edit("TS701", f"{TESTS}/test_api.py", "", "def test_it(monkeypatch: pytest.MonkeyPatch) -> None:\n    monkeypatch.setattr('reference_app.config.get_settings', None)  # here"),
    Edit("TS701", f"{TESTS}/test_api.py", "", "@mock.patch('reference_app.lifespan.create_pool')  # here\ndef test_it(pool: object) -> None: ...", "from unittest import mock"),
    Edit("TS701", f"{TESTS}/test_api.py", "", "def test_it(mocker: object) -> None:\n    with patch.object(config, 'get_settings'):  # here\n        pass", "from unittest.mock import patch; from reference_app import config"),
    Edit("TS702", "tests/test_more.py", "", "def test_it() -> None:\n    app.dependency_overrides[get_settings] = None  # here", "from reference_app.main import app; from reference_app.config import get_settings"),
    Edit("TS702", "tests/test_more.py", "", "@pytest.fixture\ndef other() -> Iterator[None]:\n    app.dependency_overrides.update({get_settings: None})  # here\n    yield", "import pytest\nfrom reference_app.main import app; from reference_app.config import get_settings"),
    Edit("TS703", f"{TESTS}/test_api.py", "app.dependency_overrides[get_current_user]", "app.dependency_overrides[sign_up]"),
    Edit("TS704", f"{TESTS}/test_api.py", "", "def test_it() -> None:\n    app.state.redis = object()  # here"),
    Edit("TS704", f"{TESTS}/test_api.py", "", "def test_it(monkeypatch: pytest.MonkeyPatch) -> None:\n    monkeypatch.setattr(app.state, 'redis', object())  # here"),
    Edit("TS705", f"{TESTS}/services/test_user_service.py", "import pytest\n", "import pytest\nfrom reference_app.main import app  # here\n"),
    Edit("TS705", f"{TESTS}/services/test_user_service.py", "import pytest\n", "import pytest\nimport reference_app.components.backend.api.users as u  # here\n"),
    Edit("TS706", MAIN, "add_dashboard(app)\n", "add_dashboard(app)\napp.dependency_overrides[add_dashboard] = print  # here\n"),
    Edit("TS706", MAIN, "add_dashboard(app)\n", "add_dashboard(app)\napp.dependency_overrides.update({})  # here\n"),
)  # fmt: skip
"""At least one for each rule, most of them in several spellings."""
HARMLESS = (
    Edit("", f"{DEPS}/redis.py", GET_REDIS, f"# {GET_REDIS} | None\n\n\n{GET_REDIS}  # -> ArqRedis | None"),
    Edit("", f"{DEPS}/redis.py", STATE_REDIS, "    pool: ArqRedis = request.app.state.redis\n\n    return pool"),
    Edit("", f"{DEPS}/redis.py", STATE_REDIS, "    state = request.app.state\n    return state.redis"),
    Edit("", f"{DEPS}/redis.py", STATE_REDIS, '    return getattr(request.app.state, "redis")'),
    Edit("", f"{DEPS}/redis.py", "Annotated[ArqRedis, ", 'Annotated["ArqRedis", '),
    Edit("", f"{DEPS}/redis.py", "RedisDep = Annotated[ArqRedis, ", "RedisDep: t.TypeAlias = t.Annotated[ArqRedis, ", "import typing as t"),
    Edit("", f"{DEPS}/redis.py", "from arq.connections import ArqRedis", "import arq.connections as c\nArqRedis = c.ArqRedis"),
    Edit("", f"{DEPS}/redis.py", "from fastapi import Depends, Request", "from fastapi.param_functions import Depends\nfrom starlette.requests import Request"),
    Edit("", f"{DEPS}/db.py", SESSION, "    async with sessions() as db:\n        yield db"),
    Edit("", f"{DEPS}/db.py", SESSION, "    session = sessions()\n    try:\n        yield session\n    finally:\n        await session.close()"),
    Edit("", f"{DEPS}/__init__.py", "from reference_app.deps.redis import RedisDep", "from .redis import RedisDep as RedisDep"),
    Edit("", f"{API}/health.py", "from reference_app.deps import SystemServiceDep", "from ....deps import SystemServiceDep"),
    Edit("", f"{API}/health.py", "from reference_app.deps import SystemServiceDep", "import reference_app.deps\nSystemServiceDep = reference_app.deps.SystemServiceDep"),
    Edit("", f"{API}/health.py", HEALTH, '    """Say `request.app.state.redis = None`, `os.environ["X"]`."""\n' + HEALTH),
    Edit("", LIFESPAN, METER, f"\n        # app.state.other = create_async_engine()\n{METER}\n"),
    Edit("", LIFESPAN, "    settings = get_settings()\n", "    configuration = get_settings()\n    settings = configuration\n"),
    Edit("", LIFESPAN, "async def lifespan(app: FastAPI)", "async def lifespan(app: 'FastAPI')"),
    Edit("", LIFESPAN, "from arq.connections import RedisSettings, create_pool", "from arq import create_pool\nfrom arq.connections import RedisSettings"),
    Edit("", MAIN, "from reference_app.lifespan import lifespan", "from reference_app import lifespan as life\nlifespan = life.lifespan"),
    Edit("", WORKER, "    functions = (run_triage, build_codebase_index, update_codebase_index, generate_report)", "    functions = [run_triage, *(build_codebase_index, update_codebase_index), generate_report]"),
    Edit("", WORKER, "update_codebase_index, generate_report)", "update_codebase_index,) + (generate_report,)"),
    Edit("", WORKER, '    await ctx["db_engine"].dispose()', '    engine = ctx["db_engine"]\n    await engine.dispose()'),
    Edit("", f"{TASKS}/triage.py", TRIAGE, '    # ctx["x"] = 1\n    async with sessions() as session:\n        await TriageService(session).run(job_id)'),
    Edit("", f"{SERVICES}/task_queue.py", '"run_triage"', '"run_" "triage"'),
    Edit("", f"{SERVICES}/job_service.py", "        self._queue = queue", "        queue_ = queue\n        self._queue = queue_"),
    Edit("", CONFIG, "@lru_cache\n", "@lru_cache(maxsize=1)\n"),
    Edit("", CONSTANTS, "MAX_ATTEMPTS: Final = 3", "MAX_ATTEMPTS: Final[int] = 3  # not [3]"),
    Edit("", f"{TESTS}/test_api.py", "", "def test_it(monkeypatch: pytest.MonkeyPatch) -> None:\n    monkeypatch.setenv('A', 'app.state.x = 1')\n    monkeypatch.setattr('time.time', None)"),
)  # fmt: skip
"""What says the same in another way: no rule may report any of them."""
