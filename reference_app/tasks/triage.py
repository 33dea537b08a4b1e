from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from reference_app.services.triage_service import TriageService
from reference_app.tasks.context import WorkerContext


async def run_triage(ctx: WorkerContext, job_id: UUID) -> None:
    sessions: async_sessionmaker[AsyncSession] = ctx["sessions"]
    async with sessions() as db:
        await TriageService(db).run(job_id)
