"""DV502: what another system sends is validated before it is used."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.facts import code
from conformance.program import Program, catalogue, scopes_of
from conformance.program.usage import Fate
from conformance.program.values import Located
from conformance.results import Step, Violation
from conformance.rules.base import Example, Rule


def subjects(program: Program) -> Iterator[Located]:
    """Each `.json()` of a response that an HTTP client gave, outside tests."""
    for module in program.target_modules:
        for scope in scopes_of(module):
            for node in (*scope.nodes.of(code.Call), *scope.deferred.of(code.Call)):
                match node:
                    case code.Call(function=code.Attribute(value=base, name="json")):
                        if program.names.is_instance(program.names.infer(base, scope), *catalogue.RESPONSES):
                            yield Located(node, scope)


def check(program: Program, located: Located) -> Iterator[Violation]:
    """Report an answer of which no model is made, though it is used."""
    outcomes = program.usage.outcomes(located.node, located.scope)
    if any(o.fate is Fate.VALIDATED for o in outcomes):
        return
    used = [o for o in outcomes if o.fate is Fate.USED]
    if not used:
        return
    place = located.scope.module.place(located.node)
    other = [o.scope.module.place(o.node) for o in used if o.scope is not located.scope]
    where = located.scope.symbol or located.scope.module.name
    yield Violation(
        place,
        f"`{where}` uses the JSON of a response without validating it",
        "make a model of it where it arrives: `Model.model_validate(response.json())`",
        detail=f"{where} {_shown(located.node)}",
        trail=tuple(Step(p, "used here") for p in other[:3]),
    )


def _shown(node: code.Expression) -> str:
    match node:
        case code.Call(function=code.Attribute(value=base)):
            return code.dotted(base) or "response"
    return "response"


RULE = Rule(
    id="DV502",
    name="unvalidated-response",
    source="Integration Patterns, Data Validation Boundaries",
    summary="The JSON that an HTTP client received is used without being validated.",
    why=(
        "Another system's answer is the outside world. When it is read key by key, a missing field or another type "
        "surfaces as a KeyError or a None far from the call, and nobody can look up what the code expects."
    ),
    instead=(
        "Make a model of the answer where it arrives: `Model.model_validate(response.json())`, "
        "`Model(**response.json())`, `TypeAdapter(list[Model]).validate_python(…)`. From there on, read attributes."
    ),
    subjects=subjects,
    check=check,
    nothing="the target reads no JSON from an HTTP client",
    bad=(
        Example(
            "a field is read from the raw answer",
            """
--- app/services/weather.py
import httpx


async def temperature(http: httpx.AsyncClient) -> float:
    response = await http.get("https://weather.example.com/now")
    data = response.json()  # expect: DV502
    return data["main"]["temp"]
""",
        ),
        Example(
            "the raw answer is handed on",
            """
--- app/services/rates.py
import aiohttp
import requests


def rates() -> dict:
    return requests.get("https://rates.example.com", timeout=5).json()  # expect: DV502


async def names(session: aiohttp.ClientSession) -> list[str]:
    async with session.get("https://rates.example.com/names") as answer:
        return [row["name"] for row in await answer.json()]  # expect: DV502
""",
        ),
    ),
    good=(
        Example(
            "a model is made of the answer",
            """
--- app/services/weather.py
import httpx
from pydantic import BaseModel


class Weather(BaseModel):
    temp: float


async def now(http: httpx.AsyncClient) -> Weather:
    response = await http.get("https://weather.example.com/now")
    return Weather.model_validate(response.json())


async def week(http: httpx.AsyncClient) -> list[Weather]:
    response = await http.get("https://weather.example.com/week")
    days = response.json()["days"]
    return [Weather(**day) for day in days]
""",
        ),
        Example(
            "a helper makes the model, an error body is raised",
            """
--- app/services/pay.py
import httpx
from pydantic import BaseModel


class Payment(BaseModel):
    id: str


def parse(data: dict) -> Payment:
    return Payment(**data)


async def charge(http: httpx.AsyncClient) -> Payment:
    response = await http.post("/charges")
    if response.is_error:
        raise RuntimeError(response.json()["detail"])
    return parse(response.json())
""",
        ),
    ),
)
