"""One part of the local stack: an operating-system process, its log lines and its end."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from local.probe import Probe

REPOSITORY = Path(__file__).resolve().parent.parent

_LAST_LINES = 12
_LINE_LIMIT = 1 << 20
_PR_SET_PDEATHSIG = 1
# Looked up here, since a new process between fork and exec is no place to load anything.
_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

type LineSink = Callable[[str, str], None]


class PartFailedError(Exception):
    """A part did not start, or ended while it was needed. The message is for the terminal."""


@dataclass(slots=True)
class Part:
    """A process of the local stack.

    Attributes:
        name: What the terminal calls it, also the prefix of its log lines.
        command: Program and arguments. Never holds a secret: argument lists are public.
        environment: The whole environment of the process.
        where: The address that people use, for the table.
        probe: Says whether the part answers now.
        folder: Where the process runs.
        grace_seconds: How long it may take to end after SIGTERM before it is killed.
        quiet: Whether its ordinary output stays out of the terminal (its last lines are still
            shown should it die).
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    where: str
    probe: Probe
    folder: Path = REPOSITORY
    grace_seconds: float = 10
    quiet: bool = False
    healthy: bool = False
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=_LAST_LINES))
    _process: asyncio.subprocess.Process | None = None
    _readers: list[asyncio.Task[None]] = field(default_factory=list)

    async def start(self, sink: LineSink) -> None:
        """Start the process; every line that it prints goes to `sink(name, line)`.

        Raises:
            PartFailedError: The program cannot be started.
        """
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self.command,
                cwd=self.folder,
                env=dict(self.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=_LINE_LIMIT,
                # Ctrl-C in the terminal is for the launcher, which ends its parts in order.
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        except OSError as error:
            raise PartFailedError(
                f"{self.name} cannot be started: {self.command[0]}: {error.strerror}. "
                "Run `make clean` and try again."
            ) from error
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                self._readers.append(asyncio.create_task(self._read(stream, sink)))

    async def until_healthy(self, seconds: float) -> None:
        """Wait until the probe says yes.

        Raises:
            PartFailedError: The process ended first, or did not answer in time.
        """
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        ended = asyncio.ensure_future(self._process.wait())
        try:
            async with asyncio.timeout(seconds):
                while not await self.check():
                    await asyncio.wait({ended}, timeout=0.05)
                    if ended.done():
                        raise PartFailedError(await self.obituary())
        except TimeoutError:
            raise PartFailedError(
                f"{self.name} did not answer at {self.where} within {seconds:.0f} s." + self._tail()
            ) from None
        finally:
            ended.cancel()

    async def check(self) -> bool:
        """Ask the probe once and remember its answer."""
        self.healthy = await self.probe()
        return self.healthy

    async def until_ended(self) -> None:
        """Wait for the process to end, for whatever reason."""
        if self._process is not None:
            await self._process.wait()

    async def obituary(self) -> str:
        """One sentence on how the process ended, with its last words."""
        code = None if self._process is None else await self._process.wait()
        await asyncio.wait(self._readers, timeout=1)
        if code is not None and code < 0:
            how = f"was killed by {signal.Signals(-code).name}"
        else:
            how = f"stopped with exit status {code}"
        return f"{self.name} {how}." + self._tail()

    async def stop(self) -> None:
        """End the process: SIGTERM, the grace time, then SIGKILL for its whole process group."""
        process = self._process
        if process is None:
            return
        self.healthy = False
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), self.grace_seconds)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        if self._readers:
            await asyncio.wait(self._readers, timeout=1)

    @property
    def pid(self) -> int | None:
        """The process's id, or None before it was started."""
        return self._process.pid if self._process else None

    async def _read(self, stream: asyncio.StreamReader, sink: LineSink) -> None:
        while line := await stream.readline():
            text = line.decode(errors="replace").rstrip()
            if text:
                self.last_lines.append(text)
                if not self.quiet:
                    sink(self.name, text)

    def _tail(self) -> str:
        if not self.last_lines:
            return ""
        return " It said last:\n" + "\n".join(f"    {line}" for line in self.last_lines)


def die_with_parent(number: signal.Signals = signal.SIGTERM) -> None:
    """Have this process sent a signal when the one that started it dies, however that happens.

    To be called in a new process, before it becomes another program. Only Linux can do it.
    """
    if _PRCTL is not None:
        _PRCTL(_PR_SET_PDEATHSIG, number)
