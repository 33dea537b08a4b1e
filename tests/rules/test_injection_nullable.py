# ruff: noqa: E501  programs in lines
"""DI101 and DI102: providers that supply None, and dependencies whose type admits it."""

from __future__ import annotations

import pytest

from conformance.examples import expected_in, files_of, found_in, program_from
from conformance.results import Violation
from conformance.rules.injection.nullable_dependency import RULE as NULLABLE_DEPENDENCY
from conformance.rules.injection.nullable_provider import RULE as NULLABLE_PROVIDER

HEAD = """
from typing import Annotated, Any, NoReturn, Optional, Union, cast
import typing as t
from contextlib import suppress
import itertools
import sys

from fastapi import APIRouter, Depends, HTTPException, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer, OAuth2PasswordBearer
from redis.asyncio import Redis
from sqlalchemy.orm import Session

router = APIRouter()
"""

PROVIDERS = {
    "typing under another name": """
def get_db(request: Request) -> "t.Optional[Session]":  # expect: DI101
    return request.state.db
""",
    "an alias of a nullable type": """
MaybeSession = Session | None
def get_db(request: Request) -> MaybeSession:  # expect: DI101
    return request.state.db
""",
    "a conditional expression": """
def get_db(request: Request) -> Session:
    return request.state.db if request.state.ready else None  # expect: DI101
""",
    "an or that ends in None": """
def get_db(request: Request) -> Session:
    return request.state.db or None  # expect: DI101
""",
    "a bare return beside one with a value": """
def get_db(request: Request) -> Session:
    if request.state.closed:
        return  # expect: DI101
    return request.state.db
""",
    "a cast": """
def get_db(request: Request) -> Session:
    return cast(Session, request.state.db or None)  # expect: DI101
""",
    "awaited": """
async def get_db(request: Request) -> Session:
    return await (request.state.db or None)  # expect: DI101
""",
    "a local that is handed out at once": """
def get_db(request: Request) -> Session:
    db = getattr(request.app.state, "db", None)
    return db  # expect: DI101
""",
    "a local whose truth is asked": """
def get_db(request: Request) -> Session:
    db = getattr(request.app.state, "db", None)
    if not db:
        raise HTTPException(503)
    return db
""",
    "a local that is bound twice": """
def get_db(request: Request) -> Session:
    db = None
    db = request.state.db
    return db
""",
    "a local of a loop and of a tuple": """
def get_db(request: Request) -> Session:
    for db in (None,):
        return db
    (db2, x) = None, 1
    return db2  # expect: DI101
""".replace("    for db in (None,):\n        return db\n", ""),
    "a local of a local": """
def get_db(request: Request) -> Session:
    first = None
    db = first
    return db  # expect: DI101
""",
    "an entry of app.state": """
def get_db(request: Request) -> Session:
    return request.app.state.get("db")  # expect: DI101
""",
    "an entry of app.state, or something": """
def get_db(request: Request) -> Session:
    return request.app.state.get("db", Session())
""",
    "None of a function in the function": """
def get_db(request: Request) -> Session:
    def inner():
        return None
    return request.state.db
""",
    "only bare returns": """
def get_db(request: Request):  # expect: DI101
    if request.state.closed:
        return
    return None  # the first
""".replace("  # the first", "")
    .replace("def get_db(request: Request):  # expect: DI101", "def get_db(request: Request):")
    .replace("    return None\n", "    return None  # expect: DI101\n"),
    "yield None": """
def get_db(request: Request):
    if request.state.closed:
        yield None  # expect: DI101
    else:
        yield request.state.db
""",
    "yield alone": """
async def get_db(request: Request):
    yield  # expect: DI101
""",
    "a generator's bare return is no value": """
def get_db(request: Request):
    if request.state.closed:
        raise HTTPException(503)
    yield request.state.db
    return
""",
    "a generator's path that never yields": """
def get_db(request: Request):
    if request.state.ready:
        yield request.state.db
""",
    "getattr of anything": """
def get_db(request: Request) -> Session:
    return getattr(request.state, "db", None)  # expect: DI101
""",
    "getattr with another default": """
def get_db(request: Request) -> Session:
    return getattr(request.state, "db", Session())
""",
    "get of app.state": """
def get_db(request: Request) -> Session:
    return request.app.state._state.get("db")  # expect: DI101
""",
    "get of app.state with a default": """
def get_db(request: Request) -> Session:
    return request.app.state._state.get("db", Session())
""",
    "get of another mapping": """
def get_db(request: Request) -> str:
    return request.headers.get("db")
""",
    "a local handed out unseen": """
def get_db(request: Request) -> Session:
    db = getattr(request.app.state, "db", None)
    return db  # expect: DI101
""",
    "a local that is looked at": """
def get_db(request: Request) -> Session:
    db = getattr(request.app.state, "db", None)
    if db is None:
        raise HTTPException(503)
    return db
""",
    "a path ends without a value": """
def get_db(request: Request) -> Session:  # expect: DI101
    if request.state.ready:
        return request.state.db
""",
    "a handler that swallows": """
def get_db(request: Request) -> Session:  # expect: DI101
    try:
        return request.app.state.db
    except AttributeError:
        print("no database")
""",
    "a handler that raises": """
def get_db(request: Request) -> Session:
    try:
        return request.app.state.db
    except AttributeError:
        raise HTTPException(503) from None
""",
    "every branch returns or raises": """
def get_db(request: Request) -> Session:
    if request.state.a:
        return request.state.db
    elif request.state.b:
        raise HTTPException(503)
    else:
        return request.state.other
""",
    "a helper that always raises": """
def refuse(request: Request):
    if request.state.a:
        raise HTTPException(401)
    raise HTTPException(403)
def get_db(request: Request) -> Session:
    if request.state.ready:
        return request.state.db
    refuse(request)
""",
    "a helper that never returns": """
def refuse() -> NoReturn:
    sys.exit(1)
def get_db(request: Request) -> Session:
    if request.state.ready:
        return request.state.db
    refuse()
""",
    "an endless loop": """
def get_db(request: Request) -> Session:
    while True:
        if request.state.ready:
            return request.state.db
""",
    "a loop that comes to its end": """
def get_db(request: Request) -> Session:  # expect: DI101
    for db in request.state.all:
        if db.ready:
            return db
""",
    "suppress": """
def get_db(request: Request) -> Session:  # expect: DI101
    with suppress(AttributeError):
        return request.app.state.db
""",
    "a body of three dots": """
def get_db(request: Request) -> Session: ...
""",
    "a docstring alone": """
def get_db(request: Request) -> Session:
    '''The session.'''
""",
    "Any and object": """
def get_any(request: Request) -> Any:
    return request.state.db
def get_db(request: Request, other: Annotated[Any, Depends(get_any)]) -> object:
    return request.state.db
""",
    "no annotation and always a value": """
def get_db(request: Request):
    return request.state.db
""",
    "None of an inner function": """
def get_db(request: Request) -> Session:
    def nothing():
        return None
    nothing()
    return request.state.db
""",
    "a cast of None": """
def get_db(request: Request) -> Session:
    return cast(Session, None)  # expect: DI101
""",
    "nothing but None": """
def get_db(request: Request) -> None:  # expect: DI101
    request.state.seen = True
""",
    "a walrus": """
def get_db(request: Request) -> Session:
    return (db := request.app.state._state.get("db"))  # expect: DI101
""",
    "one of two is fetched": """
def get_db(request: Request) -> Session:
    return request.app.state._state.get("db") if request.state.ready else request.state.db  # expect: DI101
""",
    "the other of two is fetched": """
def get_db(request: Request) -> Session:
    return request.state.db if request.state.ready else request.app.state._state.get("db")  # expect: DI101
""",
    "fetched and cast": """
def get_db(request: Request) -> Session:
    return cast(Session, request.app.state._state.get("db"))  # expect: DI101
""",
    "fetched if nothing else": """
def get_db(request: Request) -> Session:
    return request.state.db or request.app.state._state.get("db")  # expect: DI101
""",
    "a local that is set again": """
def get_db(request: Request) -> Session:
    db = None
    if request.state.ready:
        db = request.state.db
    return db  # expect: DI101
""",
    "a local that may be None": """
def get_db(request: Request) -> Session:
    db = request.state.db or None
    return db  # expect: DI101
""",
    "a local that is fetched": """
def get_db(request: Request) -> Session:
    db = request.app.state._state.get("db")
    return db  # expect: DI101
""",
    "an ellipsis is something": """
def get_db(request: Request) -> Session:
    return ...
""",
    "nothing but bare returns": """
def get_db(request: Request) -> Session:  # expect: DI101
    if request.state.closed:
        return
    raise HTTPException(404)
""",
    "a docstring, and a path that ends": """
def get_db(request: Request) -> Session:  # expect: DI101
    'The session.'
    if request.state.ready:
        return request.state.db
""",
    "match without a last case": """
def get_db(request: Request) -> Session:  # expect: DI101
    match request.state.kind:
        case "a":
            return request.state.a
        case "b":
            return request.state.b
""",
    "match with a last case": """
def get_db(request: Request) -> Session:
    match request.state.kind:
        case "a":
            return request.state.a
        case _:
            raise HTTPException(404)
""",
}


@pytest.mark.parametrize("body", PROVIDERS.values(), ids=PROVIDERS)
def test_a_provider_supplies_its_value_or_raises(body: str) -> None:
    files = {"app/deps.py": f"{HEAD}{body}\nDbDep = Annotated[Session, Depends(get_db)]\n"}

    found = found_in(program_from(files), [NULLABLE_PROVIDER])

    assert found == expected_in(files)


ENDS = {
    "a function of a module below that raises by its name": ("    sys.errors.raise_not_found()\n", False),
    "a module whose name says so": ("    raise_.errors.log()\n", True),
    "while True": ("    while True:\n        pass\n", False),
    "while True with a break": ("    while True:\n        if request:\n            break\n", True),
    "while True with a break of an inner loop": ("    while True:\n        for _ in ():\n            break\n", False),
    "while True with a break behind an inner loop": (
        "    while True:\n        for _ in ():\n            pass\n        else:\n            break\n",
        True,
    ),
    "while True with a break in a function": (
        "    while True:\n        def inner():\n            for _ in ():\n                break\n",
        False,
    ),
    "while of a condition": ("    while request:\n        return 1\n", True),
    "while of a condition with an else": ("    while request:\n        pass\n    else:\n        return 1\n", False),
    "while with a break and an else": ("    while request:\n        break\n    else:\n        return 1\n", True),
    "for": ("    for _ in request:\n        return 1\n", True),
    "for with an else": ("    for _ in request:\n        pass\n    else:\n        raise ValueError\n", False),
    "for with a break and an else": ("    for _ in request:\n        break\n    else:\n        return 1\n", True),
    "if without else": ("    if request:\n        return 1\n", True),
    "if and else": ("    if request:\n        return 1\n    else:\n        raise ValueError\n", False),
    "if and an else that ends": ("    if request:\n        return 1\n    else:\n        print()\n", True),
    "if True": ("    if True:\n        return 1\n", False),
    "if True that ends": ("    if True:\n        print()\n    else:\n        return 1\n", True),
    "a try that returns": ("    try:\n        return 1\n    except ValueError:\n        raise\n", False),
    "a handler that ends": ("    try:\n        return 1\n    except ValueError:\n        print()\n", True),
    "the second handler ends": (
        "    try:\n        return 1\n    except ValueError:\n        raise\n    except TypeError:\n        print()\n",
        True,
    ),
    "the else of a try returns": (
        "    try:\n        print()\n    except ValueError:\n        raise\n    else:\n        return 1\n",
        False,
    ),
    "the else of a try ends": (
        "    try:\n        print()\n    except ValueError:\n        raise\n    else:\n        print()\n    if request:\n        return 1\n",
        True,
    ),
    "the finally returns": ("    try:\n        print()\n    finally:\n        return 1\n", False),
    "the finally ends": ("    try:\n        return 1\n    finally:\n        print()\n", False),
    "a with": ("    with open('x'):\n        return 1\n", False),
    "a with that suppresses": ("    with open('x'), suppress(ValueError):\n        return 1\n", True),
    "a match of literals": (
        "    match request:\n        case 1:\n            return 1\n        case 'x':\n            return 2\n",
        True,
    ),
    "a match of everything": (
        "    match request:\n        case 1:\n            return 1\n        case _:\n            return 2\n",
        False,
    ),
    "a match of which a case ends": (
        "    match request:\n        case 1:\n            return 1\n        case _:\n            print()\n",
        True,
    ),
    "assert False": ("    if request:\n        return 1\n    assert False\n", False),
    "assert something": ("    if request:\n        return 1\n    assert request\n", True),
    "sys.exit": ("    if request:\n        return 1\n    sys.exit(1)\n", False),
    "a function of the target that raises": ("    if request:\n        return 1\n    never()\n", False),
    "a function of the target that says so": ("    if request:\n        return 1\n    said()\n", False),
    "a function of the target that may return": ("    if request:\n        return 1\n    maybe()\n", True),
    "a function of the target that ends": ("    if request:\n        return 1\n    fail()\n", True),
    "a function that calls itself": ("    if request:\n        return 1\n    ring()\n", True),
    "a function by its name": ("    if request:\n        return 1\n    request.abort_now()\n", False),
    "a function by its name, private": ("    if request:\n        return 1\n    request._raise_for()\n", False),
    "a function by another name": ("    if request:\n        return 1\n    request.unfail()\n", True),
    "awaited": ("    if request:\n        return 1\n    await forever()\n", False),
    "something else": ("    if request:\n        return 1\n    request\n", True),
    "an assignment": ("    if request:\n        return 1\n    x = never()\n", True),
    "a generator": ("    if request:\n        return 1\n    lazy()\n", True),
    "pass": ("    if request:\n        return 1\n    pass\n", True),
}
HELPERS = """
def never():
    raise ValueError
def said() -> "t.Never": ...
def maybe():
    if sys:
        return
    raise ValueError
def fail():
    print()
def ring():
    ring()
def lazy():
    yield
    raise ValueError
async def forever():
    while True:
        pass
"""


@pytest.mark.parametrize(("body", "reported"), ENDS.values(), ids=ENDS)
def test_a_path_that_ends_supplies_none(body: str, reported: bool) -> None:
    text = f"{HEAD}{HELPERS}async def provide(request: Request):\n{body}A = Annotated[Session, Depends(provide)]\n"
    program = program_from({"app/deps.py": text})

    said = [v.message for s in NULLABLE_PROVIDER.subjects(program) for v in NULLABLE_PROVIDER.check(program, s)]

    assert said == ["provider `provide` can supply None: a path ends without a value"] * reported


ELSEWHERE = {
    "a guard in lists and as a parameter typed None": """
def check(request: Request) -> None:
    return None
CheckedDep = Annotated[None, Depends(check)]
@router.get("/", dependencies=[Depends(check)])
def index(_: None = Depends(check), __: CheckedDep = None) -> str:
    return ""
""",
    "what is both a guard and a value": """
def check(request: Request) -> None:  # expect: DI101
    return None
@router.get("/", dependencies=[Depends(check)])
def index(user: str = Depends(check)) -> str:
    return ""
""",
    "each definition of a name": """
if sys.platform == "win32":
    def load(request: Request) -> str:
        return ""
else:
    def load(request: Request) -> str | None:  # expect: DI101
        return None
@router.get("/")
def index(user: str = Depends(load)) -> str:
    return ""
""",
    "an overload is no definition": """
@t.overload
def load(request: Request) -> None: ...
@t.overload
def load(request: str) -> str: ...
def load(request) -> str:
    return ""
@router.get("/")
def index(user: str = Depends(load)) -> str:
    return ""
""",
    "the inner function of a factory": """
def require(role: str):
    def checker(request: Request) -> Optional[str]:  # expect: DI101
        return None
    return checker
@router.get("/")
def index(user: str = Security(require("admin"))) -> str:
    return ""
""",
    "an instance that is called": """
class Loader:
    def __call__(self, request: Request) -> str | None:  # expect: DI101
        return None
@router.get("/")
def index(user: str = Depends(Loader())) -> str:
    return ""
""",
    "a method of an object": """
class Loader:
    def load(self, request: Request):
        return None  # expect: DI101
loader = Loader()
@router.get("/")
def index(user: str = Depends(loader.load)) -> str:
    return ""
""",
    "a class supplies itself": """
class Page:
    def __init__(self, size: int | None = None) -> None:
        self.size = size
@router.get("/")
def index(page: Annotated[Page, Depends()], other: Page = Depends(lambda: None)) -> str:
    return ""
""",
    "a helper is no provider": """
def find(request: Request) -> str | None:
    return None
@router.get("/")
def index(request: Request) -> str:
    return find(request) or ""
""",
}


@pytest.mark.parametrize("body", ELSEWHERE.values(), ids=ELSEWHERE)
def test_only_what_supplies_a_value_is_looked_at(body: str) -> None:
    files = {"app/routes.py": f"{HEAD}{body}"}

    found = found_in(program_from(files), [NULLABLE_PROVIDER])

    assert found == expected_in(files)


def test_the_message_says_where_only_the_annotation_admits_none() -> None:
    body = """
def get_a(request: Request) -> Session | None:
    return request.state.a
def get_b(request: Request) -> Session | None:
    return None
A = Annotated[Session, Depends(get_a)]
B = Annotated[Session, Depends(get_b)]
"""
    program = program_from({"app/deps.py": f"{HEAD}{body}"})

    violations = [v for s in NULLABLE_PROVIDER.subjects(program) for v in NULLABLE_PROVIDER.check(program, s)]

    told = {v.place.symbol: "only the annotation" in v.message for v in violations if isinstance(v, Violation)}
    assert told == {"get_a": True, "get_b": False}


DEPENDENCIES = {
    "in a class": """
class Views:
    db: Session = Depends(get_db)
    maybe: Session | None = Depends(get_db)  # expect: DI102
    annotated: Annotated[Session, Depends(get_db)] = None  # expect: DI102
    elliptic: Annotated[Session, Depends(get_db)] = ...
    @router.get("/")
    def index(self) -> str: ...
""",
    "an alias as the type of what calls fill": """
MaybeDep = Annotated[Session | None, Depends(get_db)]  # expect: DI102
def helper(db: MaybeDep): ...
def of_an_endpoint(db: MaybeDep = None): ...
@router.get("/")
def index(db: MaybeDep) -> str:
    helper(db)
    helper(None)
    return ""
@router.get("/two", dependencies=[Depends(of_an_endpoint)])
def two() -> str: ...
""",
    "the defaults of a parameter": """
@router.get("/")
def index(
    a: Annotated[Session, Depends(get_db)] = None,  # expect: DI102
    b: Annotated[Session, Depends(get_db)] = ...,
    c: Annotated[Session, Depends(get_db)] = 1,
) -> str: ...
""",
    "every spelling": """
@router.get("/")
def index(
    a: Annotated[Session | None, Depends(get_db)],  # expect: DI102
    b: "Annotated[t.Optional[Session], Depends(get_db)]",  # expect: DI102
    c: t.Annotated[Union[Session, None], Security(get_db)],  # expect: DI102
    d: Annotated[Session, Depends(get_db)] | None,  # expect: DI102
    e: Optional["Session"] = Depends(get_db),  # expect: DI102
    f: Session = Depends(get_db),
    *,
    g: None | Session = Depends(get_db),  # expect: DI102
) -> str:
    return ""
""",
    "aliases of aliases": """
Maybe = Annotated[Session | None, Depends(get_db)]  # expect: DI102
Again = Maybe
MaybeSession: t.TypeAlias = Optional[Session]
Third: t.TypeAlias = Annotated[MaybeSession, Depends(get_db)]  # expect: DI102
DbDep = Annotated[Session, Depends(get_db)]
Fourth = Optional[DbDep]  # expect: DI102
type Fifth = Annotated[Session | None, Depends(get_db)]  # expect: DI102
@router.get("/")
def index(a: Maybe, b: Again, c: Third, d: Fourth, e: Fifth, f: DbDep) -> str:
    return ""
""",
    "an alias made optional at the parameter": """
DbDep = Annotated[Session, Depends(get_db)]
@router.get("/")
def index(
    a: DbDep | None = None,  # expect: DI102
    b: Optional[DbDep] = None,  # expect: DI102
    c: DbDep = None,  # expect: DI102
) -> str:
    return ""
""",
    "an alias as the type of what a service is handed": """
DbDep = Annotated[Session, Depends(get_db)]
class Service:
    def list(self, db: DbDep | None = None) -> str:
        return ""
service = Service()
@router.get("/")
def index(db: DbDep) -> str:
    return service.list(db)
""",
    "an alias as the type of a model's field": """
from pydantic import BaseModel
NameDep = Annotated[str, Depends(get_db)]
class Start(BaseModel):
    name: NameDep | None = None
@router.post("/")
def start(body: Start) -> str:
    return ""
""",
    "exactly None": """
@router.get("/")
def index(a: None = Depends(get_db), b: Annotated[None, Depends(get_db)] = None) -> str:
    return ""
""",
    "credentials of the framework": """
bearer = HTTPBearer(auto_error=False)
class Own(APIKeyHeader):
    pass
@router.get("/")
def index(
    a: Annotated[str | None, Depends(bearer)],
    b: Annotated[str | None, Security(OAuth2PasswordBearer(tokenUrl="t", auto_error=False))],
    c: str | None = Depends(Own(name="x", auto_error=False)),
) -> str:
    return ""
""",
    "fields of classes that are injected": """
from dataclasses import dataclass
@dataclass
class Bundle:
    db: Annotated[Session | None, Depends(get_db)]  # expect: DI102
    size: int | None = None
class View:
    db: Session | None = Depends(get_db)  # expect: DI102
@router.get("/")
def index(bundle: Annotated[Bundle, Depends()]) -> str:
    return ""
""",
    "providers and methods have parameters too": """
class Service:
    def __init__(self, db: Session | None = Depends(get_db)) -> None:  # expect: DI102
        self.db = db
def get_name(db: Annotated[Session | None, Depends(get_db)]) -> str:  # expect: DI102
    return ""
""",
    "a type that can be anything": """
@router.get("/")
def index(a: Annotated[Any, Depends(get_db)], b=Depends(get_db), c: object = Depends(get_db)) -> str:
    return ""
""",
    "depends under another name": """
from fastapi import Depends as D
import fastapi
from app.inject import given
@router.get("/")
def index(
    a: Annotated[Session | None, D(get_db)],  # expect: DI102
    b: Annotated[Session | None, fastapi.Depends(get_db)],  # expect: DI102
    c: Session | None = given(get_db),  # expect: DI102
) -> str:
    return ""
""",
}


@pytest.mark.parametrize("body", DEPENDENCIES.values(), ids=DEPENDENCIES)
def test_what_is_injected_is_not_typed_optional(body: str) -> None:
    provider = "def get_db(request: Request) -> Session:\n    return request.state.db\n"
    files = {
        "app/inject.py": "from fastapi import Depends\ndef given(provider):\n    return Depends(provider)\n",
        "app/routes.py": f"{HEAD}{provider}{body}",
    }

    found = found_in(program_from(files), [NULLABLE_DEPENDENCY])

    assert found == expected_in(files)


def test_an_alias_in_another_module_is_reported_there_alone() -> None:
    files = files_of("""
--- app/deps/db.py
from typing import Annotated
from fastapi import Depends, Request

def get_db(request: Request) -> str:
    return request.state.db

DbDep = Annotated[str | None, Depends(get_db)]  # expect: DI102
--- app/deps/__init__.py
from .db import DbDep as SessionDep
--- app/routes.py
from fastapi import APIRouter
from app import deps
from app.deps import *

router = APIRouter()

@router.get("/")
def index(a: deps.SessionDep, b: SessionDep) -> str:
    return ""
""")

    found = found_in(program_from(files), [NULLABLE_DEPENDENCY])

    assert found == expected_in(files)
