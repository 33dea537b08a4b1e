"""DI109: the deps package exports aliases, and defines nothing itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from conformance.facts import code
from conformance.program import ImportEdge, Program, catalogue
from conformance.program.definitions import exported_names
from conformance.program.facades import facades
from conformance.program.scopes import ClassScope, FunctionScope, ModuleScope, ValueBinding
from conformance.program.values import ClassValue, External, FunctionValue, Instance, ModuleValue, Resolved, Symbol
from conformance.results import Place, Undecidable, Violation
from conformance.rules.base import Example, Rule

_INSTEAD = "let the package import aliases from its modules, and list exactly those in `__all__`"


@dataclass(frozen=True, slots=True)
class Facade:
    """The `__init__` of a deps package, and the modules behind it."""

    package: ModuleScope
    behind: tuple[ModuleScope, ...]


@dataclass(slots=True)
class _Listed:
    """What `__all__` says: the nodes of the names in it; `open` where some cannot be told."""

    names: dict[str, code.Node] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)
    is_open: bool = False


def subjects(program: Program) -> Iterator[Facade]:
    """Each deps package: of nested ones the outermost."""
    for package, behind in facades(program).items():
        if package.is_package:
            yield Facade(package, behind)


def check(program: Program, facade: Facade) -> Iterator[Violation | Undecidable]:
    """Report what the package defines, what it re-exports besides aliases, and what its `__all__` has wrong."""
    package = facade.package
    defined = dict(_defined(program, package))
    for name, place in defined.items():
        yield Violation(
            place,
            f"`{name}` is defined in the `__init__` of `{package.name}`",
            "define it in a module of the package, and import the alias from there",
            detail=f"defined {name}",
        )
    if "__all__" not in package.bindings:
        if package.body or _supplies(program, facade):
            yield Violation(
                Place(package.path, (1, 1, 1, 1), package.name),
                f"`{package.name}` has no `__all__`: it is no facade",
                _INSTEAD,
                detail="no __all__",
            )
        yield from (v for e in _edges(program, package) if (v := _imported(program, package, e, None)))
        return
    listed = _listed(program, package)
    if listed.is_open:
        yield Undecidable(package.place(package.bindings["__all__"][0].node), "what `__all__` lists cannot be told")
    reported: set[str] = set()
    for edge in _edges(program, package):
        violation = _imported(program, package, edge, listed)
        if violation is not None:
            reported.add(edge.bound)
            yield violation
    for name, node in listed.names.items():
        if name not in defined and name not in reported:
            yield from _listed_only(program, package, name, node)


def _edges(program: Program, package: ModuleScope) -> Iterator[ImportEdge]:
    return (e for e in program.imports[package] if not e.in_function)


def _supplies(program: Program, facade: Facade) -> bool:
    """Whether there is anything that an empty package should export: an alias or a provider that is no guard."""
    modules = set(facade.behind)
    if any(alias.module in modules for alias in program.injection.aliases.values()):
        return True
    return any(p.module in modules and not p.is_guard for p in program.injection.providers.values())


def _defined(program: Program, package: ModuleScope) -> Iterator[tuple[str, Place]]:
    for provider in program.injection.providers.values():
        definition = provider.target
        if isinstance(definition, FunctionScope) and definition.owner is not None:
            definition = definition.owner
        if isinstance(definition, (FunctionScope, ClassScope)) and definition.parent is package:
            yield definition.name, definition.place
    for alias in program.injection.aliases.values():
        if alias.module is package and not _repeats_other_module(alias.annotation.aliases, package):
            yield alias.name, alias.place


def _repeats_other_module(aliases: tuple[Symbol, ...], package: ModuleScope) -> bool:
    """Whether an assignment only takes over the alias of a module: `SessionDep = db.SessionDep`."""
    return any(symbol.scope is not package for symbol in aliases)


def _listed(program: Program, package: ModuleScope) -> _Listed:
    listed = _Listed()
    for binding in package.bindings["__all__"]:
        if isinstance(binding, ValueBinding) and binding.value is not None:
            _collect(program, package, binding.value, listed)
        elif isinstance(binding, ValueBinding):
            continue
        else:
            listed.is_open = True
    for node in package.nodes:
        match node:
            case code.Call(function=code.Attribute(value=code.Name(id="__all__"), name="append"), arguments=(item,)):
                _item(program, package, item, listed)
            case code.Call(function=code.Attribute(value=code.Name(id="__all__"), name="extend"), arguments=(more,)):
                _collect(program, package, more, listed)
    return listed


def _collect(program: Program, package: ModuleScope, node: code.Expression, listed: _Listed) -> None:
    match node:
        case code.Sequence(elements=elements):
            for element in elements:
                if isinstance(element, code.Starred):
                    _collect(program, package, element.value, listed)
                else:
                    _item(program, package, element, listed)
        case code.BinaryOperation(left=left, right=right):
            _collect(program, package, left, listed)
            _collect(program, package, right, listed)
        case code.Call(function=code.Name(id="list" | "tuple" | "sorted" | "set"), arguments=(inner,)):
            _collect(program, package, inner, listed)
        case code.Attribute(value=base, name="__all__"):
            modules = [r.module for r in program.names.resolve(base, package) if isinstance(r, ModuleValue)]
            if not modules:
                listed.is_open = True
            for module in modules:
                listed.others |= exported_names(module)
        case _:
            listed.is_open = True


def _item(program: Program, package: ModuleScope, node: code.Expression, listed: _Listed) -> None:
    match node:
        case code.Constant(value=str(name)):
            listed.names.setdefault(name, node)
        case _:
            text = program.names.text(node, package)
            if text is None:
                listed.is_open = True
            else:
                listed.names.setdefault(text, node)


def _imported(program: Program, package: ModuleScope, edge: ImportEdge, listed: _Listed | None) -> Violation | None:
    """Return what is wrong with one imported name; `listed` is None where there is no `__all__`."""
    place = edge.name_place
    if edge.name == "*":
        return Violation(
            place,
            f"`{package.name}` imports everything of `{edge.qualified}`",
            _INSTEAD,
            detail=f"star {edge.qualified}",
        )
    name = edge.bound
    is_listed = listed is not None and (name in listed.names or name in listed.others)
    kinds = {_kind(program, resolved) for resolved in edge.resolved}
    if "provider" in kinds and "alias" not in kinds:
        return Violation(
            place,
            f"`{package.name}` re-exports the provider `{name}`",
            "export its alias; who overrides or guards with a provider imports it from its own module",
            detail=f"provider {name}",
        )
    if "alias" in kinds:
        if listed is not None and not is_listed and not listed.is_open:
            return Violation(
                place,
                f"the alias `{name}` is imported and not listed in `__all__`",
                f'add "{name}" to `__all__`',
                detail=f"not listed {name}",
            )
        return None
    if is_listed and "other" in kinds:
        return Violation(
            place,
            f"`{package.name}` exports `{name}`, which is neither an alias nor a type",
            _INSTEAD,
            detail=f"exports {name}",
        )
    return None


def _listed_only(program: Program, package: ModuleScope, name: str, node: code.Node) -> Iterator[Violation]:
    """Report a name in `__all__` that no import of the package brings: its own definition, a module, nothing at all."""
    if any(edge.bound == name and edge.name != "*" for edge in _edges(program, package)):
        return
    resolved = program.names.member(package, name)
    if name not in package.bindings and package.stars and not any(isinstance(r, ModuleValue) for r in resolved):
        return
    if {_kind(program, r) for r in resolved} & {"alias", "type"}:
        return
    what = "is not defined in it" if not resolved else "is neither an alias nor a type"
    yield Violation(
        package.place(node),
        f"`__all__` of `{package.name}` lists `{name}`, which {what}",
        _INSTEAD,
        detail=f"listed {name}",
    )


def _kind(program: Program, resolved: Resolved) -> str:
    """Return what a name that the package exports stands for: alias, provider, type, or another thing."""
    match resolved:
        case Symbol(scope=scope, name=name, binding=binding):
            if (scope, name) in program.injection.aliases:
                return "alias"
            if isinstance(binding, ClassScope):
                return "type"
            if isinstance(binding, FunctionScope):
                return "provider" if binding in program.injection.providers else "other"
            return _kind_of_value(program, resolved, binding)
        case External(name=name):
            last = name.rpartition(".")[2]
            return "type" if last[:1].isupper() and name not in catalogue.DEPENDS else "other"
    return "other"


def _kind_of_value(program: Program, symbol: Symbol, binding: object) -> str:
    for value in program.names.value_of(symbol):
        match value:
            case FunctionValue(function=function) if function in program.injection.providers:
                return "provider"
            case Instance(type=ClassScope() as cls):
                calls = (s.binding for s in program.names.class_symbols(cls, "__call__"))
                return "provider" if any(c in program.injection.providers for c in calls) else "other"
            case ClassValue():
                return "type"
    if isinstance(binding, ValueBinding) and binding.value is not None:
        if not isinstance(binding.value, code.Constant):
            annotation = program.names.annotation(binding.value, symbol.scope)
            if annotation.types or annotation.metadata:
                return "type"
        return "other"
    return "type"


RULE = Rule(
    id="DI109",
    name="deps-init-exports",
    source="PRD-012 §3, §6",
    summary="The `__init__` of a deps package exports something other than aliases, or defines providers itself.",
    why=(
        "The package is the list of what a route may ask for. A provider among its exports invites routes to inject "
        "it inline or to call it; a definition there makes the package one more deps module, imported with all others; "
        "and without an exact `__all__` nobody can tell what is meant to be used."
    ),
    instead=(
        "Let the `__init__` hold nothing but imports of aliases (and of plain types that go with them) and an "
        "`__all__` that lists them. A provider is imported from its own module."
    ),
    subjects=subjects,
    check=check,
    nothing="no deps package in the target",
    configure="`roles.deps` says which package this is.",
    bad=(
        Example(
            "providers re-exported, by import and by `__all__`",
            """
--- app/deps/__init__.py
from app.deps import db
from app.deps.auth import (
    UserDep,
    get_user,  # expect: DI109
)
from app.deps.db import SessionDep  # expect: DI109

__all__ = [
    "UserDep",
    "engine_url",  # expect: DI109
    "get_user",
]
engine_url = db.URL
--- app/deps/db.py
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

URL = "postgresql://localhost/app"


def get_session(request: Request) -> Session:
    return request.state.session


SessionDep = Annotated[Session, Depends(get_session)]
--- app/deps/auth.py
from typing import Annotated

from fastapi import Depends, Request


def get_user(request: Request) -> str:
    return request.state.user


UserDep = Annotated[str, Depends(get_user)]
""",
        ),
        Example(
            "everything defined in the package",
            """
--- app/dependencies/__init__.py
from typing import Annotated  # expect: DI109

from fastapi import Depends, Request


def get_user(request: Request) -> str:  # expect: DI109
    return request.state.user


UserDep = Annotated[str, Depends(get_user)]  # expect: DI109
""",
        ),
    ),
    good=(
        Example(
            "aliases, and a type that goes with one",
            """
--- app/deps/__init__.py
from app.deps.auth import User, UserDep
from app.deps.db import SessionDep

__all__ = ["SessionDep", "User", "UserDep"]
--- app/deps/auth.py
from typing import Annotated

from fastapi import Depends, Request


class User:
    name: str


def get_user(request: Request) -> User:
    return request.state.user


UserDep = Annotated[User, Depends(get_user)]
--- app/deps/db.py
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Session:
    return request.state.session


SessionDep = Annotated[Session, Depends(get_session)]
""",
        ),
        Example(
            "lists put together, relative imports",
            """
--- app/deps/__init__.py
from . import db
from .auth import UserDep

SessionDep = db.SessionDep
__all__ = ["UserDep"]
__all__ += ["SessionDep"]
--- app/deps/auth.py
from typing import Annotated

from fastapi import Depends, Request


def get_user(request: Request) -> str:
    return request.state.user


UserDep = Annotated[str, Depends(get_user)]
--- app/deps/db.py
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Session:
    return request.state.session


SessionDep = Annotated[Session, Depends(get_session)]
""",
        ),
    ),
)
