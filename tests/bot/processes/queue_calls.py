"""Calls over a queue of the test's own, in rooms of the test's own."""

import asyncio
import secrets
from dataclasses import dataclass

from services.common.jobs import Job, JobQueue
from services.common.sessions import Session, SessionStore
from tests.bot.conftest import PATIENCE_SECONDS, Bot
from tests.bot.rooms.server import Room, Rooms
from tests.queues import dead_letters, letters

#: The shortest that the settings allow.
LEASE_SECONDS = 5


@dataclass(frozen=True)
class Queue:
    """A queue of the test's own, and the calls that it puts there.

    Attributes:
        url: Where it is.
        jobs: As a process sees it.
    """

    url: str
    jobs: JobQueue
    sessions: SessionStore
    rooms: Rooms

    async def call(self) -> tuple[Session, Room]:
        """Somebody calls: as the server does, makes a room, a record and a job."""
        room = self.rooms.make(f"voice-{secrets.token_hex(4)}")
        opened = await self.sessions.open(
            transport="daily", agent="order-desk", room=room.record, ticket_seconds=60
        )
        await self.jobs.send(Job.of(opened.session))
        return opened.session, room

    async def is_empty(self) -> None:
        """Waits until nothing is left on the queue."""
        await self.holds(self.url, 0)

    async def has_dead_letters(self, count: int) -> None:
        """Waits until so many jobs are with the dead letters."""
        await self.holds(dead_letters(self.url), count)

    async def holds(self, url: str, count: int) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await letters(url) != count:  # noqa: ASYNC110
                await asyncio.sleep(0.1)


async def started(bot: Bot, session: Session, *, after: int = 0) -> int:
    """The process id of the call, once it began; ``after`` that log line."""
    line = await bot.line(
        "session started",
        lambda line: line["session_id"] == session.session_id and bot.lines.index(line) >= after,
    )
    pid: int = line["pid"]
    return pid
