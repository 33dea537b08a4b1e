"""The rules of the layers: spellings that must be found, and what must not be."""

from __future__ import annotations

import pytest

from conformance.config import Config, Profile
from conformance.examples import expected_in, files_of, found_in, program_from
from conformance.rules import all_rules

RULES = {rule.id: rule for rule in all_rules() if rule.id.startswith("LY")}

WORKER = """
--- app/components/worker/pools.py
async def get_queue_pool(name):
    return None
--- app/components/worker/limits.py
ROUNDS = 3
"""
SERVICES = """
--- app/services/mail.py
async def send(to):
    return to
"""
ROUTER = "from fastapi import APIRouter\n\nrouter = APIRouter()\n\n\n@router.get('/x')\nasync def x(): return 1\n"
SETTINGS = """
--- app/config.py
from pydantic_settings import BaseSettings

class Settings(BaseSettings):
    region: str = "eu"
"""

CASES = {
    "LY401 under TYPE_CHECKING, within a function, starred, and dynamic": WORKER
    + """
--- app/components/backend/a.py
from typing import TYPE_CHECKING
import importlib
if TYPE_CHECKING:
    from app.components.worker.limits import ROUNDS  # expect: LY401
def f():
    from ..worker import limits as l  # expect: LY401
    return l.ROUNDS
def g():
    return importlib.import_module("app.components.worker.limits")  # expect: LY401
from app.components.worker.limits import *  # expect: LY401
""",
    "LY401 the package of components is no component; a path through it is": WORKER
    + """
--- app/components/backend/a.py
import app.components as parts
from app import components
def f():
    return parts.worker.limits.ROUNDS  # expect: LY401
def g():
    return components.worker.limits.ROUNDS  # expect: LY401
""",
    "LY401 a neutral module re-exports": WORKER
    + """
--- app/shared.py
from app.components.worker.limits import ROUNDS
--- app/components/backend/a.py
from app.shared import ROUNDS  # expect: LY401
""",
    "LY401 the entrypoint, and tests, may": WORKER
    + """
--- app/main.py
from app.components.worker import limits
--- app/components/backend/tests/test_a.py
from app.components.worker import limits
--- app/components/backend/b.py
from app.components.backend import c
--- app/components/backend/c.py
X = 1
""",
    "LY402 the worker by any spelling, a neutral re-export, a path": SERVICES
    + """
--- app/worker.py
from arq.connections import RedisSettings
async def job(ctx): ...
class Queue:
    functions = [job]
    redis_settings = RedisSettings()
--- app/shared.py
from app.worker import Queue
--- app/services/a.py
import app.worker as w  # expect: LY402
from app.shared import Queue  # expect: LY402
from .. import worker  # expect: LY402
--- app/core/b.py
import app
def f():
    return app.worker.Queue  # expect: LY402
""",
    "LY402 a component's own services": """
--- app/components/worker/services/x.py
from app.components.worker.limits import ROUNDS
--- app/components/worker/limits.py
ROUNDS = 3
""",
    "LY402 a package gathers its own modules": """
--- app/core/__init__.py
from fastapi import FastAPI
from app.core.views.users import router
from .views import users
from app.api.items import router as items  # expect: LY402
def init(app: FastAPI):
    app.include_router(router)
--- app/core/views/users.py
from fastapi import APIRouter
router = APIRouter()
@router.get("/users")
def users(): ...
--- app/core/hashing.py
from app.core.views.users import router  # expect: LY402
--- app/api/items.py
from fastapi import APIRouter
router = APIRouter()
@router.get("/items")
def items(): ...
""",
    "LY402 models named services are models": """
--- app/models/services.py
class Service: ...
--- app/models/users.py
from app.models.services import Service
""",
    "LY403 each framework": """
--- app/services/a.py
import fastapi  # expect: LY403
from starlette.responses import Response  # expect: LY403
from apscheduler.schedulers.asyncio import AsyncIOScheduler  # expect: LY403
import flet as ft  # expect: LY403
import typer, click  # expect: LY403
from arq import Retry, cron  # expect: LY403
from arq.worker import func  # expect: LY403
from arq import create_pool, ArqRedis
from arq.connections import RedisSettings
import fastapi_mail
def f():
    from fastapi import UploadFile  # expect: LY403
""",
    "LY404 what is a session, and what is not": SERVICES
    + """
--- app/routes/a.py
from typing import Annotated
from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session
from sqlalchemy import select as choose
import sqlalchemy as sa
def get_db():
    db = Session()
    try:
        yield db
        db.commit()
    finally:
        db.close()
router = APIRouter()
@router.get("/x")
def x(request: Request, cache: dict, db: Session = Depends(get_db)):
    cache.get("a")
    request.headers.get("b")
    db.add(1)  # expect: LY404
    run = db.execute
    with db.begin():
        db.close()
    return choose(1), sa.insert(1)  # expect: LY404
@router.get("/y")
def y(db: "Annotated[Session, Depends(get_db)]"):
    return helper(db)
def helper(db):
    return db.query(1)  # expect: LY404
@router.get("/z")
def z(db=Depends(get_db)):
    db.commit()  # expect: LY404
""",
    "LY404 drivers": SERVICES
    + """
--- app/tasks/a.py
import asyncpg, aiosqlite
async def job(ctx, url):
    connection = await asyncpg.connect(url)
    await connection.fetchrow("x")  # expect: LY404
    async with aiosqlite.connect(url) as db:
        cursor = await db.execute("x")  # expect: LY404
        await cursor.fetchall()  # expect: LY404
--- app/worker.py
from arq.connections import RedisSettings
from app.tasks.a import job
class Settings:
    functions = [job]
    redis_settings = RedisSettings()
""",
    "LY404 the lifespan of a single file may seed": SERVICES
    + """
--- app/main.py
from contextlib import asynccontextmanager
from fastapi import FastAPI
from sqlalchemy.orm import Session
@asynccontextmanager
async def lifespan(app: FastAPI):
    with Session() as db:
        db.add(1)
        db.commit()
    yield
app = FastAPI(lifespan=lifespan)
@app.get("/x")
def x():
    return 1
""",
    "LY405 entry points and computed names": SERVICES
    + """
--- app/components/a.py
from importlib.metadata import entry_points
from importlib import import_module
import pkgutil
def f(name):
    entry_points(group="services")  # expect: LY405
    __import__(name)  # expect: LY405
    pkgutil.walk_packages(["x"])  # expect: LY405
    import_module("app.services.mail")  # expect: LY405
    import_module("app.components.%s" % name)
    import_module("orjson")
    getattr(name, "x")
""",
    "LY403 what is imported by a call, and used of arq": """
--- app/services/a.py
import importlib
import arq  # expect: LY403
from importlib import import_module as load
fastapi = importlib.import_module("fastapi")  # expect: LY403
again = load("starlette.requests")
third = __import__("flet")  # expect: LY403
other = importlib.import_module("orjson")
def f(name, import_module):
    importlib.import_module(name)
    import_module("fastapi")
    return arq.cron
--- app/services/b.py
import arq
from arq import *
from app.reexport import Depends  # expect: LY403
from app.reexport import fine
def f():
    return arq.create_pool, ArqRedis, arq.nothing
--- app/services/c.py
from arq import *  # expect: LY403
def f():
    return Retry()
--- app/services/d.py
from arq import *
def f(Retry, other):
    return Retry, other.Worker
--- app/reexport.py
from fastapi import Depends
fine = 1
""",
    "LY405 names that start with the package of the services": SERVICES
    + """
--- app/services/__init__.py
--- app/components/a.py
import importlib
import inspect
import pkgutil
from importlib import import_module as load
import app.services
import app.components
import app.utils
from app import services
PREFIX = "app.services"
PART = "serv"
def f(name, other):
    importlib.import_module(f"app.services.{name}")  # expect: LY405
    importlib.import_module(f"{PREFIX}.{name}")  # expect: LY405
    importlib.import_module("app." + "services." + name)  # expect: LY405
    importlib.import_module("app.services.%s" % name)  # expect: LY405
    importlib.import_module(f"app.{PART}" + "ices.mail")  # expect: LY405
    importlib.import_module("app.services.{}".format(name))  # expect: LY405
    load("app.services." + name)  # expect: LY405
    path = f"app.services.{name}"
    importlib.import_module(path)  # expect: LY405
    importlib.import_module(name)  # expect: LY405
    importlib.import_module(name=f"app.services.{name}")  # expect: LY405
    importlib.import_module(package=other, name=f"app.services.{name}")  # expect: LY405
    importlib.import_module(package=other, name=f"app.utils.{name}")
    importlib.import_module(f"..services.{name}", __package__)  # expect: LY405
    importlib.import_module(f"app.utils.{name}")
    importlib.import_module("app.utils" + name + ".x")  # expect: LY405
    importlib.import_module(f"app.utils.{name}" + name)
    importlib.import_module("app.services")  # expect: LY405
    importlib.import_module("app.components.a")
    pkgutil.iter_modules(services.__path__)  # expect: LY405
    pkgutil.iter_modules(app.components.__path__)
    pkgutil.walk_packages(path=app.services.__path__)  # expect: LY405
    pkgutil.iter_modules(orjson.__path__)  # expect: LY405
    getattr(services, name)  # expect: LY405
    getattr(services, "mail")
    getattr(app.utils, name)
    getattr(name(), name)
    inspect.getmembers(services)  # expect: LY405
    inspect.getmembers(app.utils)
    name.getmembers(services)
    vars(services)[name]  # expect: LY405
    vars(services)["mail"]
    vars(app.utils)[name]
    services.__dict__[name]  # expect: LY405
    globals()[name]  # expect: LY405
    globals()["x"], name[other], vars()[name]
--- app/utils.py
X = 1
""",
    "LY406 what a route must not import": SETTINGS
    + f"""
--- app/lifespan.py
async def lifespan(app):
    yield
--- app/cli/main.py
X = 1
--- app/routes/a.py
from app import config  # expect: LY406
import app.lifespan  # expect: LY406
from ..cli.main import X  # expect: LY406
from app.routes import b
from app.utils import y
{ROUTER}
--- app/routes/b.py
{ROUTER}
--- app/utils.py
y = 1
--- app/main.py
from fastapi import FastAPI
from app.lifespan import lifespan
app = FastAPI(lifespan=lifespan)
""",
    "LY406 schemas named settings, and a package of the component": f"""
--- app/schemas/settings.py
class Out: ...
--- app/components/backend/paging.py
class Page: ...
--- app/components/backend/api.py
from app.schemas.settings import Out
from .paging import Page
{ROUTER}
""",
    "LY407 hooks through a module, a path and a scheduler object": """
--- app/components/scheduler/jobs.py
from apscheduler.schedulers.background import BackgroundScheduler
scheduler = BackgroundScheduler()
INTERVAL = 5
--- app/components/backend/a.py
from app.components.scheduler.jobs import scheduler as s  # expect: LY407
--- app/components/frontend/b.py
from app.components.scheduler.jobs import INTERVAL
--- app/components/worker/c.py
import app
def f():
    return app.components.scheduler.jobs.scheduler  # expect: LY407
""",
    "LY407 what a star brings": """
--- app/components/worker/hooks.py
from arq.connections import RedisSettings
async def on_startup(ctx): ...
async def on_shutdown(ctx): ...
async def other(ctx): ...
class WorkerSettings:
    functions = [other]
    on_startup = on_startup
    on_shutdown = on_shutdown
    redis_settings = RedisSettings()
--- app/components/backend/a.py
from app.components.worker.hooks import *  # expect: LY407
def f():
    return on_startup, other
--- app/components/backend/b.py
from app.components.worker.hooks import *
def on_startup(): ...
def f():
    return on_startup, other
--- app/components/worker/c.py
from app.components.worker.hooks import on_startup
--- app/core/d.py
from app.components.worker.hooks import on_startup
""",
    "LY408 clouds, mails, files and threads": SERVICES
    + f"""
--- app/routes/a.py
import asyncio
import boto3
import aiosmtplib
import shutil
from pathlib import Path
import requests
from starlette.concurrency import run_in_threadpool
{ROUTER}
s3 = boto3.client("s3")
resource = boto3.resource("s3")
async def f(session: requests.Session, path: Path, given):
    s3.upload_file("x")  # expect: LY408
    s3.get_paginator("x")
    s3.generate_presigned_url("x")
    s3.close()
    bucket = resource.Bucket("x")
    resource.Bucket("x").upload_file("y")  # expect: LY408
    given.Bucket("x").upload_file("y")
    resource.bucket("x").upload_file("y")  # expect: LY408
    session.request("GET", "https://x.com")  # expect: LY408
    session.mount("x", 1)
    requests.request("GET", url="https://x.com")  # expect: LY408
    requests.codes.ok
    requests.get  # not called
    await aiosmtplib.send("x")  # expect: LY408
    shutil.copy("a", "b")  # expect: LY408
    shutil.which("x")
    path.read_text()  # expect: LY408
    path.exists()
    await asyncio.to_thread(requests.get, "https://x.com")  # expect: LY408
    await run_in_threadpool(requests.get, "https://x.com")  # expect: LY408
    await asyncio.get_running_loop().run_in_executor(None, path.read_text)  # expect: LY408
    await asyncio.to_thread(given, requests.get)  # expect: LY408
    given(requests.get)
    (lambda: 1)()
    given["x"]()
--- app/models/a.py
import requests
requests.get("https://x.com")
""",
    "LY404 tables, cursors and statements": SERVICES
    + """
--- app/routes/a.py
import sqlite3
import sqlalchemy as sa
from sqlalchemy import Table, create_engine, select as pick
from sqlalchemy.orm import Session
from sqlalchemy.orm import sessionmaker
from sqlmodel import delete
from fastapi import APIRouter
router = APIRouter()
@router.get("/x")
async def x(): return 1
users = Table("users")
def f(session: Session, given, engine: sa.Engine, connection: sa.Connection, many: dict[int, Session]):
    many[0].execute(1)  # expect: LY404
    users.select()  # expect: LY404
    users.insert()  # expect: LY404
    users.create()
    given.select()
    pick(users)  # expect: LY404
    sa.update(users)  # expect: LY404
    delete(users)  # expect: LY404
    sa.text("x")
    given.update(users)
    session.execute(1)  # expect: LY404
    session.add(1)  # expect: LY404
    session.close()
    session.fetchrow(1)
    connection.execute(1)  # expect: LY404
    connection.add(1)
    with sessionmaker(engine).begin() as begun:
        begun.execute(1)  # expect: LY404
    with sqlite3.connect("x") as db:
        db.execute("x")  # expect: LY404
    given.execute(1)
    [session.get(1, 2) for _ in ()]  # expect: LY404
    return lambda: session.commit()  # expect: LY404
--- app/services/b.py
from sqlalchemy import select
def g(session):
    return session.execute(select(1))
""",
    "LY408 hooks and lifespans open, tasks do not": SERVICES
    + """
--- my_shop/worker.py
import requests
from arq.connections import RedisSettings
async def start(ctx):
    requests.get("https://x.com")
async def job(ctx):
    requests.get("https://x.com")  # expect: LY408
    def inner():
        requests.get("https://x.com")  # expect: LY408
def helper():
    requests.get("https://x.com")
class WorkerSettings:
    functions = [job]
    on_startup = start
    redis_settings = RedisSettings()
--- my_shop/main.py
import requests
from fastapi import Depends, FastAPI
def provide():
    client = requests.get("https://x.com")
    yield client
def give():
    return requests.get("https://x.com")  # expect: LY408
async def lifespan(app):
    requests.get("https://x.com")
    yield
app = FastAPI(lifespan=lifespan)
@app.get("/")
def index(a=Depends(provide), b=Depends(give)):
    return requests.get("https://x.com")  # expect: LY408
--- my_shop/cron.py
import requests
from apscheduler.schedulers.background import BackgroundScheduler
def tick():
    requests.get("https://x.com")  # expect: LY408
--- my_shop/scheduler/jobs.py
import requests
requests.get("https://x.com")  # expect: LY408
--- my_shop/other.py
import requests
requests.get("https://x.com")
--- my_shop/cli/main.py
import requests
def run(shop_url, my_url, my_shop_url, partner_shop_url):
    requests.get(shop_url)
    requests.get(my_url)
    requests.get(my_shop_url)
    requests.get(partner_shop_url)  # expect: LY408
    requests.request("POST", my_url)
    requests.request("PUT", my_url)
    requests.request("PATCH", my_url)
    requests.request("GET", partner_shop_url)  # expect: LY408
    requests.request(partner_shop_url, "x")  # expect: LY408
    open(my_url)  # expect: LY408
    def inner(url=my_url, other: "my_url" = None, third: partner_shop_url = None):
        requests.get(url)
        requests.get(other)
        requests.get(third)  # expect: LY408
    api = partner_shop_url
    api = "https://x.com"
    requests.get(api)  # expect: LY408
--- my_shop/cli/services/a.py
import requests
requests.get("https://x.com")
--- my_shop/migrations/env.py
import requests
from alembic import op
requests.get("https://x.com")
""".replace("my_shop/", "app_shop/").replace("my_", "app_"),
    "LY408 a command and addresses of its own": SERVICES
    + """
--- app/cli/a.py
import httpx
import requests
from app.settings import settings
HOME = "http://localhost:8000"
AWAY = "https://api.partner.com"
MIXED = f"http://[::1]:80/{HOME}"
def f(url: str, partner: str, backend_url: str, server=None, health: str = "x"):
    requests.get(HOME)
    requests.get(AWAY)  # expect: LY408
    requests.get(MIXED)
    requests.get(HOME + "/x")
    requests.get(AWAY + "/x")  # expect: LY408
    requests.get("http://0.0.0.0/x")
    requests.get("http://localhost.evil.com/x")  # expect: LY408
    requests.get("http:///x")  # expect: LY408
    requests.get(backend_url)
    requests.get(f"{backend_url}/x")
    requests.get(partner)  # expect: LY408
    requests.get(f"{settings.app_url}/{partner}")
    requests.get(settings["base_url"])
    requests.get(settings["partner_url"])  # expect: LY408
    requests.get()  # expect: LY408
    address = own = partner
    requests.get(address)  # expect: LY408
    target = f"{server}/health"
    again = target
    requests.get(again)
    with httpx.Client(base_url="http://127.0.0.1") as client:
        client.get("/x")
    with httpx.Client(base_url=AWAY) as other:
        other.get("/x")  # expect: LY408
    for part in ():
        requests.get(part)  # expect: LY408
--- app/settings.py
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    partner_url: str
settings = Settings()
""",
    "LY408 what is a call outside, and what is not": SERVICES
    + f"""
--- app/routes/a.py
import os, subprocess, webbrowser, smtplib
from pathlib import Path
import aiohttp, httpx
from fastapi import UploadFile
{ROUTER}
async def f(file: UploadFile, path: Path, client: httpx.AsyncClient, folder: Path):
    await file.read()
    path.exists()
    webbrowser.open("x")
    await client.post("/x")  # expect: LY408
    with open(path) as opened:  # expect: LY408
        opened.read()
    (folder / "x").write_bytes(b"")  # expect: LY408
    subprocess.run(["x"])  # expect: LY408
    with smtplib.SMTP("x") as smtp:
        smtp.send_message(None)  # expect: LY408
    async with aiohttp.ClientSession() as session:
        async with session.get("x") as answer:  # expect: LY408
            await answer.json()
""",
    "LY408 a command and the project's own API": SERVICES
    + """
--- app/cli/a.py
import httpx
from app.settings import settings
def f(url: str, partner: str):
    base_url = getattr(settings, "API_BASE_URL", "")
    address = f"{base_url}/health"
    httpx.get(address)
    httpx.get("http://127.0.0.1:8000/x")
    httpx.get(f"https://api.partner.com/{url}")  # expect: LY408
    httpx.get(settings.partner_url)  # expect: LY408
--- app/settings.py
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    partner_url: str
settings = Settings()
""",
    "LY409 the environment under a main guard is no need": """
--- app/a.py
import os
if __name__ == "__main__":
    print(os.environ["X"])
--- app/b.py
X = 1
""",
    "LY409 what looks like a task, and what does not": """
--- app/jobs/a.py
async def send(context):  # expect: LY409
    return 1
--- app/jobs/b.py
def sync(ctx): ...
async def _private(ctx): ...
async def other(data): ...
async def nothing(): ...
class Job:
    async def run(ctx): ...
def outer():
    async def inner(ctx): ...
--- app/more/tasks/c.py
async def late(_ctx): ...
--- app/taskless/d.py
async def late(ctx): ...
--- app/e.py
import arq
""",
    "LY401 a gateway behind another module": """
--- app/components/worker/pools.py
async def get_queue_pool(name): ...
--- app/components/worker/limits.py
ROUNDS = 3
--- app/shared.py
from app.components.worker.pools import get_queue_pool
from app.components.worker.limits import ROUNDS
--- app/components/backend/a.py
from app.shared import get_queue_pool  # expect: LY401
from app.shared import ROUNDS  # expect: LY401
""",
    "LY402 what only passes on, migrations, and modules of core": SERVICES
    + """
--- app/routes/items.py
from fastapi import APIRouter
router = APIRouter()
@router.get("/x")
def x(): return 1
def paged(): ...
--- app/services/paging.py
from app.routes.items import paged  # expect: LY402
--- app/services/users.py
from app.services.paging import paged
--- app/services/orders.py
import app.routes.items  # expect: LY402
def f():
    return app.routes.items.paged
--- app/models/migrations/env.py
from alembic import context
from app.routes.items import paged
--- app/core/services/clock.py
def now(): ...
--- app/core/times.py
from app.core.services.clock import now
from app.services.mail import send  # expect: LY402
--- app/models/times.py
from app.core.services.clock import now  # expect: LY402
""",
    "LY403 names like those of arq's worker": """
--- app/services/a.py
import arq
import shop
from shop import *
def f(Retry, load):
    shop.cron()
    load.import_module_of("fastapi")
    shop.import_module("fastapi")
    return Retry()
""",
    "LY405 a package, all of it, and what is below": SERVICES
    + """
--- app/services/__init__.py
--- app/core/services/__init__.py
--- app/components/a.py
import sys
import importlib
from importlib import import_module as load, metadata
from app import services
import app.services.mail
registry = {}
def f(name, base=None):
    importlib.import_module(name + ".services")  # expect: LY405
    importlib.import_module("orjson." + name)
    importlib.import_module("." + name, "app.services")  # expect: LY405
    importlib.import_module(f".{name}", package="app.services")  # expect: LY405
    importlib.import_module(".services." + name, "app")  # expect: LY405
    importlib.import_module(f".{name}", __package__)
    importlib.import_module(f".{name}", "app.utils")
    importlib.import_module(f"..{name}", "app.utils")  # expect: LY405
    importlib.import_module(".mail", "app.services")  # expect: LY405
    importlib.import_module(".mail", "app.utils")
    load(f"{services.__name__}.{name}")  # expect: LY405
    metadata.entry_points()  # expect: LY405
    sys.modules[name]  # expect: LY405
    sys.modules[f"app.services.{name}"]  # expect: LY405
    sys.modules[__name__]
    sys.modules["app.services.mail"]
    registry[name]
    name.modules[name]
    getattr(app.services.mail, name)  # expect: LY405
    getattr(base or services, name)
    modules = registry
    modules[name]
    first = "app.services"
    second = first
    importlib.import_module(second + "." + name)  # expect: LY405
    importlib.import_module("%s.%s" % (second, name))  # expect: LY405
    importlib.import_module("app.utils.%s" % name)
    importlib.import_module("app.utils.{}".format(name))
    third = third + name
    importlib.import_module(third)  # expect: LY405
def g(name):
    import_module = print
    import_module(name)
--- app/components/b.py
class Loader:
    load = staticmethod(__import__)
    def f(self, name):
        return self.load(name)
--- app/services/b.py
import importlib
def load(name):
    return importlib.import_module(name)
""",
    "LY405 a target without services": """
--- app/components/a.py
import importlib
import pkgutil
import app.plugins
def f(name):
    importlib.import_module(name)  # expect: LY405
    importlib.import_module(f"app.plugins.{name}")
    pkgutil.iter_modules(app.plugins.__path__)
    pkgutil.iter_modules(name)  # expect: LY405
--- app/plugins/__init__.py
--- app/plugins/one.py
X = 1
""",
    "LY406 commands that serve, an entrypoint, and the settings of an entrypoint": SETTINGS
    + f"""
--- app/worker.py
from arq.connections import RedisSettings
async def job(ctx): ...
class WorkerSettings:
    functions = [job]
    redis_settings = RedisSettings()
--- app/cli/serve.py
from app.cli.options import VERBOSE
import app.worker  # expect: LY406
{ROUTER}
--- app/cli/options.py
VERBOSE = True
--- app/lifespan.py
async def lifespan(app):
    yield
--- app/routes/items.py
from app.cli.options import VERBOSE  # expect: LY406
from app.main import app  # expect: LY406
from app.passing import Settings  # expect: LY406
{ROUTER}
--- app/passing.py
from app.config import Settings
--- app/services/passing.py
from app.config import Settings
--- app/routes/more.py
from app.services.passing import Settings
from app.routes.items import router as items
{ROUTER}
--- app/main.py
from fastapi import FastAPI
from app.config import Settings
from app.lifespan import lifespan
from app.routes.items import router
from app.worker import job  # expect: LY406
app = FastAPI(lifespan=lifespan)
@app.get("/health")
def health(): return 1
""",
    "LY408 parts of a request": SERVICES
    + """
--- app/cli/a.py
import httpx
import requests
from functools import partial
def f(url, partner, backend_url):
    requests.get(url=backend_url)
    requests.get(url=partner)  # expect: LY408
    requests.request("GET", url=backend_url)
    requests.request("GET", partner)  # expect: LY408
    send = requests.post
    send(partner)  # expect: LY408
    first = partner
    second = first
    third = second
    fourth = third
    requests.get(fourth)  # expect: LY408
    with httpx.Client(base_url=backend_url, timeout=3) as client:
        client.get(partner)
    with httpx.Client(timeout=3) as other:
        other.get(partner)  # expect: LY408
    ring = ring + partner
    requests.get(ring)  # expect: LY408
    requests.get(backend_url.rstrip("/") + "/x")
    requests.get(f())  # expect: LY408
    requests.get(partner[0])  # expect: LY408
    requests.get(the_base_url_of_partner)  # expect: LY408
    requests.get(base_url_)
""",
    "LY404 the pages of a frontend, which may ask": SERVICES
    + """
--- app/frontend/pages.py
import requests
from sqlalchemy import select
def f(session):
    requests.get("https://x.com")
    return select(1)  # expect: LY404
--- app/pages.py
import flet as ft
from sqlalchemy import select
def f():
    return select(1)  # expect: LY404
--- app/other.py
from sqlalchemy import select
def f():
    return select(1)
--- app/scheduling/jobs.py
from sqlalchemy import select
from shop import insert
from sqlalchemy.dialects.postgresql import insert as upsert
def f():
    insert(1)
    upsert(1)  # expect: LY404
    return select(1)  # expect: LY404
--- app/services/cli/a.py
from sqlalchemy import select
def f():
    return select(1)  # expect: LY404
--- app/cli/b.py
from sqlalchemy import select
def f():
    return select(1)  # expect: LY404
--- app/services/frontend/a.py
from sqlalchemy import select
def f():
    return select(1)
""",
    "LY407 each hook of two": """
--- app/components/worker/hooks.py
from arq.connections import RedisSettings
async def on_startup(ctx): ...
async def on_shutdown(ctx): ...
async def other(ctx): ...
class WorkerSettings:
    functions = [other]
    on_startup = on_startup
    on_shutdown = on_shutdown
    redis_settings = RedisSettings()
--- app/components/backend/a.py
import app.components.worker.hooks  # expect: LY407
from app.components.backend import own
def f():
    return app.components.worker.hooks.other, app.components.worker.hooks.on_startup
def g():
    return app.components.nowhere, own.X
--- app/components/backend/own.py
X = 1
--- app/components/backend/b.py
from app.components.worker.hooks import other, on_startup  # expect: LY407
from app.components.worker.hooks import *  # expect: LY407
def f():
    return other, on_shutdown
""",
    "LY409 app.state of a library, and tasks of the tests": """
--- app/main.py
from fastapi import FastAPI
from slowapi import Limiter
application = FastAPI()
application.state.limiter = Limiter()
--- tests/test_worker.py
from fastapi import FastAPI
from arq.connections import RedisSettings
async def job(ctx): ...
class WorkerSettings:
    functions = [job]
    redis_settings = RedisSettings()
def test_a():
    FastAPI().state.a = 1
""",
    "LY409 app.state, deleted or under a computed name": """
--- app/a.py
def f(request, key):  # expects nothing here
    del request.app.state.a
--- app/b.py
def f(request, key):
    setattr(request.app.state, key, 1)
""".replace("--- app/a.py\n", "--- app/a.py\nimport fastapi  # expect: LY409\n").replace(
        "  # expects nothing here", ""
    ),
    "LY409 what looks like a task in a target without arq": """
--- app/jobs/a.py
async def send(ctx): ...
""",
    "LY409 enqueueing makes a task of what looks like one": """
--- app/jobs/a.py
async def send(ctx, to):  # expect: LY409
    return to
--- app/b.py
async def f(pool):
    await pool.enqueue_job("send", 1)
""",
}


@pytest.mark.parametrize("title", CASES)
def test_what_is_reported_and_what_is_not(title: str) -> None:
    files = files_of(CASES[title])

    found = found_in(program_from(files), [RULES[title[:5]]])

    assert found == expected_in(files)


def test_a_gateway_is_open_to_components_and_routes_and_to_no_hook() -> None:
    files = files_of(
        WORKER + f"\n--- app/components/backend/a.py\nfrom app.components.worker.pools import get_queue_pool\n{ROUTER}"
    )

    strict = found_in(program_from(files), [RULES["LY401"], RULES["LY406"]])
    configured = Config(gateways=("app.components.worker.pools",))
    aegis = Config(profile=Profile.AEGIS)

    assert {rule for rule, _, _ in strict} == {"LY401", "LY406"}
    assert not found_in(program_from(files, configured), [RULES["LY401"], RULES["LY406"]])
    assert not found_in(program_from(files, aegis), [RULES["LY401"], RULES["LY406"]])


def test_under_aegis_a_route_may_import_the_settings_of_core() -> None:
    files = files_of(
        "--- app/core/config.py\nsettings = object()\n"
        f"--- app/routes/a.py\nfrom app.core.config import settings\n{ROUTER}"
    )

    more = files_of(
        "--- app/core/config.py\nsettings = object()\n--- app/mail/config.py\nHOST = 'x'\n"
        f"--- app/routes/a.py\nfrom app.mail.config import HOST  # expect: LY406\n{ROUTER}"
    )

    assert found_in(program_from(files), [RULES["LY406"]])
    assert not found_in(program_from(files, Config(profile=Profile.AEGIS)), [RULES["LY406"]])
    configured = Config(profile=Profile.AEGIS, roles={"config": ("app.*.config",)})
    assert found_in(program_from(more, configured), [RULES["LY406"]]) == expected_in(more)


def test_a_re_export_is_told_with_the_way_that_it_takes() -> None:
    files = files_of(CASES["LY401 a neutral module re-exports"])
    program = program_from(files)
    rule = RULES["LY401"]

    (violation,) = [v for s in rule.subjects(program) for v in rule.check(program, s)]

    assert [step.text for step in violation.trail] == [  # type: ignore[union-attr]
        "`app.shared` imports `app.components.worker.limits.ROUNDS`"
    ]


def test_configured_components_are_told_apart_by_their_patterns() -> None:
    files = files_of(
        "--- app/api/a.py\nimport app.jobs.b\n--- app/api/c.py\nimport app.api.a\n--- app/jobs/b.py\nX = 1\n"
    )
    config = Config(roles={"components": ("app.api.**", "app.jobs.**")})

    found = found_in(program_from(files, config), [RULES["LY401"]])

    assert list(found) == [("LY401", "app/api/a.py", 1)]
