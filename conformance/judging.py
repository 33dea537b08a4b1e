"""What each rule yields for a program: one rule after the other, or shared out over several processes.

The processes are forks of the one that has linked the program, so that nothing of it has to travel. Each takes the next
rule that nobody has taken, and sends back what came out. A rule whose process ends before that is run again here.
"""

from __future__ import annotations

import os
import pickle
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from conformance.results import Undecidable, Violation

if TYPE_CHECKING:
    from conformance.program import Program
    from conformance.rules.base import Rule

__all__ = ["Outcome", "available_processes", "outcomes"]

PAYS: Final = 400
"""How many modules a program has for which a second process takes less time than it saves."""

_BYTES: Final = 256
"""How many rules can be shared out: each is handed over as one byte."""


@dataclass(slots=True)
class Outcome:
    """What one rule has yielded; a blind one was not asked, since it looks for what a part does not show."""

    rule: Rule[Any]
    subjects: int = 0
    violations: tuple[Violation, ...] = ()
    undecidable: tuple[Undecidable, ...] = ()
    crash: str = ""
    seconds: float = 0.0
    blind: bool = False


def available_processes() -> int:
    """Return how many processes can run at a time."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def outcomes(
    rules: Sequence[Rule[Any]],
    program: Program,
    *,
    partial: bool = False,
    processes: int = 1,
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, Outcome]:
    """Run rules, and return what each has yielded, by its id, in the order of the rules.

    Args:
        rules: the rules to run.
        program: what they look at.
        partial: it is a part of a program: rules that look for what is missing are not asked.
        processes: how many may run at a time; one is enough for a small program.
        progress: called with the step, and how much of it is done.
    """
    found = {rule.id: Outcome(rule, blind=rule.whole and partial) for rule in rules}
    asked = [outcome.rule for outcome in found.values() if not outcome.blind]

    def run(number: int) -> Outcome:
        if progress is not None:
            progress("judging", number, len(asked))
        return _run(asked[number], program)

    several = min(processes, len(asked))
    done = _shared(run, asked, several) if several > 1 and _can_fork(program) else {}
    for number, rule in enumerate(asked):
        found[rule.id] = done[number] if number in done else run(number)
    return found


def _can_fork(program: Program) -> bool:
    """Whether a fork pays, and does no harm: another thread may hold a lock, which nobody opens in the fork."""
    if len(program.modules) < PAYS or not hasattr(os, "fork") or threading.active_count() > 1:
        return False
    try:
        return len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208 - of this process
    except OSError:
        return True


# --- several processes ---------------------------------------------------------------------------------------------


def _shared(run: Callable[[int], Outcome], rules: Sequence[Rule[Any]], processes: int) -> dict[int, Outcome]:
    """Run the rules in several processes, by their numbers; what a process has taken and not sent back is not in it."""
    numbers, given = os.pipe()
    os.write(given, bytes(range(min(len(rules), _BYTES))))  # what is left is run by this process alone
    os.close(given)
    children = [_start(run, numbers) for _ in range(processes - 1)]
    done = {number: run(number) for number in _taken(numbers)}
    os.close(numbers)
    for child, results in children:
        done |= _received(results, rules)
        os.waitpid(child, 0)
    return done


def _taken(numbers: int) -> Iterator[int]:
    """Yield the numbers that this process has taken: no other gets them."""
    while number := os.read(numbers, 1):
        yield number[0]


def _start(run: Callable[[int], Outcome], numbers: int) -> tuple[int, int]:
    """Start a process that takes numbers; return it, and where it sends its results."""
    results, sent = os.pipe()
    child = os.fork()
    if child:
        os.close(sent)
        return child, results
    try:
        with open(sent, "wb") as stream:  # noqa: PTH123 - of a pipe
            for number in _taken(numbers):
                made = run(number)
                sent_back = (number, made.subjects, made.violations, made.undecidable, made.crash, made.seconds)
                pickle.dump(sent_back, stream)
    finally:
        os._exit(0)


def _received(results: int, rules: Sequence[Rule[Any]]) -> dict[int, Outcome]:
    done: dict[int, Outcome] = {}
    with open(results, "rb") as stream:
        while True:
            try:
                number, *made = pickle.load(stream)  # noqa: S301 - from a fork of this process
            except (EOFError, pickle.UnpicklingError):
                return done
            done[number] = Outcome(rules[number], *made)


# --- one rule ------------------------------------------------------------------------------------------------------


def _run(rule: Rule[Any], program: Program) -> Outcome:
    outcome = Outcome(rule)
    yielded: list[Violation | Undecidable] = []
    started = time.perf_counter()
    try:
        for subject in rule.subjects(program):
            outcome.subjects += 1
            yielded.extend(rule.check(program, subject))
    except Exception as error:  # noqa: BLE001 - whatever a rule does, the others go on
        outcome.crash = _crash(error)
    outcome.seconds = time.perf_counter() - started
    outcome.violations = tuple(each for each in yielded if isinstance(each, Violation))
    outcome.undecidable = tuple(each for each in yielded if isinstance(each, Undecidable))
    return outcome


def _crash(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    where = ""
    if frames:
        name = "/".join(Path(frames[-1].filename).parts[-3:])
        where = f" ({name}:{frames[-1].lineno} in {frames[-1].name})"
    text = " ".join(str(error).split())
    return f"{type(error).__name__}{': ' if text else ''}{text}{where}"
