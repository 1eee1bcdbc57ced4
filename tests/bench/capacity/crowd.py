"""Many calls at once, and a window of time in which they are measured."""

from __future__ import annotations

import asyncio
import json
import math
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import numpy as np

from tests.bench import processes
from tests.bench.capacity import beacons
from tests.bench.capacity.callers import FRAME_MS, Caller, Tape, microphone, quieten_collector
from tests.bench.capacity.nova import PIECE_MS, SAMPLE_RATE_IN, SAMPLE_RATE_OUT, Track
from tests.bench.figures import Spread
from tests.bench.stack import Stack, Wiring

LIMIT_MS = 50.0
LATE_MS = 200.0
MOST_LATE = 0.001
FULL_PERCENT = 92.0
"""A core that is busier than this adds latency of its own."""

_BETWEEN_CALLERS_SECONDS = 0.103
"""Not a multiple of a frame's 20 ms, so that the callers' microphones do not beat together."""

_SETTLE_SECONDS = 3.0
_AFTERWARDS_SECONDS = 1.5
_MARGIN_SECONDS = 1.0
_NAP_SECONDS = 0.01
_WAIT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Step:
    """So many calls, and how they did.

    Attributes:
        calls: How many.
        out: Added latency from agent to caller, in ms.
        inward: Added latency from caller to agent, in ms.
        late: Part of all sound that came more than 200 ms late or never.
        broken: Calls that did not begin or that ended.
        loop_lag_ms: Of the bot's event loops, as the bot says; nan where nobody does.
        processor_percent: Of a core, for each call.
        private_mb: Of memory, for each call.
        bot_core_percent: How busy the bot's core was.
        others_core_percent: How busy the other one was.
        others_lag_ms: How late the callers' own event loop was, p99.
    """

    calls: int
    out: Spread
    inward: Spread
    late: float
    broken: int
    loop_lag_ms: float
    processor_percent: float
    private_mb: float
    bot_core_percent: float
    others_core_percent: float
    others_lag_ms: float

    @property
    def why_not(self) -> str:
        """What is wrong with the calls; nothing if they are as they should be."""
        if self.broken:
            return f"{self.broken} calls broken"
        if self.late > MOST_LATE:
            return "late audio"
        if max(self.out.p99, self.inward.p99) >= LIMIT_MS:
            return "p99 too high"
        return ""

    @property
    def carried(self) -> bool:
        """Whether the core carried them."""
        return not self.why_not

    @property
    def others_full(self) -> bool:
        """Whether the stand-ins' core had nothing left."""
        return self.others_core_percent > FULL_PERCENT


@dataclass(frozen=True, slots=True)
class _Recorded:
    """One call in a window, for another process to evaluate."""

    tape: Tape
    track: Path
    window: tuple[float, float]


class Crowd:
    """A bot on one core and its callers, as an async context manager."""

    def __init__(self, wiring: Wiring, *, sessions: int, bot_core: int) -> None:
        """Plans the processes.

        Args:
            wiring: Which bot.
            sessions: The most calls at once.
            bot_core: The bot's core.
        """
        self._streams = 0
        self._written = 0
        self._changed = asyncio.Event()
        self._core = bot_core
        self._stack = Stack(
            wiring=wiring,
            sessions=sessions,
            nova="tests.bench.capacity.nova",
            on_nova=self._heard_of,
            bot_core=bot_core,
            LONGEST_CALL_SECONDS="600",
            SILENCE_LIMIT_SECONDS="600",
        )
        self._calls: list[tuple[Caller, int]] = []
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

    async def measure(self, calls: int, *, seconds: float, settle: float = _SETTLE_SECONDS) -> Step:
        """Measures a window with so many calls.

        Args:
            calls: How many; no fewer than before.
            seconds: How long the window is.
            settle: After how many seconds it begins.
        """
        while len(self._calls) + self._broken < calls:
            await self._add()
            await asyncio.sleep(_BETWEEN_CALLERS_SECONDS)
        await asyncio.sleep(settle)
        return await self._measure(calls, seconds)

    async def _add(self) -> None:
        """Adds a caller; the stream that opens next is theirs."""
        number = self._streams + 1
        ours = self._stack.wiring == "ours"
        try:
            url = await self._stack.connect(self._client) if ours else self._stack.bot_url
            caller = Caller(url, self._microphones[(number + 1) % 2])
            await caller.open()
            caller.open_microphone(asyncio.get_running_loop().time())
            await self._until(lambda: self._streams >= number)
        except (ConnectionError, TimeoutError, httpx.HTTPError):
            self._broken += 1
            return
        self._calls.append((caller, number))

    async def _measure(self, calls: int, seconds: float) -> Step:
        ours = self._stack.wiring == "ours"
        pids = [self._stack.bot_pid]
        if ours:
            sessions = await self._stack.session_pids(len(self._calls))
            pids += sessions
        nova = self._stack.emulator_pid
        for caller, _ in self._calls:
            caller.record()
        os.kill(nova, signal.SIGUSR1)
        await asyncio.sleep(_MARGIN_SECONDS)
        lag = _Lag()
        cores = [processes.idle_seconds(core) for core in (self._core, 1 - self._core)]
        used = processes.total_seconds(pids)
        begins = time.monotonic()
        await asyncio.sleep(seconds)
        ends = time.monotonic()
        used = processes.total_seconds(pids) - used
        idle = [
            processes.idle_seconds(core) - before
            for core, before in zip((self._core, 1 - self._core), cores, strict=True)
        ]
        loop_lag = await self._loop_lag()
        others_lag = lag.stop()
        memory = [processes.memory(pid).private for pid in (sessions if ours else pids)]
        await asyncio.sleep(_AFTERWARDS_SECONDS + _MARGIN_SECONDS)
        tapes = [(number, caller.take_tape()) for caller, number in self._calls]
        written = self._written
        os.kill(nova, signal.SIGUSR2)
        await self._until(lambda: self._written > written)
        arrivals = [
            await self._evaluated(_Recorded(tape, self._track(number), (begins, ends)))
            for number, tape in tapes
        ]
        broken = self._broken + sum(caller.closed is not None for caller, _ in self._calls)
        whole = ends - begins
        return Step(
            calls=calls,
            out=Spread.of([ms for out, _ in arrivals for ms in out.ms] or [math.inf]),
            inward=Spread.of([ms for _, inward in arrivals for ms in inward.ms] or [math.inf]),
            late=_late([each for both in arrivals for each in both]),
            broken=broken,
            loop_lag_ms=loop_lag,
            processor_percent=100 * used / whole / len(self._calls),
            private_mb=sum(memory) / len(self._calls),
            bot_core_percent=100 * (1 - idle[0] / whole),
            others_core_percent=100 * (1 - idle[1] / whole),
            others_lag_ms=others_lag,
        )

    async def _loop_lag(self) -> float:
        """What the bot says of its event loops."""
        if self._stack.wiring == "stock":
            return math.nan
        said = (await self._client.get(f"{self._stack.admin_url}/ready")).json()
        return float(said.get("load", {}).get("lag_ms", math.nan))

    def _track(self, number: int) -> Path:
        return self._stack.folder / f"stream-{number}"

    async def _evaluated(self, recorded: _Recorded) -> tuple[beacons.Arrival, beacons.Arrival]:
        return await asyncio.get_running_loop().run_in_executor(self._pool, _evaluate, recorded)

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


def _evaluate(recorded: _Recorded) -> tuple[beacons.Arrival, beacons.Arrival]:
    """One call's two directions: agent to caller, caller to agent."""
    track, tape = Track.read(recorded.track), recorded.tape
    out = beacons.compare(
        track.spoke,
        tape.heard(),
        piece_ms=PIECE_MS,
        sample_rate=SAMPLE_RATE_OUT,
        window=recorded.window,
    )
    inward = beacons.compare(
        tape.sent,
        track.heard,
        piece_ms=FRAME_MS,
        sample_rate=SAMPLE_RATE_IN,
        window=recorded.window,
    )
    return out, inward


def _late(arrivals: list[beacons.Arrival]) -> float:
    """The part of all sound that came late or never."""
    came = sum(len(each.ms) for each in arrivals)
    late = sum(ms > LATE_MS for each in arrivals for ms in each.ms)
    never = sum(each.lost_ms / 10 + 100 * each.unheard for each in arrivals)
    return (late + never) / (came + never) if came else 1.0


def _be_polite() -> None:
    """What is evaluated can wait; callers cannot."""
    os.nice(19)
