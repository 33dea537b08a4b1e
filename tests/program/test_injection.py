"""Endpoints, providers and aliases: which there are, and what is known of each."""

from __future__ import annotations

from conformance.examples import files_of, program_from
from conformance.program import Program
from conformance.program.injection import Provider

ENDPOINTS = """
--- app/main.py
import lib
from fastapi import APIRouter, FastAPI
from starlette.routing import Router
app = FastAPI()
router = APIRouter()
class Own(APIRouter): ...
own = Own()
@app.get("/")
def a(): ...
@router.post("/")
def b(): ...
@own.put("/")
def c(): ...
@app.router.delete("/")
def d(): ...
@router.api_route("/", methods=["GET"])
def e(): ...
@router.websocket("/")
async def f(socket): ...
@router.patch("/")
@router.head("/")
def g(): ...
def h(): ...
def i(): ...
def j(): ...
router.add_api_route("/", h)
router.add_api_route("/", endpoint=i)
app.add_api_websocket_route("/", j)
@lib.get("/")
def not_a_router(): ...
@unknown_router.get("/")
def k(): ...
@the.api.get("")
def l(): ...
@unknown_router.get("x")
def no_path(): ...
@unknown_router.get(name)
def unknown_path(): ...
@unknown_router.get()
def no_arguments(): ...
@client.get("/")
def no_name_of_a_router(): ...
@router.exception_handler(404)
def no_verb(): ...
@router.get
def no_call(): ...
class Views:
    @router.get("/")
    def m(self): ...
def make(given: APIRouter, app, other):
    @given.get("/")
    def n(): ...
    @app.get("/")
    def o(): ...
    @other.get("/")
    def p(): ...
    lib.add_api_route("/", h)
def not_added(): ...
"x".add_api_route("/", not_added)
router.add_api_route("/")
"""


def test_what_is_registered_on_a_router_or_app_is_an_endpoint() -> None:
    program = program_from(files_of(ENDPOINTS))

    endpoints = [f"{e.method} {e.function.qualified}" for e in program.injection.endpoints]

    assert sorted(endpoints) == sorted([
        "get a", "post b", "put c", "delete d", "api_route e", "websocket f", "patch g", "head g", "add_api_route h",
        "add_api_route i", "add_api_websocket_route j", "get k", "get l", "get Views.m", "get make.<locals>.n",
        "get make.<locals>.o",
    ])  # fmt: skip
    assert [e.function.name for e in program.injection.endpoints if e.is_websocket] == ["j", "f"]


PROVIDERS = """
--- app/main.py
import functools
import lib
from typing import Annotated, overload
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Security
from fastapi.security import OAuth2PasswordBearer
scheme = OAuth2PasswordBearer("/token")
def direct(): ...
def annotated(): ...
def by_alias(): ...
def listed(): ...
def of_router(): ...
def of_none(): ...
def secured(): ...
def of_class(): ...
def inner(): ...
def outer(x=Depends(inner)): ...
def partly(x): ...
def in_a_test(): ...
def never(): ...
@overload
def overloaded(x: int) -> int: ...
@overload
def overloaded(x: str) -> str: ...
def overloaded(x): ...
class Page:
    def __init__(self, limit: int = 10, offset: int = 0): ...
class OfRequest:
    def __init__(self, request: Request): ...
class Fields:
    limit: int = 10
class Deep:
    def __init__(self, x=Depends(inner)): ...
class Child(Deep): ...
class Role:
    def __init__(self, name): ...
    def __call__(self, request: Request): ...
def require(name):
    def check(): ...
    return check
admin = Role("admin")
Alias = Annotated[int, Depends(by_alias)]
Again = Alias
Optionally = Alias | None
router = APIRouter(dependencies=[Depends(of_router)])
@router.get("/", dependencies=[Depends(listed)])
def index(
    a: Annotated[int, Depends(annotated)],
    b: Alias,
    c: Again,
    d: None = Depends(of_none),
    e: int = Depends(direct),
    f: int = Security(secured, scopes=["x"]),
    g: Page = Depends(),
    h: Annotated[OfRequest, Depends()] = None,
    i: Fields = Depends(Fields),
    j: Child = Depends(Child),
    k: int = Depends(admin),
    l: int = Depends(Role("other")),
    m: int = Depends(require("x")),
    n: int = Depends(outer),
    o: int = Depends(scheme),
    p: int = Depends(lib.current),
    q: int = Depends(lambda: 1),
    r: int = Depends(functools.partial(partly, 1)),
    s: int = Depends(overloaded),
    t: int = Depends(unknown),
    u: int = Query(1),
): ...
class Views:
    x: int = Depends(of_class)
    @router.get("/")
    def view(self): ...
--- tests/test_a.py
from app.main import in_a_test, listed
from fastapi import Depends
def helper(x=Depends(in_a_test), y: int = Depends(listed)): ...
"""


def described(program: Program, provider: Provider) -> str:
    injection = program.injection
    kinds = sorted({use.kind for use in provider.uses})
    flags = [
        *kinds,
        *(["guard"] if provider.is_guard else []),
        *(["parameters"] if injection.is_parameter_class(provider) else []),
        *(["reached"] if provider in injection.reached_by_endpoints() else []),
        *(["made"] if any(use.injection.made_by_call for use in provider.uses) else []),
        *(["scopes"] if any(use.injection.has_scopes for use in provider.uses) else []),
    ]
    return f"{provider.name}: {' '.join(flags)}"


def test_what_is_depended_on_is_a_provider() -> None:
    program = program_from(files_of(PROVIDERS))

    found = [described(program, provider) for provider in program.injection.providers.values()]

    assert sorted(found) == sorted([
        "direct: parameter reached",
        "annotated: parameter reached",
        "by_alias: alias parameter reached",
        "listed: list parameter guard reached",
        "of_router: list guard reached",
        "of_none: parameter guard reached",
        "secured: parameter reached scopes",
        "of_class: attribute reached",
        "inner: parameter reached",
        "outer: parameter reached",
        "partly: parameter parameters reached",
        "in_a_test: parameter",
        "overloaded: parameter parameters reached",
        "Page: parameter parameters reached",
        "OfRequest: parameter reached",
        "Fields: parameter parameters reached",
        "Child: parameter reached",
        "Role: parameter reached made",
        "check: parameter reached made",
        "OAuth2PasswordBearer: parameter reached made",
        "current: parameter reached",
        "lambda: parameter reached",
    ])  # fmt: skip


def test_an_alias_is_known_by_its_name_and_what_repeats_it_as_such() -> None:
    program = program_from(files_of(PROVIDERS))

    aliases = {alias.name: (alias.injection.provider, alias.repeats) for alias in program.injection.aliases.values()}

    by_alias = next(p for p in program.injection.providers.values() if p.name == "by_alias")
    assert aliases == {"Alias": (by_alias, False), "Again": (by_alias, True), "Optionally": (by_alias, True)}


LISTS = """
--- app/main.py
from fastapi import APIRouter, Depends, FastAPI
def of_app(): ...
def of_router(): ...
def of_inclusion(): ...
def of_one_inclusion(): ...
def of_endpoint(): ...
def of_outer(): ...
def maybe(): ...
def role(name):
    def check(): ...
    return check
COMMON = [Depends(of_app)]
app = FastAPI(dependencies=COMMON)
outer = APIRouter(dependencies=[Depends(of_outer)])
router = APIRouter(dependencies=[Depends(of_router), Depends(role("a"))])
twice = APIRouter()
def make(given, flag):
    return APIRouter(dependencies=given)
conditional = APIRouter(dependencies=[Depends(maybe)] if app else [])
@router.get("/", dependencies=[Depends(of_endpoint)])
def a(): ...
@twice.get("/")
def b(): ...
@conditional.get("/")
def c(): ...
@app.get("/")
def d(): ...
unlisted = make([Depends(maybe)], 1)
@unlisted.get("/")
def e(): ...
outer.include_router(router, dependencies=[Depends(of_inclusion)])
app.include_router(outer)
app.include_router(twice, dependencies=[Depends(of_inclusion), Depends(of_one_inclusion), Depends(role("x"))])
app.include_router(router=twice, dependencies=[Depends(of_inclusion), Depends(role("y"))])
app.include_router(conditional)
--- tests/test_a.py
from fastapi import FastAPI
from app.main import router, twice
own = FastAPI()
own.include_router(router)
own.include_router(twice)
"""


def test_what_lists_inject_whichever_way_a_request_takes() -> None:
    program = program_from(files_of(LISTS))
    injection = program.injection

    injected = {
        e.function.name: sorted(u.injection.provider.name for u in injection.always_injected(e) if u.injection.provider)
        for e in injection.endpoints
    }

    assert injected == {
        "a": ["check", "of_app", "of_endpoint", "of_inclusion", "of_outer", "of_router"],
        "b": ["of_app", "of_inclusion"],
        "c": ["of_app"],
        "d": ["of_app"],
        "e": [],
    }
