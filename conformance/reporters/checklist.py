"""The review checklist as Markdown, as one page of HTML, and as JSON."""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from conformance.checklist import State
from conformance.errors import shown
from conformance.reporters.markdown import plain
from conformance.reporters.text import counted, inert, listed, summary
from conformance.results import FindingStatus
from conformance.statements import DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from conformance.checklist import Checklist, Item, Place
    from conformance.results import Finding
    from conformance.statements import Section

__all__ = ["CHECKLISTS", "html", "json_text", "markdown"]

SHOWN: Final = 12
"""How many findings or places of one statement are shown; the others are counted."""

_MARKS: Final[Mapping[State, str]] = {
    State.BROKEN: "✗",
    State.ADVISED: "!",
    State.UNKNOWN: "?",
    State.HELD: "✓",
    State.NOTHING: "·",
    State.ASKED: "☐",
}
"""What stands before a statement: told apart by its form, whatever its colour."""


def _link(path: str, line: int, base: str) -> str:
    return f"{base}{quote(path.encode('utf-8', 'surrogateescape'))}#L{line}"


def _title(section: Section) -> str:
    return f"{section.chapter} → {section.title}" if section.chapter else section.title


def _decided_by(item: Item) -> str:
    """Return which rules decide a statement, and what they looked at."""
    told = [f"{result.rule} {result.name} ({result.status.value}, {result.subjects})" for result in item.rules]
    excused = f"{item.excused} suppressed" if item.excused else ""
    return listed((*told, excused))


def _head(checklist: Checklist) -> Iterator[str]:
    yield summary(checklist.report)
    states = [f"{_MARKS[state]} {number} {state.value}" for state in State if (number := checklist.counted(state))]
    yield f"{counted(len(checklist.items), 'statement')}: {listed(states)}"
    yield f"{counted(len(checklist.questions), 'question')} for the reviewer"
    if checklist.since:
        left = counted(checklist.untouched, "statement")
        yield f"what the change since {checklist.since} touches; {left} that it does not touch left out"


def _by_section(checklist: Checklist) -> Iterator[tuple[str, list[tuple[Section, list[Item]]]]]:
    for document, items in groupby(checklist.items, key=lambda item: item.section.document):
        yield document, [(section, list(several)) for section, several in groupby(items, key=lambda i: i.section)]


def _more(several: Sequence[object]) -> str:
    return f"and {len(several) - SHOWN} more" if len(several) > SHOWN else ""


# --- Markdown ------------------------------------------------------------------------------------------------------


def markdown(checklist: Checklist, base: str = "") -> str:
    """Return the checklist as Markdown: statements under their sections, questions as boxes to tick."""
    lines = ["# Architecture review", "", *(f"- {plain(line)}" for line in _head(checklist)), ""]
    lines += [f"- problem: {plain(shown(problem))}" for problem in checklist.report.problems]
    for document, sections in _by_section(checklist):
        lines += ["", f"## {document}: {DOCUMENTS[document]}"]
        for section, items in sections:
            lines += ["", f"### {plain(_title(section))}", ""]
            for item in items:
                lines += _markdown_item(item, base, checklist.since)
    return "\n".join(lines) + "\n"


def _markdown_item(item: Item, base: str, since: str) -> Iterator[str]:
    yield f"- {_MARKS[item.state]} **{item.state.value}** {plain(item.statement.text)}"
    if item.rules:
        yield f"  - {plain(_decided_by(item))}"
    for finding in item.findings[:SHOWN]:
        yield f"  - {_markdown_link(finding.path, finding.line, base)} {plain(_told(finding))}"
    if more := _more(item.findings):
        yield f"  - {more}"
    if item.statement.question:
        yield f"  - [ ] {plain(item.statement.question)}"
        for place in item.places[:SHOWN]:
            link = _markdown_link(place.thing.place.path, place.thing.place.span[0], base)
            yield f"    - {plain(_what(place))} {link}"
        if more := _more(item.places):
            yield f"    - {more}"
        if without := _without_place(item, since):
            yield f"    - {without}"


def _without_place(item: Item, since: str) -> str:
    """Return what is said where a question has no place to look at."""
    if item.places:
        return ""
    kinds = listed(look.value for look in item.statement.look)
    if kinds:
        return f"nothing of that kind {'in the change' if since else 'here'}: {kinds}"
    return "asked of every change, since no place says whether it matters" if since else ""


def _markdown_link(path: str, line: int, base: str) -> str:
    return f"[{plain(path)}:{line}](<{_link(path, line, base)}>)"


def _told(finding: Finding) -> str:
    recorded = " (recorded)" if finding.status is FindingStatus.BASELINED else ""
    return f"{finding.rule} {finding.message}; {finding.instead}{recorded}"


def _what(place: Place) -> str:
    return f"{'new: ' if place.is_new else ''}{place.thing.kind.value}: `{place.thing.name}`"


# --- HTML ----------------------------------------------------------------------------------------------------------

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1b1b1f; --dim: #55555e; --back: #fff; --line: #d5d5dc; --bad: #a3262c; --good: #0b5c8a; --warn: #7a5200 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececf1; --dim: #b0b0bb; --back: #17171b; --line: #3b3b45; --bad: #ff9a94; --good: #7cc4ee; --warn: #f0c060 }
}
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h3 { margin: 2rem 0 .5rem; border-bottom: 1px solid var(--line) }
a { color: var(--good) }
code { font-size: .9em; overflow-wrap: anywhere }
ul.statements { list-style: none; padding: 0 }
ul.statements > li { padding: .5rem 0 .5rem 9.5rem; position: relative }
ul.statements > li + li { border-top: 1px dotted var(--line) }
.state { position: absolute; left: 0; width: 9rem; font-weight: 600; font-size: .9em }
.broken .state { color: var(--bad) } .held .state { color: var(--good) } .not-decided .state, .advice .state { color: var(--warn) }
.nothing-to-look-at .state, .rules { color: var(--dim) }
.rules { font-size: .85em }
label { display: block; margin: .3rem 0 } .new { font-weight: 600 }
nav ul { columns: 2; font-size: .9em }
@media (max-width: 40rem) { ul.statements > li { padding-left: 0 } .state { position: static } nav ul { columns: 1 } }
"""  # noqa: E501


def html(checklist: Checklist, base: str = "") -> str:
    """Return the checklist as one page that loads nothing and runs nothing."""
    allowed = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{allowed}'\">",
        '<meta name="viewport" content="width=device-width">\n<title>Architecture review</title>',
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>Architecture review</h1>",
        _list(map(_html, _head(checklist))),
    ]
    if checklist.report.problems:
        parts.append(f"<h2>Problems</h2>{_list(_html(shown(problem)) for problem in checklist.report.problems)}")
    sections = list(_by_section(checklist))
    names = {
        id(section): f"s{number}" for number, section in enumerate(s for _, several in sections for s, _ in several)
    }
    parts.append('<nav aria-label="Sections">' + _list(_contents(sections, names)) + "</nav>")
    for document, several in sections:
        parts.append(f"<h2>{_html(document)}: {_html(DOCUMENTS[document])}</h2>")
        for section, items in several:
            parts.append(f'<h3 id="{names[id(section)]}">{_html(_title(section))}</h3>\n<ul class="statements">')
            parts += [_html_item(item, base, checklist.since) for item in items]
            parts.append("</ul>")
    return "\n".join((*parts, "</body>\n</html>\n"))


def _contents(
    sections: Sequence[tuple[str, list[tuple[Section, list[Item]]]]], names: Mapping[int, str]
) -> Iterator[str]:
    for _, several in sections:
        for section, items in several:
            broken = sum(1 for item in items if item.state is State.BROKEN)
            mark = f" <strong>{_MARKS[State.BROKEN]} {broken}</strong>" if broken else ""
            yield f'<a href="#{names[id(section)]}">{_html(_title(section))}</a>{mark}'


def _html_item(item: Item, base: str, since: str) -> str:
    state = item.state.value
    parts = [
        f'<li class="{state.replace(" ", "-")}" id="{item.statement.id}">',
        f'<span class="state">{_MARKS[item.state]} {state}</span>',
        _html(item.statement.text),
    ]
    if item.rules:
        parts.append(f'<div class="rules">{_html(_decided_by(item))}</div>')
    if item.findings:
        links = [f"{_html_link(f.path, f.line, base)} {_html(_told(f))}" for f in item.findings[:SHOWN]]
        parts.append(_list(filter(None, (*links, _more(item.findings)))))
    if item.statement.question:
        parts.append(f'<label><input type="checkbox"> {_html(item.statement.question)}</label>')
        parts.append(_html_places(item, base, since))
    return "".join((*parts, "</li>"))


def _html_places(item: Item, base: str, since: str) -> str:
    if not item.places:
        without = _without_place(item, since)
        return f'<div class="rules">{_html(without)}</div>' if without else ""
    told = [
        f"<span{' class=new' if place.is_new else ''}>{_html(_what(place).replace('`', ''))}</span> "
        f"{_html_link(place.thing.place.path, place.thing.place.span[0], base)}"
        for place in item.places
    ]
    return f"<details><summary>{counted(len(told), 'place')} to look at</summary>{_list(told)}</details>"


def _html_link(path: str, line: int, base: str) -> str:
    return f'<a href="{escape(_link(path, line, base))}"><code>{_html(path)}:{line}</code></a>'


def _list(items: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def _html(text: str) -> str:
    return escape(inert(text))


# --- JSON ----------------------------------------------------------------------------------------------------------


def json_text(checklist: Checklist, base: str = "") -> str:
    """Return the checklist as JSON: what the other two show, in full."""
    data = {
        "schema": "conformance-checklist/1",
        "version": checklist.report.version,
        "since": checklist.since or None,
        "untouched": checklist.untouched,
        "problems": [{"path": p.path, "line": p.line or None, "message": p.message} for p in checklist.report.problems],
        "statements": [_json_item(item, base) for item in checklist.items],
    }
    return json.dumps(data, indent=2, ensure_ascii=True) + "\n"


def _json_item(item: Item, base: str) -> dict[str, Any]:
    return {
        "id": item.statement.id,
        "document": item.section.document,
        "chapter": item.section.chapter or None,
        "section": item.section.title,
        "statement": item.statement.text,
        "state": item.state.value,
        "rules": [
            {"rule": r.rule, "name": r.name, "status": r.status.value, "subjects": r.subjects, "findings": r.findings}
            for r in item.rules
        ],
        "findings": [
            {
                "rule": f.rule,
                "path": f.path,
                "line": f.line,
                "message": f.message,
                "instead": f.instead,
                "status": f.status.value,
                "fingerprint": f.fingerprint,
                "link": _link(f.path, f.line, base),
            }
            for f in item.findings
        ],
        "suppressed": item.excused,
        "question": item.statement.question or None,
        "places": [
            {
                "kind": p.thing.kind.value,
                "name": p.thing.name,
                "module": p.thing.place.module,
                "path": p.thing.place.path,
                "line": p.thing.place.span[0],
                "new": p.is_new,
                "link": _link(p.thing.place.path, p.thing.place.span[0], base),
            }
            for p in item.places
        ],
    }


CHECKLISTS: Final[Mapping[str, Callable[[Checklist, str], str]]] = {
    "markdown": markdown,
    "html": html,
    "json": json_text,
}
"""The formats, the default one first."""
