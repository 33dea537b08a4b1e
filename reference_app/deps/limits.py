from fastapi import HTTPException, Request, status

from reference_app.core.constants import SIGNUP_WINDOW
from reference_app.deps.redis import RedisDep
from reference_app.deps.settings import SettingsDep


async def limit_signups(request: Request, redis: RedisDep, settings: SettingsDep) -> None:
    """Refuse an address that calls too often within the window that its first call opened."""
    host = request.client.host if request.client else "unknown"
    key = f"signups:{host}"
    await redis.set(key, 0, ex=SIGNUP_WINDOW, nx=True)
    if await redis.incr(key) > settings.signups_per_minute:
        raise HTTPException(status.HTTP_429_TOO_MANY_REQUESTS, "too many requests: wait a minute")
