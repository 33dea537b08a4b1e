"""A team's own rules: each fires where it is broken, holds where it is not, and raises where it speaks of nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.architecture import Architecture, OwnRule, Vacuous
from conformance.check import check
from conformance.errors import UsageError
from conformance.examples import files_of
from tests.kit import lay_out

APP = files_of("""
--- pyproject.toml
[tool.conformance.roles]
services = ["app.services.**"]
routes = ["app.api.**"]
--- app/__init__.py
--- app/main.py
import os
from contextlib import asynccontextmanager
import httpx
from fastapi import FastAPI
from app.api import invoices
@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.http = httpx.AsyncClient(base_url=os.environ["BILLING"])
    app.state.cache = {}
    yield
app = FastAPI(lifespan=lifespan)
app.include_router(invoices.router)
--- app/api/__init__.py
--- app/api/invoices.py
from fastapi import APIRouter, Request
from app.services.billing import invoice_of
router = APIRouter()
@router.get("/invoices/{number}")
async def show(number: int, request: Request):
    request.app.state.seen = number
    return invoice_of(number), request.app.state.http
--- app/api/reports.py
from typing import TYPE_CHECKING
import httpx
from app.deps import http
if TYPE_CHECKING:
    from app.billing.models import Invoice
async def report(invoice: "Invoice"):
    print(invoice)
    client = httpx.AsyncClient()
    return await client.get("/")
class Client(httpx.AsyncClient):
    pass
made = Client()
--- app/deps/__init__.py
from fastapi import Request
def http(request: Request):
    return request.app.state.http
--- app/services/__init__.py
--- app/services/billing.py
from app.billing import models
from app.billing.models import Invoice
def invoice_of(number: int) -> Invoice:
    return Invoice(number)
--- app/billing/__init__.py
--- app/billing/models.py
import json
from dataclasses import dataclass
from app.billing import tax
@dataclass
class Invoice:
    number: int
    def total(self) -> int:
        return tax.rate()
--- app/billing/tax.py
import os
import importlib
def rate() -> int:
    return int(os.getenv("RATE", "19"))
def later():
    return importlib.import_module("app.services.billing")
--- app/worker.py
from arq.connections import RedisSettings
from app.services.billing import invoice_of
async def bill(ctx, number: int):
    ctx["done"] = number
    return ctx["http"], invoice_of(number).total()
async def startup(ctx):
    ctx["http"] = object()
class WorkerSettings:
    functions = [bill]
    on_startup = startup
    redis_settings = RedisSettings()
--- tests/test_billing.py
from app.billing.models import Invoice
def test_it():
    assert Invoice(1)
""")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Architecture:
    return Architecture.of("app", "tests", cwd=lay_out(tmp_path_factory.mktemp("own"), APP))


def found(rule: OwnRule) -> list[str]:
    return [f"{finding.path}:{finding.line}" for finding in rule.findings()]


TAX_TO_SERVICE = "app/billing/tax.py:6"
CASES: dict[str, tuple[Callable[[Architecture], OwnRule], list[str]]] = {
    "imported by another": (
        lambda a: a.modules("app.billing").may_only_be_imported_by("app.worker"),
        ["app/api/reports.py:5", "app/services/billing.py:1", "app/services/billing.py:2"],
    ),
    "imported by those that may, and by itself": (
        lambda a: a.modules("app.billing.**").may_only_be_imported_by("app.services.billing", "app.api.reports"),
        [],
    ),
    "imported for a type hint, which is free": (
        lambda a: a.modules("app.billing").may_only_be_imported_by(a.role("services"), type_hints="are free"),
        [],
    ),
    "imported by nothing else": (
        lambda a: a.modules("app.api").but("app.api.reports").may_only_be_imported_by(),
        ["app/main.py:5"],
    ),
    "imports something else": (
        lambda a: a.modules("app.billing").may_import_only(),
        [TAX_TO_SERVICE],
    ),
    "imports what it may": (lambda a: a.modules("app.worker").may_import_only("app.services.billing"), []),
    "a permitted package is not what it holds": (
        lambda a: a.modules("app.worker").may_import_only("app.services"),
        ["app/worker.py:2"],
    ),
    "imports another library": (
        lambda a: a.modules("app.api").may_import_only("app.**", libraries=("fastapi",)),
        ["app/api/reports.py:2"],
    ),
    "the standard library is no library": (
        lambda a: a.modules("app.billing.models").may_import_only("app.billing.tax", libraries=()),
        [],
    ),
    "imports what it may not": (
        lambda a: a.role("routes").may_not_import("app.deps", "fastapi"),
        ["app/api/invoices.py:1", "app/api/reports.py:3"],
    ),
    "a forbidden package is all that it holds": (
        lambda a: a.modules("app.services").may_not_import("app"),
        ["app/services/billing.py:1", "app/services/billing.py:2"],
    ),
    "imports a module by a literal name": (
        lambda a: a.modules("app.billing").may_not_import(a.role("services")),
        [TAX_TO_SERVICE],
    ),
    "does not import it": (lambda a: a.role("services").may_not_import("fastapi", "app.api"), []),
    "reaches it over others": (
        lambda a: a.modules("app.worker").may_not_reach("app.billing.tax"),
        ["app/worker.py:2"],
    ),
    "does not reach it": (lambda a: a.modules("app.worker").may_not_reach("app.api"), []),
    "a library imported elsewhere": (
        lambda a: a.library("httpx").may_only_be_imported_by("app.main"),
        ["app/api/reports.py:2"],
    ),
    "a library imported where it may be": (lambda a: a.library("arq").may_only_be_imported_by("app.worker"), []),
    "calls it": (
        lambda a: a.modules("app.api").may_not_call("httpx.**"),
        ["app/api/reports.py:8", "app/api/reports.py:9"],
    ),
    "calls a builtin": (lambda a: a.modules("app").may_not_call("print"), ["app/api/reports.py:7"]),
    "calls a function of the target": (
        lambda a: a.modules("app.api").may_not_call("app.services.billing.invoice_of"),
        ["app/api/invoices.py:7"],
    ),
    "does not call it": (lambda a: a.modules("app.services").may_not_call("httpx.**", "print"), []),
    "a method called elsewhere": (
        lambda a: a.functions("app.billing.models.Invoice.total").may_only_be_called_by("app.api.**"),
        ["app/worker.py:5"],
    ),
    "a function called by those that may": (
        lambda a: a.functions("app.services.billing.invoice_of").may_only_be_called_by("app.api.**", "app.worker"),
        [],
    ),
    "constructs it, or what inherits from it": (
        lambda a: a.modules("app.api").may_not_construct("httpx.AsyncClient"),
        ["app/api/reports.py:8", "app/api/reports.py:12"],
    ),
    "does not construct it": (lambda a: a.modules("app.services").may_not_construct("httpx.AsyncClient"), []),
    "constructed elsewhere": (
        lambda a: a.classes("httpx.AsyncClient").may_only_be_constructed_in("app.main"),
        ["app/api/reports.py:8", "app/api/reports.py:12"],
    ),
    "constructed where it may be": (
        lambda a: a.classes("app.billing.models.Invoice").may_only_be_constructed_in(a.role("services")),
        [],
    ),
    "a key read elsewhere": (
        lambda a: a.state_key("http").may_only_be_read_by("app.deps.**"),
        ["app/api/invoices.py:7"],
    ),
    "a key read where it may be": (lambda a: a.state_key("http").may_only_be_read_by("app.deps", "app.api.**"), []),
    "any key written elsewhere": (
        lambda a: a.state_key().may_only_be_written_by("app.main"),
        ["app/api/invoices.py:6"],
    ),
    "a key written where it may be": (lambda a: a.state_key("http").may_only_be_written_by("app.main"), []),
    "the context written elsewhere": (
        lambda a: a.context_key("done").may_only_be_written_by("app.main"),
        ["app/worker.py:4"],
    ),
    "the context read where it may be": (lambda a: a.context_key("http").may_only_be_read_by("app.worker"), []),
    "the environment read elsewhere": (
        lambda a: a.environment().may_only_be_read_by("app.main"),
        ["app/billing/tax.py:4"],
    ),
    "the environment read where it may be": (
        lambda a: a.environment().may_only_be_read_by("app.main", "app.billing.*"),
        [],
    ),
}


@pytest.mark.parametrize(("rule", "expected"), CASES.values(), ids=CASES)
def test_a_rule_finds_what_breaks_it(
    app: Architecture, rule: Callable[[Architecture], OwnRule], expected: list[str]
) -> None:
    made = rule(app)

    assert found(made) == expected
    if expected:
        with pytest.raises(AssertionError) as caught:
            made.check()
        assert all(place in str(caught.value) for place in expected)
    else:
        made.check()


VACUOUS: dict[str, tuple[Callable[[Architecture], object], str]] = {
    "modules": (lambda a: a.modules("app.biling.**"), "`app.biling.**`; did you mean `app.billing`?"),
    "importers": (lambda a: a.modules("app.billing").may_only_be_imported_by("app.serv"), "matches `app.serv`"),
    "forbidden": (lambda a: a.modules("app.billing").may_not_import("app.apy"), "did you mean `app.api`?"),
    "nothing left": (lambda a: a.modules("app.billing").but("app.billing.**"), "nothing is left of `app.billing`"),
    "nothing left of a role": (lambda a: a.role("worker").but("app.worker"), "nothing is left of the role `worker`"),
    "role of none": (lambda a: a.role("gateways"), "no module was taken for `gateways`"),
    "component": (lambda a: a.component("backend"), "there is no component `backend`"),
    "library": (lambda a: a.library("htpx"), "imports `htpx`; did you mean `httpx`?"),
    "class": (lambda a: a.classes("app.billing.models.Invoce"), "did you mean `app.billing.models.Invoice`?"),
    "class of a library": (lambda a: a.classes("htpx.Client"), "did you mean `httpx`?"),
    "function": (lambda a: a.functions("app.services.billing.invoice"), "there is no function"),
    "call": (lambda a: a.modules("app.api").may_not_call("app.nothing.**"), "there is no function `app.nothing.**`"),
    "state key": (lambda a: a.state_key("htp"), "app.state has no key `htp`; did you mean `http`?"),
    "context key": (lambda a: a.context_key("database"), "arq's context has no key `database`; there are done, http"),
}


@pytest.mark.parametrize(("say", "message"), VACUOUS.values(), ids=VACUOUS)
def test_a_rule_that_speaks_of_nothing_raises(
    app: Architecture, say: Callable[[Architecture], object], message: str
) -> None:
    with pytest.raises(Vacuous) as caught:
        say(app)

    assert message in str(caught.value)


def test_a_shared_rule_may_say_that_what_it_is_about_may_be_missing(app: Architecture) -> None:
    app.modules("app.legacy", missing="is fine").may_not_import("fastapi").check()
    app.state_key("legacy", missing="is fine").may_only_be_read_by("app.deps").check()
    app.role("gateways", missing="is fine").may_not_import("fastapi").check()


def test_an_unknown_role_is_told_with_the_nearest(app: Architecture) -> None:
    with pytest.raises(UsageError, match="did you mean `services`"):
        app.role("servises")


def test_a_failure_says_where_what_why_and_what_instead(app: Architecture) -> None:
    rule = app.library("httpx").may_only_be_imported_by("app.main").named("http").because("one client for all")

    with pytest.raises(AssertionError) as caught:
        rule.check()

    assert str(caught.value) == (
        "`httpx` may only be imported by `app.main`: 1 finding\n\n"
        "error architecture http: `app.api.reports` imports `httpx`\n"
        " --> app/api/reports.py:2:1\n"
        "  |\n"
        "2 | import httpx\n"
        "  | ^^^^^^^^^^^^\n"
        "  = instead: `httpx` may only be imported by `app.main`: go through what may be imported here, or\n"
        "             move this code to where it may be\n"
        "  = reason: one client for all"
    )


@pytest.mark.parametrize(
    ("comment", "holds"),
    [
        ("ignore[architecture] -- agreed", True),
        ("ignore[architecture-billing] -- agreed", True),
        ("ignore -- agreed", True),
        ("ignore[architecture-other] -- agreed", False),
        ("ignore[DI101] -- agreed", False),
    ],
)
def test_a_comment_suppresses_a_rule_of_a_team(tmp_path: Path, comment: str, holds: bool) -> None:
    lay_out(tmp_path, {"app/a.py": f"import app.b  # conformance: {comment}\n", "app/b.py": "import fastapi\n"})
    rule = Architecture.of("app", cwd=tmp_path).modules("app.b").may_only_be_imported_by().named("billing")

    findings = rule.findings()

    assert [(f.path, f.line) for f in findings] == [("app/a.py", 1)]
    if holds:
        rule.check()
        assert findings[0].reason == "agreed"
    else:
        with pytest.raises(AssertionError):
            rule.check()


def test_the_check_leaves_suppressions_of_a_teams_rules_to_its_tests(tmp_path: Path) -> None:
    comment = "# conformance: ignore[architecture-billing] -- agreed"
    lay_out(tmp_path, {"app/a.py": f"import app.b  {comment}\n", "app/b.py": "import fastapi\n"})

    report = check([tmp_path / "app"])

    assert not [f for f in report.findings if f.rule.startswith("CK90")]


def test_a_file_that_cannot_be_read_is_no_pass(tmp_path: Path) -> None:
    lay_out(tmp_path, {"app/__init__.py": "", "app/a.py": "import fastapi\n", "app/b.py": "def (:\n"})
    architecture = Architecture.of("app", cwd=tmp_path)

    with pytest.raises(AssertionError, match=r"not complete:\n  app/b\.py:1: "):
        architecture.modules("app.a").may_not_import("httpx").check()


def test_nothing_of_the_target_is_imported(tmp_path: Path) -> None:
    lay_out(tmp_path, {"loud/__init__.py": "raise SystemExit\n", "loud/a.py": "import fastapi\nraise SystemExit\n"})

    Architecture.of("loud", cwd=tmp_path).modules("loud").may_not_import("httpx").check()
