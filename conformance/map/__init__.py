"""The architecture as a picture: mermaid, graphviz, or one self-contained HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from conformance.map import graphs, html, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance.check import Examined
    from conformance.map.graphs import Graph

__all__ = ["MAPS", "VIEWS"]

VIEWS: Final[Mapping[str, Callable[[Examined], Graph]]] = {
    "modules": graphs.modules,
    "injection": graphs.injection,
    "worker": graphs.worker,
}
"""What can be drawn. The page holds them all, the other formats one at a time."""

MAPS: Final[Mapping[str, Callable[[Examined, str], str]]] = {
    "html": lambda examined, _: html.page(examined, [draw(examined) for draw in VIEWS.values()]),
    "mermaid": lambda examined, view: text.mermaid(VIEWS[view](examined)),
    "dot": lambda examined, view: text.dot(VIEWS[view](examined)),
}
"""The formats, the default one first."""
