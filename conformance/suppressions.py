"""Suppressions: comments in the code and `per-file-ignores`, what they cover, and what became of each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from conformance import config as configuration
from conformance.facts.code import Case, Class, For, Function, Handler, If, Match, Try, While, With, children
from conformance.facts.nesting import Nested
from conformance.files import Lines
from conformance.globs import globs
from conformance.results import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from conformance.facts.code import Comment, ModuleCode, Statement
    from conformance.stages import Loaded

__all__ = ["OWN", "Suppression", "Suppressions", "in_code", "in_configuration", "in_target"]

OWN: Final = "architecture"
"""What suppressions call a team's own rules, with what follows a dash; its tests know them, a check does not."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """One rule's name in one suppression; a comment that names two rules is two of them.

    Attributes:
        name: the rule's id, its name or a prefix, as it is written; "ALL" for a comment that names none.
        reason: why, "" where none is given.
        place: where it is written.
        lines: the lines that it covers, in the file where it stands; None for all of them.
        glob: for one in the configuration, the files that it covers; "" for a comment.
    """

    name: str
    reason: str
    place: Place
    lines: frozenset[int] | range | None = None
    glob: str = ""


def in_target(loaded: Loaded) -> Iterator[Suppression]:
    """Yield all that there are in a target and its configuration."""
    modules = {file.shown: file.module for file in loaded.target.files}
    for path, code in loaded.codes.items():
        yield from in_code(code, path, modules[path])
    config = loaded.config
    shown = Lines(loaded.target).shown(config.file)
    yield from in_configuration(config.per_file_ignores, shown, lambda glob: configuration.line_of(config, glob))


def in_code(code: ModuleCode, path: str, module: str) -> Iterator[Suppression]:
    """Yield the suppressions that stand as comments in a module."""
    if not code.comments:
        return
    layout = _Layout(code)
    for comment in code.comments:
        lines = layout.covered(comment)
        place = Place(path, comment.span, module)
        for name in comment.names or ("ALL",):
            yield Suppression(name, comment.reason, place, lines)


def in_configuration(
    entries: Mapping[str, Iterable[str]], shown: str, line_of: Callable[[str], int]
) -> Iterator[Suppression]:
    """Yield what `per-file-ignores` suppress.

    Args:
        entries: glob of paths to rules.
        shown: the configuration's file, as it is shown.
        line_of: gives the line on which a glob stands.
    """
    for glob, names in entries.items():
        line = max(line_of(glob), 1)
        place = Place(shown, (line, 1, line, 1), "")
        for name in names:
            yield Suppression(name, f"`per-file-ignores` for {glob}", place, None, glob)


_FEW: Final = 8
"""On how many lines a suppression is looked up by line."""


class Suppressions:
    """The suppressions of one target, and which of them have matched."""

    def __init__(self, several: Iterable[Suppression], answers: Callable[[str, str], bool]) -> None:
        """Take the suppressions; `answers(name, rule)` says whether the rule goes by that id, name or prefix."""
        self.all = tuple(several)
        self._answers = answers
        self._used: set[Suppression] = set()
        self._by_line: dict[tuple[str, int], list[Suppression]] = defaultdict(list)
        self._wide: dict[str, list[Suppression]] = defaultdict(list)
        for one in self.all:
            if one.lines is not None and len(one.lines) <= _FEW:
                for line in one.lines:
                    self._by_line[one.place.path, line].append(one)
            elif not one.glob:
                self._wide[one.place.path].append(one)
        self._by_glob = [(one, globs([one.glob])) for one in self.all if one.glob]

    def match(self, rule: str, path: str, line: int) -> Suppression | None:
        """Return the suppression that covers a finding, the narrowest first, and remember that it was of use."""
        here = [s for s in self._wide.get(path, ()) if s.lines is None or line in s.lines]
        here.sort(key=lambda s: len(s.lines or ()))
        here[:0] = sorted(self._by_line.get((path, line), ()), key=lambda s: len(s.lines or ()))
        everywhere = [s for s, spec in self._by_glob if spec.match_file(path)]
        for one in (*here, *everywhere):
            if self._answers(one.name, rule):
                self._used.add(one)
                return one
        return None

    def unused(self) -> tuple[Suppression, ...]:
        """Return those that have matched nothing so far."""
        return tuple(one for one in self.all if one not in self._used)


class _Extent(NamedTuple):
    """The lines of one statement: decorators included, of its `def`, of what is written in its header, its last."""

    first: int
    keyword: int
    written: int
    header: int
    last: int
    has_body: bool


class _Layout:
    """Where the statements of a module stand."""

    def __init__(self, code: ModuleCode) -> None:
        self.extents = sorted(
            {_extent(statement) for statement in _statements(code.body)}, key=lambda e: (e.first, -e.last)
        )
        self.nested = Nested([(extent.first, extent.last) for extent in self.extents])
        self.comments = frozenset(comment.span[0] for comment in code.comments if comment.alone)

    def covered(self, comment: Comment) -> frozenset[int] | range:
        """Return the lines that a comment speaks of.

        One that stands alone speaks of the whole next statement, decorators and body included; amid an expression or
        a header, of the next line. One behind code speaks of its line; of the whole statement where that has no
        body; and of the line of the `def` too where it stands at the end of the header.
        """
        line = comment.span[0]
        if comment.alone:
            holder = next((self.extents[each] for each in self.nested.begun_before(line)), None)
            if holder is not None and line < (holder.written if holder.has_body else holder.last):
                after = range(line + 1, line + 2 + len(self.comments))
                return frozenset((next(number for number in after if number not in self.comments),))
            at = self.nested.following(line)
            following = self.extents[at : at + 1]
            return range(following[0].first, following[0].last + 1) if following else frozenset()
        around = (self.extents[each] for each in self.nested.around(line))
        innermost = next((e for e in around if not e.has_body or line <= e.header), None)
        if innermost is None:
            return frozenset((line,))
        if not innermost.has_body:
            return range(innermost.first, innermost.last + 1)
        at_the_end = line >= innermost.written
        return frozenset((line, innermost.keyword)) if at_the_end else frozenset((line,))


def _statements(body: Iterable[Statement]) -> Iterator[Statement]:
    pending = list(body)
    while pending:
        statement = pending.pop()
        yield statement
        for inner in _bodies(statement):
            pending.extend(inner)


def _bodies(statement: Statement) -> tuple[tuple[Statement, ...], ...]:
    match statement:
        case If() | While() | For():
            return (statement.body, statement.otherwise)
        case With() | Function() | Class():
            return (statement.body,)
        case Try():
            handled = (handler.body for handler in statement.handlers)
            return (statement.body, *handled, statement.otherwise, statement.last)
        case Match():
            return tuple(case.body for case in statement.cases)
    return ()


def _extent(statement: Statement) -> _Extent:
    keyword, last = statement.span[0], statement.span[2]
    decorators = statement.decorators if isinstance(statement, (Function, Class)) else ()
    first = min((keyword, *(decorator.span[0] for decorator in decorators)))
    bodies = _bodies(statement)
    if not bodies:
        return _Extent(first, keyword, last, last, last, has_body=False)
    inner = {id(each) for body in bodies for each in body}
    outside = (node for node in children(statement) if id(node) not in inner and not isinstance(node, (Handler, Case)))
    written = max((keyword, *(node.span[2] for node in outside)))
    below = [_extent(body[0]).first for body in bodies if body]
    header = max(written, min(below, default=last + 1) - 1)
    return _Extent(first, keyword, written, header, last, has_body=True)
