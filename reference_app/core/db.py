"""How a database becomes sessions. Each process opens its engine in its own start-up, and owns it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from reference_app.models import Base


def session_factory(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Sessions whose objects stay readable after a commit: async code cannot reload them on attribute access."""
    return async_sessionmaker(engine, expire_on_commit=False)


async def create_tables(url: str) -> None:
    """Create what is missing. An application that has users migrates its tables instead."""
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
    finally:
        await engine.dispose()


@asynccontextmanager
async def database(url: str) -> AsyncGenerator[async_sessionmaker[AsyncSession], None]:
    """Sessions for a process that has neither FastAPI's lifespan nor arq's hooks."""
    engine = create_async_engine(url)
    try:
        yield session_factory(engine)
    finally:
        await engine.dispose()
