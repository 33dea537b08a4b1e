"""Contract types for import-linter that it has not got itself: they ask the same engine as `conformance check`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from importlinter import Contract, ContractCheck, fields
from importlinter.application import output

from conformance.check import check
from conformance.errors import ConformanceError
from conformance.results import Finding, FindingStatus, Problem, Report, RuleStatus, Severity
from conformance.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grimp import ImportGraph

__all__ = ["ContextWriter", "DepsFacade", "EngineContract", "Rules", "StateWriter", "folder_of"]


class EngineContract(Contract):
    """A contract that is kept where rules of conformance find nothing.

    Configuration options:

        - packages: The packages to check; the root packages where none are given. (Optional.)

    The packages are read, never imported, and are judged together. A rule that has nothing to look at is a warning; a
    file that cannot be read and a rule that crashes break the contract.
    """

    rule: ClassVar[str] = ""

    packages = fields.ListField(subfield=fields.StringField(), required=False)

    @property
    def wanted(self) -> tuple[str, ...]:
        """The rules that judge."""
        return (self.rule,)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002 - import-linter's signature
        """Let the rules judge the packages."""
        given: list[str] = self.packages or self.session_options["root_packages"]  # type: ignore[assignment]
        folders = {package: folder_of(package) for package in given}
        broken = [f"there is no package `{package}` on the path" for package, at in folders.items() if at is None]
        found = list(dict.fromkeys(folder for folder in folders.values() if folder is not None))
        warnings: list[str] = []
        if found:
            try:
                report = check(found, selection=Selection(select=self.wanted))
            except ConformanceError as error:
                broken += [_told(problem) for problem in error.problems]
            else:
                broken += _broken(report)
                lacking = [r for r in report.rules if r.status is RuleStatus.NOT_APPLICABLE]
                warnings = [f"{', '.join(given)}: {r.reason}" for r in lacking]
        return ContractCheck(kept=not broken, metadata={"broken": broken}, warnings=warnings)

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print each finding as a line, with what to write instead."""
        for line in check.metadata["broken"]:
            output.print_error(line, bold=False)
        output.new_line()


class DepsFacade(EngineContract):
    """Routes import from the deps package, never from a module behind it (DI111)."""

    type_name = "deps_facade"
    rule = "DI111"


class StateWriter(EngineContract):
    """The lifespan alone writes app.state (DI108)."""

    type_name = "state_writer"
    rule = "DI108"


class ContextWriter(EngineContract):
    """The worker's own modules alone write arq's context (WK301)."""

    type_name = "ctx_writer"
    rule = "WK301"


class Rules(EngineContract):
    """Any rules of conformance, by id, name or prefix.

    Configuration options, besides those that all have:

        - rules: The rules: `LY402`, `inward-dependencies`, `LY`.
    """

    type_name = "conformance_rules"

    rules = fields.ListField(subfield=fields.StringField())

    @property
    def wanted(self) -> tuple[str, ...]:
        """The rules that are given."""
        return tuple(self.rules)  # type: ignore[arg-type]


def folder_of(package: str) -> Path | None:
    """Return the folder of a package, or the file of a module, without importing it or a package that holds it."""
    top, *inner = package.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None:
        return None
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    if not folders:
        return Path(spec.origin) if spec.origin and not inner else None
    for folder in folders:
        found = folder.joinpath(*inner)
        if found.is_dir():
            return found
        if inner and found.with_suffix(".py").is_file():
            return found.with_suffix(".py")
    return None


def _broken(report: Report) -> Iterator[str]:
    for finding in report.findings:
        if finding.status is FindingStatus.NEW and finding.severity is Severity.ERROR:
            yield _said(finding)
    yield from (_told(problem) for problem in report.problems)
    yield from (f"{r.rule} {r.name} crashed: {r.reason}" for r in report.rules if r.status is RuleStatus.CRASHED)


def _said(finding: Finding) -> str:
    where = f"{finding.path}:{finding.line}:{finding.column}"
    return f"{where}: {finding.rule} {finding.message}; {finding.instead}"


def _told(problem: Problem) -> str:
    where = f"{problem.path}:{problem.line}: " if problem.path else ""
    return f"{where}{problem.message}"
