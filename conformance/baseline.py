"""The findings of a day, recorded, so that only new ones fail. A record holds fingerprints, and no line numbers."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from conformance.errors import BaselineError
from conformance.files import replace_text
from conformance.results import FindingStatus, Problem, RuleStatus

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from conformance.results import Finding, Report

__all__ = ["DEFAULT", "Baseline", "Entry", "applied", "read", "recorded", "restated", "write"]

DEFAULT: Final = "conformance-baseline.json"
"""The name of the file where the configuration gives none."""

SCHEMA: Final = "conformance-baseline/1"


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """A recorded finding: what a reader wants to know of it, and how many of the same fingerprint there were."""

    rule: str
    module: str
    symbol: str
    message: str
    fingerprint: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is recorded, sorted."""

    entries: tuple[Entry, ...] = ()

    @property
    def counts(self) -> Counter[str]:
        """How often each fingerprint is recorded."""
        return Counter({entry.fingerprint: entry.count for entry in self.entries})


def recorded(findings: Iterable[Finding]) -> Baseline:
    """Return the record of the findings that count now: new ones, and those that are recorded already."""
    several: dict[str, Entry] = {}
    for finding in findings:
        if finding.status is FindingStatus.SUPPRESSED:
            continue
        made = Entry(finding.rule, finding.place.module, finding.place.symbol, finding.message, finding.fingerprint)
        before = several.get(finding.fingerprint)
        several[finding.fingerprint] = made if before is None else replace(before, count=before.count + 1)
    return Baseline(tuple(sorted(several.values())))


def read(file: Path) -> Baseline:
    """Read a record.

    Raises:
        BaselineError: the file cannot be read, or is no record.
    """
    try:
        document = json.loads(file.read_bytes())
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            raise BaselineError(Problem(f"is no record of findings: its `schema` is not `{SCHEMA}`", file.name))
        return Baseline(tuple(sorted(_entry(each) for each in document["findings"])))
    except OSError as error:
        raise BaselineError(Problem(f"cannot be read: {error.strerror or error}", file.name)) from error
    except json.JSONDecodeError as error:
        raise BaselineError(Problem(f"is not JSON: {error.msg}", file.name, error.lineno)) from error
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise BaselineError(Problem("is no record of findings", file.name)) from error


def _entry(each: dict[str, Any]) -> Entry:
    made = Entry(
        each["rule"], each["module"], each["symbol"], each["message"], each["fingerprint"], each.get("count", 1)
    )
    texts = (made.rule, made.module, made.symbol, made.message, made.fingerprint)
    if not all(isinstance(text, str) for text in texts) or not isinstance(made.count, int) or made.count < 1:
        raise TypeError(each)
    return made


def write(file: Path, baseline: Baseline) -> None:
    """Write a record: one finding a line, so that two branches seldom conflict.

    Raises:
        BaselineError: the file cannot be written.
    """
    lines = [
        json.dumps({name: getattr(entry, name) for name in Entry.__slots__ if name != "count" or entry.count > 1})
        for entry in baseline.entries
    ]
    listed = "\n    " + ",\n    ".join(lines) + "\n  " if lines else ""
    text = f'{{\n  "schema": "{SCHEMA}",\n  "findings": [{listed}]\n}}\n'
    try:
        replace_text(file, text)
    except OSError as error:
        raise BaselineError(Problem(f"cannot be written: {error.strerror or error}", file.name)) from error


def applied(report: Report, baseline: Baseline, *, whole: bool, strict: str = "") -> tuple[Report, Baseline]:
    """Return the report with recorded findings marked, and what is recorded and still there.

    Args:
        report: the findings of now.
        baseline: what is recorded.
        whole: everything that the record speaks of was given. What a partial run has not seen is not gone: the
            entries of rules that were not run, and of a part that was not given, count as still there.
        strict: the record's file, where it is an error, and no note, that something recorded is gone.
    """
    left = baseline.counts
    findings: list[Finding] = []
    for finding in report.findings:
        if finding.status is FindingStatus.NEW and left[finding.fingerprint] > 0:
            left[finding.fingerprint] -= 1
            findings.append(replace(finding, status=FindingStatus.BASELINED))
        else:
            findings.append(finding)
    judged = {result.rule for result in report.rules if result.status is not RuleStatus.CRASHED}
    there: list[Entry] = []
    gone = 0
    for entry in baseline.entries:
        missing = left[entry.fingerprint] if whole and entry.rule in judged else 0
        gone += missing
        if entry.count > missing:
            there.append(replace(entry, count=entry.count - missing))
    told = restated(report, findings)
    if gone:
        what = "1 recorded finding is" if gone == 1 else f"{gone} recorded findings are"
        said = f"{what} gone: `conformance baseline --prune` takes them from the record"
        if strict:
            told = replace(told, problems=(*told.problems, Problem(said, strict)))
        else:
            told = replace(told, notes=(*told.notes, said))
    return told, Baseline(tuple(there))


def restated(report: Report, findings: Iterable[Finding]) -> Report:
    """Return the report with these findings instead, and the outcomes of the rules that follow from them."""
    kept = tuple(findings)
    new = Counter(finding.rule for finding in kept if finding.status is FindingStatus.NEW)
    unsure = {f.message.partition(" ")[0] for f in kept if f.rule == "CK904" and f.status is FindingStatus.NEW}
    rules = []
    for result in report.rules:
        status = result.status
        if status is RuleStatus.FAILED and not new[result.rule]:
            status = RuleStatus.UNDECIDABLE if result.rule in unsure else RuleStatus.PASSED
        rules.append(replace(result, findings=new[result.rule], status=status))
    return replace(report, findings=kept, rules=tuple(rules))
