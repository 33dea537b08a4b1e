"""What a rule is: one file with its meaning, its page, its examples and its check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from conformance.results import Severity, Undecidable, Violation

if TYPE_CHECKING:
    from conformance.program import Program

Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True)
class Example:
    """A small program, in the form of a case file's body.

    `--- app/deps/db.py` starts a file; `# expect: DI101` marks the line on which the rule must report. A good example
    has no such mark. The example tests run each of them, and `conformance rule ID` shows the first of either kind.
    """

    title: str
    files: str


@dataclass(frozen=True, slots=True)
class Rule(Generic[Subject]):
    """A rule. `subjects` gives what it looks at, `check` judges one subject; both are pure.

    Attributes:
        id: two letters and three digits: `DI101`.
        name: the flagged pattern, in kebab case: `nullable-provider`.
        source: document and section: `PRD-012 §2 Rule 1`.
        summary: one line: what is reported.
        why: why that is bad, a paragraph.
        instead: what to write instead, a sentence or a paragraph.
        subjects: the things in a program that the rule looks at.
        check: yields what is wrong with one of them.
        nothing: what to say where there is no subject: "no provider in the target".
        bad: examples in which the rule fires, each expectation on its line.
        good: examples in which it must not.
        severity: error, or advice.
        opt_in: only with `extend-select`.
        configure: how the configuration changes the rule, "" where it does not.
        engine: the rule is about the check itself: the engine makes its findings, `subjects` gives none.
        whole: it reports what is missing elsewhere, so that a part of a program says nothing about it.
    """

    id: str
    name: str
    source: str
    summary: str
    why: str
    instead: str
    subjects: Callable[[Program], Iterable[Subject]]
    check: Callable[[Program, Subject], Iterator[Violation | Undecidable]]
    nothing: str
    bad: tuple[Example, ...]
    good: tuple[Example, ...]
    severity: Severity = Severity.ERROR
    opt_in: bool = False
    configure: str = ""
    engine: bool = False
    whole: bool = False


def no_subjects(program: Program) -> Iterable[Any]:  # noqa: ARG001 - the form of every rule's `subjects`
    """Give nothing: what the rule is about are the suppressions, the files and the rules themselves."""
    return ()


def by_the_engine(program: Program, subject: Any) -> Iterator[Violation | Undecidable]:  # noqa: ANN401, ARG001
    """Yield nothing: the engine makes the findings of the rules about the check itself."""
    yield from ()
