"""What a tool may know of the call that it works for."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

    from services.common.sessions import Turn


async def _nothing_said() -> "Sequence[Turn]":
    return ()


def _nobody_hangs_up(reason: str) -> None:
    """In a test there is no call to end."""


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool may know of the call that it works for.

    Attributes:
        session_id: The call, for log lines.
        dynamodb: A blocking client: use it in `asyncio.to_thread`.
        orders_table: Name of the table that holds the orders.
        agent: The key of the agent that answers.
        state: What the tools of this call want to keep until its end; empty when it begins. It is
            lost when the call goes on in another process.
        transcript: The turns so far, oldest first.
        hang_up: Ends the call, after the agent has said what it says to the tool's result. Takes a
            reason for the log.
    """

    session_id: str
    dynamodb: "DynamoDBClient"
    orders_table: str
    agent: str = ""
    state: dict[str, Any] = field(default_factory=dict)
    transcript: "Callable[[], Awaitable[Sequence[Turn]]]" = _nothing_said
    hang_up: Callable[[str], None] = _nobody_hangs_up
