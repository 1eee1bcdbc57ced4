"""The orders of the demonstration's shop: where one is, whose they are, and taking one back.

What stands in an order was typed by strangers. It is handed on as data, shortened and field by
field; what it may say to the model changes nothing without the caller's own consent.
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

from services.bot.tools import ToolContext, ToolFailedError, tool

#: What the model may hand on of an order; anything else in the item is the shop's own business.
PUBLIC_FIELDS = ("order_number", "status", "items", "delivery_date", "carrier")
LONGEST_TEXT = 200
MOST_ORDERS = 5

#: The table's index of orders by the address they were ordered with.
EMAIL_INDEX = "email"
#: What has left the house cannot be taken back.
CANCELLABLE = ("received", "processing")

_SAID = {" at ": "@", " dot ": ".", " underscore ": "_", " dash ": "-", " hyphen ": "-"}


@tool(progress="One moment, I am looking up your order.")
async def track_order(order_number: str, *, context: ToolContext) -> dict[str, Any]:
    """Looks up an order: its status, what is in it, when it arrives and who carries it.

    Ask for the order number first if the caller has not said it.

    Args:
        order_number: The digits of the order number, for example 4217.
        context: Where the orders are.
    """
    return _told(await _order(order_number, context))


@tool(progress="One moment, I am looking for your orders.")
async def find_orders(email: str, *, context: ToolContext) -> dict[str, Any]:
    """Finds the orders that were made with an e-mail address, the latest first.

    Use it when the caller does not know the order number.

    Args:
        email: The address, for example anna@example.com.
        context: Where the orders are.
    """
    address = _address(email)
    found = await asyncio.to_thread(
        context.dynamodb.query,
        TableName=context.orders_table,
        IndexName=EMAIL_INDEX,
        KeyConditionExpression="email = :email",
        ExpressionAttributeValues={":email": {"S": address}},
        ScanIndexForward=False,
        Limit=MOST_ORDERS,
    )
    if not found["Items"]:
        raise ToolFailedError(f"there is no order with the address {address}")
    return {"orders": [_told(_plain_order(item)) for item in found["Items"]]}


@tool(timeout=10, progress="One moment, I am cancelling it.")
async def cancel_order(order_number: str, *, context: ToolContext) -> dict[str, Any]:
    """Cancels an order that has not been shipped yet.

    Args:
        order_number: The digits of the order number, for example 4217.
        context: Where the orders are.
    """
    order = await _order(order_number, context)
    number, status = order["order_number"], order.get("status")
    if status not in CANCELLABLE:
        raise ToolFailedError(f"order {number} is {status} and cannot be cancelled any more")
    items = ", ".join(_told(order).get("items", ())) or "of nothing"
    context.consent.ask(f"cancel order {number}, {items}")
    allowed = {f":s{place}": {"S": status} for place, status in enumerate(CANCELLABLE)}
    try:
        await asyncio.to_thread(
            context.dynamodb.update_item,
            TableName=context.orders_table,
            Key={"order_number": {"S": number}},
            UpdateExpression="SET #status = :cancelled",
            # It may have been shipped while the caller thought about it.
            ConditionExpression=f"#status IN ({', '.join(allowed)})",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":cancelled": {"S": "cancelled"}, **allowed},
        )
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
            raise ToolFailedError(f"order {number} has just been shipped") from error
        raise
    return {"order_number": number, "status": "cancelled"}


async def _order(order_number: str, context: ToolContext) -> dict[str, Any]:
    digits = re.sub(r"\D", "", order_number)
    if not 3 <= len(digits) <= 12:
        raise ToolFailedError("an order number has 3 to 12 digits; ask the caller to repeat it")
    found = await asyncio.to_thread(
        context.dynamodb.get_item,
        TableName=context.orders_table,
        Key={"order_number": {"S": digits}},
    )
    if "Item" not in found:
        raise ToolFailedError(f"there is no order with the number {digits}")
    return _plain_order(found["Item"])


def _address(said: str) -> str:
    """An address as it is written, from one as it was said: "anna at example dot com"."""
    address = f" {said.strip().lower().rstrip('.')} "
    for words, sign in _SAID.items():
        address = address.replace(words, sign)
    address = re.sub(r"\s", "", address)
    if not re.fullmatch(r"[^@]{1,64}@[^@]+\.[a-z]{2,}", address):
        raise ToolFailedError(f"{said!r:.60} is no e-mail address; ask the caller to spell it")
    return address


def _plain_order(item: Mapping[str, Any]) -> dict[str, Any]:
    deserialize = TypeDeserializer().deserialize
    return {name: _plain(deserialize(value)) for name, value in item.items()}


def _told(order: Mapping[str, Any]) -> dict[str, Any]:
    return {name: order[name] for name in PUBLIC_FIELDS if name in order}


def _plain(value: Any) -> Any:  # noqa: ANN401  (DynamoDB attributes are of any type)
    """Numbers come as Decimal, which JSON does not know."""
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, str):
        return value[:LONGEST_TEXT]
    if isinstance(value, bool) or value is None:
        return value
    return int(value) if value == int(value) else float(value)
