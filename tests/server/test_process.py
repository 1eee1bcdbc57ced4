"""The server as a process of its own, as a container or the launcher starts it."""

import json
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

from services.server.settings import ServerSettings
from tests.children import end_with_the_tests
from tests.daily_stand_in import DAILY_KEY, Daily, daily
from tests.server.conftest import API_KEY
from tests.server.test_connect_daily import daily_settings

__all__ = ["daily", "daily_settings"]

REPOSITORY = Path(__file__).resolve().parents[2]


def start(**variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "services.server"],
        cwd=REPOSITORY,
        env={**os.environ, "HOST": "127.0.0.1", "PORT": "0", **variables},
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=end_with_the_tests,
    )


@pytest.fixture
def process(server_settings: ServerSettings) -> Iterator[subprocess.Popen[str]]:
    """A server on a free port."""
    with start() as process:
        yield process
        process.kill()


def address(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    for text in process.stderr:
        line = json.loads(text)
        if line["message"] == "server listening":
            return f"http://127.0.0.1:{line['port']}"
    raise AssertionError("it ended before it listened")


def test_it_serves_until_sigterm_and_shows_no_ticket(process: subprocess.Popen[str]) -> None:
    with httpx.Client(
        base_url=address(process), headers={"Authorization": f"Bearer {API_KEY}"}
    ) as http:
        assert http.get("/health").json()["status"] == "ok"
        answer = http.post("/connect", json={"transport": "websocket"})
        assert answer.status_code == 200
        assert "server" not in answer.headers
    process.send_signal(signal.SIGTERM)
    _, shown = process.communicate(timeout=60)
    assert process.returncode in (0, -signal.SIGTERM)
    assert answer.json()["wsUrl"].rpartition(".")[2] not in shown
    assert "Traceback" not in shown
    assert all(json.loads(line)["service"] == "server" for line in shown.splitlines())


def test_its_end_leaves_no_room_on_daily(daily_settings: ServerSettings, daily: Daily) -> None:
    with start() as process:
        with httpx.Client(base_url=address(process)) as http:
            assert http.get("/health").status_code == 200
        wait_for(lambda: len(daily.names()) == 2)
        process.send_signal(signal.SIGTERM)
        _, shown = process.communicate(timeout=60)
    assert process.returncode in (0, -signal.SIGTERM)
    assert daily.names() == []
    assert DAILY_KEY not in shown


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_request_that_hangs_does_not_hold_up_the_end(process: subprocess.Popen[str]) -> None:
    host, port = address(process).removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as hanging:
        head = "POST /connect HTTP/1.1", "Host: x", "Content-Length: 9", "Expect: 100-continue"
        hanging.sendall("\r\n".join((*head, "", "")).encode())
        assert hanging.recv(100).startswith(b"HTTP/1.1 100 ")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode in (0, -signal.SIGTERM)


def test_a_port_in_use_is_one_clear_line(server_settings: ServerSettings) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        start(PORT=str(taken.getsockname()[1])) as process,
    ):
        _, shown = process.communicate(timeout=60)
    assert process.returncode == 1
    (line,) = map(json.loads, shown.splitlines())
    assert line["message"] == "cannot listen: choose another PORT or HOST"
    assert line["why"].startswith("Address already in use")


def test_without_a_key_it_refuses_to_start(server_settings: ServerSettings) -> None:
    with start(API_KEY="") as process:
        _, shown = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "API_KEY: is missing" in shown
    assert "CONNECT_AUTH=none" in shown
