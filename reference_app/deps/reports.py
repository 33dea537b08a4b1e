from typing import Annotated

from fastapi import Depends

from reference_app.deps.db import DbSessionDep
from reference_app.deps.queue import TaskQueueDep
from reference_app.services.report_service import ReportService


async def get_report_service(db: DbSessionDep, queue: TaskQueueDep) -> ReportService:
    return ReportService(db, queue)


ReportServiceDep = Annotated[ReportService, Depends(get_report_service)]
