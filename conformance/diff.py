"""What a change introduces or touches, by git: nothing is checked out, and nothing in the repository is changed.

A repository can name programs that git then runs: filters and drivers of `.gitattributes`, hooks, a monitor of its
files, the transport of a promised object. So git is asked for nothing but trees and blobs, which are compared here,
outside of the repository.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from conformance.baseline import restated
from conformance.discovery import readable
from conformance.errors import UsageError
from conformance.results import FindingStatus, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from conformance.facts.code import Span
    from conformance.results import Finding, Report

__all__ = ["Change", "change_since", "narrowed", "tree_of"]

_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")

_SETTINGS: Final = (
    "core.fsmonitor=false", "core.hooksPath=/dev/null", "diff.interHunkContext=0", "protocol.allow=never",
)  # fmt: skip
_ENVIRONMENT: Final = {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
"""Over what the repository and the user have configured: whatever is not in the repository is not fetched."""

_DIFF_OPTIONS: Final = (
    "--no-index", "--unified=0", "--text", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames",
)  # fmt: skip

_MOST_PAIRS: Final = 20_000
"""How many pairs of a new file and a vanished one are compared by their lines."""

_OTHERS: Final = frozenset({".gitignore", "pyproject.toml", "conformance.toml", "setup.cfg", "pyvenv.cfg"})
"""The files besides Python's that say what the target is."""


@dataclass(frozen=True, slots=True)
class Change:
    """What differs from a revision.

    Attributes:
        lines: the lines that differ, for each file, relative to the root; None for all of a new file's.
        moved: what a file was called then, where it has another name now.
    """

    lines: Mapping[str, frozenset[int] | None]
    moved: Mapping[str, str] = field(default_factory=dict)

    def touches(self, finding: Finding) -> bool:
        """Return whether a line of the finding is one of them."""
        return self.touches_spans(finding.path, (finding.place.span,))

    def touches_spans(self, path: str, spans: Sequence[Span]) -> bool:
        """Return whether a line of these stretches of a file is one of them; without any, of the file."""
        if path not in self.lines:
            return False
        lines = self.lines[path]
        if lines is None or not spans:
            return True
        return any(number in lines for first, _, last, _ in spans for number in range(first, last + 1))


def change_since(before: Path, root: Path, files: Iterable[tuple[str, Path]]) -> Change:
    """Return what differs in the files from what they were.

    Args:
        before: the folder that holds what `root` held then, as `tree_of` gives it.
        root: the folder of now.
        files: what each is called, and where it is, below the root.
    """
    lines: dict[str, frozenset[int] | None] = {}
    changed: dict[str, tuple[bytes, bytes]] = {}
    come: dict[str, bytes] = {}
    for shown, path in files:
        old, new = _text(before / path.relative_to(root)), _text(path)
        if old is None:
            lines[shown] = None
            come[shown] = new or b""
        elif new is not None and old != new:
            changed[shown] = (old, new)
    moved = _moved(come, _gone(before, root) if come else {})
    changed.update({shown: (old, come[shown]) for shown, (_, old) in moved.items()})
    lines.update(zip(changed, _changed_lines(changed.values()), strict=True))
    return Change(lines, {shown: name for shown, (name, _) in moved.items()})


def _gone(before: Path, root: Path) -> dict[str, bytes]:
    """Return the Python files that are there no more, by what they were called, with what they held."""
    names = (file.relative_to(before) for file in sorted(before.rglob("*.py")))
    return {name.as_posix(): _text(before / name) or b"" for name in names if not (root / name).exists()}


def _moved(come: Mapping[str, bytes], gone: Mapping[str, bytes]) -> dict[str, tuple[str, bytes]]:
    """Return which of the files that came were there under another name, as git sees it: half of the lines are alike.

    Empty files and such of a line or two are like many others, and count as new.
    """
    left = {name: (text, Counter(text.split(b"\n"))) for name, text in gone.items() if text.count(b"\n") > 2}
    found: dict[str, tuple[str, bytes]] = {}
    exact_only = len(come) * len(left) > _MOST_PAIRS
    for exact in (True, False)[: 1 if exact_only else 2]:
        for shown, text in come.items():
            if shown in found or not left:
                continue
            likeness = {name: _alike(text, *other, exact=exact) for name, other in left.items()}
            best = max(
                likeness, key=lambda name: (likeness[name], PurePosixPath(name).name == PurePosixPath(shown).name)
            )
            if likeness[best] >= 0.5:
                found[shown] = (best, left.pop(best)[0])
    return found


def _alike(text: bytes, other: bytes, lines_of_other: Counter[bytes], *, exact: bool) -> float:
    if exact:
        return float(text == other)
    lines = Counter(text.split(b"\n"))
    return 2 * (lines & lines_of_other).total() / (lines.total() + lines_of_other.total())


def _text(path: Path) -> bytes | None:
    """Return what a file holds, with the line ends that its lines are counted by."""
    try:
        return path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    except OSError:
        return None


def _changed_lines(pairs: Iterable[tuple[bytes, bytes]]) -> Iterator[frozenset[int]]:
    """Yield the numbers of the lines that differ, for each pair of texts."""
    with _scratch() as folder:
        count = 0
        for old, new in pairs:
            for side, text in (("old", old), ("new", new)):
                _lay_out(folder / side / str(count), text)
            count += 1
        if not count:
            return iter(())
        outside = {"GIT_CEILING_DIRECTORIES": str(folder.parent)}
        said = _git(folder, "diff", *_DIFF_OPTIONS, "old", "new", expected=(0, 1), variables=outside)
    found: dict[int, set[int]] = {}
    current: set[int] = set()
    pending = iter(said.split(b"\n"))
    for line in pending:
        if line.startswith(b"+++ "):
            current = found.setdefault(int(line.rpartition(b"/")[2]), set())
        elif hunk := _HUNK.match(line):
            taken, start, given = int(hunk[1] or 1), int(hunk[2]), int(hunk[3] or 1)
            current.update(range(start, start + max(given, 1)))
            _pass_over(pending, taken + given)
    return (frozenset(found.get(number, ())) for number in range(count))


def _pass_over(lines: Iterator[bytes], count: int) -> None:
    """Take the lines of a hunk, which may say anything."""
    while count and (line := next(lines, None)) is not None:
        count -= not line.startswith(b"\\")


def _lay_out(file: Path, content: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as error:
        message = f"what is compared cannot be laid out: {error.strerror or error}"
        raise UsageError(Problem(message, readable(str(file)))) from error


@contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        yield Path(folder).resolve()


@contextmanager
def tree_of(revision: str, root: Path) -> Iterator[Path]:
    """Give a folder that holds what `root` held at a revision, as far as it matters, until the block ends.

    Raises:
        UsageError: there is no git, no repository, or no such revision; or there is no room for the files.
    """
    _git(root, "rev-parse", "--git-dir")
    prefix = os.fsdecode(_git(root, "rev-parse", "--show-prefix").rstrip(b"\n"))
    top = Path(os.fsdecode(_git(root, "rev-parse", "--show-toplevel").rstrip(b"\n")))
    commit = _commit(root, revision)
    with _scratch() as folder:
        inside = folder / (top.name or "root") / prefix
        inside.mkdir(parents=True, exist_ok=True)
        for name, content in _blobs(top, commit, prefix) if commit else ():
            _lay_out(inside / name, content)
        yield inside


def _blobs(top: Path, commit: str, prefix: str) -> Iterator[tuple[str, bytes]]:
    """Yield the files below a folder that matter, by their paths in it, with what they held. Links are left out."""
    ids: dict[str, str] = {}
    listed = _git(top, "ls-tree", "-r", "-z", "--full-tree", commit, *([prefix] if prefix else ()))
    for entry in filter(None, listed.split(b"\0")):
        kind, _, path = entry.partition(b"\t")
        mode, _, identity = kind.decode().split(" ")
        name = os.fsdecode(path)
        parts = PurePosixPath(name).parts
        if mode == "160000" and ".." not in parts and (top / name / ".git").exists():
            below = _blobs(top / name, identity, "")
            yield from ((f"{name}/{each}".removeprefix(prefix), content) for each, content in below)
        matters = parts[-1].endswith(".py") or parts[-1] in _OTHERS
        if mode.startswith("100") and matters and ".." not in parts and not name.startswith("/"):
            ids[name.removeprefix(prefix)] = identity
    said = _git(top, "cat-file", "--batch", given="".join(f"{identity}\n" for identity in ids.values()).encode())
    at = 0
    for name, identity in ids.items():
        end = said.index(b"\n", at)
        head = said[at:end].decode().split(" ")
        if len(head) != 3:
            raise UsageError(Problem(f"git cat-file: {identity} is missing", name))
        size = int(head[2])
        yield name, said[end + 1 : end + 1 + size]
        at = end + 1 + size + 1


def _commit(root: Path, revision: str) -> str:
    """Return where a change began: where this branch left the revision; "" where nothing is committed yet."""
    try:
        commit = _git(root, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    except UsageError as error:
        if revision == "HEAD" and not _git(root, "rev-list", "--all", "--max-count=1"):
            return ""
        is_shallow = _git(root, "rev-parse", "--is-shallow-repository").strip() == b"true"
        why = ": this is a shallow clone, so fetch more of it (`fetch-depth: 0` in a checkout)" if is_shallow else ""
        raise UsageError(f"git knows no revision `{revision}`{why}") from error
    return _git(root, "merge-base", commit, "HEAD", expected=(0, 1)).decode().split("\n")[0] or commit


def narrowed(report: Report, before: Report | None, change: Change) -> Report:
    """Return the report with the findings that the change touches, or that were not there before it.

    Args:
        report: the findings of now.
        before: those at the revision; None where there was nothing to check.
        change: the lines that differ.
    """
    earlier = before.findings if before else ()
    counting = [finding for finding in earlier if finding.status is not FindingStatus.SUPPRESSED]
    known = Counter(_identity(finding, finding.path, change) for finding in counting)
    kept: list[Finding] = []
    for finding in report.findings:
        identity = _identity(finding, change.moved.get(finding.path, finding.path), change)
        if known[identity] > 0:
            known[identity] -= 1
            if not change.touches(finding):
                continue
        kept.append(finding)
    return restated(report, kept)


def _identity(finding: Finding, path: str, change: Change) -> tuple[str, ...]:
    """Return what makes a finding the same as one of then: in a file that was moved, its fingerprint is another."""
    if path in change.moved.values():
        return (path, finding.rule, finding.place.symbol, finding.code.strip())
    return (finding.fingerprint,)


def _git(
    folder: Path,
    *arguments: str,
    given: bytes = b"",
    expected: tuple[int, ...] = (0,),
    variables: Mapping[str, str] | None = None,
) -> bytes:
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    command = ["git", "-C", str(folder), *settings, *arguments]
    environment = {**os.environ, **_ENVIRONMENT, **(variables or {})}
    try:
        done = subprocess.run(command, input=given, capture_output=True, check=False, env=environment)  # noqa: S603
    except OSError as error:
        raise UsageError(f"git cannot be run: {error.strerror or error}") from error
    if done.returncode not in expected:
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0]
        raise UsageError(Problem(f"git {arguments[0]}: {said.removeprefix('fatal: ')}"))
    return done.stdout
