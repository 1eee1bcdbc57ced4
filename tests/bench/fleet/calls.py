"""The calls that are going on: when each ends, and where it is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tests.bench.fleet.demand import Floats
from tests.bench.fleet.placing import Counts


class Ended(NamedTuple):
    """Calls that are over, in the order of their ends.

    Attributes:
        at: When.
        task: Where.
    """

    at: Floats
    task: Counts


class Calls:
    """Calls in no order, in two arrays with holes; a hole ends never."""

    def __init__(self) -> None:
        """Begins with none."""
        self._ends = np.zeros(0)
        self._tasks = np.zeros(0, dtype=np.int64)
        self._holes = np.zeros(0, dtype=np.int64)
        self._hole_count = 0

    def __len__(self) -> int:
        """How many there are."""
        return len(self._ends) - self._hole_count

    def add(self, ends: Floats, tasks: Counts) -> None:
        """Begins calls."""
        if self._hole_count < len(ends):
            self._grow(max(64, len(self._ends), len(ends)))
        self._hole_count -= len(ends)
        holes = self._holes[self._hole_count : self._hole_count + len(ends)]
        self._ends[holes] = ends
        self._tasks[holes] = tasks

    def over_by(self, moment: float) -> Ended:
        """Ends the calls that end before a moment."""
        over = np.flatnonzero(self._ends < moment)
        over = over[np.argsort(self._ends[over], kind="stable")]
        ended = Ended(self._ends[over], self._tasks[over])
        self._ends[over] = np.inf
        self._holes[self._hole_count : self._hole_count + len(over)] = over
        self._hole_count += len(over)
        return ended

    def _grow(self, more: int) -> None:
        size = len(self._ends)
        self._ends = np.concatenate((self._ends, np.full(more, np.inf)))
        self._tasks = np.concatenate((self._tasks, np.zeros(more, dtype=np.int64)))
        holes = self._holes[: self._hole_count]
        self._holes = np.zeros(size + more, dtype=np.int64)
        self._holes[: len(holes)] = holes
        self._holes[len(holes) : len(holes) + more] = np.arange(size, size + more)
        self._hole_count += more
