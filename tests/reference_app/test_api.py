"""The HTTP API by itself: doubles for the servers come in through `dependency_overrides`."""

import pytest
from arq.connections import ArqRedis
from httpx import AsyncClient

from reference_app.config import Settings
from reference_app.core.db import database
from reference_app.deps.auth import get_current_user
from reference_app.deps.db import get_db_session
from reference_app.main import app
from reference_app.models import User

pytestmark = pytest.mark.anyio
NEW_JOB = {"title": "It crashes", "text": "Traceback (most recent call last)"}


async def sign_up(api: AsyncClient, name: str) -> dict[str, str]:
    """Create a user and return the headers that speak for them."""
    account = {"email": f"{name}@example.com", "password": "correct horse"}
    (await api.post("/users", json=account | {"full_name": name})).raise_for_status()
    token = (await api.post("/tokens", json=account)).raise_for_status().json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


async def test_a_user_signs_up_and_is_recognised_by_the_token(api: AsyncClient) -> None:
    headers = await sign_up(api, "ann")

    response = await api.get("/users/me", headers=headers)

    assert response.status_code == 200
    assert response.json().keys() == {"id", "email", "full_name", "created_at"}
    assert response.json()["email"] == "ann@example.com"


async def test_an_address_signs_up_once(api: AsyncClient) -> None:
    await sign_up(api, "ann")

    response = await api.post(
        "/users", json={"email": "ANN@example.com", "full_name": "Ann", "password": "battery staple"}
    )

    assert response.status_code == 409
    assert response.json() == {"detail": "ann@example.com has an account already"}


@pytest.mark.parametrize(
    "wrong",
    [{"email": "not an address"}, {"full_name": ""}, {"password": "short"}],
    ids=lambda wrong: next(iter(wrong)),
)
async def test_a_user_that_makes_no_sense_is_refused(api: AsyncClient, wrong: dict[str, str]) -> None:
    account = {"email": "ann@example.com", "full_name": "Ann", "password": "correct horse"}

    assert (await api.post("/users", json=account | wrong)).status_code == 422


async def test_a_wrong_password_gets_no_token(api: AsyncClient) -> None:
    await sign_up(api, "ann")

    response = await api.post("/tokens", json={"email": "ann@example.com", "password": "battery staple"})

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_an_address_that_signs_up_too_often_waits(api: AsyncClient, settings: Settings) -> None:
    for _ in range(settings.signups_per_minute):
        await api.post("/users", json={})

    assert (await api.post("/users", json={})).status_code == 429


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer made-up"}], ids=["no token", "a made-up token"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/jobs/"),
        ("GET", "/jobs/"),
        ("GET", "/jobs/export"),
        ("GET", "/jobs/00000000-0000-0000-0000-000000000000"),
        ("POST", "/reports/"),
        ("GET", "/users/me"),
    ],
)
async def test_a_stranger_is_turned_away(api: AsyncClient, method: str, path: str, headers: dict[str, str]) -> None:
    response = await api.request(method, path, headers=headers, json=NEW_JOB)

    assert response.status_code == 401


async def test_a_new_job_waits_for_the_worker(api: AsyncClient, redis: ArqRedis) -> None:
    headers = await sign_up(api, "ann")

    created = await api.post("/jobs/", json=NEW_JOB, headers=headers)

    assert created.status_code == 201
    assert (await api.get(f"/jobs/{created.json()['id']}", headers=headers)).json() == created.json()
    assert created.json()["state"] == "queued"
    assert [job.function for job in await redis.queued_jobs()] == ["run_triage"]


async def test_a_job_is_shown_to_its_owner_only(api: AsyncClient) -> None:
    ann, bob = await sign_up(api, "ann"), await sign_up(api, "bob")
    job = (await api.post("/jobs/", json=NEW_JOB, headers=ann)).json()["id"]

    for response in (
        await api.get(f"/jobs/{job}", headers=bob),
        await api.post(f"/jobs/{job}/retriage", headers=bob),
        await api.get("/jobs/00000000-0000-0000-0000-000000000000", headers=bob),
    ):
        assert (response.status_code, response.json()) == (404, {"detail": "no such job"})
    assert (await api.get("/jobs/", headers=bob)).json() == []


async def test_jobs_are_listed_by_page_and_exported_whole(api: AsyncClient) -> None:
    headers = await sign_up(api, "ann")
    for title in ("first", "second, with a comma"):
        await api.post("/jobs/", json={"title": title}, headers=headers)

    page = await api.get("/jobs/", params={"limit": 1}, headers=headers)
    export = await api.get("/jobs/export", headers=headers)

    assert [job["title"] for job in page.json()] == ["second, with a comma"]
    assert export.headers["content-type"] == "text/csv; charset=utf-8"
    assert [line.split(",", 2)[2] for line in export.text.splitlines()] == [
        "title,state,label",
        "first,queued,",
        '"second, with a comma",queued,',
    ]
    assert (await api.get("/jobs/", params={"limit": 0}, headers=headers)).status_code == 422


async def test_a_report_is_ordered_and_empty_until_it_is_written(api: AsyncClient, redis: ArqRedis) -> None:
    ann, bob = await sign_up(api, "ann"), await sign_up(api, "bob")

    ordered = await api.post("/reports/", json={"days": 7}, headers=ann)

    assert ordered.status_code == 202
    path = f"/reports/{ordered.json()['id']}"
    assert (await api.get(path, headers=ann)).json() == ordered.json()
    assert ordered.json()["counts"] is None
    assert (await api.get(path, headers=bob)).status_code == 404
    assert [job.function for job in await redis.queued_jobs()] == ["generate_report"]


async def test_health_tells_what_answers(api: AsyncClient) -> None:
    response = await api.get("/health")

    assert response.status_code == 200
    assert response.json() == {
        "database": True,
        "redis": True,
        "worker": False,
        "queued": 0,
        "jobs": {},
        "healthy": True,
    }


async def test_health_is_bad_without_a_database(api: AsyncClient) -> None:
    async with database("postgresql+asyncpg://127.0.0.1:1/") as sessions, sessions() as unreachable:
        app.dependency_overrides[get_db_session] = lambda: unreachable
        response = await api.get("/health")

    assert response.status_code == 503
    assert response.json()["database"] is False


async def test_a_provider_is_replaced_without_touching_what_needs_it(api: AsyncClient, ann: User) -> None:
    app.dependency_overrides[get_current_user] = lambda: ann

    response = await api.post("/jobs/", json=NEW_JOB)

    assert response.status_code == 201


async def test_every_answer_names_its_request(api: AsyncClient) -> None:
    first, second = await api.get("/health"), await api.get("/health")

    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]
