"""Reports of a whole broken application, with hostile names in it, held to the schemas that their readers publish."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin

import jsonschema  # type: ignore[import-untyped]
import pytest

from conformance import baseline
from conformance.check import check
from conformance.config import Config
from conformance.reporters import REPORTERS
from conformance.reporters.repository import from_repository
from conformance.results import FindingStatus, Report
from tests.kit import lay_out
from tests.mutations.edits import BREAKING

ROOT = Path(__file__).parents[1]
SCHEMAS = Path(__file__).parent / "schemas"

NAMES = ("spa ce", "ha#sh", "per%cent %41", "naïve 日本 🐍", 'quo\'te "twice"', "a&b<c>", "-dash", "[x](y)", "ne\nw")
FLAWED = "from fastapi import FastAPI\n\napp = FastAPI()\n'🐍 日本'; app.state.x = '\x0c ]]> 🐍'\n"
KEEPER = "def keep(target):\n    target.state.kept = 1\n"
CALLER = """\
from fastapi import FastAPI, Request

from reference_app.odd.keeper import keep

app = FastAPI()


@app.get("/")
async def get(request: Request) -> int:
    keep(request.app)
    return 1
"""

GITLAB: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "location", "severity"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "minLength": 1, "not": {"pattern": "^(/|\\./)"}},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}
"""What GitLab's page on Code Quality asks of a report; its own schema of it asks for less."""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose server is the reference application, broken in many ways, with files of every name."""
    top = tmp_path_factory.mktemp("their repository #1 %2F é")
    server = top / "server"
    shutil.copytree(ROOT / "reference_app", server / "reference_app", ignore=shutil.ignore_patterns("__pycache__"))
    for edit in BREAKING:
        file = server / edit.path
        text = file.read_text("utf-8") if file.exists() else ""
        if edit.path.startswith("reference_app/") and (not edit.before or text.count(edit.before) == 1):
            lay_out(server, {edit.path: edit.applied(text)})
    lay_out(server, {f"reference_app/odd/{name}.py": FLAWED for name in NAMES})
    silent = "app.state.y = 1  # conformance: ignore[DI108] -- '<b>' & \"why\" 🐍\n"
    lay_out(server, {"reference_app/odd/keeper.py": KEEPER, "reference_app/odd/caller.py": CALLER})
    lay_out(server, {"reference_app/odd/silent.py": FLAWED + silent})
    lay_out(server, {"reference_app/odd/unreadable.py": "def f(:\n"})
    subprocess.run(["git", "init", "-q", top], check=True)
    return top


@pytest.fixture(scope="module")
def reports(repository: Path) -> dict[str, Report]:
    """The report of it, without and with a record of some of its findings."""
    whole = check([repository / "server" / "reference_app"], Config())
    record = baseline.recorded([finding for finding in whole.findings if finding.rule < "DV"])
    recorded = baseline.applied(whole, record, whole=True)[0]
    assert {finding.status for finding in recorded.findings} == set(FindingStatus)
    assert len({finding.rule for finding in whole.findings}) > 40
    assert sum(name in finding.path for finding in whole.findings for name in NAMES if finding.rule == "DI108") == len(
        NAMES
    )
    return {"plain": from_repository(whole), "with a record": from_repository(recorded)}


@pytest.fixture(params=["plain", "with a record"])
def report(request: pytest.FixtureRequest, reports: dict[str, Report]) -> Report:
    return reports[request.param]


def sarif(report: Report) -> dict[str, Any]:
    run: dict[str, Any] = json.loads(REPORTERS["sarif"](report))["runs"][0]
    return run


def test_sarif_answers_to_the_schema(report: Report) -> None:
    schema = json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text("utf-8"))
    validator = jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())

    assert [error.message for error in validator.iter_errors(json.loads(REPORTERS["sarif"](report)))] == []


def test_sarif_names_files_that_are_there(report: Report, repository: Path) -> None:
    run = sarif(report)
    base = run["originalUriBaseIds"]["ROOT"]["uri"]

    uris = {
        location["physicalLocation"]["artifactLocation"]["uri"]
        for result in run["results"]
        for location in (*result["locations"], *steps(result))
    }
    assert base == f"{repository.as_uri()}/"
    missing = [uri for uri in uris if not Path(unquote(urljoin(base, uri).removeprefix("file://"))).is_file()]
    assert missing == []
    assert [uri for uri in uris if not uri.startswith("server/reference_app/") or set(uri) & set(' #<>"[]\n')] == []


def steps(result: dict[str, Any]) -> list[dict[str, Any]]:
    flows = [thread for flow in result.get("codeFlows", ()) for thread in flow["threadFlows"]]
    return [each["location"] for thread in flows for each in thread["locations"]]


def test_sarif_points_at_the_characters_that_break_the_rule(report: Report, repository: Path) -> None:
    run = sarif(report)
    odd = [result for result in run["results"] if "/odd/" in uri_of(result) and result["ruleId"] == "DI108"]

    assert run["columnKind"] == "unicodeCodePoints"
    pointed = set()
    for result in odd:
        region = result["locations"][0]["physicalLocation"]["region"]
        line = (repository / unquote(uri_of(result))).read_text("utf-8").split("\n")[region["startLine"] - 1]
        pointed.add(line[region["startColumn"] - 1 : region["endColumn"] - 1])
    assert pointed == {"app.state.x = '\x0c ]]> 🐍'", "app.state.y = 1", "target.state.kept = 1"}


def uri_of(result: dict[str, Any]) -> str:
    uri: str = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    return uri


def test_sarif_has_the_help_of_each_rule_and_a_fingerprint_for_each_result(report: Report) -> None:
    run = sarif(report)
    rules = run["tool"]["driver"]["rules"]

    for rule in rules:
        assert rule["help"]["text"].strip()
        assert rule["help"]["markdown"].count("```") == 2 * rule["help"]["markdown"].count("```python")
    assert [result for result in run["results"] if not result["partialFingerprints"]["conformance/v1"]] == []


def test_sarif_shows_the_way_of_a_write_through_a_helper(report: Report) -> None:
    written = next(result for result in sarif(report)["results"] if uri_of(result).endswith("/keeper.py"))

    places = [each["physicalLocation"] for each in steps(written)]
    assert [(Path(each["artifactLocation"]["uri"]).name, each["region"]["startLine"]) for each in places] == [
        ("caller.py", 10),
        ("keeper.py", 2),
    ]
    assert [each["message"]["text"] for each in steps(written)] == [
        "hands it to `keep`",
        "`app.state.kept` is written outside the lifespan",
    ]


def test_sarif_tells_what_is_suppressed_by_whom_and_what_is_new(reports: dict[str, Report]) -> None:
    plain, recorded = (sarif(reports[name])["results"] for name in ("plain", "with a record"))

    assert {result.get("baselineState") for result in plain} == {None}
    assert {result.get("baselineState") for result in recorded} == {"new", "unchanged"}
    kinds = {each["kind"] for result in recorded for each in result.get("suppressions", ())}
    assert kinds == {"inSource", "external"}
    assert {each["justification"] for result in plain for each in result.get("suppressions", ())} >= {
        "'<b>' & \"why\" 🐍"
    }


def test_junit_answers_to_the_schema(report: Report) -> None:
    xmlschema = pytest.importorskip("xmlschema")
    schema = xmlschema.XMLSchema(str(SCHEMAS / "junit-10.xsd"))

    assert [error.reason for error in schema.iter_errors(REPORTERS["junit"](report))] == []


def test_gitlab_answers_to_what_its_documentation_asks(report: Report) -> None:
    issues = json.loads(REPORTERS["gitlab"](report))

    assert [error.message for error in jsonschema.Draft7Validator(GITLAB).iter_errors(issues)] == []
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    assert all(issue["location"]["path"].startswith("server/") for issue in issues if issue["severity"] == "major")
