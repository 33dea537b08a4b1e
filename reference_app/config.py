"""The environment, read once."""

import os
from functools import lru_cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Each field is an environment variable: `DATABASE_URL`, `REDIS_URL` and so on; `ENV_FILE` names a file of them.

    The defaults are the embedded servers; `postgresql+asyncpg://…` and any other `redis://…` are real ones.
    """

    model_config = SettingsConfigDict(env_file=os.environ.get("ENV_FILE"), extra="ignore")

    database_url: str = "sqlite+aiosqlite:///reference_app.db"
    embedded_redis_port: int = 16379
    redis_url: str = Field(default_factory=lambda values: f"redis://127.0.0.1:{values['embedded_redis_port']}/0")
    api_host: str = "127.0.0.1"
    api_port: int = 8000
    log_level: str = "INFO"
    signups_per_minute: int = 30
    email_outbox: Path = Path("outbox")
    codebase_root: Path = Path(__file__).parent

    @property
    def redis_is_embedded(self) -> bool:
        return "redis_url" not in self.model_fields_set

    @property
    def api_url(self) -> str:
        return f"http://{self.api_host}:{self.api_port}"


@lru_cache
def get_settings() -> Settings:
    """Return the one `Settings` of this process."""
    return Settings()
