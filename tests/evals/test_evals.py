"""The agents hold their conversations on the emulator, and an eval can fail."""

import io
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from rich.console import Console

from tests.evals.__main__ import table
from tests.evals.conversations import (
    EvalConversation,
    ExpectedCall,
    ExpectedTurn,
    agents_with_evals,
    read_conversations,
)
from tests.evals.runner import Evals, Result, against_the_emulator

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
