"""What the reporters have in common: text that can do no harm, counts in words, colour."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from conformance.results import FindingStatus, Report, RuleStatus, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from conformance.results import Finding, RuleResult

__all__ = ["Look", "by_status", "counted", "inert", "listed", "new", "no_command", "rules_line", "summary"]

_PLAIN = re.compile(r"[^\x20-\x7e]")
_STANDING_FOR_NOTHING: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def inert(text: str) -> str:
    r"""Return the text with every character that could act on a terminal or a reader's eye written out: `\x1b`.

    Control and format characters (which turn the direction of text), separators of lines, lone surrogates.
    """
    return _PLAIN.sub(lambda found: _written_out(found[0]), text)


def _written_out(character: str) -> str:
    if unicodedata.category(character) not in _STANDING_FOR_NOTHING:
        return character
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def no_command(text: str) -> str:
    """Return the start of a line so written that the log of a CI does not take it for a command (`::error::`)."""
    return f"\\x{ord(text[0]):x}{text[1:]}" if text.startswith(("::", "##")) else text


_INKS: Final[Mapping[str, str]] = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "cyan": "36",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How text for people looks.

    Attributes:
        colour: with ANSI colours.
        links: paths are hyperlinks, for terminals that know them.
        quiet: findings and problems alone.
        verbose: what is suppressed or baselined too, and every rule with what it took.
        width: how many columns text is wrapped to.
        hints: for somebody who asks what to do next.
    """

    colour: bool = False
    links: bool = False
    quiet: bool = False
    verbose: bool = False
    width: int = 100
    hints: bool = False

    def ink(self, text: str, *names: str) -> str:
        """Return the text in colours, where colour is wanted."""
        if not self.colour or not text:
            return text
        return f"\x1b[{';'.join(_INKS[name] for name in names)}m{text}\x1b[0m"

    def linked(self, text: str, root: str, path: str, line: int) -> str:
        """Return the text as a hyperlink to a line, where hyperlinks are wanted."""
        if not self.links:
            return text
        from urllib.parse import quote  # noqa: PLC0415 - of use to few, and slow to import

        target = f"file://{quote(f'{root}/{path}'.encode('utf-8', 'surrogateescape'))}#{line}"
        return f"\x1b]8;;{target}\x1b\\{text}\x1b]8;;\x1b\\"


def new(report: Report) -> tuple[Finding, ...]:
    """Return the findings that count."""
    return tuple(finding for finding in report.findings if finding.status is FindingStatus.NEW)


def by_status(report: Report, status: RuleStatus) -> tuple[RuleResult, ...]:
    """Return the rules that have this status."""
    return tuple(result for result in report.rules if result.status is status)


def counted(number: int, one: str, several: str = "") -> str:
    """Return `1 file`, `2 files`."""
    return f"{number} {one if number == 1 else several or one + 's'}"


def listed(parts: Iterable[str]) -> str:
    """Return the parts that are not empty, with commas."""
    return ", ".join(part for part in parts if part)


def summary(report: Report) -> str:
    """Return what was found, in one line."""
    found = new(report)
    errors = sum(1 for finding in found if finding.severity is Severity.ERROR)
    advice = len(found) - errors
    suppressed, baselined = report.counted(FindingStatus.SUPPRESSED), report.counted(FindingStatus.BASELINED)
    what = listed((counted(errors, "error") if errors else "", f"{advice} advice" if advice else "")) or "nothing found"
    besides = listed((f"{suppressed} suppressed" if suppressed else "", f"{baselined} baselined" if baselined else ""))
    where = f" of {', '.join(map(inert, report.packages))}" if 0 < len(report.packages) <= 6 else ""
    return f"{what} in {counted(report.files, 'file')}{where}{f' ({besides})' if besides else ''}"


def rules_line(report: Report) -> str:
    """Return how many rules passed, failed, had nothing to look at, …, in one line."""
    words = {
        RuleStatus.PASSED: "passed",
        RuleStatus.FAILED: "failed",
        RuleStatus.NOT_APPLICABLE: "not applicable",
        RuleStatus.UNDECIDABLE: "undecidable",
        RuleStatus.CRASHED: "crashed",
    }
    numbers = ((len(by_status(report, status)), word) for status, word in words.items())
    return f"rules: {listed(f'{number} {word}' for number, word in numbers if number)}"
