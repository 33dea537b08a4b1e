"""What stands around a `yield`, from the inside out: what runs after it, and what does when an error comes there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from conformance.facts import code
from conformance.program.scopes import FunctionScope


class Following(NamedTuple):
    """The statements behind the one that holds the yield, in the same block."""

    statements: tuple[code.Statement, ...]


class Entered(NamedTuple):
    """A with statement around the yield."""

    node: code.With


class Tried(NamedTuple):
    """A try statement, and in which of its parts the yield stands."""

    node: code.Try
    part: Literal["body", "handler", "else", "finally"]


class YieldPoint(NamedTuple):
    """A yield of a function, and what stands around it."""

    node: code.Yield | code.YieldFrom
    around: tuple[Following | Entered | Tried, ...]

    @property
    def managers(self) -> Iterator[code.Expression]:
        """The context managers that are open during the yield."""
        for layer in self.around:
            if isinstance(layer, Entered):
                yield from (item.manager for item in layer.node.items)

    @property
    def last(self) -> Iterator[code.Statement]:
        """The statements that run after the yield whatever happens there."""
        for layer in self.around:
            if isinstance(layer, Tried) and layer.part != "finally":
                yield from layer.node.last


def yield_points(function: FunctionScope) -> tuple[YieldPoint, ...]:
    """Return the yields of a function, in the order of the source."""
    found: list[YieldPoint] = []
    _collect(function.body, (), found)
    return tuple(sorted(found, key=lambda point: point.node.span))


_Layers = tuple[Following | Entered | Tried, ...]


def _collect(block: tuple[code.Statement, ...], around: _Layers, found: list[YieldPoint]) -> None:
    for position, statement in enumerate(block):
        here: _Layers = (Following(block[position + 1 :]), *around)
        match statement:
            case code.Function() | code.Class():
                continue
            case code.With(items=items, body=body):
                _in_expressions(items, here, found)
                _collect(body, (Entered(statement), *here), found)
            case code.Try(body=body, handlers=handlers, otherwise=otherwise, last=last):
                _collect(body, (Tried(statement, "body"), *here), found)
                for handler in handlers:
                    _collect(handler.body, (Tried(statement, "handler"), *here), found)
                _collect(otherwise, (Tried(statement, "else"), *here), found)
                _collect(last, (Tried(statement, "finally"), *here), found)
            case (
                code.If(test=head, body=body, otherwise=otherwise)
                | code.While(test=head, body=body, otherwise=otherwise)
                | code.For(source=head, body=body, otherwise=otherwise)
            ):
                _in_expressions((head,), here, found)
                _collect(body, here, found)
                _collect(otherwise, here, found)
            case code.Match(subject=subject, cases=cases):
                _in_expressions((subject,), here, found)
                for case in cases:
                    _collect(case.body, here, found)
            case _:
                _in_expressions((statement,), here, found)


def _in_expressions(nodes: tuple[code.Node, ...], around: _Layers, found: list[YieldPoint]) -> None:
    found += (
        YieldPoint(node, around) for node in code.walk_scope(*nodes) if isinstance(node, (code.Yield, code.YieldFrom))
    )
