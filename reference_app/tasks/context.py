from pathlib import Path
from typing import TypedDict

from arq.connections import ArqRedis
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker


class WorkerContext(TypedDict):
    """What tasks find in arq's ctx: `redis` is arq's own pool, the rest is put there by `worker.on_startup`."""

    redis: ArqRedis
    db_engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    codebase_root: Path
