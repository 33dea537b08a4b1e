"""TS705: a service is tested without an API server."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.program import ModuleScope, Program
from conformance.results import Violation
from conformance.rules.base import Example, Rule

_FOLDERS = frozenset({"services", "service"})
_ELSEWHERE = frozenset({"api", "routes", "routers", "endpoints", "views", "e2e", "end_to_end"})
"""Folders of tests whose name says that they are not tests of services, whatever a file in them is called."""
_FORBIDDEN = {"entrypoint": "the entrypoint", "routes": "a routes module", "components": "a component"}


def subjects(program: Program) -> Iterator[ModuleScope]:
    """Each test module of services."""
    services = {m.name.rpartition(".")[2] for m in program.target_modules if m.has_role("services")}
    others = {m.name.rpartition(".")[2] for m in program.target_modules if m.has_role(*_FORBIDDEN)}
    for module in program.modules:
        if module.is_test and _tests_services(module, services - others):
            yield module


def check(program: Program, module: ModuleScope) -> Iterator[Violation]:
    """Report each import of a component, of routes or of the entrypoint."""
    reported: set[int] = set()
    for reach in program.reaches(module):
        if reach.edge is not None and (reach.edge.type_checking or id(reach.edge) in reported):
            continue
        for reached in reach.modules:
            kind = _forbidden(reached)
            if kind:
                yield Violation(
                    reach.place,
                    f"a test of services {reach.verb} `{reach.qualified}`, {kind}",
                    "call the service with what it needs; test the API in a folder of its own",
                    detail=reach.qualified,
                )
                reported.add(id(reach.edge))
                break


def _tests_services(module: ModuleScope, services: set[str]) -> bool:
    """Whether a test module lies in a folder named services, or is `test_<module>` of a module of services."""
    *folders, file = module.path.split("/")
    start = folders.index("tests") if "tests" in folders else len(folders)
    if _FOLDERS & {*folders[start:], *module.name.split(".")[:-1]}:
        return True
    if _ELSEWHERE & {*folders[start:]}:
        return False
    stem = file.removesuffix(".py")
    tested = stem.removeprefix("test_") if stem.startswith("test_") else stem.removesuffix("_test")
    return tested != stem and tested in services


def _forbidden(module: ModuleScope) -> str:
    """Return what a test of services should not import; what lies among the services is what is tested."""
    if module.is_test or module.has_role("services") or _FOLDERS & set(module.name.split(".")):
        return ""
    return next((text for role, text in _FORBIDDEN.items() if module.has_role(role)), "")


RULE = Rule(
    id="TS705",
    name="service-test-imports-component",
    source="Integration Patterns, Testing Services",
    summary="A test of services imports components, routes or the entrypoint.",
    why=(
        "A service can be tested without a server, a worker or a scheduler: that is what the layer is for. A test that "
        "imports the application starts all of it, is slower, and fails for reasons that are not the service's."
    ),
    instead=(
        "Make the service with a session or a double, and call it. What needs the API is a test of the API, in a "
        "folder of its own."
    ),
    subjects=subjects,
    check=check,
    nothing="the target has no test of services",
    bad=(
        Example(
            "the application in a test of a service",
            """
--- app/services/user_service.py
async def create(email: str) -> str:
    return email
--- app/main.py
from fastapi import FastAPI

app = FastAPI()
--- tests/services/test_user_service.py
from app.main import app  # expect: TS705
from app.services.user_service import create


async def test_create() -> None:
    assert app
    assert await create("a@example.com") == "a@example.com"
""",
        ),
        Example(
            "a component, in a test that is named for the service",
            """
--- app/services/reports.py
def build() -> str:
    return "report"
--- app/components/scheduler.py
INTERVAL = 60
--- tests/test_reports.py
from app.services.reports import build


def test_build() -> None:
    from app.components import scheduler  # expect: TS705

    assert build() == "report"
    assert scheduler.INTERVAL
""",
        ),
    ),
    good=(
        Example(
            "services and models",
            """
--- app/models/user.py
from pydantic import BaseModel


class User(BaseModel):
    email: str
--- app/services/users.py
from app.models.user import User


async def create(email: str) -> User:
    return User(email=email)
--- tests/services/test_users.py
from app.models.user import User
from app.services.users import create


async def test_create() -> None:
    assert await create("a@example.com") == User(email="a@example.com")
""",
        ),
        Example(
            "a test of the API beside it",
            """
--- app/services/orders.py
def place(amount: int) -> int:
    return amount
--- app/main.py
from fastapi import FastAPI

app = FastAPI()
--- tests/services/test_orders.py
from app.services.orders import place


def test_place() -> None:
    assert place(3) == 3
--- tests/api/test_app.py
from app.main import app


def test_app() -> None:
    assert app
""",
        ),
    ),
)
