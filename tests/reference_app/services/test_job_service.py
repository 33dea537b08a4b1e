from datetime import timedelta

import pytest
from arq.connections import ArqRedis
from sqlalchemy.ext.asyncio import AsyncSession

from reference_app.core.constants import MAX_ATTEMPTS
from reference_app.models import CreateJobRequest, JobState, User
from reference_app.services.job_service import JobService
from reference_app.services.task_queue import TaskQueue

pytestmark = pytest.mark.anyio
REQUEST = CreateJobRequest(title="It crashes")
AT_ONCE = timedelta(0)


@pytest.fixture
def jobs(db: AsyncSession, redis: ArqRedis) -> JobService:
    return JobService(db, TaskQueue(redis))


async def test_a_submitted_job_waits_in_the_queue(jobs: JobService, redis: ArqRedis, ann: User) -> None:
    job = await jobs.submit(ann, REQUEST)

    assert (job.state, job.attempts) == (JobState.QUEUED, 1)
    assert [(queued.function, queued.args) for queued in await redis.queued_jobs()] == [("run_triage", (job.id,))]


async def test_a_job_whose_message_was_lost_is_sent_again(jobs: JobService, redis: ArqRedis, ann: User) -> None:
    job = await jobs.submit(ann, REQUEST)
    await redis.flushdb()

    assert await jobs.requeue_stuck(after=timedelta(minutes=1)) == 0
    assert await jobs.requeue_stuck(after=AT_ONCE) == 1

    assert (job.state, job.attempts) == (JobState.QUEUED, 2)
    assert [queued.args for queued in await redis.queued_jobs()] == [(job.id,)]


async def test_a_job_that_is_stuck_time_and_again_has_failed(jobs: JobService, ann: User) -> None:
    job = await jobs.submit(ann, REQUEST)

    for _ in range(MAX_ATTEMPTS):
        await jobs.requeue_stuck(after=AT_ONCE)

    assert (job.state, job.attempts) == (JobState.FAILED, MAX_ATTEMPTS)
    assert await jobs.requeue_stuck(after=AT_ONCE) == 0


async def test_pages_are_newest_first(jobs: JobService, ann: User) -> None:
    for title in ("first", "second", "third"):
        await jobs.submit(ann, CreateJobRequest(title=title))

    page = await jobs.jobs_of(ann, limit=2, offset=1)

    assert [job.title for job in page] == ["second", "first"]
