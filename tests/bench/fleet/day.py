"""A day of a fleet, simulated in a process of its own."""

from __future__ import annotations

import asyncio
import math
import multiprocessing
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tests.bench.fleet import sizes
from tests.bench.fleet.assumptions import DAY, HOUR, Callers
from tests.bench.fleet.demand import DailyDemand
from tests.bench.fleet.outcome import Moment
from tests.bench.fleet.plan import Plan, Way
from tests.bench.fleet.simulation import Simulation

_SETTLING_HOURS = 4
"""Before the day that counts, so that it does not begin with an empty fleet."""

_END = _SETTLING_HOURS * HOUR + DAY
"""Of the first day."""

_MOMENT_SECONDS = 300
"""Between two that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What is simulated.

    Attributes:
        calls: At once in the busiest hour.
        way: How callers come in.
        busy_percent: Instead of the environment's.
        burst_factor: So many times the usual callers in a burst.
        limit_percent: `MAX_CALLS`, of `calls`; 0 for none.
        rests: Whether the protection of a task that always has calls rests now and then.
        hours: That are simulated, from the quietest on; small fleets need several days, or chance
            decides.
        seed: Of the random numbers. Callers of equal seeds come at equal times.
    """

    calls: int
    way: Way = "websocket"
    busy_percent: int | None = None
    burst_factor: float = 1.5
    limit_percent: int = 0
    rests: bool = True
    hours: float = 24.0
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """How it was.

    Attributes:
        p50: Seconds from the first try to bot-ready, of half the callers at most.
        p95: Likewise.
        p99: Likewise.
        burst_p99: Likewise, of the callers who came in a burst.
        waited: The share of callers who waited longer than a second.
        refused: The share of callers whose first try was refused.
        left: The share of callers who gave up.
        tasks: On average.
        most_tasks: At once.
        most_calls: At once.
        used: The share of places that were taken.
        handed_over: The share of calls that a task which was to go gave to another.
        bill: What such days cost a month.
        moments: Through the first day, from the quietest hour on.
    """

    p50: float
    p95: float
    p99: float
    burst_p99: float
    waited: float
    refused: float
    left: float
    tasks: float
    most_tasks: int
    most_calls: int
    used: float
    handed_over: float
    bill: sizes.Bill
    moments: tuple[Moment, ...]


def simulate(scenario: Scenario) -> Day:
    """Simulates a day, which is the same for equal scenarios."""
    config = sizes.environment(scenario.calls)
    callers = Callers(concurrent=scenario.calls, burst_factor=scenario.burst_factor)
    plan = sizes.plan(
        config,
        way=scenario.way,
        busy_percent=scenario.busy_percent,
        rests=scenario.rests,
        limit=scenario.calls * scenario.limit_percent // 100,
    )
    hours = _SETTLING_HOURS + scenario.hours
    for_callers, for_fleet = np.random.SeedSequence(scenario.seed).spawn(2)
    at_first = callers.concurrent * callers.share(0.0) / plan.slots
    simulation = Simulation(
        plan,
        DailyDemand(callers, np.random.default_rng(for_callers), days=math.ceil(hours / 24)),
        np.random.default_rng(for_fleet),
        tasks=max(plan.least, math.ceil(at_first / plan.places.target * 100)),
    )
    simulation.run(_SETTLING_HOURS * HOUR)
    simulation.measure()
    handed_over = simulation.cloud.handed_over
    outcome = simulation.run(hours * HOUR)
    waits, moments = outcome.waits, outcome.moments
    return Day(
        p50=waits.quantile(0.5),
        p95=waits.quantile(0.95),
        p99=waits.quantile(0.99),
        burst_p99=outcome.burst_waits.quantile(0.99),
        waited=waits.longer_than(1.0),
        refused=outcome.refused_callers / outcome.callers,
        left=outcome.left / outcome.callers,
        tasks=outcome.mean_tasks,
        most_tasks=outcome.most_tasks,
        most_calls=max(moment.talking for moment in moments),
        used=outcome.used,
        handed_over=(simulation.cloud.handed_over - handed_over) / outcome.began,
        bill=sizes.bill(config, outcome),
        moments=tuple(moment for moment in moments[:: _moments_apart(plan)] if moment.at <= _END),
    )


def _moments_apart(plan: Plan) -> int:
    return round(_MOMENT_SECONDS / plan.round_seconds)


async def simulate_all(scenarios: Sequence[Scenario]) -> dict[Scenario, Day]:
    """Simulates days, one a core at a time."""
    loop = asyncio.get_running_loop()
    days: dict[Scenario, Day] = {}
    done: asyncio.Queue[tuple[Scenario, Day] | BaseException] = asyncio.Queue()

    def hand_over(result: tuple[Scenario, Day] | BaseException) -> None:
        loop.call_soon_threadsafe(done.put_nowait, result)

    # Spawned: this process may have threads, and Ctrl-C is for it alone. The pool's own end kills.
    context = multiprocessing.get_context("spawn")
    with context.Pool(os.cpu_count(), _ignore_interrupts) as pool:
        for scenario in scenarios:
            pool.apply_async(_simulate, (scenario,), callback=hand_over, error_callback=hand_over)
        while len(days) < len(scenarios):
            result = await done.get()
            if isinstance(result, BaseException):
                raise result
            days[result[0]] = result[1]
    return days


def _simulate(scenario: Scenario) -> tuple[Scenario, Day]:
    return scenario, simulate(scenario)


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
