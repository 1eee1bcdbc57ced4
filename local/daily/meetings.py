"""Who is in the rooms, over WebSocket: a stand-in for Daily's media servers, for tests alone.

What is spoken here is nobody's protocol but ours: `local.daily.sdk` speaks it in daily-python's
place, and tests do in daily-js's. But who may come in, who has to go, and who hears what is as
Daily has it: tokens, ends of rooms, unique user ids, permissions.

A participant joins at ``/<room>?t=<token>``. Text frames are JSON, see `Participant.tell`; binary
frames are a letter, ``a`` for sound and ``v`` for a picture, and the rest is the sender's business.
They arrive with the sender's id, 36 characters, before the letter.
"""

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from local.daily.properties import TokenClaims
from local.daily.rooms import Room

REFUSED = 4403
EJECTED = 4410
LEAVE_SECONDS = 5.0

_MEDIA = {"a": "audio", "v": "video"}


@dataclass(slots=True, eq=False)
class Participant:
    """Somebody in a room.

    Attributes:
        id: Of this stay; Daily's ``session_id``.
        user_id: By the token; else the stay's.
    """

    id: str
    user_id: str
    user_name: str
    owner: bool
    may_send: frozenset[str]
    socket: WebSocket
    outbox: asyncio.Queue[dict[str, Any] | bytes | None] = field(default_factory=asyncio.Queue)

    def described(self) -> dict[str, Any]:
        """As daily-python describes participants."""
        return {
            "id": self.id,
            "info": {
                "userId": self.user_id,
                "userName": self.user_name,
                "isOwner": self.owner,
                "isLocal": False,
            },
        }

    def tell(self, type: str, **more: object) -> None:
        """Sends ``joined``, ``participant-joined``, ``participant-left`` or ``message``."""
        self.outbox.put_nowait({"type": type, **more})

    def eject(self) -> None:
        """Puts this participant out."""
        self.outbox.put_nowait(None)

    async def deliver(self) -> None:
        """Sends what is in the outbox, until the ejection."""
        while (message := await self.outbox.get()) is not None:
            if isinstance(message, bytes):
                await self.socket.send_bytes(message)
            else:
                await self.socket.send_text(json.dumps(message))
        await self.socket.close(EJECTED, "ejected")


class Meetings:
    """Everybody in every room."""

    def __init__(self) -> None:
        """Nobody yet."""
        self._present: dict[str, list[Participant]] = {}

    def present(self, room_name: str) -> list[Participant]:
        """Who is in a room."""
        return list(self._present.get(room_name, ()))

    def end(self, room_name: str) -> None:
        """Puts everybody out of a room."""
        for participant in self.present(room_name):
            participant.eject()

    async def refuse(self, socket: WebSocket, why: str) -> None:
        """Lets nobody in."""
        await socket.accept()
        await socket.close(REFUSED, why)

    async def let_in(
        self, socket: WebSocket, room: Room, claims: TokenClaims, now: Callable[[], float]
    ) -> None:
        """Has somebody in a room until they leave, are put out, or the room ends."""
        await socket.accept()
        stay = str(uuid.uuid4())
        name = socket.query_params.get("user_name") or claims.u or ""
        me = Participant(stay, claims.ud or stay, name, claims.o, _may_send(room, claims), socket)
        properties = room.request.properties
        if properties.enforce_unique_user_ids:
            for other in self.present(room.name):
                if other.user_id == me.user_id:
                    other.eject()
        me.tell("joined", id=me.id, participants=[p.described() for p in self.present(room.name)])
        self._broadcast(room, me, "participant-joined", participant=me.described())
        self._present.setdefault(room.name, []).append(me)
        ends = properties.exp if properties.eject_at_room_exp else None
        delivering = asyncio.create_task(me.deliver())
        hearing = asyncio.create_task(self._hear(me, room))
        try:
            await asyncio.wait(
                {delivering, hearing},
                timeout=None if ends is None else max(0.0, ends - now()),
                return_when=asyncio.FIRST_COMPLETED,
            )
            me.eject()
            await asyncio.wait({delivering}, timeout=LEAVE_SECONDS)
        finally:
            delivering.cancel()
            hearing.cancel()
            await asyncio.gather(delivering, hearing, return_exceptions=True)
            self._present[room.name].remove(me)
            self._broadcast(
                room, me, "participant-left", participant=me.described(), reason="leftCall"
            )

    async def _hear(self, me: Participant, room: Room) -> None:
        try:
            while True:
                frame = await me.socket.receive()
                if frame["type"] == "websocket.disconnect":
                    return
                self._pass_on(me, room, frame)
        except WebSocketDisconnect:
            return

    def _pass_on(self, me: Participant, room: Room, frame: Any) -> None:  # noqa: ANN401 - ASGI
        if (data := frame.get("bytes")) is not None:
            if _MEDIA.get(chr(data[0])) in me.may_send:
                for other in self._others(room, me):
                    other.outbox.put_nowait(me.id.encode() + data)
            return
        message = json.loads(frame["text"])
        for other in self._others(room, me):
            if message.get("to") in (None, other.id):
                other.tell("message", data=message["data"], sender=me.id)

    def _broadcast(self, room: Room, me: Participant, type: str, **more: object) -> None:
        for other in self._others(room, me):
            other.tell(type, **more)

    def _others(self, room: Room, me: Participant) -> list[Participant]:
        return [other for other in self.present(room.name) if other is not me]


def _may_send(room: Room, claims: TokenClaims) -> frozenset[str]:
    permissions = room.request.properties.permissions
    allowed = True if permissions is None or claims.o else permissions.canSend
    if isinstance(allowed, bool):
        return frozenset(_MEDIA.values()) if allowed else frozenset()
    return frozenset(allowed)
