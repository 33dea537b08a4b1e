"""What a module says in literals, read without the module: by the text alone."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from typing import Any

__all__ = ["keywords_of"]


def keywords_of(
    source: str, name: str, known: Mapping[str, Any], *, without: Collection[str] = ()
) -> dict[str, Any] | None:
    """Return the keyword arguments of the call that a module binds a name to: `RULE = Rule(id="DI101")`.

    Args:
        source: the text of the module.
        name: the name.
        known: what can stand among the literals: callables that are called with literals, objects whose attributes are.
        without: the arguments that are passed over.

    Returns:
        None where there is no such call, or an argument is no literal.
    """
    for statement in ast.parse(source).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=bound)], value=ast.Call(keywords=keywords)) if bound == name:
                try:
                    return {str(each.arg): _literal(each.value, known) for each in keywords if each.arg not in without}
                except ValueError:
                    return None
    return None


def _literal(node: ast.expr, known: Mapping[str, Any]) -> Any:  # noqa: ANN401 - of many types
    match node:
        case ast.Tuple(elts=elements):
            return tuple(_literal(element, known) for element in elements)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in known:
            return known[name](*(_literal(argument, known) for argument in arguments))
        case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in known:
            return getattr(known[name], attribute)
    return ast.literal_eval(node)
