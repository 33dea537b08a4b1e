"""The contract pack: the reference application keeps it, it agrees with the check, and says when it no longer fits."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.check import check, prepare, read
from conformance.cli import main
from conformance.config import Config, Profile
from conformance.contracts.pack import Contract, Pack, judged, made
from conformance.selection import Selection
from tests.kit import lay_out

ROOT = Path(__file__).parent.parent
RULES = ("DI111", "LY401", "LY402", "LY403", "LY406", "WK304")
LINT = "from importlinter.cli import lint_imports_command as c; c()"
WITHOUT_CONFORMANCE = f"import sys; sys.modules['conformance'] = None; {LINT}"

Say = Callable[..., str]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Run the command, and return what it prints."""

    def run(*arguments: str | Path, status: int = 0) -> str:
        assert main([str(argument) for argument in arguments]) == status, capsys.readouterr().err
        return capsys.readouterr().out

    return run


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the reference application."""
    shutil.copytree(ROOT / "reference_app", tmp_path / "reference_app", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def lint(folder: Path, file: str = "importlinter.ini", *, code: str = WITHOUT_CONFORMANCE) -> str:
    """Return what import-linter says of the contracts in a folder."""
    done = subprocess.run(
        [sys.executable, "-c", code, "--config", file, "--no-cache", "--no-logo"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, "COLUMNS": "1000"},
    )  # fmt: skip
    assert "Contracts: " in done.stdout, done.stdout + done.stderr
    assert done.returncode == (1 if "BROKEN" in done.stdout else 0)
    return done.stdout


def reported(text: str) -> set[tuple[str, str, int]]:
    """Return the imports that broken contracts show: the rule, the importer, and the line."""
    found: set[tuple[str, str, int]] = set()
    rule = ""
    for line in text.partition("Broken contracts")[2].splitlines():
        heading = re.fullmatch(r"(?:.*\((\w+\d+)\)|The .*|Services have .*)", line.strip())
        if heading:
            rule = heading[1] or ""
        for importer, numbers in re.findall(r"(\S+) -> \S+ \(([^)]*)\)", line):
            found |= {(rule, importer, int(number)) for number in re.findall(r"\d+", numbers)}
    return found


def pack_of(folder: Path, files: dict[str, str], config: Config | None = None) -> Pack:
    lay_out(folder, files)
    prepared = prepare([folder], config or Config(), cwd=folder)
    loaded = read(prepared.target, prepared.config)
    return made(loaded, judged(loaded, prepared.chosen))


def named(pack: Pack) -> dict[str, Contract]:
    return {contract.id: contract for contract in pack.contracts}


# --- the reference application ----------------------------------------------------------------------------------------


def test_the_reference_application_keeps_its_pack_without_this_package(tree: Path, say: Say) -> None:
    (tree / "importlinter.ini").write_text(say("contracts", tree / "reference_app"))

    text = lint(tree)

    assert "0 broken" in text
    assert len(re.findall(" KEPT", text)) == 10


@pytest.mark.parametrize("form", ["ini", "toml"])
def test_the_reference_application_keeps_both_parts_with_it(tree: Path, say: Say, form: str) -> None:
    file = {"ini": "importlinter.ini", "toml": "pyproject.toml"}[form]
    (tree / file).write_text(say("contracts", tree / "reference_app", "--format", form, "--with-types"))

    text = lint(tree, file, code=LINT)

    assert "0 broken" in text
    assert len(re.findall(" KEPT", text)) == 14


def test_the_pack_has_every_type_that_import_linter_offers_for_it(tree: Path, say: Say) -> None:
    table = tomllib.loads(say("contracts", tree / "reference_app", "--format", "toml", "--with-types"))

    types = [contract["type"] for contract in table["tool"]["importlinter"]["contracts"]]

    assert types == [
        "independence", "layers", "forbidden", "forbidden", "forbidden", "forbidden", "forbidden", "protected",
        "protected", "acyclic_siblings", "deps_facade", "state_writer", "ctx_writer", "conformance_rules",
    ]  # fmt: skip


def test_the_pack_is_the_same_every_time_and_has_no_date(tree: Path, say: Say) -> None:
    first = say("contracts", tree / "reference_app")

    assert say("contracts", tree / "reference_app") == first
    assert not re.search(r"\d{4}-\d\d|:\d\d", first)
    assert str(tree) not in first
    assert first.startswith("# The import contracts of reference_app: written by conformance ")


BREAKS = {
    "components/backend/errors.py": ["from reference_app.components.scheduler.schedule import build_scheduler"],
    "components/frontend/html.py": ["import reference_app.components.backend.errors"],
    "components/backend/api/jobs.py": [
        "from reference_app.deps.db import DbSessionDep",
        "from reference_app.deps import redis, queue",
        "from reference_app.lifespan import lifespan",
        "from reference_app import config",
    ],
    "services/later.py": [
        "import starlette.requests",
        "from fastapi import HTTPException",
        "from ..deps import users",
        "def f():\n    from reference_app.tasks import triage\n    return triage",
    ],
    "core/later.py": [
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from reference_app.services import later",
        "from reference_app import worker",
    ],
    "tasks/triage.py": ["from reference_app.deps import UserServiceDep", "import reference_app.main"],
    "components/backend/api/users.py": ["from reference_app import config  # conformance: ignore[LY406] -- for now"],
}  # fmt: skip


@pytest.fixture
def spoiled(tree: Path) -> Callable[[], None]:
    """A copy with two empty modules more, and what breaks the rules in it."""
    app = tree / "reference_app"
    for path in ("services/later.py", "core/later.py"):
        (app / path).write_text("")

    def spoil() -> None:
        for path, lines in BREAKS.items():
            (app / path).write_text("\n".join([(app / path).read_text().rstrip(), *lines, ""]))

    return spoil


def in_check(tree: Path, status: str) -> set[tuple[str, str, int]]:
    report = check([tree / "reference_app"], selection=Selection(select=RULES))
    return {(f.rule, f.place.module, f.line) for f in report.findings if f.status == status}


def test_a_broken_tree_breaks_the_pack_where_the_check_finds_it(
    tree: Path, say: Say, spoiled: Callable[[], None]
) -> None:
    (tree / "importlinter.ini").write_text(say("contracts", tree / "reference_app"))
    spoiled()

    told = reported(lint(tree))

    new, suppressed = in_check(tree, "new"), in_check(tree, "suppressed")
    assert {rule for rule, _, _ in new} == set(RULES)
    assert len(suppressed) == 1
    assert {one for one in told if one[0]} == new | suppressed
    assert {(m, n) for rule, m, n in told if not rule} <= {(m, n) for _, m, n in new | suppressed}


def test_a_pack_that_is_made_afterwards_accepts_what_is_suppressed_and_reports_the_rest(
    tree: Path, say: Say, spoiled: Callable[[], None]
) -> None:
    spoiled()
    (tree / "importlinter.ini").write_text(say("contracts", tree / "reference_app"))

    told = reported(lint(tree))

    accepted = "    # suppressed: for now\n    reference_app.components.backend.api.users -> reference_app.config\n"
    assert accepted in (tree / "importlinter.ini").read_text()
    assert {one for one in told if one[0]} == in_check(tree, "new")


def test_a_component_that_reaches_another_through_a_third_module_is_shown_with_the_import_that_the_check_finds(
    tree: Path, say: Say
) -> None:
    (tree / "importlinter.ini").write_text(say("contracts", tree / "reference_app"))
    users = tree / "reference_app/components/backend/api/users.py"
    users.write_text(f"{users.read_text().rstrip()}\nfrom reference_app import main\n")

    told = reported(lint(tree))

    (found,) = in_check(tree, "new")
    assert found[0] == "LY406"
    assert {found, ("LY401", *found[1:])} <= told


def test_the_second_part_finds_what_the_first_cannot_say(tree: Path, say: Say) -> None:
    app = tree / "reference_app"
    (tree / "importlinter.ini").write_text(say("contracts", app, "--with-types"))
    page = app / "components/frontend/html.py"
    page.write_text(
        f"{page.read_text().rstrip()}\n\nimport importlib\n"
        'errors = importlib.import_module("reference_app.components.backend.errors")\n'
    )

    text = lint(tree, code=LINT)

    assert re.findall(r"^(.+) BROKEN", text, re.MULTILINE) == ["What part one cannot say of the imports"]
    assert re.search(r"html\.py:\d+:\d+: LY401 ", text)


# --- other shapes -----------------------------------------------------------------------------------------------------

WORLD = {
    "app/__init__.py": "",
    "app/components/__init__.py": "",
    "app/components/worker/__init__.py": "",
    "app/components/worker/pools.py": "POOL = 1\n",
    "app/components/worker/limits.py": "ROUNDS = 3\n",
    "app/components/backend/__init__.py": "",
    "app/components/backend/api.py": "from app.components.worker.pools import POOL\n",
}


def test_a_gateway_is_accepted_edge_by_edge(tmp_path: Path) -> None:
    pack = pack_of(tmp_path, WORLD, Config(profile=Profile.AEGIS))

    components = named(pack)["components"]

    assert components.type == "independence"
    assert components.lists == (("modules", ("app.components.backend", "app.components.worker")),)
    assert components.accepted == ((("app.components.backend.api", "app.components.worker.pools"), "a gateway"),)


def test_without_the_gateway_the_same_import_is_reported(tmp_path: Path) -> None:
    components = named(pack_of(tmp_path, WORLD))["components"]

    assert components.accepted == ()


def test_where_one_component_reaches_another_through_a_third_module_direct_imports_are_forbidden(
    tmp_path: Path, say: Say
) -> None:
    files = {
        **WORLD,
        "app/components/backend/api.py": "import app.glue\n",
        "app/glue.py": "from app.components.worker import limits\n",
    }

    components = [c for c in pack_of(tmp_path, files).contracts if c.rule == "LY401"]
    (tmp_path / "importlinter.ini").write_text(say("contracts", tmp_path / "app"))

    assert [(c.type, dict(c.flags)) for c in components] == [("forbidden", {"allow_indirect_imports": True})] * 2
    assert "0 broken" in lint(tmp_path)


def test_a_package_of_which_not_all_is_meant_is_told_apart_from_its_init(tmp_path: Path, say: Say) -> None:
    files = {
        "app/__init__.py": "",
        "app/main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
        "app/core/__init__.py": "import app.main\n",
        "app/core/deps.py": "import app.main\n",
        "app/core/text.py": "import app.main\n",
    }

    contracts = named(pack_of(tmp_path, files))
    (tmp_path / "importlinter.ini").write_text(say("contracts", tmp_path / "app"))

    assert dict(contracts["layers-core-1"].lists)["source_modules"] == ("app.core",)
    assert dict(contracts["layers-core-1"].flags)["as_packages"] is False
    assert dict(contracts["layers-core-2"].lists)["source_modules"] == ("app.core.text",)
    assert reported(lint(tmp_path)) == {("LY402", "app.core", 1), ("LY402", "app.core.text", 1)}


def test_cycles_of_today_are_accepted_and_a_new_one_is_not(tmp_path: Path, say: Say) -> None:
    lay_out(
        tmp_path,
        {
            "app/__init__.py": "",
            "app/services/__init__.py": "",
            "app/services/a.py": "from app.services import b\n",
            "app/services/b.py": "from app.services import a\n",
            "app/services/c.py": "from app.services import a\n",
        },
    )
    (tmp_path / "importlinter.ini").write_text(say("contracts", tmp_path / "app"))

    kept = lint(tmp_path)
    (tmp_path / "app/services/a.py").write_text("from app.services import b, c\n")
    broken = lint(tmp_path)

    assert "Services have no cycles KEPT (1 ignored import)" in kept
    assert "Services have no cycles BROKEN" in broken


def test_the_recorded_findings_are_accepted(tmp_path: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    lay_out(tmp_path, {**WORLD, "conformance.toml": ""})
    say("baseline", tmp_path)

    text = say("contracts", tmp_path)

    assert "    # in the record of findings\n    app.components.backend.api -> app.components.worker.pools\n" in text


def test_a_rule_that_is_ignored_has_no_contract(tmp_path: Path) -> None:
    assert "components" not in named(pack_of(tmp_path, WORLD, Config(ignore=("LY401",))))


def test_a_module_that_import_linter_does_not_see_is_told_and_not_named(tmp_path: Path, say: Say) -> None:
    lay_out(tmp_path, {**WORLD, "app/components/cli/run.py": "X = 1\n"})

    text = say("contracts", tmp_path / "app")

    assert "#     app.components.cli\n" in text
    assert "\n    app.components.cli" not in text


def test_a_source_layout_says_the_path(tmp_path: Path, say: Say) -> None:
    lay_out(tmp_path, {**{f"src/{path}": text for path, text in WORLD.items()}, "conformance.toml": ""})

    text = say("contracts", tmp_path)

    assert "#     PYTHONPATH=src lint-imports --config importlinter.ini --no-cache\n" in text
    assert "root_packages =\n    app\n" in text


# --- whether one still fits -------------------------------------------------------------------------------------------


@pytest.fixture
def copied(tmp_path: Path, say: Say) -> Path:
    """The world with its contracts."""
    lay_out(tmp_path, WORLD)
    (tmp_path / "importlinter.ini").write_text(say("contracts", tmp_path / "app"))
    return tmp_path


def drifted(folder: Path, say: Say) -> list[str]:
    file = folder / "importlinter.ini"
    lines = say("contracts", folder / "app", "--check", file, status=1).splitlines()
    assert lines[-1] == "`conformance contracts` writes one that fits"
    return [line.removeprefix(f"{file}: ") for line in lines[:-1]]


@pytest.mark.parametrize("form", ["ini", "toml"])
@pytest.mark.parametrize("types", [[], ["--with-types"]])
def test_what_was_just_written_fits(tree: Path, say: Say, form: str, types: list[str]) -> None:
    file = tree / f"contracts.{form}"
    file.write_text(say("contracts", tree / "reference_app", "--format", form, *types))

    assert say("contracts", tree / "reference_app", "--check", file) == f"{file} fits\n"


def test_the_example_fits_the_reference_application(say: Say) -> None:
    assert "fits" in say("contracts", ROOT / "reference_app", "--check", ROOT / "importlinter.ini")


def test_a_new_component_is_told(copied: Path, say: Say) -> None:
    lay_out(copied, {"app/components/mail/__init__.py": "", "app/components/mail/send.py": "X = 1\n"})

    assert drifted(copied, say) == [
        "no contract like `components` is about the imports of `app.components.mail`",
        "no contract like `components` keeps others from importing `app.components.mail`",
    ]


def test_a_new_module_in_a_component_is_covered(copied: Path, say: Say) -> None:
    lay_out(copied, {"app/components/worker/more.py": "X = 1\n"})

    assert "fits" in say("contracts", copied / "app", "--check", copied / "importlinter.ini")


def test_a_module_that_is_gone_is_told(copied: Path, say: Say) -> None:
    shutil.rmtree(copied / "app/components/worker")

    assert "contract `components`: `app.components.worker` is gone" in drifted(copied, say)


def test_an_accepted_import_that_is_gone_and_one_that_is_new_are_told(tmp_path: Path, say: Say) -> None:
    lay_out(tmp_path, {**WORLD, "conformance.toml": 'profile = "aegis"\n'})
    (tmp_path / "importlinter.ini").write_text(say("contracts", tmp_path / "app"))
    lay_out(
        tmp_path,
        {
            "app/components/backend/api.py": "",
            "app/components/backend/more.py": "from app.components.worker import pools\n",
        },
    )

    gone = "app.components.backend.api -> app.components.worker.pools"
    new = "app.components.backend.more -> app.components.worker.pools"
    assert drifted(tmp_path, say) == [
        f"contract `components`: the import that it ignores is gone: `{gone}`",
        f"contract `components` does not accept `{new}` (a gateway)",
    ]


def test_an_older_pack_and_a_missing_contract_are_told(copied: Path, say: Say) -> None:
    file = copied / "importlinter.ini"
    text = re.sub(r"written by conformance \S+", "written by conformance 0.0.1.", file.read_text())
    file.write_text(text.replace("    app.components.worker\n", ""))

    told = drifted(copied, say)

    assert told[0].startswith("it was written by conformance 0.0.1, and this is ")
    assert told[1:] == ["it has no contract like `components`: Components do not know each other (LY401)"]


def test_contracts_of_a_teams_own_are_no_drift(copied: Path, say: Say) -> None:
    file = copied / "importlinter.ini"
    file.write_text(
        f"{file.read_text()}\n[importlinter:contract:own]\nname = Own\ntype = forbidden\nsource_modules =\n    app.*\n"
        "forbidden_modules =\n    requests\n    other.package\n"
    )

    assert "fits" in say("contracts", copied / "app", "--check", file)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("nowhere.ini", None, "cannot be read: No such file or directory"),
        ("empty.ini", "[tool]\n", "holds no contracts of import-linter"),
        ("wrong.ini", "no section\n", "cannot be read: File contains no section headers."),
        ("wrong.toml", "= 1\n", "cannot be read: "),
        ("empty.toml", "[tool.ruff]\n", "holds no contracts of import-linter"),
    ],
)
def test_a_file_that_cannot_be_compared_is_2(
    copied: Path, capsys: pytest.CaptureFixture[str], name: str, text: str | None, said: str
) -> None:
    if text is not None:
        (copied / name).write_text(text)

    assert main(["contracts", str(copied / "app"), "--check", str(copied / name)]) == 2
    assert said in capsys.readouterr().err


def test_a_target_that_cannot_be_read_wholly_is_2(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(copied, {"app/bad.py": "def f(:\n"})

    assert main(["contracts", str(copied / "app")]) == 2
    assert "app/bad.py:1" in capsys.readouterr().err


# --- without import-linter --------------------------------------------------------------------------------------------


def test_the_pack_is_made_where_import_linter_is_not_installed(copied: Path) -> None:
    code = (
        "import sys; sys.modules['importlinter'] = None; import conformance.contracts; "
        "from conformance.cli import main; sys.exit(main(['contracts', 'app']))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=copied, capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert done.stdout == (copied / "importlinter.ini").read_text()
