from typing import Annotated

from fastapi import Depends

from reference_app.deps.redis import RedisDep
from reference_app.services.token_service import TokenService


async def get_token_service(redis: RedisDep) -> TokenService:
    return TokenService(redis)


TokenServiceDep = Annotated[TokenService, Depends(get_token_service)]
