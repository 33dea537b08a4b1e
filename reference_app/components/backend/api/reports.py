from uuid import UUID

from fastapi import APIRouter, status

from reference_app.deps import CurrentUserDep, ReportServiceDep
from reference_app.models import CreateReportRequest, Report, ReportResponse

router = APIRouter(prefix="/reports", tags=["reports"])


@router.post("/", status_code=status.HTTP_202_ACCEPTED, response_model=ReportResponse)
async def order_report(body: CreateReportRequest, user: CurrentUserDep, reports: ReportServiceDep) -> Report:
    """Order a report; the worker writes it."""
    return await reports.order(user, body)


@router.get("/{report_id}", response_model=ReportResponse)
async def read_report(report_id: UUID, user: CurrentUserDep, reports: ReportServiceDep) -> Report:
    return await reports.owned_report(report_id, user)
