import pytest
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool
from sqlalchemy.ext.asyncio import AsyncSession

from reference_app.core.db import database
from reference_app.models import SystemStatus
from reference_app.services.system.health import SystemService

pytestmark = pytest.mark.anyio


async def test_servers_that_answer_are_up(db: AsyncSession, redis: ArqRedis) -> None:
    assert await SystemService(db, redis).status() == SystemStatus(database=True, redis=True)


async def test_servers_that_do_not_answer_are_down() -> None:
    nobody = ArqRedis(ConnectionPool.from_url("redis://127.0.0.1:1"))
    async with database("postgresql+asyncpg://127.0.0.1:1/") as sessions, sessions() as db:
        status = await SystemService(db, nobody).status()
    await nobody.aclose()

    assert status == SystemStatus()
    assert not status.healthy
