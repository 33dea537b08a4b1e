"""A Redis that needs no installation and a worker that needs no process, for development and tests."""

import asyncio
import signal
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager

from arq.connections import RedisSettings
from arq.worker import create_worker
from fakeredis import TcpFakeServer
from fakeredis._commands import command
from fakeredis.commands_mixins.server_mixin import ServerCommandsMixin

from reference_app.worker import WorkerSettings


@command((), (bytes,))
def info(_: ServerCommandsMixin, *_sections: bytes) -> bytes:
    """Answer INFO, which arq's worker asks when it starts and fakeredis does not know."""
    return b"redis_version:embedded\r\n"


ServerCommandsMixin.info = info  # type: ignore[attr-defined]


@contextmanager
def embedded_redis(port: int) -> Iterator[str]:
    """Serve Redis's protocol from a thread, and yield its URL. Port 0 takes a free one; nothing outlives the server."""
    server = TcpFakeServer(("127.0.0.1", port))
    thread = threading.Thread(target=server.serve_forever, name="embedded-redis", daemon=True)
    thread.start()
    try:
        yield f"redis://127.0.0.1:{server.server_address[1]}/0"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@asynccontextmanager
async def embedded_worker(redis_url: str, *, poll_delay: float = 0.5) -> AsyncGenerator[None, None]:
    """Work the queue while the block runs. Its end lets jobs that have begun end; the failure of the worker ends it."""
    worker = create_worker(
        dict(vars(WorkerSettings)),
        redis_settings=RedisSettings.from_dsn(redis_url),
        handle_signals=False,
        poll_delay=poll_delay,
    )
    async with asyncio.TaskGroup() as group:
        running = group.create_task(worker.async_run(), name="embedded-worker")
        try:
            yield
        finally:
            worker.handle_sig_wait_for_completion(signal.SIGTERM)
            await asyncio.wait([running])
            await worker.close()
