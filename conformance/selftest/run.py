"""Seeds violations into a scratch copy of a target, and looks whether the rules find them there.

As many as do not disturb each other go into one run. What is not found there is tried again, at last alone, so that a
few checks do for most targets. Nothing of the target is executed, and the target itself is only read.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from conformance.check import judge, prepare, read
from conformance.errors import UnreadableModule
from conformance.facts.extract import extract
from conformance.program import link
from conformance.results import FindingStatus, Problem, RuleStatus
from conformance.selftest.doors import Doors
from conformance.selftest.ground import Ground
from conformance.selftest.operators import HARMLESS, OPERATORS
from conformance.selftest.seeds import sown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from conformance.check import Loaded
    from conformance.config import Config
    from conformance.discovery import SourceFile
    from conformance.facts.code import ModuleCode
    from conformance.results import Finding, Report
    from conformance.selection import Chosen, Selection
    from conformance.selftest.operators import Operator
    from conformance.selftest.seeds import Seed

__all__ = ["Outcome", "Result", "Trial", "selftest"]

How: TypeAlias = Literal["together", "alone"]

CANDIDATES: Final = 12
"""Of how many places one is chosen for a seed: neighbours in the table of operators take different ones."""


class Outcome(StrEnum):
    """What became of what was seeded: of a violation, or of what looks like one and is none.

    A violation that a suppression covers was found; one of which the rule says that nothing can be said, is reported.
    """

    FOUND = "found"
    MISSED = "missed"
    SUPPRESSED = "suppressed"
    UNDECIDABLE = "undecidable"
    QUIET = "quiet"
    FALSE_ALARM = "false-alarm"
    NOT_SEEDED = "not-seeded"


WRONG: Final = frozenset({Outcome.MISSED, Outcome.FALSE_ALARM})


@dataclass(frozen=True, slots=True)
class Trial:
    """One operator, and what became of it.

    Attributes:
        outcome: what the engine says.
        places: where the violation was.
        why: why there was none, or what was said of what is none.
        doors: what the other doors say; None for one that does not stand for the rule.
    """

    operator: Operator
    outcome: Outcome
    places: tuple[tuple[str, int], ...] = ()
    why: str = ""
    doors: Mapping[str, Outcome | None] = field(default_factory=dict)

    @property
    def is_wrong(self) -> bool:
        """Whether the engine or another door missed it, or said something of what is none."""
        return bool(WRONG & {self.outcome, *self.doors.values()})


@dataclass(frozen=True, slots=True)
class Result:
    """What a selftest gives; `runs` counts the checks that it took."""

    root: str
    packages: tuple[str, ...]
    files: int
    trials: tuple[Trial, ...]
    runs: int
    problems: tuple[Problem, ...] = ()

    def counted(self, outcome: Outcome) -> int:
        return sum(1 for trial in self.trials if trial.outcome is outcome)

    @property
    def exit_status(self) -> int:
        """0: all that was seeded is found; 1: something is missed; 2: it could not be done."""
        if self.problems or len(self.trials) == self.counted(Outcome.NOT_SEEDED):
            return 2
        return int(any(trial.is_wrong for trial in self.trials))


@dataclass(frozen=True, slots=True)
class _Planted:
    """An operator with the seeds that it can be, of which the first is taken that disturbs no other."""

    position: int
    operator: Operator
    seeds: tuple[Seed, ...]


def selftest(
    paths: Sequence[Path],
    config: Config | None = None,
    *,
    selection: Selection | None = None,
    cwd: Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    doors: tuple[str, ...] = (),
    how: How = "together",
) -> Result:
    """Seed a violation of each rule that applies into a copy of a target, and look whether it is found.

    Args:
        paths: what `check` takes.
        config: what holds; where it is not given, the configuration that is found upward from the target.
        selection: the rules that are tried.
        cwd: what relative paths count from.
        progress: called with the step, and how much of it is done.
        doors: the doors that are tried besides the engine: see `conformance.selftest.doors`.
        how: many violations in one run, or a run for each.

    Raises:
        ConformanceError: what `check` says is wrong: all of it at once.
    """
    prepared = prepare(paths, config, selection=selection, cwd=cwd)
    loaded = read(prepared.target, prepared.config, progress=progress)
    before = judge(loaded, prepared.chosen, progress=progress)
    crashed = [r for r in before.rules if r.status is RuleStatus.CRASHED]
    problems = tuple(Problem(f"{r.rule} crashed: {r.reason}") for r in crashed)
    ground = Ground(loaded, before)
    wanted = {rule.id for rule in prepared.chosen.rules}
    operators = [operator for operator in OPERATORS if operator.rule in wanted]
    with tempfile.TemporaryDirectory(prefix="conformance-selftest-") as folder:
        copy = Path(folder).resolve()
        others = Doors(copy, loaded, prepared.chosen, doors)
        field_ = _Field(ground, prepared.chosen, before, copy, len(operators), progress, others, how)
        trials = (*field_.tried(operators), *field_.left_alone(HARMLESS))
    return Result(
        root=str(loaded.target.root),
        packages=loaded.target.packages,
        files=len(loaded.target.files),
        trials=trials,
        runs=field_.runs + 1,
        problems=problems,
    )


@dataclass(slots=True)
class _Field:
    """The scratch copy of a target, and the runs that are made on it."""

    ground: Ground
    chosen: Chosen
    before: Report
    folder: Path
    planned: int
    progress: Callable[[str, int, int], None] | None
    doors: Doors
    how: How
    runs: int = 0
    trials: dict[int, Trial] = field(default_factory=dict)

    def tried(self, operators: Sequence[Operator]) -> tuple[Trial, ...]:
        """Return what became of each operator that breaks a rule."""
        self._copy()
        self.doors.open()
        waiting: list[_Planted] = []
        applied = {result.rule: result for result in self.before.rules}
        for position, operator in enumerate(operators):
            tag = f"_{operator.rule.lower()}_{position}"
            candidates = tuple(islice(operator.places(self.ground), CANDIDATES))
            turned = position % len(candidates) if candidates else 0
            seeds = tuple(seed.tagged(tag) for seed in (*candidates[turned:], *candidates[:turned]))
            if seeds:
                waiting.append(_Planted(position, operator, seeds))
                continue
            why = f"needs {operator.needs}"
            if applied[operator.rule].status is RuleStatus.NOT_APPLICABLE:
                why = f"{why} ({applied[operator.rule].reason})"
            self.trials[position] = Trial(operator, Outcome.NOT_SEEDED, why=why)
        if self.how == "alone":
            for each in waiting:
                self._run([(each, each.seeds[0])])
            return tuple(self.trials[position] for position in sorted(self.trials))
        missed = self._run_all(waiting)
        if missed and len(missed) < len(waiting):
            missed = self._run_all(missed)
        for each in missed if self.runs > 1 or len(missed) > 1 else ():
            self._run([(each, each.seeds[0])])
        return tuple(self.trials[position] for position in sorted(self.trials))

    def _run_all(self, waiting: list[_Planted]) -> list[_Planted]:
        """Run all of them, in as many runs as it takes, and return what was missed."""
        missed: list[_Planted] = []
        while waiting:
            touched: set[str] = set()
            together: list[tuple[_Planted, Seed]] = []
            left: list[_Planted] = []
            for each in waiting:
                seed = next((seed for seed in each.seeds if not seed.touches & touched), None)
                if seed is None or bool(seed.removed) is not bool(waiting[0].seeds[0].removed):
                    left.append(each)
                else:
                    touched |= seed.touches
                    together.append((each, seed))
            missed += self._run(together)
            waiting = left
        return missed

    def _copy(self) -> None:
        for file in self.ground.loaded.target.files:
            self._write(file.shown, None)

    def _write(self, shown: str, content: bytes | None) -> Path:
        """Write a file of the copy: its content, or that of the target where none is given."""
        path = self.folder / shown
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is not None:
            path.write_bytes(content)
        else:
            shutil.copyfile(self.ground.files[shown].path, path)
        return path

    def _run(self, planted: Sequence[tuple[_Planted, Seed]]) -> list[_Planted]:
        """Make one run, and return what was missed in it."""
        self.runs += 1
        if self.progress is not None:
            self.progress("looking for what was seeded", min(len(self.trials), self.planned), self.planned)
        seeds = [seed for _, seed in planted]
        made = sown(self.ground.sources, seeds)
        for path, content in made.files.items():
            self._write(path, content)
        gone = [path for seed in seeds for path in seed.removed]
        for path in gone:
            (self.folder / path).unlink()
        loaded = self._linked(made.files, seeds)
        rules = {each.operator.rule for each, _ in planted}
        report = judge(
            loaded, replace(self.chosen, rules=tuple(r for r in self.chosen.rules if r.id in rules or r.engine))
        )
        said = {door: self.doors.reported(door, frozenset(rules)) for door in self.doors.names}
        missed = []
        for (each, _), places in zip(planted, made.places, strict=True):
            outcome = _outcome(each.operator.rule, places, report)
            behind = {door: self._behind(door, each.operator.rule, places, outcome, said[door]) for door in said}
            self.trials[each.position] = trial = Trial(each.operator, outcome, places, doors=behind)
            if trial.is_wrong:
                missed.append(each)
        self._restore([*made.files, *gone])
        return missed

    def _behind(
        self,
        door: str,
        rule: str,
        places: tuple[tuple[str, int], ...],
        outcome: Outcome,
        said: Iterable[tuple[str, str, int]],
    ) -> Outcome | None:
        """Return what another door says of a violation; None where it does not stand for the rule."""
        if not self.doors.covers(door, rule, (path for path, _ in places)):
            return None
        if outcome not in {Outcome.FOUND, Outcome.MISSED}:
            return outcome
        here = {(path, line) for found, path, line in said if found == rule}
        return Outcome.FOUND if all(_is_among(place, here) for place in places) else Outcome.MISSED

    def left_alone(self, operators: Sequence[Operator]) -> tuple[Trial, ...]:
        """Return what became of each operator that breaks no rule: all in one run; where that says anything, alone."""
        several = [(operator, tuple(islice(operator.places(self.ground), CANDIDATES))) for operator in operators]
        seeds = [(o, found[n % len(found)] if found else None) for n, (o, found) in enumerate(several)]
        planted = [(o, seed.tagged(f"_harmless_{n}")) for n, (o, seed) in enumerate(seeds) if seed is not None]
        trials = [Trial(o, Outcome.NOT_SEEDED, why=f"needs {o.needs}") for o, seed in seeds if seed is None]
        said = self.how == "alone" or bool(self._said_of([seed for _, seed in planted]))
        for operator, seed in planted:
            own = self._said_of([seed]) if said else frozenset()
            trials.append(
                Trial(
                    operator,
                    Outcome.FALSE_ALARM if own else Outcome.QUIET,
                    tuple((path, 1) for path in sorted({change.path for change in seed.changes})),
                    "; ".join(sorted(own)),
                )
            )
        return tuple(trials)

    def _said_of(self, seeds: Sequence[Seed]) -> frozenset[str]:
        """Return what is said with these seeds that was not said before, or no more."""
        self.runs += 1
        made = sown(self.ground.sources, seeds)
        for path, content in made.files.items():
            self._write(path, content)
        report = judge(self._linked(made.files, seeds), self.chosen)
        self._restore(made.files)
        before, after = (Counter(f.fingerprint for f in r.findings) for r in (self.before, report))
        findings = {f.fingerprint: f for r in (self.before, report) for f in r.findings}
        changed = (after - before) + (before - after)
        return frozenset(f"{findings[key].rule} at {findings[key].path}:{findings[key].line}" for key in changed)

    def _restore(self, written: Iterable[str]) -> None:
        for path in written:
            if path in self.ground.files:
                self._write(path, None)
            else:
                (self.folder / path).unlink()

    def _linked(self, changed: Mapping[str, bytes], seeds: Iterable[Seed]) -> Loaded:
        before = self.ground.loaded
        removed = {path for seed in seeds for path in seed.removed}
        made = [file for seed in seeds for file in seed.made]
        files = [
            replace(f, path=self.folder / f.shown) for f in (*before.target.files, *made) if f.shown not in removed
        ]
        codes: dict[str, ModuleCode] = {}
        for file in files:
            if file.shown in changed:
                codes[file.shown] = _extracted(file, changed[file.shown])
            elif file.shown in before.codes:
                codes[file.shown] = before.codes[file.shown]
        target = replace(before.target, files=tuple(sorted(files)))
        modules = [(file, codes[file.shown]) for file in target.files if file.shown in codes]
        return replace(before, target=target, codes=codes, program=link(modules, before.config))


def _is_among(place: tuple[str, int], places: Iterable[tuple[str, int]]) -> bool:
    """Whether a place is one of several; a door may count paths from a folder further in."""
    path, line = place
    return any(line == number and (path == other or path.endswith(f"/{other}")) for other, number in places)


def _extracted(file: SourceFile, content: bytes) -> ModuleCode:
    try:
        return extract(content, file.shown)
    except UnreadableModule as error:
        raise AssertionError(f"what was seeded cannot be read: {error}") from error


def _outcome(rule: str, places: Iterable[tuple[str, int]], report: Report) -> Outcome:
    outcomes = {_outcome_at(rule, place, report) for place in places}
    order = (Outcome.MISSED, Outcome.UNDECIDABLE, Outcome.SUPPRESSED, Outcome.FOUND)
    return next(outcome for outcome in order if outcome in outcomes)


def _outcome_at(rule: str, place: tuple[str, int], report: Report) -> Outcome:
    here = list(_at(place, report.findings))
    if any(f.rule == rule and f.status is FindingStatus.NEW for f in here):
        return Outcome.FOUND
    if any(f.rule == rule for f in here):
        return Outcome.SUPPRESSED
    if any(f.rule == "CK904" and f.message.startswith(rule) for f in here):
        return Outcome.UNDECIDABLE
    result = next(r for r in report.rules if r.rule == rule)
    return Outcome.UNDECIDABLE if result.status is RuleStatus.UNDECIDABLE else Outcome.MISSED


def _at(place: tuple[str, int], findings: Iterable[Finding]) -> Iterator[Finding]:
    return (finding for finding in findings if (finding.path, finding.line) == place)
