"""The parts of the simulation, each against a few lines that say the same one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.fleet.assumptions import Amazon
from tests.bench.fleet.line import first_come, let_in
from tests.bench.fleet.outcome import Waits
from tests.bench.fleet.placing import to_the_emptiest, to_whoever_asks
from tests.bench.fleet.plan import Stepping, Tracking
from tests.bench.fleet.scaling import Autoscaler, Metric
from tests.bench.fleet.warmth import once_warm

times = st.lists(st.integers(0, 100), max_size=30).map(lambda each: np.sort(each).astype(float))
tasks = st.lists(st.integers(0, 6), min_size=1, max_size=12)


@given(times, times)
def test_the_first_who_came_gets_the_first_slot(arrived: np.ndarray, opened: np.ndarray) -> None:
    served = first_come(arrived, opened)
    assert len(served) == min(len(arrived), len(opened))
    assert all(at >= max(pair) for at, *pair in zip(served, arrived, opened, strict=False))
    assert (np.diff(served) >= 0).all()


@given(times, times, times)
def test_who_finds_no_slot_is_not_let_in(
    arrived: np.ndarray, opened: np.ndarray, others: np.ndarray
) -> None:
    expected, inside = [], 0
    for at in arrived:
        welcome = inside < min((opened <= at).sum(), (others <= at).sum())
        inside += welcome
        expected.append(bool(welcome))
    assert let_in(arrived, opened, others).tolist() == expected


@given(tasks, st.integers(0, 72), st.integers(0, 2**32))
def test_the_load_balancer_fills_tasks_from_the_emptiest(
    taken: list[int], callers: int, seed: int
) -> None:
    slots = 6
    callers = min(callers, sum(slots - each for each in taken))
    random = np.random.default_rng(seed)
    given_ = to_the_emptiest(np.array(taken), slots, callers, random)

    one_by_one = list(taken)
    for _ in range(callers):
        one_by_one[one_by_one.index(min(one_by_one))] += 1
    assert given_.sum() == callers
    assert sorted(np.array(taken) + given_) == sorted(one_by_one)


@given(tasks, st.integers(1, 4), st.integers(0, 72), st.integers(0, 2**32))
def test_the_queue_gives_no_task_more_than_it_has_room_for(
    taken: list[int], spare: int, callers: int, seed: int
) -> None:
    slots = 6
    callers = min(callers, sum(slots - each for each in taken))
    random = np.random.default_rng(seed)
    given_ = to_whoever_asks(np.array(taken), slots, spare, callers, random)
    assert given_.sum() == callers
    assert given_.min() >= 0
    assert (np.array(taken) + given_).max() <= slots


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 2)), max_size=40), st.integers(1, 3))
def test_a_call_waits_for_a_warm_process(calls: list[tuple[int, int]], spare: int) -> None:
    calls.sort()
    at = np.array([when for when, _ in calls], dtype=float)
    task = np.array([where for _, where in calls], dtype=np.int64)
    warm = once_warm(at, task, spare=spare, warming_seconds=3.0)

    free = {where: [0.0] * spare for where in range(3)}
    for when, where, began in zip(at, task, warm, strict=True):
        soonest = min(free[where])
        assert began == pytest.approx(max(when, soonest))
        free[where].remove(soonest)
        free[where].append(max(when, soonest) + 3.0)


def test_quantiles_of_waits_are_those_of_the_samples() -> None:
    samples = np.random.default_rng(1).lognormal(0, 2, 10_000)
    waits = Waits()
    for part in np.array_split(samples, 7):
        waits.add(part)
    for share in (0.5, 0.95, 0.99):
        assert waits.quantile(share) == pytest.approx(np.quantile(samples, share), rel=0.01)
    assert waits.longer_than(1.0) == pytest.approx((samples > 1).mean(), abs=0.01)


def autoscaler(*metrics: Metric, desired: int = 10) -> Autoscaler:
    return Autoscaler(list(metrics), desired=desired, least=2, most=100)


def metric(*points: float) -> Metric:
    made = Metric(Tracking(target=60, out_seconds=30, in_seconds=600), Amazon())
    for point in points:
        made.add(point)
    return made


def test_three_minutes_above_the_target_add_tasks() -> None:
    places = metric(90, 90)
    scaling = autoscaler(places)
    scaling.decide(120, settled=True)
    assert scaling.desired == 10
    places.add(90)
    scaling.decide(180, settled=True)
    assert scaling.desired == 15


def test_tasks_on_their_way_are_not_added_twice() -> None:
    places = metric(90, 90, 90)
    scaling = autoscaler(places)
    scaling.decide(180, settled=True)
    places.add(90)
    scaling.decide(240, settled=False)
    assert scaling.desired == 15
    places.add(120)
    scaling.decide(300, settled=False)
    assert scaling.desired == 20


def test_fifteen_minutes_below_remove_tasks_once_in_a_while_if_all_policies_agree() -> None:
    places, processor = metric(*[30.0] * 15), metric(*[50.0] * 14)
    scaling = autoscaler(places, processor)
    scaling.decide(900, settled=True)
    assert scaling.desired == 10
    processor.add(50)
    scaling.decide(960, settled=True)
    assert scaling.desired == 9
    scaling.decide(1020, settled=True)
    assert scaling.desired == 9


def test_a_minute_without_a_report_rings_no_alarm() -> None:
    places = metric(90, 90)
    places.add(None)
    places.add(90)
    scaling = autoscaler(places)
    scaling.decide(240, settled=True)
    assert scaling.desired == 10


def test_waiting_jobs_add_tasks_in_steps_with_a_cooldown() -> None:
    steps = Stepping(steps=((1, 1), (29, 4)), out_seconds=60)
    scaling = Autoscaler([metric()], desired=10, least=2, most=100, jobs=steps)
    scaling.decide(60, settled=True, jobs=0)
    assert scaling.desired == 10
    scaling.decide(120, settled=True, jobs=40)
    assert scaling.desired == 14
    scaling.decide(150, settled=True, jobs=40)
    assert scaling.desired == 14
    scaling.decide(180, settled=True, jobs=3)
    assert scaling.desired == 15
