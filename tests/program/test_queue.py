"""Worker settings: what is registered under which name, what is enqueued, and which keys a worker's context holds."""

from __future__ import annotations

from conformance.examples import files_of, program_from
from conformance.program.queue import Registration

REGISTERED = """
--- app/worker.py
from functools import partial
from typing import cast
from arq import cron, func
from arq.connections import RedisSettings
from arq.worker import Function
import app.tasks
import lib
from app.tasks import Job, Called, direct, wrapped
from app.tasks import gone
MAIL = "mail"
described = func(app.tasks.described, name="renamed")
def wrap(task):
    async def wrapper(ctx):
        await task(ctx)
    return wrapper
class WorkerSettings:
    functions = [
        direct,
        described,
        func(app.tasks.by_function),
        func("app.tasks.by_path"),
        func(coroutine=app.tasks.by_keyword, name=MAIL),
        "app.tasks.by_text",
        "app.tasks.nothing",
        "lib.tasks.elsewhere",
        Job.run,
        Job().go,
        Called(),
        func(Called(), name="called"),
        func(Called()),
        wrap(wrapped),
        cast(object, app.tasks.by_cast),
        partial(app.tasks.partly, 1),
        lib.task,
        gone,
        app.tasks.missing,
        lambda ctx: 1,
        unknown(),
        *lib.more(),
    ]
    cron_jobs = [cron(app.tasks.nightly, hour=1), cron("app.tasks.weekly", name="w"), cron(lib.sweep)]
    redis_settings = RedisSettings()
--- app/tasks.py
async def direct(ctx): ...
async def described(ctx): ...
async def by_function(ctx): ...
async def by_path(ctx): ...
async def by_keyword(ctx): ...
async def by_text(ctx): ...
async def by_cast(ctx): ...
async def partly(x, ctx): ...
async def wrapped(ctx): ...
async def nightly(ctx): ...
async def weekly(ctx): ...
class Job:
    @staticmethod
    async def run(ctx): ...
    async def go(self, ctx): ...
class Called:
    async def __call__(self, ctx): ...
"""


def described(registration: Registration) -> str:
    task = "-" if registration.function is None else registration.function.qualified
    flags = ["missing"] * registration.missing + ["given"] * bool(registration.given)
    return " ".join([registration.kind, registration.name or "?", task, *flags])


def test_each_entry_is_a_task_under_a_name() -> None:
    program = program_from(files_of(REGISTERED))

    (settings,) = program.queue.settings

    assert sorted(map(described, settings.registrations)) == sorted([
        "task direct direct",
        "task renamed described",
        "task by_function by_function",
        "task app.tasks.by_path by_path",
        "task mail by_keyword",
        "task app.tasks.by_text by_text",
        "task app.tasks.nothing - missing",
        "task lib.tasks.elsewhere -",
        "task Job.run Job.run",
        "task Job.go Job.go",
        "task ? Called.__call__",
        "task ? Called.__call__",
        "task called Called.__call__",
        "task wrapped wrapped",
        "task by_cast by_cast",
        "task partly partly given",
        "task task -",
        "task gone - missing",
        "task missing - missing",
        "task ? -",
        "task ? -",
        "cron cron:nightly nightly",
        "cron w weekly",
        "cron cron:sweep -",
    ])  # fmt: skip
    assert not settings.complete


ENQUEUED = """
--- app/main.py
from arq import ArqRedis, create_pool
from arq.connections import ArqRedis as Pool
from safir.arq import ArqQueue
import lib
NAME = "named"
ONE = "one" if lib.x else "two"
async def f(pool, typed: ArqRedis, queue: ArqQueue, other: lib.Queue, name: str, thing):
    await pool.enqueue_job("a")
    await typed.enqueue_job(NAME)
    await typed.enqueue_job(_queue_name="q", function="b")
    await queue.enqueue("c")
    await queue.enqueue(task_name="d")
    await other.enqueue_job("no queue")
    await thing.enqueue("no queue of safir")
    await pool.enqueue_job(name)
    await pool.enqueue_job(ONE)
    await pool.enqueue_job(f"{NAME}!")
    await pool.enqueue_job()
    put = typed.enqueue_job
    await put("e")
    (await create_pool(1)).enqueue_job("f")
    for each in ("g", "h"):
        await pool.enqueue_job(each)
    pool.enqueue_job
"""


def test_what_is_enqueued_is_known_by_its_name_or_names() -> None:
    program = program_from(files_of(ENQUEUED))

    names = [enqueue.names for enqueue in program.queue.enqueues]

    assert names == [
        ("a",), ("named",), ("b",), ("c",), ("d",), (), ("one", "two"), ("named!",), (), ("e",), ("f",), ("g", "h"),
    ]  # fmt: skip


WORKERS = {
    "keys of the start-up": ("ctx['a'] = 1\n    ctx['b'] = 2", "", {"a", "b"}, False),
    "keys of an update": ("ctx.update(a=1, **{'b': 2})", "", {"a", "b"}, False),
    "keys of a loop": ("for key in ('a', 'b'):\n        ctx[key] = 1", "", {"a", "b"}, False),
    "a computed key": ("ctx[key()] = 1", "", set(), True),
    "keys of a helper": ("fill(ctx)", "", {"h"}, False),
    "keys that a library may set": ("lib.fill(ctx)", "", set(), True),
    "an unknown function": ("unknown(ctx)", "", set(), True),
    "what does not write": ("print(ctx)\n    len(ctx)\n    logger.info(ctx)", "", set(), False),
    "a class of the target": ("Holder(ctx)", "", {"k"}, False),
    "the settings' own": ("pass", "ctx = {'a': 1, NAME: 2}", {"a", "named"}, False),
    "the settings' own, computed": ("pass", "ctx = {key(): 1}", set(), True),
    "the settings' own, spread": ("pass", "ctx = {**lib.more}", set(), True),
    "the settings' own, unknown": ("pass", "ctx = lib.context()", set(), True),
    "the settings' own, none": ("pass", "ctx = None", set(), False),
    "another start-up": ("pass", "on_job_start = lib.start", set(), True),
    "no other start-up": ("pass", "on_job_start = None", set(), False),
}


def test_the_keys_of_a_context_are_those_that_the_start_up_and_the_settings_give() -> None:
    head = """
--- app/worker.py
import logging
import lib
from arq.connections import RedisSettings
logger = logging.getLogger(__name__)
NAME = "named"
class Holder:
    def __init__(self, ctx):
        ctx["k"] = 1
def fill(ctx):
    ctx["h"] = 1
async def job(ctx):
    ctx["late"] = 1
"""
    found = {}
    for name, (body, settings, _, _) in WORKERS.items():
        text = f"{head}async def start(ctx):\n    {body}\nclass W:\n    functions = [job]\n    on_startup = start\n"
        program = program_from(files_of(f"{text}    redis_settings = RedisSettings()\n    {settings or 'x = 1'}\n"))
        (context,) = program.contexts.all
        found[name] = (set(context.stored), context.is_open)

    assert found == {name: (keys, is_open) for name, (_, _, keys, is_open) in WORKERS.items()}


def test_a_settings_class_with_a_base_of_a_library_may_hold_more() -> None:
    files = files_of("""
--- app/worker.py
import abc
import lib
from arq.connections import RedisSettings
async def job(ctx): ...
class Base(abc.ABC):
    redis_settings = RedisSettings()
class A(Base):
    functions = [job]
class B(lib.Settings):
    functions = [job]
    redis_settings = RedisSettings()
""")
    program = program_from(files)

    assert {c.settings.name: c.is_open for c in program.contexts.all} == {"A": False, "B": True}


def test_settings_are_found_wherever_they_are_given() -> None:
    files = files_of("""
--- app/worker.py
from arq import Worker
from arq.connections import RedisSettings
from arq.worker import create_worker, get_kwargs, run_worker
import lib
from app.tasks import a, b, c, d
class Base:
    redis_settings = RedisSettings()
    functions = [a]
class Inherits(Base):
    pass
class Overrides(Base):
    functions = [b]
class ByHook:
    cron_jobs = []
    async def on_startup(ctx): ...
class WorkerSettings:
    functions = [c]
class OtherName:
    functions = [c]
class NoSettings(lib.BaseSettings):
    queue_name = "x"
class Assigned:
    functions = []
    redis_settings = None
Assigned.functions = [d]
Assigned.on_startup = a
Assigned().cron_jobs = []
lib.Assigned.functions = [a]
DICT = {"functions": [a], "redis_settings": 1, **{}}
NO_DICT = {"functions": [a], 1: 2}
lib.Settings(functions=[a], redis_settings=1)
lib.Settings(functions=[a], on_startup=1)
Worker([a], redis_settings=1)
Worker(functions=[b])
run_worker(WorkerSettings, cron_jobs=[])
run_worker(lib.Settings, functions=[a])
run_worker(lib.Settings)
create_worker(OtherName)
--- app/tasks.py
async def a(ctx): ...
async def b(ctx): ...
async def c(ctx): ...
async def d(ctx): ...
""")
    program = program_from(files)

    found = {
        (s.name, s.node.span[0]): sorted(f for f in s.fields if s.fields[f] or f in s.hook_methods)
        for s in program.queue.settings
    }

    lines = files["app/worker.py"].splitlines()
    assert {(name, lines[line - 1].strip()): fields for (name, line), fields in found.items()} == {
        ("Base", "class Base:"): ["functions", "redis_settings"],
        ("Overrides", "class Overrides(Base):"): ["functions", "redis_settings"],
        ("ByHook", "class ByHook:"): ["cron_jobs", "on_startup"],
        ("WorkerSettings", "class WorkerSettings:"): ["cron_jobs", "functions"],
        ("Assigned", "class Assigned:"): ["cron_jobs", "functions", "on_startup", "redis_settings"],
        ("settings", 'DICT = {"functions": [a], "redis_settings": 1, **{}}'): ["functions", "redis_settings"],
        ("lib.Settings", "lib.Settings(functions=[a], redis_settings=1)"): ["functions", "redis_settings"],
        ("Worker", "Worker([a], redis_settings=1)"): ["functions", "redis_settings"],
        ("Worker", "Worker(functions=[b])"): ["functions"],
        ("run_worker", "run_worker(lib.Settings, functions=[a])"): ["functions"],
        ("OtherName", "class OtherName:"): ["functions"],
    }
    assert sorted(f.name for f in program.queue.tasks) == ["a", "b", "c", "d"]
