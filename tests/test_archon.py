"""pytest-archon, import-linter and the rules hold the same of imports: in the tree, and in broken programs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from importlinter.cli import lint_imports
from pytest_archon.failure import pop_failures

from conformance.archon import RULES, ImportRule, archrules
from conformance.check import check
from conformance.errors import TargetError, UsageError
from conformance.examples import files_of
from conformance.selection import Selection
from tests.kit import lay_out

APP = files_of("""
--- app/__init__.py
--- app/main.py
from fastapi import FastAPI
from app.components.backend.api import jobs, reports
from app.lifespan import lifespan
app = FastAPI(lifespan=lifespan)
app.include_router(jobs.router)
app.include_router(reports.router)
--- app/lifespan.py
from contextlib import asynccontextmanager
@asynccontextmanager
async def lifespan(app):
    app.state.jobs = {}
    yield
--- app/worker.py
from arq.connections import RedisSettings
from app.tasks.triage import triage
class WorkerSettings:
    functions = [triage]
    redis_settings = RedisSettings()
--- app/tasks/__init__.py
--- app/tasks/triage.py
from app.services import jobs
async def triage(ctx: dict, job: str) -> str:
    return jobs.label(job)
--- app/deps/__init__.py
from app.deps.jobs import JobsDep
__all__ = ["JobsDep"]
--- app/deps/jobs.py
from typing import Annotated
from fastapi import Depends, Request
def get_jobs(request: Request) -> dict:
    return request.app.state.jobs
JobsDep = Annotated[dict, Depends(get_jobs)]
--- app/deps/auth.py
from fastapi import Request
def require_user(request: Request) -> None:
    request.headers["authorization"]
--- app/services/__init__.py
--- app/services/jobs.py
from app.core.text import cut
from app.models.job import Job
def label(job: str) -> str:
    return cut(Job(job).name)
--- app/core/__init__.py
--- app/core/text.py
def cut(text: str) -> str:
    return text[:10]
--- app/models/__init__.py
--- app/models/job.py
class Job:
    def __init__(self, name: str) -> None:
        self.name = name
--- app/components/__init__.py
--- app/components/backend/__init__.py
--- app/components/backend/api/__init__.py
--- app/components/backend/api/jobs.py
from fastapi import APIRouter, Depends
from app.deps import JobsDep
from app.deps.auth import require_user
from app.services import jobs as service
router = APIRouter(prefix="/jobs", dependencies=[Depends(require_user)])
@router.get("/{name}")
async def show(name: str, jobs: JobsDep) -> str:
    return jobs.get(name) or service.label(name)
--- app/components/backend/api/reports.py
from fastapi import APIRouter
from app.deps import JobsDep
router = APIRouter(prefix="/reports")
@router.get("/")
async def report(jobs: JobsDep) -> int:
    return len(jobs)
--- app/components/frontend/__init__.py
--- app/components/frontend/pages.py
from app.services import jobs
def page(name: str) -> str:
    return jobs.label(name)
""")

CONTRACTS = """
[importlinter]
root_package = app
include_external_packages = True

[importlinter:contract:LY401]
name = LY401
type = independence
modules =
    app.components.backend
    app.components.frontend

[importlinter:contract:LY402]
name = LY402
type = layers
layers =
    app.main
    app.worker
    app.tasks
    app.components
    app.deps
    app.lifespan
    app.services
    app.core | app.models
ignore_imports =
    app.components.** -> app.main
    app.components.** -> app.worker
    app.components.** -> app.tasks.*
    app.tasks.* -> app.main
    app.tasks.* -> app.worker
unmatched_ignore_imports_alerting = none

[importlinter:contract:LY403]
name = LY403
type = forbidden
source_modules =
    app.services
forbidden_modules =
    apscheduler
    click
    fastapi
    starlette
    typer
allow_indirect_imports = True

[importlinter:contract:LY406]
name = LY406
type = forbidden
source_modules =
    app.components.backend.api
forbidden_modules =
    app.components.frontend
    app.lifespan
    app.main
    app.tasks
    app.worker
allow_indirect_imports = True

[importlinter:contract:DI111]
name = DI111
type = forbidden
source_modules =
    app.components.backend.api
forbidden_modules =
    app.deps.auth
    app.deps.jobs
allow_indirect_imports = True
ignore_imports =
    app.components.backend.api.jobs -> app.deps.auth

[importlinter:contract:WK304]
name = WK304
type = forbidden
source_modules =
    app.tasks
forbidden_modules =
    app.deps
    app.lifespan
    app.main
    app.worker
allow_indirect_imports = True
"""

API, PAGES, SERVICE = (
    "app/components/backend/api/reports.py",
    "app/components/frontend/pages.py",
    "app/services/jobs.py",
)

BROKEN: dict[str, tuple[str, str, set[str]]] = {
    "nothing is broken": (API, "from app.services import jobs as others", set()),
    "a component imports another": (PAGES, "from app.components.backend.api import jobs as api", {"LY401"}),
    "within a function": (PAGES, "def late():\n    import app.components.backend.api.jobs", {"LY401"}),
    "for a type hint": (
        PAGES,
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from app.components.backend.api.jobs import show",
        {"LY401"},
    ),
    "relatively": (PAGES, "from ..backend.api.jobs import show", {"LY401"}),
    "a service imports deps": (SERVICE, "from app.deps import JobsDep", {"LY402"}),
    "a model imports a service": ("app/models/job.py", "from app.services import jobs", {"LY402"}),
    "core imports the worker": ("app/core/text.py", "import app.worker", {"LY402"}),
    "a service imports FastAPI": (SERVICE, "from fastapi import HTTPException", {"LY403"}),
    "a service imports a part of a framework": (SERVICE, "import starlette.status as codes", {"LY403"}),
    "a route imports the lifespan": (API, "from app.lifespan import lifespan", {"LY406"}),
    "a route imports a task": (API, "from app.tasks.triage import triage", {"LY406"}),
    "a route imports from behind deps": (API, "from app.deps.jobs import get_jobs", {"DI111"}),
    "a route imports a module behind deps": (API, "from app.deps import jobs as providers", {"DI111"}),
    "a route imports a provider, and not for a list": (API, "from app.deps.auth import require_user", {"DI111"}),
    "a task imports deps": ("app/tasks/triage.py", "from app.deps import JobsDep", {"WK304"}),
}


def broken_by_archon(rules: tuple[ImportRule, ...]) -> set[str]:
    """Return the ids of the rules that are broken."""
    broken = set()
    for rule in rules:
        if rule.constraints is not None:
            try:
                rule.check()
            except AssertionError:
                broken.add(str(rule).partition(" ")[0])
    return broken


@pytest.fixture(scope="module")
def of_the_good_program(tmp_path_factory: pytest.TempPathFactory) -> tuple[ImportRule, ...]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(lay_out(tmp_path_factory.mktemp("good"), APP))
        return archrules("app")


@pytest.mark.parametrize(("path", "line", "expected"), BROKEN.values(), ids=BROKEN)
def test_archon_contracts_and_rules_agree(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    of_the_good_program: tuple[ImportRule, ...],
    path: str,
    line: str,
    expected: set[str],
) -> None:
    lay_out(tmp_path, APP | {path: f"{line}\n{APP[path]}", "importlinter.ini": CONTRACTS})
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)

    by_rules = {f.rule for f in check([Path("app")], selection=Selection(select=RULES)).findings}
    by_archon = broken_by_archon(archrules("app"))
    by_archon_of_before = broken_by_archon(of_the_good_program)
    lint_imports(config_filename="importlinter.ini", no_cache=True)
    by_contracts = set(re.findall(r"^(\w+) BROKEN", capsys.readouterr().out, re.MULTILINE))

    assert by_rules == by_archon == by_archon_of_before == by_contracts == expected


@pytest.fixture(scope="module")
def of_the_reference_app() -> tuple[ImportRule, ...]:
    return archrules("reference_app")


@pytest.mark.parametrize("rule", RULES)
def test_the_reference_application_keeps_each_rule(of_the_reference_app: tuple[ImportRule, ...], rule: str) -> None:
    about = [each for each in of_the_reference_app if str(each).startswith(f"{rule} ")]

    assert about
    assert all(each.constraints is not None for each in about)
    for each in about:
        each.check()


def test_a_failure_names_the_import_and_is_raised_without_the_plugin_of_pytest_archon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(tmp_path, APP | {SERVICE: "import fastapi\n" + APP[SERVICE]})
    monkeypatch.syspath_prepend(tmp_path)
    (rule,) = archrules("app", select=["LY403"])

    with pytest.raises(AssertionError) as caught:
        rule.check()

    assert str(rule) == "LY403 framework-free-services: 2 modules of app.services"
    assert "module 'app.services.jobs' has FORBIDDEN import fastapi" in str(caught.value)
    assert pop_failures() == []  # type: ignore[no-untyped-call]


def test_what_is_suppressed_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = "from app.deps import JobsDep  # conformance: ignore[LY402] -- until the new queue\n"
    lay_out(tmp_path, APP | {SERVICE: line + APP[SERVICE]})
    monkeypatch.syspath_prepend(tmp_path)

    assert broken_by_archon(archrules("app", select=["LY402"])) == set()


def test_a_rule_with_nothing_to_look_at_skips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(tmp_path, {"app/__init__.py": "", "app/main.py": "import fastapi\n"})
    monkeypatch.syspath_prepend(tmp_path)
    (rule,) = archrules("app", select=["LY401"])

    with pytest.raises(pytest.skip.Exception, match="not applicable"):
        rule.check()


def test_nothing_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loud = {path: f"raise SystemExit\n{text}" for path, text in APP.items()}
    lay_out(tmp_path, loud)
    monkeypatch.syspath_prepend(tmp_path)

    assert broken_by_archon(archrules("app")) == set()


def test_a_dotted_name_is_refused_as_its_parents_would_be_imported() -> None:
    with pytest.raises(UsageError, match=r"would import what holds `app\.components`"):
        archrules("app.components")


def test_a_package_and_rules_that_there_are_not_are_told() -> None:
    with pytest.raises(TargetError, match="no package `nowhere_at_all`"):
        archrules("nowhere_at_all")
    with pytest.raises(UsageError, match=r"no rule `LY999`(.|\n)*no rule `DI101`"):
        archrules("reference_app", select=["LY999", "DI101"])
