"""TS701-TS706: patches, overrides, app.state in tests, and what tests of services import."""

from __future__ import annotations

import pytest

from conformance.config import Config
from conformance.examples import expected_in, found_in, program_from
from conformance.results import Undecidable
from conformance.rules.tests.ineffective_override import RULE as INEFFECTIVE
from conformance.rules.tests.override_in_production import RULE as IN_PRODUCTION
from conformance.rules.tests.override_not_cleared import RULE as NOT_CLEARED
from conformance.rules.tests.patched_module_global import RULE as PATCHED
from conformance.rules.tests.service_test_imports_component import RULE as SERVICE_TEST
from conformance.rules.tests.state_injected_in_test import RULE as STATE

MAIL = """
import time
from time import sleep
HOST = "x"
TABLE = {"a": 1}

class Client:
    def send(self): ...

client = Client()

def host():
    return HOST
"""

PATCHES = {
    "monkeypatch": """
import pytest
from pytest import MonkeyPatch
import app.mail
import app.mail as m
from app import mail
from app.mail import TABLE

def test_a(monkeypatch):
    monkeypatch.delattr(mail, "HOST")  # expect: TS701
    monkeypatch.setattr(target=m, name="HOST", value=1)  # expect: TS701
    monkeypatch.setattr(app.mail, "HOST", 1)  # expect: TS701
    monkeypatch.setitem(TABLE, "a", 2)  # expect: TS701
    monkeypatch.delitem(mail.TABLE, "a")  # expect: TS701
    monkeypatch.setattr("app.mail.sleep", None)  # expect: TS701
def test_b(mp: MonkeyPatch):
    mp.setattr(mail, "HOST", 1)  # expect: TS701
def test_c():
    with pytest.MonkeyPatch.context() as mp:
        mp.setattr(mail, "HOST", 1)  # expect: TS701
    patch = pytest.MonkeyPatch()
    patch.setattr(mail, "HOST", 1)  # expect: TS701
def test_d(monkeypatch):
    with monkeypatch.context() as inner:
        inner.setattr(mail, "HOST", 1)  # expect: TS701
    alias = mail
    monkeypatch.setattr(alias, "HOST", 1)  # expect: TS701
""",
    "mock": """
import unittest.mock
import unittest.mock as um
from unittest import mock
from unittest.mock import patch as p
from app import mail
MODULE = "app.mail"

@p.object(mail, "host")  # expect: TS701
class TestA:
    @p(f"{MODULE}.host")  # expect: TS701
    def test_a(self, host): ...
    def setUp(self):
        self.patcher = um.patch("app.mail.host")  # expect: TS701
        self.patcher.start()
def test_b():
    with mock.patch.multiple("app.mail", host=1), p.dict("app.mail.TABLE", {"b": 1}):  # expect: TS701
        pass
    with unittest.mock.patch(target="app.mail.HOST", new=1):  # expect: TS701
        pass
    p.multiple(mail, HOST=1).start()  # expect: TS701
""",
    "pytest-mock": """
from pytest_mock import MockerFixture
from app import mail

def test_a(mocker):
    mocker.patch("app.mail.host")  # expect: TS701
    mocker.patch.object(mail, "host")  # expect: TS701
    mocker.patch.dict(mail.TABLE, {})  # expect: TS701
    mocker.spy(mail, "host")
def test_b(m: MockerFixture):
    m.patch("app.mail.host")  # expect: TS701
def test_c(class_mocker, module_mocker, package_mocker, session_mocker):
    class_mocker.patch("app.mail.host")  # expect: TS701
    module_mocker.patch("app.mail.host")  # expect: TS701
    package_mocker.patch("app.mail.host")  # expect: TS701
    session_mocker.patch("app.mail.host")  # expect: TS701
""",
    "in other words": """
from unittest.mock import patch
import app.mail
from app import mail
from app.mail import TABLE as table
def test_a(monkeypatch):
    patch.dict(in_dict=mail.TABLE, values={"b": 1})  # expect: TS701
    patch.dict(values={})
    patch.object()
    patch()
    patch(target)
    monkeypatch.setattr()
    monkeypatch.setitem(dic=table, name="a", value=1)  # expect: TS701
    patch.multiple(target="app.mail", host=1)  # expect: TS701
    patch.object(target=mail, attribute="host")  # expect: TS701
    patch.dict("app.mail.TABLE.nothing", {})
    patch("app.nowhere.host")
    patch("nowhere.host")
    patch("app.mail.Client.nothing.send")
def test_b(other):
    with other.context() as mp:
        mp.setattr(mail, "HOST", 1)
    with open("x") as mp2:
        mp2.setattr(mail, "HOST", 1)
""",
    "not a module's": """
import os
import time
from unittest.mock import patch
import tests.helpers
from app.mail import Client, client
from app.main import app

@patch("app.mail.time.time")
@patch("app.mail.Client.send")
@patch("app.mail.client.send")
@patch("tests.helpers.WAIT")
@patch("os.getcwd")
def test_a(monkeypatch, mocker):
    monkeypatch.setattr(client, "send", 1)
    monkeypatch.setattr(Client, "send", 1)
    monkeypatch.setitem(os.environ, "A", "1")
    monkeypatch.setitem(app.dependency_overrides, client, 1)
    monkeypatch.setattr(tests.helpers, "WAIT", 1)
    patch.dict(os.environ, {})
    patch.dict("os.environ", {})
    local = {}
    monkeypatch.setitem(local, "a", 1)
    client.patch("app.mail.host")
""",
}


@pytest.mark.parametrize("text", PATCHES.values(), ids=PATCHES)
def test_modules_of_the_target_are_not_patched(text: str) -> None:
    files = {
        "app/mail.py": MAIL,
        "app/main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
        "tests/helpers.py": "WAIT = 1\n",
        "tests/test_mail.py": text,
    }

    found = found_in(program_from(files), [PATCHED])

    assert found == expected_in(files)


APP = """
from typing import Annotated
from fastapi import APIRouter, Depends, FastAPI

def get_a(): ...
def get_b(): ...
def unused(): ...

class Role:
    def __init__(self, name): ...
    def __call__(self): ...

admin = Role("admin")

def require(name):
    def check(): ...
    return check

router = APIRouter(dependencies=[Depends(get_b)])

@router.get("/")
def index(a: Annotated[int, Depends(get_a)], role: int = Depends(admin), may: int = Depends(require("x"))): ...

app = FastAPI()
app.include_router(router)

def create_app():
    made = FastAPI()
    made.include_router(router)
    return made

def the_app():
    return app
"""
HEAD = """
import contextlib
import unittest
import pytest
import pytest_asyncio
from unittest.mock import patch
from fastapi import FastAPI
from fastapi.testclient import TestClient
from app.main import *
"""

OVERRIDES = {
    "never ended": """
app.dependency_overrides[get_a] = get_b  # expect: TS702

def test_a():
    app.dependency_overrides[get_a] = get_b  # expect: TS702
@pytest.fixture
def f():
    app.dependency_overrides.clear()
    app.dependency_overrides.update({get_a: get_b})  # expect: TS702
    yield app
@pytest.fixture
def g():
    overrides = app.dependency_overrides
    overrides[get_a] = get_b  # expect: TS702
    yield
    del overrides[get_b]
def h():
    app.dependency_overrides = {get_a: get_b}  # expect: TS702
class TestB:
    def setup_method(self):
        app.dependency_overrides[get_a] = get_b  # expect: TS702
def test_c():
    other = the_app()
    other.dependency_overrides[get_a] = get_b  # expect: TS702
@pytest.fixture(scope="session")
def shared():
    return create_app()
def test_d(shared):
    shared.dependency_overrides[get_a] = get_b  # expect: TS702
@pytest.fixture
def client():
    with TestClient(app) as c:
        c.app.dependency_overrides |= {get_a: get_b}  # expect: TS702
        yield c
""",
    "ended": """
def test_a():
    app.dependency_overrides[get_a] = get_b
    try:
        pass
    finally:
        app.dependency_overrides = {}
@pytest.fixture
def f():
    app.dependency_overrides[get_a] = get_b
    try:
        yield app
    finally:
        del app.dependency_overrides[get_a]
@pytest.fixture
def g(request):
    app.dependency_overrides[get_a] = get_b
    request.addfinalizer(app.dependency_overrides.clear)
@pytest.fixture
def h(request):
    def end():
        app.dependency_overrides.pop(get_a)
    app.dependency_overrides[get_a] = get_b
    request.addfinalizer(end)
def reset():
    app.dependency_overrides.clear()
@pytest.fixture
def i():
    app.dependency_overrides[get_a] = get_b
    yield
    reset()
@pytest.fixture
def clean():
    yield
    app.dependency_overrides.clear()
def test_b(clean):
    app.dependency_overrides[get_a] = get_b
@pytest.mark.usefixtures("clean")
def test_c():
    app.dependency_overrides[get_a] = get_b
def override(key):
    app.dependency_overrides[key] = get_b
def test_d(clean):
    override(get_a)
@contextlib.contextmanager
def overridden():
    app.dependency_overrides[get_a] = get_b
    yield
    app.dependency_overrides.pop(get_a, None)
class TestE(unittest.TestCase):
    def setUp(self):
        app.dependency_overrides[get_a] = get_b
    def tearDown(self):
        app.dependency_overrides.clear()
class TestF(unittest.TestCase):
    def test_x(self):
        app.dependency_overrides[get_a] = get_b
        self.addCleanup(app.dependency_overrides.clear)
def test_g(monkeypatch):
    monkeypatch.setitem(app.dependency_overrides, get_a, get_b)
def test_h():
    with patch.dict(app.dependency_overrides, {get_a: get_b}):
        pass
@pytest.fixture
def j():
    before = app.dependency_overrides.copy()
    app.dependency_overrides.update({get_a: get_b})
    yield
    app.dependency_overrides = before
@pytest.fixture
def k():
    old = app.dependency_overrides.get(get_a)
    app.dependency_overrides[get_a] = get_b
    yield
    app.dependency_overrides[get_a] = old
""",
    "an app of its own": """
def test_a():
    own = FastAPI()
    own.dependency_overrides[get_a] = get_b
    own.dependency_overrides.update({get_a: get_b})
    own.dependency_overrides.setdefault(get_a, get_b)
    own.dependency_overrides |= {get_a: get_b}
    own.dependency_overrides = {get_a: get_b}
    setattr(own, "dependency_overrides", {get_a: get_b})
def test_b():
    client = TestClient(create_app())
    client.app.dependency_overrides[get_a] = get_b
@pytest.fixture
def own():
    return create_app()
@pytest.fixture
def own_client(own):
    with TestClient(own) as c:
        yield c
def test_c(own):
    own.dependency_overrides[get_a] = get_b
def test_d(own_client):
    own_client.app.dependency_overrides[get_a] = get_b
@pytest.fixture(name="third")
def make_third():
    yield create_app()
def test_e(third):
    overrides = third.dependency_overrides
    overrides[get_a] = get_b
class TestF:
    def setup_method(self):
        self.app = create_app()
    def test_x(self):
        self.app.dependency_overrides[get_a] = get_b
""",
    "not at its own end": """
@contextlib.contextmanager
def overridden(key):
    app.dependency_overrides[key] = get_b  # expect: TS702
    yield
    app.dependency_overrides.pop(get_a)
def test_a():
    with overridden(get_b):
        pass
@pytest.fixture
def other(request):
    app.dependency_overrides[get_a] = get_b  # expect: TS702
    request.addfinalizer(lambda: app.dependency_overrides.pop(get_b))
@pytest.fixture
def early():
    app.dependency_overrides[get_a] = get_b  # expect: TS702
    app.dependency_overrides.clear
    yield
def again():
    app.dependency_overrides[get_a] = get_b  # expect: TS702
    again()
def of(application):
    application.dependency_overrides[get_a] = get_b  # expect: TS702
def test_b():
    of(create_app())
    of(app)
@pytest.fixture
def the_same():
    return app
def test_i(the_same):
    the_same.dependency_overrides[get_a] = get_b  # expect: TS702
@pytest.fixture
def no_removal(request):
    app.dependency_overrides[get_a] = get_b  # expect: TS702
    request.addfinalizer(lambda: app.dependency_overrides.update({get_b: get_a}))  # expect: TS702
def test_j():
    app.dependency_overrides.__setitem__(get_a, get_b)  # expect: TS702
@pytest.fixture
def before_it():
    app.dependency_overrides.pop(get_a)
    app.dependency_overrides[get_a] = get_b  # expect: TS702
class TestC:
    app = create_app()
    def late(self):
        self.kept = create_app()
    def test_x(self):
        self.app.dependency_overrides[get_a] = get_b  # expect: TS702
        self.kept.dependency_overrides[get_a] = get_b  # expect: TS702
        self.nowhere.dependency_overrides[get_a] = get_b  # expect: TS702
def helper():
    app.dependency_overrides.setdefault(get_a, get_b)  # expect: TS702
def test_d():
    helper()
    app.dependency_overrides.clear()
def test_e():
    helper()
def nothing_made():
    print()
def test_f():
    nothing_made().dependency_overrides[get_a] = get_b  # expect: TS702
import functools
@functools.cache
def the_one():
    return FastAPI()
def test_g():
    the_one().dependency_overrides[get_a] = get_b  # expect: TS702
def test_h(more):
    overrides = app.dependency_overrides
    overrides |= more  # expect: TS702
    overrides.update(more)  # expect: TS702
    setattr(app, "dependency_overrides", {get_a: get_b})  # expect: TS702
""",
    "at the end of another": """
@pytest.fixture
def deferred(request):
    app.dependency_overrides[get_a] = get_b
    request.addfinalizer(lambda: app.dependency_overrides.pop(get_a))
class TestA(unittest.TestCase):
    def test_x(self):
        app.dependency_overrides[get_a] = get_b
        self.addCleanup(app.dependency_overrides.pop, get_a)
@pytest.fixture
def patched(monkeypatch):
    monkeypatch.setattr(app, "dependency_overrides", {})
    app.dependency_overrides[get_a] = get_b
def test_b(patched):
    app.dependency_overrides[get_b] = get_a
def outer():
    def inner():
        app.dependency_overrides[get_a] = get_b
    inner()
    app.dependency_overrides.clear()
def helper():
    app.dependency_overrides.setdefault(get_a, get_b)
def test_c():
    helper()
    app.dependency_overrides.clear()
def deeper():
    helper()
def test_d():
    deeper()
    app.dependency_overrides.popitem()
@pytest.fixture
def saved():
    before = dict(app.dependency_overrides)
    app.dependency_overrides[get_a] = get_b
    yield
    app.dependency_overrides.clear()
    app.dependency_overrides.update(before)
def reset():
    app.dependency_overrides.clear()
def cleanup():
    reset()
@pytest.fixture
def two_calls():
    app.dependency_overrides[get_a] = get_b
    yield
    cleanup()
@pytest.fixture
def through_a_helper(request):
    app.dependency_overrides[get_a] = get_b
    request.addfinalizer(reset)
""",
    "apps made for each test": """
class Wrapped(FastAPI):
    pass
async def build():
    return FastAPI()
async def test_a():
    own = await build()
    own.dependency_overrides[get_a] = get_b
    (await build()).dependency_overrides[get_a] = get_b
def test_b():
    own = Wrapped()
    own.dependency_overrides[get_a] = get_b
    TestClient(app=FastAPI()).app.dependency_overrides[get_a] = get_b
def of(application):
    application.dependency_overrides[get_a] = get_b
def test_c():
    of(create_app())
    of(FastAPI())
@pytest.fixture
def client():
    with TestClient(create_app()) as made:
        made.app.dependency_overrides[get_a] = get_b
        yield made
""",
    "a fixture for all": """
@pytest.fixture(autouse=True)
def clean():
    yield
    app.dependency_overrides = {}
def test_a():
    app.dependency_overrides[get_a] = get_b
""",
    "a fixture for all, at its start": """
@pytest.fixture(autouse=True)
def clean():
    app.dependency_overrides.clear()
    yield
app.dependency_overrides[get_a] = get_b
def test_a():
    app.dependency_overrides[get_a] = get_b
""",
    "fixtures that clear too early, or nothing": """
@pytest.fixture(autouse=True)
def settings():
    yield
@pytest.fixture
def cleared():
    app.dependency_overrides.clear()
    yield
def test_a(cleared):
    app.dependency_overrides[get_a] = get_b  # expect: TS702
@pytest.fixture
def override():
    app.dependency_overrides.clear()
    def put(key):
        app.dependency_overrides[key] = get_b  # expect: TS702
    yield put
app.dependency_overrides[get_a] = get_b  # expect: TS702
class TestB:
    @pytest.fixture(autouse=True)
    def clean(self):
        yield
        app.dependency_overrides.clear()
    def test_x(self):
        app.dependency_overrides[get_a] = get_b
class TestC:
    def test_x(self):
        app.dependency_overrides[get_a] = get_b  # expect: TS702
def test_d(monkeypatch):
    monkeypatch.setattr(app, "title", "x")
    app.dependency_overrides[get_a] = get_b  # expect: TS702
def test_e():
    with patch.dict(app.dependency_overrides):
        app.dependency_overrides[get_a] = get_b
def test_f():
    app.dependency_overrides[get_a] = get_b  # expect: TS702
""",
    "a fixture that clears by other means": """
@pytest.fixture
def clean(request):
    request.addfinalizer(app.dependency_overrides.clear)
def test_a(clean):
    app.dependency_overrides[get_a] = get_b
@pytest.fixture
def override():
    def put(key):
        app.dependency_overrides[key] = get_b
    yield put
    app.dependency_overrides.clear()
def test_b():
    with patch.dict("app.main.app.dependency_overrides", {get_b: get_a}):
        app.dependency_overrides[get_a] = get_b
@pytest.fixture
def emptied(monkeypatch):
    monkeypatch.setattr("app.main.app.dependency_overrides", {})
    app.dependency_overrides[get_a] = get_b
def test_c():
    with contextlib.ExitStack() as stack:
        stack.callback(app.dependency_overrides.clear)
        app.dependency_overrides[get_a] = get_b
""",
    "a context manager of one's own": """
class Overridden:
    def __init__(self, overrides):
        self.overrides = overrides
        self.before = {}
    def __enter__(self):
        for key, value in self.overrides.items():
            if key in app.dependency_overrides:
                self.before[key] = app.dependency_overrides[key]
            app.dependency_overrides[key] = value
        return self
    def __exit__(self, *error):
        for key in self.overrides:
            if key in self.before:
                app.dependency_overrides[key] = self.before.pop(key)
            else:
                del app.dependency_overrides[key]
class Later(Overridden):
    async def __aenter__(self):
        app.dependency_overrides[get_a] = get_b
    async def __aexit__(self, *error):
        app.dependency_overrides.clear()
class Forgetful:
    def __enter__(self):
        app.dependency_overrides[get_a] = get_b  # expect: TS702
    def __exit__(self, *error):
        app.title = ""
    def close(self):
        app.dependency_overrides.clear()
""",
    "a broker with overrides of its own": """
class Broker:
    def __init__(self):
        self.dependency_overrides = {}
class Application(FastAPI):
    def __init__(self):
        super().__init__()
        self.dependency_overrides = {}
broker = Broker()
application = Application()
def test_a():
    broker.dependency_overrides[get_a] = get_b
    broker.dependency_overrides.update({get_a: get_b})
    application.dependency_overrides[get_a] = get_b  # expect: TS702
""",
    "before the fixture hands on, and after": """
@pytest.fixture
def filled(client):
    app.dependency_overrides[get_a] = get_b
    client.post("/things")
    app.dependency_overrides.clear()
    yield client
@pytest.fixture
def checked(client):
    yield client
    app.dependency_overrides[get_a] = get_b
    client.get("/things")
    app.dependency_overrides.clear()
@pytest.fixture
def tried(client):
    app.dependency_overrides[get_a] = get_b
    try:
        client.post("/things")
    finally:
        app.dependency_overrides.clear()
    yield client
    app.dependency_overrides[get_b] = get_a  # expect: TS702
@pytest.fixture
def ended_before(client):
    try:
        yield client
    finally:
        app.dependency_overrides.clear()
    app.dependency_overrides[get_a] = get_b  # expect: TS702
""",
    "of a function in the fixture, and of an app that is handed in": """
@pytest.fixture
def override():
    def put():
        app.dependency_overrides[get_a] = get_b  # expect: TS702
    yield put
    app.dependency_overrides.pop(get_b)
@pytest.fixture
def other():
    def put():
        app.dependency_overrides[get_a] = get_b
    yield put
    app.dependency_overrides.pop(get_a)
@contextlib.contextmanager
def overriding(application):
    application.dependency_overrides[get_a] = get_b
    yield
    app.dependency_overrides.clear()
@pytest.fixture
def lent(overridden_app):
    yield from overridden_app
    app.dependency_overrides[get_a] = get_b  # expect: TS702
@pytest.fixture
def twice(request):
    app.dependency_overrides[request.param] = get_b
    yield
    app.dependency_overrides.pop(request.param)
    yield
@pytest.fixture
def of_two():
    own = create_app() if get_a else the_app()
    own.dependency_overrides[get_a] = get_b  # expect: TS702
    yield own
""",
    "new tables, and attributes that are set": """
@pytest.fixture
def f():
    app.dependency_overrides[get_a] = get_b
    yield
    setattr(app, "dependency_overrides", {})
@pytest.fixture
def g():
    setattr(app, "dependency_overrides", {get_a: get_b})
    yield
    app.dependency_overrides = dict()
def test_a(names):
    app.dependency_overrides = {name: get_b for name in names}  # expect: TS702
def test_b():
    setattr(app, "dependency_overrides", {get_a: get_b})  # expect: TS702
def test_c():
    setattr(app, "title", {get_a: get_b})
""",
    "the overrides of another app": """
admin = FastAPI()
def reset(application: FastAPI | None = None):
    target = application or admin
    target.dependency_overrides.clear()
@pytest.fixture
def f():
    app.dependency_overrides[get_a] = get_b
    yield
    reset(app)
@pytest.fixture
def g():
    app.dependency_overrides[get_a] = get_b  # expect: TS702
    yield
    admin.dependency_overrides.clear()
@pytest.fixture
def h():
    admin.dependency_overrides[get_a] = get_b
    app.dependency_overrides[get_a] = get_b
    yield
    for each in (app, admin):
        each.dependency_overrides.clear()
""",
    "names in a ring": """
async def test_a(names):
    for name in names:
        own = await own
        own.dependency_overrides[get_a] = get_b  # expect: TS702
class TestB:
    def setup_method(self):
        self.app = self.app
    def test_x(self):
        self.app.dependency_overrides[get_a] = get_b  # expect: TS702
@pytest.fixture
def one(two):
    return two
@pytest.fixture
def two(one):
    return one
def test_c(one):
    one.dependency_overrides[get_a] = get_b  # expect: TS702
def ring(application):
    application.dependency_overrides[get_a] = get_b  # expect: TS702
    ring(application)
def test_d(names):
    for name in names:
        client = TestClient(client)
        client.app.dependency_overrides[get_a] = get_b  # expect: TS702
def clear_one():
    clear_other()
def clear_other():
    clear_one()
@pytest.fixture
def e():
    app.dependency_overrides[get_a] = get_b  # expect: TS702
    yield
    clear_one()
""",
}


@pytest.mark.parametrize("text", OVERRIDES.values(), ids=OVERRIDES)
def test_an_override_ends_with_its_test(text: str) -> None:
    files = {"app/main.py": APP, "tests/conftest.py": HEAD + text}

    found = found_in(program_from(files), [NOT_CLEARED])

    assert found == expected_in(files)


def test_a_table_is_the_overrides_under_another_name_in_another_module() -> None:
    files = {
        "app/main.py": APP,
        "tests/fakes.py": "from app.main import app\nOVERRIDES = app.dependency_overrides\n",
        "tests/test_a.py": "from app.main import *\nfrom tests.fakes import OVERRIDES\n"
        "def test_a():\n    OVERRIDES[get_a] = get_b  # expect: TS702\n"
        "def test_b():\n    OVERRIDES[get_a] = get_b\n    OVERRIDES.clear()\n",
    }

    found = found_in(program_from(files), [NOT_CLEARED])

    assert found == expected_in(files)


def test_an_autouse_fixture_covers_what_lies_below_it() -> None:
    write = HEAD + "def test_a():\n    app.dependency_overrides[get_a] = get_b"
    files = {
        "app/main.py": APP,
        "tests/api/conftest.py": HEAD
        + "@pytest_asyncio.fixture(autouse=True)\nasync def clean():\n"
        + "    yield\n    app.dependency_overrides.clear()\n",
        "tests/api/v1/test_a.py": write + "\n",
        "tests/test_b.py": write + "  # expect: TS702\n",
    }

    found = found_in(program_from(files), [NOT_CLEARED])

    assert found == expected_in(files)


def test_what_is_overridden_is_what_endpoints_depend_on() -> None:
    files = {
        "app/main.py": APP,
        "tests/conftest.py": HEAD
        + """
import app.main
@pytest.fixture
def f(name, keys):
    app.dependency_overrides[get_a] = get_b
    app.dependency_overrides[app.main.get_b] = get_a
    app.dependency_overrides[admin] = get_a
    app.dependency_overrides[unused] = get_a  # expect: TS703
    app.dependency_overrides[Role("admin")] = get_a  # expect: TS703
    app.dependency_overrides[require("x")] = get_a  # expect: TS703
    app.dependency_overrides[name] = get_a
    for key in (get_a, get_b):
        app.dependency_overrides[key] = get_a
    app.dependency_overrides.update({get_a: 1, unused: 2})  # expect: TS703
    yield
    app.dependency_overrides.pop(unused)
    app.dependency_overrides[lambda: 1] = get_a  # expect: TS703
    app.dependency_overrides[app.main.Role] = get_a  # expect: TS703
    app.dependency_overrides[print] = get_a  # expect: TS703
def override_unused(key: "t.Callable"):
    app.dependency_overrides[key] = get_a  # expect: TS703
def test_z():
    override_unused(unused)
    either = get_a if local else unused
    app.dependency_overrides[either] = get_a
    local = unused
    app.dependency_overrides[local] = get_a  # expect: TS703
def override(key: "t.Callable", value):
    app.dependency_overrides[key] = value
def another(key):
    key = unused
    app.dependency_overrides[key] = get_a  # expect: TS703
def test_a():
    override(get_a, get_b)
    another(get_a)
""",
    }
    program = program_from(files)

    found = found_in(program, [INEFFECTIVE])
    undecided = [u for s in INEFFECTIVE.subjects(program) for u in INEFFECTIVE.check(program, s)]

    assert found == expected_in(files)
    assert [u.message.split("`")[1] for u in undecided if isinstance(u, Undecidable)] == ["name"]


def test_overrides_are_written_in_tests_alone() -> None:
    files = {
        "app/main.py": APP
        + """
app.dependency_overrides[get_a] = get_b  # expect: TS706
def configure(application: FastAPI):
    setattr(application, "dependency_overrides", {get_a: get_b})  # expect: TS706
    application.dependency_overrides.clear()  # expect: TS706
    return application.dependency_overrides.get(get_a), application.dependency_overrides
""",
        "app/conftest.py": HEAD + "app.dependency_overrides[get_a] = get_b\n",
    }

    found = found_in(program_from(files), [IN_PRODUCTION])

    assert found == expected_in(files)


def test_an_app_of_the_tests_has_endpoints_too() -> None:
    files = {
        "app/main.py": APP,
        "tests/test_own.py": HEAD
        + """
from fastapi import APIRouter, Depends
from fastapi_views import BaseView
def below(): ...
def of_the_endpoint(b=Depends(below)): ...
def of_the_list(): ...
own = FastAPI(dependencies=[Depends(of_the_list)])
@own.get("/")
def index(a=Depends(of_the_endpoint)): ...
def of_a_base(): ...
class Base:
    def __init__(self, value=Depends(of_a_base)): ...
class Derived(Base): ...
@own.get("/derived")
def derived(d: Derived = Depends()): ...
@own.get("/ping")
def ping() -> str: ...
def of_a_field(): ...
def of_a_view(): ...
class Filters(dict):
    page: int = Depends(of_a_field)
class View(BaseView):
    page: int = Depends(of_a_view)
def test_a(some):
    own.dependency_overrides[of_a_field] = get_a  # expect: TS703
    own.dependency_overrides[of_a_view] = get_a
    own.dependency_overrides[of_a_base] = get_a
    own.dependency_overrides[of_the_endpoint] = get_a
    own.dependency_overrides[below] = get_a
    own.dependency_overrides[of_the_list] = get_a
    own.dependency_overrides[index] = get_a  # expect: TS703
    own.dependency_overrides.update(some)
""",
    }
    program = program_from(files)

    found = found_in(program, [INEFFECTIVE])
    undecided = [u for s in INEFFECTIVE.subjects(program) for u in INEFFECTIVE.check(program, s)]

    assert found == expected_in(files)
    assert [u.message for u in undecided if isinstance(u, Undecidable)] == [
        "a library may make endpoints of the class that depends on `of_a_view`",
        "it is not known what is overridden here",
    ]


STATE_WRITES = {
    "written": """
def test_a(monkeypatch, mocker):
    app.state.a = 1  # expect: TS704
    setattr(app.state, "b", 1)  # expect: TS704
    monkeypatch.setattr(app.state, "c", 1, raising=False)  # expect: TS704
    mocker.patch.object(app.state, "d", 1)  # expect: TS704
    patch("app.main.app.state.e").start()  # expect: TS704
    app.redis = 1  # expect: TS704
    state = app.state
    state.f = 1  # expect: TS704
    del app.state.a
    monkeypatch.delattr(app.state, "a")
    app.state.cache["x"] = 1
@pytest.fixture
def client():
    with TestClient(app) as c:
        c.app.state.a = 1  # expect: TS704
        yield c
def test_b(client):
    client.app.state.b = 1  # expect: TS704
@pytest.fixture
def own():
    return create_app()
def test_c(own: FastAPI):
    own.state.a = 1  # expect: TS704
import app.worker as worker
def test_d():
    worker.pool = 1  # expect: TS704
    setattr(worker, "pool", 1)  # expect: TS704
    worker.pool.size = 1
    (worker.pool, x) = 1, 2  # expect: TS704
    del worker.pool
    app.state.limiter = 1
import operator
from app.jobs import mail
from app.util import clock
def test_e():
    operator.setitem(app.state._state, "a", 1)  # expect: TS704
    mail.sender = 1  # expect: TS704
    clock.now = 1
""",
    "of its own": """
import operator
from types import SimpleNamespace
from unittest.mock import MagicMock
def test_a():
    own = FastAPI()
    own.state.a = 1
    made = create_app()
    made.state.a = 1
    client = TestClient(create_app())
    client.app.state.a = 1
    request = MagicMock()
    request.app.state.a = 1
    fake = SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace()))
    fake.app.state.a = 1
    assert app.state.a
@contextlib.asynccontextmanager
async def lifespan(application: FastAPI):
    application.state.a = 1
    yield
test_app = FastAPI(lifespan=lifespan)
def test_b():
    ctx = {}
    ctx["redis"] = 1
class Wrapped(FastAPI):
    pass
async def build():
    return FastAPI()
async def test_c(monkeypatch):
    wrapped = Wrapped()
    wrapped.state.a = 1
    built = await build()
    built.state.a = 1
    setattr(wrapped.state, "b", 1)
    setattr(wrapped, "redis", 1)
    wrapped.redis = 1
    monkeypatch.setattr(wrapped.state, "c", 1)
    wrapped.state._state.update(d=1)
    state = wrapped.state
    state.e = 1
    TestClient(app=wrapped).app.state.f = 1
    operator.setitem(wrapped.state._state, "g", 1)
    def inner():
        wrapped.state.g = 1
@contextlib.asynccontextmanager
async def nesting(application: FastAPI):
    def fill():
        application.state.a = 1
    fill()
    yield
other_app = FastAPI(lifespan=nesting)
""",
    "of all tests": """
import functools
own = FastAPI()
own.state.a = 1  # expect: TS704
@functools.lru_cache
def the_one():
    return FastAPI()
def given(application: FastAPI):
    application.state.a = 1  # expect: TS704
def test_a():
    own.state.b = 1  # expect: TS704
    the_app().state.a = 1  # expect: TS704
    kept = the_one()
    kept.state.a = 1  # expect: TS704
    app.state._state.update(a=1)  # expect: TS704
    app.state._state["b"] = 1  # expect: TS704
    app.state = {}  # expect: TS704
    unknown_app.state.x = 1
    setattr(app, "redis", 1)  # expect: TS704
    patch.object(app, "state").start()  # expect: TS704
    patch("app.main.app.state").start()  # expect: TS704
    patch.object(FastAPI(), "state").start()
    patch.object(app, "title").start()
    patch.dict(app.state._state, {"x": 1}).start()  # expect: TS704
    if own:
        either = FastAPI()
    else:
        either = own
    either.state.a = 1  # expect: TS704
    app.state.counter += 1  # expect: TS704
""",
    "in a ring": """
async def test_a(names):
    for name in names:
        client = TestClient(client)
        client.app.state.a = 1  # expect: TS704
        own = await own.app
        own.state.a = 1
def test_b(names):
    for name in names:
        app = the_app() if name else app
        app.state.a = 1  # expect: TS704
""",
}


@pytest.mark.parametrize("text", STATE_WRITES.values(), ids=STATE_WRITES)
def test_no_double_is_put_into_app_state(text: str) -> None:
    files = {
        "app/main.py": APP,
        "app/worker.py": (
            "from arq.connections import RedisSettings\nfrom app.jobs.mail import send\npool = None\n"
            "async def job(ctx): ...\n"
            "class WorkerSettings:\n    functions = [job, send]\n    redis_settings = RedisSettings()\n"
        ),
        "app/jobs/mail.py": "sender = None\nasync def send(ctx): ...\n",
        "app/util/clock.py": "now = None\n",
        "tests/test_state.py": HEAD + text,
    }

    found = found_in(program_from(files), [STATE])

    assert found == expected_in(files)


def test_a_test_of_services_imports_no_component() -> None:
    files = {
        "app/main.py": "from fastapi import FastAPI\nfrom app.routes.users import router\napp = FastAPI()\n",
        "app/components/scheduler.py": "X = 1\n",
        "app/components/__init__.py": "from app.components.scheduler import X\n",
        "app/services/mail.py": "",
        "app/services/users.py": "",
        "app/routes/users.py": (
            "from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/')\ndef index() -> int: ...\n"
        ),
        "tests/unit/services/conftest.py": "import app.main  # expect: TS705\n",
        "tests/unit/services/test_x.py": """
import importlib
from typing import TYPE_CHECKING
import app
from app import main  # expect: TS705
from app.main import router as of_users  # expect: TS705
from app.main import app as one, router as two  # expect: TS705
from app.components import X  # expect: TS705
from app.services import mail
from ..helpers import thing
if TYPE_CHECKING:
    from app.main import app as other

def test_x():
    from app.routes.users import router  # expect: TS705
    if main:
        from app.main import app as late  # expect: TS705
    else:
        with open("x"):
            from app.main import app as later  # expect: TS705
    main.app
    importlib.import_module("app.main")  # expect: TS705
    return app.components.scheduler.X  # expect: TS705
""",
        "tests/helpers.py": "from app.main import app\n",
        "tests/test_mail.py": "from app.main import app  # expect: TS705\n",
        "tests/mail_test.py": "from app.main import app  # expect: TS705\n",
        "tests/api/test_users.py": "from app.main import app\n",
        "tests/test_other.py": "from app.main import app\n",
        "tests/conftest.py": "from app.main import app\n",
    }

    found = found_in(program_from(files), [SERVICE_TEST])

    assert found == expected_in(files)


def test_what_lies_among_the_services_is_what_is_tested() -> None:
    webhooks = "from fastapi import APIRouter\nrouter = APIRouter()\n@router.get('/')\ndef index() -> int: ...\n"
    files = {
        "app/domain/hooks.py": webhooks,
        "app/services/hooks.py": webhooks,
        "app/web/hooks.py": webhooks,
        "tests/services/test_hooks.py": """
from app.domain.hooks import router
from app.services.hooks import router as other
from app.web.hooks import router as third  # expect: TS705
""",
    }

    found = found_in(program_from(files, Config(roles={"services": ("app.domain.**",)})), [SERVICE_TEST])

    assert found == expected_in(files)
