"""The list of checkouts, and what became of each."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from conformance.config import nearest
from conformance.errors import ConfigurationError
from conformance.results import Problem

if TYPE_CHECKING:
    from conformance.results import Report

__all__ = ["Checkout", "Outcome", "State", "listed_in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A target of the fleet.

    Attributes:
        name: what it is called in the reports; no two have the same.
        path: the folder, absolute: it must be there where it is checked.
        config: a configuration instead of the one that is found upward, absolute; "" for none.
        select: rules to run alone, as in `conformance check --select`.
        extend_select: rules to run besides.
        ignore: rules to leave out.
        cached: whether its results are remembered.
    """

    name: str
    path: str
    config: str = ""
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    cached: bool = True

    def data(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)

    @classmethod
    def of(cls, data: dict[str, Any]) -> Checkout:
        """Return what was made data."""
        lists: dict[str, Any] = {key: tuple(value) for key, value in data.items() if isinstance(value, list)}
        return cls(**{**data, **lists})


class State(StrEnum):
    """What became of a checkout."""

    CONFORMS = "conforms"
    FINDINGS = "findings"
    INCOMPLETE = "incomplete"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A checkout with what was found. One that could not be checked has a report of nothing but the problems."""

    checkout: Checkout
    report: Report

    @property
    def state(self) -> State:
        if not self.report.rules:
            return State.NOT_CHECKED
        return (State.CONFORMS, State.FINDINGS, State.INCOMPLETE)[self.report.exit_status]


_PLAIN: Final = ("path", "name", "config")
_LISTS: Final = ("select", "extend-select", "ignore")


def listed_in(file: Path, *, cached: bool = True) -> tuple[Checkout, ...]:
    """Read a list: `[[checkout]]` tables of a .toml file; of any other a path on each line. `#` begins a comment.

    Paths count from the folder of the list. A checkout that gives no name is called as its folder.

    Raises:
        ConfigurationError: with all that is wrong with it. That there is no such folder is not: it is what became of
            that checkout.
    """
    try:
        text = file.read_text("utf-8-sig")
    except OSError as error:
        raise ConfigurationError(Problem(f"cannot be read: {error.strerror or error}", str(file))) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(Problem("is not UTF-8", str(file))) from error
    problems: list[str] = []
    tables = _tables(text, problems) if file.suffix == ".toml" else _lines(text)
    folder = file.absolute().parent
    made = [_checkout(table, number, folder, problems, cached=cached) for number, table in enumerate(tables, 1)]
    checkouts = tuple(each for each in made if each is not None)
    names = Counter(each.name for each in checkouts)
    problems += [f"{number} checkouts are called `{name}`: name them" for name, number in names.items() if number > 1]
    if not tables and not problems:
        problems.append("lists no checkout")
    if problems:
        raise ConfigurationError([Problem(problem, str(file)) for problem in problems])
    return checkouts


def _lines(text: str) -> list[dict[str, Any]]:
    lines = (line.strip() for line in text.splitlines())
    return [{"path": line} for line in lines if line and not line.startswith("#")]


def _tables(text: str, problems: list[str]) -> list[dict[str, Any]]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.append(f"is not TOML: {error}")
        return []
    problems += [f"unknown key `{key}`{nearest(key, ['checkout'])}" for key in document if key != "checkout"]
    tables = document.get("checkout", [])
    if isinstance(tables, list) and all(isinstance(table, dict) for table in tables):
        return tables
    problems.append("`checkout` must be tables: write [[checkout]]")
    return []


def _checkout(
    table: dict[str, Any], number: int, folder: Path, problems: list[str], *, cached: bool
) -> Checkout | None:
    which = f"checkout {number}"
    known = (*_PLAIN, *_LISTS)
    wrong = [f"{which}: unknown key `{key}`{nearest(key, known)}" for key in table if key not in known]
    wrong += [f"{which}: `{key}` must be a string that is not empty" for key in _PLAIN if not _is_text(table, key)]
    wrong += [f"{which}: `{key}` must be a list of strings" for key in _LISTS if not _is_list(table, key)]
    if "path" not in table:
        wrong.append(f"{which} has no `path`")
    problems += wrong
    if wrong:
        return None
    path = folder / table["path"]
    return Checkout(
        name=table.get("name") or path.resolve().name or str(path),
        path=str(path),
        config=str(folder / table["config"]) if "config" in table else "",
        select=tuple(table.get("select", ())),
        extend_select=tuple(table.get("extend-select", ())),
        ignore=tuple(table.get("ignore", ())),
        cached=cached,
    )


def _is_text(table: dict[str, Any], key: str) -> bool:
    value = table.get(key, "?")
    return isinstance(value, str) and bool(value.strip())


def _is_list(table: dict[str, Any], key: str) -> bool:
    value = table.get(key, [])
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
