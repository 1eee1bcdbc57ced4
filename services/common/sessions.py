"""Session records: what status, resume and transcript read; a session's state is nowhere else.

Who may write is decided by DynamoDB, never by what a process remembers. A ticket is consumed by a
conditional write, so of many takers one wins. ``generation`` rises whenever a session is taken or
reopened, and every write of a bot is conditional on it: a bot that lost its caller and wakes up
again gets `GenerationLost` and changes nothing.

Whoever takes a session has it for the length of a lease, and renews it. A lease's end is a time by
its holder's clock and read by another's. So a holder that cannot renew lets go `CLOCK_SKEW_SECONDS`
before that end, by a clock that nobody sets; where clocks are further apart, ``generation`` fences.
"""

from contextlib import suppress
from datetime import timedelta
from typing import Self

from services.common import aws, changes, conditions, tickets
from services.common.budget import Budget
from services.common.conditions import check_generation, held_by, key
from services.common.dynamodb import ConditionFailed, Item, Table
from services.common.errors import GenerationLost, SessionEnded, TicketRefused
from services.common.records import (
    PROCESS_DIED,
    Clock,
    Opened,
    Room,
    Session,
    SessionStatus,
    Transport,
    Turn,
    read_session,
    table_definition,
    utc_now,
)
from services.common.settings import CommonSettings

__all__ = [
    "Opened",
    "Room",
    "Session",
    "SessionStatus",
    "SessionStore",
    "Transport",
    "Turn",
    "table_definition",
]


class SessionStore:
    """The session records of one table; every method raises `StoreError` where DynamoDB fails."""

    def __init__(
        self,
        table: Table,
        *,
        retention: timedelta = timedelta(days=30),
        lease: timedelta = timedelta(seconds=15),
        grace: timedelta = timedelta(seconds=60),
        max_calls: int = 0,
        clock: Clock = utc_now,
    ) -> None:
        """Uses ``table``; records may be deleted ``retention`` after they were opened.

        A process has a session for a ``lease`` at a time. A call whose process died may be taken
        up again for the ``grace`` behind it. ``max_calls`` is for the whole fleet; 0: no limit.
        """
        self._table = table
        self._retention = retention
        self._lease = lease
        self._grace = grace
        self._clock = clock
        self._budget = Budget(table, limit=max_calls, clock=clock)

    @classmethod
    def connect(cls, settings: CommonSettings, *, clock: Clock = utc_now) -> Self:
        """A store on the table that the settings name. Opens no connection yet."""
        return cls(
            Table(aws.dynamodb(settings.aws_region), settings.sessions_table),
            retention=timedelta(days=settings.session_retention_days),
            lease=timedelta(seconds=settings.lease_seconds),
            grace=timedelta(seconds=settings.resume_seconds),
            max_calls=settings.max_calls,
            clock=clock,
        )

    async def open(
        self,
        *,
        transport: Transport,
        agent: str,
        caller: str | None = None,
        room: Room | None = None,
        ticket_seconds: float,
    ) -> Opened:
        """Writes a new ``waiting`` session, to be taken within ``ticket_seconds``.

        Raises:
            FleetFull: There are as many calls as there may be.
        """
        now, wait = self._clock(), timedelta(seconds=ticket_seconds)
        session = changes.new_session(transport, agent, caller, room, now, wait, self._retention)
        ticket, resume = (tickets.mint(session.session_id, kind) for kind in ("ticket", "resume"))
        item = await self._budget.open(changes.opened(session, ticket, resume))
        return Opened(read_session(item, now), ticket, resume)

    async def reopen(
        self,
        resume: str,
        *,
        ticket_seconds: float,
        transport: Transport | None = None,
        room: Room | None = None,
    ) -> Opened:
        """Lets a caller come back to a session: a new ticket and a new resume token.

        The bot that served it before is fenced off, even if it still believes itself connected. The
        token stays good until the new ticket is taken, so that a caller whose answer got lost on a
        bad line can ask again.

        Args:
            resume: What the caller showed.
            ticket_seconds: How long the new ticket is good for.
            transport: What the caller comes back over; None keeps what it was.
            room: Where it takes place; None keeps the room it had.

        Raises:
            TicketRefused: The token is not, or no longer, this session's.
            SessionEnded: The session is over, or the caller came back too late.
        """
        shown = tickets.Presented.parse(resume, "resume")
        if shown is None:
            raise TicketRefused("unknown")
        now = self._clock()
        ticket, renewed = (tickets.mint(shown.session_id, kind) for kind in ("ticket", "resume"))
        wait = timedelta(seconds=ticket_seconds)
        change = changes.reopened(shown, ticket, renewed, transport, room, now, wait)
        try:
            item = await self._table.update(key(shown.session_id), **change)
        except ConditionFailed as failed:
            raise conditions.resume_refusal(failed.item or {}, shown.digest) from None
        return Opened(read_session(item, now), ticket, renewed)

    async def get(self, session_id: str) -> Session | None:
        """The session as it is now, on every replica; None where there is none."""
        known = tickets.is_session_id(session_id)
        item = await self._table.get(key(session_id)) if known else None
        return None if item is None else read_session(item, self._clock())

    async def find_bot(self, bot_id: str) -> Session | None:
        """The session that this bot serves; None where there is none."""
        kind, _, random = bot_id.partition("_")
        return await self.get(f"ses_{random}") if kind == "bot" else None

    async def take(
        self, ticket: str, *, over: Transport = "websocket", resumable: bool = True
    ) -> Session:
        """Consumes a ticket: the caller is here, and this process serves the session from now on.

        Args:
            ticket: What the caller showed.
            over: What the caller came over; a ticket is good for one transport.
            resumable: Whether the caller holds the resume token, and so can come back.

        Raises:
            TicketRefused: Unknown, used, expired or for another transport.
        """
        shown = tickets.Presented.parse(ticket, "ticket")
        if shown is None:
            raise TicketRefused("unknown")
        lease = self._lease_from_now(self._grace if resumable else timedelta(0))
        change = changes.taken(shown, over, lease)
        try:
            item = await self._table.update(key(shown.session_id), **change)
        except ConditionFailed as failed:
            item = failed.item or {}
            if item.get("taker") != change["values"]["taker"]:
                raise conditions.refusal(item, shown.digest, over) from None
        return read_session(item, self._clock())

    async def take_job(self, session_id: str, opening: str = "") -> Session:
        """Takes a call that the queue gave to this process.

        Of many processes with the same job one wins. A process before that died is a strike.

        Raises:
            SessionHeld: A process that may still live has it.
            SessionEnded: It is over, or has no record, or three processes died of it; or its caller
                came back since the job of this ``opening`` was sent.
        """
        if not tickets.is_session_id(session_id):
            raise SessionEnded
        lease, stands = self._lease_from_now(self._grace), Item()
        for change in changes.job_taken(opening, lease):
            try:
                item = await self._table.update(key(session_id), **change)
                return read_session(item, lease.now)
            except ConditionFailed as failed:
                stands = failed.item or {}
                if stands.get("taker") == change["values"]["taker"]:
                    return read_session(stands, lease.now)
        raise conditions.job_refusal(stands, opening, lease.now)

    def _lease_from_now(self, grace: timedelta) -> changes.Lease:
        return changes.Lease(self._clock(), self._lease, grace)

    async def renew(self, session: Session) -> Session:
        """Keeps a session for another lease.

        Raises:
            GenerationLost: A newer process has the session.
            SessionEnded: It is over.
        """
        lease = self._lease_from_now(session.grace)
        return await self._go_on(session, changes.renewed(session, lease))

    async def activate(self, session: Session) -> Session:
        """Marks the session ``active``: the caller can be heard.

        Raises:
            GenerationLost: A newer process has the session.
            SessionEnded: It is over.
        """
        return await self._go_on(session, changes.activated(session, self._clock()))

    async def _go_on(self, session: Session, change: changes.Change) -> Session:
        try:
            item = await self._table.update(key(session.session_id), **change)
            return read_session(item, self._clock())
        except ConditionFailed as failed:
            check_generation(failed, session)
            raise SessionEnded from None

    async def append_turn(self, session: Session, turn: Turn) -> None:
        """Adds a finished turn to the record.

        Raises:
            GenerationLost: A newer process has the session.
        """
        item = changes.spoken(session, turn)
        try:
            await self._table.put_if(item, key=key(session.session_id), when=held_by(session))
        except ConditionFailed:
            raise GenerationLost from None

    async def turns(self, session_id: str) -> list[Turn]:
        """The session's finished turns, in order."""
        found = await self._table.query(conditions.turns_of(session_id))
        return [Turn.model_validate(item) for item in found]

    async def release(self, session: Session, *, seconds: float) -> None:
        """Lets go of a session for ``seconds``, in which its caller may come back.

        Raises:
            GenerationLost: A newer process has the session.
        """
        grace = timedelta(seconds=seconds)
        await self._leave(session, changes.released(session, now=self._clock(), grace=grace))

    async def end(self, session: Session, *, reason: str, failed: bool = False) -> None:
        """Ends a session, as ``failed`` where it is our fault; the first end's reason stands.

        The reason is a slug for ``/status``, such as ``caller-left``; never what somebody said.

        Raises:
            GenerationLost: A newer process has the session.
        """
        change = changes.ended(session, now=self._clock(), reason=reason, failed=failed)
        try:
            await self._budget.end(session, change)
        except ConditionFailed as refusal:
            check_generation(refusal, session)

    async def call_off(self, session: Session, *, reason: str) -> None:
        """Ends a session that nobody came for yet, as failed; one that somebody took goes on."""
        change = changes.called_off(session, now=self._clock(), reason=reason)
        with suppress(ConditionFailed):
            await self._budget.end(session, change)

    async def lose(self, session: Session) -> None:
        """Closes what a process left open that surely died: the call may be taken up at once.

        Raises:
            GenerationLost: A newer process has the session.
        """
        if session.survives_its_process:
            await self._leave(session, changes.lost(session, self._clock()))
        else:
            await self.end(session, reason=PROCESS_DIED, failed=True)

    async def _leave(self, session: Session, change: changes.Change) -> None:
        try:
            await self._table.update(key(session.session_id), **change)
        except ConditionFailed as failed:
            check_generation(failed, session)

    async def sweep(self) -> None:
        """Looks after places of calls that nobody ended; call it often, it mostly does nothing."""
        await self._budget.sweep_now_and_then()
