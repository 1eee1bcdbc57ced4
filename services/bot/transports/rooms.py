"""The rooms in which calls from the queue take place."""

from contextlib import suppress
from typing import Protocol

from services.bot.settings import BotSettings
from services.bot.transports.line import Line
from services.common.daily import DailyRest
from services.common.errors import DailyError
from services.common.sessions import Session


class Rooms(Protocol):
    """Rooms that a bot joins by itself."""

    def prepare(self) -> None:
        """Does before any fork what a call would wait for otherwise; starts no thread."""

    async def warm_up(self) -> None:
        """Does in a process that waits for a call what the call would wait for otherwise."""

    def line(self, session: Session) -> Line:
        """A line to the room of a session that this process has."""

    async def close(self, session: Session) -> None:
        """Clears the room of a session that is over. What fails is left to whoever sweeps."""


class DailyRooms:
    """Rooms on Daily."""

    def __init__(self, settings: BotSettings) -> None:
        """Uses the domain that the settings' key belongs to. Opens no connection yet."""
        key = settings.daily_api_key
        self._daily = DailyRest(key.get_secret_value() if key else "", settings.daily_api_url)

    def prepare(self) -> None:
        """Imports Daily's library and draws the face, for all processes."""
        from services.bot.transports import daily

        daily.prepare()

    async def warm_up(self) -> None:
        """Learns from Daily what tokens need; where that fails, the call's line asks again."""
        with suppress(DailyError):
            await self._daily.prepare()

    def line(self, session: Session) -> Line:
        """A line to the session's room.

        Raises:
            ValueError: The record names no room.
        """
        from services.bot.transports.daily import DailyLine

        if session.room is None:
            raise ValueError("session has no room")
        return DailyLine(session.room, self._daily)

    async def close(self, session: Session) -> None:
        """Deletes the room."""
        from services.bot.transports.daily import delete_room

        if session.room is not None:
            await delete_room(session.room, self._daily)
