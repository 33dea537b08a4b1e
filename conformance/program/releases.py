"""What a function releases, itself or through what it calls: by a method, a with statement, or an exit stack."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from conformance.facts import code
from conformance.program import catalogue
from conformance.program.inference import Inference
from conformance.program.kinds import PROTOCOLS
from conformance.program.origins import CallSite, Origins
from conformance.program.resources import CONSTRUCTORS, Construction, Resources
from conformance.program.scopes import ClassScope, FunctionScope, Scope, enclosing
from conformance.program.values import ClassValue, External, FunctionValue, Instance, Values

_STACKING = frozenset(
    {"enter_async_context", "enter_context", "push_async_callback", "callback", "push_async_exit", "push"}
)
_TELLING = ("close", "dispose", "shutdown", "shut_down", "cleanup", "clean_up", "release", "disconnect", "teardown")


class Visit(NamedTuple):
    """A function that runs when a root is run.

    Attributes:
        at: the node in the root that leads to it; None for the root itself.
        failing: it is reached in the handler of an exception only.
        handed: it is not called but handed to a call.
    """

    function: FunctionScope
    root: FunctionScope
    at: code.Node | None
    failing: bool
    handed: bool


@dataclass(frozen=True, slots=True, eq=False)
class Release:
    """Something that releases an object.

    Attributes:
        sites: the calls that the object can be the result of.
        node: what releases it; `scope` is where that stands.
        at: the node in the root that leads there.
        entered: it is a with statement.
        values: what the object is.
    """

    sites: tuple[CallSite, ...]
    node: code.Node
    scope: Scope
    root: FunctionScope
    at: code.Node
    entered: bool
    values: Values

    def of(self, call: code.Call) -> bool:
        """Return whether the object can be the result of this very call."""
        return any(site.call is call for site in self.sites)


class Releases:
    """Answers what is created and what is released by functions and all that they call."""

    def __init__(self, names: Inference, origins: Origins, resources: Resources) -> None:
        self.names = names
        self.origins = origins
        self.resources = resources
        self._stored: dict[tuple[FunctionScope, bool], set[int]] = {}
        self._called: dict[FunctionScope, set[int]] = {}
        """By identity: the calls whose results a function stores, and what it calls."""

    # --- what runs -------------------------------------------------------------------------------------------------

    def visits(self, roots: Iterable[FunctionScope]) -> Iterator[Visit]:
        """Yield the roots and the functions of the target that they call or hand over, each with the way there."""
        seen: set[tuple[FunctionScope, bool, bool]] = set()
        pending = [Visit(root, root, None, failing=False, handed=False) for root in roots]
        while pending:
            visit = pending.pop(0)
            key = (visit.function, visit.failing, visit.handed)
            if key in seen or (visit.failing and (visit.function, False, visit.handed) in seen):
                continue
            seen.add(key)
            yield visit
            for node, failing, dropped in _nodes(visit.function):
                for called, handed in self._leads_to(node, visit.function, dropped=dropped):
                    pending.append(
                        Visit(called, visit.root, visit.at or node, visit.failing or failing, visit.handed or handed)
                    )

    def _leads_to(self, node: code.Node, scope: Scope, *, dropped: bool) -> Iterator[tuple[FunctionScope, bool]]:
        match node:
            case code.Call(function=function, arguments=arguments, keywords=keywords):
                for value in self.names.infer(function, scope):
                    match value:
                        case FunctionValue(function=called) if not (dropped and _is_coroutine(called)):
                            yield called, False
                            yield from ((f, False) for f in self._implementations(called))
                        case ClassValue(cls=cls):
                            for name in ("__init__", "__post_init__"):
                                yield from ((f, False) for f in self.names.methods(cls, name))
                for argument in (*arguments, *(k.value for k in keywords)):
                    if isinstance(argument, (code.Name, code.Attribute)):
                        for value in self.names.infer(argument, scope):
                            if isinstance(value, FunctionValue):
                                yield value.function, True
                    elif isinstance(argument, code.Lambda):
                        for inner in code.walk_scope(argument.body):
                            yield from ((f, True) for f, _ in self._leads_to(inner, scope, dropped=False))
            case code.WithItem(manager=manager):
                for value in self.names.expand(self.names.infer(manager, scope)):
                    if isinstance(value, Instance) and isinstance(value.type, ClassScope):
                        for name in ("__aenter__", "__enter__", "__aexit__", "__exit__"):
                            yield from ((f, False) for f in self.names.methods(value.type, name))

    def _implementations(self, method: FunctionScope) -> Iterator[FunctionScope]:
        """Of a protocol's method that says that it releases: those of the classes that have all its methods."""
        protocol = method.owner
        if protocol is None or not _says_release(method.name) or PROTOCOLS.isdisjoint(self.names.ancestry(protocol)):
            return
        wanted = {m.name for m in protocol.methods}
        for cls in self._defining.get(method.name, ()):
            if cls is not protocol and all(any(self.names.methods(cls, name)) for name in wanted):
                yield from self.names.methods(cls, method.name)

    @cached_property
    def _defining(self) -> dict[str, list[ClassScope]]:
        """The classes that define a method that says that it releases, by its name."""
        found: defaultdict[str, list[ClassScope]] = defaultdict(list)
        for module in self.names.modules:
            for cls in module.classes:
                for name in {m.name for m in cls.methods if not module.is_test and _says_release(m.name)}:
                    found[name].append(cls)
        return found

    # --- what is created -------------------------------------------------------------------------------------------

    def created_by(self, visits: Iterable[Visit]) -> Iterator[Construction]:
        """Yield the resources that functions create; where one constructs and returns, the call of it."""
        seen: set[int] = set()
        for visit in visits:
            if visit.handed:
                continue
            passed_on: set[int] = set()
            if visit.at is not None:
                returned = self.resources.returned_by(visit.function)
                passed_on = {id(c.call) for c in returned if not self._is_stored(c, visit.function)}
                if visit.function.owner is not None and visit.function.name in {"__init__", "__post_init__"}:
                    built = self.resources.of_class(visit.function.owner)
                    if built is not None:
                        continue
            for construction in self.resources.in_scope(visit.function):
                if id(construction.call) in seen | passed_on or self._is_kept_inside(construction):
                    continue
                if not self._owns_nothing(construction):
                    seen.add(id(construction.call))
                    yield construction

    def _is_kept_inside(self, construction: Construction) -> bool:
        """Whether a function that is called stores what it makes, so that the line there tells of it."""
        inner = construction.inner
        while inner is not None and isinstance(inner.scope, FunctionScope) and inner.scope.name not in CONSTRUCTORS:
            if self._is_stored(inner, inner.scope):
                return True
            inner = inner.inner
        return False

    def _is_stored(self, construction: Construction, function: FunctionScope, *, globally: bool = False) -> bool:
        """Whether the function assigns what a construction makes to an attribute, an item or a global name."""
        key = (function, globally)
        if key not in self._stored:
            self._stored[key] = {
                id(site.call)
                for node in function.nodes.of(code.Assign)
                if node.value is not None
                and any(_keeps_what_it_gets(target, function, globally=globally) for target in node.targets)
                for site in self.origins.of(node.value, function)
            }
        return id(construction.call) in self._stored[key]

    @staticmethod
    def _owns_nothing(construction: Construction) -> bool:
        """Whether it is a client of Redis around a pool that it is lent: the pool is what must be released."""
        made = construction.innermost
        return "redis" in made.name.lower() and any(k.name == "connection_pool" for k in made.call.keywords)

    # --- what is released ------------------------------------------------------------------------------------------

    def in_visits(self, visits: Iterable[Visit]) -> list[Release]:
        """Return what functions release on a path that is not that of an error; on any what `with` opens itself."""
        found: list[Release] = []
        stacked: list[tuple[tuple[CallSite, ...], Release]] = []
        handed: list[tuple[str, Release]] = []
        closers: set[str] = set()
        for visit in visits:
            for node, failing, dropped in _nodes(visit.function):
                if (failing or visit.failing) and not _opens(node):
                    continue
                found += self._released(node, visit, dropped=dropped)
                stacked += self._stacked(node, visit)
                for name in self._external_call(node, visit.function):
                    if name in catalogue.KEEPERS and isinstance(node, code.Call):
                        handed += ((catalogue.KEEPERS[name], self._release(a, node, visit)) for a in node.arguments)
                    closers.add(name)
        for name, release in handed:
            if name in closers:
                found.append(release)
        closed = {id(site.call) for release in found for site in release.sites}
        found += [r for stack, r in stacked if not stack or any(id(site.call) in closed for site in stack)]
        return found

    def released_in(self, nodes: Iterable[code.Node], function: FunctionScope) -> list[Release]:
        """Return what statements of a function release, themselves or through what they call."""
        found: list[Release] = []
        root = Visit(function, function, None, failing=False, handed=False)
        inner: list[Visit] = []
        for node, failing, dropped in _contexts(nodes):
            if failing:
                continue
            found += self._released(node, root, dropped=dropped)
            for called, handed in self._leads_to(node, function, dropped=dropped):
                inner += [
                    Visit(v.function, function, node, v.failing, v.handed or handed) for v in self.visits((called,))
                ]
        return found + self.in_visits(inner)

    def covers(self, releases: Iterable[Release], created: Construction, others: Iterable[Construction]) -> bool:
        """Return whether one of the releases is one of what a construction made.

        Args:
            releases: what is released.
            created: the construction.
            others: the other constructions, which may go back to the same call of a library.
        """
        inside = [made.call for made in _behind(created)]
        siblings = [o for o in others if o is not created and o.innermost.call is created.innermost.call]
        if siblings and all(self.is_shared(c) for c in (created, *siblings)):
            siblings = []
        beside = [o for o in siblings if o.scope is created.scope]
        for release in releases:
            if release.of(created.call):
                return True
            if any(release.of(call) for call in inside) and not (beside or any(release.of(o.call) for o in siblings)):
                return True
        return False

    def taken_over(self, created: Construction) -> Iterator[CallSite]:
        """Yield the calls that made what a construction takes over, so that it is released with it."""
        made = created.innermost
        names = catalogue.TAKEN_OVER.get(made.name, ())
        given = [k.value for k in made.call.keywords if k.name in names]
        if names and made.name.endswith(("from_pool", "AsyncEngine")):
            given += made.call.arguments[:1]
        for argument in given:
            yield from self.origins.of(argument, made.scope)

    def _taken_with(self, release: Release) -> Iterator[CallSite]:
        """Yield the calls that made what a released object had taken over."""
        for site in release.sites:
            construction = self.resources.constructed_by(site.call, site.scope)
            if construction is not None:
                yield from self.taken_over(construction)

    def unreleased(self, visits: Iterable[Visit]) -> Iterator[Construction]:
        """Yield what functions create and never release; only what the catalogue knows."""
        visits = list(visits)
        created = list(self.created_by(visits))
        releases = self.in_visits(visits)
        open_ones = [c for c in created if not self.covers(releases, c, created)]
        taken = {id(site.call) for release in releases for site in self._taken_with(release)}
        for construction in open_ones:
            if construction.resource.exact and construction.resource.releasable and id(construction.call) not in taken:
                yield construction

    # --- one node --------------------------------------------------------------------------------------------------

    def _released(self, node: code.Node, visit: Visit, *, dropped: bool) -> Iterator[Release]:
        scope = visit.function
        match node:
            case code.WithItem(manager=manager):
                yield self._release(manager, node, visit, entered=True)
            case code.Call(function=code.Attribute(value=base, name=name)) if (
                name in catalogue.RELEASES and not self._tells(node.function, scope)
            ):
                if not (dropped and self._needs_awaiting(node, base, name, scope)):
                    yield self._release(base, node, visit)
            case code.Call(function=code.Call(function=code.Name(id="getattr"), arguments=(base, method, *_))):
                names = self.origins.keys(method, scope)
                if names & catalogue.RELEASES and not (
                    dropped and any(self._needs_awaiting(node, base, name, scope) for name in names)
                ):
                    yield self._release(base, node, visit)
            case code.Call(function=function, arguments=arguments, keywords=keywords):
                if self._tells(function, scope) and not dropped:
                    for argument in (*arguments, *(k.value for k in keywords)):
                        yield self._release(argument, node, visit)
                elif isinstance(function, code.Attribute) and function.name in catalogue.TAKING:
                    for argument in arguments:
                        yield self._release(argument, node, visit)
                elif isinstance(function, code.Attribute) and self._releases_itself(function, scope, dropped=dropped):
                    yield self._release(function.value, node, visit)
            case code.Attribute(value=base, name=name) if name in catalogue.RELEASES:
                if not dropped and not self._is_called(node, visit.function):
                    yield self._release(base, node, visit)

    def _external_call(self, node: code.Node, scope: Scope) -> Iterator[str]:
        if isinstance(node, code.Call) and isinstance(node.function, code.Attribute):
            for resolved in self.names.resolve(node.function, scope):
                if isinstance(resolved, External):
                    yield resolved.name

    def _stacked(self, node: code.Node, visit: Visit) -> Iterator[tuple[tuple[CallSite, ...], Release]]:
        match node:
            case code.Call(function=code.Attribute(value=stack, name=name), arguments=(first, *_)) if name in _STACKING:
                stacks = self.origins.of(stack, visit.function)
                if isinstance(first, code.Lambda):
                    for inner in code.walk_scope(first.body):
                        yield from ((stacks, r) for r in self._released(inner, visit, dropped=False))
                else:
                    yield stacks, self._release(first, node, visit, entered=True)

    def _release(self, base: code.Expression, node: code.Node, visit: Visit, *, entered: bool = False) -> Release:
        scope = visit.function
        values = self.names.expand(self.names.infer(base, scope))
        sites = self.origins.of(base, scope)
        while not sites and isinstance(base, code.Attribute) and base.name in catalogue.PARTS:
            base = base.value
            sites = self.origins.of(base, scope)
            values = self.names.expand(self.names.infer(base, scope))
        return Release(sites, node, scope, visit.root, visit.at or node, entered, values)

    def _needs_awaiting(self, call: code.Call, base: code.Expression, name: str, scope: Scope) -> bool:
        """Whether a call that stands alone as a statement only makes a coroutine."""
        if name in catalogue.ALWAYS_AWAITED:
            return True
        if name in catalogue.AT_ONCE:
            return False
        called = [v.function for v in self.names.infer(call.function, scope) if isinstance(v, FunctionValue)]
        if called:
            return all(_is_coroutine(function) for function in called)
        match base:
            case code.Attribute(name="sync_engine" | "pool" | "transport" | "_transport"):
                return False
            case code.Attribute(value=owner, name="connection_pool"):
                base = owner
        for value in self.names.expand(self.names.infer(base, scope)):
            resource = self.resources.is_resource(value)
            if resource is not None and resource.exact:
                return resource.awaited
        return False

    def _tells(self, function: code.Expression, scope: Scope) -> bool:
        """Whether another distribution's function is called that releases what it is given, by its name."""
        return any(
            isinstance(value, External) and any(verb in value.last.lower() for verb in _TELLING)
            for value in self.names.infer(function, scope)
        )

    def _releases_itself(self, method: code.Attribute, scope: Scope, *, dropped: bool) -> bool:
        """Whether a method of the target releases what its own object holds."""
        for value in self.names.infer(method, scope):
            match value:
                case FunctionValue(function=function) if function.owner is not None and function.parameters:
                    if dropped and _is_coroutine(function):
                        continue
                    me = function.parameters[0].name
                    for node in function.nodes:
                        match node:
                            case code.Attribute(value=base, name=name) if name in catalogue.RELEASES:
                                if code.dotted(base).startswith(f"{me}."):
                                    return True
        return False

    def _is_called(self, attribute: code.Attribute, function: FunctionScope) -> bool:
        if function not in self._called:
            self._called[function] = {id(call.function) for call in function.nodes.of(code.Call)}
        return id(attribute) in self._called[function]

    def is_shared(self, created: Construction) -> bool:
        """Return whether calling again gives the same object."""
        return self.kept(created, globally=False) is not None

    def kept(self, created: Construction, *, globally: bool = True) -> Construction | None:
        """Return the construction, itself or one behind it, whose function keeps what it makes.

        Args:
            created: the construction.
            globally: keeps it for the process: by a cache, or by something module-level. Without that, an attribute or
                item of anything will do for what is behind.
        """
        caller: Construction | None = None
        for made in (created, *_behind(created)):
            function = made.scope
            if isinstance(function, FunctionScope) and function.name not in CONSTRUCTORS:
                anywhere = caller is not None and (not globally or _is_method_of_global(caller))
                if self._is_stored(made, function, globally=not anywhere):
                    return made
                if caller is not None and _is_cached(function):
                    return made
            caller = made
        return None


def _keeps_what_it_gets(target: code.Expression, function: FunctionScope, *, globally: bool) -> bool:
    """Whether what is assigned to a target outlives the call of a function."""
    match target:
        case code.Name(id=name):
            return function.outer_names.get(name) == "global"
        case code.Attribute(value=base) | code.Subscript(value=base):
            return not globally or _is_outside(base, function)
    return False


def _is_outside(base: code.Expression, function: FunctionScope) -> bool:
    """Whether an expression starts from a name that is no local of a function, nor of one around it, or from `cls`."""
    while isinstance(base, (code.Attribute, code.Subscript)):
        base = base.value
    if not isinstance(base, code.Name):
        return False
    return base.id == "cls" or all(base.id not in f.bindings for f in enclosing(function))


def _is_method_of_global(created: Construction) -> bool:
    """Whether the call is one of a method of something module-level: `manager.client()`."""
    match created.call.function, created.scope:
        case code.Attribute(value=base), FunctionScope() as function:
            return _is_outside(base, function)
    return False


def _behind(created: Construction) -> Iterator[Construction]:
    """Yield the constructions that a construction leads to, in functions that are called."""
    while created.inner is not None:
        created = created.inner
        yield created


def _is_cached(function: FunctionScope) -> bool:
    decorators = (d.function if isinstance(d, code.Call) else d for d in function.node.decorators)
    return any("cache" in code.dotted(decorator) for decorator in decorators)


def _says_release(name: str) -> bool:
    return name in catalogue.RELEASES or any(verb in name.lower() for verb in _TELLING)


def _is_coroutine(function: FunctionScope) -> bool:
    return function.node.is_async and not function.node.is_generator


def _nodes(function: FunctionScope) -> Iterator[tuple[code.Node, bool, bool]]:
    return _contexts(function.body)


def _contexts(nodes: Iterable[code.Node]) -> Iterator[tuple[code.Node, bool, bool]]:
    """Yield each node of a scope: whether it stands in a handler, and whether it is a statement of its own."""
    pending: list[tuple[code.Node, bool, bool]] = [(node, False, False) for node in reversed(list(nodes))]
    while pending:
        node, failing, dropped = pending.pop()
        yield node, failing, dropped
        match node:
            case code.Function() | code.Class() | code.Lambda():
                continue
            case code.Evaluate(value=value):
                pending.append((value, failing, True))
            case code.Handler(body=body):
                pending += [(child, True, False) for child in reversed(body)]
            case _:
                pending += [(child, failing, False) for child in reversed(list(code.children(node)))]


def _opens(node: code.Node) -> bool:
    """Whether it is `with make() as x`: what is made there ends there."""
    return isinstance(node, code.WithItem) and isinstance(node.manager, code.Call)
