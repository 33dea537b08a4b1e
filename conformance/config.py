"""The configuration: `[tool.conformance]` of a pyproject.toml, or a conformance.toml. It is closed.

All that is wrong with a file is said at once: every unknown key with the nearest known one, every wrong value.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from conformance.errors import ConfigurationError
from conformance.results import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = [
    "ROLES",
    "Config",
    "Profile",
    "covers",
    "find",
    "is_accepted",
    "line_of",
    "load",
    "matches",
    "nearest",
    "overridden",
]

ROLES: Final = (
    "routes",
    "deps",
    "lifespan",
    "worker",
    "tasks",
    "services",
    "components",
    "gateways",
    "core",
    "models",
    "config",
    "constants",
    "cli",
    "entrypoint",
    "tests",
)
"""What a module can be for."""


class Profile(StrEnum):
    """Whose standard holds where the two documents disagree."""

    PRD_012 = "prd-012"
    AEGIS = "aegis"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the target's owner has decided. `Config()` is what holds where there is no configuration.

    Attributes:
        file: the file it was read from, absolute; None where there is none.
        root_packages: dotted names; modules outside them are not the target, tests excepted.
        profile: whose standard holds.
        select: rules to run: ids, names, prefixes, `ALL`.
        extend_select: rules to run besides, opt-in ones among them.
        ignore: rules not to run.
        required: rules for which having nothing to look at is a failure.
        gateways: dotted globs of modules that components may share.
        resources: qualified names of more resource constructors.
        external_state_keys: keys of app.state that belong to libraries.
        exclude: globs of paths, relative to the root, as in a .gitignore.
        accept_unreadable: globs of paths whose being unreadable does not spoil the check.
        baseline: the file with the recorded findings, relative to the root.
        strict: recorded findings that are gone, and modules without a role, are errors and no notes.
        roles: role to dotted globs; what is given here is not inferred.
        severity: rule to severity.
        per_file_ignores: glob of paths to rules.
    """

    file: Path | None = None
    root_packages: tuple[str, ...] = ()
    profile: Profile = Profile.PRD_012
    select: tuple[str, ...] = ("ALL",)
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    external_state_keys: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    accept_unreadable: tuple[str, ...] = ()
    baseline: str = ""
    strict: bool = False
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    severity: Mapping[str, Severity] = field(default_factory=dict)
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def root(self) -> Path | None:
        """The folder that holds the configuration."""
        return self.file.parent if self.file else None

    @property
    def shown(self) -> str:
        """The name of the configuration's file, for messages."""
        return self.file.name if self.file else "configuration"


class _WrongError(ValueError):
    """A value of a wrong type or form; its text completes "`key` "."""


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _WrongError(f"must be a string, not {_kind(value)}")
    if not value.strip():
        raise _WrongError("must not be empty")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _WrongError(f"must be true or false, not {_kind(value)}")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        raise _WrongError(f'must be a list of strings: write ["{value}"]')
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _WrongError(f"must be a list of strings, not {_kind(value)}")
    if not all(item.strip() for item in value):
        raise _WrongError("must not hold an empty string")
    return tuple(dict.fromkeys(value))


def _paths(value: object) -> tuple[str, ...]:
    names = _texts(value)
    for name in names:
        if not _is_pattern(name):
            raise _WrongError(f"holds `{name}`, which is {_NO_PATTERN}")
    return names


_NO_PATTERN: Final = "no pattern of paths as in a .gitignore"


def _is_pattern(name: str) -> bool:
    from conformance.globs import globs  # noqa: PLC0415 - of no use to most

    try:
        globs([name])
    except ValueError:
        return False
    return True


_GLOB = re.compile(r"(?:\*\*|[\w*?]+)(?:\.(?:\*\*|[\w*?]+))*")


def _modules(value: object) -> tuple[str, ...]:
    names = _texts(value)
    for name in names:
        if not _GLOB.fullmatch(name):
            raise _WrongError(f"holds `{name}`, which is no dotted module name: write it as `{_dotted_form(name)}`")
    return names


def _dotted_form(name: str) -> str:
    plain = name.removesuffix(".py").strip("./").replace("/", ".").replace("-", "_")
    return plain if _GLOB.fullmatch(plain) else "app.api.**"


def _profile(value: object) -> Profile:
    text = _text(value)
    try:
        return Profile(text)
    except ValueError:
        raise _WrongError(_one_of(text, [profile.value for profile in Profile])) from None


def _severity(value: object) -> Severity:
    text = _text(value)
    try:
        return Severity(text)
    except ValueError:
        raise _WrongError(_one_of(text, [severity.value for severity in Severity])) from None


def _one_of(text: str, choices: Iterable[str]) -> str:
    choices = list(choices)
    return f"must be one of {', '.join(choices)}, not `{text}`{nearest(text, choices)}"


def _kind(value: object) -> str:
    kinds = {bool: "a boolean", int: "an integer", float: "a number", str: "a string", dict: "a table", list: "a list"}
    if isinstance(value, list) and value:
        return f"a list with {_kind(next((item for item in value if not isinstance(item, str)), value[0]))} in it"
    return kinds.get(type(value), type(value).__name__)


_PLAIN: Final[Mapping[str, Callable[[object], object]]] = {
    "root-packages": _modules,
    "profile": _profile,
    "select": _texts,
    "extend-select": _texts,
    "ignore": _texts,
    "required": _texts,
    "gateways": _modules,
    "resources": _texts,
    "external-state-keys": _texts,
    "exclude": _paths,
    "accept-unreadable": _paths,
    "baseline": _text,
    "strict": _flag,
}
"""The keys with one value, and what reads each."""

_TABLES: Final[Mapping[str, Callable[[object], object]]] = {
    "roles": _modules,
    "severity": _severity,
    "per-file-ignores": _texts,
}
"""The keys that are tables, and what reads the value of each entry."""

KEYS: Final = (*_PLAIN, *_TABLES)
"""Every key of the configuration."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean …?" with the known name that is nearest, and "" where none is near."""
    by_fold = {item.casefold().replace("_", "-"): item for item in known}
    found = difflib.get_close_matches(name.casefold().replace("_", "-"), by_fold, n=1, cutoff=0.6)
    return f"; did you mean `{by_fold[found[0]]}`?" if found else ""


def find(start: Path) -> Path | None:
    """Return the configuration that holds for `start`: the nearest upward, a conformance.toml before a pyproject.toml.

    A pyproject.toml without `[tool.conformance]` is passed over, as is one that is not TOML and does not name it.

    Args:
        start: an absolute path of a file or folder.
    """
    for folder in (start, *start.parents):
        if _is_file(own := folder / "conformance.toml"):
            return own
        if _is_file(shared := folder / "pyproject.toml") and _has_section(shared):
            return shared
    return None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _has_section(pyproject: Path) -> bool:
    try:
        source = pyproject.read_bytes()
    except OSError:
        return False
    if b"conformance" not in source:
        return False
    try:
        document = tomllib.loads(source.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return b"tool.conformance" in source
    tool = document.get("tool")
    return isinstance(tool, dict) and "conformance" in tool


def load(file: Path) -> Config:
    """Read a configuration.

    Args:
        file: a pyproject.toml, of which `[tool.conformance]` is read, or any other TOML file, which is read whole
            (or its `[tool.conformance]`, where it has one).

    Raises:
        ConfigurationError: with all that is wrong with it.
    """
    shown = file.name
    try:
        source = file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        document = tomllib.loads(source)
    except OSError as error:
        raise ConfigurationError(Problem(f"cannot be read: {error.strerror or error}", str(file))) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(Problem("is not UTF-8, so it is not TOML", shown, line)) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(_broken(shown, str(error))) from error
    except RecursionError as error:
        raise ConfigurationError(Problem("is nested too deeply", shown)) from error
    tool = document.get("tool", {})
    table = tool.get("conformance") if isinstance(tool, dict) else None
    if table is None:
        table = {} if file.name == "pyproject.toml" else document
    if not isinstance(table, dict):
        raise ConfigurationError(Problem("`tool.conformance` must be a table", shown, _line_of(source, "conformance")))
    return _read(table, file.resolve(), source)


def overridden(config: Config, texts: Iterable[str]) -> Config:
    """Return the configuration with settings from a command line put over it: `profile = "aegis"`.

    Raises:
        ConfigurationError: with all that is wrong with them.
    """
    problems: list[Problem] = []
    for text in texts:
        try:
            made = _read(tomllib.loads(text), Path("--config"), text)
        except tomllib.TOMLDecodeError as error:
            problems.append(Problem(f"`{text}` is neither a file nor a setting: {error}", "--config"))
        except ConfigurationError as error:
            problems += error.problems
        else:
            given = {key.replace("-", "_") for key in tomllib.loads(text)}
            config = replace(config, **{name: getattr(made, name) for name in given})
    if problems:
        raise ConfigurationError(problems)
    return config


def _broken(shown: str, message: str) -> Problem:
    found = re.search(r"\s*\(at (?:line (\d+), column \d+|end of document)\)", message)
    line = int(found[1]) if found and found[1] else 0
    return Problem(f"is not TOML: {message[: found.start()] if found else message}", shown, line)


def _read(table: dict[str, Any], file: Path, source: str) -> Config:
    problems: list[Problem] = []
    values: dict[str, Any] = {}

    def wrong(key: str, message: str) -> None:
        problems.append(Problem(message, file.name, _line_of(source, key)))

    for key, value in table.items():
        if key in _PLAIN:
            try:
                values[key.replace("-", "_")] = _PLAIN[key](value)
            except _WrongError as error:
                wrong(key, f"`{key}` {error}")
        elif key not in _TABLES:
            wrong(key, f"unknown key `{key}`{nearest(key, KEYS)}")
        elif not isinstance(value, dict):
            wrong(key, f"`{key}` must be a table, not {_kind(value)}")
        else:
            entries: dict[str, object] = {}
            for name, item in value.items():
                if key == "roles" and name not in ROLES:
                    wrong(name, f"unknown role `{name}` in `roles`{nearest(name, ROLES) or _choices(ROLES)}")
                    continue
                if key == "per-file-ignores" and not _is_pattern(name):
                    wrong(name, f"`{name}` in `{key}` is {_NO_PATTERN}")
                    continue
                try:
                    entries[name] = _TABLES[key](item)
                except _WrongError as error:
                    wrong(name, f"`{name}` in `{key}` {error}")
            values[key.replace("-", "_")] = entries
    if problems:
        problems.sort(key=lambda problem: problem.line)
        raise ConfigurationError(problems)
    return Config(file=file, **values)


def _choices(names: Iterable[str]) -> str:
    return f"; there are {', '.join(names)}"


def _line_of(source: str, key: str) -> int:
    """Return the line on which the key stands, within the section where there is one; 0 if it is not to be seen."""
    lines = source.split("\n")
    start = next((n for n, line in enumerate(lines) if re.match(r"\s*\[+\s*tool\s*\.\s*conformance\b", line)), 0)
    quoted = re.escape(key)
    own = re.compile(rf"""\s*(?:[\w.-]+\.)?(?:"{quoted}"|'{quoted}'|{quoted})\s*(?:=|\.)""")
    header = re.compile(rf"""\s*\[+[^\]]*(?:\.|\[)\s*(?:"{quoted}"|{quoted})\s*\]""")
    for number, line in enumerate(lines[start:], start + 1):
        if own.match(line) or header.match(line):
            return number
    return 0


def line_of(config: Config, key: str) -> int:
    """Return the line of the configuration's file on which a key stands; 0 where it is not to be seen."""
    try:
        return _line_of(config.file.read_text("utf-8-sig"), key) if config.file else 0
    except (OSError, UnicodeDecodeError):
        return 0


def is_accepted(config: Config, path: str) -> bool:
    """Return whether it is accepted that a file cannot be read."""
    from conformance.globs import globs  # noqa: PLC0415 - seldom needed

    return bool(config.accept_unreadable) and globs(config.accept_unreadable).match_file(path)


def matches(pattern: str, module: str) -> bool:
    """Return whether a dotted glob matches a module's name.

    `*` stands for any part of one segment, `**` for any number of segments, none included: `app.api.**` matches
    `app.api` and `app.api.v1.users`; `*.deps` matches `app.deps`. The time is bounded by the product of the lengths.
    """
    wanted, given = pattern.split("."), module.split(".")
    at = of = 0
    retry: tuple[int, int] | None = None
    while at < len(given):
        if of < len(wanted) and wanted[of] == "**":
            of += 1
            retry = (of, at)
        elif of < len(wanted) and fnmatchcase(given[at], wanted[of]):
            of, at = of + 1, at + 1
        elif retry is not None:
            of, at = retry[0], retry[1] + 1
            retry = (of, at)
        else:
            return False
    return all(part == "**" for part in wanted[of:])


def covers(pattern: str, module: str) -> bool:
    """Return whether a dotted glob matches a module or a package that holds it: `app.deps` covers `app.deps.db`."""
    parts = module.split(".")
    return any(matches(pattern, ".".join(parts[:end])) for end in range(1, len(parts) + 1))
