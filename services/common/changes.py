"""What each step of a session's life writes to its record, and on which condition.

They are the arguments of one write each. Who reads the clock, and what a refusal means, is
`SessionStore`'s business.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NotRequired, TypedDict

from boto3.dynamodb.conditions import Attr, ConditionBase

from services.common import conditions, room_names, tickets
from services.common.conditions import held_by
from services.common.dynamodb import Item
from services.common.records import (
    META,
    TTL_ATTRIBUTE,
    Room,
    Session,
    SessionStatus,
    Transport,
    Turn,
    milliseconds,
)


class Change(TypedDict):
    """A conditional change of a session's record; `Table.update` says what its parts are."""

    when: ConditionBase
    values: Item
    first: NotRequired[Item]
    add: NotRequired[dict[str, int]]
    remove: NotRequired[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Lease:
    """Until when a process has a session, and until when it may be taken up after that."""

    now: datetime
    length: timedelta
    grace: timedelta

    def values(self) -> Item:
        """As the record holds it."""
        until = self.now + self.length
        return {
            "lease_until": milliseconds(until),
            "resume_until": milliseconds(until + self.grace),
        }


_LEASE = ("lease_until", "resume_until")
_WAIT = ("ticket_hash", "deadline", "earlier_resume_hash")


def new_session(
    transport: Transport,
    agent: str,
    caller: str | None,
    room: Room | None,
    now: datetime,
    wait: timedelta,
    retention: timedelta,
) -> Session:
    """A session that waits for its caller; one with a room of ours is called as the room is."""
    session_id = (room and room_names.session_of(room.name)) or f"ses_{secrets.token_urlsafe(16)}"
    return Session(
        session_id=session_id,
        bot_id=f"bot_{session_id.removeprefix('ses_')}",
        status=SessionStatus.WAITING,
        transport=transport,
        agent=agent,
        caller=caller,
        room=room,
        opening=_opening(),
        deadline=now + wait,
        generation=0,
        created_at=now,
        expires_at=now + retention,
    )


def opened(session: Session, ticket: str, resume: str) -> Item:
    """The record of a new session; it holds no ticket, only what tells the right one."""
    return {
        **session.model_dump(exclude_none=True),
        "item": META,
        "deadline": milliseconds(session.deadline or session.created_at),
        "created_at": session.created_at.isoformat(),
        TTL_ATTRIBUTE: int(session.expires_at.timestamp()),
        "ticket_hash": tickets.digest(ticket),
        "resume_hash": tickets.digest(resume),
    }


def spoken(session: Session, turn: Turn) -> Item:
    """The item of a finished turn."""
    return {
        "session_id": session.session_id,
        "item": f"turn#{turn.number:06d}",
        TTL_ATTRIBUTE: int(session.expires_at.timestamp()),
        **turn.model_dump(mode="json"),
    }


def reopened(
    shown: tickets.Presented,
    ticket: str,
    resume: str,
    transport: Transport | None,
    room: Room | None,
    now: datetime,
    wait: timedelta,
) -> Change:
    """Its caller comes back, and whoever had it has it no more."""
    values = {
        "status": SessionStatus.WAITING,
        "deadline": milliseconds(now + wait),
        "ticket_hash": tickets.digest(ticket),
        "resume_hash": tickets.digest(resume),
        "earlier_resume_hash": shown.digest,
        "transport": transport,
        "room": None if room is None else room.model_dump(),
        "opening": _opening(),
    }
    known = Attr("resume_hash").eq(shown.digest) | Attr("earlier_resume_hash").eq(shown.digest)
    return {
        "when": known & (conditions.running(now) | conditions.waiting(now)),
        "values": {name: value for name, value in values.items() if value is not None},
        "add": {"generation": 1},
        "remove": _LEASE,
    }


def taken(shown: tickets.Presented, transport: Transport, lease: Lease) -> Change:
    """The holder of the ticket with this digest is here."""
    mine = Attr("ticket_hash").eq(shown.digest) & conditions.over(transport)
    return {
        "when": mine & conditions.waiting(lease.now),
        "values": _taker(lease) | {"used_ticket_hash": shown.digest},
        "add": {"generation": 1},
        "remove": _WAIT,
    }


def job_taken(opening: str, lease: Lease) -> tuple[Change, Change]:
    """A process that got its job has it: one that waits, or one whose process died, a strike."""
    values = _taker(lease)
    daily = conditions.over("daily")
    if opening:
        daily &= Attr("opening").eq(opening)
    waiting: Change = {
        "when": daily & conditions.waiting(lease.now),
        "values": values,
        "add": {"generation": 1},
        "remove": _WAIT,
    }
    orphaned: Change = {
        "when": daily & conditions.orphaned(lease.now),
        "values": values,
        "add": {"generation": 1, "strikes": 1},
        "remove": _WAIT,
    }
    return waiting, orphaned


def renewed(session: Session, lease: Lease) -> Change:
    """Its process lives."""
    return {"when": _running(session, lease.now), "values": lease.values()}


def activated(session: Session, now: datetime) -> Change:
    """The caller can be heard."""
    return {
        "when": _running(session, now),
        "values": {"status": SessionStatus.ACTIVE},
        "first": {"started_at": now.isoformat()},
    }


def released(session: Session, *, now: datetime, grace: timedelta) -> Change:
    """Its process lets go of it."""
    values = {"status": SessionStatus.WAITING, "deadline": milliseconds(now + grace)}
    return {"when": _running(session, now), "values": values, "remove": _LEASE}


def lost(session: Session, now: datetime) -> Change:
    """Its process died, and another may have it."""
    change = released(session, now=now, grace=session.grace)
    if session.transport == "daily":
        change["add"] = {"strikes": 1}
    return change


def ended(session: Session, *, now: datetime, reason: str, failed: bool) -> Change:
    """Nothing follows."""
    values = {
        "status": SessionStatus.FAILED if failed else SessionStatus.ENDED,
        "reason": reason,
        "ended_at": now.isoformat(),
    }
    return {"when": _running(session, now), "values": values, "remove": _LEASE}


def called_off(session: Session, *, now: datetime, reason: str) -> Change:
    """Nobody was told to take it."""
    change = ended(session, now=now, reason=reason, failed=True)
    return change | {"when": held_by(session) & conditions.waiting(now), "remove": _WAIT}


def _opening() -> str:
    return secrets.token_hex(4)


def _taker(lease: Lease) -> Item:
    """Names the taker: one whose answer got lost finds out that it was let in."""
    return {
        "status": SessionStatus.CONNECTING,
        "taker": secrets.token_hex(8),
        **lease.values(),
    }


def _running(session: Session, now: datetime) -> ConditionBase:
    return held_by(session) & conditions.running(now)
