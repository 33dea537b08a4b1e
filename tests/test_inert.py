"""Whatever a target is called and says, no output lets it act: on a terminal, a CI, a viewer or a page.

Everything that a target decides is hostile at once: names of folders and files, identifiers, texts, the reasons of
suppressions, what is recorded, what is configured. Each format is asked, and what is said on standard error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import conformance
from conformance import baseline
from conformance.cli import CHECKLISTS, FORMATS, MAPS, main
from conformance.reporters.text import inert
from tests.kit import lay_out

PAYLOADS = {
    "HTML": "<img src=x onerror=alert(1)><script>alert(1)</script>",
    "an attribute": "\" onmouseover=\"alert(1)' onfocus='alert(1)",
    "handlers": "<svg/onload=alert(2)><input autofocus onfocus=alert(4)><a href=javascript:alert(5)>x</a>",
    "the end of a tag": '"><iframe srcdoc="<script>alert(6)</script>" onload="alert(7)">',
    "the end of a script": "</script><!--<script>",
    "the end of a style": "</style><script>alert(1)</script>",
    "ANSI colours": "\x1b[31m\x1b]0;owned\x07\x1b[2J",
    "C1 controls": "\x9b31m\x90q\x9c",
    "line ends": "a\r\nb\nc\rd\x0be\x0cf\x85g\u2028h\u2029",
    "NUL": "a\0b",
    "bidirectional controls": "\u202egnp.exe\u202c\u2066x\u2069\u200f",
    "commands of GitHub": "::error file=x,line=1::owned",
    "commands of Azure": "##vso[task.setvariable variable=x]y",
    "escapes of commands": "%0A::error::owned%0D",
    "commands on a line": "x\n::error::owned\n##[error]owned",
    "Markdown": "`a` | b | [c](javascript:alert(1)) ![d](http://x.y/z.png) **e** ~~f~~ # g",
    "an HTML entity": "&lt;script&gt; &amp; &#x3c;script&#x3e;",
    "a mention": "@everyone #1 https://x.y www.x.y",
    "the end of CDATA": "]]> <![CDATA[ <!ENTITY x SYSTEM 'file:///etc/passwd'>",
    "characters that XML has not": "\x01\x02\uffff\ufffe\x1f",
    "a lone surrogate": "\ud800x\udfff",
    "bytes that are no text": "\udcff\udcfe",
    "a template": "${alert(1)} {{7*7}} {% raw %}",
    "the end of a string": "\\\"'; alert(1); //\\",
    "a mermaid directive": "%%{init: {'theme':'dark'}}%% click A href \"javascript:alert(1)\"",
    "a dot attribute": 'x"]; a [URL="javascript:alert(1)" label=<b>',
}


def as_name(payload: str) -> str:
    """Return the payload as the name of a file or folder: what is no text becomes bytes that are none."""
    allowed = re.sub("[\0/\ud800-\udc7f\ude00-\udfff]", "", payload)
    return allowed[:80]


def as_text(payload: str) -> str:
    """Return the payload as what a Python file can hold in a comment or a string."""
    return re.sub("[\0\ud800-\udfff]", "?", payload)


def hostile(root: Path, payload: str) -> Path:
    """Write a target that says the payload wherever a target can say something."""
    text, name = as_text(payload), as_name(payload)
    literal, comment = json.dumps(text), " ".join(text.split())
    code = (
        "from fastapi import APIRouter, Request\n\nrouter = APIRouter()\n\n\n"
        f"@router.get({literal})\nasync def read(request: Request):\n    setattr(request.app.state, {literal}, 1)\n"
        f"    request.app.state.warm = {literal}\n"
        f"    request.app.state.cold = 1  # conformance: ignore[DI108] -- {comment}\n"
        f"    request.app.state.odd = 1  # conformance: ignore[{comment[:20]}] -- x\n"
    )
    recorded = {"rule": text, "module": text, "symbol": text, "message": text, "fingerprint": text or "x"}
    record = json.dumps({"schema": baseline.SCHEMA, "findings": [recorded]})
    configured = f"exclude = [{literal}]\n\n[per-file-ignores]\n{literal} = ['DI101']\n"
    lay_out(root, {"app/__init__.py": "", "app/api.py": code, baseline.DEFAULT: record, "conformance.toml": configured})
    package = root / "app" / name
    package.mkdir(exist_ok=True)
    (package / f"{name}.py").write_text(code, "utf-8", "replace")
    (root / f"{name}.py").write_text(code, "utf-8", "replace")
    (root / f"{name}_.py").write_text("def f(:\n")
    (package / "bad.py").write_text(f"x = 1\n{comment} (\n", "utf-8", "replace")
    return root


COMMANDS = [
    *(["check", "--no-cache", "--verbose", "--output-format", name] for name in FORMATS if name in {"full", "concise"}),
    *(["check", "--no-cache", "--output-format", name] for name in FORMATS),
    *(["checklist", "--format", name] for name in CHECKLISTS),
    *(["map", "--format", name] for name in MAPS),
    ["roles"],
    ["contracts"],
]


@pytest.fixture(params=PAYLOADS)
def target(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A target that says one of the payloads; it is the current folder."""
    folder = hostile(tmp_path, PAYLOADS[request.param])
    monkeypatch.chdir(folder)
    return folder


def test_no_output_lets_a_target_act(target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in COMMANDS:
        done = main(command)
        printed = capsys.readouterr()

        assert "internal error" not in printed.err, command
        for stream in (without_what_is_ours(printed.out), printed.err):
            controls = [character for character in stream if character not in "\n\t" and inert(character) != character]
            assert controls == [], command
            assert [line for line in lines_of_others(command, stream) if acts(line)] == [], command
        if (form := FORMS.get(command[-1])) and (done != 2 or printed.out):
            form(printed.out)


def without_what_is_ours(text: str) -> str:
    """Return a text without the scripts and styles that the map's page brings."""
    for file in (Path(conformance.__file__).parent / "map" / "page").rglob("*.*"):
        text = text.replace(file.read_text("utf-8").strip(), "")
    return text


def lines_of_others(command: list[str], text: str) -> Iterator[str]:
    """Yield the lines that are no command of GitHub's of our own."""
    for line in text.splitlines():
        own = re.match(r"::(?:error|warning|notice) [^:]*::[^\r\n]*$", line)
        if command[-1] != "github" or not own:
            yield line


def acts(line: str) -> bool:
    return line.lstrip().startswith(("::", "##[", "##vso"))


class Tags(HTMLParser):
    """What a page or a text with HTML in it asks a browser to do."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses |= {value or "" for name, value in attrs if name in {"href", "src"}}


def check_page(text: str) -> None:
    page = Tags(text)

    assert not page.tags & {"img", "iframe", "object", "embed", "link", "base", "form"}
    assert [name for name in page.attributes if name.startswith("on")] == []
    assert [a for a in page.addresses if not a.startswith("#") and re.match(r"[^/?#]*:", a)] == []
    assert "default-src 'none'" in text


def check_markdown(text: str) -> None:
    own = re.sub(r"\]\(<[^<>\s]*#L\d+>\)", "", text)
    outside = "".join(part for number, part in enumerate(own.split("`")) if number % 2 == 0)

    assert Tags(outside).tags <= {"details", "summary"}
    assert [mark for mark in ("@everyone", "![", "](", "://", "<script", "<!--") if mark in outside] == []


def check_xml(text: str) -> None:
    suites = ET.fromstring(text)  # noqa: S314 - our own

    assert {element.tag for element in suites.iter()} <= {
        "testsuites", "testsuite", "testcase", "failure", "error", "skipped", "system-out", "properties", "property",
    }  # fmt: skip


def check_json(text: str) -> Any:  # noqa: ANN401 - as it is
    assert text.isascii()
    return json.loads(text)


def check_dot(text: str) -> None:
    outside = re.sub(r'"(?:\\.|[^"\\])*"', '""', text)

    assert [word for word in ("URL", "javascript", "alert", "<") if word in outside] == []


def check_mermaid(text: str) -> None:
    outside = re.sub(r'"[^"]*"', '""', text)

    assert [word for word in ("click", "href", "%%{", "javascript", "<script", "<img") if word in outside] == []
    assert [word for word in ("<script", "<img") if word in text] == []


FORMS: dict[str, Callable[[str], object]] = {
    "json": check_json,
    "sarif": check_json,
    "gitlab": check_json,
    "junit": check_xml,
    "markdown": check_markdown,
    "html": check_page,
    "dot": check_dot,
    "mermaid": check_mermaid,
}


@pytest.mark.parametrize("command", [["init"], ["baseline"]], ids="-".join)
def test_what_is_written_for_a_target_can_be_read_again(
    command: list[str], target: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    for bad in (*target.rglob("bad.py"), *target.glob("*_.py")):
        bad.unlink()
    (target / baseline.DEFAULT).unlink()
    (target / "conformance.toml").unlink()

    assert main(command) == 0, capsys.readouterr().err
    done = main(["check", "--no-cache"])

    printed = capsys.readouterr()
    assert done in {0, 1}, printed.out[-500:]
    assert [c for c in printed.out + printed.err if c not in "\n\t" and inert(c) != c] == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_is_given_is_said_inertly_in_errors(
    payload: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = PAYLOADS[payload].replace("\0", "")
    monkeypatch.chdir(tmp_path)

    for command in (
        ["check", text],
        ["check", "--select", text],
        ["check", "--config", f"x = {text}"],
        ["check", "--config", f"./{text}"],
        ["check", "--output-format", text],
        ["check", f"--{text}"],
        [f"x{text}"],
        ["rule", text],
        ["docs", text],
        ["check", "--diff", text],
    ):
        assert main(command) == 2, command
        printed = capsys.readouterr()
        assert [c for c in printed.out + printed.err if c != "\n" and inert(c) != c] == [], command
        assert [line for line in printed.err.splitlines() if not line.startswith("conformance: ")] == [], command
