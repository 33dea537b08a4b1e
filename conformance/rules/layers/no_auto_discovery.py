"""LY405: a component names the services that it uses; it does not search for them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from conformance.facts import code
from conformance.program import Program
from conformance.program.dynamic import BY_NAME, absolute_name, package_of
from conformance.program.scopes import ModuleScope, Scope, scopes_of
from conformance.program.values import Display, External, ModuleValue
from conformance.results import Violation
from conformance.rules.base import Example, Rule

_SEARCHING = (code.Call, code.Subscript)
COMPONENTS = ("components", "routes", "tasks", "worker", "cli")
_BY_PATH = frozenset({"pkgutil.iter_modules", "pkgutil.walk_packages"})
_ENTRY_POINTS = frozenset(
    {"importlib.metadata.entry_points", "importlib_metadata.entry_points", "pkg_resources.iter_entry_points"}
)
_LOOKING = BY_NAME | {
    "importlib.util.find_spec", "importlib.util.spec_from_file_location", "pkgutil.get_loader", "pkgutil.find_loader",
}  # fmt: skip
_LAST = frozenset(n.rpartition(".")[2] for n in _LOOKING | _BY_PATH | _ENTRY_POINTS)


def subjects(program: Program) -> Iterator[ModuleScope]:
    """The modules of components: routes, tasks, worker and commands too."""
    return (m for m in program.with_role(*COMPONENTS) if not m.is_test and not m.has_role("services"))


def check(program: Program, module: ModuleScope) -> Iterator[Violation]:
    """Report each call that searches for what could be a service."""
    searching = program.names.spellings(_LAST)
    for scope in scopes_of(module):
        for node in chain(scope.nodes.of(*_SEARCHING), scope.deferred.of(*_SEARCHING)):
            match node:
                case code.Call(function=code.Name(id=last) | code.Attribute(name=last)):
                    how = _search(program, node, last, scope) if last in searching else ""
                    how = how or _attribute(program, node, last, scope)
                case code.Subscript():
                    how = _table(program, node, scope)
                case _:
                    continue
            if how:
                yield Violation(
                    module.place(node),
                    f"`{module.name}` finds services by {how}",
                    "import the services by name at the top, and keep a table of them where one is to be chosen",
                    detail=f"{scope.symbol} {how}",
                )


def _search(program: Program, node: code.Call, last: str, scope: Scope) -> str:
    called = set(program.names.externals(node.function, scope))
    if called & _ENTRY_POINTS:
        return f"entry points (`{last}`)"
    first = next(iter(node.arguments), None)
    first = next((k.value for k in node.keywords if k.name in {"name", "path"}), first)
    if called & _BY_PATH:
        return f"`pkgutil.{last}`" if _can_be_services(program, _package(program, first, scope)) else ""
    if called & _LOOKING:
        text, whole = _text(program, first, scope) if first is not None else ("", False)
        text = absolute_name(text, package_of(node, scope, program.names))
        if whole:
            found = program.names.module(text, scope.module)
            return f"`{last}`" if found is not None and found.has_role("services") else ""
        return f"`{last}` with a computed name" if _can_be_services(program, text) else ""
    return ""


def _attribute(program: Program, node: code.Call, last: str, scope: Scope) -> str:
    """Return how `getattr(services, name)` and `inspect.getmembers(services)` search."""
    match node:
        case code.Call(function=code.Name(id="getattr"), arguments=(base, name, *_)):
            if program.names.text(name, scope) is None and _are_services(program, base, scope):
                return "`getattr` with a computed name"
        case code.Call(function=function, arguments=(base, *_)) if last == "getmembers":
            called = program.names.resolve(function, scope)
            if External("inspect.getmembers") in called and _are_services(program, base, scope):
                return "`inspect.getmembers`"
    return ""


def _table(program: Program, node: code.Subscript, scope: Scope) -> str:
    """Return how `vars(services)[name]`, `services.__dict__[name]` and `globals()[name]` search."""
    if program.names.text(node.key, scope) is not None:
        return ""
    match node.value:
        case code.Call(function=code.Name(id="vars"), arguments=(base,)) | code.Attribute(value=base, name="__dict__"):
            return "a computed name" if _are_services(program, base, scope) else ""
        case code.Call(function=code.Name(id="globals"), arguments=()):
            return "a computed name in `globals()`"
        case code.Name() | code.Attribute() as table if (
            code.last_name(table) == "modules" and code.dotted(node.key) != "__name__"
        ):
            if any(isinstance(v, External) and v.name == "sys.modules" for v in program.names.infer(table, scope)):
                return "a computed name in `sys.modules`"
    return ""


def _are_services(program: Program, base: code.Expression, scope: Scope) -> bool:
    if not isinstance(base, (code.Name, code.Attribute, code.Subscript)):
        return False
    return any(
        isinstance(v, ModuleValue) and _can_be_services(program, v.module.name)
        for v in program.names.infer(base, scope)
    )


def _can_be_services(program: Program, package: str) -> bool:
    """Whether services lie in a package, or it lies in services; an unknown package ("") can be any."""
    package = package.rstrip(".")
    below = f"{package}." if package else ""
    return any(
        m.name == package or m.name.startswith(below) for m in program.with_role("services") if not m.is_test
    ) or (not package and not program.has_role("services"))


def _package(program: Program, node: code.Expression | None, scope: Scope) -> str:
    """Return the package whose `__path__` is searched; "" where it is not known."""
    match node:
        case code.Attribute(value=base, name="__path__"):
            for value in program.names.infer(base, scope):
                match value:
                    case ModuleValue(module=module):
                        return module.name
                    case External(name=name):
                        return name
    return ""


def _text(program: Program, node: code.Expression, scope: Scope) -> tuple[str, bool]:
    """Return what a string starts with, cut behind a dot where its end is computed, and whether that is all."""
    text, whole = _start(program, node, scope)
    return (text, True) if whole else (text[: text.rfind(".") + 1], False)


def _start(program: Program, node: code.Expression, scope: Scope, depth: int = 0) -> tuple[str, bool]:
    known = program.names.text(node, scope)
    if known is not None or depth > 5:
        return known or "", known is not None
    match node:
        case code.Format(parts=parts):
            text = ""
            for part in parts:
                inner, whole = _start(program, part, scope, depth + 1)
                text += inner
                if not whole:
                    return text, False
            return text, True
        case code.BinaryOperation(left=left, operator="+", right=right):
            text, whole = _start(program, left, scope, depth + 1)
            if not whole:
                return text, False
            inner, whole = _start(program, right, scope, depth + 1)
            return text + inner, whole
        case code.BinaryOperation(left=left, operator="%"):
            text, _ = _start(program, left, scope, depth + 1)
            return text.partition("%")[0], False
        case code.Call(function=code.Attribute(value=base, name="format")):
            text, _ = _start(program, base, scope, depth + 1)
            return text.partition("{")[0], False
        case code.Name():
            for value in program.names.infer(node, scope):
                if isinstance(value, Display) and not isinstance(value.node, code.Name):
                    return _start(program, value.node, value.scope, depth + 1)
    return "", False


RULE = Rule(
    id="LY405",
    name="no-auto-discovery",
    source="Integration Patterns, What Goes Where",
    summary="A component finds services by import_module, pkgutil, entry points or a computed name.",
    why=(
        "An explicit import shows what a component depends on: to a reader, to an editor, to a type checker, to this "
        "check. A service that is found by its name at run time is missed by all of them, and its absence shows itself "
        "when the first request comes."
    ),
    instead=(
        "Import the services at the top. Where one of several is to be chosen, a dict of functions is explicit, too. "
        "The literal import of an optional package is no search."
    ),
    subjects=subjects,
    check=check,
    nothing="the target has no components",
    configure="`roles.components` and `roles.services` name the modules where names do not tell.",
    bad=(
        Example(
            "by import_module",
            """
--- app/services/report_service.py
async def run() -> str:
    return "report"
--- app/components/scheduler.py
import importlib


async def run_service(name: str) -> str:
    module = importlib.import_module(f"app.services.{name}")  # expect: LY405
    return await module.run()
""",
        ),
        Example(
            "by pkgutil, and by an attribute's computed name",
            """
--- app/services/__init__.py
from app.services import mail
--- app/services/mail.py
def send(to: str) -> str:
    return to
--- app/components/worker/tasks.py
import pkgutil
from importlib import import_module as load

from app import services


async def run_all(ctx: dict, to: str) -> None:
    for found in pkgutil.iter_modules(services.__path__):  # expect: LY405
        load("app.services." + found.name).send(to)  # expect: LY405


async def run_one(ctx: dict, kind: str, to: str) -> str:
    return getattr(services, kind).send(to)  # expect: LY405
""",
        ),
    ),
    good=(
        Example(
            "explicit imports and a table",
            """
--- app/services/report_service.py
async def run() -> str:
    return "report"
--- app/services/cleanup_service.py
async def run() -> str:
    return "cleanup"
--- app/components/scheduler.py
from app.services import report_service
from app.services.cleanup_service import run as cleanup

JOBS = {"report": report_service.run, "cleanup": cleanup}


async def run(name: str) -> str:
    return await JOBS[name]()
""",
        ),
        Example(
            "an optional package, and a search for something else",
            """
--- app/services/cleanup_service.py
async def run() -> str:
    return "cleanup"
--- app/components/backend/middleware/timing.py
def install(app) -> None:
    app.add_middleware(object)
--- app/components/backend/main.py
import importlib

from app.services.cleanup_service import run


def install(app, names: tuple[str, ...]) -> None:
    for name in names:
        importlib.import_module(f"app.components.backend.middleware.{name}").install(app)


def json_library():
    return importlib.import_module("orjson")
""",
        ),
    ),
)
