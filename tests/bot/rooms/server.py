"""The rooms, in the test's own process."""

import asyncio
from types import TracebackType
from typing import Self

from websockets.asyncio.server import Server, ServerConnection, serve

from services.common.sessions import Room as RoomRecord
from tests.bot.callers import Caller

#: How a room that its caller left closes the line to its bot.
CALLER_LEFT = 4404


class Room:
    """A room and the caller in it.

    Attributes:
        record: As the session's record names it.
        bots: The bots that came so far, in order.
        most: The most of them that were here at once.
        refuses: Whether nobody gets in.
    """

    def __init__(self, record: RoomRecord) -> None:
        self.record = record
        self.bots: list[Caller] = []
        self.most = 0
        self.refuses = False
        self._here: set[Caller] = set()
        self._changed = asyncio.Condition()

    @property
    def here(self) -> int:
        """How many bots are here now."""
        return len(self._here)

    async def bot(self, number: int) -> Caller:
        """Waits for a bot, the first being 1; the `Caller` speaks to it and hears it."""
        async with self._changed, asyncio.timeout(90):
            await self._changed.wait_for(lambda: len(self.bots) >= number)
        return self.bots[number - 1]

    async def empty(self) -> None:
        """Waits until no bot is here."""
        async with self._changed, asyncio.timeout(90):
            await self._changed.wait_for(lambda: not self._here)

    async def hang_up(self) -> None:
        """The caller leaves."""
        for caller in tuple(self._here):
            await caller.line.close(CALLER_LEFT)

    async def receive(self, line: ServerConnection) -> None:
        """A bot comes in."""
        caller = Caller(line)
        async with self._changed:
            self.bots.append(caller)
            self._here.add(caller)
            self.most = max(self.most, len(self._here))
            self._changed.notify_all()
        await caller.gone()
        async with self._changed:
            self._here.discard(caller)
            self._changed.notify_all()


class Rooms:
    """A server of rooms."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}
        self._server: Server | None = None
        self._port = 0

    async def __aenter__(self) -> Self:
        self._server = await serve(self._receive, "127.0.0.1", 0, compression=None)
        self._port = next(iter(self._server.sockets)).getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    def make(self, name: str) -> Room:
        """A new room."""
        record = RoomRecord(name=name, url=f"ws://127.0.0.1:{self._port}/{name}")
        self._rooms[name] = Room(record)
        return self._rooms[name]

    async def _receive(self, line: ServerConnection) -> None:
        assert line.request is not None
        room = self._rooms.get(line.request.path.removeprefix("/"))
        if room is None or room.refuses:
            await line.close(CALLER_LEFT, "no such room")
            return
        await room.receive(line)
