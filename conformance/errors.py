"""The exceptions of the package.

    ConformanceError            anything that kept the check from being done
    ├── UsageError              the command line or the call asks for something that there is not
    ├── ConfigurationError      the configuration: all that is wrong with it at once
    ├── TargetError             there is no such target, or nothing in it to check
    ├── UnreadableModule        one file that could not be read or parsed
    └── BaselineError           the recorded findings cannot be read, or must not be written

Each carries its problems, with path and line where there is one; the command line turns them into exit status 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.results import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "BaselineError",
    "ConfigurationError",
    "ConformanceError",
    "TargetError",
    "UnreadableModule",
    "UsageError",
]


class ConformanceError(Exception):
    """Anything that kept the check from being done. `problems` is never empty."""

    def __init__(self, problems: Problem | str | Iterable[Problem | str]) -> None:
        """Take one problem, or several of which the reader wants to know at once; a string has no path."""
        several = (problems,) if isinstance(problems, (Problem, str)) else tuple(problems)
        self.problems: tuple[Problem, ...] = tuple(p if isinstance(p, Problem) else Problem(p) for p in several)
        super().__init__("\n".join(shown(problem) for problem in self.problems))


class UsageError(ConformanceError):
    """The command line, or a call, asks for something that there is not."""


class ConfigurationError(ConformanceError):
    """What is wrong with the configuration, all of it."""


class TargetError(ConformanceError):
    """There is no such target, or nothing in it to check."""


class BaselineError(ConformanceError):
    """The recorded findings cannot be read, or must not be written."""


class UnreadableModule(ConformanceError):  # noqa: N818 - said in the words of the field
    """A file that could not be read or parsed.

    Attributes:
        path: the file, as it is shown.
        line: the line on which reading stopped, from 1.
        message: why.
    """

    def __init__(self, path: str, line: int, message: str) -> None:
        super().__init__(Problem(message, path, line))
        self.path = path
        self.line = line
        self.message = message

    def __reduce__(self) -> tuple[type[UnreadableModule], tuple[str, int, str]]:
        """Let it travel between processes."""
        return (type(self), (self.path, self.line, self.message))


def shown(problem: Problem) -> str:
    """Return the problem as one line: `path:line: message`."""
    where = f"{problem.path}:{problem.line}: " if problem.path and problem.line else f"{problem.path}: "
    return f"{where if problem.path else ''}{problem.message}"
