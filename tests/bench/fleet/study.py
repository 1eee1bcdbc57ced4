"""Which days are simulated, and which setting they lead to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from tests.bench.fleet import sizes
from tests.bench.fleet.day import Day, Scenario, simulate_all

BOUND_SECONDS = 1.0
"""Of a hundred callers, 99 wait no longer: over the day, and in bursts too."""

TYPICAL = 1_000
"""Calls at once where only one size is looked at."""

BURST_FACTORS = (2.0, 3.0)
LIMIT_PERCENTS = (100, 125, 160)


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """Simulated days.

    Attributes:
        by_busy: By calls at once and `busy_percent`, over WebSocket.
        fitting: The highest `busy_percent` that keeps the bound over WebSocket and over the queue,
            by calls at once; None where none does.
        fleets: Set up like that.
        queued: The same fleets, but with callers who come over the queue.
        unresting: The same fleets, but with a protection that never rests.
        bursts: Of the typical size, by burst factor and `busy_percent`.
        limits: Of the typical size, by `MAX_CALLS` in percent of the calls at once.
    """

    by_busy: Mapping[tuple[int, int], Day]
    fitting: Mapping[int, int | None]
    fleets: Mapping[int, Day]
    queued: Mapping[int, Day]
    unresting: Mapping[int, Day]
    bursts: Mapping[tuple[float, int], Day]
    limits: Mapping[int, Day]

    @property
    def calls(self) -> list[int]:
        """The sizes."""
        return sorted(self.fleets)

    @property
    def busy_percents(self) -> list[int]:
        """The settings that were tried."""
        return sorted({busy for _, busy in self.by_busy})


def good(day: Day) -> bool:
    """Whether waiting stays within the bound."""
    return day.p99 <= BOUND_SECONDS and day.burst_p99 <= BOUND_SECONDS


def fullest(days: Mapping[int, Day]) -> int | None:
    """The highest setting that is good, and so are all below it that were tried."""
    found: int | None = None
    for busy in sorted(days):
        if not good(days[busy]):
            break
        found = busy
    return found


async def study(
    calls: Sequence[int], busy_percents: Sequence[int], say: Callable[[str], None]
) -> Study:
    """Simulates all of it.

    Args:
        calls: At once in the busiest hour; 1,000 is among them.
        busy_percents: That are tried.
        say: Tells whoever waits what happens now.
    """
    # The largest first, or one process works on it while the others have nothing to do.
    grid = {
        (size, busy): Scenario(calls=size, busy_percent=busy, hours=sizes.HOURS.get(size, 24.0))
        for size in sorted(calls, reverse=True)
        for busy in sorted(busy_percents)
    }
    say(f"{len(grid)} days, to see how full tasks may be")
    days = await simulate_all(list(grid.values()))
    by_busy = {key: days[scenario] for key, scenario in grid.items()}
    say("the same fleets, with callers who come over the queue")
    queued = await _over_the_queue(grid, by_busy)
    chosen = {size: grid[size, busy] for size, (busy, _) in queued.items()}
    unresting = {size: replace(each, rests=False) for size, each in chosen.items()}
    bursts = {
        (factor, busy): replace(chosen[TYPICAL], burst_factor=factor, busy_percent=busy)
        for factor in BURST_FACTORS
        for busy in busy_percents
    }
    limits = {
        percent: replace(chosen[TYPICAL], limit_percent=percent) for percent in LIMIT_PERCENTS
    }
    more = [*unresting.values(), *bursts.values(), *limits.values()]
    say(f"{len(more)} days of those fleets: scaling in, harder bursts, the model's quota")
    days |= await simulate_all(more)
    fleets = {size: days[each] for size, each in chosen.items()}
    return Study(
        by_busy=by_busy,
        fitting={
            size: busy if good(day) and good(fleets[size]) else None
            for size, (busy, day) in queued.items()
        },
        fleets=fleets,
        queued={size: day for size, (_, day) in queued.items()},
        unresting={size: days[each] for size, each in unresting.items()},
        bursts={key: days[each] for key, each in bursts.items()},
        limits={key: days[each] for key, each in limits.items()},
    )


async def _over_the_queue(
    grid: Mapping[tuple[int, int], Scenario], by_busy: Mapping[tuple[int, int], Day]
) -> dict[int, tuple[int, Day]]:
    """Of each size the fullest tasks that are good for the queue, too, or else the emptiest."""
    busy_percents = sorted({busy for _, busy in grid})
    left: dict[int, list[int]] = {}
    for size, _ in grid:
        most = fullest({busy: by_busy[size, busy] for busy in busy_percents})
        left[size] = [busy for busy in busy_percents if busy <= (most or busy_percents[0])]
    found: dict[int, tuple[int, Day]] = {}
    while left:
        tries = {
            size: replace(grid[size, fitting[-1]], way="queue") for size, fitting in left.items()
        }
        days = await simulate_all(list(tries.values()))
        for size, scenario in tries.items():
            busy = left[size].pop()
            if good(days[scenario]) or not left[size]:
                found[size] = busy, days[scenario]
                del left[size]
    return found
