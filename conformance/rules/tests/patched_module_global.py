"""TS701: a double comes in through an override, not by patching a module of the target."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.program import Program
from conformance.program.patches import Patch, patched_module
from conformance.results import Violation
from conformance.rules.base import Example, Rule


def subjects(program: Program) -> Iterator[Patch]:
    """Each patch in the tests, whatever it patches."""
    for module in program.modules:
        if module.is_test:
            yield from program.patches(module)


def check(program: Program, patch: Patch) -> Iterator[Violation]:
    """Report a patch of an attribute of a module of the target, or of a table that such a module holds."""
    found = patched_module(program, patch)
    if found is None:
        return
    module, name = found
    what = f"`{module.name}.{name}`" if name else f"`{module.name}`"
    yield Violation(
        patch.place,
        f"{what} is patched in a test",
        "inject what the code needs, and replace it by `app.dependency_overrides[provider]` or by an argument",
        detail=what,
    )


RULE = Rule(
    id="TS701",
    name="patched-module-global",
    source="PRD-012 §7",
    summary="A test patches an attribute of a module of the target.",
    why=(
        "A patched module is replaced for everybody, by a string that a rename breaks silently, and only where the "
        "name was looked up late enough. That a test needs it says that the code reaches for a global instead of being "
        "given what it needs."
    ),
    instead=(
        "Override the provider: `app.dependency_overrides[get_redis] = lambda: fake_redis`. A service gets its double "
        "by its constructor or argument, a task by the ctx that the test builds. `setenv`, `chdir` and patches of "
        "objects that the test made are fine."
    ),
    subjects=subjects,
    check=check,
    nothing="the tests patch nothing",
    bad=(
        Example(
            "monkeypatch, by object and by name",
            """
--- app/services/mail.py
HOST = "localhost"
--- tests/test_mail.py
from app.services import mail


def test_host(monkeypatch) -> None:
    monkeypatch.setattr(mail, "HOST", "test")  # expect: TS701
    monkeypatch.setattr("app.services.mail.HOST", "other")  # expect: TS701
""",
        ),
        Example(
            "mock, as a decorator, on an object, on a table",
            """
--- app/services/clock.py
ZONES = {"berlin": 1}


def now() -> int:
    return 12
--- tests/test_clock.py
from unittest.mock import patch

import app.services.clock as clock


@patch("app.services.clock.now")  # expect: TS701
def test_now(now) -> None:
    with patch.object(clock, "now"):  # expect: TS701
        assert clock.now()


def test_zones(mocker) -> None:
    mocker.patch.dict(clock.ZONES, {"paris": 1})  # expect: TS701
""",
        ),
    ),
    good=(
        Example(
            "the environment, other distributions, instances",
            """
--- app/services/users.py
import time


class UserService:
    def find(self) -> float:
        return time.time()
--- tests/test_users.py
from unittest.mock import patch

from app.services.users import UserService


def test_find(monkeypatch) -> None:
    service = UserService()
    monkeypatch.setenv("REGION", "eu")
    monkeypatch.setattr(service, "find", lambda: 1.0)
    with patch("app.services.users.time.time", return_value=1.0):
        assert service.find() == 1.0
""",
        ),
        Example(
            "a method of a class, and a helper of the tests",
            """
--- app/services/users.py
class UserService:
    def find(self) -> int:
        return 1
--- tests/helpers.py
WAIT = 5
--- tests/test_users.py
from unittest.mock import patch

from app.services.users import UserService
from tests import helpers


@patch.object(UserService, "find", return_value=2)
def test_find(find, monkeypatch) -> None:
    monkeypatch.setattr(helpers, "WAIT", 0)
    assert UserService().find() == 2
""",
        ),
    ),
)
