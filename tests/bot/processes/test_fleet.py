"""The fleet, with processes that do as a test tells them."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from services.bot.processes.fleet import Fleet, Kind
from services.bot.processes.link import Drain, Link, Ready
from tests.bot.conftest import PATIENCE_SECONDS, until

# The tests' own process has threads; the supervisor has none.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


async def dies(line: socket.socket) -> None:
    os._exit(3)


async def waits(line: socket.socket) -> None:
    link = await Link.over(line)
    link.send(Ready())
    while await link.receive() is not None:
        return


WAITING = Kind(waits)


@pytest_asyncio.fixture
async def fleets() -> AsyncIterator[Any]:
    made: list[Fleet] = []

    def make() -> Fleet:
        fleet = Fleet(on_change=lambda: None, on_lost=lambda _: None)
        made.append(fleet)
        return fleet

    yield make
    for fleet in made:
        fleet.kill_all()
        await emptied(fleet)


async def emptied(fleet: Fleet) -> None:
    def empty() -> bool:
        fleet.reap()
        return not len(fleet)

    await until(empty)


async def forked(fleet: Fleet, kind: Kind) -> None:
    done = asyncio.Event()

    def fork() -> None:
        fleet.add(kind)
        done.set()

    asyncio.get_running_loop().call_soon(fork)
    await done.wait()


async def test_processes_that_die_at_once_are_forked_ever_more_slowly(fleets: Any) -> None:  # noqa: ANN401
    fleet = fleets()
    pauses = []
    for _ in range(4):
        await forked(fleet, Kind(dies))
        await emptied(fleet)
        pauses.append(fleet.pause())
    assert pauses == sorted(pauses)
    assert pauses[-1] > 4 * pauses[0] > 0


async def test_a_process_that_was_told_to_leave_is_no_failure(fleets: Any) -> None:  # noqa: ANN401
    fleet = fleets()
    await forked(fleet, WAITING)
    await until(lambda: fleet.count("idle") == 1)
    fleet.tell_all(Drain())
    await emptied(fleet)
    assert fleet.pause() == 0


async def test_an_order_given_before_the_line_is_up_arrives(fleets: Any) -> None:  # noqa: ANN401
    fleet = fleets()
    ordered = asyncio.Event()

    def fork() -> None:
        fleet.add(WAITING)
        fleet.tell_all(Drain())
        ordered.set()

    asyncio.get_running_loop().call_soon(fork)
    await ordered.wait()
    await emptied(fleet)


async def test_a_child_keeps_no_file_of_its_parent_s(fleets: Any) -> None:  # noqa: ANN401
    here, there = socket.socketpair()
    fleet = fleets()
    await forked(fleet, WAITING)
    await until(lambda: fleet.count("idle") == 1)
    here.close()
    there.settimeout(PATIENCE_SECONDS)
    # Were it still open in the child, this would wait for ever.
    assert there.recv(1) == b""
    there.close()
