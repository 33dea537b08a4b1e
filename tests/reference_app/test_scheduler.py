import pytest
from arq.connections import ArqRedis
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from reference_app.components.scheduler.schedule import build_scheduler, refresh_codebase_index, remove_old_jobs
from reference_app.core.constants import KEEP_FINISHED_FOR
from reference_app.models import Job, JobState, User, utc_now

pytestmark = pytest.mark.anyio


async def test_everything_is_scheduled(sessions: async_sessionmaker[AsyncSession], redis: ArqRedis) -> None:
    scheduler = build_scheduler(sessions, redis)

    assert {job.name: str(job.trigger) for job in scheduler.get_jobs()} == {
        "requeue_stuck_jobs": "interval[0:01:00]",
        "remove_old_jobs": "interval[1:00:00]",
        "refresh_codebase_index": "interval[1:00:00]",
    }


async def test_light_work_is_done_at_once(
    sessions: async_sessionmaker[AsyncSession], redis: ArqRedis, db: AsyncSession, ann: User
) -> None:
    old = utc_now() - KEEP_FINISHED_FOR * 2
    db.add(Job(owner_id=ann.id, title="old", text="", state=JobState.DONE, updated_at=old))
    await db.commit()

    await remove_old_jobs(sessions)

    assert (await db.scalars(select(Job))).all() == []
    assert await redis.queued_jobs() == []


async def test_heavy_work_is_handed_to_the_worker_once(redis: ArqRedis) -> None:
    await refresh_codebase_index(redis)
    await refresh_codebase_index(redis)

    assert [job.function for job in await redis.queued_jobs()] == ["update_codebase_index"]
