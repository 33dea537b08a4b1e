# ruff: noqa: E501  programs in lines
"""DI109, DI110, DI111 and DI112: what the deps package exports, and what routes take from it."""

from __future__ import annotations

import pytest

from conformance.config import Config
from conformance.examples import expected_in, files_of, found_in, program_from
from conformance.results import Undecidable, Violation
from conformance.rules.injection.deps_init_exports import RULE as INIT_EXPORTS
from conformance.rules.injection.inline_depends import RULE as INLINE
from conformance.rules.injection.provider_without_alias import RULE as WITHOUT_ALIAS
from conformance.rules.injection.route_imports_deps_submodule import RULE as SUBMODULE

DEPS = """
--- app/__init__.py
--- app/deps/__init__.py
from app.deps.auth import UserDep
from app.deps.db import SessionDep

__all__ = ["SessionDep", "UserDep"]
--- app/deps/db.py
from typing import Annotated
from fastapi import Depends, Request

def get_session(request: Request) -> str:
    return request.state.session

SessionDep = Annotated[str, Depends(get_session)]
--- app/deps/auth.py
import enum
from typing import Annotated
from fastapi import Depends, Request

class Role(enum.Enum):
    ADMIN = "admin"

SCOPES = ["admin"]

def get_user(request: Request) -> str:
    return request.state.user

class RequireRole:
    def __init__(self, role: Role) -> None:
        self.role = role
    def __call__(self, request: Request) -> str:
        return request.state.user

def require(role: str):
    def check(request: Request) -> str:
        return role
    return check

def guarded(role: str):
    return Depends(require(role))

is_admin = RequireRole(Role.ADMIN)
GUARDS = [Depends(get_user)]
UserDep = Annotated[str, Depends(get_user)]
"""

ROUTES = {
    "aliases": "from app.deps import SessionDep, UserDep",
    "the package": "from app import deps\nimport app.deps\nx: deps.UserDep\ny: app.deps.UserDep",
    "from the module": "from app.deps.db import SessionDep  # expect: DI111",
    "the module": "import app.deps.db  # expect: DI111\nx: app.deps.db.SessionDep",
    "the module, renamed": "import app.deps.db as d  # expect: DI111\nx: d.SessionDep",
    "the module from the package": "from app.deps import db  # expect: DI111\nx: db.SessionDep",
    "relative": "from ..deps.db import SessionDep  # expect: DI111",
    "relative, the module": "from ..deps import db as d  # expect: DI111",
    "star": "from app.deps.db import *  # expect: DI111",
    "star of the package": "from app.deps import *",
    "in a function": "def f():\n    from app.deps.db import SessionDep  # expect: DI111",
    "in a class": "class C:\n    from app.deps.db import SessionDep  # expect: DI111",
    "in a try": "try:\n    from app.deps.db import SessionDep  # expect: DI111\nexcept ImportError:\n    SessionDep = str",
    "for type checking": "import typing\nif typing.TYPE_CHECKING:\n    from app.deps.db import SessionDep  # expect: DI111",
    "one line, two names": "from app.deps import UserDep, db  # expect: DI111",
    "several lines": "from app.deps.auth import (  # expect: DI111\n    Role,\n    UserDep,\n)",
    "by the package": "from app import deps\nx: deps.db.SessionDep  # expect: DI111",
    "by the package, renamed": "import app.deps as d\ndef f(x: d.db.SessionDep): ...  # expect: DI111",
    "by the root": "import app\nx = app.deps.db.get_session  # expect: DI111",
    "in a string": 'from app import deps\ndef f(x: "deps.db.SessionDep"): ...  # expect: DI111',
    "by a call": 'import importlib\ndb = importlib.import_module("app.deps.db")  # expect: DI111',
    "by a relative call": (
        'from importlib import import_module\ndb = import_module("..deps.db", __package__)  # expect: DI111'
    ),
    "by __import__": 'db = __import__("app.deps.db", fromlist=["x"])  # expect: DI111',
    "a guard": "from app.deps.auth import get_user\nr = APIRouter(dependencies=[Depends(get_user)])",
    "a guard, renamed": "from app.deps.auth import get_user as g\nr = APIRouter(dependencies=[Depends(g)])",
    "a guard with Security": (
        'from app.deps.auth import get_user\nr = APIRouter(dependencies=[Security(get_user, scopes=["a"])])'
    ),
    "a guard by keyword": (
        "from app.deps.auth import get_user\nr = APIRouter(dependencies=[Depends(dependency=get_user)])"
    ),
    "a guard of an endpoint": (
        'from app.deps.auth import get_user\n@router.get("/x", dependencies=[Depends(get_user)])\ndef x() -> str: ...'
    ),
    "a guard of an included router": (
        "from app.deps.auth import get_user\nrouter.include_router(APIRouter(), dependencies=(Depends(get_user),))"
    ),
    "a guard added to a list": (
        "from app.deps.auth import get_user\nr = APIRouter(dependencies=[] + [Depends(get_user)])"
    ),
    "a guard of one of two lists": (
        "from app.deps.auth import get_user, require\n"
        "r = APIRouter(dependencies=[Depends(get_user)] if router else [Depends(require('x'))])"
    ),
    "a guard that is a method": (
        "from app.deps.auth import is_admin\nr = APIRouter(dependencies=[Depends(is_admin.check)])"
    ),
    "a guard in a function": (
        "def make():\n    from app.deps.auth import get_user\n    return APIRouter(dependencies=[Depends(get_user)])"
    ),
    "a class made": (
        'from app.deps.auth import RequireRole\nr = APIRouter(dependencies=[Depends(RequireRole("admin"))])'
    ),
    "what the class is made with": (
        "from app.deps.auth import RequireRole, Role  # expect: DI111\n"
        "r = APIRouter(dependencies=[Depends(RequireRole(Role.ADMIN))])"
    ),
    "the scopes": (
        "from app.deps.auth import SCOPES, get_user  # expect: DI111\n"
        "r = APIRouter(dependencies=[Security(get_user, scopes=SCOPES)])"
    ),
    "a factory": 'from app.deps.auth import require\nr = APIRouter(dependencies=[Depends(require("a"))])',
    "a factory of Depends": 'from app.deps.auth import guarded\nr = APIRouter(dependencies=[guarded("a")])',
    "an instance": "from app.deps.auth import is_admin\nr = APIRouter(dependencies=[Depends(is_admin)])",
    "a list": "from app.deps.auth import GUARDS\nr = APIRouter(dependencies=GUARDS)",
    "a list of its own": (
        "from app.deps.auth import get_user\nAUTH = [Depends(get_user)]\nr = APIRouter(dependencies=AUTH)"
    ),
    "a list of its own, put together": (
        "from app.deps.auth import get_user\nAUTH = [Depends(get_user)]\n"
        "r = APIRouter(dependencies=[*AUTH, Depends(len)])\ns = APIRouter(dependencies=AUTH + [])"
    ),
    "a list used elsewhere, too": (
        "from app.deps.auth import get_user  # expect: DI111\nAUTH = [Depends(get_user)]\n"
        "r = APIRouter(dependencies=AUTH)\nprint(AUTH)"
    ),
    "one Depends in a name": (
        "from app.deps.auth import get_user\nauth = Depends(get_user)\nr = APIRouter(dependencies=[auth])"
    ),
    "a comprehension": (
        "from app.deps.auth import get_user\nr = APIRouter(dependencies=[Depends(p) for p in (get_user, len)])"
    ),
    "the key of an override": (
        "from app.deps.auth import get_user\nfrom app.main import app as a\n"
        "def f():\n    a.dependency_overrides[get_user] = len\n    a.dependency_overrides.pop(get_user, None)"
    ),
    "a guard that nothing uses": "from app.deps.auth import get_user  # expect: DI111",
    "a guard that is injected, too": (
        "from app.deps.auth import get_user  # expect: DI111\nr = APIRouter(dependencies=[Depends(get_user)])\n"
        '@r.get("/x")\ndef x(user: str = Depends(get_user)) -> str: ...'
    ),
    "a guard that is injected by annotation, too": (
        "from app.deps.auth import get_user  # expect: DI111\nr = APIRouter(dependencies=[Depends(get_user)])\n"
        '@r.get("/x")\ndef x(user: Annotated[str, Depends(get_user)]) -> str: ...'
    ),
    "a guard that is called, too": (
        "from app.deps.auth import get_user  # expect: DI111\nr = APIRouter(dependencies=[Depends(get_user)])\n"
        "def f(request): return get_user(request)"
    ),
    "another name of the same spelling": (
        "from app.deps.auth import get_user\nr = APIRouter(dependencies=[Depends(get_user)])\n"
        "def f(get_user: str) -> str: return get_user"
    ),
    "a guard beside an alias": (
        "from app.deps.auth import UserDep, get_user  # expect: DI111\nr = APIRouter(dependencies=[Depends(get_user)])"
    ),
    "the module of a guard": (
        "from app.deps import auth  # expect: DI111\nr = APIRouter(dependencies=[Depends(auth.get_user)])"
    ),
    "by a call, relative to a package that is named": (
        'import importlib\ndb = importlib.import_module(".db", package="app.deps")  # expect: DI111'
    ),
    "by a call, relative to the root": (
        'import importlib\ndb = importlib.import_module("...app.deps.db", "app.api.more")\n'
        'again = importlib.import_module("..deps.db", "app.api")  # expect: DI111'
    ),
    "by a call that is somebody's own": 'def import_module(name): ...\ndb = import_module("app.deps.db")',
    "by a call of a computed name": "import importlib\ndef f(name):\n    return importlib.import_module(name)",
    "by a call, the package": 'import importlib\ndeps = importlib.import_module("app.deps")',
    "one of two guards": (
        "from app.deps.auth import GUARDS, get_user\nr = APIRouter(dependencies=GUARDS if len(str(1)) else [Depends(get_user)])"
    ),
    "a guard among others, by its place": (
        "from app.deps.auth import get_user\nALL = {1: [Depends(get_user)]}\nr = APIRouter(dependencies=ALL[1])"
    ),
    "a list in a list": (
        "from app.deps.auth import get_user\nAUTH = [Depends(get_user)]\nMORE = [*AUTH]\nr = APIRouter(dependencies=MORE)"
    ),
    "a guard with its arguments by partial": (
        "import functools\nfrom app.deps.auth import get_user, SCOPES  # expect: DI111\n"
        "r = APIRouter(dependencies=[Depends(functools.partial(get_user, SCOPES))])"
    ),
    "the key of a pop on what is no override": "from app.deps.auth import get_user  # expect: DI111\n{}.pop(get_user)",
    "the key of overrides under another name": (
        "from app.deps.auth import get_user\nfrom fastapi import FastAPI\na = FastAPI()\n"
        "overrides = a.dependency_overrides\noverrides[get_user] = len"
    ),
    "a list of something else": (
        "from app.deps.auth import get_user  # expect: DI111\nr = print(dependencies=[get_user])"
    ),
}


@pytest.mark.parametrize("name", ROUTES)
def test_routes_import_the_package_alone(name: str) -> None:
    head = "from typing import Annotated\nfrom fastapi import APIRouter, Depends, Security\nrouter = APIRouter()\n"
    route = '@router.get("/")\ndef index() -> str: ...\n'
    files = files_of(DEPS) | {"app/api/items.py": f"{head}{route}{ROUTES[name]}\n"}

    found = found_in(program_from(files), [SUBMODULE])

    assert found == expected_in(files)


def test_a_module_of_providers_that_stands_alone_is_no_facade() -> None:
    files = files_of("""
--- app/api/dependencies.py
from typing import Annotated
from fastapi import Depends
def get_x() -> str: ...
XDep = Annotated[str, Depends(get_x)]
--- app/api/items.py
from fastapi import APIRouter
from app.api.dependencies import XDep
from .dependencies import get_x
router = APIRouter()
@router.get("/")
def index(x: XDep) -> str: ...
""")

    program = program_from(files)

    assert not found_in(program, [SUBMODULE])
    assert not list(SUBMODULE.subjects(program))


def test_the_outermost_deps_package_is_the_facade() -> None:
    files = files_of("""
--- app/deps/__init__.py
from app.deps.auth import UserDep
__all__ = ["UserDep"]
--- app/deps/auth/__init__.py
from app.deps.auth.user import UserDep, get_user
--- app/deps/auth/user.py
from typing import Annotated
from fastapi import Depends
def get_user() -> str: ...
UserDep = Annotated[str, Depends(get_user)]
--- app/api/items.py
from fastapi import APIRouter
from app.deps import UserDep
from app.deps.auth import UserDep as U  # expect: DI111
from app.deps.auth.user import UserDep as V  # expect: DI111
router = APIRouter()
@router.get("/")
def index(x: UserDep) -> str: ...
""")

    found = found_in(program_from(files), [SUBMODULE, INIT_EXPORTS])

    assert found == expected_in(files)


def test_a_name_that_the_package_binds_hides_its_module() -> None:
    files = files_of("""
--- app/deps/__init__.py
from app.deps.user import user
__all__ = ["user"]
--- app/deps/user.py
from typing import Annotated
from fastapi import Depends
def get_user() -> str: ...
user = Annotated[str, Depends(get_user)]
--- app/api/items.py
from fastapi import APIRouter
from app.deps import user
router = APIRouter()
@router.get("/")
def index(x: user) -> str: ...
""")

    assert not found_in(program_from(files), [SUBMODULE])


def test_configured_roles_say_what_the_facade_is() -> None:
    files = files_of("""
--- app/wiring/__init__.py
--- app/wiring/db.py
def get_db() -> str: ...
--- app/web/items.py
from fastapi import APIRouter
from app.wiring.db import get_db  # expect: DI111
router = APIRouter()
@router.get("/")
def index() -> str: ...
""")

    found = found_in(program_from(files, Config(roles={"deps": ("app.wiring.**",)})), [SUBMODULE])

    assert found == expected_in(files)


PACKAGES = {
    "exact": 'from app.deps.auth import UserDep\nfrom app.deps.db import SessionDep\n__all__ = ["SessionDep", "UserDep"]',
    "a tuple": 'from .auth import UserDep\n__all__ = ("UserDep",)',
    "annotated": 'from .auth import UserDep\n__all__: list[str] = ["UserDep"]',
    "renamed": 'from .auth import UserDep as CurrentUserDep\n__all__ = ["CurrentUserDep"]',
    "a type": 'from .auth import Role, UserDep\n__all__ = ["Role", "UserDep"]',
    "a class that is a provider": 'from .auth import Clock\n__all__ = ["Clock"]',
    "a type that is not listed": 'from .auth import Role, UserDep\n__all__ = ["UserDep"]',
    "a library's type": 'from sqlalchemy.orm import Session\nfrom .auth import UserDep\n__all__ = ["Session", "UserDep"]',
    "no __all__": "from .auth import UserDep  # expect: DI109",
    "a comment first": "# the facade  # expect: DI109\nfrom .auth import UserDep",
    "a provider": 'from .auth import UserDep, get_user  # expect: DI109\n__all__ = ["UserDep"]',
    "a provider that is listed": 'from .auth import get_user  # expect: DI109\n__all__ = ["get_user"]',
    "a provider on its own line": (
        'from .auth import (\n    UserDep,\n    get_user,  # expect: DI109\n)\n__all__ = ["UserDep", "get_user"]'
    ),
    "a provider, renamed": "from .auth import get_user as user  # expect: DI109\n__all__ = []",
    "a guard": 'from .auth import check  # expect: DI109\n__all__ = ["check"]',
    "an instance that is a provider": 'from .auth import is_admin  # expect: DI109\n__all__ = ["is_admin"]',
    "an alias not listed": 'from .auth import UserDep\nfrom .db import SessionDep  # expect: DI109\n__all__ = ["UserDep"]',
    "star": 'from .auth import *  # expect: DI109\n__all__ = ["UserDep"]',
    "a constant": 'from .auth import SCOPES, UserDep  # expect: DI109\n__all__ = ["SCOPES", "UserDep"]',
    "a constant not listed": 'from .auth import SCOPES, UserDep\n__all__ = ["UserDep"]',
    "a function": 'from .auth import helper  # expect: DI109\n__all__ = ["helper"]',
    "a library's function": 'from sqlalchemy import select  # expect: DI109\n__all__ = ["select"]',
    "the name of an alias": "from .auth import UserDep\n__all__ = [UserDep.__name__]",
    "a set of names": 'from .auth import UserDep\n__all__ = list(set(["UserDep"]))',
    "a module": 'from . import auth  # expect: DI109\n__all__ = ["auth"]',
    "a module not listed": 'from . import auth\nfrom .auth import UserDep\n__all__ = ["UserDep"]',
    "a module listed only": '__all__ = ["auth"]  # expect: DI109',
    "a name that is not there": '__all__ = ["Missing"]  # expect: DI109',
    "a constant of its own": 'URL = "x"\n__all__ = [\n    "URL",  # expect: DI109\n]',
    "an alias defined": (
        "from typing import Annotated\nfrom fastapi import Depends\nfrom . import auth\n"
        'UserDep = Annotated[str, Depends(auth.get_user)]  # expect: DI109\n__all__ = ["UserDep"]'
    ),
    "a provider defined": (
        "def get_clock() -> str: ...  # expect: DI109\n"
        "from typing import Annotated\nfrom fastapi import Depends\n"
        'ClockDep = Annotated[str, Depends(get_clock)]  # expect: DI109\n__all__ = ["ClockDep"]'
    ),
    "put together": 'from .auth import UserDep\nfrom .db import SessionDep\n__all__ = ["UserDep"] + ["SessionDep"]',
    "extended": 'from .auth import UserDep\n__all__ = []\n__all__.extend(["UserDep"])',
    "appended": 'from .auth import UserDep\n__all__ = []\n__all__.append("UserDep")',
    "put together, a provider": (
        'from .auth import UserDep, get_user  # expect: DI109\n__all__ = ["UserDep"] + ["get_user"]'
    ),
    "of lists in lists": (
        'from .auth import UserDep\nfrom .db import SessionDep\n_MORE = 1\n__all__ = list(("UserDep", *["SessionDep"]))'
    ),
    "by a name": 'from .auth import UserDep\nNAME = "UserDep"\n__all__ = [NAME]',
    "by a name, the wrong one": (
        'from .auth import UserDep  # expect: DI109\nNAME = "Missing"\n__all__ = [NAME]  # expect: DI109'
    ),
    "extended with a wrong name": 'from .auth import UserDep\n__all__ = ["UserDep"]\n__all__.extend(["Missing"])  # expect: DI109',
    "appended a wrong name": 'from .auth import UserDep\n__all__ = ["UserDep"]\n__all__.append("Missing")  # expect: DI109',
    "of a module": "from . import names\nfrom .auth import UserDep\n__all__ = names.__all__",
    "of a module, and one more": (
        'from . import names\nfrom .auth import UserDep\nfrom .db import SessionDep\n__all__ = [*names.__all__, "SessionDep"]'
    ),
    "of a module, a constant": (
        "from . import names\nfrom .auth import SCOPES, UserDep  # expect: DI109\n__all__ = names.__all__"
    ),
    "of a module, too few": (
        "from . import names\nfrom .auth import UserDep\nfrom .db import SessionDep  # expect: DI109\n__all__ = names.__all__"
    ),
    "two of them": (
        'from .auth import UserDep\nfrom .db import SessionDep\n__all__ = ["UserDep"]\n__all__ += ["SessionDep"]'
    ),
    "a provider under another name": 'from .auth import check_again  # expect: DI109\n__all__ = ["check_again"]',
    "a class under another name": 'from .auth import Watch\n__all__ = ["Watch"]',
    "a type of typing": 'from .auth import Ids, UserDep\n__all__ = ["Ids", "UserDep"]',
    "an instance of no provider": 'from .auth import admin  # expect: DI109\n__all__ = ["admin"]',
    "an alias that is repeated": 'from . import db\nSessionDep = db.SessionDep\n__all__ = ["SessionDep"]',
    "an import in a function": 'from .auth import UserDep\ndef late():\n    from .auth import get_user\n__all__ = ["UserDep"]',
    "star, and its names listed": 'from .auth import *  # expect: DI109\n__all__ = ["UserDep", "Anything"]',
    "Depends": 'from fastapi import Depends  # expect: DI109\n__all__ = ["Depends"]',
    "for type checking": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .auth import get_user  # expect: DI109\n__all__ = []"
    ),
}


def with_package(text: str) -> dict[str, str]:
    """Return the deps modules and a route with this text as the package."""
    files = files_of(DEPS) | {"app/deps/__init__.py": text + "\n"}
    files["app/deps/auth.py"] += """
def check() -> None: ...
def helper() -> str: ...
class Clock:
    def __init__(self, request: Request) -> None: ...
check_again = check
Watch = Clock
Ids = list[int]
admin = Role.ADMIN
"""
    files["app/deps/names.py"] = '__all__ = ["UserDep", "SCOPES"]\nUserDep = SCOPES = 1\n'
    files["app/api/items.py"] = """
from typing import Annotated
from fastapi import APIRouter, Depends
from app.deps.auth import Clock, check, get_user, is_admin
router = APIRouter(dependencies=[Depends(check), Depends(is_admin)])
@router.get("/")
def index(clock: Annotated[Clock, Depends()]) -> str: ...
"""
    return files


@pytest.mark.parametrize("name", PACKAGES)
def test_the_package_exports_aliases(name: str) -> None:
    files = with_package(PACKAGES[name])

    found = found_in(program_from(files), [INIT_EXPORTS])

    assert found == expected_in(files)


OPEN = {
    "a call": "__all__ = names()",
    "a call in a list": "__all__ = [name()]",
    "the name of a thing": "__all__ = [get_user.__name__]",
    "of something": "__all__ = something.__all__",
    "another's": "from .names import __all__",
    "a loop": "__all__ = [n for n in dir()]",
}


@pytest.mark.parametrize("listed", OPEN.values(), ids=OPEN)
def test_what_an_unknown_list_exports_is_undecidable(listed: str) -> None:
    files = files_of(DEPS) | {"app/deps/__init__.py": f"from .auth import UserDep\n{listed}\n", "app/deps/names.py": ""}
    program = program_from(files)

    (said,) = [each for facade in INIT_EXPORTS.subjects(program) for each in INIT_EXPORTS.check(program, facade)]

    assert isinstance(said, Undecidable)
    assert (said.place.path, said.place.span[0]) == ("app/deps/__init__.py", 2)


def test_a_package_of_guards_alone_needs_no_facade() -> None:
    files = files_of("""
--- app/deps/__init__.py
--- app/deps/auth.py
from fastapi import Request
def check(request: Request) -> None: ...
--- app/api/items.py
from fastapi import APIRouter, Depends
from app.deps.auth import check
router = APIRouter(dependencies=[Depends(check)])
@router.get("/")
def index() -> str: ...
""")

    assert not found_in(program_from(files), [INIT_EXPORTS])


def test_an_empty_package_lacks_its_facade() -> None:
    files = files_of(DEPS) | {"app/deps/__init__.py": ""}

    found = found_in(program_from(files), [INIT_EXPORTS])

    assert list(found) == [("DI109", "app/deps/__init__.py", 1)]


def test_what_an_endpoint_takes_with_scopes_needs_no_alias() -> None:
    files = files_of("""
--- app/deps/__init__.py
--- app/deps/auth.py
from fastapi import Request
def get_user(request: Request) -> str: ...
class RequireRole:
    def __call__(self, request: Request) -> str: ...
--- app/api/items.py
from fastapi import APIRouter, Depends, Security
from app.deps.auth import RequireRole, get_user
router = APIRouter()
@router.get("/")
def index(user: str = Security(get_user, scopes=["a"])) -> str: ...
@router.get("/x")
def other(user: str = Depends(get_user)) -> str: ...  # expect: DI112
def local() -> str: ...
@router.get("/y")
def third(user: str = Depends(local)) -> str: ...
is_admin = RequireRole()
@router.get("/z")
def fourth(user: str = Depends(is_admin)) -> str: ...
--- tests/test_items.py
from typing import Annotated
from fastapi import Depends
from app.api.items import local
LocalDep = Annotated[str, Depends(local)]
""")

    assert found_in(program_from(files), [INLINE]) == expected_in(files)


def test_an_alias_stands_beside_its_provider_and_in_the_facade() -> None:
    files = files_of("""
--- app/deps/__init__.py
from app.deps import db
from app.deps.other import UserDep

SessionDep = db.SessionDep
__all__ = ["SessionDep", "UserDep"]
--- app/deps/db.py
from typing import Annotated
from fastapi import Depends, Request
def get_session(request: Request) -> str: ...
def get_user(request: Request) -> str: ...  # expect: DI110
def get_clock(request: Request) -> str: ...
def check(request: Request) -> str: ...
def inner(request: Request) -> str: ...
def get_zone(request: Request) -> str: ...  # expect: DI110
def of_no_view(request: Request) -> str: ...
class Plain:
    zone: str = Depends(of_no_view)
SessionDep = Annotated[str, Depends(get_session)]
ClockDep = Annotated[str, Depends(get_clock)]  # expect: DI110
_RawDep = Annotated[str, Depends(get_clock)]
CheckDep = Annotated[str, Depends(check)]
InnerDep = Annotated[str, Depends(inner)]
def outer(value: InnerDep) -> str: ...
OuterDep = Annotated[str, Depends(outer)]  # expect: DI110
--- app/deps/other.py
from typing import Annotated
from fastapi import Depends
from app.deps.db import get_user
UserDep = Annotated[str, Depends(get_user)]
--- app/deps/health.py
from fastapi import APIRouter, Depends
from app.deps.db import check, get_session
router = APIRouter(dependencies=[Depends(check)])
@router.get("/health")
def health(session: str = Depends(get_session)) -> str: ...
--- app/api/views.py
from fastapi import APIRouter, Depends
from fastapi_utils.cbv import cbv
from app.deps.db import get_zone  # expect: DI111
router = APIRouter()
@cbv(router)
class View:
    zone: str = Depends(get_zone)
    @router.get("/zone")
    def zone_of(self) -> str: ...
--- app/api/items.py
from fastapi import APIRouter, Depends
from app.deps import SessionDep, UserDep
from app.deps.db import ClockDep, OuterDep  # expect: DI111
router = APIRouter()
@router.get("/")
def index(s: SessionDep, u: UserDep, c: ClockDep, o: OuterDep) -> str: ...
""")

    found = found_in(program_from(files), [WITHOUT_ALIAS, SUBMODULE])

    assert found == expected_in(files)


USES = {
    "a named instance, by keyword": ("user: str = Depends(use_cache=False, dependency=is_admin)", True),
    "inline": ("user: str = Depends(get_user)", True),
    "inline, annotated": ("user: Annotated[str, Depends(get_user)]", True),
    "inline, Security": ("user: str = Security(get_user)", True),
    "inline, by keyword": ("user: str = Depends(dependency=get_user)", True),
    "inline, without cache": ("user: str = Depends(get_user, use_cache=False)", True),
    "keyword only": ("*, user: str = Depends(get_user)", True),
    "a named instance": ("user: str = Depends(is_admin)", True),
    "scopes": ('user: str = Security(get_user, scopes=["a"])', False),
    "a call": ('user: str = Depends(RequireRole("a"))', False),
    "a factory": ('user: str = Depends(require("a"))', False),
    "a parameter class": ("page: Annotated[Page, Depends()]", False),
    "a parameter function": ("page: str = Depends(paging)", False),
    "private": ("user: str = Depends(_get_user)", False),
    "an alias": ("user: UserDep", False),
    "no injection": ("user: str = Query()", False),
}


def test_the_alias_that_is_wanted_is_named_after_what_endpoints_depend_on() -> None:
    program = program_from(
        files_of("""
--- app/deps.py
class ContextDependency:
    def __call__(self) -> int: ...
class HTTPClient: ...
context_dependency = ContextDependency()
def get_clock() -> float: ...
def currentUser() -> str: ...
def find_user_dep() -> bytes: ...
--- app/routes.py
from fastapi import APIRouter, Depends
from app import deps
router = APIRouter()
@router.get("/")
def index(
    a: int = Depends(deps.context_dependency), b: float = Depends(deps.get_clock), c: str = Depends(deps.currentUser),
    d: deps.HTTPClient = Depends(deps.HTTPClient), e: bytes = Depends(deps.find_user_dep),
): ...
""")
    )

    found = [v for subject in WITHOUT_ALIAS.subjects(program) for v in WITHOUT_ALIAS.check(program, subject)]

    assert [v.instead.partition(": ")[2] for v in found if isinstance(v, Violation)] == [
        "`ContextDep = Annotated[…, Depends(context_dependency)]`",
        "`ClockDep = Annotated[…, Depends(get_clock)]`",
        "`CurrentUserDep = Annotated[…, Depends(currentUser)]`",
        "`HTTPClientDep = Annotated[…, Depends(HTTPClient)]`",
        "`FindUserDep = Annotated[…, Depends(find_user_dep)]`",
    ]


@pytest.mark.parametrize(
    ("name", "has_alias"), [(n, has) for n in USES for has in (True, False) if has or "UserDep" not in USES[n][0]]
)
def test_an_endpoint_takes_what_has_or_should_have_an_alias_by_it(name: str, has_alias: bool) -> None:
    parameter, reported = USES[name]
    auth = """
def _get_user(request: Request) -> str: ...
class Page:
    def __init__(self, limit: int = 10) -> None: ...
def paging(limit: int = 10) -> str: ...
"""
    source = files_of(DEPS)["app/deps/auth.py"] + auth
    if has_alias:
        source += "AdminDep = Annotated[str, Depends(is_admin)]\n"
    else:
        source = source.replace("UserDep = Annotated[str, Depends(get_user)]\n", "")
    route = f"""
from typing import Annotated
from fastapi import APIRouter, Depends, Query, Security
from app.deps.auth import *
from app.deps.auth import _get_user
router = APIRouter()
@router.get("/")
def index({parameter}) -> str: ...
"""
    files = {"app/deps/__init__.py": "", "app/deps/auth.py": source, "app/api/items.py": route}
    program = program_from(files)

    assert bool(found_in(program, [INLINE])) is reported
    yielded = [each for subject in WITHOUT_ALIAS.subjects(program) for each in WITHOUT_ALIAS.check(program, subject)]
    missing = [each for each in yielded if isinstance(each, Violation) and "no alias" in each.detail]
    assert bool(missing) is (reported and not has_alias)
