"""What is known of other distributions' classes and functions, as data.

Names are qualified as their documentation imports them; `ALIASES` brings other spellings to that form.
"""

from __future__ import annotations

from functools import cache
from typing import Literal, NamedTuple

# --- spellings -----------------------------------------------------------------------------------------------------

_SAME: dict[str, tuple[str, ...]] = {
    "fastapi.FastAPI": ("fastapi.applications.FastAPI",),
    "fastapi.APIRouter": ("fastapi.routing.APIRouter",),
    "fastapi.Depends": ("fastapi.param_functions.Depends", "fastapi.params.Depends"),
    "fastapi.Security": ("fastapi.param_functions.Security", "fastapi.params.Security"),
    "starlette.applications.Starlette": (),
    "starlette.requests.Request": ("fastapi.Request", "fastapi.requests.Request"),
    "starlette.requests.HTTPConnection": ("fastapi.requests.HTTPConnection",),
    "starlette.websockets.WebSocket": ("fastapi.WebSocket", "fastapi.websockets.WebSocket"),
    "starlette.testclient.TestClient": ("fastapi.testclient.TestClient",),
    "starlette.responses.Response": ("fastapi.Response", "fastapi.responses.Response"),
    "starlette.datastructures.State": ("fastapi.datastructures.State",),
    "sqlalchemy.engine.Engine": ("sqlalchemy.Engine", "sqlalchemy.engine.base.Engine", "sqlalchemy.future.Engine"),
    "sqlalchemy.engine.Connection": ("sqlalchemy.Connection", "sqlalchemy.engine.base.Connection"),
    "sqlalchemy.create_engine": (
        "sqlalchemy.engine.create_engine", "sqlalchemy.engine.create.create_engine", "sqlmodel.create_engine",
        "sqlalchemy.future.create_engine",
    ),
    "sqlalchemy.ext.asyncio.create_async_engine": ("sqlalchemy.ext.asyncio.engine.create_async_engine",),
    "sqlalchemy.ext.asyncio.AsyncEngine": ("sqlalchemy.ext.asyncio.engine.AsyncEngine",),
    "sqlalchemy.ext.asyncio.AsyncConnection": ("sqlalchemy.ext.asyncio.engine.AsyncConnection",),
    "sqlalchemy.ext.asyncio.AsyncSession": ("sqlalchemy.ext.asyncio.session.AsyncSession",),
    "sqlmodel.ext.asyncio.session.AsyncSession": (),
    "sqlalchemy.ext.asyncio.async_sessionmaker": ("sqlalchemy.ext.asyncio.session.async_sessionmaker",),
    "sqlalchemy.ext.asyncio.async_scoped_session": ("sqlalchemy.ext.asyncio.scoping.async_scoped_session",),
    "sqlalchemy.orm.Session": ("sqlalchemy.orm.session.Session",),
    "sqlmodel.Session": ("sqlmodel.orm.session.Session",),
    "sqlalchemy.orm.sessionmaker": ("sqlalchemy.orm.session.sessionmaker",),
    "sqlalchemy.orm.scoped_session": ("sqlalchemy.orm.scoping.scoped_session",),
    "redis.Redis": ("redis.client.Redis", "redis.StrictRedis", "redis.client.StrictRedis"),
    "redis.asyncio.Redis": (
        "redis.asyncio.client.Redis", "redis.asyncio.StrictRedis", "aioredis.Redis", "aioredis.client.Redis",
    ),
    "redis.from_url": ("redis.utils.from_url",),
    "redis.asyncio.from_url": ("redis.asyncio.utils.from_url", "aioredis.from_url"),
    "redis.ConnectionPool": ("redis.connection.ConnectionPool",),
    "redis.asyncio.ConnectionPool": ("redis.asyncio.connection.ConnectionPool", "aioredis.ConnectionPool"),
    "redis.asyncio.BlockingConnectionPool": ("redis.asyncio.connection.BlockingConnectionPool",),
    "arq.create_pool": ("arq.connections.create_pool",),
    "arq.create_pool_sync": ("arq.connections.create_pool_sync",),  # as PRD-012 writes it
    "arq.connections.ArqRedis": ("arq.ArqRedis",),
    "arq.connections.RedisSettings": ("arq.RedisSettings",),
    "arq.worker.Worker": ("arq.Worker",),
    "arq.worker.run_worker": ("arq.run_worker",),
    "arq.worker.create_worker": ("arq.create_worker",),
    "arq.worker.func": ("arq.func",),
    "arq.cron.cron": ("arq.cron",),
    "arq.worker.Retry": ("arq.Retry",),
    "pydantic_settings.BaseSettings": (
        "pydantic.BaseSettings", "pydantic.v1.BaseSettings", "pydantic.env_settings.BaseSettings",
        "pydantic_settings.main.BaseSettings",
    ),
    "pydantic.BaseModel": ("pydantic.main.BaseModel", "pydantic.v1.BaseModel"),
    "functools.lru_cache": (),
    "functools.cache": (),
    "contextvars.ContextVar": (),
    "httpx.AsyncClient": (),
    "httpx.Client": (),
    "requests.Session": ("requests.sessions.Session", "requests.session"),
    "aiohttp.ClientSession": ("aiohttp.client.ClientSession",),
    "redis.RedisCluster": ("redis.cluster.RedisCluster",),
    "redis.asyncio.RedisCluster": ("redis.asyncio.cluster.RedisCluster",),
    "redis.Sentinel": ("redis.sentinel.Sentinel",),
    "redis.asyncio.Sentinel": ("redis.asyncio.sentinel.Sentinel",),
    "redis.SentinelConnectionPool": ("redis.sentinel.SentinelConnectionPool",),
    "redis.asyncio.SentinelConnectionPool": ("redis.asyncio.sentinel.SentinelConnectionPool",),
    "redis.BlockingConnectionPool": ("redis.connection.BlockingConnectionPool",),
    "aiohttp.TCPConnector": ("aiohttp.connector.TCPConnector",),
    "requests_oauthlib.OAuth2Session": ("requests_oauthlib.oauth2_session.OAuth2Session",),
    "requests_oauthlib.OAuth1Session": ("requests_oauthlib.oauth1_session.OAuth1Session",),
    "boto3.Session": ("boto3.session.Session",),
    "aioboto3.Session": ("aioboto3.session.Session",),
    "aiobotocore.session.get_session": ("aiobotocore.get_session",),
    "pymongo.MongoClient": ("pymongo.mongo_client.MongoClient", "pymongo.synchronous.mongo_client.MongoClient"),
    "pymongo.AsyncMongoClient": ("pymongo.asynchronous.mongo_client.AsyncMongoClient",),
    "motor.motor_asyncio.AsyncIOMotorClient": ("motor.AsyncIOMotorClient", "motor.core.AgnosticClient"),
    "asyncpg.Pool": ("asyncpg.pool.Pool",),
    "asyncpg.create_pool": ("asyncpg.pool.create_pool",),
    "asyncpg.Connection": ("asyncpg.connection.Connection",),
    "asyncpg.connect": ("asyncpg.connection.connect",),
    "psycopg.Connection": ("psycopg.connection.Connection",),
    "psycopg.AsyncConnection": ("psycopg.connection_async.AsyncConnection",),
    "psycopg_pool.ConnectionPool": ("psycopg_pool.pool.ConnectionPool",),
    "psycopg_pool.AsyncConnectionPool": ("psycopg_pool.pool_async.AsyncConnectionPool",),
    "psycopg2.Connection": ("psycopg2.extensions.connection",),
    "aiopg.Pool": ("aiopg.pool.Pool",),
    "aiomysql.Pool": ("aiomysql.pool.Pool",),
    "aiomysql.Connection": ("aiomysql.connection.Connection",),
    "aiosqlite.Connection": ("aiosqlite.core.Connection",),
    "pymysql.Connection": ("pymysql.connections.Connection", "pymysql.Connect"),
    "elasticsearch.Elasticsearch": ("elasticsearch.client.Elasticsearch", "elasticsearch8.Elasticsearch"),
    "elasticsearch.AsyncElasticsearch": ("elasticsearch8.AsyncElasticsearch",),
    "opensearchpy.AsyncOpenSearch": ("opensearchpy._async.client.AsyncOpenSearch",),
    "qdrant_client.QdrantClient": ("qdrant_client.qdrant_client.QdrantClient",),
    "qdrant_client.AsyncQdrantClient": ("qdrant_client.async_qdrant_client.AsyncQdrantClient",),
    "weaviate.WeaviateClient": ("weaviate.client.WeaviateClient",),
    "weaviate.WeaviateAsyncClient": ("weaviate.client.WeaviateAsyncClient",),
    "aiokafka.AIOKafkaProducer": ("aiokafka.producer.AIOKafkaProducer",),
    "aiokafka.AIOKafkaConsumer": ("aiokafka.consumer.AIOKafkaConsumer",),
    "aio_pika.Connection": ("aio_pika.connection.Connection", "aio_pika.abc.AbstractConnection"),
    "aio_pika.RobustConnection": (
        "aio_pika.robust_connection.RobustConnection", "aio_pika.abc.AbstractRobustConnection",
    ),
    "pika.BlockingConnection": (
        "pika.adapters.BlockingConnection", "pika.adapters.blocking_connection.BlockingConnection",
    ),
    "nats.Client": ("nats.NATS", "nats.aio.client.Client"),
    "langfuse.Langfuse": ("langfuse.client.Langfuse",),
    "langsmith.Client": ("langsmith.client.Client",),
    "minio.Minio": ("minio.api.Minio",),
    "concurrent.futures.ThreadPoolExecutor": ("concurrent.futures.thread.ThreadPoolExecutor",),
    "concurrent.futures.ProcessPoolExecutor": ("concurrent.futures.process.ProcessPoolExecutor",),
}  # fmt: skip
ALIASES = {other: name for name, others in _SAME.items() for other in others}

APPS = frozenset({"fastapi.FastAPI", "starlette.applications.Starlette"})
ROUTERS = frozenset({"fastapi.APIRouter"})
CONNECTIONS = frozenset(
    {"starlette.requests.Request", "starlette.requests.HTTPConnection", "starlette.websockets.WebSocket"}
)
TEST_CLIENTS = frozenset({"starlette.testclient.TestClient"})
DEPENDS = frozenset({"fastapi.Depends", "fastapi.Security"})
CACHES = frozenset({"functools.lru_cache", "functools.cache", "async_lru.alru_cache", "cachetools.func.lru_cache"})
APP_ATTRIBUTES = frozenset(
    [
        "add_api_route",
        "add_api_websocket_route",
        "add_event_handler",
        "add_exception_handler",
        "add_middleware",
        "add_route",
        "add_websocket_route",
        "api_route",
        "build_middleware_stack",
        "contact",
        "debug",
        "delete",
        "dependency_overrides",
        "description",
        "docs_url",
        "exception_handler",
        "exception_handlers",
        "extra",
        "frontend",
        "get",
        "head",
        "host",
        "include_router",
        "license_info",
        "max_body_size",
        "middleware",
        "middleware_stack",
        "mount",
        "on_event",
        "openapi",
        "openapi_external_docs",
        "openapi_schema",
        "openapi_tags",
        "openapi_url",
        "openapi_version",
        "options",
        "patch",
        "post",
        "put",
        "redoc_url",
        "root_path",
        "root_path_in_servers",
        "router",
        "routes",
        "separate_input_output_schemas",
        "servers",
        "setup",
        "state",
        "summary",
        "swagger_ui_init_oauth",
        "swagger_ui_oauth2_redirect_url",
        "swagger_ui_parameters",
        "terms_of_service",
        "title",
        "trace",
        "url_path_for",
        "user_middleware",
        "version",
        "webhooks",
        "websocket",
        "websocket_route",
        "lifespan",
        "on_startup",
        "on_shutdown",
        "route",
    ]
)
"""What FastAPI and Starlette define on an application."""


SESSION_MAKERS = frozenset({"sqlalchemy.orm.sessionmaker", "sqlalchemy.ext.asyncio.async_sessionmaker"})


@cache
def canonical(name: str) -> str:
    """Return the documented spelling of a qualified name."""
    if name in _SAME:
        return name  # `arq.cron.cron`: a function that has its module's name
    known = ALIASES.get(name)
    if known is not None:
        return known
    head, _, last = name.rpartition(".")
    if head in ALIASES:
        return f"{ALIASES[head]}.{last}"
    return name


def typing_name(name: str) -> str:
    """Return `Optional` for typing.Optional and its twins in typing_extensions and collections.abc, else ""."""
    head, _, last = name.rpartition(".")
    return last if head in {"typing", "typing_extensions", "collections.abc", "contextlib", "types"} else ""


# --- what calls give -----------------------------------------------------------------------------------------------

WORKER = "arq.worker.Worker"
"""arq's worker: its `ctx` is the context."""

MAKING_MODELS = frozenset(
    {"model_validate", "model_validate_json", "model_validate_strings", "model_construct", "parse_obj", "parse_raw",
     "from_orm"}
)  # fmt: skip
"""Methods of pydantic's models that make an object."""

RESULTS: dict[str, str] = {
    "sqlalchemy.create_engine": "sqlalchemy.engine.Engine",
    "sqlalchemy.engine_from_config": "sqlalchemy.engine.Engine",
    "sqlalchemy.ext.asyncio.create_async_engine": "sqlalchemy.ext.asyncio.AsyncEngine",
    "sqlalchemy.ext.asyncio.async_engine_from_config": "sqlalchemy.ext.asyncio.AsyncEngine",
    "sqlalchemy.orm.sessionmaker": "sqlalchemy.orm.sessionmaker",
    "sqlalchemy.orm.scoped_session": "sqlalchemy.orm.scoped_session",
    "sqlalchemy.ext.asyncio.async_sessionmaker": "sqlalchemy.ext.asyncio.async_sessionmaker",
    "sqlalchemy.ext.asyncio.async_scoped_session": "sqlalchemy.ext.asyncio.async_scoped_session",
    "sqlalchemy.orm.create_session": "sqlalchemy.orm.Session",
    "arq.create_pool": "arq.connections.ArqRedis",
    "arq.create_pool_sync": "arq.connections.ArqRedis",
    "redis.from_url": "redis.Redis",
    "redis.asyncio.from_url": "redis.asyncio.Redis",
    "redis.Redis.from_url": "redis.Redis",
    "redis.asyncio.Redis.from_url": "redis.asyncio.Redis",
    "redis.Redis.from_pool": "redis.Redis",
    "redis.asyncio.Redis.from_pool": "redis.asyncio.Redis",
    "redis.ConnectionPool.from_url": "redis.ConnectionPool",
    "redis.asyncio.ConnectionPool.from_url": "redis.asyncio.ConnectionPool",
    "aioredis.create_redis_pool": "redis.asyncio.Redis",
    "aioredis.create_redis": "redis.asyncio.Redis",
    "aioredis.create_pool": "redis.asyncio.ConnectionPool",
    "requests.Session": "requests.Session",
    "boto3.client": "boto3.Client",
    "boto3.resource": "boto3.Resource",
    "boto3.Session": "boto3.Session",
    "aioboto3.Session": "aioboto3.Session",
    "asyncpg.create_pool": "asyncpg.Pool",
    "asyncpg.connect": "asyncpg.Connection",
    "psycopg.connect": "psycopg.Connection",
    "psycopg.AsyncConnection.connect": "psycopg.AsyncConnection",
    "psycopg.Connection.connect": "psycopg.Connection",
    "psycopg2.connect": "psycopg2.Connection",
    "aiopg.create_pool": "aiopg.Pool",
    "aiopg.connect": "aiopg.Connection",
    "aiomysql.create_pool": "aiomysql.Pool",
    "aiomysql.connect": "aiomysql.Connection",
    "aiosqlite.connect": "aiosqlite.Connection",
    "sqlite3.connect": "sqlite3.Connection",
    "pymysql.connect": "pymysql.Connection",
    "smtplib.SMTP_SSL": "smtplib.SMTP_SSL",
    "smtplib.LMTP": "smtplib.LMTP",
    "smtplib.SMTP": "smtplib.SMTP",
    "aiosmtplib.SMTP": "aiosmtplib.SMTP",
    "aiobotocore.session.get_session": "aiobotocore.session.AioSession",
    "pathlib.Path.cwd": "pathlib.Path",
    "pathlib.Path.home": "pathlib.Path",
    "pymongo.MongoClient": "pymongo.MongoClient",
    "aio_pika.connect": "aio_pika.Connection",
    "aio_pika.connect_robust": "aio_pika.RobustConnection",
    "nats.connect": "nats.Client",
    "elasticsearch.Elasticsearch": "elasticsearch.Elasticsearch",
    "supabase.create_client": "supabase.Client",
    "supabase.acreate_client": "supabase.AsyncClient",
    "supabase.create_async_client": "supabase.AsyncClient",
    "neo4j.GraphDatabase.driver": "neo4j.Driver",
    "neo4j.AsyncGraphDatabase.driver": "neo4j.AsyncDriver",
    "logging.getLogger": "logging.Logger",
    "arq.worker.func": "arq.worker.Function",
    "arq.cron.cron": "arq.cron.CronJob",
    "arq.worker.create_worker": "arq.worker.Worker",
    "qdrant_client.QdrantClient": "qdrant_client.QdrantClient",
    "weaviate.connect_to_local": "weaviate.WeaviateClient",
    "weaviate.connect_to_custom": "weaviate.WeaviateClient",
    "weaviate.connect_to_weaviate_cloud": "weaviate.WeaviateClient",
    "weaviate.connect_to_wcs": "weaviate.WeaviateClient",
    "weaviate.connect_to_embedded": "weaviate.WeaviateClient",
    "weaviate.use_async_with_local": "weaviate.WeaviateAsyncClient",
    "weaviate.use_async_with_custom": "weaviate.WeaviateAsyncClient",
    "weaviate.use_async_with_weaviate_cloud": "weaviate.WeaviateAsyncClient",
    "chromadb.HttpClient": "chromadb.HttpClient",
    "chromadb.PersistentClient": "chromadb.PersistentClient",
    "chromadb.Client": "chromadb.Client",
    "chromadb.AsyncHttpClient": "chromadb.AsyncHttpClient",
    "pytest.MonkeyPatch.context": "pytest.MonkeyPatch",
    "_pytest.monkeypatch.MonkeyPatch.context": "pytest.MonkeyPatch",
}

METHOD_RESULTS: dict[str, dict[str, str]] = {
    "pytest.MonkeyPatch": {"context": "pytest.MonkeyPatch"},
    "_pytest.monkeypatch.MonkeyPatch": {"context": "pytest.MonkeyPatch"},
    "sqlalchemy.engine.Engine": {"connect": "sqlalchemy.engine.Connection", "begin": "sqlalchemy.engine.Connection"},
    "sqlalchemy.ext.asyncio.AsyncEngine": {
        "connect": "sqlalchemy.ext.asyncio.AsyncConnection",
        "begin": "sqlalchemy.ext.asyncio.AsyncConnection",
    },
    "sqlalchemy.orm.sessionmaker": {"begin": "sqlalchemy.orm.Session", "__call__": "sqlalchemy.orm.Session"},
    "sqlalchemy.orm.scoped_session": {"__call__": "sqlalchemy.orm.Session"},
    "sqlalchemy.ext.asyncio.async_sessionmaker": {
        "begin": "sqlalchemy.ext.asyncio.AsyncSession",
        "__call__": "sqlalchemy.ext.asyncio.AsyncSession",
    },
    "sqlalchemy.ext.asyncio.async_scoped_session": {"__call__": "sqlalchemy.ext.asyncio.AsyncSession"},
    "asyncpg.Pool": {"acquire": "asyncpg.Connection"},
    "aiopg.Pool": {"acquire": "aiopg.Connection", "cursor": "aiopg.Cursor"},
    "aiomysql.Pool": {"acquire": "aiomysql.Connection"},
    "psycopg_pool.ConnectionPool": {"connection": "psycopg.Connection", "getconn": "psycopg.Connection"},
    "psycopg_pool.AsyncConnectionPool": {
        "connection": "psycopg.AsyncConnection",
        "getconn": "psycopg.AsyncConnection",
    },
    **{
        f"{driver}Connection": dict.fromkeys(("cursor", "execute", "executemany"), f"{driver}Cursor")
        for driver in ("psycopg.", "psycopg.Async", "psycopg2.", "aiopg.", "aiomysql.", "aiosqlite.", "sqlite3.")
    },
    **{
        path: dict.fromkeys(
            (
                "absolute",
                "expanduser",
                "joinpath",
                "relative_to",
                "rename",
                "resolve",
                "with_name",
                "with_stem",
                "with_suffix",
            ),
            path,
        )
        for path in ("pathlib.Path", "anyio.Path")
    },
    "boto3.Session": {"client": "boto3.Client", "resource": "boto3.Resource"},
    "aioboto3.Session": {"client": "aioboto3.Client", "resource": "aioboto3.Resource"},
    "aiobotocore.session.AioSession": {"create_client": "aioboto3.Client"},
    "botocore.session.Session": {"create_client": "boto3.Client"},
    "redis.Sentinel": {"master_for": "redis.Redis", "slave_for": "redis.Redis"},
    "redis.asyncio.Sentinel": {"master_for": "redis.asyncio.Redis", "slave_for": "redis.asyncio.Redis"},
    **{
        client: dict.fromkeys(
            ("get", "post", "put", "patch", "delete", "head", "options", "request", "send", "stream", "ws_connect"),
            response,
        )
        for client, response in (
            ("httpx.AsyncClient", "httpx.Response"),
            ("httpx.Client", "httpx.Response"),
            ("requests.Session", "requests.Response"),
            ("aiohttp.ClientSession", "aiohttp.ClientResponse"),
            ("starlette.testclient.TestClient", "httpx.Response"),
        )
    },
}
for _module, _response in (
    ("httpx", "httpx.Response"),
    ("requests", "requests.Response"),
    ("aiohttp", "aiohttp.ClientResponse"),
):
    for _verb in ("get", "post", "put", "patch", "delete", "head", "options", "request", "stream"):
        RESULTS[f"{_module}.{_verb}"] = _response

FIXTURES: dict[str, str] = {
    "monkeypatch": "pytest.MonkeyPatch",
    **{f"{scope}mocker": "pytest_mock.MockerFixture" for scope in ("", "class_", "module_", "package_", "session_")},
}
"""The fixtures of pytest and its plugins, each with what it is."""

MOCKERS_PATCH = "pytest_mock.plugin.MockerFixture._Patcher"
"""What pytest-mock's `mocker.patch` is an object of."""

ATTRIBUTE_RESULTS: dict[str, dict[str, str]] = {
    **{path: {"parent": path, "/": path} for path in ("pathlib.Path", "anyio.Path")},
    **{
        f"pytest_mock.{mocker}": {"patch": MOCKERS_PATCH}
        for mocker in ("MockerFixture", "MockFixture", "plugin.MockerFixture", "plugin.MockFixture")
    },
}
"""What an attribute of a library object is, or an operator makes of it."""

RESPONSES = frozenset({"httpx.Response", "requests.Response", "aiohttp.ClientResponse"})

SUPERTYPES: dict[str, tuple[str, ...]] = {
    "fastapi.FastAPI": ("starlette.applications.Starlette",),
    "arq.connections.ArqRedis": ("redis.asyncio.Redis",),
    "sqlmodel.Session": ("sqlalchemy.orm.Session",),
    "sqlmodel.ext.asyncio.session.AsyncSession": ("sqlalchemy.ext.asyncio.AsyncSession",),
    "sqlmodel.SQLModel": ("pydantic.BaseModel",),
    "pydantic_settings.BaseSettings": ("pydantic.BaseModel",),
    "starlette.requests.Request": ("starlette.requests.HTTPConnection",),
    "starlette.websockets.WebSocket": ("starlette.requests.HTTPConnection",),
    "redis.asyncio.BlockingConnectionPool": ("redis.asyncio.ConnectionPool",),
    "redis.BlockingConnectionPool": ("redis.ConnectionPool",),
    "builtins.bool": ("builtins.int",),
    "builtins.int": ("builtins.float", "builtins.complex"),
    "fastapi.APIRouter": ("starlette.routing.Router",),
    "fakeredis.FakeRedis": ("redis.Redis",),
    "fakeredis.aioredis.FakeRedis": ("redis.asyncio.Redis",),
    "fakeredis.FakeAsyncRedis": ("redis.asyncio.Redis",),
    "authlib.integrations.httpx_client.AsyncOAuth2Client": ("httpx.AsyncClient",),
    "authlib.integrations.httpx_client.AsyncOAuth1Client": ("httpx.AsyncClient",),
    "authlib.integrations.httpx_client.OAuth2Client": ("httpx.Client",),
    "authlib.integrations.requests_client.OAuth2Session": ("requests.Session",),
    "requests_oauthlib.OAuth2Session": ("requests.Session",),
    "requests_oauthlib.OAuth1Session": ("requests.Session",),
    "openai.AsyncAzureOpenAI": ("openai.AsyncOpenAI",),
    "openai.AzureOpenAI": ("openai.OpenAI",),
    "concurrent.futures.ThreadPoolExecutor": ("concurrent.futures.Executor",),
    "concurrent.futures.ProcessPoolExecutor": ("concurrent.futures.Executor",),
}
"""Base classes of library classes, as far as they matter; the transitive closure is `supertypes`."""


@cache
def supertypes(name: str) -> frozenset[str]:
    """Return a library class and all its known bases."""
    found = {name}
    pending = [name]
    while pending:
        for base in SUPERTYPES.get(pending.pop(), ()):
            if base not in found:
                found.add(base)
                pending.append(base)
    return frozenset(found)


# --- resources -----------------------------------------------------------------------------------------------------


class Resource(NamedTuple):
    """What is known of a class whose objects own a connection, pool, session, executor or thread.

    Attributes:
        kind: what it is.
        scope: whose lifetime it should have: the application's or one request's.
        releasable: whether there is anything to release.
        exact: whether the class is in the catalogue; False where only its name's ending tells.
        awaited: whether what releases it is a coroutine; `aclose` is one in any case, those in `AT_ONCE` never.
    """

    kind: Literal["engine", "pool", "client", "session", "session-maker", "connection", "executor", "other"]
    scope: Literal["application", "request"]
    releasable: bool = True
    exact: bool = True
    awaited: bool = False


_ENGINE = Resource("engine", "application")
_ASYNC_ENGINE = Resource("engine", "application", awaited=True)
_POOL = Resource("pool", "application")
_ASYNC_POOL = Resource("pool", "application", awaited=True)
_CLIENT = Resource("client", "application")
_ASYNC_CLIENT = Resource("client", "application", awaited=True)
_NO_RELEASE = Resource("client", "application", releasable=False)
_SESSION = Resource("session", "request")
_ASYNC_SESSION = Resource("session", "request", awaited=True)
_CONNECTION = Resource("connection", "request")
_ASYNC_CONNECTION = Resource("connection", "request", awaited=True)
_MAKER = Resource("session-maker", "application", releasable=False)
_EXECUTOR = Resource("executor", "application")
CONFIGURED = Resource("other", "application")
"""What is known of a constructor that the configuration names."""

_BY_KIND: tuple[tuple[Resource, str, str], ...] = (
    # what it is, package, classes
    (_ENGINE, "sqlalchemy.engine", "Engine"),
    (_CONNECTION, "sqlalchemy.engine", "Connection"),
    (_ASYNC_ENGINE, "sqlalchemy.ext.asyncio", "AsyncEngine"),
    (_ASYNC_CONNECTION, "sqlalchemy.ext.asyncio", "AsyncConnection"),
    (_ASYNC_SESSION, "sqlalchemy.ext.asyncio", "AsyncSession async_scoped_session"),
    (_MAKER, "sqlalchemy.ext.asyncio", "async_sessionmaker"),
    (_SESSION, "sqlalchemy.orm", "Session scoped_session"),
    (_MAKER, "sqlalchemy.orm", "sessionmaker"),
    (_SESSION, "sqlmodel", "Session"),
    (_ASYNC_SESSION, "sqlmodel.ext.asyncio.session", "AsyncSession"),
    (_ASYNC_POOL, "arq.connections", "ArqRedis"),
    (_CLIENT, "redis", "Redis RedisCluster"),
    (_ASYNC_CLIENT, "redis.asyncio", "Redis RedisCluster"),
    (_NO_RELEASE, "redis", "Sentinel"),
    (_NO_RELEASE, "redis.asyncio", "Sentinel"),
    (_POOL, "redis", "ConnectionPool BlockingConnectionPool SentinelConnectionPool"),
    (_ASYNC_POOL, "redis.asyncio", "ConnectionPool BlockingConnectionPool SentinelConnectionPool"),
    (_CLIENT, "httpx", "Client"),
    (_ASYNC_CLIENT, "httpx", "AsyncClient"),
    (_CLIENT, "requests", "Session"),
    (_CLIENT, "requests_oauthlib", "OAuth1Session OAuth2Session"),
    (_CLIENT, "authlib.integrations.requests_client", "OAuth1Session OAuth2Session AssertionSession"),
    (_CLIENT, "authlib.integrations.httpx_client", "OAuth1Client OAuth2Client AssertionClient"),
    (_ASYNC_CLIENT, "authlib.integrations.httpx_client", "AsyncOAuth1Client AsyncOAuth2Client AsyncAssertionClient"),
    (_ASYNC_CLIENT, "aiohttp", "ClientSession"),
    (_ASYNC_CLIENT, "aiohttp", "TCPConnector UnixConnector"),
    (_NO_RELEASE, "boto3", "Client Resource Session"),
    (_NO_RELEASE, "botocore.session", "Session"),
    (_NO_RELEASE, "aioboto3", "Session"),
    (_NO_RELEASE, "aiobotocore.session", "AioSession"),
    (_ASYNC_CLIENT, "aioboto3", "Client Resource"),
    (_CLIENT, "pymongo", "MongoClient"),
    (_ASYNC_CLIENT, "pymongo", "AsyncMongoClient"),
    (_CLIENT, "motor.motor_asyncio", "AsyncIOMotorClient"),
    (_CLIENT, "motor.motor_tornado", "MotorClient"),
    (_ASYNC_POOL, "asyncpg", "Pool"),
    (_ASYNC_CONNECTION, "asyncpg", "Connection"),
    (_CONNECTION, "psycopg", "Connection"),
    (_ASYNC_CONNECTION, "psycopg", "AsyncConnection"),
    (_POOL, "psycopg_pool", "ConnectionPool NullConnectionPool"),
    (_ASYNC_POOL, "psycopg_pool", "AsyncConnectionPool AsyncNullConnectionPool"),
    (_CONNECTION, "psycopg2", "Connection"),
    (_POOL, "psycopg2.pool", "SimpleConnectionPool ThreadedConnectionPool AbstractConnectionPool"),
    (_POOL, "aiopg", "Pool"),
    (_CONNECTION, "aiopg", "Connection"),
    (_POOL, "aiomysql", "Pool"),
    (_CONNECTION, "aiomysql", "Connection"),
    (_CONNECTION, "pymysql", "Connection"),
    (_ASYNC_CONNECTION, "aiosqlite", "Connection"),
    (_CONNECTION, "sqlite3", "Connection"),
    (_CLIENT, "elasticsearch", "Elasticsearch"),
    (_ASYNC_CLIENT, "elasticsearch", "AsyncElasticsearch"),
    (_CLIENT, "opensearchpy", "OpenSearch"),
    (_ASYNC_CLIENT, "opensearchpy", "AsyncOpenSearch"),
    (_CLIENT, "qdrant_client", "QdrantClient"),
    (_ASYNC_CLIENT, "qdrant_client", "AsyncQdrantClient"),
    (_CLIENT, "weaviate", "WeaviateClient"),
    (_ASYNC_CLIENT, "weaviate", "WeaviateAsyncClient"),
    (_NO_RELEASE, "weaviate", "Client"),
    (_NO_RELEASE, "chromadb", "HttpClient PersistentClient EphemeralClient CloudClient Client AsyncHttpClient"),
    (_CLIENT, "kafka", "KafkaProducer KafkaConsumer KafkaAdminClient"),
    (_ASYNC_CLIENT, "aiokafka", "AIOKafkaProducer AIOKafkaConsumer"),
    (_NO_RELEASE, "confluent_kafka", "Producer"),
    (_CLIENT, "confluent_kafka", "Consumer"),
    (_ASYNC_CLIENT, "aio_pika", "Connection RobustConnection"),
    (_CLIENT, "pika", "BlockingConnection SelectConnection"),
    (_ASYNC_CLIENT, "nats", "Client"),
    (_CLIENT, "openai", "OpenAI AzureOpenAI"),
    (_ASYNC_CLIENT, "openai", "AsyncOpenAI AsyncAzureOpenAI"),
    (_CLIENT, "anthropic", "Anthropic AnthropicBedrock AnthropicVertex"),
    (_ASYNC_CLIENT, "anthropic", "AsyncAnthropic AsyncAnthropicBedrock AsyncAnthropicVertex"),
    (_CLIENT, "groq", "Groq"),
    (_ASYNC_CLIENT, "groq", "AsyncGroq"),
    (_NO_RELEASE, "cohere", "Client ClientV2 AsyncClient AsyncClientV2"),
    (_NO_RELEASE, "mistralai", "Mistral"),
    (_NO_RELEASE, "supabase", "Client AsyncClient"),
    (_CLIENT, "neo4j", "Driver"),
    (_ASYNC_CLIENT, "neo4j", "AsyncDriver"),
    (_NO_RELEASE, "langsmith", "Client AsyncClient"),
    (_NO_RELEASE, "langfuse", "Langfuse"),
    (_NO_RELEASE, "google.genai", "Client"),
    (_NO_RELEASE, "minio", "Minio"),
    (_CONNECTION, "smtplib", "SMTP SMTP_SSL LMTP"),
    (_ASYNC_CONNECTION, "aiosmtplib", "SMTP"),
    (_EXECUTOR, "concurrent.futures", "ThreadPoolExecutor ProcessPoolExecutor"),
)
RESOURCES: dict[str, Resource] = {
    f"{package}.{name}": resource for resource, package, names in _BY_KIND for name in names.split()
}
"""Classes whose objects are resources, by qualified name."""

_SDKS = ("google.cloud.", "azure.")
"""Packages all of whose clients are known."""

RELEASES = frozenset(
    {"close", "aclose", "dispose", "shutdown", "disconnect", "stop", "terminate", "wait_closed", "drain", "quit",
     "closeall", "close_all", "remove", "aclose_all", "__aexit__", "__exit__"}
)  # fmt: skip
"""Methods that release a resource."""

AT_ONCE = frozenset({"terminate", "__exit__"})
"""Those among them that are never coroutines."""

ALWAYS_AWAITED = frozenset({"aclose", "wait_closed", "drain", "__aexit__", "aclose_all"})
"""Those among them that are always coroutines."""

PARTS = frozenset(
    {"connection_pool", "pool", "_pool", "connector", "_connector", "sync_engine", "transport", "_transport", "engine",
     "_client", "client"}
)  # fmt: skip
"""Attributes of a library's resource that own what it owns: releasing them releases it."""

TAKING = frozenset({"set_default_executor", "release", "putconn"})
"""Methods that take over what they are given: the event loop shuts its executor down, a pool gets a connection back."""

KEEPERS: dict[str, str] = {"fastapi_limiter.FastAPILimiter.init": "fastapi_limiter.FastAPILimiter.close"}
"""Functions that keep what they are given, and those that release it."""

TAKEN_OVER: dict[str, tuple[str, ...]] = {
    "redis.Redis.from_pool": ("connection_pool",),
    "redis.asyncio.Redis.from_pool": ("connection_pool",),
    "arq.connections.ArqRedis.from_pool": ("connection_pool",),
    "aiohttp.ClientSession": ("connector",),
    "openai.OpenAI": ("http_client",),
    "openai.AsyncOpenAI": ("http_client",),
    "openai.AzureOpenAI": ("http_client",),
    "openai.AsyncAzureOpenAI": ("http_client",),
    "anthropic.Anthropic": ("http_client",),
    "anthropic.AsyncAnthropic": ("http_client",),
    "sqlalchemy.ext.asyncio.AsyncEngine": ("sync_engine",),
}
"""Parameters through which a client takes over what it is given, so that it releases it; the first is positional too
where the class is no client of HTTP. What is handed over in any other way is only lent."""

DISTRIBUTIONS = frozenset(
    {name.partition(".")[0] for names in (RESOURCES, RESULTS, ALIASES, SUPERTYPES) for name in names}
) - {"builtins"}
"""Top-level packages that the catalogue knows: an absolute import of one is never a module of the target's."""

ENDINGS = ("Client", "Pool", "Engine", "Session", "Connection", "Producer", "Consumer")
"""A class from outside the target whose name ends so is a resource, too, though not for the release rules."""

DECLARATIVE = frozenset(
    {"starlette.testclient.TestClient", "builtins.type", "arq.connections.RedisSettings", "fastapi.APIRouter"}
)
_DECLARATIVE_TOPS = frozenset(
    {
        "fastapi",
        "starlette",
        "typing",
        "builtins",
        "pydantic",
        "pydantic_settings",
        "logging",
        "unittest",
        "typer",
        "click",
        "diagrams",  # nodes of a drawing are named after what they stand for
        "graphene",  # a connection of GraphQL is a page of a list
        "strawberry",
    }
)
_CLIENTS_ALONE = {"stripe": "StripeClient"}
"""Distributions whose classes are named after what the service keeps (`checkout.Session`), but for the client."""


@cache
def resource_of(type_name: str) -> Resource | None:
    """Return what is known of a library class as a resource, and None where it is none."""
    for name in (type_name, *sorted(supertypes(type_name) - {type_name})):
        found = RESOURCES.get(name)
        if found is not None:
            return found
    last = type_name.rpartition(".")[2]
    top = type_name.partition(".")[0]
    if type_name.startswith(_SDKS) and last.endswith("Client"):
        return _ASYNC_CLIENT if ".aio." in type_name or last.endswith("AsyncClient") else _CLIENT
    if type_name in DECLARATIVE or top in _DECLARATIVE_TOPS or not last.endswith(ENDINGS):
        return None
    if _CLIENTS_ALONE.get(top, last) != last:
        return None
    if last.endswith("Session"):
        return Resource("client", "application", exact=False)
    if last.endswith("Engine"):
        return Resource("engine", "application", exact=False)
    if last.endswith("Pool"):
        return Resource("pool", "application", exact=False)
    if last.endswith("Connection"):
        return Resource("connection", "request", exact=False)
    return Resource("client", "application", exact=False)
