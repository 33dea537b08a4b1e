"""README.md and the pages in conformance/docs.

`GOLDEN=write pytest tests/test_handbook.py` writes what is generated of them from the rules anew.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from conformance import architecture
from conformance.cli import COMMANDS
from conformance.config import KEYS, ROLES
from conformance.errors import UsageError
from conformance.examples import expected_in, files_of, found_in, program_from
from conformance.handbook import FAMILIES, PAGES, page, rules_page, rules_table
from conformance.rules import all_rules

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DOCS = ROOT / "conformance" / "docs"
WRITE = os.environ.get("GOLDEN") == "write"
TABLE = re.compile(r"(?<=<!-- rules -->\n).*?(?=<!-- /rules -->)", re.DOTALL)


def test_the_pages_of_the_rules_are_those_of_the_rules() -> None:
    text = rules_page(all_rules())
    if WRITE:
        (DOCS / "rules.md").write_text(text, "utf-8")

    assert page("rules") == text


def test_the_readme_s_table_is_that_of_the_rules() -> None:
    readme = README.read_text("utf-8")
    current = TABLE.sub(lambda _: rules_table(all_rules()), readme)
    if WRITE:
        README.write_text(current, "utf-8")

    assert README.read_text("utf-8") == current


def test_every_rule_belongs_to_a_family_with_a_title() -> None:
    assert {rule.id[:2] for rule in all_rules()} <= set(FAMILIES)


def test_every_page_is_in_the_contents() -> None:
    assert sorted(file.stem for file in DOCS.glob("*.md")) == sorted(PAGES)


def test_a_page_that_is_not_there_is_said_with_those_that_are() -> None:
    with pytest.raises(UsageError, match="there is no page `rule`; there are ci, configuration"):
        page("rule")


def test_every_key_of_the_configuration_has_its_row() -> None:
    text = page("configuration")

    assert [key for key in (*KEYS, *ROLES) if f"`{key}`" not in text] == []


def test_the_readme_names_every_command() -> None:
    text = README.read_text("utf-8")

    assert [name for name in COMMANDS if f"`{name}`" not in text and f"`conformance {name}" not in text] == []


def test_the_page_on_own_rules_names_all_that_they_can_say() -> None:
    selections = [getattr(architecture, name) for name in architecture.__all__]
    sayable = {each for selection in selections for each in dir(selection) if each.startswith("may_")}

    assert set(re.findall(r"`(may_\w+)`", page("own-rules"))) == sayable


def test_the_rule_on_the_page_on_own_rules_is_one() -> None:
    listing = page("own-rules").split("## In this package")[1]
    text = textwrap.dedent("".join(f"{line}\n" for line in listing.splitlines() if not line or line.startswith("    ")))
    namespace: dict[str, Any] = {}
    exec(compile(text, "own-rules.md", "exec"), namespace)  # noqa: S102 - our own page
    files = files_of("""
--- app/lifespan.py
from fastapi import FastAPI

async def lifespan(app: FastAPI):
    app.state.settings = 1  # expect: ZZ101
    yield

app = FastAPI(lifespan=lifespan)
""")

    assert found_in(program_from(files), [namespace["RULE"]]) == expected_in(files)


def test_every_relative_link_leads_somewhere() -> None:
    documents = [README, *DOCS.glob("*.md")]

    broken = [
        (document.name, link)
        for document in documents
        for link in re.findall(r"\]\((?!https?:)([^)#\s]+)", document.read_text("utf-8"))
        if not (document.parent / link).exists()
    ]

    assert broken == []


def test_the_links_of_the_table_are_headings_of_the_pages() -> None:
    headings = {line[4:].replace(" ", "-").lower() for line in page("rules").splitlines() if line.startswith("### ")}

    assert set(re.findall(r"rules\.md#([\w-]+)", README.read_text("utf-8"))) == headings


def test_the_demonstration_prints_what_the_readme_shows() -> None:
    readme = README.read_text("utf-8")
    demo, shown = re.findall(r"<!-- demo -->\n```bash\n(.*?)```.*?```\n(.*?)```", readme, re.DOTALL)[0]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}

    done = subprocess.run(
        ["bash", "-c", demo.replace("pip install .\n", "")],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 1, done.stderr
    assert shown in done.stdout
    assert "nothing found in" in done.stdout


def test_the_readme_lists_the_rules_that_can_be_undecidable() -> None:
    text = README.read_text("utf-8")
    section = text[text.index("## What it cannot know") :].partition("\n## ")[0]

    listed = re.findall(r"^\| ([A-Z]{2}\d{3}) \|", section, re.MULTILINE)

    modules = {rule.id: sys.modules[rule.check.__module__] for rule in all_rules() if not rule.engine}
    assert listed == sorted(rule_id for rule_id, module in modules.items() if hasattr(module, "Undecidable"))
