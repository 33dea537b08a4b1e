from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from reference_app.core.constants import LABELS, OTHER_LABEL, SUSPECTS_SHOWN
from reference_app.models import IndexedFile, Job, JobState
from reference_app.services.codebase_service import words_of


class TriageService:
    """Gives a problem report a label, and names the files that it may be about."""

    def __init__(self, db: AsyncSession) -> None:
        self._db = db

    async def run(self, job_id: UUID) -> None:
        """Triage the job; nothing happens to one that is gone or done, since messages may arrive twice."""
        job = await self._db.get(Job, job_id)
        if job is None or job.state == JobState.DONE:
            return
        job.state = JobState.RUNNING
        await self._db.commit()

        report = f"{job.title}\n{job.text}"
        files = await self._db.stream_scalars(select(IndexedFile))
        shared = {file.path: len(words_of(report).intersection(file.words)) async for file in files}
        job.label = label_of(report)
        job.suspects = most_shared(shared.items())
        job.state = JobState.DONE
        await self._db.commit()


def label_of(report: str) -> str:
    """Return the first label, in order of urgency, that a word of the report speaks for."""
    lowered = report.lower()
    for label, signs in LABELS:
        if any(sign in lowered for sign in signs):
            return label
    return OTHER_LABEL


def most_shared(shared: Iterable[tuple[str, int]]) -> list[str]:
    ranked = sorted((-count, path) for path, count in shared if count)
    return [path for _, path in ranked[:SUSPECTS_SHOWN]]
