"""arq's worker. On its own: `arq reference_app.worker.WorkerSettings`."""

from arq.connections import RedisSettings
from sqlalchemy.ext.asyncio import create_async_engine

from reference_app.config import get_settings
from reference_app.core.db import session_factory
from reference_app.tasks.codebase import build_codebase_index, update_codebase_index
from reference_app.tasks.context import WorkerContext
from reference_app.tasks.reports import generate_report
from reference_app.tasks.triage import run_triage


async def on_startup(ctx: WorkerContext) -> None:
    """Open what all tasks share. arq has put its own pool into `ctx["redis"]` before, and closes it itself."""
    settings = get_settings()
    ctx["db_engine"] = create_async_engine(settings.database_url)
    ctx["sessions"] = session_factory(ctx["db_engine"])
    ctx["codebase_root"] = settings.codebase_root


async def on_shutdown(ctx: WorkerContext) -> None:
    await ctx["db_engine"].dispose()


class WorkerSettings:
    on_startup = on_startup
    on_shutdown = on_shutdown
    functions = (run_triage, build_codebase_index, update_codebase_index, generate_report)
    redis_settings = RedisSettings.from_dsn(get_settings().redis_url)
    health_check_interval = 10  # seconds; `/health` shows the worker until it has missed one
    job_completion_wait = 5  # seconds that jobs are given to end when the worker is told to
    keep_result = 0  # results are in the database, and a job id may be used again
