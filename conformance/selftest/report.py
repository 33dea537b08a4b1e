"""How a selftest is shown: a table for people, JSON for machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from conformance.reporters.text import Look, counted, inert, listed
from conformance.selftest.run import Outcome
from conformance.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.selftest.run import Result, Trial

__all__ = ["WRITERS"]

_WORDS: Final[Mapping[Outcome, tuple[str, str]]] = {
    Outcome.FOUND: ("found", "green"),
    Outcome.MISSED: ("MISSED", "red"),
    Outcome.SUPPRESSED: ("found, suppressed", "yellow"),
    Outcome.UNDECIDABLE: ("undecidable", "yellow"),
    Outcome.QUIET: ("quiet", "green"),
    Outcome.FALSE_ALARM: ("FALSE ALARM", "red"),
    Outcome.NOT_SEEDED: ("not seeded", "dim"),
}
_WIDE: Final = max(len(word) for word, _ in _WORDS.values())


def text(result: Result, look: Look) -> str:
    """Return a line for each operator: the rule, how it was written, what each door says of it, and where it was."""
    doors = list(dict.fromkeys(door for trial in result.trials for door in trial.doors))
    rows = [
        (t.operator.rule or "none", t.operator.spelling, [t.outcome, *(t.doors.get(door) for door in doors)], _where(t))
        for t in result.trials
        if not look.quiet or t.is_wrong
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    widths = [max(width, len(name)) for width, name in zip(widths, ("rule", "spelling"), strict=True)]
    heads = "  ".join(f"{name:<{_WIDE}}" for name in (["engine", *doors] if doors else ["result"]))
    lines = [look.ink(f"{'rule':<{widths[0]}}  {'spelling':<{widths[1]}}  {heads}  where", "bold")] if rows else []
    for rule, spelling, outcomes, where in rows:
        words = [_WORDS[outcome] if outcome is not None else ("-", "dim") for outcome in outcomes]
        shown = "  ".join(look.ink(f"{word:<{_WIDE}}", ink) for word, ink in words)
        lines.append(f"{rule:<{widths[0]}}  {spelling:<{widths[1]}}  {shown}  {inert(where)}")
    return "".join(f"{line.rstrip()}\n" for line in (*lines, summary(result)))


def summary(result: Result) -> str:
    """Return what came of it, in one line."""
    seeded = [t for t in result.trials if t.operator.rule and t.outcome is not Outcome.NOT_SEEDED]
    rules = {t.operator.rule for t in seeded}
    kinds = (Outcome.FOUND, Outcome.MISSED, Outcome.SUPPRESSED, Outcome.UNDECIDABLE)
    came = listed(f"{n} {_WORDS[outcome][0]}" for outcome in kinds if (n := result.counted(outcome)))
    left = sorted({t.operator.rule for t in result.trials if t.operator.rule} - rules)
    none = f"; nothing to seed for {', '.join(left)}" if left else ""
    alarms = result.counted(Outcome.FALSE_ALARM)
    alike = f"{alarms} of {alarms + result.counted(Outcome.QUIET)} that are none reported"
    doors = sum(1 for t in result.trials for outcome in t.doors.values() if outcome is Outcome.MISSED)
    return (
        f"{counted(len(seeded), 'violation')} of {counted(len(rules), 'rule')} seeded into a copy of "
        f"{counted(result.files, 'file')}, in {counted(result.runs, 'check')}: {came or 'nothing found'}; {alike}"
        f"{f'; {doors} MISSED by other doors' if doors else ''}{none}"
    )


def _where(trial: Trial) -> str:
    return trial.why or ", ".join(f"{path}:{line}" for path, line in trial.places)


def as_json(result: Result, _: Look) -> str:
    """Return all of it for machines."""
    document = {
        "schema": "conformance-selftest/1",
        "version": VERSION,
        "target": {"root": result.root, "packages": list(result.packages)},
        "trials": [
            {
                "rule": trial.operator.rule or None,
                "spelling": trial.operator.spelling,
                "needs": trial.operator.needs,
                "outcome": trial.outcome.value,
                "places": [{"path": path, "line": line} for path, line in trial.places],
                "doors": {door: outcome and outcome.value for door, outcome in trial.doors.items()},
                "reason": trial.why or None,
            }
            for trial in result.trials
        ],
        "errors": [{"path": p.path, "line": p.line, "message": p.message} for p in result.problems],
        "summary": {outcome.value: result.counted(outcome) for outcome in Outcome} | {"checks": result.runs},
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


WRITERS: Final[Mapping[str, Callable[[Result, Look], str]]] = {"full": text, "json": as_json}
