from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from reference_app.components.frontend.html import render
from reference_app.deps import SystemServiceDep

router = APIRouter(tags=["frontend"])


@router.get("/dashboard", response_class=HTMLResponse)
async def dashboard(system: SystemServiceDep) -> HTMLResponse:
    """Show how the system is; the page runs in the API's process, so it asks the service, not the API."""
    return HTMLResponse(render(await system.status()))
