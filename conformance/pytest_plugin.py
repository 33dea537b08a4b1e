"""The pytest plugin: one item per rule, off until asked for; and the fixture `architecture` for a team's own rules.

`pytest --conformance`, or `conformance = true` in pytest's configuration, adds the items. Where it is off, nothing of
the engine is imported.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from conformance.architecture import Architecture
    from conformance.cache import Cache, Call
    from conformance.check import Loaded, Prepared
    from conformance.reporters.pytest_items import Item as Outcome

NODE: Final = "conformance"
"""What the node ids begin with: `conformance::DI101 nullable-provider`."""

CHECKS: Final = "conformance-checks"
"""The plugin that is registered where the check is asked for."""

COMPLETENESS: Final = "completeness"
"""The item that fails where the check could not be done, or not completely."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, and the same for pytest's configuration."""
    group = parser.getgroup("conformance", "architecture (conformance)")
    group.addoption("--conformance", action="store_true", help="check the architecture: one test for each rule")
    group.addoption(
        "--conformance-target",
        action="append",
        default=[],
        metavar="PATH",
        help="a folder, a file or a package to check; can be given several times (implies --conformance); "
        "default: what the configuration of conformance names, else the root folder",
    )
    group.addoption(
        "--conformance-select",
        action="append",
        default=[],
        metavar="RULES",
        help="rules to run: ids, names or prefixes, with commas (implies --conformance)",
    )
    parser.addini("conformance", "check the architecture in every run of the whole suite", type="bool", default=False)
    parser.addini("conformance_target", "what --conformance-target says", type="args", default=[])
    parser.addini("conformance_select", "what --conformance-select says", type="args", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Register what does the work, where it is asked for."""
    config.addinivalue_line("markers", "conformance: the items of the architecture check")
    if not config.option.help and _is_asked_for(config):
        config.pluginmanager.register(Checks(config), CHECKS)


@pytest.fixture(scope="session")
def architecture(request: pytest.FixtureRequest) -> Architecture:
    """The architecture of the target, for a team's own rules; read when it is first asked for."""
    from conformance.architecture import Architecture  # noqa: PLC0415

    config = request.config
    checks = config.pluginmanager.get_plugin(CHECKS)
    if isinstance(checks, Checks) and isinstance(checks.run, Run):
        return Architecture(checks.run.loaded)
    return Architecture.of(*_targets(config), cwd=_base(config))


def _is_asked_for(config: pytest.Config) -> bool:
    option = config.option
    if option.conformance or option.conformance_target or option.conformance_select:
        return True
    return bool(config.getini("conformance")) and not _is_about_single_tests(config)


def _is_about_single_tests(config: pytest.Config) -> bool:
    """Whether the command line names nothing but test files and tests in them: then the rest is not wanted."""
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        return False
    folder = config.invocation_params.dir
    return all(
        not arg.startswith(f"{NODE}::") and (folder / arg.partition("::")[0].partition("[")[0]).is_file()
        for arg in config.args
    )


def _targets(config: pytest.Config) -> list[str]:
    given: list[str] = config.option.conformance_target or config.getini("conformance_target")
    return given


def _base(config: pytest.Config) -> Path:
    """Return what the targets count from: the current folder those of the command line, the root folder the others."""
    return config.invocation_params.dir if config.option.conformance_target else config.rootpath


def _names(config: pytest.Config) -> tuple[str, ...]:
    given: list[str] = config.option.conformance_select or config.getini("conformance_select")
    return tuple(name.strip() for text in given for name in text.split(",") if name.strip())


def _cache(config: pytest.Config, call: Call) -> Cache | None:
    """Return where the report is remembered: with what pytest itself remembers, unless that is switched off."""
    from conformance.cache import Cache  # noqa: PLC0415

    own = getattr(config, "cache", None)
    try:
        return None if own is None else Cache(own.mkdir("conformance"), call)
    except OSError:
        return None


# --- where it is on ------------------------------------------------------------------------------------------------


class Run:
    """One check: prepared at the start of the session, made when its outcome is first asked for.

    Where nothing has changed since a run before, the report of that one counts.
    """

    def __init__(self, config: pytest.Config) -> None:
        """Take the options.

        Raises:
            ConformanceError: all that is wrong with them, and with the configuration.
        """
        from conformance.cache import Call  # noqa: PLC0415
        from conformance.check import prepare  # noqa: PLC0415
        from conformance.selection import Selection  # noqa: PLC0415

        targets = [Path(target) for target in _targets(config)]
        self.cache = _cache(config, Call(_base(config), targets, rules=_names(config), by="pytest"))
        self.recalled = self.cache.recalled() if self.cache else None
        self.prepared: Prepared = prepare(targets, selection=Selection(select=_names(config)), cwd=_base(config))
        self.names = (*(f"{rule.id} {rule.name}" for rule in self.prepared.chosen.rules), COMPLETENESS)
        self.advice = ""

    @cached_property
    def loaded(self) -> Loaded:
        """The target, read and linked."""
        from conformance.check import read  # noqa: PLC0415

        return read(self.prepared.target, self.prepared.config)

    @cached_property
    def outcomes(self) -> dict[str, Outcome]:
        """What became of each rule, by the name of its item."""
        from conformance.check import finished, judge  # noqa: PLC0415
        from conformance.reporters.pytest_items import advice, items_of, not_done  # noqa: PLC0415

        try:
            report = self.recalled or finished(judge(self.loaded, self.prepared.chosen), self.loaded, self.cache)
        except Exception as error:  # noqa: BLE001 - whatever it is, no rule has passed
            return {item.name: item for item in not_done(self.names, error)}
        self.advice = advice(report)
        return {item.name: item for item in items_of(report)}

    def sent(self) -> list[tuple[str, str, str]]:
        """Return the outcomes in a form that travels between processes."""
        return [(item.name, item.status, item.text) for item in self.outcomes.values()]


class Received:
    """A check that was made by the process that started this one."""

    def __init__(self, sent: Iterable[tuple[str, Literal["passed", "failed", "skipped", "error"], str]]) -> None:
        from conformance.reporters.pytest_items import Item  # noqa: PLC0415

        self.outcomes = {name: Item(name, status, text) for name, status, text in sent}
        self.names = tuple(self.outcomes)
        self.advice = ""


class Checks:
    """The hooks that do the work.

    The check is made once in a run: by the process that runs the items, when the first of them is run; under
    pytest-xdist by the one that hands out the work, which sends the outcome to the workers.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.wanted = {arg.partition("::")[2] for arg in config.args if arg.startswith(f"{NODE}::")}
        config.args[:] = [arg for arg in config.args if not arg.startswith(f"{NODE}::")]

    @cached_property
    def run(self) -> Run | Received:
        """The check: made here, or by the process that started this one."""
        sent = getattr(self.config, "workerinput", {}).get(NODE)
        return Run(self.config) if sent is None else Received(sent)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Say at once what is wrong with the options and the configuration."""
        from conformance.errors import ConformanceError, shown  # noqa: PLC0415

        try:
            names = self.run.names
        except ConformanceError as error:
            raise pytest.UsageError(*(f"conformance: {shown(problem)}" for problem in error.problems)) from error
        if unknown := self.wanted.difference(names):
            raise pytest.UsageError(*(f"conformance: no such item: {NODE}::{name}" for name in sorted(unknown)))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # noqa: ANN401 - pytest-xdist has no types for it
        """Send the outcome to a worker of pytest-xdist."""
        assert isinstance(self.run, Run)  # noqa: S101 - a worker starts no workers
        node.workerinput[NODE] = self.run.sent()

    def pytest_report_header(self) -> str:
        """Say what is checked."""
        rules = len(self.run.names) - 1
        return f"conformance: {', '.join(_targets(self.config)) or self.config.rootpath}, {rules} rules"

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Add the items to what the session collects."""
        report = yield
        if isinstance(collector, pytest.Session) and report.passed:
            report.result = [*report.result, Rules.from_parent(collector, name=NODE, nodeid=NODE, checks=self)]
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let a skipped rule be at no line of this file."""
        report = yield
        if isinstance(item, Rule) and isinstance(report.longrepr, tuple):
            report.longrepr = (NODE, None, report.longrepr[2])  # type: ignore[assignment]
        return report

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """List the advice and the notes, which fail nothing."""
        if self.run.advice:
            terminalreporter.section("architecture: advice and notes")
            terminalreporter.write(self.run.advice)


class Rules(pytest.Collector):
    """Collects an item per rule, and one that says whether the check is complete."""

    def __init__(self, *, checks: Checks, **others: Any) -> None:  # noqa: ANN401 - pytest's own
        super().__init__(**others)
        self.checks = checks

    def collect(self) -> Iterable[pytest.Item]:
        """Yield the items."""
        for name in self.checks.run.names:
            if not self.checks.wanted or name in self.checks.wanted:
                yield Rule.from_parent(self, name=name, checks=self.checks)


class Rule(pytest.Item):
    """One rule: it fails with its findings, and is skipped where it had nothing to look at."""

    def __init__(self, *, checks: Checks, **others: Any) -> None:  # noqa: ANN401 - pytest's own
        super().__init__(**others)
        self.checks = checks
        self.add_marker(pytest.mark.conformance)

    def setup(self) -> None:
        """Raise where the rule could not be tried: that is an error, not a failure."""
        outcome = self._outcome()
        if outcome.status == "error":
            raise Told(outcome.text)

    def runtest(self) -> None:
        """Pass, fail or skip as the rule did."""
        outcome = self._outcome()
        if outcome.status == "failed":
            raise Told(outcome.text)
        if outcome.status == "skipped":
            pytest.skip(outcome.text)

    def _outcome(self) -> Outcome:
        run = self.checks.run
        outcome, whole = run.outcomes[self.name], run.outcomes[COMPLETENESS]
        if outcome.status in {"passed", "skipped"} and whole.status == "error":
            told = any(isinstance(item, Rule) and item.name == COMPLETENESS for item in self.session.items)
            return outcome if told else whole
        return outcome

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ANN401
        """Show the findings, not where this file raised them."""
        if isinstance(excinfo.value, Told):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return what the item is called; it has no file."""
        return self.config.rootpath / NODE, 0, self.name


class Told(Exception):  # noqa: N818 - what a rule has to say
    """What a rule found, or why it could not be tried."""
