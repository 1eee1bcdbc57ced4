"""Session records: what status, resume and transcript read; a session's state is nowhere else.

Who may write is decided by DynamoDB, never by what a process remembers. A ticket is consumed by a
conditional write, so of many takers one wins. ``generation`` rises whenever a session is taken or
reopened, and every write of a bot is conditional on it: a bot that lost its caller and wakes up
again gets `GenerationLost` and changes nothing.
"""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self

from boto3.dynamodb.conditions import Attr, ConditionBase, Key

from services.common import aws, tickets
from services.common.dynamodb import ConditionFailed, Item, Table
from services.common.errors import GenerationLost, SessionEnded, TicketRefused
from services.common.records import (
    ABANDONED,
    META,
    TTL_ATTRIBUTE,
    Session,
    SessionStatus,
    Transport,
    Turn,
    milliseconds,
    read_session,
    table_definition,
)
from services.common.settings import CommonSettings

__all__ = [
    "ABANDONED",
    "TTL_ATTRIBUTE",
    "Clock",
    "Opened",
    "Session",
    "SessionStatus",
    "SessionStore",
    "Transport",
    "Turn",
    "table_definition",
]

Clock = Callable[[], datetime]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Opened(NamedTuple):
    """A session that waits for its caller, and what the caller needs; both tokens are secrets."""

    session: Session
    ticket: str
    resume: str


class SessionStore:
    """The session records of one table.

    Every method raises `StoreUnavailable` or `StoreRefused` where DynamoDB fails, after seconds.
    """

    def __init__(
        self,
        table: Table,
        *,
        retention: timedelta = timedelta(days=30),
        clock: Clock = _utc_now,
    ) -> None:
        """Uses ``table``; records may be deleted ``retention`` after they were opened."""
        self._table = table
        self._retention = retention
        self._clock = clock

    @classmethod
    def connect(cls, settings: CommonSettings, *, clock: Clock = _utc_now) -> Self:
        """A store on the table that the settings name. Opens no connection yet."""
        client = aws.dynamodb(settings.aws_region)
        retention = timedelta(days=settings.session_retention_days)
        return cls(Table(client, settings.sessions_table), retention=retention, clock=clock)

    async def open(
        self,
        *,
        transport: Transport,
        agent: str,
        caller: str | None = None,
        ticket_seconds: float,
    ) -> Opened:
        """Writes a new ``waiting`` session, to be taken within ``ticket_seconds``."""
        random = secrets.token_urlsafe(16)
        session_id, now = f"ses_{random}", self._clock()
        ticket, resume = tickets.mint(session_id, "ticket"), tickets.mint(session_id, "resume")
        item: Item = {
            "session_id": session_id,
            "item": META,
            "bot_id": f"bot_{random}",
            "status": SessionStatus.WAITING,
            "transport": transport,
            "agent": agent,
            "caller": caller,
            "ticket_hash": tickets.digest(ticket),
            "resume_hash": tickets.digest(resume),
            "deadline": milliseconds(now + timedelta(seconds=ticket_seconds)),
            "generation": 0,
            "created_at": now.isoformat(),
            TTL_ATTRIBUTE: int((now + self._retention).timestamp()),
        }
        await self._table.put(item)
        return Opened(read_session(item, self._clock()), ticket, resume)

    async def reopen(
        self, resume: str, *, ticket_seconds: float, transport: Transport | None = None
    ) -> Opened:
        """Lets a caller come back to a session: a new ticket and a new resume token.

        The bot that served it before is fenced off, even if it still believes itself connected. The
        token stays good until the new ticket is taken, so that a caller whose answer got lost on a
        bad line can ask again.

        Args:
            resume: The resume token.
            ticket_seconds: How long the new ticket is good for.
            transport: What the caller comes back over; None keeps the transport it had.

        Raises:
            TicketRefused: The token is not, or no longer, this session's.
            SessionEnded: The session is over, or the caller came back too late.
        """
        shown = tickets.Presented.parse(resume, "resume")
        if shown is None:
            raise TicketRefused("unknown")
        now = self._clock()
        ticket = tickets.mint(shown.session_id, "ticket")
        renewed = tickets.mint(shown.session_id, "resume")
        values = {
            "status": SessionStatus.WAITING,
            "deadline": milliseconds(now + timedelta(seconds=ticket_seconds)),
            "ticket_hash": tickets.digest(ticket),
            "resume_hash": tickets.digest(renewed),
            "earlier_resume_hash": shown.digest,
        } | ({"transport": transport} if transport else {})
        known = Attr("resume_hash").eq(shown.digest) | Attr("earlier_resume_hash").eq(shown.digest)
        alive = _is(SessionStatus.CONNECTING, SessionStatus.ACTIVE) | _waiting_at(now)
        try:
            item = await self._table.update(
                _key(shown.session_id), when=known & alive, values=values, add={"generation": 1}
            )
        except ConditionFailed as failed:
            stands = failed.item or {}
            held = (stands.get("resume_hash"), stands.get("earlier_resume_hash"))
            if any(tickets.same(hash_, shown.digest) for hash_ in held):
                raise SessionEnded from None
            raise TicketRefused("unknown") from None
        return Opened(read_session(item, self._clock()), ticket, renewed)

    async def get(self, session_id: str) -> Session | None:
        """The session as it is now, on every replica; None where there is none."""
        if not tickets.is_session_id(session_id):
            return None
        item = await self._table.get(_key(session_id))
        return None if item is None else read_session(item, self._clock())

    async def find_bot(self, bot_id: str) -> Session | None:
        """The session that this bot serves; None where there is none."""
        kind, _, random = bot_id.partition("_")
        return await self.get(f"ses_{random}") if kind == "bot" else None

    async def take(self, ticket: str) -> Session:
        """Consumes a ticket: the caller is here, and this process serves the session from now on.

        Raises:
            TicketRefused: Unknown, used or expired.
        """
        shown = tickets.Presented.parse(ticket, "ticket")
        if shown is None:
            raise TicketRefused("unknown")
        now = self._clock()
        taker = secrets.token_hex(8)
        try:
            item = await self._table.update(
                _key(shown.session_id),
                when=Attr("ticket_hash").eq(shown.digest) & _waiting_at(now),
                values={
                    "status": SessionStatus.CONNECTING,
                    "used_ticket_hash": shown.digest,
                    "taker": taker,
                },
                add={"generation": 1},
                remove=("ticket_hash", "deadline", "earlier_resume_hash"),
            )
        except ConditionFailed as failed:
            item = failed.item or {}
            if item.get("taker") != taker:
                raise _refusal(item, shown.digest) from None
        return read_session(item, self._clock())

    async def activate(self, session: Session) -> Session:
        """Marks the session ``active``: the caller can be heard.

        Raises:
            GenerationLost: A newer process has the session.
            SessionEnded: It is over.
        """
        try:
            item = await self._table.update(
                _key(session.session_id),
                when=_held_by(session) & _is(SessionStatus.CONNECTING, SessionStatus.ACTIVE),
                values={"status": SessionStatus.ACTIVE},
                first={"started_at": self._clock().isoformat()},
            )
        except ConditionFailed as failed:
            _check_generation(failed, session)
            raise SessionEnded from None
        return read_session(item, self._clock())

    async def append_turn(self, session: Session, turn: Turn) -> None:
        """Adds a finished turn to the record.

        Raises:
            GenerationLost: A newer process has the session.
        """
        item: Item = {
            "session_id": session.session_id,
            "item": f"turn#{turn.number:06d}",
            TTL_ATTRIBUTE: int(session.expires_at.timestamp()),
            **turn.model_dump(exclude={"started_at"}),
            "started_at": turn.started_at.isoformat(),
        }
        try:
            await self._table.put_if(item, key=_key(session.session_id), when=_held_by(session))
        except ConditionFailed:
            raise GenerationLost from None

    async def turns(self, session_id: str) -> list[Turn]:
        """The session's finished turns, in order."""
        found = await self._table.query(
            Key("session_id").eq(session_id) & Key("item").begins_with("turn#")
        )
        return [Turn.model_validate(item) for item in found]

    async def release(self, session: Session, *, seconds: float) -> None:
        """Lets go of a session whose connection dropped; one that is over stays over.

        Args:
            session: As it was taken.
            seconds: How long the caller may take to come back with the resume token.

        Raises:
            GenerationLost: A newer process has the session.
        """
        deadline = self._clock() + timedelta(seconds=seconds)
        await self._leave(
            session,
            values={"status": SessionStatus.WAITING, "deadline": milliseconds(deadline)},
        )

    async def end(self, session: Session, *, reason: str, failed: bool = False) -> None:
        """Ends a session; the first end's reason stands.

        Args:
            session: As it was taken.
            reason: A slug for ``/status``, such as ``caller-left``; never what somebody said.
            failed: Whether it is our fault.

        Raises:
            GenerationLost: A newer process has the session.
        """
        await self._leave(
            session,
            values={
                "status": SessionStatus.FAILED if failed else SessionStatus.ENDED,
                "reason": reason,
                "ended_at": self._clock().isoformat(),
            },
        )

    async def _leave(self, session: Session, *, values: dict[str, object]) -> None:
        over = _is(SessionStatus.ENDED, SessionStatus.FAILED)
        try:
            await self._table.update(
                _key(session.session_id), when=_held_by(session) & ~over, values=values
            )
        except ConditionFailed as failed:
            _check_generation(failed, session)


def _key(session_id: str) -> Item:
    return {"session_id": session_id, "item": META}


def _is(*statuses: SessionStatus) -> ConditionBase:
    return Attr("status").is_in(list(statuses))


def _waiting_at(now: datetime) -> ConditionBase:
    return Attr("status").eq(SessionStatus.WAITING) & Attr("deadline").gt(milliseconds(now))


def _held_by(session: Session) -> ConditionBase:
    return Attr("generation").eq(session.generation)


def _check_generation(failed: ConditionFailed, session: Session) -> None:
    if failed.item is None or failed.item.get("generation") != session.generation:
        raise GenerationLost from None


def _refusal(item: Item, digest: str) -> TicketRefused:
    if tickets.same(item.get("used_ticket_hash"), digest):
        return TicketRefused("used")
    return TicketRefused("expired" if tickets.same(item.get("ticket_hash"), digest) else "unknown")
