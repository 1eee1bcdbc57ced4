"""Calls from the queue, over Daily: whoever dies, another bot comes into the same room."""

import asyncio
import os
import signal
import time

import pytest

from tests.faults.aftermath import failed, remembers, settled, until
from tests.faults.conftest import Measure
from tests.faults.jobs import deliver_again, refusals
from tests.faults.matrix import fault
from tests.faults.room_caller import RoomCaller
from tests.faults.world import World

pytestmark = pytest.mark.asyncio(loop_scope="package")

#: Some leases: whoever has a call must not need the queue to keep it.
AWAY_SECONDS = 20.0


@fault("job-orphaned")
async def test_a_task_that_dies_with_its_calls(fleet: World, measure: Measure) -> None:
    async with RoomCaller(fleet) as caller:
        await caller.ask_for_the_order()
        lost = caller.talks_to
        struck = time.monotonic()
        # As when the host dies: nobody is left to say anything.
        os.killpg(lost.process.pid, signal.SIGKILL)
        await caller.until_live(connections=2)
        measure(caller, struck)
        assert caller.most == 1
        await remembers(fleet, caller)
        await settled(fleet, caller)


@fault("task-stopped-daily")
async def test_a_task_that_is_told_to_stop_in_a_room(fleet: World, measure: Measure) -> None:
    async with RoomCaller(fleet) as caller:
        await caller.ask_for_the_order()
        first = caller.talks_to
        struck = time.monotonic()
        first.process.send_signal(signal.SIGTERM)
        await caller.until_live(connections=2)
        measure(caller, struck)
        assert caller.talks_to is not first
        assert caller.most == 1
        await remembers(fleet, caller)
        assert await first.process.wait() == 0
        await settled(fleet, caller)


@fault("job-twice")
async def test_a_job_that_is_delivered_again(fleet: World, measure: Measure) -> None:
    async with RoomCaller(fleet) as caller:
        await caller.ask_for_the_order()
        struck = time.monotonic()
        for _ in range(3):
            await deliver_again(fleet, caller)
        await until(lambda: refusals(*fleet.bots) >= 3)
        measure(caller, struck)
        await remembers(fleet, caller)
        assert (caller.connections, caller.most) == (1, 1)
        await settled(fleet, caller)


@fault("job-poisonous")
async def test_a_job_that_kills_whoever_serves_it(fleet: World, measure: Measure) -> None:
    async with RoomCaller(fleet) as caller:
        await caller.ask_for_the_order()
        for strike in (1, 2, 3):
            await caller.until_live(connections=strike)
            struck = time.monotonic()
            os.kill(caller.session_pid(), signal.SIGKILL)
        await fleet.until_failed(caller.bot_id)
        measure(caller, struck)
        await until(lambda: fleet.jobs(fleet.dead_letters_url) == 1)
        await fleet.purge(fleet.dead_letters_url)
        await failed(fleet, caller, "process-died")
        assert (caller.connections, caller.most) == (3, 1)


@fault("sqs-unreachable")
async def test_a_queue_that_is_away(fleet: World, measure: Measure) -> None:
    async with RoomCaller(fleet) as caller:
        await caller.ask_for_the_order()
        async with RoomCaller(fleet) as late:
            with fleet.aws.trouble("SQS", "unreachable"):
                over = time.monotonic() + AWAY_SECONDS
                await late.until(lambda: late.phase == "busy")
                await asyncio.sleep(max(0.0, over - time.monotonic()))
            await late.until_live()
            measure(late, over)
            await late.hang_up()
        assert (caller.connections, caller.most) == (1, 1)
        await remembers(fleet, caller)
        await settled(fleet, caller)
