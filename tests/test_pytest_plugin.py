"""The pytest plugin in runs of its own: off until asked for, an item per rule, no pass for what was not done."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import conformance.check
import conformance.reporters.pytest_items
from conformance.check import Loaded
from conformance.config import Config
from conformance.discovery import Target
from conformance.examples import files_of
from tests.kit import lay_out

pytest_plugins = ("pytester",)

ROOT = Path(__file__).parent.parent
DI108, WK301 = "conformance::DI108 state-write-outside-lifespan", "conformance::WK301 ctx-write-outside-worker"
WHOLE = "conformance::completeness"

GOOD = files_of("""
--- app/__init__.py
--- app/main.py
from contextlib import asynccontextmanager
from fastapi import FastAPI
from app.api import router
@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.greeting = "hello"
    yield
app = FastAPI(lifespan=lifespan)
app.include_router(router)
--- app/api.py
from fastapi import APIRouter, Request
router = APIRouter()
@router.get("/")
async def greet(request: Request):
    return 1
--- tests/test_own.py
def test_own():
    pass
""")
BROKEN = GOOD | {"app/api.py": GOOD["app/api.py"].replace("return 1", "request.app.state.seen = 1")}
LOUD = GOOD | {"app/__init__.py": "raise SystemExit('imported')\n"}


REMEMBERING = ("-W", "error", "-v", "--strict-markers", "--strict-config")
OPTIONS = (*REMEMBERING, "-p", "no:cacheprovider")


@dataclass(frozen=True, slots=True)
class Done:
    """A run of pytest."""

    returncode: int
    stdout: str
    stderr: str


def run(folder: Path, *arguments: str) -> Done:
    """Run pytest in a folder, in a process of its own, with warnings as errors."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COLUMNS"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *OPTIONS, *arguments],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120,
        env=environment | {"COLUMNS": "200", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def run_here(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Run pytest in a folder, in this process."""
    monkeypatch.setenv("COLUMNS", "200")

    def in_this_process(folder: Path, *arguments: str, options: tuple[str, ...] = OPTIONS) -> Done:
        monkeypatch.chdir(folder)
        done = pytester.runpytest_inprocess(*options, *arguments)
        return Done(int(done.ret), done.stdout.str(), done.stderr.str())

    return in_this_process


def outcomes(done: Done) -> dict[str, str]:
    """Return the outcome of each item, in a run with `-v`, with or without pytest-xdist."""
    plain = re.findall(r"^(\S+::.+?) (PASSED|FAILED|ERROR|SKIPPED)\b", done.stdout, re.MULTILINE)
    spread = re.findall(r"^\[gw\d\] \[ *\d+%\] (PASSED|FAILED|ERROR|SKIPPED) (\S+::.+?) *$", done.stdout, re.MULTILINE)
    return dict(plain) | {name: outcome for outcome, name in spread}


ASKED = ("--conformance", "--conformance-target=app", "--conformance-select=DI108,WK301")


def test_it_is_off_until_asked_for_and_imports_nothing_of_the_engine(tmp_path: Path) -> None:
    lay_out(tmp_path, BROKEN)
    lay_out(tmp_path, {"conftest.py": (
        "import sys\n"
        "def pytest_unconfigure():\n"
        "    tops = ('conformance', 'libcst', 'grimp')\n"
        "    print('IMPORTED', sorted(name for name in sys.modules if name.partition('.')[0] in tops))\n"
    )})  # fmt: skip

    done = run(tmp_path)

    assert outcomes(done) == {"tests/test_own.py::test_own": "PASSED"}
    assert done.returncode == 0
    assert "IMPORTED ['conformance', 'conformance.pytest_plugin']" in done.stdout


def test_one_item_per_rule_that_passes_or_is_skipped_with_the_reason(
    tmp_path: Path, run_here: Callable[..., Done]
) -> None:
    done = run_here(lay_out(tmp_path, GOOD), *ASKED, "-rs")

    assert outcomes(done) == {
        DI108: "PASSED", WK301: "SKIPPED", WHOLE: "PASSED", "tests/test_own.py::test_own": "PASSED",
    }  # fmt: skip
    assert done.returncode == 0
    assert "conformance: app, 2 rules" in done.stdout
    assert "collected 4 items" in done.stdout
    assert "SKIPPED [1] conformance: not applicable: " in done.stdout


def test_a_broken_rule_fails_with_place_reason_and_what_to_write_and_no_traceback(
    tmp_path: Path, run_here: Callable[..., Done]
) -> None:
    done = run_here(lay_out(tmp_path, BROKEN), *ASKED)

    assert outcomes(done)[DI108] == "FAILED"
    assert done.returncode == 1
    assert "--> app/api.py:5:5" in done.stdout
    assert "= instead: " in done.stdout
    assert "= why: " in done.stdout
    assert "Traceback" not in done.stdout
    assert "pytest_plugin.py" not in done.stdout
    assert f"FAILED {DI108}" in done.stdout
    if pytest.version_tuple >= (9,):  # before it, the summary says nothing of such a failure but its name
        assert f"FAILED {DI108} - 1 finding: app/api.py:5:5" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "on"),
    [
        ((), True),
        (("tests",), True),
        (("tests/test_own.py",), False),
        (("tests/test_own.py::test_own",), False),
        (("tests/test_own.py", DI108), True),
        (("-o", "conformance=false"), False),
    ],
)
def test_the_configuration_turns_it_on_unless_single_tests_are_wanted(
    tmp_path: Path, run_here: Callable[..., Done], arguments: tuple[str, ...], on: bool
) -> None:
    lay_out(tmp_path, BROKEN)
    lay_out(
        tmp_path,
        {"pytest.ini": "[pytest]\nconformance = true\nconformance_target = app\nconformance_select = DI108 WK301\n"},
    )

    found = outcomes(run_here(tmp_path, *arguments))

    assert found["tests/test_own.py::test_own"] == "PASSED"
    assert (found.get(DI108) == "FAILED") is on


def test_targets_of_the_configuration_count_from_the_root_folder(tmp_path: Path, run_here: Callable[..., Done]) -> None:
    lay_out(tmp_path, BROKEN)
    lay_out(tmp_path, {"pytest.ini": "[pytest]\nconformance_target = app\n"})

    done = run_here(tmp_path / "tests", "--conformance", "--conformance-select=DI108")

    assert outcomes(done)["../" + DI108 if "../" + DI108 in outcomes(done) else DI108] == "FAILED"


def test_a_target_given_alone_asks_for_the_check(tmp_path: Path, run_here: Callable[..., Done]) -> None:
    done = run_here(lay_out(tmp_path, BROKEN), "--conformance-target=app", "-k", "DI108")

    assert outcomes(done) == {DI108: "FAILED"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("-k", "DI108"), {DI108: "FAILED"}),
        (("-k", "state-write-outside-lifespan"), {DI108: "FAILED"}),
        (("-k", "test_own"), {"tests/test_own.py::test_own": "PASSED"}),
        (("-m", "conformance"), {DI108: "FAILED", WK301: "SKIPPED", WHOLE: "PASSED"}),
        (("-m", "not conformance"), {"tests/test_own.py::test_own": "PASSED"}),
        ((DI108,), {DI108: "FAILED"}),
        ((DI108, WHOLE), {DI108: "FAILED", WHOLE: "PASSED"}),
        (("--deselect", DI108, "-m", "conformance"), {WK301: "SKIPPED", WHOLE: "PASSED"}),
    ],
)
def test_items_are_selected_as_others_are(
    tmp_path: Path, run_here: Callable[..., Done], arguments: tuple[str, ...], expected: dict[str, str]
) -> None:
    done = run_here(lay_out(tmp_path, BROKEN), *ASKED, *arguments)

    assert outcomes(done) == expected
    assert done.returncode == ("FAILED" in expected.values())


def test_the_items_are_in_the_tree_of_what_is_collected(tmp_path: Path, run_here: Callable[..., Done]) -> None:
    done = run_here(lay_out(tmp_path, BROKEN), *ASKED, "--collect-only", "-qqq")

    assert done.returncode == 0
    assert "conformance: 3" in done.stdout


def test_workers_share_one_check(tmp_path: Path) -> None:
    lay_out(tmp_path, BROKEN)
    lay_out(tmp_path, {"conftest.py": (
        "import os\n"
        "def pytest_configure(config):\n"
        "    import conformance.check as c\n"
        "    judge = c.judge\n"
        "    def counted(*a, **k):\n"
        "        open(f'judged-{os.getpid()}', 'a').write('.')\n"
        "        return judge(*a, **k)\n"
        "    c.judge = counted\n"
    )})  # fmt: skip

    done = run(tmp_path, *ASKED, "-n2")

    assert outcomes(done) == {
        DI108: "FAILED", WK301: "SKIPPED", WHOLE: "PASSED", "tests/test_own.py::test_own": "PASSED",
    }  # fmt: skip
    assert "--> app/api.py:5:5" in done.stdout
    assert done.returncode == 1
    assert [path.read_text() for path in tmp_path.glob("judged-*")] == ["."]


def test_what_a_run_before_found_counts_where_nothing_has_changed(
    tmp_path: Path, run_here: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    read, targets = conformance.check.read, []

    def watched(target: Target, config: Config) -> Loaded:
        targets.append(target)
        return read(target, config)

    monkeypatch.setattr(conformance.check, "read", watched)
    lay_out(tmp_path, BROKEN)
    arguments = ("--conformance-target", "app")

    first, second = (run_here(tmp_path, *arguments, options=REMEMBERING) for _ in range(2))
    assert len(targets) == 1
    assert "request.app.state.seen" in second.stdout
    assert _told(first) == _told(second)

    (tmp_path / "app/api.py").write_text(GOOD["app/api.py"], "utf-8")
    assert f"{DI108} PASSED" in run_here(tmp_path, *arguments, options=REMEMBERING).stdout
    assert len(targets) == 2

    run_here(tmp_path, *arguments)
    assert len(targets) == 3


def _told(done: Done) -> str:
    """Return what a run says, without what it took."""
    return re.sub(r"in \d+\.\d+s", "", done.stdout)


def test_junit_names_rule_and_findings(tmp_path: Path, run_here: Callable[..., Done]) -> None:
    run_here(lay_out(tmp_path, BROKEN), *ASKED, "--junitxml=junit.xml")

    cases = {case.get("name"): case for case in ET.parse(tmp_path / "junit.xml").iter("testcase")}  # noqa: S314 - pytest wrote it
    broken = cases["DI108 state-write-outside-lifespan"]
    skipped = cases["WK301 ctx-write-outside-worker"].find("skipped")
    assert broken.get("classname") == "conformance"
    assert "app/api.py:5:5" in (broken.findtext("failure") or "")
    assert skipped is not None
    assert "not applicable" in skipped.get("message", "")


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, run_here: Callable[..., Done]) -> None:
    done = run_here(lay_out(tmp_path, GOOD | {"app/bad.py": "def (:\n"}), *ASKED)

    assert outcomes(done)[DI108] == "PASSED"
    assert outcomes(done)[WHOLE] == "ERROR"
    assert done.returncode == 1
    assert "app/bad.py:1: " in done.stdout


def test_a_rule_alone_does_not_pass_where_a_file_cannot_be_read(tmp_path: Path, run_here: Callable[..., Done]) -> None:
    done = run_here(lay_out(tmp_path, GOOD | {"app/bad.py": "def (:\n"}), *ASKED, "-k", "DI108 or WK301")

    assert outcomes(done) == {DI108: "ERROR", WK301: "ERROR"}
    assert done.returncode == 1


def test_a_rule_that_crashes_is_an_error(tmp_path: Path) -> None:
    lay_out(tmp_path, GOOD)
    lay_out(tmp_path, {"conftest.py": (
        "import dataclasses\n"
        "def pytest_configure(config):\n"
        "    import conformance.check as c\n"
        "    every = c.all_rules()\n"
        "    def broken(program):\n"
        "        raise ValueError('kaput')\n"
        "    made = [dataclasses.replace(r, subjects=broken) if r.id == 'DI108' else r for r in every]\n"
        "    c.all_rules = lambda: tuple(made)\n"
    )})  # fmt: skip

    done = run(tmp_path, *ASKED)

    assert outcomes(done)[DI108] == "ERROR"
    assert outcomes(done)[WHOLE] == "ERROR"
    assert done.returncode == 1
    assert "the rule crashed: ValueError: kaput" in done.stdout


@pytest.mark.parametrize("spread", [(), ("-n2",)], ids=["here", "spread"])
def test_a_check_that_breaks_off_is_an_error_of_every_item(
    tmp_path: Path, run_here: Callable[..., Done], spread: tuple[str, ...]
) -> None:
    lay_out(tmp_path, GOOD | {"conformance-baseline.json": "{"})

    done = (run if spread else run_here)(tmp_path, *ASKED, *spread)

    assert {outcomes(done)[name] for name in (DI108, WK301, WHOLE)} == {"ERROR"}
    assert "conformance-baseline.json" in done.stdout
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        (("--conformance-target=nowhere",), ["no such file, folder or package"]),
        (("--conformance-target=nowhere", "-n2"), ["no such file, folder or package"]),
        (("--conformance-target=app", "--conformance-select=DI108,DI99"), ["unknown rule `DI99`"]),
        (("--conformance-target=nowhere", "--conformance-select=zebra"), ["no such file", "unknown rule `zebra`"]),
        (("--conformance-target=app", "conformance::DI999"), ["no such item: conformance::DI999"]),
    ],
)
def test_wrong_options_are_told_at_once(
    tmp_path: Path, run_here: Callable[..., Done], arguments: tuple[str, ...], messages: list[str]
) -> None:
    done = run_here(lay_out(tmp_path, GOOD), *arguments)

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert all(message in done.stderr for message in messages)
    assert "INTERNALERROR" not in done.stdout + done.stderr


def test_suppressed_and_recorded_findings_pass(tmp_path: Path, run_here: Callable[..., Done]) -> None:
    code = BROKEN["app/api.py"].replace("seen = 1", "seen = 1  # conformance: ignore[DI108] -- agreed")

    done = run_here(lay_out(tmp_path, BROKEN | {"app/api.py": code}), *ASKED)

    assert outcomes(done)[DI108] == "PASSED"


def test_advice_is_shown_and_fails_nothing(tmp_path: Path, run_here: Callable[..., Done]) -> None:
    settings = '[tool.conformance.severity]\nDI108 = "advice"\n'

    done = run_here(lay_out(tmp_path, BROKEN | {"pyproject.toml": settings}), *ASKED)

    assert outcomes(done)[DI108] == "PASSED"
    assert done.returncode == 0
    assert re.search(r"architecture: advice and notes =+\napp/api\.py:5:5: DI108 \(advice\) ", done.stdout)


def test_nothing_of_the_target_is_imported(tmp_path: Path, run_here: Callable[..., Done]) -> None:
    done = run_here(lay_out(tmp_path, LOUD), *ASKED)

    assert outcomes(done)[DI108] == "PASSED"
    assert done.returncode == 0


def test_the_fixture_is_there_with_and_without_the_check(tmp_path: Path, run_here: Callable[..., Done]) -> None:
    lay_out(tmp_path, GOOD)
    lay_out(tmp_path, {
        "pytest.ini": "[pytest]\nconformance_target = app\n",
        "tests/test_own.py": (
            "def test_holds(architecture):\n"
            "    architecture.modules('app.api').may_only_be_imported_by('app.main').check()\n"
            "def test_broken(architecture):\n"
            "    architecture.modules('app.api').may_only_be_imported_by().check()\n"
            "def test_vacuous(architecture):\n"
            "    architecture.modules('app.apy').may_only_be_imported_by().check()\n"
        ),
    })  # fmt: skip
    expected = {
        "tests/test_own.py::test_holds": "PASSED",
        "tests/test_own.py::test_broken": "FAILED",
        "tests/test_own.py::test_vacuous": "FAILED",
    }

    without, spread = run_here(tmp_path), run(tmp_path, "--conformance", "-k", "test_own", "-n2")

    assert outcomes(without) == outcomes(spread) == expected
    assert "--> app/main.py:3:1" in without.stdout
    assert "did you mean `app.api`?" in without.stdout
    assert "architecture.py" not in without.stdout


def test_it_runs_in_this_repository() -> None:
    done = run(ROOT, "--conformance", "--conformance-target=reference_app", "-m", "conformance", "tests/test_config.py")

    found = outcomes(done)
    assert done.returncode == 0, done.stdout
    assert found[DI108] == found[WK301] == found[WHOLE] == "PASSED"
