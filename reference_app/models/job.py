from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from reference_app.models.base import Identified, UtcDateTime, utc_now


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Identified):
    """A problem report that is, or will be, triaged."""

    __tablename__ = "jobs"

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    title: Mapped[str]
    text: Mapped[str]
    state: Mapped[str] = mapped_column(default=JobState.QUEUED, index=True)
    attempts: Mapped[int] = mapped_column(default=1)
    label: Mapped[str | None]
    suspects: Mapped[list[str]] = mapped_column(JSON, default=list)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, onupdate=utc_now)


class CreateJobRequest(BaseModel):
    title: Annotated[str, Field(min_length=1, max_length=200)]
    text: Annotated[str, Field(max_length=20_000)] = ""


class JobResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    title: str
    state: JobState
    attempts: int
    label: str | None
    suspects: list[str]
    created_at: datetime
    updated_at: datetime
