"""The environment, read once."""

from functools import lru_cache
from pathlib import Path

from pydantic_settings import BaseSettings

from reference_app.core.constants import EMBEDDED_REDIS_URL


class Settings(BaseSettings):
    """Each field is an environment variable: `DATABASE_URL`, `REDIS_URL` and so on.

    The defaults are the embedded servers; `postgresql+asyncpg://…` and any other `redis://…` are real ones.
    """

    database_url: str = "sqlite+aiosqlite:///reference_app.db"
    redis_url: str = EMBEDDED_REDIS_URL
    api_host: str = "127.0.0.1"
    api_port: int = 8000
    log_level: str = "INFO"
    signups_per_minute: int = 30
    email_outbox: Path = Path("outbox")
    codebase_root: Path = Path(__file__).parent

    @property
    def redis_is_embedded(self) -> bool:
        return self.redis_url == EMBEDDED_REDIS_URL

    @property
    def api_url(self) -> str:
        return f"http://{self.api_host}:{self.api_port}"


@lru_cache
def get_settings() -> Settings:
    """Return the one `Settings` of this process."""
    return Settings()
