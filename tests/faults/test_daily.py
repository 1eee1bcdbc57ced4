"""Daily, when it limits, fails, or has lost a room."""

import time

import pytest

from tests.faults.aftermath import remembers, settled
from tests.faults.conftest import Measure
from tests.faults.matrix import fault
from tests.faults.room_caller import RoomCaller
from tests.faults.world import World

pytestmark = pytest.mark.asyncio(loop_scope="package")


@fault("daily-limits")
async def test_daily_limits_requests(fleet: World, measure: Measure) -> None:
    fleet.daily.fail(429, method="POST", retry_after="1", times=2)
    struck = time.monotonic()
    async with RoomCaller(fleet) as caller:
        await caller.until_live()
        measure(caller, struck)
        await caller.ask_for_the_order()
        await remembers(fleet, caller)
        await settled(fleet, caller)


@fault("daily-fails")
async def test_daily_fails(fleet: World, measure: Measure) -> None:
    fleet.daily.fail(500, method="POST", times=1000)
    try:
        async with RoomCaller(fleet) as refused:
            await refused.until_over()
        assert [status for status, _ in refused.refusals] == [502]
    finally:
        fleet.daily.stand_in.faults.clear()
    struck = time.monotonic()
    async with RoomCaller(fleet) as caller:
        await caller.until_live()
        measure(caller, struck)
        await caller.ask_for_the_order()
        await remembers(fleet, caller)
        await settled(fleet, caller)


@fault("room-gone")
async def test_a_room_that_is_gone(fleet: World, measure: Measure) -> None:
    async with RoomCaller(fleet) as caller:
        await caller.ask_for_the_order()
        room = caller.room
        struck = time.monotonic()
        await fleet.lose_room(room)
        await caller.until_live(connections=2)
        measure(caller, struck)
        assert caller.room != room
        await remembers(fleet, caller)
        await settled(fleet, caller)
