"""What a tool may know of the call that it works for."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool may know of the call that it works for.

    Attributes:
        session_id: The call, for log lines.
        dynamodb: A blocking client: use it in `asyncio.to_thread`.
        orders_table: Name of the table that holds the orders.
    """

    session_id: str
    dynamodb: "DynamoDBClient"
    orders_table: str
