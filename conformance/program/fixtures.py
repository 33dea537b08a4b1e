"""pytest's fixtures: which a test is given, which run by themselves, and how long they live."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from conformance.facts import code
from conformance.program.scopes import ClassScope, FunctionScope, ModuleScope, Scope
from conformance.program.values import Symbol

if TYPE_CHECKING:
    from conformance.program.inference import Inference

_PYTEST = frozenset({"pytest", "pytest_asyncio"})
_TEARDOWNS = frozenset(
    {"tearDown", "asyncTearDown", "tearDownClass", "teardown_method", "teardown_class", "teardown", "doClassCleanups"}
)
_MODULE_TEARDOWNS = frozenset({"teardown_module", "tearDownModule", "teardown_function"})
PER_TEST = frozenset({"setUp", "asyncSetUp", "setup_method", "setup"})
"""Methods that run anew for each test of a class."""


@dataclass(frozen=True, slots=True, eq=False)
class Fixture:
    """A function that pytest calls for a test.

    Attributes:
        name: by which it is asked for.
        per_test: it runs anew for each test; False where its scope is a wider one.
        autouse: it runs without being asked for.
    """

    name: str
    function: FunctionScope
    per_test: bool
    autouse: bool


def offers_fixtures(module: code.ModuleCode) -> bool:
    """Return whether a file defines fixtures of pytest, so that it is for tests wherever it lies."""
    spellings = set()
    for statement in module.body:
        match statement:
            case code.Import(names=names):
                spellings |= {f"{n.alias or n.name}.fixture" for n in names if n.name in _PYTEST}
            case code.ImportFrom(module=source, level=0, names=names) if source in _PYTEST:
                spellings |= {n.alias or n.name for n in names if n.name == "fixture"}
    return bool(spellings) and any(
        code.dotted(decorator.function if isinstance(decorator, code.Call) else decorator) in spellings
        for statement in module.body
        if isinstance(statement, code.Function)
        for decorator in statement.decorators
    )


class Fixtures:
    """All fixtures of the tests, computed once."""

    def __init__(self, names: Inference) -> None:
        self.names = names
        self.by_name: dict[str, list[Fixture]] = defaultdict(list)
        self.by_function: dict[FunctionScope, Fixture] = {}
        for module in names.modules:
            if module.is_test:
                for function in module.functions:
                    fixture = self._fixture(function)
                    if fixture is not None:
                        self.by_name[fixture.name].append(fixture)
                        self.by_function[function] = fixture

    def _fixture(self, function: FunctionScope) -> Fixture | None:
        for decorator in function.node.decorators:
            node = decorator.function if isinstance(decorator, code.Call) else decorator
            if code.dotted(node).rpartition(".")[2] != "fixture":
                continue
            name, per_test, autouse = function.name, True, False
            for keyword in decorator.keywords if isinstance(decorator, code.Call) else ():
                text = self.names.text(keyword.value, function.parent)
                match keyword.name:
                    case "name" if text:
                        name = text
                    case "scope":
                        per_test = text == "function"
                    case "autouse":
                        autouse = isinstance(keyword.value, code.Constant) and keyword.value.value is True
            return Fixture(name, function, per_test, autouse)
        return None

    def named(self, name: str, near: FunctionScope) -> Fixture | None:
        """Return the fixture that a function is given by a name: the nearest that it can see."""
        visible = [f for f in self.by_name.get(name, ()) if self._is_visible(f, near) and f.function is not near]
        return max(
            visible, key=lambda f: (f.function.module is near.module, f.function.module.path.count("/")), default=None
        )

    def function_named(self, near: FunctionScope, name: str) -> FunctionScope | None:
        """Return the function of the fixture that a function is given by a name."""
        fixture = self.named(name, near)
        return None if fixture is None else fixture.function

    def autouse_for(self, near: ModuleScope, owner: ClassScope | None) -> Iterator[Fixture]:
        """Yield the fixtures that run for each test of a module by themselves."""
        for fixture in self.by_function.values():
            home = fixture.function.owner
            if fixture.autouse and self._reaches(near, fixture) and (home is None or home is owner):
                yield fixture

    def given_to(self, function: FunctionScope) -> Iterator[Fixture]:
        """Yield the fixtures that a test or fixture asks for, directly or through others."""
        seen: set[FunctionScope] = set()
        pending = [function]
        while pending:
            current = pending.pop()
            for name in (*(p.name for p in current.parameters), *self._marked(current), *self._asked_for(current)):
                fixture = self.named(name, current)
                if fixture is not None and fixture.function not in seen:
                    seen.add(fixture.function)
                    yield fixture
                    pending.append(fixture.function)

    def _asked_for(self, function: FunctionScope) -> Iterator[str]:
        """Yield the names of the fixtures that a function asks for itself: `request.getfixturevalue("clean")`."""
        for node in function.nodes.of(code.Call):
            match node:
                case code.Call(function=code.Attribute(name="getfixturevalue"), arguments=(name,)):
                    text = self.names.text(name, function)
                    if text:
                        yield text

    def _marked(self, function: FunctionScope) -> Iterator[str]:
        """Yield the names in `usefixtures` marks of a function, its class and its module."""
        marks: list[tuple[code.Node, Scope]] = [(d, function.parent) for d in function.node.decorators]
        if function.owner is not None:
            marks += [(d, function.owner.parent) for d in function.owner.node.decorators]
        for binding in function.module.bindings.get("pytestmark", ()):
            value = getattr(binding, "value", None)
            if value is not None:
                marks.append((value, function.module))
        for mark, scope in marks:
            for node in code.walk_scope(mark):
                match node:
                    case code.Call(function=code.Attribute(name="usefixtures"), arguments=arguments):
                        yield from (text for a in arguments if (text := self.names.text(a, scope)))

    def _is_visible(self, fixture: Fixture, near: FunctionScope) -> bool:
        owner = fixture.function.owner
        return self._reaches(near.module, fixture) and (owner is None or owner is near.owner)

    def _reaches(self, near: ModuleScope, fixture: Fixture) -> bool:
        """Whether a module sees a fixture where it is defined, or where it was imported to."""
        homes = (fixture.function.module, *self._importers.get(fixture.function, ()))
        return any(_sees(near, home) for home in homes)

    @cached_property
    def _importers(self) -> dict[FunctionScope, list[ModuleScope]]:
        """The modules of tests that import fixtures, by name, by star or as `pytest_plugins`; by fixture."""
        found: dict[FunctionScope, list[ModuleScope]] = defaultdict(list)
        named = {function.name for function in self.by_function}
        for module in self.names.modules:
            if not module.is_test:
                continue
            for name in sorted(named if module.stars else named & module.bindings.keys()):
                for resolved in self.names.member(module, name):
                    match resolved:
                        case Symbol(binding=FunctionScope() as function) if function in self.by_function:
                            found[function].append(module)
            for plugin in self._plugins(module):
                for function in plugin.functions:
                    if function in self.by_function:
                        found[function].append(module)
        return found

    def _plugins(self, module: ModuleScope) -> Iterator[ModuleScope]:
        for binding in module.bindings.get("pytest_plugins", ()):
            value = getattr(binding, "value", None)
            for node in code.walk_scope(value) if value is not None else ():
                match node:
                    case code.Constant(value=str(name)):
                        plugin = self.names.module(name, module)
                        if plugin is not None:
                            yield plugin

    def is_run_by_pytest(self, function: FunctionScope) -> bool:
        """Return whether pytest or unittest calls a function itself: a test, a fixture, a hook."""
        name = function.name
        return (
            function in self.by_function
            or name.startswith(("test", "pytest_"))
            or name in _TEARDOWNS | _MODULE_TEARDOWNS | PER_TEST
            or name in {"setUpClass", "setup_class", "setup_module", "setUpModule", "setup_function"}
        )

    def teardowns(self, function: FunctionScope) -> Iterator[FunctionScope]:
        """Yield the functions by which the class and the module of a function clear up."""
        if function.owner is not None:
            for name in sorted(_TEARDOWNS):
                yield from self.names.methods(function.owner, name)
        for other in function.module.functions:
            if other.name in _MODULE_TEARDOWNS and isinstance(other.parent, ModuleScope):
                yield other


def _sees(near: ModuleScope, home: ModuleScope) -> bool:
    """Whether fixtures of a module reach another: the same, or a conftest in a folder above."""
    if near is home:
        return True
    folder, _, file = home.path.rpartition("/")
    return file == "conftest.py" and (not folder or near.path.startswith(f"{folder}/"))
