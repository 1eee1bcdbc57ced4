"""Callers on a WebSocket who come back."""

import asyncio
import os
import signal

import pytest
from websockets.exceptions import InvalidStatus

from services.common.errors import TicketRefused
from services.common.sessions import SessionStatus, SessionStore
from tests.bot.callers import call_with
from tests.bot.conftest import StartBot, until_status
from tests.bot.processes.queue_calls import LEASE_SECONDS


async def test_a_call_goes_on_in_another_task(start_bot: StartBot, sessions: SessionStore) -> None:
    first, second = await asyncio.gather(start_bot(), start_bot())
    opened = await sessions.open(transport="websocket", agent="order-desk", ticket_seconds=60)
    session_id = opened.session.session_id
    lost = await call_with(first, opened.ticket)
    began = await until_status(sessions, session_id, SessionStatus.ACTIVE)
    # As when the host dies: nobody is left to close the record.
    for pid in (first.process.pid, *first.children()):
        os.kill(pid, signal.SIGKILL)
    assert await lost.close_code() == 1006
    again = await sessions.reopen(opened.resume, ticket_seconds=60)
    async with await call_with(second, again.ticket) as back:
        now = await until_status(sessions, session_id, SessionStatus.ACTIVE)
        await back.answers()
    assert (now.started_at, now.generation) == (began.started_at, 3)


async def test_two_clients_with_one_resume_token_do_not_share_a_call(
    start_bot: StartBot, sessions: SessionStore
) -> None:
    settings = {"LEASE_SECONDS": str(LEASE_SECONDS)}
    first, second = await asyncio.gather(start_bot(**settings), start_bot(**settings))
    opened = await sessions.open(transport="websocket", agent="order-desk", ticket_seconds=60)
    async with await call_with(first, opened.ticket) as tab:
        await until_status(sessions, opened.session.session_id, SessionStatus.ACTIVE)
        again = await sessions.reopen(opened.resume, ticket_seconds=60)
        async with await call_with(second, again.ticket) as copy:
            # The first one says nothing; the record tells its bot.
            assert await tab.close_code() == 1001
            await copy.answers()
            with pytest.raises(TicketRefused):
                await sessions.reopen(opened.resume, ticket_seconds=60)
            now = await until_status(sessions, opened.session.session_id, SessionStatus.ACTIVE)
            assert now.generation == 3
    ended = await first.line("session ended")
    assert ended["reason"] == "taken-over"


async def test_a_ticket_for_webrtc_opens_no_web_socket(
    start_bot: StartBot, sessions: SessionStore
) -> None:
    bot = await start_bot()
    opened = await sessions.open(transport="webrtc", agent="order-desk", ticket_seconds=60)
    with pytest.raises(InvalidStatus) as refused:
        await call_with(bot, opened.ticket)
    assert refused.value.response.status_code == 403
    assert b"for another transport" in (refused.value.response.body or b"")
