"""Somebody in a room of the stand-in for Daily, as a page with daily-js would be."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PATIENCE_SECONDS = 30.0
RATE = 16_000
FRAME_BYTES = 640
FRAME_SECONDS = 0.02
ID_CHARACTERS = 36

Message = dict[str, Any]


class RoomCaller:
    """A participant who keeps what comes.

    Attributes:
        id: Of this stay.
        events: Who came and went.
        messages: App messages, each with its sender.
        heard: Sound of each of the others, 16 bit PCM at `rate_of` them.
        colours: The middle of every picture that came.
    """

    def __init__(self, socket: ClientConnection, joined: Message) -> None:
        self.id: str = joined["id"]
        self.events: list[Message] = [
            {"type": "participant-joined", "participant": p} for p in joined["participants"]
        ]
        self.messages: list[tuple[str, Message]] = []
        self.heard: dict[str, bytearray] = {}
        self.rate_of: dict[str, int] = {}
        self.colours: list[tuple[int, int, int]] = []
        self._socket = socket
        self._changed = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    @property
    def close_code(self) -> int | None:
        return self._socket.close_code

    def bots(self) -> set[str]:
        """The ids of the bots that are here."""
        here: set[str] = set()
        for event in self.events:
            participant = event["participant"]
            if event["type"] == "participant-joined" and participant["info"]["isOwner"]:
                here.add(participant["id"])
            elif event["type"] == "participant-left":
                here.discard(participant["id"])
        return here

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits for something that comes."""
        async with self._changed, asyncio.timeout(PATIENCE_SECONDS):
            while not condition():
                assert not self._reading.done(), (self.events, self.messages)
                await self._changed.wait()

    async def bot_is_here(self) -> str:
        """Waits for a bot and tells its id."""
        await self.until(lambda: len(self.bots()) == 1)
        (bot,) = self.bots()
        return bot

    async def until_put_out(self) -> None:
        """Waits until the room has no place for us any more."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._reading

    async def send(self, message: Message) -> None:
        """Sends an app message to everybody."""
        await self._socket.send(json.dumps({"data": message, "to": None}))

    async def send_media(self, letter: bytes, data: bytes) -> None:
        """Sends a piece of sound or a picture."""
        await self._socket.send(letter + data)

    async def say(self, pcm: bytes) -> None:
        """Sends 16 kHz audio in frames of 20 ms, as fast as it is spoken."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        for start in range(0, len(pcm), FRAME_BYTES):
            piece = pcm[start : start + FRAME_BYTES]
            await self.send_media(b"a", RATE.to_bytes(4, "little") + piece)
            due += FRAME_SECONDS
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def leave(self) -> None:
        """Leaves without a word."""
        await self._socket.close()
        await self._reading

    async def _read(self) -> None:
        try:
            async for frame in self._socket:
                async with self._changed:
                    self._take(frame)
                    self._changed.notify_all()
        except ConnectionClosed:
            pass
        async with self._changed:
            self._changed.notify_all()

    def _take(self, frame: str | bytes) -> None:
        if isinstance(frame, str):
            message = json.loads(frame)
            if message["type"] == "message":
                self.messages.append((message["sender"], message["data"]))
            else:
                self.events.append(message)
            return
        sender, letter = frame[:ID_CHARACTERS].decode(), frame[ID_CHARACTERS : ID_CHARACTERS + 1]
        rest = frame[ID_CHARACTERS + 1 :]
        if letter == b"a":
            self.rate_of[sender] = int.from_bytes(rest[:4], "little")
            self.heard.setdefault(sender, bytearray()).extend(rest[4:])
        else:
            red, green, blue = rest[-3:]
            self.colours.append((red, green, blue))


@asynccontextmanager
async def in_room(room_url: str, token: str) -> AsyncIterator[RoomCaller]:
    """Joins a room, and leaves it at the end.

    Raises:
        ConnectionClosed: The room lets nobody in with this token.
    """
    url = f"ws{room_url.removeprefix('http')}?t={token}"
    socket = await connect(url, compression=None, open_timeout=PATIENCE_SECONDS)
    caller = RoomCaller(socket, json.loads(await socket.recv()))
    try:
        yield caller
    finally:
        await caller.leave()
