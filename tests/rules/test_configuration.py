"""CF601-CF604: the environment, constants, settings classes and settings objects."""

from __future__ import annotations

import pytest

from conformance.config import Config, Profile
from conformance.examples import expected_in, found_in, program_from
from conformance.rules.configuration.env_outside_config import RULE as ENVIRONMENT
from conformance.rules.configuration.module_level_settings import RULE as MODULE_LEVEL
from conformance.rules.configuration.mutable_constants import RULE as CONSTANTS
from conformance.rules.configuration.scattered_settings import RULE as SCATTERED

SETTINGS = """
from functools import cache, lru_cache
from pydantic_settings import BaseSettings

class Settings(BaseSettings):
    url: str = ""

@lru_cache(maxsize=1)
def get_settings() -> Settings:
    return Settings()
"""

READS = {
    "a lambda and a nested function": """
import os as system
from dataclasses import dataclass, field

@dataclass
class Options:
    host: str = field(default_factory=lambda: system.environ["HOST"])  # expect: CF601

def outer():
    def inner():
        return system.getenv("PORT")  # expect: CF601
    return inner
""",
    "writes and copies": """
import os

def run(command):
    os.environ["A"] = "1"  # expect: CF601
    del os.environ["A"]  # expect: CF601
    return dict(os.environ), os.environ.copy()  # expect: CF601
""",
    "a local of the same name": """
def load_dotenv() -> None: ...

def environ(getenv):
    load_dotenv()
    return getenv("X")
""",
    "an alias, read once": """
from os import environ

env = environ  # expect: CF601

def host():
    return env["HOST"]
""",
    "the other branch of a guard": """
import os

if __name__ == "__main__":
    print(os.environ["A"])
""",
}


@pytest.mark.parametrize("text", READS.values(), ids=READS)
def test_the_environment_is_read_in_config(text: str) -> None:
    files = {"app/config.py": SETTINGS, "app/core/things.py": text}

    found = found_in(program_from(files), [ENVIRONMENT])

    assert found == expected_in(files)


CONSTANT = {
    "displays, constructors, operators": """
from collections import Counter, OrderedDict, deque
from typing import Final

A = []  # expect: CF602
B: Final = [1]  # expect: CF602
C = list((1, 2))  # expect: CF602
D = dict(a=1)  # expect: CF602
E = set()  # expect: CF602
F = deque()  # expect: CF602
G = [1] + [2]  # expect: CF602
H = {n: n for n in range(3)}  # expect: CF602
I = "a b".split()  # expect: CF602
J = dict.fromkeys("ab")  # expect: CF602
K = L = {"x"}  # expect: CF602
M, N = 1, [2]  # expect: CF602
O = sorted({"b", "a"})  # expect: CF602
P = Counter("aa")  # expect: CF602
Q = A.copy()
""",
    "values": """
import re
import os.path
from datetime import date, timedelta
from enum import Enum, IntEnum
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, NewType, TypeVar
from zoneinfo import ZoneInfo

__all__ = ["A"]
T = TypeVar("T")
UserId = NewType("UserId", int)
A = (1, 2)
B = frozenset([1])
C = MappingProxyType({"a": {"b": 1}})
D = timedelta(days=1) * 2
E = date(2024, 1, 1)
F = Path(__file__).resolve().parent / "x"
G = re.compile("a|b", re.I)
H = tuple(str(n) for n in range(3))
I = ZoneInfo("UTC")
J = os.path.join("a", "b")
K = "x".upper()
L = f"{K}-{len(A)}"
M = int("3") + max(A)
N = HTTPStatus(200)
X, Y = "a b".split()

class Size(NamedTuple):
    width: int = 1

class Colour(Enum):
    RED = "red"
    BOTH = ["red", "blue"]

BIG = Size(width=2)
RED = Colour("red")
""",
    "calls, class bodies, branches": """
import json
import logging
import os
import sys
import uuid
from datetime import datetime
from pathlib import Path

from app.core.things import build

logging.basicConfig()  # expect: CF602
A = build()  # expect: CF602
B = json.loads("{}")  # expect: CF602
C = datetime.now()  # expect: CF602
D = uuid.uuid4()  # expect: CF602
E = Path("x").read_text()  # expect: CF602
F = open("x")  # expect: CF602
if sys.platform == "win32":
    G = ["a"]  # expect: CF602
else:
    G = ()

class Limits:
    names = ["a"]  # expect: CF602
    size = 3

    def all(self):
        return ["a"]
""",
    "what a library makes": """
from pydantic import HttpUrl, TypeAdapter, create_model
from datetime import timedelta
import os.path
import re
A = HttpUrl.build(scheme="https", host="x")
B = create_model("B")  # expect: CF602
C = timedelta(hours=1)
D = os.path.join("a", "b")
E = os.path.exists("a")  # expect: CF602
F = re.compile("a")
G = os.getcwd()  # expect: CF602
H, I = ("a".split(), 1)  # expect: CF602
J = (["a"] or ()) + ()  # expect: CF602
""",
    "put together": """
import sys
import threading
import types
from typing import TYPE_CHECKING
from pydantic import BaseModel, HttpUrl
import httpx

class Point(BaseModel):
    x: int = 0
    tags = ["a"]

    @classmethod
    def origin(cls):
        return cls()

class Machine:
    def start(self): ...

def shown(x):
    return x

A = () if sys.platform else []  # expect: CF602
B = [] if sys.platform else ()  # expect: CF602
C = () or {}  # expect: CF602
D = (E := [])  # expect: CF602
F = {}.copy()  # expect: CF602
G = ().copy()
H = "a".splitlines()  # expect: CF602
I = shown(1)  # expect: CF602
J = (lambda: 1)()  # expect: CF602
K = Machine()  # expect: CF602
L = Point.origin()
M = Point(x=1)
N = HttpUrl("https://x")
O = httpx.AsyncClient()  # expect: CF602
P = threading.Lock()  # expect: CF602
Q = input("x")  # expect: CF602
R = print("x")  # expect: CF602
S = sorted  # a function is not called
(T, U) = ([1], 2)  # expect: CF602
V, W = [1, 2]
X = Y = ()
Point.extra = []  # expect: CF602
Z = (n for n in ())
AA = () + ({},)
AB = [] + ()  # expect: CF602
AC = () + []  # expect: CF602
AD = Machine().start()  # expect: CF602
"x"
A
Machine().start()  # expect: CF602
for name in ():
    AE = []  # expect: CF602
with open("x") as handle:
    AF = {1}  # expect: CF602
try:
    AG = 1
except ValueError:
    AG = [1]  # expect: CF602
else:
    AH = {}  # expect: CF602
finally:
    AI = []  # expect: CF602
if TYPE_CHECKING:
    AJ = []
else:
    AK = []  # expect: CF602
if __name__ == "__main__":
    AL = []
else:
    AM = []  # expect: CF602
AN: list[int]
AO = lambda: []
def made(x=[]):
    y = []
    return y
class Outer:
    class Inner:
        names = []  # expect: CF602
    def method(self):
        self.x = []
AP = sys.argv
AQ = int("1") + float("2")
AR = shown  # not called
AS = types.SimpleNamespace(a=1)  # expect: CF602
""",
    "the environment": """
import os
HOST = os.environ["HOST"]  # expect: CF602
PORT = int(
    os.getenv("PORT")  # the statement is reported
) if True else 0
def host():  # expect: CF602
    return os.environ["HOST"]
""".replace("PORT = int(", "PORT = int(  # expect: CF602"),
    "settings": """
import app.config
from app.config import Settings, get_settings

C = Settings()  # expect: CF602
D = [get_settings().url]  # expect: CF602
A = app.config.get_settings().url  # expect: CF602
B = get_settings()  # expect: CF602
""",
}


@pytest.mark.parametrize("text", CONSTANT.values(), ids=CONSTANT)
def test_a_constant_is_an_immutable_value(text: str) -> None:
    files = {
        "app/config.py": SETTINGS,
        "app/core/things.py": "def build():\n    return 1\n",
        "app/core/constants.py": text,
    }

    found = found_in(program_from(files), [CONSTANTS])

    assert found == expected_in(files)


def test_a_constants_package_holds_constants_and_tests_are_none() -> None:
    files = {
        "app/constants/__init__.py": "",
        "app/constants/roles.py": "ROLES = ['a']  # expect: CF602\n",
        "app/services/roles.py": "ROLES = ['a']\n",
        "tests/constants.py": "ROLES = ['a']\n",
    }

    found = found_in(program_from(files), [CONSTANTS])

    assert found == expected_in(files)


def test_groups_that_config_takes_are_not_scattered() -> None:
    files = {
        "app/config.py": SETTINGS
        + "import app.mail_options\nfrom app.groups import *\nclass All(Settings):\n    mail: app.mail_options.Mail\n",
        "app/mail_options.py": (
            "from pydantic_settings import BaseSettings\nfrom app.deep import Deep\n"
            "class Mail(BaseSettings):\n    deep: Deep\n"
            "class Other(BaseSettings):  # expect: CF603\n    x: int\n"
        ),
        "app/deep.py": "from pydantic_settings import BaseSettings\nclass Deep(BaseSettings):\n    x: int\n",
        "app/groups.py": "from pydantic_settings import BaseSettings\nclass Group(BaseSettings):\n    x: int\n",
        "app/deps/settings.py": (
            "from pydantic import BaseSettings as Base\nclass Mine(Base):  # expect: CF603\n    x: int\n"
        ),
        "tests/test_x.py": "from pydantic_settings import BaseSettings\nclass Fake(BaseSettings):\n    x: int\n",
    }

    found = found_in(program_from(files), [SCATTERED])

    assert found == expected_in(files)


BOUND = {
    "by whatever name and call": """
from app.config import Settings, get_settings
import app.config as config

S = Settings()  # expect: CF604
settings: Settings = get_settings()  # expect: CF604
other = config.Settings.model_validate({})  # expect: CF604
either = Settings() if S else get_settings()  # expect: CF604
one, two = Settings(), 2  # expect: CF604
try:
    late = get_settings()  # expect: CF604
except ValueError:
    late = None
if (w := Settings()):  # expect: CF604
    pass
""",
    "in an expression": """
from app.config import Settings, get_settings
a = None if Settings else Settings()  # expect: CF604
b = None or get_settings()  # expect: CF604
c = (d := Settings())  # expect: CF604
e = await get_settings()  # expect: CF604
f = [1, Settings()]  # expect: CF604
g = Settings.parse_obj({})  # expect: CF604
h = Settings.other({})
i = Settings().url
j = {"a": Settings()}
for k in [Settings()]:
    pass
with Settings() as l:  # expect: CF604
    pass
""",
    "not the object, or not then": """
from functools import cache
from app.config import Settings, get_settings

url = get_settings().url
kind = Settings
made = cache(Settings)

class Worker:
    settings = get_settings()

def build(settings=Settings()):
    global later
    later = Settings()
    local = get_settings()
    return local

if __name__ == "__main__":
    settings = Settings()
""",
}


@pytest.mark.parametrize("text", BOUND.values(), ids=BOUND)
def test_no_module_level_name_holds_settings(text: str) -> None:
    files = {"app/config.py": SETTINGS, "app/core/things.py": text, "tests/conftest.py": text.replace("# expect", "#")}

    found = found_in(program_from(files), [MODULE_LEVEL])

    assert found == expected_in(files)


def test_the_aegis_profile_prescribes_a_settings_object() -> None:
    files = {"app/core/config.py": SETTINGS + "settings = Settings()\n"}

    program = program_from(files, Config(profile=Profile.AEGIS))

    assert not list(MODULE_LEVEL.subjects(program))
