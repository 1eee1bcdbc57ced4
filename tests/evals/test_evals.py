"""The agents hold their conversations on the emulator, and an eval can fail."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from rich.console import Console

from services.bot.agent import read_agents
from tests.evals.__main__ import table
from tests.evals.call import Called
from tests.evals.conversations import (
    EvalConversation,
    EvalFileError,
    ExpectedCall,
    ExpectedTurn,
    agents_with_evals,
    read_conversations,
)
from tests.evals.matching import same, told
from tests.evals.runner import Evals, Result, against_the_emulator, missing

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONVERSATIONS = [
    (agent, each) for agent in agents_with_evals() for each in read_conversations(agent)
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def evals() -> AsyncIterator[Evals]:
    async with against_the_emulator() as evals:
        yield evals


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def held(evals: Evals) -> list[tuple[str, Result]]:
    return await evals.hold_all(CONVERSATIONS)


@pytest.mark.parametrize(
    "place", range(len(CONVERSATIONS)), ids=[f"{a}: {each.name}" for a, each in CONVERSATIONS]
)
async def test_the_agent_holds_the_conversation(held: list[tuple[str, Result]], place: int) -> None:
    result = held[place][1]
    assert result.passed, result


async def test_what_should_not_have_happened_is_told(evals: Evals) -> None:
    turn = ExpectedTurn(
        says="Where is my order 4217?",
        tells=("4217", "on its way"),
        never_calls=("track_order",),
        never_tells=("4217", "teapot"),
    )
    wanted = EvalConversation(name="wrong", notes_after=("Anna",), turns=(turn,))
    result = await evals.hold("order-desk", wanted)
    assert not result.passed
    assert result.turns[1].faults == ("calls track_order", 'says "4217"')
    assert result.faults == ('has not noted "Anna"',)
    console = Console(record=True, width=160, file=io.StringIO())
    console.print(table("order-desk", [result]))
    shown = console.export_text()
    assert "✗ wrong" in shown
    assert "calls track_order" in shown


async def test_what_has_not_happened_is_told(evals: Evals) -> None:
    turn = ExpectedTurn(
        says="Hello.", calls=(ExpectedCall(tool="cancel_order"),), tells=("teapot",)
    )
    impatient = evals.with_patience(0.5)
    result = await impatient.hold("order-desk", EvalConversation(name="wrong", turns=(turn,)))
    faults = result.turns[1].faults
    assert {'does not say "teapot"', "does not call cancel_order"} <= set(faults)


def test_wrong_arguments_are_told() -> None:
    expected = ExpectedCall(tool="track_order", arguments={"order_number": "1138"})
    called = [Called("track_order", {"order_number": "4217"})]
    assert missing(ExpectedTurn(says="", calls=(expected,)), "", called) == [
        'calls track_order with {"order_number": "4217"}, not {"order_number": "1138"}'
    ]


def test_every_agent_has_evals() -> None:
    assert agents_with_evals() == sorted(read_agents())


@pytest.mark.parametrize(
    ("expected", "text", "fits"),
    [
        ("4217", "It is order four, two, one, seven.", True),
        ("4217", "Order 4 2 1 7!", True),
        ("4217", "order 14217", False),
        ("on its way | shipped", "It has SHIPPED.", True),
        ("it's", "its", True),
        ("kettle", "kettles", True),
        ("kettle", "teakettle", False),
    ],
)
def test_what_is_told_may_be_put_in_other_ways(expected: str, text: str, fits: bool) -> None:
    assert told(expected, text) is fits


def test_arguments_may_be_written_in_other_ways() -> None:
    assert same("4217", "4 2 1 7")
    assert same("Asia/Tokyo", "asia/tokyo")
    assert same("*", "anything")
    assert not same("4217", "4218")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x = ", "is not TOML"),
        ("[[conversation]]\nturn = []", "name: Field required"),
        (
            "[[conversation]]\nname = 'a'\n[[conversation.turn]]\nsays = 'a'\ntels = []",
            "turn.0.tels",
        ),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "agent.toml").write_text(content)
    with pytest.raises(EvalFileError, match=message):
        read_conversations("agent", tmp_path)
    with pytest.raises(EvalFileError, match="No such file"):
        read_conversations("nobody", tmp_path)
