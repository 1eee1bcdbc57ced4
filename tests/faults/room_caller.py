"""A caller in a room of the stand-in for Daily: bots come and go there, and the caller stays."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.faults import page_rules
from tests.faults.caller import Caller
from tests.faults.frames import SAMPLE_RATE, client_ready_message, sound_message
from tests.faults.world import World

_GOODBYE = {"id": "bye", "label": "rtvi-ai", "type": "disconnect-bot", "data": {}}
_ID_CHARACTERS = 36


class RoomCaller(Caller):
    """One caller's call over Daily.

    Attributes:
        room: The name of the room that the call takes place in.
        most: The most bots that were there at once.
    """

    def __init__(self, world: World) -> None:
        """Does not call yet."""
        super().__init__(world)
        self.room = ""
        self.most = 0
        self._here: set[str] = set()

    async def drop(self) -> None:
        """Bots come back by themselves here, and so does a browser: nothing of ours to try."""
        raise NotImplementedError

    async def hang_up(self) -> None:
        """Says goodbye, as the page does; the bot deletes the room, which puts the caller out."""
        await self._tell(_GOODBYE)
        await self.until_over()

    async def _connect(self) -> None:
        told = await self._ask("daily")
        self.room = told["room_url"].rpartition("/")[2]
        url = f"ws{told['room_url'].removeprefix('http')}?t={told['token']}"
        self._socket = await connect(url, compression=None, close_timeout=1, proxy=None)
        self._here.clear()
        await self._show("live")

    async def _stay(self) -> bool:
        assert self._socket is not None
        with suppress(ConnectionClosed):
            async for frame in self._socket:
                if isinstance(frame, bytes):
                    if frame[_ID_CHARACTERS : _ID_CHARACTERS + 1] == b"a":
                        await self._take(frame[_ID_CHARACTERS + 5 :])
                else:
                    await self._follow(json.loads(frame))
        self.agent_ready = self.agent_speaks = False
        self.reason = self._announced
        return page_rules.comes_back(None, self._announced)

    async def _follow(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "joined":
                for participant in event["participants"]:
                    await self._welcome(participant)
            case "participant-joined":
                await self._welcome(event["participant"])
            case "participant-left":
                self._here.discard(event["participant"]["id"])
                self.agent_ready = self.agent_speaks = False
                await self._show(self.phase)
            case "message":
                await self._take(event["data"])

    async def _welcome(self, participant: dict[str, Any]) -> None:
        if participant["info"]["isOwner"]:
            self._here.add(participant["id"])
            self.most = max(self.most, len(self._here))
            self.connections += 1
            self.agent_ready = False
            self._announced = ""
            await self._tell(client_ready_message())
            await self._tell(sound_message())

    async def _tell(self, message: dict[str, Any]) -> None:
        assert self._socket is not None
        await self._socket.send(json.dumps({"data": message, "to": None}))

    def _wrap(self, pcm: bytes) -> bytes:
        return b"a" + SAMPLE_RATE.to_bytes(4, "little") + pcm
