"""Tools, against moto over HTTP."""

import asyncio
import dataclasses
from typing import Any

import boto3
import pytest

from services.bot.toolbox import Tool, ToolContext, UnknownToolError, tool, tools, tools_named

TOOLS = tools()


@pytest.fixture
def context(aws: dict[str, str]) -> ToolContext:
    return ToolContext("ses_test", boto3.client("dynamodb"), aws["ORDERS_TABLE"])


def put(context: ToolContext, number: str, **fields: str | list[str]) -> None:
    """An order in the table."""
    item = {"order_number": {"S": number}}
    for name, value in fields.items():
        text = isinstance(value, str)
        item[name] = {"S": value} if text else {"L": [{"S": part} for part in value]}  # type: ignore[dict-item]
    context.dynamodb.put_item(TableName=context.orders_table, Item=item)  # type: ignore[arg-type]


def status_of(context: ToolContext, number: str) -> str:
    key = {"order_number": {"S": number}}
    return context.dynamodb.get_item(TableName=context.orders_table, Key=key)["Item"]["status"]["S"]  # type: ignore[arg-type]


async def test_the_schema_comes_from_hints_and_docstring() -> None:
    schema = TOOLS["current_date_time"].schema
    assert schema.name == "current_date_time"
    assert schema.description.startswith("Tells the current date")
    assert schema.properties["time_zone"]["type"] == "string"
    assert "Europe/Paris" in schema.properties["time_zone"]["description"]
    assert schema.required == []
    assert TOOLS["track_order"].schema.required == ["order_number"]
    assert "context" not in TOOLS["track_order"].schema.properties


async def test_an_order_is_found_by_its_digits(context: ToolContext) -> None:
    found = await TOOLS["track_order"].call({"order_number": "number 42-17"}, context)
    assert found == {
        "order_number": "4217",
        "status": "shipped",
        "items": ["one blue kettle"],
        "delivery_date": "2026-11-23",
        "carrier": "Parcel Post",
    }


@pytest.mark.parametrize("number", ["0000", "", "forty two", "12", "9" * 40])
async def test_an_order_that_is_not_there_is_an_answer(context: ToolContext, number: str) -> None:
    assert "error" in await TOOLS["track_order"].call({"order_number": number}, context)


async def test_orders_are_found_by_the_address_they_were_made_with(context: ToolContext) -> None:
    put(context, "5100", status="processing", email="ada@example.com", ordered_on="2026-11-01")
    put(context, "5200", status="shipped", email="ada@example.com", ordered_on="2026-11-09")
    for said in ("ada@example.com", " Ada at example dot com. "):
        found = await TOOLS["find_orders"].call({"email": said}, context)
        assert [order["order_number"] for order in found["orders"]] == ["5200", "5100"]
        assert "email" not in found["orders"][0]
    for wrong in ("nobody@example.com", "ada", ""):
        assert "error" in await TOOLS["find_orders"].call({"email": wrong}, context)


async def test_an_order_is_cancelled_once_the_caller_has_agreed(context: ToolContext) -> None:
    put(context, "6001", status="processing", items=["walking boots"])
    said: list[str] = ["cancel my order"]
    context.consent.listen(lambda: said)
    asked = await TOOLS["cancel_order"].call({"order_number": "6001"}, context)
    assert "shall I cancel order 6001, walking boots?" in asked["needs_consent"]
    # However often a model calls, it takes the caller.
    assert "needs_consent" in await TOOLS["cancel_order"].call({"order_number": "6001"}, context)
    assert status_of(context, "6001") == "processing"
    said.append("yes please")
    done = await TOOLS["cancel_order"].call({"order_number": "60 01"}, context)
    assert done == {"order_number": "6001", "status": "cancelled"}
    assert status_of(context, "6001") == "cancelled"
    assert "error" in await TOOLS["cancel_order"].call({"order_number": "6001"}, context)


@pytest.mark.parametrize("answer", ["no", "No, don't.", "wait a moment", "nein danke", "नहीं"])
async def test_a_no_is_no_consent(context: ToolContext, answer: str) -> None:
    put(context, "6002", status="processing")
    said: list[str] = []
    context.consent.listen(lambda: said)
    await TOOLS["cancel_order"].call({"order_number": "6002"}, context)
    said.append(answer)
    assert "needs_consent" in await TOOLS["cancel_order"].call({"order_number": "6002"}, context)
    assert status_of(context, "6002") == "processing"


async def test_consent_to_one_thing_is_none_to_another(context: ToolContext) -> None:
    put(context, "6003", status="processing")
    put(context, "6004", status="processing")
    said: list[str] = []
    context.consent.listen(lambda: said)
    await TOOLS["cancel_order"].call({"order_number": "6003"}, context)
    said.append("yes")
    assert "needs_consent" in await TOOLS["cancel_order"].call({"order_number": "6004"}, context)
    assert status_of(context, "6004") == "processing"


async def test_an_order_that_has_left_the_house_meanwhile_stays_as_it_is(
    context: ToolContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(context, "6005", status="processing")
    said: list[str] = []
    context.consent.listen(lambda: said)
    await TOOLS["cancel_order"].call({"order_number": "6005"}, context)
    said.append("yes")
    update = context.dynamodb.update_item

    def ship_first(**how: Any) -> Any:  # noqa: ANN401
        put(context, "6005", status="shipped")
        return update(**how)

    monkeypatch.setattr(context.dynamodb, "update_item", ship_first)
    answer = await TOOLS["cancel_order"].call({"order_number": "6005"}, context)
    assert answer == {"error": "order 6005 has just been shipped"}
    assert status_of(context, "6005") == "shipped"


@pytest.mark.parametrize("status", ["shipped", "delivered", "out for delivery", "cancelled"])
async def test_what_cannot_be_cancelled_needs_no_consent(context: ToolContext, status: str) -> None:
    put(context, "6006", status=status)
    answer = await TOOLS["cancel_order"].call({"order_number": "6006"}, context)
    assert answer == {"error": f"order 6006 is {status} and cannot be cancelled any more"}


async def test_tickets_last_as_long_as_the_call(context: ToolContext) -> None:
    opened = await TOOLS["open_ticket"].call({"problem": "No sound.", "urgency": "high"}, context)
    again = await TOOLS["open_ticket"].call({"problem": "No sound."}, context)
    assert again["ticket"] == opened["ticket"]
    assert again["was_open_already"]
    listed = await TOOLS["list_tickets"].call({}, context)
    assert listed["tickets"] == [
        {"ticket": opened["ticket"], "problem": "No sound.", "urgency": "high"}
    ]
    other = dataclasses.replace(context, state={})
    assert await TOOLS["list_tickets"].call({}, other) == {"tickets": []}
    assert "error" in await TOOLS["open_ticket"].call(
        {"problem": "x", "urgency": "extreme"}, context
    )


async def test_a_link_for_a_password_is_sent_when_its_owner_agrees(context: ToolContext) -> None:
    said: list[str] = []
    context.consent.listen(lambda: said)
    assert "needs_consent" in await TOOLS["reset_password"].call({"user_name": "ben"}, context)
    said.append("yes")
    assert "sent_to" in await TOOLS["reset_password"].call({"user_name": "Ben"}, context)
    assert "error" in await TOOLS["reset_password"].call({"user_name": "b; drop"}, context)


async def test_the_time_is_told_in_any_zone(context: ToolContext) -> None:
    there = await TOOLS["current_date_time"].call({"time_zone": "Asia/Tokyo"}, context)
    assert there["time_zone"] == "Asia/Tokyo"
    assert {"date", "weekday", "time"} <= there.keys()
    here = await TOOLS["current_date_time"].call({}, context)
    assert here["time_zone"] == "UTC"


@pytest.mark.parametrize(
    ("city", "zone"), [("Tokyo", "Asia/Tokyo"), (" new york ", "America/New_York")]
)
async def test_the_time_is_told_in_a_city(context: ToolContext, city: str, zone: str) -> None:
    there = await TOOLS["current_date_time"].call({"time_zone": city}, context)
    assert there["time_zone"] == zone


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd", "Europe", "\0"])
async def test_a_wrong_zone_is_an_answer(context: ToolContext, zone: str) -> None:
    assert "error" in await TOOLS["current_date_time"].call({"time_zone": zone}, context)


@pytest.mark.parametrize(
    "arguments", [{}, {"order_number": None}, {"order_number": "1", "more": 1}, {"number": "4217"}]
)
async def test_wrong_arguments_are_an_answer(
    context: ToolContext, arguments: dict[str, Any]
) -> None:
    assert "error" in await TOOLS["track_order"].call(arguments, context)


async def test_a_tool_that_fails_or_hangs_is_an_answer(
    context: ToolContext,
) -> None:
    async def breaks() -> dict[str, Any]:
        """Breaks."""
        raise RuntimeError("with a secret in it")

    @tool(timeout=0.01)
    async def hangs() -> dict[str, Any]:
        """Hangs."""
        await asyncio.Event().wait()
        return {}

    assert await Tool.of(breaks).call({}, context) == {"error": "breaks failed"}
    assert await Tool.of(hangs).call({}, context) == {"error": "hangs did not answer in time"}


async def test_a_tool_without_hints_or_words_is_refused() -> None:
    async def silent(word: str) -> dict[str, Any]:
        return {"word": word}

    async def untyped(word) -> dict[str, Any]:  # type: ignore[no-untyped-def]  # noqa: ANN001
        """Says a word."""
        return {"word": word}

    with pytest.raises(TypeError, match="silent has no docstring"):
        Tool.of(silent)
    with pytest.raises(TypeError, match="parameter word of tool untyped"):
        Tool.of(untyped)


def test_an_unknown_tool_is_named_with_those_there_are() -> None:
    with pytest.raises(UnknownToolError, match=r"'dance'.*track_order"):
        tools_named(["track_order", "dance"])
