"""DV505: a task makes a model of the dict that it is given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from conformance.facts import code
from conformance.program import FunctionScope, Program
from conformance.program.responses import says_nothing
from conformance.program.usage import Fate, Outcome
from conformance.program.values import ClassValue, External, Instance
from conformance.results import Violation
from conformance.rules.base import Example, Rule

_CONVERTING = frozenset(
    {"uuid.UUID", "builtins.int", "builtins.float", "builtins.bool", "decimal.Decimal", "pathlib.Path",
     "datetime.datetime.fromisoformat", "datetime.date.fromisoformat"}
)  # fmt: skip


class Argument(NamedTuple):
    """A parameter of a task, behind the context."""

    function: FunctionScope
    parameter: code.Parameter


def subjects(program: Program) -> Iterator[Argument]:
    """Each parameter of a registered task, the context excluded."""
    for function in program.queue.tasks:
        if function.module.is_test:
            continue
        for parameter in function.parameters[program.names.context_position(function) + 1 :]:
            yield Argument(function, parameter)


def check(program: Program, argument: Argument) -> Iterator[Violation]:
    """Report a dict, or anything, that the task uses without making a model of it."""
    function, parameter = argument
    if parameter.annotation is None or not _is_open(program, argument):
        return
    outcomes = program.usage.outcomes_of_parameter(function, parameter, into="module")
    if any(o.fate is Fate.VALIDATED or _makes_a_value(program, o) for o in outcomes):
        return
    if not any(_is_use(program, o) for o in outcomes):
        return
    yield Violation(
        function.module.place(parameter),
        f"task `{function.name}` uses its argument `{parameter.name}` without making a model of it",
        f"validate it first: `Model.model_validate({parameter.name})`",
        detail=parameter.name,
    )


def _makes_a_value(program: Program, outcome: Outcome) -> bool:
    """Whether the whole argument is made a value that says what it is: `UUID(x)`, `int(x)`, `Status(x)`."""
    made: object = outcome.node
    match made:
        case code.Call(function=code.Name(id="str"), arguments=(code.Name(),)):
            made = program.usage.parents(outcome.scope).get(id(made))
    match made:
        case code.Call(function=function, arguments=(code.Name() | code.Call(arguments=(code.Name(),)), *_)):
            for value in program.names.infer(function, outcome.scope):
                match value:
                    case External(name=name) if name in _CONVERTING:
                        return True
                    case ClassValue(cls=cls) if program.names.is_a(cls, "enum.Enum"):
                        return True
    return False


def _is_use(program: Program, outcome: Outcome) -> bool:
    """Whether the argument is used, or a part of it is: a field that is logged has to be there, too."""
    match program.usage.parents(outcome.scope).get(id(outcome.node)):
        case code.Subscript(value=value) | code.Attribute(value=value, name="get") if value is outcome.node:
            return True
    return outcome.fate is Fate.USED


def _is_open(program: Program, argument: Argument) -> bool:
    """Whether a parameter is a dict or anything; a list says what it is a list of."""
    annotation, scope = argument.parameter.annotation, argument.function.parent
    if annotation is None or not says_nothing(program, annotation, scope):
        return False
    values = program.names.instances(program.names.annotation(annotation, scope))
    lists = {"list", "List", "Sequence", "Iterable", "Collection"}
    return not any(isinstance(v, Instance) and v.type_name.rpartition(".")[2] in lists for v in values)


RULE = Rule(
    id="DV505",
    name="unvalidated-task-argument",
    source="Integration Patterns, Data Validation Boundaries",
    summary="A task uses a dict, or an argument of any type, without making a model of it.",
    why=(
        "A task is an entry point: what it is given was put into the queue by another process, perhaps by last week's "
        "release. An endpoint's body is validated before it runs; a task's arguments are what the task makes of them."
    ),
    instead=(
        "Make a model of the argument in the first line, `data = UserCreate(**user_data)`, and work with that. "
        "Scalars, and lists of them, need none."
    ),
    subjects=subjects,
    check=check,
    nothing="no registered task takes an argument",
    bad=(
        Example(
            "a key of the argument",
            """
--- app/tasks.py
async def create_user(ctx: dict, user_data: dict) -> str:  # expect: DV505
    return user_data["email"]
--- app/worker.py
from arq.connections import RedisSettings

from app.tasks import create_user


class WorkerSettings:
    functions = [create_user]
    redis_settings = RedisSettings()
""",
        ),
        Example(
            "handed to a service as it came",
            """
--- app/services/users.py
async def create(data) -> None:
    print(data)
--- app/worker.py
from typing import Any, Optional

from arq.connections import RedisSettings

from app.services.users import create


async def create_user(
    ctx: dict,
    user_data: Optional[dict[str, Any]],  # expect: DV505
    **options: Any,  # expect: DV505
) -> None:
    await create(user_data)
    await create(options)


class WorkerSettings:
    functions = [create_user]
    redis_settings = RedisSettings()
""",
        ),
    ),
    good=(
        Example(
            "a model is made of it",
            """
--- app/worker.py
from arq.connections import RedisSettings
from pydantic import BaseModel


class UserCreate(BaseModel):
    email: str


async def create_user(ctx: dict, user_data: dict) -> str:
    data = UserCreate(**user_data)
    return data.email


class WorkerSettings:
    functions = [create_user]
    redis_settings = RedisSettings()
""",
        ),
        Example(
            "scalars, lists and models",
            """
--- app/worker.py
from uuid import UUID

from arq.connections import RedisSettings
from pydantic import BaseModel


class Order(BaseModel):
    id: int


async def confirm(ctx: dict, order: Order, user_id: UUID, tags: list[str]) -> str:
    return f"{order.id} {user_id} {tags}"


class WorkerSettings:
    functions = [confirm]
    redis_settings = RedisSettings()
""",
        ),
    ),
)
