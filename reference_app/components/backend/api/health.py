from fastapi import APIRouter, Response, status

from reference_app.deps import SystemServiceDep
from reference_app.models import SystemStatus

router = APIRouter(tags=["system"])


@router.get("/health", responses={status.HTTP_503_SERVICE_UNAVAILABLE: {"model": SystemStatus}})
async def health(system: SystemServiceDep, response: Response) -> SystemStatus:
    """Tell whether requests can be served."""
    system_status = await system.status()
    if not system_status.healthy:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return system_status
