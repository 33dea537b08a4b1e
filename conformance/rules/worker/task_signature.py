"""WK307: a task is `async def` and takes the context first."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.facts import code
from conformance.program import FunctionScope, Program
from conformance.program.values import Annotation, FunctionValue, TypeReference
from conformance.results import Violation
from conformance.rules.base import Example, Rule
from conformance.rules.worker.common import tasks

_CONTEXT_NAMES = frozenset({"ctx", "context"})
_NO_CONTEXT_MODULES = frozenset(
    {"arq", "uuid", "datetime", "decimal", "pathlib", "sqlalchemy", "redis", "httpx", "starlette"}
)
_NO_MAPPINGS = ("enum.", "pydantic.BaseModel", "pydantic_settings.")
_MAPPINGS = frozenset({"dict", "object", "type"})


def subjects(program: Program) -> Iterator[FunctionScope]:
    """Each registered task and cron job."""
    return tasks(program)


def check(program: Program, task: FunctionScope) -> Iterator[Violation]:
    """Report a task that arq cannot await, or that does not take the context first."""
    problems: list[str] = []
    if not task.node.is_async and not _may_be_made_async(program, task):
        problems.append("is not `async def`")
    missing = _without_context(program, task) if task in program.names.context_functions else ""
    if missing:
        problems.append(missing)
    if problems:
        yield Violation(
            task.place,
            f"the task `{task.name}` {' and '.join(problems)}",
            f"`async def {task.name}(ctx: dict, …)`: arq awaits a task and gives it the context as the first argument",
            detail=f"{task.name}: {', '.join(problems)}",
        )


def _may_be_made_async(program: Program, task: FunctionScope) -> bool:
    """Whether a decorator may return something that can be awaited: one of a library, or an `async def` wrapper."""
    for decorator in task.node.decorators:
        values = program.names.infer(decorator, task.parent)
        if not any(isinstance(v, FunctionValue) for v in values):
            if code.dotted(decorator) not in {"staticmethod", "classmethod"}:
                return True
            continue
        if any(task in wrapped and wrapper.node.is_async for wrapper, wrapped in program.queue.wrappers.items()):
            return True
    return False


def _without_context(program: Program, task: FunctionScope) -> str:
    """Return what is wrong with the first parameter; "" where nothing is."""
    parameters = task.parameters[program.names.context_position(task) :]
    first = next(iter(parameters), None)
    if first is None or first.kind in {"keyword-only", "keywords"}:
        return "does not take the context"
    if first.kind == "arguments":
        return ""
    if first.annotation is not None:
        declared = program.names.annotation(first.annotation, task.parent)
        if _cannot_be_context(program, declared):
            return f"takes `{first.name}` first, which is annotated as something else than the context"
        return ""
    if first.name.strip("_") not in _CONTEXT_NAMES:
        for later in parameters[1:]:
            if later.name.strip("_") in _CONTEXT_NAMES:
                return f"takes `{later.name}` after `{first.name}`"
    return ""


def _cannot_be_context(program: Program, declared: Annotation) -> bool:
    if declared.opaque:
        return False
    return all(_is_no_mapping(program, reference) for reference in declared.types)


def _is_no_mapping(program: Program, reference: TypeReference) -> bool:
    """Whether a type is known and no mapping; what is not known may be one."""
    ancestry = program.names.ancestry(reference.type)
    for base in ancestry:
        if isinstance(base, str):
            top, _, rest = base.partition(".")
            if top == "builtins":
                if rest in _MAPPINGS:
                    return False
            elif not (base.startswith(_NO_MAPPINGS) or top in _NO_CONTEXT_MODULES):
                return _is_collection(base)
        elif "__getitem__" in base.bindings:
            return False
    return True


def _is_collection(name: str) -> bool:
    """Whether a class of `typing` or `collections` is known to hold no keys."""
    top, _, last = name.rpartition(".")
    return top in {"typing", "collections.abc", "collections"} and last in {
        "List", "Sequence", "Set", "FrozenSet", "Tuple", "Iterable", "Iterator", "Callable", "deque", "Text",
    }  # fmt: skip


RULE = Rule(
    id="WK307",
    name="task-signature",
    source="PRD-012 §5",
    summary="a registered task is not `async def`, or does not take the context first.",
    why=(
        "arq awaits `task(ctx, *arguments)`. A task that cannot be awaited, or that takes something else first, is "
        "registered without complaint and fails when its first job runs, in the worker's log."
    ),
    instead="Write `async def task(ctx: dict, …)`. The parameter's name does not matter, its place does.",
    subjects=subjects,
    check=check,
    nothing="no worker settings of the target register a task",
    bad=(
        Example(
            "one that cannot be awaited, one without the context",
            """
--- app/tasks/thumbs.py
def make_thumb(ctx: dict, key: str) -> str:  # expect: WK307
    return f"{key}.thumb"


async def drop_all() -> None:  # expect: WK307
    return None
--- app/worker.py
from arq import cron
from arq.connections import RedisSettings

from app.tasks.thumbs import drop_all, make_thumb


class WorkerSettings:
    functions = [make_thumb]
    cron_jobs = [cron(drop_all, hour=3)]
    redis_settings = RedisSettings()
""",
        ),
        Example(
            "the context comes second, or never",
            """
--- app/tasks.py
import uuid


async def sync_user(user_id, ctx):  # expect: WK307
    return user_id


async def sync_order(order: uuid.UUID) -> str:  # expect: WK307
    return str(order)
--- app/worker.py
from arq import run_worker, func
from arq.connections import RedisSettings

from app import tasks

SETTINGS = {
    "functions": [tasks.sync_user, func(tasks.sync_order, name="sync")],
    "redis_settings": RedisSettings(),
}

if __name__ == "__main__":
    run_worker(SETTINGS)
""",
        ),
    ),
    good=(
        Example(
            "the context under other names",
            """
--- app/tasks.py
from typing import Any, TypedDict


class WorkerContext(TypedDict):
    job_id: str


async def first(context: dict[str, Any], name: str) -> str:
    return name


async def second(_, name: str) -> str:
    return name


async def third(ctx: WorkerContext, /, *, name: str = "x") -> str:
    return name
--- app/worker.py
from arq.connections import RedisSettings

from app import tasks


class WorkerSettings:
    functions = [tasks.first, tasks.second, tasks.third]
    redis_settings = RedisSettings()
""",
        ),
    ),
)
