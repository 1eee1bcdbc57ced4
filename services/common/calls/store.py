"""Writes to a call's record what is kept of it, and reads the record whole.

Every write of a bot is conditional on its generation, as a turn's is. A call whose transcript is
still to be written stands in a list as well, so that it is found when every process that knew of it
is dead: in the sessions' table, under one of some partition keys, which spread the load.
"""

import zlib
from contextlib import suppress
from datetime import datetime
from typing import Any

from boto3.dynamodb.conditions import Attr, Key
from pydantic import BaseModel

from services.common.calls import kept
from services.common.calls.kept import KeptCall, Part, Segment, ToolCall
from services.common.conditions import held_by, key
from services.common.dynamodb import ConditionFailed, Item, Table
from services.common.errors import GenerationLost
from services.common.expressions import Delete
from services.common.records import TTL_ATTRIBUTE, Clock, Session, read_session, utc_now

SHARDS = 8
"""One partition key takes 1,000 write units a second, and a call costs two here."""


class CallStore:
    """What is kept of calls, in the sessions' table.

    Every method raises `StoreUnavailable` or `StoreRefused` where DynamoDB fails, and those that
    write to a record `GenerationLost` where a newer process has the session.
    """

    def __init__(self, table: Table, *, clock: Clock = utc_now) -> None:
        """Uses the table of the session records."""
        self._table = table
        self._clock = clock

    async def begin(self, session: Session, part: Part) -> None:
        """A process has the call; its transcript is to be written some day."""
        await self._table.put(
            {
                **unwritten_key(session.session_id),
                "since": self._clock().isoformat(),
                TTL_ATTRIBUTE: int(session.expires_at.timestamp()),
            }
        )
        await self._keep(session, kept.part_item(part), part)

    async def finish(self, session: Session, part: Part) -> None:
        """The process has written all it knows of the call."""
        await self._keep(session, kept.part_item(part), part)

    async def add_tool_call(self, session: Session, call: ToolCall) -> None:
        """Keeps a tool call; the same call again replaces it."""
        await self._keep(session, kept.tool_item(call), call)

    async def add_segment(self, session: Session, segment: Segment) -> None:
        """Keeps that there is a stretch of recording."""
        await self._keep(session, kept.segment_item(segment), segment)

    async def decline(self, session: Session) -> None:
        """Keeps that the caller does not want to be recorded, whoever takes the call up later."""
        await self._keep(session, kept.declined_item(), None)

    async def _keep(self, session: Session, item: str, what: BaseModel | None) -> None:
        values: dict[str, Any] = {} if what is None else what.model_dump(mode="json")
        if isinstance(what, Segment):
            values["seconds"] = str(what.seconds)  # DynamoDB takes no float
        whole: Item = {
            **values,
            "session_id": session.session_id,
            "item": item,
            TTL_ATTRIBUTE: int(session.expires_at.timestamp()),
        }
        try:
            await self._table.put_if(whole, key=key(session.session_id), when=held_by(session))
        except ConditionFailed:
            raise GenerationLost from None

    async def read(self, session_id: str) -> KeptCall | None:
        """All that is known of a call; None where there is none."""
        items = await self._table.query(Key("session_id").eq(session_id))
        return KeptCall.of(items, self._clock)

    async def session(self, session_id: str) -> Session | None:
        """The session alone, which costs little; None where there is none."""
        item = await self._table.get(key(session_id))
        return None if item is None else read_session(item, self._clock())

    async def unwritten(self, shard: int) -> list[tuple[str, datetime]]:
        """Calls of a shard whose transcripts are to be written, and since when they are known."""
        found = await self._table.query(Key("session_id").eq(_shard_key(shard)))
        return [(item["item"], datetime.fromisoformat(item["since"])) for item in found]

    async def written(self, session_id: str) -> None:
        """The transcript is where it belongs, or there will never be one."""
        with suppress(ConditionFailed):
            await self._table.transact(
                Delete(key=unwritten_key(session_id), when=Attr("since").exists())
            )


def unwritten_key(session_id: str) -> Item:
    """Where it is noted that a call's transcript is to be written."""
    shard = zlib.crc32(session_id.encode()) % SHARDS
    return {"session_id": _shard_key(shard), "item": session_id}


def _shard_key(shard: int) -> str:
    return f"unwritten#{shard}"
