"""What does not matter to a program does not matter to its findings: they move with the code, and change in nothing.

Each example of each rule is written differently (comments, line ends, another folder, a hop more between a name and
its definition) and judged again.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conformance.config import Config
from conformance.discovery import discover
from conformance.examples import files_of, program_from
from conformance.facts.extract import extract
from conformance.program import Program, link
from conformance.results import Place, Undecidable, Violation
from conformance.rules import all_rules
from conformance.rules.base import Rule
from tests.kit import lay_out

RULES = [rule for rule in all_rules() if not rule.engine]
MODULE = (1, 1, 1, 1)
"""The place of what is said of a module as a whole."""

ABOUT_IMPORTS = {"DI109", "DI110", "DI111", "FP803", "LY", "TS705", "WK304", "WK311"}
"""Rules to which it matters from where a name is imported, or how."""


@dataclass(frozen=True)
class Written:
    """A program that was written differently, and where each of its lines is now."""

    files: dict[str, str]
    lines: dict[tuple[str, int], int]

    def moved(self, place: Place) -> tuple[str, int]:
        first = place.span[0]
        return place.path, first if place.span == MODULE else self.lines.get((place.path, first), first)


Told = tuple[object, ...]


def told(program: Program, rule: Rule[Any], moved: Callable[[Place], tuple[str, int]]) -> list[Told]:
    """Return all that a rule says of a program, with the places where they will be."""
    said: list[Violation | Undecidable] = [
        each for subject in rule.subjects(program) for each in rule.check(program, subject)
    ]
    return sorted(
        (
            moved(each.place),
            each.place.module,
            each.place.symbol,
            each.message,
            *(
                (each.instead, each.detail, tuple((moved(step.place), step.text) for step in each.trail))
                if isinstance(each, Violation)
                else ()
            ),
        )
        for each in said
    )


def without_paths(said: list[Told]) -> list[Told]:
    """Return what was said with names instead of paths of names: `get_user` for `app.deps.get_user`."""

    def short(part: object) -> object:
        if isinstance(part, tuple):
            return tuple(short(each) for each in part)
        return _PATH.sub("", part) if isinstance(part, str) and not part.endswith(".py") else part

    return [tuple(short(part) for part in each) for each in said]


_PATH = re.compile(r"\b(?:\w+\.)+(?=\w)")


def as_it_is(place: Place) -> tuple[str, int]:
    return place.path, place.span[0]


# --- ways of writing the same --------------------------------------------------------------------------------------


def with_comments(files: dict[str, str]) -> Written:
    """Put a comment and a blank line before each statement that begins a line."""
    lines: dict[tuple[str, int], int] = {}
    written = {}
    for path, text in files.items():
        before = {
            min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.stmt)
        }
        made: list[str] = []
        for number, line in enumerate(text.splitlines(), 1):
            if number in before and not (number - 1 in before and line[:1] == "\\"):
                made += ["# said of it: app.state.x = None", ""]
            made.append(line)
            lines[path, number] = len(made)
        written[path] = "\n".join(made) + "\n"
    return Written(written, lines)


def with_other_line_ends(files: dict[str, str]) -> Written:
    """End the lines as on Windows."""
    return Written({path: text.replace("\n", "\r\n") for path, text in files.items()}, {})


def under_a_condition(files: dict[str, str]) -> Written:
    """Put what a module says under `if True:`."""
    lines: dict[tuple[str, int], int] = {}
    written = {}
    for path, text in files.items():
        body = ast.parse(text).body
        first = next((node for node in body if not _stays_in_front(node)), None)
        if first is None or _has_long_strings(text):
            written[path] = text
            continue
        start = min([first.lineno, *(d.lineno for d in getattr(first, "decorator_list", ()))])
        made = []
        for number, line in enumerate(text.splitlines(), 1):
            if number == start:
                made.append("if True:")
            made.append(f"    {line}" if number >= start and line.strip() else line)
            lines[path, number] = len(made)
        written[path] = "\n".join(made) + "\n"
    return Written(written, lines)


def _stays_in_front(node: ast.stmt) -> bool:
    is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_docstring or (isinstance(node, ast.ImportFrom) and node.module == "__future__")


def _has_long_strings(text: str) -> bool:
    return any(
        token.type in {tokenize.STRING, getattr(tokenize, "FSTRING_START", -1)} and token.string[-3:] in {'"""', "'''"}
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
    )


def with_dotted_names(files: dict[str, str]) -> Written:
    """Ask the modules for the names: `import a.b`, and `a.b.X` wherever there was `X`."""
    written = {}
    for path, text in files.items():
        tree = ast.parse(text)
        made = [line.encode() for line in text.splitlines()]
        taken = {name for other, said in files.items() if other != path for name in _taken_from(said, path)}
        bound = _bound(tree) | taken
        dotted: dict[str, str] = {}
        for node in _plain_imports(text):
            names = {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
            top = str(node.module).partition(".")[0]
            if not {*names, top} & bound and not _is_module(files, node):
                dotted |= names
                made[node.lineno - 1] = f"import {node.module}".encode()
        used = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in dotted]
        for use in sorted(used, key=lambda node: (node.lineno, node.col_offset), reverse=True):
            line, at = made[use.lineno - 1], use.col_offset
            made[use.lineno - 1] = line[:at] + dotted[use.id].encode() + line[at + len(use.id.encode()) :]
        written[path] = b"\n".join(made).decode() + "\n"
    return Written(written, {})


def _taken_from(text: str, path: str) -> Iterator[str]:
    """Yield the names that a module imports from the one of a path, or from one that is called the same."""
    module = path.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and module in {(node.module or "").rpartition(".")[2], ""}:
            yield from (name.name for name in node.names)


def _bound(tree: ast.Module) -> set[str]:
    """Return the names that anything but a plain import binds, or that stand in a string."""
    bound: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                bound.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                bound.add(name)
            case ast.Constant(value=str(text)):
                bound |= set(re.findall(r"\w+", text))
            case ast.Import(names=names):
                bound |= {(name.asname or name.name).partition(".")[0] for name in names}
            case ast.JoinedStr():
                bound |= {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
            case ast.ImportFrom(names=names) if node not in tree.body:
                bound |= {name.asname or name.name for name in names}
    return bound


def with_a_hop(files: dict[str, str]) -> Written:
    """Import names of the program by way of a module that imports them."""
    tops = {path.partition("/")[0].removesuffix(".py") for path in files}
    written = dict(files)
    for path, text in files.items():
        made = text.splitlines()
        for node in _plain_imports(text):
            top = str(node.module).partition(".")[0]
            if top in tops and top not in {"tests", "conftest"} and not _is_module(files, node):
                hop = f"hop_{str(node.module).replace('.', '_')}"
                names = ", ".join(name.name for name in node.names)
                written[f"{hop}.py"] = written.get(f"{hop}.py", "") + f"from {node.module} import {names}\n"
                asked = ", ".join(f"{n.name} as {n.asname}" if n.asname else n.name for n in node.names)
                made[node.lineno - 1] = f"from {hop} import {asked}"
        written[path] = "\n".join(made) + "\n"
    return Written(written, {})


def _plain_imports(text: str) -> Iterator[ast.ImportFrom]:
    """Yield the imports of a module's body that stand on a line of their own."""
    for node in ast.parse(text).body:
        if not isinstance(node, ast.ImportFrom) or node.level or node.lineno != node.end_lineno:
            continue
        line = text.splitlines()[node.lineno - 1]
        if node.module != "__future__" and node.names[0].name != "*" and ";" not in line:
            yield node


def _is_module(files: dict[str, str], node: ast.ImportFrom) -> bool:
    """Whether a name that is imported may be a module itself."""
    folder = str(node.module).replace(".", "/")
    return any(path.startswith(f"{folder}/{name.name}") for name in node.names for path in files)


WAYS = [with_comments, with_other_line_ends, under_a_condition]
WAYS_OF_NAMES = [with_dotted_names, with_a_hop]


def each_example(rule: Rule[Any]) -> Iterator[tuple[str, dict[str, str]]]:
    for example in (*rule.bad, *rule.good):
        files = files_of(example.files)
        if all(_parses(text) for path, text in files.items() if path.endswith(".py")):
            yield example.title, {path: text for path, text in files.items() if path.endswith(".py")}


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:  # newer than this interpreter
        return False
    return True


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_what_is_no_code_changes_no_finding(rule: Rule[Any], way: Callable[[dict[str, str]], Written]) -> None:
    for title, files in each_example(rule):
        written = way(files)

        found = told(program_from(written.files), rule, as_it_is)

        assert found == told(program_from(files), rule, written.moved), title


@pytest.mark.parametrize("way", WAYS_OF_NAMES, ids=lambda way: way.__name__)
@pytest.mark.parametrize("rule", [r for r in RULES if not {r.id, r.id[:2]} & ABOUT_IMPORTS], ids=lambda rule: rule.id)
def test_how_a_name_was_imported_changes_no_finding(rule: Rule[Any], way: Callable[[dict[str, str]], Written]) -> None:
    for title, files in each_example(rule):
        written = way(files)

        found = told(program_from(written.files), rule, as_it_is)

        assert without_paths(found) == without_paths(told(program_from(files), rule, as_it_is)), title


@pytest.mark.parametrize("way", [*WAYS, *WAYS_OF_NAMES], ids=lambda way: way.__name__)
def test_a_way_of_writing_writes_most_examples_differently(way: Callable[[dict[str, str]], Written]) -> None:
    examples = [files for rule in RULES for _, files in each_example(rule)]

    same = [files for files in examples if way(files).files == files]

    assert len(same) < len(examples) / 2


# --- on a disk -----------------------------------------------------------------------------------------------------


def on_disk(paths: list[Path], cwd: Path) -> Program:
    target = discover(paths, Config(), cwd=cwd)
    return link([(file, extract(file.path.read_bytes(), file.shown)) for file in target.files], Config())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_where_the_code_lies_and_from_where_it_is_checked_changes_no_finding(rule: Rule[Any], tmp_path: Path) -> None:
    for number, (title, files) in enumerate(each_example(rule)):
        folder = tmp_path / str(number)
        lay_out(folder / "plain", files)
        moved = {path: path if path.split("/")[0] == "tests" else f"src/{path}" for path in files}
        lay_out(folder / "nested", {moved[path]: text for path, text in files.items()})
        expected = told(on_disk([folder / "plain"], tmp_path), rule, as_it_is)

        from_inside = told(on_disk([], folder / "plain"), rule, as_it_is)
        from_beside = told(on_disk([Path("plain")], folder), rule, as_it_is)
        in_src = told(
            on_disk([folder / "nested"], tmp_path), rule, lambda place: (place.path.removeprefix("src/"), place.span[0])
        )

        assert from_inside == expected, title
        assert from_beside == expected, title
        assert in_src == expected, title
