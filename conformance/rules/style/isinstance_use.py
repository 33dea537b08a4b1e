"""FP801: types are known, and not asked for."""

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
    """Report each call of isinstance, and each place that hands it on."""
    for node, _ in uses(program, module, "builtins.isinstance"):
        place = module.place(node)
        yield Violation(
            place,
            f"`{place.symbol or module.name}` asks for a type with `isinstance`",
            "validate where the data comes in, and let the annotation say what it is; match on a closed union",
            detail=place.symbol,
        )


RULE = Rule(
    id="FP801",
    name="isinstance-use",
    source="PRD-012 §8 (PRD-007)",
    summary="Code asks for a type at run time with `isinstance`.",
    why=(
        "Where the types hold, the answer is known: the check is dead code. Where they do not, data came in without "
        "being validated, and each function that it passes through asks again. Both hide that the annotation is wrong."
    ),
    instead=(
        "Validate once, where the data comes in, and annotate what is known. Give the classes a method of their own "
        "instead of telling them apart from outside; a union that is meant to be closed is taken apart by `match`, "
        "which the type checker holds to be complete."
    ),
    configure='Off unless it is asked for: `extend-select = ["FP"]`.',
    opt_in=True,
    subjects=subjects,
    check=check,
    nothing="the target has no module besides its tests",
    bad=(
        Example(
            "a service asks what it was given",
            """
--- app/services/prices.py
def total(prices: list[float] | float) -> float:
    if isinstance(prices, float):  # expect: FP801
        return prices
    return sum(prices)
""",
        ),
        Example(
            "through its module, under another name, handed on",
            """
--- app/services/texts.py
import builtins
from builtins import isinstance as is_a
from functools import partial

ask = isinstance


def words(value: object) -> list[str]:
    if builtins.isinstance(value, str):  # expect: FP801
        return value.split()
    if is_a(value, bytes) or ask(value, bytearray):  # expect: FP801
        return bytes(value).decode().split()
    return []


def is_text(value: object) -> bool:
    return partial(isinstance, value)(str)  # expect: FP801
""",
        ),
    ),
    good=(
        Example(
            "the type is known, because the data was validated",
            """
--- app/services/prices.py
from pydantic import BaseModel


class Cart(BaseModel):
    prices: list[float]


def total(cart: Cart) -> float:
    return sum(cart.prices)
""",
        ),
        Example(
            "a closed union is matched",
            """
--- app/services/payments.py
from dataclasses import dataclass


@dataclass
class Card:
    number: str


@dataclass
class Invoice:
    address: str


def shown(payment: Card | Invoice) -> str:
    match payment:
        case Card(number=number):
            return number[-4:]
        case Invoice(address=address):
            return address
""",
        ),
    ),
)
