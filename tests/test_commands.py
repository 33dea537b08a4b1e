"""The commands: each in a module of its own, that loads what it needs and no more."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from conformance import commands
from conformance.commands import COMMANDS, command
from conformance.commands.arguments import parsers
from conformance.rules import Rule, all_rules, rule_called
from tests.kit import lay_out

APP = {"app/__init__.py": "", "app/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n"}
LOADED = """
import json, sys
from conformance.cli import main
main(sys.argv[1:])
print(json.dumps(sorted(name for name in sys.modules if name.startswith("conformance."))), file=sys.stderr)
"""
ALWAYS = {"conformance.cli", "conformance.commands", "conformance.commands.arguments"}


def loaded(here: Path, *arguments: str) -> set[str]:
    """Return the modules of the package that a call loads."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments], cwd=here, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_each_module_that_can_be_run_is_a_command_and_each_command_such_a_module() -> None:
    found = {each.name for each in pkgutil.iter_modules(commands.__path__) if hasattr(command(each.name), "run")}

    assert found == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_knows_its_arguments_and_no_other_does_unless_it_is_wanted(name: str) -> None:
    _, made = parsers(name)

    known = {each for each, parser in made.items() if len(parser._actions) > 1}
    assert known == {name}


def test_help_loads_no_command(tmp_path: Path) -> None:
    assert loaded(tmp_path, "--help") == ALWAYS


def test_help_of_a_command_loads_no_engine(tmp_path: Path) -> None:
    shared = {"conformance.commands.output"}

    assert loaded(tmp_path, "fleet", "--help") == {*ALWAYS, *shared, "conformance.commands.fleet"}


def test_a_check_of_what_has_not_changed_loads_the_cache_and_no_engine(tmp_path: Path) -> None:
    lay_out(tmp_path, APP)

    first, second = (loaded(tmp_path, "check", "app") for _ in range(2))

    assert "conformance.program" in first
    assert second == {
        *ALWAYS,
        "conformance.cache",
        "conformance.commands.check",
        "conformance.commands.output",
        "conformance.trace",
    }


@pytest.mark.parametrize("name", ["DI101", "nullable-provider", "CK902", "TS702"])
def test_the_page_of_a_rule_loads_neither_rules_nor_the_engine(tmp_path: Path, name: str) -> None:
    modules = loaded(tmp_path, "rule", name)

    assert not {each for each in modules if each.count(".") > 2 and each.startswith("conformance.rules")}
    assert not {"conformance.program", "conformance.check", "conformance.facts.code"} & modules


@pytest.mark.parametrize("name", ["LY404", "LY408"])
def test_the_page_of_a_rule_that_is_put_together_loads_its_module_and_that_of_no_other(
    tmp_path: Path, name: str
) -> None:
    modules = loaded(tmp_path, "rule", name)

    assert len({each for each in modules if each.count(".") > 2 and each.startswith("conformance.rules.layers")}) < 4


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.id)
def test_a_rule_is_read_by_its_id_and_by_its_name(rule: Rule[object]) -> None:
    by_id, by_name = rule_called(rule.id.lower()), rule_called(rule.name.upper())

    assert by_id == by_name
    assert by_id is not None
    assert replace(by_id, subjects=rule.subjects, check=rule.check) == rule


@pytest.mark.parametrize("name", ["", "DI", "DI10", "DI999", "nullable", "ALL"])
def test_what_names_no_rule_or_several_finds_none(name: str) -> None:
    assert rule_called(name) is None
