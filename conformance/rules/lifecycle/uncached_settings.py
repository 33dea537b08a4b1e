"""LC209: one cached function constructs the settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from conformance.facts import code
from conformance.program import Program, catalogue, scopes_of
from conformance.program.guards import unrun_lines
from conformance.program.scopes import ClassScope, FunctionScope, ModuleScope, Scope, enclosing
from conformance.program.settings import BUILDING, module_level_settings, settings_classes
from conformance.program.values import ClassValue, External
from conformance.results import Place, Violation
from conformance.rules.base import Example, Rule
from conformance.rules.lifecycle.common import innermost_function

_NAMES_OF_CACHES = frozenset(name.rpartition(".")[2] for name in catalogue.CACHES)
_OWN_CLASS = frozenset({"cls", "__class__"})


class Built(NamedTuple):
    """A place that constructs a settings class: a call, or a cached function as a whole.

    Attributes:
        cached: the name of the cached function that constructs; "" elsewhere.
        is_second: another cached function constructs the same class and goes first.
    """

    cls: ClassScope
    place: Place
    module: ModuleScope
    cached: str
    is_second: bool = False


def subjects(program: Program) -> Iterator[Built]:
    """Each construction of a settings class outside tests, and each cached function that constructs one."""
    classes = set(settings_classes(program))
    if not classes:
        return
    classes -= set(groups(program, classes))
    names = frozenset({cls.name for cls in classes} | _OWN_CLASS)
    modules = [m for m in program.target_modules if not program.is_migration(m)]
    found = [b for module in modules for b in _in_module(program, module, classes, names)]
    first: dict[ClassScope, Built] = {}
    for built in sorted((b for b in found if b.cached), key=_order):
        first.setdefault(built.cls, built)
    seen: set[tuple[ClassScope, Place]] = set()
    for built in found:
        if (built.cls, built.place) not in seen:
            seen.add((built.cls, built.place))
            yield built._replace(is_second=bool(built.cached) and first[built.cls].place != built.place)


def check(program: Program, built: Built) -> Iterator[Violation]:  # noqa: ARG001 - the form of every rule's `check`
    """Report a construction outside the cached function, and a second cached function."""
    if built.is_second:
        yield Violation(
            built.place,
            f"`{built.cached}` is a second cached function that constructs `{built.cls.name}`",
            "import the other one: each cache holds its own object, and an override of one does not reach the other",
            detail=f"{built.cached} {built.cls.name}",
        )
    elif not built.cached:
        yield Violation(
            built.place,
            f"`{built.cls.name}` is constructed here, not in the one cached function",
            f"call (or inject) a `get_settings` under `lru_cache` that alone constructs `{built.cls.name}`",
            detail=built.cls.name,
        )


def _order(built: Built) -> tuple[bool, str, code.Span]:
    return (not built.module.has_role("config"), built.module.name, built.place.span)


def groups(program: Program, classes: set[ClassScope]) -> Iterator[ClassScope]:
    """Yield the settings classes that are fields of others: nested groups."""
    for cls in classes:
        for statement in cls.body:
            if isinstance(statement, code.Assign) and statement.annotation is not None:
                for reference in program.names.annotation(statement.annotation, cls).types:
                    if isinstance(reference.type, ClassScope) and reference.type is not cls:
                        yield reference.type
        names: list[code.Expression] = [*cls.nodes.of(code.Name), *cls.nodes.of(code.Attribute)]
        for node in names:
            for value in program.names.infer(node, cls):
                if isinstance(value, ClassValue) and value.cls is not cls:
                    yield value.cls


def _in_module(
    program: Program, module: ModuleScope, classes: set[ClassScope], names: frozenset[str]
) -> Iterator[Built]:
    bound = {id(b.call) for b in module_level_settings(program, module)}
    unrun = unrun_lines(module)
    for scope in scopes_of(module):
        for node in (*scope.nodes.of(code.Call), *scope.deferred.of(code.Call)):
            for cls in _constructs(program, node, scope, names):
                if cls not in classes or id(node) in bound:
                    continue
                if any(node.span[0] in lines for lines in unrun):
                    continue
                if _is_in_settings(program, scope, cls):
                    continue
                function = _cached_around(program, scope)
                if function is not None:
                    yield Built(cls, function.place, module, function.name)
                else:
                    yield Built(cls, module.place(node), module, "")
            for cls in _cached_class(program, node, scope):
                if cls in classes:
                    yield Built(cls, module.place(node), module, f"lru_cache({cls.name})")


def _constructs(program: Program, call: code.Call, scope: Scope, names: frozenset[str]) -> Iterator[ClassScope]:
    """Yield the classes, of these names, of which a call itself makes an object."""
    if program.names.may_mean(call.function, scope, names):
        for value in program.names.infer(call.function, scope):
            if isinstance(value, ClassValue):
                yield value.cls
    match call.function:
        case code.Attribute(value=base, name=name) if name in BUILDING:
            for value in program.names.infer(base, scope):
                if isinstance(value, ClassValue):
                    yield value.cls


def _cached_class(program: Program, call: code.Call, scope: Scope) -> Iterator[ClassScope]:
    """Yield the class of `lru_cache(Settings)` and `lru_cache(maxsize=1)(Settings)`."""
    if not call.arguments:
        return
    function = call.function.function if isinstance(call.function, code.Call) else call.function
    if program.names.may_mean(function, scope, _NAMES_OF_CACHES) and any(
        isinstance(r, External) and r.name in catalogue.CACHES for r in program.names.resolve(function, scope)
    ):
        for value in program.names.infer(call.arguments[0], scope):
            if isinstance(value, ClassValue):
                yield value.cls


def _cached_around(program: Program, scope: Scope) -> FunctionScope | None:
    """Return the cached function that a scope belongs to: around it, or the only one that calls it."""
    seen: set[FunctionScope] = set()
    found: set[FunctionScope] = set()
    pending: list[Scope] = [scope]
    while pending:
        functions = list(enclosing(innermost_function(pending.pop())))
        cached = next((f for f in functions if program.is_cached(f)), None)
        if cached is not None:
            found.add(cached)
        elif not functions:
            return None
        elif functions[0] not in seen:
            seen.add(functions[0])
            callers = [s for _, s, _ in program.names.calls_of(functions[0]) if not s.module.is_test]
            if not callers:
                return None
            pending += callers
    return found.pop() if len(found) == 1 else None


def _is_in_settings(program: Program, scope: Scope, cls: ClassScope) -> bool:
    """Whether a method of another settings class constructs a group for itself."""
    current: Scope | None = scope
    while current is not None:
        if isinstance(current, ClassScope) and current is not cls and program.is_settings_class(current):
            return cls not in program.names.ancestry(current)
        current = current.parent
    return False


RULE = Rule(
    id="LC209",
    name="uncached-settings",
    source="PRD-012 §4",
    summary="A settings class is constructed outside the one cached function.",
    why=(
        "Settings read the environment and files when they are constructed. One object, made by one cached function, "
        "is the same everywhere and has one place at which a test overrides it. Each further construction reads "
        "anew and escapes that override."
    ),
    instead="Let one function under `lru_cache` construct the settings, and call or inject that function.",
    subjects=subjects,
    check=check,
    nothing="nothing constructs a settings class",
    bad=(
        Example(
            "constructed where it is needed",
            """
--- app/config.py
from functools import lru_cache

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    debug: bool = False


@lru_cache
def get_settings() -> Settings:
    return Settings()
--- app/services/mail.py
from app.config import Settings


def sender(settings: Settings = Settings()) -> str:  # expect: LC209
    return "debug" if settings.debug else Settings.model_validate({}).model_dump_json()  # expect: LC209
""",
        ),
        Example(
            "a second cached function",
            """
--- app/config.py
from functools import lru_cache

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    debug: bool = False


get_settings = lru_cache(Settings)
--- app/deps/settings.py
from functools import cache
from typing import Annotated

from fastapi import Depends

from app.config import Settings


@cache
def get_settings() -> Settings:  # expect: LC209
    return Settings()


SettingsDep = Annotated[Settings, Depends(get_settings)]
""",
        ),
    ),
    good=(
        Example(
            "one cached function",
            """
--- app/config.py
from functools import lru_cache

from pydantic_settings import BaseSettings


class Database(BaseSettings):
    url: str = "sqlite://"


class Settings(BaseSettings):
    database: Database = Database()


@lru_cache
def get_settings() -> Settings:
    return Settings()
--- app/deps/settings.py
from typing import Annotated

from fastapi import Depends

from app.config import Settings, get_settings

SettingsDep = Annotated[Settings, Depends(get_settings)]
""",
        ),
    ),
)
