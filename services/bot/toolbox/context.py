"""What a tool may know of the call that it works for."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from services.bot.toolbox.consent import Consent

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

    from services.bot.handing_over import HandOver, Taken
    from services.bot.knowledge import Shelf
    from services.bot.mcp_servers import ServerTools
    from services.bot.memory import Recollection
    from services.bot.recording.recording import Recording
    from services.common.sessions import Turn


async def _nothing_said() -> "Sequence[Turn]":
    return ()


def _nobody_hangs_up() -> None:
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
        knowledge: The agent's documents, where it has some.
        memory: What the agent knows of the caller from earlier calls, where it may remember them.
        recording: What is being recorded of this call, where it may be.
        consent: `consent.ask("cancel order 4217")` before something is changed goes on only if the
            caller has agreed to it.
        servers: The MCP servers of the call's agent, where it names some.
        hang_up: Ends the call, after the agent has said what it says to the tool's result.
        hand_over: Passes the call on to a person; None where nobody takes calls.
    """

    session_id: str
    dynamodb: "DynamoDBClient"
    orders_table: str
    agent: str = ""
    state: dict[str, Any] = field(default_factory=dict)
    transcript: "Callable[[], Awaitable[Sequence[Turn]]]" = _nothing_said
    knowledge: "Shelf | None" = None
    memory: "Recollection | None" = None
    recording: "Recording | None" = None
    consent: Consent = field(default_factory=Consent)
    servers: "ServerTools | None" = None
    hang_up: Callable[[], None] = _nobody_hangs_up
    hand_over: "Callable[[HandOver], Awaitable[Taken]] | None" = None
