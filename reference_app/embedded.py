"""A Redis that needs no installation, for development and tests."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fakeredis import TcpFakeServer
from fakeredis._commands import command
from fakeredis.commands_mixins.server_mixin import ServerCommandsMixin


@command((), (bytes,))
def info(_: ServerCommandsMixin, *_sections: bytes) -> bytes:
    """Answer INFO, which arq's worker asks when it starts and fakeredis does not know."""
    return b"redis_version:embedded\r\n"


ServerCommandsMixin.info = info  # type: ignore[attr-defined]


@contextmanager
def embedded_redis(host: str, port: int) -> Iterator[str]:
    """Serve Redis's protocol from a thread, and yield its URL. Port 0 takes a free one; nothing outlives the server."""
    server = TcpFakeServer((host, port))
    thread = threading.Thread(target=server.serve_forever, name="embedded-redis", daemon=True)
    thread.start()
    try:
        yield f"redis://{host}:{server.server_address[1]}/0"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
