from typing import Annotated

from fastapi import Depends

from reference_app.deps.redis import RedisDep
from reference_app.services.task_queue import TaskQueue


async def get_task_queue(redis: RedisDep) -> TaskQueue:
    return TaskQueue(redis)


TaskQueueDep = Annotated[TaskQueue, Depends(get_task_queue)]
