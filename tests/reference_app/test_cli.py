import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from reference_app.cli.app import app
from reference_app.config import Settings
from reference_app.core.db import database
from reference_app.models import User

pytestmark = pytest.mark.anyio
CREATE = ("users", "create", "ann@example.com", "Ann", "--password", "correct horse")
Terminal = Callable[..., Awaitable[Result]]


@pytest.fixture
def terminal(servers: Settings) -> Terminal:
    """Commands run an event loop of their own, so they get a thread."""

    async def type_in(*arguments: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, arguments)

    return type_in


async def test_a_user_is_created(terminal: Terminal, servers: Settings) -> None:
    result = await terminal(*CREATE)

    assert (result.exit_code, result.stderr) == (0, "")
    async with database(servers.database_url) as sessions, sessions() as db:
        user = (await db.scalars(select(User))).one()
    assert result.stdout == f"{user.id} ann@example.com\n"


async def test_a_refusal_is_a_message_and_exit_status_1(terminal: Terminal) -> None:
    await terminal(*CREATE)

    again = await terminal(*CREATE)
    nonsense = await terminal(*CREATE[:-1], "short")

    assert (again.exit_code, again.stderr) == (1, "ann@example.com has an account already\n")
    assert nonsense.exit_code == 1
    assert "password" in nonsense.stderr


async def test_finished_jobs_are_cleaned_away(terminal: Terminal) -> None:
    result = await terminal("jobs", "clean", "--days", "0")

    assert (result.exit_code, result.stdout) == (0, "0 removed\n")


async def test_tables_that_exist_are_left_alone(terminal: Terminal) -> None:
    assert (await terminal("init-db")).exit_code == 0
