"""Rows of the database, and the shapes that enter and leave at the entry points."""

from reference_app.models.base import Base, utc_now
from reference_app.models.codebase import IndexedFile
from reference_app.models.job import CreateJobRequest, Job, JobResponse, JobState
from reference_app.models.report import CreateReportRequest, Report, ReportOrder, ReportResponse
from reference_app.models.system import SystemStatus
from reference_app.models.user import CreateUserRequest, TokenRequest, TokenResponse, User, UserResponse

__all__ = [
    "Base",
    "CreateJobRequest",
    "CreateReportRequest",
    "CreateUserRequest",
    "IndexedFile",
    "Job",
    "JobResponse",
    "JobState",
    "Report",
    "ReportOrder",
    "ReportResponse",
    "SystemStatus",
    "TokenRequest",
    "TokenResponse",
    "User",
    "UserResponse",
    "utc_now",
]
