"""What is known of the classes of other distributions."""

from __future__ import annotations

import pytest

from conformance.program.catalogue import canonical, resource_of, typing_name

RESOURCES = {
    "redis.asyncio.Redis": ("client", "application", True),
    "sqlalchemy.engine.Engine": ("engine", "application", True),
    "sqlalchemy.orm.Session": ("session", "request", True),
    "sqlalchemy.orm.scoped_session": ("session", "request", True),
    "sqlalchemy.orm.sessionmaker": ("session-maker", "application", True),
    "httpx.AsyncClient": ("client", "application", True),
    "concurrent.futures.ThreadPoolExecutor": ("executor", "application", True),
    "google.cloud.storage.Client": ("client", "application", True),
    "google.cloud.storage.aio.Client": ("client", "application", True),
    "acme.BillingClient": ("client", "application", False),
    "acme.Producer": ("client", "application", False),
    "acme.Consumer": ("client", "application", False),
    "acme.Session": ("client", "application", False),
    "acme.db.Engine": ("engine", "application", False),
    "acme.ThreadPool": ("pool", "application", False),
    "acme.Connection": ("connection", "request", False),
    "acme.Clients": None,
    "acme.Thing": None,
    "starlette.testclient.TestClient": None,
    "arq.connections.RedisSettings": None,
    "fastapi.Client": None,
    "unittest.mock.Client": None,
    "typer.Session": None,
    "diagrams.gcp.compute.KubernetesEngine": None,
    "strawberry.relay.Connection": None,
    "builtins.dict": None,
}


@pytest.mark.parametrize(("name", "known"), RESOURCES.items(), ids=RESOURCES)
def test_a_class_is_a_resource(name: str, known: tuple[str, str, bool] | None) -> None:
    found = resource_of(name)

    assert (None if found is None else (found.kind, found.scope, found.exact)) == known


@pytest.mark.parametrize(
    ("name", "documented"),
    [
        ("fastapi.applications.FastAPI", "fastapi.FastAPI"),
        ("fastapi.requests.Request", "starlette.requests.Request"),
        ("fastapi.Request", "starlette.requests.Request"),
        ("sqlalchemy.orm.session.Session", "sqlalchemy.orm.Session"),
        ("arq.cron.cron", "arq.cron.cron"),
        ("arq.cron", "arq.cron.cron"),
        ("acme.Thing", "acme.Thing"),
    ],
)
def test_a_name_is_known_by_its_documented_spelling(name: str, documented: str) -> None:
    assert canonical(name) == documented


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("typing.Optional", "Optional"),
        ("typing_extensions.Annotated", "Annotated"),
        ("collections.abc.Iterator", "Iterator"),
        ("contextlib.AbstractContextManager", "AbstractContextManager"),
        ("types.NoneType", "NoneType"),
        ("acme.Optional", ""),
        ("Optional", ""),
    ],
)
def test_a_marker_of_typing_is_known_wherever_it_comes_from(name: str, last: str) -> None:
    assert typing_name(name) == last
