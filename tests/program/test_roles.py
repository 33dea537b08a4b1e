"""What modules are taken for."""

from __future__ import annotations

import pytest

from conformance.config import Config
from conformance.examples import files_of, program_from
from conformance.program.roles import configured_component


def test_a_module_named_service_is_one_and_a_feature_of_that_name_is_none() -> None:
    program = program_from({"app/users/service.py": "", "app/service/models.py": "", "app/services/mail.py": ""})

    roles = {module.name: sorted(module.roles) for module in program.modules if module.roles}

    assert roles == {
        "app.services": ["services"],
        "app.services.mail": ["services"],
        "app.service.models": ["models"],
        "app.users.service": ["services"],
    }


def test_a_package_of_configurations_in_the_plural_is_the_configuration() -> None:
    program = program_from({"app/configs/chat.py": "import os\n\nTOKENS = os.environ['TOKENS']\n"})

    assert sorted(m.name for m in program.modules if m.has_role("config")) == ["app.configs", "app.configs.chat"]


def test_settings_of_a_feature_that_read_the_environment_are_configuration_and_a_feature_of_that_name_is_none() -> None:
    program = program_from({
        "app/config.py": "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings): ...\n",
        "app/features/billing/settings.py": "import os\n\nKEY = os.environ['KEY']\n",
        "app/features/settings/pages.py": "X = 1\n",
    })  # fmt: skip

    assert sorted(m.name for m in program.modules if m.has_role("config")) == [
        "app.config",
        "app.features.billing.settings",
    ]


def test_a_module_named_lifespan_is_one_only_where_no_other_function_is_given_as_one() -> None:
    life = "async def life(app):\n    yield\n"
    named = {"app/util/lifespan.py": life, "app/start.py": life}
    main = "from fastapi import FastAPI\nfrom app.start import life\napp = FastAPI({0})\n"
    found = {}
    for given in ("lifespan=life", ""):
        program = program_from({"app/main.py": main.format(given), **named})
        found[given] = [m.name for m in program.modules if m.has_role("lifespan")]

    assert found == {"lifespan=life": ["app.start"], "": ["app.util.lifespan"]}


PROVIDER = "def get_{0}(): ...\n"
USING = (
    "from fastapi import APIRouter, Depends\n\nfrom app.{0}.one import get_one\nfrom app.{0}.two import get_two\n\n"
    "router = APIRouter()\n\n\n@router.get('/')\ndef index(a=Depends(get_one), b=Depends(get_two)): ...\n"
)


def test_the_folder_that_holds_the_providers_is_deps_and_a_core_with_two_of_them_is_none() -> None:
    found = {}
    for folder, beside in (
        ("injection", ("three",)),
        ("core", ("three",)),
        ("injected", ("config",)),
        ("database", ("tables", "redis")),
    ):
        files = {
            f"app/{folder}/one.py": PROVIDER.format("one"),
            f"app/{folder}/two.py": PROVIDER.format("two"),
            **{f"app/{folder}/{name}.py": "X = 1\n" for name in beside},
            "app/routes.py": USING.format(folder),
        }
        found[folder] = sorted(m.name for m in program_from(files).modules if m.has_role("deps"))

    assert found == {
        "injection": ["app.injection", "app.injection.one", "app.injection.three", "app.injection.two"],
        "core": [],
        "injected": [],
        "database": [],
    }


def test_a_feature_named_config_is_not_the_configuration_where_another_module_has_the_settings() -> None:
    program = program_from(
        {
            "app/plugin/config/service.py": "def find(): ...\n",
            "app/core/conf.py": "from pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings): ...\n",
        }
    )

    assert [m.name for m in program.modules if m.has_role("config")] == ["app.core.conf"]


APPLICATION = """
--- app/__init__.py
--- app/main.py
from fastapi import FastAPI
from app.start import lifespan
app = FastAPI(lifespan=lifespan)
@app.get("/")
def index(): ...
--- app/start.py
async def lifespan(app): yield
--- app/api/users.py
from fastapi import APIRouter
router = APIRouter()
@router.get("/")
def users(): ...
--- app/queue.py
from arq.connections import RedisSettings
from app.hooks import start
from app.work.mail import send
class WorkerSettings:
    functions = [send]
    on_startup = start
    redis_settings = RedisSettings()
--- app/hooks.py
async def start(ctx): ...
--- app/work/mail.py
async def send(ctx): ...
--- app/jobs/a/b.py
--- app/components/worker/pools.py
--- app/components/__init__.py
--- app/deps/db.py
--- app/user_deps.py
--- app/core/db.py
--- app/features/core/x.py
--- app/models/user.py
--- app/services/models.py
--- app/models/services.py
--- app/cli/main.py
--- app/config.py
--- tests/test_a.py
import fastapi
app = fastapi.FastAPI()
@app.get("/")
def index(): ...
"""


OF_TESTS = "a file that pytest collects, a conftest, in a folder named tests, or with fixtures of pytest"


def roles_of(text: str, config: Config | None = None) -> dict[str, str]:
    program = program_from(files_of(text), config)
    return {m.name: ", ".join(f"{role}: {why}" for role, why in m.roles.items()) for m in program.modules if m.roles}


def test_each_module_has_its_roles_and_the_evidence_for_each() -> None:
    assert roles_of(APPLICATION) == {
        "app.main": "routes: declares the endpoint `index` (line 5), entrypoint: calls `FastAPI(…)` (line 3)",
        "app.start": "lifespan: defines the lifespan `lifespan` (given at app/main.py:3)",
        "app.api.users": "routes: declares the endpoint `users` (line 4)",
        "app.queue": "worker: holds arq's settings `WorkerSettings` (line 4)",
        "app.hooks": "worker: defines the hook `start` (on_startup)",
        "app.work.mail": "tasks: defines the task `send`",
        "app.components.worker": "components: belongs to the component `app.components.worker`",
        "app.components.worker.pools": "components: belongs to the component `app.components.worker`",
        "app.deps": "deps: is named `deps`",
        "app.deps.db": "deps: is named `deps`",
        "app.user_deps": "deps: is named `user_deps`",
        "app.core": "core: is named `core`",
        "app.core.db": "core: is named `core`",
        "app.models": "models: is named `models`",
        "app.models.user": "models: is named `models`",
        "app.models.services": "models: is named `models`",
        "app.services": "services: is named `services`",
        "app.services.models": "services: is named `services`",
        "app.cli": "cli: is named `cli`",
        "app.cli.main": "cli: is named `cli`",
        "app.config": "config: is named `config`",
        "tests": f"tests: {OF_TESTS}",
        "tests.test_a": f"tests: {OF_TESTS}",
    }


SETTINGS = "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings): ...\n"
CACHED = "from functools import cache\n@cache\ndef get():\n    return Settings()\n"
EVENTS = "from fastapi import FastAPI\napp = FastAPI()\n@app.on_event('startup')\ndef up(): ...\n"
PROVIDERS = (
    "from fastapi import Depends\ndef a(): ...\ndef b(): ...\ndef c(x=Depends(a), y=Depends(b)): ...\n"
    "def d(x=Depends(c)): ...\n"
)
CONFIGS = {
    "by its name": ({"app/config.py": "", "app/a.py": SETTINGS}, {"app.config"}),
    "a package": ({"app/settings/base.py": ""}, {"app.settings", "app.settings.base"}),
    "in core": ({"app/core/config.py": "", "app/a/config.py": ""}, {"app.core.config"}),
    "a feature of that name": ({"app/features/settings/x.py": "", "app/config.py": ""}, {"app.config"}),
    "deeper, with a settings class": ({"app/a/b/config.py": SETTINGS}, {"app.a.b.config"}),
    "deeper, where nothing else is": ({"app/a/b/config.py": ""}, {"app.a.b.config"}),
    "deeper, where another has the class": ({"app/a/b/config.py": "", "app/x.py": SETTINGS}, {"app.x"}),
    "by the class": ({"app/a.py": SETTINGS}, {"app.a"}),
    "by the class that is cached": ({"app/a.py": SETTINGS, "app/b.py": SETTINGS + CACHED}, {"app.b"}),
    "not the class of a task": ({"app/deps/a.py": SETTINGS}, set()),
    "a top-level module": ({"config.py": ""}, {"config"}),
    "a worker's settings": (
        {
            "app/worker/settings.py": (
                "from arq.connections import RedisSettings\nclass W:\n    functions = []\n"
                "    redis_settings = RedisSettings()\n"
            )
        },
        set(),
    ),
    "the services' own": ({"app/services/config.py": "", "app/x.py": SETTINGS}, {"app.x"}),
}


@pytest.mark.parametrize(("files", "config"), CONFIGS.values(), ids=CONFIGS)
def test_the_configuration_is(files: dict[str, str], config: set[str]) -> None:
    program = program_from(files)

    assert {m.name for m in program.modules if m.has_role("config")} == config


OTHERS = {
    "a lifespan that is named": ({"app/lifespan.py": "", "app/main.py": EVENTS}, "lifespan", {"app.lifespan"}),
    "handlers": ({"app/main.py": EVENTS}, "lifespan", {"app.main"}),
    "a lifespan that only tests give": (
        {"app/a.py": "def life(app): yield\n", "tests/test_a.py": "import fastapi\nfrom app.a import life\n"
         "fastapi.FastAPI(lifespan=life)\n"},
        "lifespan",
        set(),
    ),
    "most providers in a folder": (
        {"app/wiring/a.py": PROVIDERS, "app/b.py": "from fastapi import Depends\nfrom app.wiring.a import d\n"
         "def e(x=Depends(d)): ...\n"},
        "deps",
        {"app.wiring", "app.wiring.a"},
    ),
    "most providers in a folder with routes": (
        {"app/wiring/a.py": PROVIDERS, "app/wiring/b.py": "from fastapi import APIRouter\nr = APIRouter()\n"
         "@r.get('/')\ndef x(): ...\n"},
        "deps",
        set(),
    ),
    "most providers in a folder of other things": (
        {"app/wiring/a.py": PROVIDERS, "app/wiring/b.py": "", "app/wiring/c.py": ""},
        "deps",
        set(),
    ),
    "one provider in a folder": (
        {"app/wiring/a.py": "from fastapi import Depends\ndef a(): ...\ndef b(x=Depends(a)): ...\n"},
        "deps",
        set(),
    ),
    "a package of tasks": (
        {"app/jobs/a.py": "async def send(ctx): ...\n", "app/jobs/b/c.py": "", "app/jobless.py": "",
         "app/worker.py": "from arq.connections import RedisSettings\nfrom app.jobs.a import send\nclass W:\n"
         "    functions = [send]\n    redis_settings = RedisSettings()\n"},
        "tasks",
        {"app.jobs", "app.jobs.a", "app.jobs.b", "app.jobs.b.c"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "role", "modules"), OTHERS.values(), ids=OTHERS)
def test_a_role_is_had_by(files: dict[str, str], role: str, modules: set[str]) -> None:
    program = program_from(files)

    assert {m.name for m in program.modules if m.has_role(role)} == modules


def test_what_is_configured_takes_the_place_of_what_was_inferred() -> None:
    config = Config(roles={"deps": ("app.user*",), "routes": ("app.nowhere",), "core": ("app.deps.**",)})
    program = program_from(files_of(APPLICATION), config)

    assert {m.name: dict(m.roles) for m in program.modules if m.has_role("deps", "core", "routes")} == {
        "app.user_deps": {"deps": "configured: `app.user*`"},
        "app.deps": {"core": "configured: `app.deps.**`"},
        "app.deps.db": {"core": "configured: `app.deps.**`"},
    }
    assert list(program.unmatched) == ["role `routes`: the pattern `app.nowhere` matches no module of the target"]


STARTUPS = """
--- app/main.py
from apscheduler.schedulers.background import BackgroundScheduler
from fastapi import FastAPI
import lib
scheduler = BackgroundScheduler()
class OwnScheduler(BackgroundScheduler): ...
def lifespan(app):
    fill(app)
    yield
def fill(app):
    app.state.x = 1
def read(app):
    return app.state.x
def write_elsewhere(app):
    app.state.y = 1
app = FastAPI(lifespan=lifespan)
@app.on_event("startup")
def up(): ...
@app.on_event("shutdown")
def down(): ...
def makes():
    return BackgroundScheduler()
def makes_own():
    return OwnScheduler()
def fills():
    scheduler.add_job(read)
def starts(given: OwnScheduler):
    given.start()
def asks():
    scheduler.get_jobs()
def no_scheduler(thing):
    thing.start()
    lib.start_scheduler()
def outer():
    def inner():
        scheduler.start()
--- app/queue.py
from arq.connections import RedisSettings
async def hook(ctx): ...
async def job(ctx): ...
class WorkerSettings:
    functions = [job]
    on_shutdown = hook
    redis_settings = RedisSettings()
--- app/startup/db.py
def connect(): ...
def _private(): ...
--- app/startups.py
def not_one(): ...
"""


def test_what_starts_something_is_told_apart() -> None:
    program = program_from(files_of(STARTUPS))

    assert {function.qualified: what for function, what in program.startups.items()} == {
        "lifespan": "a lifespan",
        "up": "a startup handler",
        "down": "a shutdown handler",
        "hook": "the worker's on_shutdown",
        "fill": "start-up logic",
        "connect": "start-up logic",
        "makes": "the set-up of a scheduler",
        "makes_own": "the set-up of a scheduler",
        "fills": "the set-up of a scheduler",
        "starts": "the set-up of a scheduler",
    }


PATTERNS = {
    ("app.api.**",): {"app.api.users": "app.api.users", "app.api.a.b": "app.api.a", "app.core": ""},
    ("app.parts.*",): {"app.parts.a": "app.parts.a", "app.parts": ""},
    ("app.parts.*.**",): {"app.parts.a.b": "app.parts.a", "app.parts.a.c.d": "app.parts.a"},
    ("app.**",): {"app.a.b": "app.a", "app.b": "app.b"},
    ("app.a", "app.b.**"): {"app.a": "app.a", "app.b.c": "app.b"},
    (): {"app.a": ""},
}


@pytest.mark.parametrize(("patterns", "components"), PATTERNS.items(), ids=map(" ".join, PATTERNS))
def test_a_pattern_names_the_components(patterns: tuple[str, ...], components: dict[str, str]) -> None:
    config = Config(roles={"components": patterns})

    assert {name: configured_component(name, config) for name in components} == components


def test_a_handler_is_the_evidence_where_there_is_no_lifespan() -> None:
    assert roles_of(f"--- app/main.py\n{EVENTS}") == {
        "app.main": "entrypoint: calls `FastAPI(…)` (line 2), lifespan: defines the startup handler `up`"
    }


def test_what_calls_the_function_that_makes_the_application_is_an_entrypoint() -> None:
    text = """
--- app/setup.py
from fastapi import FastAPI
def create(**options):
    return FastAPI(**options)
def title(): return FastAPI.__name__
--- app/factory.py
from app import setup
def build():
    application = setup.create()
    return application
def asked():
    return setup.create().title
--- app/main.py
from app.factory import build
app = build()
--- app/second.py
from app.setup import create as make
app = make(title="second")
--- app/importing.py
from app.main import app
from app.setup import title
name = title()
--- app/naming.py
from app.factory import asked
name = asked()
--- tests/test_app.py
from app.factory import build
app = build()
"""

    found = roles_of(text)

    assert {name: evidence for name, evidence in found.items() if evidence.startswith("entrypoint")} == {
        "app.setup": "entrypoint: calls `FastAPI(…)` (line 3)",
        "app.main": "entrypoint: makes the application by `build(…)` (line 2)",
        "app.second": "entrypoint: makes the application by `make(…)` (line 2)",
    }


def test_what_offers_fixtures_is_for_tests_wherever_it_lies() -> None:
    text = """
--- app/testing/fixtures.py
import pytest as pt
@pt.fixture(scope="session")
def database(): ...
--- app/testing/clients.py
from pytest_asyncio import fixture as given
@given
async def client(): ...
--- app/testing/marks.py
import pytest
@pytest.mark.slow
def marked(): ...
def inner():
    @pytest.fixture
    def nested(): ...
--- app/deps/fixture.py
from app.registry import fixture
import registry
@fixture
def one(): ...
@registry.fixture
def two(): ...
"""

    found = roles_of(text)

    assert found == {
        "app.testing.fixtures": f"tests: {OF_TESTS}",
        "app.testing.clients": f"tests: {OF_TESTS}",
        "app.deps": "deps: is named `deps`",
        "app.deps.fixture": "deps: is named `deps`",
    }


def test_a_lifespan_that_is_a_class_is_named_as_such() -> None:
    found = roles_of("""
--- app/start.py
class Life:
    def __init__(self, app): ...
    async def __aenter__(self): ...
    async def __aexit__(self, *error): ...
--- app/main.py
from fastapi import FastAPI
from app.start import Life
app = FastAPI(lifespan=Life)
""")

    assert found["app.start"] == "lifespan: defines the lifespan `Life` (given at app/main.py:3)"


def test_models_of_the_configuration_are_configuration_and_a_config_among_models_is_none() -> None:
    found = roles_of("""
--- app/config/__init__.py
--- app/config/schema.py
import os
DEBUG = os.environ.get("DEBUG")
--- app/models/config.py
class Config: ...
--- app/services/config/rows.py
ROWS = 1
""")

    assert {name for name, evidence in found.items() if "config: is named" in evidence} == {
        "app.config",
        "app.config.schema",
    }
