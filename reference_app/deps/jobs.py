from typing import Annotated

from fastapi import Depends

from reference_app.deps.db import DbSessionDep
from reference_app.deps.queue import TaskQueueDep
from reference_app.services.job_service import JobService


async def get_job_service(db: DbSessionDep, queue: TaskQueueDep) -> JobService:
    return JobService(db, queue)


JobServiceDep = Annotated[JobService, Depends(get_job_service)]
