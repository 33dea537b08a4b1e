"""Findings, made of what rules yield: weighed as configured, suppressed where a suppression covers the line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from conformance import config as configuration
from conformance.results import (
    Finding,
    FindingStatus,
    Place,
    Severity,
    Undecidable,
    Violation,
    fingerprint,
)
from conformance.selection import answers, exactness

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.config import Config
    from conformance.errors import UnreadableModule
    from conformance.files import Lines
    from conformance.judging import Outcome
    from conformance.rules.base import Rule
    from conformance.suppressions import Suppressions

__all__ = ["UNDECIDABLE", "UNREADABLE", "UNUSED", "WITHOUT_REASON", "Maker"]

UNUSED: Final = "CK901"
WITHOUT_REASON: Final = "CK902"
UNREADABLE: Final = "CK903"
UNDECIDABLE: Final = "CK904"
"""The rules about the check itself."""


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the findings of one check.

    Attributes:
        config: says how much each weighs.
        suppressions: what is suppressed; they remember which of them were of use.
        lines: the text of the line that a finding is about.
        by_id: every rule.
    """

    config: Config
    suppressions: Suppressions
    lines: Lines
    by_id: Mapping[str, Rule[Any]]

    def finding(self, rule: Rule[Any], violation: Violation) -> Finding:
        """Return the finding about what a rule yields."""
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

    def undecidable(self, rule: Rule[Any], each: Undecidable) -> Finding:
        """Return the finding about a place of which a rule can say nothing."""
        message = f"{rule.id} {rule.name}: {each.message}"
        instead = "write the name out, or say here why it is right"
        return self.finding(self.by_id[UNDECIDABLE], Violation(each.place, message, instead))

    def unreadable(self, error: UnreadableModule) -> Finding:
        """Return the finding about a file that was not read: suppressed where it is accepted by name."""
        place = Place(error.path, (error.line, 1, error.line, 1), "")
        rule = self.by_id[UNREADABLE]
        found = self.finding(rule, Violation(place, f"not checked: {error.message}", rule.instead, detail=error.path))
        if configuration.is_accepted(self.config, error.path):
            return replace(found, status=FindingStatus.SUPPRESSED, reason=f"accepted in {self.config.shown}")
        return found

    def lacking(self, outcome: Outcome) -> Finding:
        """Return the finding about a required rule that had nothing to look at."""
        rule = outcome.rule
        line = max(configuration.line_of(self.config, "required"), 1)
        place = Place(self.lines.shown(self.config.file), (line, 1, line, 1), "")
        message = f"{rule.id} is required, and had nothing to look at: {rule.nothing}"
        return self.finding(rule, Violation(place, message, "take it from `required`, or see `conformance roles`"))
