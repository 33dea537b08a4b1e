"""One checkout as a task: a process of its own, whatever becomes of it.

The worker that runs the task, a thread here or a worker of Dask, starts a process and waits for it. What crashes, is
killed for want of memory, or takes too long, is that process, and the worker goes on with the next checkout. A pool of
processes is broken by the first one that is killed, with all that it had begun, and cannot end one that takes too long.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import conformance
from conformance.cache import Cache, Call, folder_for
from conformance.errors import ConformanceError
from conformance.fleet.checkouts import Checkout, Outcome
from conformance.results import Problem, Report
from conformance.stored import data_of, report_from
from conformance.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["COMMAND", "checked", "main", "not_checked"]

_BEGIN: Final = (
    f"import sys; sys.path.append({str(Path(conformance.__file__).parents[1])!r}); "
    "from conformance.fleet.task import main; main()"
)
COMMAND: Final = (sys.executable, "-P", "-c", _BEGIN)
"""What checks the checkout that it is told of. `-P`: nothing is imported from the folder that it is started in."""


def checked(checkout: Checkout, seconds: float, command: Sequence[str] = ()) -> Outcome:
    """Check a checkout in a process of its own: of this program, where no other command is given."""
    try:
        done = subprocess.run(  # noqa: S603 - this very program
            command or COMMAND,
            input=json.dumps(checkout.data()).encode(),
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return not_checked(checkout, f"took longer than {seconds:g} seconds, and was ended")
    except OSError as error:
        return not_checked(checkout, f"no process could be started: {error.strerror or error}")
    if done.returncode < 0:
        name = signal.strsignal(-done.returncode) or "?"
        return not_checked(checkout, f"its process was ended by signal {-done.returncode} ({name})")
    try:
        answer = json.loads(done.stdout)
        if "report" in answer:
            return Outcome(checkout, report_from(answer["report"]))
        return not_checked(checkout, *(Problem(*each) for each in answer["problems"]))
    except (ValueError, KeyError, TypeError):
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        return not_checked(
            checkout, f"its process failed with status {done.returncode}{': ' if last else ''}{''.join(last)}"
        )


def not_checked(checkout: Checkout, *problems: Problem | str) -> Outcome:
    """Return the outcome of a checkout of which nothing is known but why."""
    told = tuple(Problem(each) if isinstance(each, str) else each for each in problems)
    return Outcome(checkout, Report(VERSION, checkout.path, (), 0, (), (), told))


def main() -> None:
    """Check the checkout that standard input tells of, and write what comes out as JSON."""
    checkout = Checkout.of(json.load(sys.stdin))
    answer: dict[str, object]
    try:
        answer = {"report": data_of(_report(checkout))}
    except ConformanceError as error:
        answer = {"problems": [(each.message, each.path, each.line) for each in error.problems]}
    sys.stdout.write(json.dumps(answer))


def _report(checkout: Checkout) -> Report:
    from conformance.check import check  # noqa: PLC0415 - not where the result is remembered
    from conformance.config import load  # noqa: PLC0415
    from conformance.selection import Selection  # noqa: PLC0415

    path = Path(checkout.path)
    config = [checkout.config] if checkout.config else []
    rules = (checkout.select, checkout.extend_select, checkout.ignore)
    call = Call(path, [path], config, rules=rules)
    cache = Cache(folder_for(call), call) if checkout.cached else None
    recalled = cache.recalled() if cache else None
    if recalled is not None:
        return recalled
    select, extend_select, ignore = rules
    return check(
        [path],
        load(Path(checkout.config)) if checkout.config else None,
        selection=Selection(select=select, extend_select=extend_select, ignore=ignore),
        cache=cache,
    )
