"""WK310: a job is enqueued under a name that no worker knows."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from conformance.program import Program
from conformance.program.queue import Enqueue
from conformance.results import Undecidable, Violation
from conformance.rules.base import Example, Rule


def subjects(program: Program) -> Iterator[Enqueue]:
    """Each call that enqueues a job outside tests, where the target has worker settings."""
    if any(not settings.module.is_test for settings in program.queue.settings):
        yield from (enqueue for enqueue in program.queue.enqueues if not enqueue.module.is_test)


def check(program: Program, enqueue: Enqueue) -> Iterator[Violation | Undecidable]:
    """Report a name that no settings register."""
    if not enqueue.names:
        yield Undecidable(enqueue.place, "the name of the job is not known: it may be one that no worker registers")
        return
    settings = [s for s in program.queue.settings if not s.module.is_test]
    registered = {r.name for s in settings for r in s.registrations}
    unknown = [name for name in enqueue.names if name not in registered]
    if not unknown:
        return
    if None in registered or not all(s.complete for s in settings):
        yield Undecidable(enqueue.place, f"the functions of a worker are not all known: `{unknown[0]}` may be one")
        return
    known = sorted(name for name in registered if name)
    inner = next((name for name in known if name.endswith(f".{unknown[0]}")), "")
    if inner:
        yield Violation(
            enqueue.place,
            f"no worker of the target registers a job `{unknown[0]}`: arq knows that function as `{inner}`",
            f'register it by `func(…, name="{unknown[0]}")`',
            detail=unknown[0],
        )
        return
    nearest = get_close_matches(unknown[0], known, n=1)
    meant = f"; `{nearest[0]}` is registered" if nearest else ""
    yield Violation(
        enqueue.place,
        f"no worker of the target registers a job `{unknown[0]}`{meant}",
        f'enqueue "{nearest[0]}"' if nearest else "register the task in the worker's settings, or enqueue one that is",
        detail=unknown[0],
    )


RULE = Rule(
    id="WK310",
    name="unknown-job-name",
    source="Integration Patterns, Scheduler → Worker",
    summary="`enqueue_job` names a job that no worker settings register.",
    why=(
        "The name is a string on its way to another process: nothing imports it, so nothing notices that it is "
        "misspelt or that the task was renamed. The caller gets a job id, and the worker logs that it knows no such "
        "function."
    ),
    instead=(
        "Enqueue the name under which the task is registered: the function's own, the one in `func(task, name=…)`, "
        "or `cron:` and the function's name for a cron job."
    ),
    subjects=subjects,
    check=check,
    nothing="nothing is enqueued, or the target has no worker settings",
    bad=(
        Example(
            "a misspelt name",
            """
--- app/tasks/reports.py
async def generate_report(ctx: dict, user_id: int) -> str:
    return f"report {user_id}"
--- app/worker.py
from arq.connections import RedisSettings

from app.tasks.reports import generate_report


class WorkerSettings:
    functions = [generate_report]
    redis_settings = RedisSettings()
--- app/services/reports.py
from arq.connections import ArqRedis


async def request_report(queue: ArqRedis, user_id: int) -> None:
    await queue.enqueue_job("generate_reports", user_id)  # expect: WK310
""",
        ),
        Example(
            "a task that has got a name of its own, and a constant",
            """
--- app/jobs.py
SEND = "send_mail"
--- app/worker.py
from arq import func
from arq.connections import RedisSettings


async def send_mail(ctx, to: str) -> str:
    return to


class WorkerSettings:
    functions = [func(send_mail, name="mail.send")]
    redis_settings = RedisSettings()
--- app/scheduler.py
from app.jobs import SEND


async def nightly(pool) -> None:
    await pool.enqueue_job(SEND, "all@example.com")  # expect: WK310
""",
        ),
    ),
    good=(
        Example(
            "names that are registered",
            """
--- app/worker.py
from arq import cron, func
from arq.connections import RedisSettings


async def send_mail(ctx, to: str) -> str:
    await ctx["redis"].enqueue_job("mail.bounce", to)
    return to


async def bounce(ctx, to: str) -> str:
    return to


async def sweep(ctx) -> None:
    return None


class WorkerSettings:
    functions = [send_mail, func(bounce, name="mail.bounce")]
    cron_jobs = [cron(sweep, hour=2)]
    redis_settings = RedisSettings()
--- app/services/outbox.py
from app.worker import send_mail


async def flush(queue, to: str) -> None:
    await queue.enqueue_job("send_mail", to, _defer_by=10)
    await queue.enqueue_job(send_mail.__name__, to)
    await queue.enqueue_job("cron:sweep")
""",
        ),
        Example(
            "another queue",
            """
--- app/worker.py
from arq.connections import RedisSettings


async def send_mail(ctx, to: str) -> str:
    return to


class WorkerSettings:
    functions = [send_mail]
    redis_settings = RedisSettings()
--- app/services/printing.py
class Printer:
    def enqueue_job(self, name: str) -> None:
        print(name)


def print_all(printer: Printer) -> None:
    printer.enqueue_job("labels")


async def mail(pool) -> None:
    await pool.enqueue_job("send_mail", "a@example.com")
""",
        ),
    ),
)
