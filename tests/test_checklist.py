"""The review checklist: the table of statements is whole, and what is said of them is what the code shows."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from conformance import cli
from conformance.check import examine
from conformance.checklist import State, checklist
from conformance.config import Config
from conformance.handbook import FAMILIES
from conformance.reporters.checklist import CHECKLISTS
from conformance.rules import all_rules
from conformance.statements import DOCUMENTS, SECTIONS, STATEMENTS
from tests.kit import lay_out

SEEDS = Path(__file__).parents[2] / "shared" / "seeds"
FILES = {"PRD-012": "prd-012.txt", "IP": "integration-patterns.txt"}
NO_HEADING = {
    "Skip to content",
    "Field Value",
    "Status DRAFT",
    "Author Engineering Team",
    "Resource Type Initialization Cleanup Scope",
    "DB connection pool lifespan lifespan Application",
    "Redis pool lifespan lifespan Application",
    "Document Relevance",
    "Integration Patterns",
}
"""Lines that look like headings: cells of tables, and the title of the document."""
HEADING = re.compile(r"(?:§\d|Rule \d|deps/__init__\.py) — .+|[A-Z][A-Za-z→↔() -]+")

APP = {
    "app/__init__.py": "",
    "app/main.py": "from fastapi import FastAPI\n\nfrom app.api import users\nfrom app.lifespan import lifespan\n\n"
    "app = FastAPI(lifespan=lifespan)\napp.include_router(users.router)\n",
    "app/lifespan.py": "from contextlib import asynccontextmanager\n\nfrom redis.asyncio import Redis\n\n\n"
    "@asynccontextmanager\nasync def lifespan(app):\n    app.state.redis = Redis()\n    try:\n        yield\n"
    "    finally:\n        await app.state.redis.aclose()\n",
    "app/deps/__init__.py": 'from app.deps.redis import RedisDep\n\n__all__ = ["RedisDep"]\n',
    "app/deps/redis.py": "from typing import Annotated\n\nfrom fastapi import Depends, Request\n"
    "from redis.asyncio import Redis\n\n\n"
    "def get_redis(request: Request) -> Redis | None:\n    return request.app.state.redis\n\n\n"
    "RedisDep = Annotated[Redis, Depends(get_redis)]\n",
    "app/api/__init__.py": "",
    "app/api/users.py": "from fastapi import APIRouter\n\nfrom app.deps import RedisDep\n\nrouter = APIRouter()\n\n\n"
    '@router.get("/users")\nasync def users(redis: RedisDep) -> list[str]:\n    return []\n',
}


# --- the table -----------------------------------------------------------------------------------------------------


def test_every_statement_is_checked_or_asked() -> None:
    assert [s.id for s in STATEMENTS if not s.rules and not s.question] == []


def test_every_statement_has_an_id_and_a_text_of_its_own() -> None:
    assert [name for name, number in Counter(s.id for s in STATEMENTS).items() if number > 1] == []
    assert [
        s.id
        for s in STATEMENTS
        if not s.text.endswith(".") or (s.question and not re.search(r"\?( \(.*\))?$", s.question))
    ] == []


def test_every_rule_decides_a_statement() -> None:
    named = tuple({rule for statement in STATEMENTS for rule in statement.rules})

    assert [rule.id for rule in all_rules() if not rule.id.startswith(named)] == []


def test_every_rule_that_a_statement_names_exists() -> None:
    known = {rule.id for rule in all_rules()} | set(FAMILIES)

    assert [(s.id, rule) for s in STATEMENTS for rule in s.rules if rule not in known] == []


def test_a_section_has_statements_or_says_why_not() -> None:
    assert [section.title for section in SECTIONS if bool(section.statements) == bool(section.nothing)] == []
    assert {section.document for section in SECTIONS} == set(DOCUMENTS)


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the documents are not beside this checkout")
@pytest.mark.parametrize("document", FILES)
def test_every_section_of_the_document_is_in_the_table(document: str) -> None:
    lines = [line.strip() for line in (SEEDS / FILES[document]).read_text("utf-8").splitlines()]
    headings = [line for line in lines if HEADING.fullmatch(line) and len(line.split()) <= 10]
    headings = [line for line in headings if line not in NO_HEADING]
    sections = [section for section in SECTIONS if section.document == document]
    titles = list(dict.fromkeys(t for section in sections for t in (section.chapter, section.title) if t))

    assert titles == [line for line in dict.fromkeys(lines) if line in set(titles)]
    assert set(headings) <= set(titles)


# --- a target ------------------------------------------------------------------------------------------------------


def test_a_statement_is_broken_where_a_rule_that_decides_it_reports(tmp_path: Path) -> None:
    made = checklist(examine([lay_out(tmp_path, APP) / "app"], Config()))

    by_id = {item.statement.id: item for item in made.items}
    assert len(made.items) == len(STATEMENTS)
    assert by_id["prd.r1.never-none"].state is State.BROKEN
    assert [(f.path, f.line) for f in by_id["prd.r1.never-none"].findings] == [("app/deps/redis.py", 7)]
    assert by_id["prd.6.deps-init"].state is State.HELD
    assert by_id["prd.5.shutdown"].state is State.NOTHING
    assert by_id["prd.3.router-auth"].state is State.ASKED
    assert [p.thing.name for p in by_id["prd.3.router-auth"].places] == ["app.api.users"]
    assert [p.thing.name for p in by_id["prd.r4.lifespan-owns"].places] == ["redis"]


def test_what_is_only_advised_is_not_called_broken(tmp_path: Path) -> None:
    forgotten = APP["app/lifespan.py"].replace("    try:", "    app.state.old = 1\n    try:")
    made = checklist(examine([lay_out(tmp_path, {**APP, "app/lifespan.py": forgotten}) / "app"], Config()))

    by_id = {item.statement.id: item for item in made.items}
    assert [f.rule for f in by_id["prd.3.init"].findings] == ["LC208"]
    assert by_id["prd.3.init"].state is State.ADVISED


def test_suppressed_findings_are_shown_with_their_reasons(tmp_path: Path) -> None:
    excused = APP["app/deps/redis.py"].replace("| None:", "| None:  # conformance: ignore[DI101] -- until v2")
    made = checklist(examine([lay_out(tmp_path, {**APP, "app/deps/redis.py": excused}) / "app"], Config()))

    by_id = {item.statement.id: item for item in made.items}
    assert by_id["prd.r1.never-none"].state is not State.BROKEN
    assert by_id["prd.r1.never-none"].excused == 1
    assert [p.thing.name for p in by_id["prd.2.review"].places] == ["DI101: until v2"]


def git(folder: Path, *arguments: str) -> None:
    names = ["-c", "user.name=n", "-c", "user.email=e@x"]
    subprocess.run(["git", "-C", str(folder), *names, *arguments], check=True, capture_output=True)


def test_a_change_narrows_the_list_to_what_it_brings_and_touches(tmp_path: Path) -> None:
    lay_out(tmp_path, APP)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "before")
    more = APP["app/deps/redis.py"] + "\n\ndef get_name(request: Request) -> str:\n    return request.app.state.name\n"
    lay_out(
        tmp_path,
        {
            "app/deps/redis.py": more + "\n\nNameDep = Annotated[str, Depends(get_name)]\n",
            "app/api/users.py": APP["app/api/users.py"].replace('"/users"', '"/people"'),
        },
    )

    made = checklist(examine([tmp_path / "app"], Config(), since="HEAD"), since="HEAD")

    by_id = {item.statement.id: item for item in made.items}
    assert made.untouched == len(STATEMENTS) - len(made.items) > 50
    assert "prd.r1.never-none" not in by_id
    assert by_id["prd.6.deps-file"].state is State.BROKEN
    assert [(p.thing.name, p.is_new) for p in by_id["prd.6.deps-file"].places] == [("get_name", True)]
    assert [(p.thing.name, p.is_new) for p in by_id["prd.3.router-auth"].places] == [("app.api.users", False)]
    assert "prd.3.metrics" not in by_id
    for form in ("markdown", "html"):
        text = CHECKLISTS[form](made, "")
        assert "asked of every change, since no place says whether it matters" in text
        assert "nothing of that kind here" not in text


# --- the formats ---------------------------------------------------------------------------------------------------


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]


def test_the_formats_of_the_command_line_are_those_of_the_table() -> None:
    assert tuple(CHECKLISTS) == cli.CHECKLISTS


def test_the_page_loads_nothing_and_runs_nothing(tmp_path: Path) -> None:
    name = "app/deps/<img src=x onerror=alert(1)>.py"
    made = checklist(examine([lay_out(tmp_path, {**APP, name: APP["app/deps/redis.py"]}) / "app"], Config()))

    text = CHECKLISTS["html"](made, "")

    tags = Tags()
    tags.feed(text)
    assert not {"script", "img", "iframe", "link", "object"} & set(tags.seen)
    assert all(re.match(r"#s\d+$|app/[\w/.%]+#L\d+$", link) for link in tags.links)
    assert "default-src 'none'" in text
    assert "&lt;img" in text


def test_links_begin_with_what_is_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = lay_out(tmp_path, APP) / "app"

    assert cli.main(["checklist", str(folder), "--isolated", "--link-base", "https://x.y/blob/main/"]) == 0
    said = capsys.readouterr()
    assert "  - [app/deps/redis.py:7](<https://x.y/blob/main/app/deps/redis.py#L7>) DI101 " in said.out
    assert "- ✗ **broken** A provider never supplies None.\n" in said.out
    assert all(line.startswith("conformance: note: ") for line in said.err.splitlines())


def test_json_says_all_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = lay_out(tmp_path, APP) / "app"

    assert cli.main(["checklist", str(folder), "--isolated", "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["schema"] == "conformance-checklist/1"
    assert [s["id"] for s in data["statements"]] == [s.id for s in STATEMENTS]


def test_a_format_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["checklist", "--format", "htm"]) == 2
    assert capsys.readouterr().err == "conformance: there is no output format `htm`; did you mean `html`?\n"
