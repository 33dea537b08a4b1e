"""The rules about imports as ready-made rules of pytest-archon.

    import pytest
    from conformance.archon import ImportRule, archrules

    @pytest.mark.parametrize("rule", archrules("app"), ids=str)
    def test_imports(rule: ImportRule) -> None:
        rule.check()

Which modules a rule is about follows from what each was taken for (`conformance roles`); pytest-archon then reads the
imports by itself. `rule.constraints` are pytest-archon's own, to be checked with other options.

Nothing of a package is imported: pytest-archon finds it on the path, and parses its files. For a dotted name it would
import the packages that hold it, so `archrules` takes names at the top alone.

What pytest-archon does not see, `conformance check` finds: what a re-export leads to, imports by a literal name,
attributes of packages, `from . import x` in an `__init__.py`, and in `from arq import Worker` what is imported.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import pytest
from pytest_archon import archrule
from pytest_archon.collect import package_dir
from pytest_archon.failure import add_failure, pop_failures

from conformance.check import configure, judge, load
from conformance.contracts.pack import FREE, IMPORT_RULES
from conformance.errors import TargetError, UsageError
from conformance.program.scopes import ModuleScope
from conformance.results import FindingStatus
from conformance.rules import all_rules
from conformance.rules.layers.framework_free_services import FRAMEWORKS
from conformance.selection import Chosen, Selection, answering, nearest_rule, selected

if TYPE_CHECKING:
    from pytest_archon.failure import Failure
    from pytest_archon.rule import RuleConstraints

    from conformance.check import Loaded
    from conformance.program import Program
    from conformance.results import Finding
    from conformance.rules.base import Rule

__all__ = ["RULES", "ImportRule", "archrules"]


_FREE_OF: Final = ("arq.cron", "arq.worker", *sorted(FRAMEWORKS))
"""What LY403 keeps out of services, by the names of modules: pytest-archon knows no others."""

_WITHIN: Final = {rule.id: rule for rule in IMPORT_RULES}
"""The rules about imports within the target, which the contracts for import-linter are made of, too."""

RULES: Final = tuple(sorted((*_WITHIN, FREE)))
"""The rules that there are for pytest-archon."""


@dataclass(frozen=True, slots=True)
class ImportRule:
    """One rule for the modules of a package to which it forbids the same.

    Attributes:
        name: the rule and whom it is about: `LY401 component-independence: app.components.backend`.
        package: the package whose imports are read.
        constraints: pytest-archon's; None where the rule has nothing to look at.
        nothing: why it has not.
    """

    name: str
    package: str
    constraints: RuleConstraints | None
    nothing: str = ""

    def __str__(self) -> str:
        return self.name

    def check(self, *, skip_type_checking: bool = False) -> None:
        """Hold the rule; skip the test where there is nothing to look at.

        Raises:
            AssertionError: it is broken. pytest-archon alone would keep that for its plugin, and pass without it.
        """
        __tracebackhide__ = True
        if self.constraints is None:
            pytest.skip(self.nothing)
        others = _taken()
        self.constraints.check(self.package, skip_type_checking=skip_type_checking, only_direct_imports=True)
        broken = _taken()
        for failure in others:
            add_failure(failure.rule_name, failure.rule_comment, failure.reason, list(failure.path))
        if broken:
            lines = (f"- {each.reason}" for each in broken)
            raise AssertionError("\n".join((f"FAILED Rule '{self.name}':", *dict.fromkeys(lines))))


def _taken() -> list[Failure]:
    """Take the failures that pytest-archon keeps for its plugin."""
    failures: list[Failure] = pop_failures()  # type: ignore[no-untyped-call]
    return failures


def archrules(package: str, *, select: Iterable[str] = ()) -> tuple[ImportRule, ...]:
    """Return the rules about imports for a package, made from what its modules were taken for.

    What a suppression allows, and the providers that DI111 lets a route import, are allowed here too.

    Args:
        package: the name of a package at the top, which has to be on the path.
        select: ids, names or prefixes of rules; those that are configured where none are given.

    Raises:
        ConformanceError: there is no such package, no such rule, or the configuration is wrong.
    """
    loaded, rules = _read(package, tuple(select))
    agreed = _Agreed(judge(loaded, Chosen(rules, (), all_rules())).findings)
    made: list[ImportRule] = []
    for rule in rules:
        groups = _groups(rule.id, loaded.program, package, agreed)
        for forbidden, importers in groups.items():
            name = f"{rule.id} {rule.name}: {_common(importers)}"
            constraints = archrule(name, comment=rule.summary).match(*importers).should_not_import(*forbidden)
            made.append(ImportRule(name, package, constraints))
        if not groups:
            made.append(ImportRule(f"{rule.id} {rule.name}", package, None, f"not applicable: {rule.nothing}"))
    return tuple(made)


def _read(package: str, select: tuple[str, ...]) -> tuple[Loaded, tuple[Rule[Any], ...]]:
    """Read the package, and say which rules there are to be."""
    if "." in package:
        top = package.partition(".")[0]
        raise UsageError(f"pytest-archon would import what holds `{package}`: give the package at the top, `{top}`")
    try:
        folder = package_dir(package)
    except (ImportError, ValueError) as error:
        raise TargetError(f"there is no package `{package}` on the path") from error
    known = tuple(rule for rule in all_rules() if rule.id in RULES)
    if unknown := [name for name in select if not answering(name, known)]:
        raise UsageError(f"there is no rule `{name}` for pytest-archon{nearest_rule(name, known)}" for name in unknown)
    config = configure([folder])
    if not config.root_packages:
        config = replace(config, root_packages=(package,))
    loaded = load([folder], config)
    if loaded.unreadable:
        raise TargetError(problem for error in loaded.unreadable for problem in error.problems)
    return loaded, tuple(r for r in selected(all_rules(), config, Selection(select=select)).rules if r in known)


class _Agreed:
    """Which imports a rule forbids and yet allows: suppressed ones, and those of DI111's providers."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.statuses = {(f.rule, f.path, f.line): f.status for f in findings}

    def pairs(self, rule: str, program: Program, importer: ModuleScope) -> frozenset[ModuleScope]:
        """Return the modules whose every import by the importer is allowed."""
        places: dict[ModuleScope, list[FindingStatus | None]] = {}
        for reach in program.reaches(importer):
            place = reach.place
            places.setdefault(reach.module, []).append(self.statuses.get((rule, place.path, place.span[0])))
        fine = {FindingStatus.SUPPRESSED, None} if rule == "DI111" else {FindingStatus.SUPPRESSED}
        return frozenset(module for module, statuses in places.items() if fine.issuperset(statuses))


def _groups(rule: str, program: Program, package: str, agreed: _Agreed) -> dict[tuple[str, ...], list[str]]:
    """Return what is forbidden, each with the importers to which just that is."""
    modules = [m for m in program.target_modules if m.name.partition(".")[0] == package]
    if rule == FREE:
        services = [m.name for m in modules if m.has_role("services")]
        return {tuple(name for top in _FREE_OF for name in (top, f"{top}.*")): services} if services else {}
    about = _WITHIN[rule]
    groups: dict[tuple[str, ...], list[str]] = {}
    for importer in modules:
        if not importer.has_role(*about.roles):
            continue
        allowed = agreed.pairs(rule, program, importer) | {importer}
        forbidden = tuple(m.name for m in modules if m not in allowed and about.forbids(program, importer, m))
        if forbidden:
            groups.setdefault(forbidden, []).append(importer.name)
    return groups


def _common(names: list[str]) -> str:
    """Return what the names have in common, for a person to read."""
    if len(names) == 1:
        return names[0]
    split = [name.split(".") for name in names]
    shared = [parts[0] for parts in itertools.takewhile(lambda parts: len(set(parts)) == 1, zip(*split, strict=False))]
    return f"{len(names)} modules of {'.'.join(shared)}"
