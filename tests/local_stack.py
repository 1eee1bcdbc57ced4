"""`make run` in a process of its own, for tests and benchmarks that need the whole product."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from local.part import die_with_parent
from local.probe import free_ports

REPOSITORY = Path(__file__).resolve().parent.parent

_START_SECONDS = 90
_STOP_SECONDS = 30
_PART = re.compile(r"●\s+(\w+)\s+(\S+)\s+pid (\d+)")
_API_KEY = re.compile(r"API key\s+(\S+)")


class LocalStack:
    """The launcher as a person starts it, with its output kept.

    Attributes:
        page_url: Where the page is served.
        web_socket_url: Where programs connect.
        api_key: The key for programs.
        pids: Process id of each part, by the part's name.
        urls: Address of each part, by the part's name.
        lines: Everything that it printed so far.
    """

    def __init__(self, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        (port,) = free_ports(1)
        self.page_url = f"http://localhost:{port}"
        self.web_socket_url = f"ws://localhost:{port}/ws"
        self.api_key = ""
        self.pids: dict[str, int] = {}
        self.urls: dict[str, str] = {}
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._command = [sys.executable, "-m", "local", "--port", str(port), *arguments]
        self._environment = {**os.environ, "NO_COLOR": "1", **(environment or {})}

    def __enter__(self) -> LocalStack:
        self.process = subprocess.Popen(
            self._command,
            cwd=REPOSITORY,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # It ends its parts then, whoever killed the tests.
            preexec_fn=die_with_parent,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self.wait_for(r"^Stop\s", _START_SECONDS)
        except AssertionError:
            self.__exit__(None, None, None)
            raise
        for line in list(self.lines):
            if part := _PART.search(line):
                self.urls[part[1]], self.pids[part[1]] = part[2], int(part[3])
            elif key := _API_KEY.match(line):
                self.api_key = key[1]
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> int:
        """Press Ctrl-C, wait, and give the exit status."""
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self._reader.join(_STOP_SECONDS)

    def wait_for(self, pattern: str, seconds: float, *, after: int = 0) -> re.Match[str]:
        """Wait until a line behind the first `after` ones matches `pattern`."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                for line in self.lines[after:]:
                    if found := re.search(pattern, line):
                        return found
                after = len(self.lines)
                left = deadline - time.monotonic()
                ended = self.process.poll() is not None and not self._reader.is_alive()
                assert left > 0 and not ended, f"no line matched {pattern!r}:\n" + "\n".join(
                    self.lines[-40:]
                )
                self._changed.wait(min(left, 0.5))

    def wait_for_status(self, bot_id: str, status: str, seconds: float = 15) -> dict[str, Any]:
        """Ask `/status` until the bot has `status`; the whole answer."""
        deadline = time.monotonic() + seconds
        while True:
            answer: dict[str, Any] = httpx.get(f"{self.page_url}/status/{bot_id}").json()
            if answer.get("status") == status:
                return answer
            assert time.monotonic() < deadline, f"the bot did not become {status}: {answer}"
            time.sleep(0.1)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line.rstrip())
                self._changed.notify_all()


def run_python(*arguments: str) -> str:
    """What a Python program of the repository prints, which must end well, within a minute."""
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
