"""FP802: the type checker is not overruled."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.program import ModuleScope, Program
from conformance.results import Violation
from conformance.rules.base import Example, Rule
from conformance.rules.style.uses import uses


def subjects(program: Program) -> Iterator[ModuleScope]:
    """The modules of the target that are no tests."""
    return program.target_modules


def check(program: Program, module: ModuleScope) -> Iterator[Violation]:
    """Report each call of typing's cast, and each place that hands it on."""
    for node, _ in uses(program, module, "typing.cast", "typing_extensions.cast"):
        place = module.place(node)
        yield Violation(
            place,
            f"`{place.symbol or module.name}` overrules the type checker with `cast`",
            "annotate where the value is made, or validate it: `Model.model_validate(…)`",
            detail=place.symbol,
        )


RULE = Rule(
    id="FP802",
    name="cast-use",
    source="PRD-012 §8 (PRD-007)",
    summary="Code overrules the type checker with `typing.cast`.",
    why=(
        "`cast` checks nothing: it is a statement that the type checker must believe and that no test looks at. It "
        "stays when the code behind it changes, and from then on it hides the error that it was written to hide."
    ),
    instead=(
        "Annotate the function that gives the value, so that its type is known here too. Validate what comes from "
        "outside. SQLAlchemy's `cast`, which converts in the database, is another function."
    ),
    configure='Off unless it is asked for: `extend-select = ["FP"]`.',
    opt_in=True,
    subjects=subjects,
    check=check,
    nothing="the target has no module besides its tests",
    bad=(
        Example(
            "what comes from outside is declared to be right",
            """
--- app/services/rates.py
from typing import TypedDict, cast

import httpx


class Rates(TypedDict):
    euro: float


def rates(client: httpx.Client) -> Rates:
    return cast(Rates, client.get("/rates").json())  # expect: FP802
""",
        ),
        Example(
            "through its module, under another name, from a module of the target's own",
            """
--- app/core/compat.py
from typing_extensions import cast
--- app/services/numbers.py
import typing as t
from typing import cast as c

from app.core.compat import cast

as_type = t.cast


def first(values: list[object]) -> int:
    return t.cast("int", values[0])  # expect: FP802


def second(values: list[object]) -> int:
    return c(int, values[1]) + cast(int, values[2])  # expect: FP802


def third(values: list[object]) -> int:
    return as_type(int, values[3])  # expect: FP802
""",
        ),
    ),
    good=(
        Example(
            "what comes from outside is validated",
            """
--- app/services/rates.py
import httpx
from pydantic import BaseModel


class Rates(BaseModel):
    euro: float


def rates(client: httpx.Client) -> Rates:
    return Rates.model_validate(client.get("/rates").json())
""",
        ),
        Example(
            "SQLAlchemy's cast, and a cast of one's own",
            """
--- app/services/orders.py
from sqlalchemy import Integer, Select, cast, column, select


def numbers() -> Select[tuple[int]]:
    return select(cast(column("number"), Integer))
--- app/services/films.py
def cast(film: str) -> list[str]:
    return [film]


def shown(film: str) -> str:
    return ", ".join(cast(film))
""",
        ),
    ),
)
