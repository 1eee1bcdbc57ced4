"""What a session's record says: its models and its table's keys.

One DynamoDB table. Partition key ``session_id``, sort key ``item``: ``meta`` is the session itself,
``turn#000001`` and so on its finished turns. Session and bot ids share one random part, so either
finds the record with one strongly consistent read and no index.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import CreateTableInputTypeDef

META = "meta"
ABANDONED = "abandoned"
TTL_ATTRIBUTE = "expires_at"

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


class Session(BaseModel):
    """A session as it was read; it does not follow later changes.

    Attributes:
        reason: Why it is over; None until then. ``abandoned``: nobody came in time.
        caller: Who opened it, where access control knows; None otherwise.
        generation: How often it was taken or reopened; fences off the bots before.
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
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    expires_at: datetime


class Turn(BaseModel):
    """One finished turn of the conversation.

    Attributes:
        number: From 1, without gaps; writing a number again replaces that turn.
        interrupted: Whether the caller cut the agent off; ``text`` is then what was heard.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int
    role: Literal["user", "assistant"]
    text: str
    started_at: datetime
    interrupted: bool = False


def read_session(item: Mapping[str, Any], now: datetime) -> Session:
    """The session in a ``meta`` item; one that nobody came for in time reads as ended.

    So nothing has to run at a deadline, and a server that dies leaves no session waiting for ever.
    """
    session = Session.model_validate(item)
    if session.status is not SessionStatus.WAITING:
        return session
    deadline = datetime.fromtimestamp(int(item["deadline"]) / 1000, UTC)
    if deadline > now:
        return session
    over = {"status": SessionStatus.ENDED, "reason": ABANDONED, "ended_at": deadline}
    return session.model_copy(update=over)


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
