"""Pages for the terminal: what a rule means, the table of all rules, what each module was taken for."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any

from conformance.reporters.text import Look, counted, inert, no_command

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conformance.check import Loaded
    from conformance.rules.base import Example, Rule

__all__ = ["page", "roles", "table"]

WIDEST = 88


def page(rule: Rule[Any], look: Look) -> str:
    """Return the page of one rule."""
    lines = [f"{look.ink(rule.id, 'bold', 'cyan')} {look.ink(rule.name, 'bold')}", *_paragraph(rule.summary, look), ""]
    facts = [f"source: {rule.source}", f"severity: {rule.severity.value}"]
    if rule.opt_in:
        facts.append(f'off unless asked for: extend-select = ["{rule.id}"]')
    lines += [look.ink("; ".join(facts), "dim"), ""]
    lines += [look.ink("Why", "bold"), *_paragraph(rule.why, look), ""]
    if rule.bad:
        lines += [look.ink("What is reported", "bold"), *_example(rule.bad[0], look), ""]
    lines += [look.ink("Write instead", "bold"), *_paragraph(rule.instead, look), ""]
    if rule.good:
        lines += [*_example(rule.good[0], look), ""]
    if rule.configure:
        lines += [look.ink("Configure", "bold"), *_paragraph(rule.configure, look), ""]
    lines += [
        look.ink("Make an exception", "bold"),
        *_paragraph(f"`# conformance: ignore[{rule.id}] -- why` behind the line, or above the statement", look),
    ]
    return "".join(f"{line}\n" for line in lines)


def _paragraph(text: str, look: Look) -> list[str]:
    width = min(WIDEST, look.width)
    return [
        line
        for part in text.strip().split("\n\n")
        for line in textwrap.wrap(" ".join(part.split()), width, initial_indent="  ", subsequent_indent="  ")
    ]


_MARK = re.compile(r"\s*#\s*expect:\s*([A-Z0-9 ,]+)$")


def _example(example: Example, look: Look) -> Iterator[str]:
    if example.title:
        yield f"  {example.title}:"
    for line in example.files.strip("\n").split("\n"):
        if line.startswith("--- "):
            yield ""
            yield look.ink(f"    # {line[4:].strip()}", "dim")
        elif found := _MARK.search(line):
            yield f"    {line[: found.start()]}{look.ink(f'  # <-- {found[1].strip()}', 'red')}"
        else:
            yield f"    {line}".rstrip()


def table(rules: Sequence[Rule[Any]], look: Look) -> str:
    """Return the table of the rules: id, name, source, and what is reported."""
    name = max((len(rule.name) for rule in rules), default=0)
    lines: list[str] = []
    for rule in rules:
        marks = [rule.severity.value] if rule.severity.value != "error" else []
        marks += ["opt-in"] if rule.opt_in else []
        mark = f" ({', '.join(marks)})" if marks else ""
        lines.append(f"{look.ink(rule.id, 'cyan')}  {rule.name:<{name}}  {' '.join(rule.summary.split())}{mark}")
    lines += ["", f"{counted(len(rules), 'rule')}; `conformance rule ID` prints the page of one"]
    return "".join(f"{line}\n" for line in lines)


def roles(loaded: Loaded, look: Look) -> str:
    """Return each module's roles with the evidence for each, then the modules that have none."""
    named: list[str] = []
    without: list[str] = []
    for module in sorted(loaded.program.modules, key=lambda module: (module.name, module.path)):
        if not module.roles:
            without.append(module.name)
            continue
        named.append(f"{look.ink(no_command(inert(module.name)), 'bold')}  {look.ink(inert(module.path), 'dim')}")
        width = max(len(role) for role in module.roles)
        named += [
            f"  {look.ink(f'{role:<{width}}', 'cyan')}  {inert(why)}" for role, why in sorted(module.roles.items())
        ]
    lines = [*named, ""] if named else []
    if without:
        lines += [
            f"{counted(len(without), 'module')} without a role",
            *(f"  {no_command(inert(name))}" for name in without),
            "",
        ]
    lines += [f"note: {inert(note)}" for note in loaded.target.notes]
    packages = ", ".join(map(inert, loaded.target.packages)) or "tests alone"
    lines.append(f"{counted(len(loaded.target.files), 'file')} of {packages}")
    return "".join(f"{line}\n" for line in lines)
