"""From /connect to a bot that is ready: a warm forked process against a new interpreter."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, fields

import httpx

from local.part import REPOSITORY
from local.probe import free_ports
from tests.bench.caller import Caller
from tests.bench.figures import LOAD_COLUMN, SPREAD_COLUMNS, Figure, Spread, at_least
from tests.bench.processes import Load, LoadMeter
from tests.bench.run import Run
from tests.bench.stack import Stack

_SPARE = 2
_END_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Start:
    """How long each step of one start took, in ms.

    Attributes:
        connect: The request to /connect.
        open: The WebSocket's handshake, in which the bot takes the ticket.
        ready: From there to RTVI's bot-ready: the pipeline runs and hears.
    """

    connect: float
    open: float
    ready: float

    @property
    def total(self) -> float:
        """From /connect to bot-ready."""
        return self.connect + self.open + self.ready


async def measure(run: Run) -> list[Figure]:
    """Measures both, in turns, in one run."""
    scale = run.scale
    run.say("starting our bot")
    warm: list[Start] = []
    cold: list[Start] = []
    async with Stack(SPARE_SESSIONS=str(_SPARE)) as stack, httpx.AsyncClient() as client:
        run.say("one call of each kind that does not count")
        await _warm(stack, client)
        await _cold(stack, client)
        meter = LoadMeter()
        for number_ in range(scale.cold_starts):
            run.say(f"round {number_ + 1} of {scale.cold_starts}: warm processes, new interpreter")
            for _ in range(scale.warm_starts // scale.cold_starts):
                warm.append(await _warm(stack, client))
            cold.append(await _cold(stack, client))
        load = meter.read()
    return [_figure(warm, cold, load)]


def _figure(warm: list[Start], cold: list[Start], load: Load) -> Figure:
    steps = [each.name for each in fields(Start)] + ["total"]
    spreads = {
        kind: {step: Spread.of([getattr(each, step) for each in starts]) for step in steps}
        for kind, starts in (("warm fork", warm), ("new interpreter", cold))
    }
    ratio = {
        step: spreads["new interpreter"][step].p50 / spreads["warm fork"][step].p50
        for step in steps
    }
    bot_ratio = _without_connect(cold) / _without_connect(warm)
    names = {
        "connect": "POST /connect",
        "open": "WebSocket handshake",
        "ready": "bot-ready",
        "total": "in all",
    }
    return Figure(
        title="From /connect to the bot ready, in ms",
        measured=(
            "A program posts /connect, opens the WebSocket with the ticket, says client-ready and "
            "waits for bot-ready, with which the pipeline runs and hears; what Nova Sonic needs is "
            "not in it. Warm fork: our supervisor's spare process accepts. New interpreter: the "
            "same bot without a supervisor, `python -m …` started at the moment of /connect on a "
            "socket that listens already, its bytecode compiled, its files in the page cache."
        ),
        columns=("", *SPREAD_COLUMNS),
        rows=[
            [f"{kind}: {names[step]}", *spreads[kind][step].cells()]
            for kind in spreads
            for step in steps
        ],
        expectations=[
            at_least("in all, median: 50 times faster", ratio["total"], 50, " times"),
            at_least("the bot's own part, median: 50 times faster", bot_ratio, 50, " times"),
        ],
        notes=[
            *load.caution,
            f"{LOAD_COLUMN} over the whole run: {load}.",
            "The bot's own part begins when /connect has answered. moto, which writes both "
            "records, takes some 6 ms for each, twice what DynamoDB does.",
        ],
        data={
            "warm_ms": [[getattr(each, step) for step in steps] for each in warm],
            "cold_ms": [[getattr(each, step) for step in steps] for each in cold],
            "load": asdict(load),
            "ratio_of_medians": ratio,
        },
    )


def _without_connect(starts: list[Start]) -> float:
    return Spread.of([each.open + each.ready for each in starts]).p50


async def _warm(stack: Stack, client: httpx.AsyncClient) -> Start:
    await stack.until_idle(_SPARE)
    # The spare that was forked last has settled by then.
    await asyncio.sleep(0.2)
    began = time.monotonic()
    url = await stack.connect(client)
    return await _call(url, began)


async def _cold(stack: Stack, client: httpx.AsyncClient) -> Start:
    (port,) = free_ports(1)
    began = time.monotonic()
    async with _new_interpreter(stack, port):
        url = await stack.connect(client)
        return await _call(url.replace(stack.bot_url, f"ws://127.0.0.1:{port}/ws"), began)


async def _call(url: str, began: float) -> Start:
    connected = time.monotonic()
    async with Caller(url) as caller:
        await caller.until_ready()
        return Start(
            connect=1000 * (connected - began),
            open=1000 * (caller.opened_at - connected),
            ready=1000 * (caller.ready_at - caller.opened_at),
        )


@asynccontextmanager
async def _new_interpreter(stack: Stack, port: int) -> AsyncIterator[None]:
    with socket.create_server(("127.0.0.1", port)) as listener:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.lone_bot", str(listener.fileno())),
            cwd=REPOSITORY,
            env=stack.bot_environment,
            pass_fds=(listener.fileno(),),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            yield
        finally:
            try:
                await asyncio.wait_for(process.wait(), _END_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()
