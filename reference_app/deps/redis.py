from typing import Annotated

from arq.connections import ArqRedis
from fastapi import Depends, Request


async def get_redis(request: Request) -> ArqRedis:
    """Return the application's Redis pool from app.state."""
    redis: ArqRedis = request.app.state.redis
    return redis


RedisDep = Annotated[ArqRedis, Depends(get_redis)]
