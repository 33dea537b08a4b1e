"""One service method, reached through API, command line, worker and scheduler: what it does is the same."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from arq.connections import ArqRedis, RedisSettings
from arq.worker import create_worker
from httpx import ASGITransport, AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from typer.testing import CliRunner

from reference_app.cli.app import app as cli
from reference_app.components.scheduler.schedule import running_scheduler
from reference_app.config import Settings
from reference_app.core.constants import STUCK_AFTER
from reference_app.core.db import database
from reference_app.core.redis import redis_pool
from reference_app.main import app
from reference_app.models import Job, JobState, User, utc_now
from reference_app.services.task_queue import TaskQueue
from reference_app.services.token_service import TokenService
from reference_app.worker import WorkerSettings

pytestmark = [
    pytest.mark.anyio,
    # arq closes its own pool in a way that redis-py has renamed
    pytest.mark.filterwarnings("ignore:Call to deprecated close:DeprecationWarning"),
]
LONG_AGO = utc_now() - STUCK_AFTER - timedelta(minutes=1)


@pytest.fixture
async def stored(servers: Settings) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    async with database(servers.database_url) as sessions:
        yield sessions


@pytest.fixture
async def queue(servers: Settings) -> AsyncIterator[ArqRedis]:
    async with redis_pool(servers.redis_url) as redis:
        yield redis


async def through_api(servers: Settings, queue: ArqRedis, job: Job) -> None:
    token = await TokenService(queue).issue(User(id=job.owner_id))
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://test") as client,
    ):
        response = await client.post(f"/jobs/{job.id}/retriage", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 202


async def through_command_line(servers: Settings, queue: ArqRedis, job: Job) -> None:
    result = await asyncio.to_thread(CliRunner().invoke, cli, ["jobs", "retriage", str(job.id)])
    assert (result.exit_code, result.stdout) == (0, f"{job.id} queued\n")


async def through_worker(servers: Settings, queue: ArqRedis, job: Job) -> None:
    """The index changes, so that what was concluded from it is concluded again."""
    servers.codebase_root.mkdir()
    (servers.codebase_root / "new.py").touch()
    await TaskQueue(queue).update_codebase_index()
    worker = create_worker(
        dict(vars(WorkerSettings)),
        redis_settings=RedisSettings.from_dsn(servers.redis_url),
        handle_signals=False,
        burst=True,
        max_burst_jobs=1,
    )
    await worker.async_run()
    await worker.close()


async def through_scheduler(servers: Settings, queue: ArqRedis, job: Job) -> None:
    async with running_scheduler(servers) as scheduler:
        for scheduled in scheduler.get_jobs():
            scheduled.modify(next_run_time=utc_now())
        async with asyncio.timeout(5):
            while not await triaged(queue):  # noqa: ASYNC110 - it is in Redis that this happens
                await asyncio.sleep(0.02)


async def triaged(queue: ArqRedis) -> list[UUID]:
    return [job.args[0] for job in await queue.queued_jobs() if job.function == "run_triage"]


EntryPoint = Callable[[Settings, ArqRedis, Job], Awaitable[None]]


@pytest.mark.parametrize(
    ("entry_point", "state"),
    [
        (through_api, JobState.DONE),
        (through_command_line, JobState.DONE),
        (through_worker, JobState.DONE),
        (through_scheduler, JobState.RUNNING),  # what has been running for too long
    ],
    ids=["api", "command line", "worker", "scheduler"],
)
async def test_a_job_is_triaged_again(
    servers: Settings,
    stored: async_sessionmaker[AsyncSession],
    queue: ArqRedis,
    entry_point: EntryPoint,
    state: JobState,
) -> None:
    async with stored() as db:
        owner = User(email="ann@example.com", full_name="Ann", hashed_password="")
        db.add(owner)
        await db.flush()
        job = Job(owner_id=owner.id, title="It crashes", text="", state=state, updated_at=LONG_AGO)
        db.add(job)
        await db.commit()

    await entry_point(servers, queue, job)

    async with stored() as db:
        again = await db.get_one(Job, job.id)
    assert (again.state, again.attempts) == (JobState.QUEUED, 2)
    assert await triaged(queue) == [job.id]
