"""The use case: what becomes of rules, findings, suppressions and files that cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from conformance import check as engine
from conformance.check import check
from conformance.config import Config
from conformance.errors import ConformanceError
from conformance.facts.code import Function
from conformance.program import FunctionScope, Program
from conformance.results import FindingStatus, Place, Problem, Report, RuleStatus, Severity, Undecidable, Violation
from conformance.rules import all_rules
from conformance.rules.base import Rule
from conformance.selection import Selection
from tests.kit import a_rule, lay_out

Run: TypeAlias = Callable[..., Report]

SERVICE = "def f():\n    pass\n\n\ndef g():\n    pass\n"


def functions(program: Program) -> Iterator[FunctionScope]:
    for module in program.modules:
        yield from (f for f in module.functions if isinstance(f.node, Function))


def every_function(program: Program, function: FunctionScope) -> Iterator[Violation]:
    span = function.node.span
    place = Place(function.module.path, (span[0], span[1], span[0], span[1] + 5), function.module.name, function.name)
    yield Violation(place, f"`{function.name}` is a function", "")


def crashing(program: Program, function: FunctionScope) -> Iterator[Violation]:
    yield from every_function(program, function)
    raise ZeroDivisionError("by nothing")


def unsure(program: Program, function: FunctionScope) -> Iterator[Undecidable]:
    for found in every_function(program, function):
        yield Undecidable(found.place, "the name is computed")


FINDS = a_rule("ZZ101", "zebra", subjects=functions, check=every_function)
CRASHES = a_rule("ZZ102", "zebu", subjects=functions, check=crashing)
UNSURE = a_rule("ZZ103", "zeal", subjects=functions, check=unsure)
QUIET = a_rule("ZY101", "yak", subjects=functions)
VACANT = a_rule("ZY102", "yeti", subjects=lambda program: ())
OPT_IN = a_rule("ZX101", "axolotl", subjects=functions, check=every_function, opt_in=True)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Check a tree of files with rules made for the purpose, besides those about the check itself."""

    def run_(
        files: dict[str, str], *rules: Rule[Any], paths: tuple[str, ...] = ("",), **selection: tuple[str, ...]
    ) -> Report:
        own = tuple(rule for rule in all_rules() if rule.engine)
        monkeypatch.setattr(engine, "all_rules", lambda: tuple(sorted((*rules, *own), key=lambda rule: rule.id)))
        lay_out(tmp_path, files)
        given = [tmp_path / path for path in paths]
        return check(given, cwd=tmp_path, selection=Selection(**selection))

    return run_


def brief(report: Report) -> list[tuple[str, str, int, str]]:
    return [(f.rule, f.path, f.line, f.status.value) for f in report.findings]


def statuses(report: Report) -> dict[str, str]:
    return {result.rule: result.status.value for result in report.rules}


def test_a_finding_has_all_that_a_reader_wants_to_know(run: Run) -> None:
    report = run({"app/services/x.py": "def f():\n    pass\n"}, FINDS)

    finding = report.findings[0]
    assert (finding.rule, finding.name, finding.severity, finding.source) == (
        "ZZ101",
        "zebra",
        Severity.ERROR,
        "PRD-000 §1",
    )
    assert (finding.path, finding.line, finding.column, finding.code) == ("app/services/x.py", 1, 1, "def f():")
    assert finding.instead == "ride a horse"
    assert report.exit_status == 1


def test_looking_at_nothing_crashing_and_not_knowing_are_no_passes(run: Run) -> None:
    report = run({"app/services/x.py": SERVICE}, FINDS, CRASHES, UNSURE, QUIET, VACANT)

    assert statuses(report) == {
        "CK901": "not-applicable",
        "CK902": "not-applicable",
        "CK903": "passed",
        "CK904": "failed",
        "ZY101": "passed",
        "ZY102": "not-applicable",
        "ZZ101": "failed",
        "ZZ102": "crashed",
        "ZZ103": "undecidable",
    }
    reasons = {result.rule: result.reason for result in report.rules}
    assert reasons["ZY102"] == "no animal in the target"
    assert reasons["ZZ102"].startswith("ZeroDivisionError: by nothing (")
    assert reasons["ZZ102"].endswith(" in crashing)")
    assert reasons["ZZ103"] == "2 places where nothing can be said: see CK904"
    assert report.exit_status == 2


def test_what_a_rule_found_before_it_crashed_is_told(run: Run) -> None:
    report = run({"app/services/x.py": SERVICE}, CRASHES)

    assert brief(report) == [("ZZ102", "app/services/x.py", 1, "new")]


def test_what_cannot_be_decided_is_advice(run: Run) -> None:
    report = run({"app/services/x.py": "def f():\n    pass\n"}, UNSURE)

    assert [(f.rule, f.severity, f.message) for f in report.findings] == [
        ("CK904", Severity.ADVICE, "ZZ103 zeal: the name is computed"),
    ]
    assert report.exit_status == 0


def test_there_is_one_finding_for_a_rule_and_line(run: Run) -> None:
    report = run(
        {"app/services/x.py": "def f(): pass\n"},
        a_rule(subjects=lambda program: [f for f in functions(program) for _ in range(3)], check=every_function),
    )

    assert brief(report) == [("ZZ101", "app/services/x.py", 1, "new")]


def test_a_suppressed_finding_stays_in_the_report_with_its_reason(run: Run) -> None:
    report = run(
        {"app/services/x.py": "def f():  # conformance: ignore[zebra] -- the last of its kind\n    pass\n"}, FINDS
    )

    assert [(f.rule, f.status, f.reason) for f in report.findings] == [
        ("ZZ101", FindingStatus.SUPPRESSED, "the last of its kind"),
    ]
    assert statuses(report)["ZZ101"] == "passed"
    assert report.exit_status == 0


def test_a_suppression_without_reason_suppresses_and_is_a_finding(run: Run) -> None:
    report = run({"app/services/x.py": "def f():  # conformance: ignore[ZZ101]\n    pass\n"}, FINDS)

    assert brief(report) == [("ZZ101", "app/services/x.py", 1, "suppressed"), ("CK902", "app/services/x.py", 1, "new")]


def test_a_suppression_that_matches_nothing_and_one_of_no_rule_are_findings(run: Run) -> None:
    source = "x = 1  # conformance: ignore[ZZ101] -- why\ny = 2  # conformance: ignore[zebr] -- why\ndef f(): ...\n"

    report = run({"app/services/x.py": source}, FINDS)

    assert [(f.rule, f.line, f.message) for f in report.findings if f.rule == "CK901"] == [
        ("CK901", 1, "the suppression matches no finding of ZZ101"),
        ("CK901", 2, "no rule answers to `zebr`; did you mean `zebra`?"),
    ]


@pytest.mark.parametrize("select", [("ZZ101",), ("CK", "ZY101")])
def test_a_suppression_of_use_is_never_called_unused_by_a_partial_run(run: Run, select: tuple[str, ...]) -> None:
    files = {"app/services/x.py": "def f():  # conformance: ignore[ZZ101] -- why\n    pass\n"}

    report = run(files, FINDS, QUIET, select=select)

    assert [f for f in report.findings if f.rule == "CK901"] == []


def test_a_suppression_of_a_rule_that_had_nothing_to_look_at_matches_nothing(run: Run) -> None:
    report = run({"app/services/x.py": "x = 1  # conformance: ignore[ZY102] -- why\n"}, VACANT)

    assert brief(report) == [("CK901", "app/services/x.py", 1, "new")]


def test_a_part_of_a_program_says_nothing_of_unused_suppressions(run: Run) -> None:
    files = {
        "app/__init__.py": "",
        "app/services/x.py": "x = 1  # conformance: ignore[ZZ101] -- why\n\n\ndef f(): ...\n",
    }

    report = run(files, QUIET, FINDS, paths=("app/services/x.py",))

    assert [f for f in report.findings if f.rule == "CK901"] == []


def test_per_file_ignores_suppress_and_are_held_to_be_of_use(run: Run) -> None:
    config = '[per-file-ignores]\n"app/services/**" = ["ZZ101"]\n"lib/**" = ["zebra"]\n'

    report = run({"conformance.toml": config, "app/services/x.py": "def f():\n    pass\n"}, FINDS)

    assert [(f.rule, f.path, f.line, f.status.value, f.reason or f.message) for f in report.findings] == [
        ("ZZ101", "app/services/x.py", 1, "suppressed", "`per-file-ignores` for app/services/**"),
        ("CK901", "conformance.toml", 3, "new", "`lib/**` in `per-file-ignores` matches no finding of zebra"),
    ]


def test_what_the_configuration_ignores_is_shown_as_suppressed_and_held_to_be_of_use(run: Run) -> None:
    report = run(
        {"conformance.toml": 'ignore = ["ZZ101", "ZY101"]\n', "app/services/x.py": "def f(): ...\n"}, FINDS, QUIET
    )

    assert [(f.rule, f.path, f.status.value, f.reason or f.message) for f in report.findings] == [
        ("ZZ101", "app/services/x.py", "suppressed", "ignored in conformance.toml"),
        ("CK901", "conformance.toml", "new", "`ZY101` in `ignore` matches no finding"),
    ]
    assert set(statuses(report)) == {"CK901", "CK902", "CK903", "CK904"}


def test_severity_is_as_configured_and_the_more_exact_name_wins(run: Run) -> None:
    config = '[severity]\nZZ = "advice"\nzebra = "error"\n'
    other = a_rule("ZZ104", "zorro", subjects=functions, check=every_function)

    report = run({"conformance.toml": config, "app/services/x.py": "def f(): ...\n"}, FINDS, other)

    assert [(f.rule, f.severity) for f in report.findings] == [("ZZ101", Severity.ERROR), ("ZZ104", Severity.ADVICE)]


def test_a_required_rule_that_has_nothing_to_look_at_fails(run: Run) -> None:
    report = run({"conformance.toml": '\nrequired = ["ZY"]\n', "app/services/x.py": "def f(): ...\n"}, QUIET, VACANT)

    assert [(f.rule, f.path, f.line, f.message) for f in report.findings] == [
        ("ZY102", "conformance.toml", 2, "ZY102 is required, and had nothing to look at: no animal in the target"),
    ]
    assert statuses(report)["ZY102"] == "failed"
    assert report.exit_status == 1


def test_an_unreadable_file_is_a_problem_and_a_finding_and_the_others_are_checked(run: Run) -> None:
    report = run({"app/services/x.py": "def f(): ...\n", "app/bad.py": "x = 1\ndef f(:\n"}, FINDS)

    assert brief(report) == [("CK903", "app/bad.py", 2, "new"), ("ZZ101", "app/services/x.py", 1, "new")]
    assert report.problems == (Problem("invalid syntax", "app/bad.py", 2),)
    assert report.exit_status == 2


@pytest.mark.parametrize(
    "config", ['accept-unreadable = ["app/bad.py"]\n', '[per-file-ignores]\n"app/bad.py" = ["CK903"]\n']
)
def test_an_unreadable_file_that_is_accepted_by_name_is_shown_and_spoils_nothing(run: Run, config: str) -> None:
    report = run({"conformance.toml": config, "app/services/x.py": "x = 1\n", "app/bad.py": "def f(:\n"}, FINDS)

    assert brief(report) == [("CK903", "app/bad.py", 1, "suppressed")]
    assert report.problems == ()


def test_a_target_in_which_nothing_is_recognised_is_a_problem(run: Run) -> None:
    report = run({"things/x.py": "x = 1\n"}, FINDS)

    assert [problem.message.partition(":")[0] for problem in report.problems] == ["nothing was recognised in 1 file"]
    assert report.exit_status == 2


def test_a_target_of_services_alone_or_of_known_libraries_is_recognised(run: Run) -> None:
    assert run({"app/services/x.py": "x = 1\n"}, FINDS).problems == ()
    assert run({"app/services/x.py": "x = 1\n", "app/y.py": "import httpx\n"}, FINDS).problems == ()


def test_a_role_pattern_that_matches_nothing_is_a_problem(run: Run) -> None:
    config = '[roles]\nroutes = ["app.api.**"]\nservices = ["app.services.**"]\n'

    report = run({"conformance.toml": config, "app/services/x.py": "x = 1\n"}, QUIET)

    assert report.problems == (Problem("`app.api.**` in `roles.routes` matches no module", "conformance.toml", 2),)


def test_all_problems_of_a_call_are_said_at_once(run: Run) -> None:
    with pytest.raises(ConformanceError) as caught:
        run({"conformance.toml": "selct = []\nbaseline = 3\n"}, FINDS, paths=("nowhere",), select=("ZZ110", "DX"))

    assert [problem.message for problem in caught.value.problems] == [
        "unknown key `selct`; did you mean `select`?",
        "`baseline` must be a string, not an integer",
        "unknown rule `ZZ110`; did you mean `ZZ101`?",
        "unknown rule `DX`; `conformance rule` lists them",
        "no such file, folder or package",
    ]


def test_rules_that_the_configuration_misspells_are_all_said(run: Run) -> None:
    config = (
        'select = ["ZZ1011"]\nrequired = ["zebr"]\n[severity]\nYY = "error"\n[per-file-ignores]\n"a" = ["zeebra"]\n'
    )

    with pytest.raises(ConformanceError) as caught:
        run({"conformance.toml": config, "app/services/x.py": ""}, FINDS)

    assert [problem.message for problem in caught.value.problems] == [
        "unknown rule `ZZ1011` in `select`; did you mean `ZZ101`?",
        "unknown rule `zebr` in `required`; did you mean `zebra`?",
        "unknown rule `YY` in `severity`; `conformance rule` lists them",
        "unknown rule `zeebra` in `per-file-ignores`; did you mean `zebra`?",
    ]


@pytest.mark.parametrize(
    ("config", "selection", "expected"),
    [
        pytest.param("", {}, ["ZY101", "ZZ101"], id="all but the opt-in ones"),
        pytest.param("", {"select": ("ZZ",)}, ["ZZ101"], id="a prefix"),
        pytest.param("", {"select": ("zz1",)}, ["ZZ101"], id="in any case"),
        pytest.param("", {"select": ("zebra", "ZY101")}, ["ZY101", "ZZ101"], id="a name and an id"),
        pytest.param("", {"extend_select": ("ZX",)}, ["ZX101", "ZY101", "ZZ101"], id="an opt-in rule asked for"),
        pytest.param("", {"ignore": ("ZZ",)}, ["ZY101"], id="ignored"),
        pytest.param('select = ["ZZ"]\n', {"extend_select": ("ZY",)}, ["ZY101", "ZZ101"], id="over what is configured"),
        pytest.param('select = ["ZZ"]\n', {"select": ("ZY",)}, ["ZY101"], id="instead of what is configured"),
        pytest.param('ignore = ["ZZ"]\n', {"select": ("ZZ101",)}, ["ZZ101"], id="though it is ignored there"),
        pytest.param('ignore = ["Z"]\n'.replace("Z", "ZZ"), {}, ["ZY101"], id="ignored in the configuration"),
        pytest.param('ignore = ["ZZ"]\nextend-select = ["ZZ101"]\n', {}, ["ZY101", "ZZ101"], id="the more exact wins"),
    ],
)
def test_rules_are_chosen_by_id_name_and_prefix(
    run: Run, config: str, selection: dict[str, tuple[str, ...]], expected: list[str]
) -> None:
    report = run({"conformance.toml": config, "app/services/x.py": "def f(): ...\n"}, FINDS, QUIET, OPT_IN, **selection)

    assert [result.rule for result in report.rules if result.rule[0] == "Z"] == expected


def test_the_same_target_gives_the_same_report(run: Run) -> None:
    files = {f"app/services/x{n}.py": SERVICE for n in range(5)}

    assert run(files, FINDS, UNSURE) == run(files, FINDS, UNSURE)


def test_the_default_configuration_checks_the_current_folder(run: Run, tmp_path: Path) -> None:
    report = run({"app/services/x.py": "def f(): ...\n"}, FINDS, paths=())

    assert (report.root, report.packages, report.files) == (str(tmp_path), ("app",), 1)


def test_no_module_of_the_target_is_executed(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    bomb = "print('executed')\nimport sys\nsys.exit(9)\nraise RuntimeError\n"

    report = run({"app/__init__.py": bomb, "app/services/__init__.py": bomb, "app/services/x.py": bomb}, FINDS)

    assert report.exit_status == 0
    assert capsys.readouterr().out == ""
    assert RuleStatus.CRASHED not in {result.status for result in report.rules}


def test_config_may_be_given(tmp_path: Path) -> None:
    root = lay_out(tmp_path, {"conformance.toml": "nonsense", "app/services/x.py": "x = 1\n"})

    report = check([root], Config(), selection=Selection(select=("CK",)))

    assert report.exit_status == 0


ROUTES = """\
from fastapi import APIRouter

router = APIRouter()


@router.get("/")
async def get() -> int:
    return 1
"""


def test_what_is_missing_in_a_part_is_not_missed(tmp_path: Path) -> None:
    lay_out(
        tmp_path, {"app/__init__.py": "", "app/api/__init__.py": "", "app/api/users.py": ROUTES, "app/x.py": "y = 1\n"}
    )
    required = Config(required=("LY409", "WK301"))

    whole = check([tmp_path / "app"], required)
    part = check([tmp_path / "app/api/users.py"], required)
    nothing = check([tmp_path / "app/x.py"], required)

    assert {finding.rule for finding in whole.findings} >= {"LY409", "WK301"}
    assert [(result.status, result.reason) for result in part.rules if result.rule == "LY409"] == [
        (RuleStatus.NOT_APPLICABLE, "it looks for what is missing, and a part of the program was given")
    ]
    assert [(each.findings, each.problems, each.exit_status) for each in (part, nothing)] == [((), (), 0)] * 2
    assert nothing.notes[0].startswith("nothing was recognised in 1 file")


def test_what_the_whole_lacks_is_the_same_finding_whichever_module_comes_first(tmp_path: Path) -> None:
    lay_out(tmp_path, {"app/__init__.py": "", "app/users.py": ROUTES})
    before = [finding for finding in check([tmp_path / "app"], Config()).findings if finding.rule == "LY409"]

    lay_out(tmp_path, {"app/accounts.py": ROUTES})
    after = [finding for finding in check([tmp_path / "app"], Config()).findings if finding.rule == "LY409"]

    assert [finding.path for finding in (*before, *after)] == ["app/users.py", "app/accounts.py"]
    assert [finding.fingerprint for finding in before] == [finding.fingerprint for finding in after]
