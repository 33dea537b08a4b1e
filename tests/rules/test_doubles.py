"""What the tests define and inject is their own: no rule for the application reports it, nor counts it as a use."""

from __future__ import annotations

from conformance.examples import expected_in, files_of, found_in, program_from
from conformance.rules import all_rules

RULES = [rule for rule in all_rules() if rule.id.startswith(("DI", "LC", "WK", "DV", "CF"))]
FILES = """
--- app/__init__.py
--- app/config.py
from functools import lru_cache
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    url: str = "sqlite://"
@lru_cache
def get_settings() -> Settings:
    return Settings()
--- app/lifespan.py
from contextlib import asynccontextmanager
from redis.asyncio import Redis
@asynccontextmanager
async def lifespan(app):
    app.state.redis = Redis()
    try:
        yield
    finally:
        await app.state.redis.aclose()
--- app/main.py
from fastapi import FastAPI
from app.lifespan import lifespan
from app.routes.items import router
app = FastAPI(lifespan=lifespan)
app.include_router(router)
--- app/deps/__init__.py
from app.deps.redis import RedisDep

__all__ = ["RedisDep"]
--- app/deps/redis.py
from typing import Annotated
from fastapi import Depends, Request
from redis.asyncio import Redis
def get_redis(request: Request) -> Redis:
    return request.app.state.redis
RedisDep = Annotated[Redis, Depends(get_redis)]
def of_the_tests(request: Request) -> str | None:
    return request.headers.get("x")
def only_tested(request: Request):
    return None
--- app/routes/items.py
from fastapi import APIRouter, Depends
from app.deps import RedisDep
router = APIRouter()
def page(number: int = 1) -> int:
    return number
@router.get("/")
async def index(redis: RedisDep, number: int = Depends(page)) -> str:
    return ""
--- app/worker.py
from arq.connections import RedisSettings
async def job(ctx) -> None: ...
class WorkerSettings:
    functions = [job]
    redis_settings = RedisSettings()
--- tests/deps/__init__.py
--- tests/deps/doubles.py
from typing import Annotated
from fastapi import Depends, Request
from app.deps.redis import get_redis
from app.routes.items import page
def get_double(request: Request) -> str | None:
    return request.app.state.double
DoubleDep = Annotated[str | None, Depends(get_double)]
PageDep = Annotated[int, Depends(page)]
OtherDep = Annotated[int, Depends(get_redis)]
--- tests/test_items.py
import os
from contextlib import asynccontextmanager
from contextvars import ContextVar
import httpx
from arq.connections import RedisSettings
from fastapi import Depends, FastAPI, Request
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from app.config import Settings
from app.deps.redis import get_redis, of_the_tests, only_tested
from app.main import app
from tests.deps.doubles import DoubleDep
client = httpx.Client()
settings = Settings()
pool = None
variable: ContextVar[Session] = ContextVar("variable")
@asynccontextmanager
async def lifespan(own):
    own.state.engine = create_engine("x")
    own.state.session = Session(own.state.engine)
    yield
own = FastAPI(lifespan=lifespan)
other = FastAPI()
@other.on_event("startup")
def start():
    other.state.http = httpx.AsyncClient()
def provide(request: Request):
    session = Session(request.app.state.engine)
    return session
def yields(request: Request):
    session = Session(request.app.state.engine)
    try:
        yield session
    except ValueError:
        pass
def fetched():
    return httpx.AsyncClient()
class Bundle:
    db: Session | None = Depends(provide)
@own.get("/")
def of_the_test(
    request: Request, double: DoubleDep, name: str | None = Depends(of_the_tests), none: str = Depends(only_tested),
    a=Depends(provide), b=Depends(yields), c=Depends(fetched), d: Bundle = Depends(),
):
    get_redis(request)
    request.app.state.engine
    request.app.state.nothing
    return {"a": 1}
async def task(ctx, data: dict):
    global pool
    pool = httpx.AsyncClient()
    ctx["more"] = 1
    return ctx["nothing"], data["x"], os.environ["X"], app.state.redis
def sync_task(ctx): ...
async def begin(ctx):
    ctx["session"] = Session(1)
    ctx["http"] = httpx.AsyncClient()
class WorkerSettings:
    functions = [task, sync_task]
    on_startup = begin
    redis_settings = RedisSettings()
async def test_a(arq):
    await arq.enqueue_job("nothing")
    service = None
    service = service or httpx.AsyncClient()
    httpx.get("x").json()["y"]
"""


def test_what_the_tests_inject_and_construct_is_their_own() -> None:
    files = files_of(FILES)

    found = found_in(program_from(files), RULES)

    assert found == expected_in(files)


def test_each_of_them_would_be_reported_elsewhere() -> None:
    """In the application the same lines break most of the rules: the test above looks at something."""
    files = files_of(FILES)
    moved = {
        path.replace("tests/", "app/doubles/").replace("test_items", "items"): text for path, text in files.items()
    }
    moved = {path: text.replace("tests.", "app.doubles.") for path, text in moved.items()}

    found = found_in(program_from(moved), RULES)

    assert {rule for rule, path, _ in found if "doubles" in path} > {
        "CF601", "CF604", "DI101", "DI102", "DI105", "DI106", "DI107", "DI109", "DI110", "DI114", "DI115",
        "DI117", "DV501", "DV505", "LC201", "LC203", "LC204", "LC205", "LC206", "LC207", "LC210",
        "WK302", "WK303", "WK305", "WK307", "WK308", "WK310",
    }  # fmt: skip
