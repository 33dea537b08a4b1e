"""`check --watch`, as a process of its own: files are edited, and what it says then is read."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.watch import seen
from tests.kit import lay_out

FLAWED = "from fastapi import FastAPI\n\napp = FastAPI()\napp.state.x = 1\n"
CLEAN = FLAWED.replace("app.state.x = 1\n", "")
FILES = {"app/__init__.py": "", "app/main.py": FLAWED, "conformance.toml": 'select = ["DI108"]\n'}
PATIENCE = 60


class Watching:
    """A process that watches; what it prints arrives in a terminal, or in a pipe."""

    def __init__(self, folder: Path, *arguments: str, terminal: bool) -> None:
        self.reading, writing = pty.openpty() if terminal else os.pipe()
        self.heard = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "conformance", "check", "--watch", "--no-cache", *arguments],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=writing, stderr=writing, start_new_session=True,
            env={**os.environ, "TERM": "xterm", "NO_COLOR": "1"},
        )  # fmt: skip
        os.close(writing)

    def until(self, text: str) -> str:
        """Wait until it has printed this, and then that it watches; return what it printed before."""
        end = time.monotonic() + PATIENCE
        while text not in self.heard or "watching; Ctrl-C ends it" not in self.heard.partition(text)[2]:
            assert time.monotonic() < end, self.heard
            if select.select([self.reading], [], [], 1)[0]:
                self.heard += os.read(self.reading, 1 << 16).decode()
            else:
                assert self.process.poll() is None, self.heard
        heard, self.heard = self.heard, ""
        return heard

    def interrupted(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Callable[..., Watching]]:
    lay_out(tmp_path, FILES)
    started: list[Watching] = []

    def start(*arguments: str, terminal: bool = False) -> Watching:
        started.append(Watching(tmp_path, *arguments, terminal=terminal))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.wait()
        os.close(each.reading)


def test_a_change_is_checked_and_an_interrupt_ends_it_without_a_word(
    tmp_path: Path, watching: Callable[..., Watching]
) -> None:
    process = watching()
    assert "app/main.py:4:1" in process.until("1 error in 2 files of app")

    (tmp_path / "app/main.py").write_text(CLEAN)
    assert "changed: app/main.py\n" in process.until("nothing found")
    lay_out(tmp_path, {"app/more.py": FLAWED})
    assert "app/more.py:4:1" in process.until("1 error in 3 files of app")
    (tmp_path / "app/more.py").unlink()
    assert "\x1b" not in process.until("nothing found in 2 files of app")

    assert process.interrupted() == 130
    assert os.read(process.reading, 1 << 16).decode().strip() == ""


def test_a_configuration_that_is_broken_is_told_and_what_mends_it_is_seen(
    tmp_path: Path, watching: Callable[..., Watching]
) -> None:
    process = watching("app", "--output-format", "concise")
    process.until("1 error in 2 files of app")

    (tmp_path / "conformance.toml").write_text('selct = ["DI108"]\n')
    process.until("unknown key `selct`; did you mean `select`?")
    (tmp_path / "conformance.toml").write_text('select = ["DI101"]\n')
    process.until("nothing found in 2 files of app")
    (tmp_path / "app/main.py").write_text("def f(:\n")
    process.until("problem: app/main.py:1: invalid syntax")

    assert process.process.poll() is None


def test_the_screen_is_cleared_on_a_terminal(tmp_path: Path, watching: Callable[..., Watching]) -> None:
    process = watching(terminal=True)

    assert process.until("1 error in 2 files of app").startswith("\x1b[H\x1b[2J\x1b[3J")
    (tmp_path / "app/main.py").write_text(CLEAN)
    assert "\x1b[H\x1b[2J\x1b[3Jchanged: app/main.py" in process.until("nothing found")


def test_what_is_seen_is_what_a_check_may_look_at(tmp_path: Path) -> None:
    lay_out(tmp_path, {**FILES, ".venv/x.py": "", "app/data.csv": "", "node_modules/y.py": "", "app/.gitignore": ""})

    names = {os.path.relpath(file, tmp_path) for file, stamp in seen([str(tmp_path)]).items() if stamp}

    assert names == {"app/__init__.py", "app/main.py", "app/.gitignore", "conformance.toml"}


def test_what_is_not_there_can_come(tmp_path: Path) -> None:
    before = seen([str(tmp_path / "app")])

    lay_out(tmp_path, FILES)

    assert seen([str(tmp_path / "app")]) != before
