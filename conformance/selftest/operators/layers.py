"""LY4xx: layers."""

# ruff: noqa: E501 - an operator is read as one line

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from conformance.program.roles import CONFIG_NAMES, DEPS_NAMES
from conformance.program.scopes import ModuleScope
from conformance.rules.layers.required_layout import RULE as REQUIRED_LAYOUT
from conformance.rules.layers.thin import is_thin
from conformance.selftest.ground import Ground
from conformance.selftest.operators.base import Modules, Operator, Placing, ends, filled
from conformance.selftest.operators.injection import routes
from conformance.selftest.seeds import Seed

__all__ = ["OPERATORS"]

OUTER = ("components", "routes", "deps", "lifespan", "worker", "tasks", "cli", "entrypoint")
A_SERVICE = "a services module"


def importing(text: str, importers: Modules, imported: Callable[[Ground, ModuleScope], list[ModuleScope]]) -> Placing:
    """Let a module import another: `<module>`, `<package>`, `<last>`."""

    def written(ground: Ground, importer: ModuleScope) -> str | None:
        found = ground.imported(importer, imported(ground, importer))
        return None if found is None else filled(text, found)

    return ends(importers, written)


def components(ground: Ground) -> list[ModuleScope]:
    return ground.modules("components", but=("gateways",))


def of_others(ground: Ground, importer: ModuleScope) -> list[ModuleScope]:
    """The modules of other components."""
    own = ground.program.component(importer)
    return [m for m in components(ground) if ground.program.component(m) != own]


def outer(ground: Ground, importer: ModuleScope) -> list[ModuleScope]:
    """What a service must not import."""
    return [
        m
        for m in ground.modules(*OUTER, but=("services", "core", "models", "gateways", "config", "constants"))
        if m is not importer
    ]


def services(ground: Ground) -> list[ModuleScope]:
    return ground.modules("services", but=(*OUTER, "gateways"))


def inner(ground: Ground) -> list[ModuleScope]:
    return ground.modules("services", "core", "models", but=(*OUTER, "gateways"))


def models(ground: Ground) -> list[ModuleScope]:
    return ground.modules("core", "models", but=(*OUTER, "services", "gateways"))


def no_business_of_routes(ground: Ground, importer: ModuleScope) -> list[ModuleScope]:
    """What a routes module must not import."""
    config = () if ground.program.is_aegis else ("config",)
    return [
        m
        for m in ground.modules(
            "lifespan", "worker", "tasks", *config, but=("deps", "gateways", "routes", "entrypoint")
        )
        if m is not importer
    ]


def plain_routes(ground: Ground) -> list[ModuleScope]:
    return [m for m in routes(ground) if not m.has_role("entrypoint", "worker", "tasks", "cli", "config")]


def thin(ground: Ground) -> list[ModuleScope]:
    """The code that leaves work to services, where there are any."""
    if not ground.modules("services"):
        return []
    return [m for m in ground.own if is_thin(m, ground.program, with_frontend=False) and not m.has_role("lifespan")]


def starting(text: str, import_it: str) -> Placing:
    """Let a component take what starts another."""

    def place(ground: Ground) -> Iterator[Seed]:
        for importer in components(ground):
            found = ground.imported(importer, of_others(ground, importer))
            if found is not None:
                yield Seed((ground.end(found, text), ground.end(importer, import_it.replace("<module>", found.name))))

    return place


def without(role: str, need: str = "") -> Placing:
    """Take away the modules of a role; `need` is put into another one where what calls for the role goes with them."""

    def place(ground: Ground) -> Iterator[Seed]:
        program = ground.program
        gone = {m for m in program.modules if m.has_role(role)}
        if not gone or _would_pass_on(ground, gone, role):
            return
        needing = next((n.modules for n in REQUIRED_LAYOUT.subjects(program) if n.role == role), ())
        left = [m for m in needing if m not in gone]
        others = [m for m in ground.modules(but=("constants", "tests")) if m not in gone]
        if left or (need and others):
            yield Seed(
                () if left else (ground.end(others[0], need),),
                removed=frozenset(m.path for m in gone),
                reported=((left or others)[0].path, -1),
                touches=frozenset({f"{role} is taken away"}),
            )

    return place


def _would_pass_on(ground: Ground, gone: set[ModuleScope], role: str) -> bool:
    """Whether another module would get the role when these are gone, or the need would go with them."""
    left = [m for m in ground.program.target_modules if m not in gone]
    match role:
        case "config":
            others = [m for m in left if CONFIG_NAMES & set(m.name.split("."))]
            return any(cls.module not in gone for cls in ground.settings) or any(
                not DEPS_NAMES & set(m.name.split(".")) for m in others
            )
        case "lifespan":
            return any(m.name.rpartition(".")[2] == "lifespan" for m in left) or any(
                starter.function.module not in gone for starter in ground.program.lifespans.starters
            )
        case "deps":  # the folder in which providers are concentrated
            folders = Counter(
                p.module.name.rpartition(".")[0]
                for p in ground.program.injection.providers.values()
                if p.module is not None and p.module not in gone and not p.is_guard
            )
            return max(folders.values(), default=0) > 1
        case "worker":
            named = {"tasks", "jobs"}
            return not any(named & set(t.module.name.split(".")[1:]) for t in ground.tasks if t.module not in gone)
    return False


def searching(text: str) -> Placing:
    """Let a component look for services: `<services>`."""

    def place(ground: Ground) -> Iterator[Seed]:
        packages = [
            m.name for m in services(ground) if m.is_package and m.name.rpartition(".")[2] in {"services", "service"}
        ]
        if packages:
            yield from ends(components, text.replace("<services>", packages[0]))(ground)

    return place


OPERATORS = (
    # --- LY401 ---
    Operator("LY401", "import … as", "two components", importing("import <module> as other  # here", components, of_others)),
    Operator("LY401", "from … import", "two components", importing("from <package> import <last>  # here", components, of_others)),
    Operator("LY401", "in a function", "two components", importing("def read() -> None:\n    import <module>  # here", components, of_others)),
    Operator("LY401", "for the type checker", "two components", importing(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from <package> import <last>  # here", components, of_others
    )),
    # --- LY402 ---
    Operator("LY402", "import … as", A_SERVICE + ", and what lies further out", importing("import <module> as outer  # here", inner, outer)),
    Operator("LY402", "from … import, in a function", A_SERVICE + ", and what lies further out", importing(
        "def read() -> None:\n    from <package> import <last>  # here", inner, outer
    )),
    Operator("LY402", "for the type checker", A_SERVICE + ", and what lies further out", importing(
        "import typing\nif typing.TYPE_CHECKING:\n    import <module> as outer  # here", inner, outer
    )),
    Operator("LY402", "a service, from models", A_SERVICE + ", and core or models", importing(
        "from <package> import <last>  # here", models, lambda g, _: services(g)
    )),
    # --- LY403 ---
    Operator("LY403", "from fastapi", A_SERVICE, ends(services, "from fastapi import HTTPException  # here")),
    Operator("LY403", "starlette", A_SERVICE, ends(services, "import starlette.status as status  # here")),
    Operator("LY403", "typer, in a function", A_SERVICE, ends(services, "def say() -> None:\n    import typer  # here\n    typer.echo('')")),
    # --- LY404 ---
    Operator("LY404", "a session", "thin code, and services", ends(thin, """
from sqlalchemy.ext.asyncio import AsyncSession
async def read(db: AsyncSession) -> None:
    await db.execute("select 1")  # here
""")),
    Operator("LY404", "a statement", "thin code, and services", ends(thin, """
import sqlalchemy as sa
def read(table: object) -> object:
    return sa.select(table)  # here
""")),
    Operator("LY404", "a session that is opened", "thin code, and services", ends(thin, """
from sqlalchemy.orm import Session
def read(engine: object) -> None:
    with Session(engine) as db:
        db.commit()  # here
""")),
    Operator("LY404", "a driver", "thin code, and services", ends(thin, """
import asyncpg
async def read(connection: asyncpg.Connection) -> None:
    await connection.fetchrow("select 1")  # here
""")),
    # --- LY405 ---
    Operator("LY405", "import_module", "a component, and services", searching("import importlib\ndef find(name: str) -> object:\n    return importlib.import_module(f'<services>.{name}')  # here")),
    Operator("LY405", "__import__", "a component, and services", searching("def find(name: str) -> object:\n    return __import__('<services>.' + name)  # here")),
    Operator("LY405", "pkgutil", "a component, and services", searching("from pkgutil import iter_modules\nimport <services> as found\ndef find() -> object:\n    return list(iter_modules(found.__path__))  # here")),
    # --- LY406 ---
    Operator("LY406", "import … as", "routes, and the worker, lifespan or config", importing("import <module> as other  # here", plain_routes, no_business_of_routes)),
    Operator("LY406", "from … import", "routes, and the worker, lifespan or config", importing("from <package> import <last>  # here", plain_routes, no_business_of_routes)),
    Operator("LY406", "in a function", "routes, and the worker, lifespan or config", importing(
        "def read() -> None:\n    import <module> as other  # here", plain_routes, no_business_of_routes
    )),
    # --- LY407 ---
    Operator("LY407", "a lifespan", "two components", starting("""
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def own_lifespan(app: FastAPI):
    yield
app = FastAPI(lifespan=own_lifespan)
""", "from <module> import own_lifespan  # here")),
    Operator("LY407", "a scheduler's set-up", "two components", starting("""
from apscheduler.schedulers.asyncio import AsyncIOScheduler
def set_up() -> AsyncIOScheduler:
    scheduler = AsyncIOScheduler()
    scheduler.start()
    return scheduler
""", "from <module> import set_up as begin  # here")),
    Operator("LY407", "in a function", "two components", starting("""
from apscheduler.schedulers.background import BackgroundScheduler
def set_up() -> None:
    BackgroundScheduler().start()
""", "def begin() -> None:\n    from <module> import set_up  # here\n    set_up()")),
    # --- LY408 ---
    Operator("LY408", "a request", "thin code, and services", ends(lambda g: [m for m in thin(g) if not m.has_role("cli")], "import httpx\ndef read() -> object:\n    return httpx.get('https://example.org')  # here")),
    Operator("LY408", "a file", "thin code, and services", ends(thin, "def read() -> str:\n    with open('selftest') as file:  # here\n        return file.read()")),
    Operator("LY408", "a process", "thin code, and services", ends(thin, "from subprocess import run\ndef read() -> None:\n    run(['ls'], check=True)  # here")),
    Operator("LY408", "a path", "thin code, and services", ends(thin, "from pathlib import Path\ndef read() -> str:\n    return Path('selftest').read_text()  # here")),
    # --- LY409 ---
    Operator("LY409", "deps is taken away", "endpoints, and deps modules of their own", without("deps")),
    Operator("LY409", "the lifespan is taken away", "a lifespan module", without("lifespan", "from fastapi import FastAPI\ndef warm(app: FastAPI) -> None:\n    app.state.warm = True")),
    Operator("LY409", "the worker is taken away", "tasks in a package of that name, and a worker module", without("worker")),
    Operator("LY409", "config is taken away", "a config module that holds all settings", without("config", "import os\ndef read() -> str:\n    return os.environ['SELFTEST']")),
)  # fmt: skip
