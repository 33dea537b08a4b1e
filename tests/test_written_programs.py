"""Programs that nobody thought of: pieces of FastAPI and arq, put together at random.

Whatever they say, the check ends, no rule crashes, it says the same twice, and its JSON is what the schema promises.
"""

# ruff: noqa: E501 - a piece of grammar is read as one line

from __future__ import annotations

import ast
import json

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.check import check
from conformance.config import Config
from conformance.examples import files_of
from conformance.facts.extract import extract
from conformance.reporters import REPORTERS
from conformance.reporters.json_format import schema
from conformance.results import RuleStatus
from conformance.rules import all_rules
from conformance.selection import Selection
from tests.kit import lay_out

NAMES = ("get_db", "Db", "DbDep", "app", "router", "ctx", "state", "lifespan", "work", "Settings", "pool", "x", "_")
MODULES = (
    "app",
    "app.main",
    "app.deps",
    "app.deps.db",
    "app.lifespan",
    "app.services.users",
    "app.worker",
    "app.config",
)
LIBRARY = (
    "fastapi.FastAPI", "fastapi.APIRouter", "fastapi.Depends", "fastapi.Request", "typing.Annotated", "typing.Optional",
    "sqlalchemy.create_engine", "sqlalchemy.orm.Session", "arq.create_pool", "arq.cron", "httpx.AsyncClient",
    "contextlib.asynccontextmanager", "functools.lru_cache", "pydantic_settings.BaseSettings", "os.environ",
    "contextlib.AsyncExitStack", "contextvars.ContextVar", "unittest.mock.patch", "asyncio.gather",
)  # fmt: skip

names = st.sampled_from(NAMES)
modules = st.sampled_from(MODULES)


def joined(pattern: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return texts of a pattern, with `{}` for each part."""
    return st.tuples(*parts).map(lambda given: pattern.format(*given))


leaves = st.one_of(
    names, st.sampled_from(("None", "(1)", "'redis'", "...", "'Db | None'", "[]", "{}")),
    joined("{}.state.{}", names, names), joined("ctx['{}']", names), joined("request.app.state.{}", names),
)  # fmt: skip
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        joined("{}({}, {}={})", names, inner, names, inner), joined("{}.{}({})", inner, names, inner),
        joined("Depends({})", inner), joined("Annotated[{}, Depends({})]", inner, inner), joined("({} or {})", inner, inner),
        joined("({} if {} else {})", inner, inner, inner), joined("Optional[{}]", inner), joined("({} | None)", inner),
        joined("getattr({}, '{}', None)", inner, names), joined("[{}, *{}]", inner, inner), joined("{{'{}': {}}}", names, inner),
        joined("(lambda {}: {})", names, inner), joined("{}[{}]", inner, inner), joined("({} := {})", names, inner),
        joined("[{} for {} in {}]", inner, names, inner), joined("f'{{{}}}'", names), joined("create_engine({})", inner),
        joined("Session({})", inner), joined("create_pool({})", inner), joined("redis.enqueue_job('{}', {})", names, inner),
    ),
    max_leaves=5,
)  # fmt: skip
simple = st.one_of(
    joined("{} = {}", names, expressions), joined("{}: {} = {}", names, expressions, expressions),
    joined("app.state.{} = {}", names, expressions), joined("ctx['{}'] = {}", names, expressions),
    joined("setattr({}, '{}', {})", expressions, names, expressions), joined("{}.dependency_overrides[{}] = {}", names, names, names),
    joined("from {} import {}", modules, names), joined("from . import {}", names), joined("import {} as {}", modules, names),
    joined("from {} import *", modules), joined("del {}", names), expressions, st.just("pass"),
)  # fmt: skip


def block(statements: list[str]) -> str:
    return "\n".join(f"    {line}" for statement in statements for line in statement.splitlines())


blocks: st.SearchStrategy[str] = st.deferred(lambda: st.lists(bodies, min_size=1, max_size=3).map(block))
inside = st.one_of(
    simple, joined("return {}", expressions), joined("yield {}", expressions), joined("await {}", expressions),
    joined("global {}", names), st.just("yield"), st.just("return"), st.just("raise"),
)  # fmt: skip
bodies: st.SearchStrategy[str] = st.one_of(
    inside,
    joined("if {}:\n{}\nelse:\n{}", expressions, blocks, blocks),
    joined("try:\n{}\nexcept {}:\n{}\nfinally:\n{}", blocks, names, blocks, blocks),
    joined("async with {} as {}:\n{}", expressions, names, blocks),
    joined("for {} in {}:\n{}", names, expressions, blocks),
    joined("async def {}({}=None):\n{}", names, names, blocks),
)
parameters = st.lists(
    joined("{}: {} = {}", names, expressions, expressions), max_size=3, unique_by=lambda p: p.split(":")[0]
)
functions = joined(
    "{}async def {}({}) -> {}:\n{}",
    st.sampled_from(("", "@router.get('/')\n", "@app.on_event('startup')\n", "@asynccontextmanager\n", "@lru_cache\n", "@x\n")),
    names, parameters.map(", ".join), expressions, blocks,
)  # fmt: skip
classes = joined("class {}({}):\n    {}\n{}", names, expressions, simple, functions.map(lambda text: block([text])))
statements = st.one_of(
    simple, functions, classes, joined("if {}:\n{}", expressions, simple.map(lambda text: block([text])))
)
HEAD = "".join(f"from {name.rpartition('.')[0]} import {name.rpartition('.')[2]}\n" for name in LIBRARY)
sources = st.lists(statements, max_size=6).map(lambda written: HEAD + "\n".join(written) + "\n")
FILES = (
    "app/__init__.py", "app/main.py", "app/deps/__init__.py", "app/deps/db.py", "app/lifespan.py", "app/worker.py",
    "app/services/users.py", "app/config.py", "app/tasks.py", "tests/test_app.py",
)  # fmt: skip


def _readable(files: dict[str, str]) -> bool:
    try:
        for text in files.values():
            ast.parse(text)
    except SyntaxError:
        return False
    return all(path.endswith(".py") for path in files)


EXAMPLES = [
    files
    for rule in all_rules()
    for example in (*rule.bad, *rule.good)
    if not rule.engine and _readable(files := files_of(example.files))
]


def together(parts: tuple[dict[str, str], ...]) -> dict[str, str]:
    """Return the files of several programs, one after the other where they have the same path."""
    paths = sorted({path for part in parts for path in part})
    return {path: "".join(part.get(path, "") for part in parts) for path in paths}


written = st.dictionaries(st.sampled_from(FILES), sources, min_size=1, max_size=4)
programs = st.tuples(st.sampled_from(EXAMPLES), written, st.sampled_from(EXAMPLES)).map(together)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(files=programs)
def test_a_program_that_nobody_thought_of_is_checked(
    files: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = lay_out(tmp_path_factory.mktemp("written"), files)

    report = check([folder], Config(), selection=Selection(select=("ALL",)))
    again = check([folder], Config(), selection=Selection(select=("ALL",)))

    assert [(r.rule, r.reason) for r in report.rules if r.status is RuleStatus.CRASHED] == []
    assert (report.findings, report.problems, report.notes) == (again.findings, again.problems, again.notes)
    jsonschema.validate(json.loads(REPORTERS["json"](report)), json.loads(schema()))


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(source=sources)
def test_what_is_written_is_python(source: str) -> None:
    compile(source, "app.py", "exec", dont_inherit=True, flags=0x2000 | 0x400)
    extract(source.encode(), "app.py")
