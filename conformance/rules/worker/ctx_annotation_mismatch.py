"""WK306: what is read from arq's context is annotated as something else than what start-up stores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.facts import code
from conformance.program import Access, ClassScope, FunctionScope, Program
from conformance.program.kinds import Relation
from conformance.program.values import Annotation, ContextEntry, Display, Instance, Value
from conformance.results import Place, Violation
from conformance.rules.base import Example, Rule

_DISPLAYS = {
    code.Format: "builtins.str",
    code.Mapping: "builtins.dict",
}


@dataclass(frozen=True, slots=True)
class AnnotatedRead:
    """`name: annotation = ctx["key"]`."""

    key: str
    name: str
    annotation: code.Expression
    access: Access
    function: FunctionScope

    @property
    def place(self) -> Place:
        return self.function.module.place(self.annotation)


def subjects(program: Program) -> Iterator[AnnotatedRead]:
    """Each annotated name or attribute that gets the value of one key of arq's context, outside tests."""
    readers = {a.function: a for a in program.stores.of("context", "read") if not a.module.is_test}
    for function, access in readers.items():
        if function is None:
            continue
        for node in function.nodes.of(code.Assign):
            match node:
                case code.Assign(targets=(target,), value=value, annotation=annotation, operator="") if (
                    value is not None and annotation is not None
                ):
                    match program.names.infer(value, function):
                        case (ContextEntry(key=str(key)),):
                            yield AnnotatedRead(key, code.dotted(target), annotation, access, function)


def check(program: Program, read: AnnotatedRead) -> Iterator[Violation]:
    """Report an annotation that none of the values that start-up stores under the key can have."""
    declared = program.names.annotation(read.annotation, read.function)
    if declared.opaque or not declared.types:
        return
    stored: dict[str, None] = {}
    for context in program.contexts.of(read.access):
        for located in context.stored.get(read.key, ()):
            values = () if located is None else program.names.expand(program.names.infer(located.node, located.scope))
            if not values:
                return
            for value in values:
                if _is_none(value):
                    continue
                kind = _class_of(value)
                if kind is None or _fits(program, declared, kind, exact=_is_made(value)):
                    return
                stored[_shown(kind)] = None
    if stored:
        wanted = " | ".join(_shown(t.type) for t in declared.types)
        yield Violation(
            read.place,
            f'`{read.name}` is annotated as {wanted}, and `ctx["{read.key}"]` holds {_article(list(stored))}',
            f"annotate it as `{next(iter(stored))}`, or store what the annotation says",
            detail=f"{read.name}: {wanted} = {read.key}",
        )


def _fits(program: Program, declared: Annotation, given: ClassScope | str, *, exact: bool) -> bool:
    relation = Relation(program.names)
    for reference in declared.types:
        wanted = reference.type
        if relation.can_be(wanted, given) is False:
            continue
        if exact and wanted != given and given in program.names.ancestry(wanted)[1:]:
            continue  # a subclass: what is made is not one
        return True
    return False


def _class_of(value: Value) -> ClassScope | str | None:
    match value:
        case Instance(type=cls):
            return cls
        case Display(node=code.Constant(value=constant, other="")):
            return f"builtins.{type(constant).__name__}"
        case Display(node=code.Sequence(kind=kind) | code.Comprehension(kind=kind)):
            return None if kind == "generator" else f"builtins.{kind}"
        case Display(node=node):
            return _DISPLAYS.get(type(node))
    return None


def _is_none(value: Value) -> bool:
    return isinstance(value, Display) and isinstance(value.node, code.Constant) and value.node.value is None


def _is_made(value: Value) -> bool:
    return not isinstance(value, Instance) or value.creation is not None


def _shown(cls: ClassScope | str) -> str:
    name = cls if isinstance(cls, str) else cls.name
    return name.removeprefix("builtins.")


def _article(names: list[str]) -> str:
    return " or ".join(f"`{name}`" for name in names)


RULE = Rule(
    id="WK306",
    name="ctx-annotation-mismatch",
    source="PRD-012 §5",
    summary="a value read from arq's ctx is annotated with a type that what `on_startup` stores has not got.",
    why=(
        "ctx is an untyped dict: the annotation beside `ctx[…]` is all that a reader and a type checker know of what "
        "a task works with, and nothing compares it with start-up. Once it is wrong, every line below it is checked "
        "against the wrong type."
    ),
    instead="Annotate the type that `on_startup` stores, or a base class of it, and change both together.",
    subjects=subjects,
    check=check,
    nothing="nothing that is read from arq's ctx is annotated",
    bad=(
        Example(
            "an Engine for an AsyncEngine",
            """
--- app/worker.py
from arq.connections import RedisSettings
from sqlalchemy.ext.asyncio import create_async_engine

from app.tasks.sizes import table_sizes


async def on_startup(ctx: dict) -> None:
    ctx["db_engine"] = create_async_engine("postgresql+asyncpg://db/app")


class WorkerSettings:
    functions = [table_sizes]
    on_startup = on_startup
    redis_settings = RedisSettings()
--- app/tasks/sizes.py
from sqlalchemy import Engine


async def table_sizes(ctx: dict) -> str:
    engine: Engine = ctx["db_engine"]  # expect: WK306
    return engine.url.database or ""
""",
        ),
        Example(
            "a class of the target for another, and a number for a text",
            """
--- app/services.py
class Mailer:
    pass


class Printer:
    pass
--- app/worker.py
from arq.connections import RedisSettings

from app.services import Mailer, Printer


async def on_startup(ctx):
    ctx.update(mailer=Mailer(), limit=20)


async def send(ctx, to: str) -> None:
    mailer: Printer = ctx["mailer"]  # expect: WK306
    limit: str = ctx.get("limit")  # expect: WK306


class WorkerSettings:
    functions = [send]
    on_startup = on_startup
    redis_settings = RedisSettings()
""",
        ),
    ),
    good=(
        Example(
            "the same class, and a base class",
            """
--- app/worker.py
from arq.connections import RedisSettings, create_pool
from sqlalchemy.ext.asyncio import create_async_engine

from app.tasks import take_lock


async def on_startup(ctx: dict) -> None:
    ctx["redis"] = await create_pool(RedisSettings())
    ctx["db_engine"] = create_async_engine("postgresql+asyncpg://db/app")


class WorkerSettings:
    functions = [take_lock]
    on_startup = on_startup
    redis_settings = RedisSettings()
--- app/tasks.py
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine


async def take_lock(ctx: dict, name: str) -> bool:
    redis: Redis = ctx["redis"]
    engine: AsyncEngine = ctx["db_engine"]
    return bool(await redis.set(f"lock:{engine.name}:{name}", "1", nx=True))
""",
        ),
    ),
)
