"""Facts about callers, in the table of the session records.

A caller has a partition of their own, ``caller#`` and a digest of their identity, with an item a
fact: ``fact#<agent>#<time>``. DynamoDB deletes a fact some time after its days are over; it is not
read any more from then on.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from boto3.dynamodb.conditions import ConditionBase, Key

from services.common.dynamodb import Item, Table
from services.common.records import utc_now

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that an agent noted about a caller.

    Attributes:
        key: Where it is stored.
        text: One sentence.
        expires_at: When it is to be forgotten.
    """

    key: str
    text: str
    expires_at: datetime


class MemoryStore:
    """Facts about callers; every method raises `StoreError` where DynamoDB fails."""

    def __init__(self, table: Table, *, clock: Clock = utc_now) -> None:
        """Uses the table of the session records."""
        self._table = table
        self._clock = clock

    async def load(self, caller: str, agent: str = "") -> list[Fact]:
        """What an agent knows of a caller, the oldest first; without an agent, what all know."""
        beginning = f"fact#{agent}#" if agent else "fact#"
        found = await self._table.query(_about(caller) & Key("item").begins_with(beginning))
        facts = [
            Fact(item["item"], item["text"], datetime.fromtimestamp(int(item["expires_at"]), UTC))
            for item in found
        ]
        return [fact for fact in facts if fact.expires_at > self._clock()]

    async def add(self, caller: str, agent: str, text: str, *, days: int) -> Fact:
        """Notes something, for so many days."""
        now = self._clock()
        fact = Fact(
            # In the order of time, also within a second.
            f"fact#{agent}#{now.isoformat(timespec='microseconds')}#{secrets.token_hex(4)}",
            text,
            (now + timedelta(days=days)).replace(microsecond=0),
        )
        await self._table.put(
            _key(caller, fact.key)
            | {"text": text, "expires_at": int(fact.expires_at.timestamp()), "agent": agent}
        )
        return fact

    async def remove(self, caller: str, fact: Fact) -> None:
        """Forgets one fact."""
        await self._table.delete(_key(caller, fact.key))

    async def forget(self, caller: str) -> int:
        """Forgets all that any agent knows of a caller; returns how many facts that were."""
        found = await self._table.query(_about(caller) & Key("item").begins_with("fact#"))
        for item in found:
            await self._table.delete(_key(caller, item["item"]))
        return len(found)


def _about(caller: str) -> ConditionBase:
    return Key("session_id").eq(_partition(caller))


def _key(caller: str, item: str) -> Item:
    return {"session_id": _partition(caller), "item": item}


def _partition(caller: str) -> str:
    """No identity stands in a key, where logs and metrics may show it, and any length is good."""
    return f"caller#{hashlib.sha256(caller.encode()).hexdigest()}"
