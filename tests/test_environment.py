"""Where nothing can be written, the check is made; and what has to write says that it cannot."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from conformance.cli import main
from tests.kit import lay_out, unprivileged

BAD = "from fastapi import Request\n\n\ndef f(request: Request) -> None:\n    request.app.state.x = 1\n"
FILES = {"app/__init__.py": "", "app/api.py": BAD, "app/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n"}
CHECK = ("check", "--select", "DI108", "--output-format", "concise")

WRITING = [
    ("baseline",),
    ("init",),
    (*CHECK, "--output-file", "out.txt"),
    (*CHECK, "--output-file", "new/out.txt"),
    ("checklist", "--output-file", "out.txt"),
    ("map", "--output-file", "out.html"),
]


@pytest.fixture
def unwritable(tmp_path: Path) -> Iterator[Path]:
    """A checkout that nobody may write into."""
    folder = lay_out(tmp_path / "checkout", FILES)
    inside = [folder, *folder.rglob("*")]
    for path in inside:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield folder
    for path in inside:
        path.chmod(0o755)


def test_a_checkout_that_is_read_only_is_checked(unwritable: Path) -> None:
    done = unprivileged(unwritable, *CHECK)

    assert done.stdout.startswith("app/api.py:5:5: DI108")
    assert done.returncode == 1, done.stderr


@pytest.mark.parametrize("command", WRITING, ids="-".join)
def test_what_cannot_be_written_is_said(unwritable: Path, command: tuple[str, ...]) -> None:
    done = unprivileged(unwritable, *command)

    said = [line for line in done.stderr.splitlines() if "note: " not in line]
    assert [line.rpartition(": ")[2] for line in said] == ["Permission denied"]
    assert "cannot be written" in said[0]
    assert done.returncode == 2


@pytest.mark.parametrize("home", ["read-only", "absent", "a file"])
def test_a_home_that_cannot_be_written_keeps_nothing_from_being_checked(tmp_path: Path, home: str) -> None:
    folder = lay_out(tmp_path / "checkout", FILES)
    place = tmp_path / "home"
    if home == "read-only":
        place.mkdir(mode=0o555)
    elif home == "a file":
        place.write_text("")
    variables = {"HOME": str(place), "XDG_CACHE_HOME": str(place / "cache")}

    first = unprivileged(folder, *CHECK, **variables)
    again = unprivileged(folder, *CHECK, **variables)

    assert first.stdout.startswith("app/api.py:5:5: DI108")
    assert (first.returncode, first.stdout) == (again.returncode, again.stdout) == (1, first.stdout)


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A disk without room."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this takes root, and a machine that lets it mount")
    lay_out(disk, FILES)
    fill(disk)
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def fill(disk: Path) -> None:
    with suppress(OSError), (disk / "ballast").open("wb", buffering=0) as file:
        while file.write(b"\0" * 512):
            pass


def test_a_full_disk_keeps_nothing_from_being_checked(
    full: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(full)
    monkeypatch.setenv("XDG_CACHE_HOME", str(full / "cache"))

    assert main(CHECK) == 1
    assert main([*CHECK, "--cache-dir", str(full / "other")]) == 1
    assert capsys.readouterr().out.count("app/api.py:5:5: DI108") == 2


@pytest.mark.parametrize("command", WRITING, ids="-".join)
def test_a_full_disk_is_said_where_something_has_to_be_written(
    full: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(full)
    monkeypatch.delenv("CI", raising=False)

    assert main(command) == 2

    said = [line for line in capsys.readouterr().err.splitlines() if "note: " not in line]
    assert [line.rpartition(": ")[2] for line in said] == ["No space left on device"]
    monkeypatch.chdir("/")


@pytest.mark.parametrize("command", [("init",), ("baseline", "--force")], ids="-".join)
def test_what_was_there_is_there_still_when_the_disk_is_full(
    full: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"pyproject.toml": '[project]\nname = "shop"\n', "conformance-baseline.json": "{}"}
    (full / "ballast").unlink()
    lay_out(full, files)
    fill(full)
    monkeypatch.chdir(full)
    monkeypatch.delenv("CI", raising=False)

    assert main(command) == 2

    assert {name: (full / name).read_text() for name in files} == files
    assert [path.name for path in full.iterdir() if path.name.startswith(".")] == []
    monkeypatch.chdir("/")


def test_what_is_compared_with_a_revision_says_where_there_is_no_room(
    full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = lay_out(tmp_path / "checkout", {**FILES, "app/large.py": "# " + "x" * 200_000})
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", "-C", str(folder), *command], check=True)
    monkeypatch.setattr("tempfile.tempdir", str(full))

    status = main(["check", str(folder), "--no-cache", "--diff", "HEAD"])

    assert status == 2
    assert "No space left on device" in capsys.readouterr().err
