"""`conformance fleet`: each checkout is a task of its own, and what becomes of one is nothing to the others."""

from __future__ import annotations

import json
import socket
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from conformance import cli
from conformance.errors import ConfigurationError, UsageError
from conformance.fleet import FLEETS, Checkout, Outcome, State, earlier, listed_in, run_with_dask, run_with_processes
from conformance.fleet.scorecard import scorecard
from conformance.fleet.task import checked, not_checked
from conformance.reporters import json_format
from conformance.results import FindingStatus
from tests.browser import CHROMIUM, chromium
from tests.kit import a_finding, a_report, lay_out

CONFORMS = {
    "app/__init__.py": "",
    "app/services/__init__.py": "",
    "app/services/sums.py": "def double(number: int) -> int:\n    return 2 * number\n",
}
BROKEN = {
    "app/__init__.py": "",
    "app/services/__init__.py": "",
    "app/services/web.py": "from fastapi import Request\n\n\ndef method(of: Request) -> str:\n    return of.method\n",
}
DOOMED = """
import json, os, signal, sys
from conformance.fleet.task import main
text = sys.stdin.read()
name = json.loads(text)["name"]
if name == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
if name == "crashed":
    raise SystemError("out of order")
if name == "slow":
    import time
    time.sleep(600)
if name == "fatal":
    os.kill(os.getppid(), signal.SIGKILL)
import io
sys.stdin = io.StringIO(text)
main()
"""
"""What checks a checkout unless it has one of these names; `fatal` kills the worker that has started it."""


def silent(step: str, done: int, of: int) -> None:
    """Say nothing."""


def fleet(folder: Path, *names: str) -> list[Checkout]:
    """Return checkouts of these names; those of the name `broken` have a finding."""
    for name in names:
        lay_out(folder / name, BROKEN if name == "broken" else CONFORMS)
    return [Checkout(name=name, path=str(folder / name), cached=False) for name in names]


def states(outcomes: tuple[Outcome, ...]) -> dict[str, State]:
    return {each.checkout.name: each.state for each in outcomes}


# --- the list ------------------------------------------------------------------------------------------------------


def test_a_list_is_a_path_on_each_line(tmp_path: Path) -> None:
    lay_out(tmp_path, {"fleet.txt": "# ours\nbilling\n\n../shop/app \n"})

    listed = listed_in(tmp_path / "fleet.txt")

    assert [(each.name, each.path) for each in listed] == [
        ("billing", str(tmp_path / "billing")),
        ("app", str(tmp_path / "../shop/app")),
    ]


def test_a_list_in_toml_says_more_of_each(tmp_path: Path) -> None:
    text = (
        '[[checkout]]\npath = "billing"\nname = "Billing"\nconfig = "strict.toml"\n'
        'select = ["DI"]\nignore = ["DI116"]\n'
    )
    lay_out(tmp_path, {"fleet.toml": text})

    listed = listed_in(tmp_path / "fleet.toml", cached=False)

    assert listed == (
        Checkout(
            name="Billing",
            path=str(tmp_path / "billing"),
            config=str(tmp_path / "strict.toml"),
            select=("DI",),
            ignore=("DI116",),
            cached=False,
        ),
    )
    assert Checkout.of(json.loads(json.dumps(listed[0].data()))) == listed[0]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("fleet.toml", '[[checkout]]\npath = "a"\nselct = []\n', "unknown key `selct`; did you mean `select`?"),
        ("fleet.toml", '[[checkout]]\nname = "a"\n', "checkout 1 has no `path`"),
        ("fleet.toml", '[[checkout]]\npath = "a"\nselect = "DI"\n', "`select` must be a list of strings"),
        ("fleet.toml", '[[checkouts]]\npath = "a"\n', "unknown key `checkouts`; did you mean `checkout`?"),
        ("fleet.toml", "checkout = 1\n", r"write \[\[checkout\]\]"),
        ("fleet.toml", "[[checkout\n", "is not TOML"),
        ("fleet.txt", "a/app\nb/app\n", "2 checkouts are called `app`: name them"),
        ("fleet.txt", "# none\n", "lists no checkout"),
    ],
)
def test_what_is_wrong_with_a_list_is_said(tmp_path: Path, name: str, text: str, said: str) -> None:
    lay_out(tmp_path, {name: text})

    with pytest.raises(ConfigurationError, match=said):
        listed_in(tmp_path / name)


# --- the tasks -----------------------------------------------------------------------------------------------------


def test_outcomes_come_in_the_order_of_the_list(tmp_path: Path) -> None:
    outcomes = run_with_processes(fleet(tmp_path, "broken", "b", "a"), workers=2, seconds=60, progress=silent)

    assert list(states(outcomes).items()) == [
        ("broken", State.FINDINGS),
        ("b", State.CONFORMS),
        ("a", State.CONFORMS),
    ]
    assert [finding.rule for finding in outcomes[0].report.findings] == ["LY403"]


def test_one_that_fails_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    checkouts = [
        *fleet(tmp_path, "killed", "crashed", "fine"),
        Checkout(name="gone", path=str(tmp_path / "no")),
    ]
    command = (sys.executable, "-c", DOOMED)

    outcomes = run_with_processes(checkouts, workers=3, seconds=60, progress=silent, command=command)

    told = {each.checkout.name: [problem.message for problem in each.report.problems] for each in outcomes}
    assert states(outcomes) == {
        "killed": State.NOT_CHECKED,
        "crashed": State.NOT_CHECKED,
        "fine": State.CONFORMS,
        "gone": State.NOT_CHECKED,
    }
    assert told == {
        "killed": ["its process was ended by signal 9 (Killed)"],
        "crashed": ["its process failed with status 1: SystemError: out of order"],
        "fine": [],
        "gone": ["no such file, folder or package"],
    }


def test_one_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    (checkout,) = fleet(tmp_path, "slow")

    outcome = checked(checkout, 0.5, (sys.executable, "-c", DOOMED))

    assert [problem.message for problem in outcome.report.problems] == ["took longer than 0.5 seconds, and was ended"]


def test_a_wrong_configuration_is_what_became_of_that_checkout(tmp_path: Path) -> None:
    checkouts = fleet(tmp_path, "wrong", "fine")
    lay_out(tmp_path, {"wrong/conformance.toml": 'selct = ["DI"]\n'})

    outcomes = run_with_processes(checkouts, workers=2, seconds=60, progress=silent)

    assert states(outcomes) == {"wrong": State.NOT_CHECKED, "fine": State.CONFORMS}
    assert "did you mean `select`?" in outcomes[0].report.problems[0].message


def test_nothing_is_imported_from_the_folder_that_it_is_started_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(tmp_path, {"json.py": "raise SystemError('imported')\n", "conformance/__init__.py": "raise SystemError\n"})
    monkeypatch.chdir(tmp_path)

    (checkout,) = fleet(tmp_path, "fine")

    assert checked(checkout, 60).state is State.CONFORMS


def test_a_result_is_remembered(tmp_path: Path) -> None:
    (checkout,) = fleet(tmp_path, "broken")
    cached = Checkout(name="broken", path=checkout.path)

    first, again = checked(cached, 60), checked(cached, 60)

    assert (Path(checkout.path) / ".conformance_cache").is_dir()
    assert first == again == Outcome(cached, checked(checkout, 60).report)


def test_dask_gives_the_same(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    checkouts = [*fleet(tmp_path, "broken", "fine"), Checkout(name="gone", path=str(tmp_path / "no"))]

    with socket.socket() as another:
        with suppress(OSError):  # it is taken already
            another.bind(("127.0.0.1", 8787))  # where the pages of a first cluster are
            another.listen()
        outcomes = run_with_dask(checkouts, scheduler="", workers=2, seconds=60, progress=silent)

    assert outcomes == run_with_processes(checkouts, workers=2, seconds=60, progress=silent)


def test_a_worker_of_dask_that_is_lost_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    checkouts = fleet(tmp_path, "fatal", "broken", "fine", "killed")
    command = (sys.executable, "-c", DOOMED)

    outcomes = run_with_dask(checkouts, scheduler="", workers=2, seconds=60, progress=silent, command=command)

    assert [each.report.problems[0].message for each in outcomes if each.state is State.NOT_CHECKED] == [
        "its worker was lost, each time that it was tried",
        "its process was ended by signal 9 (Killed)",
    ]
    assert states(outcomes) == {
        "fatal": State.NOT_CHECKED,
        "broken": State.FINDINGS,
        "fine": State.CONFORMS,
        "killed": State.NOT_CHECKED,
    }


def test_a_scheduler_that_does_not_answer_is_said() -> None:
    pytest.importorskip("distributed")

    with pytest.raises(UsageError, match=r"no scheduler of Dask answers at tcp://127\.0\.0\.1:9"):
        run_with_dask([], scheduler="tcp://127.0.0.1:9", workers=1, seconds=1, progress=silent)


# --- what is written -----------------------------------------------------------------------------------------------

HOSTILE = "<script>alert(1)</script> | \u202e`x`\nx"


def a_fleet(*fingerprints: str) -> tuple[Outcome, ...]:
    """Return a checkout with findings of these fingerprints, one that conforms, and one that was not checked."""
    findings = [replace(a_finding(line=line), fingerprint=each) for line, each in enumerate(fingerprints, 1)]
    recorded = a_finding(line=99, status=FindingStatus.BASELINED)
    return (
        Outcome(Checkout(name=HOSTILE, path="/a"), a_report(*findings, recorded)),
        Outcome(Checkout(name="b", path="/b"), a_report()),
        not_checked(Checkout(name="c", path="/c"), f"no such folder: {HOSTILE}"),
    )


def test_the_formats_of_the_command_line_are_those_of_the_table() -> None:
    assert tuple(FLEETS) == cli.FLEETS


def test_the_scorecard_is_checkouts_by_families() -> None:
    card = scorecard(a_fleet("one", "two"))

    assert card.families == ("DI", "LC", "WK")
    assert [(row.state, [cell.number for cell in row.cells], row.total.number) for row in card.rows] == [
        (State.FINDINGS, [2, 0, None], 2),
        (State.CONFORMS, [0, 0, None], 0),
        (State.NOT_CHECKED, [None, None, None], None),
    ]
    assert [cell.number for cell in card.sums] == [2, 0, None, 2]
    assert card.rules == (("DI108", "state-write-outside-lifespan", 2, 1),)


def test_what_came_and_what_went_is_told_by_fingerprint(tmp_path: Path) -> None:
    lay_out(tmp_path, {"earlier.json": FLEETS["json"](a_fleet("one", "two", "two"), None)})

    card = scorecard(a_fleet("two", "three"), earlier(tmp_path / "earlier.json"))

    assert [(row.total.came, row.total.went) for row in card.rows] == [(1, 2), (0, 0), (None, None)]
    assert "| 2 (+1 -2) |" in FLEETS["markdown"](a_fleet("two", "three"), earlier(tmp_path / "earlier.json"))
    assert card.sums[-1].trend == "+1 -2"


def test_a_checkout_that_was_not_there_before_has_no_trend() -> None:
    assert [row.total.came for row in scorecard(a_fleet("one"), {"b": Counter()}).rows] == [None, 0, None]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "conformance/1"}', '{"schema": "conformance-fleet/1"}'])
def test_what_is_no_earlier_run_is_said(tmp_path: Path, text: str) -> None:
    lay_out(tmp_path, {"earlier.json": text})

    with pytest.raises(UsageError, match="is not what `conformance fleet --format json` writes"):
        earlier(tmp_path / "earlier.json")


def test_json_holds_the_report_of_each_as_check_gives_it() -> None:
    outcomes = a_fleet("one")

    document = json.loads(FLEETS["json"](outcomes, None))

    assert [(each["name"], each["state"]) for each in document["checkouts"]] == [
        (HOSTILE, "findings"),
        ("b", "conforms"),
        ("c", "not checked"),
    ]
    assert [each["report"] for each in document["checkouts"]] == [
        json.loads(json_format.render(each.report)) for each in outcomes
    ]


def test_sarif_has_a_run_for_each() -> None:
    runs = json.loads(FLEETS["sarif"](a_fleet("one"), None))["runs"]

    assert [run["automationDetails"]["id"] for run in runs] == [f"conformance/{name}/" for name in (HOSTILE, "b", "c")]
    assert [len(run["results"]) for run in runs] == [2, 0, 0]
    assert [run["invocations"][0]["exitCode"] for run in runs] == [1, 0, 2]


@pytest.mark.parametrize("name", ["markdown", "html"])
def test_no_text_of_a_checkout_acts(name: str) -> None:
    text = FLEETS[name](a_fleet("one"), None)

    assert "<script" not in text
    assert "\u202e" not in text


def test_no_name_of_a_checkout_breaks_the_table() -> None:
    table = FLEETS["markdown"](a_fleet("one"), None).split("\n\n")[2]

    assert [line.count("|") for line in table.splitlines()] == [8] * 6


needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_shown_and_does_nothing(tmp_path: Path, scheme: str) -> None:
    before = {HOSTILE: Counter({("DI108", "old"): 1})}
    lay_out(tmp_path, {"fleet.html": FLEETS["html"](a_fleet("one", "two"), before)})

    with chromium(tmp_path) as page:
        page.open((tmp_path / "fleet.html").as_uri())
        page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        colours = page.run("[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]")
        cells = page.run("[...document.querySelectorAll('tbody tr')].map(row => row.innerText.split('\\t'))")

    assert page.errors == []
    assert page.requests == [(tmp_path / "fleet.html").as_uri()]
    assert (
        colours
        == {
            "light": ["rgb(27, 27, 31)", "rgb(255, 255, 255)"],
            "dark": ["rgb(236, 236, 241)", "rgb(23, 23, 27)"],
        }[scheme]
    )
    assert cells[0][1:] == ["✗ findings", "12", "2 +2 -1", "0", "·", "2 +2 -1"]


# --- the command ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("names", "status"), [(("fine",), 0), (("fine", "broken"), 1), (("broken", "gone"), 2)])
def test_the_status_is_the_highest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], names: tuple[str, ...], status: int
) -> None:
    fleet(tmp_path, *(name for name in names if name != "gone"))
    lay_out(tmp_path, {"fleet.txt": "\n".join(names)})

    assert cli.main(["fleet", str(tmp_path / "fleet.txt"), "--no-cache"]) == status
    rows = [line.split(" | ")[0].removeprefix("| ") for line in capsys.readouterr().out.splitlines() if " | " in line]
    assert tuple(rows[2 : rows.index("**all**")]) == names


def test_one_run_writes_all_that_is_asked_for_and_the_next_is_held_against_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet(tmp_path, "broken", "fine")
    lay_out(tmp_path, {"fleet.txt": "broken\nfine\ngone\n"})
    command = ["fleet", str(tmp_path / "fleet.txt"), "--workers", "2", "--report", f"json={tmp_path / 'one.json'}"]
    assert cli.main([*command, "--report", f"html={tmp_path / 'one.html'}"]) == 2
    first = capsys.readouterr()
    (tmp_path / "broken/app/services/web.py").write_text("def method() -> int:\n    return 1\n", "utf-8")

    assert cli.main([*command, "--against", str(tmp_path / "one.json"), "--format", "markdown"]) == 2

    told = capsys.readouterr()
    assert "- 3 checkouts: 1 conforming, 1 with findings, 1 not checked\n" in first.out
    assert first.err == f"conformance: gone: not checked: {tmp_path / 'gone'}: no such file, folder or package\n"
    assert "- since the earlier run 0 findings came and 1 went\n" in told.out
    assert (tmp_path / "one.html").read_text("utf-8").startswith("<!doctype html>")


def test_the_same_fleet_gives_the_same_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fleet(tmp_path, "broken", "fine", "other")
    lay_out(tmp_path, {"fleet.txt": "fine\nbroken\nother\n"})

    said = []
    for workers in ("1", "3"):
        files = [f"--report={name}={tmp_path / name}" for name in FLEETS]
        cli.main(["fleet", str(tmp_path / "fleet.txt"), "--no-cache", "--workers", workers, *files])
        said.append([capsys.readouterr().out, *((tmp_path / name).read_text("utf-8") for name in FLEETS)])

    assert said[0] == said[1]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--dask", "--scheduler", "tcp://x:1"], "one of them"),
        (["--format", "markdwon"], "did you mean `markdown`?"),
        (["--report", "full=x"], "there is no output format `full`"),
        (["--workers", "0"], "--workers takes a number from 1"),
        (["--against", "none.json"], "none.json: cannot be read"),
    ],
)
def test_a_wrong_call_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str], given: list[str], said: str) -> None:
    lay_out(tmp_path, {"fleet.txt": "a\n"})

    assert cli.main(["fleet", str(tmp_path / "fleet.txt"), *given]) == 2
    assert said in capsys.readouterr().err
