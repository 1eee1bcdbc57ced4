"""The rooms of the stand-in's one domain."""

import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.daily.properties import RoomRequest

MOST_LISTED = 100


class TakenError(Exception):
    """There is a room of that name."""


@dataclass(frozen=True, slots=True)
class Room:
    """A room as it was asked for."""

    id: str
    name: str
    url: str
    created_at: float
    request: RoomRequest

    def expired(self, now: float) -> bool:
        """Whether nobody can join it any more."""
        exp = self.request.properties.exp
        return exp is not None and exp <= now

    def described(self) -> dict[str, Any]:
        """As Daily describes a room: ``config`` has only what differs from the defaults."""
        created = datetime.fromtimestamp(self.created_at, UTC).isoformat(timespec="milliseconds")
        return {
            "id": self.id,
            "name": self.name,
            "api_created": True,
            "privacy": self.request.privacy,
            "url": self.url,
            "created_at": created.replace("+00:00", "Z"),
            "config": self.request.properties.model_dump(exclude_defaults=True),
        }


class Rooms:
    """All rooms, those that ended included until somebody asks for them."""

    def __init__(self, url: str) -> None:
        """None to begin with; they are at ``url``."""
        self._url = url
        self._rooms: dict[str, Room] = {}

    def create(self, request: RoomRequest, now: float) -> Room:
        """Makes a room.

        Raises:
            TakenError: There is one of that name.
        """
        name = request.name or secrets.token_hex(10)
        if self.find(name, now) is not None:
            raise TakenError(name)
        room = Room(str(uuid.uuid4()), name, f"{self._url}/{name}", now, request)
        self._rooms[name] = room
        return room

    def find(self, name: str, now: float) -> Room | None:
        """The room of that name, unless it has ended."""
        room = self._rooms.get(name)
        return None if room is None or room.expired(now) else room

    def delete(self, name: str) -> Room | None:
        """Takes a room away, ended or not."""
        return self._rooms.pop(name, None)

    def living(self, now: float) -> list[Room]:
        """Every room that has not ended, newest first."""
        return [room for room in reversed(self._rooms.values()) if not room.expired(now)]

    def page(self, now: float, *, limit: int, starting_after: str | None) -> list[Room] | None:
        """Rooms as they are listed; None where ``starting_after`` is no room's id."""
        rooms = self.living(now)
        if starting_after is not None:
            ids = [room.id for room in rooms]
            if starting_after not in ids:
                return None
            rooms = rooms[ids.index(starting_after) + 1 :]
        return rooms[: min(limit, MOST_LISTED)]
