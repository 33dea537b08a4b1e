"""DV501: an endpoint says what it answers."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.program import Endpoint, Program
from conformance.program.responses import (
    declares_response,
    gives_response_objects,
    has_no_content,
    has_open_keywords,
    is_hidden,
)
from conformance.results import Violation
from conformance.rules.base import Example, Rule


def subjects(program: Program) -> Iterator[Endpoint]:
    """Each endpoint of HTTP that is in the schema."""
    for endpoint in program.injection.endpoints:
        if not endpoint.module.is_test and not endpoint.is_websocket and not is_hidden(program, endpoint):
            yield endpoint


def check(program: Program, endpoint: Endpoint) -> Iterator[Violation]:
    """Report an endpoint that declares no response, or one that can be anything."""
    if (
        declares_response(program, endpoint)
        or has_open_keywords(program, endpoint)
        or has_no_content(program, endpoint)
        or gives_response_objects(program, endpoint)
    ):
        return
    name = endpoint.function.name
    yield Violation(
        endpoint.function.place,
        f"endpoint `{name}` does not say what it answers",
        "annotate what it returns with a model, or give `response_model=`",
        detail=name,
    )


RULE = Rule(
    id="DV501",
    name="endpoint-without-response-model",
    source="Integration Patterns, Data Validation Boundaries",
    summary="An endpoint declares neither a response model nor a return type that says anything.",
    why=(
        "The response model validates what goes out, keeps fields back that are nobody's business, and is the "
        "documentation that clients are generated from. Without it, whatever a function happens to return is the API."
    ),
    instead=(
        "Annotate the return type with a model, a list of one, or a scalar; or give `response_model=`. An endpoint "
        "that makes its own `Response` is annotated with that class, one without a body has `status_code=204`."
    ),
    subjects=subjects,
    check=check,
    nothing="the target declares no endpoint",
    bad=(
        Example(
            "no annotation, and a dict",
            """
--- app/routes/items.py
from fastapi import APIRouter

router = APIRouter()


@router.get("/items")
async def items():  # expect: DV501
    return [{"id": 1}]


@router.get("/items/{item_id}")
async def item(item_id: int) -> dict:  # expect: DV501
    return {"id": item_id}
""",
        ),
        Example(
            "a model that is taken back, and a type alias",
            """
--- app/main.py
from typing import Any, Optional

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
Json = dict[str, Any]


class Item(BaseModel):
    id: int


@app.get("/item", response_model=None)
async def item() -> Item:  # expect: DV501
    return Item(id=1)


def report() -> Optional[Json]:  # expect: DV501
    return {"total": 1}


app.add_api_route("/report", report)
""",
        ),
    ),
    good=(
        Example(
            "annotations and response models",
            """
--- app/routes/items.py
from fastapi import APIRouter
from pydantic import BaseModel

router = APIRouter()


class Item(BaseModel):
    id: int


@router.get("/items")
async def items() -> list[Item]:
    return [Item(id=1)]


@router.get("/items/{item_id}", response_model=Item)
async def item(item_id: int):
    return {"id": item_id}
""",
        ),
        Example(
            "no content, a page, a redirect",
            """
--- app/main.py
from fastapi import APIRouter, FastAPI, status
from fastapi.responses import HTMLResponse, RedirectResponse

app = FastAPI()
pages = APIRouter(default_response_class=HTMLResponse)


@app.delete("/items/{item_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_item(item_id: int):
    print("deleted", item_id)


@pages.get("/page")
async def page():
    return "<h1>page</h1>"


@app.get("/old")
async def old():
    return RedirectResponse("/new")


app.include_router(pages)
""",
        ),
    ),
)
