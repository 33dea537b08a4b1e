"""The stored result of a check: taken where nothing has changed, and never where anything has that could matter."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance import cli
from conformance.cache import FOLDER, KEPT, Cache, Call
from conformance.commands.arguments import parsed
from conformance.commands.check import cache_of
from tests.kit import lay_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance.results import Report

ROOT = Path(__file__).parent.parent

APP = {
    "pyproject.toml": "[tool.conformance]\n",
    ".gitignore": "scratch/\n",
    "app/__init__.py": "",
    "app/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n\n\ndef f(app: FastAPI):\n    app.state.warm = 1\n",
    "app/deps/__init__.py": "",
    "app/deps/db.py": "from typing import Any\n\n\ndef get_db(request: Any = None) -> Any:\n    return request\n",
    "scratch/odd.py": "def f(:\n",
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    folder = lay_out(tmp_path / "project", APP)
    monkeypatch.chdir(folder)
    return folder


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Check the current folder, and return the status and what was printed."""
    status = cli.main(["check", "--output-format", "json", *arguments])
    return status, capsys.readouterr().out


def recalled(*arguments: str) -> Report | None:
    """Return what a call of `check` in the current folder would find in the cache."""
    found = cache_of(parsed(["check", "--output-format", "json", *arguments]))
    assert found is not None
    return found.recalled()


def test_an_unchanged_target_is_neither_parsed_nor_judged(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = checked(capsys)
    report = recalled()

    assert report is not None
    assert (report.work.recalled, report.work.parsed, report.work.judged) == (True, 0, 0)
    assert checked(capsys) == first == checked(capsys, "--no-cache")


@pytest.mark.parametrize("output", [*cli.FORMATS, "statistics"])
def test_a_recalled_report_reads_as_the_first(output: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["check", "--statistics"] if output == "statistics" else ["check", "--output-format", output]
    said = []
    for _ in range(2):
        cli.main(arguments)
        said.append(capsys.readouterr())

    assert said[0] == said[1]


def test_time_of_modification_says_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = here / "app/main.py"
    before = file.stat()
    _, first = checked(capsys)
    file.touch()
    assert recalled() is not None

    file.write_text(file.read_text().replace("app.state.warm", "app.other.warm"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert file.stat().st_size == before.st_size
    assert checked(capsys)[1] != first


def written(path: str, text: str) -> Callable[[Path], object]:
    return lambda here: lay_out(here, {path: text})


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file changes": written("app/main.py", "x = 1\n"),
    "a file comes": written("app/more.py", "def f(app):\n    app.state.more = 1\n"),
    "a file goes": lambda here: (here / "app/deps/db.py").unlink(),
    "a file is renamed": lambda here: (here / "app/deps/db.py").rename(here / "app/deps/data.py"),
    "a folder becomes no package": lambda here: (here / "app/__init__.py").unlink(),
    "a folder comes": written("other/tool.py", "x = 1\n"),
    "a folder with nothing in it comes": lambda here: (here / "app/routes").mkdir(),
    "a file becomes a folder": lambda here: (here / "app/deps/db.py").replace(here / "app/db.py") and lay_out(
        here, {"app/deps/db.py/__init__.py": ""}
    ),
    "less is ignored": written(".gitignore", "\n"),
    "more is ignored": written("app/.gitignore", "deps/\n"),
    "the configuration changes": written("pyproject.toml", '[tool.conformance]\nignore = ["DI"]\n'),
    "the configuration goes": lambda here: (here / "pyproject.toml").unlink(),
    "a nearer configuration comes": written("conformance.toml", 'ignore = ["DI"]\n'),
    "a record of findings comes": lambda _: cli.main(["baseline"]),
    "it becomes a repository": lambda here: (here / ".git").mkdir(),
    "the folder above becomes a package": written("../__init__.py", ""),
    "the folder above ignores it": written("../.gitignore", "deps/\n"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_has_changed_is_looked_at_anew(
    change: str, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    checked(capsys)
    assert recalled() is not None

    CHANGES[change](here)
    capsys.readouterr()

    assert recalled() is None
    assert checked(capsys) == checked(capsys, "--no-cache")
    assert recalled() is not None


def test_a_record_that_changes_is_read_anew(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    assert cli.main(["baseline"]) == 0
    capsys.readouterr()
    assert checked(capsys)[0] == 0

    (here / "conformance-baseline.json").write_text('{"schema": "conformance-baseline/1", "findings": []}')

    assert checked(capsys)[0] == 1


@pytest.mark.parametrize("others", [("--select", "DI108"), ("--ignore", "DI108"), ("--isolated",), ("app",),
                                    ("--config", 'profile="aegis"')])  # fmt: skip
def test_another_call_is_another_result(
    others: tuple[str, ...], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checked(capsys)

    assert recalled(*others) is None
    assert checked(capsys, *others) == checked(capsys, *others, "--no-cache")


def test_a_configuration_that_is_named_is_looked_at(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(here, {"own.toml": 'ignore = ["DI"]\n'})
    checked(capsys, "--config", "own.toml")
    assert recalled("--config", "own.toml") is not None

    lay_out(here, {"own.toml": 'ignore = ["LC"]\n'})

    assert recalled("--config", "own.toml") is None


def test_a_link_that_leads_elsewhere_is_another_target(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_out(tmp_path / "other", {"app/__init__.py": "", "app/main.py": "x = 1\n"})
    link = here / "link"
    link.symlink_to(here / "app")
    first = checked(capsys, "link")
    assert recalled("link") is not None

    link.unlink()
    link.symlink_to(tmp_path / "other/app")

    assert checked(capsys, "link") == checked(capsys, "link", "--no-cache") != first


def test_a_configuration_above_what_a_link_leads_to_is_looked_at(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_out(tmp_path / "other", {name: text for name, text in APP.items() if name.startswith("app/")})
    (here / "link").symlink_to(tmp_path / "other/app")
    checked(capsys, "link")
    assert recalled("link") is not None

    lay_out(tmp_path / "other", {"conformance.toml": 'ignore = ["DI"]\n'})

    assert recalled("link") is None
    assert checked(capsys, "link") == checked(capsys, "link", "--no-cache")


def damaged(damage: str, stored: bytes) -> bytes:
    known, _, text = stored.partition(b"\n")
    match damage:
        case "empty":
            return b""
        case "cut":
            return stored[: len(stored) // 2]
        case "changed":
            return stored.replace(b"DI108", b"DI109")
        case "of another kind":
            from conformance.trace import digest_of  # noqa: PLC0415

            other = json.dumps({"folders": {}, "files": {}, "report": [1]}).encode()
            return digest_of(other).encode() + b"\n" + other
    return known[::-1] + b"\n" + text


@pytest.mark.parametrize("damage", ["empty", "cut", "changed", "of another kind", "another digest"])
def test_what_is_damaged_is_made_anew(damage: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = checked(capsys)
    [file] = (here / FOLDER / "results").glob("*.json")
    file.write_bytes(damaged(damage, file.read_bytes()))

    assert cli.main(["check", "--output-format", "json", "--verbose"]) == first[0]
    said = capsys.readouterr()
    assert said.out == first[1]
    assert "is damaged, and was passed over" in said.err
    assert recalled() is not None


def test_a_cache_that_cannot_be_written_is_done_without(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(here, {FOLDER: "a file\n"})

    status = cli.main(["check", "--output-format", "json", "--verbose"])
    said = capsys.readouterr()
    assert (status, said.out) == checked(capsys, "--no-cache")
    assert f"{here / FOLDER} cannot be written" in said.err
    assert "cannot be written" not in checked(capsys)[1]


def test_where_it_is(here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checked(capsys, "app", "--no-cache")
    checked(capsys, "--diff", "HEAD")
    assert not (here / FOLDER).exists()

    checked(capsys, "app", "--cache-dir", str(tmp_path / "elsewhere"))
    assert not (here / FOLDER).exists()

    checked(capsys, "app")
    for folder in (here / FOLDER, tmp_path / "elsewhere"):
        assert (folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
        assert (folder / ".gitignore").read_text() == "*\n"


def test_it_does_not_grow_for_ever(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = here / FOLDER / "results"
    lay_out(folder, {f"{number}.{kind}": "" for number in range(KEPT + 8) for kind in ("json", "sources")})
    for file in folder.iterdir():
        os.utime(file, (1, 1))

    checked(capsys)

    assert len(list(folder.glob("*.json"))) == len(list(folder.glob("*.sources"))) == KEPT
    assert recalled() is not None


def test_an_edit_during_the_check_is_not_taken_for_checked(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from conformance import check  # noqa: PLC0415

    judge = check.judge

    def meanwhile(*arguments: object, **others: object) -> object:
        lay_out(here, {"app/main.py": "x = 1\n"})
        return judge(*arguments, **others)  # type: ignore[arg-type]

    monkeypatch.setattr(check, "judge", meanwhile)
    checked(capsys)
    monkeypatch.undo()
    monkeypatch.chdir(here)

    assert recalled() is None


def test_many_at_once_and_killed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Twenty runs on one cache, of which half are killed at any moment, leave one that is whole."""
    expected = checked(capsys, "--no-cache")
    chance = random.Random(12)  # noqa: S311
    command = [sys.executable, "-m", "conformance", "check", "--output-format", "json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    runs = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) for _ in range(20)
    ]
    for run in runs[::2]:
        time.sleep(chance.random() / 20)
        run.send_signal(signal.SIGKILL)
    for number, run in enumerate(runs):
        out, _ = run.communicate(timeout=120)
        if number % 2:
            assert (run.returncode, out.decode()) == expected

    assert checked(capsys) == expected
    assert recalled() is not None


def test_a_call_has_its_own_file(tmp_path: Path) -> None:
    calls = [Call(tmp_path, [Path(path)], config) for path in ("a", "b") for config in ((), ("a",))]

    assert len({Cache(tmp_path, call).file for call in calls}) == 4
