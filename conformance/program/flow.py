"""How the statements of a function end: whether its end can be reached."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.facts import code
from conformance.program.inference import Inference
from conformance.program.scopes import FunctionScope, Scope
from conformance.program.values import External, FunctionValue

_NEVER_RETURNING = frozenset(
    {"sys.exit", "os._exit", "os.abort", "builtins.exit", "builtins.quit", "typing.assert_never",
     "typing_extensions.assert_never", "pytest.fail", "pytest.skip"}
)  # fmt: skip
_SUPPRESSING = frozenset({"contextlib.suppress"})
_ENDING_VERBS = ("raise", "abort", "fail", "throw", "exit", "die", "reject", "forbid")
_DEEPEST = 8


class Flow:
    """Answers whether control gets past the end of statements; where that is not certain, the answer is no."""

    def __init__(self, names: Inference) -> None:
        self.names = names

    def reaches_end(self, function: FunctionScope) -> bool:
        """Return whether a call can provably get to the end of the body without a `return` or `raise`."""
        return self._passes(function.body, function, ())

    def leaves_quietly(self, statements: Iterable[code.Statement], scope: FunctionScope) -> bool:
        """Return whether control can leave statements without an exception: by their end, a return or a jump."""
        body = tuple(statements)
        return self._passes(body, scope, ()) or any(
            isinstance(node, (code.Return, code.Jump)) and not (isinstance(node, code.Jump) and node.kind == "pass")
            for node in code.walk_scope(*body)
        )

    def ends(self, node: code.Expression, scope: Scope) -> bool:
        """Return whether evaluating an expression that stands as a statement ends the function, or may be meant to."""
        return self._ends(node, scope, ())

    def suppresses(self, node: code.With, scope: Scope) -> bool:
        """Return whether a with statement goes on behind its body after an error in it."""
        return any(self._suppresses(item.manager, scope) for item in node.items)

    def may_fit_none(self, node: code.Match) -> bool:
        """Return whether a match may run none of its cases."""
        return _only_values(node.cases)

    # --- statements ------------------------------------------------------------------------------------------------

    def _passes(
        self, statements: Iterable[code.Statement], scope: FunctionScope, seen: tuple[FunctionScope, ...]
    ) -> bool:
        return all(self._passes_one(statement, scope, seen) for statement in statements)

    def _passes_one(self, node: code.Statement, scope: FunctionScope, seen: tuple[FunctionScope, ...]) -> bool:
        match node:
            case code.Return() | code.Raise() | code.Jump(kind="break" | "continue"):
                return False
            case code.Assert(test=code.Constant(value=False, other="")):
                return False
            case code.Evaluate(value=value):
                return not self._ends(value, scope, seen)
            case code.If(test=test, body=body, otherwise=otherwise):
                if is_true(test):
                    return self._passes(body, scope, seen)
                return self._passes(body, scope, seen) or self._passes(otherwise, scope, seen)
            case code.While(test=test, body=body, otherwise=otherwise):
                return _breaks(body) or (not is_true(test) and self._passes(otherwise, scope, seen))
            case code.For(body=body, otherwise=otherwise):
                return _breaks(body) or self._passes(otherwise, scope, seen)
            case code.With(body=body):
                if self.suppresses(node, scope):
                    return True
                return self._passes(body, scope, seen)
            case code.Try(body=body, handlers=handlers, otherwise=otherwise, last=last):
                if not self._passes(last, scope, seen):
                    return False
                normal = self._passes((*body, *otherwise), scope, seen)
                return normal or any(self._passes(handler.body, scope, seen) for handler in handlers)
            case code.Match(cases=cases):
                return any(self._passes(case.body, scope, seen) for case in cases) or _only_values(cases)
        return True

    def _suppresses(self, manager: code.Expression, scope: Scope) -> bool:
        return isinstance(manager, code.Call) and any(
            isinstance(resolved, External) and resolved.name in _SUPPRESSING
            for resolved in self.names.resolve(manager.function, scope)
        )

    # --- calls that never return -----------------------------------------------------------------------------------

    def _ends(self, node: code.Expression, scope: Scope, seen: tuple[FunctionScope, ...]) -> bool:
        """Whether evaluating an expression that stands as a statement ends the function, or may be meant to."""
        call = node.value if isinstance(node, code.Await) else node
        if not isinstance(call, code.Call):
            return False
        values = self.names.infer(call.function, scope)
        for value in values:
            match value:
                case External(name=name) if name in _NEVER_RETURNING:
                    return True
                case FunctionValue(function=function) if self._never_returns(function, seen):
                    return True
        if any(isinstance(value, FunctionValue) for value in values):
            return False
        name = code.dotted(call.function).rpartition(".")[2].lstrip("_").lower()
        return name.startswith(_ENDING_VERBS)

    def _never_returns(self, function: FunctionScope, seen: tuple[FunctionScope, ...]) -> bool:
        if function.node.returns is not None:
            name = code.dotted(function.node.returns).rpartition(".")[2]
            if name in {"NoReturn", "Never"}:
                return True
        if function.node.is_generator or function in seen or len(seen) > _DEEPEST:
            return False
        if function.nodes.of(code.Return):
            return False
        return not self._passes(function.body, function, (*seen, function))


def _only_values(cases: tuple[code.Case, ...]) -> bool:
    """Whether every case is a literal of which there are more: a match on them may fit none."""
    return all(
        isinstance(case.pattern, code.Constant) and isinstance(case.pattern.value, (str, int, float, bytes))
        for case in cases
    )


def is_true(test: code.Expression) -> bool:
    """Return whether a test is a constant that always holds."""
    return isinstance(test, code.Constant) and not test.other and bool(test.value)


def _breaks(body: tuple[code.Statement, ...]) -> bool:
    """Whether a `break` of this loop, not of one inside it, stands in its body."""
    pending: list[code.Node] = list(body)
    while pending:
        node = pending.pop()
        match node:
            case code.Jump(kind="break"):
                return True
            case code.For(otherwise=otherwise) | code.While(otherwise=otherwise):
                pending += otherwise
            case code.Function() | code.Class():
                continue
            case _:
                pending += code.children(node)
    return False
