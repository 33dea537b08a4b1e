from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from reference_app.models import IndexedFile, Job, JobState, User
from reference_app.services.triage_service import TriageService, label_of

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("report", "label"),
    [
        ("Traceback on start", "crash"),
        ("It is SLOW", "performance"),
        ("An error leaks the password", "security"),
        ("How do I start it?", "question"),
    ],
)
def test_a_report_gets_the_most_urgent_label(report: str, label: str) -> None:
    assert label_of(report) == label


async def test_the_suspects_are_the_files_that_share_most_words(db: AsyncSession, ann: User) -> None:
    job = Job(owner_id=ann.id, title="Crash", text="The scheduler loses its session")
    db.add_all(
        [
            job,
            IndexedFile(path="other.py", digest="1", words=["nothing"]),
            IndexedFile(path="scheduler.py", digest="2", words=["scheduler", "session"]),
            IndexedFile(path="session.py", digest="3", words=["session"]),
        ]
    )
    await db.commit()

    await TriageService(db).run(job.id)

    assert (job.state, job.label, job.suspects) == (JobState.DONE, "crash", ["scheduler.py", "session.py"])


async def test_a_message_for_a_removed_job_does_nothing(db: AsyncSession) -> None:
    await TriageService(db).run(uuid4())
