from fastapi import APIRouter, Depends

from reference_app.components.backend.api import health, jobs, reports, users
from reference_app.deps.metrics import count_request

router = APIRouter(dependencies=[Depends(count_request)])
router.include_router(health.router)
router.include_router(users.router)
router.include_router(jobs.router)
router.include_router(reports.router)
