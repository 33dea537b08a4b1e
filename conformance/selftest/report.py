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
    Outcome.NOT_SEEDED: ("not seeded", "dim"),
}


def text(result: Result, look: Look) -> str:
    """Return a line for each operator: the rule, how it was written, where, and what became of it."""
    rows = [(t.operator.rule, t.operator.spelling, _where(t), _WORDS[t.outcome]) for t in result.trials]
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    lines = []
    for rule, spelling, where, (word, ink) in rows:
        head = f"{rule:<{widths[0]}}  {spelling:<{widths[1]}}"
        lines.append(f"{head}  {look.ink(f'{word:<17}', ink)}  {inert(where)}")
    return "".join(f"{line.rstrip()}\n" for line in (*lines, summary(result)))


def summary(result: Result) -> str:
    """Return what came of it, in one line."""
    seeded = len(result.trials) - result.counted(Outcome.NOT_SEEDED)
    rules = len({t.operator.rule for t in result.trials if t.outcome is not Outcome.NOT_SEEDED})
    numbers = ((result.counted(outcome), word) for outcome, (word, _) in _WORDS.items() if outcome is not Outcome.NOT_SEEDED)
    came = listed(f"{number} {word}" for number, word in numbers if number)
    left = sorted({t.operator.rule for t in result.trials} - {t.operator.rule for t in result.trials if t.outcome is not Outcome.NOT_SEEDED})
    none = f"; nothing to seed for {', '.join(left)}" if left else ""
    return (
        f"{counted(seeded, 'violation')} of {counted(rules, 'rule')} seeded into a copy of "
        f"{counted(result.files, 'file')}, in {counted(result.runs, 'check')}: {came or 'nothing found'}{none}"
    )


def _where(trial: Trial) -> str:
    return trial.why or listed(f"{path}:{line}" for path, line in trial.places)


def as_json(result: Result, _: Look) -> str:
    """Return all of it for machines."""
    document = {
        "schema": "conformance-selftest/1",
        "version": VERSION,
        "target": {"root": result.root, "packages": list(result.packages)},
        "trials": [
            {
                "rule": trial.operator.rule,
                "spelling": trial.operator.spelling,
                "needs": trial.operator.needs,
                "outcome": trial.outcome.value,
                "places": [{"path": path, "line": line} for path, line in trial.places],
                "reason": trial.why or None,
            }
            for trial in result.trials
        ],
        "errors": [{"path": p.path, "line": p.line, "message": p.message} for p in result.problems],
        "summary": {outcome.value: result.counted(outcome) for outcome in Outcome} | {"checks": result.runs},
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


WRITERS: Final[Mapping[str, Callable[[Result, Look], str]]] = {"full": text, "json": as_json}
