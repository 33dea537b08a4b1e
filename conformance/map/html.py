"""The map as one page that loads nothing: data, libraries and script stand in it, and nothing else may run."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from html import escape
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from conformance.files import Lines
from conformance.reporters.text import inert
from conformance.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from conformance.check import Examined
    from conformance.map.graphs import Graph
    from conformance.results import Finding

__all__ = ["page"]

AROUND: Final = 3
"""How many lines of code are shown before and behind that of a finding."""

CANVAS_STYLE: Final = ".__________cytoscape_container { position: relative; }"
"""What cytoscape would put into the page itself, which the policy forbids."""

_MARKER: Final = re.compile(r"\{\{([a-z-]+)\}\}")


def page(examined: Examined, graphs: Iterable[Graph]) -> str:
    """Return the page."""
    folder = resources.files("conformance.map").joinpath("page")
    texts = {
        "canvas-style": CANVAS_STYLE,
        "style": folder.joinpath("map.css").read_text("utf-8"),
        "script": folder.joinpath("map.js").read_text("utf-8"),
        "cytoscape": folder.joinpath("vendor", "cytoscape.min.js").read_text("utf-8"),
        "dagre": folder.joinpath("vendor", "dagre.min.js").read_text("utf-8"),
    }
    scripts = " ".join(_hash(texts[name]) for name in ("cytoscape", "dagre", "script"))
    styles = " ".join(_hash(texts[name]) for name in ("canvas-style", "style"))
    title = f"Architecture of {', '.join(examined.report.packages) or 'tests'}"
    texts |= {
        "title": escape(inert(title)),
        "policy": f"default-src 'none'; script-src {scripts}; style-src {styles}; base-uri 'none'; form-action 'none'",
        "data": _inline(_data(examined, graphs)),
    }
    template = folder.joinpath("map.html").read_text("utf-8")
    return _MARKER.sub(lambda found: texts[found[1]], template)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _inline(data: Mapping[str, Any]) -> str:
    """Return the data as JSON that can end no element and begin no comment, whatever the target's texts are."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _data(examined: Examined, graphs: Iterable[Graph]) -> dict[str, Any]:
    report = examined.report
    named = {finding.rule for finding in report.findings}
    lines = Lines(examined.loaded.target)
    return {
        "graphs": [_graph(graph) for graph in graphs],
        "findings": [
            {"id": name, **_finding(finding, lines)}
            for name, finding in zip(_names(report.findings), report.findings, strict=True)
        ],
        "rules": {
            rule.id: {"name": rule.name, "why": _paragraph(rule.why), "instead": _paragraph(rule.instead)}
            for rule in all_rules()
            if rule.id in named
        },
    }


def _names(findings: Iterable[Finding]) -> list[str]:
    """Return what a link calls each finding: its fingerprint, and a number where several have the same."""
    seen: Counter[str] = Counter()
    names = []
    for finding in findings:
        seen[finding.fingerprint] += 1
        number = seen[finding.fingerprint]
        names.append(finding.fingerprint if number == 1 else f"{finding.fingerprint}-{number}")
    return names


def _paragraph(text: str) -> str:
    return " ".join(text.split())


def _graph(graph: Graph) -> dict[str, Any]:
    return {
        "name": graph.name,
        "title": graph.title,
        "nodes": [
            {
                "id": node.id,
                "kind": node.kind.value,
                "label": inert(node.label),
                "within": [inert(part) for part in node.within],
                "path": inert(node.path),
                "line": node.line,
                "roles": [[role, inert(why)] for role, why in node.roles],
                "findings": node.findings,
            }
            for node in graph.nodes
        ],
        "edges": [
            {
                "source": edge.source,
                "target": edge.target,
                "label": edge.label,
                "path": inert(edge.path),
                "line": edge.line,
                "light": edge.light,
                "findings": edge.findings,
            }
            for edge in graph.edges
        ],
    }


def _finding(finding: Finding, lines: Lines) -> dict[str, Any]:
    first, last = max(1, finding.line - AROUND), finding.line + AROUND
    shown = [(number, inert(lines.line(finding.path, number).expandtabs(4))) for number in range(first, last + 1)]
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity.value,
        "status": finding.status.value,
        "path": inert(finding.path),
        "line": finding.line,
        "message": inert(finding.message),
        "instead": inert(finding.instead),
        "source": finding.source,
        "code": shown,
        "trail": [
            {"text": inert(step.text), "path": inert(step.place.path), "line": step.place.span[0]}
            for step in finding.trail
        ],
    }
