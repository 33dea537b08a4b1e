"""The tool itself, broken in one place at a time: does a test notice? `python -m tests.mutants --help` tells the rest.

A server collects the tests once and forks for each mutant: the child puts the mutated code into the functions that are
there already, and runs the tests that reach the line, those first that noticed mutants near it. What runs on import
alone (tables, defaults, decorators) is imported anew. Annotations, docstrings, and the examples and texts of a rule's
page are not mutated; what a finding says is counted apart.
"""

from __future__ import annotations
import __future__

import argparse
import ast
import copy
import functools
import gc
import hashlib
import importlib.abc
import importlib.util
import json
import os
import random
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any, TypeVar

import pytest
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).parent.parent
TARGETS = ("conformance/program", "conformance/rules")
TESTS = ("tests/rules", "tests/program", "tests/test_examples.py", "tests/documents", "tests/test_check.py",
         "tests/test_architecture.py", "tests/test_checklist.py", "tests/test_suppressions.py")  # fmt: skip
"""Those that kill most in the least time; `--tests` names others."""
PAGE = {"id", "name", "source", "summary", "why", "instead", "nothing", "configure", "bad", "good"}
"""Arguments of `Rule` that are its page."""
SAID = {"Violation", "Undecidable", "Step"}
"""Calls whose arguments, but for the place, are what a finding says."""


# --- the mutations ---------------------------------------------------------------------------------------------------

SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.Break: ast.Continue, ast.Continue: ast.Break,
}  # fmt: skip
RENAMED = {
    a: b
    for one, other in (
        ("any", "all"), ("min", "max"), ("startswith", "endswith"), ("removeprefix", "removesuffix"),
        ("partition", "rpartition"), ("lower", "upper"), ("lstrip", "rstrip"), ("find", "rfind"), ("index", "rindex"),
    )
    for a, b in ((one, other), (other, one))
}  # fmt: skip


Node = TypeVar("Node", bound=ast.AST)


def changed(node: Node, **fields: object) -> Node:
    """Return a copy of a node with other fields."""
    made = copy.copy(node)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def without(parts: Sequence[Any], index: int) -> list[Any]:
    return [*parts[:index], *parts[index + 1 :]]


def negated(test: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Yield the opposite of a condition that has no operator of its own to swap."""
    if not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Constant):
        yield "condition negated", ast.UnaryOp(ast.Not(), test)


def variants(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield what may stand in a node's place, and what that is."""
    nothing = ast.Constant(None)
    match node:
        case ast.Compare(ops=ops):
            for index, op in enumerate(ops):
                swapped = [*ops[:index], SWAPPED[type(op)](), *ops[index + 1 :]]
                yield "comparison swapped", changed(node, ops=swapped)
        case ast.BoolOp(op=op, values=values):
            yield "and/or swapped", changed(node, op=SWAPPED[type(op)]())
            for index in range(len(values)):
                left = without(values, index)
                yield "operand removed", left[0] if len(left) == 1 else changed(node, values=left)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield "sign or not removed", operand
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            yield "side removed", left
            yield "side removed", right
        case ast.BinOp(op=op) if type(op) in SWAPPED:
            yield "operator swapped", changed(node, op=SWAPPED[type(op)]())
        case ast.Constant(value=bool(value)):
            yield "constant", ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield "constant", ast.Constant(value + 1)
        case ast.Constant(value=str(value)):
            yield "string", ast.Constant(f"XX{value}XX")
        case ast.Call(func=func, args=args, keywords=keywords):
            if isinstance(func, ast.Name) and func.id in {"isinstance", "len", "cast"}:
                return
            if isinstance(func, ast.Attribute) and func.attr in RENAMED:
                yield "method swapped", changed(node, func=changed(func, attr=RENAMED[func.attr]))
            for index, argument in enumerate(args):
                if not isinstance(argument, ast.Starred) and not (
                    isinstance(argument, ast.Constant) and argument.value is None
                ):
                    yield "argument None", changed(node, args=[*args[:index], nothing, *args[index + 1 :]])
            if len(args) > 1:
                yield "argument removed", changed(node, args=args[:-1])
            for index, keyword in enumerate(keywords):
                if not (isinstance(func, ast.Name) and func.id == "Rule" and keyword.arg in PAGE):
                    yield "argument removed", changed(node, keywords=without(keywords, index))
        case ast.Name(id=name, ctx=ast.Load()) if name in RENAMED:
            yield "function swapped", changed(node, id=RENAMED[name])
        case ast.Lambda():
            yield "lambda None", changed(node, body=nothing)
        case ast.IfExp(test=test, body=body, orelse=other):
            yield "branch forced", body
            yield "branch forced", other
        case ast.comprehension(ifs=tests):
            for index, test in enumerate(tests):
                yield "filter removed", changed(node, ifs=without(tests, index))
                for how, opposite in negated(test):
                    yield how, changed(node, ifs=[*tests[:index], opposite, *tests[index + 1 :]])
        case ast.Set(elts=elements) if len(elements) > 1:
            for index in range(len(elements)):
                yield "element removed", changed(node, elts=without(elements, index))
        case ast.List(elts=elements, ctx=ast.Load()):
            for index in range(len(elements)):
                yield "element removed", changed(node, elts=without(elements, index))
        case ast.Tuple(elts=elements, ctx=ast.Load()) if all(isinstance(e, ast.Constant) for e in elements):
            for index in range(len(elements)):
                yield "element removed", changed(node, elts=without(elements, index))
        case ast.Dict(keys=keys, values=values):
            for index in range(len(keys)):
                yield "element removed", changed(node, keys=without(keys, index), values=without(values, index))
        case ast.Return(value=None) | ast.Raise() | ast.Delete() | ast.Assert():
            yield "statement removed", ast.Pass()
        case ast.Return(value=value) if not _is_empty(value):
            yield "return None", ast.Return(nothing)
        case ast.Expr(value=value) if not isinstance(value, ast.Constant):
            yield "statement removed", ast.Pass()
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield "value None", changed(node, value=nothing)
        case ast.AugAssign(target=target, value=value):
            yield "+= to =", ast.Assign([target], value)
        case ast.If(test=test) | ast.While(test=test):
            for how, opposite in negated(test):
                yield how, changed(node, test=opposite)
        case ast.For():
            yield "no iteration", changed(node, iter=ast.Tuple([], ast.Load()))
        case ast.Continue() | ast.Break():
            yield "break/continue swapped", SWAPPED[type(node)]()
        case ast.Match(cases=cases) if len(cases) > 1:
            for index in range(len(cases)):
                yield "case removed", changed(node, cases=without(cases, index))
        case ast.match_case(guard=ast.expr()):
            yield "guard removed", changed(node, guard=None)
        case ast.MatchOr(patterns=patterns):
            for index in range(len(patterns)):
                left = without(patterns, index)
                yield "pattern removed", left[0] if len(left) == 1 else changed(node, patterns=left)
        case ast.FunctionDef(decorator_list=decorators):
            for index in range(len(decorators)):
                yield "decorator removed", changed(node, decorator_list=without(decorators, index))


def _is_empty(value: ast.expr | None) -> bool:
    """Whether a value is false, as None is: what is returned is asked for its truth, mostly."""
    match value:
        case ast.Constant(value=constant):
            return not constant
        case ast.Tuple(elts=[]) | ast.List(elts=[]) | ast.Dict(keys=[]):
            return True
    return False


@dataclass(frozen=True)
class Edit:
    """One mutation of a tree that was parsed for it."""

    line: int
    lines: range
    """Those of the statement, without the statements in it."""
    what: str
    owner: int
    """The first line of the outermost function whose code is mutated; 0 for what runs on import."""
    said: bool
    """Whether what a finding says is mutated, and nothing else."""
    statement: ast.stmt
    """That of the module in which it is."""
    before: ast.AST
    after: ast.AST
    apply: Callable[[], None]

    def __str__(self) -> str:
        before, after = (ast.unparse(ast.fix_missing_locations(n)).splitlines() for n in (self.before, self.after))
        gone = " ".join(line.strip() for line in before if line not in after)
        come = " ".join(line.strip() for line in after if line not in before)
        return f"{self.what}: {gone[:200]} -> {come[:200]}"


def edits(tree: ast.Module) -> Iterator[Edit]:
    """Yield every mutation of a module, always in the same order."""
    left_out = {id(node) for node in _left_out(tree)}
    said = {id(node) for node in _said(tree)}
    for statement in tree.body:
        owners = _owners(statement)
        line, lines = statement.lineno, range(0)
        pending: list[tuple[ast.AST, Callable[[ast.AST], None], range]] = [
            (statement, _putter(tree.body, tree.body.index(statement)), lines)
        ]
        while pending:
            node, put, lines = pending.pop()
            if id(node) in left_out:
                continue
            line = getattr(node, "lineno", line)
            lines = _lines(node) or lines
            owner = owners.get(id(node), 0)
            for what, replacement in variants(node):
                ast.copy_location(replacement, node)
                is_said = id(node) in said or (what == "string" and _is_prose(node))
                yield Edit(
                    line, lines, what, owner, is_said, statement, node, replacement, functools.partial(put, replacement)
                )
            children: list[tuple[ast.AST, Callable[[ast.AST], None], range]] = []
            for field, value in ast.iter_fields(node):
                if isinstance(value, ast.AST):
                    children.append((value, functools.partial(setattr, node, field), lines))
                elif isinstance(value, list):
                    children += ((v, _putter(value, i), lines) for i, v in enumerate(value) if isinstance(v, ast.AST))
            pending += reversed(children)


def _putter(holder: list[Any], index: int) -> Callable[[ast.AST], None]:
    return functools.partial(holder.__setitem__, index)


def _lines(node: ast.AST) -> range | None:
    """Return the lines of a statement or case, without those of the statements in it."""
    if not isinstance(node, ast.stmt | ast.match_case):
        return None
    first = node.lineno if isinstance(node, ast.stmt) else node.pattern.lineno
    inner = [part.lineno for part in getattr(node, "body", ())] or [
        case.pattern.lineno for case in getattr(node, "cases", ())
    ]
    last = min(inner) - 1 if inner else getattr(node, "end_lineno", first)
    return range(first, max(first, last) + 1)


def _owners(statement: ast.stmt) -> dict[int, int]:
    """Return the line of the function of the module or of its classes that each node's code is part of."""
    functions = [statement, *(statement.body if isinstance(statement, ast.ClassDef) else ())]
    return {
        id(node): min(part.lineno for part in (function, *function.decorator_list))  # type: ignore[attr-defined]
        for function in functions
        if isinstance(function, ast.FunctionDef)
        for body in function.body
        for node in ast.walk(body)
    }


def _said(tree: ast.Module) -> Iterator[ast.AST]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in SAID:
            for part in (*call.args[1:], *call.keywords):
                yield from ast.walk(part)


def _is_prose(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and (" " in node.value or "`" in node.value)


def _left_out(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the annotations, docstrings, imports, and the pages of rules."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom():
                yield node
            case ast.Assign(targets=[ast.Name(id="__all__" | "__slots__")]) | ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield node
            case ast.Call(func=ast.Name(id="Rule")):
                yield from (keyword for keyword in node.keywords if keyword.arg in PAGE)
            case ast.Call(func=ast.Name(id="cast")):
                yield node.args[0]
            case ast.FunctionDef(returns=ast.expr() as annotation) | ast.arg(annotation=ast.expr() as annotation):
                yield annotation
            case ast.AnnAssign():
                yield node.annotation


@functools.lru_cache(maxsize=1)
def edits_of(path: str) -> tuple[ast.Module, list[Edit]]:
    """Return the tree of a file of the target, and its mutations: one of them can be applied, in a child."""
    tree = ast.parse((ROOT / path).read_text())
    return tree, list(edits(tree))


def compiled(path: str, body: list[ast.stmt]) -> CodeType:
    module = ast.fix_missing_locations(ast.Module(body, []))
    code: CodeType = compile(module, str(ROOT / path), "exec", __future__.annotations.compiler_flag, dont_inherit=True)
    return code


# --- which tests reach which lines -----------------------------------------------------------------------------------


@dataclass
class Reach:
    """Which tests run a line, how long each takes, and which lines run when the tests are collected."""

    tests: list[str]
    seconds: list[float]
    lines: dict[str, dict[str, list[int]]]
    collected: dict[str, list[int]]

    def of(self, path: str, lines: Iterable[int]) -> set[int]:
        known = self.lines.get(path, {})
        return {test for line in lines for test in known.get(str(line), ())}

    def quicker_than(self, limit: float) -> Reach:
        """Return the same without the tests that take longer."""
        lines = {
            path: {line: [t for t in tests if self.seconds[t] <= limit] for line, tests in known.items()}
            for path, known in self.lines.items()
        }
        return Reach(self.tests, self.seconds, lines, self.collected)

    def breadth(self) -> Counter[int]:
        """Return how many lines each test runs."""
        return Counter(test for known in self.lines.values() for tests in known.values() for test in tests)


TraceFunction = Callable[[FrameType, str, Any], Any]


class Tracer:
    """A pytest plugin that runs the tests and notes the lines of the targets that each reaches."""

    def __init__(self) -> None:
        self.reach = Reach([], [], {}, {})
        self.hits: dict[str, set[int]] = {str(ROOT / path): set() for path in target_files()}

    def trace(self, frame: FrameType, event: str, arg: object) -> TraceFunction | None:
        hit = self.hits.get(frame.f_code.co_filename)
        if hit is None:
            return None
        hit.add(frame.f_lineno)
        return self.trace

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Iterator[None]:
        sys.settrace(self.trace)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            self.reach.collected = {str(Path(path).relative_to(ROOT)): sorted(hit) for path, hit in self.hits.items()}
            for hit in self.hits.values():
                hit.clear()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for item, following in zip(session.items, [*session.items[1:], None], strict=True):
            started = time.process_time()
            sys.settrace(self.trace)
            failed = fails(item, following)
            sys.settrace(None)
            if failed:
                print("fails without a mutation, and is left out:", item.nodeid, flush=True)
                continue
            self.note(item.nodeid, time.process_time() - started)
        return True

    def note(self, test: str, seconds: float) -> None:
        number = len(self.reach.tests)
        self.reach.tests.append(test)
        self.reach.seconds.append(seconds)
        for path, hit in self.hits.items():
            known = self.reach.lines.setdefault(str(Path(path).relative_to(ROOT)), {})
            for line in hit:
                known.setdefault(str(line), []).append(number)
            hit.clear()


def target_files() -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for target in TARGETS for path in (ROOT / target).rglob("*.py"))


def fails(item: pytest.Item, following: pytest.Item | None) -> bool:
    return any(report.failed for report in runtestprotocol(item, log=False, nextitem=following))


def run_pytest(plugin: object, tests: Sequence[str]) -> int:
    quiet = ("-q", "-s", "-p", "no:conformance", "-p", "no:xdist", "-p", "no:cacheprovider")
    return int(pytest.main([*quiet, *(str(ROOT / test) for test in tests)], plugins=[plugin]))


# --- mutants, each in a process of its own ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Mutant:
    path: str
    number: int
    line: int
    owner: int
    kind: str
    """`code`, `import` for what runs on import, or `said` for what a finding says."""
    what: str
    tests: tuple[int, ...]
    """Those to run."""


@dataclass(frozen=True)
class Outcome:
    path: str
    line: int
    kind: str
    what: str
    result: str
    """`killed`, `survived`, `timeout`, or `unreached` where no test runs the line."""
    tests: int
    killer: str = ""


class Runner:
    """Runs the tests of one mutant after the other in children, and keeps those first that killed."""

    def __init__(self, reach: Reach, jobs: int, told: Callable[[Outcome], None]) -> None:
        self.reach = reach
        self.jobs = jobs
        self.told = told
        self.breadth = reach.breadth()
        self.killers: dict[object, Counter[int]] = defaultdict(Counter)
        self.children: dict[int, tuple[Mutant, int]] = {}

    def ordered(self, mutant: Mutant) -> list[int]:
        near, far = self.killers[mutant.path, mutant.owner], self.killers[mutant.path]
        return sorted(mutant.tests, key=lambda test: (-near[test], -far[test], self.breadth[test], test))

    def start(self, mutant: Mutant, work: Callable[[Mutant, list[str], int], None]) -> None:
        """Fork for a mutant; the child ends itself in `work`."""
        if not mutant.tests:
            self.told(Outcome(mutant.path, mutant.line, mutant.kind, mutant.what, "unreached", 0))
            return
        while len(self.children) >= self.jobs:
            self.wait()
        receiving, sending = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(receiving)
            silence = os.open(os.devnull, os.O_RDWR)
            os.dup2(silence, 1)
            os.dup2(silence, 2)
            try:
                work(mutant, [self.reach.tests[test] for test in self.ordered(mutant)], sending)
            finally:
                os._exit(KILLED)
        os.close(sending)
        self.children[child] = mutant, receiving

    def wait(self) -> None:
        child, status = os.wait()
        mutant, receiving = self.children.pop(child)
        with os.fdopen(receiving) as pipe:
            killer = pipe.read()
        result = ENDED.get(status, "timeout")
        if result == "killed" and killer:
            test = self.reach.tests.index(killer)
            self.killers[mutant.path, mutant.owner][test] += 1
            self.killers[mutant.path][test] += 1
        self.told(Outcome(mutant.path, mutant.line, mutant.kind, mutant.what, result, len(mutant.tests), killer))

    def finish(self) -> None:
        while self.children:
            self.wait()


SURVIVED, KILLED = 0, 1
ENDED = {SURVIVED << 8: "survived", KILLED << 8: "killed"}


def judge(items: dict[str, pytest.Item], tests: list[str], seconds: dict[str, float], sending: int) -> None:
    """Run the tests until one fails, and end the process. One that takes far too long ends it as well."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    for test, following in zip(tests, [*tests[1:], ""], strict=True):
        signal.setitimer(signal.ITIMER_PROF, max(5.0, 20 * seconds[test]))
        if fails(items[test], items.get(following)):
            os.write(sending, test.encode())
            os._exit(KILLED)
    os._exit(SURVIVED)


MEMORY = 4 << 30


class Server:
    """A pytest plugin that, when the tests are collected, forks for each mutant of code in functions."""

    def __init__(self, runner: Runner, mutants: Iterable[Mutant]) -> None:
        self.runner = runner
        self.mutants = mutants
        self.later: list[Mutant] = []
        """Mutants whose function is not there to be changed."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        seconds = dict(zip(self.runner.reach.tests, self.runner.reach.seconds, strict=True))

        def work(mutant: Mutant, tests: list[str], sending: int) -> None:
            function = function_at(mutant)
            assert function is not None
            edit = edits_of(mutant.path)[1][mutant.number]
            edit.apply()
            function.__code__ = code_at(compiled(mutant.path, [edit.statement]), mutant.owner, function.__name__)
            judge(items, tests, seconds, sending)

        for mutant in self.mutants:
            if mutant.tests and function_at(mutant) is None:
                self.later.append(mutant)
            else:
                edits_of(mutant.path)
                gc.freeze()
                self.runner.start(mutant, work)
        self.runner.finish()
        return True


def function_at(mutant: Mutant) -> FunctionType | None:
    """Return the function of the imported module that a mutant changes."""
    module = sys.modules[module_name(mutant.path)]
    holders = [vars(module), *(vars(v) for v in vars(module).values() if isinstance(v, type))]
    for value in [value for holder in holders for value in holder.values()]:
        for name in ("fget", "func", "__func__", "__wrapped__"):
            value = getattr(value, name, value)  # noqa: PLW2901  the function inside
        if (
            isinstance(value, FunctionType)
            and value.__module__ == module.__name__
            and value.__code__.co_firstlineno == mutant.owner
            and not value.__code__.co_freevars
        ):
            return value
    return None


def code_at(code: CodeType, line: int, name: str) -> CodeType:
    pending = [code]
    while pending:
        current = pending.pop()
        if current.co_firstlineno == line and current.co_name == name:
            return current
        pending += (each for each in current.co_consts if isinstance(each, CodeType))
    raise LookupError(name)


def module_name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


class Mutated(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports one module with its mutation."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, name: str, path: object, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != module_name(self.mutant.path):
            return None
        return importlib.util.spec_from_file_location(
            name,
            ROOT / self.mutant.path,
            loader=self,
            submodule_search_locations=[str((ROOT / self.mutant.path).parent)]
            if self.mutant.path.endswith("__init__.py")
            else None,
        )

    def get_source(self, fullname: str) -> str:
        return (ROOT / self.mutant.path).read_text()

    def get_code(self, fullname: str) -> CodeType:
        tree, found = edits_of(self.mutant.path)
        found[self.mutant.number].apply()
        return compiled(self.mutant.path, tree.body)


class Once:
    """A pytest plugin that judges one mutant by the tests that were collected with it."""

    def __init__(self, tests: list[str], seconds: dict[str, float], sending: int) -> None:
        self.tests = tests
        self.seconds = seconds
        self.sending = sending

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        if session.testsfailed or not set(self.tests) <= set(items):
            os._exit(KILLED)
        judge(items, self.tests, self.seconds, self.sending)
        return True


def forked(work: Callable[[], None]) -> None:
    """Do something in a process of its own: what it imports stays there."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            sys.stdout.flush()
            os._exit(status)
    if os.waitpid(child, 0)[1]:
        raise SystemExit("a process that should not have failed did; what it said stands above")


# --- the command -----------------------------------------------------------------------------------------------------


def mutants_of(path: str, reach: Reach, mentioned: Callable[[str], set[int]]) -> list[Mutant]:
    """Return all mutants of a file, with the tests that reach them."""
    made = []
    for number, edit in enumerate(edits_of(path)[1]):
        owner, tests = edit.owner, reach.of(path, edit.lines)
        if owner and not tests and set(edit.lines) & set(reach.collected[path]):
            owner = 0  # it runs when the tests are collected, and its result is kept
        if not owner:
            tests = mentioned(bound(edit.statement))
        kind = "said" if edit.said else "code" if owner else "import"
        made.append(Mutant(path, number, edit.line, owner, kind, str(edit), tuple(sorted(tests))))
    return made


def bound(statement: ast.stmt) -> str:
    """Return the first name that a statement binds."""
    return next((n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)), "")


def mentions(reach: Reach) -> Callable[[str], set[int]]:
    """Return a function from a name to the tests that run a line of the targets on which the name stands."""
    lines: dict[str, set[tuple[str, int]]] = defaultdict(set)
    tables: dict[str, set[str]] = defaultdict(set)
    for path in target_files():
        for statement in ast.parse((ROOT / path).read_text()).body:
            owners = _owners(statement)
            binds = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            for node in ast.walk(statement):
                name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
                if name and id(node) in owners:
                    lines[name].add((path, node.lineno))  # type: ignore[attr-defined]
                elif name and not isinstance(statement, ast.ClassDef | ast.FunctionDef):
                    tables[name] |= binds

    @functools.cache
    def tests(name: str) -> set[int]:
        names, pending = {name}, [name]
        while pending:
            new = tables[pending.pop()] - names
            names |= new
            pending += new
        found = {test for each in names for path, line in lines[each] for test in reach.of(path, [line])}
        return found or set(reach.breadth())

    return tests


def sampled(mutants: Sequence[Sequence[Mutant]], size: int, seed: int) -> list[Mutant]:
    """Return a random part of the mutants, the same share of each file."""
    chosen = random.Random(seed)  # noqa: S311  no secret
    share = min(1.0, size / max(1, sum(map(len, mutants))))
    return [m for each in mutants for m in chosen.sample(each, min(len(each), max(1, round(len(each) * share))))]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sample", type=int, default=1000, help="how many mutants (default: 1000; 0: all)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (default: 1)")
    parser.add_argument("--only", default="", help="a part of the paths of the files to mutate")
    parser.add_argument("--kinds", default="code,import,said", help="code in functions, what runs on import, texts")
    parser.add_argument("--tests", nargs="+", default=TESTS, help="the tests to run")
    parser.add_argument("--slowest", type=float, default=3.0, help="seconds that a test may take to be run at all")
    parser.add_argument("--jobs", type=int, default=2)
    reach_of_today = Path(f"/tmp/mutants-reach-{state_of_code()}.json")  # noqa: S108
    parser.add_argument(
        "--reach", type=Path, default=reach_of_today, help="which tests run a line: made where it is missing"
    )
    parser.add_argument("--again", type=Path, help="the report of a run: its survivors alone")
    parser.add_argument("--report", type=Path, default=Path("/tmp/mutants.jsonl"))  # noqa: S108
    options = parser.parse_args()
    if not options.reach.exists():
        forked(lambda: trace(options.reach, options.tests))
    reach = Reach(**json.loads(options.reach.read_text())).quicker_than(options.slowest)
    mentioned = mentions(reach)
    every = [
        [m for m in mutants_of(path, reach, mentioned) if m.kind in options.kinds.split(",")]
        for path in target_files()
        if options.only in path
    ]
    if options.again:
        survivors = {(o["path"], o["what"]) for o in read(options.again) if o["result"] in {"survived", "unreached"}}
        chosen = [m for mutants in every for m in mutants if (m.path, m.what) in survivors]
    else:
        chosen = sampled(every, options.sample or sum(map(len, every)), options.seed)
    print(f"{sum(map(len, every))} mutants, {len(chosen)} of them chosen", flush=True)
    with options.report.open("w") as report:

        def told(outcome: Outcome) -> None:
            report.write(json.dumps(asdict(outcome)) + "\n")
            report.flush()

        run(chosen, reach, options, told)
    summarize(read(options.report))


def run(chosen: list[Mutant], reach: Reach, options: argparse.Namespace, told: Callable[[Outcome], None]) -> None:
    server = Server(Runner(reach, options.jobs, told), [m for m in chosen if m.owner])
    receiving, sending = os.pipe()

    def serve() -> None:
        run_pytest(server, options.tests)
        os.write(sending, json.dumps([chosen.index(m) for m in server.later]).encode())

    forked(serve)
    os.close(sending)
    with os.fdopen(receiving) as pipe:
        later = [chosen[index] for index in json.loads(pipe.read())]
    seconds = dict(zip(reach.tests, reach.seconds, strict=True))
    runner = Runner(reach, options.jobs, told)

    def work(mutant: Mutant, tests: list[str], sending: int) -> None:
        sys.meta_path.insert(0, Mutated(mutant))
        run_pytest(Once(tests, seconds, sending), options.tests)

    for mutant in [*later, *(m for m in chosen if not m.owner)]:
        runner.start(mutant, work)
    runner.finish()


def state_of_code() -> str:
    """Return what stands for the code and the tests as they are: a trace of what they were is of no use."""
    every = [path for folder in ("conformance", "tests") for path in sorted((ROOT / folder).rglob("*"))]
    said = hashlib.sha256()
    for path in every:
        if path.is_file() and path.suffix != ".pyc":
            said.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return said.hexdigest()[:16]


def trace(to: Path, tests: Sequence[str]) -> None:
    tracer = Tracer()
    run_pytest(tracer, tests)
    to.write_text(json.dumps(asdict(tracer.reach)))


def read(report: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in report.read_text().splitlines()]


def summarize(outcomes: list[dict[str, Any]]) -> None:
    """Print how many mutants of each folder and kind were noticed."""
    table: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for each in outcomes:
        folder = str(Path(each["path"]).parent)
        for row in ((folder, each["kind"]), (folder.split("/")[1], each["kind"]), ("all", each["kind"]), ("all", "")):
            table[row][each["result"]] += 1
    for (folder, kind), results in sorted(table.items()):
        caught = results["killed"] + results["timeout"]
        counts = "  ".join(f"{result} {count}" for result, count in sorted(results.items()))
        print(f"{folder:34}{kind:8}{100 * caught / results.total():5.1f} %  of {results.total():5}: {counts}")


if __name__ == "__main__":
    main()
