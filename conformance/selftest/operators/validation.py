"""DV5xx: validation boundaries."""

from __future__ import annotations

from conformance.selftest.operators.base import Operator, ends
from conformance.selftest.operators.injection import ROUTES, but, routes
from conformance.selftest.operators.layers import A_SERVICE, services

__all__ = ["OPERATORS"]

OPERATORS = (
    # --- DV501 ---
    Operator("DV501", "nothing is said", ROUTES, ends(routes, """
from fastapi import APIRouter
router = APIRouter()
@router.get("/answer")
async def answer():  # here
    return {"answer": 42}
""")),
    Operator("DV501", "a dict", ROUTES, ends(routes, """
import typing
import fastapi
router = fastapi.APIRouter()
@router.post("/answer")
def answer() -> dict[str, typing.Any]:  # here
    return {"answer": 42}
""")),
    Operator("DV501", "response_model=dict", ROUTES, ends(routes, """
from fastapi import APIRouter
router = APIRouter()
async def answer():  # here
    return {"answer": 42}
router.add_api_route("/answer", answer, response_model=dict)
""")),
    # --- DV502 ---
    Operator("DV502", "an item", "a module", ends(but(), """
import httpx
def read() -> object:
    return httpx.get("https://example.org").json()["answer"]  # here
""")),
    Operator("DV502", "of a client", "a module", ends(but(), """
from httpx import AsyncClient
async def read(client: AsyncClient) -> object:
    response = await client.get("https://example.org")
    return response.json()  # here
""")),
    Operator("DV502", "of requests", "a module", ends(but(), """
import requests
def read() -> object:
    with requests.Session() as session:
        answer = session.get("https://example.org").json()  # here
    return answer.get("answer")
""")),
    # --- DV503 ---
    Operator("DV503", "get", A_SERVICE, ends(services, """
from pydantic import BaseModel
class Order(BaseModel):
    number: int
def read(order: Order) -> object:
    return order.model_dump().get("number")  # here
""")),
    Operator("DV503", "an item", A_SERVICE, ends(services, """
import pydantic
class Order(pydantic.BaseModel):
    number: int
async def read(order: Order) -> object:
    return order.dict()["number"]  # here
""")),
    Operator("DV503", "of a local", A_SERVICE, ends(services, """
from pydantic import BaseModel
class Order(BaseModel):
    number: int
def read(order: Order) -> object:
    given = order.model_dump()
    return given["number"]  # here
""")),
    # --- DV504 ---
    Operator("DV504", "json", ROUTES, ends(routes, """
from fastapi import APIRouter, Request
router = APIRouter()
@router.post("/raw")
async def take(request: Request) -> None:
    body = await request.json()  # here
    print(body)
""")),
    Operator("DV504", "body, by a helper", ROUTES, ends(routes, """
import json
from fastapi import APIRouter
from starlette.requests import Request
router = APIRouter()
@router.put("/raw")
async def take(given: Request) -> None:
    print(await taken(given))
async def taken(given: Request) -> object:
    return json.loads(await given.body())  # here
""")),
    Operator("DV504", "form", ROUTES, ends(routes, """
import fastapi
router = fastapi.APIRouter()
async def take(request: fastapi.Request) -> None:
    async with request.form() as form:  # here
        print(form["name"])
router.add_api_route("/raw", take, methods=["POST"])
""")),
)  # fmt: skip
