"""The selftest: each rule has operators, all that they seed is found through every door, and a target is only read."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

import conformance.selftest.run
from conformance.cli import SELFTESTS, main
from conformance.reporters import Look
from conformance.rules import all_rules
from conformance.selection import Selection
from conformance.selftest import Outcome, Result, selftest
from conformance.selftest.doors import DOORS
from conformance.selftest.operators import HARMLESS, OPERATORS, Operator
from conformance.selftest.operators.base import ends
from conformance.selftest.report import WRITERS
from conformance.selftest.seeds import Change, Seed, Source, sown
from tests.kit import lay_out

ROOT = Path(__file__).parent.parent
REFERENCE = (ROOT / "reference_app", ROOT / "tests" / "reference_app")
WITH_OPT_IN = Selection(extend_select=("FP",))


@pytest.fixture(scope="module")
def reference() -> Result:
    """The selftest of the reference application."""
    return selftest(REFERENCE, selection=WITH_OPT_IN, cwd=ROOT)


def wrong(result: Result) -> list[str]:
    """Return what went wrong, as it is read in a failure."""
    return [
        f"{t.operator.rule} {t.operator.spelling}: {t.outcome} {dict(t.doors)} {t.places} {t.why}"
        for t in result.trials
        if t.is_wrong
    ]


def content_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- the operators ---------------------------------------------------------------------------------------------------


def test_each_rule_has_at_least_three_operators_each_spelled_differently() -> None:
    spellings = Counter((operator.rule, operator.spelling) for operator in OPERATORS)
    rules = Counter(operator.rule for operator in OPERATORS)

    assert set(spellings.values()) == {1}
    assert {rule.id for rule in all_rules() if not rule.engine} == set(rules)
    assert min(rules.values()) >= 3


def test_what_is_seeded_into_the_reference_application_is_found(reference: Result) -> None:
    seeded = Counter(t.operator.rule for t in reference.trials if t.operator.rule and t.outcome is Outcome.FOUND)

    assert wrong(reference) == []
    assert reference.exit_status == 0
    assert min(seeded[operator.rule] for operator in OPERATORS) >= 3
    assert [t.operator.spelling for t in reference.trials if t.outcome is Outcome.NOT_SEEDED] == []


def test_what_is_no_violation_is_not_reported(reference: Result) -> None:
    quiet = [t.operator for t in reference.trials if t.outcome is Outcome.QUIET]

    assert quiet == list(HARMLESS)


def test_a_few_checks_do(reference: Result) -> None:
    assert reference.runs < len(reference.trials) / 10


def test_every_door_finds_what_is_seeded() -> None:
    result = selftest(REFERENCE, selection=WITH_OPT_IN, cwd=ROOT, doors=DOORS)

    assert wrong(result) == []
    assert {door for trial in result.trials for door in trial.doors} == set(DOORS)
    by_contracts = {t.operator.rule for t in result.trials if t.doors.get("contracts") is Outcome.FOUND}
    assert by_contracts == {"DI108", "DI111", "LY401", "LY402", "LY403", "LY406", "WK301", "WK304"}


@pytest.mark.campaign
def test_every_door_finds_what_is_seeded_alone() -> None:
    result = selftest(REFERENCE, selection=WITH_OPT_IN, cwd=ROOT, doors=DOORS, how="alone")

    assert wrong(result) == []


# --- other targets ---------------------------------------------------------------------------------------------------

SMALL = {
    "app/__init__.py": "",
    "app/main.py": "import fastapi\n\napp = fastapi.FastAPI()\n@app.get('/')\nasync def root() -> int:\n    return 1\n",
}


def test_a_target_is_only_read(tmp_path: Path) -> None:
    lay_out(tmp_path, SMALL)
    before = content_of(tmp_path)

    result = selftest([tmp_path], cwd=tmp_path)

    assert result.exit_status == 0, wrong(result)
    assert content_of(tmp_path) == before


def test_nothing_of_a_target_is_executed(tmp_path: Path) -> None:
    loud = f"open({str(tmp_path / 'executed')!r}, 'w').close()\n"
    files = {**SMALL, "app/__init__.py": loud, "app/main.py": loud + SMALL["app/main.py"], "conftest.py": loud}
    target = lay_out(tmp_path / "project", {**files, "setup.py": loud, "app/test_it.py": loud})

    result = selftest([target], cwd=tmp_path, doors=DOORS, selection=Selection(select=("DI108",)))

    assert wrong(result) == []
    assert result.counted(Outcome.FOUND) == 6
    assert not (tmp_path / "executed").exists()


def test_a_rule_for_which_there_is_nothing_says_what_it_needs(tmp_path: Path) -> None:
    result = selftest([lay_out(tmp_path, SMALL)], cwd=tmp_path, selection=Selection(select=("WK307", "DI106")))

    why = {t.operator.rule: t.why for t in result.trials if t.outcome is Outcome.NOT_SEEDED}

    assert why["WK307"].startswith("needs arq's settings (")
    assert "nothing to seed for WK307" in WRITERS["full"](result, Look())


@pytest.mark.parametrize(
    "text",
    [
        "import os\r\nX = 1\r\n",
        "\ufeffX = 1\n",
        "X = 1  # no end of line",
        "if True:\n\tX = 1\n",
        "# coding: latin-1\nX = 'é'\n",
        "def one(): return 1",
        "X = (\n    1,\n)\n\f\nY = 2\n",
        "",
        "type X = int\n",
    ],
)
def test_files_of_every_kind_can_be_sown(tmp_path: Path, text: str) -> None:
    lay_out(tmp_path, SMALL)
    (tmp_path / "app" / "other.py").write_bytes(text.encode("latin-1" if "latin" in text else "utf-8"))

    result = selftest([tmp_path], cwd=tmp_path, selection=Selection(select=("DI", "CF601", "DV")))

    assert result.exit_status == 0, wrong(result)
    assert any(path == "app/other.py" for trial in result.trials for path, _ in trial.places)


def test_tasks_endpoints_and_settings_are_found_in_a_src_layout(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "reference_app", tmp_path / "src" / "reference_app")
    shutil.copytree(ROOT / "tests" / "reference_app", tmp_path / "tests")

    result = selftest([tmp_path], cwd=tmp_path)

    assert wrong(result) == []
    assert result.counted(Outcome.FOUND) > 200


def test_what_is_no_violation_there_is_not_seeded(tmp_path: Path) -> None:
    files = {
        "app/__init__.py": "",
        "app/config.py": (
            "from functools import lru_cache\nfrom pydantic_settings import BaseSettings\n"
            "class Settings(BaseSettings):\n    debug: bool = False\n"
            "@lru_cache\ndef names(of: type[Settings]) -> set[str]:\n    return set(Settings.model_fields)\n"
        ),
        "app/main.py": "from app.config import Settings\ndef read(settings: Settings): return settings.debug\n",
        "app/deps/__init__.py": "",
        "app/deps/docket.py": (
            "from typing import Annotated\nfrom docket import Docket\nfrom fastapi import Depends, Request\n"
            "def get_docket(request: Request) -> Docket:\n    return request.app.state.docket\n"
            "DocketDep = Annotated[Docket, Depends(get_docket)]\n"
        ),
    }
    result = selftest([lay_out(tmp_path, files)], selection=Selection(select=("LC209", "DI115")), cwd=tmp_path)
    unsown = {t.operator.spelling for t in result.trials if t.outcome is Outcome.NOT_SEEDED}

    assert {"a second cached function", "the alias of a provider"} <= unsown
    assert wrong(result) == []


def test_a_task_that_takes_what_comes_has_no_context_to_write(tmp_path: Path) -> None:
    worker = """
from arq.connections import RedisSettings
from app.tasks.jobs import run
class WorkerSettings:
    functions = [run]
    redis_settings = RedisSettings()
"""
    files = {"app/tasks/jobs.py": "async def run(*args):\n    return args[0]\n", "app/worker.py": worker}
    lay_out(tmp_path, {**SMALL, **files})

    result = selftest([tmp_path], cwd=tmp_path)

    assert wrong(result) == []


# --- what went wrong -------------------------------------------------------------------------------------------------


def one_operator(monkeypatch: pytest.MonkeyPatch, operator: Operator, *harmless: Operator) -> None:
    monkeypatch.setattr(conformance.selftest.run, "OPERATORS", (operator,))
    monkeypatch.setattr(conformance.selftest.run, "HARMLESS", harmless)


BLIND = Operator("DI106", "no violation", "a module", ends(lambda ground: ground.modules(), "client = 1  # here"))
SEEN = Operator(
    "DI106",
    "a client",
    "a module",
    ends(lambda ground: ground.modules(), "import httpx\nclient = httpx.Client()  # here"),
)


def test_what_is_missed_is_said_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_out(tmp_path, SMALL)
    one_operator(monkeypatch, BLIND)

    assert main(["selftest", str(tmp_path)]) == 1
    assert "DI106  no violation  MISSED" in capsys.readouterr().out
    assert main(["selftest", str(tmp_path), "--quiet"]) == 1
    assert "1 MISSED" in capsys.readouterr().out


def test_what_is_reported_and_is_none_is_said_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_out(tmp_path, SMALL)
    one_operator(monkeypatch, SEEN, Operator("", "a client", "a module", SEEN.places))

    assert main(["selftest", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "DI106  a client  found" in said
    assert "none   a client  FALSE ALARM" in said


def test_a_door_that_cannot_be_tried_is_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_out(tmp_path, SMALL)
    monkeypatch.setattr("sys.executable", "true")  # it prints nothing

    assert main(["selftest", str(tmp_path), "--select", "DI108", "--matrix"]) == 2
    assert "the command could not be tried: it printed nothing" in capsys.readouterr().err


def test_nothing_seeded_is_no_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(tmp_path, SMALL)
    one_operator(monkeypatch, Operator("DI106", "nowhere", "the moon", lambda _: ()))

    assert main(["selftest", str(tmp_path)]) == 2


def test_a_violation_that_the_configuration_suppresses_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(tmp_path, {**SMALL, "conformance.toml": '[per-file-ignores]\n"app/**" = ["DI106"]\n'})
    one_operator(monkeypatch, SEEN)

    result = selftest([tmp_path], cwd=tmp_path)

    assert [t.outcome for t in result.trials] == [Outcome.SUPPRESSED]


def test_json_says_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(tmp_path, SMALL)
    one_operator(monkeypatch, SEEN)
    file = tmp_path / "selftest.json"

    status = main(["selftest", str(tmp_path / "app"), "--output-format", "json", "-o", str(file)])

    assert status == 0
    document = json.loads(file.read_text())
    assert document["trials"] == [
        {
            "rule": "DI106",
            "spelling": "a client",
            "needs": "a module",
            "outcome": "found",
            "doors": {},
            "places": [{"path": "app/__init__.py", "line": 5}],
            "reason": None,
        }
    ]
    assert document["summary"]["found"] == 1


def test_the_formats_of_the_command_are_those_that_are_written() -> None:
    assert tuple(WRITERS) == SELFTESTS


# --- texts -----------------------------------------------------------------------------------------------------------


def test_changes_of_one_file_move_each_other(tmp_path: Path) -> None:
    source = Source.of(b"a = 1\nb = 2\n")
    seeds = [
        Seed((Change("x.py", 12, 12, "\nc = 3  # here\n"),)),
        Seed((Change("x.py", 0, 0, "# one\n# two\n"),), reported=("x.py", 6)),
        Seed((Change("x.py", 10, 11, "(\n    4\n)"),)),
        Seed(reported=("x.py", -1)),
    ]

    made = sown({"x.py": source}, seeds)

    assert made.files["x.py"].decode() == "# one\n# two\na = 1\nb = (\n    4\n)\n\nc = 3\n"
    assert made.places == ((("x.py", 8),), (("x.py", 4),), (), (("x.py", 1),))


def test_a_tag_keeps_the_names_of_seeds_apart() -> None:
    text = (
        'from a import Put as P, run\nimport b\nimport c.d\n\ndef give(x: "P | None" = run(b=1)):\n    x.run(c.d.run)\n'
    )

    seed = Seed((Change("x.py", 0, 0, text),)).tagged("_1")

    assert seed.changes[0].text == (
        "from a import Put as P_1, run as run_1\nimport b as b_1\nimport c.d\n\n"
        'def give_1(x: "P_1 | None" = run_1(b=1)):\n    x.run(c.d.run)\n'
    )
