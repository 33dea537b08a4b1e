"""Modules, classes and functions of the target, and what each name in them is bound to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple, TypeAlias, TypeVar, overload

from conformance.facts import code
from conformance.facts.nesting import Nested
from conformance.results import Place


class ImportBinding(NamedTuple):
    """A name bound by an import: `module` is absolute; `name` is "" where the module itself is bound."""

    node: code.ImportedName
    module: str
    name: str


class ValueBinding(NamedTuple):
    """A name bound to (a part of) the value of an expression.

    `how` says which part: "value" itself, "element" of what is iterated, "entered" by a with statement, "caught" by a
    handler, "matched" by a pattern, "added" by an augmented assignment. `path` are the positions of an unpacking.
    `reach` is the end of the block that the binding stands in: up to there, what it binds hides what came before.
    `within` is the function that binds a name of an outer scope by `global` or `nonlocal`.
    """

    node: code.Node
    value: code.Expression | None
    annotation: code.Expression | None
    how: str
    path: tuple[int, ...] = ()
    reach: tuple[int, int] = (0, 0)
    within: FunctionScope | None = None


class ParameterBinding(NamedTuple):
    """A name bound to an argument."""

    node: code.Parameter
    position: int


class LambdaBinding(NamedTuple):
    """A name bound to an argument of a lambda; it is known in the lambda's body alone."""

    node: code.Lambda
    position: int


Kind = TypeVar("Kind", bound=code.Node)


class Nodes(list[code.Node]):
    """Records in the order of the source, which can be asked for by kind: few of a scope's matter to anybody."""

    __slots__ = ("_places",)

    _places: dict[type, list[int]]

    @overload
    def of(self, kind: type[Kind], /) -> list[Kind]: ...

    @overload
    def of(self, *kinds: type[code.Node]) -> list[code.Node]: ...

    def of(self, *kinds: type[Any]) -> list[Any]:
        """Return the records of some kinds; not to be asked before all are there."""
        if not self:
            return []
        try:
            places = self._places
        except AttributeError:
            places = self._places = self._placed()
        found = [places[kind] for kind in kinds if kind in places]
        if not found:
            return []
        return [self[place] for place in (found[0] if len(found) == 1 else sorted(chain.from_iterable(found)))]

    def _placed(self) -> dict[type, list[int]]:
        places: defaultdict[type, list[int]] = defaultdict(list)
        for place, node in enumerate(self):
            places[type(node)].append(place)
        return places


@dataclass(eq=False, slots=True)
class ModuleScope:
    """A module of the target.

    Attributes:
        nodes: the records of the module's own scope, in the order of the source; functions and classes not entered.
        deferred: those in bodies of lambdas, which run later; `lambdas` are what those take, by name.
        name: the dotted name, counted from its source root.
        path: the file, relative to the target's root, with `/`.
        source_root: the folder that the name counts from, relative to the target's root.
        roles: what the module is for, with the evidence for each.
    """

    name: str
    path: str
    is_package: bool
    is_test: bool
    source_root: str
    source: code.ModuleCode
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    functions: list[FunctionScope] = field(default_factory=list)
    classes: list[ClassScope] = field(default_factory=list)
    stars: list[tuple[str, code.ImportFrom]] = field(default_factory=list)
    nodes: Nodes = field(default_factory=Nodes)
    deferred: Nodes = field(default_factory=Nodes)
    lambdas: dict[str, list[LambdaBinding]] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    _inner: tuple[list[ClassScope | FunctionScope], Nested] | None = None
    """The classes and functions by where they stand; not to be asked for before all are there."""

    @property
    def module(self) -> ModuleScope:
        return self

    @property
    def parent(self) -> None:
        return None

    @property
    def symbol(self) -> str:
        return ""

    @property
    def key(self) -> str:
        return self.name

    @property
    def body(self) -> tuple[code.Statement, ...]:
        return self.source.body

    def contains(self, other: ModuleScope) -> bool:
        """Return whether it is a package in which another module lies."""
        return self.is_package and other.name.startswith(f"{self.name}.")

    def place(self, node: code.Node | code.Span) -> Place:
        """Return the place of a node; the symbol is that of the innermost function or class that holds it."""
        span = _span_of(node)
        if self._inner is None:
            inner: list[ClassScope | FunctionScope] = [*self.classes, *self.functions]
            inner.sort(key=lambda scope: (scope.node.span[0], -scope.node.span[2]))
            self._inner = inner, Nested([(scope.node.span[0], scope.node.span[2]) for scope in inner])
        scopes, nested = self._inner
        holding = (scopes[number] for number in nested.around(span[0]))
        symbols = (scope.symbol for scope in holding if span[2] <= scope.node.span[2])
        return Place(self.path, span, self.name, max(symbols, key=len, default=""))

    def has_role(self, *roles: str) -> bool:
        """Return whether the module holds one of the roles."""
        return any(role in self.roles for role in roles)


@dataclass(eq=False, slots=True)
class ClassScope:
    """A class of the target; `bindings`, `nodes` and `deferred` are those of its body."""

    name: str
    node: code.Class
    parent: Scope
    module: ModuleScope
    symbol: str
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    nodes: Nodes = field(default_factory=Nodes)
    deferred: Nodes = field(default_factory=Nodes)
    lambdas: dict[str, list[LambdaBinding]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.module.name}.{self.symbol}"

    @property
    def body(self) -> tuple[code.Statement, ...]:
        return self.node.body

    @property
    def place(self) -> Place:
        return Place(self.module.path, header(self.node), self.module.name, self.symbol)

    def method(self, name: str) -> FunctionScope | None:
        """Return the last function of that name in the class body."""
        for binding in reversed(self.bindings.get(name, [])):
            if isinstance(binding, FunctionScope):
                return binding
        return None

    @property
    def methods(self) -> Iterator[FunctionScope]:
        for bindings in self.bindings.values():
            for binding in bindings:
                if isinstance(binding, FunctionScope):
                    yield binding


@dataclass(eq=False, slots=True)
class FunctionScope:
    """A function or method of the target; `bindings` are its parameters and locals, `nodes` those of its own scope."""

    name: str
    node: code.Function
    parent: Scope
    module: ModuleScope
    symbol: str
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    nodes: Nodes = field(default_factory=Nodes)
    deferred: Nodes = field(default_factory=Nodes)
    lambdas: dict[str, list[LambdaBinding]] = field(default_factory=dict)
    outer_names: dict[str, str] = field(default_factory=dict)
    """Names declared `global` or `nonlocal`, and which of the two."""

    @property
    def key(self) -> str:
        return f"{self.module.name}.{self.symbol}"

    @property
    def body(self) -> tuple[code.Statement, ...]:
        return self.node.body

    @property
    def parameters(self) -> tuple[code.Parameter, ...]:
        return self.node.parameters

    @property
    def place(self) -> Place:
        """The line of the `def`."""
        return Place(self.module.path, header(self.node), self.module.name, self.symbol)

    @property
    def qualified(self) -> str:
        """What Python calls `__qualname__`: `Class.method`, `outer.<locals>.inner`."""
        match self.parent:
            case FunctionScope(qualified=outer):
                return f"{outer}.<locals>.{self.name}"
            case ClassScope(symbol=outer):
                return f"{outer}.{self.name}"
        return self.name

    @property
    def owner(self) -> ClassScope | None:
        """The class whose method this is."""
        return self.parent if isinstance(self.parent, ClassScope) else None

    def parameter(self, name: str) -> code.Parameter | None:
        for parameter in self.node.parameters:
            if parameter.name == name:
                return parameter
        return None


Scope: TypeAlias = ModuleScope | ClassScope | FunctionScope
Binding: TypeAlias = ImportBinding | ValueBinding | ParameterBinding | LambdaBinding | FunctionScope | ClassScope


def _span_of(node: code.Node | code.Span) -> code.Span:
    return node if isinstance(node, tuple) else node.span


def header(node: code.Function | code.Class) -> code.Span:
    """Return the span of `def name` or `class name`: what a finding about the definition points at."""
    line, column, *_ = node.span
    keyword = "class " if isinstance(node, code.Class) else "async def " if node.is_async else "def "
    return (line, column, line, column + len(keyword) + len(node.name))


def absolute_module(module: ModuleScope, name: str, level: int) -> str:
    """Return the absolute name of `from <dots><name> import …` in `module`; "" where the dots lead out of the root."""
    if level == 0:
        return name
    parts = module.name.split(".")
    drop = level - 1 if module.is_package else level
    if drop >= len(parts) + (1 if name else 0):
        return name if drop == len(parts) else ""
    base = parts[: len(parts) - drop]
    return ".".join([*base, name] if name else base)


def build_module(
    name: str, path: str, source_root: str, module_code: code.ModuleCode, *, is_package: bool, is_test: bool
) -> ModuleScope:
    """Return the module with all its scopes and their bindings."""
    module = ModuleScope(name, path, is_package, is_test, source_root, module_code)
    _Binder(module).run()
    return module


_END = (1 << 60, 0)


class _Binder:
    """Fills the bindings of a module and of all scopes in it: one walk with a stack of its own."""

    def __init__(self, module: ModuleScope) -> None:
        self.module = module
        self.reach = _END

    def run(self) -> None:
        """Walk; each node on the stack has its scope and the end of the block that it stands in."""
        self._walk([(s, self.module, _END) for s in reversed(self.module.source.body)], deferred=False)

    def _walk(self, pending: list[_Pending], *, deferred: bool) -> None:
        while pending:
            node, scope, reach = pending.pop()
            (scope.deferred if deferred else scope.nodes).append(node)
            kind = type(node)
            if kind in _LEAVES:
                continue
            if kind in _BINDING:
                self.reach = reach
                pending += self._bind(node, scope)[::-1]
            else:
                pending += [(child, scope, reach) for child in reversed(code.children(node))]

    def _bind(self, node: code.Node, scope: Scope) -> list[_Pending]:
        """Bind what the node binds, and return what is to be looked at below it."""
        match node:
            case code.Function():
                return self._function(node, scope)
            case code.Class():
                return self._class(node, scope)
            case code.Assign(targets=targets, value=value, annotation=annotation, operator=operator):
                how = "added" if operator else "value"
                for target in targets:
                    self._target(target, ValueBinding(node, value, annotation, how, (), self.reach), scope)
            case code.NamedExpression(target=target, value=value):
                self._target(target, ValueBinding(node, value, None, "value", (), self.reach), scope)
            case code.For(target=target, source=source):
                self._target(target, ValueBinding(node, source, None, "element", (), node.span[2:]), scope)
            case code.Generator(target=target, source=source):
                self._target(target, ValueBinding(node, source, None, "element"), scope)
            case code.WithItem(manager=manager, target=target) if target is not None:
                self._target(target, ValueBinding(node, manager, None, "entered", (), self.reach), scope)
            case code.Handler(exception=exception, name=str(name)):
                self._add(scope, name, ValueBinding(node, exception, None, "caught", (), node.span[2:]))
            case code.Match(subject=subject, cases=cases):
                for case in cases:
                    for capture in case.captures:
                        value = _captured(subject, capture)
                        bound = ValueBinding(case, value, None, "matched", (), case.body[-1].span[2:])
                        self._add(scope, capture.name, bound)
            case code.Import() | code.ImportFrom():
                self._import(node, scope)
                return []
            case code.Scope(kind=kind, names=names):
                if isinstance(scope, FunctionScope):
                    scope.outer_names.update(dict.fromkeys(names, kind))
                return []
            case code.Lambda(parameters=parameters, body=body):
                for position, parameter in enumerate(parameters):
                    scope.lambdas.setdefault(parameter.name, []).append(LambdaBinding(node, position))
                now: list[_Pending] = [(p.default, scope, self.reach) for p in parameters if p.default is not None]
                self._walk([(body, scope, self.reach)], deferred=True)
                return now
        return [(child, scope, reach) for child, reach in self._below(node)]

    def _below(self, node: code.Node) -> Iterator[tuple[code.Node, tuple[int, int]]]:
        """Yield the children of a node, each with the end of its block."""
        if not isinstance(node, _COMPOUND):
            for child in code.children(node):
                yield child, self.reach
            return
        reach: dict[int, tuple[int, int]] = {}
        for block in code.blocks(node):
            reach |= dict.fromkeys(map(id, block), block[-1].span[2:])
        for child in code.children(node):
            yield child, reach.get(id(child), self.reach)

    def _import(self, node: code.Import | code.ImportFrom, scope: Scope) -> None:
        if isinstance(node, code.Import):
            for imported in node.names:
                top = imported.name if imported.alias else imported.name.partition(".")[0]
                self._add(scope, imported.alias or top, ImportBinding(imported, top, ""))
            return
        source = absolute_module(self.module, node.module, node.level)
        for imported in node.names:
            if imported.name == "*":
                self.module.stars.append((source, node))
            else:
                self._add(scope, imported.alias or imported.name, ImportBinding(imported, source, imported.name))

    def _function(self, node: code.Function, scope: Scope) -> list[_Pending]:
        symbol = f"{scope.symbol}.{node.name}" if scope.symbol else node.name
        function = FunctionScope(node.name, node, scope, self.module, symbol)
        self.module.functions.append(function)
        self._add(scope, node.name, function)
        for position, parameter in enumerate(node.parameters):
            function.bindings.setdefault(parameter.name, []).append(ParameterBinding(parameter, position))
        outer = [*node.decorators, *(p.default for p in node.parameters if p.default is not None)]
        return [(child, scope, self.reach) for child in outer] + [(s, function, _END) for s in node.body]

    def _class(self, node: code.Class, scope: Scope) -> list[_Pending]:
        symbol = f"{scope.symbol}.{node.name}" if scope.symbol else node.name
        cls = ClassScope(node.name, node, scope, self.module, symbol)
        self.module.classes.append(cls)
        self._add(scope, node.name, cls)
        outer: list[_Pending] = [(d, scope, self.reach) for d in (*node.decorators, *node.bases, *node.keywords)]
        return outer + [(s, cls, _END) for s in node.body]

    def _target(self, target: code.Expression, binding: ValueBinding, scope: Scope) -> None:
        match target:
            case code.Name(id=name):
                self._add(scope, name, binding)
            case code.Sequence(elements=elements):
                for position, element in enumerate(elements):
                    part = binding._replace(path=(*binding.path, position), annotation=None)
                    self._target(element, part, scope)
            case code.Starred(value=inner):
                self._target(inner, binding._replace(value=None), scope)

    def _add(self, scope: Scope, name: str, binding: Binding) -> None:
        if isinstance(scope, FunctionScope) and name in scope.outer_names:
            if isinstance(binding, ValueBinding):
                binding = binding._replace(within=scope)
            if scope.outer_names[name] == "global":
                self.module.bindings.setdefault(name, []).append(binding)
                return
            outer: Scope | None = scope.parent
            while isinstance(outer, FunctionScope) and name not in outer.bindings:
                outer = outer.parent
            if isinstance(outer, FunctionScope):
                outer.bindings[name].append(binding)
                return
        scope.bindings.setdefault(name, []).append(binding)


def _captured(subject: code.Expression, capture: code.Capture) -> code.Expression | None:
    """Return the expression for what a pattern binds a name to: `case {"a": x}` binds it to `subject["a"]`."""
    if capture.path is None:
        return None
    found = subject
    for step in capture.path:
        match step:
            case ("of", str(name)):
                found = code.Attribute(subject.span, found, name)
            case (_, key):
                found = code.Subscript(subject.span, found, code.Constant(subject.span, key))
    return found


_Pending: TypeAlias = tuple[code.Node, Scope, tuple[int, int]]
_BINDING = frozenset(
    {code.Function, code.Class, code.Assign, code.NamedExpression, code.For, code.Generator, code.WithItem,
     code.Handler, code.Match, code.Case, code.Import, code.ImportFrom, code.Scope, code.Lambda, code.If,
     code.While, code.With, code.Try}
)  # fmt: skip
_LEAVES = code.LEAVES - _BINDING
_COMPOUND = (code.If, code.While, code.For, code.With, code.Try, code.Handler, code.Match, code.Case)


MOST_BINDINGS = 200
"""How often a local may be bound for its uses to be told apart; each of more of them is taken to see all bindings."""


def visible_bindings(bindings: list[Binding], span: code.Span) -> list[Binding]:
    """Return the bindings of a function's local that a use at `span` can see.

    The last binding that is certain to have run before the use hides all that stand before it.
    """
    if not 1 < len(bindings) <= MOST_BINDINGS:
        return bindings
    at = span[:2]
    latest = -1
    for position, binding in enumerate(bindings):
        match binding:
            case ParameterBinding():
                latest = position
            case ValueBinding(node=node, how=how, reach=reach) if how != "added":
                start = node.span[:2] if isinstance(node, (code.For, code.Handler)) else node.span[2:]
                if start <= at <= reach:
                    latest = position
    if latest < 0:
        return bindings
    return [
        binding
        for position, binding in enumerate(bindings)
        if position == latest
        or (position > latest and (not isinstance(binding, ValueBinding) or binding.node.span[2:] <= at))
    ]


def scopes_of(module: ModuleScope) -> Iterator[Scope]:
    """Yield the module, its classes and its functions."""
    yield module
    yield from module.classes
    yield from module.functions


def enclosing(scope: Scope | None) -> Iterator[FunctionScope]:
    """Yield the functions that a scope is, or stands in, the innermost first."""
    while scope is not None:
        if isinstance(scope, FunctionScope):
            yield scope
        scope = scope.parent


def enclosing_class(scope: Scope | None) -> ClassScope | None:
    """Return the innermost class that a scope is, or stands in."""
    while scope is not None and not isinstance(scope, ClassScope):
        scope = scope.parent
    return scope
