from fastapi import FastAPI

from reference_app.components.backend.api import router as api
from reference_app.components.backend.errors import add_error_handlers
from reference_app.components.backend.middleware import RequestIdMiddleware
from reference_app.components.frontend.dashboard import add_dashboard
from reference_app.lifespan import lifespan

app = FastAPI(title="Triage", lifespan=lifespan)
app.add_middleware(RequestIdMiddleware)
add_error_handlers(app)
app.include_router(api)
add_dashboard(app)
