"""Where an order is."""

import asyncio
import re
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from services.bot.tools import ToolContext

#: What the model may hand on of an order; anything else in the item is the shop's own business.
PUBLIC_FIELDS = ("order_number", "status", "items", "delivery_date", "carrier")


async def track_order(order_number: str, *, context: ToolContext) -> dict[str, Any]:
    """Looks up an order: its status, what is in it, when it arrives and who carries it.

    Ask for the order number first if the caller has not said it.

    Args:
        order_number: The digits of the order number, for example 4217.
        context: Where the orders are.
    """
    digits = re.sub(r"\D", "", order_number)
    if not 3 <= len(digits) <= 12:
        return {"error": "an order number has 3 to 12 digits; ask the caller to repeat it"}
    found = await asyncio.to_thread(
        context.dynamodb.get_item,
        TableName=context.orders_table,
        Key={"order_number": {"S": digits}},
    )
    if "Item" not in found:
        return {"error": f"there is no order with the number {digits}"}
    deserialize = TypeDeserializer().deserialize
    order = {name: deserialize(value) for name, value in found["Item"].items()}
    return {name: _plain(order[name]) for name in PUBLIC_FIELDS if name in order}


def _plain(value: Any) -> Any:  # noqa: ANN401  (DynamoDB attributes are of any type)
    """Numbers come as Decimal, which JSON does not know."""
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, str | bool) or value is None:
        return value
    return int(value) if value == int(value) else float(value)
