"""A fleet whose clocks do not agree."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from services.common.records import CLOCK_SKEW_SECONDS
from tests.bot.conftest import Bot
from tests.faults.aftermath import record, remembers, settled
from tests.faults.caller import Caller
from tests.faults.conftest import Measure
from tests.faults.jobs import until_refused
from tests.faults.matrix import fault
from tests.faults.room_caller import RoomCaller
from tests.faults.world import World

pytestmark = pytest.mark.asyncio(loop_scope="package")

#: Each way: as far apart as the product promises to live with.
AHEAD_SECONDS = CLOCK_SKEW_SECONDS / 2


async def hire(fleet: World, ahead_seconds: float) -> Bot:
    return await fleet.hire("tests.faults.skewed_bot", CLOCK_AHEAD_SECONDS=str(ahead_seconds))


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def apart(shared: World) -> AsyncIterator[dict[Bot, float]]:
    """Only two bots, whose clocks are as far apart as they may be; by how much each is ahead."""
    await shared.dismiss(*shared.bots)
    ahead = (AHEAD_SECONDS, -AHEAD_SECONDS)
    bots = await asyncio.gather(*(hire(shared, seconds) for seconds in ahead))
    yield dict(zip(bots, ahead, strict=True))
    await shared.dismiss(*shared.bots)


@fault("clock-skew")
@pytest.mark.usefixtures("apart")
async def test_clocks_that_do_not_agree(fleet: World, measure: Measure) -> None:
    async with Caller(fleet) as caller:
        await caller.ask_for_the_order()
        for connections in (2, 3):
            before, struck = caller.talks_to, time.monotonic()
            await caller.drop()
            await caller.until_live(connections=connections)
            measure(caller, struck)
            assert caller.talks_to is not before
            await remembers(fleet, caller)
            assert (await fleet.status(caller.bot_id))["status"] == "active"
        assert (await record(fleet, caller)).lease_until is not None
        await settled(fleet, caller)


@fault("clock-skew-daily")
async def test_a_job_that_comes_to_a_task_with_another_clock(
    fleet: World, apart: dict[Bot, float], measure: Measure
) -> None:
    async with RoomCaller(fleet) as caller:
        await caller.ask_for_the_order()
        first = caller.talks_to
        (second,) = [bot for bot in apart if bot is not first]
        struck = time.monotonic()
        await until_refused(fleet, caller, second)
        assert caller.connections == 1
        # And the other way round.
        first.process.send_signal(signal.SIGTERM)
        await caller.until_live(connections=2)
        measure(caller, struck)
        assert await first.process.wait() == 0
        third = await hire(fleet, apart[first])
        await until_refused(fleet, caller, third)
        assert caller.talks_to is second
        assert (caller.connections, caller.most) == (2, 1)
        await remembers(fleet, caller)
        await settled(fleet, caller)
