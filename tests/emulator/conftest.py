"""An emulator that answers shortly, and callers on the bare SDK."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from nova_sonic_emulator import Emulator, Scenario
from tests.emulator.caller import KEY_ID, SECRET, Caller
from tests.emulator.wire import Wire
from tests.trust import CA_DIR

STORY = "Once upon a time there was a kettle that nobody could find in any of the boxes."
MIND = {
    "before": [],
    "after": [],
    "slots": {},
    "misunderstood": ["Pardon?"],
    "intent": [
        {"name": "greet", "hears": ["hello"], "answer": [{"says": ["Hello.", "Yes?"]}]},
        {"name": "tell", "hears": ["tell me a story"], "answer": [{"says": [STORY, "The end."]}]},
        {
            "name": "tell the time",
            "hears": ["what time is it"],
            "calls": {"tool": "clock", "arguments": {"place": "here"}},
            "first": ["Let me see."],
            "answer": [{"says": ["It is {time}."]}],
        },
    ],
}
"""What the emulator understands and says in these tests: short, so that they are."""

StartEmulator = Callable[..., Awaitable[Emulator]]
Call = Callable[..., Awaitable[Caller]]
Connect = Callable[[Emulator], Awaitable[Wire]]


@pytest.fixture
async def callers() -> AsyncIterator[list[Caller]]:
    """Everybody who called; they leave once the emulator is gone."""
    everybody: list[Caller] = []
    yield everybody
    for caller in everybody:
        await caller.leave()


@pytest.fixture
async def stack(callers: list[Caller]) -> AsyncIterator[AsyncExitStack]:
    """What is closed behind the test: emulators, in reverse order."""
    async with AsyncExitStack() as resources:
        yield resources


@pytest.fixture
def start_emulator(stack: AsyncExitStack) -> StartEmulator:
    """Starts an emulator with a scenario's parts, given as in the file."""

    async def start(**parts: Any) -> Emulator:  # noqa: ANN401 - tables of a scenario file
        return await stack.enter_async_context(
            Emulator(
                scenario=Scenario.model_validate({"mind": MIND, **parts}),
                credentials={KEY_ID: SECRET},
                ca_dir=CA_DIR,
            )
        )

    return start


@pytest.fixture
async def emulator(start_emulator: StartEmulator) -> Emulator:
    """An emulator without any fault, with the service's own limits."""
    return await start_emulator()


@pytest.fixture
def call(callers: list[Caller]) -> Call:
    """Opens a stream to an emulator."""

    async def call(emulator: Emulator, **arguments: str) -> Caller:
        caller = Caller(emulator.url, **arguments)
        callers.append(caller)
        return await caller.open()

    return call


@pytest.fixture
def connect(stack: AsyncExitStack) -> Connect:
    """Connects to an emulator below the SDK."""

    async def connect(emulator: Emulator) -> Wire:
        wire = await Wire(emulator.url).open()
        stack.push_async_callback(wire.close)
        return wire

    return connect
