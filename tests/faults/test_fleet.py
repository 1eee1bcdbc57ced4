"""A fleet that is full."""

import time

import pytest

from tests.faults.aftermath import remembers, settled
from tests.faults.caller import Caller
from tests.faults.conftest import Measure
from tests.faults.matrix import fault
from tests.faults.world import World

pytestmark = pytest.mark.asyncio(loop_scope="package")


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
