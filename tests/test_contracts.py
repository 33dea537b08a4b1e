"""The contracts of import-linter: kept by the tree, and broken where `conformance check` finds the same."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.check import check
from conformance.config import Config
from conformance.contracts import folder_of
from conformance.discovery import discover
from conformance.facts.code import ImportFrom, walk
from conformance.facts.extract import extract
from conformance.selection import Selection

ROOT = Path(__file__).parent.parent
INDEPENDENT = "Components do not know each other"
FACADE = "Routes import from deps, never from behind it (DI111)"
BEHIND_DEPS = "Routes import deps through its package alone"
STATE = "The lifespan alone writes app.state (DI108)"
CONTEXT = "The worker alone writes arq's context (WK301)"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the reference application with the contracts."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "reference_app", tmp_path / "reference_app", ignore=ignored)
    shutil.copytree(ROOT / "conformance", tmp_path / "conformance", ignore=ignored)
    shutil.copy(ROOT / "importlinter.ini", tmp_path)
    return tmp_path


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()",
         "--config", "importlinter.ini", "--no-cache", "--no-logo"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, "COLUMNS": "400"},
    )  # fmt: skip


def broken(text: str) -> set[str]:
    return set(re.findall(r"^(.+) BROKEN", text, re.MULTILINE))


def append(path: Path, text: str) -> int:
    """Append lines to a file, and return the number of the last one."""
    path.write_text(f"{path.read_text().rstrip()}\n{text}")
    return len(path.read_text().splitlines())


def found(tree: Path, rule: str) -> list[tuple[str, int]]:
    report = check([tree / "reference_app"], selection=Selection(select=(rule,)))
    return [(Path(f.path).name, f.line) for f in report.findings]


def test_the_tree_keeps_its_contracts() -> None:
    done = lint(ROOT)

    assert not broken(done.stdout), done.stdout
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_component_that_imports_another_breaks_the_independence(tree: Path) -> None:
    page = tree / "reference_app/components/frontend/html.py"
    line = append(page, "\nfrom reference_app.components.scheduler.schedule import build_scheduler  # noqa\n")

    done = lint(tree)

    assert done.returncode == 1
    assert INDEPENDENT in broken(done.stdout)
    assert f"reference_app.components.scheduler.schedule (l.{line})" in done.stdout
    assert found(tree, "LY401") == [("html.py", line)]


def test_a_route_that_imports_from_behind_deps_breaks_the_facade(tree: Path) -> None:
    line = append(
        tree / "reference_app/components/backend/api/jobs.py",
        "\nfrom reference_app.deps.db import DbSessionDep  # noqa\n",
    )

    done = lint(tree)

    assert broken(done.stdout) == {FACADE, BEHIND_DEPS}
    assert re.search(rf"api/jobs\.py:{line}:\d+: DI111 ", done.stdout)
    assert f"reference_app.deps.db (l.{line})" in done.stdout
    assert found(tree, "DI111") == [("jobs.py", line)]


def test_a_write_of_app_state_in_a_route_breaks_its_contract(tree: Path) -> None:
    line = append(
        tree / "reference_app/components/backend/api/health.py",
        "\nfrom fastapi import Request\n\n\n"
        "def remember(request: Request) -> None:\n    request.app.state.seen = True\n",
    )

    done = lint(tree)

    assert broken(done.stdout) == {STATE}
    assert re.search(rf"api/health\.py:{line}:\d+: DI108 ", done.stdout)
    assert found(tree, "DI108") == [("health.py", line)]


def test_a_write_of_the_context_in_a_task_breaks_its_contract(tree: Path) -> None:
    task = tree / "reference_app/tasks/triage.py"
    head, _, body = task.read_text().partition("-> None:\n")
    task.write_text(f'{head}-> None:\n    ctx["seen"] = True\n{body}')
    line = head.count("\n") + 2

    done = lint(tree)

    assert broken(done.stdout) == {CONTEXT}
    assert re.search(rf"tasks/triage\.py:{line}:\d+: WK301 ", done.stdout)
    assert found(tree, "WK301") == [("triage.py", line)]


def test_a_file_that_cannot_be_read_breaks_a_contract(tree: Path) -> None:
    configuration = tree / "importlinter.ini"
    configuration.write_text(
        "[importlinter]\nroot_package = conformance\n"
        "contract_types =\n    state_writer: conformance.contracts.StateWriter\n"
        "[importlinter:contract:state]\nname = State\ntype = state_writer\npackages =\n    reference_app\n"
    )
    append(tree / "reference_app/main.py", "def (:\n")

    done = lint(tree)

    assert broken(done.stdout) == {"State"}
    assert "main.py" in done.stdout


def test_a_package_is_found_without_importing_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "loud_package" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "loud_package" / "__init__.py").write_text("raise RuntimeError\n")
    (inner / "__init__.py").write_text("raise RuntimeError\n")
    monkeypatch.syspath_prepend(tmp_path)

    assert folder_of("loud_package.inner") == inner
    assert folder_of("loud_package.missing") is None
    assert folder_of("no_such_package_at_all") is None


def test_no_rule_imports_what_another_keeps_for_itself() -> None:
    target = discover([ROOT / "conformance" / "rules"], Config(), cwd=ROOT)

    private = [
        (file.shown, name.name)
        for file in target.files
        for node in walk(*extract(file.path.read_bytes(), file.shown).body)
        if isinstance(node, ImportFrom) and node.module.startswith("conformance.rules")
        for name in node.names
        if name.name.startswith("_")
    ]

    assert target.files
    assert not private
