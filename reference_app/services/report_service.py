from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from reference_app.core.constants import OTHER_LABEL
from reference_app.core.errors import Missing
from reference_app.models import CreateReportRequest, Job, JobState, Report, ReportOrder, User, utc_now
from reference_app.services.task_queue import TaskQueue


class ReportService:
    def __init__(self, db: AsyncSession, queue: TaskQueue) -> None:
        self._db = db
        self._queue = queue

    async def order(self, owner: User, request: CreateReportRequest) -> Report:
        report = Report(owner_id=owner.id, days=request.days)
        self._db.add(report)
        await self._db.commit()
        await self._queue.generate_report(ReportOrder(report_id=report.id, days=report.days))
        return report

    async def generate(self, order: ReportOrder) -> None:
        """Count the owner's finished jobs by label.

        Raises:
            Missing: The report was removed while its order waited.
        """
        report = await self._db.get(Report, order.report_id)
        if report is None:
            raise Missing("no such report")
        since = utc_now() - timedelta(days=order.days)
        finished = (Job.owner_id == report.owner_id, Job.state == JobState.DONE, Job.created_at >= since)
        rows = await self._db.execute(select(Job.label, func.count()).where(*finished).group_by(Job.label))
        report.counts = {label or OTHER_LABEL: count for label, count in rows}
        await self._db.commit()

    async def owned_report(self, report_id: UUID, owner: User) -> Report:
        """Return the report.

        Raises:
            Missing: There is none with this id, or it is someone else's.
        """
        report = await self._db.get(Report, report_id)
        if report is None or report.owner_id != owner.id:
            raise Missing("no such report")
        return report
