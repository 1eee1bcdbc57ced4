"""Rooms on Daily: made, found, listed, deleted; and tokens for them.

The limits, as Daily documents them for one account: about 20 requests a second, and about two
DELETEs. So deletions are paced here, for each process, and whoever deletes can do without: a room
that nobody deletes ends at its ``exp``, when Daily puts everybody out and forgets it.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from services.common.daily.http import DEADLINE_SECONDS, Http
from services.common.daily.tokens import Participant, meeting_token
from services.common.errors import DailyRefused, DailyUnavailable

API_URL = "https://api.daily.co/v1"

PAGE = 100
"""Rooms in one answer, the most that Daily gives."""

SECONDS_BETWEEN_DELETIONS = 0.75
"""Daily allows 50 in 30 s, for all processes together."""

NOT_FOUND = "not-found"
_INVALID = "invalid-request-error"


class DailyRoom(BaseModel):
    """A room as Daily describes it.

    Attributes:
        name: Ours begin with ``voice-``.
        url: Where to join.
        created_at: By Daily's clock.
        exp: Seconds since the epoch at which it ends; None for a room that stays.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    name: str
    url: str
    created_at: AwareDatetime
    exp: int | None = None


class DailyRest:
    """One Daily domain.

    Every method that asks Daily raises `DailyUnavailable` or `DailyRefused`, after seconds.
    """

    def __init__(
        self, api_key: str, api_url: str = API_URL, *, deadline_seconds: float = DEADLINE_SECONDS
    ) -> None:
        """Uses the domain that ``api_key`` belongs to. Opens no connection yet."""
        self._key = api_key
        self._http = Http(api_url, api_key, deadline_seconds=deadline_seconds)
        self._domain_id: str | None = None
        self._deletions = _Pace(SECONDS_BETWEEN_DELETIONS)

    async def create_room(self, name: str, *, seconds: float, geo: str | None = None) -> DailyRoom:
        """Makes a private room for one caller and one bot.

        Daily has no idempotency keys, but refuses a second room of one name: where an attempt's
        answer got lost, the room that the next attempt finds is ours.

        Args:
            name: Letters, digits, dash and underscore; nobody else's.
            seconds: How long it lives. Then Daily puts out whoever is in it.
            geo: The AWS Region of Daily's media server; None for the one nearest to who joins
                first.
        """
        wanted = {
            "name": name,
            "privacy": "private",
            "properties": {
                "exp": int(time.time() + seconds),
                "eject_at_room_exp": True,
                "enforce_unique_user_ids": True,
                # For participants who do not own the room: a caller is heard, not seen.
                "permissions": {"canSend": ["audio"]},
                "start_video_off": True,
                "enable_screenshare": False,
                "enable_chat": False,
                "enable_knocking": False,
                # Recording is off unless `enable_recording` names a kind of it.
                **({"geo": geo} if geo else {}),
            },
        }
        try:
            return _room(await self._http.request("POST", "/rooms", json=wanted))
        except DailyRefused as refused:
            made = await self.room(name) if refused.code == _INVALID else None
            if made is None:
                raise
            return made

    async def room(self, name: str) -> DailyRoom | None:
        """The room of this name; None where there is none (any more)."""
        try:
            return _room(await self._http.request("GET", f"/rooms/{quote(name, safe='')}"))
        except DailyRefused as refused:
            if refused.code == NOT_FOUND:
                return None
            raise

    async def rooms(self) -> AsyncIterator[DailyRoom]:
        """Every room of the domain, ours or not, newest first."""
        params = {"limit": str(PAGE)}
        seen: set[str] = set()
        while True:
            answer = await self._http.request("GET", "/rooms", params=params)
            page = [_room(found) for found in answer.get("data", ())]
            new = [room for room in page if room.id not in seen]
            for room in new:
                seen.add(room.id)
                yield room
            # Daily's words leave open which way a cursor leads: never walk the same page twice.
            if len(page) < PAGE or not new:
                return
            params["starting_after"] = page[-1].id

    async def delete_room(self, name: str) -> bool:
        """Deletes a room and puts out whoever is in it; it may wait for its turn first.

        Returns:
            False where there was none, which is as good.
        """
        await self._deletions.turn()
        try:
            await self._http.request("DELETE", f"/rooms/{quote(name, safe='')}")
        except DailyRefused as refused:
            if refused.code == NOT_FOUND:
                return False
            raise
        return True

    async def prepare(self) -> None:
        """Learns what `token` needs of Daily, once; a token is then made without asking it."""
        await self._domain()

    async def token(self, room_name: str, participant: Participant, *, seconds: float) -> str:
        """A secret that lets ``participant`` join the room within ``seconds``."""
        return meeting_token(
            self._key,
            domain_id=await self._domain(),
            room_name=room_name,
            participant=participant,
            now=time.time(),
            seconds=seconds,
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.close()

    async def _domain(self) -> str:
        if self._domain_id is None:
            domain_id = (await self._http.request("GET", "/")).get("domain_id")
            if not isinstance(domain_id, str) or not domain_id:
                raise DailyUnavailable("unreadable-answer")
            self._domain_id = domain_id
        return self._domain_id


class _Pace:
    """Lets one after the other go, with a pause between."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0

    async def turn(self) -> None:
        now = time.monotonic()
        mine = max(now, self._next)
        self._next = mine + self._seconds
        await asyncio.sleep(mine - now)


def _room(answer: dict[str, Any]) -> DailyRoom:
    config = answer.get("config")
    exp = config.get("exp") if isinstance(config, dict) else None
    try:
        return DailyRoom.model_validate({**answer, "exp": exp})
    except ValidationError:
        raise DailyUnavailable("unreadable-answer") from None
