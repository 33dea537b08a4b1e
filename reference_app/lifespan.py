from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from arq.connections import RedisSettings, create_pool
from fastapi import FastAPI
from opentelemetry.metrics import get_meter_provider
from sqlalchemy.ext.asyncio import create_async_engine

from reference_app.config import get_settings
from reference_app.core.db import session_factory


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
    """Open what the whole application shares; the stack closes it again in reverse order, whatever happens."""
    settings = get_settings()
    async with AsyncExitStack() as stack:
        app.state.redis = await create_pool(RedisSettings.from_dsn(settings.redis_url))
        stack.push_async_callback(app.state.redis.aclose)
        app.state.db_engine = create_async_engine(settings.database_url)
        stack.push_async_callback(app.state.db_engine.dispose)
        app.state.sessions = session_factory(app.state.db_engine)
        app.state.meter_provider = get_meter_provider()  # counts nothing until an OpenTelemetry SDK is set up
        yield
