"""Rooms on Daily for callers, some of them made ahead, so that nobody waits for Daily."""

import asyncio
import random
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from loguru import logger

from services.common import room_names
from services.common.daily import DailyRest, DailyRoom, Participant
from services.common.errors import DailyError
from services.common.sessions import Room

KEEP_SECONDS = 1800.0
"""How long a room may wait for a caller. It lives that much longer than a caller needs it, so a
room is handed out with its full time before it."""

LAST_SECONDS = 120.0
"""A room that ends sooner is not worth coming back to."""

DISCARD_SECONDS = 3.0
"""For deleting a room while somebody waits."""

GOODBYE_SECONDS = 4.0
"""For deleting the rooms that are left at shutdown; others are swept, or end by themselves."""

MOST_UNWANTED = 100
PAUSE_SECONDS = (1.0, 60.0)
"""The shortest and the longest pause of a replica to which Daily makes no rooms."""


class Rooms:
    """One replica's rooms.

    What asks Daily raises `DailyUnavailable` or `DailyRefused`.
    """

    def __init__(self, daily: DailyRest, *, ahead: int, seconds: float, geo: str | None) -> None:
        """Makes nothing yet.

        Args:
            daily: Where they are.
            ahead: How many to keep ready while `kept_ready` runs.
            seconds: How long a room lives, at least, once a caller has it.
            geo: The AWS Region of Daily's media server, None for the one nearest to the caller.
        """
        self._daily = daily
        self._ahead = ahead
        self._seconds = seconds
        self._geo = geo
        self._ready: deque[DailyRoom] = deque()
        self._unwanted: asyncio.Queue[str] = asyncio.Queue(MOST_UNWANTED)
        self._taken = asyncio.Event()
        self._running = False

    @property
    def ready(self) -> int:
        """How many rooms wait for a caller."""
        return len(self._ready)

    @asynccontextmanager
    async def kept_ready(self) -> AsyncIterator[None]:
        """Keeps rooms ready in the background; those that are left at its end are deleted.

        Where it does not run (in Lambda, nothing runs between requests), each caller waits for
        their room to be made.
        """
        tasks = [asyncio.create_task(self._refill()), asyncio.create_task(self._clear_away())]
        self._running = True
        try:
            yield
        finally:
            self._running = False
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._delete_the_rest()
            await self._daily.close()

    async def take(self) -> DailyRoom:
        """A room for a new call: one that is ready, or else one that is made now."""
        while self._ready:
            room = self._ready.popleft()
            self._taken.set()
            if self._is_fresh(room):
                return room
            await self.discard(room.name)
        return await self._make(room_names.new_name(), self._seconds)

    def give_back(self, room: DailyRoom) -> None:
        """Takes back a room that no session was opened for."""
        self._ready.appendleft(room)

    async def find_again(self, room: Room | None) -> Room | None:
        """The room of an earlier call, if somebody can still call there for a while."""
        if room is None:
            return None
        try:
            there = await self._daily.room(room.name)
        except DailyError as error:
            # Most likely it is there all the same, and a new one could not be had now anyway.
            logger.bind(room=room.name, code=error.code).warning("room could not be checked")
            return room
        if there is None or (there.exp or 0) < time.time() + LAST_SECONDS:
            return None
        return room

    async def replace(self, session_id: str) -> Room:
        """A further room for a session whose own is gone."""
        made = await self._make(room_names.another_name(session_id), self._seconds)
        return Room(name=made.name, url=made.url)

    async def admit(self, room: Room, *, seconds: float) -> str:
        """The token that lets a caller into a room within ``seconds``."""
        return await self._daily.token(room.name, Participant.CALLER, seconds=seconds)

    async def discard(self, name: str) -> None:
        """Deletes a room that nobody needs; what cannot be deleted ends by itself."""
        if self._running:
            if not self._unwanted.full():
                self._unwanted.put_nowait(name)
            return
        try:
            async with asyncio.timeout(DISCARD_SECONDS):
                await self._daily.delete_room(name)
        except (DailyError, TimeoutError) as error:
            _left_alone(name, error)

    async def _refill(self) -> None:
        failures = 0
        while True:
            try:
                await self._daily.prepare()
                await self._throw_out_the_old()
                while len(self._ready) < self._ahead:
                    self._ready.append(
                        await self._make(room_names.new_name(), self._seconds + KEEP_SECONDS)
                    )
                failures = 0
            except DailyError as error:
                failures += 1
                pause = _pause(failures)
                logger.bind(code=error.code, seconds=round(pause, 1)).warning(
                    "no rooms can be made ahead for now"
                )
                await asyncio.sleep(pause)
            except Exception:
                logger.exception("making rooms ahead failed")
                await asyncio.sleep(PAUSE_SECONDS[1])
            else:
                await self._wait_for_work()

    async def _wait_for_work(self) -> None:
        """Until a room is taken, or the oldest one has waited too long."""
        self._taken.clear()
        wait = KEEP_SECONDS
        if self._ready:
            wait = (self._ready[0].exp or 0) - self._seconds - time.time()
        try:
            async with asyncio.timeout(max(wait, PAUSE_SECONDS[0])):
                await self._taken.wait()
        except TimeoutError:
            return

    async def _throw_out_the_old(self) -> None:
        while self._ready and not self._is_fresh(self._ready[0]):
            await self.discard(self._ready.popleft().name)

    def _is_fresh(self, room: DailyRoom) -> bool:
        return room.exp is not None and room.exp - time.time() >= self._seconds

    async def _make(self, name: str, seconds: float) -> DailyRoom:
        # Rounded up: a room just made has to count as fresh.
        return await self._daily.create_room(name, seconds=seconds + 1, geo=self._geo)

    async def _clear_away(self) -> None:
        while True:
            name = await self._unwanted.get()
            try:
                await self._daily.delete_room(name)
            except DailyError as error:
                _left_alone(name, error)
            except Exception:
                logger.exception("deleting a room failed")

    async def _delete_the_rest(self) -> None:
        left = [room.name for room in self._ready]
        self._ready.clear()
        while not self._unwanted.empty():
            left.append(self._unwanted.get_nowait())
        try:
            async with asyncio.timeout(GOODBYE_SECONDS):
                while left:
                    await self._daily.delete_room(left[-1])
                    left.pop()
        except (DailyError, TimeoutError) as error:
            logger.bind(rooms=len(left), code=_code(error)).warning("rooms are left to be swept")


def _pause(failures: int) -> float:
    shortest, longest = PAUSE_SECONDS
    return min(shortest * 2.0**failures, longest) * random.uniform(0.5, 1)  # noqa: S311


def _left_alone(name: str, error: DailyError | TimeoutError) -> None:
    logger.bind(room=name, code=_code(error)).warning("room could not be deleted")


def _code(error: DailyError | TimeoutError) -> str:
    return error.code if isinstance(error, DailyError) else "timeout"
