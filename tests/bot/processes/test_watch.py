"""Processes that hang, which SIGSTOP makes of any."""

import asyncio
import os
import signal

from services.common.sessions import SessionStatus, SessionStore
from tests.bot.callers import call, call_with
from tests.bot.conftest import PATIENCE_SECONDS, StartBot, until, until_status

#: The shortest that the settings allow.
LEASE_SECONDS = 5


async def test_a_stopped_session_loses_its_place_and_its_caller_may_come_back(
    start_bot: StartBot, sessions: SessionStore
) -> None:
    bot = await start_bot(MAX_SESSIONS="2", SPARE_SESSIONS="1", LEASE_SECONDS=str(LEASE_SECONDS))
    opened = await sessions.open(transport="websocket", agent="order-desk", ticket_seconds=60)
    async with await call(bot) as other:
        caller = await call_with(bot, opened.ticket)
        await bot.slots(taken=2, idle=0)
        started = await bot.line(
            "session started", lambda line: line["session_id"] == opened.session.session_id
        )
        os.kill(started["pid"], signal.SIGSTOP)

        assert await caller.close_code() == 1006
        await bot.slots(taken=1, idle=1)
        await until_status(sessions, opened.session.session_id, SessionStatus.WAITING)
        again = await sessions.reopen(opened.resume, ticket_seconds=60)
        async with await call_with(bot, again.ticket) as back:
            await back.answers()
            await other.answers()
    died = await bot.line("session process died")
    assert died["session_id"] == opened.session.session_id


async def test_a_stopped_idle_process_is_replaced(start_bot: StartBot) -> None:
    bot = await start_bot(MAX_SESSIONS="1", SPARE_SESSIONS="1", LEASE_SECONDS=str(LEASE_SECONDS))
    await bot.slots(idle=1)
    (stopped,) = bot.children()
    os.kill(stopped, signal.SIGSTOP)
    await until(lambda: stopped not in bot.children())
    await bot.slots(idle=1)
    async with await call(bot) as line:
        await line.answers()


async def test_a_supervisor_that_was_stopped_itself_blames_nobody(
    start_bot: StartBot, sessions: SessionStore
) -> None:
    bot = await start_bot(MAX_SESSIONS="2", SPARE_SESSIONS="1", LEASE_SECONDS=str(LEASE_SECONDS))
    opened = await sessions.open(transport="websocket", agent="order-desk", ticket_seconds=60)
    async with await call_with(bot, opened.ticket) as line:
        await bot.slots(taken=1, idle=1)
        processes = bot.children()
        everybody = [bot.process.pid, *processes]
        for pid in everybody:
            os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(2 * LEASE_SECONDS)
        for pid in everybody:
            os.kill(pid, signal.SIGCONT)
        await renewals(sessions, opened.session.session_id, 3)
        await line.answers()
        assert bot.children() == processes


async def renewals(sessions: SessionStore, session_id: str, count: int) -> None:
    """Waits until a lease was renewed some times."""
    seen = set()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(seen) <= count:
            record = await sessions.get(session_id)
            assert record is not None
            seen.add(record.lease_until)
            await asyncio.sleep(0.1)
