"""How many calls the whole fleet may hold at once, such as Bedrock's quota of streams.

In the sessions' table, under the partition key ``budget``, ``meta`` counts the places that are
taken and each ``place#<session id>`` is one of them. A session's record, its place and the count
change in one transaction: opening takes a place, ending gives it back. A session keeps its place
while it waits for its caller, the first time or again. Where processes died, somebody else gives
the place back once the session reads as over, and in the same transaction writes that into its
record; so nobody can revive it, and of two sweepers one finds the place gone.

What it costs: 6 write units to open a call and 6 to end it, where it is 1 and 1 without a limit (a
transaction writes each item twice; Amazon DynamoDB developer guide, "Amazon DynamoDB Transactions:
How it works"). 8 of the 12 are under this one partition key, which takes 1,000 a second ("Best
practices for designing and using partition keys effectively"). Before that, transactions on the one
count get into each other's way: at 20 ms a transaction and with `dynamodb.CONFLICT_PAUSE_SECONDS`
between tries, 15 calls a second may begin and 15 end, 99 of 100 within 0.7 s; at 10 ms it is 30
(simulated, not measured on AWS). With calls of 3 minutes that is a fleet of 2,700 to 5,400 calls at
once. A larger one needs several counts, each with its share of the limit.
"""

import asyncio
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce
from typing import Self

from boto3.dynamodb.conditions import And, Attr, ConditionBase, Key
from loguru import logger

from services.common import conditions
from services.common.changes import Change
from services.common.dynamodb import ConditionFailed, Item, Table
from services.common.errors import FleetFull
from services.common.expressions import Check, Delete, Put, Update, Write
from services.common.records import META, Clock, Session, SessionStatus, read_session

PARTITION = "budget"

PLACES_A_SWEEP = 25
"""Read at most; the next sweep goes on where one stops."""

REFUSING_SWEEP_SECONDS = 1.0
"""Between sweeps of a process that refuses calls, however many it refuses."""

IDLE_SWEEP_SECONDS = 30.0
"""Between sweeps of a process that refuses none."""

RETRY_SECONDS = (1, 30)
"""The least and the most that a refused caller is told to wait."""

GUESSED_SECONDS = 180
"""How long calls last, as long as none has ended."""

WEIGHT = 0.1
"""Of the call that ended last in the mean length: the latest 10 to 20 make most of it."""

_COUNT: Item = {"session_id": PARTITION, "item": META}
_PLACE = "place#"
_BEHIND_PLACES = "place$"
_STATE = ("status", "generation", "deadline", "lease_until", "resume_until", "strikes")


class Budget:
    """The places of one fleet.

    Every method raises `StoreUnavailable` or `StoreRefused` where DynamoDB fails.
    """

    def __init__(self, table: Table, *, limit: int, clock: Clock) -> None:
        """Uses ``table``; a ``limit`` of 0 lets every call in and counts none."""
        self._table = table
        self._limit = limit
        self._clock = clock
        self._swept: datetime | None = None
        self._cursor = ""
        self._told: deque[datetime] = deque(maxlen=1000)

    async def open(self, session: Item) -> Item:
        """Writes a new session's record, with a place where there is a limit.

        Returns:
            The record as it was written.

        Raises:
            FleetFull: No place is free.
        """
        if not self._limit:
            await self._table.put(session)
            return session
        placed = session | {"place": True}
        try:
            await self._take(placed)
        except FleetFull:
            if not (self._last_swept(REFUSING_SWEEP_SECONDS) and await self.sweep()):
                raise
            await self._take(placed)
        return placed

    async def end(self, session: Session, change: Change) -> None:
        """Makes the change that ends a session, and gives back with it the place that it has.

        Raises:
            ConditionFailed: The session does not meet the change's condition.
        """
        key = conditions.key(session.session_id)
        if not session.place:
            await self._table.update(key, **change)
            return
        count = await self._counted(-1, [self._clock() - session.created_at])
        try:
            await self._table.transact(Update(key=key, **change), _gone(session.session_id), count)
        except ConditionFailed as failed:
            if 0 in failed.failed:
                raise
            # Somebody took the place away by hand: no reason to leave the session open.
            await self._table.update(key, **change)

    async def sweep(self) -> int:
        """Reads some places, and gives back those of sessions that are over.

        Returns:
            How many it gave back.
        """
        self._swept = now = self._clock()
        behind = Key("item").between(f"{_PLACE}{self._cursor}", _BEHIND_PLACES)
        places = await self._table.query(
            Key("session_id").eq(PARTITION) & behind, most=PLACES_A_SWEEP
        )
        ids = [str(place["item"]).removeprefix(_PLACE) for place in places]
        # A blank sorts before whatever may be in an id: the next sweep begins behind the last one.
        self._cursor = f"{ids[-1]} " if len(ids) == PLACES_A_SWEEP else ""
        records = await asyncio.gather(*(self._table.get(conditions.key(id_)) for id_ in ids))
        found = (_Grave.dig(id_, item, now) for id_, item in zip(ids, records, strict=True))
        freed = await self._bury([grave for grave in found if grave])
        if freed:
            logger.bind(places=freed).info("places of calls that nobody ended given back")
        return freed

    async def sweep_now_and_then(self) -> None:
        """Sweeps unless this process did so in the last `IDLE_SWEEP_SECONDS`."""
        if self._limit and self._last_swept(IDLE_SWEEP_SECONDS):
            await self.sweep()

    def _last_swept(self, ago: float) -> bool:
        return self._swept is None or self._clock() - self._swept >= timedelta(seconds=ago)

    async def _take(self, session: Item) -> None:
        below = Attr("taken").not_exists() | Attr("taken").lt(self._limit)
        place = {"session_id": PARTITION, "item": f"{_PLACE}{session['session_id']}"}
        try:
            await self._table.transact(
                Update(key=_COUNT, when=below, add={"taken": 1}),
                Put(item=place, when=Attr("item").not_exists()),
                Put(item=session),
            )
        except ConditionFailed as failed:
            # The place of an id that we have just drawn is there: our own lost answer.
            if 1 not in failed.failed:
                raise FleetFull(self._retry_after(failed.item or {})) from None

    def _retry_after(self, count: Item) -> int:
        """In how many seconds it may be a refused caller's turn.

        ``limit`` calls at once that last ``mean`` seconds free a place every ``mean / limit``
        seconds. Before this caller are those whom this process told to come back later than now:
        ``(told + 1) * mean / limit`` seconds, 1 at least and 30 at most. Nobody keeps that order,
        and it leaves out whom other servers told: who asks first when a place is free has it.
        """
        now = self._clock()
        mean = float(count.get("mean_seconds", GUESSED_SECONDS))
        told = sum(moment > now for moment in self._told)
        least, most = RETRY_SECONDS
        seconds = min(most, max(least, math.ceil((told + 1) * mean / self._limit)))
        self._told.append(now + timedelta(seconds=seconds))
        return seconds

    async def _bury(self, graves: Sequence["_Grave"]) -> int:
        while graves:
            count = await self._counted(-len(graves), [g.length for g in graves if g.length])
            writes = [(grave, write) for grave in graves for write in grave.writes]
            try:
                await self._table.transact(count, *(write for _, write in writes))
            except ConditionFailed as failed:
                # Another swept it, or somebody came back at the last moment: not ours to bury.
                alive = {writes[place - 1][0].session_id for place in failed.failed}
                graves = [grave for grave in graves if grave.session_id not in alive]
            else:
                return len(graves)
        return 0

    async def _counted(self, places: int, lengths: Sequence[timedelta]) -> Update:
        """The change of the count, and of the mean length by calls that end.

        DynamoDB cannot multiply, so the mean is read before. Of two that write at a time, one's
        lengths do not count: the mean stays one of calls that ended lately.
        """
        count = await self._table.get(_COUNT) or {}
        mean = float(count["mean_seconds"]) if "mean_seconds" in count else None
        for length in lengths:
            seconds = max(0.0, length.total_seconds())
            mean = seconds if mean is None else mean + WEIGHT * (seconds - mean)
        values = {} if mean is None else {"mean_seconds": Decimal(f"{mean:.1f}")}
        return Update(key=_COUNT, values=values, add={"taken": places})


@dataclass(frozen=True, slots=True)
class _Grave:
    """A place of a session that is over.

    Attributes:
        writes: Take the place away, and write into the record what it reads as.
        length: For how long the session was open; None where its record is gone.
    """

    session_id: str
    writes: tuple[Write, ...]
    length: timedelta | None

    @classmethod
    def dig(cls, session_id: str, item: Item | None, now: datetime) -> Self | None:
        """The grave of a session, None as long as it is not over."""
        if item is None:
            # A record that is being written may be seen later than its place.
            still = Check(key=conditions.key(session_id), when=Attr("item").not_exists())
            return cls(session_id, (_gone(session_id), still), None)
        session = read_session(item, now)
        if not session.status.over:
            return None
        ended_at = session.ended_at or now
        length = ended_at - session.created_at
        if SessionStatus(item["status"]).over:
            return cls(session_id, (_gone(session_id),), length)
        stays = Update(
            key=conditions.key(session_id),
            when=_unchanged(item),
            values={
                "status": session.status,
                "reason": session.reason,
                "ended_at": ended_at.isoformat(),
            },
            # Fences off a process that only stood still.
            add={"generation": 1},
        )
        return cls(session_id, (_gone(session_id), stays), length)


def _gone(session_id: str) -> Delete:
    key = {"session_id": PARTITION, "item": f"{_PLACE}{session_id}"}
    return Delete(key=key, when=Attr("item").exists())


def _unchanged(item: Item) -> ConditionBase:
    same: list[ConditionBase] = [
        Attr(name).eq(item[name]) if name in item else Attr(name).not_exists() for name in _STATE
    ]
    return reduce(And, same)
