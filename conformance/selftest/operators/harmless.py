"""What looks like a violation and is none: no rule may report any of it."""

# ruff: noqa: E501 - an operator is read as one line

from __future__ import annotations

from collections.abc import Iterator

from conformance.program.scopes import ModuleScope
from conformance.selftest.ground import Ground
from conformance.selftest.operators.base import Operator, ends
from conformance.selftest.seeds import Seed

__all__ = ["OPERATORS"]


def anywhere(ground: Ground) -> list[ModuleScope]:
    return ground.modules(but=("constants",))


def frameworks(ground: Ground) -> list[ModuleScope]:
    """The modules that may know a framework, and hold nothing of the worker."""
    return ground.modules(
        but=("constants", "services", "core", "models", "worker", "tasks", "deps", "config", "lifespan", "routes")
    )


def routes(ground: Ground) -> list[ModuleScope]:
    return ground.modules("routes", but=("worker", "tasks", "deps", "lifespan"))


def spread(ground: Ground) -> Iterator[Seed]:
    """Put comments and blank lines before the first statement of a module."""
    for module in anywhere(ground):
        text = "# request.app.state.redis = None\n\n# os.environ['X'], ctx['x'] = 1\n\n"
        yield Seed((ground.top(module, text),))


A_MODULE = "a module"

OPERATORS = (
    Operator("", "comments and blank lines", A_MODULE, spread),
    Operator("", "a docstring", A_MODULE, ends(anywhere, 'def say() -> None:\n    """Set `app.state.x = httpx.AsyncClient()`, read `os.environ["X"]`."""')),
    Operator("", "a string", A_MODULE, ends(anywhere, "SAID = 'request.app.state.x = None; ctx[\"x\"] = 1'")),
    Operator("", "a value that a list falls back to", A_MODULE, ends(anywhere, "def put(items: list[int] | None = None) -> list[int]:\n    return items or []")),
    Operator("", "a value that a date falls back to", A_MODULE, ends(anywhere, (
        "from datetime import UTC, datetime\ndef put(now: datetime | None = None) -> datetime:\n    if now is None:\n        now = datetime.now(UTC)\n    return now"
    ))),
    Operator("", "a class with a state of its own", A_MODULE, ends(anywhere, (
        "class Bag: ...\nclass Machine:\n    def __init__(self) -> None:\n        self.state = Bag()\n    def go(self) -> None:\n        self.state.speed = 1"
    ))),
    Operator("", "a dict that is called ctx", "a module outside the worker", ends(frameworks, "def fill(ctx: dict[str, int]) -> None:\n    ctx['x'] = 1")),
    Operator("", "click's context", "a module that may know a framework", ends(frameworks, "import click\ndef fill(ctx: click.Context) -> None:\n    ctx.obj['x'] = 1")),
    Operator("", "request.state", "a module with endpoints", ends(routes, (
        "from fastapi import Request\ndef note(request: Request) -> object:\n    request.state.user = 1\n    return getattr(request.state, 'user', None)"
    ))),
    Operator("", "a logger", A_MODULE, ends(anywhere, "import logging\nlogger = logging.getLogger('selftest')")),
    Operator("", "a ContextVar of a text", A_MODULE, ends(anywhere, "from contextvars import ContextVar\nlocale: ContextVar[str] = ContextVar('locale')")),
    Operator("", "a client that is opened and closed", "a module", ends(lambda g: g.modules("services", "core"), (
        "import httpx\nasync def ask() -> int:\n    async with httpx.AsyncClient() as client:\n        return (await client.get('https://example.org')).status_code"
    ))),
    Operator("", "an optional parameter", A_MODULE, ends(anywhere, "def put(name: str | None = None) -> str | None:\n    return name")),
    Operator("", "a mapping's get", A_MODULE, ends(anywhere, "def put(given: dict[str, int]) -> int | None:\n    return given.get('x') or given['y']")),
    Operator("", "a class that is called Settings", A_MODULE, ends(anywhere, "class SettingsPanel:\n    title = 'Settings'")),
)  # fmt: skip
