"""The first configuration of a target: what was inferred, with the evidence as comments."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from conformance.config import ROLES, matches
from conformance.reporters.text import inert

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from conformance.check import Loaded

__all__ = ["patterns", "section", "without_section"]


_MOST: Final = 20
"""How many patterns somebody may want to decide on."""


def section(loaded: Loaded, *, prefix: str) -> str:
    """Return the configuration as TOML.

    What follows from the code stays a comment, so that it goes on being inferred: what is configured is not.

    Args:
        loaded: the target.
        prefix: `tool.conformance` in a pyproject.toml, "" in a file of its own.
    """
    return "".join(f"{line}\n" for line in _lines(loaded, prefix))


def _lines(loaded: Loaded, prefix: str) -> Iterator[str]:
    if prefix:
        yield f"[{prefix}]"
    packages = loaded.target.packages
    if all(re.fullmatch(r"\w+", package) for package in packages):
        yield f"root-packages = {_list(packages)}"
    else:  # a name with a dash, a blank, …: to name the others alone would leave it out
        yield f"# root-packages: all there are. Not each can be named: {inert(', '.join(packages))}"
    yield 'profile = "prd-012"  # "aegis" allows what Integration Patterns prescribes and PRD-012 forbids'
    yield ""
    yield f"[{f'{prefix}.' if prefix else ''}roles]"
    yield "# What each module was taken for, and why. It is inferred each time; take away the `#` to decide it."
    for role in ROLES:
        holders = [module for module in loaded.program.modules if role in module.roles and not module.is_test]
        if holders:
            known = [module.name for module in loaded.program.modules if not module.is_test]
            globs = patterns([module.name for module in holders], known)
            if len(globs) <= _MOST:
                yield from (f"# {line}" for line in _setting(role, globs))
            else:
                yield f"# {role}: {len(holders)} modules, which no few patterns tell from the others"
            yield from (f"#     {inert(module.name)}: {inert(module.roles[role])}" for module in holders[:3])
            if len(holders) > 3:
                yield f"#     and {len(holders) - 3} more: see `conformance roles`"


def patterns(holders: Iterable[str], known: Sequence[str]) -> list[str]:
    """Return dotted globs that match the holders and none of the other known modules, as few as say it plainly.

    `app.api.**` is a package with all that is below it, `app.**.service` all modules of a name.
    """
    left = set(holders)
    others = [name for name in known if name not in left]
    found: list[str] = []
    for name in sorted(left):
        alike = [f"{name}.**"]
        first, _, last = name.rpartition(".")
        alike += [f"{name.partition('.')[0]}.**.{last}"] if first else []
        for pattern in alike:
            meant = {each for each in left if matches(pattern, each)}
            if len(meant) > 2 and not any(matches(pattern, other) for other in others):
                found.append(pattern)
                left -= meant
    return sorted({*found, *left})


def _setting(name: str, items: Sequence[str]) -> list[str]:
    """Return `name = [...]`, over several lines where one would be too long."""
    if len(line := f"{name} = {_list(items)}") <= 100:
        return [line]
    return [f"{name} = [", *(f"    {json.dumps(item)}," for item in items), "]"]


def _list(items: Sequence[str]) -> str:
    return f"[{', '.join(json.dumps(item) for item in items)}]"


_HEADER = re.compile(r"^\s*\[+\s*([^\]]*?)\s*\]+")


def without_section(pyproject: str) -> str:
    """Return the text of a pyproject.toml without its `[tool.conformance]` and what belongs to it."""
    kept: list[str] = []
    inside = False
    for line in pyproject.splitlines(keepends=True):
        if found := _HEADER.match(line):
            name = re.sub(r"\s", "", found[1]).replace('"', "")
            inside = name == "tool.conformance" or name.startswith("tool.conformance.")
        if not inside:
            kept.append(line)
    return "".join(kept)
