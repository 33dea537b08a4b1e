"""The code of routes: endpoints, and the helpers in their modules that they call."""

from __future__ import annotations

from conformance.program import FunctionScope, Program
from conformance.program.scopes import ClassScope


def route_functions(program: Program) -> tuple[FunctionScope, ...]:
    """Return the endpoints in routes modules, and the functions of the same module that they call, directly or not.

    A provider in such a module is no helper, and neither is what only a provider calls.
    """
    providers = {p.function for p in program.injection.providers.values() if p.function is not None}
    found: dict[FunctionScope, None] = {}
    pending = [
        e.function
        for e in reversed(program.injection.endpoints)
        if e.module.has_role("routes") and not e.module.is_test
    ]
    while pending:
        function = pending.pop()
        if function in found:
            continue
        found[function] = None
        inner = [f for f in function.module.functions if f.parent is function]
        called = program.lifespans.called_by(function)
        pending += [f for f in (*inner, *called) if f.module is function.module and not _is_provider(f, providers)]
    return tuple(found)


def _is_provider(function: FunctionScope, providers: set[FunctionScope]) -> bool:
    return function in providers or (
        isinstance(function.parent, ClassScope) and any(m in providers for m in function.parent.methods)
    )
