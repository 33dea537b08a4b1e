"""The reporters: what each makes of a report, and that no text of the target can do harm in it.

`GOLDEN=write pytest tests/test_reporters.py` writes the golden files anew; read the difference in review.
"""

from __future__ import annotations

import json
import os
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema  # type: ignore[import-untyped]
import pytest

from conformance import cli
from conformance.reporters import FOR_PEOPLE, REPORTERS, Look, json_format, sarif
from conformance.reporters.text import inert
from conformance.results import FindingStatus, Place, Problem, Report, RuleResult, RuleStatus, Severity, Step
from tests.kit import a_finding, a_report, a_rule

GOLDEN = Path(__file__).parent / "golden"

STEP = Step(Place("app/main.py", (3, 1, 3, 20), "app.main", "create_app"), "`warm_up(app)` hands app on")
WHOLE = a_report(
    a_finding(trail=(STEP,)),
    a_finding("app/api/items.py", 12, message="an untyped provider", severity=Severity.ADVICE, code="\tx = 1"),
    a_finding("app/old.py", 3, status=FindingStatus.SUPPRESSED, reason="gone with v2"),
    a_finding("app/older.py", 4, status=FindingStatus.BASELINED),
    problems=(Problem("invalid syntax", "app/bad.py", 3), Problem("nothing was recognised")),
    notes=("no module was taken for: worker",),
)

HOSTILE = "\x1b[31m\n::error::x\r\x07 <script>alert(1)</script> [a](javascript:b) | `x` ]]> & \u202egnp \ud800 @team #1 https://x.y"


@pytest.fixture(autouse=True)
def pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the page of DI108 be one that stays as it is."""
    monkeypatch.setattr(sarif, "all_rules", lambda: (a_rule("DI108", "state-write-outside-lifespan"),))


@pytest.mark.parametrize("name", REPORTERS)
def test_a_report_reads_as_its_golden_file(name: str) -> None:
    text = REPORTERS[name](WHOLE)

    golden = GOLDEN / f"report.{name}.txt"
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")


def test_the_formats_of_the_command_line_are_those_of_the_table() -> None:
    assert tuple(REPORTERS) == cli.FORMATS
    assert set(FOR_PEOPLE) - set(REPORTERS) == {"statistics"}


@pytest.mark.parametrize("name", REPORTERS)
def test_what_had_nothing_to_look_at_or_cannot_be_decided_shows_in_every_format(name: str) -> None:
    text = REPORTERS[name](a_report())

    assert "WK301" in text
    assert "LC207" in text


@pytest.mark.parametrize("name", REPORTERS)
def test_a_crashed_rule_and_a_problem_show_in_every_format(name: str) -> None:
    crashed = RuleResult("DI101", "nullable-provider", RuleStatus.CRASHED, 1, 0, "ZeroDivisionError: by nothing")

    text = REPORTERS[name](a_report(rules=(crashed,), problems=(Problem("it is odd", "app/bad.py", 3),)))

    assert "ZeroDivisionError" in text
    assert "it is odd" in text


def hostile_report() -> Report:
    finding = a_finding(HOSTILE, 3, message=HOSTILE, code=HOSTILE, trail=(Step(STEP.place, HOSTILE),))
    suppressed = a_finding("a.py", 3, status=FindingStatus.SUPPRESSED, reason=HOSTILE)
    rule = RuleResult("DI108", "state-write-outside-lifespan", RuleStatus.CRASHED, 1, 1, HOSTILE)
    return a_report(finding, suppressed, rules=(rule,), problems=(Problem(HOSTILE, HOSTILE, 1),), notes=(HOSTILE,))


@pytest.mark.parametrize("name", REPORTERS)
def test_no_control_character_comes_through(name: str) -> None:
    text = REPORTERS[name](hostile_report())

    assert [c for c in text if c != "\n" and inert(c) != c] == []
    text.encode("utf-8")


@pytest.mark.parametrize("name", [name for name in REPORTERS if name != "github"])
def test_no_line_is_a_command_of_a_ci(name: str) -> None:
    text = REPORTERS[name](hostile_report())

    assert [line for line in text.splitlines() if line.lstrip().startswith(("::", "##["))] == []


def test_a_path_that_looks_like_a_command_is_written_out() -> None:
    text = REPORTERS["concise"](a_report(a_finding("::error::x.py")))

    assert text.startswith("\\x3a:error::x.py:7:5: DI108")


def test_github_gets_one_command_for_each_thing() -> None:
    commands = [line for line in REPORTERS["github"](hostile_report()).splitlines() if "::" in line]

    assert [command.split(" ")[0] for command in commands] == ["::error", "::error", "::error", "::notice"]
    assert all(command.count("::") >= 2 and "\n" not in command for command in commands)


def test_markdown_holds_no_html_but_its_own_and_no_link() -> None:
    class Tags(HTMLParser):
        found: list[str] = []  # noqa: RUF012 - one parser

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.found.append(tag)

    text = REPORTERS["markdown"](hostile_report())
    parser = Tags()
    parser.feed(text)

    assert set(parser.found) == {"details", "summary"}
    outside_code = "".join(part for number, part in enumerate(text.split("`")) if number % 2 == 0)
    assert [mark for mark in ("](", "@team", "://", "<script") if mark in outside_code] == []


def test_json_answers_to_the_schema_that_is_shipped() -> None:
    schema = json.loads(json_format.schema())

    jsonschema.Draft202012Validator.check_schema(schema)
    for report in (WHOLE, a_report(), hostile_report()):
        jsonschema.Draft202012Validator(schema).validate(json.loads(json_format.render(report)))


def test_json_is_the_same_for_the_same_report() -> None:
    assert json_format.render(WHOLE) == json_format.render(WHOLE)


def test_junit_is_well_formed_and_counts_right() -> None:
    for report in (WHOLE, hostile_report()):
        suite = ET.fromstring(REPORTERS["junit"](report)).find("testsuite")  # noqa: S314 - our own
        assert suite is not None
        cases = suite.findall("testcase")

        assert suite.get("tests") == str(len(cases))
        assert suite.get("failures") == str(len([case for case in cases if case.find("failure") is not None]))
        assert suite.get("errors") == str(len([case for case in cases if case.find("error") is not None]))
        assert suite.get("skipped") == str(len([case for case in cases if case.find("skipped") is not None]))


def test_gitlab_has_every_fingerprint_once() -> None:
    issues = json.loads(REPORTERS["gitlab"](a_report(a_finding(line=1), a_finding(line=2), a_finding(line=3))))

    fingerprints = [issue["fingerprint"] for issue in issues]
    assert len(fingerprints) == len(set(fingerprints))


def test_sarif_has_rules_results_suppressions_and_code_flows() -> None:
    run = json.loads(REPORTERS["sarif"](WHOLE))["runs"][0]

    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [rules[result["ruleIndex"]] for result in run["results"]] == [result["ruleId"] for result in run["results"]]
    assert [result.get("suppressions") for result in run["results"]] == [
        None,
        None,
        [{"kind": "inSource", "justification": "gone with v2"}],
        [{"kind": "external", "justification": "recorded in the baseline"}],
    ]
    flow = run["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [each["location"]["physicalLocation"]["artifactLocation"]["uri"] for each in flow] == [
        "app/main.py",
        "app/api/users.py",
    ]
    assert run["invocations"][0]["executionSuccessful"] is False


def test_the_caret_stands_below_the_code_whatever_stands_before_it() -> None:
    code = "\tnaïve = '\x1b日本'; request.app.state.warm = True"
    start = code.index("request") + 1
    finding = a_finding(code=code)
    placed = type(finding)(
        **{
            **{name: getattr(finding, name) for name in finding.__dataclass_fields__},
            "place": Place("a.py", (7, start, 7, start + 22), "a"),
        }
    )

    lines = REPORTERS["full"](a_report(placed)).splitlines()

    assert lines[3:5] == [
        "7 |     naïve = '\\x1b日本'; request.app.state.warm = True",
        "  |                         ^^^^^^^^^^^^^^^^^^^^^^",
    ]


def test_colour_is_there_only_when_it_is_wanted() -> None:
    for render in FOR_PEOPLE.values():
        assert "\x1b" not in render(WHOLE, Look())
        assert "\x1b[" in render(WHOLE, Look(colour=True))


def test_quiet_gives_findings_and_problems_alone() -> None:
    text = FOR_PEOPLE["concise"](WHOLE, Look(quiet=True))

    assert text.splitlines() == [
        "app/api/users.py:7:5: DI108 app.state is written outside the lifespan: `app.state.warm`",
        "app/api/items.py:12:5: DI108 (advice) an untyped provider",
        "problem: app/bad.py:3: invalid syntax",
        "problem: nothing was recognised",
    ]


def test_verbose_gives_what_is_suppressed_and_every_rule() -> None:
    text = FOR_PEOPLE["full"](WHOLE, Look(verbose=True))

    assert "[suppressed]" in text
    assert "reason: gone with v2" in text
    assert "  DI101 nullable-provider: passed, 17 subjects, 0 findings, 0.0 ms\n" in text


def test_reasons_of_many_rules_that_had_nothing_to_look_at_are_for_who_asks() -> None:
    vacant = tuple(
        RuleResult(f"ZZ{number}", f"zebra-{number}", RuleStatus.NOT_APPLICABLE, 0, 0, "no zebra in sight")
        for number in range(100, 130)
    )

    text = FOR_PEOPLE["full"](a_report(rules=vacant), Look(width=60))
    told = FOR_PEOPLE["full"](a_report(rules=vacant), Look(verbose=True))

    assert text.startswith("30 rules not applicable; --verbose says why\n  ZZ100 ZZ101 ")
    assert max(len(line) for line in text.splitlines()[:5]) <= 60
    assert [result.rule for result in vacant if result.rule not in text] == []
    assert told.count("no zebra in sight") == 30
