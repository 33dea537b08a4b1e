from arq.connections import ArqRedis

from reference_app.models import Job, ReportOrder


class TaskQueue:
    """Hands work to the worker: the one place that knows the tasks by name."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

    async def triage(self, job: Job) -> None:
        # The id makes a second message for the same attempt a no-op.
        await self._redis.enqueue_job("run_triage", job.id, _job_id=f"triage:{job.id}:{job.attempts}")

    async def generate_report(self, order: ReportOrder) -> None:
        await self._redis.enqueue_job("generate_report", order.model_dump(mode="json"))

    async def build_codebase_index(self) -> None:
        await self._redis.enqueue_job("build_codebase_index", _job_id="build_codebase_index")

    async def update_codebase_index(self) -> None:
        await self._redis.enqueue_job("update_codebase_index", _job_id="update_codebase_index")
