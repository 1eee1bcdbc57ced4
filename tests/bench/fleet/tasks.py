"""The fleet's tasks: starting, open, closing, gone; and how many calls are in each."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from tests.bench.fleet.demand import Flags, Floats
from tests.bench.fleet.placing import Counts


class Stage(IntEnum):
    """How far a task is."""

    STARTING = 0
    OPEN = 1
    CLOSING = 2
    """Takes no further call and goes with its last one."""
    GONE = 3


class Tasks:
    """All tasks that there ever were, by number.

    Attributes:
        open: Numbers of those that take calls.
        taken: Calls in each task.
        running_at: When each has booted.
        ready_at: When each takes its first call.
        busy_since: Since when each has had calls; infinite without any.
        closed_at: When each was closed; infinite for those that were not.
    """

    def __init__(self) -> None:
        """Begins with none."""
        self.open: Counts = np.zeros(0, dtype=np.int64)
        self.taken: Counts = np.zeros(0, dtype=np.int64)
        self.running_at = np.zeros(0)
        self.ready_at = np.zeros(0)
        self.busy_since = np.zeros(0)
        self.closed_at = np.zeros(0)
        self._stage: NDArray[np.int8] = np.zeros(0, dtype=np.int8)
        self._starting = 0
        self._closing = 0

    @property
    def alive(self) -> int:
        """How many tasks are paid for."""
        return len(self.open) + self._starting + self._closing

    @property
    def serving(self) -> int:
        """How many are open or will be: what ECS compares with the number that is desired."""
        return len(self.open) + self._starting

    def all_run(self, now: float) -> bool:
        """Whether every task that was started has booted."""
        if not self._starting:
            return True
        return bool((self.running_at[self._stage == Stage.STARTING] <= now).all())

    def launch(self, running_at: Floats, ready_at: Floats) -> None:
        """Starts one task for each time."""
        count = len(ready_at)
        never = np.full(count, np.inf)
        self.taken = np.concatenate((self.taken, np.zeros(count, dtype=np.int64)))
        self.running_at = np.concatenate((self.running_at, running_at))
        self.ready_at = np.concatenate((self.ready_at, ready_at))
        self.busy_since = np.concatenate((self.busy_since, never))
        self.closed_at = np.concatenate((self.closed_at, never))
        stages = np.full(count, Stage.STARTING, dtype=np.int8)
        self._stage = np.concatenate((self._stage, stages))
        self._starting += count

    def open_until(self, end: float) -> Counts:
        """Opens the tasks that are ready before then, and gives them in the order of that."""
        if not self._starting:
            return self.open[:0]
        ready = np.flatnonzero((self._stage == Stage.STARTING) & (self.ready_at < end))
        if len(ready):
            self._move(ready, Stage.OPEN)
            self._starting -= len(ready)
        return ready[np.argsort(self.ready_at[ready])]

    def is_open(self, tasks: Counts) -> Flags:
        """Whether each of some tasks takes calls."""
        return self._stage[tasks] == Stage.OPEN

    def change(self, begun: Counts, ended: Counts, now: float) -> None:
        """Counts calls that began and that ended, each by the number of its task."""
        size = len(self.taken)
        if len(begun):
            self.taken += np.bincount(begun, minlength=size)
        if len(ended):
            self.taken -= np.bincount(ended, minlength=size)
        if len(begun) or len(ended):
            since = np.minimum(self.busy_since, now)
            self.busy_since = np.where(self.taken > 0, since, np.inf)

    def stop(self, count: int, may_go: Flags, now: float, random: np.random.Generator) -> None:
        """Stops so many tasks: those that start, and then any of the open ones that may go.

        Args:
            count: At most.
            may_go: Of the open tasks.
            now: The time.
            random: Chooses.
        """
        if self._starting:
            starting = np.flatnonzero(self._stage == Stage.STARTING)[::-1][:count]
            self._starting -= len(starting)
            self._move(starting, Stage.GONE)
            count -= len(starting)
        closing = random.permutation(self.open[may_go])[:count]
        if len(closing):
            self._closing += len(closing)
            self.closed_at[closing] = now
            self._move(closing, Stage.CLOSING)
            self.bury()

    def bury(self) -> None:
        """Ends the closing tasks whose last call is over."""
        if not self._closing:
            return
        over = np.flatnonzero((self._stage == Stage.CLOSING) & (self.taken == 0))
        if len(over):
            self._closing -= len(over)
            self._move(over, Stage.GONE)

    def closed_between(self, begin: float, end: float) -> Counts:
        """The tasks that close and were told so in an interval."""
        if not self._closing:
            return self.open[:0]
        told = (self.closed_at > begin) & (self.closed_at <= end)
        return np.flatnonzero(told & (self._stage == Stage.CLOSING))

    def _move(self, tasks: Counts, stage: Stage) -> None:
        self._stage[tasks] = stage
        self.open = np.flatnonzero(self._stage == Stage.OPEN)
