"""What starts and stops a part of the target: lifespans, event handlers, arq's hooks, the set-up of schedulers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.facts import code
from conformance.program.scopes import ClassScope, FunctionScope, ValueBinding
from conformance.program.values import Instance, Resolved, Symbol, Values

if TYPE_CHECKING:
    from conformance.program import Program

_FOLDERS = frozenset({"startup", "shutdown", "lifespan", "lifecycle"})
_SCHEDULING = frozenset({"add_job", "scheduled_job", "start", "configure", "add_jobstore", "add_executor"})


def is_scheduler(program: Program, values: Values) -> bool:
    """Return whether one of the values is a scheduler of APScheduler or of its like."""
    for value in values:
        if isinstance(value, Instance):
            for base in program.names.ancestry(value.type):
                if isinstance(base, str) and base.rpartition(".")[2].endswith("Scheduler"):
                    return True
    return False


def startups(program: Program) -> dict[FunctionScope, str]:
    """Return the functions that start or stop something, each with what it is."""
    found: dict[FunctionScope, str] = {}
    for starter in program.lifespans.starters:
        found.setdefault(starter.function, "a lifespan" if starter.kind == "lifespan" else f"a {starter.kind} handler")
    for hook, hooks in program.queue.hooks.items():
        found.setdefault(hook, f"the worker's {hooks[0]}")
    started = program.lifespans.reached((*program.lifespan_functions, *found))
    for access in program.stores.accesses:
        function = access.function
        if access.kind in {"write", "delete"} and function is not None and function in started:
            found.setdefault(function, "start-up logic")
    for module in program.target_modules:
        is_startup = bool(_FOLDERS & set(module.name.split(".")[1:]))
        for defined in module.functions:
            if isinstance(defined.parent, FunctionScope):
                continue
            if is_startup and not defined.name.startswith("_"):
                found.setdefault(defined, "start-up logic")
            elif _sets_up_a_scheduler(program, defined):
                found.setdefault(defined, "the set-up of a scheduler")
    return found


def _sets_up_a_scheduler(program: Program, function: FunctionScope) -> bool:
    for node in function.nodes.of(code.Call):
        match node:
            case code.Call(function=code.Name(id=name) | code.Attribute(name=name)) if name.endswith("Scheduler"):
                if is_scheduler(program, program.names.infer(node, function)):
                    return True
            case code.Call(function=code.Attribute(value=value, name=name)) if name in _SCHEDULING:
                if is_scheduler(program, program.names.infer(value, function)):
                    return True
    return False


def startup_of(program: Program, resolved: Resolved) -> str:
    """Return what a definition starts or stops; "" where it does neither."""
    if not isinstance(resolved, Symbol):
        return ""
    match resolved.binding:
        case FunctionScope() as function:
            return program.startups.get(function, "")
        case ClassScope() as cls:
            return next((program.startups[m] for m in cls.methods if m in program.startups), "")
        case ValueBinding() if is_scheduler(program, program.names.value_of(resolved)):
            return "a scheduler"
    return ""
