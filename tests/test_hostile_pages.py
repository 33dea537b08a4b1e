"""The pages of a hostile target in a browser: nothing of it runs or asks for anything, and each text is what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.check import Examined, examine
from conformance.checklist import checklist
from conformance.config import Config
from conformance.errors import ConformanceError
from conformance.fleet import FLEETS, Checkout, Outcome
from conformance.map import MAPS
from conformance.reporters.checklist import CHECKLISTS
from conformance.reporters.text import inert
from tests.browser import CHROMIUM, Page, chromium
from tests.test_inert import PAYLOADS, as_name, hostile

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")

PAGES: dict[str, Callable[[Examined, str], str]] = {
    "map": lambda examined, _: MAPS["html"](examined, ""),
    "checklist": lambda examined, _: CHECKLISTS["html"](checklist(examined), ""),
    "fleet": lambda examined, payload: FLEETS["html"](
        [Outcome(Checkout(name=payload, path="/a"), examined.report)], None
    ),
}
LOOKED_AT = """(() => {
    const copy = document.documentElement.cloneNode(true);
    for (const each of copy.querySelectorAll('script, style')) each.remove();
    const values = [...copy.querySelectorAll('*')].flatMap(each => [...each.attributes].map(one => one.value));
    return [copy.textContent, ...values].join('\\n');
})()"""
"""All that a page says, tooltips and the like included."""

OPENED = """(() => {
    for (const each of document.querySelectorAll('details')) each.open = true;
    return document.querySelectorAll('#list button').length;
})()"""
"""Open all that can be opened, and count the findings of the map."""

ELSEWHERE = """[...document.querySelectorAll('[href], [src], [srcdoc], [action], [data]')]
    .map(each => String(each.href ?? each.outerHTML)).filter(address => !address.startsWith('file:///'))"""
"""What leads out of the folder with the page."""


NEVER = "iframe, object, embed, img, form, base, link, [autofocus], [style*=url]"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page of one browser for all of them."""
    with chromium(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


def opened(page: Page, folder: Path, text: str) -> str:
    """Open a page afresh, and return its address."""
    for heard in (page.errors, page.requests, page.dialogs):
        heard.clear()
    file = folder / "page.html"
    file.write_text(text, "utf-8")
    page.open(file.as_uri())
    return file.as_uri()


def examined_of(payload: str, folder: Path) -> Examined:
    target = hostile(folder / "target", payload)
    try:
        return examine([target])
    except ConformanceError:  # the payload is no pattern of files
        return examine([target], Config())


def said_by(page: Page) -> str:
    """Return all that the page says, on the map of all findings, each opened by a click."""
    texts = [str(page.run(LOOKED_AT))]
    for number in range(page.run(OPENED)):
        page.run(f"document.querySelectorAll('#list button')[{number}].click()")
        texts.append(str(page.run(LOOKED_AT)))
    return "\n".join(texts)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_pages_of_a_hostile_target_are_inert(payload: str, page: Page, tmp_path: Path) -> None:
    examined = examined_of(PAYLOADS[payload], tmp_path)
    name = as_name(PAYLOADS[payload])

    for kind, written in PAGES.items():
        address = opened(page, tmp_path, written(examined, name))
        if kind == "map":
            page.until("window.drawnMap !== undefined")
        said = said_by(page)

        assert (page.errors, page.dialogs, page.requests) == ([], [], [address]), kind
        assert [c for c in said if c not in "\n\t" and inert(c) != c] == [], kind
        assert page.run(ELSEWHERE) == [], kind
        assert page.run(f"document.querySelectorAll('{NEVER}').length") == 0, kind
        shown = {inert(name)} if kind == "fleet" else {inert(each.path) for each in examined.report.findings}
        assert [text for text in shown if text not in said] == [], kind


@pytest.mark.parametrize("payload", ["HTML", "handlers", "the end of a tag"])
def test_the_browser_would_be_heard(payload: str, page: Page, tmp_path: Path) -> None:
    """Without our escapes the same payloads do something, and it is seen."""
    opened(page, tmp_path, f'<!doctype html><title>x</title><p title="{PAYLOADS[payload]}">{PAYLOADS[payload]}')
    page.run("new Promise(done => setTimeout(done, 50))")

    assert page.dialogs != []
