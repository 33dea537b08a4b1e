"""Which fixtures a test is given."""

from __future__ import annotations

from conformance.examples import files_of, program_from

TESTS = """
--- tests/conftest.py
import pytest
import pytest_asyncio
NAME = "named"
@pytest.fixture
def plain(): ...
@pytest.fixture()
def called(): ...
@pytest_asyncio.fixture(scope="session")
async def of_session(): ...
@pytest.fixture(scope="function")
def of_function(): ...
@pytest.fixture(name="renamed")
def other_name(): ...
@pytest.fixture(name=NAME)
def constant_name(): ...
@pytest.fixture(autouse=True)
def always(): ...
@pytest.fixture(autouse=False)
def not_always(): ...
@pytest.fixture
def outer(plain): ...
@pytest.fixture
def overridden(): ...
def no_fixture(): ...
@pytest.mark.parametrize("x", [1])
def no_fixture_either(x): ...
--- tests/api/conftest.py
import pytest
@pytest.fixture
def overridden(overridden): ...
@pytest.fixture(autouse=True)
def always_here(): ...
--- tests/api/test_a.py
import pytest
pytestmark = [pytest.mark.usefixtures("called"), pytest.mark.slow]
def test_plain(plain, unknown, no_fixture): ...
def test_outer(outer): ...
def test_overridden(overridden): ...
@pytest.mark.usefixtures("renamed", "named")
def test_marked(): ...
@pytest.mark.usefixtures("of_session")
class TestClass:
    @pytest.fixture
    def own(self): ...
    @pytest.fixture(autouse=True)
    def own_always(self): ...
    def test_own(self, own): ...
    def teardown_method(self): ...
class TestOther:
    def test_other(self, own): ...
def setup_module(): ...
def teardown_module(): ...
--- tests/test_b.py
import pytest
@pytest.fixture
def local(): ...
def test_b(local, overridden): ...
"""


def test_a_test_is_given_the_fixtures_that_it_can_see() -> None:
    program = program_from(files_of(TESTS))
    fixtures = program.fixtures

    given = {
        f.name: sorted(f"{g.function.module.name}:{g.name}" for g in fixtures.given_to(f))
        for m in program.modules
        for f in m.functions
        if f.name.startswith("test_")
    }

    assert given == {
        "test_plain": ["tests.conftest:called", "tests.conftest:plain"],
        "test_outer": ["tests.conftest:called", "tests.conftest:outer", "tests.conftest:plain"],
        "test_overridden": ["tests.api.conftest:overridden", "tests.conftest:called", "tests.conftest:overridden"],
        "test_marked": ["tests.conftest:called", "tests.conftest:named", "tests.conftest:renamed"],
        "test_own": ["tests.api.test_a:own", "tests.conftest:called", "tests.conftest:of_session"],
        "test_other": ["tests.conftest:called"],
        "test_b": ["tests.conftest:overridden", "tests.test_b:local"],
    }


def test_a_fixture_is_made_for_each_test_and_runs_by_itself_as_it_says() -> None:
    program = program_from(files_of(TESTS))
    fixtures = program.fixtures.by_function.values()
    modules = {m.name: m for m in program.modules}
    test_class = modules["tests.api.test_a"].classes[0]

    def always(module: str, **owner: object) -> set[str]:
        own = test_class if owner else None
        return {f.name for f in program.fixtures.autouse_for(modules[module], own)}

    assert {f.name for f in fixtures if not f.per_test} == {"of_session"}
    assert always("tests.test_b") == {"always"}
    assert always("tests.api.test_a") == {"always", "always_here"}
    assert always("tests.api.test_a", in_class=True) == {"always", "always_here", "own_always"}


def test_what_pytest_runs_and_what_clears_up() -> None:
    program = program_from(files_of(TESTS))
    functions = {f.qualified: f for m in program.modules for f in m.functions if m.name != "tests.api.conftest"}

    run = {name for name, function in functions.items() if program.fixtures.is_run_by_pytest(function)}

    assert set(functions) - run == {"no_fixture", "no_fixture_either"}
    assert [f.name for f in program.fixtures.teardowns(functions["TestClass.test_own"])] == [
        "teardown_method",
        "teardown_module",
    ]
    assert [f.name for f in program.fixtures.teardowns(functions["test_b"])] == []
