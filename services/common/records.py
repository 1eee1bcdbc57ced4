"""What a session's record says: its models and its table's keys.

One DynamoDB table. Partition key ``session_id``, sort key ``item``: ``meta`` is the session itself,
``turn#000001`` and so on its finished turns. Session and bot ids share one random part, and so does
the name of a room on Daily: any of them finds the record with one strongly consistent read.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict

from services.common.prices import Tokens

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import CreateTableInputTypeDef

META = "meta"
ABANDONED = "abandoned"
PROCESS_DIED = "process-died"
TTL_ATTRIBUTE = "expires_at"

MOST_STRIKES = 3
"""A call that so many processes died of is nobody's any more. The queue's redrive policy gives a
job as many (``cdk.data.jobs``)."""

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """What time it is."""
    return datetime.now(UTC)


CLOCK_SKEW_SECONDS = 2.0
"""How far apart two tasks' clocks may be. The Amazon Time Sync Service that Fargate uses keeps them
within milliseconds; a laptop's may be worse."""

Transport = Literal["websocket", "webrtc", "daily"]


class SessionStatus(StrEnum):
    """Where a session stands."""

    WAITING = "waiting"
    """For a caller, or for one whose connection dropped to come back."""
    CONNECTING = "connecting"
    ACTIVE = "active"
    ENDED = "ended"
    FAILED = "failed"

    @property
    def over(self) -> bool:
        """Whether nothing can follow."""
        return self in (SessionStatus.ENDED, SessionStatus.FAILED)


class Room(BaseModel):
    """The room in which a call over Daily takes place."""

    model_config = ConfigDict(frozen=True)

    name: str
    url: str


def _moment(value: object) -> object:
    """A moment as the record holds it, in milliseconds since 1970."""
    if isinstance(value, Decimal | int):
        return datetime.fromtimestamp(int(value) / 1000, UTC)
    return value


_Moment = Annotated[datetime, BeforeValidator(_moment)]


class Session(BaseModel):
    """A session as it was read; it does not follow later changes.

    Attributes:
        reason: Why it is over; None until then. ``abandoned``: nobody came in time.
            ``process-died``: the caller cannot come back, or three processes died of the call.
        caller: Who opened it, where access control knows; None otherwise.
        generation: How often it was taken or reopened; fences off the bots before.
        opening: Tells this opening of the session from those before, each with a job of its own.
        deadline: While it waits: until when somebody must have come.
        lease_until: Until when the process that has the call surely lives, by that process's clock.
        resume_until: Until when the call may be taken up again should that process die. Where
            nobody can, as ``lease_until``.
        room: Where a call over Daily takes place.
        strikes: How many processes died of this call, of those that the queue gave it to.
        place: Whether it has one of the places of the fleet's budget, which its end gives back.
        started_at: When the first bot was ready; kept over reconnections.
        expires_at: When DynamoDB may delete the record and its turns.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    session_id: str
    bot_id: str
    status: SessionStatus
    reason: str | None = None
    transport: Transport
    agent: str
    caller: str | None = None
    generation: int
    opening: str = ""
    deadline: _Moment | None = None
    lease_until: _Moment | None = None
    resume_until: _Moment | None = None
    room: Room | None = None
    strikes: int = 0
    place: bool = False
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    expires_at: datetime

    @property
    def grace(self) -> timedelta:
        """How long the call may be taken up again after its process died."""
        if self.lease_until is None or self.resume_until is None:
            return timedelta(0)
        return self.resume_until - self.lease_until

    @property
    def survives_its_process(self) -> bool:
        """Whether another process may go on with the call if the one that has it dies now."""
        last_strike = self.transport == "daily" and self.strikes + 1 >= MOST_STRIKES
        return self.grace > timedelta(0) and not last_strike


class Turn(BaseModel):
    """One finished turn of the conversation.

    Attributes:
        number: From 1, without gaps; writing a number again replaces that turn.
        ended_at: When it had been said, or was cut off.
        interrupted: Whether the caller cut the agent off; ``text`` is then what was heard.
        tokens: What the model counted since the turn before.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int
    role: Literal["user", "assistant"]
    text: str
    started_at: datetime
    ended_at: datetime | None = None
    interrupted: bool = False
    tokens: Tokens | None = None


class Opened(NamedTuple):
    """A session that waits for its caller, and what the caller needs; both tokens are secrets."""

    session: Session
    ticket: str
    resume: str


def read_session(item: Mapping[str, Any], now: datetime) -> Session:
    """The session in a ``meta`` item, as it stands at ``now``.

    One that nobody came for in time reads as ended. One whose lease has run out reads as what its
    process's death makes of it: waiting for whoever may take it up, later ended, or failed. So
    nothing has to run at a deadline, and no server or bot that dies leaves a session open for ever.
    """
    session = Session.model_validate(item)
    if session.status is SessionStatus.WAITING:
        return _abandoned_at(session.deadline, session, now)
    if session.status.over or session.lease_until is None or session.lease_until > now:
        return session
    if not session.survives_its_process:
        return _over(session, SessionStatus.FAILED, PROCESS_DIED, session.lease_until)
    waiting = session.model_copy(update={"status": SessionStatus.WAITING})
    return _abandoned_at(session.resume_until, waiting, now)


def _abandoned_at(deadline: datetime | None, session: Session, now: datetime) -> Session:
    if deadline is None or deadline > now:
        return session
    return _over(session, SessionStatus.ENDED, ABANDONED, deadline)


def _over(session: Session, status: SessionStatus, reason: str, moment: datetime) -> Session:
    return session.model_copy(update={"status": status, "reason": reason, "ended_at": moment})


def milliseconds(moment: datetime) -> int:
    """``moment`` as ``deadline`` holds it: a number, so that DynamoDB can compare it."""
    return int(moment.timestamp() * 1000)


def table_definition(name: str) -> "CreateTableInputTypeDef":
    """The table's keys as DynamoDB's CreateTable takes them; `TTL_ATTRIBUTE` names its TTL."""
    return {
        "TableName": name,
        "KeySchema": [
            {"AttributeName": "session_id", "KeyType": "HASH"},
            {"AttributeName": "item", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": "session_id", "AttributeType": "S"},
            {"AttributeName": "item", "AttributeType": "S"},
        ],
        "BillingMode": "PAY_PER_REQUEST",
    }
