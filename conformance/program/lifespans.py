"""The applications of the target, and the functions that start and stop them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from conformance.facts import code
from conformance.program import catalogue
from conformance.program.inference import Inference
from conformance.program.scopes import ClassScope, FunctionScope, ModuleScope, ParameterBinding, Scope, scopes_of
from conformance.program.values import ClassValue, Display, FunctionValue, Instance, Symbol, Value
from conformance.results import Place


@dataclass(frozen=True, slots=True, eq=False)
class Application:
    """A call of `FastAPI(…)`, `Starlette(…)` or of a subclass.

    Attributes:
        given_lifespan: the keyword that gives a lifespan, or the assignment that sets it later.
        open_keywords: it has `**kwargs`, which may give one.
    """

    call: code.Call
    scope: Scope
    given_lifespan: code.Node | None
    open_keywords: bool

    @property
    def module(self) -> ModuleScope:
        return self.scope.module

    @property
    def place(self) -> Place:
        return self.module.place(self.call)


@dataclass(frozen=True, slots=True, eq=False)
class Starter:
    """A function that runs when an application starts or stops.

    Attributes:
        kind: a lifespan, or a handler of the `startup` or `shutdown` event.
        node: what registers it: the keyword, decorator or call; `scope` is where that stands.
    """

    function: FunctionScope
    kind: Literal["lifespan", "startup", "shutdown"]
    node: code.Node
    scope: Scope


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """What registers handlers of an application's or router's start-up or shutdown.

    Attributes:
        node: the decorator, call or keyword; `scope` is where it stands.
        spelling: how it is written, for messages.
        base: what it is called on, or the call that the keyword stands in.
    """

    node: code.Node
    scope: Scope
    spelling: str
    base: code.Expression

    @property
    def place(self) -> Place:
        return self.scope.module.place(self.node)


_GIVING = frozenset({"lifespan", "on_startup", "on_shutdown"})
_DEEPEST = 5
"""Through how many functions a lifespan is followed that they hand on."""


class Lifespans:
    """All of them, computed once."""

    def __init__(self, names: Inference) -> None:
        self.names = names
        self.applications: list[Application] = []
        self.starters: list[Starter] = []
        self.events: list[Event] = []
        known = {name.rpartition(".")[2] for name in catalogue.APPS | catalogue.ROUTERS}
        own = {
            cls.name for m in names.modules for cls in m.classes if names.is_a(cls, *catalogue.APPS, *catalogue.ROUTERS)
        }
        self._makers = names.spellings(known | own)
        for module in names.modules:
            for scope in scopes_of(module):
                self._in_scope(scope)

    @property
    def functions(self) -> tuple[FunctionScope, ...]:
        """The lifespan functions."""
        return tuple(dict.fromkeys(s.function for s in self.starters if s.kind == "lifespan"))

    @property
    def handlers(self) -> tuple[Starter, ...]:
        """The start-up and shutdown handlers."""
        return tuple(s for s in self.starters if s.kind != "lifespan")

    def _in_scope(self, scope: Scope) -> None:
        if isinstance(scope, FunctionScope):
            for decorator in scope.node.decorators:
                match decorator:
                    case code.Call(function=code.Attribute(value=base, name="on_event"), arguments=(event, *_)) if (
                        self._is_app_or_router(base, scope.parent)
                    ):
                        self._starter(scope, self._event(event, scope.parent), decorator, scope.parent)
                        self.events.append(Event(decorator, scope.parent, "on_event", base))
        for node in scope.nodes.of(code.Call, code.Assign):
            match node:
                case code.Call(function=code.Attribute(value=base, name="add_event_handler")) if self._is_app_or_router(
                    base, scope
                ):
                    given = {k.name: k.value for k in node.keywords}
                    given |= dict(zip(("event_type", "func"), node.arguments, strict=False))
                    self.events.append(Event(node, scope, "add_event_handler", base))
                    if "event_type" in given and "func" in given:
                        self._starters((given["func"],), scope, self._event(given["event_type"], scope), node)
                case code.Call(
                    function=code.Call(function=code.Attribute(value=base, name="on_event"), arguments=(event, *_)),
                    arguments=(handler, *_),
                ) if self._is_app_or_router(base, scope):
                    self.events.append(Event(node, scope, "on_event", base))
                    self._starters((handler,), scope, self._event(event, scope), node)
                case code.Call(
                    function=code.Attribute(
                        value=code.Attribute(value=base, name="on_startup" | "on_shutdown" as listed), name="append"
                    ),
                    arguments=(handler,),
                ) if self._is_app_or_router(base, scope):
                    self.events.append(Event(node, scope, f"{listed}.append", base))
                    self._starters((handler,), scope, "startup" if listed == "on_startup" else "shutdown", node)
                case code.Call():
                    self._call(node, scope)
                case code.Assign(targets=targets, value=value) if value is not None:
                    for target in targets:
                        match target:
                            case code.Attribute(name="lifespan_context" | "lifespan"):
                                self._starters((value,), scope, "lifespan", node)

    def _is_app_or_router(self, base: code.Expression, scope: Scope) -> bool:
        values = self.names.infer(base, scope)
        if not values:
            return code.dotted(base).rpartition(".")[2].lower().endswith(("app", "router"))
        return any(
            (isinstance(v, Instance) and self.names.is_a(v.type, *catalogue.APPS, *catalogue.ROUTERS))
            or getattr(v, "name", "") == "router"
            for v in values
        )

    def _can_make(self, node: code.Call) -> bool:
        """Whether a call can make an app or router, as far as its looks tell."""
        match node.function:
            case code.Name(id=name) | code.Attribute(name=name):
                if name in self._makers or name == "__init__":
                    return True
        return any(k.name in _GIVING for k in node.keywords)

    def _event(self, event: code.Expression, scope: Scope) -> Literal["startup", "shutdown"]:
        return "shutdown" if self.names.text(event, scope) == "shutdown" else "startup"

    def _call(self, node: code.Call, scope: Scope) -> None:
        if not self._can_make(node):
            return
        made = self.names.infer(node, scope)
        is_app = any(
            isinstance(v, Instance)
            and v.creation is not None
            and v.creation.call is node
            and self.names.is_a(v.type, *catalogue.APPS)
            for v in made
        )
        is_router = any(isinstance(v, Instance) and self.names.is_a(v.type, *catalogue.ROUTERS) for v in made)
        is_super = (
            isinstance(scope, FunctionScope)
            and scope.owner is not None
            and _is_super_init(node)
            and (self.names.is_a(scope.owner, *catalogue.APPS))
        )
        if not (is_app or is_router or is_super):
            return
        given: code.Node | None = None
        keywords, is_open = self._keywords(node, scope)
        for keyword, where in keywords:
            match keyword.name:
                case "lifespan":
                    if not (isinstance(keyword.value, code.Constant) and keyword.value.value is None):
                        given = keyword
                        self._starters((keyword.value,), where, "lifespan", keyword)
                case "on_startup" | "on_shutdown" as name:
                    kind: Literal["startup", "shutdown"] = "startup" if name == "on_startup" else "shutdown"
                    if not _is_empty(keyword.value):
                        self.events.append(Event(keyword, where, f"{name}=", node))
                    for value in self.names.infer(keyword.value, where):
                        match value:
                            case Display(node=code.Sequence(elements=elements), scope=inner):
                                self._starters(elements, inner, kind, keyword)
        if is_app:
            self.applications.append(Application(node, scope, given, is_open))

    def _keywords(self, node: code.Call, scope: Scope) -> tuple[list[tuple[code.Keyword, Scope]], bool]:
        """Return the keywords of a call, each with where it stands, and whether others are possible.

        Those of each known `**mapping` are among them; of the `**kwargs` of a function they are those of its calls.
        """
        found: list[tuple[code.Keyword, Scope]] = []
        is_open = False
        pending: list[tuple[code.Expression, Scope, int]] = []
        for keyword in node.keywords:
            if keyword.name is not None:
                found.append((keyword, scope))
            else:
                pending.append((keyword.value, scope, 0))
        while pending:
            mapping, inside, depth = pending.pop()
            values = self.names.infer(mapping, inside) if depth < _DEEPEST else ()
            is_open = is_open or not values
            for value in values:
                match value:
                    case Display(node=code.Mapping(keys=keys, values=items), scope=inner):
                        for key, item in zip(keys, items, strict=True):
                            if key is None:
                                pending.append((item, inner, depth + 1))
                            elif (name := self.names.text(key, inner)) is None:
                                is_open = True
                            elif name:
                                found.append((code.Keyword(item.span, name, item), inner))
                    case _:
                        is_open = True
        return found, is_open

    def _parameters(self, node: code.Expression, scope: Scope) -> Iterator[tuple[FunctionScope, code.Parameter]]:
        """Yield the parameters that a name stands for, each with its function."""
        if isinstance(node, code.Name):
            for symbol in self.names.lookup(node.id, scope):
                match symbol:
                    case Symbol(scope=FunctionScope() as function, binding=ParameterBinding(node=parameter)):
                        yield function, parameter

    def _starters(
        self,
        nodes: Iterable[code.Expression],
        scope: Scope,
        kind: Literal["lifespan", "startup", "shutdown"],
        registered: code.Node,
    ) -> None:
        for node in nodes:
            for function in dict.fromkeys(self._functions(node, scope)):
                self._starter(function, kind, registered, scope)

    def _functions(self, node: code.Expression, scope: Scope, depth: int = 0) -> Iterator[FunctionScope]:
        values: list[Value] = list(self.names.infer(node, scope))
        if isinstance(node, code.Call) and not any(isinstance(v, (FunctionValue, Instance)) for v in values):
            # A library function that combines lifespans: those it is given.
            for argument in (*node.arguments, *(k.value for k in node.keywords)):
                values += self.names.infer(argument, scope)
        if depth < _DEEPEST:
            for function, parameter in self._parameters(node, scope):
                for call, where, skip in self.names.calls_of(function):
                    given = self.names.bind(function, call, where, skip).get(parameter.name)
                    if given is not None:
                        yield from self._functions(given, where, depth + 1)
        for value in values:
            match value:
                case FunctionValue(function=function):
                    yield function
                case Instance(type=ClassScope() as cls) | ClassValue(cls=cls):
                    for name in ("__call__", "__aenter__", "__aexit__"):
                        yield from self.names.methods(cls, name)

    def _starter(
        self, function: FunctionScope, kind: Literal["lifespan", "startup", "shutdown"], node: code.Node, scope: Scope
    ) -> None:
        self.starters.append(Starter(function, kind, node, scope))

    def reached(self, functions: Iterable[FunctionScope]) -> set[FunctionScope]:
        """Return the functions and all of the target's functions that they call, directly or not."""
        found: set[FunctionScope] = set()
        pending = list(functions)
        while pending:
            function = pending.pop()
            if function in found:
                continue
            found.add(function)
            pending += self.called_by(function)
        return found

    def called_by(self, function: FunctionScope) -> Iterator[FunctionScope]:
        """Yield the functions that a function calls, or hands to a call."""
        for node in chain(function.nodes.of(code.Call), function.deferred.of(code.Call)):
            yield from self.names.calls.run_by(node.function, function)
            for handed in node.arguments:
                if isinstance(handed, (code.Name, code.Attribute)):
                    values = self.names.infer(handed, function)
                    yield from (value.function for value in values if isinstance(value, FunctionValue))


def _is_empty(node: code.Expression) -> bool:
    match node:
        case code.Constant(value=None, other="") | code.Sequence(elements=()):
            return True
    return False


def _is_super_init(node: code.Call) -> bool:
    match node.function:
        case code.Attribute(value=code.Call(function=code.Name(id="super")), name="__init__"):
            return True
    return False
