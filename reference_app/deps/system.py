from typing import Annotated

from fastapi import Depends

from reference_app.deps.db import DbSessionDep
from reference_app.deps.redis import RedisDep
from reference_app.services.system.health import SystemService


async def get_system_service(db: DbSessionDep, redis: RedisDep) -> SystemService:
    return SystemService(db, redis)


SystemServiceDep = Annotated[SystemService, Depends(get_system_service)]
