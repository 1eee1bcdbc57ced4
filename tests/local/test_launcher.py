"""The launcher: one clear sentence for each thing that can go wrong, and a clean end."""

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from local.probe import free_ports
from tests.local_stack import REPOSITORY, LocalStack


def _launch(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_taken_port_is_named_with_another_to_try() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = _launch("--port", str(port))
    assert ended.returncode == 1
    assert f"Port {port} is taken" in ended.stdout
    assert f"make run PORT={port + 10}" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("port", ["0", "65536", "eighty", "²"])
def test_a_port_that_cannot_be_is_refused(port: str) -> None:
    ended = _launch("--port", port)
    assert ended.returncode == 2
    assert "give a number from 1 to 65535" in ended.stderr


def test_a_missing_scenario_file_is_named() -> None:
    ended = _launch("--scenario", "no-such-scenario.toml")
    assert ended.returncode == 1
    assert "no-such-scenario.toml" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


def test_the_real_model_without_credentials_is_one_sentence(tmp_path: Path) -> None:
    nobody = {name: "" for name in os.environ if name.startswith("AWS_")} | {
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(tmp_path),
    }
    (port,) = free_ports(1)
    wanted = ("--nova", "aws", "--port", str(port))
    ended = _launch(*wanted, **nobody)
    assert ended.returncode == 1
    assert "NOVA=aws needs AWS credentials" in ended.stdout
    ended = _launch(*wanted, **nobody, AWS_PROFILE="no-such-profile")
    assert ended.returncode == 1
    assert "no-such-profile" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


def test_no_shells_environment_keeps_it_from_starting(tmp_path: Path) -> None:
    broken = tmp_path / "config"
    broken.write_bytes(b"\xff\x00 no configuration")
    nowhere = "http://127.0.0.1:9"
    environment = {
        "API_KEY": "a-key-of-the-persons-own",
        "AWS_CONFIG_FILE": str(broken),
        "AWS_ENDPOINT_URL": nowhere,
        "AWS_PROFILE": "no-such-profile",
        "HOST": "no-such-host.invalid",
        "HTTP_PROXY": nowhere,
        "http_proxy": nowhere,
        "SSL_CERT_FILE": "/no/such/file",
    }
    with LocalStack(environment=environment) as stack:
        opened = httpx.post(f"{stack.page_url}/connect", json={"transport": "websocket"})
        assert opened.status_code == 200, opened.text
        assert stack.api_key == environment["API_KEY"]


def test_a_part_that_dies_ends_the_run_and_says_which() -> None:
    with LocalStack() as stack:
        os.kill(stack.pids["server"], signal.SIGKILL)
        assert stack.process.wait(30) == 1
        stack.wait_for(r"server was killed by SIGKILL", 5)
    assert not _alive(stack.pids.values())


def test_ctrl_c_ends_every_part_cleanly() -> None:
    with LocalStack() as stack:
        assert httpx.get(f"{stack.page_url}/health").json()["status"] == "ok"
        assert stack.stop() == 0
        assert stack.lines[-1] == "Stopped."
        assert not any("Traceback" in line for line in stack.lines)
    assert not _alive(stack.pids.values())


def test_the_launchers_death_ends_its_parts() -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux tells a process that its parent died")
    with LocalStack() as stack:
        stack.process.kill()
        stack.process.wait(10)
        for pid in stack.pids.values():
            _wait_for_end(pid)


def _alive(pids: Iterable[int]) -> list[int]:
    alive = []
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, 0)
            alive.append(pid)
    return alive


def _wait_for_end(pid: int) -> None:
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    poll = select.poll()
    poll.register(watched, select.POLLIN)
    ended = poll.poll(20_000)
    os.close(watched)
    assert ended, f"process {pid} still runs"
