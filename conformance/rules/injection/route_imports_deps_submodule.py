"""DI111: routes import from the deps package, not from its submodules."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.facts import code
from conformance.program import ImportEdge, ModuleScope, Program, Scope, scopes_of
from conformance.program.facades import facade_of
from conformance.program.references import Reference, binding_scope, nodes_of, references_in
from conformance.program.scopes import ValueBinding
from conformance.program.values import ClassValue, Display, External, FunctionValue, Instance, ModuleValue, Overrides
from conformance.results import Place, Violation
from conformance.rules.base import Example, Rule

_OVERRIDING = frozenset({"pop", "get", "setdefault", "__setitem__", "__delitem__"})


def subjects(program: Program) -> Iterator[ModuleScope]:
    """Each routes module, where the target has a deps package with modules in it."""
    if any(facade_of(program, m) for m in program.with_role("deps")):
        for module in program.with_role("routes"):
            if not module.is_test:
                yield module


def check(program: Program, module: ModuleScope) -> Iterator[Violation]:
    """Report the imports of what lies behind a facade; the use, where only the facade or a package was imported."""
    imported: set[ModuleScope] = set()
    sanctioned: _Sanctioned | None = None
    for edge in program.imports[module]:
        behind, facade = _behind(program, module, edge)
        if behind is None:
            continue
        if not edge.name:
            imported.add(behind)
        elif edge.name != "*":
            sanctioned = sanctioned or _Sanctioned(program, module)
            if sanctioned.covers(edge):
                continue
        yield _violation(edge.place, edge.name, behind, facade)
    yield from _uses(program, module, imported)


def _behind(program: Program, module: ModuleScope, edge: ImportEdge) -> tuple[ModuleScope | None, str]:
    """Return the module behind a facade from which an import takes something, and that facade."""
    candidates = [edge.module] if edge.module is not None else []
    candidates += [r.module for r in edge.meant if isinstance(r, ModuleValue) and edge.name not in {"", "*"}]
    for candidate in candidates:
        facade = facade_before(program, module, candidate)
        if facade:
            return candidate, facade
    return None, ""


def facade_before(program: Program, importer: ModuleScope, module: ModuleScope) -> str:
    """Return the facade that stands between a routes module and another module; "" where it stands behind it, too."""
    facade = facade_of(program, module)
    return "" if importer.name == facade or importer.name.startswith(f"{facade}.") else facade


def _violation(place: Place, name: str, behind: ModuleScope, facade: str) -> Violation:
    what = f"everything of `{behind.name}`" if name == "*" else f"`{name}` from `{behind.name}`" if name else ""
    return Violation(
        place,
        f"routes import {what or f'the module `{behind.name}`'}, past `{facade}`",
        f"re-export the alias in `{facade}`, and write `from {facade} import …`",
        detail=f"{behind.name} {name}".strip(),
    )


def _uses(program: Program, module: ModuleScope, imported: set[ModuleScope]) -> Iterator[Violation]:
    """Yield the uses `deps.db.X` where `deps` or what holds it was imported, and what is named without an import."""
    used = list(program.named_modules.of(module))
    for scope in scopes_of(module):
        for node in nodes_of(scope):
            if isinstance(node, code.Attribute) and node.name in program.names_in_deps:
                modules = (v for v in program.names.infer(node, scope) if isinstance(v, ModuleValue))
                found = next((v.module for v in modules), None)
                if found is not None and found not in imported and not _is_reported(program, node.value, scope):
                    used.append((found, node))
    for found, node in used:
        facade = facade_before(program, module, found)
        if facade:
            yield _violation(module.place(node), "", found, facade)


def _is_reported(program: Program, node: code.Expression, scope: Scope) -> bool:
    """Whether the module that a chain of names starts with lies behind a facade: its import was reported."""
    return any(isinstance(v, ModuleValue) and facade_of(program, v.module) for v in program.names.infer(node, scope))


class _Sanctioned:
    """The names that a module uses for nothing but lists of dependencies and keys of overrides."""

    def __init__(self, program: Program, module: ModuleScope) -> None:
        self.program = program
        self.references = references_in(module)
        self.allowed: set[int] = set()
        constants: list[tuple[str, Scope, code.Expression]] = []
        for scope in scopes_of(module):
            for node in nodes_of(scope):
                match node:
                    case code.Call():
                        self._call(node, scope)
                    case code.Subscript(value=value, key=key) if self._is_overrides(value, scope):
                        self._allow(key, scope)
                    case code.Assign(targets=(code.Name(id=name),), value=value, operator="") if value is not None:
                        constants.append((name, scope, value))
        self._spread(constants)

    def _call(self, node: code.Call, scope: Scope) -> None:
        for keyword in node.keywords:
            if keyword.name == "dependencies" and self._injects(keyword.value, scope):
                self._allow(keyword.value, scope)
        match node.function:
            case code.Attribute(value=base, name=name) if name in _OVERRIDING and node.arguments:
                if self._is_overrides(base, scope):
                    self._allow(node.arguments[0], scope)

    def _is_overrides(self, node: code.Expression, scope: Scope) -> bool:
        return "dependency_overrides" in code.dotted(node) or (
            isinstance(node, code.Name) and Overrides() in self.program.names.infer(node, scope)
        )

    def _injects(self, node: code.Expression, scope: Scope) -> bool:
        if self.program.injection.list_uses(node, scope):
            return True
        return any(isinstance(n, code.Call) and self.program.injection.injections(n, scope) for n in code.walk(node))

    def _spread(self, constants: list[tuple[str, Scope, code.Expression]]) -> None:
        """A constant that is used only in the sanctioned places is one itself."""
        pending = constants
        while pending:
            left: list[tuple[str, Scope, code.Expression]] = []
            for name, scope, value in pending:
                if self._is_only_allowed(name, scope):
                    self._allow(value, scope)
                else:
                    left.append((name, scope, value))
            if len(left) == len(pending):
                return
            pending = left

    def _allow(self, node: code.Expression, scope: Scope) -> None:
        self.allowed.update(id(name) for name in self._heads(node, scope))

    def _heads(self, node: code.Expression, scope: Scope) -> Iterator[code.Name]:
        """Yield the names that say which providers an expression is made of; not what they are given."""
        match node:
            case code.Name():
                yield node
            case code.Attribute(value=value) | code.Starred(value=value) | code.Subscript(value=value):
                yield from self._heads(value, scope)
            case code.Call(function=function, arguments=arguments, keywords=keywords):
                yield from self._heads(function, scope)
                if self._hands_on(node, scope):
                    for inner in (*arguments[:1], *(k.value for k in keywords if k.name == "dependency")):
                        yield from self._heads(inner, scope)
            case code.Sequence(elements=parts) | code.Mapping(values=parts):
                for part in parts:
                    yield from self._heads(part, scope)
            case code.BinaryOperation(left=left, right=right):
                yield from self._heads(left, scope)
                yield from self._heads(right, scope)
            case code.Conditional(body=body, otherwise=otherwise):
                yield from self._heads(body, scope)
                yield from self._heads(otherwise, scope)
            case code.Comprehension(element=element, generators=generators):
                yield from self._heads(element, scope)
                for generator in generators:
                    yield from self._heads(generator.source, scope)

    def _hands_on(self, node: code.Call, scope: Scope) -> bool:
        """Whether what a call makes stands for its first argument: `Depends(p)`, `partial(p)`, `list(ps)`."""
        return any(isinstance(v, External) for v in self.program.names.infer(node.function, scope)) or bool(
            self.program.injection.injections(node, scope)
        )

    def _is_only_allowed(self, name: str, scope: Scope) -> bool:
        uses = [r.node for r in self.references.get(name, ()) if self._means(r, scope) and not _is_target(r, scope)]
        return bool(uses) and all(id(node) in self.allowed for node in uses)

    @staticmethod
    def _means(reference: Reference, scope: Scope) -> bool:
        return binding_scope(reference.node.id, reference.scope) is scope

    def covers(self, edge: ImportEdge) -> bool:
        """Whether an import is of a provider, by its name, and for the sanctioned places alone."""
        return self._is_provider(edge) and self._is_only_allowed(edge.bound, edge.scope)

    def _is_provider(self, edge: ImportEdge) -> bool:
        for resolved in edge.resolved:
            for value in self.program.names.value_of(resolved):
                match value:
                    case FunctionValue() | ClassValue():
                        return True
                    case Instance(type=kind):
                        return not isinstance(kind, str) or kind.startswith("fastapi.")
                    case Display(node=code.Sequence()):
                        return True
        return False


def _is_target(reference: Reference, scope: Scope) -> bool:
    """Whether the name is the target of an assignment in that scope, and not a use."""
    for binding in scope.bindings.get(reference.node.id, ()):
        match binding:
            case ValueBinding(node=code.Assign(targets=targets)) if reference.node in targets:
                return True
    return False


RULE = Rule(
    id="DI111",
    name="route-imports-deps-submodule",
    source="PRD-012 §3, §6",
    summary="A routes module imports from a submodule of the deps package.",
    why=(
        "The deps package is a facade: what it exports is all that a route may ask for. A route that reaches past it "
        "is tied to the file in which a provider happens to live, can use a provider that has no alias, and keeps the "
        "modules behind the facade from being split or moved."
    ),
    instead=(
        "Re-export the alias in the package's `__init__` and import it from there. The one exception is a provider "
        "imported by name for `dependencies=[Depends(provider)]`, or as the key of an override: it has no alias that "
        "could stand there."
    ),
    subjects=subjects,
    check=check,
    nothing="no deps package with modules in it, or no routes",
    configure="`roles.deps` and `roles.routes` say which modules these are.",
    bad=(
        Example(
            "aliases taken from the modules behind the facade",
            """
--- app/deps/__init__.py
from app.deps.db import SessionDep

__all__ = ["SessionDep"]
--- app/deps/db.py
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Session:
    return request.state.session


SessionDep = Annotated[Session, Depends(get_session)]
--- app/api/users.py
from fastapi import APIRouter

from app.deps.db import SessionDep  # expect: DI111

router = APIRouter()


@router.get("/users")
def users(session: SessionDep) -> list[str]:
    return []
--- app/api/items.py
from fastapi import APIRouter

from ..deps import db  # expect: DI111

router = APIRouter()


@router.get("/items")
def items(session: db.SessionDep) -> list[str]:
    return []
""",
        ),
        Example(
            "the package is imported, its module used; a provider that is also injected inline",
            """
--- app/dependencies/auth.py
from typing import Annotated

from fastapi import Depends, Request


def get_user(request: Request) -> str:
    return request.state.user


UserDep = Annotated[str, Depends(get_user)]
--- app/routers/me.py
from fastapi import APIRouter

from app import dependencies

router = APIRouter()


@router.get("/me")
def me(user: dependencies.auth.UserDep) -> str:  # expect: DI111
    return user
--- app/routers/jobs.py
from fastapi import APIRouter, Depends

from app.dependencies.auth import get_user  # expect: DI111

router = APIRouter(dependencies=[Depends(get_user)])


@router.get("/jobs")
def jobs(user: str = Depends(get_user)) -> list[str]:
    return [user]
""",
        ),
    ),
    good=(
        Example(
            "aliases from the package, a provider for the router's list",
            """
--- app/deps/__init__.py
from app.deps.auth import UserDep

__all__ = ["UserDep"]
--- app/deps/auth.py
from typing import Annotated

from fastapi import Depends, Request


def get_user(request: Request) -> str:
    return request.state.user


UserDep = Annotated[str, Depends(get_user)]
--- app/api/jobs.py
from fastapi import APIRouter, Depends

from app.deps import UserDep
from app.deps.auth import get_user

router = APIRouter(prefix="/jobs", dependencies=[Depends(get_user)])


@router.get("/mine")
def mine(user: UserDep) -> str:
    return user
""",
        ),
        Example(
            "a single module of providers, and guards kept in a constant",
            """
--- app/deps/__init__.py
--- app/deps/roles.py
class RequireRole:
    def __init__(self, role: str) -> None:
        self.role = role

    def __call__(self) -> None: ...
--- app/dependencies.py
from typing import Annotated

from fastapi import Depends, Request


def get_user(request: Request) -> str:
    return request.state.user


UserDep = Annotated[str, Depends(get_user)]
--- app/api/admin.py
from fastapi import APIRouter, Depends

from app.dependencies import UserDep
from app.deps.roles import RequireRole

ADMINS = [Depends(RequireRole("admin"))]
router = APIRouter()


@router.get("/admin", dependencies=ADMINS)
def admin(user: UserDep) -> str:
    return user
""",
        ),
    ),
)
