"""hypothesmith's Python, at length: `pytest -m campaign tests/test_campaign.py`, where hypothesmith is installed.

`CAMPAIGN=20000` says how many programs; 500 where nothing is said.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from conformance.check import check
from conformance.config import Config
from conformance.errors import UnreadableModule
from conformance.facts.extract import extract
from conformance.results import RuleStatus
from conformance.selection import Selection

hypothesmith = pytest.importorskip("hypothesmith", reason="hypothesmith is not installed: no campaign")
pytestmark = pytest.mark.campaign

many = settings(
    max_examples=int(os.environ.get("CAMPAIGN", "500")), deadline=None, suppress_health_check=list(HealthCheck)
)


@many
@given(source=hypothesmith.from_node() | hypothesmith.from_grammar())
def test_any_python_is_read(source: str) -> None:
    with suppress(UnreadableModule):
        extract(source.encode("utf-8", "surrogatepass"), "app/a.py")


@many
@given(source=hypothesmith.from_node())
def test_any_python_is_judged(source: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp() / "campaign"
    folder.mkdir(exist_ok=True)
    (folder / "main.py").write_text(f"from fastapi import *\n{source}", "utf-8", "replace")

    report = check([Path(folder)], Config(), selection=Selection(select=("ALL",)))

    assert [(r.rule, r.reason) for r in report.rules if r.status is RuleStatus.CRASHED] == []
