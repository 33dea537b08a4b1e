import asyncio
from collections.abc import Coroutine
from typing import TypeVar

import typer
from pydantic import ValidationError

from reference_app.core.errors import Refused

T = TypeVar("T")


def run(work: Coroutine[object, object, T]) -> T:
    """Do the work of a command; a refusal becomes a message and exit status 1."""
    try:
        return asyncio.run(work)
    except (Refused, ValidationError) as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from refusal
