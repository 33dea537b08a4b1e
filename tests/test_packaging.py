"""What is installed: `conformance` alone, with its data, its command and its plugin."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def text_of(wheel: zipfile.ZipFile, name: str) -> str:
    inside = next(each for each in wheel.namelist() if each.endswith(f".dist-info/{name}"))
    return wheel.read(inside).decode()


def metadata(wheel: zipfile.ZipFile) -> Message:
    return Parser().parsestr(text_of(wheel, "METADATA"))


def test_the_wheel_holds_conformance_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    version = CONFIGURATION["project"]["version"]

    assert {name.partition("/")[0] for name in wheel.namelist()} == {
        "conformance",
        f"fastapi_conformance-{version}.dist-info",
    }


def test_the_wheel_holds_all_of_conformance_that_is_no_leftover(wheel: zipfile.ZipFile) -> None:
    files = {
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "conformance").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }

    assert {name for name in wheel.namelist() if name.startswith("conformance/")} == files
    assert {"conformance/py.typed", "conformance/reporters/schema.json", "conformance/docs/rules.md"} <= files


def test_the_command_and_the_plugin_are_entry_points(wheel: zipfile.ZipFile) -> None:
    assert text_of(wheel, "entry_points.txt").split() == [
        "[console_scripts]", "conformance", "=", "conformance.__main__:run",
        "[pytest11]", "conformance", "=", "conformance.pytest_plugin",
    ]  # fmt: skip


def test_whoever_installs_it_gets_the_engine_alone(wheel: zipfile.ZipFile) -> None:
    required = [each for each in metadata(wheel).get_all("Requires-Dist", []) if "extra ==" not in each]

    assert sorted(each.partition(">")[0] for each in required) == ["grimp", "pathspec"]


def test_what_else_can_be_wanted_is_an_extra(wheel: zipfile.ZipFile) -> None:
    extras = {"archon", "dev", "fleet", "frontend", "import-linter", "pytest", "reference"}

    assert set(metadata(wheel).get_all("Provides-Extra", [])) == extras
    assert metadata(wheel)["Requires-Python"] == ">=3.11"
