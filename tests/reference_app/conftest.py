"""Two ways to run the application.

`api` is the application without its lifespan: doubles stand in for what it would have opened, through
`dependency_overrides` alone. `servers` is the environment for everything else: lifespan, worker, scheduler and terminal
open what it names, as they do in production. It is the embedded servers, and once more the real ones that
`TEST_REDIS_URL` and `TEST_DATABASE_URL` name; those are emptied.
"""

import asyncio
import fcntl
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from arq.connections import ArqRedis
from httpx import ASGITransport, AsyncClient
from opentelemetry.metrics import NoOpMeterProvider
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from reference_app.config import Settings, get_settings
from reference_app.core.db import create_tables, database
from reference_app.core.redis import redis_pool
from reference_app.deps.db import get_db_session
from reference_app.deps.metrics import get_meter_provider
from reference_app.deps.redis import get_redis
from reference_app.embedded import embedded_redis
from reference_app.main import app
from reference_app.models import Base, User

REAL_SERVERS = {
    name: os.environ[f"TEST_{name}"] for name in ("REDIS_URL", "DATABASE_URL") if f"TEST_{name}" in os.environ
}


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with embedded_redis(0) as url:
        yield url


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables without rows: to copy it is faster than to create them."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    asyncio.run(create_tables(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture
def settings(redis_url: str, empty_database: Path, tmp_path: Path) -> Settings:
    shutil.copy(empty_database, tmp_path / "test.db")
    return Settings(
        redis_url=redis_url,
        database_url=f"sqlite+aiosqlite:///{tmp_path}/test.db",
        email_outbox=tmp_path / "outbox",
        codebase_root=tmp_path / "codebase",
    )


@pytest.fixture
async def sessions(settings: Settings) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    async with database(settings.database_url) as sessions:
        yield sessions


@pytest.fixture
async def db(sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[ArqRedis]:
    async with redis_pool(settings.redis_url) as pool:
        await pool.flushdb()
        yield pool


@pytest.fixture
async def ann(db: AsyncSession) -> User:
    user = User(email="ann@example.com", full_name="Ann", hashed_password="")
    db.add(user)
    await db.commit()
    return user


@pytest.fixture(autouse=True)
def overrides_end_with_the_test() -> Iterator[None]:
    yield
    app.dependency_overrides.clear()


@pytest.fixture
async def api(
    sessions: async_sessionmaker[AsyncSession], redis: ArqRedis, settings: Settings
) -> AsyncIterator[AsyncClient]:
    async def db_session() -> AsyncIterator[AsyncSession]:
        async with sessions() as session:
            yield session

    app.dependency_overrides[get_db_session] = db_session
    app.dependency_overrides[get_redis] = lambda: redis
    app.dependency_overrides[get_settings] = lambda: settings
    app.dependency_overrides[get_meter_provider] = NoOpMeterProvider
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        yield client


@pytest.fixture
def nobody_else_at_the_real_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """There is one pair of them for all processes of pytest-xdist, which share the folder above their own."""
    with (tmp_path_factory.getbasetemp().parent / "servers.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(
    params=[
        "embedded",
        pytest.param("real", marks=pytest.mark.skipif(not REAL_SERVERS, reason="no TEST_REDIS_URL, TEST_DATABASE_URL")),
    ]
)
async def servers(
    request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Settings]:
    """The environment names servers that answer and hold nothing; what reads the settings from now on reads these."""
    if request.param == "real":
        request.getfixturevalue("nobody_else_at_the_real_servers")
    for name, value in settings:
        monkeypatch.setenv(name.upper(), str(value))
    if request.param == "real":
        for name, value in REAL_SERVERS.items():
            monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    async with redis_pool(get_settings().redis_url) as redis:
        await redis.flushdb()
    if request.param == "real":
        await create_empty_tables(get_settings().database_url)
    yield get_settings()
    get_settings.cache_clear()


async def create_empty_tables(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
    await engine.dispose()
    await create_tables(url)


@pytest.fixture
def eventually() -> Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]:
    async def poll(look: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(5):
            while not await look():  # noqa: ASYNC110 - what is looked at is in another process, or could be
                await asyncio.sleep(0.02)

    return poll
