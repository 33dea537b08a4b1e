"""A terminal of some width that a test runs the command on."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path


def on_a_terminal(
    folder: Path, *arguments: str, columns: int = 80, environment: Mapping[str, str] = {}
) -> tuple[int, str]:
    """Run the command on a terminal: its exit status, and what it printed on either stream."""
    kept = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR", "CI", "COLUMNS")}
    reading, writing = pty.openpty()
    fcntl.ioctl(writing, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "conformance", *arguments],
        cwd=folder, stdin=subprocess.DEVNULL, stdout=writing, stderr=writing,
        env={**kept, "TERM": "xterm", **environment},
    )  # fmt: skip
    os.close(writing)
    heard = all_of(reading)
    return process.wait(), heard


def all_of(reading: int) -> str:
    """Return what comes out of a terminal until nobody holds its other end, and close it."""
    heard = b""
    while True:
        try:
            got = os.read(reading, 1 << 16)
        except OSError:  # so Linux says that the other end is closed
            got = b""
        if not got:
            break
        heard += got
    os.close(reading)
    return heard.decode().replace("\r\n", "\n")
