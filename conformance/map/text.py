"""The map as text for other programs: mermaid and graphviz."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from conformance.map.graphs import Edge, Graph, Node
from conformance.reporters.text import inert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["LIMIT", "collapsed", "dot", "mermaid"]

LIMIT: Final = 120
"""More nodes than this are drawn as their packages: a picture with more cannot be read."""


def collapsed(graph: Graph, limit: int = LIMIT) -> Graph:
    """Return the graph without tests, its nodes drawn together by package, as deep as the limit allows."""
    tests = {node.id for node in graph.nodes if node.within[0] == "tests"}
    nodes = tuple(node for node in graph.nodes if node.id not in tests)
    edges = tuple(edge for edge in graph.edges if not {edge.source, edge.target} & tests)
    return _by_package(Graph(graph.name, graph.title, nodes, edges), limit)


def _by_package(graph: Graph, limit: int) -> Graph:
    if len(graph.nodes) <= limit:
        return graph
    members = _cut(graph.nodes, limit)
    of = {node.id: _package(within) for within, nodes in members.items() for node in nodes}
    nodes = tuple(_together(within, members[within]) for within in sorted(members))
    edges: dict[tuple[str, str], list[Edge]] = defaultdict(list)
    for edge in graph.edges:
        if of[edge.source] != of[edge.target]:
            edges[of[edge.source], of[edge.target]].append(edge)
    return Graph(graph.name, graph.title, nodes, tuple(_bundled(ends, edges[ends]) for ends in sorted(edges)))


def _cut(nodes: Iterable[Node], limit: int) -> dict[tuple[str, ...], list[Node]]:
    """Return the nodes by package, the biggest packages taken apart first, as long as there are not too many parts."""
    parts: dict[tuple[str, ...], list[Node]] = defaultdict(list)
    for node in nodes:
        parts[node.within[:1]].append(node)
    whole: set[tuple[str, ...]] = set()
    while open_parts := [within for within in parts if within not in whole]:
        biggest = min(open_parts, key=lambda within: (-len(parts[within]), within))
        inner: dict[tuple[str, ...], list[Node]] = defaultdict(list)
        for node in parts[biggest]:
            inner[node.within[: len(biggest) + 1]].append(node)
        if set(inner) == {biggest} or len(parts) - 1 + len(inner) > limit:
            whole.add(biggest)
            continue
        whole.update({biggest} & inner.keys())
        del parts[biggest]
        parts.update(inner)
    return parts


def _package(within: tuple[str, ...]) -> str:
    return f"package:{'/'.join(within)}"


def _together(within: tuple[str, ...], nodes: list[Node]) -> Node:
    if len(nodes) == 1:
        return Node(_package(within), nodes[0].kind, nodes[0].label, within, findings=nodes[0].findings)
    label = f"{'.'.join(within[1:]) or within[0]} ({len(nodes)})"
    found = {number for node in nodes for number in node.findings}
    return Node(_package(within), nodes[0].kind, label, within, findings=tuple(sorted(found)))


def _bundled(ends: tuple[str, str], edges: list[Edge]) -> Edge:
    found = {number for edge in edges for number in edge.findings}
    label = edges[0].label if len(edges) == 1 else f"{edges[0].label} ({len(edges)})"
    light = all(edge.light for edge in edges)
    return Edge(*ends, label, edges[0].path, edges[0].line, light, tuple(sorted(found)))


def _grouped(nodes: Iterable[Node]) -> Mapping[str, list[Node]]:
    groups: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        groups[node.within[0]].append(node)
    return groups


def _told(node: Node) -> str:
    return f"{node.label} ✗{len(node.findings)}" if node.findings else node.label


_ACTING = re.compile(r"[^\w .,:/()*?=\-✗]")


def mermaid(graph: Graph) -> str:
    """Return a flowchart in mermaid's language: a box for each role or kind; what breaks a rule is red and thick."""
    graph = collapsed(graph)
    names = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["---", f'title: "{graph.title}"', "---", "flowchart LR"]
    for number, (group, nodes) in enumerate(_grouped(graph.nodes).items()):
        lines.append(f'  subgraph g{number}["{_entities(group)}"]')
        lines += [f'    {names[node.id]}["{_entities(_told(node))}"]' for node in nodes]
        lines.append("  end")
    for edge in graph.edges:
        arrow = "==>" if edge.findings else "-.->" if edge.light else "-->"
        lines.append(f"  {names[edge.source]} {arrow} {names[edge.target]}")
    lines.append("  classDef broken stroke:#c1121f,stroke-width:4px")
    if broken := [names[node.id] for node in graph.nodes if node.findings]:
        lines.append(f"  class {','.join(broken)} broken")
    if red := [str(number) for number, edge in enumerate(graph.edges) if edge.findings]:
        lines.append(f"  linkStyle {','.join(red)} stroke:#c1121f,stroke-width:4px")
    return "\n".join(lines) + "\n"


def _entities(text: str) -> str:
    """Return text of the target as mermaid shows it: what could act in its language or in HTML as numbers."""
    return _ACTING.sub(lambda found: f"#{ord(found[0])};", inert(text))


def dot(graph: Graph) -> str:
    """Return a graph in graphviz's language: a cluster for each role or kind; what breaks a rule is red and thick."""
    graph = collapsed(graph)
    red = 'color="#c1121f", penwidth=3'
    lines = [f"digraph {graph.name} {{", '  rankdir=LR; node [shape=box, fontname="sans-serif"];']
    lines.append(f"  label={_quoted(graph.title)};")
    for number, (group, nodes) in enumerate(_grouped(graph.nodes).items()):
        lines.append(f"  subgraph cluster_{number} {{ label={_quoted(group)};")
        for node in nodes:
            look = f", {red}" if node.findings else ""
            where = f", tooltip={_quoted(f'{node.path}:{node.line}')}" if node.path else ""
            lines.append(f"    {_quoted(node.id)} [label={_quoted(_told(node))}{where}{look}];")
        lines.append("  }")
    for edge in graph.edges:
        look = red if edge.findings else "style=dashed" if edge.light else ""
        lines.append(f"  {_quoted(edge.source)} -> {_quoted(edge.target)}{f' [{look}]' if look else ''};")
    return "\n".join((*lines, "}")) + "\n"


def _quoted(text: str) -> str:
    return '"' + inert(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
