"""Where a function replaces what it was given, because it is None or false, by something else.

What it was given is a parameter (under any name, in a closure, in `self.x` just assigned from it, in `**kwargs`, in the
field of a dataclass) or what it has just read from app.state or arq's context with a default of None.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from conformance.facts import code
from conformance.program.inference import Inference
from conformance.program.references import binding_scope
from conformance.program.scopes import (
    MOST_BINDINGS,
    FunctionScope,
    ParameterBinding,
    Scope,
    ValueBinding,
    visible_bindings,
)
from conformance.program.values import Annotation, AppState, Context, External

_AFTER_INIT = frozenset({"__post_init__", "__attrs_post_init__"})
_SENTINEL_WORDS = ("sentinel", "missing", "unset", "undefined", "notset", "not_set", "notgiven", "not_given")
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Given:
    """What a function was given.

    Attributes:
        name: how the code calls it.
        root: tells one thing that was given from another, whatever it is called.
        declared: its annotation; None where it has none.
        default: its default.
        fetched: it was read from app.state or arq's context.
    """

    name: str
    root: str
    declared: Annotation | None = None
    default: code.Expression | None = None
    fetched: bool = False


class Fallback(NamedTuple):
    """One replacement: `node` is the expression or assignment, `replacement` what is taken instead."""

    given: Given
    node: code.Node
    replacement: code.Expression
    function: FunctionScope


_TESTING = (code.If, code.While, code.Assert, code.Conditional, code.Generator, code.UnaryOperation, code.Case)
_FALLING_BACK = (
    code.BooleanOperation, code.Conditional, code.If, code.While, code.With, code.Try, code.Match, code.Call,
)  # fmt: skip


def fallbacks_in(function: FunctionScope, names: Inference) -> Iterator[Fallback]:
    """Yield the fallbacks of a function, nested functions excluded, in the order of the source."""
    return _Reader(function, names).run()


class _Reader:
    def __init__(self, function: FunctionScope, names: Inference) -> None:
        self.function = function
        self.names = names
        self.attributes: dict[str, list[tuple[code.Span, Given]]] = {}
        self.equal: dict[str, set[str]] = {}
        """For each root the names and attributes that are assigned exactly it."""
        self._named_before: dict[tuple[int, int], Given | None] = {}
        """What a name holds, by its identity and the depth at which it was asked for."""
        self._answers: dict[str, code.Expression] | None = None

    def run(self) -> Iterator[Fallback]:
        self._read_assignments()
        self._named_before.clear()  # by now it is known what attributes hold
        tests = _tests([*self.function.nodes.of(*_TESTING), *self.function.deferred.of(*_TESTING)])
        yield from self._in_block(self.function.body)
        for node in (*self.function.nodes.of(*_FALLING_BACK), *self.function.deferred.of(*_FALLING_BACK)):
            match node:
                case code.BooleanOperation(operator="or") if id(node) not in tests:
                    yield from self._either(node)
                case code.Conditional():
                    yield from self._conditional(node)
                case code.If(test=test, body=body, otherwise=otherwise):
                    yield from self._replaced(body, self.missing(test))
                    yield from self._replaced(otherwise, self.present(test))
                    yield from self._in_block(body)
                    yield from self._in_block(otherwise)
                case code.While(test=test, body=body):
                    yield from self._replaced(body, self.missing(test))
                    yield from self._in_block(body)
                case code.With(body=body):
                    yield from self._in_block(body)
                case code.Try(body=body, otherwise=otherwise):
                    yield from self._in_block((*body, *otherwise))
                case code.Match(subject=subject, cases=cases):
                    yield from self._matched(subject, cases)
                case code.Call():
                    yield from self._defaulted(node)

    def _read_assignments(self) -> None:
        for node in self.function.nodes.of(code.Assign):
            match node:
                case code.Assign(targets=targets, value=value, operator="") if isinstance(
                    value, (code.Name, code.Attribute, code.Call)
                ):
                    given = self.given(value)
                    if given is None:
                        continue
                    for target in targets:
                        name = _key(target)
                        if name:
                            self.equal.setdefault(given.root, set()).add(name)
                        if isinstance(target, code.Attribute) and name:
                            self.attributes.setdefault(name, []).append((node.span, given))

    # --- what was given --------------------------------------------------------------------------------------------

    def given(self, node: code.Expression, depth: int = 0) -> Given | None:
        """Return what an expression holds of what the function was given, unchanged."""
        if depth > _DEEPEST:
            return None
        match node:
            case code.NamedExpression(target=target, value=value):
                inner = self.given(value, depth + 1)
                return None if inner is None else Given(target.id, inner.root, inner.declared, None, inner.fetched)
            case code.Name(id=name):
                key = (id(node), depth)
                if key not in self._named_before:
                    self._named_before[key] = self._named(name, node.span, depth)
                return self._named_before[key]
            case code.Attribute(value=code.Name(id=owner), name=name):
                return self._attribute(owner, name, node.span)
            case code.Call():
                return self._read(node)
            case code.Subscript(value=code.Name(id=name), key=code.Constant(value=str(key))) if self._is_keywords(name):
                return Given(f'{name}["{key}"]', f"{name}[{key}]")
        return None

    def _named(self, name: str, span: code.Span, depth: int) -> Given | None:
        scope = binding_scope(name, self.function)
        if not isinstance(scope, FunctionScope):
            return None
        bindings = scope.bindings[name]
        if scope is self.function:
            bindings = visible_bindings(bindings, span)
        for binding in bindings[:MOST_BINDINGS]:
            match binding:
                case ParameterBinding(node=parameter, position=position):
                    if parameter.kind in {"arguments", "keywords"} or _is_bound(scope, position):
                        return None
                    declared = self._declared(parameter.annotation, scope.parent)
                    return Given(name, f"{scope.key}:{name}", declared, parameter.default)
                case ValueBinding(value=value, how="value", path=(), annotation=annotation) if value is not None:
                    if isinstance(value, code.BooleanOperation) and value.operator == "or":
                        value = value.values[0]
                    if scope is not self.function and not isinstance(value, code.Call):
                        continue
                    inner = self.given(value, depth + 1)
                    if inner is not None:
                        declared = self._declared(annotation, scope) or inner.declared
                        return Given(name, inner.root, declared, inner.default, inner.fetched)
        return None

    def _declared(self, annotation: code.Expression | None, scope: Scope) -> Annotation | None:
        return None if annotation is None else self.names.annotation(annotation, scope)

    def _attribute(self, owner: str, name: str, span: code.Span) -> Given | None:
        dotted = f"{owner}.{name}"
        for assigned, given in reversed(self.attributes.get(dotted, [])):
            if assigned[2:] <= span[:2]:
                return Given(dotted, given.root, given.declared, given.default, given.fetched)
        cls = self.function.owner
        if cls is None or self.function.name not in _AFTER_INIT or owner != self.function.parameters[0].name:
            return None
        for symbol in self.names.class_symbols(cls, name):
            binding = symbol.binding
            if isinstance(binding, ValueBinding) and binding.annotation is not None:
                declared = self._declared(binding.annotation, symbol.scope)
                return Given(dotted, f"{symbol.key}", declared, binding.value)
        return None

    def _read(self, node: code.Call) -> Given | None:
        """A read of app.state or arq's context that gives None where nothing is there, or one of `**kwargs`."""
        match node:
            case code.Call(function=code.Name(id="getattr"), arguments=(base, key, default)) if code.is_none(default):
                if AppState() in self.names.infer(base, self.function):
                    name = self.names.text(key, self.function) or "…"
                    return Given(f"app.state.{name}", f"state:{name}", fetched=True)
            case code.Call(function=code.Attribute(value=base, name="get" | "pop" as method), arguments=(key, *rest)):
                if rest and not code.is_none(rest[0]):
                    return None
                return self._looked_up(base, key, method)
        return None

    def _looked_up(self, base: code.Expression, key: code.Expression, method: str) -> Given | None:
        if isinstance(base, code.Name) and self._is_keywords(base.id):
            name = self.names.text(key, self.function) or "…"
            return Given(f'{base.id}["{name}"]', f"{base.id}[{name}]")
        if method == "get":
            values = self.names.infer(base, self.function)
            store = "app.state" if AppState() in values else "ctx" if Context() in values else ""
            if store:
                name = self.names.text(key, self.function) or "…"
                return Given(f'{store}["{name}"]', f"{store}:{name}", fetched=True)
        return None

    def _is_keywords(self, name: str) -> bool:
        scope = binding_scope(name, self.function)
        parameter = scope.parameter(name) if isinstance(scope, FunctionScope) else None
        return parameter is not None and parameter.kind == "keywords"

    # --- tests -----------------------------------------------------------------------------------------------------

    def missing(self, test: code.Expression) -> tuple[Given, ...]:
        """Return what a test that holds says to be None or false."""
        match test:
            case code.UnaryOperation(operator="not", operand=operand):
                return self.present(operand)
            case code.BooleanOperation(values=values):
                return tuple(given for value in values for given in self.missing(value))
            case code.Comparison(operators=("is" | "==",)):
                return self._compared(test)
            case code.Call(function=code.Name(id="isinstance"), arguments=(inner, kind)) if _is_type_of_none(kind):
                given = self.given(inner)
                return () if given is None else (given,)
            case code.Comparison(
                left=code.Constant(value=str(key)), operators=("not in",), others=(code.Name(id=name),)
            ):
                return (Given(f'{name}["{key}"]', f"{name}[{key}]"),) if self._is_keywords(name) else ()
            case code.Name() | code.Attribute() if (question := self._question(test)) is not None:
                return self.missing(question)
        return ()

    def present(self, test: code.Expression) -> tuple[Given, ...]:
        """Return what a test that does not hold says to be None or false."""
        match test:
            case code.UnaryOperation(operator="not", operand=operand):
                return self.missing(operand)
            case code.BooleanOperation(values=values):
                return tuple(given for value in values for given in self.present(value))
            case code.Comparison(operators=("is not" | "!=",)):
                return self._compared(test)
            case code.Comparison(left=code.Constant(value=str(key)), operators=("in",), others=(code.Name(id=name),)):
                return (Given(f'{name}["{key}"]', f"{name}[{key}]"),) if self._is_keywords(name) else ()
            case code.Call(function=code.Name(id="bool"), arguments=(inner,)):
                return self.present(inner)
            case code.Name() | code.Attribute() if (question := self._question(test)) is not None:
                return self.present(question)
        given = self.given(test)
        return () if given is None else (given,)

    def _question(self, test: code.Name | code.Attribute) -> code.Expression | None:
        """Return the comparison whose answer a local or attribute holds: `own = session is None`."""
        if self._answers is None:
            self._answers = self._read_answers()
        return self._answers.get(_key(test)) if self._answers else None

    def _read_answers(self) -> dict[str, code.Expression]:
        """Return, for each name and attribute that is assigned once, the comparison that it is assigned."""
        assigned = self.function.nodes.of(code.Assign)
        if not any(_is_question(node.value) for node in assigned):
            return {}
        values: dict[str, list[code.Expression | None]] = {}
        for node in assigned:
            for target in node.targets:
                values.setdefault(_key(target), []).append(node.value)
        return {
            key: only
            for key, (only, *more) in values.items()
            if key and not more and only is not None and _is_question(only)
        }

    def _compared(self, test: code.Comparison) -> tuple[Given, ...]:
        for one, other in ((test.left, test.others[0]), (test.others[0], test.left)):
            if not code.is_none(other) and not isinstance(other, (code.Name, code.Attribute, code.Constant)):
                continue
            given = self.given(one)
            if given is not None and (code.is_none(other) or _is_sentinel(other, given.default)):
                return (given,)
        return ()

    # --- replacements ----------------------------------------------------------------------------------------------

    def _either(self, node: code.BooleanOperation) -> Iterator[Fallback]:
        """`p or C()`."""
        for position, value in enumerate(node.values[:-1]):
            first = value.values[-1] if isinstance(value, code.BooleanOperation) else value
            given = self.given(first)
            if given is not None:
                for other in node.values[position + 1 :]:
                    yield Fallback(given, node, other, self.function)
                return

    def _conditional(self, node: code.Conditional) -> Iterator[Fallback]:
        """`p if p else C()`, `C() if p is None else p`."""
        for missing, kept, other in (
            (self.missing(node.test), node.otherwise, node.body),
            (self.present(node.test), node.body, node.otherwise),
        ):
            if missing:
                given = self.given(self._within_nothing(kept))
                if given is not None and any(given.root == m.root for m in missing):
                    yield Fallback(given, node, other, self.function)

    def _within_nothing(self, node: code.Expression) -> code.Expression:
        """Return what `nullcontext(…)` is around, and anything else as it is."""
        match node:
            case code.Call(function=function, arguments=(inner,)):
                if External("contextlib.nullcontext") in self.names.resolve(function, self.function):
                    return inner
        return node

    def _replaced(self, body: Iterable[code.Node], missing: tuple[Given, ...]) -> Iterator[Fallback]:
        """`p = C()` where p is known to be missing."""
        if not missing:
            return
        for node in code.walk_scope(*body):
            match node:
                case code.Assign(targets=targets, value=value, operator="") if value is not None:
                    pairs = list(code.pairs(targets, value))
                case code.WithItem(target=target, manager=value) if target is not None:
                    pairs = [(target, value)]
                case code.NamedExpression(target=target, value=value):
                    pairs = [(target, value)]
                case code.Call(function=callee, arguments=(base, code.Constant(value=str(name)), value)) if code.dotted(
                    callee
                ).rpartition(".")[2] in {"setattr", "__setattr__"}:
                    pairs = [(code.Attribute(node.span, base, name), value)]
                case _:
                    continue
            for target, replacement in pairs:
                for given in missing:
                    if self._holds(target, given):
                        yield Fallback(given, node, replacement, self.function)

    def _holds(self, target: code.Expression, given: Given) -> bool:
        """Whether a target is what was given, or stands for it elsewhere in the function."""
        if isinstance(target, code.Sequence):
            return any(self._holds(element, given) for element in target.elements)
        key = _key(target)
        return bool(key) and (key == given.name or key in self.equal.get(given.root, ()))

    def _matched(self, subject: code.Expression, cases: tuple[code.Case, ...]) -> Iterator[Fallback]:
        """`match p: case None: p = C()`."""
        given = self.given(subject)
        if given is None:
            return
        for case in cases:
            if case.pattern is not None and (code.is_none(case.pattern) or _is_sentinel(case.pattern, given.default)):
                yield from self._replaced(case.body, (given,))

    def _defaulted(self, node: code.Call) -> Iterator[Fallback]:
        """`kwargs.setdefault("p", C())`, and a read with `C()` as its default."""
        match node:
            case code.Call(
                function=code.Attribute(value=code.Name(id=name), name="setdefault" | "get" | "pop"),
                arguments=(key, default),
            ) if self._is_keywords(name) and not code.is_none(default):
                text = self.names.text(key, self.function) or "…"
                yield Fallback(Given(f'{name}["{text}"]', f"{name}[{text}]"), node, default, self.function)
            case code.Call(function=code.Name(id="getattr"), arguments=(base, key, default)) if isinstance(
                default, (code.Call, code.Await)
            ) and AppState() in self.names.infer(base, self.function):
                text = self.names.text(key, self.function) or "…"
                yield Fallback(Given(f"app.state.{text}", f"state:{text}", fetched=True), node, default, self.function)
            case code.Call(function=code.Attribute(value=base, name="get"), arguments=(key, default)) if isinstance(
                default, (code.Call, code.Await)
            ):
                given = self._looked_up(base, key, "get")
                if given is not None:
                    yield Fallback(given, node, default, self.function)

    def _in_block(self, statements: tuple[code.Statement, ...]) -> Iterator[Fallback]:
        """`if p is None: return C()` before `return p`, and the other way round."""
        for position, node in enumerate(statements):
            if not isinstance(node, code.If):
                continue
            behind = node.otherwise or statements[position + 1 :]
            for missing, absent, kept in (
                (self.missing(node.test), node.body, behind),
                (self.present(node.test), behind, node.body),
            ):
                replacement, given = _returned(absent), self._returned_whole(kept)
                if replacement is None or replacement.value is None or given is None:
                    continue
                if any(m.root == given.root for m in missing):
                    yield Fallback(given, replacement, replacement.value, self.function)

    def _returned_whole(self, statements: tuple[code.Statement, ...]) -> Given | None:
        match statements:
            case (code.Return(value=value), *_) if value is not None:
                return self.given(value)
        return None


def _is_question(value: code.Expression | None) -> bool:
    """Whether a value is a comparison, or the opposite of one."""
    match value:
        case code.UnaryOperation(operator="not", operand=operand):
            return _is_question(operand)
    return isinstance(value, code.Comparison)


def _returned(statements: tuple[code.Statement, ...]) -> code.Return | None:
    """Return the `return` at the end of plain statements."""
    for statement in statements:
        match statement:
            case code.Return():
                return statement
            case code.Assign() | code.Evaluate():
                continue
        return None
    return None


def _tests(nodes: Iterable[code.Node]) -> set[int]:
    """Return the expressions whose truth alone matters."""
    found: set[int] = set()
    for node in nodes:
        pending: list[code.Expression] = []
        match node:
            case code.If(test=test) | code.While(test=test) | code.Assert(test=test) | code.Conditional(test=test):
                pending = [test]
            case code.Generator(conditions=conditions):
                pending = list(conditions)
            case code.UnaryOperation(operator="not", operand=operand):
                pending = [operand]
            case code.Case(guard=guard) if guard is not None:
                pending = [guard]
        while pending:
            test = pending.pop()
            found.add(id(test))
            match test:
                case code.BooleanOperation(values=values):
                    pending += values
                case code.UnaryOperation(operator="not", operand=operand):
                    pending.append(operand)
    return found


def _key(node: code.Expression) -> str:
    match node:
        case code.Name(id=name):
            return name
        case code.Attribute(value=code.Name(id=owner), name=name):
            return f"{owner}.{name}"
        case code.Subscript(value=code.Name(id=name), key=code.Constant(value=str(key))):
            return f'{name}["{key}"]'
    return ""


def _is_type_of_none(node: code.Expression) -> bool:
    match node:
        case code.Call(function=code.Name(id="type"), arguments=(inner,)):
            return code.is_none(inner)
    return code.last_name(node) == "NoneType"


def _is_sentinel(node: code.Expression, default: code.Expression | None) -> bool:
    """Whether an expression says "not given": the parameter's own default, `...`, or a name that says so."""
    if isinstance(node, code.Constant):
        return node.other == "..."
    name = code.dotted(node)
    if not name:
        return False
    last = name.rpartition(".")[2].lower()
    return (default is not None and code.dotted(default) == name) or any(word in last for word in _SENTINEL_WORDS)


def _is_bound(scope: FunctionScope, position: int) -> bool:
    """Whether a parameter is `self` or `cls`."""
    return (
        position == 0
        and scope.owner is not None
        and not any(code.dotted(d) == "staticmethod" for d in scope.node.decorators)
    )
