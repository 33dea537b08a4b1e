from importlib.util import find_spec

from fastapi import FastAPI

from reference_app.components.frontend.page import router


def add_dashboard(app: FastAPI) -> None:
    """Serve `/dashboard`: by Flet where it is installed, else as a page that the server renders."""
    if find_spec("flet_web") is None:
        app.include_router(router)
    else:
        from reference_app.components.frontend.flet_app import add_flet  # noqa: PLC0415 - an optional extra

        add_flet(app, "/dashboard")
