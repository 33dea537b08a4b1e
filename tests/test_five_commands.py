"""From an imperfect repository to a gate in five commands, each of which says the next; and what must not fool it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conformance import baseline
from conformance.check import check
from conformance.cli import main
from conformance.results import FindingStatus
from tests.kit import lay_out
from tests.mutations.edits import BREAKING, Edit
from tests.terminal import on_a_terminal

ROOT = Path(__file__).parents[1]

LEGACY = """\
import os

import httpx
from fastapi import APIRouter, Request

router = APIRouter()
client = httpx.AsyncClient()


def prepared(value: int) -> int:
    doubled = value * 2
    return doubled


@router.get("/{number}")
async def get_{number}(request: Request):
    address = os.environ["ADDRESS_{number}"]
    answer = (await client.get(address)).json()
    request.app.state.last = answer["name"]
    return prepared(request.app.state.count)
"""
MODULES = 30
FAMILIES = ("CF", "DI", "DV", "LC", "LY", "WK")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The reference application with thirty modules that nobody would want; no record of them yet."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "reference_app", tmp_path / "reference_app", ignore=ignored)
    legacy = {f"legacy_{number}.py": LEGACY.replace("{number}", str(number)) for number in range(MODULES)}
    lay_out(tmp_path, {"pyproject.toml": '[project]\nname = "shop"\n', ".git/HEAD": ""})
    lay_out(tmp_path / "reference_app/components/backend/api", legacy)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)
    return tmp_path


@pytest.fixture
def gate(repository: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The repository, with its findings recorded."""
    assert main(["init"]) == 0
    assert main(["baseline"]) == 0
    assert main(["check", "-q"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("next: commit it")
    return repository


def new(folder: Path, *paths: str) -> list[tuple[str, str]]:
    """Return the rule and the file of what fails."""
    report = check([folder / path for path in paths])
    assert report.problems == ()
    return [(each.rule, each.path) for each in report.findings if each.status is FindingStatus.NEW]


def one_for_each_of_several_rules() -> list[Edit]:
    """Return two edits of each family, of different rules."""
    first = {edit.rule: edit for edit in reversed(BREAKING) if edit.path.startswith("reference_app/")}
    return [edit for family in FAMILIES for rule, edit in sorted(first.items()) if rule.startswith(family)][::3]


def test_each_command_says_the_next(repository: Path) -> None:
    steps = []
    for command in ("init", "check", "baseline", "check"):
        status, text = on_a_terminal(repository, command)
        steps.append((status, re.findall(r"`conformance (\w+)", text.splitlines()[-1])))
        if command == "check" and status:
            assert int(re.findall(r"(\d+) errors", text)[-1]) > 100
    edit = next(edit for edit in BREAKING if edit.rule == "DI108")
    file = repository / edit.path
    file.write_text(edit.applied(file.read_text("utf-8")), "utf-8")
    status, text = on_a_terminal(repository, "check")
    steps.append((status, re.findall(r"`conformance (\w+ \w+)", text.splitlines()[-1])))

    assert steps == [
        (0, ["check", "baseline"]),
        (1, ["rule", "baseline"]),
        (0, ["check"]),
        (0, ["docs"]),
        (1, ["rule DI108"]),
    ]
    assert "1 error in" in text


def test_the_five_minutes_of_the_readme_end_red_then_green_then_red(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = re.findall(r"<!-- five -->\n```bash\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)[0]
    flawed = {
        "app/__init__.py": "",
        "app/main.py": "from fastapi import FastAPI\n\nfrom app import routes\n\napp = FastAPI()\n"
        "app.include_router(routes.router)\n",
        "app/routes.py": LEGACY.replace("{number}", "1"),
    }
    monkeypatch.chdir(lay_out(tmp_path, {**flawed, "pyproject.toml": '[project]\nname = "shop"\n'}))
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("CI", raising=False)

    statuses = [subprocess.run(["bash", "-c", line], check=False).returncode for line in listing.splitlines()]

    assert statuses == [0, 1, 0, 0, 0, 1]
    printed = capfd.readouterr().out
    last = printed[printed.rindex("error DI106") :].splitlines()
    assert last[-1].startswith("1 error in 3 files of app (")
    assert last[0].startswith("error DI106 module-level-resource: ")


def test_a_new_violation_of_any_rule_fails_alone(gate: Path) -> None:
    edits = one_for_each_of_several_rules()
    assert len({edit.rule for edit in edits}) >= 15

    for edit in edits:
        file = gate / edit.path
        before = file.read_text("utf-8") if file.exists() else None
        file.write_text(edit.applied(before or ""), "utf-8")
        found = new(gate)
        assert edit.rule in {rule for rule, _ in found}, edit
        assert {path for _, path in found} == {edit.path}
        file.unlink() if before is None else file.write_text(before, "utf-8")

    assert new(gate) == []


def test_moved_lines_and_what_is_renamed_elsewhere_fail_nothing(gate: Path) -> None:
    for file in (gate / "reference_app").rglob("*.py"):
        text = file.read_text("utf-8").replace("doubled", "twice").replace("prepared", "made_ready")
        docstring = re.match(r'(?s)"""(.*?)"""\n|', text)
        assert docstring is not None
        end = docstring.end()
        future = "from __future__ import annotations\n" in text
        text = text if future else f"{text[:end]}\n# moved\n\n\nMOVED_{len(text)} = 1\n{text[end:]}"
        file.write_text(text, "utf-8")

    assert new(gate) == []


def test_a_part_of_the_program_fails_nothing_and_says_of_nothing_that_it_is_gone(gate: Path) -> None:
    files = sorted((gate / "reference_app/components/backend").rglob("*.py"))

    for file in files[:: len(files) // 12]:
        report = check([file])
        assert report.exit_status == 0, (file, [each for each in report.findings if each.status is FindingStatus.NEW])
        assert [note for note in report.notes if "gone" in note] == []


def test_a_second_finding_of_the_same_kind_in_the_same_place_is_a_new_one(gate: Path) -> None:
    file = gate / "reference_app/components/backend/api/legacy_7.py"
    line = '    request.app.state.last = answer["name"]\n'

    file.write_text(file.read_text("utf-8").replace(line, line + line), "utf-8")

    assert [rule for rule, _ in new(gate)] == ["DI108"]


def test_the_record_does_not_grow_by_itself(gate: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = gate / baseline.DEFAULT
    before = record.read_bytes()
    lay_out(gate / "reference_app/components/backend/api", {"legacy_99.py": LEGACY.replace("{number}", "99")})

    for command in (["check", "-q"], ["check", "--exit-zero", "-q"], ["check", "--statistics"], ["baseline"]):
        main(command)
    assert record.read_bytes() == before
    assert main(["baseline", "--prune"]) == 0
    assert json.loads(record.read_bytes()) == json.loads(before)
    capsys.readouterr()
    assert main(["baseline", "--force", "reference_app/components/backend/api/legacy_99.py"]) == 2
    assert "a part of it was given" in capsys.readouterr().err
    assert record.read_bytes() == before


def test_what_is_mended_leaves_the_record_only_when_it_is_pruned(
    gate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (gate / "reference_app/components/backend/api/legacy_3.py").unlink()
    number = len(json.loads((gate / baseline.DEFAULT).read_bytes())["findings"])

    assert main(["check"]) == 0
    assert "recorded findings are gone: `conformance baseline --prune`" in capsys.readouterr().out
    assert main(["baseline", "--prune"]) == 0
    assert len(json.loads((gate / baseline.DEFAULT).read_bytes())["findings"]) < number
    assert main(["check"]) == 0
    assert "gone" not in capsys.readouterr().out.splitlines()[-1]
