"""The rules: one file each, found by their place in this package."""

from __future__ import annotations

import importlib
import pkgutil
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from conformance.facts.literals import keywords_of
from conformance.results import Severity
from conformance.rules.base import Example, Rule, by_the_engine, no_subjects

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Rule", "all_rules", "rule_called"]

_RUN = frozenset({"subjects", "check"})
"""What a rule has besides texts."""


@cache
def all_rules() -> tuple[Rule[Any], ...]:
    """Return every rule, sorted by id. A rule is a module `rules/<family>/<rule>.py` that defines `RULE`."""
    made = (_rule_in(family, module) for family, module in _modules())
    return tuple(sorted((rule for rule in made if rule is not None), key=lambda rule: rule.id))


def rule_called(name: str) -> Rule[Any] | None:
    """Return the rule with this id or name, for people to read. None where there is none.

    What a rule says of itself stands as literals in its file, in `RULE = Rule(…)`, and is read there: neither the
    engine nor another rule is loaded. Where something is no literal, the file is loaded.
    """
    said = (f'\n    id="{name.upper()}",\n', f'\n    name="{name.casefold()}",\n')
    for family, module in _modules():
        source = _source(family, module)
        if any(line in source for line in said):
            rule = _written_in(source) or _rule_in(family, module)
            if rule is not None and (rule.id == name.upper() or rule.name == name.casefold()):
                return rule
    return None


def _modules() -> Iterator[tuple[str, str]]:
    """Yield the package of a family, and the name of a module in it."""
    for family in pkgutil.iter_modules(__path__, f"{__name__}."):
        if family.ispkg:
            package = importlib.import_module(family.name)
            yield from ((family.name, module.name) for module in pkgutil.iter_modules(package.__path__))


def _rule_in(family: str, module: str) -> Rule[Any] | None:
    rule = getattr(importlib.import_module(f"{family}.{module}"), "RULE", None)
    return rule if isinstance(rule, Rule) else None


def _written_in(source: str) -> Rule[Any] | None:
    """Return the rule that a module defines, by its text."""
    said = keywords_of(source, "RULE", {"Example": Example, "Severity": Severity}, without=_RUN)
    return None if said is None else Rule(**said, subjects=no_subjects, check=by_the_engine)


def _source(family: str, module: str) -> str:
    """Return the text of a module, "" where it was installed without."""
    with suppress(OSError):
        return (pkgutil.get_data(family, f"{module}.py") or b"").decode()
    return ""
