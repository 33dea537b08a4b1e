"""The calls that construct a resource: of the catalogue, by a name's ending, and through the target's own code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from conformance.facts import code
from conformance.program import catalogue
from conformance.program.catalogue import Resource
from conformance.program.inference import Inference
from conformance.program.origins import CallSite, Origins, results_of
from conformance.program.scopes import ClassScope, FunctionScope, Scope, ValueBinding
from conformance.program.values import ClassValue, External, FunctionValue, Instance, LambdaValue, StateEntry, Value
from conformance.results import Place

CONSTRUCTORS = ("__init__", "__post_init__", "__attrs_post_init__", "model_post_init")
_FIELDS = frozenset(
    {"dataclasses.field", "attrs.field", "attr.ib", "attr.field", "pydantic.Field", "pydantic.fields.Field",
     "pydantic.PrivateAttr", "pydantic.dataclasses.Field", "attr.attrib"}
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Construction:
    """A call that makes a resource.

    Attributes:
        call: the call; `scope` is where it stands.
        resource: what is known of what it makes: kind, scope, whether there is anything to release, exactness.
        name: what is called, as a message names it: `httpx.AsyncClient`, `make_engine`.
        inner: the construction inside the target's function or class that is called; None where the library is.
    """

    call: code.Call
    scope: Scope
    resource: Resource
    name: str
    inner: Construction | None = None

    @property
    def place(self) -> Place:
        return self.scope.module.place(self.call)

    @property
    def innermost(self) -> Construction:
        """The construction that calls the library."""
        current = self
        while current.inner is not None:
            current = current.inner
        return current


_AROUND = 40
"""How many expressions outside a function are looked at to see that what it returns is made in it."""


class Resources:
    """Answers which calls construct a resource."""

    def __init__(self, names: Inference, origins: Origins, extra: tuple[str, ...] = ()) -> None:
        self.names = names
        self.origins = origins
        self.extra = frozenset(extra) | frozenset(map(catalogue.canonical, extra))
        self._calls: dict[tuple[int, int], Construction | None] = {}
        self._returned: dict[FunctionScope, tuple[Construction, ...]] = {}
        self._classes: dict[ClassScope, Construction | None] = {}
        self._bodies: dict[FunctionScope, tuple[Construction, ...]] = {}
        self._threads = {name: position for one, position in _THREADS.items() for name in names.spellings((one,))}

    def constructed_by(self, call: code.Call, scope: Scope) -> Construction | None:
        """Return the construction that a call is, and None where it makes no resource.

        A call of a target's function counts where the function returns what it constructs; one of a target's class
        where its `__init__` builds a resource or where it inherits one of a library. A generator's call does not.
        """
        key = (id(call), id(scope))
        if key not in self._calls:
            self._calls[key] = None  # a function that calls itself
            self._calls[key] = self._constructed_by(call, scope)
        return self._calls[key]

    def built_by(self, call: code.Call, scope: Scope) -> Construction | None:
        """Return what a call constructs on its way, whether it returns that or not; generators and hooks included."""
        found = self.constructed_by(call, scope)
        if found is not None:
            return found
        for value in self.names.infer(call.function, scope):
            if isinstance(value, FunctionValue):
                inner = next(iter(self.in_body(value.function)), None)
                if inner is not None:
                    return Construction(call, scope, inner.resource, _shown(call), inner)
        return None

    def in_scope(self, scope: Scope) -> Iterator[Construction]:
        """Yield the constructions among the calls of a scope, in the order of the source; nested scopes excluded."""
        for node in scope.nodes.of(code.Call):
            found = self.constructed_by(node, scope)
            if found is not None:
                yield found

    def in_body(self, function: FunctionScope) -> tuple[Construction, ...]:
        """Return what a call of a function constructs, in it or in a function of the target that it calls."""
        if function not in self._bodies:
            self._bodies[function] = ()  # a function that calls itself
            found: list[Construction] = []
            for node in function.nodes.of(code.Call):
                built = self.built_by(node, function)
                if built is not None:
                    found.append(built)
            self._bodies[function] = tuple(found)
        return self._bodies[function]

    def returned_by(self, function: FunctionScope) -> tuple[Construction, ...]:
        """Return the constructions in a function whose result it returns."""
        if function not in self._returned:
            self._returned[function] = ()
            if not function.node.is_generator:
                self._returned[function] = tuple(self._returns(function))
        return self._returned[function]

    def of_class(self, cls: ClassScope) -> Construction | None:
        """Return what each object of a target's class builds for itself; what can be released goes first."""
        if cls not in self._classes:
            self._classes[cls] = None
            built = list(self.built_for_itself(cls))
            self._classes[cls] = _foremost(built)
        return self._classes[cls]

    def built_for_itself(self, cls: ClassScope) -> Iterator[Construction]:
        """Yield what each object of a target's class builds when it is made, and does not close at once."""
        for name in CONSTRUCTORS:
            for constructor in self.names.methods(cls, name):
                for method in self._run_by(constructor):
                    yield from self._built_in(method)
        for base in self.names.ancestry(cls):
            if isinstance(base, ClassScope):
                for bindings in base.bindings.values():
                    for binding in bindings:
                        if isinstance(binding, ValueBinding) and isinstance(binding.value, code.Call):
                            yield from self._by_default_factory(binding.value, base)

    def _built_in(self, method: FunctionScope) -> Iterator[Construction]:
        entered = {id(manager) for manager in _entered(method)}
        return (c for c in self.in_scope(method) if id(c.call) not in entered)

    def _run_by(self, constructor: FunctionScope) -> Iterator[FunctionScope]:
        """Yield a constructor, the base classes' ones that it calls, and the methods called on the object there."""
        pending = [constructor]
        seen: set[FunctionScope] = set()
        while pending:
            method = pending.pop(0)
            if method in seen:
                continue
            seen.add(method)
            yield method
            if method.name in CONSTRUCTORS:
                pending += self._own_methods(method)

    def _own_methods(self, constructor: FunctionScope) -> Iterator[FunctionScope]:
        """Yield the methods that a constructor calls on its object: `self._connect()`, `super().__init__()`."""
        cls = constructor.owner
        if cls is None or not constructor.parameters:
            return
        me = constructor.parameters[0].name
        for node in constructor.nodes.of(code.Call):
            match node.function:
                case code.Attribute(value=code.Name(id=owner), name=name) if owner == me:
                    classes: tuple[str | ClassScope, ...] = (cls,)
                case code.Attribute(value=code.Call(function=code.Name(id="super")), name=name):
                    classes = self.names.bases(cls)
                case code.Attribute(value=code.Name() as base, name=name) if name in CONSTRUCTORS:
                    classes = tuple(v.cls for v in self.names.infer(base, constructor) if isinstance(v, ClassValue))
                case _:
                    continue
            for each in classes:
                for method in self.names.methods(each, name) if isinstance(each, ClassScope) else ():
                    if not self.returned_by(method):
                        yield method

    def is_resource(self, value: Value) -> Resource | None:
        """Return what is known of a value as a resource: of its class, or of what an object of it builds."""
        if not isinstance(value, Instance):
            return None
        found = self._of_type(value.type)
        if found is None and isinstance(value.type, ClassScope):
            built = self.of_class(value.type)
            return None if built is None else built.resource
        return found

    # --- one call --------------------------------------------------------------------------------------------------

    def _constructed_by(self, call: code.Call, scope: Scope) -> Construction | None:
        for value in self.names.expand(self.names.infer(call.function, scope)):
            match value:
                case External(name=name) if name in self.extra:
                    return Construction(call, scope, catalogue.CONFIGURED, name)
                case FunctionValue(function=function):
                    if function.key in self.extra:
                        return Construction(call, scope, catalogue.CONFIGURED, function.name)
                    inner = _foremost(self.returned_by(function)) if self._is_itself(function) else None
                    if inner is not None:
                        return Construction(call, scope, inner.resource, _shown(call), inner)
                case LambdaValue(node=code.Lambda(body=body), scope=outer):
                    made = self._at(body, outer)
                    if made is not None:
                        return Construction(call, scope, made.resource, _shown(call), made)
                case ClassValue(cls=cls):
                    return self._of_target_class(cls, call, scope)
                case Instance(type=ClassScope() as cls):
                    for method in self.names.methods(cls, "__call__"):
                        inner = _foremost(self.returned_by(method))
                        if inner is not None:
                            return Construction(call, scope, inner.resource, _shown(call), inner)
        handed = self._handed(call)
        if handed is not None and (made := self._constructed_by(handed, scope)) is not None:
            return Construction(call, scope, made.resource, made.name, made.inner)
        for value in self.names.infer(call, scope):
            if isinstance(value, Instance) and value.creation is not None and value.creation.call is call:
                resource = self._of_type(value.type)
                if resource is not None and not self._is_unbound(resource, call):
                    return Construction(call, scope, resource, _library_name(self.names, call, scope, value))
        return self._by_unknown_factory(call, scope)

    def _by_unknown_factory(self, call: code.Call, scope: Scope) -> Construction | None:
        """Read a call of what app.state holds, where nothing of the target says what that is.

        It opens a session where its key is that of a session maker, or where it makes what a function supplies that
        is annotated with a session.
        """
        for value in self.names.infer(call.function, scope):
            if not isinstance(value, StateEntry) or value.key is None or self.names.expand((value,)):
                continue
            made = self._stated_session(call, scope)
            if made is None and _SESSION_MAKER.search(value.key):
                made = catalogue.resource_of("sqlalchemy.ext.asyncio.AsyncSession")
            if made is not None:
                return Construction(call, scope, made, f"app.state.{value.key}")
        return None

    def _stated_session(self, call: code.Call, scope: Scope) -> Resource | None:
        """Return the session that a function says to supply, where a call makes what it supplies."""
        if not isinstance(scope, FunctionScope) or scope.node.returns is None:
            return None
        for reference in self.names.supplied(scope).types:
            found = self._of_type(reference.type)
            if found is not None and found.exact and found.scope == "request":
                supplied = (site for r in results_of(scope) for site in self.origins.of(r.node, scope, steps=0))
                return found if any(site.call is call for site in supplied) else None
        return None

    def _handed(self, call: code.Call) -> code.Call | None:
        """Return the call that another thread is given to make: `to_thread(httpx.Client, timeout=5)`."""
        position = self._threads.get(code.last_name(call.function))
        if position is None or len(call.arguments) <= position:
            return None
        return code.Call(call.span, call.arguments[position], call.arguments[position + 1 :], call.keywords)

    def _is_itself(self, function: FunctionScope) -> bool:
        """Whether calling a function by its name calls it: no decorator of the target puts something else there."""
        for decorator in function.node.decorators:
            maker = decorator.function if isinstance(decorator, code.Call) else decorator
            for value in self.names.infer(maker, function.parent):
                if isinstance(value, FunctionValue) and not _calls_what_it_decorates(value.function):
                    return False
        return True

    def _at(self, node: code.Expression, scope: Scope) -> Construction | None:
        while isinstance(node, code.Await):
            node = node.value
        return self.constructed_by(node, scope) if isinstance(node, code.Call) else None

    def _of_target_class(self, cls: ClassScope, call: code.Call, scope: Scope) -> Construction | None:
        resource = self._of_type(cls)
        if resource is not None:
            return Construction(call, scope, resource, cls.name)
        built = self.of_class(cls)
        return None if built is None else Construction(call, scope, built.resource, cls.name, built)

    def _of_type(self, cls: str | ClassScope) -> Resource | None:
        for base in self.names.ancestry(cls):
            name = base if isinstance(base, str) else base.key
            if name in self.extra:
                return catalogue.CONFIGURED
            if isinstance(base, str):
                found = catalogue.resource_of(base)
                if found is not None and (found.exact or not self.names.may_lie_in(base)):
                    return found
        return None

    @staticmethod
    def _is_unbound(resource: Resource, call: code.Call) -> bool:
        """Whether it is a session maker without an engine."""
        if resource.kind != "session-maker":
            return False
        return not call.arguments and not any(
            k.name in {"bind", "binds"} and not code.is_none(k.value) for k in call.keywords
        )

    # --- through the target's code ---------------------------------------------------------------------------------

    def _returns(self, function: FunctionScope) -> Iterator[Construction]:
        seen: set[int] = set()
        for result in results_of(function):
            for site in self._own(result.node, function):
                if id(site.call) not in seen:
                    seen.add(id(site.call))
                    found = self.constructed_by(site.call, function)
                    if found is not None:
                        yield found

    def _own(self, node: code.Expression, function: FunctionScope) -> Iterator[CallSite]:
        """Yield the calls in the function itself that make what one of its expressions stands for."""
        return (site for site in self.origins.of(node, function, steps=_AROUND) if site.scope is function)

    def _by_default_factory(self, call: code.Call, cls: ClassScope) -> Iterator[Construction]:
        for keyword in call.keywords:
            if keyword.name not in {"default_factory", "factory"}:
                continue
            if not any(isinstance(r, External) and r.name in _FIELDS for r in self.names.resolve(call.function, cls)):
                continue
            if isinstance(keyword.value, code.Lambda):
                found = self._at(keyword.value.body, cls)
            else:
                found = self._called(keyword.value, call, cls)
            if found is not None:
                yield found

    def _called(self, factory: code.Expression, call: code.Call, cls: ClassScope) -> Construction | None:
        """Return what calling a factory without arguments constructs; the place is that of the field."""
        for value in self.names.infer(factory, cls):
            match value:
                case FunctionValue(function=function):
                    inner = _foremost(self.returned_by(function))
                    if inner is not None:
                        return replace(inner, call=call, scope=cls)
                case ClassValue(cls=inner_class):
                    return self._of_target_class(inner_class, call, cls)
                case External(name=name):
                    made = Instance(catalogue.RESULTS.get(name, name))
                    resource = self._of_type(made.type)
                    if resource is not None and not self._is_unbound(resource, call):
                        return Construction(call, cls, resource, name)
        return None


_SESSION_MAKER = re.compile(r"session_?(maker|factory|local|class)s?$", re.IGNORECASE)


def _foremost(built: tuple[Construction, ...] | list[Construction]) -> Construction | None:
    """Return the construction that tells most about an object that holds several."""
    order: tuple[Callable[[Construction], bool], ...] = (
        lambda c: c.resource.exact and c.resource.releasable and c.resource.scope == "application",
        lambda c: c.resource.exact and c.resource.releasable,
        lambda c: c.resource.exact,
        lambda c: not c.resource.exact,
    )
    for wanted in order:
        for construction in built:
            if wanted(construction):
                return construction
    return None


def _calls_what_it_decorates(decorator: FunctionScope) -> bool:
    """Whether a decorator's wrapper calls the function that it is given, or it gives that one back."""
    parameters = {p.name for p in decorator.parameters}
    for node in code.walk(*decorator.body):
        if isinstance(node, code.Function):
            parameters |= {p.name for p in node.parameters}
    for node in code.walk(*decorator.body):
        match node:
            case code.Return(value=code.Name(id=name)) | code.Call(function=code.Name(id=name)) if name in parameters:
                return True
    return False


def _entered(function: FunctionScope) -> Iterator[code.Expression]:
    for node in function.nodes.of(code.WithItem):
        yield node.manager


def _shown(call: code.Call) -> str:
    return code.dotted(call.function) or "the call"


def _library_name(names: Inference, call: code.Call, scope: Scope, made: Instance) -> str:
    for value in names.infer(call.function, scope):
        if isinstance(value, External):
            return value.name
    return _shown(call) if code.dotted(call.function) else made.type_name


_THREADS = {"to_thread": 0, "run_in_threadpool": 0, "run_sync": 0, "run_in_executor": 1}
