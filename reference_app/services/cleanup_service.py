from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from reference_app.models import Job, JobState, utc_now


class CleanupService:
    def __init__(self, db: AsyncSession) -> None:
        self._db = db

    async def remove_finished_jobs(self, *, older_than: timedelta) -> int:
        """Remove jobs that ended longer ago than that; return how many."""
        finished = Job.state.in_([JobState.DONE, JobState.FAILED])
        removed = await self._db.scalars(
            delete(Job).where(finished, Job.updated_at < utc_now() - older_than).returning(Job.id)
        )
        count = len(removed.all())
        await self._db.commit()
        return count
