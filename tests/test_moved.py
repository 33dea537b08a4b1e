"""An edit that leaves the code as it is: the stored result is taken, on the lines on which the code stands now."""

from __future__ import annotations

import ast
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance import cli
from conformance.cache import FOLDER, MOST_CHANGED
from conformance.examples import files_of
from conformance.facts.moved import moved
from conformance.rules import all_rules
from tests.kit import lay_out
from tests.test_cache import checked, recalled

if TYPE_CHECKING:
    from conformance.rules.base import Example

CODE = '''\
"""A module."""
import os  # why

def f(a,
      b):
    """Say
    more."""
    return [a, b]; os
'''


@pytest.mark.parametrize(
    ("after", "lines"),
    [
        (CODE, {1: 1, 2: 2, 4: 4, 5: 5, 6: 6, 7: 7, 8: 8}),
        (CODE + "\n# end\n", {1: 1, 2: 2, 4: 4, 5: 5, 6: 6, 7: 7, 8: 8}),
        ("# first\n\n" + CODE, {1: 3, 2: 4, 4: 6, 5: 7, 6: 8, 7: 9, 8: 10}),
        (CODE.replace("why", "for what"), {1: 1, 2: 2, 4: 4, 5: 5, 6: 6, 7: 7, 8: 8}),
        (CODE.replace("(a,\n", "(a,  # first\n\n"), {1: 1, 2: 2, 4: 4, 5: 6, 6: 7, 7: 8, 8: 9}),
        (CODE.replace("\n", "\r\n"), {1: 1, 2: 2, 4: 4, 5: 5, 6: 6, 7: 7, 8: 8}),
        (CODE.replace("  # why\n\n", "\n"), {1: 1, 2: 2, 4: 3, 5: 4, 6: 5, 7: 6, 8: 7}),
    ],
)
def test_comments_and_blank_lines_move_the_code(after: str, lines: dict[int, int]) -> None:
    assert moved(CODE.encode(), after.encode()) == lines


@pytest.mark.parametrize(
    "after",
    [
        CODE.replace("[a, b]", "[b, a]"),
        CODE.replace("[a, b]", "[a,b]"),
        CODE.replace("[a, b]; os", "[a, b]\n    os"),
        CODE.replace("more", "less"),
        CODE.replace("    more", "     more"),
        CODE.replace("a,\n      b", "a, b"),
        CODE + "x = 1\n",
        CODE.replace("# why", "# conformance: ignore[DI101] -- why"),
        CODE.replace("# why", "#Conformance :ignore"),
        CODE.replace("):", "(:"),
        "# coding: nothing\n" + CODE,
        CODE + "\0",
        "",
    ],
)
def test_what_is_not_the_same_code(after: str) -> None:
    assert moved(CODE.encode(), after.encode()) is None
    assert moved(after.encode(), CODE.encode()) is None


def test_text_in_another_encoding_is_the_same_where_it_says_the_same() -> None:
    latin = "# coding: latin-1\nx = 'é'\n"

    assert moved(latin.encode("latin-1"), latin.replace("latin-1", "utf-8").encode()) == {2: 2}
    assert moved(latin.encode("latin-1"), latin.encode("utf-8")) is None


# --- the stored result ---------------------------------------------------------------------------------------------

APP = {
    "pyproject.toml": "[tool.conformance]\n",
    "app/__init__.py": "",
    "app/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n\n\ndef f(app: FastAPI):\n    app.state.warm = 1\n",
    "app/other.py": "x = 1\n",
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = lay_out(tmp_path / "project", APP)
    monkeypatch.chdir(folder)
    return folder


def test_findings_move_with_the_code(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checked(capsys)
    edited = "# The application.\n" + APP["app/main.py"].replace("warm = 1", "warm = 1  # at once")
    lay_out(here, {"app/main.py": edited})

    report = recalled()

    assert report is not None
    assert [f.place.span[0] for f in report.findings] == [1, 8]
    assert report.findings[1].code == "    app.state.warm = 1  # at once"
    assert checked(capsys) == checked(capsys, "--no-cache")


def test_one_edit_after_the_other(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checked(capsys)
    for number in range(3):
        lay_out(here, {"app/main.py": "# one more\n" * number + "\n" + APP["app/main.py"]})
        assert recalled() is not None
        assert checked(capsys) == checked(capsys, "--no-cache")


def test_it_says_so(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checked(capsys)
    lay_out(here, {"app/other.py": "# one\nx = 1\n"})

    cli.main(["check", "--verbose"])

    assert "the code in 1 changed file is as it was" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["x = 2\n", "x = 1\ny = 1\n", "", "# conformance: ignore\nx = 1\n", "x = (\n"])
def test_other_code_is_checked(text: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checked(capsys)
    lay_out(here, {"app/other.py": text})

    assert recalled() is None
    assert checked(capsys) == checked(capsys, "--no-cache")


def test_a_comment_in_one_file_and_code_in_another(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checked(capsys)
    lay_out(here, {"app/main.py": "#\n" + APP["app/main.py"], "app/other.py": "x = 2\n"})

    assert recalled() is None
    assert checked(capsys) == checked(capsys, "--no-cache")


def test_a_finding_about_a_whole_file_stays(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = "def g(request): request.app.state.x = 1\n"
    lay_out(here, {"app/main.py": first + APP["app/main.py"]})
    before = json.loads(checked(capsys)[1])
    lay_out(here, {"app/main.py": "#\n" + (here / "app/main.py").read_text()})

    report = recalled()

    assert report is not None
    assert [(f["rule"], f["line"]) for f in before["findings"]] == [("LY409", 1), ("DI108", 1), ("DI108", 8)]
    assert [(f.rule, f.place.span[0]) for f in report.findings] == [("LY409", 1), ("DI108", 2), ("DI108", 9)]
    assert checked(capsys) == checked(capsys, "--no-cache")


def test_a_file_that_has_become_a_pipe_is_not_waited_for(here: Path) -> None:
    command = [sys.executable, "-P", "-m", "conformance", "check", "app/other.py"]
    subprocess.run(command, cwd=here, capture_output=True, timeout=60, check=False)
    (here / "app/other.py").unlink()
    os.mkfifo(here / "app/other.py")

    done = subprocess.run(command, cwd=here, capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (2, "conformance: app/other.py: is not a folder and not a Python file\n")


def test_many_changed_files_are_not_compared(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    several = {f"app/m{number}.py": "x = 1\n" for number in range(MOST_CHANGED + 1)}
    lay_out(here, several)
    checked(capsys)
    lay_out(here, dict.fromkeys(list(several)[1:], "x = 1  # one\n"))
    assert recalled() is not None
    lay_out(here, dict.fromkeys(several, "x = 1  # two\n"))

    assert recalled() is None


@pytest.mark.parametrize(
    ("what", "by"), [(rb"(?s).*", b""), (rb"(?s).{9}$", b""), (rb"\[\d+,", b"[1,")], ids=["gone", "cut", "elsewhere"]
)
def test_texts_that_are_damaged_are_not_there(
    what: bytes, by: bytes, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checked(capsys)
    [file] = (here / FOLDER / "results").glob("*.sources")
    file.write_bytes(re.sub(what, by, file.read_bytes()))
    lay_out(here, {path: f"#\n{text}" for path, text in APP.items() if path.endswith(".py") and text})

    assert recalled() is None
    assert checked(capsys) == checked(capsys, "--no-cache")


def commented(text: str, by: random.Random) -> str:
    """Return code with comments and blank lines between its statements, and at its end."""
    lines = text.split("\n")
    starts = sorted({node.lineno for node in ast.parse(text).body})
    for line in reversed(starts):
        if by.random() < 0.5:
            lines.insert(line - 1, by.choice(["# about this", "", "#"]))
    return "\n".join([*lines, "# the end", ""])


BAD = [(rule.id, example) for rule in all_rules() if not rule.engine for example in rule.bad]


@pytest.mark.parametrize(("rule", "example"), BAD, ids=lambda each: each if isinstance(each, str) else each.title)
def test_the_same_as_a_check_of_all(
    rule: str, example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"pyproject.toml": "[tool.conformance]\nextend-select = ['ALL']\n", **files_of(example.files)}
    monkeypatch.chdir(lay_out(tmp_path / "project", files))
    checked(capsys)
    by = random.Random(rule)  # noqa: S311 - the same each time
    python = {path: text for path, text in files.items() if path.endswith(".py") and text.strip()}
    lay_out(Path.cwd(), {path: commented(text, by) for path, text in python.items()})

    assert recalled() is not None
    assert checked(capsys) == checked(capsys, "--no-cache")
