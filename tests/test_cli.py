"""The command line: exit statuses, what it says and where, and what it makes of mistakes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.cli import main
from tests.kit import lay_out

CLEAN = {"app/__init__.py": "", "app/services/__init__.py": "", "app/services/mail.py": "x = 1\n"}
FLAWED = {**CLEAN, "app/services/mail.py": "x = 1  # conformance: ignore[no-such-rule]\n"}
CK = ("--select", "CK", "--isolated")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_nothing_found_is_0(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(here, CLEAN)

    assert main(["check", "app", *CK]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[-1] == "nothing found in 3 files of app"
    assert said.err == ""


def test_findings_are_1_and_0_where_that_is_asked_for(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(here, FLAWED)

    assert main(["check", "app", *CK]) == 1
    assert main(["check", "app", *CK, "--exit-zero"]) == 0
    assert "app/services/mail.py:1:8" in capsys.readouterr().out


def test_problems_are_2_even_where_findings_are_forgiven(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(here, {**CLEAN, "app/bad.py": "def f(:\n"})

    assert main(["check", "app", *CK, "--exit-zero", "--output-format", "json"]) == 2
    said = capsys.readouterr()
    assert said.err == "conformance: app/bad.py:1: invalid syntax\n"
    assert json.loads(said.out)["errors"] == [{"path": "app/bad.py", "line": 1, "message": "invalid syntax"}]


def test_a_machine_gets_its_format_even_where_nothing_could_be_done(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "nowhere", *CK, "--output-format", "json"]) == 2

    report = json.loads(capsys.readouterr().out)
    assert report["errors"] == [{"path": "nowhere", "line": None, "message": "no such file, folder or package"}]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], ["say what to do: check, rule, "]),
        (["chek", "app"], ["there is no command `chek`; did you mean `check`?"]),
        (["app"], ["there is no command `app`; did you mean `conformance check app`?"]),
        (
            ["check", "app", "--selct", "DI", "--foo"],
            ["unknown option `--selct`; did you mean `--select`?", "unknown option `--foo`"],
        ),
        (
            ["check", "app", "--output-format", "jsn", "--foo"],
            [
                "unknown option `--foo`",
                "there is no output format `jsn`; did you mean `json`?",
            ],
        ),
        (["check", "app", "--select"], ["argument --select: expected one argument"]),
        (
            ["check", "ap", "--select", "CK90,unused-supression"],
            [
                "unknown rule `unused-supression`; did you mean `unused-suppression`?",
                "ap: no such file, folder or package; did you mean `app`?",
            ],
        ),
        (
            ["check", "app", "--report", "sarf=x", "--report", "json"],
            [
                "there is no output format `sarf`; did you mean `sarif`?",
                "`--report json` does not say where to: `--report json=FILE`",
            ],
        ),
        (["--select", "DI", "check"], ["`--select` stands before the command: `conformance check --select …`"]),
        (["roles", "--select", "DI"], ["unknown option `--select`: it is one of `conformance check`"]),
        (["map", "--view", "modul"], ["there is no view `modul`; did you mean `modules`?"]),
        (["contracts", "--format", "yaml"], ["there is no output format `yaml`; there are ini, toml"]),
        (["rule", "CK91"], ["unknown rule `CK91`; did you mean `CK901`?"]),
        (["check", "app", "--config", "nowhere.toml"], ["nowhere.toml: cannot be read: No such file or directory"]),
        (["check", "app", "--config", "profil=1"], ["--config:1: unknown key `profil`; did you mean `profile`?"]),
        (["check", "app", "--isolated", "--config", "a.toml"], ["--isolated passes over every configuration file"]),
    ],
)
def test_a_mistake_is_2_and_all_of_it_is_said_with_what_was_meant(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: list[str]
) -> None:
    lay_out(here, CLEAN)

    assert main(arguments) == 2

    heard = capsys.readouterr()
    assert heard.out == ""
    lines = [line.removeprefix("conformance: ") for line in heard.err.splitlines()]
    assert len(lines) >= len(said)
    assert [line for line, expected in zip(lines, said, strict=False) if expected not in line] == []


def test_paths_may_stand_between_options(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(here, {**CLEAN, "lib/__init__.py": "", "lib/core.py": ""})

    assert main(["check", "app", "-q", "lib", *CK, "--output-format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["target"]["packages"] == ["app", "lib"]


def test_the_report_is_written_to_a_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(here, FLAWED)

    assert main(["check", "app", *CK, "--output-format", "json", "-o", "out/report.json"]) == 1

    assert json.loads((here / "out/report.json").read_text())["summary"]["findings"] == 2
    assert capsys.readouterr().out == ""


def test_reports_are_written_besides(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(here, FLAWED)

    assert main(["check", "app", *CK, "--report", "json=out/a.json", "--report", "junit=out/a=b.xml", "-q"]) == 1

    assert json.loads((here / "out/a.json").read_text())["summary"]["findings"] == 2
    assert (here / "out/a=b.xml").read_text().startswith("<?xml")
    assert "app/services/mail.py:1:8" in capsys.readouterr().out


def test_a_report_besides_is_written_where_nothing_could_be_done(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "nowhere", *CK, "--report", "json=a.json"]) == 2

    assert json.loads((here / "a.json").read_text())["errors"][0]["path"] == "nowhere"
    assert "nowhere: no such file, folder or package" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["sarif", "github", "gitlab", "markdown"])
def test_a_repository_is_told_paths_that_count_from_its_folder(
    here: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (here / ".git").mkdir()
    lay_out(here / "server", {**FLAWED, "app/bad.py": "def f(:\n"})

    main(["check", "server/app", *CK, "--output-format", name])

    said = capsys.readouterr()
    assert "server/app/services/mail.py" in said.out
    assert "server/app/bad.py" in said.out


def test_a_file_that_cannot_be_written_is_2(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(here, CLEAN)

    assert main(["check", "app", *CK, "-o", "app"]) == 2
    assert "app: cannot be written" in capsys.readouterr().err


def test_statistics_count_the_findings_of_each_rule(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(here, FLAWED)

    main(["check", "app", *CK, "--statistics", "--quiet"])

    assert capsys.readouterr().out == "1  CK901  unused-suppression\n1  CK902  suppression-without-reason\n"


@pytest.mark.parametrize(("variable", "coloured"), [("FORCE_COLOR", True), ("NO_COLOR", False)])
def test_colour_is_as_the_environment_says(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, variable: str, *, coloured: bool
) -> None:
    lay_out(here, FLAWED)
    monkeypatch.setenv(variable, "1")

    main(["check", "app", *CK])

    assert ("\x1b[" in capsys.readouterr().out) is coloured


def test_the_configuration_is_found_upward_from_the_target(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(here, {**FLAWED, "pyproject.toml": '[tool.conformance]\nselect = ["CK902"]\n'})

    assert main(["check", "app/services", "--output-format", "concise", "-q"]) == 1
    assert capsys.readouterr().out == "app/services/mail.py:1:8: CK902 the suppression does not say why\n"


def test_the_page_of_a_rule_says_what_why_and_what_to_write_instead(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rule", "unreadable-module"]) == 0

    page = capsys.readouterr().out
    assert page.startswith("CK903 unreadable-module\n")
    headings = ["Why", "What is reported", "Write instead", "Configure", "Make an exception"]
    assert [line for line in page.splitlines() if line in headings] == headings
    assert "    def subject(name: str) -> str  # <-- CK903\n" in page


def test_without_an_id_the_table_of_all_rules_is_printed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule"]) == 0

    assert "CK901  unused-suppression" in capsys.readouterr().out


def test_roles_are_printed_with_their_evidence_and_modules_without_any(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_out(here, CLEAN)

    assert main(["roles", "app", "--isolated"]) == 0

    assert capsys.readouterr().out == (
        "app.services  app/services/__init__.py\n"
        "  services  is named `services`\n"
        "app.services.mail  app/services/mail.py\n"
        "  services  is named `services`\n"
        "\n"
        "1 module without a role\n"
        "  app\n"
        "\n"
        "3 files of app\n"
    )


def test_an_error_that_nobody_foresaw_is_2_and_not_1(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(here, CLEAN)
    monkeypatch.setattr("conformance.check.link", lambda *_: 1 / 0)

    assert main(["check", "app", *CK]) == 2
    assert "internal error: ZeroDivisionError" in capsys.readouterr().err


def test_the_module_can_be_run_and_help_names_the_exit_statuses() -> None:
    done = subprocess.run([sys.executable, "-m", "conformance", "--help"], capture_output=True, text=True, check=False)

    assert done.returncode == 0
    assert "Exit status: 0 nothing found; 1 findings; 2" in " ".join(done.stdout.split())
    assert done.stderr == ""


def test_a_reader_that_goes_away_is_no_traceback(here: Path) -> None:
    script = f"{sys.executable} -m conformance rule | head -n 0; exit ${{PIPESTATUS[0]}}"

    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)

    assert "Traceback" not in done.stderr


def test_a_mistyped_option_a_rule_that_does_not_exist_and_a_wrong_path_are_told_at_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = main(["check", "--select", "DI999", "--foo", "/no/such/folder"])

    assert status == 2
    assert capsys.readouterr().err.splitlines() == [
        "conformance: unknown option `--foo`",
        "conformance: unknown rule `DI999`; did you mean `DI109`?",
        "conformance: /no/such/folder: no such file, folder or package",
    ]
