"""From paths to the Python files of the target, and what each module is called. Nothing is imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from conformance.results import Problem

__all__ = ["SourceFile", "Target"]


@dataclass(frozen=True, slots=True, order=True)
class SourceFile:
    """One Python file of the target.

    Attributes:
        shown: the path as it is shown: relative to the target's root, with `/`.
        path: where it is, absolute.
        module: its dotted name.
        is_package: it is an `__init__.py`.
        source_root: the folder that the name counts from, relative to the target's root, with `/`; "." for the root.
        is_test: pytest would collect it, or it is a conftest, or it stands under a folder named tests.
    """

    shown: str
    path: Path
    module: str
    is_package: bool = False
    source_root: str = "."
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """What is checked.

    Attributes:
        root: the folder that the paths are relative to, absolute.
        files: the Python files, sorted by path.
        packages: the names of the top-level packages and modules, tests excepted, sorted.
        problems: what could not be looked at.
        notes: what was passed over, and why.
    """

    root: Path
    files: tuple[SourceFile, ...]
    packages: tuple[str, ...]
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
