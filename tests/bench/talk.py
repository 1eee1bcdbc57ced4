"""Calls in steady talk: the agent speaks without a pause while every microphone is open."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx

from tests.bench import processes
from tests.bench.caller import Caller, Protocol
from tests.bench.emulator import StreamTimes
from tests.bench.processes import Load, LoadMeter, Memory
from tests.bench.stack import Stack

_SETTLE_SECONDS = 1.5
_BETWEEN_CALLERS_SECONDS = 0.203
"""Not a multiple of a frame's 20 ms, so that the callers' microphones do not beat together."""

_AFTERWARDS_SECONDS = 0.5
"""In which what was sent in the window arrives."""

_PLACES_A_SECOND = 100

_ANNOUNCEMENT = ", ".join(
    f"this is line number {number} of a long and rather dull announcement" for number in range(10)
)

SCENARIO = f"""
[pace]
chunk_ms = 40
lead_ms = 0
[[mind.intent]]
name = "announce"
mentions = ["greet"]
[[mind.intent.answer]]
says = ["{_ANNOUNCEMENT}."]
"""
"""One long sentence, each piece of it sent when a listener needs it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Which calls are measured.

    Attributes:
        sessions: Calls at once.
        protocol: What the callers speak.
    """

    sessions: int = 1
    protocol: Protocol = "rtvi"


@dataclass(frozen=True, slots=True)
class Window:
    """The time in which everybody talks, and what it cost.

    Attributes:
        begins: When it begins, in seconds.
        ends: When it ends.
        processor: Percent of a core for each call's share.
        stand_ins: Percent of a core that a call costs in the emulator and among the callers.
        memory: Of each process that serves calls.
        base: Memory of the supervisor; None where there is none.
        load: How busy the machine was.
    """

    begins: float
    ends: float
    processor: list[float]
    stand_ins: float
    memory: list[Memory]
    base: Memory | None
    load: Load


@dataclass(frozen=True, slots=True)
class Talk:
    """What was measured.

    Attributes:
        kind: Which calls.
        window: When, and what they cost.
        out: Added latency of the agent's audio, in ms, one sample for each 10 ms of it.
        inward: Added latency of the callers' audio, in ms, one sample a frame.
        lost: Frames of the callers' that never arrived.
    """

    kind: Kind
    window: Window
    out: list[float]
    inward: list[float]
    lost: int


async def talk(stack: Stack, kind: Kind, *, seconds: float) -> Talk:
    """Has everybody talk, and measures a window in which all do.

    Args:
        stack: Processes that were started with `SCENARIO`.
        kind: Who talks.
        seconds: How long the window is.
    """
    async with AsyncExitStack() as calls, httpx.AsyncClient(trust_env=False) as client:
        callers: list[Caller] = []
        for number in range(kind.sessions):
            with_ticket = kind.protocol == "rtvi" and stack.wiring == "ours"
            url = await stack.connect(client) if with_ticket else stack.bot_url
            caller = Caller(url, number=number, protocol=kind.protocol, api_key=stack.api_key)
            callers.append(await calls.enter_async_context(caller))
            caller.open_microphone()
            await asyncio.sleep(_BETWEEN_CALLERS_SECONDS)
        await asyncio.gather(*(caller.until_heard() for caller in callers))
        await asyncio.sleep(_SETTLE_SECONDS)
        window = await _measure(stack, kind, seconds)
        await asyncio.sleep(_AFTERWARDS_SECONDS)
    return _evaluate(kind, callers, await stack.streams(kind.sessions), window)


async def _measure(stack: Stack, kind: Kind, seconds: float) -> Window:
    ours = stack.wiring == "ours"
    pids = await stack.session_pids(kind.sessions) if ours else [stack.bot_pid]
    stand_ins = (stack.emulator_pid, os.getpid())
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        before = [processes.processor_seconds(pid) for pid in (*pids, *stand_ins)]
        meter = LoadMeter()
        begins = time.monotonic()
        await asyncio.sleep(seconds)
        ends = time.monotonic()
        load = meter.read()
        after = [processes.processor_seconds(pid) for pid in (*pids, *stand_ins)]
    finally:
        gc.enable()
        gc.unfreeze()
    used = [
        100 * (late - early) / (ends - begins) for early, late in zip(before, after, strict=True)
    ]
    calls_each = 1 if ours else kind.sessions
    return Window(
        begins,
        ends,
        [percent / calls_each for percent in used[: len(pids)]],
        sum(used[len(pids) :]) / kind.sessions,
        [processes.memory(pid) for pid in pids],
        processes.memory(stack.bot_pid) if ours else None,
        load,
    )


def _evaluate(
    kind: Kind, callers: list[Caller], streams: list[StreamTimes], window: Window
) -> Talk:
    out: list[float] = []
    inward: list[float] = []
    lost = 0
    by_caller = {stream.caller: stream for stream in streams}
    for caller in callers:
        stream = by_caller[caller.number]
        out += _out(caller, stream, window)
        arrived = {frame: at for at, _, frame in stream.heard}
        for frame, at in enumerate(caller.sent):
            if window.begins <= at < window.ends:
                if frame in arrived:
                    inward.append(1000 * (arrived[frame] - at))
                else:
                    lost += 1
    return Talk(kind, window, out, inward, lost)


def _out(caller: Caller, stream: StreamTimes, window: Window) -> list[float]:
    """How much later than it left each place in the agent's speech came, in ms."""
    left = _places(stream.spoke, caller.rate)
    came = _places([(at, size) for at, size, _ in caller.received], caller.rate)
    return [
        1000 * (came[place] - at)
        for place, at in enumerate(left[: len(came)])
        if window.begins <= at < window.ends
    ]


def _places(pieces: list[tuple[float, int]], bytes_a_second: int) -> list[float]:
    """When each hundredth of a second of audio was there, counted from its beginning."""
    times: list[float] = []
    total = 0
    for at, size in pieces:
        total += size
        whole = total * _PLACES_A_SECOND // bytes_a_second
        times += [at] * (whole - len(times))
    return times
