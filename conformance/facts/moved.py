"""Whether two texts of a module are the same code, and where its lines went: comments and blank lines come and go."""

from __future__ import annotations

import ast
from typing import Final

from conformance.errors import UnreadableModule
from conformance.facts.parse import parse

__all__ = ["moved"]

_OURS: Final = b"conformance"
"""A comment that says this may be a suppression, which covers lines."""


def moved(before: bytes, after: bytes) -> dict[int, int] | None:
    """Return for each line on which code begins or ends the line on which it does so now; None for other code.

    It is the same where each name, literal and statement stands in its column still, and what shared a line still does.
    Nobody who looks at code alone can tell the one text from the other, but for the numbers of the lines.
    """
    if _OURS in before.lower() or _OURS in after.lower():
        return None
    try:
        then, now = _read(before), _read(after)
    except UnreadableModule:
        return None
    return dict(zip(then[1], now[1], strict=True)) if then[0] == now[0] else None


def _read(source: bytes) -> tuple[str, list[int]]:
    """Return the code, in which the lines that hold none are not counted, and the lines that do."""
    tree = parse(source, "").tree
    placed = [node for node in ast.walk(tree) if isinstance(node, _PLACED)]
    lines = sorted({line for node in placed for line in (node.lineno, node.end_lineno or node.lineno)})
    number = {line: position for position, line in enumerate(lines)}
    for node in placed:
        node.lineno, node.end_lineno = number[node.lineno], number[node.end_lineno or node.lineno]
    try:
        return ast.dump(tree, include_attributes=True), lines
    except RecursionError as error:
        raise UnreadableModule("", 1, "nested too deeply to be compared") from error


_PLACED: Final = (
    ast.stmt, ast.expr, ast.excepthandler, ast.arg, ast.keyword, ast.alias, ast.pattern,
)  # fmt: skip
