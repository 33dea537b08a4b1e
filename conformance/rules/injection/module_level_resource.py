"""DI106: importing a module constructs no resource."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.facts import code
from conformance.program import ModuleScope, Program, Scope
from conformance.program.guards import unrun_blocks
from conformance.program.resources import Construction
from conformance.program.scopes import ClassScope
from conformance.program.values import External, FunctionValue, Instance
from conformance.results import Step, Violation
from conformance.rules.base import Example, Rule

_TRANSPARENT = frozenset({"builtins", "functools", "contextlib", "click", "typer", "tenacity"})
"""Distributions whose decorators leave a function that runs its own code when it is called."""
_INSTEAD = "construct it in the lifespan (FastAPI) or in `on_startup` (arq), and have it injected"
_IN_A_SCRIPT = 'construct it in a function, and call that under `if __name__ == "__main__"`'
_SCRIPTS = frozenset({"scripts", "bin", "tools", "examples"})


def subjects(program: Program) -> Iterator[ModuleScope]:
    """Each module that is no test, no migration script and no `__main__` that is only ever run."""
    return (m for m in program.target_modules if not program.is_migration(m) and not _is_only_run(m))


def _is_only_run(module: ModuleScope) -> bool:
    """Whether a module is what `python -m` runs: a `__main__` that makes no app for others, and asks no `__name__`."""
    is_main = module.name.rpartition(".")[2] == "__main__"
    return is_main and not module.has_role("entrypoint") and not any(unrun_blocks(module))


def check(program: Program, module: ModuleScope) -> Iterator[Violation]:
    """Report each call at import that constructs a resource, and each start of a scheduler or thread."""
    guarded = tuple(unrun_blocks(module))
    scopes: list[Scope] = [module, *(c for c in module.classes if _is_imported(c))]
    for scope in scopes:
        for node in scope.nodes.of(code.Call):
            if _is_within(node, guarded):
                continue
            construction = program.resources.constructed_by(node, scope)
            if construction is None and _runs_its_body(program, node, scope):
                construction = program.resources.built_by(node, scope)
            if construction is not None:
                yield _violation(construction)
            elif isinstance(node.function, code.Attribute) and node.function.name == "start":
                yield from _start(program, node, node.function, scope)


def _runs_its_body(program: Program, node: code.Call, scope: Scope) -> bool:
    """Whether calling what a call calls runs the function's code: a foreign decorator may put anything in its place."""
    return any(
        isinstance(value, FunctionValue)
        and all(_is_transparent(program, d, value.function.parent) for d in value.function.node.decorators)
        for value in program.names.infer(node.function, scope)
    )


def _is_transparent(program: Program, decorator: code.Expression, scope: Scope) -> bool:
    node = decorator.function if isinstance(decorator, code.Call) else decorator
    return all(
        not isinstance(resolved, External) or resolved.top in _TRANSPARENT
        for resolved in program.names.resolve(node, scope)
    )


def _violation(construction: Construction) -> Violation:
    inner = construction.innermost
    trail: tuple[Step, ...] = ()
    if inner is not construction:
        trail = (Step(inner.place, f"constructs `{inner.name}`"),)
    return Violation(
        construction.place,
        f"`{construction.name}(…)` constructs {_article(construction.resource.kind)} while the module is imported",
        _INSTEAD if _SCRIPTS.isdisjoint(construction.scope.module.path.split("/")[:-1]) else _IN_A_SCRIPT,
        detail=f"constructs {construction.name}",
        trail=trail,
    )


def _article(kind: str) -> str:
    noun = {"session-maker": "session maker", "other": "resource"}.get(kind, kind)
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _start(program: Program, node: code.Call, function: code.Attribute, scope: Scope) -> Iterator[Violation]:
    for value in program.names.infer(function.value, scope):
        if isinstance(value, Instance) and any(
            isinstance(base, str) and (base.endswith("Scheduler") or base in {"threading.Thread", "threading.Timer"})
            for base in program.names.ancestry(value.type)
        ):
            name = code.dotted(function) or "start"
            yield Violation(
                scope.module.place(node),
                f"`{name}()` starts a thread or scheduler while the module is imported",
                "start it in the lifespan or in a process of its own",
                detail=f"starts {name}",
            )
            return


def _is_imported(cls: ClassScope) -> bool:
    """Whether the body of a class runs at import: no function holds it."""
    scope: Scope | None = cls.parent
    while isinstance(scope, ClassScope):
        scope = scope.parent
    return isinstance(scope, ModuleScope)


def _is_within(node: code.Call, blocks: tuple[tuple[code.Statement, ...], ...]) -> bool:
    start, end = node.span[:2], node.span[2:]
    return any(block[0].span[:2] <= start and end <= block[-1].span[2:] for block in blocks)


RULE = Rule(
    id="DI106",
    name="module-level-resource",
    source="PRD-012 §2 Rule 4",
    summary="A resource (engine, pool, client, session, executor) is constructed while a module is imported.",
    why=(
        "What is made at import exists before there is a configuration, an event loop or a test. The import fails "
        "where the service is down, all tests share the one object, nothing closes it, and it can only be replaced by "
        "patching the module."
    ),
    instead=(
        "Construct it in the lifespan and store it in app.state, or in `on_startup` and store it in ctx; providers and "
        "tasks take it from there. A function, lambda or `partial` that makes one when called is fine."
    ),
    subjects=subjects,
    check=check,
    nothing="no module in the target",
    configure="`resources` names more constructors: classes and functions whose results are resources.",
    bad=(
        Example(
            "engine, session maker, pool and client at module level",
            """
--- app/core/db.py
import httpx
import redis
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql://localhost/app")  # expect: DI106
SessionLocal = sessionmaker(bind=engine)  # expect: DI106

try:
    cache = redis.Redis.from_url("redis://localhost")  # expect: DI106
except OSError:
    cache = None


class Fetcher:
    client = httpx.AsyncClient()  # expect: DI106

    def fetch(self, url: str, client: httpx.Client = httpx.Client()) -> str:  # expect: DI106
        return client.get(url).text
""",
        ),
        Example(
            "through a function and a class of the target",
            """
--- app/clients.py
import httpx
from qdrant_client import QdrantClient


def make_client(timeout: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=timeout)


class Index:
    def __init__(self) -> None:
        self.store = QdrantClient("localhost")
--- app/search.py
from app.clients import Index, make_client

index = Index()  # expect: DI106
client = make_client(5)  # expect: DI106
""",
        ),
    ),
    good=(
        Example(
            "functions, lambdas, partial and guards",
            """
--- app/clients.py
from functools import partial

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

make_client = partial(httpx.AsyncClient, timeout=5)
make_other = lambda: httpx.AsyncClient(timeout=1)  # noqa: E731


def make_engine(url: str) -> AsyncEngine:
    return create_async_engine(url)


if __name__ == "__main__":
    with httpx.Client() as client:
        print(client.get("http://localhost/health").text)
""",
        ),
        Example(
            "declarative objects",
            """
--- app/objects.py
import logging

from arq.connections import RedisSettings
from fastapi import APIRouter, FastAPI
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy import MetaData
from sqlalchemy.orm import declarative_base, sessionmaker

logger = logging.getLogger(__name__)
app = FastAPI()
router = APIRouter()
oauth2 = OAuth2PasswordBearer(tokenUrl="/token")
Base = declarative_base(metadata=MetaData())
redis_settings = RedisSettings.from_dsn("redis://localhost")
SessionLocal = sessionmaker(expire_on_commit=False)
""",
        ),
    ),
)
