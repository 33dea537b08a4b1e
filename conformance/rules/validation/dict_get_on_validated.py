"""DV503: a validated model is read by its attributes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

from conformance.facts import code
from conformance.program import ClassScope, Program, Scope, scopes_of
from conformance.program.scopes import ValueBinding
from conformance.program.usage import is_model
from conformance.program.values import External, Instance, Located, Values
from conformance.results import Severity, Violation
from conformance.rules.base import Example, Rule

_DUMPING = frozenset({"model_dump", "dict"})


class Access(NamedTuple):
    """What reads a literal key of a dump, or the statement that writes it."""

    node: code.Node
    scope: Scope
    key: str
    is_write: bool


def subjects(program: Program) -> Iterator[Located]:
    """Each dump of a validated model in a service."""
    for module in program.with_role("services"):
        if module.is_test:
            continue
        for scope in scopes_of(module):
            for node in (*scope.nodes.of(code.Call), *scope.deferred.of(code.Call)):
                if _is_dump(program, node, scope):
                    yield Located(node, scope)


def check(program: Program, located: Located) -> Iterator[Violation]:
    """Report each key that is read from the dump, there or through a local; not one that was given another value."""
    accesses = [
        a for node, scope in _places(program, located.node, located.scope) for a in _access(program, node, scope)
    ]
    written: dict[tuple[Scope, str], int] = {}
    for access in accesses:
        if access.is_write:
            place = (access.scope, access.key)
            written[place] = min(access.node.span[2], written.get(place, sys.maxsize))
    for access in accesses:
        node, scope, key, is_write = access
        if not is_write and node.span[0] <= written.get((scope, key), sys.maxsize):
            yield Violation(
                scope.module.place(node),
                f'"{key}" is read from the dump of a validated model',
                f"read the attribute: `.{key}`",
                detail=key,
            )


def _is_dump(program: Program, call: code.Call, scope: Scope) -> bool:
    match call:
        case code.Call(function=code.Attribute(value=base, name=name)) if name in _DUMPING:
            return _has_model(program, program.names.infer(base, scope))
        case code.Call(function=code.Name(id="dict"), arguments=(base,), keywords=()):
            return External("builtins.dict") in program.names.resolve(call.function, scope) and _has_model(
                program, program.names.infer(base, scope)
            )
    return False


def _has_model(program: Program, values: Values) -> bool:
    for value in values:
        match value:
            case Instance(type=ClassScope() as cls) if is_model(program, cls):
                return True
            case Instance(type=str(name)) if program.names.is_a(name, "pydantic.BaseModel"):
                return True
    return False


def _places(program: Program, node: code.Expression, scope: Scope) -> Iterator[tuple[code.Expression, Scope]]:
    """Yield the dump itself, and where a local to which it is bound is read; so with what that is bound to."""
    pending = [(node, scope)]
    seen: set[int] = set()
    while pending:
        current, inside = pending.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current, inside
        above = program.usage.parents(inside).get(id(current))
        targets: tuple[code.Expression, ...] = ()
        if isinstance(above, code.Assign):
            targets = above.targets
        elif isinstance(above, code.NamedExpression):
            targets = (above.target,)
            pending.append((above, inside))
        for target in targets:
            if isinstance(target, code.Name):
                pending += program.usage.reads_of(target.id, inside, _is_bound_by(above))


def _is_bound_by(holder: object) -> Callable[[object], bool]:
    return lambda binding: isinstance(binding, ValueBinding) and binding.node is holder


def _access(program: Program, node: code.Expression, scope: Scope) -> Iterator[Access]:
    """Yield the access of a literal key of an expression, where it is one."""
    parents = program.usage.parents(scope)
    above = parents.get(id(node))
    match above:
        case code.Subscript(value=value, key=key) if value is node:
            text = program.names.text(key, scope)
            outer = parents.get(id(above))
            is_write = isinstance(outer, (code.Assign, code.Delete)) and any(t is above for t in outer.targets)
            if text is not None:
                yield Access(outer if is_write and outer is not None else above, scope, text, is_write)
        case code.Attribute(name="get"):
            call = parents.get(id(above))
            if isinstance(call, code.Call) and call.function is above and call.arguments:
                text = program.names.text(call.arguments[0], scope)
                if text is not None:
                    yield Access(call, scope, text, is_write=False)


RULE = Rule(
    id="DV503",
    name="dict-get-on-validated",
    source="Integration Patterns, Data Validation Boundaries",
    summary="A service reads keys from the dump of a validated model.",
    why=(
        "Once validated, data is trusted: its fields are attributes that a type checker and an editor know. A key of a "
        "dump is a string that nothing checks, and `.get` hides a field that was renamed behind a None."
    ),
    instead="Read the attribute. A dump is for what goes out whole: to JSON, to a database, to another model.",
    subjects=subjects,
    check=check,
    nothing="no service dumps a model",
    severity=Severity.ADVICE,
    bad=(
        Example(
            "a key of a dump",
            """
--- app/models/user.py
from pydantic import BaseModel


class User(BaseModel):
    email: str
    name: str | None = None
--- app/services/greeting.py
from app.models.user import User


def greeting(user: User) -> str:
    name = user.model_dump().get("name")  # expect: DV503
    return f"hello {name}"
""",
        ),
        Example(
            "through a local",
            """
--- app/schemas.py
from pydantic import BaseModel


class Order(BaseModel):
    amount: int
--- app/services/orders.py
from app.schemas import Order


def total(order: Order) -> int:
    values = order.dict()
    return values["amount"] * 2  # expect: DV503
""",
        ),
    ),
    good=(
        Example(
            "attributes, and a dump that goes out whole",
            """
--- app/services/users.py
import json

from pydantic import BaseModel


class User(BaseModel):
    email: str


def to_json(user: User) -> str:
    return json.dumps(user.model_dump(mode="json"))


def domain(user: User) -> str:
    return user.email.partition("@")[2]
""",
        ),
        Example(
            "a dump that something is added to",
            """
--- app/services/users.py
from pydantic import BaseModel


class User(BaseModel):
    email: str


def row(user: User, digest: str) -> dict[str, str]:
    values = user.model_dump()
    values["digest"] = digest
    return values
""",
        ),
    ),
)
