"""Bots that are born in a moment, of a process that has imported what a bot needs.

Importing takes two seconds of processor time, and the tests start bots by the dozen. So they are
forked, as the bot's own supervisor forks its sessions; they are what `python -m` would have run.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.children import end_with_the_tests

REPOSITORY = Path(__file__).resolve().parents[2]
_LARGEST_ORDER = 1024 * 1024


class Newborn:
    """A process of the nursery's, to be used like one of asyncio's.

    Attributes:
        pid: Of the process.
        returncode: How it ended, once it has.
        stderr: What it says.
    """

    def __init__(self, pid: int, stderr: asyncio.StreamReader, life: asyncio.StreamReader) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stderr: asyncio.StreamReader | None = stderr
        self._living = asyncio.create_task(self._live(life))

    def send_signal(self, number: int) -> None:
        """Sends a signal, unless it is over."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Ends it without a word."""
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        """Waits for the end."""
        return await asyncio.shield(self._living)

    async def _live(self, life: asyncio.StreamReader) -> int:
        self.returncode = int(await life.readline())
        await life.read()
        return self.returncode


async def bear(module: str, environment: Mapping[str, str], *, in_group: bool = False) -> Newborn:
    """Runs a module of a bot's, like `python -m` in the repository's folder.

    Args:
        module: Which.
        environment: All of its variables.
        in_group: Whether it leads a group of processes of its own.
    """
    errors, their_errors = os.pipe()
    life, their_life = os.pipe()
    order = {"module": module, "environment": dict(environment), "in_group": in_group}
    orders, _ = _nursery()
    socket.send_fds(orders, [json.dumps(order).encode()], [their_errors, their_life])
    os.close(their_errors)
    os.close(their_life)
    stderr, lives = await _reader(errors), await _reader(life)
    return Newborn(int(await lives.readline()), stderr, lives)


async def _reader(descriptor: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", 0)
    )
    return reader


@functools.cache
def _nursery() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """Where orders go, and who takes them; the nursery ends with this process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bot.nursery", str(theirs.fileno())],
            cwd=REPOSITORY,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            preexec_fn=end_with_the_tests,
        )
    return ours, process


class _Nursery:
    """The process that bears them.

    `_lives` has what is readable once a bot is over, with its process id and where its end is told.
    """

    def __init__(self, orders: socket.socket) -> None:
        self._orders = orders
        self._lives: dict[int, tuple[int, int]] = {}

    def serve(self) -> str:
        """Takes orders until nobody gives any; in each bot's process returns the module to run."""
        while True:
            ready, _, _ = select.select([self._orders, *self._lives], [], [])
            for descriptor in ready:
                if descriptor is not self._orders:
                    self._bury(descriptor)
                elif (module := self._take()) is not None:
                    return module

    def _take(self) -> str | None:
        order, descriptors, _, _ = socket.recv_fds(self._orders, _LARGEST_ORDER, 2)
        if not order:
            raise SystemExit
        errors, life = descriptors
        pid = os.fork()
        if pid == 0:
            end_with_the_tests()
            os.dup2(errors, 2)
            for each in (errors, life, self._orders.detach(), *self._lives):
                os.close(each)
            for _, other in self._lives.values():
                os.close(other)
            return _be_born(json.loads(order))
        os.close(errors)
        _tell(life, pid)
        self._lives[os.pidfd_open(pid)] = pid, life
        return None

    def _bury(self, descriptor: int) -> None:
        pid, life = self._lives.pop(descriptor)
        _, status = os.waitpid(pid, 0)
        _tell(life, os.waitstatus_to_exitcode(status))
        os.close(life)
        os.close(descriptor)


def _tell(life: int, number: int) -> None:
    with contextlib.suppress(BrokenPipeError):  # who asked for it has forgotten it
        os.write(life, b"%d\n" % number)


def _be_born(order: dict[str, Any]) -> str:
    """Becomes what was ordered; the module that is left to run."""
    if order["in_group"]:
        os.setpgid(0, 0)
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.path[1:1] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    return str(order["module"])


def _import_what_bots_import() -> None:
    """Loads libraries. What is ours each bot loads for itself: some change it before they run."""
    import services.bot.processes.supervisor  # noqa: F401

    for name in [name for name in sys.modules if name.partition(".")[0] == "services"]:
        del sys.modules[name]


if __name__ == "__main__":
    _import_what_bots_import()
    module = _Nursery(socket.socket(fileno=int(sys.argv[1]))).serve()
    runpy.run_module(module, run_name="__main__", alter_sys=True)
