"""From the moment at which somebody dies to the moment at which the caller can talk again."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from loguru import logger

from tests.bench.figures import LOAD_COLUMN, SPREAD_COLUMNS, Figure, Spread, below
from tests.bench.processes import LoadMeter
from tests.bench.run import Run
from tests.faults.aftermath import nothing_is_left
from tests.faults.caller import Caller
from tests.faults.room_caller import RoomCaller
from tests.faults.world import World, world

LEASE_SECONDS = 15
"""As on AWS."""

_WEB_SOCKET_SECONDS = 3
_BEYOND_LEASE_SECONDS = 3
_SEED = 15


@dataclass(frozen=True, slots=True)
class Death:
    """Who dies under whom.

    Attributes:
        caller: On which line the caller is.
        strike: Does it.
        promised: Within how many seconds the caller can talk again.
    """

    caller: type[Caller]
    strike: Callable[[Caller], None]
    promised: int


def _kill_process(caller: Caller) -> None:
    os.kill(caller.session_pid(), signal.SIGKILL)


def _kill_task(caller: Caller) -> None:
    """As when its host dies: nobody is left to say anything."""
    os.killpg(caller.talks_to.process.pid, signal.SIGKILL)


DEATHS = {
    "WebSocket, the call's process": Death(Caller, _kill_process, _WEB_SOCKET_SECONDS),
    "WebSocket, the whole task": Death(Caller, _kill_task, _WEB_SOCKET_SECONDS),
    "Daily, the call's process": Death(RoomCaller, _kill_process, _WEB_SOCKET_SECONDS),
    "Daily, the whole task": Death(RoomCaller, _kill_task, LEASE_SECONDS + _BEYOND_LEASE_SECONDS),
}


async def measure(run: Run) -> list[Figure]:
    """Kills under callers on either line, some times each."""
    spreads: dict[str, Spread] = {}
    chance = random.Random(_SEED)  # noqa: S311
    run.say("starting a small fleet")
    logger.disable("nova_sonic_emulator")
    async with world() as fleet:
        await fleet.dismiss(*fleet.bots)
        fleet.settings["LEASE_SECONDS"] = str(LEASE_SECONDS)
        meter = LoadMeter()
        for name, death in DEATHS.items():
            run.say(f"{name} is killed, {run.scale.deaths} times")
            taken = [await _recovery(fleet, death, chance) for _ in range(run.scale.deaths)]
            spreads[name] = Spread.of(taken)
        load = meter.read()
    return [
        Figure(
            title="From a kill to talking again, in s",
            measured=(
                "SIGKILL, at any moment between two renewals of a lease of "
                f"{LEASE_SECONDS} s, under a caller who behaves as the page does; until the page "
                "says that the agent listens, which has read the conversation so far."
            ),
            columns=("who is killed", *SPREAD_COLUMNS),
            rows=[[name, *spread.cells()] for name, spread in spreads.items()],
            expectations=[
                below(name, spreads[name].highest, death.promised, "s")
                for name, death in DEATHS.items()
            ],
            notes=[*load.caution, f"{LOAD_COLUMN} over the whole run: {load}."],
            data={"spreads": {name: asdict(spread) for name, spread in spreads.items()}},
        )
    ]


async def _recovery(fleet: World, death: Death, chance: random.Random) -> float:
    await fleet.staff()
    async with death.caller(fleet) as caller:
        await caller.until_live()
        await caller.until(lambda: bool(caller.heard))
        await asyncio.sleep(chance.uniform(0, LEASE_SECONDS / 3))
        struck = time.monotonic()
        death.strike(caller)
        await caller.until_live(connections=2)
        taken = caller.live_at - struck
        await caller.hang_up()
    await nothing_is_left(fleet)
    return taken
