"""What AWS does about the tasks: CloudWatch counts, the autoscaler decides, ECS acts."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np

from tests.bench.fleet.assumptions import Amazon
from tests.bench.fleet.demand import Flags
from tests.bench.fleet.plan import Plan
from tests.bench.fleet.scaling import Autoscaler, Metric
from tests.bench.fleet.tasks import Tasks

_MINUTE = 60.0


class _Minute(NamedTuple):
    """What CloudWatch has of a minute.

    Attributes:
        seen_at: When alarms see it.
        places: Percent of places taken, as the tasks reported; None where none did.
        processor: Percent of processor time.
        jobs: The most that were waiting.
    """

    seen_at: float
    places: float | None
    processor: float | None
    jobs: int


class Cloud:
    """Keeps as many tasks as the metrics ask for.

    Attributes:
        tasks: The fleet's.
        autoscaler: Decides how many there should be.
        handed_over: Calls that a closing task had to give to another.
    """

    def __init__(
        self, plan: Plan, amazon: Amazon, random: np.random.Generator, *, tasks: int
    ) -> None:
        """Begins with so many tasks that take calls; their minutes do not begin together."""
        self.tasks = Tasks()
        self.handed_over = 0
        self._plan = plan
        self._amazon = amazon
        self._random = random
        since = -random.uniform(0, amazon.report_seconds, tasks)
        self.tasks.launch(since, since)
        self.tasks.open_until(0.0)
        self._places = Metric(plan.places, amazon)
        self._processor = Metric(plan.processor, amazon)
        self.autoscaler = Autoscaler(
            (self._places, self._processor),
            desired=tasks,
            least=plan.least,
            most=plan.most,
            jobs=plan.jobs,
        )
        self._reports: list[float] = []
        self._loads: list[float] = []
        self._jobs = 0
        self._on_the_way: deque[_Minute] = deque()
        self._rounds = 0
        self._rounds_a_minute = round(_MINUTE / plan.round_seconds)

    def tend(self, now: float, *, waiting: int) -> None:
        """Looks after the tasks at the end of a round in which so many jobs are left waiting."""
        self.tasks.bury()
        self._listen(now)
        self._jobs = max(self._jobs, waiting)
        self._rounds += 1
        if self._rounds % self._rounds_a_minute == 0:
            self._count(now)
            self._decide(now)
        missing = self.autoscaler.desired - self.tasks.serving
        if missing > 0:
            self._launch(now, missing)
        elif missing < 0:
            self.tasks.stop(-missing, self._unprotected(now), now, self._random)
        self._hand_over(now)

    def _listen(self, now: float) -> None:
        """Hears the reports that tasks made in the round that ends now."""
        tasks = self.tasks
        if not len(tasks.open):
            return
        taken = tasks.taken[tasks.open]
        age = now - tasks.running_at[tasks.open]
        every = self._amazon.report_seconds
        due = (age % every < self._plan.round_seconds) & (age >= every)
        self._reports.extend(np.rint(100 * taken[due] / self._plan.slots).tolist())
        self._loads.append(int(taken.sum()) / len(taken) * self._plan.call_percent)

    def _count(self, now: float) -> None:
        """Makes a minute's points."""
        seen_at = now + self._amazon.metric_seconds
        minute = _Minute(seen_at, _mean(self._reports), _mean(self._loads), self._jobs)
        self._on_the_way.append(minute)
        self._reports.clear()
        self._loads.clear()
        self._jobs = 0

    def _decide(self, now: float) -> None:
        """Lets the alarms see the points that have arrived."""
        jobs = 0
        while self._on_the_way and self._on_the_way[0].seen_at <= now:
            minute = self._on_the_way.popleft()
            self._places.add(minute.places)
            self._processor.add(minute.processor)
            jobs = minute.jobs
        settled = self.tasks.serving >= self.autoscaler.desired and self.tasks.all_run(now)
        self.autoscaler.decide(now, settled=settled, jobs=jobs)

    def _launch(self, now: float, missing: int) -> None:
        amazon, random = self._amazon, self._random
        quota = amazon.launches_a_minute * self._plan.round_seconds / _MINUTE
        count = min(missing, max(1, int(quota)))
        running = now + random.uniform(*amazon.task_seconds, count) + amazon.boot_seconds
        healthy = random.uniform(*amazon.health_seconds, count)
        self.tasks.launch(running, running if self._plan.way == "queue" else running + healthy)

    def _unprotected(self, now: float) -> Flags:
        """Which open tasks ECS may stop."""
        protection = self._plan.protection
        busy = now - self.tasks.busy_since[self.tasks.open]
        cycle = protection.stretch_seconds + protection.rest_seconds
        with np.errstate(invalid="ignore"):
            resting = busy % cycle >= protection.stretch_seconds
        return np.isneginf(busy) | resting

    def _hand_over(self, now: float) -> None:
        if self._plan.way == "queue":
            told = now - self._plan.protection.handover_seconds
            late = self.tasks.closed_between(told - self._plan.round_seconds, told)
            self.handed_over += int(self.tasks.taken[late].sum())


def _mean(points: list[float]) -> float | None:
    return sum(points) / len(points) if points else None
