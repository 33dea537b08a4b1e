"""What several test files use: small trees of files, small reports, a rule made for the purpose."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from conformance.program import Program
from conformance.results import (
    Finding,
    FindingStatus,
    Place,
    Problem,
    Report,
    RuleResult,
    RuleStatus,
    Severity,
    Step,
    Undecidable,
    Violation,
)
from conformance.rules.base import Rule


def lay_out(root: Path, files: Mapping[str, str]) -> Path:
    """Write the files below `root`, and return it."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def unprivileged(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder as somebody for whom permissions hold, be it root, and return what it said."""
    become = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    environment |= {"PYTHONPATH": str(Path(__file__).parent.parent), **variables}
    return subprocess.run(
        [*become, sys.executable, "-m", "conformance", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def golden(name: str, lines: list[str]) -> list[str]:
    """Return the lines of a golden file; `GOLDEN=write` writes the given ones into it first."""
    path = Path(__file__).parent / "golden" / name
    if os.environ.get("GOLDEN") == "write":
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path.read_text("utf-8").splitlines()


def said_of(program: Program, rules: Iterable[Rule[Any]]) -> Iterator[str]:
    """Yield all that rules say of a program, in lines: where, in which symbol, detail, message, instead and trail."""
    for rule in rules:
        found = [] if rule.engine else [v for s in rule.subjects(program) for v in rule.check(program, s)]
        for each in found:
            if isinstance(each, Violation):
                yield f"{rule.id} {_at(each.place)} ({each.detail})"
                yield f"    {each.message}"
                yield f"    -> {each.instead}"
                yield from (f"    by {_at(step.place)}: {step.text}" for step in each.trail)
            else:
                yield f"{rule.id} {_at(each.place)}"
                yield f"    ? {each.message}"


def _at(place: Place) -> str:
    first, column, last, end = place.span
    return f"{place.path}:{first}:{column}-{last}:{end} in {place.module}:{place.symbol}"


def a_rule(
    rule_id: str = "ZZ101",
    name: str = "zebra",
    *,
    subjects: Callable[[Any], Iterable[Any]] = lambda program: program.modules,
    check: Callable[[Any, Any], Iterator[Violation | Undecidable]] = lambda program, subject: iter(()),
    severity: Severity = Severity.ERROR,
    opt_in: bool = False,
) -> Rule[Any]:
    """Return a rule that finds nothing in every module."""
    return Rule(
        id=rule_id,
        name=name,
        source="PRD-000 §1",
        summary="a zebra",
        why="A zebra is no horse. It has stripes.",
        instead="ride a horse",
        subjects=subjects,
        check=check,
        nothing="no animal in the target",
        bad=(),
        good=(),
        severity=severity,
        opt_in=opt_in,
    )


def a_finding(
    path: str = "app/api/users.py",
    line: int = 7,
    *,
    message: str = "app.state is written outside the lifespan: `app.state.warm`",
    severity: Severity = Severity.ERROR,
    status: FindingStatus = FindingStatus.NEW,
    reason: str = "",
    code: str = "    request.app.state.warm = True",
    trail: tuple[Step, ...] = (),
) -> Finding:
    """Return a finding of DI108."""
    return Finding(
        rule="DI108",
        name="state-write-outside-lifespan",
        severity=severity,
        place=Place(path, (line, 5, line, 27), "app.api.users", "warm"),
        message=message,
        instead="set it in the lifespan",
        source="PRD-012 §6",
        fingerprint="0123456789abcdef0123",
        status=status,
        reason=reason,
        trail=trail,
        code=code,
    )


def a_report(
    *findings: Finding,
    rules: tuple[RuleResult, ...] | None = None,
    problems: tuple[Problem, ...] = (),
    notes: tuple[str, ...] = (),
) -> Report:
    """Return a report with one rule of every outcome, besides the findings."""
    new = sum(1 for finding in findings if finding.status is FindingStatus.NEW)
    outcome = RuleStatus.FAILED if new else RuleStatus.PASSED
    some = (
        RuleResult("DI101", "nullable-provider", RuleStatus.PASSED, 17, 0),
        RuleResult("DI108", "state-write-outside-lifespan", outcome, 3, new, why=a_rule().why, seconds=0.5),
        RuleResult(
            "LC207", "unset-state-key", RuleStatus.UNDECIDABLE, 2, 0, "a place where nothing can be said: see CK904"
        ),
        RuleResult("WK301", "ctx-write-outside-worker", RuleStatus.NOT_APPLICABLE, 0, 0, "no arq worker in the target"),
    )
    return Report(
        version="1.2.3",
        root="/repo",
        packages=("app",),
        files=12,
        findings=findings,
        rules=some if rules is None else rules,
        problems=problems,
        notes=notes,
    )
