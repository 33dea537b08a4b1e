"""What one stage of a check hands to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.config import Config
    from conformance.diff import Change
    from conformance.discovery import Target
    from conformance.errors import UnreadableModule
    from conformance.facts.code import ModuleCode
    from conformance.program import Program
    from conformance.results import Report
    from conformance.selection import Chosen

__all__ = ["Examined", "Loaded", "Prepared"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A target, read and linked: what the rules, the map and the list of roles start from.

    `digests` says of each file what was read in it, "" where it could not be read: see `conformance.trace`; `seconds`
    is what each step took.
    """

    target: Target
    codes: Mapping[str, ModuleCode]
    program: Program
    unreadable: tuple[UnreadableModule, ...]
    config: Config
    digests: Mapping[str, str]
    seconds: tuple[tuple[str, float], ...] = ()

    @property
    def parsed(self) -> int:
        """How many files were parsed."""
        return sum(1 for digest in self.digests.values() if digest)


@dataclass(frozen=True, slots=True)
class Prepared:
    """The files of a target, its configuration, and the rules that are to judge it."""

    target: Target
    config: Config
    chosen: Chosen


@dataclass(frozen=True, slots=True)
class Examined:
    """A target with what the rules say of it; where a change was asked for, what differs and what was there before.

    `before` is None where there was nothing to check.
    """

    loaded: Loaded
    report: Report
    change: Change | None = None
    before: Loaded | None = None
