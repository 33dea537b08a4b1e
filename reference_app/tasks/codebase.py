from pathlib import Path

from arq.connections import ArqRedis
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from reference_app.services.codebase_service import CodebaseService
from reference_app.services.job_service import JobService
from reference_app.services.task_queue import TaskQueue
from reference_app.tasks.context import WorkerContext


async def build_codebase_index(ctx: WorkerContext) -> int:
    sessions: async_sessionmaker[AsyncSession] = ctx["sessions"]
    root: Path = ctx["codebase_root"]
    async with sessions() as db:
        return await CodebaseService(db).build(root)


async def update_codebase_index(ctx: WorkerContext) -> int:
    """Bring the index up to date, and what was concluded from it: changed files may name other suspects."""
    sessions: async_sessionmaker[AsyncSession] = ctx["sessions"]
    redis: ArqRedis = ctx["redis"]
    root: Path = ctx["codebase_root"]
    async with sessions() as db:
        changed = await CodebaseService(db).update(root)
        if changed:
            await JobService(db, TaskQueue(redis)).retriage_done()
        return changed
