"""What ``POST /connect`` does for a call over Daily: a room, a record, a job for the bots."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from loguru import logger

from services.common.daily import DailyRest
from services.common.errors import FleetFull, QueueError, SessionEnded, StoreError, TicketRefused
from services.common.jobs import Job, JobQueue
from services.common.sessions import Opened, Room, Session, SessionStore
from services.common.tickets import Presented
from services.server.rooms import Rooms
from services.server.settings import ServerSettings
from services.server.sweep import sweep_now_and_then

NOT_CALLED = "no-agent-called"


class DailyCalls:
    """Opens calls over Daily.

    Its methods raise what the room, the record and the queue raise, and then leave no new session
    behind that waits for nobody, nor a room.
    """

    def __init__(
        self,
        daily: DailyRest,
        rooms: Rooms,
        store: SessionStore,
        jobs: JobQueue,
        *,
        ticket_seconds: float,
    ) -> None:
        """Gives a caller ``ticket_seconds`` to join, and a bot as long to take the job."""
        self.rooms = rooms
        self._daily = daily
        self._store = store
        self._jobs = jobs
        self._ticket_seconds = ticket_seconds

    @classmethod
    def connect(cls, settings: ServerSettings, store: SessionStore) -> Self:
        """As the settings say. Opens no connection yet."""
        key = settings.daily_api_key.get_secret_value() if settings.daily_api_key else ""
        daily = DailyRest(key, settings.daily_api_url)
        rooms = Rooms(
            daily,
            ahead=settings.room_pool,
            seconds=settings.room_seconds,
            geo=settings.daily_geo,
        )
        jobs = JobQueue.connect(settings)
        return cls(daily, rooms, store, jobs, ticket_seconds=settings.ticket_seconds)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Makes rooms ahead and sweeps, while the server runs."""
        async with self.rooms.kept_ready():
            sweeping = asyncio.create_task(sweep_now_and_then(self._daily, self._store))
            try:
                yield
            finally:
                sweeping.cancel()
                await asyncio.gather(sweeping, return_exceptions=True)

    async def open(self, agent: str, caller: str | None = None) -> tuple[Opened, Room, str]:
        """A new call of ``caller`` with ``agent``, its room, and the caller's token for it."""
        async with self._new_room() as room:
            token = await self.rooms.admit(room, seconds=self._ticket_seconds)
            opened = await self._store.open(
                transport="daily",
                agent=agent,
                caller=caller,
                room=room,
                ticket_seconds=self._ticket_seconds,
            )
            try:
                await self._jobs.send(Job.of(opened.session))
            except QueueError:
                await self._call_off(opened.session)
                raise
        return opened, room, token

    async def reopen(self, resume: str) -> tuple[Opened, Room, str]:
        """An earlier call again, in its room or, where that is gone, in a new one.

        A bot that is still in the room is put out by the one that gets the new job. Where no job
        can be sent the session goes on waiting and ``resume`` stays good.
        """
        shown = Presented.parse(resume, "resume")
        session = None if shown is None else await self._store.get(shown.session_id)
        if session is None:
            raise TicketRefused("unknown")
        if session.status.over:
            raise SessionEnded
        async with self._room_of(session) as room:
            token = await self.rooms.admit(room, seconds=self._ticket_seconds)
            opened = await self._store.reopen(
                resume, transport="daily", room=room, ticket_seconds=self._ticket_seconds
            )
        await self._jobs.send(Job.of(opened.session))
        return opened, room, token

    @asynccontextmanager
    async def _new_room(self) -> AsyncIterator[Room]:
        room = await self.rooms.take()
        try:
            yield Room(name=room.name, url=room.url)
        except FleetFull:
            # Nothing was written that is called as the room is.
            self.rooms.give_back(room)
            raise
        except BaseException:
            await self.rooms.discard(room.name)
            raise

    @asynccontextmanager
    async def _room_of(self, session: Session) -> AsyncIterator[Room]:
        there = await self.rooms.find_again(session.room)
        room = there or await self.rooms.replace(session.session_id)
        try:
            yield room
        except BaseException:
            if there is None:
                await self.rooms.discard(room.name)
            raise

    async def _call_off(self, session: Session) -> None:
        """Ends a session that no bot hears of; should this fail too, it is over in a minute."""
        try:
            await self._store.call_off(session, reason=NOT_CALLED)
        except StoreError as error:
            logger.bind(session_id=session.session_id, error=type(error).__name__).warning(
                "session could not be ended"
            )
