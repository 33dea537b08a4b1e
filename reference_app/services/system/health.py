import logging

from arq.connections import ArqRedis
from arq.constants import default_queue_name, health_check_key_suffix
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from reference_app.models import Job, SystemStatus

logger = logging.getLogger(__name__)


class SystemService:
    def __init__(self, db: AsyncSession, redis: ArqRedis) -> None:
        self._db = db
        self._redis = redis

    async def status(self) -> SystemStatus:
        """Ask every server; that one does not answer is part of the answer, not an error."""
        status = SystemStatus()
        try:
            counts = await self._db.execute(select(Job.state, func.count()).group_by(Job.state))
            for state, count in counts:
                status.jobs[state] = count
            status.database = True
        except (SQLAlchemyError, OSError) as error:
            logger.warning("the database does not answer: %s", error)
        try:
            status.queued = await self._redis.zcard(default_queue_name)
            status.worker = bool(await self._redis.exists(default_queue_name + health_check_key_suffix))
            status.redis = True
        except RedisError as error:
            logger.warning("Redis does not answer: %s", error)
        return status
