"""TS702: an override ends with the test that asked for it."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.facts import code
from conformance.program import FunctionScope, Program, Scope, catalogue
from conformance.program.fixtures import PER_TEST, Fixtures
from conformance.program.overrides import OverrideWrite, is_overrides, override_writes
from conformance.program.scopes import ModuleScope, ParameterBinding, ValueBinding
from conformance.program.values import ClassValue, External, FunctionValue, Instance, Symbol
from conformance.results import Violation
from conformance.rules.base import Example, Rule

_DEEPEST = 8
_LATER = frozenset(
    {"addfinalizer", "addCleanup", "addAsyncCleanup", "addClassCleanup", "callback", "push_async_callback"}
)


def subjects(program: Program) -> Iterator[OverrideWrite]:
    """Each override that the tests set."""
    for module in program.modules:
        if module.is_test:
            yield from (w for w in override_writes(program, module) if not w.removes)


def check(program: Program, write: OverrideWrite) -> Iterator[Violation]:
    """Report an override that nothing ends."""
    if _Covers(program, write).is_covered():
        return
    where = write.function.name if write.function is not None else "the module"
    keys = ", ".join(code.dotted(k) or "…" for k in write.keys) or "…"
    yield Violation(
        write.place,
        f"the override of `{keys}` in `{where}` is never cleared",
        "yield, and then `app.dependency_overrides.clear()`; or make a fresh app in the fixture",
        detail=f"{where} {keys}",
    )


class _Covers:
    """Answers whether something ends an override."""

    def __init__(self, program: Program, write: OverrideWrite) -> None:
        self.program = program
        self.names = program.names
        self.fixtures: Fixtures = program.fixtures
        self.write = write
        self.apps = self._apps_of(write)

    def is_covered(self) -> bool:
        write = self.write
        if write.function is None:
            return any(self._tears_down(f.function) for f in self.fixtures.autouse_for(write.module, None))
        return self._is_fresh_table(write) or self._ends(write.function, write.node.span[2:], write.keys, ())

    def _ends(
        self,
        function: FunctionScope,
        after: tuple[int, int],
        keys: tuple[code.Expression, ...],
        seen: tuple[FunctionScope, ...],
    ) -> bool:
        """Whether what a function overrides at a place is ended by it, or by what runs around it."""
        if function in seen or len(seen) > _DEEPEST:
            return False
        if self._removes_later(function, after, keys) or self._restores_itself(function):
            return True
        if any(self._removes_later(method, (0, 0), keys) for method in self._leaving(function)):
            return True
        outer = function.parent
        if isinstance(outer, FunctionScope) and self._removes_later(outer, _goes_on(outer), keys):
            return True
        around = [f.function for f in self.fixtures.autouse_for(function.module, function.owner)]
        around += [f.function for f in self.fixtures.given_to(function)]
        around += self.fixtures.teardowns(function)
        if any(f is not function and self._tears_down(f) for f in around):
            return True
        if self.fixtures.is_run_by_pytest(function):
            return False
        calls = [(c, s) for c, s, _ in self.names.calls_of(function) if s.module.is_test]
        return bool(calls) and all(
            isinstance(scope, FunctionScope) and self._ends(scope, call.span[2:], (), (*seen, function))
            for call, scope in calls
        )

    def _removes_later(
        self, function: FunctionScope, after: tuple[int, int], keys: tuple[code.Expression, ...]
    ) -> bool:
        """Whether a function ends the override behind a place, or has it ended later."""
        removals = [removed for at, removed in self._removals(function) if at >= after]
        return any(self._matches(removed, keys) for removed in (*removals, *self._finalizers(function)))

    def _leaving(self, function: FunctionScope) -> Iterator[FunctionScope]:
        """Yield what runs when the with statement ends whose beginning a method is."""
        name = {"__enter__": "__exit__", "__aenter__": "__aexit__"}.get(function.name)
        if name is not None and function.owner is not None:
            yield from self.names.methods(function.owner, name)

    def _tears_down(self, function: FunctionScope) -> bool:
        """Whether a fixture or teardown method ends overrides: all of them, whichever they are."""
        start = (0, 0) if self._is_autouse(function) else _goes_on(function)
        return self._restores_itself(function) or self._removes_later(function, start, ())

    def _is_autouse(self, function: FunctionScope) -> bool:
        fixture = self.fixtures.by_function.get(function)
        return fixture is not None and fixture.autouse

    def _removals(
        self, function: FunctionScope, depth: int = 0
    ) -> Iterator[tuple[tuple[int, int], tuple[code.Expression, ...]]]:
        """Yield where a function ends overrides, itself or by a function that it calls; with the keys, or all."""
        for write in self.program.overrides_by_scope(function.module).get(function, ()):
            if write.removes and not self._is_of_another_app(write):
                in_loop = any(self._is_element(key, write.scope) for key in write.keys)
                yield write.node.span[:2], () if in_loop else write.keys
        if depth > 3:
            return
        for node in function.nodes:
            if isinstance(node, code.Call):
                for value in self.names.infer(node.function, function):
                    match value:
                        case FunctionValue(function=called) if called is not function and not called.node.is_generator:
                            for _, keys in self._removals(called, depth + 1):
                                yield node.span[:2], keys

    def _is_element(self, key: code.Expression, scope: Scope) -> bool:
        """Whether a key is what a loop goes over: all that was set, then."""
        return isinstance(key, code.Name) and any(
            isinstance(r, Symbol) and isinstance(r.binding, ValueBinding) and r.binding.how == "element"
            for r in self.names.lookup(key.id, scope, key.span)
        )

    def _is_of_another_app(self, removal: OverrideWrite) -> bool:
        apps = self._apps_of(removal)
        return bool(apps) and bool(self.apps) and apps.isdisjoint(self.apps)

    def _apps_of(self, write: OverrideWrite) -> frozenset[int]:
        """Return the calls that make the app whose overrides are written, as far as they are known."""
        match write.table:
            case code.Attribute(value=app, name="dependency_overrides"):
                values = self.names.infer(app, write.scope)
                made = [v.creation.call for v in values if isinstance(v, Instance) and v.creation is not None]
                return frozenset(map(id, made)) if len(made) == len(values) else frozenset()
        return frozenset()

    def _finalizers(self, function: FunctionScope) -> Iterator[tuple[code.Expression, ...]]:
        """Yield what is left to be done at the end: `request.addfinalizer(app.dependency_overrides.clear)`."""
        for node in function.nodes:
            match node:
                case code.Call(function=code.Attribute(name=name), arguments=(first, *rest)) if name in _LATER:
                    match first:
                        case code.Attribute(value=table, name="clear" | "pop") if is_overrides(
                            self.program, table, function
                        ):
                            yield tuple(rest[:1])
                        case code.Lambda():
                            yield from self._deferred_removals(first, function)
                        case _:
                            for value in self.names.infer(first, function):
                                if isinstance(value, FunctionValue):
                                    yield from (keys for _, keys in self._removals(value.function))

    def _deferred_removals(self, node: code.Lambda, function: FunctionScope) -> Iterator[tuple[code.Expression, ...]]:
        for write in override_writes(self.program, function.module):
            first, last = node.span[:2], node.span[2:]
            if write.removes and first <= write.node.span[:2] <= last:
                yield write.keys

    def _restores_itself(self, function: FunctionScope) -> bool:
        """Whether the overrides are patched for a while: `patch.dict(app.dependency_overrides, …)`."""
        return any(
            "dependency_overrides" in {patch.name, patch.last}
            or (patch.holder is not None and is_overrides(self.program, patch.holder, function))
            for patch in self.program.patches(function.module)
            if patch.scope is function
        )

    def _matches(self, removed: tuple[code.Expression, ...], keys: tuple[code.Expression, ...]) -> bool:
        """Whether what is removed is what was set: the same names, as far as both are known."""
        if not removed or not keys:
            return True
        known = {code.dotted(k) for k in removed}
        return "" in known or any(code.dotted(k) in known or not code.dotted(k) for k in keys)

    # --- fresh applications ----------------------------------------------------------------------------------------

    def _is_fresh_table(self, write: OverrideWrite) -> bool:
        return self._is_fresh(write.table, write.scope, 0)

    def _is_fresh(self, node: code.Expression, scope: Scope, depth: int) -> bool:
        """Whether an app, its client or its overrides are made anew for each test."""
        if depth > _DEEPEST:
            return False
        match node:
            case code.Attribute(value=code.Name(id="self"), name=name) if (
                isinstance(scope, FunctionScope) and scope.owner is not None
            ):
                assigned = list(self.names.assigned_attributes(scope.owner, name))
                return bool(assigned) and all(
                    method.name in PER_TEST and self._is_fresh(value, method, depth + 1) for method, value in assigned
                )
            case code.Attribute(value=inner):
                return self._is_fresh(inner, scope, depth + 1)
            case code.Await(value=inner):
                return self._is_fresh(inner, scope, depth + 1)
            case code.Name(id=name):
                return self._is_fresh_name(node, name, scope, depth)
            case code.Call():
                return self._is_fresh_call(node, scope, depth)
        return False

    def _is_fresh_name(self, node: code.Name, name: str, scope: Scope, depth: int) -> bool:
        found = self.names.lookup(name, scope, node.span)
        return bool(found) and all(
            isinstance(resolved, Symbol) and self._is_fresh_symbol(resolved, depth) for resolved in found
        )

    def _is_fresh_symbol(self, symbol: Symbol, depth: int) -> bool:
        scope = symbol.scope
        match symbol.binding:
            case ParameterBinding(node=parameter) if isinstance(scope, FunctionScope):
                fixture = self.fixtures.named(parameter.name, scope)
                if fixture is not None:
                    return fixture.per_test and self._gives_fresh(fixture.function, depth + 1)
                calls = [c for c in self.names.calls_of(scope) if c[1].module.is_test]
                given = [(self.names.bind(scope, c, s, k).get(parameter.name), s) for c, s, k in calls]
                return all(node is not None and self._is_fresh(node, s, depth + 1) for node, s in given)
            case ValueBinding(value=value) if value is not None and not isinstance(scope, ModuleScope):
                return self._is_fresh(value, scope, depth + 1)
        return False

    def _is_fresh_call(self, call: code.Call, scope: Scope, depth: int) -> bool:
        for value in self.names.infer(call.function, scope):
            match value:
                case External(name=name) if name in catalogue.APPS:
                    return True
                case ClassValue(cls=cls) if self.names.is_a(cls, *catalogue.APPS):
                    return True
                case FunctionValue(function=function):
                    return not self.program.is_cached(function) and self._gives_fresh(function, depth + 1)
                case External() | ClassValue():
                    given = (*call.arguments, *(k.value for k in call.keywords))
                    return any(self._is_fresh(argument, scope, depth + 1) for argument in given)
        return False

    def _gives_fresh(self, function: FunctionScope, depth: int) -> bool:
        results = [n.value for n in function.nodes if isinstance(n, (code.Return, code.Yield)) and n.value is not None]
        return bool(results) and all(self._is_fresh(result, function, depth) for result in results)


def _goes_on(function: FunctionScope) -> tuple[int, int]:
    """Return where a function goes on after the test: a generator at its first `yield`, any other at its start."""
    return min((n.span[:2] for n in function.nodes.of(code.Yield, code.YieldFrom)), default=(0, 0))


RULE = Rule(
    id="TS702",
    name="override-not-cleared",
    source="PRD-012 §7",
    summary="A test sets an override that nothing ends.",
    why=(
        "`app.dependency_overrides` belongs to the application, which all tests share. An override that stays behind "
        "changes what the next test sees: it passes alone and fails in company, or the other way round."
    ),
    instead=(
        "Set it in a fixture that yields, and clear it behind the yield. Where each test has an app of its own, "
        "made by the same fixture, nothing stays behind."
    ),
    subjects=subjects,
    check=check,
    nothing="the tests override no dependency",
    bad=(
        Example(
            "a fixture that returns",
            """
--- app/main.py
from fastapi import FastAPI

app = FastAPI()


async def get_region() -> str:
    return "eu"
--- tests/conftest.py
import pytest

from app.main import app, get_region


@pytest.fixture
def us_app():
    app.dependency_overrides[get_region] = lambda: "us"  # expect: TS702
    return app
""",
        ),
        Example(
            "another key is removed, and a module that overrides",
            """
--- app/main.py
from fastapi import FastAPI

app = FastAPI()


async def get_region() -> str:
    return "eu"


async def get_zone() -> str:
    return "a"
--- tests/conftest.py
import pytest

from app.main import app, get_region, get_zone

app.dependency_overrides |= {get_zone: lambda: "b"}  # expect: TS702


@pytest.fixture
def us_app():
    overrides = app.dependency_overrides
    overrides[get_region] = lambda: "us"  # expect: TS702
    yield app
    overrides.pop(get_zone)
""",
        ),
    ),
    good=(
        Example(
            "cleared behind the yield",
            """
--- app/main.py
from fastapi import FastAPI

app = FastAPI()


async def get_region() -> str:
    return "eu"
--- tests/conftest.py
import pytest

from app.main import app, get_region


@pytest.fixture
def us_app():
    app.dependency_overrides[get_region] = lambda: "us"
    yield app
    app.dependency_overrides.clear()
""",
        ),
        Example(
            "an app for each test, and a fixture that clears for all",
            """
--- app/main.py
from fastapi import FastAPI

app = FastAPI()


async def get_region() -> str:
    return "eu"


def create_app() -> FastAPI:
    return FastAPI()
--- tests/unit/test_region.py
import pytest

from app.main import create_app, get_region


@pytest.fixture
def own():
    return create_app()


def test_region(own) -> None:
    own.dependency_overrides[get_region] = lambda: "us"
--- tests/api/conftest.py
import pytest

from app.main import app


@pytest.fixture(autouse=True)
def no_overrides():
    yield
    app.dependency_overrides.clear()
--- tests/api/test_region.py
from app.main import app, get_region


def test_region() -> None:
    app.dependency_overrides[get_region] = lambda: "us"
""",
        ),
    ),
)
