"""The scorecard: checkouts by families of rules, with what has changed since an earlier run; Markdown and HTML."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from conformance.errors import shown
from conformance.fleet.checkouts import State
from conformance.fleet.documents import found
from conformance.handbook import FAMILIES
from conformance.reporters.markdown import plain
from conformance.reporters.text import by_status, counted, inert, listed, new
from conformance.results import RuleStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from conformance.fleet.checkouts import Outcome
    from conformance.fleet.documents import Found

__all__ = ["Scorecard", "html", "markdown", "scorecard"]

SHOWN: Final = 5
"""How many problems of one checkout are shown; the others are counted."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What the rules of one family, or all of them, found in one checkout, or in all.

    Attributes:
        number: the findings that count, advice included; None where the rules had nothing to look at.
        came: how many were not there in the earlier run; None where there is nothing to compare with.
        went: how many were there, and are not now.
    """

    number: int | None
    came: int | None = None
    went: int | None = None

    @property
    def trend(self) -> str:
        return listed((f"+{self.came}" if self.came else "", f"-{self.went}" if self.went else "")).replace(", ", " ")


@dataclass(frozen=True, slots=True)
class Row:
    """A checkout: its state, and a cell for each family and for all together."""

    name: str
    state: State
    files: int
    cells: tuple[Cell, ...]
    total: Cell


@dataclass(frozen=True, slots=True)
class Scorecard:
    """What the pages show.

    Attributes:
        families: the families of which a rule ran somewhere.
        rows: the checkouts, as they are listed.
        sums: the last row.
        problems: what kept checkouts from being checked, wholly or at all: by their names.
        rules: each rule that found something, with its findings and in how many checkouts.
        compared: there is an earlier run to compare with.
    """

    families: tuple[str, ...]
    rows: tuple[Row, ...]
    sums: tuple[Cell, ...]
    problems: tuple[tuple[str, tuple[str, ...]], ...]
    rules: tuple[tuple[str, str, int, int], ...]
    compared: bool


def scorecard(outcomes: Sequence[Outcome], before: Mapping[str, Found] | None = None) -> Scorecard:
    """Return the scorecard of a run, held against an earlier one where there is one."""
    ran = {result.rule[:2] for each in outcomes for result in each.report.rules}
    families = tuple(family for family in FAMILIES if family in ran)
    rows = tuple(_row(each, families, before) for each in outcomes)
    columns = [[row.cells[place] for row in rows] for place in range(len(families))]
    problems = tuple((each.checkout.name, told) for each in outcomes if (told := tuple(_problems(each))))
    rules = Counter((finding.rule, finding.name) for each in outcomes for finding in new(each.report))
    where = Counter(rule for each in outcomes for rule in {finding.rule for finding in new(each.report)})
    return Scorecard(
        families=families,
        rows=rows,
        sums=tuple(_sum(cells) for cells in (*columns, [row.total for row in rows])),
        problems=problems,
        rules=tuple((rule, name, number, where[rule]) for (rule, name), number in _most_first(rules)),
        compared=before is not None,
    )


def _most_first(rules: Counter[tuple[str, str]]) -> list[tuple[tuple[str, str], int]]:
    return sorted(rules.items(), key=lambda each: (-each[1], each[0]))


def _row(outcome: Outcome, families: Sequence[str], before: Mapping[str, Found] | None) -> Row:
    now = found(outcome.report)
    then = (before or {}).get(outcome.checkout.name) if outcome.state is not State.NOT_CHECKED else None
    saw = {result.rule[:2] for result in outcome.report.rules if result.status is not RuleStatus.NOT_APPLICABLE}
    cells = tuple(_cell(now, then, family, there=family in saw) for family in families)
    total = _cell(now, then, "", there=outcome.state is not State.NOT_CHECKED)
    return Row(outcome.checkout.name, outcome.state, outcome.report.files, cells, total)


def _cell(now: Found, then: Found | None, family: str, *, there: bool) -> Cell:
    mine = Counter({key: number for key, number in now.items() if key[0].startswith(family)})
    if then is None:
        return Cell(mine.total() if there else None)
    theirs = Counter({key: number for key, number in then.items() if key[0].startswith(family)})
    came, went = (mine - theirs).total(), (theirs - mine).total()
    return Cell(mine.total() if there or mine else None, came, went)


def _sum(cells: Iterable[Cell]) -> Cell:
    several = [cell for cell in cells if cell.number is not None]
    compared = [cell for cell in cells if cell.came is not None]
    return Cell(
        sum(cell.number or 0 for cell in several) if several else None,
        sum(cell.came or 0 for cell in compared) if compared else None,
        sum(cell.went or 0 for cell in compared) if compared else None,
    )


def _problems(outcome: Outcome) -> Iterator[str]:
    yield from (shown(problem) for problem in outcome.report.problems[:SHOWN])
    if (more := len(outcome.report.problems) - SHOWN) > 0:
        yield f"and {more} more"
    yield from (f"{each.rule} crashed: {each.reason}" for each in by_status(outcome.report, RuleStatus.CRASHED))


def _head(card: Scorecard) -> Iterator[str]:
    states = Counter(row.state for row in card.rows)
    told = listed(f"{states[state]} {_WORDS[state]}" for state in State if states[state])
    yield f"{counted(len(card.rows), 'checkout')}: {told}"
    if card.compared:
        total = card.sums[-1]
        yield f"since the earlier run {counted(total.came or 0, 'finding')} came and {total.went or 0} went"


_WORDS: Final[Mapping[State, str]] = {
    State.CONFORMS: "conforming",
    State.FINDINGS: "with findings",
    State.INCOMPLETE: "not checked wholly",
    State.NOT_CHECKED: "not checked",
}
_MARKS: Final[Mapping[State, str]] = {
    State.CONFORMS: "✓",
    State.FINDINGS: "✗",
    State.INCOMPLETE: "!",
    State.NOT_CHECKED: "?",
}
"""What stands before a state: told apart by its form, whatever its colour."""

_LEGEND: Final = "A number: findings. `·`: the rules had nothing to look at. `+1 -2`: one came and two went."


def _text(cell: Cell) -> str:
    number = "·" if cell.number is None else str(cell.number)
    return f"{number} ({cell.trend})" if cell.trend else number


# --- Markdown ------------------------------------------------------------------------------------------------------


def markdown(card: Scorecard) -> str:
    """Return the scorecard as Markdown. No text of a checkout can become markup in it."""
    titles = ("checkout", "state", "files", *card.families, "all")
    rows = [
        (
            plain(row.name),
            f"{_MARKS[row.state]} {row.state.value}",
            str(row.files),
            *map(_text, (*row.cells, row.total)),
        )
        for row in card.rows
    ]
    rows.append(("**all**", "", str(sum(row.files for row in card.rows)), *map(_text, card.sums)))
    parts = [
        "# Architecture of the fleet",
        "\n".join(f"- {plain(line)}" for line in _head(card)),
        _table(titles, rows, 2),
    ]
    parts.append(f"{_LEGEND} {listed(f'{family}: {FAMILIES[family].lower()}' for family in card.families)}.")
    for name, problems in card.problems:
        parts.append(f"## {plain(name)}\n\n" + "\n".join(f"- {plain(problem)}" for problem in problems))
    if card.rules:
        found = [(rule, plain(name), str(number), str(where)) for rule, name, number, where in card.rules]
        parts.append("## What was found\n\n" + _table(("rule", "", "findings", "checkouts"), found, 2))
    return "\n\n".join(parts) + "\n"


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]], words: int) -> str:
    """Return a table; the first columns hold words, the others numbers."""
    rule = " | ".join("---" if place < words else "---:" for place in range(len(titles)))
    return "\n".join((f"| {' | '.join(titles)} |", f"| {rule} |", *(f"| {' | '.join(row)} |" for row in rows)))


# --- HTML ----------------------------------------------------------------------------------------------------------

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1b1b1f; --dim: #55555e; --back: #fff; --line: #d5d5dc; --bad: #a3262c; --good: #0b5c8a; --warn: #7a5200; --tint: #fbeceb }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececf1; --dim: #b0b0bb; --back: #17171b; --line: #3b3b45; --bad: #ff9a94; --good: #7cc4ee; --warn: #f0c060; --tint: #3a2224 }
}
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); max-width: 76rem; margin: 2rem auto; padding: 0 1rem }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
.wide { overflow-x: auto }
table { border-collapse: collapse }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
thead th { border-bottom: 2px solid var(--line) } tfoot { font-weight: 600 }
th.word, td.word { text-align: left }
tbody th { font-weight: 600 }
.found { background: var(--tint) } .nothing { color: var(--dim) }
.conforms { color: var(--good) } .findings { color: var(--bad) } .incomplete, .not-checked { color: var(--warn) }
.trend { font-size: .85em; color: var(--dim) } .came { color: var(--bad) } .went { color: var(--good) }
li { overflow-wrap: anywhere } .legend { color: var(--dim); font-size: .9em }
"""  # noqa: E501


def html(card: Scorecard) -> str:
    """Return the scorecard as one page that loads nothing and runs nothing."""
    allowed = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{allowed}'\">",
        '<meta name="viewport" content="width=device-width">\n<title>Architecture of the fleet</title>',
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>Architecture of the fleet</h1>",
        _list(_head(card)),
        '<div class="wide" tabindex="0" role="region" aria-label="Scorecard"><table>\n<thead><tr>',
        '<th class="word" scope="col">checkout</th><th class="word" scope="col">state</th><th scope="col">files</th>',
        *(f'<th scope="col"><abbr title="{_html(FAMILIES[family])}">{family}</abbr></th>' for family in card.families),
        '<th scope="col">all</th></tr></thead>\n<tbody>',
        *map(_html_row, card.rows),
        '</tbody>\n<tfoot><tr><th class="word" scope="row">all</th><td></td>',
        f"<td>{sum(row.files for row in card.rows)}</td>",
        *map(_html_cell, card.sums),
        "</tr></tfoot></table></div>",
        f'<p class="legend">{_html(_LEGEND.replace("`", ""))}</p>',
    ]
    for name, problems in card.problems:
        parts.append(f"<h2>{_html(name)}</h2>{_list(problems)}")
    if card.rules:
        parts.append('<h2>What was found</h2>\n<table><thead><tr><th class="word" scope="col">rule</th>')
        parts.append('<th scope="col">findings</th><th scope="col">checkouts</th></tr></thead>\n<tbody>')
        for rule, name, number, where in card.rules:
            head = f'<th class="word" scope="row">{_html(rule)} {_html(name)}</th>'
            parts.append(f"<tr>{head}<td>{number}</td><td>{where}</td></tr>")
        parts.append("</tbody></table>")
    return "\n".join((*parts, "</body>\n</html>\n"))


def _html_row(row: Row) -> str:
    state = f'<td class="word {row.state.value.replace(" ", "-")}">{_MARKS[row.state]} {row.state.value}</td>'
    cells = "".join(map(_html_cell, (*row.cells, row.total)))
    return f'<tr><th class="word" scope="row">{_html(row.name)}</th>{state}<td>{row.files}</td>{cells}</tr>'


def _html_cell(cell: Cell) -> str:
    kind = "nothing" if cell.number is None else "found" if cell.number else ""
    came = f' <span class="trend came">+{cell.came}</span>' if cell.came else ""
    went = f' <span class="trend went">-{cell.went}</span>' if cell.went else ""
    number = "·" if cell.number is None else str(cell.number)
    return f"<td{f' class={kind}' if kind else ''}>{number}{came}{went}</td>"


def _list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{_html(item)}</li>' for item in items)}</ul>"


def _html(text: str) -> str:
    return escape(inert(text))
