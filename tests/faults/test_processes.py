"""Processes that die, stop, hang, or are told to go."""

import os
import signal
import time

import pytest

from tests.bot.conftest import Line
from tests.faults.aftermath import remembers, settled
from tests.faults.caller import Caller
from tests.faults.conftest import Measure
from tests.faults.matrix import fault
from tests.faults.world import World

pytestmark = pytest.mark.asyncio(loop_scope="package")


@fault("session-killed")
async def test_a_killed_session_process(fleet: World, measure: Measure) -> None:
    async with Caller(fleet) as caller:
        await caller.ask_for_the_order()
        struck = time.monotonic()
        os.kill(caller.session_pid(), signal.SIGKILL)
        await caller.until_live(connections=2)
        measure(caller, struck)
        await remembers(fleet, caller)
        await settled(fleet, caller)


@fault("supervisor-killed")
async def test_a_killed_supervisor(fleet: World, measure: Measure) -> None:
    async with Caller(fleet) as caller:
        await caller.ask_for_the_order()
        first = caller.talks_to
        struck = time.monotonic()
        first.process.kill()
        await caller.until_live(connections=2)
        measure(caller, struck)
        assert caller.talks_to is not first
        await remembers(fleet, caller)
        await settled(fleet, caller)


@fault("task-stopped")
async def test_a_task_that_is_told_to_stop_in_mid_sentence(fleet: World, measure: Measure) -> None:
    async with Caller(fleet) as caller:
        await caller.ask_for_the_order()
        first = caller.talks_to
        struck = time.monotonic()
        first.process.send_signal(signal.SIGTERM)
        await caller.until_live(connections=2)
        measure(caller, struck)
        assert caller.talks_to is not first
        await remembers(fleet, caller)
        assert await first.process.wait() == 0
        await settled(fleet, caller)


@fault("session-hangs")
async def test_a_stopped_session_process(fleet: World, measure: Measure) -> None:
    async with Caller(fleet) as caller:
        await caller.ask_for_the_order()
        struck = time.monotonic()
        os.kill(caller.session_pid(), signal.SIGSTOP)
        await caller.until_live(connections=2)
        measure(caller, struck)
        await remembers(fleet, caller)
        await settled(fleet, caller)


@fault("task-freezes")
async def test_a_frozen_task_that_wakes_up(fleet: World, measure: Measure) -> None:
    async with Caller(fleet) as caller:
        await caller.ask_for_the_order()
        first, frozen = caller.talks_to, caller.session_pid()
        struck = time.monotonic()
        for pid in (first.process.pid, frozen):
            os.kill(pid, signal.SIGSTOP)
        fleet.bots.remove(first)
        try:
            await caller.drop()
            await caller.until_live(connections=2)
            measure(caller, struck)
        finally:
            for pid in (first.process.pid, frozen):
                os.kill(pid, signal.SIGCONT)
            fleet.bots.append(first)
        ended = await first.line("session ended", lambda line: of_call(caller, line))
        assert ended["reason"] in ("taken-over", "caller-dropped")
        await remembers(fleet, caller)
        await settled(fleet, caller)


@fault("network-drops")
async def test_a_caller_whose_network_drops(fleet: World, measure: Measure) -> None:
    async with Caller(fleet) as caller:
        await caller.ask_for_the_order()
        struck = time.monotonic()
        await caller.drop()
        await caller.until_live(connections=2)
        measure(caller, struck)
        await remembers(fleet, caller)
        await settled(fleet, caller)


def of_call(caller: Caller, line: Line) -> bool:
    return bool(line.get("session_id") == caller.session_id)
