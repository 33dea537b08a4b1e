"""What becomes of a value: where an expression's result goes, through locals, containers, helpers and callers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from conformance.facts import code
from conformance.program.responses import declares_response
from conformance.program.scopes import ClassScope, FunctionScope, ParameterBinding, Scope, ValueBinding
from conformance.program.values import ClassValue, External, FunctionValue, Symbol

if TYPE_CHECKING:
    from conformance.program import Program


class Fate(Enum):
    """What a use does with a value."""

    VALIDATED = "a model is made of it"
    REPORTED = "it is raised, logged or only asked for its type"
    USED = "it is used"


class Outcome(NamedTuple):
    """One end that a value comes to, and the scope in which it does."""

    fate: Fate
    node: code.Node
    scope: Scope


_VALIDATING = frozenset({"model_validate", "parse_obj", "validate_python", "model_validate_strings"})
_VALIDATING_FUNCTIONS = frozenset(
    {"pydantic.parse_obj_as", "pydantic.tools.parse_obj_as", "msgspec.convert", "cattrs.structure", "dacite.from_dict",
     "pydantic.v1.parse_obj_as"}
)  # fmt: skip
_MODELS = frozenset({"pydantic.BaseModel", "pydantic.RootModel", "pydantic.TypeAdapter", "msgspec.Struct"})
_LOGGING_METHODS = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "fatal", "trace", "success"}
)
_ASKING = frozenset({"isinstance", "len", "type", "bool", "callable", "hasattr", "id"})
_PASSING = frozenset(
    {"builtins.list", "builtins.dict", "builtins.tuple", "builtins.set", "builtins.frozenset", "builtins.sorted",
     "builtins.reversed", "builtins.iter", "builtins.next", "builtins.enumerate", "builtins.zip", "builtins.filter",
     "typing.cast", "copy.copy", "copy.deepcopy", "asyncio.wait_for", "asyncio.shield", "itertools.chain",
     "itertools.islice"}
)  # fmt: skip
_KEEPING = frozenset({"append", "extend", "add", "update", "insert", "appendleft"})
_DEEPEST = 6


class Usage:
    """Follows values forward. What is asked is remembered, so that a function's tree is turned over once."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.names = program.names
        self._parents: dict[Scope, dict[int, code.Node]] = {}
        self._all: dict[Scope, list[code.Name]] = {}

    def parents(self, scope: Scope) -> dict[int, code.Node]:
        """Return for each node of a scope, by identity, the node directly above it."""
        if scope not in self._parents:
            found: dict[int, code.Node] = {}
            for node in (*scope.nodes, *scope.deferred):
                for child in code.children(node):
                    found[id(child)] = node
            self._parents[scope] = found
        return self._parents[scope]

    def reads_of(self, name: str, scope: Scope, wanted: Callable[[object], bool]) -> Iterator[tuple[code.Name, Scope]]:
        """Yield the places where a local is read, nested functions included, and the binding is one that is wanted."""
        for inner in (scope, *_nested(scope)):
            if inner not in self._all:
                self._all[inner] = [*inner.nodes.of(code.Name), *inner.deferred.of(code.Name)]
            parents = self.parents(inner)
            for node in self._all[inner]:
                if node.id != name or _is_target(node, parents):
                    continue
                for resolved in self.names.lookup(name, inner, node.span):
                    if isinstance(resolved, Symbol) and resolved.scope is scope and wanted(resolved.binding):
                        yield node, inner
                        break

    # --- following -------------------------------------------------------------------------------------------------

    def outcomes(self, node: code.Expression, scope: Scope, *, into: str = "target") -> tuple[Outcome, ...]:
        """Return all ends that the value of an expression comes to.

        Args:
            node: the expression.
            scope: where it stands.
            into: the functions into which the value is followed: of the whole "target", or of the same "module" alone.
        """
        return tuple(_Walk(self, into).follow(node, scope))

    def outcomes_of_parameter(
        self, function: FunctionScope, parameter: code.Parameter, *, into: str = "target"
    ) -> tuple[Outcome, ...]:
        """Return all ends that the value of a parameter comes to."""
        return tuple(_Walk(self, into).parameter(function, parameter))


class _Walk:
    """One question: what was looked at already is not looked at again."""

    def __init__(self, usage: Usage, into: str) -> None:
        self.usage = usage
        self.names = usage.names
        self.into = into
        self.seen: set[int] = set()
        self.depth = 0

    def parameter(self, function: FunctionScope, parameter: code.Parameter) -> Iterator[Outcome]:
        if id(parameter) in self.seen or self.depth > _DEEPEST:
            return
        self.seen.add(id(parameter))
        self.depth += 1
        for read, scope in self.usage.reads_of(
            parameter.name, function, lambda b: isinstance(b, ParameterBinding) and b.node is parameter
        ):
            yield from self.follow(read, scope)
        self.depth -= 1

    def variable(self, target: code.Expression, holder: code.Node, scope: Scope) -> Iterator[Outcome]:
        """Follow what an assignment, loop or with statement binds."""
        match target:
            case code.Name(id=name):
                for read, inner in self.usage.reads_of(name, scope, lambda b: _binds(b, holder)):
                    yield from self.follow(read, inner)
            case code.Sequence(elements=elements):
                for element in elements:
                    yield from self.variable(element, holder, scope)
            case code.Starred(value=inner_target):
                yield from self.variable(inner_target, holder, scope)
            case code.Subscript(value=code.Name(id=name)):
                yield from self.container(name, holder, scope)
            case _:
                yield Outcome(Fate.USED, holder, scope)

    def container(self, name: str, holder: code.Node, scope: Scope) -> Iterator[Outcome]:
        """Follow a local into which the value was put; what was given to the function, or is not its own, leaves it."""
        if not any(isinstance(b, ValueBinding) for b in scope.bindings.get(name, ())):
            yield Outcome(Fate.USED, holder, scope)
            return
        for read, inner in self.usage.reads_of(name, scope, lambda b: isinstance(b, (ValueBinding, ParameterBinding))):
            if read.span[:2] > holder.span[2:]:
                yield from self.follow(read, inner)

    def follow(self, node: code.Node, scope: Scope) -> Iterator[Outcome]:
        """Go up from an expression to what is done with it."""
        if id(node) in self.seen:
            return
        self.seen.add(id(node))
        parents = self.usage.parents(scope)
        if _is_reported(node, parents):
            yield Outcome(Fate.REPORTED, node, scope)
            return
        above: object = parents.get(id(node))  # the union of all records takes mypy minutes
        match above:
            case None:
                yield Outcome(Fate.USED, node, scope)
            case code.Await() | code.Starred() | code.Sequence() | code.Mapping() | code.Format():
                yield from self.follow(above, scope)
            case code.BinaryOperation() | code.Attribute():
                yield from self.follow(above, scope)
            case code.Subscript(value=value) if value is node:
                yield from self.follow(above, scope)
            case code.NamedExpression(target=target):
                yield from self.variable(target, above, scope)
                yield from self.follow(above, scope)
            case code.Conditional(test=test) if test is not node:
                yield from self.follow(above, scope)
            case code.UnaryOperation(operator="not") | code.Comparison(operators=("is" | "is not",)) if _is_part(node):
                yield from self.follow(above, scope)
            case code.UnaryOperation(operator="not") | code.Comparison(operators=("is" | "is not",)):
                yield Outcome(Fate.REPORTED, node, scope)
            case code.Conditional() | code.If() | code.While():
                yield Outcome(Fate.USED if _decides(node, above) else Fate.REPORTED, node, scope)
            case code.BooleanOperation():
                yield from self.follow(above, scope)
            case code.Generator(target=target, source=source) if source is node:
                yield from self.variable(target, above, scope)
            case code.Comprehension():
                yield from self.follow(above, scope)
            case code.For(target=target, source=source) if source is node:
                yield from self.variable(target, above, scope)
            case code.WithItem(target=target) if target is not None:
                yield from self.variable(target, above, scope)
            case code.Assign(targets=targets):
                for target in targets:
                    yield from self.variable(target, above, scope)
            case code.Evaluate() if _is_part(node):
                yield Outcome(Fate.USED, node, scope)
            case code.Evaluate() | code.Delete():
                return
            case code.Return() | code.Yield():
                yield from self.returned(above, scope)
            case code.Keyword():
                call = parents.get(id(above))
                if isinstance(call, code.Call):
                    yield from self.argument(call, node, above, scope)
            case code.Call(function=function) if function is node:
                yield from self.follow(above, scope)  # a method of the value: a part of it
            case code.Call():
                yield from self.argument(above, node, None, scope)
            case _:
                yield Outcome(Fate.USED, node, scope)

    def returned(self, node: code.Node, scope: Scope) -> Iterator[Outcome]:
        """Follow what a function returns to its callers; an endpoint's goes through its response model."""
        function = scope
        if not isinstance(function, FunctionScope) or self.depth > _DEEPEST:
            yield Outcome(Fate.USED, node, scope)
            return
        if function in self.usage.program.injection.endpoint_functions:
            endpoint = self.usage.program.injection.endpoint_functions[function]
            fate = Fate.VALIDATED if declares_response(self.usage.program, endpoint) else Fate.USED
            yield Outcome(fate, node, scope)
            return
        any_caller = False
        self.depth += 1
        for call, caller, skip in self.names.calls_of(function):
            if caller.module.is_test:
                continue
            any_caller = True
            if skip == 0:
                yield from self.follow(call, caller)
            else:
                yield Outcome(Fate.USED, call, caller)
        self.depth -= 1
        if not any_caller:
            yield Outcome(Fate.USED, node, scope)

    def argument(
        self, call: code.Call, node: code.Node, keyword: code.Keyword | None, scope: Scope
    ) -> Iterator[Outcome]:
        """The value is handed to a call."""
        name = code.last_name(call.function)
        values = self.names.infer(call.function, scope)
        if name in _VALIDATING or any(isinstance(v, External) and v.name in _VALIDATING_FUNCTIONS for v in values):
            yield Outcome(Fate.VALIDATED, call, scope)
            return
        if call.arguments and call.arguments[0] is not node and self.runs(call.arguments[0], scope):
            yield Outcome(Fate.VALIDATED, call, scope)  # map(Model.model_validate, value)
            return
        if name in _KEEPING and isinstance(call.function, code.Attribute):
            match call.function.value:
                case code.Name(id=kept):
                    yield from self.container(kept, call, scope)
                    return
        for value in values:
            match value:
                case ClassValue(cls=cls):
                    yield from self.constructed(call, cls, scope)
                    return
                case FunctionValue(function=function):
                    yield from self.handed(call, node, keyword, function, scope)
                    return
                case External(name=qualified) if keyword is not None and keyword.name is None:
                    is_class = qualified.rpartition(".")[2][:1].isupper()
                    yield Outcome(Fate.VALIDATED if is_class else Fate.USED, call, scope)
                    return
        if name in _ASKING and isinstance(call.function, code.Name):
            yield Outcome(Fate.REPORTED, call, scope)
        elif any(isinstance(v, External) and v.name in _PASSING for v in values):
            yield from self.follow(call, scope)
        else:
            yield Outcome(Fate.USED, call, scope)

    def runs(self, node: code.Expression, scope: Scope) -> bool:
        """Whether a function that a call is given makes a model of what it is called with."""
        match node:
            case code.Attribute(name=name) if name in _VALIDATING:
                return True
            case code.Lambda(body=code.Call(function=function)):
                return code.last_name(function) in _VALIDATING or self.runs(function, scope)
            case code.Name() | code.Attribute():
                values = self.names.infer(node, scope)
                return any(isinstance(v, ClassValue) and is_model(self.usage.program, v.cls) for v in values)
        return False

    def constructed(self, call: code.Call, cls: ClassScope, scope: Scope) -> Iterator[Outcome]:
        if is_model(self.usage.program, cls):
            yield Outcome(Fate.VALIDATED, call, scope)
        elif _is_exception(self.usage.program, cls):
            yield Outcome(Fate.REPORTED, call, scope)
        else:
            yield Outcome(Fate.USED, call, scope)

    def handed(
        self, call: code.Call, node: code.Node, keyword: code.Keyword | None, function: FunctionScope, scope: Scope
    ) -> Iterator[Outcome]:
        if self.into == "module" and function.module is not scope.module:
            yield Outcome(Fate.USED, call, scope)
            return
        for bound, argument in self.names.bind(function, call, scope).items():
            if argument is node:
                parameter = function.parameter(bound)
                if parameter is not None:
                    yield from self.parameter(function, parameter)
                    return
        keywords = next((p for p in function.parameters if p.kind == "keywords"), None)
        if keyword is not None and keyword.name is None and keywords is not None:
            yield from self.parameter(function, keywords)
            return
        yield Outcome(Fate.USED, call, scope)


# --- models --------------------------------------------------------------------------------------------------------


def is_model(program: Program, cls: ClassScope) -> bool:
    """Return whether making an object of a class validates: a pydantic model or dataclass, a msgspec struct."""
    if program.names.is_a(cls, *_MODELS) or program.names.is_a(cls, "sqlmodel.SQLModel"):
        return True
    for base in program.names.ancestry(cls):
        if isinstance(base, ClassScope):
            for decorator in base.node.decorators:
                node = decorator.function if isinstance(decorator, code.Call) else decorator
                if External("pydantic.dataclasses.dataclass") in program.names.resolve(node, base.parent):
                    return True
    return False


def _is_exception(program: Program, cls: ClassScope) -> bool:
    return any(
        isinstance(base, str) and base.endswith(("Error", "Exception", "Warning"))
        for base in program.names.ancestry(cls)
    )


# --- small questions -----------------------------------------------------------------------------------------------


def _nested(scope: Scope) -> Iterator[FunctionScope]:
    """Yield the functions in a function, which see its locals."""
    if isinstance(scope, FunctionScope):
        for function in scope.module.functions:
            outer: Scope | None = function.parent
            while outer is not None and outer is not scope:
                outer = outer.parent
            if outer is scope:
                yield function


def _is_part(node: code.Node) -> bool:
    """Whether a condition asks for a field of a value, and not for the value itself."""
    match node:
        case code.Subscript() | code.Call(function=code.Attribute(name="get")):
            return True
        case code.UnaryOperation(operand=inner) | code.Comparison(left=inner) | code.NamedExpression(value=inner):
            return _is_part(inner)
        case code.BooleanOperation(values=values):
            return any(map(_is_part, values))
    return False


def _decides(test: code.Node, above: code.Conditional | code.If | code.While) -> bool:
    """Whether a field decides what is done; to give up where it tells of an error is no use of it."""
    branches = (above.body, above.otherwise) if isinstance(above, code.If) else ()
    return _is_part(test) and not any(_gives_up(branch) for branch in branches)


def _gives_up(branch: tuple[code.Statement, ...]) -> bool:
    match branch:
        case (*_, code.Raise() | code.Jump() | code.Return(value=None)):
            return True
        case (*_, code.Return(value=code.Constant(value=None | False, other=""))):
            return True
    return bool(branch) and all(map(_logs, branch))


def _logs(statement: code.Statement) -> bool:
    match statement:
        case code.Evaluate(value=code.Call(function=code.Attribute(name=name))):
            return name in _LOGGING_METHODS
    return False


def _is_target(node: code.Name, parents: dict[int, code.Node]) -> bool:
    """Whether a name is bound or deleted where it stands."""
    current: code.Node = node
    above = parents.get(id(node))
    while isinstance(above, (code.Sequence, code.Starred)):
        current, above = above, parents.get(id(above))
    match above:
        case code.Assign(targets=targets) | code.Delete(targets=targets):
            return any(target is current for target in targets)
        case code.For(target=target) | code.Generator(target=target) | code.WithItem(target=target):
            return target is current
        case code.NamedExpression(target=target):
            return target is current
    return False


def _binds(binding: object, holder: code.Node) -> bool:
    return isinstance(binding, ValueBinding) and binding.node is holder


def _is_reported(node: code.Node, parents: dict[int, code.Node]) -> bool:
    """Whether an expression stands in a `raise`, or in a call that logs."""
    above = parents.get(id(node))
    while above is not None:
        match above:
            case code.Raise():
                return True
            case code.Call(function=code.Name(id="print")):
                return True
            case code.Call(function=code.Attribute(value=base, name=name)) if name in _LOGGING_METHODS:
                if "log" in (code.dotted(base) or code.last_name(_callee(base))).lower():
                    return True
        if isinstance(above, _STATEMENTS):
            return False
        above = parents.get(id(above))
    return False


_STATEMENTS = (code.Assign, code.Evaluate, code.Return, code.If, code.While, code.For, code.With, code.Try, code.Match)


def _callee(node: code.Expression) -> code.Expression:
    return node.function if isinstance(node, code.Call) else node
