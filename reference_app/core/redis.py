from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from arq.connections import ArqRedis, RedisSettings, create_pool


@asynccontextmanager
async def redis_pool(url: str) -> AsyncGenerator[ArqRedis, None]:
    """A pool for a process that has neither FastAPI's lifespan nor arq's hooks."""
    pool = await create_pool(RedisSettings.from_dsn(url))
    try:
        yield pool
    finally:
        await pool.aclose()
