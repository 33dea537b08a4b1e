"""Names resolved to definitions, expressions to what they can stand for, annotations to types.

Everything is asked for and remembered: nothing is computed that no rule wants to know. The answers do not depend on
the order of the questions: a result that was cut short by a cycle is not remembered.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import chain

from conformance.facts import code
from conformance.program import catalogue
from conformance.program.annotations import Annotations, instances
from conformance.program.answers import Answers, TooDeepError
from conformance.program.calls import Calls, CallSite
from conformance.program.containers import TAKING_OUT, Containers
from conformance.program.definitions import Definitions
from conformance.program.scopes import (
    ClassScope,
    FunctionScope,
    LambdaBinding,
    ModuleScope,
    ParameterBinding,
    Scope,
    ValueBinding,
    enclosing,
    enclosing_class,
    scopes_of,
)
from conformance.program.texts import text_of
from conformance.program.values import (
    APP,
    Annotation,
    AppState,
    AsgiScope,
    ClassValue,
    Context,
    ContextEntry,
    Creation,
    Display,
    External,
    FunctionValue,
    Instance,
    LambdaValue,
    Located,
    Member,
    ModuleValue,
    Overrides,
    RequestState,
    Resolved,
    StateEntry,
    Symbol,
    Value,
    Values,
)

_REQUEST = Instance("starlette.requests.Request")
_BOUND = frozenset({"self", "cls"})
_OF_CELERYS_CONTROL = frozenset({"broadcast", "inspect", "ping", "purge", "revoke", "terminate"})
_NAMED_APPS = frozenset({"app", "application"})
_NAMED_CONNECTIONS = frozenset({"request", "req", "websocket", "ws", "connection", "conn"})
_MAPPINGS = frozenset(
    {"builtins.dict", "typing.Dict", "typing.Mapping", "typing.MutableMapping", "collections.abc.Mapping",
     "collections.abc.MutableMapping", "builtins.object"}
)  # fmt: skip
_TYPED_MAPPINGS = ("builtins.dict", "typing.TypedDict", "typing_extensions.TypedDict")
_ITERATORS = frozenset(
    {"AsyncGenerator", "AsyncIterator", "AsyncIterable", "Generator", "Iterator", "Iterable", "AbstractContextManager",
     "AbstractAsyncContextManager", "ContextManager", "AsyncContextManager", "Awaitable", "Coroutine"}
)  # fmt: skip
_PROTOCOL = "typing.Protocol"
_REMEMBERED = frozenset({code.Name, code.Attribute, code.Call, code.Subscript, code.BooleanOperation})
_PROPERTIES = frozenset({"property", "cached_property", "functools.cached_property"})
_MOST_VALUES = 500
"""How many values an expression may stand for of which it is known which call made each."""
PASSING_ON = frozenset(
    {"functools.partial", "functools.partialmethod", "contextlib.asynccontextmanager", "contextlib.contextmanager",
     "contextlib.closing", "contextlib.aclosing", "contextlib.nullcontext", "asyncio.run", "asyncio.wait_for",
     "asyncio.create_task", "asyncio.shield", "builtins.staticmethod", "builtins.classmethod", "functools.lru_cache",
     "functools.cache", "builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset", "builtins.sorted",
     "builtins.reversed", "builtins.iter", "dataclasses.replace"}
)  # fmt: skip
"""Functions whose result stands for their first argument."""


class Inference(Definitions):
    """Answers questions about the names and expressions of a set of modules."""

    def __init__(
        self,
        modules: Iterable[ModuleScope],
        *,
        entry_values: EntryValues | None = None,
        constructors: Iterable[str] = (),
    ) -> None:
        super().__init__(modules)
        self.constructors = frozenset(constructors)
        """Names of other distributions' callables that are known to make an object, whatever they look like."""
        self.entries = entry_values or EntryValues()
        self.context_functions: dict[FunctionScope, str] = {}
        """Functions that are given arq's context, and why."""
        self.context_lambdas: dict[code.Lambda, Scope] = {}
        """Lambdas that are hooks, each with the scope that it stands in."""
        self.given_before_context: dict[FunctionScope, int] = {}
        """How many arguments `functools.partial` gives to such a function before arq gives it the context."""
        self.fixture_of: Callable[[FunctionScope, str], FunctionScope | None] = lambda function, name: None  # noqa: ARG005
        """The fixture that pytest hands to a function of the tests by a parameter's name."""
        self._within_joint: dict[tuple[Scope, str, str, ModuleScope], tuple[Resolved, ...]] = {}
        self._answers: Answers[Value] = Answers(self.union)
        self._known = self._answers.known
        self.remember = self._answers.remember
        """Gives the values of a question, computed once: see `Answers`."""
        self._are_properties: dict[FunctionScope, bool] = {}
        self._annotations = Annotations(self)
        self.calls = Calls(self)
        self.containers = Containers(self)
        self._assigned: dict[ClassScope, dict[str, list[tuple[FunctionScope, code.Expression]]]] = {}
        self._rests: dict[tuple[int, FunctionScope, type], code.Sequence | code.Mapping] = {}
        self._given_back: dict[FunctionScope, str | None] = {}
        self._bases: dict[ClassScope, tuple[str | ClassScope, ...]] = {}
        self._ancestry: dict[ClassScope | str, tuple[str | ClassScope, ...]] = {}

    def forget(self) -> None:
        """Drop what was remembered: what functions are given has become known."""
        self._answers.forget()
        self.calls.forget()
        self._bases.clear()
        self._ancestry.clear()

    # --- names -----------------------------------------------------------------------------------------------------

    def resolve(self, node: code.Expression, scope: Scope) -> tuple[Resolved, ...]:
        """Return the definitions that a name or dotted name stands for."""
        match node:
            case code.Name(id=name):
                return self.lookup(name, scope, node.span)
            case code.Attribute(value=value, name=name):
                bases = self.resolve(value, scope)
                if len(bases) == 1:
                    return self._within(bases[0], name, scope)
                joint = self.joint(bases)
                if joint is None:
                    return tuple(chain.from_iterable(self._within(base, name, scope) for base in bases))
                key = (*joint, name, scope.module)
                if key not in self._within_joint:
                    inner = (self._within(base, name, scope) for base in bases)
                    self._within_joint[key] = tuple(chain.from_iterable(inner))
                return self._within_joint[key]
        return ()

    def _within(self, base: Resolved, name: str, scope: Scope) -> tuple[Resolved, ...]:
        """Return the definitions that a dotted name stands for, of those of what stands before the dot."""
        match base:
            case ModuleValue(module=module):
                return self.member(module, name)
            case External(name=outer):
                inner = self.module(f"{outer}.{name}", scope.module)
                return (ModuleValue(inner) if inner else External(catalogue.canonical(f"{outer}.{name}")),)
            case Symbol(binding=ClassScope() as cls):
                return self.class_symbols(cls, name)
        return ()

    def externals(self, node: code.Expression, scope: Scope, depth: int = 0) -> Iterator[str]:
        """Yield what of other distributions a name stands for, through assignments too: `A = typing.Annotated`."""
        for resolved in self.resolve(node, scope):
            match resolved:
                case External(name=name):
                    yield name
                case Symbol(binding=ValueBinding(value=code.Name() | code.Attribute() as bound), scope=inner) if (
                    depth < 20
                ):
                    yield from self.externals(bound, inner, depth + 1)

    def class_symbols(self, cls: ClassScope, name: str) -> tuple[Symbol, ...]:
        """Return the definitions of a class attribute, inherited ones included."""
        for base in self.ancestry(cls):
            if isinstance(base, ClassScope) and name in base.bindings:
                return tuple(Symbol(base, name, b) for b in base.bindings[name])
        return ()

    def methods(self, cls: ClassScope, name: str) -> Iterator[FunctionScope]:
        """Yield what a class has as a method of that name, inherited ones included."""
        return (s.binding for s in self.class_symbols(cls, name) if isinstance(s.binding, FunctionScope))

    def unaliased(self, node: code.Expression, scope: Scope) -> tuple[code.Expression, Scope]:
        """Return the attribute that a name is bound to, where it is nothing else: `run = db.execute`."""
        if isinstance(node, code.Name):
            match self.lookup(node.id, scope, node.span):
                case (Symbol(binding=ValueBinding(value=code.Attribute() as bound, how="value", path=())) as symbol,):
                    return bound, symbol.scope
        return node, scope

    # --- classes ---------------------------------------------------------------------------------------------------

    def bases(self, cls: ClassScope) -> tuple[str | ClassScope, ...]:
        """Return the direct base classes; those of other distributions by name."""
        if cls not in self._bases:
            self._bases[cls] = ()  # a class that inherits itself
            try:
                self._bases[cls] = tuple(self._find_bases(cls))
            except TooDeepError:
                del self._bases[cls]
                raise
        return self._bases[cls]

    def _find_bases(self, cls: ClassScope) -> Iterator[str | ClassScope]:
        for base in cls.node.bases:
            node = base.value if isinstance(base, code.Subscript) else base
            for value in self.infer(node, cls.parent):
                match value:
                    case ClassValue(cls=inner) if inner is not cls:
                        yield inner
                    case External(name=name):
                        yield name
                    case Instance(type=str(name)) if name in catalogue.RESULTS.values():
                        yield name

    def ancestry(self, cls: ClassScope | str) -> tuple[str | ClassScope, ...]:
        """Return a class and all its bases, nearest first, library classes with their known bases."""
        known = self._ancestry.get(cls)
        if known is None:
            known = self._ancestry[cls] = self._find_ancestry(cls)
        return known

    def _find_ancestry(self, cls: ClassScope | str) -> tuple[str | ClassScope, ...]:
        found: dict[str | ClassScope, None] = {}
        pending: deque[str | ClassScope] = deque([cls])
        while pending:
            current = pending.popleft()
            if current in found:
                continue
            found[current] = None
            if isinstance(current, ClassScope):
                pending.extendleft(reversed(self.bases(current)))
            else:
                pending += sorted(catalogue.supertypes(current) - {current})
        return tuple(found)

    def is_a(self, cls: ClassScope | str, *names: str) -> bool:
        """Return whether a class is, or inherits from, one of the library classes named."""
        return any(base in names for base in self.ancestry(cls) if isinstance(base, str))

    def is_instance(self, values: Iterable[Value], *names: str) -> bool:
        """Return whether one of the values is an object of one of the library classes named, or of a subclass."""
        return any(isinstance(v, Instance) and self.is_a(v.type, *names) for v in values)

    # --- expressions -----------------------------------------------------------------------------------------------

    def infer(self, node: code.Expression, scope: Scope) -> Values:
        """Return all that an expression can stand for, as far as it is known; () where nothing is."""
        if type(node) not in _REMEMBERED:
            return self._infer(node, scope)
        key = (id(node), id(scope))
        known = self._known.get(key)
        if known is not None:
            return known
        return self.remember(key, lambda: self._infer(node, scope), keep=(node, scope))

    def is_settled(self, node: code.Expression, scope: Scope) -> bool:
        """Return whether what an expression stands for is known for good, and not provisional."""
        return (id(node), id(scope)) in self._known

    def _infer(self, node: code.Expression, scope: Scope) -> Values:
        match node:
            case code.Name(id=name):
                return self._values_of(self.lookup(name, scope, node.span))
            case code.Attribute(value=value, name=name):
                return self.union(self.attribute(base, name) for base in self.infer(value, scope))
            case code.Call():
                return self._call(node, scope)
            case code.Await(value=value) | code.Starred(value=value) | code.NamedExpression(value=value):
                return self.infer(value, scope)
            case code.Constant() | code.Sequence() | code.Mapping() | code.Comprehension() | code.Format():
                return (Display(node, scope),)
            case code.Conditional(body=body, otherwise=otherwise):
                return self.union((self.infer(body, scope), self.infer(otherwise, scope)))
            case code.BooleanOperation(values=values):
                return self.union(self.infer(value, scope) for value in values)
            case code.BinaryOperation(operator="+" | "|"):
                joined = self.union(self.infer(operand, scope) for operand in code.operands(node, "+", "|"))
                return tuple(v for v in joined if not isinstance(v, Context))  # a new dict
            case code.BinaryOperation(left=left, operator="/"):
                return self.union(self._part(value, "/") for value in self.infer(left, scope))
            case code.Subscript(value=value, key=key):
                return self.union(self.containers.item(base, key, scope) for base in self.infer(value, scope))
            case code.Lambda():
                return (LambdaValue(node, scope),)
        return ()

    @staticmethod
    def _part(value: Value, name: str) -> Values:
        """Return what the catalogue says of an attribute or operator of a library object."""
        match value:
            case Instance(type=str(type_name)) if name in catalogue.ATTRIBUTE_RESULTS.get(type_name, ()):
                return (Instance(catalogue.ATTRIBUTE_RESULTS[type_name][name]),)
        return ()

    @staticmethod
    def union(groups: Iterable[Values]) -> Values:
        """Return the values of all groups, each once."""
        several = [group for group in groups if group]
        if len(several) == 1 and len(several[0]) == 1:
            return several[0]
        joined = tuple(dict.fromkeys(chain.from_iterable(several)))
        return joined if len(joined) <= _MOST_VALUES else _widened(joined)

    def _values_of(self, found: tuple[Resolved, ...]) -> Values:
        """Return what the definitions of a name stand for together."""
        joint = self.joint(found)
        if joint is None:
            return self.union(map(self.value_of, found))
        return self.remember((*joint, "bindings"), lambda: self.union(map(self.value_of, found)))

    def value_of(self, resolved: Resolved) -> Values:
        """Return what a definition stands for."""
        if not isinstance(resolved, Symbol):
            return (resolved,)
        scope, name, binding = resolved.scope, resolved.name, resolved.binding
        match binding:
            case FunctionScope():
                return self._decorated(binding)
            case ClassScope():
                return (ClassValue(binding),)
            case ParameterBinding(node=parameter):
                if isinstance(scope, FunctionScope):
                    return self.remember((scope, name), lambda: self.argument(scope, parameter))
            case LambdaBinding(node=node, position=position):
                key = (id(node), position)
                return self.remember(key, lambda: self._argument_of_lambda(node, position, scope), keep=node)
            case ValueBinding():
                return self.remember((id(binding), id(scope)), lambda: self._bound(binding, scope), keep=binding)
        return ()

    def _decorated(self, function: FunctionScope) -> Values:
        if function not in self._are_properties:
            spelled = {code.dotted(decorator) for decorator in function.node.decorators}
            self._are_properties[function] = not spelled.isdisjoint(_PROPERTIES)
        return self.returned(function) if self._are_properties[function] else (FunctionValue(function),)

    def _bound(self, binding: ValueBinding, scope: Scope) -> Values:
        values: Values = ()
        scope = binding.within or scope
        if binding.value is not None:
            values = self.infer(binding.value, scope)
            match binding.how:
                case "element":
                    values = self.containers.iterated(binding.value, scope)
                case "entered":
                    values = self.union(self._entered(v) for v in values)
                case "caught":
                    values = self.union(self._made(v) for v in values)
                case "added":
                    values = tuple(v for v in values if isinstance(v, Display))
            for position in binding.path:
                values = self.union(self.containers.at(v, position) for v in values)
        if binding.annotation is not None:
            stated = self.instances(self.annotation(binding.annotation, scope))
            if isinstance(scope, ClassScope) and any(map(_is_depends, values)):
                return self.union((self._given(values), stated))  # of a class-based view
            if all(self._says_little(value) for value in values):
                return self.union((values, stated))
            return tuple(_with_arguments(value, stated) for value in values)
        return values

    def _says_little(self, value: Value) -> bool:
        """Whether an annotation says more: of a literal, or of an entry under which nothing is known to be stored."""
        return isinstance(value, Display) or (
            isinstance(value, (StateEntry, ContextEntry)) and not self.expand((value,))
        )

    def _made(self, value: Value) -> Values:
        match value:
            case ClassValue(cls=cls):
                return (Instance(cls),)
            case External(name=name):
                return (Instance(name),)
            case Display(node=code.Sequence(elements=elements), scope=scope):
                return self.union(self._made(v) for e in elements for v in self.infer(e, scope))
        return ()

    def _entered(self, value: Value) -> Values:
        match value:
            case Instance(type=ClassScope() as cls):
                for name in ("__aenter__", "__enter__"):
                    for method in self.methods(cls, name):
                        entered = self.returned(method)
                        return entered or (value,)
            case Instance(type=str(name), arguments=(first, *_)) if catalogue.typing_name(name) in _ITERATORS:
                return first
        return (value,)

    # --- attributes ------------------------------------------------------------------------------------------------

    def attribute(self, base: Value, name: str) -> Values:
        """Return what `base.name` can stand for."""
        match base:
            case ModuleValue(module=module) if name == "__name__":
                return (Display(code.Constant((1, 1, 1, 1), module.name), module),)
            case ModuleValue(module=module):
                return self._values_of(self.member(module, name))
            case External(name=outer):
                inner = self.module(f"{outer}.{name}")
                return (ModuleValue(inner),) if inner else (External(catalogue.canonical(f"{outer}.{name}")),)
            case ClassValue(cls=cls):
                return self._class_attribute(cls, name)
            case Instance(type=ClassScope() as cls):
                return self.remember((cls, "attribute", name), lambda: self._instance_attribute(cls, name))
            case Instance(type=str(type_name)):
                return self._external_attribute(base, type_name, name)
            case AppState() if not name.startswith("_"):
                return (StateEntry(name),)
            case AppState() if name in {"_state", "__dict__"}:
                return (base,)
            case StateEntry() | ContextEntry():
                return self.union(self.attribute(value, name) for value in self.expand((base,)))
            case FunctionValue(function=function) if name == "__wrapped__":
                return (FunctionValue(function),)
            case FunctionValue(function=function) if name in {"__name__", "__qualname__"}:
                text = function.name if name == "__name__" else function.qualified
                return (Display(code.Constant(function.node.span, text), function.module),)
            case Display(node=code.Constant()) if name == "value":
                return (base,)  # a member of an enumeration
        return ()

    def _class_attribute(self, cls: ClassScope, name: str) -> Values:
        known = self.union(self.value_of(symbol) for symbol in self.class_symbols(cls, name))
        if name in self._assigned_to_classes and all(isinstance(v, Display) for v in known):
            key = (cls, "class attribute", name)
            return self.remember(key, lambda: self.union((known, self._set_on_class(cls, name))))
        return known

    def _instance_attribute(self, cls: ClassScope, name: str) -> Values:
        found: list[Values] = []
        for base in self.ancestry(cls):
            if isinstance(base, str):
                found.append(self._external_attribute(Instance(base), base, name))
                continue
            for binding in base.bindings.get(name, []):
                values = self.value_of(Symbol(base, name, binding))
                found.append(
                    tuple(FunctionValue(v.function, cls) if isinstance(v, FunctionValue) else v for v in values)
                )
            found += [self.infer(value, method) for method, value in self.assigned_attributes(base, name)]
            if any(found):
                break
        known = tuple(v for v in self.union(found) if not isinstance(v, Member) or len(found) == 1)
        if all(isinstance(v, Display) or self._can_be_store(v) for v in known):
            more = (self._given_to_field, self._set_from_outside, self._set_on_class)
            known = self.union((known, *(find(cls, name) for find in more)))
        if name in _NAMED_APPS and known in {(), (APP,)}:
            return () if any(self._is_another_app(method, f"self.{name}") for method in cls.methods) else (APP,)
        return known

    def _given_to_field(self, cls: ClassScope, name: str) -> Values:
        """Return what the calls of a class hand to a field: see `fields`."""
        fields = self.fields(cls)
        if name not in fields:
            return ()
        position = fields.index(name)
        groups: list[Values] = []
        for call, scope in self.calls_of_class(cls):
            groups += [self.infer(k.value, scope) for k in call.keywords if k.name == name]
            groups.append(self.containers.nth(call.arguments, position, scope))
        return self.union(groups)

    def fields(self, cls: ClassScope) -> tuple[str, ...]:
        """Return the fields that a call of a class without an `__init__` of its own, a dataclass, takes, in order."""
        if self.class_symbols(cls, "__init__"):
            return ()
        fields = dict.fromkeys(
            field
            for base in reversed(self.ancestry(cls))
            if isinstance(base, ClassScope)
            for field, bindings in base.bindings.items()
            if any(isinstance(b, ValueBinding) and b.annotation is not None for b in bindings)
        )
        return tuple(fields)

    def _set_from_outside(self, cls: ClassScope, name: str) -> Values:
        """Return what is assigned to an attribute elsewhere: `holder.name = value`."""
        return self.union(
            self.infer(value, scope)
            for base, value, scope in self._assigned_elsewhere.get(name, ())
            if any(isinstance(v, Instance) and v.type is cls for v in self.infer(base, scope))
        )

    def _set_on_class(self, cls: ClassScope, name: str) -> Values:
        """Return what is assigned to an attribute of a class: `Holder.name = value`, `cls.name = value`."""
        ancestry = self.ancestry(cls)
        return self.union(
            self.infer(value, scope)
            for base, value, scope in self._assigned_to_classes.get(name, ())
            if any(isinstance(v, ClassValue) and v.cls in ancestry for v in self.infer(base, scope))
        )

    @cached_property
    def _assigned_to_classes(self) -> dict[str, list[tuple[code.Expression, code.Expression, Scope]]]:
        """What is assigned to attributes of what is spelled like a class."""
        found: dict[str, list[tuple[code.Expression, code.Expression, Scope]]] = {}
        for name, several in self._assigned_elsewhere.items():
            of_classes = [each for each in several if (last := code.last_name(each[0])) == "cls" or last[:1].isupper()]
            if of_classes:
                found[name] = of_classes
        return found

    @cached_property
    def _assigned_elsewhere(self) -> dict[str, list[tuple[code.Expression, code.Expression, Scope]]]:
        found: dict[str, list[tuple[code.Expression, code.Expression, Scope]]] = defaultdict(list)
        for module in self.modules:
            for scope in scopes_of(module):
                for node in scope.nodes.of(code.Assign):
                    if node.value is None or node.operator:
                        continue
                    for target, part in code.pairs(node.targets, node.value):
                        if isinstance(target, code.Attribute) and code.dotted(target.value) != "self":
                            found[target.name].append((target.value, part, scope))
        for scope, stored in self._set_by_name.items():
            for base, name, value in stored:
                if code.dotted(base) != "self":
                    found[name].append((base, value, scope))
        return found

    @cached_property
    def _set_by_name(self) -> dict[Scope, list[tuple[code.Expression, str, code.Expression]]]:
        """What `setattr` stores, by the scope in which it does: the object, the name, the value."""
        found: dict[Scope, list[tuple[code.Expression, str, code.Expression]]] = defaultdict(list)
        for call, scope in chain.from_iterable(map(self.calls.by_name, ("setattr", "__setattr__"))):
            match call.arguments:
                case (base, code.Constant(value=str(name)), value):
                    found[scope].append((base, name, value))
        return found

    def assigned_attributes(self, cls: ClassScope, name: str) -> Iterator[tuple[FunctionScope, code.Expression]]:
        """Yield each value that a method of the class assigns to `self.name`, with the method."""
        if cls not in self._assigned:
            self._assigned[cls] = _assigned_to_self(cls, self._set_by_name)
        yield from self._assigned[cls].get(name, ())

    def _external_attribute(self, base: Instance, type_name: str, name: str) -> Values:
        types = catalogue.supertypes(type_name)
        if types & catalogue.APPS:
            if name == "state":
                return (AppState(),)
            if name == "dependency_overrides":
                return (Overrides(),)
        elif types & catalogue.CONNECTIONS:
            if name == "app":
                return (APP,)
            if name == "state":
                return (RequestState(),)
            if name == "scope":
                return (AsgiScope(),)
        elif types & catalogue.TEST_CLIENTS and name == "app":
            return (APP,)
        elif name == "ctx" and catalogue.WORKER in types:
            return (Context(),)
        return self._part(base, name) or self.containers.made_with(base, name) or (Member(base, name),)

    def expand(self, values: Iterable[Value]) -> Values:
        """Return the values with entries of app.state and of arq's context replaced by what is stored under them."""
        found: dict[Value, None] = {}
        seen: set[Value] = set()
        pending = deque(values)
        while pending:
            value = pending.popleft()
            if isinstance(value, (StateEntry, ContextEntry)):
                if value not in seen:
                    seen.add(value)
                    stored = self.entries.state if isinstance(value, StateEntry) else self.entries.context
                    for located in stored.get(value.key or "", ()):
                        pending += self.infer(located.node, located.scope)
            else:
                found[value] = None
        return tuple(found) if len(found) <= _MOST_VALUES else _widened(found)

    # --- constants -------------------------------------------------------------------------------------------------

    def text(self, node: code.Expression, scope: Scope) -> str | None:
        """Return the string that an expression always is, and None where that is not known."""
        return (
            node.value
            if isinstance(node, code.Constant) and isinstance(node.value, str)
            else text_of(self, node, scope)
        )

    # --- calls -----------------------------------------------------------------------------------------------------

    def _call(self, node: code.Call, scope: Scope) -> Values:
        match node:
            case code.Call(function=code.Name(id="getattr"), arguments=(base, key, *default)):
                name = self.text(key, scope)
                found = self.union(
                    ((StateEntry(None),) if isinstance(v, AppState) else ())
                    if name is None
                    else self.attribute(v, name)
                    for v in self.infer(base, scope)
                )
                return self.union((found, *(self.infer(d, scope) for d in default)))
            case code.Call(function=code.Name(id="vars"), arguments=(base,)):
                return tuple(v for v in self.infer(base, scope) if isinstance(v, AppState))
            case code.Call(function=code.Name(id="super")):
                owner = enclosing_class(scope)
                return tuple(Instance(base) for base in self.bases(owner)) if owner else ()
            case code.Call(function=function, arguments=(first, second)) if self.calls.is_cast(function):
                stated = self.instances(self.annotation(first, scope))
                held = self.infer(second, scope)
                if AppState() in held or Context() in held or all(map(self._can_be_store, stated)):
                    return self.union((held, stated))
                return stated
            case code.Call(function=code.Attribute(value=base, name="get"), arguments=(key, *default)):
                found = tuple(
                    ContextEntry(self.text(key, scope)) if isinstance(v, Context) else StateEntry(self.text(key, scope))
                    for v in self.infer(base, scope)
                    if isinstance(v, (Context, AppState))
                )
                if found:
                    return self.union((found, *(self.infer(d, scope) for d in default)))
                if any(isinstance(v, AsgiScope) for v in self.infer(base, scope)):
                    return (APP,) if self.text(key, scope) == "app" else ()
            case code.Call(function=code.Attribute(value=base, name="pop" | "setdefault"), arguments=(key, *default)):
                found = tuple(
                    ContextEntry(self.text(key, scope)) for v in self.infer(base, scope) if isinstance(v, Context)
                )
                if found:
                    return self.union((found, *(self.infer(d, scope) for d in default)))
        called = self.union(self.result(value, node, scope) for value in self.infer(node.function, scope))
        if not called and isinstance(node.function, code.Attribute):
            base, name = node.function.value, node.function.name
            if name in TAKING_OUT:
                several = (self.containers.from_method(value, name, node, scope) for value in self.infer(base, scope))
                return self.union(several)
            if name in catalogue.MAKING_MODELS:
                models = (v.cls for v in self.infer(base, scope) if isinstance(v, ClassValue))
                return tuple(Instance(cls) for cls in models if self.is_a(cls, "pydantic.BaseModel"))
            asking = next(enclosing(scope), None) if name == "getfixturevalue" and node.arguments else None
            if asking is not None and (fixture := self.text(node.arguments[0], scope)):
                return self._given_by_pytest(asking, fixture)
        return called

    def result(self, value: Value, node: code.Call, scope: Scope) -> Values:
        """Return what calling `value` by the call `node` gives."""
        match value:
            case ClassValue(cls=cls):
                return (Instance(cls, Creation(node, scope)),)
            case FunctionValue(function=function):
                return self._handed_back(function, node, scope) or self.returned(function)
            case LambdaValue(node=inner, scope=outer):
                return self.infer(inner.body, outer)
            case External(name=name):
                return self._external_result(name, node, scope)
            case Member(instance=instance, name=name):
                return self._method_result(instance, name, node, scope)
            case Instance(type=ClassScope() as cls):
                return self.union(map(self.returned, self.methods(cls, "__call__")))
            case Instance(type=str()):
                return self._method_result(value, "__call__", node, scope)
            case StateEntry() | ContextEntry():
                return self.union(self.result(v, node, scope) for v in self.expand((value,)))
        return ()

    def _handed_back(self, function: FunctionScope, node: code.Call, scope: Scope) -> Values:
        """Return what a call hands to a function that only gives it back: a decorator, a configuring function."""
        if function not in self._given_back:
            self._given_back[function] = _given_back(function)
        name = self._given_back[function]
        if name is None:
            return ()
        argument = self.bind(function, node, scope).get(name)
        return () if argument is None else self.infer(argument, scope)

    def _external_result(self, name: str, node: code.Call, scope: Scope) -> Values:
        creation = Creation(node, scope)
        if name in PASSING_ON and node.arguments:
            passed = self.infer(node.arguments[0], scope)
            if name == "functools.partial":
                more = len(node.arguments) - 1
                return tuple(replace(v, given=v.given + more) if isinstance(v, FunctionValue) else v for v in passed)
            return passed
        if taken := self.containers.from_function(name, node, scope):
            return taken
        if name == "operator.attrgetter" or (name == "builtins.dict" and node.keywords):
            return (Instance(name, creation),)
        known = catalogue.RESULTS.get(name)
        if known is not None:
            return (Instance(known, creation),)
        head, _, last = name.rpartition(".")
        if (last[:1].isupper() and not last.isupper()) or name in self.constructors:
            return (Instance(name, creation),)
        owner = head.rpartition(".")[2]
        if owner[:1].isupper() and last.startswith(("from_", "create", "connect", "build")):
            return (Instance(head, creation),)
        if name in catalogue.DEPENDS or name in catalogue.APPS:
            return (Instance(name, creation),)
        return ()

    def _method_result(self, instance: Instance, name: str, node: code.Call, scope: Scope) -> Values:
        if instance.type == "operator.attrgetter" and name == "__call__" and instance.creation and node.arguments:
            path = self.text(instance.creation.call.arguments[0], instance.creation.scope)
            found = self.infer(node.arguments[0], scope)
            for part in (path or "").split("."):
                found = self.union(self.attribute(value, part) for value in found)
            return found
        if name == "__call__" and catalogue.typing_name(str(instance.type)) == "NewType":
            return self.infer(node.arguments[0], scope) if node.arguments else ()
        if name == "__call__" and instance.arguments and catalogue.typing_name(str(instance.type)) == "Callable":
            return instance.arguments[-1]
        if name in {"__call__", "begin"} and (made := self._sessions(instance, node, scope)):
            return made
        types = self.ancestry(instance.type)
        for type_name in types:
            if isinstance(type_name, str):
                known = catalogue.METHOD_RESULTS.get(type_name, {}).get(name)
                if known is not None:
                    return (Instance(known, Creation(node, scope)),)
        if name in {"__aenter__", "__enter__"}:
            return (instance,)
        if name in {"enter_async_context", "enter_context"} and node.arguments:
            return self.union(self._entered(v) for v in self.infer(node.arguments[0], scope))
        return ()

    def _sessions(self, maker: Instance, node: code.Call, scope: Scope) -> Values:
        """Return what a session maker with a `class_` of its own makes."""
        if maker.type not in catalogue.SESSION_MAKERS or maker.creation is None:
            return ()
        given = next((k.value for k in maker.creation.call.keywords if k.name == "class_"), None)
        classes = () if given is None else self.infer(given, maker.creation.scope)
        return self.union(
            (Instance(v.cls if isinstance(v, ClassValue) else v.name, Creation(node, scope)),)
            for v in classes
            if isinstance(v, (ClassValue, External))
        )

    def returned(self, function: FunctionScope) -> Values:
        """Return what a call of a function gives; of a generator, what it yields."""
        return self.remember((function, "returned"), lambda: self._returned(function))

    def _returned(self, function: FunctionScope) -> Values:
        groups: list[Values] = []
        for node in function.nodes.of(code.Yield, code.YieldFrom, code.Return):
            match node:
                case code.YieldFrom(value=value):
                    groups.append(self.containers.iterated(value, function))
                case code.Yield(value=value) if value is not None and function.node.is_generator:
                    groups.append(self.infer(value, function))
                case code.Return(value=value) if value is not None and not function.node.is_generator:
                    groups.append(self.infer(value, function))
        found = tuple(v for v in self.union(groups) if not _is_none(v))
        informative = any(
            not isinstance(v, Display) or isinstance(v.node, (code.Sequence, code.Mapping)) for v in found
        )
        if informative:
            return found
        return self.union((found, self.instances(self.supplied(function))))

    def supplied(self, function: FunctionScope) -> Annotation:
        """Return the type that the return annotation says a caller gets; of a generator, what is yielded."""
        if function.node.returns is None:
            return Annotation(opaque=True)
        annotation = self.annotation(function.node.returns, function.parent)
        if function.node.is_generator and len(annotation.types) == 1:
            (only,) = annotation.types
            if catalogue.typing_name(only.name) in _ITERATORS:
                return only.arguments[0] if only.arguments else Annotation(opaque=True)
        return annotation

    # --- parameters ------------------------------------------------------------------------------------------------

    def argument(self, function: FunctionScope, parameter: code.Parameter) -> Values:
        """Return what a parameter can be: by its annotation, by arq's calling convention, by what callers hand over."""
        owner = function.owner
        position = function.parameters.index(parameter)
        if function in self.context_functions and position == self.context_position(function):
            if parameter.kind == "arguments":
                return (Instance("builtins.tuple", None, ((Context(),),)),)
            return (Context(),)
        if owner is not None and position == 0 and not _is_static(function):
            return (ClassValue(owner),) if _is_class_method(function) else (Instance(owner),)
        if parameter.kind in {"arguments", "keywords"}:
            return self.handed_over(function, parameter)
        if parameter.name == "scope" and {"receive", "send"} <= {p.name for p in function.parameters}:
            return (AsgiScope(),)
        declared = Annotation(opaque=True)
        if parameter.annotation is not None:
            declared = self.annotation(parameter.annotation, function.parent)
            known = self.instances(declared)
            if known and not all(self._can_be_store(v) or self._is_protocol(v) for v in known):
                return known
        handed = self.handed_over(function, parameter)
        if parameter.default is not None:
            handed = self.union((handed, self._given(self.infer(parameter.default, function.parent))))
        for located in declared.metadata:
            handed = self.union((handed, self._supplied_by(self.infer(located.node, located.scope))))
        if parameter.annotation is not None:
            stated = self.union((handed, self.instances(declared)))
            return stated or self._of_plugin(function, parameter.name)
        if not any(not isinstance(v, Display) for v in handed):
            if supplied := self._given_by_pytest(function, parameter.name):
                return supplied
            if parameter.name in _NAMED_APPS and not self._is_another_app(function, parameter.name):
                return (APP,)
            if parameter.default is None and (
                parameter.name in _NAMED_CONNECTIONS or _is_given_the_request(function, position)
            ):
                return (_REQUEST,)
        return handed

    def _given_by_pytest(self, function: FunctionScope, name: str) -> Values:
        """Return what the fixture gives that pytest hands to a function of the tests by a name."""
        fixture = self.fixture_of(function, name) if function.module.is_test else None
        return (self.returned(fixture) if fixture is not None else ()) or self._of_plugin(function, name)

    @staticmethod
    def _of_plugin(function: FunctionScope, name: str) -> Values:
        is_known = name in catalogue.FIXTURES and function.module.is_test
        return (Instance(catalogue.FIXTURES[name]),) if is_known else ()

    def _is_protocol(self, value: Value) -> bool:
        """Whether a type says only what an object can do: then it matters what callers hand over."""
        return isinstance(value, Instance) and isinstance(value.type, ClassScope) and self.is_a(value.type, _PROTOCOL)

    def _can_be_store(self, value: Value) -> bool:
        """Whether an object of that type can be app.state or arq's context: then it matters what callers hand over."""
        match value:
            case Instance(type=str(name)):
                return name in _MAPPINGS or name == "starlette.datastructures.State"
            case Instance(type=ClassScope() as cls):
                return self.is_a(cls, *_TYPED_MAPPINGS)
        return False

    def context_position(self, function: FunctionScope) -> int:
        """Return the position of the parameter that arq's context is given to, or would be."""
        bound = function.owner is not None and bool(function.parameters) and function.parameters[0].name in _BOUND
        return (1 if bound else 0) + self.given_before_context.get(function, 0)

    def _is_another_app(self, function: FunctionScope, name: str) -> bool:
        """Whether a function calls what no FastAPI app has: `app.connect(…)` of Sphinx, `app.control.inspect()`."""
        for node in function.nodes.of(code.Call):
            match node.function:
                case code.Attribute(value=code.Attribute(value=called, name="control"), name=method):
                    if code.dotted(called) == name and method in _OF_CELERYS_CONTROL:
                        return True
                case code.Attribute(value=called, name=method) if code.dotted(called) == name:
                    if method not in catalogue.APP_ATTRIBUTES and method not in self._own_app_attributes:
                        return True
        return False

    @cached_property
    def _own_app_attributes(self) -> frozenset[str]:
        """What the target's own applications define."""
        apps = (cls for m in self.modules for cls in m.classes if self.is_a(cls, *catalogue.APPS))
        return frozenset(name for cls in apps for name in cls.bindings)

    def _argument_of_lambda(self, node: code.Lambda, position: int, outer: Scope) -> Values:
        """Return what the calls of a lambda hand to one of its parameters; `outer` is where the lambda stands."""
        parameter = node.parameters[position]
        if position == 0 and node in self.context_lambdas:
            return (Context(),)
        groups: list[Values] = []
        for call, scope, skip in self.calls.of_lambda(node):
            groups += [self.infer(k.value, scope) for k in call.keywords if k.name == parameter.name]
            if position + skip < len(call.arguments):
                groups.append(self.infer(call.arguments[position + skip], scope))
        if parameter.default is not None:
            groups.append(self.infer(parameter.default, outer))
        handed = self.union(groups)
        return handed or ((_REQUEST,) if parameter.name in _NAMED_CONNECTIONS else ())

    def _given(self, values: Values) -> Values:
        """Return the values of a default; of `Depends(p)` what p supplies."""
        plain = tuple(v for v in values if not _is_depends(v))
        return self.union((plain, self._supplied_by(values)))

    def _supplied_by(self, values: Values) -> Values:
        """Return what the providers supply that the values depend on: `Depends(p)`."""
        found: list[Values] = []
        for value in values:
            if isinstance(value, Instance) and value.creation is not None and _is_depends(value):
                call, scope = value.creation.call, value.creation.scope
                named = (keyword.value for keyword in call.keywords if keyword.name == "dependency")
                for argument in (*call.arguments[:1], *named):
                    found += [self.result(provider, call, scope) for provider in self.infer(argument, scope)]
        return self.union(found)

    def handed_over(self, function: FunctionScope, parameter: code.Parameter) -> Values:
        """Return what the target's own calls hand to a parameter."""
        return self.union(
            self._handed(function, parameter, call, scope, skip)
            for call, scope, skip in self.calls.that_may_reach(function)
        )

    def _handed(
        self, function: FunctionScope, parameter: code.Parameter, call: code.Call, scope: Scope, skip: int
    ) -> Values:
        """Return what one call hands to a parameter, `*` and `**` followed on both sides."""
        if parameter.kind == "keywords":
            named = {p.name for p in function.parameters}
            left = [k for k in call.keywords if k.name is None or k.name not in named]
            keys = tuple(code.Constant(k.span, k.name) if k.name else None for k in left)
            mapping = code.Mapping(call.span, keys, tuple(k.value for k in left))
            return (Display(self._gathered(call, function, mapping), scope),) if left else ()
        plain = self._positional(function, call, scope, skip)
        arguments = call.arguments[skip:]
        if parameter.kind == "arguments":
            rest = code.Sequence(call.span, "tuple", arguments[len(plain) :])
            return (Display(self._gathered(call, function, rest), scope),) if rest.elements else ()
        argument = self.bind(function, call, scope, skip).get(parameter.name)
        if argument is not None:
            return self.infer(argument, scope)
        spread = [self.containers.spread_item(k.value, parameter.name, scope) for k in call.keywords if k.name is None]
        if parameter in plain:
            spread.append(self.containers.nth(arguments, plain.index(parameter), scope))
        return self.union(spread)

    def _gathered(
        self, call: code.Call, function: FunctionScope, made: code.Sequence | code.Mapping
    ) -> code.Sequence | code.Mapping:
        """Return the tuple or dict that a part of a call's arguments is: the same one each time."""
        return self._rests.setdefault((id(call), function, type(made)), made)

    def calls_of(self, function: FunctionScope) -> Iterator[CallSite]:
        """Yield the calls in the target that call a function: see `Calls.of`."""
        return self.calls.of(function)

    def calls_of_class(self, cls: ClassScope) -> Iterator[tuple[code.Call, Scope]]:
        """Yield the calls in the target that make an object of a class, `cls(…)` in its own methods included."""
        return self.calls.of_class(cls)

    def spellings(self, names: Iterable[str]) -> frozenset[str]:
        """Return the bare names under which things of these names can be called: their own, and those bound to them."""
        return self.calls.spellings.of(names)

    def may_mean(self, node: code.Expression, scope: Scope, names: frozenset[str]) -> bool:
        """Return whether an expression can stand for a thing of one of these names, by spelling: see `Spellings`."""
        return self.calls.spellings.may_mean(node, scope, names)

    def bind(self, function: FunctionScope, call: code.Call, scope: Scope, skip: int = 0) -> dict[str, code.Expression]:
        """Return which argument of a call each parameter of a function gets."""
        bound: dict[str, code.Expression] = {}
        plain = self._positional(function, call, scope, skip)
        for parameter, argument in zip(plain, call.arguments[skip:], strict=False):
            if isinstance(argument, code.Starred):
                break
            bound[parameter.name] = argument
        for keyword in call.keywords:
            if keyword.name is not None:
                bound[keyword.name] = keyword.value
        return bound

    def _positional(self, function: FunctionScope, call: code.Call, scope: Scope, skip: int) -> list[code.Parameter]:
        """Return the parameters that a call's positional arguments fill: without `self`, and what is given already."""
        parameters = list(function.parameters)
        callee = call.function if skip == 0 else call.arguments[skip - 1]
        if function.owner is not None and not _is_static(function) and parameters:
            through_class = isinstance(callee, code.Attribute) and any(
                isinstance(v, ClassValue) for v in self.infer(callee.value, scope)
            )
            makes = function.name == "__init__" and code.last_name(callee) != "__init__"
            if not through_class or _is_class_method(function) or makes:
                parameters = parameters[1:]
        given = next(
            (v.given for v in self.infer(callee, scope) if isinstance(v, FunctionValue) and v.function is function), 0
        )
        return [p for p in parameters if p.kind in {"positional-only", "plain"}][given:]

    # --- annotations -----------------------------------------------------------------------------------------------

    def annotation(self, node: code.Expression, scope: Scope) -> Annotation:
        """Return what an annotation says, aliases followed."""
        return self._annotations.of(node, scope)

    def instances(self, annotation: Annotation) -> Values:
        """Return objects of the types that an annotation names."""
        return instances(annotation)


def _given_back(function: FunctionScope) -> str | None:
    """Return the parameter that each `return` of a function gives back as it was handed over; None where none is."""
    returned = [node.value for node in function.nodes.of(code.Return)]
    names = {value.id if isinstance(value, code.Name) else "" for value in returned}
    if len(names) != 1 or function.node.is_generator:
        return None
    (name,) = names
    if any(not isinstance(binding, ParameterBinding) for binding in function.bindings.get(name, ())):
        return None
    return (
        name if any(p.name == name and p.kind not in {"arguments", "keywords"} for p in function.parameters) else None
    )


class EntryValues:
    """What is stored under the keys of app.state and of arq's context; filled once the writes are known."""

    def __init__(self) -> None:
        self.state: dict[str, tuple[Located, ...]] = {}
        self.context: dict[str, tuple[Located, ...]] = {}


def _with_arguments(value: Value, stated: Values) -> Value:
    """Return the value with the type arguments that its annotation states: `current: ContextVar[X] = ContextVar(…)`."""
    if isinstance(value, Instance) and not value.arguments:
        for each in stated:
            if isinstance(each, Instance) and each.type == value.type and each.arguments:
                return replace(value, arguments=each.arguments)
    return value


def _is_none(value: Value) -> bool:
    match value:
        case Display(node=code.Constant(value=None, other="")):
            return True
    return False


def _widened(values: Iterable[Value]) -> Values:
    """Return the values without what made each: of so many it does not matter any more."""
    return tuple(dict.fromkeys(replace(v, creation=None) if isinstance(v, Instance) else v for v in values))


def _assigned_to_self(
    cls: ClassScope, set_by_name: Mapping[Scope, Sequence[tuple[code.Expression, str, code.Expression]]]
) -> dict[str, list[tuple[FunctionScope, code.Expression]]]:
    """Return what the methods of a class assign to the attributes of their object, by attribute."""
    found: dict[str, list[tuple[FunctionScope, code.Expression]]] = {}
    for method in cls.methods:
        if not method.parameters:
            continue
        me = method.parameters[0].name
        for base, name, value in (*_assigned_in(method), *set_by_name.get(method, ())):
            if isinstance(base, code.Name) and base.id == me:
                found.setdefault(name, []).append((method, value))
    return found


def _assigned_in(method: FunctionScope) -> Iterator[tuple[code.Expression, str, code.Expression]]:
    """Yield what a method assigns to attributes: the object, the name, the value."""
    for node in method.nodes.of(code.Assign, code.WithItem):
        match node:
            case code.Assign(targets=targets, value=value) if value is not None:
                for target, part in code.pairs(targets, value):
                    if isinstance(target, code.Attribute):
                        yield target.value, target.name, part
            case code.WithItem(target=code.Attribute(value=base, name=name), manager=manager):
                yield base, name, manager


def _decorator_names(function: FunctionScope) -> set[str]:
    return {code.dotted(d) for d in function.node.decorators}


def _is_static(function: FunctionScope) -> bool:
    return "staticmethod" in _decorator_names(function)


def _is_class_method(function: FunctionScope) -> bool:
    return "classmethod" in _decorator_names(function)


def _is_given_the_request(function: FunctionScope, position: int) -> bool:
    """Whether the framework calls it with the request there: a middleware, `dispatch`, a handler of exceptions."""
    if [p.name for p in function.parameters[position + 1 : position + 2]] == ["call_next"]:
        return True
    return position == 0 and any(
        isinstance(d, code.Call) and code.last_name(d.function) == "exception_handler" for d in function.node.decorators
    )


def _is_depends(value: Value) -> bool:
    return isinstance(value, Instance) and value.creation is not None and value.type in catalogue.DEPENDS
