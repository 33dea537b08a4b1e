"""The first configuration of a target: what was inferred, with the evidence as comments."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from conformance.config import ROLES
from conformance.reporters.text import inert

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conformance.check import Loaded

__all__ = ["section", "without_section"]


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
    yield f"root-packages = {_list(loaded.target.packages)}"
    yield 'profile = "prd-012"  # "aegis" allows what Integration Patterns prescribes and PRD-012 forbids'
    yield ""
    yield f"[{f'{prefix}.' if prefix else ''}roles]"
    yield "# What each module was taken for, and why. It is inferred each time; take away the `#` to decide it."
    for role in ROLES:
        holders = [module for module in loaded.program.modules if role in module.roles and not module.is_test]
        if holders:
            yield f"# {role} = {_list(_patterns([module.name for module in holders]))}"
            yield from (f"#     {inert(module.name)}: {inert(module.roles[role])}" for module in holders[:3])
            if len(holders) > 3:
                yield f"#     and {len(holders) - 3} more: see `conformance roles`"


def _patterns(names: Sequence[str]) -> list[str]:
    """Return dotted globs for the modules: `app.api.**` where a package and what is below it are all there."""
    known = set(names)
    tops = [name for name in names if not any(name.startswith(f"{other}.") for other in known - {name})]
    return [f"{top}.**" if any(name.startswith(f"{top}.") for name in known) else top for top in tops]


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
