"""The doors of the engine, tried on a folder: the command, pytest's plugin, import-linter's contracts.

Each runs in a process of its own, as it does for users, and gives what it reports there. Nothing of the folder is
imported by any of them: pytest is given an empty folder to collect.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from conformance.contracts.pack import RULES, Pack, judged, made
from conformance.contracts.written import render
from conformance.discovery import MARKERS
from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.check import Loaded
    from conformance.selection import Chosen

__all__ = ["DOORS", "Doors"]

Reported: TypeAlias = frozenset[tuple[str, str, int]]
"""What is reported: the rule, the path, the line."""

_TIMEOUT: Final = 1800
_ADVICE: Final = re.compile(r"^(\S.*?):(\d+):\d+: (?:advice )?([A-Z]{2}\d{3}) ", re.MULTILINE)
_HEADING: Final = re.compile(r"^(?:error|advice) ([A-Z]{2}\d{3}) .*\n +--> (.+?):(\d+):\d+$", re.MULTILINE)
_SAID: Final = re.compile(r"^(\S.*?):(\d+):\d+: ([A-Z]{2}\d{3}) ", re.MULTILINE)


@dataclass(frozen=True)
class Doors:
    """A copy of a target, and the doors that are to be tried on it.

    Attributes:
        folder: the copy.
        loaded: the target as it was before anything was seeded.
        chosen: the rules.
        names: the doors.
    """

    folder: Path
    loaded: Loaded
    chosen: Chosen
    names: tuple[str, ...]

    def open(self) -> None:
        """Put into the copy what the doors need besides code: the configuration, what marks a project, the contracts.

        Raises:
            UsageError: a door needs what is not installed.
        """
        lacking = {"plugin": "pytest", "contracts": "importlinter"}
        missing = [m for name, m in lacking.items() if name in self.names and importlib.util.find_spec(m) is None]
        if missing:
            raise UsageError(f"{', '.join(missing)}: not installed, and --matrix tries every door")
        root = self.loaded.target.root
        folders = {parent for file in self.loaded.target.files for parent in Path(file.shown).parents}
        for inside in (folder / marker for folder in sorted(folders) for marker in MARKERS):
            if (root / inside).is_file():
                self._copy(root / inside, inside)
        file = self.loaded.config.file
        if file is not None and file.is_file():
            self._copy(file, file.relative_to(root) if file.is_relative_to(root) else Path(file.name))
        if "contracts" in self.names:
            (self.folder / "selftest.ini").write_text(render(self.pack, "ini", "in force"), "utf-8")

    def _copy(self, file: Path, inside: Path) -> None:
        (self.folder / inside).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, self.folder / inside)

    @property
    def starts(self) -> list[str]:
        """What was given, in the copy."""
        target = self.loaded.target
        return [str(self.folder / start.relative_to(target.root)) for start in target.starts]

    def covers(self, door: str, rule: str, paths: Iterable[str]) -> bool:
        """Return whether a door stands for a rule in these files: the contracts for their rules, in their packages."""
        if door != "contracts":
            return True
        packages = self.pack.packages
        modules = {file.shown: file.module for file in self.loaded.target.files}
        return rule in self.contracted and all(modules.get(p, "").partition(".")[0] in packages for p in paths)

    @cached_property
    def contracted(self) -> frozenset[str]:
        """The rules that the contracts of the target stand for."""
        contracts = (*self.pack.contracts, *self.pack.typed)
        listed = {rule for contract in contracts for name, rules in contract.lists if name == "rules" for rule in rules}
        return frozenset({contract.rule for contract in contracts} | listed) & set(RULES)

    @cached_property
    def pack(self) -> Pack:
        """The contracts of the target as it was."""
        return made(self.loaded, judged(self.loaded, self.chosen))

    def reported(self, door: str, rules: frozenset[str]) -> Reported:
        """Return what a door reports in the copy as it is now."""
        return _DOORS[door](self, rules) if door != "contracts" or self.contracted & rules else frozenset()


def _run(door: str, expected: str, folder: Path, *command: str, **environment: str) -> str:
    """Return what a door prints; what is expected is in it wherever it did its work."""
    done = subprocess.run(  # noqa: S603 - our own command
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=_TIMEOUT, encoding="utf-8",
        errors="backslashreplace",
        env={**os.environ, "COLUMNS": "100000", "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1", **environment},
    )  # fmt: skip
    if expected not in done.stdout:
        why = (done.stderr.strip() or done.stdout.strip() or "it printed nothing").splitlines()[-1]
        raise UsageError(f"the {door} could not be tried: {why}")
    return done.stdout


def _command(doors: Doors, rules: frozenset[str]) -> Reported:
    python = (sys.executable, "-m", "conformance", "check", *doors.starts)
    text = _run(
        "command",
        '"findings"',
        doors.folder,
        *python,
        "--select",
        ",".join(sorted(rules)),
        "--output-format",
        "json",
        "--no-cache",
    )
    return frozenset((f["rule"], f["path"], f["line"]) for f in json.loads(text)["findings"])


def _plugin(doors: Doors, rules: frozenset[str]) -> Reported:
    with tempfile.TemporaryDirectory(prefix="conformance-selftest-") as empty:
        (Path(empty) / "pytest.ini").write_text("[pytest]\n", "utf-8")
        options = ("-c", "pytest.ini", "--rootdir", empty, "-p", "no:cacheprovider", "--color=no", "-v")
        targets = [f"--conformance-target={start}" for start in doors.starts]
        select = f"--conformance-select={','.join(sorted(rules))}"
        python = (sys.executable, "-m", "pytest")
        text = _run(
            "plugin", "conformance::", Path(empty), *python, *options, *targets, select, empty, PYTEST_ADDOPTS=""
        )
    found = {(rule, path, int(line)) for rule, path, line in _HEADING.findall(text)}
    return frozenset(found | {(rule, path, int(line)) for path, line, rule in _ADVICE.findall(text)})


def _contracts(doors: Doors, _: frozenset[str]) -> Reported:
    lint = "from importlinter.cli import lint_imports_command as lint; lint()"
    roots = sorted({str(doors.folder / file.source_root) for file in doors.loaded.target.files})
    python = (sys.executable, "-c", lint, "--config", "selftest.ini", "--no-cache", "--no-logo")
    path = os.pathsep.join([*roots, os.environ.get("PYTHONPATH", "")])
    text = _run("contracts", "Contracts: ", doors.folder, *python, PYTHONPATH=path)
    return frozenset((rule, path, int(line)) for path, line, rule in _SAID.findall(text))


_DOORS: Final[Mapping[str, Callable[[Doors, frozenset[str]], Reported]]] = {
    "command": _command,
    "plugin": _plugin,
    "contracts": _contracts,
}
DOORS: Final = tuple(_DOORS)
"""The doors besides the engine itself."""
