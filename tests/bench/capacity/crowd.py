"""Many calls at once, and a window of time in which they are measured."""

from __future__ import annotations

import asyncio
import json
import math
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx
import numpy as np

from tests.bench import processes
from tests.bench.capacity import beacons
from tests.bench.capacity.callers import Caller, Tape, microphone, quieten_collector
from tests.bench.capacity.nova import SAMPLE_RATE_IN
from tests.bench.capacity.step import Recorded, Step, evaluate, late_part, spread
from tests.bench.stack import Stack, Wiring

_BETWEEN_CALLERS_SECONDS = 0.103
"""Not a multiple of a frame's 20 ms, so that the callers' microphones do not beat together."""

_SETTLE_SECONDS = 3.0
_AFTERWARDS_SECONDS = 1.5
_MARGIN_SECONDS = 1.0
_NAP_SECONDS = 0.01
_WAIT_SECONDS = 20.0
_MOST_BROKEN = 2
"""After which nobody waits for further calls to begin."""


type Call = tuple[Caller, int]
"""A caller, and the number of their stream."""


class Crowd:
    """A bot on one core and its callers, as an async context manager."""

    def __init__(self, wiring: Wiring, *, sessions: int, bot_core: int | None) -> None:
        """Plans the processes.

        Args:
            wiring: Which bot.
            sessions: The most calls at once.
            bot_core: The bot's core; None where it may have all.
        """
        self._streams = 0
        self._written = 0
        self._changed = asyncio.Event()
        self._core = bot_core or 0
        self._stack = Stack(
            wiring=wiring,
            sessions=sessions,
            nova="tests.bench.capacity.nova",
            on_nova=self._heard_of,
            bot_core=bot_core,
            marked=False,
            LONGEST_CALL_SECONDS="600",
            SILENCE_LIMIT_SECONDS="600",
        )
        self._calls: list[Call] = []
        self._broken = 0
        self._resources = AsyncExitStack()
        self._microphones: list[list[bytes]] = []

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as resources:
            pool = ProcessPoolExecutor(1, get_context("spawn"), _be_polite)
            self._pool = resources.enter_context(pool)
            self._client = await resources.enter_async_context(httpx.AsyncClient(trust_env=False))
            self._microphones = [
                microphone(make(SAMPLE_RATE_IN)) for make in (beacons.room, beacons.voice)
            ]
            await resources.enter_async_context(self._stack)
            quieten_collector()
            self._resources = resources.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for caller, _ in self._calls:
            caller.hang_up()
        await asyncio.sleep(0)
        await self._resources.__aexit__(kind, error, traceback)

    @property
    def bot_port(self) -> int:
        """Where calls come in."""
        return urlsplit(self._stack.bot_url).port or 0

    async def measure(self, calls: int, *, seconds: float, settle: float = _SETTLE_SECONDS) -> Step:
        """Measures a window with so many calls.

        Args:
            calls: How many; no fewer than before.
            seconds: How long the window is.
            settle: After how many seconds it begins.
        """
        while len(self._calls) + self._broken < calls and self._broken < _MOST_BROKEN:
            await self._add()
            await asyncio.sleep(_BETWEEN_CALLERS_SECONDS)
        await asyncio.sleep(settle)
        return await self._measure(calls, seconds)

    @asynccontextmanager
    async def calls_through(self, port: int, count: int) -> AsyncIterator[list[Call]]:
        """Has some callers call through a proxy, in turns one who listens and one who talks."""
        calls = [await self._call(port) for _ in range(count)]
        try:
            yield calls
        finally:
            for caller, _ in calls:
                caller.hang_up()

    async def _add(self) -> None:
        try:
            self._calls.append(await self._call())
        except (ConnectionError, TimeoutError, httpx.HTTPError):
            self._broken += 1

    async def _call(self, port: int | None = None) -> Call:
        """Has a caller call; the stream that opens next is theirs."""
        number = self._streams + 1
        ours = self._stack.wiring == "ours"
        url = await self._stack.connect(self._client) if ours else self._stack.bot_url
        if port is not None:
            url = url.replace(f":{self.bot_port}/", f":{port}/")
        caller = Caller(url, self._microphones[(number + 1) % 2])
        await caller.open()
        caller.open_microphone(asyncio.get_running_loop().time())
        await self._until(lambda: self._streams >= number)
        return caller, number

    def record(self, calls: Sequence[Call]) -> None:
        """Notes what comes and goes in calls from now on, at both ends."""
        for caller, _ in calls:
            caller.record()
        os.kill(self._stack.emulator_pid, signal.SIGUSR1)

    async def take_tracks(self, calls: Sequence[Call]) -> list[tuple[Tape, Path]]:
        """Stops to record, and gives what each caller, and the stand-in for Nova, noted."""
        tapes = [(caller.take_tape(), self._track(number)) for caller, number in calls]
        written = self._written
        os.kill(self._stack.emulator_pid, signal.SIGUSR2)
        await self._until(lambda: self._written > written)
        return tapes

    async def _measure(self, calls: int, seconds: float) -> Step:
        ours = self._stack.wiring == "ours"
        pids = [self._stack.bot_pid]
        if ours:
            sessions = await self._stack.session_pids(len(self._calls))
            pids += sessions
        self.record(self._calls)
        await asyncio.sleep(_MARGIN_SECONDS)
        lag = _Lag()
        cores = [processes.idle_seconds(core) for core in (self._core, 1 - self._core)]
        used = processes.total_seconds(pids)
        meter = processes.LoadMeter()
        begins = time.monotonic()
        await asyncio.sleep(seconds)
        ends = time.monotonic()
        load = meter.read()
        used = processes.total_seconds(pids) - used
        idle = [
            processes.idle_seconds(core) - before
            for core, before in zip((self._core, 1 - self._core), cores, strict=True)
        ]
        loop_lag = await self._loop_lag()
        others_lag = lag.stop()
        await asyncio.sleep(_AFTERWARDS_SECONDS + _MARGIN_SECONDS)
        tracks = await self.take_tracks(self._calls)
        # Only now: while the kernel counts pages, callers hear nothing.
        memory = [processes.memory(pid).private for pid in (sessions if ours else pids)]
        arrivals = [
            await self._evaluated(Recorded(tape, track, (begins, ends))) for tape, track in tracks
        ]
        broken = self._broken + sum(caller.closed is not None for caller, _ in self._calls)
        whole = ends - begins
        return Step(
            calls=calls,
            out=spread([ms for out, _ in arrivals for ms in out.ms]),
            inward=spread([ms for _, inward in arrivals for ms in inward.ms]),
            late=late_part([each for both in arrivals for each in both]),
            broken=broken,
            loop_lag_ms=loop_lag,
            processor_percent=100 * used / whole / len(self._calls),
            private_mb=sum(memory) / len(self._calls),
            bot_core_percent=100 * (1 - idle[0] / whole),
            others_core_percent=100 * (1 - idle[1] / whole),
            others_lag_ms=others_lag,
            load=load,
        )

    async def _loop_lag(self) -> float:
        """What the bot says of its event loops."""
        if self._stack.wiring == "stock":
            return math.nan
        said = (await self._client.get(f"{self._stack.admin_url}/ready")).json()
        return float(said["slots"]["lag_ms"])

    def _track(self, number: int) -> Path:
        return self._stack.folder / f"stream-{number}"

    async def _evaluated(self, recorded: Recorded) -> tuple[beacons.Arrival, beacons.Arrival]:
        return await asyncio.get_running_loop().run_in_executor(self._pool, evaluate, recorded)

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(_WAIT_SECONDS):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def _heard_of(self, line: str) -> None:
        said = json.loads(line)
        self._streams = said.get("stream", self._streams)
        self._written += "recorded" in said
        self._changed.set()


class _Lag:
    """How late this process's own event loop is."""

    def __init__(self) -> None:
        self._late: list[float] = []
        self._task = asyncio.create_task(self._run())

    def stop(self) -> float:
        """The 99th percentile, in ms."""
        self._task.cancel()
        return 1000 * float(np.percentile(self._late, 99))

    async def _run(self) -> None:
        while True:
            due = time.monotonic() + _NAP_SECONDS
            await asyncio.sleep(_NAP_SECONDS)
            self._late.append(time.monotonic() - due)


def _be_polite() -> None:
    """What is evaluated can wait; callers cannot."""
    os.nice(19)
