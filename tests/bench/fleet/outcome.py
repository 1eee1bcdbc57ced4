"""What a simulated day was like."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from tests.bench.fleet.demand import Floats

_SHORTEST = 1e-3
_STEP = 0.005
"""Of a bin's logarithm: quantiles are right to half a percent."""
_BINS = 4000


class Waits:
    """How long callers waited, as a histogram with bins of half a percent."""

    def __init__(self) -> None:
        """Begins with none."""
        self._bins = np.zeros(_BINS, dtype=np.int64)
        self.seconds = 0.0

    @property
    def count(self) -> int:
        """Of callers who got in."""
        return int(self._bins.sum())

    def add(self, waits: Floats) -> None:
        """Counts callers."""
        if not len(waits):
            return
        self.seconds += float(waits.sum())
        logarithms = np.log(np.maximum(waits, _SHORTEST) / _SHORTEST)
        bins = np.minimum(np.round(logarithms / _STEP).astype(np.int64), _BINS - 1)
        self._bins += np.bincount(bins, minlength=_BINS)

    def quantile(self, share: float) -> float:
        """So that this share of callers waited no longer; 0 without callers."""
        if not self.count:
            return 0.0
        place = int(np.searchsorted(np.cumsum(self._bins), share * self.count))
        return _SHORTEST * math.exp(min(place, _BINS - 1) * _STEP)

    def longer_than(self, seconds: float) -> float:
        """The share of callers who waited longer."""
        first = round(math.log(seconds / _SHORTEST) / _STEP) + 1
        return float(self._bins[first:].sum()) / max(1, self.count)


@dataclass(frozen=True, slots=True)
class Moment:
    """The fleet at the end of a round.

    Attributes:
        at: In seconds.
        talking: Calls.
        waiting: Callers in line.
        places: Slots of the tasks that take calls.
        tasks: That are paid for.
        desired: By the autoscaler.
    """

    at: float
    talking: int
    waiting: int
    places: int
    tasks: int
    desired: int


@dataclass(slots=True)
class Outcome:
    """What was seen while it was measured.

    Attributes:
        waits: Of callers who got in, from their first try to bot-ready.
        burst_waits: Of those of them who came in a burst.
        tries: That there were.
        refused: Tries that were answered with 503.
        callers: Who came.
        refused_callers: Whose first try was refused.
        left: Callers who gave up.
        began: Calls.
        moments: One a round.
    """

    waits: Waits = field(default_factory=Waits)
    burst_waits: Waits = field(default_factory=Waits)
    tries: int = 0
    refused: int = 0
    callers: int = 0
    refused_callers: int = 0
    left: int = 0
    began: int = 0
    moments: list[Moment] = field(default_factory=list)

    @property
    def call_hours(self) -> float:
        """Hours of talk."""
        return self._hours([moment.talking for moment in self.moments])

    @property
    def task_hours(self) -> float:
        """Hours of tasks."""
        return self._hours([moment.tasks for moment in self.moments])

    @property
    def hours(self) -> float:
        """How long was measured."""
        return self._hours([1] * len(self.moments))

    @property
    def used(self) -> float:
        """The share of places that are taken, over all the time."""
        places = sum(moment.places for moment in self.moments)
        return sum(moment.talking for moment in self.moments) / places if places else 0.0

    @property
    def most_tasks(self) -> int:
        """At once."""
        return max(moment.tasks for moment in self.moments)

    @property
    def mean_tasks(self) -> float:
        """Over all the time."""
        return self.task_hours / self.hours

    def _hours(self, counts: list[int]) -> float:
        if len(self.moments) < 2:
            return 0.0
        round_hours = (self.moments[1].at - self.moments[0].at) / 3600
        return sum(counts) * round_hours
