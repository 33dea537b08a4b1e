"""What holds for any application: it is judged, the same way each time, by however many, fresh or out of the cache.

`CAMPAIGN=20000 pytest -m campaign tests/test_written_applications.py` tries that many; 500 where nothing is said.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from conformance import baseline
from conformance.cache import Cache, Call
from conformance.check import check
from conformance.reporters import REPORTERS
from conformance.reporters.json_format import schema
from conformance.results import Finding, FindingStatus, Report, RuleStatus
from tests.kit import lay_out
from tests.written import Application, applications

ROOT = Path(__file__).parent.parent
SCHEMA = jsonschema.Draft202012Validator(json.loads(schema()))
EACH = settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
SAID_OF_THE_SAYING = ("CK901", "CK902")
MANY = int(os.environ.get("CAMPAIGN", "500"))


def some(count: int) -> list[Application]:
    """Return applications, each time the same."""
    found: list[Application] = []

    @settings(EACH, max_examples=count, phases=[Phase.generate])
    @given(application=applications)
    def keep(application: Application) -> None:
        found.append(application)

    keep()
    return found


def shown(report: Report) -> str:
    return REPORTERS["json"](report)


def without_status(report: Report) -> list[Finding]:
    """Return the findings, but those about suppressions, as if nothing had been said of them."""
    return [
        replace(each, status=FindingStatus.NEW, reason="", code="")
        for each in report.findings
        if each.rule not in SAID_OF_THE_SAYING
    ]


def new(report: Report) -> Counter[str]:
    return Counter(each.fingerprint for each in report.findings if each.status is FindingStatus.NEW)


@dataclass(frozen=True, slots=True)
class Ground:
    """A folder in which one application after the other stands."""

    root: Path

    @property
    def target(self) -> Path:
        return self.root / "target"

    def lay(self, application: Application, files: dict[str, str]) -> Path:
        shutil.rmtree(self.root, ignore_errors=True)
        return lay_out(self.target, {**files, "conformance.toml": application.configuration})

    def checked(self, *, stored: bool = False) -> Report:
        cache = Cache(self.root / "cache", Call(self.root, [self.target]))
        recalled = cache.recalled()
        assert (recalled is not None) == stored
        return recalled or check([self.target], cache=cache)


def holds(application: Application, ground: Ground) -> Report:
    """Assert what holds for any application, and return what is found in it."""
    ground.lay(application, dict(application.files))
    plain = ground.checked()
    ground.lay(application, application.with_comments())

    first = check([ground.target])
    storing, recalled = ground.checked(), ground.checked(stored=True)

    assert [(rule.rule, rule.reason) for rule in first.rules if rule.status is RuleStatus.CRASHED] == []
    assert [each.message for each in first.findings if each.rule == "CK903"] == []
    assert shown(first) == shown(storing) == shown(recalled)
    SCHEMA.validate(json.loads(shown(first)))
    assert without_status(plain) == without_status(first)
    if new(first):
        holds_with_a_record(application, ground, first)
    return first


def holds_with_a_record(application: Application, ground: Ground, first: Report) -> None:
    """Assert that what is recorded, and that alone, is not new any more, and that what is gone is said to be."""
    record = application.record(tuple(each for each in first.findings if each.status is FindingStatus.NEW))
    baseline.write(ground.target / baseline.DEFAULT, record)

    report = ground.checked()

    assert new(report) == new(first) - record.counts
    assert without_status(report) == without_status(first)
    gone = sum((record.counts - new(first)).values())
    said = {*report.notes, *(each.message for each in report.problems)}
    said -= {*first.notes, *(each.message for each in first.problems)}
    assert [text.split()[0] for text in said] == ([str(gone)] if gone else [])
    assert report.exit_status != 2 or first.exit_status == 2 or gone
    assert shown(report) == shown(ground.checked(stored=True))
    SCHEMA.validate(json.loads(shown(report)))


def test_any_application_is_judged_and_alike_from_the_cache(tmp_path: Path) -> None:
    found: set[str] = set()
    for application in some(60):
        found |= {each.rule for each in holds(application, Ground(tmp_path / "ground")).findings}

    families = Counter(rule[:2] for rule in found)
    assert {"DI", "LC", "WK", "LY", "CF", "TS", "CK"} <= set(families)
    assert families.total() > 30  # which they are depends on the version of Hypothesis


SCRIPT = """\
import sys
from pathlib import Path
from conformance import judging
from conformance.check import check
from conformance.reporters import REPORTERS

judging.PAYS = 0
for target in sys.argv[2:]:
    sys.stdout.write(REPORTERS['json'](check([Path(target)], processes=int(sys.argv[1]))))
"""


def test_any_application_is_judged_alike_in_any_process(tmp_path: Path) -> None:
    targets = [
        lay_out(tmp_path / str(number), {**each.with_comments(), "conformance.toml": each.configuration})
        for number, each in enumerate(some(6))
    ]

    def said(seed: int, processes: int) -> str:
        return subprocess.run(
            [sys.executable, "-c", SCRIPT, str(processes), *map(str, targets)],
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": str(seed)},
            capture_output=True, text=True, timeout=100, check=True,
        ).stdout  # fmt: skip

    expected = "".join(shown(check([target])) for target in targets)
    assert said(0, 1) == expected
    assert said(1, 2) == expected
    assert said(2, 3) == expected


@pytest.mark.campaign
def test_any_of_many_applications(tmp_path: Path) -> None:
    @settings(EACH, derandomize=False, max_examples=MANY)
    @given(application=applications)
    def each(application: Application) -> None:
        holds(application, Ground(tmp_path / "ground"))

    each()
