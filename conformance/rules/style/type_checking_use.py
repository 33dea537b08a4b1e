"""FP803: what the type checker reads is what runs."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.facts import code
from conformance.program import ModuleScope, Program, Scope, scopes_of
from conformance.program.references import nodes_of
from conformance.program.values import Display
from conformance.results import Violation
from conformance.rules.base import Example, Rule
from conformance.rules.style.uses import uses


def subjects(program: Program) -> Iterator[ModuleScope]:
    """The modules of the target that are no tests."""
    return program.target_modules


def check(program: Program, module: ModuleScope) -> Iterator[Violation]:
    """Report each place that asks whether the type checker reads."""
    found = [node for node, _ in uses(program, module, "typing.TYPE_CHECKING", "typing_extensions.TYPE_CHECKING")]
    for node in (*found, *_own(program, module)):
        place = module.place(node)
        yield Violation(
            place,
            f"`{module.name}` shows the type checker something else than what runs: `{code.dotted(node)}`",
            "import plainly; where that is a cycle, move what both need to a module that imports neither",
            detail=place.symbol,
        )


def _own(program: Program, module: ModuleScope) -> Iterator[code.Name]:
    """Yield the uses of a `TYPE_CHECKING = False` of the module's own: type checkers go by the name."""
    for scope in scopes_of(module):
        tested = [node.test for node in nodes_of(scope) if isinstance(node, (code.If, code.Conditional))]
        for test in tested:
            for node in code.walk(test):
                if isinstance(node, code.Name) and node.id == "TYPE_CHECKING" and _is_false(program, node, scope):
                    yield node


def _is_false(program: Program, node: code.Name, scope: Scope) -> bool:
    return any(
        isinstance(value, Display) and isinstance(value.node, code.Constant) and value.node.value is False
        for value in program.names.infer(node, scope)
    )


RULE = Rule(
    id="FP803",
    name="type-checking-use",
    source="PRD-012 §8 (PRD-007)",
    summary="Code under `TYPE_CHECKING`: the type checker reads something else than what runs.",
    why=(
        "An import under `TYPE_CHECKING` hides a cycle instead of removing it, and the dependency stays: whoever reads "
        "the imports of the module does not see it. FastAPI, pydantic and arq resolve annotations at run time, where "
        "the name is missing."
    ),
    instead=(
        "Import plainly. Where that is a cycle, two modules know each other that should not: move what both need to a "
        "third one, or hand it in."
    ),
    configure='Off unless it is asked for: `extend-select = ["FP"]`.',
    opt_in=True,
    subjects=subjects,
    check=check,
    nothing="the target has no module besides its tests",
    bad=(
        Example(
            "a cycle is hidden",
            """
--- app/services/users.py
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # expect: FP803
    from app.services.orders import Order


def name_of(order: Order) -> str:
    return order.user
--- app/services/orders.py
from dataclasses import dataclass

from app.services.users import name_of


@dataclass
class Order:
    user: str

    def shown(self) -> str:
        return name_of(self)
""",
        ),
        Example(
            "through its module, under another name, turned round, and as a constant of one's own",
            """
--- app/core/types.py
import typing as t
from typing import TYPE_CHECKING as CHECKING

if t.TYPE_CHECKING:  # expect: FP803
    from decimal import Decimal

if not CHECKING:  # expect: FP803
    Decimal = float

NUMBER = "Decimal" if CHECKING else float  # expect: FP803
--- app/core/quick.py
TYPE_CHECKING = False
if TYPE_CHECKING:  # expect: FP803
    from decimal import Decimal
""",
        ),
    ),
    good=(
        Example(
            "what both need lies in a third module",
            """
--- app/models/orders.py
from dataclasses import dataclass


@dataclass
class Order:
    user: str
--- app/services/users.py
from app.models.orders import Order


def name_of(order: Order) -> str:
    return order.user
--- app/services/orders.py
from app.models.orders import Order
from app.services.users import name_of


def shown(order: Order) -> str:
    return name_of(order)
""",
        ),
        Example(
            "what is chosen when it runs",
            """
--- app/core/platform.py
import sys

if sys.platform == "linux":
    from os import sched_getaffinity

    CORES = len(sched_getaffinity(0))
else:
    CORES = 1
""",
        ),
    ),
)
