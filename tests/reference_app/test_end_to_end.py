"""The application as it runs: its own lifespan and arq's worker, on embedded and on real servers."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from httpx import ASGITransport, AsyncClient

from reference_app.config import Settings
from reference_app.embedded import embedded_worker
from reference_app.main import app

Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]

pytestmark = [
    pytest.mark.anyio,
    # arq closes its own pool in a way that redis-py has renamed
    pytest.mark.filterwarnings("ignore:Call to deprecated close:DeprecationWarning"),
]


@pytest.fixture
async def running_api(servers: Settings) -> AsyncIterator[AsyncClient]:
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://test") as client,
    ):
        yield client


@pytest.fixture
async def running_worker(servers: Settings) -> AsyncIterator[None]:
    async with embedded_worker(servers.redis_url, poll_delay=0.02):
        yield


async def sign_up(api: AsyncClient) -> None:
    account = {"email": "ann@example.com", "password": "correct horse"}
    (await api.post("/users", json=account | {"full_name": "Ann"})).raise_for_status()
    token = (await api.post("/tokens", json=account)).raise_for_status().json()["access_token"]
    api.headers["Authorization"] = f"Bearer {token}"


@pytest.mark.usefixtures("running_worker")
async def test_a_job_goes_through_the_worker_to_done(running_api: AsyncClient, eventually: Eventually) -> None:
    await sign_up(running_api)
    job = (await running_api.post("/jobs/", json={"title": "It is slow"})).json()

    async def done() -> bool:
        return bool((await running_api.get(f"/jobs/{job['id']}")).json()["state"] == "done")

    await eventually(done)
    assert (await running_api.get(f"/jobs/{job['id']}")).json()["label"] == "performance"


@pytest.mark.usefixtures("running_worker")
async def test_a_report_counts_what_was_done(running_api: AsyncClient, eventually: Eventually) -> None:
    await sign_up(running_api)
    for title in ("It is slow", "It hangs", "It crashes"):
        await running_api.post("/jobs/", json={"title": title})

    async def all_done() -> bool:
        return all(job["state"] == "done" for job in (await running_api.get("/jobs/")).json())

    await eventually(all_done)
    report = (await running_api.post("/reports/", json={"days": 1})).json()

    async def written() -> bool:
        return (await running_api.get(f"/reports/{report['id']}")).json()["counts"] is not None

    await eventually(written)
    assert (await running_api.get(f"/reports/{report['id']}")).json()["counts"] == {"performance": 2, "crash": 1}


@pytest.mark.usefixtures("running_worker")
async def test_health_sees_the_worker(running_api: AsyncClient, eventually: Eventually) -> None:
    async def seen() -> bool:
        return bool((await running_api.get("/health")).json()["worker"])

    await eventually(seen)
