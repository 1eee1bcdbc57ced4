"""Calls from the queue, with real bots, in rooms of the tests' own."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.common.jobs import Job
from services.common.records import PROCESS_DIED
from services.common.sessions import SessionStatus
from tests.bot.conftest import PATIENCE_SECONDS, Bot, StartBot, until, until_status
from tests.bot.processes.queue_calls import LEASE_SECONDS, Queue, started
from tests.queues import letters


async def test_a_call_from_the_queue_is_served_and_its_job_goes_with_it(
    start_pulling: StartBot, queue: Queue
) -> None:
    bot = await start_pulling()
    session, room = await queue.call()
    await room.bot(1)
    await bot.slots(taken=1)
    assert await letters(queue.url) == 1
    await room.hang_up()
    over = await until_status(queue.sessions, session.session_id, SessionStatus.ENDED)
    assert over.reason == "caller-left"
    await queue.is_empty()
    await bot.slots(taken=0, idle=2)


async def test_a_call_is_longer_than_a_lease(start_pulling: StartBot, queue: Queue) -> None:
    await start_pulling()
    session, room = await queue.call()
    await room.bot(1)
    await asyncio.sleep(2 * LEASE_SECONDS)
    record = await queue.sessions.get(session.session_id)
    assert record is not None
    assert (record.status, record.generation) == (SessionStatus.ACTIVE, 1)
    assert (len(room.bots), room.here) == (1, 1)


async def test_a_job_that_comes_twice_puts_one_bot_into_the_call(
    start_pulling: StartBot, queue: Queue
) -> None:
    one, other = await asyncio.gather(start_pulling(), start_pulling())
    session, room = await queue.call()
    for _ in range(5):
        await queue.jobs.send(Job.of(session))
    await room.bot(1)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while sum(len(_held(bot)) for bot in (one, other)) < 5:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert (len(room.bots), room.most) == (1, 1)
    await room.hang_up()
    await until_status(queue.sessions, session.session_id, SessionStatus.ENDED)
    await queue.is_empty()


def _held(bot: Bot) -> list[dict[str, Any]]:
    text = "job of a call that another process has"
    return [line for line in bot.lines if line["message"] == text]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_call_whose_process_died_or_hangs_goes_on_in_another(
    start_pulling: StartBot, queue: Queue, number: signal.Signals
) -> None:
    bot = await start_pulling()
    session, room = await queue.call()
    await room.bot(1)
    pid = await started(bot, session)
    await until_status(queue.sessions, session.session_id, SessionStatus.ACTIVE)
    os.kill(pid, number)
    await room.bot(2)
    record = await until_status(queue.sessions, session.session_id, SessionStatus.ACTIVE)
    assert (record.strikes, room.most) == (1, 1)
    await until(lambda: pid not in bot.children())
    await room.hang_up()
    await until_status(queue.sessions, session.session_id, SessionStatus.ENDED)
    await queue.is_empty()


async def test_a_call_whose_task_died_goes_on_in_another_task_once_its_lease_is_over(
    start_pulling: StartBot, queue: Queue
) -> None:
    bot = await start_pulling()
    session, room = await queue.call()
    await room.bot(1)
    record = await until_status(queue.sessions, session.session_id, SessionStatus.ACTIVE)
    # As when the host dies: nobody is left to say anything.
    for pid in (bot.process.pid, *bot.children()):
        os.kill(pid, signal.SIGKILL)
    await start_pulling()
    await room.bot(2)
    record = await until_status(queue.sessions, session.session_id, SessionStatus.ACTIVE)
    assert (record.strikes, record.generation, room.most) == (1, 2, 1)


async def test_a_call_that_kills_processes_fails_and_its_job_is_a_dead_letter(
    start_pulling: StartBot, queue: Queue
) -> None:
    bot = await start_pulling()
    session, room = await queue.call()
    after = 0
    for number in (1, 2, 3):
        await room.bot(number)
        pid = await started(bot, session, after=after)
        after = len(bot.lines)
        os.kill(pid, signal.SIGKILL)
    record = await until_status(queue.sessions, session.session_id, SessionStatus.FAILED)
    assert record.reason == PROCESS_DIED
    await queue.has_dead_letters(1)
    assert await letters(queue.url) == 0
    assert len(room.bots) == 3


async def test_a_call_is_handed_over_when_its_task_stops(
    start_pulling: StartBot, queue: Queue
) -> None:
    leaving = await start_pulling(DRAIN_SECONDS="0.2")
    session, room = await queue.call()
    await room.bot(1)
    await until_status(queue.sessions, session.session_id, SessionStatus.ACTIVE)
    await start_pulling()
    leaving.process.send_signal(signal.SIGTERM)
    await room.bot(2)
    record = await until_status(queue.sessions, session.session_id, SessionStatus.ACTIVE)
    assert (record.strikes, record.generation) == (0, 2)
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await leaving.process.wait() == 0
    assert (room.here, room.most) == (1, 1)


async def test_sessions_that_lose_their_supervisor_hand_their_calls_over(
    start_pulling: StartBot, queue: Queue
) -> None:
    bot = await start_pulling()
    session, room = await queue.call()
    await room.bot(1)
    await until_status(queue.sessions, session.session_id, SessionStatus.ACTIVE)
    await start_pulling()
    bot.process.kill()
    await room.bot(2)
    record = await until_status(queue.sessions, session.session_id, SessionStatus.ACTIVE)
    assert (record.strikes, room.most) == (0, 1)


async def test_a_caller_who_comes_back_makes_the_job_before_worthless(
    start_pulling: StartBot, queue: Queue
) -> None:
    room = queue.rooms.make("voice-again")
    opened = await queue.sessions.open(
        transport="daily", agent="order-desk", room=room.record, ticket_seconds=60
    )
    again = await queue.sessions.reopen(opened.resume, ticket_seconds=60)
    await queue.jobs.send(Job.of(opened.session))
    bot = await start_pulling()
    await bot.line("job of a call that is over")
    assert room.bots == []
    await queue.jobs.send(Job.of(again.session))
    await room.bot(1)


async def test_a_room_that_is_gone_ends_the_call(start_pulling: StartBot, queue: Queue) -> None:
    await start_pulling()
    room = queue.rooms.make("voice-gone")
    room.refuses = True
    opened = await queue.sessions.open(
        transport="daily", agent="order-desk", room=room.record, ticket_seconds=60
    )
    await queue.jobs.send(Job.of(opened.session))
    await until_status(queue.sessions, opened.session.session_id, SessionStatus.ENDED)
    await queue.is_empty()


class Away:
    """The queue's service behind a door that a test opens and shuts."""

    def __init__(self, moto: str) -> None:
        self.open = False
        self._moto = moto.removeprefix("http://").partition(":")[::2]
        self._lines: set[asyncio.StreamWriter] = set()
        self.url = ""

    async def receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Passes a connection on, or closes it."""
        if not self.open:
            writer.close()
            return
        theirs, ours = await asyncio.open_connection(self._moto[0], int(self._moto[1]))
        self._lines |= {writer, ours}
        await asyncio.gather(_pass_on(reader, ours), _pass_on(theirs, writer))

    def shut(self) -> None:
        """Nobody gets through, and whoever was talking is cut off."""
        self.open = False
        for line in self._lines:
            line.transport.abort()
        self._lines.clear()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@pytest.fixture
async def sqs(moto_url: str) -> AsyncIterator[Away]:
    """A door to SQS, shut at first."""
    away = Away(moto_url)
    server = await asyncio.start_server(away.receive, "127.0.0.1", 0)
    away.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield away
    away.shut()
    server.close()


async def test_idle_processes_find_a_queue_again_that_was_away(
    start_pulling: StartBot, queue: Queue, sqs: Away
) -> None:
    bot = await start_pulling(AWS_ENDPOINT_URL_SQS=sqs.url)
    await bot.line("jobs cannot be received")
    sqs.open = True
    await bot.line("jobs can be received again")
    _, room = await queue.call()
    await room.bot(1)


async def test_a_call_goes_on_while_the_queue_is_away_for_longer_than_a_lease(
    start_pulling: StartBot, queue: Queue, sqs: Away
) -> None:
    sqs.open = True
    bot = await start_pulling(AWS_ENDPOINT_URL_SQS=sqs.url)
    other = await start_pulling()
    session, room = await queue.call()
    await room.bot(1)
    sqs.shut()
    # The other bot, which reaches the queue, is given the job, and finds the call held.
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not _held(bot) and not _held(other):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    sqs.open = True
    record = await queue.sessions.get(session.session_id)
    assert record is not None
    assert (record.status, record.generation) == (SessionStatus.ACTIVE, 1)
    assert (len(room.bots), room.here) == (1, 1)
    await room.hang_up()
    await until_status(queue.sessions, session.session_id, SessionStatus.ENDED)
    await queue.is_empty()
