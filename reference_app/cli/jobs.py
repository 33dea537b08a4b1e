from datetime import timedelta
from typing import Annotated
from uuid import UUID

import typer

from reference_app.cli.running import run
from reference_app.config import get_settings
from reference_app.core.constants import KEEP_FINISHED_FOR
from reference_app.core.db import database
from reference_app.core.redis import redis_pool
from reference_app.models import Job
from reference_app.services.cleanup_service import CleanupService
from reference_app.services.job_service import JobService
from reference_app.services.task_queue import TaskQueue

jobs = typer.Typer(no_args_is_help=True, help="Triage jobs.")


@jobs.command("retriage")
def retriage_job(job_id: UUID) -> None:
    """Triage a job once more, as `POST /jobs/{id}/retriage` does."""
    job = run(_retriage(job_id))
    typer.echo(f"{job.id} {job.state}")


async def _retriage(job_id: UUID) -> Job:
    settings = get_settings()
    async with (
        database(settings.database_url) as sessions,
        redis_pool(settings.redis_url) as redis,
        sessions() as db,
    ):
        return await JobService(db, TaskQueue(redis)).retriage(job_id)


@jobs.command("clean")
def clean(days: Annotated[int, typer.Option(min=0)] = KEEP_FINISHED_FOR.days) -> None:
    """Remove finished jobs, as the scheduler does."""
    typer.echo(f"{run(_clean(timedelta(days=days)))} removed")


async def _clean(older_than: timedelta) -> int:
    async with database(get_settings().database_url) as sessions, sessions() as db:
        return await CleanupService(db).remove_finished_jobs(older_than=older_than)
