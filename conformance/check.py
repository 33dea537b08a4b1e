"""The one use case: discover, extract, link, judge, report. Every door calls it and renders what it gives."""

from __future__ import annotations

import gc
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from conformance import baseline, diff, judging
from conformance import config as configuration
from conformance.account import report_of
from conformance.config import Config
from conformance.discovery import SourceFile, Target, discover
from conformance.errors import ConformanceError, TargetError, UnreadableModule
from conformance.facts.extract import extract
from conformance.program import link
from conformance.recursion import calls_up_to
from conformance.results import Problem, Report, Work
from conformance.rules import all_rules
from conformance.selection import Chosen, Selection, answers, selected
from conformance.stages import Examined, Loaded, Prepared
from conformance.suppressions import Suppressions, in_target
from conformance.trace import Trace, digest, digest_of
from conformance.unused import only_to_see

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from conformance.cache import Cache
    from conformance.facts.code import ModuleCode

__all__ = [
    "Examined", "Loaded", "Prepared", "check", "configure", "examine", "finished", "judge", "load",
    "place_of_baseline", "prepare", "read", "target_of", "with_recorded",
]  # fmt: skip


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
    by_id = {rule.id: rule for rule in chosen.every}
    suppressions = Suppressions(in_target(loaded), lambda name, rule: rule in by_id and answers(name, by_id[rule]))
    tried = [rule for rule in (*chosen.rules, *only_to_see(chosen, suppressions)) if not rule.engine]
    started = time.perf_counter()
    partial = loaded.target.partial
    outcomes = judging.outcomes(tried, loaded.program, partial=partial, processes=processes, progress=progress)
    report = report_of(loaded, chosen, suppressions, outcomes)
    seconds = (*loaded.seconds, ("judging", time.perf_counter() - started))
    return replace(report, work=Work(parsed=loaded.parsed, judged=len(tried), seconds=seconds))
