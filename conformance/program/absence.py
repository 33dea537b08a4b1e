"""Which locals of a function can hold None where they are handed out.

The statements are followed in the order in which they run. What is not certain counts as a value: a local is said to
be None only where a line of the function makes it None and nothing on the way to the place looks at it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from conformance.facts import code
from conformance.program.flow import Flow, is_true
from conformance.program.scopes import FunctionScope


class Absent(NamedTuple):
    """How a local came to be None; `sometimes` where another branch gave it a value."""

    how: str
    sometimes: bool = False


State = Mapping[str, Absent]
"""The locals that can be None, by name."""

NoneIn = Callable[[code.Expression, State], str]
"""Says how an expression can be None where these locals can, and "" where it cannot."""


@dataclass(slots=True)
class _Loop:
    """What is known where a loop is left by `break`, and where it begins anew by `continue`."""

    left: list[State] = field(default_factory=list)
    anew: list[State] = field(default_factory=list)


class Absence:
    """Follows the statements of a function; `at` holds what can be None at each `return` and `yield`, by its id."""

    def __init__(self, function: FunctionScope, none_in: NoneIn, flow: Flow) -> None:
        self.function = function
        self.none_in = none_in
        self.flow = flow
        self.at: dict[int, State] = {}
        self._loops: list[_Loop] = []
        self._tried: list[list[State]] = []
        self._foreign = _bound_elsewhere(function)
        self._run(function.body, {})

    def _run(self, statements: Iterable[code.Statement], state: State) -> State | None:
        """Return what is known after statements; None where control does not get past them."""
        for statement in statements:
            after = self._step(statement, state)
            if after is None:
                return None
            state = after
            for snapshots in self._tried:
                if state is not snapshots[-1]:
                    snapshots.append(state)
        return state

    def _step(self, node: code.Statement, state: State) -> State | None:
        match node:
            case code.Return(value=value):
                self._note(node, state)
                if value is not None:
                    self.at[id(node)] = self._evaluated(value, state)
                return None
            case code.Raise():
                return None
            case code.Jump(kind="break"):
                if self._loops:
                    self._loops[-1].left.append(state)
                return None
            case code.Jump(kind="continue"):
                if self._loops:
                    self._loops[-1].anew.append(state)
                return None
            case code.Assign(targets=targets, value=value, operator=operator) if value is not None:
                return self._assigned(targets, value, operator, self._evaluated(value, state))
            case code.Evaluate(value=value):
                if self.flow.ends(value, self.function):
                    self._note(value, state)
                    return None
                return _without(self._evaluated(value, state), _looked_at(value))
            case code.Assert(test=test):
                return refined(test, self._evaluated(test, state), holds=True)
            case code.If():
                return self._branched(node, state)
            case code.While():
                return self._repeated(node.body, node.otherwise, self._evaluated(node.test, state), node.test)
            case code.For(target=target, source=source):
                before = _without(self._evaluated(source, state), _names(code.leaves(target)))
                return self._repeated(node.body, node.otherwise, before, None)
            case code.With():
                return self._entered(node, state)
            case code.Try():
                return self._attempted(node, state)
            case code.Match():
                return self._matched(node, state)
            case code.Function(name=name) | code.Class(name=name):
                return _without(state, {name})
            case code.Delete(targets=targets):
                return _without(state, _names(targets))
            case code.Import(names=names) | code.ImportFrom(names=names):
                return _without(state, {each.alias or each.name.partition(".")[0] for each in names})
        return state

    # --- expressions -----------------------------------------------------------------------------------------------

    def _note(self, node: code.Node, state: State) -> None:
        """Keep what is known at each `return` and `yield` in a node."""
        for inner in code.walk_scope(node):
            if isinstance(inner, (code.Return, code.Yield)):
                self.at[id(inner)] = state

    def _evaluated(self, node: code.Expression, state: State) -> State:
        """Return what is known after an expression: what has an attribute read or is called is not None."""
        self._note(node, state)
        certain: list[code.Node] = [node]
        while certain:
            inner = certain.pop()
            match inner:
                case code.NamedExpression(target=target, value=value):
                    state = self._assigned((target,), value, "", state)
                case (
                    code.Attribute(value=code.Name(id=name))
                    | code.Subscript(value=code.Name(id=name))
                    | code.Call(function=code.Name(id=name))
                    | code.Await(value=code.Name(id=name))
                ):
                    state = _without(state, {name})
                case code.BooleanOperation(values=(first, *_)):
                    certain.append(first)
                    continue
                case code.Conditional(test=test):
                    certain.append(test)
                    continue
                case code.Comprehension() | code.Lambda():
                    continue
            certain += reversed(code.children(inner))
        return state

    def _assigned(
        self, targets: Iterable[code.Expression], value: code.Expression, operator: str, state: State
    ) -> State:
        after = dict(_without(state, _asked_about(value)))
        for target, part in code.pairs(targets, value):
            match target:
                case code.Name(id=name):
                    how = "" if operator else self.none_in(part, state)
                    after.pop(name, None)
                    if how and name not in self._foreign and len(after) < _MOST:
                        after[name] = Absent(how)
                case code.Attribute(value=code.Name(id=name)) | code.Subscript(value=code.Name(id=name)):
                    after.pop(name, None)
                case _:
                    after = dict(_without(after, _names(code.leaves(target))))
        return after

    # --- compound statements ---------------------------------------------------------------------------------------

    def _branched(self, node: code.If, state: State) -> State | None:
        before = self._evaluated(node.test, state)
        if is_true(node.test):
            return self._run(node.body, before)
        about = set(_names(code.walk_scope(node.test)))
        unrelated = {name: each for name, each in before.items() if each.sometimes and name not in about}
        known = _without(before, unrelated)
        body = self._run(node.body, refined(node.test, known, holds=True))
        otherwise = self._run(node.otherwise, refined(node.test, known, holds=False))
        after = _joined(body, otherwise)
        if after is None or body is None or otherwise is None or not unrelated:
            return after
        untouched = unrelated.keys() - _bound_in((*node.body, *node.otherwise))
        return {**after, **{name: unrelated[name] for name in untouched}}

    def _repeated(
        self,
        body: tuple[code.Statement, ...],
        otherwise: tuple[code.Statement, ...],
        state: State,
        test: code.Expression | None,
    ) -> State | None:
        """A loop: what a round can leave behind, the next one finds. One that can raise is taken to find a value."""
        entered = state
        left: list[State] = []
        for _ in range(2 if len(self._loops) < _DEEPEST else 1):
            loop = _Loop()
            self._loops.append(loop)
            end = self._run(body, entered if test is None else refined(test, entered, holds=True))
            self._loops.pop()
            left = loop.left
            for again in (end, *loop.anew):
                entered = _joined(entered, again) or {}
        done: State | None = entered
        if test is not None:
            done = None if is_true(test) else refined(test, entered, holds=False)
        after = None if done is None else self._run(otherwise, done)
        for each in left:
            after = _joined(after, each)
        if after is not None and any(isinstance(n, (code.Raise, code.Return)) for n in code.walk_scope(*body)):
            after = _without(after, _bound_in(body))
        return after

    def _entered(self, node: code.With, state: State) -> State | None:
        for item in node.items:
            state = self._evaluated(item.manager, state)
            if item.target is not None:
                state = _without(state, _names(code.leaves(item.target)))
        if not self.flow.suppresses(node, self.function):
            return self._run(node.body, state)
        snapshots: list[State] = [state]
        self._tried.append(snapshots)
        after = self._run(node.body, state)
        self._tried.pop()
        for each in snapshots:
            after = _joined(after, each)
        return after

    def _attempted(self, node: code.Try, state: State) -> State | None:
        snapshots: list[State] = [state]
        self._tried.append(snapshots)
        body = self._run(node.body, state)
        self._tried.pop()
        failed: State | None = None
        for each in snapshots:
            failed = _joined(failed, each)
        after = None if body is None else self._run(node.otherwise, body)
        for handler in node.handlers:
            after = _joined(after, self._run(handler.body, failed or {}))
        last = self._run(node.last, failed or {} if after is None else after)
        return None if after is None else last

    def _matched(self, node: code.Match, state: State) -> State | None:
        state = self._evaluated(node.subject, state)
        subject = node.subject.id if isinstance(node.subject, code.Name) else ""
        after: State | None = None
        rest: State = state
        for case in node.cases:
            entered = rest if case.pattern is not None and code.is_none(case.pattern) else _without(rest, {subject})
            entered = _without(entered, {capture.name for capture in case.captures})
            after = _joined(after, self._run(case.body, entered))
            if case.pattern is None or code.is_none(case.pattern):
                rest = _without(rest, {subject})
        return _joined(after, rest) if self.flow.may_fit_none(node) else after


def refined(test: code.Expression, state: State, *, holds: bool) -> State:
    """Return what is known where a test holds, or does not; a name it asks something else of is forgotten."""
    return _without(state, _present(test, holds=holds) | _asked_otherwise(test))


def _joined(one: State | None, other: State | None) -> State | None:
    """Return what is known where two ways meet."""
    if one is None or other is None:
        return other if one is None else one
    found = {}
    for name in (*one, *(n for n in other if n not in one)):
        first, second = one.get(name), other.get(name)
        each = first or second
        if each is not None:
            sometimes = first is None or second is None or first.sometimes or second.sometimes
            found[name] = Absent(each.how, sometimes)
    return found


def _without(state: State, names: Iterable[str]) -> State:
    gone = set(names)
    return {name: each for name, each in state.items() if name not in gone} if gone & state.keys() else state


def _names(nodes: Iterable[code.Node]) -> set[str]:
    return {node.id for node in nodes if isinstance(node, code.Name)}


def _bound_in(statements: Iterable[code.Statement]) -> set[str]:
    """Return the names that statements assign."""
    found: set[str] = set()
    for node in code.walk_scope(*statements):
        match node:
            case code.Assign(targets=targets):
                found |= _names(code.leaves(*targets))
            case code.NamedExpression(target=target) | code.For(target=target):
                found |= _names(code.leaves(target))
            case code.WithItem(target=target) if target is not None:
                found |= _names(code.leaves(target))
    return found


def _bound_elsewhere(function: FunctionScope) -> set[str]:
    """Return the names that are no locals of the function, or that a function in it can rebind."""
    return {name for node in code.walk(*function.body) if isinstance(node, code.Scope) for name in node.names}


def _looked_at(value: code.Expression) -> set[str]:
    """Return the names that are handed to a call that stands alone: it may raise where they are None."""
    call = value.value if isinstance(value, code.Await) else value
    if not isinstance(call, code.Call) or code.last_name(call.function) in _SAYING:
        return set()
    return _names([*call.arguments, *(keyword.value for keyword in call.keywords)])


def _asked_about(value: code.Expression) -> set[str]:
    """Return the names that an assigned value is the answer of a question about: `found = user is not None`."""
    match value:
        case code.Comparison() | code.UnaryOperation(operator="not") | code.Call(function=code.Name(id="bool")):
            return _names(code.walk_scope(value))
        case code.Name(id=name):
            return {name}
    return set()


def _present(test: code.Expression, *, holds: bool) -> set[str]:
    """Return the names that are not None where a test holds, or does not."""
    match test:
        case code.Name(id=name) | code.NamedExpression(target=code.Name(id=name)):
            return {name} if holds else set()
        case code.UnaryOperation(operator="not", operand=operand):
            return _present(operand, holds=not holds)
        case code.BooleanOperation(operator=operator, values=values):
            each = [_present(value, holds=holds) for value in values]
            return set.union(*each) if (operator == "and") == holds else set.intersection(*each)
        case code.Comparison(left=left, operators=("is" | "==" | "is not" | "!=" as operator,), others=(other,)):
            asked = left if code.is_none(other) else other if code.is_none(left) else None
            name = _asked_name(asked)
            return {name} if name and (operator in {"is not", "!="}) == holds else set()
        case code.Call(function=code.Name(id="isinstance"), arguments=(code.Name(id=name), _)):
            return {name} if holds else set()
    return set()


def _asked_otherwise(test: code.Expression) -> set[str]:
    """Return the names that a test asks something else of than whether they are there."""
    match test:
        case code.Name() | code.NamedExpression():
            return set()
        case code.UnaryOperation(operator="not", operand=operand):
            return _asked_otherwise(operand)
        case code.BooleanOperation(values=values):
            return set.union(*map(_asked_otherwise, values))
        case code.Comparison(left=left, operators=("is" | "==" | "is not" | "!=",), others=(other,)):
            asked = left if code.is_none(other) else other if code.is_none(left) else None
            if _asked_name(asked):
                return set()
        case code.Call(function=code.Name(id="isinstance"), arguments=(code.Name(), _)):
            return set()
    return _names(code.walk_scope(test))


def _asked_name(node: code.Expression | None) -> str:
    match node:
        case code.Name(id=name) | code.NamedExpression(target=code.Name(id=name)):
            return name
    return ""


_DEEPEST = 3
"""How deep in loops a loop may stand for a second round of it to be looked at: each doubles the work."""

_MOST = 100
"""How many locals that can be None are followed at once."""

_SAYING = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "print"})
