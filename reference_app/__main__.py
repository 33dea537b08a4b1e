"""The whole application in one process: `python -m reference_app`, Ctrl-C to stop.

In production each part is a process of its own, and the servers are real ones:

    uvicorn reference_app.main:app
    arq reference_app.worker.WorkerSettings
    python -m reference_app.components.scheduler
"""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import uvicorn

from reference_app.components.scheduler.schedule import running_scheduler
from reference_app.config import Settings, get_settings
from reference_app.core.db import create_tables
from reference_app.core.logs import configure_logging
from reference_app.embedded import embedded_redis, embedded_worker
from reference_app.main import app


async def serve(settings: Settings) -> None:
    """Run API, worker and scheduler until a signal stops the API; then the others stop as well."""
    await create_tables(settings.database_url)
    server = uvicorn.Server(uvicorn.Config(app, settings.api_host, settings.api_port, log_config=None))
    async with running_scheduler(settings), embedded_worker(settings.redis_url):
        with signals_absorbed():
            await server.serve()


@contextmanager
def signals_absorbed() -> Iterator[None]:
    """Let uvicorn have Ctrl-C: it raises the signal anew when it has stopped, before the others have."""
    previous = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def main() -> None:
    settings = get_settings()
    configure_logging(settings.log_level)
    with ExitStack() as stack:
        if settings.redis_is_embedded:
            stack.enter_context(embedded_redis(settings.embedded_redis_port))
        asyncio.run(serve(settings))


if __name__ == "__main__":
    main()
