from arq.connections import ArqRedis
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from reference_app.models import ReportOrder
from reference_app.services.report_service import ReportService
from reference_app.services.task_queue import TaskQueue
from reference_app.tasks.context import WorkerContext


async def generate_report(ctx: WorkerContext, order: dict[str, str | int]) -> None:
    sessions: async_sessionmaker[AsyncSession] = ctx["sessions"]
    redis: ArqRedis = ctx["redis"]
    async with sessions() as db:
        await ReportService(db, TaskQueue(redis)).generate(ReportOrder.model_validate(order))
