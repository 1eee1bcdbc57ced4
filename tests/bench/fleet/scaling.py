"""AWS's autoscaler: policies on one number of tasks.

What AWS documents is taken from its API reference and user guide: any policy scales out, all that
track a target have to agree to scale in; while a scale-out is on its way or cools down, a further
one is counted from the number before it. What it leaves open is assumed: the number that is wanted
is the one at which the metric's last point would be on target, rounded up, in both directions.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.fleet.assumptions import Amazon
from tests.bench.fleet.plan import Stepping, Tracking


class Metric:
    """One metric's last minutes, as the two alarms of a tracking policy see them."""

    def __init__(self, policy: Tracking, amazon: Amazon) -> None:
        """Begins with no data."""
        self.policy = policy
        self._amazon = amazon
        self._points: deque[float | None] = deque(maxlen=amazon.low_points)

    def add(self, point: float | None) -> None:
        """Takes a minute's point; None where nobody reported."""
        self._points.append(point)

    @property
    def high(self) -> bool:
        """Whether tasks should be added."""
        target, needed = self.policy.target, self._amazon.high_points
        points = list(self._points)[-needed:]
        return len(points) == needed and all(p is not None and p > target for p in points)

    @property
    def low(self) -> bool:
        """Whether tasks may be removed."""
        below = self._amazon.low_share * self.policy.target
        enough = len(self._points) == self._amazon.low_points
        return enough and all(p is not None and p < below for p in self._points)

    def wanted(self, tasks: int) -> int:
        """With how many tasks the last point would have been on target."""
        return math.ceil(tasks * (self._points[-1] or 0.0) / self.policy.target)


@dataclass(slots=True)
class _Addition:
    """Tasks that are on their way or have just come.

    Attributes:
        before: How many were desired before.
        over_at: When the cooldown ends; None while tasks still start.
    """

    before: int
    over_at: float | None = None


class Autoscaler:
    """Decides once a minute how many tasks are desired.

    Attributes:
        desired: How many.
    """

    def __init__(
        self,
        metrics: Sequence[Metric],
        *,
        desired: int,
        least: int,
        most: int,
        jobs: Stepping | None = None,
    ) -> None:
        """Begins with so many tasks, and keeps their number within bounds."""
        self.desired = desired
        self._metrics = metrics
        self._jobs = jobs
        self._least = least
        self._most = most
        self._addition: _Addition | None = None
        self._no_step_before = 0.0
        self._no_removal_before = 0.0

    def decide(self, now: float, *, settled: bool, jobs: int = 0) -> None:
        """Looks at the alarms.

        Args:
            now: The time.
            settled: Whether as many tasks run as are desired.
            jobs: How many were waiting.
        """
        self._cool_down(now, settled)
        stepped = self._step(now, jobs)
        if any(metric.high for metric in self._metrics):
            self._scale_out()
        elif (
            not stepped
            and now >= self._no_removal_before
            and all(metric.low for metric in self._metrics)
        ):
            self._scale_in(now)

    def _cool_down(self, now: float, settled: bool) -> None:
        if self._addition is None:
            return
        if self._addition.over_at is None and settled:
            cooldown = max(metric.policy.out_seconds for metric in self._metrics)
            self._addition.over_at = now + cooldown
        if self._addition.over_at is not None and now >= self._addition.over_at:
            self._addition = None

    def _step(self, now: float, jobs: int) -> bool:
        added = self._jobs.added(jobs) if self._jobs is not None else 0
        if self._jobs is None or not added or now < self._no_step_before:
            return bool(added)
        self.desired = min(self._most, self.desired + added)
        self._no_step_before = now + self._jobs.out_seconds
        return True

    def _scale_out(self) -> None:
        before = self.desired if self._addition is None else self._addition.before
        wanted = max(metric.wanted(before) for metric in self._metrics if metric.high)
        wanted = min(wanted, self._most)
        if wanted > self.desired:
            self.desired = wanted
            self._addition = _Addition(before)

    def _scale_in(self, now: float) -> None:
        wanted = max(self._least, *(metric.wanted(self.desired) for metric in self._metrics))
        if wanted < self.desired:
            self.desired = wanted
            self._addition = None
            cooldown = max(metric.policy.in_seconds for metric in self._metrics)
            self._no_removal_before = now + cooldown
