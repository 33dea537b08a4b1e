"""The one use case: discover, extract, link, judge, report. Every door calls it and renders what it gives."""

from __future__ import annotations

import gc
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from conformance import baseline, diff, judging
from conformance import config as configuration
from conformance.config import ROLES, Config, matches, nearest
from conformance.discovery import SourceFile, Target, discover
from conformance.errors import ConformanceError, TargetError, UnreadableModule
from conformance.facts.code import Evaluate, Import, ImportFrom, walk
from conformance.facts.extract import extract
from conformance.files import lines_of
from conformance.judging import Outcome
from conformance.program import Program, link
from conformance.recursion import calls_up_to
from conformance.results import (
    Finding,
    FindingStatus,
    Place,
    Problem,
    Report,
    RuleResult,
    RuleStatus,
    Severity,
    Undecidable,
    Violation,
    Work,
    fingerprint,
)
from conformance.rules import all_rules
from conformance.selection import Chosen, Selection, answering, answers, exactness, nearest_rule, selected
from conformance.suppressions import Suppression, Suppressions, in_code, in_configuration
from conformance.trace import Trace, digest, digest_of
from conformance.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from conformance.cache import Cache
    from conformance.facts.code import ModuleCode, Statement
    from conformance.program import ModuleScope
    from conformance.rules.base import Rule

__all__ = [
    "OWN", "Examined", "Lines", "Loaded", "Prepared", "check", "configure", "examine", "finished", "is_accepted",
    "judge", "load", "place_of_baseline", "prepare", "read", "target_of", "with_recorded",
]  # fmt: skip

LIBRARIES: Final = frozenset({"arq", "fastapi", "httpx", "redis", "sqlalchemy", "sqlmodel", "starlette"})
"""A target that imports one of these is of the kind that the rules are about, even where no module has a role."""

OWN: Final = "architecture"
"""What suppressions call a team's own rules, with what follows a dash; its tests know them, a check does not."""

UNUSED, WITHOUT_REASON, UNREADABLE, UNDECIDABLE = "CK901", "CK902", "CK903", "CK904"


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
    change: diff.Change | None = None
    before: Loaded | None = None


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep the collector of cycles from running: millions of records are made, and none of them is garbage yet."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


_DEEPEST: Final = 8_000
"""Calls within each other while a program is linked and judged: by chains of calls in the target. What a file may nest
is bounded by the limit of its own."""


def check(
    paths: Sequence[Path],
    config: Config | None = None,
    *,
    selection: Selection | None = None,
    cwd: Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    with_baseline: bool = True,
    since: str | None = None,
    cache: Cache | None = None,
    processes: int = 1,
) -> Report:
    """Check a target.

    Args:
        paths: folders, files or package names; none for what the configuration names, else the current folder.
        config: what holds; where it is not given, the configuration that is found upward from the target.
        selection: the rules to run, over what is configured.
        cwd: what relative paths count from.
        progress: called with the step, and how much of it is done.
        with_baseline: recorded findings are marked as such, where there is a record.
        since: a revision of git: only what the change since then introduces or touches is reported.
        cache: where the report is remembered for this call; whether it is there already, the caller asks.
        processes: how many may run at a time, where the target is so large that more than one pays.

    Raises:
        ConformanceError: the configuration is wrong, a rule is named that does not exist, there is no such target:
            all of it at once.
    """
    examined = examine(paths, config, selection=selection, cwd=cwd, progress=progress, since=since, processes=processes)
    loaded, report = examined.loaded, examined.report
    if not with_baseline:
        return report
    return finished(report, loaded, cache if since is None else None)


def finished(report: Report, loaded: Loaded, cache: Cache | None = None) -> Report:
    """Return the report with the recorded findings marked as such, remembered in a cache where there is one.

    Raises:
        BaselineError: the record cannot be read.
    """
    record = str(place_of_baseline(loaded.config, loaded.target.root))
    files = {**loaded.target.trace.files, **loaded.digests, record: digest(record)}
    report = with_recorded(report, loaded.target, loaded.config)
    if cache is not None and "" not in loaded.digests.values():
        cache.store(Trace(loaded.target.trace.folders, files), report, loaded.digests)
    return report


def examine(
    paths: Sequence[Path],
    config: Config | None = None,
    *,
    selection: Selection | None = None,
    cwd: Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    since: str | None = None,
    processes: int = 1,
) -> Examined:
    """Read a target and let the rules judge it, as `check` does, and keep what was read.

    Raises:
        ConformanceError: what `check` says is wrong: all of it at once.
    """
    prepared = prepare(paths, config, selection=selection, cwd=cwd)
    loaded = read(prepared.target, prepared.config, progress=progress)
    examined = Examined(loaded, judge(loaded, prepared.chosen, progress=progress, processes=processes))
    return examined if since is None else _only_since(since, examined, prepared.chosen)


def prepare(
    paths: Sequence[Path], config: Config | None = None, *, selection: Selection | None = None, cwd: Path | None = None
) -> Prepared:
    """Return what a check starts from; nothing of the target is read for it but what its modules are called.

    Raises:
        ConformanceError: what `check` says is wrong: all of it at once.
    """
    problems: list[Problem] = []
    known = config or Config()
    try:
        known = configure(paths, cwd=cwd) if config is None else config
    except ConformanceError as error:
        problems += error.problems
    chosen = Chosen((), (), ())
    try:
        chosen = selected(all_rules(), known, selection or Selection())
    except ConformanceError as error:
        problems += error.problems
    try:
        target = discover(paths, known, cwd=cwd)
    except ConformanceError as error:
        raise ConformanceError((*problems, *error.problems)) from error
    if problems:
        raise ConformanceError(problems)
    return Prepared(target, known, chosen)


def with_recorded(report: Report, target: Target, config: Config) -> Report:
    """Return the report with the recorded findings marked as such, where there is a record."""
    file = place_of_baseline(config, target.root)
    if not file.is_file():
        if not config.baseline:
            return report
        message = "there is no such record of findings: `conformance baseline` makes one"
        return replace(report, problems=(*report.problems, Problem(message, config.baseline)))
    whole = target.whole and not target.partial
    return baseline.applied(report, baseline.read(file), whole=whole, strict=file.name if config.strict else "")[0]


def _only_since(revision: str, examined: Examined, chosen: Chosen) -> Examined:
    target, config = examined.loaded.target, examined.loaded.config
    files = [(file.shown, file.path) for file in target.files]
    own = config.file.relative_to(target.root) if config.file and config.file.is_relative_to(target.root) else None
    if own:
        files.append((own.as_posix(), target.root / own))
    with diff.tree_of(revision, target.root) as folder:
        changed = diff.change_since(folder, target.root, files)
        then = replace(config, file=folder / own if own else config.file)
        starts = [start.relative_to(target.root) for start in target.starts if start.is_relative_to(target.root)]
        paths = [folder / start for start in starts if (folder / start).exists()]
        before: Loaded | None = None
        with suppress(TargetError):
            before = load(paths or [folder], then)
        judged = judge(before, chosen) if before else None
    return replace(examined, report=diff.narrowed(examined.report, judged, changed), change=changed, before=before)


def place_of_baseline(config: Config, root: Path) -> Path:
    """Return where the recorded findings are, or would be."""
    return (config.root or root) / (config.baseline or baseline.DEFAULT)


def target_of(paths: Sequence[Path], config: Config, *, cwd: Path | None = None) -> Target:
    """Return the files of a target, unread.

    Raises:
        TargetError: there is no such target.
    """
    return discover(paths, config, cwd=cwd)


def configure(paths: Sequence[Path], *, cwd: Path | None = None) -> Config:
    """Return the configuration that is found upward from what the paths have in common, or the default one.

    Raises:
        ConfigurationError: with all that is wrong with it.
    """
    here = (cwd or Path.cwd()).resolve()
    starts = [here / path for path in paths]
    given = [start.resolve() for start in starts if start.exists()] or [here]
    common = given[0]
    while not all(each.is_relative_to(common) for each in given):
        common = common.parent
    file = configuration.find(common)
    return configuration.load(file) if file else Config()


# --- reading -------------------------------------------------------------------------------------------------------


def load(
    paths: Sequence[Path],
    config: Config,
    *,
    cwd: Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Loaded:
    """Read and link a target.

    Raises:
        TargetError: there is no such target.
    """
    return read(discover(paths, config, cwd=cwd), config, progress=progress)


@_without_collector()
def read(target: Target, config: Config, *, progress: Callable[[str, int, int], None] | None = None) -> Loaded:
    """Read and link the files of a target; one that cannot be read is told, and the others go on."""
    modules: list[tuple[SourceFile, ModuleCode]] = []
    unreadable: list[UnreadableModule] = []
    digests: dict[str, str] = {}
    clock = [time.perf_counter()]
    for number, file in enumerate(target.files):
        if progress is not None:
            progress("reading", number, len(target.files))
        try:
            source = _source(file)
            digests[str(file.path)] = digest_of(source)
            modules.append((file, _extracted(source, file)))
        except UnreadableModule as error:
            digests.setdefault(str(file.path), "")
            unreadable.append(error)
    codes = {file.shown: code for file, code in modules}
    clock.append(time.perf_counter())
    if progress is not None:
        progress("linking", 0, 1)
    with calls_up_to(_DEEPEST):
        program = link(modules, config)
    clock.append(time.perf_counter())
    seconds = tuple(zip(("reading", "linking"), (after - before for before, after in pairwise(clock)), strict=True))
    return Loaded(target, codes, program, tuple(unreadable), config, digests, seconds)


def _source(file: SourceFile) -> bytes:
    try:
        return file.path.read_bytes()
    except OSError as error:
        raise UnreadableModule(file.shown, 1, f"cannot be read: {error.strerror or error}") from error


def _extracted(source: bytes, file: SourceFile) -> ModuleCode:
    try:
        return extract(source, file.shown)
    except RecursionError as error:
        raise UnreadableModule(file.shown, 1, "nested too deeply to be read") from error


# --- judging -------------------------------------------------------------------------------------------------------


@_without_collector()
@calls_up_to(_DEEPEST)
def judge(
    loaded: Loaded,
    chosen: Chosen,
    *,
    progress: Callable[[str, int, int], None] | None = None,
    processes: int = 1,
) -> Report:
    """Let the rules judge a target, and account for suppressions, severities and what could not be looked at."""
    config, target = loaded.config, loaded.target
    by_id = {rule.id: rule for rule in chosen.every}
    suppressions = Suppressions(_written(loaded), lambda name, rule: rule in by_id and answers(name, by_id[rule]))
    wanted = {rule.id: rule for rule in chosen.rules}
    tried = [rule for rule in (*chosen.rules, *_only_to_see(chosen, suppressions)) if not rule.engine]
    started = time.perf_counter()
    outcomes = judging.outcomes(tried, loaded.program, partial=target.partial, processes=processes, progress=progress)
    make = _Maker(config, suppressions, Lines(target), by_id)
    findings: list[Finding] = []
    unknowns: list[Finding] = []
    undecided: dict[str, list[Finding]] = {}
    for outcome in outcomes.values():
        made = [make.finding(outcome.rule, violation) for violation in outcome.violations]
        if outcome.rule.id in wanted:
            findings += made
        elif outcome.rule in chosen.ignored:
            findings += [replace(f, status=FindingStatus.SUPPRESSED, reason=f"ignored in {config.shown}") for f in made]
        if outcome.rule.id in wanted and UNDECIDABLE in by_id:
            about = [make.finding(by_id[UNDECIDABLE], _unknown(outcome.rule, each)) for each in outcome.undecidable]
            undecided[outcome.rule.id] = about
            unknowns += about
    problems = list(target.problems)
    unread = [make.unreadable(error) for error in loaded.unreadable] if UNREADABLE in by_id else []
    problems += [
        Problem(error.message, error.path, error.line)
        for error, finding in zip(loaded.unreadable, unread, strict=True)
        if finding.status is FindingStatus.NEW
    ]
    about_suppressions = {
        WITHOUT_REASON: [make.finding(by_id[WITHOUT_REASON], each) for each in _without_reason(suppressions)],
        UNUSED: [make.finding(by_id[UNUSED], each) for each in _unused(suppressions, outcomes, chosen, config, loaded)],
    }
    engine = {UNDECIDABLE: unknowns, UNREADABLE: unread, **about_suppressions}
    for rule_id, several in engine.items():
        findings += several if rule_id in wanted else ()
    lacking = [
        make.lacking(outcome)
        for outcome in outcomes.values()
        if not target.partial and _is_lacking(outcome, wanted, config)
    ]
    findings += lacking
    problems += _unmatched_roles(loaded)
    vacant = _nothing_recognised(loaded, findings)
    remarks = [problem.message for problem in vacant if target.partial]
    problems += () if target.partial else vacant
    without_role = _without_role(loaded)
    if config.strict and not target.partial:
        problems += [Problem(f"{_UNSEEN}: give it a role under `roles`", module.path) for module in without_role]
        without_role = []
    unique = {(f.rule, f.path, f.line): f for f in sorted(findings, key=_order, reverse=True)}
    kept = sorted(unique.values(), key=_order)
    counts = {UNUSED: len(suppressions.all), WITHOUT_REASON: len(suppressions.all), UNREADABLE: len(target.files)}
    results = []
    for rule in chosen.rules:
        new = sum(1 for f in kept if f.rule == rule.id and f.status is FindingStatus.NEW)
        if rule.engine:
            outcome = Outcome(rule, counts.get(rule.id, len(tried)))
            results.append(_result(outcome, new, 0))
        else:
            open_questions = [f for f in undecided.get(rule.id, ()) if f.status is FindingStatus.NEW]
            results.append(_result(outcomes[rule.id], new, len(open_questions)))
    return Report(
        version=VERSION,
        root=str(target.root),
        packages=target.packages,
        files=len(target.files),
        findings=tuple(kept),
        rules=tuple(results),
        problems=tuple(sorted(set(problems), key=lambda p: (p.path, p.line, p.message))),
        notes=tuple(dict.fromkeys((*target.notes, *remarks, *_absent_roles(loaded), *_unseen(without_role)))),
        work=Work(
            parsed=loaded.parsed,
            judged=len(tried),
            seconds=(*loaded.seconds, ("judging", time.perf_counter() - started)),
        ),
    )


def _order(finding: Finding) -> tuple[str, int, int, str, str]:
    return (finding.path, finding.line, finding.column, finding.rule, finding.message)


_OF_A_PART: Final = "it looks for what is missing, and a part of the program was given"


def _result(outcome: Outcome, new: int, undecided: int) -> RuleResult:
    rule = outcome.rule
    status, reason = RuleStatus.PASSED, ""
    if outcome.crash:
        status, reason = RuleStatus.CRASHED, outcome.crash
    elif new:
        status = RuleStatus.FAILED
    elif not outcome.subjects:
        status, reason = RuleStatus.NOT_APPLICABLE, _OF_A_PART if outcome.blind else rule.nothing
    elif undecided:
        things = "a place" if undecided == 1 else f"{undecided} places"
        status, reason = RuleStatus.UNDECIDABLE, f"{things} where nothing can be said: see {UNDECIDABLE}"
    return RuleResult(rule.id, rule.name, status, outcome.subjects, new, reason, rule.why, outcome.seconds)


def _unknown(rule: Rule[Any], each: Undecidable) -> Violation:
    return Violation(
        each.place, f"{rule.id} {rule.name}: {each.message}", "write the name out, or say here why it is right"
    )


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes findings: severity as configured, suppressed where a suppression covers the line."""

    config: Config
    suppressions: Suppressions
    lines: Lines
    by_id: Mapping[str, Rule[Any]]

    def finding(self, rule: Rule[Any], violation: Violation) -> Finding:
        place = violation.place
        suppression = self.suppressions.match(rule.id, place.path, place.span[0])
        return Finding(
            rule=rule.id,
            name=rule.name,
            severity=self._severity(rule),
            place=place,
            message=violation.message,
            instead=violation.instead or rule.instead,
            source=rule.source,
            fingerprint=fingerprint(rule.id, place.module, place.symbol, violation.detail or violation.message),
            status=FindingStatus.SUPPRESSED if suppression else FindingStatus.NEW,
            reason=suppression.reason if suppression else "",
            trail=violation.trail,
            code=self.lines.line(place.path, place.span[0]),
        )

    def _severity(self, rule: Rule[Any]) -> Severity:
        given = [(exactness(name), severity) for name, severity in self.config.severity.items() if answers(name, rule)]
        return max(given, key=lambda each: each[0])[1] if given else rule.severity

    def unreadable(self, error: UnreadableModule) -> Finding:
        """Return the finding about a file that was not read: suppressed where it is accepted by name."""
        place = Place(error.path, (error.line, 1, error.line, 1), "")
        rule = self.by_id[UNREADABLE]
        found = self.finding(rule, Violation(place, f"not checked: {error.message}", rule.instead, detail=error.path))
        if is_accepted(self.config, error.path):
            return replace(found, status=FindingStatus.SUPPRESSED, reason=f"accepted in {self.config.shown}")
        return found

    def lacking(self, outcome: Outcome) -> Finding:
        """Return the finding about a required rule that had nothing to look at."""
        rule = outcome.rule
        line = max(configuration.line_of(self.config, "required"), 1)
        place = Place(self.lines.shown(self.config.file), (line, 1, line, 1), "")
        message = f"{rule.id} is required, and had nothing to look at: {rule.nothing}"
        return self.finding(rule, Violation(place, message, "take it from `required`, or see `conformance roles`"))


class Lines:
    """The text of single lines of the target's files, for people to see."""

    def __init__(self, target: Target) -> None:
        self._root = target.root
        self._files = {file.shown: file.path for file in target.files}
        self._texts: dict[str, list[str]] = {}

    def shown(self, file: Path | None) -> str:
        """Return how a file that is not of the target, such as the configuration's, is shown."""
        if file is None:
            return "configuration"
        inside = file.is_relative_to(self._root)
        shown = (file.relative_to(self._root) if inside else Path(file.name)).as_posix()
        self._files.setdefault(shown, file)
        return shown

    def line(self, path: str, number: int) -> str:
        if path not in self._texts:
            try:
                source = self._files[path].read_bytes()
            except (OSError, KeyError):
                source = b""
            self._texts[path] = lines_of(source)
        lines = self._texts[path]
        return lines[number - 1] if 0 < number <= len(lines) else ""


# --- suppressions, and what had nothing to do ----------------------------------------------------------------------


def _written(loaded: Loaded) -> Iterator[Suppression]:
    modules = {file.shown: file.module for file in loaded.target.files}
    for path, code in loaded.codes.items():
        yield from in_code(code, path, modules[path])
    config = loaded.config
    shown = Lines(loaded.target).shown(config.file)
    yield from in_configuration(config.per_file_ignores, shown, lambda glob: configuration.line_of(config, glob))


def _only_to_see(chosen: Chosen, suppressions: Suppressions) -> list[Rule[Any]]:
    """Return the rules that are run for nothing but to know whether a suppression, or an ignore, is of use."""
    if not any(rule.id == UNUSED for rule in chosen.rules):
        return list(chosen.ignored)
    running = {rule.id for rule in chosen.rules}
    names = {one.name for one in suppressions.all if one.name.upper() != "ALL"}
    named = [rule for rule in chosen.every if rule.id not in running and any(answers(name, rule) for name in names)]
    return list(dict.fromkeys((*chosen.ignored, *named)))


def _without_reason(suppressions: Suppressions) -> list[Violation]:
    found = {one.place: one for one in suppressions.all if not one.glob and not one.reason}
    return [
        Violation(place, "the suppression does not say why", "write the reason after it: ` -- reason`", detail=one.name)
        for place, one in found.items()
    ]


def _unused(
    suppressions: Suppressions, outcomes: Mapping[str, Outcome], chosen: Chosen, config: Config, loaded: Loaded
) -> list[Violation]:
    if loaded.target.partial:
        return []
    found: list[Violation] = []
    rules = chosen.every
    for one in suppressions.unused():
        about = answering(one.name, rules)
        if (one.glob and not loaded.target.whole) or [rule.id for rule in about] == [UNUSED]:
            continue
        if not one.glob and one.name.partition("-")[0].casefold() == OWN:
            continue
        if not about:
            message = f"no rule answers to `{one.name}`{nearest_rule(one.name, rules)}"
            found.append(Violation(one.place, message, "correct the name", detail=f"unknown {one.name}"))
        elif one.name.upper() == "ALL" and len(chosen.rules) < sum(1 for rule in rules if not rule.opt_in):
            continue
        elif _was_tried(about, outcomes):
            what = f"`{one.glob}` in `per-file-ignores`" if one.glob else "the suppression"
            which = "any rule" if one.name.upper() == "ALL" else one.name
            message = f"{what} matches no finding of {which}"
            found.append(Violation(one.place, message, "delete it", detail=f"{one.name} {one.glob}".strip()))
    place_of = Lines(loaded.target).shown(config.file)
    for name in config.ignore if loaded.target.whole else ():
        about = [rule for rule in answering(name, rules) if rule in chosen.ignored]
        if about and _was_tried(about, outcomes) and not any(outcomes[rule.id].violations for rule in about):
            line = max(configuration.line_of(config, "ignore"), 1)
            place = Place(place_of, (line, 1, line, 1), "")
            found.append(
                Violation(place, f"`{name}` in `ignore` matches no finding", "delete it", detail=f"ignore {name}")
            )
    return found


def _was_tried(rules: Iterable[Rule[Any]], outcomes: Mapping[str, Outcome]) -> bool:
    """Return whether the rules looked at something and did not crash: else nothing is known of a suppression."""
    ran = [outcomes[rule.id] for rule in rules if rule.id in outcomes]
    if any(rule.engine for rule in rules) and not ran:
        return True
    return any(outcome.subjects for outcome in ran) and not any(outcome.crash for outcome in ran)


def _is_lacking(outcome: Outcome, wanted: Mapping[str, Rule[Any]], config: Config) -> bool:
    required = outcome.rule.id in wanted and any(answers(name, outcome.rule) for name in config.required)
    return required and not outcome.subjects and not outcome.crash


def is_accepted(config: Config, path: str) -> bool:
    """Return whether it is accepted that a file cannot be read."""
    from conformance.globs import globs  # noqa: PLC0415 - seldom needed

    return bool(config.accept_unreadable) and globs(config.accept_unreadable).match_file(path)


def _unmatched_roles(loaded: Loaded) -> list[Problem]:
    config = loaded.config
    if loaded.target.partial:
        return []
    known = sorted({file.module for file in loaded.target.files})
    return [
        Problem(
            f"`{pattern}` in `roles.{role}` matches no module{nearest(pattern.removesuffix('.**'), known)}",
            config.shown,
            configuration.line_of(config, role),
        )
        for role, patterns in config.roles.items()
        for pattern in patterns
        if (loaded.target.whole or pattern.partition(".")[0] in loaded.target.packages)
        and not any(matches(pattern, module) for module in known)
    ]


def _nothing_recognised(loaded: Loaded, findings: Sequence[Finding]) -> list[Problem]:
    if any(set(module.roles) - {"tests"} for module in loaded.program.modules if not module.is_test):
        return []
    if (loaded.unreadable and not loaded.codes) or any(finding.rule[:2] != "CK" for finding in findings):
        return []
    if any(_imports_a_library(code) for code in loaded.codes.values()):
        return []
    files = len(loaded.target.files)
    return [
        Problem(
            f"nothing was recognised in {files} {'file' if files == 1 else 'files'}: no endpoint, provider, lifespan, "
            "worker, task, service or other role; is this the right folder? `conformance roles` shows what was seen, "
            "and `[tool.conformance.roles]` says what is what"
        )
    ]


def _imports_a_library(module: ModuleCode) -> bool:
    for node in walk(*module.body):
        match node:
            case Import(names=names):
                tops = {name.name.partition(".")[0] for name in names}
            case ImportFrom(module=source, level=0):
                tops = {source.partition(".")[0]}
            case _:
                continue
        if tops & LIBRARIES:
            return True
    return False


_UNSEEN: Final = "has no role, so that neither a rule about roles nor a contract looks at it"


def _without_role(loaded: Loaded) -> list[ModuleScope]:
    """Return the modules that no rule about roles, and no contract, looks at."""
    return [m for m in loaded.program.modules if not m.is_test and not m.roles and _holds_code(m.body)]


def _unseen(modules: Sequence[ModuleScope]) -> list[str]:
    """Return the note about modules without a role."""
    if not modules:
        return []
    names = [module.name for module in modules]
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    number = "1 module has" if len(names) == 1 else f"{len(names)} modules have"
    return [f"{number} no role, so that neither a rule about roles nor a contract looks at them: {shown}"]


def _holds_code(body: Sequence[Statement]) -> bool:
    return any(not isinstance(statement, Evaluate) for statement in body)


def _absent_roles(loaded: Loaded) -> list[str]:
    there = {role for module in loaded.program.modules for role in module.roles}
    absent = [role for role in ROLES if role not in there]
    return [f"no module was taken for: {', '.join(absent)}"] if absent else []
