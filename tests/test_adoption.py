"""From an existing repository to a gate: init, the record of findings, and what a change introduces or touches."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from conformance import baseline, init
from conformance.check import load
from conformance.cli import main
from conformance.config import Config, matches
from conformance.diff import tree_of
from conformance.errors import BaselineError
from conformance.results import FindingStatus, RuleStatus
from tests.kit import a_finding, a_report, lay_out

ROUTES = """\
from fastapi import APIRouter, Request

router = APIRouter()


@router.post("/warm")
async def warm(request: Request) -> None:
    request.app.state.warm = True
"""
MORE = """

@router.post("/cold")
async def cold(request: Request) -> None:
    request.app.state.cold = True
"""
FILES = {"app/__init__.py": "", "app/routers/__init__.py": "", "app/routers/stats.py": ROUTES}
DI108 = ("--select", "DI108", "--output-format", "concise", "--quiet")


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one violation, committed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)
    lay_out(tmp_path, {**FILES, "pyproject.toml": '[project]\nname = "shop"\n'})
    for command in (
        ("init", "-q"),
        ("add", "."),
        ("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "x"),
    ):
        subprocess.run(["git", *command], check=True)
    return tmp_path


def test_from_a_flawed_repository_to_a_gate_that_only_new_findings_fail(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init"]) == 0
    assert main(["check", *DI108]) == 1
    assert main(["baseline"]) == 0
    capsys.readouterr()
    assert main(["check", *DI108]) == 0

    lay_out(repo, {"app/routers/stats.py": f"# moved\n\n{ROUTES}{MORE}"})

    assert main(["check", *DI108]) == 1
    assert [line.split(":")[1] for line in capsys.readouterr().out.splitlines()] == ["15"]


def test_init_writes_what_can_be_read_and_keeps_what_was_there(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 0

    written = tomllib.loads((repo / "pyproject.toml").read_text())
    assert written == {
        "project": {"name": "shop"},
        "tool": {"conformance": {"root-packages": ["app"], "profile": "prd-012", "roles": {}}},
    }
    assert "#     app.routers.stats: declares the endpoint `warm`" in (repo / "pyproject.toml").read_text()
    assert "next: `conformance check`" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("holders", "others", "expected"),
    [
        (["a.x"], ["a.y"], ["a.x"]),
        (["a.api", "a.api.x", "a.api.y"], ["a.z"], ["a.api.**"]),
        (["a.api", "a.api.x", "a.api.y"], ["a.api.z"], ["a.api", "a.api.x", "a.api.y"]),
        (["a.x.service", "a.y.service", "a.z.q.service"], ["a.x"], ["a.**.service"]),
        (["a.x.service", "a.y.service", "a.z.service"], ["a.w.service"], ["a.x.service", "a.y.service", "a.z.service"]),
    ],
)
def test_the_patterns_of_a_role_match_what_holds_it_and_nothing_else(
    holders: list[str], others: list[str], expected: list[str]
) -> None:
    assert init.patterns(holders, [*holders, *others]) == expected


def test_what_init_writes_decides_as_it_was_inferred_once_it_is_no_comment(tmp_path: Path) -> None:
    loaded = load([Path(__file__).parents[1] / "reference_app"], Config())

    text = init.section(loaded, prefix="")
    decided = tomllib.loads(
        re.sub(r"^# (?= {0,4}[\w\"\]])(?!What|    [\w.]+:|    and \d)", "", text, flags=re.MULTILINE)
    )

    assert len(decided["roles"]) > 8
    inferred = {role: {m.name for m in loaded.program.modules if role in m.roles} for role in decided["roles"]}
    names = [module.name for module in loaded.program.modules]
    assert inferred == {
        role: {name for name in names if any(matches(pattern, name) for pattern in globs)}
        for role, globs in decided["roles"].items()
    }


def test_init_replaces_a_section_only_when_told(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = repo / "pyproject.toml"
    file.write_text(
        '[project]\nname = "shop"\n\n[tool.conformance]\nselect = ["WK"]\n\n[tool.ruff]\nline-length = 90\n'
    )

    assert main(["init"]) == 2
    assert "pyproject.toml: is a configuration already: --force replaces it" in capsys.readouterr().err
    assert main(["init", "--force"]) == 0
    assert set(tomllib.loads(file.read_text())["tool"]["conformance"]) == {"root-packages", "profile", "roles"}
    assert tomllib.loads(file.read_text())["tool"]["ruff"] == {"line-length": 90}


def test_a_section_is_taken_out_with_its_tables_and_nothing_else() -> None:
    text = '[a]\nx = 1\n[tool.conformance]\ny = ["[b]"]\n[tool.conformance.roles]\nz = 1\n[tool.conformances]\nw = 1\n'

    assert init.without_section(text) == "[a]\nx = 1\n[tool.conformances]\nw = 1\n"


def test_a_record_is_not_written_over_nor_in_ci_nor_of_a_check_that_is_not_complete(
    repo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(repo, {"app/bad.py": "def f(:\n"})
    assert main(["baseline"]) == 2
    assert "nothing was recorded: the check is not complete" in capsys.readouterr().err
    (repo / "app/bad.py").unlink()

    assert main(["baseline"]) == 0
    assert main(["baseline"]) == 2
    assert main(["baseline", "--force"]) == 0
    monkeypatch.setenv("CI", "true")
    assert main(["baseline", "--force"]) == 2


def test_what_is_gone_is_told_and_taken_out_and_nothing_is_added(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_out(repo, {"app/routers/stats.py": ROUTES + MORE})
    main(["baseline"])
    lay_out(repo, {"app/routers/stats.py": ROUTES.replace("warm", "hot")})
    capsys.readouterr()

    assert main(["check", "--select", "DI108", "--output-format", "concise"]) == 1
    assert "note: 2 recorded findings are gone: `conformance baseline --prune`" in capsys.readouterr().out
    assert main(["baseline", "--prune"]) == 0
    record = json.loads((repo / baseline.DEFAULT).read_text())
    assert [entry for entry in record["findings"] if entry["rule"] == "DI108"] == []


def test_a_configured_record_that_is_not_there_is_a_problem(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", 'baseline = "known.json"', *DI108]) == 2
    assert "known.json: there is no such record of findings" in capsys.readouterr().out


def test_a_record_covers_as_many_findings_as_it_counts() -> None:
    record = baseline.recorded([a_finding(line=1), a_finding(line=2)])
    report = a_report(a_finding(line=5), a_finding(line=6), a_finding(line=7))

    told, there = baseline.applied(report, record, whole=True)

    assert [finding.status for finding in told.findings] == [
        FindingStatus.BASELINED,
        FindingStatus.BASELINED,
        FindingStatus.NEW,
    ]
    assert there == record


def test_a_rule_whose_findings_are_all_recorded_has_passed() -> None:
    told, _ = baseline.applied(a_report(a_finding()), baseline.recorded([a_finding()]), whole=True)

    assert [(result.rule, result.status, result.findings) for result in told.rules if result.rule == "DI108"] == [
        ("DI108", RuleStatus.PASSED, 0),
    ]
    assert told.exit_status == 0


def test_what_a_partial_run_has_not_seen_is_not_gone() -> None:
    record = baseline.recorded([a_finding()])
    without_rule = a_report(rules=())

    assert baseline.applied(without_rule, record, whole=True) == (without_rule, record)
    assert baseline.applied(a_report(), record, whole=False) == (a_report(), record)
    assert baseline.applied(a_report(), record, whole=True)[1] == baseline.Baseline()


def test_suppressed_findings_are_not_recorded() -> None:
    assert baseline.recorded([a_finding(status=FindingStatus.SUPPRESSED)]) == baseline.Baseline()


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    record = baseline.recorded([a_finding(line=1), a_finding(line=2)])

    baseline.write(tmp_path / "known.json", record)

    assert baseline.read(tmp_path / "known.json") == record


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "conformance-baseline/1", "findings": [{}]}', "\x00"])
def test_what_is_no_record_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "known.json").write_text(text)

    with pytest.raises(BaselineError, match=r"known\.json"):
        baseline.read(tmp_path / "known.json")


def test_a_diff_shows_what_the_change_introduces_and_touches_and_nothing_else(
    repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--diff", "HEAD", *DI108]) == 0

    lay_out(repo, {"app/routers/stats.py": f"# moved\n\n{ROUTES}{MORE}", "app/routers/new.py": ROUTES})

    assert main(["check", "--diff", "HEAD", *DI108]) == 1
    shown = [line.rpartition(": ")[0].split(": ")[0] for line in capsys.readouterr().out.splitlines()]
    assert shown == ["app/routers/new.py:8:5", "app/routers/stats.py:15:5"]


def test_a_finding_that_a_change_elsewhere_introduces_is_shown(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lifespan = (
        "from contextlib import asynccontextmanager\n\n\n@asynccontextmanager\nasync def lifespan(app):\n    yield\n"
    )
    main_py = "from fastapi import FastAPI\n\nfrom app.startup import lifespan\n\napp = FastAPI(lifespan=lifespan)\n"
    writes = lifespan.replace("    yield", "    app.state.x = 1\n    yield")
    lay_out(repo, {"app/startup.py": writes, "app/main.py": main_py})
    subprocess.run(["git", "add", "."], check=True)
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "y"], check=True)

    lay_out(repo, {"app/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n"})

    assert main(["check", "--diff", "HEAD", *DI108]) == 1
    assert capsys.readouterr().out.startswith("app/startup.py:6:5: DI108")


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", ""])
def test_a_revision_that_git_does_not_know_is_an_error(
    repo: Path, capsys: pytest.CaptureFixture[str], revision: str
) -> None:
    assert main(["check", f"--diff={revision}", *DI108]) == 2
    assert f"git knows no revision `{revision}`" in capsys.readouterr().err
    assert not (repo / "x").exists()


def commit(folder: Path) -> None:
    subprocess.run(["git", "-C", str(folder), "add", "-A"], check=True)
    names = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run(["git", "-C", str(folder), *names, "commit", "-qm", "y"], check=True)


def test_other_line_ends_alone_are_no_change(repo: Path) -> None:
    (repo / "app/routers/stats.py").write_bytes(ROUTES.replace("\n", "\r\n").encode())

    assert main(["check", "--diff", "HEAD", *DI108]) == 0


def test_code_that_looks_like_a_diff_is_code(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lookalike = '"""\n++ b/app/other.py\n@@ -1 +1,90 @@\n-- a/app/other.py\n"""\n'

    lay_out(repo, {"app/routers/stats.py": lookalike + ROUTES})

    assert main(["check", "--diff", "HEAD", *DI108]) == 0
    lay_out(repo, {"app/routers/stats.py": lookalike + ROUTES + MORE})
    assert main(["check", "--diff", "HEAD", *DI108]) == 1
    assert capsys.readouterr().out.startswith("app/routers/stats.py:18:5: DI108")


def test_what_an_archive_would_leave_out_was_there(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(repo, {".gitattributes": "app export-ignore\n"})
    commit(repo)

    lay_out(repo, {"app/routers/stats.py": f"# moved\n{ROUTES}"})

    assert main(["check", "--diff", "HEAD", *DI108]) == 0, capsys.readouterr().out


def test_a_change_is_told_of_a_folder_within_the_repository(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(repo, {f"services/naïve shop/{name}": text for name, text in FILES.items()})
    commit(repo)

    assert main(["check", "--diff", "HEAD", *DI108, "services/naïve shop"]) == 0
    lay_out(repo, {"services/naïve shop/app/routers/stats.py": ROUTES + MORE})

    assert main(["check", "--diff", "HEAD", *DI108, "services/naïve shop"]) == 1
    assert capsys.readouterr().out.startswith("app/routers/stats.py:13:5: DI108")


def test_links_and_paths_out_of_the_tree_are_not_laid_out(repo: Path) -> None:
    (repo / "app" / "link.py").symlink_to("/etc/passwd")
    blob = subprocess.run(["git", "hash-object", "-w", "app/routers/stats.py"], capture_output=True, check=True)
    escaping = b"100644 evil.py\0" + bytes.fromhex(blob.stdout.decode().strip())
    tree = git_object("tree", escaping)
    outer = git_object("tree", b"40000 ..\0" + bytes.fromhex(tree))
    made = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "commit-tree", "-m", "x", outer],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    with tree_of(made.stdout.strip(), repo) as folder:
        assert [path for path in folder.parent.rglob("*") if path.is_file()] == []
    commit(repo)
    with tree_of("HEAD", repo) as folder:
        assert sorted(path.name for path in folder.rglob("*.py")) == ["__init__.py", "__init__.py", "stats.py"]


def git_object(kind: str, content: bytes) -> str:
    """Write an object as it is, whatever git thinks of it."""
    command = ["git", "hash-object", "-t", kind, "-w", "--literally", "--stdin"]
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout.decode().strip()
