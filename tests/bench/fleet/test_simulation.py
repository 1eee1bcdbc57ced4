"""The simulation against the textbook: an event loop, Erlang's formula, Little's law."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bench.fleet.assumptions import HOUR, START_SECONDS, Amazon, Callers
from tests.bench.fleet.day import Scenario, simulate
from tests.bench.fleet.demand import DailyDemand, Flags, Floats
from tests.bench.fleet.event_loop import serve
from tests.bench.fleet.plan import Plan, Protection, Stepping, Tracking, Way
from tests.bench.fleet.simulation import Begun, Simulation

NEVER = Tracking(target=1000, out_seconds=0, in_seconds=1e9)
"""Its high alarm never rings; with equal bounds the low one changes nothing."""


def plan(way: Way = "queue", *, slots: int = 4, tasks: int = 2, **others: float) -> Plan:
    fixed = {"least": tasks, "most": tasks, "spare": slots, "places": NEVER, "processor": NEVER}
    return Plan(**{"way": way, "slots": slots, "call_percent": 1.0, **fixed, **others})


class Given:
    """Callers as they are written down."""

    def __init__(self, arrivals: Sequence[float], lengths: Iterator[float]) -> None:
        self._arrivals = np.array(arrivals)
        self._lengths = lengths

    def arrivals(self, begin: float, end: float) -> Floats:
        first, last = np.searchsorted(self._arrivals, (begin, end))
        return self._arrivals[first:last]

    def lengths(self, count: int) -> Floats:
        return np.array([next(self._lengths) for _ in range(count)])

    def in_burst(self, at: Floats) -> Flags:
        return np.zeros(len(at), dtype=bool)


class Steady:
    """Callers who come at one rate, and whose calls are of exponential length."""

    def __init__(self, rate: float, mean_seconds: float, random: np.random.Generator) -> None:
        self._rate = rate
        self._mean = mean_seconds
        self._random = random

    def arrivals(self, begin: float, end: float) -> Floats:
        count = self._random.poisson(self._rate * (end - begin))
        return np.sort(self._random.uniform(begin, end, count))

    def lengths(self, count: int) -> Floats:
        return np.maximum(1.0, self._random.exponential(self._mean, count))

    def in_burst(self, at: Floats) -> Flags:
        return np.zeros(len(at), dtype=bool)


callers = st.lists(
    st.tuples(st.integers(0, 3000), st.integers(50, 900)), min_size=1, max_size=120
).map(sorted)
"""When each comes, and how long the next call lasts, in tenths of a second: many at one moment."""


@given(
    callers,
    st.sampled_from(["queue", "websocket"]),
    st.integers(1, 4),
    st.integers(1, 3),
    st.sampled_from([0, 0, 1, 3, 6, 12]),
)
@settings(deadline=None)
def test_calls_begin_when_the_event_loop_begins_them(
    people: list[tuple[int, int]], way: Way, slots: int, tasks: int, limit: int
) -> None:
    # Uneven hundredths: whether a slot that opens at the moment of a try counts is no question.
    arrivals = [at / 10 + number / 1e4 for number, (at, _) in enumerate(people)]
    lengths = [length / 10 + math.pi / 1e4 * number for number, (_, length) in enumerate(people)]
    fleet = plan(way, slots=slots, tasks=tasks, limit=limit, call_seconds=9.0, patience_seconds=60)
    simulation = Simulation(
        fleet, Given(arrivals, iter(lengths)), np.random.default_rng(0), tasks=tasks
    )
    rounds: list[Begun] = []
    while simulation.now < 300 or simulation.outcome.began + simulation.outcome.left < len(people):
        rounds.append(simulation.step())

    expected = serve(fleet, tasks, arrivals, lengths)

    seen = [each for begun in rounds for each in zip(begun.since, begun.at, begun.end, strict=True)]
    assert seen == [pytest.approx(call, abs=1e-6) for call in expected]


@given(
    st.integers(0, 2**32),
    st.sampled_from(["queue", "websocket"]),
    st.floats(1, 200),
    st.integers(1, 12),
    st.integers(20, 90),
)
@settings(deadline=None, max_examples=20)
def test_no_task_has_more_calls_than_slots_while_the_fleet_grows_and_shrinks(
    seed: int, way: Way, concurrent: float, slots: int, busy_percent: int
) -> None:
    random = np.random.default_rng(seed)
    people = Callers(concurrent=concurrent, burst_factor=4, bursts_a_day=70, burst_seconds=300)
    fleet = Plan(
        way=way,
        slots=slots,
        spare=1,
        least=1,
        most=40,
        places=Tracking(target=busy_percent, out_seconds=30, in_seconds=60),
        processor=NEVER,
        jobs=Stepping(steps=((1, 1), (20, 4)), out_seconds=60),
        protection=Protection(stretch_seconds=300, rest_seconds=120),
        call_percent=1.0,
    )
    simulation = Simulation(
        fleet,
        DailyDemand(people, random, days=1),
        random,
        tasks=1,
        # An autoscaler that is quick to add tasks and quick to remove them.
        amazon=Amazon(high_points=1, low_points=2),
    )
    live: dict[int, list[tuple[float, float]]] = {}
    while simulation.now < HOUR:
        begun = simulation.step()
        taken = simulation.tasks.taken
        assert taken.min() >= 0
        assert taken.max() <= slots
        assert taken.sum() == len(simulation.calls)
        assert fleet.least <= simulation.cloud.autoscaler.desired <= fleet.most
        assert (begun.at < simulation.tasks.closed_at[begun.task]).all()
        for task, at, end in zip(begun.task, begun.at, begun.end, strict=True):
            live.setdefault(int(task), []).append((at, end))
            assert at >= simulation.tasks.ready_at[task]
        assert (begun.warm >= begun.at).all()
        assert (begun.at >= begun.since).all()
    for calls in live.values():
        changes = sorted([(at, 1) for at, _ in calls] + [(end, -1) for _, end in calls])
        assert max(np.cumsum([change for _, change in changes])) <= slots


@pytest.mark.parametrize(("servers", "load"), [(10, 7.5), (30, 25.0)])
def test_waiting_is_what_erlang_says(servers: int, load: float) -> None:
    # Mean of the lengths that `Steady` draws, none below a second.
    mean = 10 * math.exp(-0.1) + 1.0
    random = np.random.default_rng(0)
    fleet = plan(slots=servers, tasks=1, round_seconds=1.0)
    simulation = Simulation(fleet, Steady(load / mean, 10.0, random), random, tasks=1)
    simulation.run(500)
    simulation.measure()
    waits = simulation.run(20_000).waits

    busy = _erlang_c(servers, load)
    assert waits.longer_than(2 * START_SECONDS) == pytest.approx(busy, rel=0.1)
    mean_wait = busy * mean / (servers - load)
    assert waits.seconds / waits.count - START_SECONDS == pytest.approx(mean_wait, rel=0.2)


def _erlang_c(servers: int, load: float) -> float:
    """The share of callers who wait at all, if calls and pauses between them are exponential."""
    blocking = 1.0
    for number in range(1, servers + 1):
        blocking = load * blocking / (number + load * blocking)
    return blocking / (1 - load / servers * (1 - blocking))


def test_as_many_are_there_as_come_times_how_long_they_stay() -> None:
    """Little's law, of the line and of the calls, as the simulation counted both."""
    random = np.random.default_rng(3)
    fleet = plan(slots=30, tasks=1, round_seconds=1.0)
    simulation = Simulation(fleet, Steady(28 / 150, 150.0, random), random, tasks=1)
    simulation.run(4 * HOUR)
    simulation.measure()
    begun = [simulation.step() for _ in range(30_000)]
    seen = simulation.outcome

    seconds = len(seen.moments)
    lengths = sum(float((each.end - each.at).sum()) for each in begun)
    in_line = sum(moment.waiting for moment in seen.moments) / seconds
    waited = seen.waits.seconds - START_SECONDS * seen.waits.count
    assert seen.call_hours == pytest.approx(lengths / HOUR, rel=0.01)
    assert in_line == pytest.approx(waited / seconds, rel=0.03)


def test_callers_come_and_talk_as_they_are_described() -> None:
    people = Callers(concurrent=500, bursts_a_day=0)
    demand = DailyDemand(people, np.random.default_rng(5), days=1)
    lengths = demand.lengths(200_000)
    assert lengths.mean() == pytest.approx(people.mean_length, rel=0.01)
    assert np.median(lengths) / people.mean_seconds == pytest.approx(0.61, rel=0.03)
    busiest = (people.quietest_hour + 12) * HOUR
    rate = len(demand.arrivals(busiest - 1800, busiest + 1800)) / HOUR
    assert rate * people.mean_length == pytest.approx(500, rel=0.05)
    assert people.share(people.quietest_hour * HOUR) == pytest.approx(people.quiet_share)


def test_a_seed_is_a_day() -> None:
    once, again, other = (simulate(Scenario(calls=100, seed=seed, hours=1)) for seed in (1, 1, 2))
    assert once == again
    assert once != other


def test_more_spare_places_never_make_callers_wait_longer() -> None:
    waited = [simulate(Scenario(calls=10, busy_percent=busy, hours=8)).waited for busy in (20, 85)]
    assert waited[0] < waited[1]


def test_a_fleet_without_room_for_its_callers_refuses_the_rest() -> None:
    day = simulate(Scenario(calls=10, limit_percent=50, hours=8))
    assert day.most_calls == 5
    assert day.refused > 0
