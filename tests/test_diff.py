"""`--diff` in repositories of every shape: moved files, branches, submodules, shallow clones, nothing committed yet."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from conformance.cli import main
from tests.kit import lay_out

HEAD = """\
from fastapi import APIRouter, Request

router = APIRouter()
"""
WARM = """

@router.post("/warm")
async def warm(request: Request) -> None:
    request.app.state.warm = True
"""
COLD = WARM.replace("warm", "cold")
FILES = {"app/__init__.py": "", "app/stats.py": HEAD + WARM}


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "protocol.file.allow=always")
    subprocess.run(["git", *identity, "-C", folder, *arguments], check=True, capture_output=True)


def committed(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "x")


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = lay_out(tmp_path / "repo", FILES)
    git(folder, "init", "-q", "-b", "main")
    monkeypatch.chdir(folder)
    return folder


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """Return where `check --diff` says that there is something."""
    capsys.readouterr()
    main(["check", *arguments, "--select", "DI108", "--output-format", "concise", "--quiet"])
    said = capsys.readouterr()
    assert said.err == ""
    return [line.split(": ")[0] for line in said.out.splitlines()]


def test_where_nothing_is_committed_all_is_new(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "--diff", "HEAD") == ["app/stats.py:8:5"]


@pytest.mark.parametrize(("old", "new"), [("app/stats.py", "app/numbers.py"), ("app", "shop")])
def test_what_is_only_moved_is_not_touched(repo: Path, capsys: pytest.CaptureFixture[str], old: str, new: str) -> None:
    committed(repo)

    git(repo, "mv", old, new)
    assert told(capsys, "--diff", "HEAD") == []
    file = next(repo.glob("*/numbers.py"), repo / new / "stats.py")
    file.write_text(HEAD + WARM + COLD)
    assert told(capsys, "--diff", "HEAD") == [f"{file.relative_to(repo).as_posix()}:13:5"]


def test_a_new_file_that_is_like_none_that_went_is_new(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(repo, {"app/other.py": "\n".join(f"x{number} = {number}" for number in range(30))})
    committed(repo)

    (repo / "app/other.py").unlink()
    lay_out(repo, {"app/new.py": HEAD + WARM})

    assert told(capsys, "--diff", "HEAD") == ["app/new.py:8:5"]


def test_two_files_that_change_places_are_each_what_they_were(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(repo, {"app/cold.py": HEAD + COLD + "\n\ndef cool() -> None:\n    return None\n"})
    committed(repo)

    git(repo, "mv", "app/cold.py", "app/a.py")
    git(repo, "mv", "app/stats.py", "app/b.py")

    assert told(capsys, "--diff", "HEAD") == []


def test_a_change_is_counted_from_where_the_branch_began(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    committed(repo)
    git(repo, "checkout", "-qb", "feature")
    lay_out(repo, {"app/more.py": HEAD + COLD})
    committed(repo)
    git(repo, "checkout", "-q", "main")
    lay_out(repo, {"app/stats.py": HEAD})
    committed(repo)

    git(repo, "checkout", "-q", "feature")

    assert told(capsys, "--diff", "main") == ["app/more.py:8:5"]


def test_staged_and_unstaged_changes_and_new_files_count_alike(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(repo, {"app/staged.py": HEAD, "app/unstaged.py": HEAD})
    committed(repo)
    lay_out(repo, {"app/staged.py": HEAD + WARM})
    git(repo, "add", "-A")

    lay_out(repo, {"app/unstaged.py": HEAD + WARM, "app/untracked.py": HEAD + WARM})

    assert told(capsys, "--diff", "HEAD") == ["app/staged.py:8:5", "app/unstaged.py:8:5", "app/untracked.py:8:5"]


@pytest.mark.parametrize("within", [".", "server"])
def test_a_target_in_a_folder_of_the_repository(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, within: str
) -> None:
    lay_out(tmp_path, {f"server/{name}": text for name, text in FILES.items()})
    git(tmp_path, "init", "-q")
    committed(tmp_path)
    lay_out(tmp_path, {"server/app/more.py": HEAD + COLD})
    monkeypatch.chdir(tmp_path / within)

    assert told(capsys, *(["server"] if within == "." else []), "--diff", "HEAD") == ["app/more.py:8:5"]


def test_a_submodule_is_compared_with_the_commit_that_was_recorded(
    repo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    committed(repo)
    above = tmp_path / "above"
    above.mkdir()
    git(above, "init", "-q")
    git(above, "submodule", "add", str(repo), "lib")
    committed(above)
    monkeypatch.chdir(above)

    assert told(capsys, "--diff", "HEAD") == []
    lay_out(above, {"lib/app/stats.py": HEAD + WARM + COLD})
    assert told(capsys, "--diff", "HEAD") == ["lib/app/stats.py:13:5"]
    assert told(capsys, "lib", "--diff", "HEAD") == ["app/stats.py:13:5"]


def test_a_shallow_clone_says_that_it_is_one(
    repo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    committed(repo)
    lay_out(repo, {"app/more.py": HEAD})
    committed(repo)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repo}", "shallow")
    monkeypatch.chdir(tmp_path / "shallow")

    assert main(["check", "--diff", "HEAD~1"]) == 2
    assert "git knows no revision `HEAD~1`: this is a shallow clone" in capsys.readouterr().err


def test_without_a_repository_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(tmp_path, FILES)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    assert main(["check", "--diff", "HEAD"]) == 2
    assert "not a git repository" in capsys.readouterr().err
