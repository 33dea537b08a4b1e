"""What a check gives: findings, the outcome of each rule, errors, and the report that holds them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.facts.code import Span


class Severity(StrEnum):
    """How much a finding weighs: an error fails the run, advice is reported and does not."""

    ERROR = "error"
    ADVICE = "advice"


class FindingStatus(StrEnum):
    """Whether a finding counts: only new ones fail a run."""

    NEW = "new"
    SUPPRESSED = "suppressed"
    BASELINED = "baselined"


class RuleStatus(StrEnum):
    """What became of a rule. Looking at nothing and crashing are outcomes of their own; neither is a pass."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not-applicable"
    UNDECIDABLE = "undecidable"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A stretch of code: the file (relative to the target's root, with `/`), its span, its module and its symbol.

    `symbol` is the qualified name, within the module, of the function or class that holds the code, "" at the top.
    """

    path: str
    span: Span
    module: str
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way on which the code came to break the rule: a call that hands app.state on, an import."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Violation:
    """What a rule yields: where, what is wrong, what to write instead.

    `detail` tells apart two violations of one rule in one symbol, without line numbers; it defaults to the message.
    """

    place: Place
    message: str
    instead: str
    detail: str = ""
    trail: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Undecidable:
    """What a rule yields where nothing can be said: a computed name, an unknown value."""

    place: Place
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation with all that a reader or a machine wants to know of it; `code` is the line that it is about."""

    rule: str
    name: str
    severity: Severity
    place: Place
    message: str
    instead: str
    source: str
    fingerprint: str
    status: FindingStatus = FindingStatus.NEW
    reason: str = ""
    trail: tuple[Step, ...] = ()
    code: str = field(default="", compare=False)

    @property
    def path(self) -> str:
        return self.place.path

    @property
    def line(self) -> int:
        return self.place.span[0]

    @property
    def column(self) -> int:
        return self.place.span[1]


@dataclass(frozen=True, slots=True)
class RuleResult:
    """The outcome of one rule: `subjects` is the number of things that it looked at, `findings` counts new ones.

    `reason` says why a rule is not applicable or undecidable, or how it crashed; `why` is why there is such a rule;
    `seconds` is what it took.
    """

    rule: str
    name: str
    status: RuleStatus
    subjects: int
    findings: int
    reason: str = ""
    why: str = field(default="", compare=False)
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that kept the check from being done, or done completely: what, where (path "" and line 0: nowhere)."""

    message: str
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a check took; no part of what it found.

    Attributes:
        recalled: the stored result was taken, since nothing had changed.
        parsed: the number of files that were parsed.
        judged: the number of rules that were run.
        seconds: what each step took.
        remarks: what was wrong with the cache.
    """

    recalled: bool = False
    parsed: int = 0
    judged: int = 0
    seconds: tuple[tuple[str, float], ...] = field(default=(), compare=False)
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What one check found. `root` is the folder that the paths are relative to.

    `notes` are remarks that change no exit status: a role that matched no module, a target that gave a rule nothing
    to do.
    """

    version: str
    root: str
    packages: tuple[str, ...]
    files: int
    findings: tuple[Finding, ...]
    rules: tuple[RuleResult, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()
    work: Work = field(default=Work(), compare=False)

    def counted(self, status: FindingStatus) -> int:
        """Return the number of findings that have this status."""
        return sum(1 for finding in self.findings if finding.status is status)

    @property
    def exit_status(self) -> int:
        """0: nothing found; 1: findings; 2: the check could not be done, or not completely. 2 outranks 1."""
        if self.problems or any(result.status is RuleStatus.CRASHED for result in self.rules):
            return 2
        return int(any(f.status is FindingStatus.NEW and f.severity is Severity.ERROR for f in self.findings))


_NUMBERS = re.compile(r"\bline \d+|\b\d+:\d+\b")
_SPACES = re.compile(r"\s+")


def fingerprint(rule: str, module: str, symbol: str, detail: str) -> str:
    """Return what identifies a finding when lines move: rule, module, symbol and the detail without line numbers."""
    normal = _SPACES.sub(" ", _NUMBERS.sub("", detail)).strip()
    return hashlib.sha256(f"{rule}\0{module}\0{symbol}\0{normal}".encode()).hexdigest()[:20]
