"""What there was nothing of: roles that match no module, modules without a role, a target that is none of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from conformance import config as configuration
from conformance.config import ROLES, matches, nearest
from conformance.facts.code import Evaluate, Import, ImportFrom, walk
from conformance.results import Problem
from conformance.selection import answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance.config import Config
    from conformance.facts.code import ModuleCode, Statement
    from conformance.judging import Outcome
    from conformance.program import ModuleScope
    from conformance.results import Finding
    from conformance.stages import Loaded

__all__ = [
    "absent_roles", "is_lacking", "nothing_recognised", "unmatched_roles", "unseen", "unseen_in_short", "without_role",
]  # fmt: skip

LIBRARIES: Final = frozenset({"arq", "fastapi", "httpx", "redis", "sqlalchemy", "sqlmodel", "starlette"})
"""A target that imports one of these is of the kind that the rules are about, even where no module has a role."""


def is_lacking(outcome: Outcome, config: Config) -> bool:
    """Return whether a rule is required, and had nothing to look at."""
    required = any(answers(name, outcome.rule) for name in config.required)
    return required and not outcome.subjects and not outcome.crash


def unmatched_roles(loaded: Loaded) -> list[Problem]:
    """Return which configured patterns of roles match no module."""
    config = loaded.config
    if loaded.target.partial:
        return []
    known = sorted({file.module for file in loaded.target.files})
    return [
        Problem(
            f"`{pattern}` in `roles.{role}` matches no module{nearest(pattern.removesuffix('.**'), known)}",
            config.shown,
            configuration.line_of(config, role),
        )
        for role, patterns in config.roles.items()
        for pattern in patterns
        if (loaded.target.whole or pattern.partition(".")[0] in loaded.target.packages)
        and not any(matches(pattern, module) for module in known)
    ]


def nothing_recognised(loaded: Loaded, findings: Sequence[Finding]) -> str:
    """Return what to say of a target in which no module has a role, and no rule found anything; "" of any other."""
    if any(set(module.roles) - {"tests"} for module in loaded.program.modules if not module.is_test):
        return ""
    if (loaded.unreadable and not loaded.codes) or any(finding.rule[:2] != "CK" for finding in findings):
        return ""
    if any(_imports_a_library(code) for code in loaded.codes.values()):
        return ""
    files = len(loaded.target.files)
    return (
        f"nothing was recognised in {files} {'file' if files == 1 else 'files'}: no endpoint, provider, lifespan, "
        "worker, task, service or other role; is this the right folder? `conformance roles` shows what was seen, "
        "and `[tool.conformance.roles]` says what is what"
    )


def _imports_a_library(module: ModuleCode) -> bool:
    for node in walk(*module.body):
        match node:
            case Import(names=names):
                tops = {name.name.partition(".")[0] for name in names}
            case ImportFrom(module=source, level=0):
                tops = {source.partition(".")[0]}
            case _:
                continue
        if tops & LIBRARIES:
            return True
    return False


def absent_roles(loaded: Loaded) -> list[str]:
    """Return the note about roles that no module has."""
    there = {role for module in loaded.program.modules for role in module.roles}
    absent = [role for role in ROLES if role not in there]
    return [f"no module was taken for: {', '.join(absent)}"] if absent else []


def without_role(loaded: Loaded) -> list[ModuleScope]:
    """Return the modules that no rule about roles, and no contract, looks at."""
    return [m for m in loaded.program.modules if not m.is_test and not m.roles and _holds_code(m.body)]


def _holds_code(body: Sequence[Statement]) -> bool:
    return any(not isinstance(statement, Evaluate) for statement in body)


_UNSEEN: Final = "has no role, so that neither a rule about roles nor a contract looks at it"


def unseen(modules: Sequence[ModuleScope]) -> list[Problem]:
    """Return the problem that each module without a role is, where that is one."""
    return [Problem(f"{_UNSEEN}: give it a role under `roles`", module.path) for module in modules]


def unseen_in_short(modules: Sequence[ModuleScope]) -> list[str]:
    """Return the note about modules without a role, where that is none."""
    if not modules:
        return []
    names = [module.name for module in modules]
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    number = "1 module has" if len(names) == 1 else f"{len(names)} modules have"
    return [f"{number} no role, so that neither a rule about roles nor a contract looks at them: {shown}"]
