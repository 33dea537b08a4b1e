"""Which providers need an alias, and which have one."""

from __future__ import annotations

from conformance.facts import code
from conformance.program import Alias, Injection, Program, Provider, Use
from conformance.program.scopes import ClassScope, FunctionScope
from conformance.program.values import Symbol


def needs_alias(program: Program, provider: Provider) -> bool:
    """Return whether a provider of the deps role supplies endpoints with a value that an alias could carry.

    Private providers, parameter classes, and what is used only with scopes or made by a call need none.
    """
    module = provider.module
    if module is None or module.is_test or not module.has_role("deps"):
        return False
    if provider.name.startswith("_") or program.injection.is_parameter_class(provider):
        return False
    return any(is_endpoint_use(program, use) and is_carried_by_alias(program, use) for use in provider.uses)


def is_endpoint_use(program: Program, use: Use) -> bool:
    """Return whether an endpoint that is no test has a value injected by a parameter or class attribute."""
    if use.scope.module.is_test or use.supplies_nothing:
        return False
    if use.kind == "attribute":
        return isinstance(use.scope, ClassScope) and any(
            m in program.injection.endpoint_functions for m in use.scope.methods
        )
    return use.kind == "parameter" and use.function in program.injection.endpoint_functions


def is_carried_by_alias(program: Program, use: Use) -> bool:
    """Return whether an alias could stand for a use: it has no scopes, and no call makes its provider.

    A callable instance that a deps module has a name for can be carried: `get_admin = RequireRole("admin")`.
    """
    injection = use.injection
    if injection.has_scopes:
        return False
    given = [*injection.call.arguments[:1], *(k.value for k in injection.call.keywords if k.name == "dependency")]
    return not injection.made_by_call or any(
        isinstance(r, Symbol) and r.scope is r.module and r.module.has_role("deps")
        for r in program.names.resolve(given[0], injection.scope)
    )


def written_name(injection: Injection, provider: Provider) -> str:
    """Return how an injection names its provider: of an object that is called, or of a closure, by what holds it."""
    target = provider.target
    if isinstance(target, FunctionScope) and (target.name == "__call__" or isinstance(target.parent, FunctionScope)):
        match injection.call.arguments:
            case (code.Name() | code.Attribute() as argument, *_):
                return code.last_name(argument)
    return provider.name


def aliases_of(program: Program, injection: Injection) -> list[Alias]:
    """Return the aliases outside tests that give the same as an injection."""
    return [
        alias
        for alias in program.injection.aliases.values()
        if not alias.module.is_test
        and not alias.injection.has_scopes
        and program.injection.is_same(alias.injection, injection)
    ]
