"""Suppressions that say no reason, and suppressions and ignores that match nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance import config as configuration
from conformance.files import Lines
from conformance.findings import UNUSED
from conformance.results import Place, Violation
from conformance.selection import answering, answers, nearest_rule
from conformance.suppressions import OWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from conformance.judging import Outcome
    from conformance.rules.base import Rule
    from conformance.selection import Chosen
    from conformance.stages import Loaded
    from conformance.suppressions import Suppressions

__all__ = ["only_to_see", "unused", "without_reason"]


def only_to_see(chosen: Chosen, suppressions: Suppressions) -> list[Rule[Any]]:
    """Return the rules that are run for nothing but to know whether a suppression, or an ignore, is of use."""
    if not any(rule.id == UNUSED for rule in chosen.rules):
        return list(chosen.ignored)
    running = {rule.id for rule in chosen.rules}
    names = {one.name for one in suppressions.all if one.name.upper() != "ALL"}
    named = [rule for rule in chosen.every if rule.id not in running and any(answers(name, rule) for name in names)]
    return list(dict.fromkeys((*chosen.ignored, *named)))


def without_reason(suppressions: Suppressions) -> list[Violation]:
    """Return where a comment does not say why."""
    found = {one.place: one for one in suppressions.all if not one.glob and not one.reason}
    return [
        Violation(place, "the suppression does not say why", "write the reason after it: ` -- reason`", detail=one.name)
        for place, one in found.items()
    ]


def unused(
    suppressions: Suppressions, outcomes: Mapping[str, Outcome], chosen: Chosen, loaded: Loaded
) -> list[Violation]:
    """Return what matches no finding, when all findings are made; of a part of the target nothing can be said."""
    if loaded.target.partial:
        return []
    return [*_suppressions(suppressions, outcomes, chosen, loaded), *_ignores(outcomes, chosen, loaded)]


def _suppressions(
    suppressions: Suppressions, outcomes: Mapping[str, Outcome], chosen: Chosen, loaded: Loaded
) -> Iterator[Violation]:
    rules = chosen.every
    for one in suppressions.unused():
        about = answering(one.name, rules)
        if (one.glob and not loaded.target.whole) or [rule.id for rule in about] == [UNUSED]:
            continue
        if not one.glob and one.name.partition("-")[0].casefold() == OWN:
            continue
        if not about:
            message = f"no rule answers to `{one.name}`{nearest_rule(one.name, rules)}"
            yield Violation(one.place, message, "correct the name", detail=f"unknown {one.name}")
        elif one.name.upper() == "ALL" and len(chosen.rules) < sum(1 for rule in rules if not rule.opt_in):
            continue
        elif _was_tried(about, outcomes):
            what = f"`{one.glob}` in `per-file-ignores`" if one.glob else "the suppression"
            which = "any rule" if one.name.upper() == "ALL" else one.name
            message = f"{what} matches no finding of {which}"
            yield Violation(one.place, message, "delete it", detail=f"{one.name} {one.glob}".strip())


def _ignores(outcomes: Mapping[str, Outcome], chosen: Chosen, loaded: Loaded) -> Iterator[Violation]:
    config = loaded.config
    shown = Lines(loaded.target).shown(config.file)
    for name in config.ignore if loaded.target.whole else ():
        about = [rule for rule in answering(name, chosen.every) if rule in chosen.ignored]
        if about and _was_tried(about, outcomes) and not any(outcomes[rule.id].violations for rule in about):
            line = max(configuration.line_of(config, "ignore"), 1)
            place = Place(shown, (line, 1, line, 1), "")
            yield Violation(place, f"`{name}` in `ignore` matches no finding", "delete it", detail=f"ignore {name}")


def _was_tried(rules: Iterable[Rule[Any]], outcomes: Mapping[str, Outcome]) -> bool:
    """Return whether the rules ran and did not crash: else nothing is known of a suppression."""
    ran = [outcomes[rule.id] for rule in rules if rule.id in outcomes]
    if any(rule.engine for rule in rules) and not ran:
        return True
    return bool(ran) and not any(outcome.crash for outcome in ran)
