from typing import Annotated

import httpx
import typer

from reference_app.cli.running import run
from reference_app.config import get_settings
from reference_app.core.db import create_tables
from reference_app.models import SystemStatus


def init_db() -> None:
    """Create the tables that are missing."""
    run(create_tables(get_settings().database_url))


def status(url: Annotated[str, typer.Option(default_factory=lambda: get_settings().api_url)]) -> None:
    """Ask the running API how it is; exit status 1 when it is not well."""
    answer = SystemStatus.model_validate(httpx.get(f"{url}/health").json())
    for server, up in (("database", answer.database), ("redis", answer.redis), ("worker", answer.worker)):
        typer.echo(f"{server:<9}{'up' if up else 'down'}")
    typer.echo(f"{'queued':<9}{answer.queued}")
    raise typer.Exit(0 if answer.healthy else 1)
