"""LY404: routes, tasks, scheduled jobs, commands and pages leave queries to services."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from conformance.facts import code
from conformance.program import Program, Scope
from conformance.program.values import External
from conformance.results import Violation
from conformance.rules.base import Example, Rule
from conformance.rules.layers.thin import thin_scopes

SESSIONS = (
    "sqlalchemy.orm.Session", "sqlalchemy.ext.asyncio.AsyncSession", "sqlalchemy.orm.scoped_session",
    "sqlalchemy.ext.asyncio.async_scoped_session",
)  # fmt: skip
OF_A_SESSION = frozenset(
    {"execute", "scalar", "scalars", "exec", "add", "add_all", "delete", "merge", "flush", "commit", "rollback",
     "refresh", "get", "get_one", "query", "stream", "stream_scalars", "bulk_save_objects", "bulk_insert_mappings",
     "bulk_update_mappings"}
)  # fmt: skip
CONNECTIONS = (
    "sqlalchemy.engine.Connection", "sqlalchemy.ext.asyncio.AsyncConnection", "asyncpg.Connection", "asyncpg.Pool",
    "psycopg.Connection", "psycopg.AsyncConnection", "psycopg.Cursor", "psycopg.AsyncCursor", "psycopg2.Connection",
    "psycopg2.Cursor", "aiopg.Connection", "aiopg.Cursor", "aiomysql.Connection", "aiomysql.Cursor",
    "aiosqlite.Connection", "aiosqlite.Cursor", "sqlite3.Connection", "sqlite3.Cursor",
)  # fmt: skip
OF_A_CONNECTION = frozenset(
    {"execute", "executemany", "executescript", "scalar", "scalars", "fetch", "fetchrow", "fetchval", "fetchone",
     "fetchall", "fetchmany", "execute_fetchall", "execute_insert", "exec_driver_sql"}
)  # fmt: skip
STATEMENTS = frozenset({"select", "insert", "update", "delete"})
_TABLES = ("sqlalchemy.Table", "sqlalchemy.schema.Table")


def subjects(program: Program) -> Iterator[Scope]:
    """The functions, classes and modules of routes, tasks, scheduler, cli and frontend, where there are services."""
    return thin_scopes(program, with_frontend=True)


def check(program: Program, scope: Scope) -> Iterator[Violation]:
    """Report each call of a session, connection or cursor that queries, and each statement that is built."""
    for node in chain(scope.nodes.of(code.Call), scope.deferred.of(code.Call)):
        what = _query(program, node, scope)
        if what:
            yield Violation(
                scope.module.place(node),
                f"`{scope.symbol or scope.module.name}` {what}: a query outside the services",
                "hand the session to a service that queries, and keep here the call of the service",
                detail=f"{scope.symbol} {what}",
            )


def _query(program: Program, node: code.Call, scope: Scope) -> str:
    function, where = program.names.unaliased(node.function, scope)
    match function:
        case code.Attribute(value=base, name=name) if name in OF_A_SESSION | OF_A_CONNECTION | STATEMENTS:
            values = program.names.expand(program.names.infer(base, where))
            if name in OF_A_SESSION and program.names.is_instance(values, *SESSIONS):
                return f"calls `{name}` on the session"
            if name in OF_A_CONNECTION and program.names.is_instance(values, *CONNECTIONS):
                return f"calls `{name}` on the connection"
            if name in STATEMENTS and program.names.is_instance(values, *_TABLES):
                return f"builds the statement `{name}`"
        case code.Attribute() | code.Name():
            pass
        case _:
            return ""
    for resolved in program.names.resolve(function, where):
        if (
            isinstance(resolved, External)
            and resolved.top in {"sqlalchemy", "sqlmodel"}
            and resolved.last in STATEMENTS
        ):
            return f"builds the statement `{resolved.last}`"
    return ""


_SERVICE = """
--- app/services/users.py
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import User


class UserService:
    def __init__(self, db: AsyncSession) -> None:
        self.db = db

    async def email(self, user_id: int) -> str:
        return await self.db.scalar(select(User.email).where(User.id == user_id))
--- app/models.py
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
--- app/deps/db.py
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession


async def get_db(request: Request) -> AsyncGenerator[AsyncSession, None]:
    async with AsyncSession(request.app.state.db_engine) as session:
        yield session


DbDep = Annotated[AsyncSession, Depends(get_db)]
--- app/deps/__init__.py
from app.deps.db import DbDep

__all__ = ["DbDep"]
"""


def _example(title: str, files: str) -> Example:
    """Return an example with the service that all have."""
    return Example(title, _SERVICE + files)


RULE = Rule(
    id="LY404",
    name="thin-component-db",
    source="Integration Patterns, What Goes Where",
    summary="Code in routes, tasks, scheduler, cli or frontend queries the database itself.",
    why=(
        "The same workflow has several entry points: a route, a command, a task, a scheduled job. A query that stands "
        "in one of them is missing in the others, is tested through HTTP or a queue only, and decides alone when a "
        "transaction ends."
    ),
    instead=(
        "Open the session, hand it to a service, call the service, close the session. Queries, statements and commits "
        "belong to the service. The rule holds where the target has services."
    ),
    subjects=subjects,
    check=check,
    nothing="the target has no services, or neither routes, tasks, scheduler, cli nor frontend",
    configure="`roles` names the modules where names do not tell: `services`, `routes`, `tasks`, `cli`.",
    bad=(
        _example(
            "a route queries the session that is injected",
            """
--- app/routes/users.py
from fastapi import APIRouter
from sqlalchemy import select

from app.deps import DbDep
from app.models import User

router = APIRouter()


@router.get("/users/{user_id}")
async def email(user_id: int, db: DbDep) -> str:
    statement = select(User.email).where(User.id == user_id)  # expect: LY404
    return await db.scalar(statement)  # expect: LY404
""",
        ),
        _example(
            "a command with a driver's cursor, a scheduled job that commits",
            """
--- app/cli/users.py
import psycopg


def count(url: str) -> int:
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM users")  # expect: LY404
        return cursor.fetchone()[0]  # expect: LY404
--- app/components/scheduler.py
from sqlalchemy.orm import Session, sessionmaker

from app.services.users import UserService


def nightly(sessions: sessionmaker[Session]) -> None:
    with sessions() as db:
        UserService(db)
        db.commit()  # expect: LY404
""",
        ),
    ),
    good=(
        _example(
            "a route hands the session to a service",
            """
--- app/routes/users.py
from fastapi import APIRouter

from app.deps import DbDep
from app.services.users import UserService

router = APIRouter()


@router.get("/users/{user_id}")
async def email(user_id: int, db: DbDep) -> str:
    return await UserService(db).email(user_id)
""",
        ),
        _example(
            "a command opens and closes the session",
            """
--- app/cli/users.py
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from app.services.users import UserService


async def show(user_id: int, url: str) -> None:
    engine = create_async_engine(url)
    session = AsyncSession(engine)
    try:
        print(await UserService(session).email(user_id))
    finally:
        await session.close()
        await engine.dispose()
""",
        ),
    ),
)
