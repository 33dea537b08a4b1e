"""The pages that are read outside a terminal: `conformance/docs/*.md`, and what is generated of them from the rules."""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from conformance.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from conformance.rules.base import Example, Rule

__all__ = ["FAMILIES", "PAGES", "page", "rules_page", "rules_table"]

PAGES: Final[Mapping[str, str]] = {
    "ci": "recipes for GitHub, GitLab, pre-commit and plain pytest",
    "configuration": "every key, and how roles are decided",
    "contracts": "the import-linter contracts, and how to copy them",
    "fleet": "many checkouts: one document, and a scorecard",
    "own-rules": "a team's own rules, in a test or in this package",
    "review": "the review checklist, and the map",
    "rules": "every rule: what it reports, why, and what to write instead",
    "suppressing": "exceptions, severities, and the record of today's findings",
}
"""The pages, and what each is about."""

FAMILIES: Final[Mapping[str, str]] = {
    "DI": "Providers and injection",
    "LC": "The life of resources",
    "WK": "The arq worker",
    "LY": "Layers and components",
    "DV": "Where data is validated",
    "CF": "Configuration",
    "TS": "Tests",
    "FP": "Forbidden patterns (opt-in)",
    "CK": "The check itself",
}
"""The first letters of the rules' ids, and what these rules are about."""


def page(name: str) -> str:
    """Return a page.

    Raises:
        UsageError: there is no such page.
    """
    if name not in PAGES:
        raise UsageError(f"there is no page `{name}`; there are {', '.join(PAGES)}")
    return resources.files("conformance").joinpath("docs", f"{name}.md").read_text("utf-8")


def rules_table(rules: Iterable[Rule[Any]]) -> str:
    """Return a table of the rules for each family."""
    return "\n".join(
        f"**{title}**\n\n| rule | | reports |\n| --- | --- | --- |\n" + "".join(map(_row, members))
        for title, members in _families(rules)
    )


def _row(rule: Rule[Any]) -> str:
    cells = (f"[{rule.id}](conformance/docs/rules.md#{_anchor(rule)})", f"`{rule.name}`", _sentence(rule) + _mark(rule))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def rules_page(rules: Iterable[Rule[Any]]) -> str:
    """Return the pages of all rules as one Markdown document."""
    parts = ["# The rules", "Written by `GOLDEN=write pytest tests/test_handbook.py` from the rules themselves."]
    for title, members in _families(rules):
        parts.append(f"## {title}")
        parts += [part for rule in members for part in _page_of(rule)]
    return "\n\n".join(parts) + "\n"


def _families(rules: Iterable[Rule[Any]]) -> Iterator[tuple[str, Sequence[Rule[Any]]]]:
    every = list(rules)
    for letters, title in FAMILIES.items():
        members = [rule for rule in every if rule.id.startswith(letters)]
        if members:
            yield title, members


def _page_of(rule: Rule[Any]) -> Iterator[str]:
    yield f"### {rule.id} {rule.name}"
    yield f"{_sentence(rule)}{_mark(rule)}"
    yield f"*Source: {rule.source}.*"
    yield f"**Why.** {rule.why.strip()}"
    yield "**What is reported**"
    yield from map(_example, rule.bad[:1])
    yield f"**Write instead.** {rule.instead.strip()}"
    yield from map(_example, rule.good[:1])
    if rule.configure:
        yield f"**Configure.** {rule.configure.strip()}"


def _example(example: Example) -> str:
    return f"{_capital(example.title)}:\n\n```python\n{_code(example.files.strip())}\n```"


def _code(text: str) -> str:
    """Return the files of an example as one listing, its marks as arrows."""
    named = re.sub(r"^--- (.*)$", r"\n# \1", text, flags=re.MULTILINE).strip("\n")
    return re.sub(r"#\s*expect:\s*([A-Z0-9 ,]+)$", r"# <-- \1", named, flags=re.MULTILINE)


def _sentence(rule: Rule[Any]) -> str:
    return _capital(" ".join(rule.summary.split())).rstrip(".") + "."


def _capital(text: str) -> str:
    first = text.split(maxsplit=1)[0]
    return text if re.search(r"[._`\d(]", first) or first == "arq's" else text[0].upper() + text[1:]


def _mark(rule: Rule[Any]) -> str:
    marks = [rule.severity.value] if rule.severity.value != "error" else []
    marks += ["opt-in"] if rule.opt_in else []
    return f" *({', '.join(marks)})*" if marks else ""


def _anchor(rule: Rule[Any]) -> str:
    return f"{rule.id.lower()}-{rule.name}"
