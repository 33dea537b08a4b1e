"""The dashboard in Flet, for those who install the extra `frontend`."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import flet
from arq.connections import ArqRedis
from fastapi import APIRouter, FastAPI
from flet_web.fastapi import app as flet_web_app
from flet_web.fastapi import app_manager
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from reference_app.components.frontend.tiles import Tile, tiles_of, verdict_of
from reference_app.models import SystemStatus
from reference_app.services.system.health import SystemService


def add_flet(app: FastAPI, path: str) -> None:
    """Serve the dashboard under `path`, from the connections that the application holds."""

    async def read_status() -> SystemStatus:
        sessions: async_sessionmaker[AsyncSession] = app.state.sessions
        redis: ArqRedis = app.state.redis
        async with sessions() as db:
            return await SystemService(db, redis).status()

    app.include_router(APIRouter(lifespan=flet_sessions))
    app.mount(path, flet_web_app(dashboard(read_status), app_name="Triage", no_cdn=True))


@asynccontextmanager
async def flet_sessions(_: FastAPI) -> AsyncGenerator[None, None]:
    await app_manager.start()
    try:
        yield
    finally:
        await app_manager.shutdown()


def dashboard(read_status: Callable[[], Awaitable[SystemStatus]]) -> Callable[[flet.Page], Awaitable[None]]:
    """Return what Flet calls for each visitor."""

    async def show(page: flet.Page) -> None:
        verdict = flet.Text()
        tiles = flet.Row(wrap=True)

        async def update() -> None:
            status = await read_status()
            verdict.value = verdict_of(status)
            tiles.controls = [card(tile) for tile in tiles_of(status)]
            page.update()

        page.title = "Triage"
        page.add(flet.Text("Triage", size=32), verdict, tiles, flet.TextButton("Refresh", on_click=update))
        await update()

    return show


def card(tile: Tile) -> flet.Control:
    colours = {"plain": None, "good": flet.Colors.GREEN, "bad": flet.Colors.RED}
    figure = flet.Text(tile.value, size=24, color=colours[tile.tone])
    return flet.Card(flet.Container(flet.Column([flet.Text(tile.name), figure]), padding=16, width=150))
