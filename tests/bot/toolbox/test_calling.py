"""How tools are called: limits, results of every kind, and what does not come back as it should."""

import asyncio
import dataclasses
from typing import Any, Literal, cast

import pytest
from pydantic import BaseModel

from services.bot.toolbox import Tool, ToolContext, ToolFailedError, tool

CONTEXT = ToolContext("ses_test", cast("Any", None), "orders")


class Point(BaseModel):
    """Where something is."""

    x: int
    y: int = 0


@dataclasses.dataclass
class Size:
    width: int


async def model() -> Point:
    """Gives a model."""
    return Point(x=1)


async def record() -> Size:
    """Gives a dataclass."""
    return Size(2)


async def words() -> str:
    """Gives words."""
    return "nine to five"


async def everything() -> list[int]:
    """Gives too much."""
    return list(range(100_000))


async def thing() -> object:
    """Gives what JSON cannot hold."""
    return object()


async def refuses() -> None:
    """Cannot do it."""
    raise ToolFailedError("the shop is closed")


@pytest.mark.parametrize(
    ("function", "result"),
    [
        (model, {"x": 1, "y": 0}),
        (record, {"width": 2}),
        (words, {"result": "nine to five"}),
        (everything, {"error": "there is too much to say; ask for something more particular"}),
        (thing, {"error": "thing failed"}),
        (refuses, {"error": "the shop is closed"}),
    ],
)
async def test_whatever_a_tool_returns_the_model_gets_an_object(
    function: Any,  # noqa: ANN401
    result: dict[str, Any],
) -> None:
    assert await Tool.of(function).call({}, CONTEXT) == result


async def test_definitions_stand_where_they_are_used() -> None:
    async def paint(
        where: Point, colour: Literal["red", "blue"], also: list[Point] | None = None
    ) -> str:
        """Paints a point."""
        return f"{colour} at {where.x}, {len(also or ())} more"

    painting = Tool.of(paint)
    assert painting.schema.properties["where"]["properties"]["x"] == {"type": "integer"}
    assert painting.schema.properties["colour"]["enum"] == ["red", "blue"]
    assert "$ref" not in str(painting.schema.properties)
    given = {"where": {"x": 3}, "colour": "red", "also": [{"x": 4}]}
    assert await painting.call(given, CONTEXT) == {"result": "red at 3, 1 more"}


@pytest.mark.parametrize(
    "given",
    [
        {"where": 3, "colour": "red"},
        {"where": {"x": "three"}, "colour": "red"},
        {"where": {"x": 3}, "colour": "green"},
        {"colour": "red"},
        {"where": {"x": 3}, "colour": "red", "context": "mine"},
    ],
)
async def test_wrongly_typed_arguments_are_told_to_the_model(given: dict[str, Any]) -> None:
    ran = False

    async def paint(where: Point, colour: Literal["red", "blue"], *, context: ToolContext) -> str:
        """Paints a point."""
        nonlocal ran
        ran = True
        return ""

    assert "error" in await Tool.of(paint).call(given, CONTEXT)
    assert not ran


async def test_a_tool_has_as_long_as_it_says() -> None:
    @tool(timeout=0.01)
    async def slow() -> str:
        """Takes too long."""
        await asyncio.Event().wait()
        return ""

    assert await Tool.of(slow).call({}, CONTEXT) == {"error": "slow did not answer in time"}


async def test_a_tool_that_is_given_up_is_told() -> None:
    told = asyncio.Event()

    async def patient() -> str:
        """Waits."""
        try:
            await asyncio.Event().wait()
        finally:
            told.set()
        return ""

    calling = asyncio.create_task(Tool.of(patient).call({}, CONTEXT))
    await asyncio.sleep(0)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    assert told.is_set()


@pytest.mark.parametrize("how", [{"timeout": 0}, {"progress_after": -1}, {"on_barge_in": "stop"}])
def test_options_that_make_no_sense_are_refused(how: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"timeout|on_barge_in"):
        tool(**how)


async def test_examples_are_of_the_call_and_not_of_the_tool() -> None:
    @tool(examples=lambda context: {"topic": context.state.get("topics", [])})
    async def about(topic: str) -> str:
        """Tells about a topic."""
        return topic

    told = Tool.of(about)
    informed = dataclasses.replace(CONTEXT, state={"topics": ["tea"]})
    assert told.schema_in(informed).properties["topic"]["examples"] == ["tea"]
    assert "examples" not in told.schema_in(CONTEXT).properties["topic"]
    assert "examples" not in told.schema.properties["topic"]


async def test_parameters_that_json_cannot_hold_are_refused() -> None:
    async def strange(socket: asyncio.Event) -> str:
        """Takes an event."""
        return ""

    async def anything(**words: str) -> str:
        """Takes anything."""
        return ""

    with pytest.raises(TypeError, match="strange has a parameter that JSON cannot hold"):
        Tool.of(strange)
    with pytest.raises(TypeError, match="anything takes any arguments"):
        Tool.of(anything)
