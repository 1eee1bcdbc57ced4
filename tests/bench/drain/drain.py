"""Fills a queue with calls, and has simulated bots drain it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from loguru import logger

from services.bot.meeting_place import MeetingPlace
from services.bot.settings import BotSettings
from services.common.jobs import Job, JobQueue
from services.common.sessions import Session, SessionStore
from tests.bench.drain.bots import Bot, paused_calls
from tests.bench.drain.ledger import Ledger
from tests.bench.drain.size import Size

_AT_ONCE = 8
"""Callers who come at once. moto answers one after the other anyway."""

_TWICE_EVERY = 5
"""Of so many jobs one is on the queue twice, as SQS may deliver a job twice."""

_DEATH_SECONDS = 0.3
"""How long after its first call a bot dies that shall die."""

_LONGEST_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Drained:
    """What is left, and what the bots noted.

    Attributes:
        ledger: Who had which call.
        records: Of all calls, at the end.
        seconds: From the first bot to the last call's end.
    """

    ledger: Ledger
    records: list[Session]
    seconds: float


async def drain(
    size: Size, settings: BotSettings, letters: Callable[[], asyncio.Future[int]]
) -> Drained:
    """Drains a queue.

    Args:
        size: How much.
        settings: Of the bots, with the queue and the table.
        letters: Tells how many jobs the queue has, in flight or not.
    """
    ledger = Ledger()
    sessions = SessionStore.connect(settings)
    queue = JobQueue.connect(settings)
    logger.disable("services")
    meeting_place = MeetingPlace()
    try:
        ids = await _fill(size.calls, sessions, queue, ledger)
        began = time.monotonic()
        with paused_calls():
            async with asyncio.timeout(_LONGEST_SECONDS), asyncio.TaskGroup() as group:
                bots = [Bot(number, settings, meeting_place, ledger) for number in range(size.bots)]
                running = [group.create_task(bot.run()) for bot in bots]
                for bot, task in zip(bots[: size.deaths], running, strict=False):
                    group.create_task(_die(bot, task))
                records = await _until_over(ids, sessions, letters)
                for task in running:
                    task.cancel()
        last = max(holding.until for holding in ledger.holdings)
        return Drained(ledger, records, last - began)
    finally:
        meeting_place.close()
        logger.enable("services")


async def _fill(calls: int, sessions: SessionStore, queue: JobQueue, ledger: Ledger) -> list[str]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def call(number: int) -> str:
        async with gate:
            opened = await sessions.open(
                transport="daily", agent="order-desk", ticket_seconds=_LONGEST_SECONDS
            )
            session_id = opened.session.session_id
            for _ in range(2 if number % _TWICE_EVERY == 0 else 1):
                await queue.send(Job.of(opened.session))
            ledger.sent[session_id] = time.monotonic()
            return session_id

    return await asyncio.gather(*(call(number) for number in range(calls)))


async def _die(bot: Bot, task: asyncio.Task[None]) -> None:
    await bot.took_one.wait()
    await asyncio.sleep(_DEATH_SECONDS)
    bot.die()
    task.cancel()


async def _until_over(
    ids: list[str], sessions: SessionStore, letters: Callable[[], asyncio.Future[int]]
) -> list[Session]:
    """Waits until the queue is empty, and reads what became of the calls."""
    while await letters():  # noqa: ASYNC110  the queue tells nobody that it is empty
        await asyncio.sleep(0.2)
    found = [await sessions.get(session_id) for session_id in ids]
    return [session for session in found if session is not None]
