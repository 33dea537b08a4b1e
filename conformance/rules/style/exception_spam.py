"""FP804: a handler handles something."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from conformance.facts import code
from conformance.program import FunctionScope, Program, Scope, scopes_of
from conformance.program.values import Display, External
from conformance.results import Violation
from conformance.rules.base import Example, Rule

Trying: TypeAlias = code.Try | code.With

_NAMED_500 = ("HTTP_500_INTERNAL_SERVER_ERROR", ".INTERNAL_SERVER_ERROR")
_EVERYTHING = frozenset({"builtins.Exception", "builtins.BaseException"})
_LOGGING = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "fatal", "trace", "success"}
)
_TELLING = frozenset(
    {"builtins.print", "warnings.warn", "traceback.print_exc", "traceback.print_exception", "traceback.format_exc"}
)
_HTTP_ERRORS = frozenset(
    {"fastapi.HTTPException", "fastapi.exceptions.HTTPException", "starlette.exceptions.HTTPException"}
)
_TEXTS = frozenset({"builtins.str", "builtins.repr", "builtins.type"})
_EMPTY = frozenset({"builtins.list", "builtins.dict", "builtins.set", "builtins.tuple", "builtins.str"})


class Attempt(NamedTuple):
    """A `try` with handlers, or a `with suppress(…)`, and what stands around it in its function."""

    node: Trying
    scope: Scope
    outer: code.Try | None
    in_endless_loop: bool


def subjects(program: Program) -> Iterator[Attempt]:
    """Each `try` that has a handler, and each `with suppress(…)`, of the target without its tests."""
    for module in program.target_modules:
        for scope in scopes_of(module):
            yield from _attempts(program, scope)


def _attempts(program: Program, scope: Scope) -> Iterator[Attempt]:
    """Yield them with the `try` that they are nested in: a loop or a function between makes them no longer nested."""
    pending: list[tuple[code.Node, code.Try | None, bool]] = [(s, None, False) for s in reversed(scope.body)]
    while pending:
        node, outer, endless = pending.pop()
        match node:
            case code.Try(body=body, handlers=handlers, otherwise=otherwise, last=last):
                inner = outer
                if handlers:
                    yield Attempt(node, scope, outer, endless)
                    inner = node
                groups = ((body, inner), *((h.body, inner) for h in handlers), (otherwise, outer), (last, None))
                pending += [(s, around, False) for group, around in reversed(groups) for s in reversed(group)]
            case code.With(body=body):
                if any(_suppressed(program, item.manager, scope) for item in node.items):
                    yield Attempt(node, scope, outer, endless)
                pending += [(s, outer, endless) for s in reversed(body)]
            case code.While(test=test, body=body, otherwise=otherwise):
                pending += [(s, outer, False) for s in reversed(otherwise)]
                pending += [(s, None, _is_true(test)) for s in reversed(body)]
            case code.For(body=body, otherwise=otherwise):
                pending += [(s, outer, False) for s in reversed(otherwise)]
                pending += [(s, None, False) for s in reversed(body)]
            case code.If() | code.Match() | code.Case():
                pending += [(c, outer, False) for c in reversed(code.children(node))]


def check(program: Program, attempt: Attempt) -> Iterator[Violation]:
    """Report what hides every error, handlers that do nothing or all the same, and a `try` in a `try`."""
    place = attempt.scope.module.place
    where = attempt.scope.symbol or attempt.scope.module.name
    match attempt.node:
        case code.With(items=items) as node:
            given = [a for item in items for a in _suppressed(program, item.manager, attempt.scope)]
            if any(_is_everything(program, exception, attempt.scope) for exception in given):
                message = f"`{where}` suppresses every exception"
                yield Violation(place(node.items[0].manager), message, _HIDING, detail=f"{where} suppress")
        case code.Try(handlers=handlers) as node:
            if attempt.outer is not None:
                yield Violation(
                    place((*node.span[:2], node.span[0], node.span[1] + 3)),
                    f"`{where}` tries within a `try`: which handler answers for which line cannot be seen",
                    "move the inner one to a function, or handle what it does where it can be handled",
                    detail=f"{where} nested",
                )
            for handler, message, instead in _idle(program, attempt, handlers):
                yield Violation(
                    place(_header(handler)), f"`{where}` {message}", instead, detail=f"{where} {message.split(':')[0]}"
                )


_HIDING = "catch what is expected by its name, and let everything else out: what calls it logs it with a traceback"


def _idle(
    program: Program, attempt: Attempt, handlers: tuple[code.Handler, ...]
) -> Iterator[tuple[code.Handler, str, str]]:
    """Yield the handlers that should not be there, each with what is wrong and what to write instead."""
    scope = attempt.scope
    judged = [_Judged(handler, program, scope) for handler in handlers]
    for number, one in enumerate(judged):
        caught = one.caught
        if one.catches_all and one.is_idle and not (attempt.in_endless_loop and one.logs):
            yield (
                one.handler,
                f"catches {caught} and only {one.does}: what calls it does not learn that it failed",
                _HIDING,
            )
        elif one.catches_even_exit and one.leaves_quietly:
            message = f"catches {caught} and goes on: an exit and a cancellation end here, too"
            yield one.handler, message, "name the exceptions; for cleaning up, end the handler with `raise`"
        elif one.only_raises and number == len(judged) - 1:
            message = f"catches {caught} and only {one.does} it again"
            yield one.handler, message, "delete the handler: what calls it sees the same, and logs it once"
        elif one.catches_all and one.is_server_error:
            message = f"turns {caught} into an answer 500, which it is without that"
            yield one.handler, message, "delete the handler; what every route needs is an exception handler of the app"
    same = [one for one in judged if one.is_idle and not one.catches_all]
    for one in same:
        if any(other is not one and other.outcome == one.outcome for other in same):
            message = f"catches {one.caught} as it does another: every handler only {one.does}"
            yield one.handler, message, "handle them in one `except (A, B)`, or let them out"


class _Judged:
    """What a handler does."""

    def __init__(self, handler: code.Handler, program: Program, scope: Scope) -> None:
        self.handler = handler
        self.program = program
        self.scope = scope
        exceptions = _each(handler.exception)
        names = {r.name for e in exceptions for r in program.names.resolve(e, scope) if isinstance(r, External)}
        self.catches_all = handler.exception is None or bool(names & _EVERYTHING)
        self.catches_even_exit = handler.exception is None or "builtins.BaseException" in names
        told = [s for s in handler.body if self._tells(s)]
        self.logs = bool(told)
        self.rest = tuple(s for s in handler.body if not any(s is t for t in told) and not _is_nothing(s))

    @property
    def caught(self) -> str:
        """How a message says what is caught."""
        match self.handler.exception:
            case None:
                return "everything"
            case code.Sequence(elements=elements):
                return ", ".join(f"`{code.dotted(e)}`" for e in elements)
        return f"`{code.dotted(self.handler.exception)}`" if code.dotted(self.handler.exception) else "exceptions"

    @property
    def is_idle(self) -> bool:
        """Whether it only tells, passes, goes on or gives a default."""
        return all(self._gives_default(statement) for statement in self.rest)

    @property
    def does(self) -> str:
        """How a message says what it does."""
        parts = ["logs"] if self.logs else []
        match self.rest:
            case ():
                parts = parts or ["passes"]
            case (*_, code.Return()):
                parts.append("returns a default")
            case (*_, code.Jump(kind=kind)):
                parts.append({"continue": "goes on", "break": "stops"}.get(kind, "passes"))
            case (*_, code.Raise()):
                parts.append("raises")
            case _:
                parts.append("assigns a default")
        return " and ".join(parts)

    @property
    def outcome(self) -> object:
        """What it comes to, whatever it logs: two handlers with the same one are one."""
        return code.shape(self.rest)

    @property
    def leaves_quietly(self) -> bool:
        if isinstance(self.scope, FunctionScope):
            return self.program.flow.leaves_quietly(self.handler.body, self.scope)
        return not any(isinstance(node, code.Raise) for node in code.walk_scope(*self.handler.body))

    @property
    def only_raises(self) -> bool:
        """Whether it raises again what it caught, and at most logs before."""
        match self.rest:
            case (code.Raise(exception=None),):
                return True
            case (code.Raise(exception=code.Name(id=name), cause=None),):
                return name == self.handler.name
        return False

    @property
    def is_server_error(self) -> bool:
        """Whether all that it does besides logging is to raise FastAPI's error with the status 500."""
        match self.rest:
            case (code.Raise(exception=code.Call(function=function, arguments=arguments, keywords=keywords)),):
                given = [*arguments[:1], *(k.value for k in keywords if k.name == "status_code")]
                called = self.program.names.resolve(function, self.scope)
                is_http = any(isinstance(r, External) and r.name in _HTTP_ERRORS for r in called)
                return is_http and any(_is_500(self.program, value, self.scope) for value in given)
        return False

    def _tells(self, statement: code.Statement) -> bool:
        """Whether a statement logs, prints or warns."""
        match statement:
            case code.Evaluate(value=code.Call(function=function) | code.Await(value=code.Call(function=function))):
                if isinstance(function, code.Attribute) and {function.name, function.name.removeprefix("a")} & _LOGGING:
                    return True
                resolved = self.program.names.resolve(function, self.scope)
                return any(isinstance(r, External) and r.name in _TELLING for r in resolved)
        return False

    def _gives_default(self, statement: code.Statement) -> bool:
        match statement:
            case code.Return(value=None) | code.Jump():
                return True
            case code.Return(value=value) if value is not None:
                return self._is_default(value)
            case code.Assign(operator="", value=value) if value is not None:
                return self._is_default(value)
        return False

    def _is_default(self, node: code.Expression) -> bool:
        """Whether a value is written there and then: literals, empty containers, the caught exception as text."""
        match node:
            case code.Constant():
                return True
            case code.Name(id=name):
                return name == self.handler.name
            case code.UnaryOperation(operand=inner) | code.Attribute(value=inner):
                return self._is_default(inner)
            case code.Sequence(elements=elements) | code.Format(parts=elements):
                return all(self._is_default(element) for element in elements)
            case code.Mapping(keys=keys, values=values):
                return all(self._is_default(part) for part in (*keys, *values) if part is not None)
            case code.Call(function=code.Name() as function, arguments=arguments, keywords=()):
                called = {r.name for r in self.program.names.resolve(function, self.scope) if isinstance(r, External)}
                if called & _TEXTS and arguments:
                    return all(self._is_default(argument) for argument in arguments)
                return bool(called & _EMPTY) and not arguments
        return False


def _each(exception: code.Expression | None) -> tuple[code.Expression, ...]:
    match exception:
        case None:
            return ()
        case code.Sequence(elements=elements):
            return elements
        case _:
            return (exception,)


def _suppressed(program: Program, manager: code.Expression, scope: Scope) -> tuple[code.Expression, ...]:
    """Return what `contextlib.suppress` is given; nothing where a manager is another one."""
    match manager:
        case code.Call(function=function, arguments=arguments):
            called = program.names.resolve(function, scope)
            if any(isinstance(r, External) and r.name == "contextlib.suppress" for r in called):
                return arguments
    return ()


def _is_everything(program: Program, exception: code.Expression, scope: Scope) -> bool:
    return any(isinstance(r, External) and r.name in _EVERYTHING for r in program.names.resolve(exception, scope))


def _is_nothing(statement: code.Statement) -> bool:
    """`pass`, `...`, a text that stands alone."""
    match statement:
        case code.Jump(kind="pass") | code.Evaluate(value=code.Constant()):
            return True
    return False


def _is_true(test: code.Expression) -> bool:
    return isinstance(test, code.Constant) and bool(test.value)


def _is_500(program: Program, node: code.Expression, scope: Scope) -> bool:
    """Whether a status is 500: the number, a name of starlette or http for it, or a name that is bound to it."""
    return code.dotted(node).endswith(_NAMED_500) or any(
        (isinstance(value, Display) and isinstance(value.node, code.Constant) and value.node.value == 500)
        or (isinstance(value, External) and value.name.endswith(_NAMED_500))
        for value in program.names.infer(node, scope)
    )


def _header(handler: code.Handler) -> code.Span:
    """Return the span of `except …`: what a finding about the handler points at."""
    line, column, *_ = handler.span
    if handler.exception is None:
        return (line, column, line, column + len("except"))
    return (line, column, *handler.exception.span[2:])


RULE = Rule(
    id="FP804",
    name="exception-spam",
    source="PRD-012 §8 (PRD-007)",
    summary="A `try` that handles nothing: it hides all errors, does the same several times, or stands in another.",
    why=(
        "A handler that only logs, passes or returns a default turns a failure into a wrong answer: the caller goes on "
        "with None, and the log says so in a line that nobody reads. Where every function does that, no error arrives "
        "where it could be answered, and the code that does something is a third of the lines."
    ),
    instead=(
        "Let errors out. Catch by name what is expected, where something can be done about it, with as little as "
        "possible in the `try`. What every route needs is an exception handler of the application; what every task "
        "needs is a retry."
    ),
    configure=(
        'Off unless it is asked for: `extend-select = ["FP"]`. Reported is: '
        "(1) `except:`, `except Exception`, `except BaseException` or `suppress(Exception)` that only logs, passes, "
        "continues or gives a literal as a default; "
        "(2) `except:` or `except BaseException` that does anything, and does not end with a `raise`; "
        "(3) a handler that only raises again, or logs and raises again, unless a later one of the same `try` would "
        "catch it; "
        "(4) `except Exception` that only raises `HTTPException` with the status 500; "
        "(5) handlers of one `try` that only log, pass or give a default, and the same; "
        "(6) a `try` with handlers in the body or in a handler of another one, without a loop or a function between. "
        "Not reported: one handler that names what it expects, `finally`, a handler that cleans up and raises or does "
        "anything else, and the logging handler directly in a `while True`."
    ),
    opt_in=True,
    subjects=subjects,
    check=check,
    nothing="the target has no `try` with a handler",
    bad=(
        Example(
            "a failure becomes a default",
            """
--- app/services/users.py
import logging

logger = logging.getLogger(__name__)


async def email(users: dict[int, str], user_id: int) -> str | None:
    try:
        return users[user_id]
    except Exception as error:  # expect: FP804
        logger.error("failed: %s", error)
        return None


def count(users: dict[int, str]) -> int:
    try:
        return len(users)
    except:  # expect: FP804
        pass
    return 0
""",
        ),
        Example(
            "a route that answers 500 by hand, and logs what is logged",
            """
--- app/routes/users.py
import logging

from fastapi import APIRouter, HTTPException

router = APIRouter()
logger = logging.getLogger(__name__)


@router.get("/users/{user_id}")
async def user(user_id: int) -> int:
    try:
        return await find(user_id)
    except HTTPException:
        raise
    except Exception as error:  # expect: FP804
        raise HTTPException(status_code=500, detail=str(error))


async def find(user_id: int) -> int:
    try:
        return 10 // user_id
    except ZeroDivisionError as error:  # expect: FP804
        logger.exception("no such user")
        raise error
""",
        ),
        Example(
            "suppressed, all the same, and nested",
            """
--- app/services/numbers.py
import contextlib


def remove(numbers: dict[str, int], name: str) -> None:
    with contextlib.suppress(Exception):  # expect: FP804
        del numbers[name]


def number(numbers: dict[str, int], name: str) -> int:
    try:
        return int(numbers[name])
    except KeyError:  # expect: FP804
        print("no such name")
        return 0
    except ValueError:  # expect: FP804
        print("no number")
        return 0


def either(numbers: dict[str, int], one: str, other: str) -> int:
    try:
        return numbers[one]
    except KeyError:
        try:  # expect: FP804
            return numbers[other]
        except KeyError as error:
            raise LookupError(one, other) from error
""",
        ),
    ),
    good=(
        Example(
            "what is expected is named, and handled where something can be done",
            """
--- app/services/users.py
class UserNotFound(LookupError):
    pass


def email(users: dict[int, str], user_id: int) -> str:
    try:
        return users[user_id]
    except KeyError as error:
        raise UserNotFound(user_id) from error


def name(users: dict[int, str], user_id: int) -> str | None:
    try:
        return users[user_id].partition("@")[0]
    except KeyError:
        return None
""",
        ),
        Example(
            "cleaned up and raised, and the loop of a process that must go on",
            """
--- app/services/jobs.py
import logging
from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

logger = logging.getLogger(__name__)


async def save(session: AsyncSession) -> None:
    try:
        await session.commit()
    except BaseException:
        await session.rollback()
        raise


async def serve(step: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await step()
        except Exception:
            logger.exception("a step failed")
""",
        ),
    ),
)
