"""DV501-DV505: responses, answers of other systems, dumps, bodies and arguments of tasks."""

from __future__ import annotations

import pytest

from conformance.examples import expected_in, found_in, program_from
from conformance.rules.validation.dict_get_on_validated import RULE as DUMP
from conformance.rules.validation.endpoint_without_response_model import RULE as RESPONSE_MODEL
from conformance.rules.validation.raw_request_body import RULE as BODY
from conformance.rules.validation.unvalidated_response import RULE as RESPONSE
from conformance.rules.validation.unvalidated_task_argument import RULE as ARGUMENT

ROUTES = """
import typing as t
from http import HTTPStatus
from typing import Annotated, Any, Dict, List, Optional, Union
from fastapi import APIRouter, FastAPI, Request, Response, WebSocket, status
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, StreamingResponse
from pydantic import BaseModel

class Item(BaseModel):
    id: int

class Csv(Response):
    media_type = "text/csv"

router = APIRouter()
app = FastAPI()
Json = Dict[str, Any]
NO_CONTENT = 204
"""

ENDPOINTS = {
    "types that say nothing": """
@router.get("/1")
def a() -> Dict[str, Any]:  # expect: DV501
    return {}
@router.get("/2")
def b() -> t.Any:  # expect: DV501
    return {}
@router.get("/3")
def c() -> object:  # expect: DV501
    return {}
@router.get("/4")
def d() -> list:  # expect: DV501
    return []
@router.get("/5")
def e() -> "dict | None":  # expect: DV501
    return None
@router.get("/6")
def f() -> List[dict]:  # expect: DV501
    return []
@router.get("/7", response_model=dict)
def g() -> Item:  # expect: DV501
    return Item(id=1)
@router.get("/8", response_model=None)
def h() -> Item:  # expect: DV501
    return Item(id=1)
@router.get("/9", **{"response_model": None})
def i():  # expect: DV501
    return 1
@router.api_route("/10", methods=["GET"])
def j() -> Optional[Json]:  # expect: DV501
    return None
""",
    "types that say something": """
@router.get("/1")
def a() -> dict[str, int]:
    return {}
@router.get("/2")
def b() -> list[dict[str, int]]:
    return []
@router.get("/3")
def c() -> None:
    return None
@router.get("/4")
def d() -> Annotated[Item, "x"]:
    return Item(id=1)
@router.get("/5")
def e() -> Union[Item, None]:
    return None
@router.get("/6", response_model=Item)
def f() -> dict:
    return {}
@router.get("/7", **{"response_model": Item})
def g():
    return {}
def h() -> Item:
    return Item(id=1)
router.add_api_route("/8", h)
def i():
    return 1
router.add_api_route("/9", endpoint=i, response_model=int)
""",
    "responses and no content": """
@router.get("/1", response_model=None)
def a() -> Csv | RedirectResponse:
    return Csv("")
@router.get("/2")
def b(flag: bool):
    if flag:
        return JSONResponse({})
    response = StreamingResponse(iter(()))
    return response
@router.get("/3")
def c(flag: bool):  # expect: DV501
    if flag:
        return JSONResponse({})
    return {}
@router.delete("/4", status_code=NO_CONTENT)
def d():
    pass
@router.delete("/5", status_code=HTTPStatus.NO_CONTENT)
def e():
    pass
@router.get("/6", include_in_schema=False)
def f():
    return {}
@app.websocket("/7")
async def g(socket: WebSocket):
    await socket.accept()
@router.post("/8", status_code=201)
def h():  # expect: DV501
    pass
def page():
    return HTMLResponse("")
@router.get("/9")
def i():
    return page()
""",
    "responses that are made in other ways": """
async def answer():
    return JSONResponse({})
@router.get("/1")
async def a(flag: bool):
    return await answer() if flag else RedirectResponse("/")
@router.get("/2")
def b(flag: bool):  # expect: DV501
    return JSONResponse({}) if flag else {}
@router.get("/3")
def c(flag: bool):  # expect: DV501
    return {} if flag else JSONResponse({})
@router.get("/4")
def d(templates):
    return templates.TemplateResponse("index.html")
@router.get("/5")
def e(templates):  # expect: DV501
    return templates.render("index.html")
@router.get("/6")
def f(templates):  # expect: DV501
    return templates.makeResponse("index.html")
@router.get("/7")
def g(client):  # expect: DV501
    import httpx
    return httpx.Response(200)
@router.get("/8")
def h():  # expect: DV501
    return Item
RESPONSE = "response_model"
NAMED = {RESPONSE: Item}
NOTHING = {RESPONSE: None, **{}}
@router.get("/11", **NAMED)
def k():
    return 1
@router.get("/12", **NOTHING)
def l():  # expect: DV501
    return 1
GIVEN = {"response_model": Item, "tags": ["x"]}
@router.get("/9", **GIVEN)
def i():
    return 1
@router.get("/10", **{**GIVEN})
def j():  # expect: DV501
    return 1
""",
    "what is no router": """
from lib import Cache, router as unknown
cache = Cache()
@cache.get("/1")
def a():
    return {}
@unknown.get("/2")
def b():
    return {}
class Own:
    def get(self, path):
        return lambda f: f
own = Own()
@own.get("/3")
def c():
    return {}
@app.router.get("/4")
def d():  # expect: DV501
    return {}
""",
    "defaults of routers": """
pages = APIRouter(default_response_class=HTMLResponse)
hidden = APIRouter(include_in_schema=False)
inner = APIRouter()
@pages.get("/1")
def a():
    return ""
@hidden.get("/2")
def b():
    return {}
@inner.get("/3")
def c():
    return {}
app.include_router(inner, include_in_schema=False)
@router.get("/4")
def d():  # expect: DV501
    return {}
app.include_router(router)
""",
}


@pytest.mark.parametrize("text", ENDPOINTS.values(), ids=ENDPOINTS)
def test_an_endpoint_says_what_it_answers(text: str) -> None:
    files = {"app/routes/items.py": ROUTES + text}

    found = found_in(program_from(files), [RESPONSE_MODEL])

    assert found == expected_in(files)


CLIENT = """
import logging
from dataclasses import dataclass
import aiohttp
import httpx
import requests
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, TypeAdapter, parse_obj_as
from app.parsing import parse, passes, Weather

logger = logging.getLogger(__name__)
adapter = TypeAdapter(list[Weather])

class ApiError(Exception): ...
"""

PARSING = """
from pydantic import BaseModel

class Weather(BaseModel):
    temp: float
    @classmethod
    def from_api(cls, data):
        return cls(**data["current"])

def parse(data):
    return Weather(**data)

def passes(data):
    return data["temp"]
"""

ANSWERS = {
    "validated": """
def a(http: httpx.Client):
    return [Weather(**row) for row in http.get("/").json()["rows"]]
def b(http: httpx.Client):
    r = http.get("/")
    data = r.json()
    if data.get("error"):
        raise ApiError(data["error"])
    return Weather.model_validate(data["main"])
def c():
    return adapter.validate_python(requests.get("/").json())
def d():
    return parse_obj_as(list[Weather], requests.post("/").json())
async def e(session: aiohttp.ClientSession):
    async with session.get("/") as r:
        return Weather(**(await r.json()))
def f():
    return parse(requests.get("/").json())
def raw():
    return requests.get("/").json()
def g():
    return Weather(**raw())
def h():
    rows = []
    for page in range(3):
        rows.extend(requests.get("/").json()["rows"])
    return [Weather(**row) for row in rows]
def i():
    data = requests.get("/").json()
    return Weather(temp=data["main"]["temp"])
def j():
    return Weather.from_api(requests.get("/").json())
def k():
    if (data := requests.get("/").json()):
        return Weather(**data)
""",
    "validated behind other steps": """
import copy
import pydantic
from pydantic.dataclasses import dataclass as validated
import lib
@validated
class Place:
    name: str
class Derived(Place):
    pass
@pydantic.dataclasses.dataclass(frozen=True)
class Spot:
    name: str
def a():
    first, *rest = requests.get("/").json()
    return [Weather(**row) for row in rest], first
def b():
    found = {}
    found["x"] = requests.get("/").json()
    return Weather(**found["x"])
def c():
    return Place(**requests.get("/").json())
def d():
    return Derived(**requests.get("/").json())
def e():
    return Spot(**requests.get("/").json())
def f():
    return lib.Model(**requests.get("/").json())
def g(**data):
    return Weather(**data)
def h():
    return g(**requests.get("/").json())
def i():
    data = requests.get("/").json()
    def inner():
        return Weather(**data)
    return inner()
def j():
    for row in requests.get("/").json():
        Weather(**row)
def k():
    data = requests.get("/").json() or []
    data = data if data else []
    return Weather(**data)
def l():
    return Weather(**(requests.get("/").json() + []))
def m():
    with requests.get("/").json() as data:
        return Weather(**data)
def n():
    return Weather.from_api(data=requests.get("/").json())
def o():
    return Weather(**copy.deepcopy(requests.get("/").json()))
def p():
    if len(requests.get("/").json()) and isinstance(requests.get("/").json(), dict):
        pass
    return not requests.get("/").json()
def q():
    if requests.get("/").json() is None:
        pass
    while requests.get("/").json():
        pass
    return 1 if requests.get("/").json() else 2
def generated():
    yield requests.get("/").json()
def r():
    return [Weather(**row) for row in generated()]
""",
    "a field that decides, and one that tells of an error": """
def a(http: httpx.Client):
    data = http.get("/").json()  # expect: DV502
    if data.get("paid", False) is True:
        return "paid"
    return "open"
def b():
    if requests.get("/").json()["data"]["writable"]:  # expect: DV502
        scope = "write"
    else:
        scope = "read"
    return scope
def c():
    data = requests.get("/").json()  # expect: DV502
    return not data["closed"]
def d():
    data = requests.get("/").json()  # expect: DV502
    return 1 if data["open"] and not data.get("closed") else 2
def e():
    data = requests.get("/").json()
    if not data.get("ok"):
        raise ApiError
def f():
    data = requests.get("/").json()
    if data["error"] is not None:
        logger.warning("failed")
        return None
    if data.get("errors") or data.get("warnings"):
        logger.warning("failed")
    for _ in range(3):
        if not data["ready"]:
            continue
    if data.get("ok"):
        return 1
    else:
        return False
""",
    "validated, and used besides": """
import lib
def a():
    data = requests.get("/").json()
    lib.Model(**data)
    return data["x"]
def b():
    data = requests.get("/").json()
    lib.load(**data)  # no class
    return data["x"]
def c():
    data = requests.get("/").json()
    for row in data["rows"]:
        Weather(**row)
    return data
def d():
    data = requests.get("/").json()
    first, second = data
    Weather(**second)
    return first
def e():
    data = requests.get("/").json()
    found = []
    found.append(data)
    adapter.validate_python(found)
    return data
def f():
    data = requests.get("/").json()
    if data is not None and data is None:
        return 1
    raise ApiError(data)
""".replace(
        'requests.get("/").json()\n    lib.load', 'requests.get("/").json()  # expect: DV502\n    lib.load'
    ).replace("  # no class", ""),
    "used behind other steps": """
import lib
class NoError(lib.Base):
    pass
def no_error():
    return NoError(requests.get("/").json())  # expect: DV502
class Wrapped(lib.SomeError):
    pass
def an_error():
    return Wrapped(requests.get("/").json())
import lib
import copy
def a(cache):
    cache["x"] = requests.get("/").json()  # expect: DV502
def b(cache):
    cache.extend(requests.get("/").json())  # expect: DV502
def c():
    return lib.load(**requests.get("/").json())  # expect: DV502
def d():
    return lib.load(requests.get("/").json())  # expect: DV502
def of(first, second=None):
    return first
def e():
    return of(1, requests.get("/").json())
def f():
    return of(requests.get("/").json()["x"])  # expect: DV502
def g():
    return of(second=1, first=requests.get("/").json())  # expect: DV502
def h(**given):
    return given["x"]
def i():
    return h(**requests.get("/").json())  # expect: DV502
def j():
    return of(**requests.get("/").json())  # expect: DV502
def k():
    return requests.get("/").json() == {}  # expect: DV502
def l():
    return lambda: requests.get("/").json()  # expect: DV502
def m():
    data = requests.get("/").json()  # expect: DV502
    def inner():
        return data["x"]
    return inner()
def n():
    return copy.copy(requests.get("/").json())["x"]  # expect: DV502
def o():
    return 1 if 2 else requests.get("/").json()  # expect: DV502
LOADED = requests.get("/").json()  # expect: DV502
lib.load(LOADED["x"])
class Service:
    def own(self):
        return requests.get("/").json()  # expect: DV502
    def other(self):
        return self.own()
def q(items):
    items[0].append(requests.get("/").json())  # expect: DV502
def r():
    a.b.c = requests.get("/").json()  # expect: DV502
def s():
    assert requests.get("/").json()["ok"]  # expect: DV502
""",
    "raised, logged, dropped": """
import logging as logs
def e(r: requests.Response):
    logs.getLogger("x").error("failed", r.json())
    del r.json()["x"]
    print(r.json())
    raise ValueError from ApiError(r.json())
class Failure(ApiError):
    pass
def f(r: requests.Response):
    failure = Failure(r.json())
    return failure
def a(r: httpx.Response):
    raise HTTPException(502, detail=r.json())
def b(r: httpx.Response):
    detail = r.json()
    logger.warning("failed", extra={"detail": detail})
    raise ApiError(detail)
def c(r: requests.Response):
    r.json()
def d(r: requests.Response):
    message = f"failed: {r.json()['detail']}"
    raise ApiError(message)
""",
    "used": """
def a(http: httpx.Client):
    return http.get("/").json()  # expect: DV502
def b(http: httpx.Client):
    data = http.get("/").json()  # expect: DV502
    return data["a"], data["b"]
async def c(session: aiohttp.ClientSession):
    async with session.get("/") as r:
        body = await r.json()  # expect: DV502
    return body
def d():
    return passes(requests.get("/").json())  # expect: DV502
@dataclass
class Plain:
    temp: float
def e():
    return Plain(**requests.get("/").json())  # expect: DV502
class Service:
    def load(self, client: httpx.Client):
        self.data = client.get("/").json()  # expect: DV502
def f(ids):
    with requests.Session() as session:
        for row in session.get("/").json():  # expect: DV502
            print(row)
            ids.append(row["id"])
""",
    "other things": """
def a(model: Weather):
    return model.json()
def b(request):
    return request.json()
""",
    "an endpoint's response model validates": """
router = APIRouter()
@router.get("/1", response_model=Weather)
def a():
    return requests.get("/").json()
@router.get("/2")
def b() -> dict:
    return requests.get("/").json()  # expect: DV502
""",
}


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_validated_before_it_is_used(text: str) -> None:
    files = {
        "app/parsing.py": PARSING,
        "app/services/weather.py": CLIENT + text,
        "tests/test_weather.py": (CLIENT + text).replace("# expect", "#"),
    }

    found = found_in(program_from(files), [RESPONSE])

    assert found == expected_in(files)


def test_a_dump_is_not_read_by_its_keys() -> None:
    files = {
        "app/models/user.py": (
            "from pydantic import BaseModel\nfrom sqlmodel import SQLModel\n"
            "class User(BaseModel):\n    email: str\nclass Row(SQLModel, table=True):\n    id: int\n"
        ),
        "app/services/users.py": """
from app.models.user import Row, User
import httpx
KEY = "email"
def a(user: User):
    return user.model_dump(exclude_none=True)["email"]  # expect: DV503
def b(users: list[User]):
    return [u.dict().get("email", "") for u in users]  # expect: DV503
def c(row: Row):
    data = row.model_dump()
    data["name"] = 2
    del data["name"]
    if data["id"]:  # expect: DV503
        return data.get(KEY)
    return dict(row)["id"]  # expect: DV503
def d(user: User, key: str, other: dict):
    return user.model_dump()[key], other["email"], other.get("email"), User.model_fields["email"]
def e():
    return (User(email="a").model_dump())["email"]  # expect: DV503
def f(user: User, key):
    if (data := user.model_dump()):
        return data["email"]  # expect: DV503
    (other := user.model_dump())["email"]  # expect: DV503
    kept = other = user.model_dump()
    kept["email"], other[key], other.get(key), other.get(), other.pop("email")  # expect: DV503
    kept.get
    return dict(user), dict(user, x=1)["email"], dict([])["email"]
def i(user: User, answer: httpx.Response, others):
    data = user.model_dump()
    value = data["email"]  # expect: DV503
    data = {}
    others[data["email"]] = value
    others.email = user.model_dump()["email"]  # expect: DV503
    return data["email"], answer.dict()["email"], others.model_dump()["email"]
def g(user: User):
    holder = {}
    holder["x"] = user.model_dump()
    return holder["x"]["email"], list(user.model_dump())
def h(user):
    from pydantic import BaseModel
    any_model: BaseModel = user
    any_model.model_dump()["x"]  # expect: DV503
    dict = list
    return dict(User(email="b"))["email"]
""",
    }

    found = found_in(program_from(files), [DUMP])

    assert found[("DV503", "app/services/users.py", 14)] == 1
    files["app/services/users.py"] = files["app/services/users.py"].replace("get(KEY)", "get(KEY)  # expect: DV503")
    assert found == expected_in(files)


BODIES = {
    "endpoints and helpers": """
async def load(request):
    return await request.json()  # expect: DV504
@router.post("/1")
async def a(request: Request):
    return await load(request)
@router.post("/2")
async def b(incoming: "Request"):
    async with incoming.form() as form:  # expect: DV504
        return form
class Views:
    @router.post("/3")
    async def c(self, request: Request):
        return self.body(request)
    async def body(self, request: Request):
        return await request.body()  # expect: DV504
""",
    "providers, streams, other modules": """
async def body(request: Request) -> bytes:
    return await request.body()
@router.post("/1")
async def a(data: Annotated[bytes, Depends(body)]):
    return data
@router.post("/2")
async def b(request: Request):
    async for chunk in request.stream():
        print(chunk)
    return elsewhere(request), request.url, request.query_params
@router.websocket("/3")
async def c(websocket: WebSocket):
    return await websocket.receive_json()
""",
    "signatures that are checked elsewhere": """
import hmac
@router.post("/1")
async def a(request: Request):
    verify_token(request)
    return await request.json()
@router.post("/2")
async def b(request: Request):
    raw = await request.body()
    signed = raw + b"x"
    again = signed
    verify_token(again)
    return await request.json()
@router.post("/3")
async def c(request: Request):
    verify_token(await request.body())
    return await request.json()
@router.post("/4")
async def d(request: Request):
    check(signature=request.headers["x"], data=await request.body())
    return await request.json()
@router.post("/5")
async def e(request: Request):
    raw = await request.body()  # expect: DV504
    other = request.headers
    verify_token(other)
    return await request.json()  # expect: DV504
@router.post("/6")
async def f(request: Request):
    raw = raw
    hmac.new(b"k", raw, "sha256")
    return await request.json()  # expect: DV504
""",
    "signatures": """
import hmac
import stripe
async def check(request: Request) -> None:
    body = await request.body()
    if not hmac.compare_digest(hmac.new(b"k", body, "sha256").hexdigest(), request.headers["x"]):
        raise ValueError
@router.post("/1")
async def a(request: Request):
    payload = await request.body()
    stripe.Webhook.construct_event(payload, request.headers["stripe-signature"], "secret")
    return await request.json()
@router.post("/2", dependencies=[Depends(check)])
async def b(request: Request):
    return await request.json()
@router.post("/3")
async def c(request: Request):
    verify_token(request.headers["x-token"])
    return await request.json()  # expect: DV504
""",
}


@pytest.mark.parametrize("text", BODIES.values(), ids=BODIES)
def test_an_endpoint_does_not_read_the_body(text: str) -> None:
    head = (
        "from typing import Annotated\nfrom fastapi import APIRouter, Depends, Request, WebSocket\n"
        "from app.util import elsewhere, verify_token\nrouter = APIRouter()\n"
    )
    files = {
        "app/util.py": "async def elsewhere(request):\n    return await request.json()\ndef verify_token(t): ...\n",
        "app/routes/items.py": head + text,
    }

    found = found_in(program_from(files), [BODY])

    assert found == expected_in(files)


def test_a_task_validates_what_it_is_given() -> None:
    files = {
        "app/services/users.py": "from app.schemas import User\ndef create(data):\n    return User(**data)\n",
        "app/schemas.py": "from pydantic import BaseModel\nclass User(BaseModel):\n    email: str\n",
        "app/worker.py": """
import typing
from collections.abc import Collection, Iterable, Sequence
from typing import Any, List, Mapping, Optional
from arq import cron
from arq.connections import RedisSettings
from app.schemas import User
from app.services.users import create

def build(data):
    return User.model_validate(data)
async def a(ctx, data: dict):  # expect: DV505
    create(data)
async def b(ctx, data: Any, other: dict[str, Any]):  # expect: DV505
    return build(data), other["x"]
async def c(ctx, data: Optional[dict] = None, rows: list[dict] = (), *, more: "dict | None" = None):  # expect: DV505
    if data is None:
        return rows
    return [User(**row) for row in rows], more["x"], User(**data)
async def d(ctx, **kwargs: Any):  # expect: DV505
    return kwargs["x"]
async def e(ctx, **kwargs: Any):
    return User(**kwargs)
async def f(ctx, data: dict, unknown, flag: bool, names: list[str], ids: dict[str, int]):
    print(data)
    return unknown, flag, names, ids
async def unregistered(ctx, data: dict):
    return data["x"]
class Job:
    async def run(self, ctx, data: dict):  # expect: DV505
        return data["x"]
    @classmethod
    async def of(cls, ctx, data: dict):  # expect: DV505
        return data["x"]
    @staticmethod
    async def at(ctx, data: dict):  # expect: DV505
        return data["x"]
async def g(ctx, data: dict):
    if data:
        print(data)
async def i(ctx, a: Sequence[dict], b: Iterable[dict], c: Collection[dict], d: List[dict], e: typing.List):
    return a, b, c, d, e
async def h(ctx, data: dict, other: Mapping):  # expect: DV505
    kept = list(data.values())
    return kept, other["x"]
class WorkerSettings:
    functions = [a, b, c, d, e, f, g, h, i, Job().run, Job.of, Job.at]
    redis_settings = RedisSettings()
""",
    }

    found = found_in(program_from(files), [ARGUMENT])

    assert found == expected_in(files)
