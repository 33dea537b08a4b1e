"""What starts and stops applications, and who is called by it."""

from __future__ import annotations

import pytest

from conformance.examples import files_of, program_from

STARTERS = {
    "a lifespan, in each way of giving it": (
        """
def other(app): yield
def third(app): yield
def fourth(app): yield
def fifth(app): yield
def sixth(app): yield
def not_one(app): yield
OPTIONS = {"lifespan": fourth}
FastAPI(lifespan=lifespan)
Starlette(lifespan=other)
APIRouter(lifespan=third)
FastAPI(**OPTIONS)
app = FastAPI()
app.router.lifespan_context = fifth
FastAPI(lifespan=lib.combine(sixth, also=lifespan))
print(lifespan=not_one)
""",
        {"lifespan lifespan", "lifespan other", "lifespan third", "lifespan fourth", "lifespan fifth",
         "lifespan sixth"},
    ),
    "given to the function that makes the application": (
        """
from collections.abc import Callable
def make(lifespan: Callable | None = None, *, title: str = "", **options):
    if lifespan is None:
        lifespan = default(title)
    return build(FastAPI, lifespan, **options)
def build(kind, start, **options):
    return FastAPI(lifespan=start, **options)
def default(title):
    def inner(app): yield
    return inner
def other(app): yield
def third(app): yield
def opened(): ...
def not_one(app): yield
make(lifespan=other)
make(third, on_startup=[opened])
print(not_one, lifespan=not_one)
""",
        {"lifespan default.<locals>.inner", "lifespan other", "lifespan third", "startup opened"},
    ),
    "given to the keywords of the function that makes the application": (
        """
def make(title, **options):
    return FastAPI(title=title, **options)
make("a", lifespan=lifespan)
""",
        {"lifespan lifespan"},
    ),
    "a class": (
        """
class Life:
    def __init__(self, app): ...
    async def __aenter__(self): ...
    async def __aexit__(self, *error): ...
class Called:
    def __call__(self, app): yield
FastAPI(lifespan=Life)
FastAPI(lifespan=Called())
""",
        {"lifespan Life.__aenter__", "lifespan Life.__aexit__", "lifespan Called.__call__"},
    ),
    "a subclass of FastAPI": (
        """
class Own(FastAPI):
    def __init__(self):
        super().__init__(lifespan=lifespan)
Own()
""",
        {"lifespan lifespan"},
    ),
    "handlers, in each way of registering them": (
        """
app = FastAPI()
router = APIRouter()
@app.on_event("startup")
def a(): ...
@router.on_event("shutdown")
async def b(): ...
@lib.on_event("startup")
def not_one(): ...
def c(): ...
def d(): ...
def e(): ...
def f(): ...
def g(): ...
def h(): ...
app.add_event_handler("startup", c)
app.add_event_handler(event_type="shutdown", func=d)
app.on_event("startup")(e)
app.router.on_startup.append(f)
router.on_shutdown.append(g)
FastAPI(on_startup=[h], on_shutdown=(c, d))
def unknown(the_app, thing):
    @the_app.on_event("startup")
    def i(): ...
    @thing.on_event("startup")
    def not_one_either(): ...
""",
        {"startup a", "shutdown b", "startup c", "shutdown d", "startup e", "startup f", "shutdown g", "startup h",
         "shutdown c", "startup unknown.<locals>.i"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "started"), STARTERS.values(), ids=STARTERS)
def test_what_starts_an_application_is_found(text: str, started: set[str]) -> None:
    head = "import lib\nfrom fastapi import APIRouter, FastAPI\nfrom starlette.applications import Starlette\n"
    program = program_from({"app/main.py": f"{head}def lifespan(app): yield\n{text}"})

    assert {f"{s.kind} {s.function.qualified}" for s in program.lifespans.starters} == started


def test_what_a_function_calls_is_reached_through_names_methods_and_callbacks() -> None:
    files = files_of("""
--- app/main.py
from fastapi import FastAPI
from app.more import Pool, helper as renamed, never, run
def lifespan(app):
    renamed()
    Pool().open()
    run(callback)
    run(never())
    yield
def callback():
    deeper()
def deeper(): ...
def unused(): ...
app = FastAPI(lifespan=lifespan)
--- app/more.py
def helper(): ...
def never(): ...
def run(function): ...
def also_unused(): ...
class Pool:
    def __init__(self): ...
    def open(self): self.close()
    def close(self): ...
    def other(self): ...
""")
    program = program_from(files)

    reached = {f.qualified for f in program.lifespan_functions}

    assert reached == {"lifespan", "helper", "Pool.__init__", "Pool.open", "Pool.close", "run", "never", "callback",
                       "deeper"}  # fmt: skip
