"""A fleet that is full, and one whose clocks do not agree."""

import time

import pytest

from tests.faults.aftermath import nothing_is_left, record, remembers, settled
from tests.faults.caller import Caller
from tests.faults.conftest import Measure
from tests.faults.matrix import fault
from tests.faults.world import World

pytestmark = pytest.mark.asyncio(loop_scope="package")

#: Each way; the product promises to live with 2 s between two tasks.
SKEW_SECONDS = "1"


@fault("fleet-full")
async def test_a_full_fleet(fleet: World, measure: Measure) -> None:
    async with Caller(fleet) as first, Caller(fleet) as second:
        await first.until_live()
        await second.until_live()
        async with Caller(fleet) as third:
            await third.until(lambda: third.phase == "busy")
            status, retry_after = third.refusals[0]
            assert status == 503
            assert retry_after is not None and 1 <= retry_after <= 30
            await first.ask_for_the_order()
            await first.hang_up()
            freed = time.monotonic()
            await third.until_live()
            measure(third, freed)
            await second.hang_up()
            await third.ask_for_the_order()
            await remembers(fleet, third)
            await settled(fleet, third)


@fault("clock-skew")
async def test_clocks_that_do_not_agree(fleet: World, measure: Measure) -> None:
    ahead = await fleet.hire("tests.faults.skewed_bot", CLOCK_AHEAD_SECONDS=SKEW_SECONDS)
    behind = await fleet.hire("tests.faults.skewed_bot", CLOCK_AHEAD_SECONDS=f"-{SKEW_SECONDS}")
    others, fleet.bots = fleet.bots[:-2], [ahead, behind]
    try:
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
    finally:
        await fleet.dismiss(ahead, behind)
        fleet.bots = others
    await nothing_is_left(fleet)
