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
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from conformance.trace import MARKERS, Trace, content_of, digest, digest_of, surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from conformance.results import Report

__all__ = ["FOLDER", "Cache", "Call", "Said", "folder_for"]

FOLDER: Final = ".conformance_cache"
"""The name of the cache's folder where none is given."""

KEPT: Final = 32
"""How many calls are remembered; those that were asked for longest ago go."""

MOST_CHANGED: Final = 20
"""In how many changed files it is looked whether more than comments has changed."""

WAYS: Final = 4
"""In how many formats and looks a report is remembered."""

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
    def aims(self) -> tuple[str, ...]:
        """Where these are, behind all links."""
        return tuple(map(os.path.realpath, self.starts))

    @property
    def name(self) -> str:
        """What the call is stored under."""
        given = [str(path) for path in self.paths]
        said = [str(self.cwd), given, self.aims, self.config, sorted(self.others.items()), _itself()]
        return digest_of(json.dumps(said).encode(errors="surrogateescape"))

    def around(self) -> dict[str, str]:
        """Return what is looked for before the target is looked at, as it is now."""
        configured = {file: digest(file) for file in (os.path.join(self.cwd, each) for each in self.config)}  # noqa: PTH118
        return {**surroundings((*self.starts, *self.aims)), **configured}


def folder_for(call: Call) -> Path:
    """Return where the cache of a call is: in the project that it is about, else in the folder where it is made."""
    for folder in Path(call.starts[0], "_").parents:
        if (folder / ".git").exists() or (folder / "conformance.toml").exists() or (folder / MARKERS[0]).exists():
            return folder / FOLDER
    return call.cwd / FOLDER


class Said(NamedTuple):
    """What was said of a report: the text, what was complained of beside it, and the exit status."""

    text: str
    complaints: str
    status: int


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
        self._around: dict[str, str] | None = None
        self._document: dict[str, Any] | None = None
        self._asked = False
        self.file = folder / "results" / f"{call.name}.json"

    def recalled(self) -> Report | None:
        """Return the report that is stored, if all that was looked at for it is as it was."""
        from dataclasses import replace  # noqa: PLC0415 - as below: of no use where it is known what was said

        from conformance.results import Work  # noqa: PLC0415
        from conformance.stored import report_from  # noqa: PLC0415

        document = self._stored()
        try:
            return None if document is None else replace(report_from(document["report"]), work=Work(recalled=True))
        except (KeyError, IndexError, TypeError, ValueError):
            self._damaged()
            self._missed()
            return None

    def said(self, way: str) -> Said | None:
        """Return what was said of that report, when it was last said in this way."""
        document = self._stored()
        try:
            return None if document is None else Said(*document["said"][way])
        except (KeyError, TypeError):
            return None

    def store(self, trace: Trace, report: Report, sources: Iterable[str] = ()) -> None:
        """Remember a report, and what was looked at for it; what keeps it from being written is a remark.

        Args:
            trace: what was looked at.
            report: what came out.
            sources: the files of the trace of which the code alone matters, and the lines on which it stands.
        """
        from conformance.sources import write_sources  # noqa: PLC0415
        from conformance.stored import data_of  # noqa: PLC0415

        if self._around is None:
            return  # nobody asked for it before the check: what was around then is not known
        if not all(map(os.path.exists, self.call.starts)):
            return  # the name of a package: what it stands for depends on what else there is
        files = {**self._around, **trace.files}
        self._document = {"folders": trace.folders, "files": files, "report": data_of(report), "said": {}}
        self._write(self._document, lambda: write_sources(self._sources, {file: files[file] for file in sources}))

    def say(self, way: str, said: Said) -> None:
        """Remember what is said of the report that is stored, so that it need not be put into words again."""
        if self._document is not None and isinstance(ways := self._document.get("said"), dict):
            kept = list(ways.items())[-WAYS + 1 :]
            self._document["said"] = {**dict(kept), way: said}
            self._write(self._document)

    def _stored(self) -> dict[str, Any] | None:
        """Return what is stored, if it still holds; it is read once."""
        if self._document is None and not self._asked:
            self._asked = True
            self._document = self._read()
            if self._document is None:
                self._missed()
        return self._document

    def _missed(self) -> None:
        """Look around before the check does: what is stored of it later is from now."""
        self._document = None
        self._around = self.call.around()

    def _read(self) -> dict[str, Any] | None:
        try:
            stored = self.file.read_bytes()
        except OSError:
            return None
        known, _, text = stored.partition(b"\n")
        try:
            if known.decode() != digest_of(text):
                raise ValueError
            document: dict[str, Any] = json.loads(text)
            changed = Trace(document["folders"], document["files"]).changed()
            if changed is None or (changed and not self._brought_up_to_date(document, changed)):
                return None
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
            self._damaged()
            return None
        with suppress(OSError):
            os.utime(self.file)
        return document

    def _brought_up_to_date(self, document: dict[str, Any], changed: Sequence[str]) -> bool:
        """Move what is stored of changed files to where their code stands now; False where that is another code."""
        from conformance.facts.moved import moved  # noqa: PLC0415 - of no use where nothing has changed
        from conformance.sources import read_source, replace_sources  # noqa: PLC0415
        from conformance.stored import move  # noqa: PLC0415

        if len(changed) > MOST_CHANGED:
            return False
        now: dict[str, bytes] = {}
        for file in changed:
            before = read_source(self._sources, document["files"][file])
            try:
                now[file] = content_of(file)
            except OSError:
                return False
            lines = None if before is None else moved(before, now[file])
            if lines is None or not move(document["report"], file, lines, now[file]):
                return False
        document["files"].update((file, digest_of(source)) for file, source in now.items())
        document["said"] = {}
        self.remarks.append(f"the code in {len(now)} changed {'file' if len(now) == 1 else 'files'} is as it was")
        self._write(document, lambda: replace_sources(self._sources, now.values(), set(document["files"].values())))
        return True

    @property
    def _sources(self) -> Path:
        return self.file.with_suffix(".sources")

    def _damaged(self) -> None:
        self.remarks.append(f"{self.file} is damaged, and was passed over")

    def _write(self, document: dict[str, Any], besides: Callable[[], None] = lambda: None) -> None:
        from conformance.files import replace_bytes  # noqa: PLC0415 - of no use where nothing has changed

        text = json.dumps(document, separators=(",", ":")).encode(errors="surrogateescape")
        try:
            self._make_folder()
            replace_bytes(self.file, digest_of(text).encode() + b"\n" + text)
            besides()
            self._make_room()
        except OSError as error:
            self.remarks.append(f"{self.folder} cannot be written: {error.strerror or error}")

    def _make_folder(self) -> None:
        from conformance.files import replace_bytes  # noqa: PLC0415 - as above

        self.file.parent.mkdir(parents=True, exist_ok=True)
        for name, text in (("CACHEDIR.TAG", _TAG), (".gitignore", "*\n")):
            if not (self.folder / name).exists():
                replace_bytes(self.folder / name, text.encode())

    def _make_room(self) -> None:
        files = sorted(self.file.parent.glob("*.json"), key=_age)
        for file in files[:-KEPT]:
            file.unlink(missing_ok=True)
            file.with_suffix(".sources").unlink(missing_ok=True)


def _age(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


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
