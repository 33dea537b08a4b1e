"""Places as the repository knows them: what reads a report for a repository takes its paths from there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from conformance.results import Finding, Place, Problem, Report

__all__ = ["FOR_REPOSITORIES", "from_repository"]

FOR_REPOSITORIES: Final = frozenset({"sarif", "github", "gitlab", "markdown"})
"""The formats that are read beside a repository: an annotation on a path that it has not got is shown nowhere."""


def from_repository(report: Report) -> Report:
    """Return the report with paths that count from the repository's folder, where the target is a part of one."""
    root = Path(report.root)
    top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)
    if top == root:
        return report
    prefix = root.relative_to(top).as_posix()

    def placed(place: Place) -> Place:
        return replace(place, path=f"{prefix}/{place.path}")

    def found(finding: Finding) -> Finding:
        trail = tuple(replace(step, place=placed(step.place)) for step in finding.trail)
        return replace(finding, place=placed(finding.place), trail=trail)

    def met(problem: Problem) -> Problem:
        return replace(problem, path=f"{prefix}/{problem.path}") if _is_there(root, problem.path) else problem

    return replace(
        report,
        root=str(top),
        findings=tuple(found(finding) for finding in report.findings),
        problems=tuple(met(problem) for problem in report.problems),
    )


def _is_there(root: Path, path: str) -> bool:
    """Return whether a problem's path counts from the root: it may be what was mistyped on the command line."""
    try:
        return bool(path) and not path.startswith("/") and (root / path).exists()
    except (OSError, ValueError):
        return False
