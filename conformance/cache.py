"""The stored result of a check, for a target in which nothing has changed.

A cache is a folder. Each call that was made, with these arguments, in this folder, by this version, has a file in it:
what was looked at (see `conformance.trace`), and the report. Data alone is stored, as JSON behind its own digest; what
cannot be read, or does not fit its digest, counts as not there. Files are replaced whole, so that any number of runs
can share a cache, and be killed.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from conformance.results import (
    Finding,
    FindingStatus,
    Place,
    Problem,
    Report,
    RuleResult,
    RuleStatus,
    Severity,
    Step,
    Work,
)
from conformance.trace import MARKERS, Trace, digest, digest_of, surroundings

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FOLDER", "Cache", "Call", "data_of", "folder_for", "report_from"]

FOLDER: Final = ".conformance_cache"
"""The name of the cache's folder where none is given."""

KEPT: Final = 32
"""How many calls are remembered; those that were asked for longest ago go."""

_TAG: Final = """Signature: 8a477f597d28d172789f06886806bc55
# This folder is a cache of `conformance`: it can be deleted at any time. See https://bford.info/cachedir/
"""


class Call:
    """The arguments of a check, and who makes it: with the same ones the same things are looked at.

    Attributes:
        cwd: the folder that paths count from, absolute.
        paths: the target, as it was given.
        config: what the call says of the configuration: files, and settings over them.
        others: whatever else decides what comes out: the rules.
    """

    def __init__(self, cwd: Path, paths: Sequence[Path], config: Sequence[str] = (), **others: object) -> None:
        self.cwd = cwd
        self.paths = tuple(paths)
        self.config = tuple(config)
        self.others = others

    @property
    def starts(self) -> tuple[str, ...]:
        """The folders and files that are looked at, absolute."""
        return tuple(os.path.join(self.cwd, path) for path in self.paths) or (str(self.cwd),)  # noqa: PTH118 - fast

    @property
    def name(self) -> str:
        """What the call is stored under."""
        said = [str(self.cwd), [str(path) for path in self.paths], self.config, sorted(self.others.items()), _itself()]
        return digest_of(json.dumps(said).encode(errors="surrogateescape"))

    def around(self) -> dict[str, str]:
        """Return what is looked for before the target is looked at, as it is now."""
        configured = {file: digest(file) for file in (os.path.join(self.cwd, each) for each in self.config)}  # noqa: PTH118
        return {**surroundings(self.starts), **configured}


def folder_for(call: Call) -> Path:
    """Return where the cache of a call is: in the project that it is about, else in the folder where it is made."""
    for folder in Path(call.starts[0], "_").parents:
        if (folder / ".git").exists() or (folder / "conformance.toml").exists() or (folder / MARKERS[0]).exists():
            return folder / FOLDER
    return call.cwd / FOLDER


class Cache:
    """What is stored of one call, in a folder.

    Attributes:
        folder: where it is; nothing is made before something is stored.
        call: what it is about.
        file: the file that holds it.
        remarks: what was wrong with what is stored, and what could not be stored.
    """

    def __init__(self, folder: Path, call: Call) -> None:
        self.folder = folder
        self.call = call
        self.remarks: list[str] = []
        self._around = call.around()
        self.file = folder / "results" / f"{call.name}.json"

    def recalled(self) -> Report | None:
        """Return the report that is stored, if all that was looked at for it is as it was."""
        try:
            stored = self.file.read_bytes()
        except OSError:
            return None
        known, _, text = stored.partition(b"\n")
        try:
            if known.decode() != digest_of(text):
                raise ValueError
            document = json.loads(text)
            if not Trace(document["folders"], document["files"]).still_holds():
                return None
            report = report_from(document["report"])
        except (KeyError, IndexError, TypeError, ValueError, RecursionError):
            self.remarks.append(f"{self.file} is damaged, and was passed over")
            return None
        with suppress(OSError):
            os.utime(self.file)
        return replace(report, work=Work(recalled=True))

    def store(self, trace: Trace, report: Report) -> None:
        """Remember a report, and what was looked at for it; what keeps it from being written is a remark."""
        if not all(map(os.path.exists, self.call.starts)):
            return  # the name of a package: what it stands for depends on what else there is
        files = {**self._around, **trace.files}
        document = {"folders": trace.folders, "files": files, "report": data_of(report)}
        text = json.dumps(document, separators=(",", ":")).encode(errors="surrogateescape")
        try:
            self._make_folder()
            _replace(self.file, digest_of(text).encode() + b"\n" + text)
            self._make_room()
        except OSError as error:
            self.remarks.append(f"{self.folder} cannot be written: {error.strerror or error}")

    def _make_folder(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        for name, text in (("CACHEDIR.TAG", _TAG), (".gitignore", "*\n")):
            if not (self.folder / name).exists():
                _replace(self.folder / name, text.encode())

    def _make_room(self) -> None:
        files = sorted(self.file.parent.glob("*.json"), key=_age)
        for file in files[:-KEPT]:
            file.unlink(missing_ok=True)


def _age(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _replace(file: Path, content: bytes) -> None:
    """Write a file as a whole: who reads it meanwhile sees the old one."""
    own = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        own.write_bytes(content)
        own.replace(file)
    except OSError:
        own.unlink(missing_ok=True)
        raise


def _itself() -> list[object]:
    """Return what identifies the program that checks: its files, as they were installed, and Python."""
    here = os.path.dirname(__file__)  # noqa: PTH120 - fast
    files: list[object] = [sys.version_info[:3], sys.implementation.name]
    pending = [here]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in sorted(entries, key=lambda each: each.name):
                if entry.name.endswith(".py"):
                    status = entry.stat()
                    files.append((entry.path, status.st_size, status.st_mtime_ns))
                elif entry.is_dir() and entry.name != "__pycache__":
                    pending.append(entry.path)
    return files


# --- a report as data, and back ------------------------------------------------------------------------------------


def data_of(report: Report) -> dict[str, Any]:
    """Return all of a report, for JSON."""
    return {
        "version": report.version,
        "root": report.root,
        "packages": report.packages,
        "files": report.files,
        "findings": [_finding_data(finding) for finding in report.findings],
        "rules": [(r.rule, r.name, r.status, r.subjects, r.findings, r.reason, r.why) for r in report.rules],
        "problems": [(problem.message, problem.path, problem.line) for problem in report.problems],
        "notes": report.notes,
    }


def _finding_data(finding: Finding) -> list[Any]:
    f = finding
    trail = [(_place_data(step.place), step.text) for step in f.trail]
    return [f.rule, f.name, f.severity, _place_data(f.place), f.message, f.instead, f.source, f.fingerprint, f.status,
            f.reason, trail, f.code]  # fmt: skip


def _place_data(place: Place) -> tuple[Any, ...]:
    return (place.path, place.span, place.module, place.symbol)


def report_from(data: dict[str, Any]) -> Report:
    """Return the report that was made data: see `data_of`."""
    return Report(
        version=data["version"],
        root=data["root"],
        packages=tuple(data["packages"]),
        files=data["files"],
        findings=tuple([_finding(each) for each in data["findings"]]),
        rules=tuple([_result(*each) for each in data["rules"]]),
        problems=tuple([Problem(*each) for each in data["problems"]]),
        notes=tuple(data["notes"]),
    )


def _finding(data: list[Any]) -> Finding:
    rule, name, severity, place, message, instead, source, fingerprint, status, reason, trail, code = data
    steps = tuple([Step(_place(*where), text) for where, text in trail])
    return Finding(
        rule, name, Severity(severity), _place(*place), message, instead, source, fingerprint, FindingStatus(status),
        reason, steps, code,
    )  # fmt: skip


def _place(path: str, span: list[int], module: str, symbol: str) -> Place:
    line, column, last_line, last_column = span
    return Place(path, (line, column, last_line, last_column), module, symbol)


def _result(rule: str, name: str, status: str, subjects: int, findings: int, reason: str, why: str) -> RuleResult:
    return RuleResult(rule, name, RuleStatus(status), subjects, findings, reason, why)
