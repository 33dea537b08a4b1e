from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from reference_app.models.base import Identified


class Report(Identified):
    """How many jobs of a user got which label; empty until the worker has counted."""

    __tablename__ = "reports"

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    days: Mapped[int]
    counts: Mapped[dict[str, int] | None] = mapped_column(JSON)


class CreateReportRequest(BaseModel):
    days: Annotated[int, Field(ge=1, le=365)] = 30


class ReportOrder(BaseModel):
    """What travels through the queue to the worker."""

    report_id: UUID
    days: int


class ReportResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    days: int
    counts: dict[str, int] | None
    created_at: datetime
