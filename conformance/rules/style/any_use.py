"""FP805: what is not known is not declared to be anything."""

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
    """Report each annotation, type alias and argument that says Any."""
    for node, _ in uses(program, module, "typing.Any", "typing_extensions.Any"):
        place = module.place(node)
        yield Violation(
            place,
            f"`{place.symbol or module.name}` says `Any`: nothing that is done with it is checked",
            "name the type; `object` where it does not matter, a model or a TypedDict for data, a type parameter",
            detail=place.symbol,
        )


RULE = Rule(
    id="FP805",
    name="any-use",
    source="PRD-012 §8 (PRD-007)",
    summary="An annotation or type alias says `typing.Any`.",
    why=(
        "`Any` is not a type but the order to stop looking: everything may be done with the value, and everything that "
        "is made of it is `Any` again. The first wrong use is found in production."
    ),
    instead=(
        "Name the type. Data has a model or a TypedDict, a function that does not care takes `object`, one that gives "
        "back what it is given has a type parameter, and keyword arguments are named."
    ),
    configure='Off unless it is asked for: `extend-select = ["FP"]`.',
    opt_in=True,
    subjects=subjects,
    check=check,
    nothing="the target has no module besides its tests",
    bad=(
        Example(
            "data without a shape",
            """
--- app/services/orders.py
from typing import Any


def total(order: dict[str, Any]) -> float:  # expect: FP805
    amount: Any = order["amount"]  # expect: FP805
    return amount * order["price"]
""",
        ),
        Example(
            "through its module, under another name, in a string, in an alias of a type",
            """
--- app/core/types.py
import typing as t
from typing import Any as Whatever

Json = dict[str, t.Any]  # expect: FP805


class Cache:
    entries: "list[Whatever]"  # expect: FP805

    def put(self, key: str, *values: t.Any) -> None:  # expect: FP805
        self.entries.extend(values)

    def first(
        self,
        default: str,
    ) -> Whatever | None:  # expect: FP805
        return self.entries[0] if self.entries else default
""",
        ),
    ),
    good=(
        Example(
            "a model",
            """
--- app/services/orders.py
from pydantic import BaseModel


class Order(BaseModel):
    amount: int
    price: float


def total(order: Order) -> float:
    return order.amount * order.price
""",
        ),
        Example(
            "object and a type parameter",
            """
--- app/core/texts.py
from typing import TypeVar

T = TypeVar("T")


def shown(value: object) -> str:
    return f"<{value}>"


def first(values: list[T]) -> T:
    return values[0]


def some(values: list[object]) -> bool:
    return any(values)
""",
        ),
    ),
)
