"""What DynamoDB checks before it writes to a session's record.

These say in DynamoDB's words what `read_session` says in Python's; a property test holds them
against each other.
"""

from datetime import datetime

from boto3.dynamodb.conditions import Attr, ConditionBase, Key

from services.common import tickets
from services.common.dynamodb import ConditionFailed, Item
from services.common.errors import GenerationLost, SessionEnded, SessionHeld, TicketRefused
from services.common.records import (
    META,
    MOST_STRIKES,
    Session,
    SessionStatus,
    Transport,
    milliseconds,
    read_session,
)


def key(session_id: str) -> Item:
    """Where the session itself is."""
    return {"session_id": session_id, "item": META}


def turns_of(session_id: str) -> ConditionBase:
    """Where its finished turns are, in order."""
    return Key("session_id").eq(session_id) & Key("item").begins_with("turn#")


def waiting(now: datetime) -> ConditionBase:
    """Somebody may come for it still. It says nothing of a lease that has run out."""
    status = Attr("status").eq(SessionStatus.WAITING)
    return status & Attr("deadline").gt(milliseconds(now))


def running(now: datetime) -> ConditionBase:
    """A process has it, or had it and died and it may be taken up again."""
    moment = milliseconds(now)
    unleased = Attr("lease_until").not_exists()
    return _taken() & (unleased | Attr("lease_until").gt(moment) | _orphaned(now))


def orphaned(now: datetime) -> ConditionBase:
    """The process that has it died, and it may be taken up again."""
    return _taken() & Attr("lease_until").lte(milliseconds(now)) & _orphaned(now)


def held_by(session: Session) -> ConditionBase:
    """No newer process has it."""
    return Attr("generation").eq(session.generation)


def over(transport: Transport) -> ConditionBase:
    """It is for callers who come over ``transport``."""
    return Attr("transport").eq(transport)


def check_generation(failed: ConditionFailed, session: Session) -> None:
    """Tells a session that was lost from one that is over.

    Raises:
        GenerationLost: A newer process has the session, or its record is gone.
    """
    if failed.item is None or failed.item.get("generation") != session.generation:
        raise GenerationLost from None


def refusal(item: Item, digest: str, transport: Transport) -> TicketRefused:
    """Why the ticket with this digest opens nothing, where ``item`` stands."""
    if tickets.same(item.get("used_ticket_hash"), digest):
        return TicketRefused("used")
    if not tickets.same(item.get("ticket_hash"), digest):
        return TicketRefused("unknown")
    wrong = item.get("transport") != transport
    return TicketRefused("for another transport" if wrong else "expired")


def resume_refusal(item: Item, digest: str) -> TicketRefused | SessionEnded:
    """Why the resume token with this digest leads nowhere, where ``item`` stands."""
    held = (item.get("resume_hash"), item.get("earlier_resume_hash"))
    known = any(tickets.same(hash_, digest) for hash_ in held)
    return SessionEnded() if known else TicketRefused("unknown")


def job_refusal(item: Item, opening: str, now: datetime) -> SessionEnded | SessionHeld:
    """Why a call from the queue cannot be had, where ``item`` stands."""
    session = read_session(item, now) if item else None
    if session is None or session.status.over or session.lease_until is None:
        return SessionEnded()
    if opening not in ("", session.opening):
        return SessionEnded()
    return SessionHeld((session.lease_until - now).total_seconds())


def _taken() -> ConditionBase:
    return Attr("status").is_in([SessionStatus.CONNECTING, SessionStatus.ACTIVE])


def _orphaned(now: datetime) -> ConditionBase:
    strike_left = Attr("transport").ne("daily") | Attr("strikes").lt(MOST_STRIKES - 1)
    return Attr("resume_until").gt(milliseconds(now)) & strike_left
