"""Which rules run: by id, by name, by prefix."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conformance.config import nearest
from conformance.errors import ConfigurationError, UsageError
from conformance.results import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from conformance.config import Config
    from conformance.rules.base import Rule

__all__ = ["Chosen", "Selection", "answering", "answers", "exactness", "matching", "nearest_rule", "selected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What the caller chose, over what is configured: as ruff's `--select`, `--extend-select` and `--ignore`."""

    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rules to run, and those that the configuration's file ignores: these are run to see whether that matters."""

    rules: tuple[Rule[Any], ...]
    ignored: tuple[Rule[Any], ...]
    every: tuple[Rule[Any], ...]


def selected(rules: Sequence[Rule[Any]], config: Config, selection: Selection) -> Chosen:
    """Return the rules to run. The more exact name wins: `ignore = ["DI"]` leaves `extend-select = ["DI101"]` alone.

    Raises:
        ConfigurationError: the configuration names a rule that does not exist; all of them at once.
        UsageError: the selection does; all of them at once.
    """
    named = {
        "select": config.select,
        "extend-select": config.extend_select,
        "ignore": config.ignore,
        "required": config.required,
        "severity": tuple(config.severity),
        "per-file-ignores": tuple(name for names in config.per_file_ignores.values() for name in names),
    }
    wrong = [
        Problem(f"unknown rule `{name}` in `{key}`{nearest_rule(name, rules)}", config.shown)
        for key, names in named.items()
        for name in dict.fromkeys(names)
        if not answering(name, rules)
    ]
    if wrong:
        raise ConfigurationError(wrong)
    mistyped = [
        Problem(f"unknown rule `{name}`{nearest_rule(name, rules)}")
        for name in dict.fromkeys((*selection.select, *selection.extend_select, *selection.ignore))
        if not answering(name, rules)
    ]
    if mistyped:
        raise UsageError(mistyped)
    configured = _layer({}, rules, config.select, config.extend_select, config.ignore)
    final = _layer(configured, rules, selection.select, selection.extend_select, selection.ignore)
    without_ignore = _layer(
        _layer({}, rules, config.select, config.extend_select, ()),
        rules,
        selection.select,
        selection.extend_select,
        selection.ignore,
    )
    ignored = tuple(
        rule for rule in rules if without_ignore.get(rule.id) and not final.get(rule.id) and not rule.engine
    )
    return Chosen(tuple(rule for rule in rules if final.get(rule.id)), ignored, tuple(rules))


def _layer(
    before: Mapping[str, bool],
    rules: Sequence[Rule[Any]],
    select: Sequence[str],
    extend: Sequence[str],
    ignore: Sequence[str],
) -> dict[str, bool]:
    """Return which rules are on after one layer of choices; within it, the more exact name decides."""
    on = {} if select else dict(before)
    choices = [(name, True) for name in (*select, *extend)] + [(name, False) for name in ignore]
    for name, wanted in sorted(choices, key=lambda choice: (exactness(choice[0]), not choice[1])):
        for rule in answering(name, rules):
            if wanted and rule.opt_in and name.upper() == "ALL":
                continue
            on[rule.id] = wanted
    return on


def exactness(name: str) -> int:
    """Return how exactly a name says which rules it means: `ALL` least, an id or a rule's name most."""
    if name.upper() == "ALL":
        return 0
    return len(name) if re.fullmatch(r"[A-Za-z]{2}\d{0,3}", name) else 5


def answers(name: str, rule: Rule[Any]) -> bool:
    """Return whether a rule goes by that id, name or prefix."""
    upper = name.upper()
    return (
        upper in ("ALL", rule.id)
        or name.casefold() == rule.name
        or (re.fullmatch(r"[A-Z]{2}\d{0,2}", upper) is not None and rule.id.startswith(upper))
    )


def matching(name: str, rules: Sequence[Rule[Any]]) -> list[Rule[Any]]:
    """Return the rules that go by an id, name or prefix.

    Raises:
        UsageError: no rule does.
    """
    if found := answering(name, rules):
        return found
    raise UsageError(f"unknown rule `{name}`{nearest_rule(name, rules)}")


def answering(name: str, rules: Sequence[Rule[Any]]) -> list[Rule[Any]]:
    """Return the rules that go by an id, name or prefix, or none."""
    return [rule for rule in rules if answers(name, rule)]


def nearest_rule(name: str, rules: Sequence[Rule[Any]]) -> str:
    """Return "; did you mean …?" with the nearest id, name or prefix, or where they are listed."""
    known = [
        *(rule.id for rule in rules),
        *(rule.name for rule in rules),
        *sorted({rule.id[:2] for rule in rules}),
        "ALL",
    ]
    return nearest(name, known) or "; `conformance rule` lists them"
