"""WK309: a task that no worker registers, or a registered name that does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.facts import code
from conformance.program import FunctionScope, ModuleScope, Program, Registration
from conformance.program.values import Annotation
from conformance.results import Undecidable, Violation
from conformance.rules.base import Example, Rule

_CONTEXT_NAMES = frozenset({"ctx", "context"})


def subjects(program: Program) -> Iterator[FunctionScope | Registration]:
    """Each function of a tasks module that takes the context first, and each entry of worker settings."""
    if not any(not s.module.is_test for s in program.queue.settings):
        return
    names = _context_names(program)
    for module in program.with_role("tasks"):
        for function in module.functions:
            if isinstance(function.parent, ModuleScope) and _looks_like_a_task(program, function, names):
                yield function
    for settings in program.queue.settings:
        if not settings.module.is_test:
            yield from settings.registrations


def check(program: Program, subject: FunctionScope | Registration) -> Iterator[Violation | Undecidable]:
    """Report a function that neither settings register nor a registered one calls; an entry that names nothing."""
    if isinstance(subject, Registration):
        if subject.missing:
            what = _shown(subject.node)
            yield Violation(
                subject.place,
                f"{what} is registered, and the target defines no such function",
                "register a function that exists, or take the entry out",
                detail=what,
            )
        return
    if subject in program.queue.tasks or subject in program.queue.hooks or subject in program.queue.wrappers:
        return
    if subject in _called_by_tasks(program):
        return
    if any(not s.complete and not s.module.is_test for s in program.queue.settings):
        yield Undecidable(
            subject.place, f"the functions of a worker are not all known: `{subject.name}` may be one of them"
        )
        return
    yield Violation(
        subject.place,
        f"no worker settings register the task `{subject.name}`",
        f"put `{subject.name}` into `functions` of the worker's settings, or make it private if it is a helper",
        detail=subject.name,
    )


def _context_names(program: Program) -> frozenset[str]:
    """Return how the target's own tasks call the context."""
    found = set(_CONTEXT_NAMES)
    for task in program.queue.tasks:
        if task.parameters and task.owner is None:
            found.add(task.parameters[0].name.strip("_"))
    return frozenset(found - {""})


def _looks_like_a_task(program: Program, function: FunctionScope, names: frozenset[str]) -> bool:
    if not function.node.is_async or function.node.is_generator or function.name.startswith("_"):
        return False
    first = next(iter(function.parameters), None)
    if first is None or first.kind not in {"plain", "positional-only"} or first.name.strip("_") not in names:
        return False
    if first.annotation is None:
        return True
    declared: Annotation = program.names.annotation(first.annotation, function.parent)
    return declared.opaque or any(
        program.names.is_a(t.type, "builtins.dict", "typing.Dict", "typing.TypedDict", "typing_extensions.TypedDict")
        or t.name.endswith(("Mapping", "UserDict"))
        for t in declared.types
    )


def _called_by_tasks(program: Program) -> set[FunctionScope]:
    return {f for context in program.contexts.all for f in context.functions}


def _shown(node: code.Expression) -> str:
    match node:
        case code.Constant(value=str(text)):
            return f"`{text}`"
        case code.Call(arguments=(first, *_)):
            return _shown(first)
        case code.Call(keywords=keywords):
            for keyword in keywords:
                if keyword.name == "coroutine":
                    return _shown(keyword.value)
    return f"`{code.dotted(node) or 'the entry'}`"


RULE = Rule(
    id="WK309",
    name="unregistered-task",
    source="PRD-012 §5",
    summary="a task that no worker settings register, or an entry of theirs that names nothing.",
    why=(
        "A job whose function no worker has registered is taken from the queue and dropped with a line in the log. "
        "An entry that names nothing keeps the worker from starting at all."
    ),
    instead="List every task in `functions` or `cron_jobs` of the worker's settings; make a helper private.",
    subjects=subjects,
    check=check,
    nothing="no worker settings in the target, or no tasks",
    bad=(
        Example(
            "a forgotten task",
            """
--- app/tasks/codebase.py
async def build_index(ctx: dict, repo: str) -> str:
    return f"{repo}:index"


async def drop_index(ctx: dict, repo: str) -> str:  # expect: WK309
    return f"{repo}:dropped"
--- app/worker.py
from arq.connections import RedisSettings

from app.tasks.codebase import build_index


class WorkerSettings:
    functions = [build_index]
    redis_settings = RedisSettings()
""",
        ),
        Example(
            "entries that name nothing",
            """
--- app/jobs/reports.py
async def monthly(ctx, month: str) -> str:
    return month
--- app/worker.py
from arq import cron, func
from arq.connections import RedisSettings

from app.jobs import reports

FUNCTIONS = [
    func("app.jobs.reports.monthly"),
    func("app.jobs.reports.weekly"),  # expect: WK309
]


class WorkerSettings:
    functions = FUNCTIONS
    cron_jobs = [
        cron(reports.yearly, month=1),  # expect: WK309
    ]
    redis_settings = RedisSettings()
""",
        ),
    ),
    good=(
        Example(
            "a helper that a task calls, and a private one",
            """
--- app/tasks/feeds.py
async def fetch_entries(ctx: dict, url: str) -> list[str]:
    return [url]


async def _store(ctx: dict, entries: list[str]) -> int:
    return len(entries)


async def poll_feed(ctx: dict, url: str) -> int:
    return await _store(ctx, await fetch_entries(ctx, url))
--- app/worker.py
from arq.connections import RedisSettings

from app.tasks.feeds import poll_feed


class WorkerSettings:
    functions = [poll_feed]
    redis_settings = RedisSettings()
""",
        ),
    ),
)
