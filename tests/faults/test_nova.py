"""Nova Sonic, when it fails in the middle of a call."""

import time
from collections.abc import Iterator

import pytest

from nova_sonic_emulator import Fault
from tests.bot.conftest import BRISK
from tests.faults.aftermath import failed, remembers, settled
from tests.faults.caller import Caller
from tests.faults.conftest import Measure
from tests.faults.matrix import fault
from tests.faults.world import World

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.fixture(autouse=True)
def faultless(fleet: World) -> Iterator[None]:
    """Leaves the emulator as it was."""
    yield
    fleet.emulator.scenario = BRISK


def next_streams_meet(fleet: World, count: int, **fault: object) -> None:
    """The next streams to open meet a fault."""
    opened = len(fleet.emulator.streams)
    streams = tuple(range(opened + 1, opened + 1 + count))
    met = Fault.model_validate({"streams": streams, **fault})
    fleet.emulator.scenario = BRISK.model_copy(update={"faults": (met,)})


async def strikes(fleet: World, caller: Caller, measure: Measure, **what: object) -> None:
    """A fault strikes while the agent speaks; the caller asks on without waiting for it."""
    await caller.ask_for_the_order()
    struck = time.monotonic()
    opened = len(fleet.emulator.streams)
    fleet.emulator.strike(Fault.model_validate(what))
    await caller.say("hello")
    await fleet.emulator.streams_opened(opened + 1, seconds=60)
    await remembers(fleet, caller)
    assert caller.connections == 1
    measure(caller, struck)
    await settled(fleet, caller)


@fault("nova-dropped")
async def test_a_dropped_stream(fleet: World, measure: Measure) -> None:
    async with Caller(fleet) as caller:
        await strikes(fleet, caller, measure, kind="drop")


@fault("nova-throttled")
async def test_a_throttled_stream(fleet: World, measure: Measure) -> None:
    async with Caller(fleet) as caller:
        await caller.until_live()
        next_streams_meet(fleet, 2, kind="http_error", status=429, code="ThrottlingException")
        throttled = {"kind": "exception", "exception": "throttlingException"}
        await strikes(fleet, caller, measure, **throttled)


@fault("nova-hangs")
async def test_a_hanging_stream(fleet: World, measure: Measure) -> None:
    async with Caller(fleet) as caller:
        await strikes(fleet, caller, measure, kind="hang")


@fault("credentials-expired")
async def test_credentials_that_expire(fleet: World, measure: Measure) -> None:
    async with Caller(fleet) as caller:
        await caller.until_live()
        fleet.keys_rotate()
        next_streams_meet(fleet, 1, kind="http_error", status=403, code="ExpiredTokenException")
        await strikes(fleet, caller, measure, kind="reset")


@fault("nova-refuses")
async def test_a_model_that_lets_nobody_in(fleet: World, measure: Measure) -> None:
    async with Caller(fleet) as caller:
        await caller.ask_for_the_order()
        next_streams_meet(fleet, 20, kind="http_error", status=403, code="AccessDeniedException")
        fleet.emulator.strike(Fault(kind="drop"))
        await caller.until_over()
        assert caller.reason == "agent-unavailable"
        await failed(fleet, caller, "agent-unavailable")
