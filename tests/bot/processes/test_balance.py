"""How idle processes are shared between the door and the queue."""

import asyncio

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.bot.processes.balance import Waiting, wanted
from services.common.sessions import SessionStatus
from tests.bot.callers import call
from tests.bot.conftest import PATIENCE_SECONDS, Bot, StartBot, until_status
from tests.bot.processes.queue_calls import Queue


@pytest.mark.parametrize(
    ("left", "spare", "waiting"),
    [
        (0, 2, Waiting(0, 0)),
        (1, 2, Waiting(1, 0)),
        (2, 2, Waiting(1, 1)),
        (3, 2, Waiting(2, 1)),
        (4, 2, Waiting(2, 2)),
        (40, 2, Waiting(2, 2)),
        (3, 1, Waiting(1, 1)),
    ],
)
def test_the_last_place_is_the_doors(left: int, spare: int, waiting: Waiting) -> None:
    assert wanted(left, spare, pulls=True) == waiting


@given(left=st.integers(0, 500), spare=st.integers(1, 50), pulls=st.booleans())
def test_no_more_wait_than_there_are_places(left: int, spare: int, pulls: bool) -> None:
    waiting = wanted(left, spare, pulls=pulls)
    assert 0 <= waiting.queue <= waiting.door <= spare
    assert sum(waiting) <= left
    assert waiting.door > 0 or left == 0
    assert pulls or waiting.queue == 0


async def until_somebody_is_at_the_door(bot: Bot) -> None:
    async with httpx.AsyncClient(base_url=bot.url) as client, asyncio.timeout(PATIENCE_SECONDS):
        while (await client.get("/ws")).status_code == 503:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_both_kinds_of_calls_fill_a_task_and_no_more(
    start_pulling: StartBot, queue: Queue
) -> None:
    bot = await start_pulling(MAX_SESSIONS="3", SPARE_SESSIONS="2")
    await bot.slots(idle=3, taken=0)
    session, room = await queue.call()
    await room.bot(1)
    await bot.slots(idle=2, taken=1)
    async with await call(bot):
        # One place is left, which is the door's: a process that waited for a job makes room.
        await bot.slots(idle=1, taken=2)
        await until_somebody_is_at_the_door(bot)
        waiting, waiting_room = await queue.call()
        async with await call(bot) as last:
            await bot.slots(idle=0, taken=3)
            await last.answers()
            record = await queue.sessions.get(waiting.session_id)
            assert record is not None
            assert record.status is SessionStatus.WAITING
            assert waiting_room.bots == []
    await waiting_room.bot(1)
    await until_status(queue.sessions, session.session_id, SessionStatus.ACTIVE)
    await bot.slots(idle=1, taken=2)
