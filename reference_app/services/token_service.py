from uuid import UUID

from redis.asyncio import Redis

from reference_app.core.constants import TOKEN_LIFETIME
from reference_app.core.errors import Unauthorized
from reference_app.core.security import fingerprint, new_token
from reference_app.models import User


class TokenService:
    """Bearer tokens, kept in Redis until they expire."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def issue(self, user: User) -> str:
        token = new_token()
        await self._redis.set(_key(token), str(user.id), ex=TOKEN_LIFETIME)
        return token

    async def user_id(self, token: str) -> UUID:
        """Return whose token this is.

        Raises:
            Unauthorized: It is nobody's, or has expired.
        """
        stored = await self._redis.get(_key(token))
        if stored is None:
            raise Unauthorized("invalid or expired token")
        return UUID(stored.decode())


def _key(token: str) -> str:
    return f"token:{fingerprint(token)}"
