"""Calls from the queue, over Daily: whoever dies, another bot comes into the same room."""

import asyncio
import os
import signal
import time

import pytest

from services.common.jobs import Job
from tests.faults.aftermath import nothing_is_left, record, remembers, settled, until
from tests.faults.conftest import Measure
from tests.faults.matrix import fault
from tests.faults.room_caller import RoomCaller
from tests.faults.world import LEASE_SECONDS, World

pytestmark = pytest.mark.asyncio(loop_scope="package")


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


@fault("job-twice")
async def test_a_job_that_is_delivered_again(fleet: World, measure: Measure) -> None:
    async with RoomCaller(fleet) as caller:
        await caller.ask_for_the_order()
        job = Job.of(await record(fleet, caller)).model_dump_json()
        struck = time.monotonic()
        for _ in range(3):
            fleet.sqs.send_message(QueueUrl=fleet.jobs_url, MessageBody=job)
        await until(lambda: _refused(fleet) >= 3)
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
        assert (await fleet.until_failed(caller.bot_id))["reason"] == "process-died"
        measure(caller, struck)
        await until(lambda: fleet.jobs(fleet.dead_letters_url) == 1)
        fleet.sqs.purge_queue(QueueUrl=fleet.dead_letters_url)
        await caller.until_over()
        assert caller.connections == 3
        await nothing_is_left(fleet)


@fault("sqs-unreachable")
async def test_a_queue_that_is_away(fleet: World, measure: Measure) -> None:
    async with RoomCaller(fleet) as caller:
        await caller.ask_for_the_order()
        async with RoomCaller(fleet) as late:
            with fleet.aws.trouble("SQS", "unreachable"):
                over = time.monotonic() + 2 * LEASE_SECONDS
                await late.until(lambda: late.phase == "busy")
                await asyncio.sleep(max(0.0, over - time.monotonic()))
            await late.until_live()
            measure(late, over)
            await late.hang_up()
        assert (caller.connections, caller.most) == (1, 1)
        await remembers(fleet, caller)
        await settled(fleet, caller)


def _refused(fleet: World) -> int:
    held = "job of a call that another process has"
    return sum(line.get("message") == held for bot in fleet.bots for line in bot.lines)
