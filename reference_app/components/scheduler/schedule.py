"""Light work is done here, directly, by services; heavy work is handed to the worker."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_EXECUTED,
    EVENT_JOB_MISSED,
    EVENT_JOB_SUBMITTED,
)
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from arq.connections import ArqRedis
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from reference_app.config import Settings
from reference_app.core.constants import KEEP_FINISHED_FOR, STUCK_AFTER
from reference_app.core.db import database
from reference_app.core.redis import redis_pool
from reference_app.services.cleanup_service import CleanupService
from reference_app.services.job_service import JobService
from reference_app.services.task_queue import TaskQueue


async def requeue_stuck_jobs(sessions: async_sessionmaker[AsyncSession], redis: ArqRedis) -> None:
    async with sessions() as db:
        await JobService(db, TaskQueue(redis)).requeue_stuck(after=STUCK_AFTER)


async def remove_old_jobs(sessions: async_sessionmaker[AsyncSession]) -> None:
    async with sessions() as db:
        await CleanupService(db).remove_finished_jobs(older_than=KEEP_FINISHED_FOR)


async def refresh_codebase_index(redis: ArqRedis) -> None:
    await TaskQueue(redis).update_codebase_index()


def build_scheduler(sessions: async_sessionmaker[AsyncSession], redis: ArqRedis) -> AsyncIOScheduler:
    scheduler = AsyncIOScheduler(timezone=UTC)
    scheduler.add_job(requeue_stuck_jobs, "interval", minutes=1, args=[sessions, redis])
    scheduler.add_job(remove_old_jobs, "interval", hours=1, args=[sessions])
    scheduler.add_job(refresh_codebase_index, "interval", hours=1, args=[redis], next_run_time=datetime.now(UTC))
    return scheduler


@asynccontextmanager
async def running_scheduler(settings: Settings) -> AsyncGenerator[AsyncIOScheduler, None]:
    """Open what scheduled work needs, keep the clock, and close everything again."""
    async with AsyncExitStack() as stack:
        sessions = await stack.enter_async_context(database(settings.database_url))
        redis = await stack.enter_async_context(redis_pool(settings.redis_url))
        scheduler = build_scheduler(sessions, redis)
        stack.push_async_callback(stop, scheduler, running_jobs(scheduler))
        scheduler.start()
        yield scheduler


def running_jobs(scheduler: AsyncIOScheduler) -> set[str]:
    """The ids of the jobs that are running, kept up to date by the scheduler's events."""
    running: set[str] = set()
    scheduler.add_listener(lambda event: running.add(event.job_id), EVENT_JOB_SUBMITTED)
    scheduler.add_listener(
        lambda event: running.discard(event.job_id), EVENT_JOB_EXECUTED | EVENT_JOB_ERROR | EVENT_JOB_MISSED
    )
    return running


async def stop(scheduler: AsyncIOScheduler, running: set[str]) -> None:
    """Let what has begun end: APScheduler alone would cancel it, while the connections it uses are being closed."""
    scheduler.pause()
    while running:  # noqa: ASYNC110 - APScheduler tells by callback, from whatever thread
        await asyncio.sleep(0.02)
    scheduler.shutdown()
