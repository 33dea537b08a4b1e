"""Seeds: changes of a target's text that break a rule, and the line on which the rule must report them."""

from __future__ import annotations

import io
import re
import textwrap
import tokenize
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from conformance.errors import UnreadableModule
from conformance.facts import code
from conformance.facts.extract import extract

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from conformance.discovery import SourceFile

__all__ = ["HERE", "Change", "Seed", "Source", "sown"]

HERE: Final = "  # here"
"""Stands, in the text of a change, behind the line that must be reported."""

_LINE_END: Final = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one file, as Python reads it."""

    text: str
    encoding: str
    starts: tuple[int, ...]
    """Where each line begins."""

    @staticmethod
    def of(content: bytes) -> Source:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = content.decode(encoding)
        return Source(text, encoding, (0, *(found.end() for found in _LINE_END.finditer(text))))

    def offset(self, line: int, column: int) -> int:
        """Return where a line and column, both counted from 1, are in the text."""
        return self.starts[line - 1] + column - 1

    def line(self, number: int) -> str:
        return self.text[self.starts[number - 1] :].splitlines()[0] if number <= len(self.starts) else ""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one file: what stands from `start` to `stop` is replaced by `text`, in which HERE marks a line."""

    path: str
    start: int
    stop: int
    text: str


@dataclass(frozen=True, slots=True)
class Seed:
    """A violation to be seeded.

    Attributes:
        changes: what is written.
        made: the files that are new; the changes say what they hold.
        removed: the files that are taken away.
        reported: the path and the offset of what must be reported, where no change marks a line; -1 for the first.
        touches: what no other seed of the same run may touch.
    """

    changes: tuple[Change, ...] = ()
    made: tuple[SourceFile, ...] = ()
    removed: frozenset[str] = frozenset()
    reported: tuple[str, int] | None = None
    touches: frozenset[str] = frozenset()

    def tagged(self, tag: str) -> Seed:
        """Return the seed with a tag on each name that its changes bind, so that it disturbs no other name."""
        defined: set[str] = set()
        imported: set[str] = set()
        bodies = {change: _parsed(change.text) for change in self.changes}
        for body in bodies.values():
            for statement in body:
                imported |= set(_imported(statement))
                defined |= set(_defined(statement))
        changes = tuple(
            replace(change, text=_renamed(change.text, body, tag, defined, imported)) for change, body in bodies.items()
        )
        return replace(self, changes=changes)


def _parsed(text: str) -> tuple[code.Statement, ...]:
    try:
        return extract(textwrap.dedent(text).encode(), "seed").body
    except UnreadableModule:  # a part of a statement: it binds nothing
        return ()


def _imported(statement: code.Statement) -> Iterator[str]:
    match statement:
        case code.Import(names=names):
            yield from (name.alias or name.name for name in names if name.alias or "." not in name.name)
        case code.ImportFrom(names=names):
            yield from (name.alias or name.name for name in names if name.name != "*")
        case code.If(body=body):
            yield from (name for inner in body for name in _imported(inner))


def _defined(statement: code.Statement) -> Iterator[str]:
    match statement:
        case code.Function(name=name) | code.Class(name=name):
            yield name
        case code.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, code.Name) and target.id[:2] != "__")


def _renamed(
    text: str, body: tuple[code.Statement, ...], tag: str, defined: Iterable[str], imported: Iterable[str]
) -> str:
    imports = {
        number: _import_line(statement, tag, defined) for statement in body for number in _import_lines(statement)
    }
    names = "|".join(sorted({*defined, *imported}, key=lambda name: (-len(name), name)))
    if not names:
        return text
    every = re.compile(rf"(?<![\w.])({names})(?!\w|=[^=])")
    inner = {line.span[0]: line for statement in body if isinstance(statement, code.If) for line in statement.body}
    imports |= {
        number: _import_line(line, tag, defined)
        for number, line in inner.items()
        if isinstance(line, (code.Import, code.ImportFrom))
    }
    made = []
    for number, line in enumerate(text.split("\n"), 1):
        if number in imports:
            indent = line[: len(line) - len(line.lstrip())]
            made.append(f"{indent}{imports[number]}{HERE if line.endswith(HERE) else ''}")
        else:
            made.append(every.sub(rf"\1{tag}", line))
    return "\n".join(made)


def _import_lines(statement: code.Statement) -> Iterator[int]:
    if isinstance(statement, (code.Import, code.ImportFrom)):
        yield statement.span[0]


def _import_line(statement: code.Statement, tag: str, defined: Iterable[str]) -> str:
    match statement:
        case code.Import(names=names):
            return "import " + ", ".join(
                f"{n.name} as {n.alias or n.name}{tag}" if n.alias or "." not in n.name else n.name for n in names
            )
        case code.ImportFrom(module=module, names=names, level=level):
            parts = ", ".join(_import_part(name, tag, defined) for name in names)
            return f"from {'.' * level}{module} import {parts}"
    raise AssertionError(statement)


def _import_part(imported: code.ImportedName, tag: str, defined: Iterable[str]) -> str:
    if imported.name == "*":
        return "*"
    name = f"{imported.name}{tag}" if imported.name in defined else imported.name
    return f"{name} as {imported.alias or imported.name}{tag}"


@dataclass(frozen=True, slots=True)
class Sown:
    """What the seeds made of the files: the changed ones, and of each seed the places that must be reported."""

    files: Mapping[str, bytes]
    places: tuple[tuple[tuple[str, int], ...], ...]


def sown(sources: Mapping[str, Source], seeds: Sequence[Seed]) -> Sown:
    """Apply the seeds to the files, all at once."""
    by_path: dict[str, list[tuple[int, Change]]] = defaultdict(list)
    for number, seed in enumerate(seeds):
        for change in seed.changes:
            by_path[change.path].append((number, change))
    places: list[list[tuple[str, int]]] = [[] for _ in seeds]
    files: dict[str, bytes] = {}
    moved: dict[str, list[tuple[int, int]]] = {}
    for path, changes in by_path.items():
        source = sources.get(path) or Source("", "utf-8", (0,))
        changes.sort(key=lambda each: (each[1].start, each[1].stop))
        made, at = "", 0
        moved[path] = []
        for number, change in changes:
            made += source.text[at : change.start]
            first = _lines_in(made) + 1
            texts = change.text.split("\n")
            places[number] += [(path, first + n) for n, line in enumerate(texts) if line.endswith(HERE)]
            made += "\n".join(line.removesuffix(HERE) for line in texts)
            moved[path].append((change.start, len(texts) - 1 - _lines_in(source.text[change.start : change.stop])))
            at = change.stop
        files[path] = (made + source.text[at:]).encode(source.encoding)
    for number, seed in enumerate(seeds):
        if seed.reported is not None:
            path, offset = seed.reported
            text = sources[path].text[: max(offset, 0)] if path in sources else ""
            more = sum(lines for start, lines in moved.get(path, ()) if start <= offset)
            places[number].append((path, _lines_in(text) + 1 + more))
    return Sown(files, tuple(tuple(each) for each in places))


def _lines_in(text: str) -> int:
    return sum(1 for _ in _LINE_END.finditer(text))
