from importlib.util import find_spec

import pytest
from httpx import AsyncClient

from reference_app.components.frontend.html import render
from reference_app.components.frontend.tiles import tiles_of, verdict_of
from reference_app.models import SystemStatus

HEALTHY = SystemStatus(database=True, redis=True, worker=False, queued=2, jobs={"queued": 2, "done": 5})
with_flet = pytest.mark.skipif(find_spec("flet_web") is None, reason="the extra `frontend` is not installed")
without_flet = pytest.mark.skipif(find_spec("flet_web") is not None, reason="the extra `frontend` is installed")


def test_a_missing_worker_is_seen_and_no_reason_to_turn_requests_away() -> None:
    figures = {tile.name: (tile.value, tile.tone) for tile in tiles_of(HEALTHY)}

    assert verdict_of(HEALTHY) == "The system is healthy."
    assert figures == {
        "Database": ("up", "good"),
        "Redis": ("up", "good"),
        "Worker": ("down", "bad"),
        "In the queue": ("2", "plain"),
        "Jobs queued": ("2", "plain"),
        "Jobs running": ("0", "plain"),
        "Jobs done": ("5", "plain"),
        "Jobs failed": ("0", "plain"),
    }


def test_the_page_draws_every_tile() -> None:
    page = render(HEALTHY)

    assert '<div class="bad"><dt>Worker</dt><dd>down</dd></div>' in page
    assert page.count("<dt>") == len(tiles_of(HEALTHY))


@without_flet
@pytest.mark.anyio
async def test_the_page_is_served_where_flet_is_absent(api: AsyncClient) -> None:
    page = await api.get("/dashboard")

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "The system is healthy." in page.text


@with_flet
@pytest.mark.anyio
async def test_flet_is_served_where_it_is_installed(api: AsyncClient) -> None:
    page = await api.get("/dashboard/")

    assert page.headers["content-type"].startswith("text/html")
    assert "<title>Triage</title>" in page.text
