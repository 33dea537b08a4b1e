from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, status
from fastapi.responses import StreamingResponse

from reference_app.components.backend.api.paging import Page
from reference_app.deps import CurrentUserDep, JobServiceDep, OwnedJobDep
from reference_app.deps.auth import get_current_user
from reference_app.models import CreateJobRequest, Job, JobResponse

router = APIRouter(prefix="/jobs", tags=["jobs"], dependencies=[Depends(get_current_user)])


@router.post("/", status_code=status.HTTP_201_CREATED, response_model=JobResponse)
async def create_job(body: CreateJobRequest, user: CurrentUserDep, jobs: JobServiceDep) -> Job:
    """Create a triage job for the authenticated user and hand it to the worker."""
    return await jobs.submit(user, body)


@router.get("/", response_model=list[JobResponse])
async def list_jobs(user: CurrentUserDep, jobs: JobServiceDep, page: Annotated[Page, Depends()]) -> Sequence[Job]:
    return await jobs.jobs_of(user, limit=page.limit, offset=page.offset)


@router.get("/export", response_class=StreamingResponse)
async def export_jobs(user: CurrentUserDep, jobs: JobServiceDep) -> StreamingResponse:
    """Send the user's jobs as CSV while they are being read; the session stays open until the last line."""
    return StreamingResponse(jobs.export(user), media_type="text/csv")


@router.get("/{job_id}", response_model=JobResponse)
async def read_job(job: OwnedJobDep) -> Job:
    return job


@router.post("/{job_id}/retriage", status_code=status.HTTP_202_ACCEPTED, response_model=JobResponse)
async def retriage_job(job: OwnedJobDep, jobs: JobServiceDep) -> Job:
    return await jobs.retriage(job.id)
