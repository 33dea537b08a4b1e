"""The code that is to stay thin where services exist: routes, tasks, scheduled jobs, commands, pages."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.program import Program
from conformance.program.scopes import FunctionScope, ModuleScope, Scope, enclosing, scopes_of

_SCHEDULERS = frozenset({"scheduler", "schedulers", "scheduling"})
_TASKS = frozenset(
    {"tasks", "task", "jobs", "job", "worker", "workers", "arq", "queue", "queues", "cron", "background"}
)
_NOT_THIN = ("services", "core", "models", "config", "deps", "lifespan", "entrypoint", "constants")


def thin_scopes(program: Program, *, with_frontend: bool) -> Iterator[Scope]:
    """Yield the modules, classes and functions of such code; none where the target has no services.

    Of the worker's module, and of one that has another purpose beside a task, the tasks and what they call. What starts
    and stops the application or the worker is none of it, nor is a provider that yields: it opens and closes what
    others use.
    """
    if not any(m.has_role("services") for m in program.target_modules):
        return
    opening = program.lifespan_functions | frozenset(program.queue.hooks)
    running: set[FunctionScope] | None = None
    for module in program.target_modules:
        whole = is_thin(module, program, with_frontend=with_frontend)
        if not whole and not module.has_role("worker", "tasks"):
            continue
        if not whole and running is None:
            running = program.lifespans.reached(program.queue.tasks)
        for scope in scopes_of(module):
            functions = tuple(enclosing(scope))
            if not whole and running is not None and running.isdisjoint(functions):
                continue
            if not any(f in opening or _is_yielding_provider(program, f) for f in functions):
                yield scope


def is_thin(module: ModuleScope, program: Program, *, with_frontend: bool) -> bool:
    """Return whether all of a module is such code."""
    packages = module.name.split(".")[:-1]
    inner = next((p for p in reversed(packages) if p in {"cli", "services"}), "")
    if program.is_migration(module) or module.has_role("services") or inner == "services":
        return False
    if module.has_role("routes", "cli") or (module.has_role("tasks") and _says_tasks(module)):
        return True
    if module.has_role("tasks"):
        return False
    if module.has_role(*_NOT_THIN):
        return False
    segments = set(module.name.split(".")[1:])
    tops = {edge.qualified.partition(".")[0] for edge in program.imports[module]}
    if segments & _SCHEDULERS or "apscheduler" in tops:
        return True
    return with_frontend and ("frontend" in segments or "flet" in tops)


def _says_tasks(module: ModuleScope) -> bool:
    """Whether a module, or a package that it lies in, is named for tasks, or has them configured."""
    words = (word for segment in module.name.split(".")[1:] or [module.name] for word in segment.split("_"))
    return not _TASKS.isdisjoint(words) or module.roles["tasks"].startswith("configured")


def _is_yielding_provider(program: Program, function: FunctionScope) -> bool:
    return function.node.is_generator and function in program.injection.providers
