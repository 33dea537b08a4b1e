"""CF601: the environment is read in config alone."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.program import Program
from conformance.program.environment import EnvironmentRead
from conformance.results import Violation
from conformance.rules.base import Example, Rule


def subjects(program: Program) -> Iterator[EnvironmentRead]:
    """Each use of the environment outside tests and migrations, those in config too."""
    for module in program.target_modules:
        if not program.is_migration(module):
            yield from program.environment.reads(module)


def check(program: Program, read: EnvironmentRead) -> Iterator[Violation]:  # noqa: ARG001
    """Report a use outside the config role."""
    module = read.scope.module
    if module.has_role("config"):
        return
    yield Violation(
        module.place(read.node),
        f"`{read.name}` is used outside config",
        "make it a field of the settings class, and take it from the settings that are handed over",
        detail=read.name,
    )


RULE = Rule(
    id="CF601",
    name="env-outside-config",
    source="PRD-012 §6",
    summary="The environment is read outside the config module.",
    why=(
        "config is the single source of what comes from the environment. A variable that is read elsewhere is in no "
        "list, has no type and no default that anyone knows of, and is noticed to be missing when a request needs it "
        "instead of when the process starts."
    ),
    instead="Add a field to the settings class, and take the settings from `SettingsDep`, ctx or `get_settings()`.",
    subjects=subjects,
    check=check,
    nothing="the target reads no environment",
    configure='`[tool.conformance.roles] config = ["app.core.env"]` names the config module.',
    bad=(
        Example(
            "a service reads a variable",
            """
--- app/config.py
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    region: str = "eu"
--- app/services/mail.py
import os


def sender() -> str:
    return os.environ["MAIL_FROM"]  # expect: CF601
""",
        ),
        Example(
            "under other names, while modules load",
            """
--- app/config.py
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    region: str = "eu"
--- app/core/queue.py
from os import environ as env
from os import getenv

QUEUE = getenv("QUEUE", "jobs")  # expect: CF601


def size(default: int = int(env.get("SIZE", "5"))) -> int:  # expect: CF601
    return default
""",
        ),
    ),
    good=(
        Example(
            "config reads, a service is handed the value",
            """
--- app/config.py
import os

from pydantic_settings import BaseSettings

DEBUG = os.getenv("DEBUG") == "1"


class Settings(BaseSettings):
    mail_from: str = "noreply@example.com"
--- app/services/mail.py
from app.config import Settings


def sender(settings: Settings) -> str:
    return settings.mail_from
""",
        ),
        Example(
            "a script sets what its process needs",
            """
--- app/config.py
from os import environ

REGION = environ.get("REGION", "eu")
--- app/run.py
import os

from app.config import REGION

if __name__ == "__main__":
    os.environ["TZ"] = "UTC"
    print(REGION)
""",
        ),
    ),
)
