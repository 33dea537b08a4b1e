"""CF602: a constant cannot change, and hangs on nothing outside the code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import NamedTuple

from conformance.facts import code
from conformance.program import Program
from conformance.program.environment import READS
from conformance.program.guards import never_on_import
from conformance.program.kinds import Kinds
from conformance.program.scopes import ClassScope, FunctionScope, ModuleScope, Scope
from conformance.program.values import ClassValue, External, FunctionValue, Instance, LambdaValue, Member, Value
from conformance.results import Violation
from conformance.rules.base import Example, Rule

_MUTABLE = frozenset(
    {"builtins.list", "builtins.dict", "builtins.set", "builtins.bytearray", "builtins.sorted",
     "builtins.dict.fromkeys", "collections.defaultdict", "collections.OrderedDict", "collections.deque",
     "collections.Counter", "collections.ChainMap", "collections.UserDict", "collections.UserList", "array.array",
     "copy.copy", "copy.deepcopy", "types.SimpleNamespace", "typing.Dict", "typing.List", "typing.Set", "re.split",
     "re.findall"}
)  # fmt: skip
_LIST_METHODS = frozenset({"split", "rsplit", "splitlines"})
_PURE_MODULES = (
    "datetime", "decimal", "uuid", "pathlib", "fractions", "enum", "ipaddress", "re", "types", "collections", "string",
    "zoneinfo", "struct", "typing", "typing_extensions", "math", "operator", "textwrap", "http", "functools",
    "itertools", "os.path", "dataclasses", "calendar", "inspect.cleandoc", "unicodedata", "codecs", "base64",
    "statistics", "urllib.parse", "array", "copy", "numbers", "fnmatch.translate",
)  # fmt: skip
_OUTSIDE = frozenset(
    {"now", "utcnow", "today", "uuid1", "uuid4", "getnode", "home", "cwd", "expanduser", "expandvars", "exists",
     "isfile", "isdir", "is_file", "is_dir", "getsize", "getmtime", "read_text", "read_bytes", "open", "iterdir",
     "glob", "rglob", "stat", "write_text", "write_bytes", "mkdir", "touch", "unlink"}
)  # fmt: skip
"""Functions and methods of value types whose result hangs on the machine, the moment or the file system."""
_IMPURE_BUILTINS = frozenset(
    {"open", "input", "print", "eval", "exec", "compile", "__import__", "breakpoint", "globals", "locals", "vars"}
)
_HOLDING = (code.If, code.While, code.For, code.With, code.Try, code.Handler, code.Match, code.Case)


class Entry(NamedTuple):
    """A statement that runs when a constants module is imported, or a function that stands in one."""

    node: code.Statement
    scope: Scope

    @property
    def module(self) -> ModuleScope:
        return self.scope.module


def subjects(program: Program) -> Iterator[Entry]:
    """Each statement of a constants module that binds or calls something, class bodies included."""
    for module in program.with_role("constants"):
        if not module.is_test and not program.is_migration(module):
            yield from _entries(program, module)


def check(program: Program, entry: Entry) -> Iterator[Violation]:
    """Report a name that holds what can change, reads of environment and settings, calls of anything but values."""
    names = ", ".join(_bound(entry.node)) or "the statement"
    found = _problem(program, entry)
    if found:
        yield Violation(
            entry.module.place(entry.node),
            f"`{names}` {found}" if names != "the statement" else f"a statement {found}",
            _INSTEAD["holds" if found.startswith("holds") else "depends"],
            detail=f"{names} {found}",
        )


_INSTEAD = {
    "holds": "write a tuple, a frozenset, a MappingProxyType or an Enum",
    "depends": "move it to config, or compute it where it is needed: a constant is written down",
}


# --- what a constants module runs ----------------------------------------------------------------------------------


def _entries(program: Program, module: ModuleScope) -> Iterator[Entry]:
    kinds = Kinds(program.names)
    inner: dict[int, Scope] = {id(cls.node): cls for cls in module.classes}
    inner |= {id(function.node): function for function in module.functions}
    pending: list[tuple[code.Node, Scope]] = [(s, module) for s in reversed(module.body)]
    while pending:
        node, scope = pending.pop()
        match node:
            case code.Class():
                cls = inner[id(node)]
                if isinstance(cls, ClassScope) and not kinds.is_value(cls) and not program.is_settings_class(cls):
                    pending.extend((s, cls) for s in reversed(node.body))
            case code.Function():
                yield Entry(node, inner[id(node)])
            case code.If() if never_on_import(node.test, module):
                pending.extend((s, scope) for s in reversed(node.otherwise))
            case code.Assign() if "__all__" not in _bound(node) and node.value is not None:
                yield Entry(node, scope)
            case code.Evaluate(value=code.Call() | code.Await()):
                yield Entry(node, scope)
            case _ if isinstance(node, _HOLDING):
                pending.extend((child, scope) for child in reversed(tuple(code.children(node))))


def _bound(node: code.Statement) -> tuple[str, ...]:
    if not isinstance(node, code.Assign):
        return (node.name,) if isinstance(node, code.Function) else ()
    found: list[str] = []
    for target in node.targets:
        elements = target.elements if isinstance(target, code.Sequence) else (target,)
        found += [name for element in elements if (name := code.dotted(element))]
    return tuple(found)


# --- what is wrong with it -----------------------------------------------------------------------------------------


def _problem(program: Program, entry: Entry) -> str:
    """Return what is wrong with a statement, as a message says it; "" for nothing."""
    first, _, last, _ = entry.node.span
    if any(first <= read.node.span[0] <= last for read in program.environment.reads(entry.module)):
        return "reads the environment"
    if isinstance(entry.node, code.Function):
        return ""
    value = entry.node.value if isinstance(entry.node, (code.Assign, code.Evaluate)) else None
    if value is None:
        return ""
    if _reads_settings(program, value, entry.scope):
        return "reads the settings"
    if isinstance(entry.node, code.Assign):
        mutable = _first_mutable(program, entry.node, entry.scope)
        if mutable:
            return f"holds {mutable}, which can be changed"
    for node in code.walk_scope(value):
        if isinstance(node, code.Call) and not _is_value_call(program, node, entry.scope):
            return f"calls `{code.dotted(node.function) or '…'}`, which is no value type"
    return ""


def _reads_settings(program: Program, value: code.Expression, scope: Scope) -> bool:
    for node in code.walk_scope(value):
        if isinstance(node, (code.Name, code.Attribute, code.Call)):
            for found in program.names.infer(node, scope):
                match found:
                    case Instance(type=ClassScope() as cls) if program.is_settings_class(cls):
                        return True
    return False


def _first_mutable(program: Program, node: code.Assign, scope: Scope) -> str:
    if node.value is None:
        return ""
    for target in node.targets:
        if isinstance(target, code.Sequence):
            if isinstance(node.value, code.Sequence) and node.value.kind == "tuple":
                for element in node.value.elements:
                    found = _mutable(program, element, scope)
                    if found:
                        return found
            return ""
    return _mutable(program, node.value, scope)


def _mutable(program: Program, value: code.Expression, scope: Scope) -> str:
    """Return what kind of changeable thing an expression makes; "" where it makes none."""
    match value:
        case code.Sequence(kind=kind) if kind != "tuple":
            return f"a {kind}"
        case code.Mapping():
            return "a dict"
        case code.Comprehension(kind=kind) if kind != "generator":
            return f"a {kind}"
        case code.Conditional(body=one, otherwise=other):
            return _mutable(program, one, scope) or _mutable(program, other, scope)
        case code.BinaryOperation(left=one, right=other):
            return _mutable(program, one, scope) or _mutable(program, other, scope)
        case code.BooleanOperation(values=values):
            return next((found for v in values if (found := _mutable(program, v, scope))), "")
        case code.NamedExpression(value=inner):
            return _mutable(program, inner, scope)
        case code.Call(function=function):
            for resolved in program.names.infer(function, scope):
                if isinstance(resolved, External) and resolved.name in _MUTABLE:
                    return f"what `{code.dotted(function)}` makes"
            match function:
                case code.Attribute(name=name, value=base) if name in _LIST_METHODS:
                    if not any(isinstance(v, (External, FunctionValue)) for v in program.names.infer(function, scope)):
                        return "a list"
                case code.Attribute(name="copy", value=base):
                    return _mutable(program, base, scope)
    return ""


def _is_value_call(program: Program, call: code.Call, scope: Scope) -> bool:
    name = call.function.name if isinstance(call.function, code.Attribute) else ""
    values = program.names.infer(call.function, scope)
    if name in _OUTSIDE and not any(isinstance(v, (ClassValue, FunctionValue)) for v in values):
        return False
    return all(_gives_a_value(program, value) for value in values)


def _gives_a_value(program: Program, value: Value) -> bool:
    kinds = Kinds(program.names)
    match value:
        case External(name=name):
            return _is_library_value(kinds, name)
        case ClassValue(cls=cls):
            return kinds.is_value(cls)
        case FunctionValue(function=FunctionScope(owner=ClassScope() as cls)):
            return kinds.is_value(cls)
        case FunctionValue() | LambdaValue():
            return False
        case Member(instance=Instance(type=str(name))):
            return _is_library_value(kinds, name)
    return True


def _is_library_value(kinds: Kinds, name: str) -> bool:
    top, _, rest = name.partition(".")
    last = name.rpartition(".")[2]
    if top == "builtins":
        return rest.partition(".")[0] not in _IMPURE_BUILTINS
    if top in sys.stdlib_module_names:
        if name in READS or last in _OUTSIDE:
            return False
        return any(name == module or name.startswith(f"{module}.") for module in _PURE_MODULES)
    return kinds.is_value(name) and (last[:1].isupper() or name.rpartition(".")[0].rpartition(".")[2][:1].isupper())


RULE = Rule(
    id="CF602",
    name="mutable-constants",
    source="Integration Patterns, Constants vs Config",
    summary="A constants module holds what can be changed, or what depends on the environment.",
    why=(
        "A constant is what a reader can look up and rely on. A list that any module may append to is shared state "
        "under an innocent name, and a value that is computed from the environment is configuration: it differs "
        "between stages and cannot be replaced in a test."
    ),
    instead=(
        "Write tuples, frozensets, `MappingProxyType` and enums. What depends on the environment is a field of the "
        "settings; what is computed by a function belongs where that function is called."
    ),
    subjects=subjects,
    check=check,
    nothing="the target has no constants module",
    configure='`[tool.conformance.roles] constants = ["app.core.names"]` names constants modules.',
    bad=(
        Example(
            "a list and a dict",
            """
--- app/constants.py
ROLES = ["admin", "user"]  # expect: CF602
LIMITS: dict[str, int] = {"admin": 100, "user": 10}  # expect: CF602
""",
        ),
        Example(
            "constructors, class attributes, the environment, a function",
            """
--- app/core/constants.py
import os
from collections import defaultdict
from typing import Final

from app.core.paths import find_root

COLOURS: Final = "red green".split()  # expect: CF602
SEEN = defaultdict(int)  # expect: CF602
REGION = os.environ["REGION"]  # expect: CF602
ROOT = find_root()  # expect: CF602


class Limits:
    pages = {n: n * 2 for n in range(3)}  # expect: CF602
--- app/core/paths.py
def find_root() -> str:
    return "/srv"
""",
        ),
    ),
    good=(
        Example(
            "what cannot change",
            """
--- app/constants.py
from enum import Enum
from types import MappingProxyType

ROLES = ("admin", "user")
METHODS = frozenset({"GET", "POST"})
LIMITS = MappingProxyType({"admin": 100, "user": 10})


class Status(Enum):
    OPEN = "open"
""",
        ),
        Example(
            "value types and patterns",
            """
--- app/core/constants.py
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

__all__ = ["DATA", "NAME", "SESSION_AGE", "VAT"]

DATA = Path(__file__).parent / "data"
NAME = re.compile(r"[a-z]+")
SESSION_AGE = timedelta(hours=12)
VAT = Decimal("0.19")
""",
        ),
    ),
)
