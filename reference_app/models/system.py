from pydantic import BaseModel, computed_field


class SystemStatus(BaseModel):
    """What answers, and what there is to do; nothing does until it was asked."""

    database: bool = False
    redis: bool = False
    worker: bool = False
    queued: int = 0
    jobs: dict[str, int] = {}

    @computed_field  # type: ignore[prop-decorator]
    @property
    def healthy(self) -> bool:
        """Whether requests can be served: without a worker they are accepted, and wait."""
        return self.database and self.redis
