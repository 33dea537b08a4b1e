"""Dependency injection: each `Depends`, the provider behind it, the aliases, the endpoints and their routers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from conformance.facts import code
from conformance.program import catalogue
from conformance.program.inference import Inference
from conformance.program.rings import rings
from conformance.program.scopes import (
    ClassScope,
    FunctionScope,
    ModuleScope,
    ParameterBinding,
    Scope,
    ValueBinding,
    scopes_of,
)
from conformance.program.values import (
    Annotation,
    ClassValue,
    Creation,
    Display,
    External,
    FunctionValue,
    Instance,
    LambdaValue,
    Member,
    Symbol,
    TypeReference,
    Value,
    Values,
)
from conformance.results import Place

VERBS = frozenset({"get", "post", "put", "delete", "patch", "head", "options", "trace", "api_route", "websocket"})
_ADDED = {"add_api_route": "http", "add_api_websocket_route": "websocket"}


@dataclass(eq=False, slots=True)
class Provider:
    """What stands in a `Depends(…)` or `Security(…)`.

    Attributes:
        target: the function, the class, or the lambda of the target; the name of what another distribution defines.
        values: what `Depends` was given: the keys by which it can be overridden.
        uses: where it is referenced.
    """

    target: FunctionScope | ClassScope | LambdaValue | str
    values: set[Value] = field(default_factory=set)
    uses: list[Use] = field(default_factory=list)

    @property
    def function(self) -> FunctionScope | None:
        """The function that runs: the provider itself, or the `__init__` of a class."""
        match self.target:
            case FunctionScope():
                return self.target
            case ClassScope():
                return self.target.method("__init__")
        return None

    @property
    def name(self) -> str:
        match self.target:
            case FunctionScope(name="__call__", parent=ClassScope(name=owner)):
                return owner
            case FunctionScope(name=name) | ClassScope(name=name):
                return name
            case str():
                return self.target.rpartition(".")[2]
        return "lambda"

    @property
    def module(self) -> ModuleScope | None:
        match self.target:
            case FunctionScope(module=module) | ClassScope(module=module):
                return module
        return None

    @property
    def place(self) -> Place | None:
        """The line of the `def` or `class`; None for what another distribution defines, and for a lambda."""
        match self.target:
            case FunctionScope() | ClassScope():
                return self.target.place
        return None

    @property
    def is_guard(self) -> bool:
        """It supplies no value: referenced only in `dependencies=[…]`, or by parameters typed exactly None.

        What tests do with it tells only of what nothing else refers to.
        """
        uses = tuple(self.own_uses) or self.uses
        return bool(uses) and all(use.supplies_nothing for use in uses)

    @property
    def own_uses(self) -> Iterator[Use]:
        """The uses in code of the target that is no test."""
        return (use for use in self.uses if not use.scope.module.is_test)


@dataclass(eq=False, slots=True)
class Injection:
    """One `Depends(…)` or `Security(…)`.

    Attributes:
        call: the call; `scope` is where it stands.
        provider: None where it is not known what is depended on.
        kind: which of the two.
        has_scopes: it is a `Security(p, scopes=[…])`.
        made_by_call: the provider is made by a call: `Depends(require_role("admin"))`.
        twins: further definitions of the provider's name: `if …: def get_db(…)`, `else: def get_db(…)`.
    """

    call: code.Call
    scope: Scope
    provider: Provider | None
    kind: Literal["Depends", "Security"]
    has_scopes: bool
    made_by_call: bool
    twins: tuple[Provider, ...] = ()


@dataclass(eq=False, slots=True)
class Alias:
    """A module-level name bound to `Annotated[T, Depends(p)]`.

    Attributes:
        symbol: the name where it is bound.
        node: the whole assignment.
        repeats: it merely gives another alias a second name or wraps it: the `Depends` stands elsewhere.
    """

    symbol: Symbol
    node: code.Node
    annotation: Annotation
    injection: Injection
    repeats: bool

    @property
    def name(self) -> str:
        return self.symbol.name

    @property
    def module(self) -> ModuleScope:
        return self.symbol.module

    @property
    def place(self) -> Place:
        return self.module.place(self.node)


@dataclass(eq=False, slots=True)
class Use:
    """One place where a provider is depended on.

    `function` and `parameter` are set for a parameter, `alias` where the parameter is typed with one (or the use is the
    alias itself), `supplies_nothing` for a `dependencies=[…]` list and for a parameter typed exactly None.
    """

    kind: Literal["parameter", "alias", "list", "attribute"]
    injection: Injection
    node: code.Node
    scope: Scope
    function: FunctionScope | None = None
    parameter: code.Parameter | None = None
    annotation: Annotation | None = None
    alias: Alias | None = None
    supplies_nothing: bool = False

    @property
    def place(self) -> Place:
        return self.scope.module.place(self.node)


@dataclass(eq=False, slots=True)
class Endpoint:
    """A function registered on an app or router.

    Attributes:
        call: the decorator, or the call of `add_api_route`; `scope` is where it stands.
        method: the verb: `get`, `websocket`, `api_route`, ….
        routers: the objects that it may be registered on.
    """

    function: FunctionScope
    call: code.Call
    scope: Scope
    method: str
    routers: Values

    @property
    def is_websocket(self) -> bool:
        return self.method in {"websocket", "add_api_websocket_route"}

    @property
    def module(self) -> ModuleScope:
        """The module whose route it is: where it is registered."""
        return self.function.module


class Inclusion(NamedTuple):
    """`outer.include_router(inner, …)`."""

    outer: Values
    inner: Values
    call: code.Call
    scope: Scope


class DependencyInjection:
    """All of the target's dependency injection, computed once."""

    def __init__(self, names: Inference) -> None:
        self.names = names
        self.providers: dict[object, Provider] = {}
        self.aliases: dict[tuple[Scope, str], Alias] = {}
        self.endpoints: list[Endpoint] = []
        self.inclusions: list[Inclusion] = []
        self.uses_of_function: dict[FunctionScope, list[Use]] = defaultdict(list)
        self.uses_of_class: dict[ClassScope, list[Use]] = defaultdict(list)
        self.lists: list[tuple[code.Call, Scope, tuple[Use, ...]]] = []
        self._injections: dict[tuple[int, int, tuple[TypeReference, ...]], tuple[Injection, ...]] = {}
        self._list_uses: dict[tuple[int, int], tuple[Use, ...]] = {}
        self._parents: dict[int, list[Inclusion]] = defaultdict(list)
        self._into: dict[int, list[Use]] = {}
        for module in names.modules:
            self._find_aliases(module)
        for module in names.modules:
            for scope in scopes_of(module):
                self._look_through(scope)
        for module in names.modules:
            for function in module.functions:
                self._find_parameters(function)
            for cls in module.classes:
                self._find_fields(cls)
        for inclusion in self.inclusions:
            made = {id(v.creation.call) for v in inclusion.inner if isinstance(v, Instance) and v.creation is not None}
            for call in made:
                self._parents[call].append(inclusion)
        self.endpoint_functions = {endpoint.function: endpoint for endpoint in self.endpoints}

    # --- reading one Depends ---------------------------------------------------------------------------------------

    def injections(
        self, node: code.Expression, scope: Scope, annotated: Annotation | None = None
    ) -> tuple[Injection, ...]:
        """Return the `Depends` that an expression stands for; `annotated` is the type beside a bare `Depends()`."""
        key = (id(node), id(scope), annotated.types if annotated is not None and _may_name_nothing(node) else ())
        known = self._injections.get(key)
        if known is None:
            known = tuple(
                self._injection(value.creation, node, scope, annotated)
                for value in self.names.infer(node, scope)
                if isinstance(value, Instance) and value.type in catalogue.DEPENDS and value.creation is not None
            )
            self._injections[key] = known
        return known

    def _injection(
        self, creation: Creation, node: code.Expression, scope: Scope, annotated: Annotation | None
    ) -> Injection:
        call, inner = creation.call, creation.scope
        argument = next(iter(call.arguments), None)
        scopes = False
        for keyword in call.keywords:
            if keyword.name == "dependency":
                argument = keyword.value
            elif keyword.name == "scopes":
                scopes = not (isinstance(keyword.value, code.Sequence) and not keyword.value.elements)
        security = any(r == External("fastapi.Security") for r in self.names.resolve(call.function, inner))
        made_by_call = False
        values: Values = ()
        if argument is None:
            if annotated is not None:
                values = tuple(
                    ClassValue(t.type) if isinstance(t.type, ClassScope) else External(t.type) for t in annotated.types
                )
        else:
            argument, where = self._substituted(argument, inner, node, scope)
            values = self.names.infer(argument, where)
            made_by_call = self._is_made_by_call(argument, where)
        provider = self._provider(values)
        kind: Literal["Depends", "Security"] = "Security" if security else "Depends"
        return Injection(call, inner, provider, kind, scopes, made_by_call, self._twins(provider, values))

    def _twins(self, provider: Provider | None, values: Values) -> tuple[Provider, ...]:
        if provider is None or not isinstance(provider.target, FunctionScope):
            return ()
        first = provider.target
        others = [
            self._provider((value,))
            for value in values
            if isinstance(value, FunctionValue)
            and value.function is not first
            and (value.function.name, value.function.parent) == (first.name, first.parent)
        ]
        return tuple(dict.fromkeys(other for other in others if other is not None and other is not provider))

    def _substituted(
        self, argument: code.Expression, inner: Scope, node: code.Expression, scope: Scope
    ) -> tuple[code.Expression, Scope]:
        """Of `def inject(p): return Depends(p)` called by `node`: what the call gives for `p`."""
        if isinstance(argument, code.Name) and isinstance(node, code.Call) and isinstance(inner, FunctionScope):
            for symbol in self.names.lookup(argument.id, inner):
                if (
                    isinstance(symbol, Symbol)
                    and isinstance(symbol.binding, ParameterBinding)
                    and symbol.scope is inner
                ):
                    bound = self.names.bind(inner, node, scope).get(argument.id)
                    if bound is not None:
                        return bound, scope
        return argument, inner

    def _is_made_by_call(self, argument: code.Expression, scope: Scope) -> bool:
        if isinstance(argument, code.Call):
            return not any(
                isinstance(r, External) and r.name in {"functools.partial", "functools.lru_cache", "functools.cache"}
                for r in self.names.resolve(argument.function, scope)
            )
        return any(
            isinstance(resolved, Symbol)
            and isinstance(resolved.binding, ValueBinding)
            and isinstance(resolved.binding.value, code.Call)
            and self._is_made_by_call(resolved.binding.value, resolved.scope)
            for resolved in self.names.resolve(argument, scope)
        )

    def _provider(self, values: Values) -> Provider | None:
        for value in values:
            target: FunctionScope | ClassScope | LambdaValue | str | None = None
            match value:
                case FunctionValue(function=function) if not _is_overload(function):
                    target = function
                case ClassValue(cls=cls):
                    target = cls
                case Instance(type=ClassScope() as cls):
                    for method in self.names.methods(cls, "__call__"):
                        target = method
                    if target is None:
                        target = next((b for b in self.names.ancestry(cls) if isinstance(b, str)), None)
                case Instance(type=str(name)) | External(name=name):
                    target = name
                case Member(instance=Instance(type=str(name)), name=attribute):
                    target = f"{name}.{attribute}"
                case LambdaValue():
                    target = value
            if target is not None:
                provider = self.providers.setdefault(target, Provider(target))
                provider.values.add(value)
                return provider
        return None

    # --- aliases ---------------------------------------------------------------------------------------------------

    def _find_aliases(self, module: ModuleScope) -> None:
        for name, bindings in module.bindings.items():
            for binding in bindings:
                if not isinstance(binding, ValueBinding) or binding.how != "value" or binding.path:
                    continue
                if not isinstance(binding.value, (code.Subscript, code.Name, code.Attribute, code.BinaryOperation)):
                    continue
                symbol = Symbol(module, name, binding)
                annotation = self.names.annotation(binding.value, module)
                written = {id(node) for node in code.walk(binding.value)} if annotation.metadata else set()
                for located in annotation.metadata:
                    for injection in self.injections(located.node, located.scope, annotation):
                        repeats = bool(annotation.aliases) and id(located.node) not in written
                        alias = Alias(symbol, binding.node, annotation, injection, repeats)
                        self.aliases[(module, name)] = alias
                        self._use(
                            Use(
                                "alias", injection, binding.node, module, annotation=annotation, alias=alias,
                                supplies_nothing=_is_exactly_none(annotation),
                            )
                        )  # fmt: skip

    def alias_of(self, annotation: Annotation) -> Alias | None:
        """Return the outermost alias that an annotation goes through."""
        for symbol in annotation.aliases:
            alias = self.aliases.get((symbol.scope, symbol.name))
            if alias is not None:
                return alias
        return None

    # --- uses ------------------------------------------------------------------------------------------------------

    def _use(self, use: Use) -> Use:
        for provider in (use.injection.provider, *use.injection.twins):
            if provider is not None:
                provider.uses.append(use)
        return use

    def _find_parameters(self, function: FunctionScope) -> None:
        for parameter in function.parameters:
            for use in self._parameter_uses(parameter, parameter.annotation, parameter.default, function.parent):
                use.function, use.parameter = function, parameter
                self.uses_of_function[function].append(self._use(use))

    def _parameter_uses(
        self,
        node: code.Node,
        annotation: code.Expression | None,
        default: code.Expression | None,
        scope: Scope,
    ) -> Iterator[Use]:
        declared = None if annotation is None else self.names.annotation(annotation, scope)
        exactly_none = declared is not None and _is_exactly_none(declared)
        if declared is not None:
            for located in declared.metadata:
                for injection in self.injections(located.node, located.scope, declared):
                    inline = annotation is not None and _holds(annotation, located.node)
                    alias = None if inline else self.alias_of(declared)
                    yield Use(
                        "parameter", injection, node, scope, annotation=declared, alias=alias,
                        supplies_nothing=exactly_none,
                    )  # fmt: skip
        if default is not None and not isinstance(default, (code.Constant, code.Sequence, code.Mapping)):
            for injection in self.injections(default, scope, declared):
                yield Use("parameter", injection, node, scope, annotation=declared, supplies_nothing=exactly_none)

    def _find_fields(self, cls: ClassScope) -> None:
        for bindings in cls.bindings.values():
            for binding in bindings:
                if not isinstance(binding, ValueBinding):
                    continue
                for use in self._parameter_uses(binding.node, binding.annotation, binding.value, cls):
                    use.kind = "attribute"
                    self.uses_of_class[cls].append(self._use(use))

    def list_uses(self, node: code.Expression, scope: Scope) -> tuple[Use, ...]:
        """Return the uses in the value of a `dependencies=…` keyword."""
        key = (id(node), id(scope))
        if key not in self._list_uses:
            self._list_uses[key] = tuple(
                self._use(Use("list", injection, element, where, supplies_nothing=True))
                for element, where in self._elements(node, scope)
                for injection in self.injections(element, where)
            )
        return self._list_uses[key]

    def _elements(self, node: code.Expression, scope: Scope, depth: int = 0) -> Iterator[tuple[code.Expression, Scope]]:
        for value in self.names.infer(node, scope):
            match value:
                case Display(node=code.Sequence(elements=elements), scope=inner) if depth < 10:
                    for element in elements:
                        if isinstance(element, code.Starred):
                            yield from self._elements(element.value, inner, depth + 1)
                        else:
                            yield element, inner

    # --- endpoints and routers -------------------------------------------------------------------------------------

    def _look_through(self, scope: Scope) -> None:
        if isinstance(scope, FunctionScope):
            for decorator in scope.node.decorators:
                self._decorator(scope, decorator)
        for node in scope.nodes.of(code.Call):
            match node.function:
                case code.Attribute(value=base, name="include_router"):
                    self._inclusion(node, base, scope)
                case code.Attribute(value=base, name=name) if name in _ADDED:
                    self._added(node, base, name, scope)
                case code.Call(function=code.Attribute(value=base, name=verb)) as decorator if verb in VERBS:
                    self._decorated_by_hand(node, decorator, scope, verb, self.registrars(base, scope))
            for keyword in node.keywords:
                if keyword.name == "dependencies":
                    uses = self.list_uses(keyword.value, scope)
                    if uses:
                        self.lists.append((node, scope, uses))

    def _decorator(self, function: FunctionScope, decorator: code.Expression) -> None:
        scope = function.parent
        match decorator:
            case code.Call(function=code.Attribute(value=base, name=verb)) if verb in VERBS:
                routers = self.registrars(base, scope)
                if routers or self._looks_like_a_router(base, decorator, scope):
                    self.endpoints.append(Endpoint(function, decorator, scope, verb, routers))
            case code.Call(function=code.Name(id=name)):
                match self._bound_verb(name, scope):
                    case code.Attribute(value=base, name=verb), where if verb in VERBS:
                        routers = self.registrars(base, where)
                        if routers:
                            self.endpoints.append(Endpoint(function, decorator, scope, verb, routers))

    def _bound_verb(self, name: str, scope: Scope) -> tuple[code.Expression, Scope] | None:
        """Return what a name is bound to, `partial` taken away: `get = router.get`, `get = partial(router.get, …)`."""
        match self.names.lookup(name, scope):
            case (Symbol(binding=ValueBinding(value=code.Attribute() as bound), scope=where),):
                return bound, where
            case (Symbol(binding=ValueBinding(value=code.Call(arguments=(first, *_)) as made), scope=where),):
                if External("functools.partial") in self.names.resolve(made.function, where):
                    return first, where
        return None

    def _decorated_by_hand(
        self, node: code.Call, decorator: code.Call, scope: Scope, verb: str, routers: Values
    ) -> None:
        """Read `router.get("/x")(function)`."""
        for argument in node.arguments[:1] if routers else ():
            for value in self.names.infer(argument, scope):
                if isinstance(value, FunctionValue):
                    self.endpoints.append(Endpoint(value.function, decorator, scope, verb, routers))

    def registrars(self, base: code.Expression, scope: Scope) -> Values:
        """Return the apps and routers that an expression can be."""
        return tuple(
            value
            for value in self.names.expand(self.names.infer(base, scope))
            if (isinstance(value, Instance) and self.names.is_a(value.type, *catalogue.APPS, *catalogue.ROUTERS))
            or (
                isinstance(value, Member)
                and value.name == "router"
                and self.names.is_a(value.instance.type, *catalogue.APPS)
            )
        )

    def _looks_like_a_router(self, base: code.Expression, decorator: code.Call, scope: Scope) -> bool:
        """Whether an object of unknown type has a router's name and is given a path."""
        if self.names.infer(base, scope):
            return False
        name = base.id if isinstance(base, code.Name) else base.name if isinstance(base, code.Attribute) else ""
        if not name.lower().endswith(("router", "app", "api")):
            return False
        match decorator.arguments:
            case (code.Constant(value=str(path)), *_):
                return path == "" or path.startswith("/")
        return False

    def _added(self, node: code.Call, base: code.Expression, name: str, scope: Scope) -> None:
        routers = self.registrars(base, scope)
        if not routers and self.names.infer(base, scope):
            return
        arguments = [*node.arguments[1:2], *(k.value for k in node.keywords if k.name == "endpoint")]
        for argument in arguments[:1]:
            for value in self.names.infer(argument, scope):
                match value:
                    case FunctionValue(function=function):
                        self.endpoints.append(Endpoint(function, node, scope, name, routers))

    def _inclusion(self, node: code.Call, base: code.Expression, scope: Scope) -> None:
        arguments = [*node.arguments[:1], *(k.value for k in node.keywords if k.name == "router")]
        for argument in arguments[:1]:
            self.inclusions.append(
                Inclusion(self.registrars(base, scope), self.registrars(argument, scope), node, scope)
            )

    def always_injected(self, endpoint: Endpoint) -> tuple[Use, ...]:
        """Return what lists inject into the endpoint whichever way a request takes.

        The lists are those of its decorator, its router or app, and of what includes that router. Where a router is
        included more than once, what only some inclusions inject is left out; so is a list that is not always the same.
        """
        found = list(self._certain(endpoint.call, endpoint.scope))
        ways = [self._injected_into(v) for v in endpoint.routers if isinstance(v, Instance)]
        return tuple(found + self._common(ways))

    def registered_on(self, endpoint: Endpoint) -> set[int]:
        """Return the calls (by identity) that make the routers and apps which an endpoint is registered on or below."""
        found: set[int] = set()
        pending = [v for v in endpoint.routers if isinstance(v, Instance)]
        while pending:
            creation = pending.pop().creation
            if creation is not None and id(creation.call) not in found:
                found.add(id(creation.call))
                for inclusion in self._parents.get(id(creation.call), ()):
                    pending += [v for v in inclusion.outer if isinstance(v, Instance)]
        return found

    def inclusions_of(self, router: Instance) -> Iterator[Inclusion]:
        """Yield what includes a router of which it is known what makes it."""
        if router.creation is not None:
            yield from (each for each in self._parents.get(id(router.creation.call), ()) if router in each.inner)

    def _injected_into(self, router: Instance) -> list[Use]:
        creation = router.creation
        if creation is None:
            return []
        if id(creation.call) not in self._into:
            for ring in rings(creation, self._included_in):
                self._into.update((id(each.call), []) for each in ring)  # routers that are included in each other
                self._into.update((id(each.call), self._find_injected_into(each)) for each in ring)
        return self._into[id(creation.call)]

    def _included_in(self, creation: Creation) -> Iterator[Creation]:
        """Yield what makes the routers that include one, as far as it is unknown what these inject."""
        for inclusion in self._parents.get(id(creation.call), ()):
            for outer in inclusion.outer:
                if (
                    isinstance(outer, Instance)
                    and outer.creation is not None
                    and id(outer.creation.call) not in self._into
                ):
                    yield outer.creation

    def _find_injected_into(self, creation: Creation) -> list[Use]:
        ways: list[list[Use]] = []
        for inclusion in self._parents.get(id(creation.call), ()):
            if inclusion.scope.module.is_test:
                continue
            outer = [self._injected_into(v) for v in inclusion.outer if isinstance(v, Instance)]
            ways.append([*self._certain(inclusion.call, inclusion.scope), *self._common(outer)])
        own = [use for call, scope in self._making(creation) for use in self._certain(call, scope)]
        return _each_once([*own, *self._common(ways)])

    def _making(self, creation: Creation) -> Iterator[tuple[code.Call, Scope]]:
        """Yield the calls that make a router: its own, that of a `partial`, and `super().__init__` of its class."""
        call, scope = creation.call, creation.scope
        yield call, scope
        if isinstance(call.function, code.Name):
            match self.names.lookup(call.function.id, scope):
                case (Symbol(binding=ValueBinding(value=code.Call() as made), scope=where),):
                    if External("functools.partial") in self.names.resolve(made.function, where):
                        yield made, where
        for value in self.names.infer(call.function, scope):
            for method in self.names.methods(value.cls, "__init__") if isinstance(value, ClassValue) else ():
                for inner in method.nodes.of(code.Call):
                    match inner.function:
                        case code.Attribute(value=code.Call(function=code.Name(id="super")), name="__init__"):
                            yield inner, method

    def _common(self, ways: list[list[Use]]) -> list[Use]:
        if not ways:
            return []
        first, *others = ways
        return [u for u in first if all(any(self.is_same(u.injection, o.injection) for o in way) for way in others)]

    def _certain(self, call: code.Call, scope: Scope) -> Iterator[Use]:
        """Yield what the `dependencies` of a call inject, where that does not hang on a condition or a parameter."""
        for value, where in self._dependencies_of(call, scope):
            if isinstance(value, (code.Conditional, code.BooleanOperation)):
                continue
            given = self.names.resolve(value, where)
            if not any(isinstance(r, Symbol) and isinstance(r.binding, ParameterBinding) for r in given):
                yield from self.list_uses(value, where)

    def _dependencies_of(self, call: code.Call, scope: Scope) -> Iterator[tuple[code.Expression, Scope]]:
        """Yield what is given as `dependencies`, by its keyword or in a dict that is opened: `APIRouter(**COMMON)`."""
        for keyword in call.keywords:
            if keyword.name == "dependencies":
                yield keyword.value, scope
            elif keyword.name is None:
                for value in self.names.infer(keyword.value, scope):
                    if isinstance(value, Display) and isinstance(value.node, code.Mapping):
                        for key, given in zip(value.node.keys, value.node.values, strict=True):
                            if key is not None and self.names.text(key, value.scope) == "dependencies":
                                yield given, value.scope

    def is_same(self, one: Injection, other: Injection) -> bool:
        """Return whether two injections give the same: the provider, and what it was made of where a call makes it."""
        if one.provider is None or one.provider is not other.provider:
            return False
        if not one.made_by_call and not other.made_by_call:
            return True
        return self._maker(one) == self._maker(other)

    def _maker(self, injection: Injection) -> object:
        """Return what the provider of an injection is made by: the call without its position, names followed."""
        given = [*injection.call.arguments[:1], *(k.value for k in injection.call.keywords if k.name == "dependency")]
        node, scope = next(iter(given), None), injection.scope
        for _ in range(10):
            if not isinstance(node, (code.Name, code.Attribute)):
                break
            match self.names.resolve(node, scope):
                case (Symbol(binding=ValueBinding(value=value), scope=inner),) if value is not None:
                    node, scope = value, inner
                case _:
                    break
        return None if node is None else code.shape(node)

    # --- questions that several rules ask --------------------------------------------------------------------------

    def parameters_of(self, provider: Provider) -> tuple[code.Parameter, ...]:
        """Return the parameters of a provider that FastAPI fills, without `self`."""
        function = provider.function
        if function is None:
            return ()
        parameters = function.parameters
        if function.owner is not None and not any(code.dotted(d) == "staticmethod" for d in function.node.decorators):
            parameters = parameters[1:]
        return tuple(p for p in parameters if p.kind not in {"arguments", "keywords"})

    def uses_in(self, provider: Provider) -> tuple[Use, ...]:
        """Return what a provider itself depends on."""
        found: list[Use] = []
        if provider.function is not None:
            found += self.uses_of_function.get(provider.function, ())
        if isinstance(provider.target, ClassScope) and provider.target.method("__init__") is None:
            for base in self.names.ancestry(provider.target):
                if isinstance(base, ClassScope):
                    found += self.uses_of_class.get(base, ())
                    init = base.method("__init__")
                    if init is not None:
                        found += self.uses_of_function.get(init, ())
                        break
        return tuple(found)

    def is_parameter_class(self, provider: Provider) -> bool:
        """Whether a provider has parameters and all of them are values of the request: pagination and the like."""
        fields: list[tuple[code.Expression | None, Scope]] = []
        if provider.function is not None:
            fields = [(p.annotation, provider.function.parent) for p in self.parameters_of(provider)]
        elif isinstance(provider.target, ClassScope):
            fields = [
                (binding.annotation, cls)
                for cls in self.names.ancestry(provider.target)
                if isinstance(cls, ClassScope)
                for bindings in cls.bindings.values()
                for binding in bindings
                if isinstance(binding, ValueBinding) and binding.annotation is not None
            ]
        if not fields or self.uses_in(provider):
            return False
        for node, scope in fields:
            if node is None:
                continue
            for reference in self.names.annotation(node, scope).types:
                if self.names.is_a(reference.type, *catalogue.CONNECTIONS):
                    return False
        return True

    def reached_by_endpoints(self) -> set[Provider]:
        """Return the providers that some endpoint of no test depends on: directly, by a list, or through others."""
        pending: list[Provider] = []
        for endpoint in self.endpoints:
            if endpoint.module.is_test:
                continue
            uses: Iterable[Use] = self.uses_of_function.get(endpoint.function, ())
            if endpoint.function.owner is not None:
                uses = (*uses, *self.uses_of_class.get(endpoint.function.owner, ()))
            pending += _providers(uses)
        for _, scope, listed in self.lists:
            if not scope.module.is_test:
                pending += _providers(listed)
        found: set[Provider] = set()
        while pending:
            provider = pending.pop()
            if provider in found:
                continue
            found.add(provider)
            pending += _providers(self.uses_in(provider))
        return found


def _may_name_nothing(node: code.Expression) -> bool:
    """Whether it may be `Depends()`, which takes the class beside it: another one at each use of a generic alias."""
    if not isinstance(node, code.Call):
        return True  # a name for it
    return not node.arguments and not any(k.name == "dependency" for k in node.keywords)


def _is_overload(function: FunctionScope) -> bool:
    return any(code.dotted(d).rpartition(".")[2] == "overload" for d in function.node.decorators)


def _each_once(uses: list[Use]) -> list[Use]:
    """Return the uses without those of a provider that is used before: hundreds of routers may include each other."""
    found: dict[object, Use] = {}
    for use in uses:
        injection = use.injection
        found.setdefault(injection if injection.made_by_call or injection.provider is None else injection.provider, use)
    return list(found.values())


def _providers(uses: Iterable[Use]) -> list[Provider]:
    return [p for u in uses for p in (u.injection.provider, *u.injection.twins) if p is not None]


def _is_exactly_none(annotation: Annotation) -> bool:
    return annotation.nullable and not annotation.types and not annotation.opaque


def _holds(outer: code.Expression, inner: code.Expression) -> bool:
    return any(node is inner for node in code.walk(outer))
