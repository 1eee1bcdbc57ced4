"""What callers and AWS are taken to be, and where each number is from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from cdk.operator.cost.assumptions import Call

HOUR = 3600.0
DAY = 24 * HOUR

START_SECONDS = 0.031
"""From /connect to bot-ready on a warm process, median of `make bench BENCH=start`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """Who calls, when and for how long.

    Calls come as a Poisson process whose rate follows the hour and jumps in bursts. Lengths are
    log-normal, as those of call centres are: Brown et al., Statistical Analysis of a Telephone Call
    Center, JASA 100 (2005), found a mean of 188 s and a median of 114 s.

    Attributes:
        concurrent: Calls at once in the busiest hour, bursts aside.
        mean_seconds: Of a call, before the cut at `longest_seconds`.
        sigma: Of the logarithm of the length; 1 puts the median at 61 % of the mean.
        shortest_seconds: No call is shorter.
        longest_seconds: The agent says goodbye then.
        quiet_share: Of the busiest hour's calls, how many there are in the quietest.
        quietest_hour: Of the day. The busiest is twelve hours later, with a cosine between.
        burst_factor: So many times the usual callers come in a burst, at once.
        burst_seconds: How long a burst lasts.
        bursts_a_day: How many there are, at random times.
    """

    concurrent: float
    mean_seconds: float = Call().seconds
    sigma: float = 1.0
    shortest_seconds: float = 5.0
    longest_seconds: float = 1800.0
    quiet_share: float = 0.1
    quietest_hour: float = 4.0
    burst_factor: float = 1.5
    burst_seconds: float = 600.0
    bursts_a_day: int = 6

    @property
    def mu(self) -> float:
        """Mean of the logarithm of a call's length."""
        return math.log(self.mean_seconds) - self.sigma**2 / 2

    @property
    def mean_length(self) -> float:
        """Mean length in seconds, between the shortest and the longest."""
        return self._mean_below(self.longest_seconds) + (
            self.shortest_seconds - self._mean_below(self.shortest_seconds)
        )

    @property
    def busiest_rate(self) -> float:
        """Callers a second in the busiest hour."""
        return self.concurrent / self.mean_length

    def share(self, at: float) -> float:
        """How many call, of the busiest hour's; `at` in seconds after midnight."""
        angle = 2 * math.pi * (at - self.quietest_hour * HOUR) / DAY
        return self.quiet_share + (1 - self.quiet_share) * (1 - math.cos(angle)) / 2

    def _mean_below(self, limit: float) -> float:
        """Mean of the lesser of length and limit."""
        normal, z = NormalDist(), (math.log(limit) - self.mu) / self.sigma
        return self.mean_seconds * normal.cdf(z - self.sigma) + limit * (1 - normal.cdf(z))


@dataclass(frozen=True, slots=True, kw_only=True)
class Amazon:
    """How long AWS takes, and how its autoscaler decides.

    Attributes:
        task_seconds: From a raised number of tasks to a running task, least and most, measured.
        boot_seconds: From there until the supervisor has imported everything: a new interpreter.
        health_seconds: Until the load balancer sends a new task its first call: two good health
            checks, 10 s apart.
        launches_a_minute: A service's tasks on Fargate; AWS's quota, not adjustable.
        report_seconds: How often a task tells how full it is (`supervisor.REPORT_SECONDS`); the
            first time after that long.
        metric_seconds: Until an alarm sees a minute's number.
        high_points: So many minutes in a row above the target make the autoscaler add tasks, and
        low_points: so many below `low_share` of the target make it remove some: the alarms that
            target tracking makes (aws/containers-roadmap#1208).
        low_share: Of the target.
    """

    task_seconds: tuple[float, float] = (57.0, 68.0)
    boot_seconds: float = 2.2
    health_seconds: tuple[float, float] = (10.0, 20.0)
    launches_a_minute: int = 500
    report_seconds: float = 60.0
    metric_seconds: float = 60.0
    high_points: int = 3
    low_points: int = 15
    low_share: float = 0.9
