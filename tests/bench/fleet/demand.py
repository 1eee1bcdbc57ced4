"""The callers of a day: when each comes and how long each talks."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tests.bench.fleet.assumptions import DAY, Callers

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Demand(Protocol):
    """Where callers come from."""

    def arrivals(self, begin: float, end: float) -> Floats:
        """When callers come in this interval, in order. Intervals follow one another."""

    def lengths(self, count: int) -> Floats:
        """How long the next calls last, in seconds."""

    def in_burst(self, at: Floats) -> Flags:
        """Which of these moments are in a burst."""


class DailyDemand:
    """Callers as `Callers` describes them."""

    def __init__(self, callers: Callers, random: np.random.Generator, *, days: int) -> None:
        """Draws the bursts of so many days; one never begins in another."""
        self._callers = callers
        self._random = random
        bursts = days * callers.bursts_a_day
        room = DAY / max(1, callers.bursts_a_day)
        offsets = random.uniform(0, room - callers.burst_seconds, bursts)
        self._bursts = room * np.arange(bursts) + offsets

    def rate(self, at: float) -> float:
        """Callers a second."""
        usual = self._callers.busiest_rate * self._callers.share(at)
        burst = bool(self.in_burst(np.array([at]))[0])
        return usual * (self._callers.burst_factor if burst else 1.0)

    def arrivals(self, begin: float, end: float) -> Floats:
        """When callers come in this interval, in order."""
        count = self._random.poisson(self.rate((begin + end) / 2) * (end - begin))
        return np.sort(self._random.uniform(begin, end, count))

    def lengths(self, count: int) -> Floats:
        """How long the next calls last, in seconds."""
        callers = self._callers
        drawn = self._random.lognormal(callers.mu, callers.sigma, count)
        return np.clip(drawn, callers.shortest_seconds, callers.longest_seconds)

    def in_burst(self, at: Floats) -> Flags:
        """Which of these moments are in a burst."""
        if not len(self._bursts):
            return np.zeros(len(at), dtype=bool)
        latest = np.searchsorted(self._bursts, at, side="right") - 1
        after = at - self._bursts[latest]
        return (after >= 0) & (after < self._callers.burst_seconds)
