"""What the rules about the worker share."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.facts import code
from conformance.program import FunctionScope, Program
from conformance.program.catalogue import Resource
from conformance.program.scopes import enclosing
from conformance.program.values import ContextEntry, Display, Instance, Value, Values

HOOKED_TO_JOBS = frozenset({"on_job_start", "on_job_end", "after_job_end"})


def tasks(program: Program) -> Iterator[FunctionScope]:
    """Yield the tasks and cron jobs of the target, in the order in which they are registered."""
    return (function for function in program.queue.tasks if not function.module.is_test)


def is_in_task(program: Program, function: FunctionScope | None) -> bool:
    """Whether a function is a task, or nested in one."""
    return any(f in program.queue.tasks for f in enclosing(function))


def entry_functions(program: Program) -> frozenset[FunctionScope]:
    """Return the lifespan functions, the handlers of start-up and shutdown, the hooks and the tasks."""
    return frozenset(
        {
            *program.lifespan_roots,
            *(starter.function for starter in program.lifespans.starters),
            *program.queue.hooks,
            *program.queue.tasks,
        }
    )


def resource_in(program: Program, values: Values) -> Resource | None:
    """Return what is known of values as a resource: by the call that makes them, else by their type."""
    for value in _with_parts(program, values):
        if not isinstance(value, Instance):
            continue
        found = program.resources.is_resource(value)
        if found is None:
            continue
        if value.creation is None or program.resources.constructed_by(value.creation.call, value.creation.scope):
            return found
    return None


def _with_parts(program: Program, values: Values) -> Iterator[Value]:
    """Yield values, and what stands in those that are a literal tuple, list, set or dict."""
    for value in program.names.expand(values):
        match value:
            case Display(node=code.Sequence(elements=parts) | code.Mapping(values=parts), scope=scope):
                for part in parts:
                    yield from program.names.expand(program.names.infer(part, scope))
            case _:
                yield value


def is_arqs_pool(values: Values) -> bool:
    """Whether a value is the pool that arq puts into its context itself."""
    return ContextEntry("redis") in values
