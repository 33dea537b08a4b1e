"""Completion, in the shells themselves."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.cli import COMMANDS, FORMATS, SHELLS, main
from conformance.completion import SHELLS as WRITERS
from conformance.handbook import PAGES
from conformance.rules import all_rules
from tests.kit import lay_out

PATIENCE = 60
DI10 = [rule.id for rule in all_rules() if rule.id.startswith("DI10")]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A repository with a branch whose name would be a command, if a shell read it."""
    lay_out(tmp_path, {"app/main.py": "", "a folder/x.py": ""})
    for command in (
        ("init", "-q", "-b", "trunk"),
        ("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-q", "--allow-empty", "-m", "x"),
        ("branch", "$(touch${IFS}pwned)"),
    ):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the script of each shell."""
    folder = tmp_path_factory.mktemp("completion")
    for shell in SHELLS:
        done = subprocess.run(
            [sys.executable, "-m", "conformance", "completion", shell], capture_output=True, text=True, check=True
        )
        (folder / shell).write_text(done.stdout)
    return folder


def test_the_shells_of_the_command_line_are_those_that_a_script_is_written_for() -> None:
    assert tuple(WRITERS) == SHELLS


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_is_one_that_its_shell_can_read(shell: str, scripts: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")

    done = subprocess.run([shell, "-n", scripts / shell], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_a_shell_that_there_is_not_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "powershell"]) == 2
    assert capsys.readouterr().err == "conformance: there is no shell `powershell`; there are bash, zsh, fish\n"


def words_of(line: str) -> list[str]:
    """Return the words of a line as bash parts them for completion: `=` is one of its own."""
    return [
        each for word in line.split(" ") for each in (word.replace("=", " = ").split(" ") if "=" in word else [word])
    ]


def in_bash(line: str, scripts: Path, here: Path) -> list[str]:
    """Return what bash offers at the end of a line."""
    script = (
        'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _conformance;'
        ' ((${#COMPREPLY[@]} == 0)) || printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "-c", script, "bash", scripts / "bash", *words_of(line)],
        cwd=here, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout.splitlines()


def in_fish(line: str, scripts: Path, here: Path) -> list[str]:
    """Return what fish offers at the end of a line."""
    done = subprocess.run(
        ["fish", "--no-config", "-c", 'source $argv[1]; complete -C "$argv[2]"', scripts / "fish", line],
        cwd=here, env={**os.environ, "HOME": str(here)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return [each.partition("\t")[0] for each in done.stdout.splitlines()]


def in_zsh(line: str, wanted: list[str], scripts: Path, here: Path) -> list[str]:
    """Return what an interactive zsh offers at the end of a line in a terminal, once what is wanted is among it."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(here)
        os.execvpe("zsh", ["zsh", "-f", "-i"], {**os.environ, "TERM": "dumb", "HOME": str(here), "COLUMNS": "4000"})  # noqa: S606

    def offered() -> list[str]:
        file = here / "offered"
        return file.read_text().splitlines() if file.exists() else []

    begin = (
        f"PROMPT=; unsetopt zle_bracketed_paste; stty -echo; autoload -Uz compinit && compinit -u -D;"
        f" source '{scripts / 'zsh'}';"
        ' compadd() { local -a found; builtin compadd -O found "$@"; print -rl -- $found >> offered;'
        ' builtin compadd "$@"; };'
        " echo rea''dy\n"
    )
    try:
        _read_until(terminal, bool)
        os.write(terminal, begin.encode())
        _read_until(terminal, lambda text: "ready" in text)
        os.write(terminal, line.encode() + b"\t")
        _read_until(terminal, lambda text: set(wanted) <= set(offered()))
    finally:
        os.kill(process, 9)
        os.waitpid(process, 0)
        os.close(terminal)
    return offered()


def _read_until(terminal: int, there: Callable[[str], bool]) -> None:
    end, heard = time.monotonic() + PATIENCE, ""
    while True:
        assert time.monotonic() < end, heard
        if select.select([terminal], [], [], 0.1)[0]:
            heard += os.read(terminal, 1 << 16).decode(errors="replace")
        if there(heard):
            return


EVERY = [
    ("conformance ", sorted(COMMANDS)),
    ("conformance che", ["check", "checklist"]),
    ("conformance check --out", ["--output-file", "--output-format"]),
    ("conformance check --output-format ", sorted(FORMATS)),
    ("conformance map --format ", ["dot", "html", "mermaid"]),
    ("conformance docs ", sorted(PAGES)),
    ("conformance rule nullable-", ["nullable-ctx-read", "nullable-dependency", "nullable-provider"]),
    ("conformance checklist --diff tr", ["trunk"]),
]
"""What every shell offers."""


@pytest.mark.parametrize(("line", "offered"), EVERY)
def test_bash_offers(line: str, offered: list[str], scripts: Path, here: Path) -> None:
    assert [each for each in sorted(in_bash(line, scripts, here)) if each not in ("--help", "--version")] == offered


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("conformance check --select DI10", DI10),
        ("conformance check --select=DI10", DI10),
        ("conformance check app --ignore WK,DI10", [f"WK,{each}" for each in DI10]),
        ("conformance check --watch ap", ["app"]),
        ("conformance check app/", ["app/main.py"]),
        ("conformance check -o a", ["app", "a folder"]),
        ("conformance check --report gi", ["github=", "gitlab="]),
        ("conformance check --report sarif=ap", ["app"]),
        ("conformance check --report=sarif=ap", ["app"]),
        ("conformance nosuch ", []),
        ("conformance checklist --link-base ", []),
    ],
)
def test_bash_offers_besides(line: str, offered: list[str], scripts: Path, here: Path) -> None:
    assert sorted(in_bash(line, scripts, here)) == sorted(offered)


def test_no_name_of_a_branch_is_run(scripts: Path, here: Path) -> None:
    offered = in_bash("conformance check --diff ", scripts, here)

    assert offered == ["HEAD", "\\$\\(touch\\$\\{IFS\\}pwned\\)", "trunk"]
    assert not (here / "pwned").exists()


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish")
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        *EVERY,
        ("conformance check --select DI10", DI10),
        ("conformance check --select=DI10", [f"--select={each}" for each in DI10]),
        ("conformance check --report gi", ["github=", "gitlab="]),
        ("conformance check ap", ["app/"]),
    ],
)
def test_fish_offers(line: str, offered: list[str], scripts: Path, here: Path) -> None:
    assert sorted(in_fish(line, scripts, here)) == offered


@pytest.mark.skipif(shutil.which("zsh") is None, reason="there is no zsh")
@pytest.mark.parametrize(("line", "offered"), [*EVERY, ("conformance check --select WK,DI10", DI10)])
def test_zsh_offers(line: str, offered: list[str], scripts: Path, here: Path) -> None:
    assert set(in_zsh(line, offered, scripts, here)) >= set(offered)


def test_every_command_is_offered(scripts: Path, here: Path) -> None:
    assert set(in_bash("conformance ", scripts, here)) == {*COMMANDS, "--help", "--version"}
