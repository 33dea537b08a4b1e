"""The rules: one file each, found by their place in this package."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any

from conformance.rules.base import Rule


@cache
def all_rules() -> tuple[Rule[Any], ...]:
    """Return every rule, sorted by id. A rule is a module `rules/<family>/<rule>.py` that defines `RULE`."""
    found: list[Rule[Any]] = []
    for family in pkgutil.iter_modules(__path__):
        if not family.ispkg:
            continue
        package = importlib.import_module(f"{__name__}.{family.name}")
        for module in pkgutil.iter_modules(package.__path__):
            rule = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "RULE", None)
            if isinstance(rule, Rule):
                found.append(rule)
    return tuple(sorted(found, key=lambda rule: rule.id))
