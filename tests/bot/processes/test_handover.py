"""What a caller hears whose call goes on in another process: nobody has to say anything twice."""

import asyncio
import os
import signal

from services.common.sessions import Session, Turn
from tests.bot.callers import Caller
from tests.bot.conftest import (
    PATIENCE_SECONDS,
    StartBot,
)
from tests.bot.processes.queue_calls import Queue, started
from tests.bot.rooms.server import Room
from tests.bot.sentences import sentence


async def asks_for_a_story(queue: Queue) -> tuple[Session, Room, Caller]:
    """A call in the middle of a long answer."""
    session, room = await queue.call()
    caller = await room.bot(1)
    async with caller.listening():
        await caller.event("transcript", lambda event: event["final"])
    await caller.say(sentence("tell_me_a_story"))
    async with caller.listening():
        heard = await caller.event("transcript", lambda event: event["role"] == "user")
        await caller.event("media", after=heard)
        await until_turns(queue, session, 2)
    return session, room, caller


async def until_turns(queue: Queue, session: Session, count: int) -> list[Turn]:
    """Waits until the record has so many turns."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(turns := await queue.sessions.turns(session.session_id)) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return turns


async def test_a_question_is_answered_though_the_process_that_heard_it_died(
    start_pulling: StartBot, queue: Queue
) -> None:
    bot = await start_pulling()
    session, room, _ = await asks_for_a_story(queue)
    os.kill(await started(bot, session), signal.SIGKILL)
    caller = await room.bot(2)
    async with caller.listening():
        told = await caller.event("transcript", lambda event: event["final"])
    turns = await until_turns(queue, session, 3)
    assert [turn.role for turn in turns] == ["assistant", "user", "assistant"]
    assert [turn.number for turn in turns] == [1, 2, 3]
    assert turns[-1].text == caller.events[told]["text"]
    assert not any("order desk" in str(event) for event in caller.said())


async def test_an_answer_is_finished_by_the_bot_that_the_call_is_handed_to(
    start_pulling: StartBot, queue: Queue
) -> None:
    leaving = await start_pulling(DRAIN_SECONDS="0.2")
    session, room, _ = await asks_for_a_story(queue)
    leaving.process.send_signal(signal.SIGTERM)
    (*_, cut) = await until_turns(queue, session, 3)
    assert cut.interrupted
    await start_pulling()
    caller = await room.bot(2)
    async with caller.listening():
        told = await caller.event("transcript", lambda event: event["final"])
    turns = await until_turns(queue, session, 4)
    assert turns[2] == cut
    assert [turn.role for turn in turns] == ["assistant", "user", "assistant", "assistant"]
    assert turns[3].text == caller.events[told]["text"]
    assert "kettle" in turns[3].text
