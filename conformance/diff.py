"""What a change introduces or touches, by git: nothing is checked out, and nothing in the repository is changed."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.baseline import restated
from conformance.errors import UsageError
from conformance.results import FindingStatus, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from conformance.facts.code import Span
    from conformance.results import Finding, Report

__all__ = ["Change", "change_since", "narrowed", "tree_of"]

_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")


_DIFF_OPTIONS = ("--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--relative")


@dataclass(frozen=True, slots=True)
class Change:
    """The lines that differ from a revision: for each file, relative to the root; None for all of a new file's."""

    lines: Mapping[str, frozenset[int] | None]

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


def change_since(revision: str, root: Path) -> Change:
    """Return what differs in the files below `root` from what they were at a revision.

    Raises:
        UsageError: there is no git, no repository, or no such revision.
    """
    said = _git(root, "diff", *_DIFF_OPTIONS, _commit(root, revision), "--", ".")
    lines: dict[str, frozenset[int] | None] = {}
    path = ""
    for line in said.decode("utf-8", "backslashreplace").split("\n"):
        if line.startswith("+++ "):
            path = _unquoted(line[4:].rstrip("\t")).removeprefix("b/")
        elif found := _HUNK.match(line):
            start, count = int(found[1]), int(found[2] or 1)
            before = lines.get(path) or frozenset()
            lines[path] = before | frozenset(range(start, start + max(count, 1)))
    new = _git(root, "ls-files", "--others", "--exclude-standard", "-z").decode("utf-8", "backslashreplace")
    lines.update(dict.fromkeys(filter(None, new.split("\0"))))
    return Change(lines)


def _unquoted(name: str) -> str:
    if not (name.startswith('"') and name.endswith('"')):
        return name
    return name[1:-1].encode("latin-1", "backslashreplace").decode("unicode_escape").encode("latin-1").decode("utf-8")


@contextmanager
def tree_of(revision: str, root: Path) -> Iterator[Path]:
    """Give a folder that holds what `root` held at a revision, until the block ends.

    Raises:
        UsageError: there is no git, no repository, or no such revision.
    """
    prefix = _git(root, "rev-parse", "--show-prefix").decode().strip()
    top = Path(_git(root, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
    commit = _commit(root, revision)
    within = [prefix] if prefix and _git(top, "ls-tree", "--name-only", commit, prefix.rstrip("/")) else []
    archive = _git(top, "archive", "--format=tar", commit, *within)
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(folder, filter=_files_and_folders)  # noqa: S202 - files and folders alone, by `data_filter`
        inside = Path(folder).resolve() / prefix
        inside.mkdir(parents=True, exist_ok=True)
        yield inside


def _files_and_folders(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo | None:
    """Leave out links, which may lead anywhere."""
    return tarfile.data_filter(member, folder) if member.isreg() or member.isdir() else None


def _commit(root: Path, revision: str) -> str:
    _git(root, "rev-parse", "--git-dir")
    try:
        return _git(root, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    except UsageError as error:
        raise UsageError(f"git knows no revision `{revision}`") from error


def narrowed(report: Report, before: Report | None, change: Change) -> Report:
    """Return the report with the findings that the change touches, or that were not there before it.

    Args:
        report: the findings of now.
        before: those at the revision; None where there was nothing to check.
        change: the lines that differ.
    """
    earlier = before.findings if before else ()
    known = Counter(f.fingerprint for f in earlier if f.status is not FindingStatus.SUPPRESSED)
    kept: list[Finding] = []
    for finding in report.findings:
        if known[finding.fingerprint] > 0:
            known[finding.fingerprint] -= 1
            if not change.touches(finding):
                continue
        kept.append(finding)
    return restated(report, kept)


def _git(folder: Path, *arguments: str) -> bytes:
    command = ["git", "-C", str(folder), "-c", "core.quotePath=true", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - no shell, and a list
    except OSError as error:
        raise UsageError(f"git cannot be run: {error.strerror or error}") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0]
        raise UsageError(Problem(f"git {arguments[0]}: {said.removeprefix('fatal: ')}"))
    return done.stdout
