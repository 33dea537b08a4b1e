"""What other repositories use as it is: the hooks for pre-commit, the GitHub action, the recipes of the page on CI."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml  # type: ignore[import-untyped]

from conformance.handbook import page
from tests.kit import lay_out

ROOT = Path(__file__).parents[1]
SHIPPED = ("conformance", "pyproject.toml", "README.md", "LICENSE", "action.yml", ".pre-commit-hooks.yaml")
PROGRAMS = Path(sys.executable).parent

CLEAN = """\
from fastapi import APIRouter, Request

router = APIRouter()


@router.get("/")
async def warm(request: Request) -> int:
    return 1
"""
RED = CLEAN.replace("return 1", "request.app.state.warm = 1\n    return 1")
APP = {
    "app/__init__.py": "",
    "app/routers/__init__.py": "",
    "app/routers/stats.py": CLEAN,
    "pyproject.toml": '[tool.conformance]\nselect = ["DI108"]\n\n[tool.pytest.ini_options]\n',
}


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", "-C", folder, *arguments],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip


def committed(folder: Path) -> str:
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "all")
    return git(folder, "rev-parse", "HEAD").strip()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository as others get it: as it stands, committed."""
    folder = tmp_path_factory.mktemp("their") / "fastapi-conformance"
    folder.mkdir()
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    committed(folder)
    return folder


@pytest.fixture(params=["clean", "red"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, int]:
    """A repository that uses it, and the exit status of a check; what is wrong with the red one is not committed."""
    folder = lay_out(tmp_path / "a shop", APP)
    git_head = committed(folder)
    git(folder, "update-ref", "refs/remotes/origin/main", git_head)
    if request.param == "red":
        lay_out(folder, {"app/routers/stats.py": RED})
    return folder, int(request.param == "red")


# --- pre-commit ----------------------------------------------------------------------------------------------------


def hooks() -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    return read


def test_the_hooks_are_as_pre_commit_wants_them() -> None:
    clientlib = pytest.importorskip("pre_commit.clientlib")

    loaded = clientlib.load_manifest(ROOT / ".pre-commit-hooks.yaml")

    assert [hook["id"] for hook in loaded] == ["conformance", "conformance-diff"]
    assert {(hook["language"], hook["pass_filenames"]) for hook in loaded} == {("python", False)}


@pytest.mark.parametrize("hook", ["conformance", "conformance-diff"])
def test_a_hook_runs_in_another_repository(
    hook: str, repository: Path, tmp_path_factory: pytest.TempPathFactory, target: tuple[Path, int]
) -> None:
    pytest.importorskip("pre_commit")
    folder, status = target
    used = {"repo": str(repository), "rev": git(repository, "rev-parse", "HEAD").strip(), "hooks": [{"id": hook}]}
    lay_out(folder, {".pre-commit-config.yaml": json.dumps({"repos": [used]})})
    git(folder, "add", "-A")
    home = tmp_path_factory.getbasetemp() / "pre-commit"

    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--color", "never"],
        cwd=folder, env=clean_environment(PRE_COMMIT_HOME=str(home)), capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == status, done.stdout + done.stderr
    assert ("DI108 state-write-outside-lifespan" in done.stdout) is bool(status)


def clean_environment(**more: str) -> dict[str, str]:
    """Return the environment without what a CI, another git or another checkout of ours has put there."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "GITHUB_", "PYTHON"))}
    ours.pop("CI", None)
    return {
        **ours,
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "protocol.file.allow",
        "GIT_CONFIG_VALUE_0": "always",
        **more,
    }


# --- the action ----------------------------------------------------------------------------------------------------


def action() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    return read


def schema(name: str) -> dict[str, Any]:
    pytest.importorskip("check_jsonschema")
    text = files("check_jsonschema.builtin_schemas.vendor").joinpath(f"{name}.json").read_text("utf-8")
    read: dict[str, Any] = json.loads(text)
    return read


def test_the_action_is_as_github_wants_it() -> None:
    jsonschema.Draft7Validator(schema("github-actions")).validate(action())


def test_no_input_becomes_part_of_a_script() -> None:
    """An input that stands in a script is run by the shell, whatever is in it."""
    scripts = [step["run"] for step in action()["runs"]["steps"] if "run" in step]

    assert len(scripts) == 2
    assert [script for script in scripts if "${{" in script] == []


def test_every_input_is_used_and_every_one_that_is_used_is_there() -> None:
    text = json.dumps(action()["runs"])

    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(action()["inputs"])


class Runner:
    """Runs the shell steps of the action as GitHub's runner does."""

    def __init__(
        self, folder: Path, workspace: Path, inputs: Mapping[str, str], github: Mapping[str, str] = {}
    ) -> None:
        self.workspace = workspace
        defaults = {name: each.get("default", "") for name, each in action()["inputs"].items()}
        self.known: dict[str, str] = {f"inputs.{name}": value for name, value in {**defaults, **inputs}.items()}
        self.known |= {f"github.{name}": value for name, value in github.items()}
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def valued(self, text: str) -> str:
        """Return a text with its expressions evaluated."""
        return re.sub(r"\$\{\{ (.*?) \}\}", lambda found: self.known[found[1]], text)

    def run(self, step_id: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a step, and know its outputs."""
        step = next(each for each in action()["runs"]["steps"] if each.get("id") == step_id)
        script, output, summary = (self.folder / f"{step_id}{suffix}" for suffix in (".sh", ".output", ".md"))
        script.write_text(step["run"], "utf-8")
        output.touch()
        own = {name: self.valued(value) for name, value in step["env"].items()}
        given = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary), "RUNNER_TEMP": str(self.folder)}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace / self.valued(step.get("working-directory", ".")),
            env=clean_environment(**given, **own, **environment), capture_output=True, text=True, check=False,
        )  # fmt: skip
        for line in output.read_text("utf-8").splitlines():
            name, _, value = line.partition("=")
            self.known[f"steps.{step_id}.outputs.{name}"] = value
        return done

    def check(self, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the step that checks, with the conformance that is under test."""
        self.known["steps.install.outputs.programs"] = str(PROGRAMS)
        return self.run("check", PYTHONPATH=str(ROOT), **environment)

    @property
    def summary(self) -> str:
        return (self.folder / "check.md").read_text("utf-8")


@pytest.fixture(scope="module")
def installed(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of programs that the action's first step gives."""
    folder = tmp_path_factory.mktemp("installing")
    runner = Runner(folder / "runner", folder, {})
    runner.known["steps.python.outputs.python-path"] = sys.executable
    done = runner.run("install", GITHUB_ACTION_PATH=str(repository))
    assert done.returncode == 0, done.stderr
    return runner.known["steps.install.outputs.programs"]


def test_the_action_installs_itself_and_checks_with_that(
    installed: str, tmp_path: Path, target: tuple[Path, int]
) -> None:
    folder, status = target
    runner = Runner(tmp_path / "runner", folder, {})
    runner.known["steps.install.outputs.programs"] = installed

    checked = runner.run("check")

    assert checked.returncode == status, checked.stdout + checked.stderr
    assert runner.known["steps.check.outputs.status"] == str(status)
    assert ("::error file=app/routers/stats.py,line=8," in checked.stdout) is bool(status)
    assert runner.summary.startswith(f"## Architecture: {'Does not conform' if status else 'Conforms'}")


def test_the_action_writes_sarif_where_it_is_told_to(tmp_path: Path, target: tuple[Path, int]) -> None:
    folder, status = target

    for inputs in ({"sarif": "out/report.sarif"}, {"upload-sarif": "true", "summary": "false"}):
        runner = Runner(tmp_path / "runner", folder, inputs)
        runner.check()
        results = json.loads(Path(runner.known["steps.check.outputs.sarif"]).read_text("utf-8"))["runs"][0]["results"]
        assert len(results) == status

    assert (folder / "out" / "report.sarif").exists()


def test_what_an_input_says_is_one_argument_and_nothing_is_run(tmp_path: Path, target: tuple[Path, int]) -> None:
    folder, _ = target
    wicked = "$(touch pwned) `touch pwned`; touch pwned & \"' *"

    for inputs in ({"path": wicked}, {"select": wicked}, {"diff": wicked}, {"args": wicked}, {"sarif": wicked}):
        done = Runner(tmp_path / "runner", folder, inputs).check()
        assert done.returncode == 2 or (folder / wicked).exists(), (inputs, done.stdout)

    assert not (folder / "pwned").exists()


def test_several_paths_and_arguments_stand_on_lines_of_their_own(tmp_path: Path, target: tuple[Path, int]) -> None:
    folder, status = target
    lay_out(folder, {"a tool/main.py": "x = 1\n"})
    inputs = {"path": "app\na tool\n", "args": "--verbose\n--config\nprofile = 'aegis'\n", "select": "DI108,CK"}

    done = Runner(tmp_path / "runner", folder, inputs).check()

    assert done.returncode == status, done.stderr
    assert " in 4 files of " in done.stdout.splitlines()[-1]


# --- the recipes ---------------------------------------------------------------------------------------------------

RECIPES = re.findall(r"^```(\w+)\n(.*?)^```$", page("ci"), re.DOTALL | re.MULTILINE)


def of_kind(key: str) -> list[dict[Any, Any]]:
    """Return the recipes in YAML that have this key."""
    read = [yaml.safe_load(text) for language, text in RECIPES if language == "yaml"]
    return [each for each in read if key in each]


def jobs() -> list[dict[str, Any]]:
    return [job for workflow in of_kind("jobs") for job in workflow["jobs"].values()]


def test_the_recipes_are_as_github_gitlab_and_pre_commit_want_them() -> None:
    clientlib = pytest.importorskip("pre_commit.clientlib")
    cfgv = pytest.importorskip("cfgv")

    for workflow in of_kind("jobs"):
        known = {{True: "on"}.get(key, key): value for key, value in workflow.items()}  # `on` is true to YAML 1.1
        jsonschema.Draft7Validator(schema("github-workflows")).validate(known)
    for pipeline in of_kind("architecture"):
        jsonschema.Draft7Validator(schema("gitlab-ci")).validate(pipeline)
    for configuration in of_kind("repos"):
        cfgv.validate(configuration, clientlib.CONFIG_SCHEMA)

    assert [len(of_kind(key)) for key in ("jobs", "architecture", "repos")] == [4, 1, 2]


def commands() -> list[str]:
    """Return every command line of the recipes that checks, with what comes from the CI filled in."""
    lines = [line for language, text in RECIPES if language == "bash" for line in text.splitlines()]
    lines += [step["run"] for job in jobs() for step in job["steps"] if "run" in step]
    lines += [line for pipeline in of_kind("architecture") for line in pipeline["architecture"]["script"]]
    entries = {hook["id"]: hook["entry"] for hook in hooks()}
    for configuration in of_kind("repos"):
        for hook in (hook for repo in configuration["repos"] for hook in repo["hooks"]):
            lines.append(f"{hook.get('entry') or entries[hook['id']]} {shlex.join(hook.get('args', []))}")
    return [line for line in lines if not line.startswith("pip install ")]


@pytest.mark.parametrize("command", commands())
def test_the_commands_of_the_recipes_do_what_the_page_says(
    command: str, tmp_path: Path, target: tuple[Path, int]
) -> None:
    folder, status = target
    environment = clean_environment(
        PATH=f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}", PYTHONPATH=str(ROOT),
        GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"),
    )  # fmt: skip

    done = subprocess.run(
        ["bash", "-ec", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == status, done.stdout + done.stderr
    for written in re.findall(r"--report \w+=(\S+)", command):
        assert (folder / written if "$" not in written else tmp_path / "summary.md").stat().st_size


def test_every_command_of_the_recipes_is_one_of_these() -> None:
    assert {line.split(" ")[0] for line in commands()} == {"pytest", "conformance"}
    assert len(commands()) == 5


@pytest.mark.parametrize("number", range(3))
def test_the_recipes_with_the_action_do_what_the_page_says(
    number: int, tmp_path: Path, target: tuple[Path, int]
) -> None:
    folder, status = target
    uses = [step for job in jobs() for step in job["steps"] if step.get("uses", "").startswith("OWNER/")]
    given = {key: str(value) for key, value in uses[number].get("with", {}).items()}
    assert set(given) <= set(action()["inputs"])
    runner = Runner(tmp_path / "runner", folder, {}, {"base_ref": "main"})
    runner.known |= {f"inputs.{key}": runner.valued(value) for key, value in given.items()}

    done = runner.check()

    assert done.returncode == status, done.stdout + done.stderr
    assert len(uses) == 3


def test_the_page_names_every_input_and_every_hook() -> None:
    text = page("ci")

    assert [name for name in action()["inputs"] if f"`{name}`" not in text] == []
    assert [hook["id"] for hook in hooks() if hook["id"] not in text] == []


def test_pytest_runs_it_where_its_configuration_says_so(target: tuple[Path, int]) -> None:
    folder, status = target
    settings = next(text for language, text in RECIPES if language == "toml")
    lay_out(folder, {"pyproject.toml": APP["pyproject.toml"].replace("[tool.pytest.ini_options]\n", settings)})

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder, env=clean_environment(PYTHONPATH=str(ROOT)), capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == status, done.stdout
    assert "conformance::DI108" in done.stdout or not status
