from typing import Annotated

import typer
from pydantic import SecretStr

from reference_app.cli.running import run
from reference_app.config import get_settings
from reference_app.core.db import database
from reference_app.models import CreateUserRequest, User
from reference_app.services.email_service import EmailService
from reference_app.services.user_service import UserService

users = typer.Typer(no_args_is_help=True, help="Accounts.")


@users.callback()
def _group() -> None:
    """Keep `create` a sub-command, though it is the only one."""


@users.command("create")
def create_user(
    email: str,
    full_name: str,
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
) -> None:
    """Create a user, as `POST /users` does."""
    user = run(_create(email, full_name, password))
    typer.echo(f"{user.id} {user.email}")


async def _create(email: str, full_name: str, password: str) -> User:
    request = CreateUserRequest(email=email, full_name=full_name, password=SecretStr(password))
    settings = get_settings()
    async with database(settings.database_url) as sessions, sessions() as db:
        return await UserService(db, EmailService(settings.email_outbox)).create_user(request)
