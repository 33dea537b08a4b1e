"""The configuration: what is read, and what is said of what is wrong."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from conformance.config import Config, Profile, covers, find, load, matches, overridden
from conformance.errors import ConfigurationError
from conformance.results import Problem, Severity
from tests.kit import lay_out


def wrong(tmp_path: Path, text: str, name: str = "conformance.toml") -> list[tuple[int, str]]:
    file = lay_out(tmp_path, {name: text}) / name
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    assert {problem.path for problem in caught.value.problems} == {name}
    return [(problem.line, problem.message) for problem in caught.value.problems]


def test_every_key_is_read(tmp_path: Path) -> None:
    text = """\
[project]
name = "shop"

[tool.conformance]
root-packages = ["app"]
profile = "aegis"
select = ["DI", "WK301"]
extend-select = ["FP"]
ignore = ["nullable-provider"]
required = ["DI108"]
gateways = ["app.components.worker.pools"]
resources = ["acme.db.Cluster"]
external-state-keys = ["limiter"]
exclude = ["app/vendored/**"]
accept-unreadable = ["app/py2.py"]
baseline = "known.json"
strict = true

[tool.conformance.roles]
routes = ["app.api.**"]
deps = ["app.deps"]

[tool.conformance.severity]
DI110 = "advice"

[tool.conformance.per-file-ignores]
"app/legacy/**" = ["DI103"]
"""
    file = lay_out(tmp_path, {"pyproject.toml": text}) / "pyproject.toml"

    config = load(file)

    assert config == Config(
        file=file,
        root_packages=("app",),
        profile=Profile.AEGIS,
        select=("DI", "WK301"),
        extend_select=("FP",),
        ignore=("nullable-provider",),
        required=("DI108",),
        gateways=("app.components.worker.pools",),
        resources=("acme.db.Cluster",),
        external_state_keys=("limiter",),
        exclude=("app/vendored/**",),
        accept_unreadable=("app/py2.py",),
        baseline="known.json",
        strict=True,
        roles={"routes": ("app.api.**",), "deps": ("app.deps",)},
        severity={"DI110": Severity.ADVICE},
        per_file_ignores={"app/legacy/**": ("DI103",)},
    )


def test_all_that_is_wrong_is_said_at_once_with_the_nearest_known_word(tmp_path: Path) -> None:
    text = """\
root-package = ["app"]
zebra = 1
profile = "egis"
select = "ALL"
exclude = [1]
baseline = true
strict = "yes"
severity = "advice"

[roles]
route = ["app.api"]
deps = ["app/deps"]

[per-file-ignores]
"app/**" = "DI103"
"""
    assert wrong(tmp_path, text) == [
        (1, "unknown key `root-package`; did you mean `root-packages`?"),
        (2, "unknown key `zebra`"),
        (3, "`profile` must be one of prd-012, aegis, not `egis`; did you mean `aegis`?"),
        (4, '`select` must be a list of strings: write ["ALL"]'),
        (5, "`exclude` must be a list of strings, not a list with an integer in it"),
        (6, "`baseline` must be a string, not a boolean"),
        (7, "`strict` must be true or false, not a string"),
        (8, "`severity` must be a table, not a string"),
        (11, "unknown role `route` in `roles`; did you mean `routes`?"),
        (12, "`deps` in `roles` holds `app/deps`, which is no dotted module name: write it as `app.deps`"),
        (15, '`app/**` in `per-file-ignores` must be a list of strings: write ["DI103"]'),
    ]


def test_a_key_with_an_underscore_is_unknown_and_its_right_form_is_said(tmp_path: Path) -> None:
    assert wrong(tmp_path, "root_packages = []\n") == [
        (1, "unknown key `root_packages`; did you mean `root-packages`?"),
    ]


def test_broken_toml_is_an_error_with_its_line(tmp_path: Path) -> None:
    assert wrong(tmp_path, "[tool.conformance]\n\nselect = [\n  nonsense\n]\n", "pyproject.toml") == [
        (4, "is not TOML: Invalid value"),
    ]


def test_a_file_that_is_not_utf8_is_an_error_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "conformance.toml"
    file.write_bytes(b'select = ["ALL"]\nbaseline = "\xff"\n')

    with pytest.raises(ConfigurationError) as caught:
        load(file)

    assert caught.value.problems == (Problem("is not UTF-8, so it is not TOML", "conformance.toml", 2),)


def test_the_nearest_configuration_upward_holds_and_others_pyprojects_are_passed_over(tmp_path: Path) -> None:
    lay_out(
        tmp_path,
        {
            "pyproject.toml": "[tool.conformance]\n",
            "services/pyproject.toml": "[tool.ruff]\nline-length = 100\n",
            "services/app/main.py": "",
            "other/conformance.toml": "",
            "other/pyproject.toml": "[tool.conformance]\n",
        },
    )

    assert find(tmp_path / "services/app/main.py") == tmp_path / "pyproject.toml"
    assert find(tmp_path / "other") == tmp_path / "other/conformance.toml"


def test_a_broken_pyproject_that_speaks_of_conformance_is_not_passed_over(tmp_path: Path) -> None:
    lay_out(tmp_path, {"pyproject.toml": "[tool.conformance]\nselect = [\n"})

    assert find(tmp_path) == tmp_path / "pyproject.toml"


def test_a_setting_of_the_command_line_goes_over_the_file() -> None:
    config = overridden(Config(select=("DI",), baseline="a.json"), ['profile = "aegis"', 'select = ["WK"]'])

    assert config == Config(select=("WK",), baseline="a.json", profile=Profile.AEGIS)


def test_wrong_settings_of_the_command_line_are_all_said() -> None:
    with pytest.raises(ConfigurationError) as caught:
        overridden(Config(), ["profil = 1", "nonsense", "select = 3"])

    assert [problem.message for problem in caught.value.problems] == [
        "unknown key `profil`; did you mean `profile`?",
        "`nonsense` is neither a file nor a setting: Expected '=' after a key in a key/value pair (at end of document)",
        "`select` must be a list of strings, not an integer",
    ]


@pytest.mark.parametrize(
    ("pattern", "module", "expected"),
    [
        ("app.deps", "app.deps", True),
        ("app.deps", "app.deps.db", False),
        ("app.api.**", "app.api", True),
        ("app.api.**", "app.api.v1.users", True),
        ("app.api.**", "app.apis", False),
        ("app.*", "app.deps", True),
        ("app.*", "app.deps.db", False),
        ("app.*", "app", False),
        ("*.deps", "app.deps", True),
        ("**.deps", "deps", True),
        ("**.deps.**", "a.b.deps.c.d", True),
        ("app.**.routes", "app.routes", True),
        ("app.**.routes", "app.a.b.routes", True),
        ("app.**.routes", "app.a.b.routes.x", False),
        ("app.*_deps", "app.user_deps", True),
        ("**", "anything.at.all", True),
    ],
)
def test_a_dotted_glob_matches_whole_names(pattern: str, module: str, *, expected: bool) -> None:
    assert matches(pattern, module) is expected


def test_a_dotted_glob_covers_what_is_below_what_it_matches() -> None:
    covered = [name for name in ("app.deps", "app.deps.db", "app.depsx", "app") if covers("app.deps", name)]

    assert covered == ["app.deps", "app.deps.db"]


def test_a_hostile_glob_takes_no_time() -> None:
    started = time.perf_counter()

    matched = matches(".".join(["**", "a*a*a*a*b"] * 20), ".".join(["aaaaaaaaaaaaaaaaaaaaaaaaaaaa"] * 200))

    assert not matched
    assert time.perf_counter() - started < 2


def test_what_is_no_pattern_of_paths_is_an_error(tmp_path: Path) -> None:
    text = "exclude = ['a', 'b\\']\naccept-unreadable = ['c\\']\n[per-file-ignores]\n'd\\' = ['DI']\n'e' = ['DI']\n"

    assert wrong(tmp_path, text) == [
        (1, "`exclude` holds `b\\`, which is no pattern of paths as in a .gitignore"),
        (2, "`accept-unreadable` holds `c\\`, which is no pattern of paths as in a .gitignore"),
        (4, "`d\\` in `per-file-ignores` is no pattern of paths as in a .gitignore"),
    ]
