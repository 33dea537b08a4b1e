"""An application of the shape that the documents prescribe: a package for each domain, a folder for each feature."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count, cycle, islice
from random import Random
from string import Template
from typing import Final

from tests.benchmarks.words import ATTRIBUTES, NOUNS, SENTENCES, TRAITS, VERBS, Writer, camel, plural

FEATURES_OF_A_DOMAIN: Final = 12

_TYPES: Final = (
    ("str", "Mapped[str] = mapped_column(String(120))", "Annotated[str, Field(min_length=1, max_length=120)]"),
    ("str | None", "Mapped[str | None] = mapped_column(Text, default=None)", "str | None = None"),
    ("int", "Mapped[int] = mapped_column(default=0, index=True)", "Annotated[int, Field(ge=0)] = 0"),
    ("Decimal", "Mapped[Decimal] = mapped_column(Numeric(12, 2), default=Decimal(0))", "Decimal = Decimal(0)"),
    ("bool", "Mapped[bool] = mapped_column(default=False)", "bool = False"),
    ("datetime", "Mapped[datetime] = mapped_column(DateTime(timezone=True), default=utc_now)", "datetime"),
    ("UUID", "Mapped[UUID] = mapped_column(index=True)", "UUID"),
)


@dataclass(frozen=True, slots=True)
class Feature:
    """What its modules are written from. Each action is a method of the service, and an endpoint or a task."""

    domain: str
    name: str
    fields: tuple[tuple[str, tuple[str, str, str]], ...]
    actions: tuple[str, ...]
    jobs: tuple[str, ...]
    neighbours: tuple[Feature, ...]

    @property
    def package(self) -> str:
        return f"app.{self.domain}.{plural(self.name)}"

    def fill(self, text: str, **more: str) -> str:
        """Return a template with the names of the feature in it."""
        return Template(text).substitute(
            {
                "domain": self.domain,
                "name": self.name,
                "names": plural(self.name),
                "Name": camel(self.name),
                "pkg": self.package,
                **more,
            }
        )


def files(modules: int, seed: int, violations: float) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of as many modules; a share of the features breaks one rule each.

    What holds all together comes first: the application, the worker, the routers of the domains. What is left of the
    number when the features are written is helper modules.
    """
    domains = _domains(seed, modules)
    around = _around(domains)
    yield from islice(around.items(), modules)
    yield from islice(_of_features(domains, seed, violations), max(modules - len(around), 0))


def _domains(seed: int, modules: int) -> list[list[Feature]]:
    """Return as many features as there is room for, in domains; a feature knows a few that came before it."""
    random = Random(f"{seed} dense")
    room = modules - len(_FIXED) - 6
    domains: list[list[Feature]] = [[]]
    every: list[Feature] = []
    names = [f"{trait}_{noun}" for trait in TRAITS for noun in NOUNS]
    random.shuffle(names)
    while room >= len(PARTS) + 2:
        if len(domains[-1]) == FEATURES_OF_A_DOMAIN:
            domains.append([])
            room -= 2
        domain = f"{NOUNS[len(domains) % len(NOUNS)]}_desk{len(domains) // len(NOUNS) or ''}"
        near = random.sample(domains[-1], min(random.randint(0, 2), len(domains[-1])))
        far = random.sample(every, min(int(random.random() < 0.3), len(every)))
        name = names[len(every)]
        feature = Feature(
            domain,
            name,
            tuple((each, random.choice(_TYPES)) for each in random.sample(ATTRIBUTES[:-6], random.randint(5, 12))),
            tuple(f"{verb}_{random.choice(ATTRIBUTES)}" for verb in random.sample(VERBS, random.randint(5, 14))),
            tuple(f"{verb}_{plural(name)}" for verb in random.sample(VERBS, random.randint(1, 3))),
            tuple({each.name: each for each in (*near, *far)}.values()),
        )
        domains[-1].append(feature)
        every.append(feature)
        room -= len(PARTS)
    return domains


# --- what holds all together ---------------------------------------------------------------------------------------

_FIXED: Final = {
    "app/__init__.py": '"""Everything that the office does."""\n',
    "app/core/__init__.py": "",
    "app/core/constants.py": 'PAGE_SIZE = 50\nMAX_PAGE_SIZE = 500\nREQUEST_ID_HEADER = "X-Request-Id"\n',
    "app/core/errors.py": '''\
class AppError(Exception):
    """What the application says no with."""

    status = 400


class NotFound(AppError):
    status = 404


class Conflict(AppError):
    status = 409


class Forbidden(AppError):
    status = 403
''',
    "app/core/db.py": '''\
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker


def session_factory(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Sessions whose objects stay readable after a commit."""
    return async_sessionmaker(engine, expire_on_commit=False)
''',
    "app/config.py": '''\
from functools import lru_cache

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(extra="ignore")

    database_url: str = "postgresql+asyncpg://localhost/app"
    redis_url: str = "redis://localhost:6379/0"
    partner_url: str = "https://partner.example.com"
    page_size: int = 50


@lru_cache
def get_settings() -> Settings:
    """Return the one `Settings` of this process."""
    return Settings()
''',
    "app/lifespan.py": '''\
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
from arq.connections import RedisSettings, create_pool
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine

from app.config import get_settings
from app.core.db import session_factory


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
    """Open what the whole application shares; the stack closes it again in reverse order."""
    settings = get_settings()
    async with AsyncExitStack() as stack:
        app.state.redis = await create_pool(RedisSettings.from_dsn(settings.redis_url))
        stack.push_async_callback(app.state.redis.aclose)
        app.state.db_engine = create_async_engine(settings.database_url)
        stack.push_async_callback(app.state.db_engine.dispose)
        app.state.partner = await stack.enter_async_context(httpx.AsyncClient(base_url=settings.partner_url))
        app.state.sessions = session_factory(app.state.db_engine)
        yield
''',
    "app/models/__init__.py": "",
    "app/models/base.py": '''\
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import DateTime
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


def utc_now() -> datetime:
    return datetime.now(UTC)


class Base(DeclarativeBase):
    pass


class Identified(Base):
    """A row with an id of its own and the time it was made."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=utc_now)


class User(Identified):
    __tablename__ = "users"

    email: Mapped[str] = mapped_column(unique=True)
    is_manager: Mapped[bool] = mapped_column(default=False)
''',
    "app/services/__init__.py": "",
    "app/services/users.py": '''\
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Forbidden
from app.models.base import User


class UserService:
    def __init__(self, db: AsyncSession) -> None:
        self._db = db

    async def holder(self, token: str) -> User:
        """Return whose token it is."""
        user = await self._db.get(User, UUID(token))
        if user is None:
            raise Forbidden("no such account")
        return user
''',
    "app/deps/__init__.py": """\
from app.deps.auth import CurrentUserDep
from app.deps.db import DbSessionDep
from app.deps.partner import PartnerDep
from app.deps.redis import RedisDep
from app.deps.settings import SettingsDep
from app.deps.users import UserServiceDep

__all__ = ["CurrentUserDep", "DbSessionDep", "PartnerDep", "RedisDep", "SettingsDep", "UserServiceDep"]
""",
    "app/deps/db.py": '''\
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker


async def get_db_session(request: Request) -> AsyncGenerator[AsyncSession, None]:
    """Yield the session of this request."""
    sessions: async_sessionmaker[AsyncSession] = request.app.state.sessions
    async with sessions() as session:
        yield session


DbSessionDep = Annotated[AsyncSession, Depends(get_db_session)]
''',
    "app/deps/redis.py": """\
from typing import Annotated

from arq.connections import ArqRedis
from fastapi import Depends, Request


async def get_redis(request: Request) -> ArqRedis:
    redis: ArqRedis = request.app.state.redis
    return redis


RedisDep = Annotated[ArqRedis, Depends(get_redis)]
""",
    "app/deps/partner.py": """\
from typing import Annotated

import httpx
from fastapi import Depends, Request


async def get_partner(request: Request) -> httpx.AsyncClient:
    partner: httpx.AsyncClient = request.app.state.partner
    return partner


PartnerDep = Annotated[httpx.AsyncClient, Depends(get_partner)]
""",
    "app/deps/settings.py": """\
from typing import Annotated

from fastapi import Depends

from app.config import Settings, get_settings

SettingsDep = Annotated[Settings, Depends(get_settings)]
""",
    "app/deps/users.py": """\
from typing import Annotated

from fastapi import Depends

from app.deps.db import DbSessionDep
from app.services.users import UserService


async def get_user_service(db: DbSessionDep) -> UserService:
    return UserService(db)


UserServiceDep = Annotated[UserService, Depends(get_user_service)]
""",
    "app/deps/auth.py": '''\
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.deps.users import UserServiceDep
from app.models.base import User

_bearer = HTTPBearer()


async def get_current_user(
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(_bearer)], users: UserServiceDep
) -> User:
    """Validate the bearer token and return whose it is."""
    return await users.holder(credentials.credentials)


CurrentUserDep = Annotated[User, Depends(get_current_user)]
''',
    "app/worker_context.py": '''\
from typing import TypedDict

from arq.connections import ArqRedis
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker


class WorkerContext(TypedDict):
    """What tasks find in arq's ctx: `redis` is arq's own pool, the rest is put there when the worker starts."""

    redis: ArqRedis
    db_engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
''',
    "tests/__init__.py": "",
    "tests/conftest.py": """\
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.deps.auth import get_current_user
from app.main import app
from app.models.base import User


@pytest.fixture
def user() -> User:
    return User(email="someone@example.com", is_manager=True)


@pytest.fixture
def client(user: User) -> Iterator[TestClient]:
    app.dependency_overrides[get_current_user] = lambda: user
    with TestClient(app) as client:
        yield client
    app.dependency_overrides.clear()
""",
}

_MAIN = """\
from fastapi import FastAPI

$imports
from app.lifespan import lifespan

app = FastAPI(title="Office", lifespan=lifespan)
$calls
"""

_WORKER = '''\
from arq.connections import RedisSettings
from sqlalchemy.ext.asyncio import create_async_engine

from app.config import get_settings
from app.core.db import session_factory
$imports
from app.worker_context import WorkerContext


async def on_startup(ctx: WorkerContext) -> None:
    """Open what all tasks share; arq has put its own pool into the context before."""
    settings = get_settings()
    ctx["db_engine"] = create_async_engine(settings.database_url)
    ctx["sessions"] = session_factory(ctx["db_engine"])


async def on_shutdown(ctx: WorkerContext) -> None:
    await ctx["db_engine"].dispose()


class WorkerSettings:
    on_startup = on_startup
    on_shutdown = on_shutdown
    functions = (
$functions
    )
    redis_settings = RedisSettings.from_dsn(get_settings().redis_url)
'''


def _around(domains: list[list[Feature]]) -> dict[str, str]:
    every = [feature for domain in domains for feature in domain]
    names = sorted({feature.domain for feature in every})
    made = dict(_FIXED)
    made["app/main.py"] = Template(_MAIN).substitute(
        imports="\n".join(f"from app.{name}.router import router as {name}" for name in names),
        calls="\n".join(f"app.include_router({name})" for name in names),
    )
    made["app/worker.py"] = Template(_WORKER).substitute(
        imports="\n".join(f"from {each.package}.tasks import {', '.join(sorted(each.jobs))}" for each in every),
        functions="\n".join(f"        {job}," for each in every for job in each.jobs),
    )
    for domain in filter(None, domains):
        name = domain[0].domain
        made[f"app/{name}/__init__.py"] = f'"""The {name.replace("_", " ")}."""\n'
        made[f"app/{name}/router.py"] = "\n".join(
            (
                "from fastapi import APIRouter\n",
                *(f"from {each.package}.endpoints import router as {plural(each.name)}" for each in domain),
                f'\nrouter = APIRouter(prefix="/{name}")',
                *(f"router.include_router({plural(each.name)})" for each in domain),
                "",
            )
        )
    return made


# --- the parts of a feature ----------------------------------------------------------------------------------------


def _of_features(domains: list[list[Feature]], seed: int, violations: float) -> Iterator[tuple[str, str]]:
    kinds = cycle(VIOLATIONS)
    for feature in (feature for domain in domains for feature in domain):
        random = Random(f"{seed} {feature.package}")
        broken = next(kinds) if random.random() < violations else ""
        for path, part in PARTS.items():
            text = part(feature, Writer(random))
            if broken and VIOLATIONS[broken][0] == path:
                text += feature.fill(VIOLATIONS[broken][1])
            folder = "tests" if path.startswith("test_") else "app"
            where = feature.fill(path) if folder == "tests" else f"{plural(feature.name)}/{feature.fill(path)}"
            yield f"{folder}/{feature.domain}/{where}", text
    for number in count():
        writer = Writer(Random(f"{seed} helpers {number}"))
        yield f"app/core/helpers_{number}.py", _filled(_PLAIN_HEAD, 4000, writer, partial(_plain, writer))


def _filled(head: str, mean: float, writer: Writer, piece: Callable[[], str]) -> str:
    """Return a module of about the size that is drawn for it."""
    pieces = [head]
    wanted = min(max(writer.random.lognormvariate(0, 0.5), 0.25), 5) * mean * 1.2
    while sum(map(len, pieces)) < wanted:
        pieces.append(piece())
    return "\n\n".join(pieces)


_PLAIN_HEAD = """\
import logging
from typing import Any

from app.core import constants
from app.core.errors import AppError

logger = logging.getLogger(__name__)
"""


def _plain(writer: Writer) -> str:
    random = writer.random
    return writer.function(f"{random.choice(VERBS)}_{random.choice(TRAITS)}_{random.choice(NOUNS)}")


def _package(feature: Feature, writer: Writer) -> str:
    return f'"""{camel(feature.name)}: {writer.random.choice(SENTENCES).lower()}."""\n'


def _constants(feature: Feature, writer: Writer) -> str:
    random = writer.random
    lines = [
        f"{first.upper()}_{second.upper()} = "
        + random.choice((str(random.randint(1, 900)), f'"{first}"', f'frozenset({{"{first}", "{second}"}})'))
        for first, second in zip(random.sample(ATTRIBUTES, 12), random.sample(TRAITS, 12), strict=True)
    ]
    return "\n".join([*lines[: random.randint(4, 12)], ""])


def _models(feature: Feature, writer: Writer) -> str:
    random = writer.random
    columns = "".join(f"    {name}: {column}\n" for name, (_, column, _) in feature.fields)
    head = feature.fill(
        """\
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, Numeric, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Identified, utc_now
$imports

class $Name(Identified):
    \"\"\"$sentence.\"\"\"

    __tablename__ = "$names"
    __table_args__ = (Index("ix_${names}_owner", "owner_id", "created_at"),)

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    state: Mapped[str] = mapped_column(String(20), default="open")
$columns$links
    events: Mapped[list["${Name}Event"]] = relationship(back_populates="$name", cascade="all, delete-orphan")

    @property
    def is_open(self) -> bool:
        return self.state == "open"


class ${Name}Event(Identified):
    __tablename__ = "${name}_events"

    ${name}_id: Mapped[UUID] = mapped_column(ForeignKey("$names.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    $name: Mapped[$Name] = relationship(back_populates="events")
""",
        sentence=random.choice(SENTENCES),
        columns=columns,
        imports="".join(f"from {each.package}.models import {camel(each.name)}\n" for each in feature.neighbours),
        links="".join(
            f"    {each.name}_id: Mapped[UUID | None] = "
            f'mapped_column(ForeignKey("{plural(each.name)}.id"), default=None)\n'
            f"    {each.name}: Mapped[{camel(each.name)} | None] = relationship()\n"
            for each in feature.neighbours
        ),
    )

    def piece() -> str:
        name = f"{feature.name}_{random.choice(NOUNS)}"
        chosen = random.sample(ATTRIBUTES, random.randint(3, 9))
        body = "".join(f"    {each}: {random.choice(_TYPES)[1]}\n" for each in chosen)
        link = feature.fill('    ${name}_id: Mapped[UUID] = mapped_column(ForeignKey("$names.id"))\n')
        doc = writer.docstring(f"A {random.choice(TRAITS)} {random.choice(NOUNS)}", "    ")
        table = f'    __tablename__ = "{name}_{random.randint(1, 999)}"\n'
        return f"class {camel(name)}{random.randint(1, 99)}(Identified):\n{doc}\n{table}\n{link}{body}"

    return _filled(head, 4800, writer, piece)


def _schemas(feature: Feature, writer: Writer) -> str:
    random = writer.random
    typed = "".join(f"    {name}: {annotation}\n" for name, (annotation, _, _) in feature.fields)
    given = "".join(
        f"    {name}: {annotation}\n"
        for name, (_, _, annotation) in sorted(feature.fields, key=lambda f: "= " in f[1][2])
    )
    head = feature.fill(
        """\
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

State = Literal["open", "closed", "archived"]


class ${Name}Create(BaseModel):
    \"\"\"$sentence.\"\"\"

    model_config = ConfigDict(extra="forbid")

$given

class ${Name}Response(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    created_at: datetime
    state: State
$typed

class ${Name}Page(BaseModel):
    items: list[${Name}Response]
    total: int
    next_cursor: str | None = None


class PartnerAnswer(BaseModel):
    reference: str
    accepted: bool
""",
        sentence=random.choice(SENTENCES),
        typed=typed,
        given=given,
    )

    def piece() -> str:
        chosen = random.sample(ATTRIBUTES, random.randint(3, 9))
        fields = sorted(
            (f"    {each}: {random.choice(_TYPES)[2]}\n" for each in chosen), key=lambda line: " = " in line
        )
        name = f"{camel(feature.name)}{camel(random.choice(VERBS))}{camel(random.choice(NOUNS))}"
        text = f'class {name}(BaseModel):\n    """{random.choice(SENTENCES)}."""\n\n{"".join(fields)}'
        if random.random() < 0.4:
            text += (
                f'\n    @field_validator("{chosen[0]}")\n    @classmethod\n'
                f"    def _check_{chosen[0]}(cls, value: object) -> object:\n        if value in {{'', 'none'}}:\n"
                f'            raise ValueError("{random.choice(SENTENCES)}")\n        return value\n'
            ).replace("'", '"')
        return text

    return _filled(head, 6000, writer, piece)


def _repository(feature: Feature, writer: Writer) -> str:
    random = writer.random
    head = feature.fill(
        """\
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.constants import PAGE_SIZE
from $pkg.models import $Name, ${Name}Event


class ${Name}Repository:
    \"\"\"The queries about $names.\"\"\"

    def __init__(self, db: AsyncSession) -> None:
        self._db = db

    async def by_id(self, ${name}_id: UUID) -> $Name | None:
        return await self._db.get($Name, ${name}_id)

    async def page(self, owner_id: UUID, *, offset: int = 0, limit: int = PAGE_SIZE) -> Sequence[$Name]:
        query = select($Name).where($Name.owner_id == owner_id).order_by($Name.created_at.desc())
        return (await self._db.scalars(query.offset(offset).limit(limit))).all()

    async def add(self, $name: $Name) -> $Name:
        self._db.add($name)
        await self._db.flush()
        return $name

    async def record(self, $name: $Name, text: str) -> None:
        self._db.add(${Name}Event(${name}_id=$name.id, text=text))
"""
    )

    def piece() -> str:
        (field, (kind, _, _)), other = random.choice(feature.fields), random.choice(feature.fields)[0]
        kind = kind.removesuffix(" | None")
        return feature.fill(
            random.choice(
                (
                    """\
    async def with_${field}_${verb}ed(self, $field: $kind, since: datetime, at_most: int = 50) -> Sequence[$Name]:
        query = (
            select($Name)
            .where($Name.$field == $field, $Name.created_at >= since, $Name.state != "archived")
            .order_by($Name.$other, $Name.created_at.desc())
            .limit(at_most)
        )
        return (await self._db.scalars(query)).all()
""",
                    """\
    async def ${verb}_${field}_counts(self, owner_id: UUID) -> dict[str, int]:
        \"\"\"Count by $field. $sentence.\"\"\"
        query = select($Name.$field, func.count()).where($Name.owner_id == owner_id).group_by($Name.$field)
        return {str($field): count for $field, count in await self._db.execute(query)}
""",
                    """\
    async def ${verb}_${field}_of(self, ids: Sequence[UUID], $field: $kind) -> int:
        if not ids:
            return 0
        statement = update($Name).where($Name.id.in_(ids), $Name.state == "open").values($field=$field)
        result = await self._db.execute(statement)
        # $sentence.
        return int(result.rowcount)
""",
                )
            ),
            field=field,
            other=other,
            kind=kind,
            verb=random.choice(VERBS),
            sentence=random.choice(SENTENCES),
        )

    return _filled(head, 5200, writer, piece).replace("\n\n\n    async", "\n\n    async")


def _service(feature: Feature, writer: Writer) -> str:
    random = writer.random
    others = feature.neighbours
    head = feature.fill(
        """\
import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict, Forbidden, NotFound
from app.models.base import User
$imports
from $pkg.client import ${Name}Partner
from $pkg.models import $Name
from $pkg.queue import ${Name}Queue
from $pkg.repository import ${Name}Repository
from $pkg.schemas import ${Name}Create
from $pkg.services.rules import may_change

logger = logging.getLogger(__name__)


class ${Name}Service:
    \"\"\"What can be done with $names.

    $sentence.
    \"\"\"

    def __init__(self, db: AsyncSession, queue: ${Name}Queue, partner: ${Name}Partner$parameters) -> None:
        self._db = db
        self._queue = queue
        self._partner = partner
        self._$names = ${Name}Repository(db)
$kept
    async def get(self, ${name}_id: UUID) -> $Name:
        $name = await self._$names.by_id(${name}_id)
        if $name is None:
            raise NotFound(f"no such $name: {${name}_id}")
        return $name

    async def owned(self, ${name}_id: UUID, user: User) -> $Name:
        $name = await self.get(${name}_id)
        if not may_change($name, user):
            raise Forbidden("it belongs to somebody else")
        return $name

    async def page(self, user: User, offset: int, limit: int) -> Sequence[$Name]:
        return await self._$names.page(user.id, offset=offset, limit=limit)

    async def create(self, body: ${Name}Create, user: User) -> $Name:
        $name = await self._$names.add($Name(owner_id=user.id, **body.model_dump()))
        await self._db.commit()
        await self._queue.$job($name.id)
        return $name
""",
        imports="".join(
            f"from {each.package}.services.{each.name}_service import {camel(each.name)}Service\n" for each in others
        ).rstrip("\n"),
        parameters="".join(f", {plural(each.name)}: {camel(each.name)}Service" for each in others),
        kept="".join(f"        self._{plural(each.name)} = {plural(each.name)}\n" for each in others),
        sentence=random.choice(SENTENCES),
        job=feature.jobs[0],
    )
    actions = iter(feature.actions)

    def piece() -> str:
        action = next(actions, "")
        if not action:
            name = f"_{random.choice(VERBS)}_{random.choice(TRAITS)}_{random.choice(NOUNS)}"
            return writer.function(name, indent="    ", own=True)
        known = [feature.name, "user", "note"]
        return feature.fill(
            """\
    async def $action(self, $name: $Name, user: User, note: str) -> $Name:
$doc        if $name.state != "open":
            raise Conflict(f"{$name.id} is {$name.state}")
$extra$plain        $name.state = "$state"
        await self._$names.record($name, f"$action by {user.email}: {note}")
        await self._db.commit()
        logger.info("$action %s", $name.id)
        return $name
""",
            action=action,
            doc=writer.docstring(f"{action.replace('_', ' ').capitalize()} of it", "        "),
            extra=random.choice(
                (
                    "",
                    feature.fill(
                        "        answer = await self._partner.announce(str($name.id))\n"
                        "        if not answer.accepted:\n            raise Conflict(answer.reference)\n"
                    ),
                    *(
                        f"        await self._{plural(each.name)}.page(user, 0, {random.randint(1, 50)})\n"
                        for each in others
                    ),
                )
            ),
            plain=writer.statements(known, "        ", random.randint(1, 4), 1),
            state=random.choice(("open", "closed", "archived")),
        )

    pieces = [head, *(piece() for _ in feature.actions)]
    return _filled("\n".join(pieces), 9000, writer, piece).replace("\n\n\n    ", "\n\n    ")


def _rules(feature: Feature, writer: Writer) -> str:
    head = feature.fill(
        """\
\"\"\"What is allowed, and what follows from it; no input, no output.\"\"\"

import logging
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.core import constants
from app.core.errors import AppError
from app.models.base import User
from $pkg import constants as own
from $pkg.models import $Name

logger = logging.getLogger(__name__)


def may_change($name: $Name, user: User) -> bool:
    return user.is_manager or $name.owner_id == user.id
"""
    )
    return _filled(head, 9600, writer, lambda: _plain(writer))


def _calculations(feature: Feature, writer: Writer) -> str:
    random = writer.random

    def piece() -> str:
        name = f"{random.choice(TRAITS)}_{random.choice(NOUNS)}_{random.choice(ATTRIBUTES)}"
        return writer.cls(camel(name)) if random.random() < 0.3 else _plain(writer)

    return _filled(f'"""Calculations about {plural(feature.name)}."""\n\n{_PLAIN_HEAD}', 9600, writer, piece)


def _client(feature: Feature, writer: Writer) -> str:
    random = writer.random
    head = feature.fill(
        """\
import logging
from typing import Any

import httpx

from app.core.errors import AppError
from $pkg import constants
from $pkg.schemas import PartnerAnswer

logger = logging.getLogger(__name__)


class ${Name}Partner:
    \"\"\"Tells the partner about $names.\"\"\"

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def announce(self, reference: str) -> PartnerAnswer:
        response = await self._http.post("/$names", json={"reference": reference})
        response.raise_for_status()
        return PartnerAnswer.model_validate_json(response.content)
"""
    )
    return _filled(
        head,
        2600,
        writer,
        lambda: writer.function(
            f"_{random.choice(VERBS)}_{random.choice(NOUNS)}_{random.choice(TRAITS)}", indent="    ", own=True
        ),
    )


def _queue(feature: Feature, writer: Writer) -> str:
    methods = "\n".join(
        f"    async def {job}(self, {feature.name}_id: UUID) -> None:\n"
        f'        await self._redis.enqueue_job("{job}", {feature.name}_id, _job_id=f"{job}:{{{feature.name}_id}}")\n'
        for job in feature.jobs
    )
    return feature.fill(
        """\
from uuid import UUID

from arq.connections import ArqRedis


class ${Name}Queue:
    \"\"\"Hands work to the worker: the one place that knows the tasks by name.\"\"\"

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

$methods""",
        methods=methods,
    )


def _tasks(feature: Feature, writer: Writer) -> str:
    head = feature.fill(
        """\
import logging
from typing import Any
from uuid import UUID

from arq.connections import ArqRedis
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from $pkg.queue import ${Name}Queue
from $pkg.services.batches import ${Name}Batches
from app.worker_context import WorkerContext

logger = logging.getLogger(__name__)
"""
    )
    jobs = [
        feature.fill(
            """\
async def $job(ctx: WorkerContext, ${name}_id: UUID) -> int:
$doc    sessions: async_sessionmaker[AsyncSession] = ctx["sessions"]
    redis: ArqRedis = ctx["redis"]
    async with sessions() as db:
        done = await ${Name}Batches(db, ${Name}Queue(redis)).$job(${name}_id)
    logger.info("$job: %s", done)
    return done
""",
            job=job,
            doc=writer.docstring(job.replace("_", " ").capitalize(), "    "),
        )
        for job in feature.jobs
    ]
    return _filled("\n\n".join([head, *jobs]), 2600, writer, lambda: _plain(writer))


def _batches(feature: Feature, writer: Writer) -> str:
    random = writer.random
    jobs = "\n".join(
        f"    async def {job}(self, {feature.name}_id: UUID) -> int:\n"
        f"{writer.docstring(job.replace('_', ' ').capitalize(), '        ')}"
        f"        {feature.name} = await self._{plural(feature.name)}.by_id({feature.name}_id)\n"
        f"        if {feature.name} is None:\n            return 0\n"
        f"{writer.statements([feature.name], '        ', random.randint(2, 6))}"
        f"        await self._db.commit()\n        return 1\n"
        for job in feature.jobs
    )
    head = feature.fill(
        """\
import logging
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from $pkg.queue import ${Name}Queue
from $pkg.repository import ${Name}Repository

logger = logging.getLogger(__name__)


class ${Name}Batches:
    \"\"\"What the worker does with $names.\"\"\"

    def __init__(self, db: AsyncSession, queue: ${Name}Queue) -> None:
        self._db = db
        self._queue = queue
        self._$names = ${Name}Repository(db)

$jobs""",
        jobs=jobs,
    )
    return _filled(
        head,
        5200,
        writer,
        lambda: writer.function(
            f"_{random.choice(VERBS)}_{random.choice(NOUNS)}_{random.choice(TRAITS)}", indent="    ", own=True
        ),
    ).replace("\n\n\n    ", "\n\n    ")


def _deps(feature: Feature, _writer: Writer) -> str:
    return feature.fill(
        """\
from $pkg.deps.records import Owned${Name}Dep
from $pkg.deps.service import ${Name}ServiceDep

__all__ = ["Owned${Name}Dep", "${Name}ServiceDep"]
"""
    )


def _deps_service(feature: Feature, _writer: Writer) -> str:
    others = feature.neighbours
    return feature.fill(
        """\
from typing import Annotated

from fastapi import Depends

from app.deps import DbSessionDep, PartnerDep, RedisDep
$imports
from $pkg.client import ${Name}Partner
from $pkg.queue import ${Name}Queue
from $pkg.services.${name}_service import ${Name}Service


async def get_${name}_service(db: DbSessionDep, redis: RedisDep, partner: PartnerDep$parameters) -> ${Name}Service:
    return ${Name}Service(db, ${Name}Queue(redis), ${Name}Partner(partner)$given)


${Name}ServiceDep = Annotated[${Name}Service, Depends(get_${name}_service)]
""",
        imports="\n".join(f"from {each.package}.deps import {camel(each.name)}ServiceDep" for each in others),
        parameters="".join(f", {plural(each.name)}: {camel(each.name)}ServiceDep" for each in others),
        given="".join(f", {plural(each.name)}" for each in others),
    )


def _deps_records(feature: Feature, _writer: Writer) -> str:
    return feature.fill(
        """\
from typing import Annotated
from uuid import UUID

from fastapi import Depends

from app.deps import CurrentUserDep
from $pkg.deps.service import ${Name}ServiceDep
from $pkg.models import $Name


async def get_owned_${name}(${name}_id: UUID, user: CurrentUserDep, $names: ${Name}ServiceDep) -> $Name:
    \"\"\"Return what the path names, if it is the current user's.\"\"\"
    return await $names.owned(${name}_id, user)


Owned${Name}Dep = Annotated[$Name, Depends(get_owned_${name})]
"""
    )


def _endpoints(feature: Feature, writer: Writer) -> str:
    random = writer.random
    head = feature.fill(
        """\
import logging
from typing import Annotated, Any

from fastapi import APIRouter, Query, status

from app.core.constants import MAX_PAGE_SIZE, PAGE_SIZE
from app.deps import CurrentUserDep
from $pkg.deps import Owned${Name}Dep, ${Name}ServiceDep
from $pkg.models import $Name
from $pkg.schemas import ${Name}Create, ${Name}Page, ${Name}Response

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/$names", tags=["$names"])


@router.get("")
async def list_$names(
    user: CurrentUserDep,
    $names: ${Name}ServiceDep,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE)] = PAGE_SIZE,
) -> ${Name}Page:
    found = await $names.page(user, offset, limit)
    return ${Name}Page(items=[${Name}Response.model_validate(each) for each in found], total=len(found))


@router.post("", status_code=status.HTTP_201_CREATED, response_model=${Name}Response)
async def create_$name(body: ${Name}Create, user: CurrentUserDep, $names: ${Name}ServiceDep) -> $Name:
    return await $names.create(body, user)


@router.get("/{${name}_id}", response_model=${Name}Response)
async def read_$name($name: Owned${Name}Dep) -> $Name:
    return $name
"""
    )
    endpoints = [
        feature.fill(
            """\
@router.$method(
    "/{${name}_id}/$path",
    response_model=${Name}Response,
    summary="$sentence",
    responses={404: {"description": "there is no such $name"}, 409: {"description": "it is closed"}},
)
async def ${action}_of_$name(
    $name: Owned${Name}Dep,
    user: CurrentUserDep,
    $names: ${Name}ServiceDep,
    note: Annotated[str, Query(max_length=$length)] = "",
) -> $Name:
$doc$plain    return await $names.$action($name, user, note.strip())
""",
            method=random.choice(("post", "put", "patch")),
            path=action.replace("_", "-"),
            action=action,
            sentence=random.choice(SENTENCES),
            length=str(random.randint(20, 500)),
            doc=writer.docstring(f"{action.replace('_', ' ').capitalize()}", "    ") if random.random() < 0.7 else "",
            plain=writer.statements(["note"], "    ", random.randint(0, 2), 1),
        )
        for action in feature.actions
    ]
    return _filled("\n\n".join([head, *endpoints]), 5200, writer, lambda: _plain(writer).replace("def ", "def _", 1))


def _test(feature: Feature, writer: Writer) -> str:
    random = writer.random
    head = feature.fill(
        """\
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.main import app
from app.models.base import User
from $pkg.deps.service import get_${name}_service
from $pkg.models import $Name


class Fake${Name}Service:
    def __init__(self, $name: $Name) -> None:
        self.$name = $name

    async def owned(self, ${name}_id: object, user: User) -> $Name:
        return self.$name


@pytest.fixture
def $name(user: User) -> Iterator[$Name]:
    made = $Name(owner_id=user.id, state="open")
    app.dependency_overrides[get_${name}_service] = lambda: Fake${Name}Service(made)
    yield made
    del app.dependency_overrides[get_${name}_service]
"""
    )

    def piece() -> str:
        action = random.choice(feature.actions)
        return feature.fill(
            """\
def test_${action}_of_${name}_$number(client: TestClient, $name: $Name) -> None:
    response = client.post(f"/$domain/$names/{$name.id}/$path", params={"note": "$noun"})

    assert response.status_code in {200, 404, 409}, response.text
$plain    assert response.headers["content-type"] == "application/json"
""",
            action=action,
            path=action.replace("_", "-"),
            number=str(random.randint(1, 9999)),
            noun=random.choice(NOUNS),
            plain="".join(
                f'    assert response.json().get("{each}") != {writer.constant()}\n'
                for each in random.sample(ATTRIBUTES, random.randint(0, 4))
            ),
        )

    return _filled(head, 5200, writer, piece)


PARTS: Final[dict[str, Callable[[Feature, Writer], str]]] = {
    "__init__.py": _package,
    "constants.py": _constants,
    "models.py": _models,
    "schemas.py": _schemas,
    "repository.py": _repository,
    "queue.py": _queue,
    "client.py": _client,
    "services/__init__.py": _package,
    "services/rules.py": _rules,
    "services/calculations.py": _calculations,
    "services/batches.py": _batches,
    "services/${name}_service.py": _service,
    "deps/__init__.py": _deps,
    "deps/service.py": _deps_service,
    "deps/records.py": _deps_records,
    "endpoints.py": _endpoints,
    "tasks.py": _tasks,
    "test_${names}.py": _test,
}
"""The modules of a feature, each after those that it imports."""

VIOLATIONS: Final = {
    "CF601": (
        "services/rules.py",
        """

import os  # noqa: E402


def is_switched_on() -> bool:
    return "$names" in os.environ
""",
    ),
    "DI107": (
        "endpoints.py",
        """

from fastapi import Request  # noqa: E402


@router.get("/pool")
async def pool_of_$names(request: Request) -> str:
    return str(request.app.state.redis)
""",
    ),
    "DI103": (
        "services/batches.py",
        """

def made_$names(db: AsyncSession, queue: ${Name}Queue, given: ${Name}Batches | None = None) -> ${Name}Batches:
    return given or ${Name}Batches(db, queue)
""",
    ),
    "WK309": (
        "tasks.py",
        """

async def forget_$names(ctx: WorkerContext) -> None:
    redis: ArqRedis = ctx["redis"]
    await redis.delete("$names")
""",
    ),
    "WK310": (
        "queue.py",
        """
    async def forget(self) -> None:
        await self._redis.enqueue_job("forget_all_$names")
""",
    ),
    "DV501": (
        "endpoints.py",
        """

@router.delete("/{${name}_id}/all")
async def forget_$names($name: Owned${Name}Dep):  # noqa: ANN201
    return {"id": $name.id}
""",
    ),
    "DI111": ("endpoints.py", "\n\nfrom $pkg.deps.service import ${Name}ServiceDep as Again  # noqa: E402, F401\n"),
}
"""What breaks a rule: the module that it is written into, and the text."""
