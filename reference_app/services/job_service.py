import csv
import io
from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from reference_app.core.constants import MAX_ATTEMPTS
from reference_app.core.errors import Missing
from reference_app.models import CreateJobRequest, Job, JobState, User, utc_now
from reference_app.services.task_queue import TaskQueue


class JobService:
    def __init__(self, db: AsyncSession, queue: TaskQueue) -> None:
        self._db = db
        self._queue = queue

    async def submit(self, owner: User, request: CreateJobRequest) -> Job:
        """Store a job and hand it to the worker.

        In this order: a worker must never receive a job that is not stored yet. If the message is lost after the
        commit, `requeue_stuck` sends it again.
        """
        job = Job(owner_id=owner.id, title=request.title, text=request.text)
        self._db.add(job)
        await self._db.commit()
        await self._queue.triage(job)
        return job

    async def owned_job(self, job_id: UUID, owner: User) -> Job:
        """Return the job.

        Raises:
            Missing: There is none with this id, or it is someone else's; which of the two is not told.
        """
        job = await self._db.get(Job, job_id)
        if job is None or job.owner_id != owner.id:
            raise Missing("no such job")
        return job

    async def jobs_of(self, owner: User, *, limit: int, offset: int) -> Sequence[Job]:
        newest_first = select(Job).where(Job.owner_id == owner.id).order_by(Job.created_at.desc(), Job.id)
        return (await self._db.scalars(newest_first.limit(limit).offset(offset))).all()

    async def export(self, owner: User) -> AsyncGenerator[str, None]:
        """Yield the owner's jobs as lines of CSV, oldest first, without holding them all."""
        yield _csv_line("id", "created_at", "title", "state", "label")
        jobs = await self._db.stream_scalars(select(Job).where(Job.owner_id == owner.id).order_by(Job.created_at))
        async for job in jobs:
            yield _csv_line(job.id, job.created_at.isoformat(), job.title, job.state, job.label)

    async def retriage(self, job_id: UUID) -> Job:
        """Triage a job once more, as a new attempt.

        Raises:
            Missing: There is no such job.
        """
        job = await self._db.get(Job, job_id)
        if job is None:
            raise Missing("no such job")
        await self._send_again(job)
        return job

    async def retriage_done(self) -> int:
        """Triage every finished job once more, because what they were compared with has changed."""
        done = (await self._db.scalars(select(Job).where(Job.state == JobState.DONE))).all()
        for job in done:
            await self._send_again(job)
        return len(done)

    async def requeue_stuck(self, *, after: timedelta) -> int:
        """Send again what has been waiting or running for longer than `after`; give up after the last attempt."""
        unfinished = Job.state.in_([JobState.QUEUED, JobState.RUNNING])
        stuck = (await self._db.scalars(select(Job).where(unfinished, Job.updated_at < utc_now() - after))).all()
        for job in stuck:
            if job.attempts < MAX_ATTEMPTS:
                await self._send_again(job)
            else:
                job.state = JobState.FAILED
                await self._db.commit()
        return len(stuck)

    async def _send_again(self, job: Job) -> None:
        job.state = JobState.QUEUED
        job.attempts += 1
        await self._db.commit()
        await self._queue.triage(job)


def _csv_line(*values: object) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue()
