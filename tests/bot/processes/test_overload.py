"""A bot whose processes all come late: stopped and let go on in turns, as on a full processor."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.bot.callers import call
from tests.bot.conftest import Bot, StartBot
from tests.bot.processes.queue_calls import Queue, started

#: Far more than a busy machine does to a bot that is left alone.
LIMIT_MS = "400"
STOPPED_SECONDS = 0.6
RUNNING_SECONDS = 0.2


@asynccontextmanager
async def starved(bot: Bot) -> AsyncIterator[None]:
    """Gives all of a bot's processes the processor for a quarter of the time."""

    def everybody(number: signal.Signals) -> None:
        for pid in (bot.process.pid, *bot.children()):
            os.kill(pid, number)

    async def pulse() -> None:
        while True:
            everybody(signal.SIGSTOP)
            await asyncio.sleep(STOPPED_SECONDS)
            everybody(signal.SIGCONT)
            await asyncio.sleep(RUNNING_SECONDS)

    pulsing = asyncio.create_task(pulse())
    try:
        yield
    finally:
        pulsing.cancel()
        everybody(signal.SIGCONT)


async def ready(bot: Bot) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(f"http://127.0.0.1:{bot.admin_port}/ready", timeout=20)


async def test_an_overloaded_bot_lets_nobody_in_until_it_is_over(
    start_pulling: StartBot, queue: Queue
) -> None:
    bot = await start_pulling(OVERLOAD_LAG_MS=LIMIT_MS, MAX_SESSIONS="6", SPARE_SESSIONS="1")
    await bot.slots(idle=2)
    async with await call(bot) as earlier:
        await bot.slots(taken=1, idle=2)
        async with starved(bot):
            overloaded = await bot.line("bot is overloaded")
            assert overloaded["calls"] == 1
            assert overloaded["lag_ms"] >= int(LIMIT_MS)
            await bot.slots(overloaded=True, idle=2)
            answer = await ready(bot)
            assert (answer.status_code, answer.json()["why_not"]) == (503, "overloaded")
            with pytest.raises(InvalidStatus) as refused:
                await call(bot)
            assert refused.value.response.status_code == 503
            assert int(refused.value.response.headers["Retry-After"]) > 0
            assert b"/problems/overloaded" in refused.value.response.body
            session, _ = await queue.call()
        # Scaling adds a task, because this one counts as full.
        assert (await bot.line("slots"))["taken_percent"] == 100
        over = await bot.line("bot is no longer overloaded")
        assert await started(bot, session, after=bot.lines.index(over))
        async with await call(bot) as later:
            await later.answers()
            await earlier.answers()
    assert sum(line["message"] == "session started" for line in bot.lines) == 3
