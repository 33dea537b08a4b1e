"""Manners on a terminal: what is printed on a real one, of some width, and what is printed elsewhere."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path

import pytest

from conformance.commands.progress import Progress
from tests.kit import lay_out
from tests.terminal import all_of, on_a_terminal

FILES = {
    "app/__init__.py": "",
    "app/na ïve#1.py": "from fastapi import FastAPI\n\napp = FastAPI()\napp.state.x = 1\n",
    "conformance.toml": 'select = ["DI108"]\n',
}
LINK = re.compile(r"\x1b]8;;(.*?)\x1b\\")
COLOUR = re.compile(r"\x1b\[[\d;]*m")


def printed(folder: Path, *arguments: str, columns: int = 80, environment: Mapping[str, str] = {}) -> str:
    """Return what the command prints on a terminal."""
    status, text = on_a_terminal(folder, *arguments, columns=columns, environment=environment)
    assert status in (0, 1)
    return text


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return lay_out(tmp_path, FILES)


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_explanations_are_as_wide_as_the_terminal_and_never_wider_than_can_be_read(here: Path, columns: int) -> None:
    text = COLOUR.sub("", LINK.sub("", printed(here, "check", columns=columns)))

    why = text[text.index("= instead:") : text.index("\n\n", text.index("= why:"))].splitlines()
    assert max(map(len, why)) <= min(columns, 100)
    assert len(why) > 3
    page = printed(here, "rule", "DI108", columns=columns)
    about = COLOUR.sub("", page[page.index("Why") : page.index("What is reported")]).splitlines()
    assert max(map(len, about)) <= min(columns, 88)


@pytest.mark.parametrize("form", ["full", "concise"])
def test_a_place_is_a_link_to_its_line(here: Path, form: str) -> None:
    text = printed(here, "check", "--output-format", form)

    links = [link for link in LINK.findall(text) if link]
    assert links == [f"file://{here.resolve()}/app/na%20%C3%AFve%231.py#4"]
    assert "app/na ïve#1.py:4:1" in COLOUR.sub("", LINK.sub("", text))


@pytest.mark.parametrize(
    ("environment", "coloured", "linked"),
    [
        ({}, True, True),
        ({"NO_COLOR": "1"}, False, True),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, False, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, False),
        ({"CI": "true"}, True, False),
    ],
)
def test_colour_and_links_printed(here: Path, environment: dict[str, str], *, coloured: bool, linked: bool) -> None:
    text = printed(here, "check", environment=environment)

    assert bool(COLOUR.search(text)) is coloured
    assert bool(LINK.search(text)) is linked


@pytest.mark.parametrize(("environment", "coloured"), [({}, False), ({"FORCE_COLOR": "1"}, True)])
def test_there_are_no_links_and_no_progress_where_there_is_no_terminal(
    here: Path, environment: dict[str, str], *, coloured: bool
) -> None:
    kept = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}

    done = subprocess.run(
        [sys.executable, "-m", "conformance", "check"],
        cwd=here, env={**kept, "TERM": "xterm", **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.stderr == ""
    assert bool(COLOUR.search(done.stdout)) is coloured
    assert LINK.search(done.stdout) is None


def test_a_file_has_neither_colour_nor_links(here: Path) -> None:
    printed(here, "check", "-o", "report.txt", environment={"FORCE_COLOR": "1"})

    assert "\x1b" not in (here / "report.txt").read_text("utf-8")


@pytest.mark.parametrize("columns", [40, 80])
def test_progress_is_one_line_that_goes_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, columns: int) -> None:
    reading, writing = pty.openpty()
    fcntl.ioctl(writing, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    moments = iter(range(10))
    monkeypatch.setattr("conformance.commands.progress.time.monotonic", lambda: next(moments))
    monkeypatch.setenv("TERM", "xterm")
    with open(writing, "w") as stream:  # noqa: PTH123 - of a handle
        progress = Progress(stream, quiet=False)
        for done in (0, 600, 1774):
            progress.show("reading", done, 1774)
        progress.clear()
    text = all_of(reading)

    parts = text.split("\r\x1b[K")
    assert [part.split("] ")[-1] for part in parts] == ["", "0/1774", "600/1774", "1774/1774", ""]
    assert max(map(len, parts)) < columns
