"""TS706: overrides are for tests."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.facts import code
from conformance.program import Program
from conformance.program.overrides import OverrideWrite, override_writes
from conformance.results import Severity, Violation
from conformance.rules.base import Example, Rule


def subjects(program: Program) -> Iterator[OverrideWrite]:
    """Each write of the overrides, those of the tests too."""
    for module in program.modules:
        yield from override_writes(program, module)


def check(program: Program, write: OverrideWrite) -> Iterator[Violation]:  # noqa: ARG001
    """Report a write outside the tests."""
    if write.module.is_test:
        return
    keys = ", ".join(code.dotted(k) or "…" for k in write.keys)
    yield Violation(
        write.place,
        f"the dependencies{f' `{keys}`' if keys else ''} are overridden outside the tests",
        "decide by settings, in the lifespan or in the provider",
        detail=keys,
    )


RULE = Rule(
    id="TS706",
    name="override-in-production",
    source="PRD-012 §7",
    summary="`dependency_overrides` is written outside the tests.",
    why=(
        "Overrides are how tests replace a provider. One that is set in the application hides the provider that every "
        "route names, and is lost as soon as a test clears the overrides."
    ),
    instead=(
        "Let the lifespan store what the settings ask for, so that one provider supplies it in every stage. Overrides "
        "stay in the tests."
    ),
    subjects=subjects,
    check=check,
    nothing="nothing overrides a dependency",
    severity=Severity.ADVICE,
    bad=(
        Example(
            "an override for development",
            """
--- app/main.py
from fastapi import FastAPI


async def get_host() -> str:
    return "mail.example.com"


async def get_local_host() -> str:
    return "localhost"


def create_app(debug: bool) -> FastAPI:
    app = FastAPI()
    if debug:
        app.dependency_overrides[get_host] = get_local_host  # expect: TS706
    return app
""",
        ),
        Example(
            "an update through another name",
            """
--- app/main.py
from fastapi import FastAPI


async def get_host() -> str:
    return "mail.example.com"


api = FastAPI()
overrides = api.dependency_overrides
overrides.update({get_host: lambda: "localhost"})  # expect: TS706
""",
        ),
    ),
    good=(
        Example(
            "the tests override",
            """
--- app/main.py
from fastapi import FastAPI

app = FastAPI()


async def get_region() -> str:
    return "eu"
--- tests/support.py
from app.main import app, get_region


def override_region(name: str) -> None:
    app.dependency_overrides[get_region] = lambda: name
""",
        ),
        Example(
            "a conftest beside the code",
            """
--- app/main.py
from fastapi import FastAPI

app = FastAPI()


async def get_region() -> str:
    return "eu"
--- app/conftest.py
import pytest

from app.main import app, get_region


@pytest.fixture
def us():
    app.dependency_overrides = {get_region: lambda: "us"}
    yield app
    app.dependency_overrides = {}
""",
        ),
    ),
)
