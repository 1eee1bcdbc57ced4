"""Tools, against moto over HTTP."""

import asyncio
from typing import Any

import boto3
import pytest

from services.bot.toolbox import Tool, ToolContext, UnknownToolError, tool, tools, tools_named

TOOLS = tools()


@pytest.fixture
def context(aws: dict[str, str]) -> ToolContext:
    return ToolContext("ses_test", boto3.client("dynamodb"), aws["ORDERS_TABLE"])


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


async def test_the_time_is_told_in_any_zone(context: ToolContext) -> None:
    there = await TOOLS["current_date_time"].call({"time_zone": "Asia/Tokyo"}, context)
    assert there["time_zone"] == "Asia/Tokyo"
    assert {"date", "weekday", "time"} <= there.keys()
    here = await TOOLS["current_date_time"].call({}, context)
    assert here["time_zone"] == "UTC"


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
