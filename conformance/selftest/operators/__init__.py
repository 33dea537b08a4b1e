"""The operators: ways of breaking each rule, several for each, each spelled differently."""

from __future__ import annotations

from typing import Final

from conformance.selftest.operators import (
    configuration,
    harmless,
    injection,
    layers,
    lifecycle,
    style,
    tests,
    validation,
    worker,
)
from conformance.selftest.operators.base import Operator

__all__ = ["HARMLESS", "OPERATORS", "Operator"]

OPERATORS: Final[tuple[Operator, ...]] = tuple(
    sorted(
        (
            operator
            for family in (injection, lifecycle, worker, layers, validation, configuration, tests, style)
            for operator in family.OPERATORS
        ),
        key=lambda operator: operator.rule,
    )
)
"""All of them, by rule, in the order in which they are written."""

HARMLESS: Final = harmless.OPERATORS
"""What must not be reported."""
