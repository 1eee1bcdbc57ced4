"""The supervisor, with real processes."""

import asyncio
import os
import signal

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from services.common.sessions import SessionStatus, SessionStore
from tests.bot.callers import call, call_with
from tests.bot.conftest import (
    API_KEY,
    PATIENCE_SECONDS,
    Bot,
    StartBot,
    until,
    until_status,
)

KEY = Subprotocol(API_KEY)


async def refusal(bot: Bot, query: str = "", **how: object) -> InvalidStatus:
    with pytest.raises(InvalidStatus) as refused:
        await connect(bot.web_socket + query, **how)  # type: ignore[arg-type]
    return refused.value


async def test_a_full_fleet_is_said_and_a_killed_call_gives_its_place_back(
    start_bot: StartBot, sessions: SessionStore
) -> None:
    bot = await start_bot(MAX_CALLS="1")
    async with await call(bot):
        full = await refusal(bot, subprotocols=[KEY])
        assert full.response.status_code == 503
        assert b"/problems/fleet-full" in (full.response.body or b"")
        assert 1 <= int(full.response.headers["Retry-After"]) <= 30
        started = await bot.line("session started")
        os.kill(started["pid"], signal.SIGKILL)
        await until_status(sessions, started["session_id"], SessionStatus.FAILED)
    async with await call(bot) as line:
        await line.answers()


async def test_draining_lets_calls_finish(start_bot: StartBot) -> None:
    bot = await start_bot(DRAIN_SECONDS="60")
    async with await call(bot) as line:
        await bot.slots(taken=1)
        bot.process.send_signal(signal.SIGTERM)
        slots = await bot.slots(draining=True, idle=0)
        assert slots["taken"] == 1
        await until(lambda: len(bot.children()) == 1)
        with pytest.raises(OSError):
            await call(bot)
        await line.answers()
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await bot.process.wait() == 0


async def test_a_call_that_outlasts_the_drain_is_told_goodbye(
    start_bot: StartBot, sessions: SessionStore
) -> None:
    bot = await start_bot(DRAIN_SECONDS="0.2")
    opened = await sessions.open(transport="websocket", agent="order-desk", ticket_seconds=60)
    async with await call_with(bot, opened.ticket) as line:
        await bot.slots(taken=1)
        bot.process.send_signal(signal.SIGTERM)
        assert await line.close_code() == 1001
    assert await bot.stop() == 0
    record = await sessions.get(opened.session.session_id)
    assert record is not None
    assert record.status is SessionStatus.WAITING


async def test_a_second_ctrl_c_ends_it_at_once(start_bot: StartBot) -> None:
    bot = await start_bot(DRAIN_SECONDS="600")
    async with await call(bot) as line:
        await bot.slots(taken=1)
        bot.process.send_signal(signal.SIGINT)
        await bot.slots(draining=True)
        assert await bot.stop(signal.SIGINT) == 0
        assert await line.close_code() is not None


async def test_sessions_do_not_outlive_their_supervisor(start_bot: StartBot) -> None:
    bot = await start_bot()
    async with await call(bot) as line:
        await bot.slots(taken=1)
        orphans = bot.children()
        bot.process.kill()
        assert await line.close_code() == 1001
    await until(lambda: not any(_runs(pid) for pid in orphans))


async def test_a_taken_port_is_one_sentence(start_bot: StartBot) -> None:
    bot = await start_bot()
    with pytest.raises(AssertionError) as failure:
        await start_bot(PORT=str(bot.port))
    assert f"PORT: cannot listen on 127.0.0.1:{bot.port}" in str(failure.value)


async def test_pages_of_named_origins_may_call(start_bot: StartBot) -> None:
    bot = await start_bot(CORS_ORIGINS="https://page.example")
    asked = {"Origin": "https://page.example", "Access-Control-Request-Method": "POST"}
    async with httpx.AsyncClient(base_url=bot.url) as client:
        answer = await client.options("/webrtc", headers=asked)
        assert answer.headers["access-control-allow-origin"] == "https://page.example"
        asked["Origin"] = "https://elsewhere.example"
        answer = await client.options("/webrtc", headers=asked)
        assert "access-control-allow-origin" not in answer.headers


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
