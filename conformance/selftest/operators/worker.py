"""WK3xx: arq's worker."""

# ruff: noqa: E501 - an operator is read as one line

from __future__ import annotations

from collections.abc import Callable, Iterator

from conformance.facts import code
from conformance.program.scopes import FunctionScope, ModuleScope
from conformance.selftest.ground import Ground
from conformance.selftest.operators.base import Operator, Placing, begins, ends, filled, new_file
from conformance.selftest.operators.injection import but
from conformance.selftest.seeds import Seed

__all__ = ["OPERATORS"]

A_TASK = "a registered task in a tasks module"
OUTSIDE = "a registered task in a module that is not the worker's too"
A_HOOK = "a hook on_startup"
BOTH = "a registered task and a hook on_startup of the same worker"


def ctx(text: str) -> Callable[[Ground, FunctionScope], str | None]:
    """Fill in what a task or hook calls arq's context: `<ctx>`."""
    return lambda ground, function: text.replace("<ctx>", ground.context_of(function).name)


def tasks(ground: Ground) -> list[FunctionScope]:
    return ground.tasks


def outside(ground: Ground) -> list[FunctionScope]:
    """The tasks whose module is not the worker's too."""
    return [function for function in ground.tasks if not function.module.has_role("worker")]


def enqueuing(ground: Ground) -> list[ModuleScope]:
    """Any module, where names of jobs are known."""
    return ground.modules() if beside_worker(ground) else []


def starting(ground: Ground) -> list[FunctionScope]:
    return ground.starting


def of_tasks(ground: Ground) -> list[ModuleScope]:
    return list(dict.fromkeys(function.module for function in ground.tasks))


def beside_worker(ground: Ground) -> list[ModuleScope]:
    return [settings.module for settings in ground.program.queue.settings if settings.module in ground.own]


def stored_and_read(stored: str, read: str) -> Placing:
    """Let a hook store something in the context, and a task of the same settings read it."""

    def place(ground: Ground) -> Iterator[Seed]:
        for settings in ground.program.queue.settings:
            hooks = [f for f in settings.hooks.get("on_startup", ()) if f in ground.starting]
            for registration in settings.registrations:
                task = registration.function
                if hooks and task is not None and task in ground.tasks:
                    changes = (
                        ground.into(hooks[0], stored.replace("<ctx>", ground.context_of(hooks[0]).name)),
                        ground.into(task, read.replace("<ctx>", ground.context_of(task).name)),
                    )
                    yield Seed(changes)

    return place


def importing(text: str, *roles: str) -> Placing:
    """Let a tasks module import a module of a role: `<module>`, `<package>`, `<last>`."""

    def written(ground: Ground, importer: ModuleScope) -> str | None:
        found = ground.imported(importer, ground.modules(*roles, but=("tasks",)))
        return None if found is None else filled(text, found)

    return ends(of_tasks, written)


def signature(change: str) -> Placing:
    """Change the `def` of a task: `sync` or another first parameter."""

    def place(ground: Ground) -> Iterator[Seed]:
        for task in ground.clean("WK307", ground.tasks):
            module, first = task.module, ground.context_of(task)
            line, column, *_ = task.node.span
            at = ground.source(module).offset(line, column)
            if change == "sync":
                if {code.dotted(d) for d in task.node.decorators} - {"classmethod", "staticmethod"}:
                    continue  # what a decorator gives may be awaited
                changed = ground.instead(module, (line, column, line, column + len("async def")), "def")
                if ground.source(module).text[changed.start : changed.stop] != "async def":
                    continue
            else:
                where = (*first.span[:2], *first.span[:2])
                changed = ground.instead(module, where, change)
            yield Seed((changed,), reported=(module.path, at), touches=frozenset({task.key, f"{task.key}()"}))

    return place


def argument(parameter: str, use: str, imported: str = "") -> Placing:
    """Give a task one more argument, and a use of it."""

    def place(ground: Ground) -> Iterator[Seed]:
        for task in ground.tasks:
            module, first = task.module, ground.context_of(task)
            if first.kind not in {"plain", "positional-only"} or first.default is not None:
                continue
            changes = [ground.behind(module, first.span, f", {parameter}"), ground.into(task, use)]
            if imported:
                changes.append(ground.top(module, imported))
            at = ground.source(module).offset(*first.span[:2])
            yield Seed(tuple(changes), reported=(module.path, at), touches=frozenset({f"{task.key}()"}))

    return place


def _application(ground: Ground) -> Iterator[Seed]:
    for application in ground.program.lifespans.applications:
        name = next(
            (
                target.id
                for node in application.module.body
                if isinstance(node, code.Assign) and node.value is application.call
                for target in node.targets
                if isinstance(target, code.Name)
            ),
            None,
        )
        if name is None or application.module not in ground.own:
            continue
        for module in of_tasks(ground):
            if ground.can_import(module, application.module):
                yield Seed((ground.end(module, f"from {application.module.name} import {name}  # here"),))


OPERATORS = (
    # --- WK301 ---
    Operator("WK301", "an item", OUTSIDE, begins(outside, ctx("<ctx>['last'] = 1  # here"))),
    Operator("WK301", "update", OUTSIDE, begins(outside, ctx("<ctx>.update(last=1)  # here"))),
    Operator("WK301", "a local alias, setdefault", OUTSIDE, begins(outside, ctx("context = <ctx>\ncontext.setdefault('last', 1)  # here"))),
    Operator("WK301", "deleted", OUTSIDE, begins(outside, ctx("del <ctx>['redis']  # here"))),
    Operator("WK301", "by a helper", OUTSIDE, begins(
        outside, ctx("note(<ctx>)"), besides="def note(where: dict[str, object]) -> None:\n    where['last'] = 1  # here"
    )),
    # --- WK302 ---
    Operator("WK302", "typed with a resource", "a module", ends(but(), """
from contextvars import ContextVar
from sqlalchemy.ext.asyncio import AsyncSession
current: ContextVar[AsyncSession] = ContextVar("current")  # here
""")),
    Operator("WK302", "set to a resource", "a module", ends(but(), """
import contextvars
import httpx
current = contextvars.ContextVar("current")  # here
def begin() -> None:
    current.set(httpx.AsyncClient())
""")),
    Operator("WK302", "set in a task", A_TASK, begins(
        tasks, "current.set({})", besides="from contextvars import ContextVar\ncurrent = ContextVar('current')  # here"
    )),
    # --- WK303 ---
    Operator("WK303", "global, to a resource", "a module", ends(but(), """
import httpx
client = None
def begin() -> None:
    global client  # here
    client = httpx.AsyncClient()
""")),
    Operator("WK303", "a container, filled with a resource", "a module", ends(but(), """
from sqlalchemy import create_engine
engines: dict[str, object] = {}
async def begin() -> None:
    engines["main"] = create_engine("sqlite://")  # here
""")),
    Operator("WK303", "a container, in a task", A_TASK, begins(tasks, "done.append(1)  # here", besides="done: list[int] = []")),
    Operator("WK303", "global, in a hook", A_HOOK, begins(starting, "global started  # here\nstarted = True", besides="started = False")),
    # --- WK304 ---
    Operator("WK304", "a client is constructed", A_TASK, begins(tasks, "import httpx\nclient = httpx.AsyncClient()  # here")),
    Operator("WK304", "an engine is constructed", A_TASK, begins(tasks, "from sqlalchemy import create_engine as make\nmake('sqlite://')  # here")),
    Operator("WK304", "deps is imported", A_TASK + ", and deps", importing("import <module> as supplied  # here", "deps")),
    Operator("WK304", "the lifespan is imported", A_TASK + ", and a lifespan", importing("from <package> import <last>  # here", "lifespan")),
    Operator("WK304", "a resource of the module", A_TASK, begins(
        tasks, "print(engine)  # here", besides="from sqlalchemy import create_engine\nengine = create_engine('sqlite://')"
    )),
    # --- WK305 ---
    Operator("WK305", "an item", A_TASK, begins(tasks, ctx("print(<ctx>['selftest_unset'])  # here"))),
    Operator("WK305", "get", A_TASK, begins(tasks, ctx("print(<ctx>.get('selftest_unset'))  # here"))),
    Operator("WK305", "by a constant, of a local alias", A_TASK, begins(
        tasks, ctx("context = <ctx>\nprint(context[KEY])  # here"), besides="KEY = 'selftest_unset'"
    )),
    # --- WK306 ---
    Operator("WK306", "of a library", BOTH, stored_and_read(
        "from sqlalchemy.ext.asyncio import create_async_engine\n<ctx>['selftest_engine'] = create_async_engine('sqlite://')",
        "from sqlalchemy.ext.asyncio import AsyncSession\nengine: AsyncSession = <ctx>['selftest_engine']  # here",
    )),
    Operator("WK306", "in a string", BOTH, stored_and_read(
        "import httpx\n<ctx>['selftest_client'] = httpx.AsyncClient()",
        "from redis.asyncio import Redis\nclient: 'Redis' = <ctx>['selftest_client']  # here",
    )),
    Operator("WK306", "of the standard library", BOTH, stored_and_read(
        "from pathlib import Path\n<ctx>['selftest_root'] = Path('.')",
        "import datetime\nroot: datetime.datetime = <ctx>['selftest_root']  # here",
    )),
    # --- WK307 ---
    Operator("WK307", "no coroutine", A_TASK, signature("sync")),
    Operator("WK307", "another first parameter", A_TASK, signature("number: int, ")),
    Operator("WK307", "of settings of its own", "arq's settings", new_file(beside_worker, "selftest_worker.py", """
from arq.connections import RedisSettings
async def run() -> None:  # here
    ...
class MoreSettings:
    functions = [run]
    redis_settings = RedisSettings()
""")),
    # --- WK308 ---
    Operator("WK308", "at once", A_HOOK, begins(starting, ctx("import httpx\n<ctx>['selftest_http'] = httpx.AsyncClient()  # here"))),
    Operator("WK308", "by a local", A_HOOK, begins(starting, ctx(
        "from sqlalchemy.ext.asyncio import create_async_engine\nengine = create_async_engine('sqlite://')  # here\n<ctx>['selftest_db'] = engine"
    ))),
    Operator("WK308", "by update", A_HOOK, begins(starting, ctx("from redis.asyncio import Redis\n<ctx>.update(selftest_redis=Redis())  # here"))),
    # --- WK309 ---
    Operator("WK309", "a task that is not registered", A_TASK, ends(of_tasks, "async def run_later(ctx: dict[str, object]) -> None: ...  # here")),
    Operator("WK309", "a task with more arguments", A_TASK, ends(of_tasks, """
import typing
async def run_much_later(ctx: dict[str, typing.Any], number: int = 1) -> int:  # here
    return number
""")),
    Operator("WK309", "a name that does not exist", "arq's settings", new_file(beside_worker, "selftest_names.py", lambda _, module: f"""
from arq.connections import RedisSettings
class MoreSettings:
    functions = [
        "{module.name}.selftest_that_is_not_there",  # here
    ]
    redis_settings = RedisSettings()
""")),
    # --- WK310 ---
    Operator("WK310", "a literal", "arq's settings", ends(enqueuing, """
from arq.connections import ArqRedis
async def hand_over(redis: ArqRedis) -> None:
    await redis.enqueue_job("selftest_unknown")  # here
""")),
    Operator("WK310", "a constant", "arq's settings", ends(enqueuing, """
import arq
JOB = "selftest_never_heard_of"
async def hand_over(redis: arq.ArqRedis) -> None:
    await redis.enqueue_job(JOB, 1)  # here
""")),
    Operator("WK310", "of a pool that is made", "arq's settings", ends(enqueuing, """
from arq import create_pool
from arq.connections import RedisSettings
async def hand_over() -> None:
    pool = await create_pool(RedisSettings())
    await pool.enqueue_job(function="selftest_not_known")  # here
""")),
    # --- WK311 ---
    Operator("WK311", "FastAPI", A_TASK, ends(of_tasks, "from fastapi import Request  # here")),
    Operator("WK311", "in a function", A_TASK, begins(tasks, "import fastapi\nprint(fastapi.FastAPI)  # here")),
    Operator("WK311", "the application", A_TASK + ", and an application at module level", _application),
    # --- WK312 ---
    Operator("WK312", "get", BOTH, stored_and_read(
        "from sqlalchemy.ext.asyncio import create_async_engine\n<ctx>['selftest_a'] = create_async_engine('sqlite://')",
        "engine = <ctx>.get('selftest_a')  # here",
    )),
    Operator("WK312", "an assertion", BOTH, stored_and_read(
        "import httpx\n<ctx>['selftest_b'] = httpx.AsyncClient()",
        "client = <ctx>['selftest_b']  # here\nassert client is not None",
    )),
    Operator("WK312", "a condition", BOTH, stored_and_read(
        "from redis.asyncio import Redis\n<ctx>['selftest_c'] = Redis()",
        "pool = <ctx>['selftest_c']  # here\nif pool is None:\n    raise RuntimeError",
    )),
    # --- DV505, which is about tasks too ---
    Operator("DV505", "a dict", A_TASK, argument("handed_over: dict[str, object]", "open(handed_over['path']).close()")),
    Operator("DV505", "Any", A_TASK, argument("handed_over: typing.Any", "open(handed_over.path).close()", "import typing")),
    Operator("DV505", "typing.Dict", A_TASK, argument("handed_over: Dict[str, Any]", "open(handed_over.get('path')).close()", "from typing import Any, Dict")),
)  # fmt: skip
