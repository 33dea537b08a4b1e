"""Discovery: which files a target has, and what each module is called."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conformance.config import Config, load
from conformance.discovery import SourceFile, Target, discover
from conformance.errors import TargetError
from conformance.results import Problem
from tests.kit import lay_out


def names(target: Target) -> dict[str, str]:
    return {file.shown: file.module for file in target.files}


def found(root: Path, *given: str, config: Config | None = None) -> dict[str, str]:
    return names(discover([Path(each) for each in given], config or Config(), cwd=root))


def test_a_folder_that_holds_a_package_gives_its_modules_and_the_tests(tmp_path: Path) -> None:
    root = lay_out(tmp_path, {"app/__init__.py": "", "app/main.py": "", "tests/test_a.py": "", "tests/support.py": ""})

    target = discover([root], Config())

    assert target == Target(
        root=root,
        files=(
            SourceFile("app/__init__.py", root / "app/__init__.py", "app", is_package=True),
            SourceFile("app/main.py", root / "app/main.py", "app.main"),
            SourceFile("tests/support.py", root / "tests/support.py", "tests.support", is_test=True),
            SourceFile("tests/test_a.py", root / "tests/test_a.py", "tests.test_a", is_test=True),
        ),
        packages=("app",),
    )


def test_a_package_alone_is_named_from_the_folder_that_holds_it(tmp_path: Path) -> None:
    root = lay_out(
        tmp_path, {"app/__init__.py": "", "app/api/__init__.py": "", "app/api/users.py": "", "tests/t.py": ""}
    )

    assert found(root, "app") == {
        "app/__init__.py": "app",
        "app/api/__init__.py": "app.api",
        "app/api/users.py": "app.api.users",
    }
    assert found(root, "app/api") == {"app/api/__init__.py": "app.api", "app/api/users.py": "app.api.users"}
    assert found(root, "app/api/users.py") == {"app/api/users.py": "app.api.users"}


def test_a_dotted_name_is_a_folder_or_file_here_or_in_src(tmp_path: Path) -> None:
    root = lay_out(tmp_path, {"src/acme/app/__init__.py": "", "src/acme/app/main.py": "", "acme2/x.py": ""})

    assert found(root, "acme.app") == {"acme/app/__init__.py": "acme.app", "acme/app/main.py": "acme.app.main"}
    assert found(root, "acme2.x") == {"acme2/x.py": "acme2.x"}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            {"src/app/__init__.py": "", "src/app/main.py": "import app.deps\n"},
            {"src/app/__init__.py": "app", "src/app/main.py": "app.main"},
            id="src",
        ),
        pytest.param(
            {"src/auth/__init__.py": "", "src/auth/x.py": "", "src/main.py": "from src.auth.x import y\n"},
            {"src/auth/__init__.py": "src.auth", "src/auth/x.py": "src.auth.x", "src/main.py": "src.main"},
            id="src that is imported as a package",
        ),
        pytest.param(
            {"src/acme/app/__init__.py": "", "src/acme/app/m.py": "from acme.app import m\n", "src/acme/lib/z.py": ""},
            {
                "src/acme/app/__init__.py": "acme.app",
                "src/acme/app/m.py": "acme.app.m",
                "src/acme/lib/z.py": "acme.lib.z",
            },
            id="namespace package",
        ),
        pytest.param(
            {
                "a/app/__init__.py": "",
                "a/app/m.py": "from app.m import x\n",
                "b/app/__init__.py": "",
                "c/main.py": "from config import x\n",
                "c/config.py": "",
            },
            {
                "a/app/__init__.py": "app",
                "a/app/m.py": "app.m",
                "b/app/__init__.py": "app",
                "c/config.py": "config",
                "c/main.py": "main",
            },
            id="several applications",
        ),
        pytest.param(
            {"app/deps/db.py": "", "app/api/m.py": "from app.deps.db import x\n", "app/redis.py": "import redis\n"},
            {"app/api/m.py": "app.api.m", "app/deps/db.py": "app.deps.db", "app/redis.py": "app.redis"},
            id="no __init__.py at all",
        ),
        pytest.param(
            {"backend/main.py": "from routers.x import r\n", "backend/routers/x.py": ""},
            {"backend/main.py": "main", "backend/routers/x.py": "routers.x"},
            id="a folder that is run in",
        ),
        pytest.param(
            {
                "app/__init__.py": "",
                "app/main.py": "from routers.x import r\n",
                "app/routers/__init__.py": "",
                "app/routers/x.py": "",
            },
            {
                "app/__init__.py": "app",
                "app/main.py": "main",
                "app/routers/__init__.py": "routers",
                "app/routers/x.py": "routers.x",
            },
            id="a package that is run in",
        ),
        pytest.param(
            {"app/__init__.py": "", "app/scripts/seed.py": "", "app/scripts/__main__.py": ""},
            {
                "app/__init__.py": "app",
                "app/scripts/__main__.py": "app.scripts.__main__",
                "app/scripts/seed.py": "app.scripts.seed",
            },
            id="a folder without __init__.py in a package",
        ),
        pytest.param(
            {"backend/pyproject.toml": "", "backend/app/x.py": "", "backend/src/y/z.py": ""},
            {"backend/app/x.py": "app.x", "backend/src/y/z.py": "y.z"},
            id="a project in a folder",
        ),
        pytest.param(
            {"src/app/__init__.py": "", "src/parts/acme-aws/acme_aws/s3.py": "", "src/my-app/main.py": ""},
            {
                "src/app/__init__.py": "app",
                "src/my-app/main.py": "main",
                "src/parts/acme-aws/acme_aws/s3.py": "acme_aws.s3",
            },
            id="a folder whose name no module can have",
        ),
        pytest.param(
            {"run.py": "import util\n", "util.py": "", "my-script.py": "", "2024.x.py": ""},
            {"2024.x.py": "2024_x", "my-script.py": "my-script", "run.py": "run", "util.py": "util"},
            id="scripts",
        ),
    ],
)
def test_a_module_is_named_as_the_target_imports_it(
    tmp_path: Path, files: dict[str, str], expected: dict[str, str]
) -> None:
    assert found(lay_out(tmp_path, files), ".") == expected


def test_ignored_hidden_and_foreign_folders_are_passed_over(tmp_path: Path) -> None:
    root = lay_out(
        tmp_path,
        {
            ".gitignore": "gen/\n*_pb2.py\n!keep_pb2.py\n",
            "app/main.py": "",
            "app/gen/a.py": "",
            "app/x_pb2.py": "",
            "app/keep_pb2.py": "",
            "app/inner/.gitignore": "*\n!ok.py\n",
            "app/inner/ok.py": "",
            "app/inner/no.py": "",
            ".hidden/x.py": "",
            "venv3/pyvenv.cfg": "",
            "venv3/a.py": "",
            "node_modules/a.py": "",
            "build/z.py": "",
            "app/stub.pyi": "",
        },
    )

    assert list(found(root, ".")) == ["app/inner/ok.py", "app/keep_pb2.py", "app/main.py", "build/z.py"]


def test_the_gitignore_of_the_repository_holds_below_but_not_for_what_is_given(tmp_path: Path) -> None:
    root = lay_out(
        tmp_path,
        {".git/HEAD": "", ".gitignore": "out/\n*.gen.py\n", "app/a.py": "", "app/b.gen.py": "", "out/app/c.py": ""},
    )

    assert list(found(root, "app")) == ["a.py"]
    assert list(found(root, "out/app")) == ["c.py"]


def test_excluded_paths_are_relative_to_the_configuration(tmp_path: Path) -> None:
    files = {
        "conformance.toml": 'exclude = ["app/vendored/**", "legacy_*.py"]\n',
        "app/a.py": "",
        "app/vendored/b.py": "",
        "other/vendored/c.py": "",
        "app/legacy_x.py": "",
    }
    root = lay_out(tmp_path, files)

    assert list(found(root, ".", config=load(root / "conformance.toml"))) == ["app/a.py", "other/vendored/c.py"]


def test_paths_count_from_the_folder_of_the_configuration(tmp_path: Path) -> None:
    files = {"conformance.toml": "", "src/app/__init__.py": "", "src/app/main.py": "", "tests/test_x.py": ""}
    root = lay_out(tmp_path, files)

    target = discover([root / "src/app"], load(root / "conformance.toml"))

    assert target.root == root
    assert names(target) == {"src/app/__init__.py": "app", "src/app/main.py": "app.main"}


def test_with_root_packages_other_modules_are_left_out_and_tests_are_not(tmp_path: Path) -> None:
    files = {
        "conformance.toml": 'root-packages = ["acme.app"]\n',
        "src/acme/app/m.py": "",
        "src/acme/other/m.py": "",
        "scripts/x.py": "",
        "tests/test_x.py": "",
    }
    root = lay_out(tmp_path, files)

    target = discover([], load(root / "conformance.toml"), cwd=root)

    assert names(target) == {"src/acme/app/m.py": "acme.app.m", "tests/test_x.py": "tests.test_x"}
    assert target.packages == ("acme",)


def test_a_root_package_that_matches_nothing_is_a_problem(tmp_path: Path) -> None:
    root = lay_out(tmp_path, {"conformance.toml": 'root-packages = ["ap", "app"]\n', "app/__init__.py": ""})

    target = discover([root], load(root / "conformance.toml"))

    assert target.problems == (
        Problem("`ap` in `root-packages` matches no module; did you mean `app`?", "conformance.toml"),
    )


def test_tests_are_what_pytest_would_collect_and_all_below_a_folder_named_tests(tmp_path: Path) -> None:
    files = dict.fromkeys(
        ("app/test_a.py", "app/b_test.py", "app/conftest.py", "app/testing.py", "app/tests/kit.py", "app/main.py"), ""
    )
    root = lay_out(tmp_path / "tests" / "copy", files)

    target = discover([root], Config())

    assert [file.shown for file in target.files if not file.is_test] == ["app/main.py", "app/testing.py"]


def test_a_folder_named_test_holds_tests_where_pytest_would_collect_one_of_them(tmp_path: Path) -> None:
    files = ("test/unit/test_a.py", "test/kit.py", "app/test/models.py", "app/main.py")
    root = lay_out(tmp_path / "test" / "copy", dict.fromkeys(files, ""))

    target = discover([root], Config())

    assert [file.shown for file in target.files if not file.is_test] == ["app/main.py", "app/test/models.py"]


def test_a_given_folder_named_tests_holds_tests(tmp_path: Path) -> None:
    root = lay_out(tmp_path, {"tests/kit.py": "", "app/__init__.py": ""})

    target = discover([Path("app"), Path("tests")], Config(), cwd=root)

    assert [(file.shown, file.is_test) for file in target.files] == [("app/__init__.py", False), ("tests/kit.py", True)]


def test_all_wrong_paths_are_said_at_once_with_the_nearest_that_there_is(tmp_path: Path) -> None:
    root = lay_out(tmp_path, {"app/x.py": "", "README.md": ""})

    with pytest.raises(TargetError) as caught:
        discover([Path("apq"), Path("README.md"), Path("nowhere/at/all")], Config(), cwd=root)

    assert caught.value.problems == (
        Problem("no such file, folder or package; did you mean `app`?", "apq"),
        Problem("is not a folder and not a Python file", "README.md"),
        Problem("no such file, folder or package", "nowhere/at/all"),
    )


def test_a_folder_without_python_files_is_an_error(tmp_path: Path) -> None:
    root = lay_out(tmp_path, {"docs/index.md": ""})

    with pytest.raises(TargetError, match="docs: holds no Python file"):
        discover([Path("docs")], Config(), cwd=root)


def test_a_module_beside_a_package_of_its_name_is_left_out_with_a_note(tmp_path: Path) -> None:
    root = lay_out(tmp_path, {"app/__init__.py": "", "app/deps.py": "", "app/deps/__init__.py": ""})

    target = discover([root], Config())

    assert names(target) == {"app/__init__.py": "app", "app/deps/__init__.py": "app.deps"}
    assert target.notes == ("app/deps.py was not checked: app/deps/__init__.py hides it from Python",)


def test_links_and_pipes_neither_hang_nor_vanish_in_silence(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "repo", {"app/__init__.py": "", "app/main.py": ""})
    lay_out(tmp_path / "elsewhere", {"shared.py": ""})
    (root / "app/loop").symlink_to(root)
    (root / "app/shared").symlink_to(tmp_path / "elsewhere")
    (root / "app/gone.py").symlink_to(root / "nothing.py")
    os.mkfifo(root / "app/pipe.py")

    target = discover([root], Config())

    assert list(names(target)) == ["app/__init__.py", "app/gone.py", "app/main.py"]
    assert target.notes == (
        "app/pipe.py was not checked: it is no regular file",
        "app/shared was not followed: it is a link to a folder elsewhere",
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into everything")
def test_a_folder_that_may_not_be_looked_into_is_a_problem(tmp_path: Path) -> None:
    root = lay_out(tmp_path, {"app/main.py": "", "app/secret/x.py": ""})
    (root / "app/secret").chmod(0)

    try:
        target = discover([root], Config())
    finally:
        (root / "app/secret").chmod(0o700)

    assert target.problems == (Problem("may not be looked into: Permission denied", "app/secret"),)


def test_a_name_that_is_not_utf8_is_shown_in_hexadecimal(tmp_path: Path) -> None:
    lay_out(tmp_path, {"app/__init__.py": ""})
    Path(os.fsdecode(bytes(tmp_path) + b"/app/caf\xe9.py")).write_text("")

    assert found(tmp_path, ".") == {"app/__init__.py": "app", "app/caf\\xe9.py": "app.caf\\xe9"}


def test_nothing_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = lay_out(tmp_path, {"app/__init__.py": "raise SystemExit('imported')", "app/main.py": "import app\n"})
    monkeypatch.syspath_prepend(str(root))

    assert found(root, "app") == {"app/__init__.py": "app", "app/main.py": "app.main"}
