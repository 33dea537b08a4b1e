from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from reference_app.models import Job, JobState, User, utc_now
from reference_app.services.cleanup_service import CleanupService

pytestmark = pytest.mark.anyio


async def test_only_old_finished_jobs_are_removed(db: AsyncSession, ann: User) -> None:
    def job(state: JobState, *, days: int) -> Job:
        return Job(
            owner_id=ann.id, title=f"{state} {days}", text="", state=state, updated_at=utc_now() - timedelta(days)
        )

    db.add_all([job(JobState.DONE, days=9), job(JobState.FAILED, days=9), job(JobState.QUEUED, days=9)])
    db.add(job(JobState.DONE, days=1))
    await db.commit()

    assert await CleanupService(db).remove_finished_jobs(older_than=timedelta(days=7)) == 2

    assert set(await db.scalars(select(Job.title))) == {"queued 9", "done 1"}
