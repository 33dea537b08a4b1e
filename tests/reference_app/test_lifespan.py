"""The lifespan by itself, on an application that nobody else has."""

import pytest
from fastapi import FastAPI

from reference_app.config import Settings
from reference_app.lifespan import lifespan

pytestmark = pytest.mark.anyio


async def test_what_the_application_shares_is_there_while_it_runs(servers: Settings) -> None:
    app = FastAPI(lifespan=lifespan)

    async with lifespan(app):
        assert await app.state.redis.ping()
        async with app.state.sessions() as session:
            assert session.bind is app.state.db_engine
