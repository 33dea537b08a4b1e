"""`python -m reference_app`, as somebody types it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from reference_app.cli.app import app as cli


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def command(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    port = free_port()
    environment = {key: value for key, value in os.environ.items() if key not in {"REDIS_URL", "DATABASE_URL"}}
    process = subprocess.Popen(
        [sys.executable, "-m", "reference_app"],
        cwd=tmp_path,
        env=environment | {"API_PORT": str(port), "EMBEDDED_REDIS_PORT": str(free_port())},
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process, f"http://127.0.0.1:{port}"
        process.kill()


PATIENCE = 60  # seconds: Flet alone takes seconds to import, and the machine may have other work


def wait_for(process: subprocess.Popen[str], look: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not answers(look):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.05)


def answers(look: Callable[[], bool]) -> bool:
    try:
        return look()
    except httpx.ConnectError:
        return False


def test_one_command_serves_the_api_works_the_queue_and_stops_when_told(
    command: tuple[subprocess.Popen[str], str],
) -> None:
    process, url = command
    account = {"email": "ann@example.com", "password": "correct horse"}

    with httpx.Client(base_url=url, timeout=PATIENCE) as api:
        wait_for(process, lambda: bool(api.get("/health").json()["worker"]))
        api.post("/users", json=account | {"full_name": "Ann"}).raise_for_status()
        token = api.post("/tokens", json=account).raise_for_status().json()["access_token"]
        api.headers["Authorization"] = f"Bearer {token}"
        job = api.post("/jobs/", json={"title": "It crashes"}).raise_for_status().json()
        wait_for(process, lambda: bool(api.get(f"/jobs/{job['id']}").json()["state"] == "done"))

    status = CliRunner().invoke(cli, ["status", "--url", url])
    assert status.stdout.splitlines() == ["database up", "redis    up", "worker   up", "queued   0"]
    assert status.exit_code == 0

    process.send_signal(signal.SIGINT)
    _, log = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in log
    assert process.returncode == 0
