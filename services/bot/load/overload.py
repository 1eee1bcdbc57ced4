"""When a task has more calls than it can carry."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple

#: How often everybody tells, and the supervisor judges.
EVERY_SECONDS = 1.0
#: So many bad seconds in a row make an overload, so many good ones end it. A process that starts
#: takes the processor for some tenths of a second, and is no overload.
BAD_SECONDS = 3
GOOD_SECONDS = 6
#: Good is what is better than this part of the limit: a task that is just about full stays shut.
GOOD_PART = 0.5
#: Callers' sound that is later than this, for most callers, is as bad. Their networks do not stall
#: together.
LATE_SECONDS = 0.2
#: Fewer calls than this have no majority.
LEAST_CALLS = 3


class Load(NamedTuple):
    """What a process said of its last second.

    Attributes:
        lag: The event loop's longest lag, in seconds.
        late: By how much the caller's sound was late at worst, in seconds; None without a caller.
    """

    lag: float
    late: float | None = None


class Overload:
    """Judges once a second, by majority, and changes its mind slowly.

    Attributes:
        now: Whether there is an overload.
        lag: The median of the longest lags in the last second, in seconds.
        late: The same of callers' sound.
    """

    def __init__(self, *, limit: float) -> None:
        """Begins without an overload.

        Args:
            limit: A lag that is too long, in seconds; 0 judges nothing.
        """
        self._limit = limit
        self._run = 0
        self.now = False
        self.lag = 0.0
        self.late = 0.0

    def judge(self, loads: Sequence[Load]) -> bool:
        """Judges a second.

        Args:
            loads: What everybody said of it who has said something.

        Returns:
            Whether an overload has begun or ended with it.
        """
        late = [load.late for load in loads if load.late is not None]
        self.lag = statistics.median([load.lag for load in loads]) if loads else 0.0
        self.late = statistics.median(late) if len(late) >= LEAST_CALLS else 0.0
        if not self._limit:
            return False
        part = GOOD_PART if self.now else 1.0
        bad = self.lag >= part * self._limit or self.late >= part * LATE_SECONDS
        self._run = self._run + 1 if bad is not self.now else 0
        if self._run < (GOOD_SECONDS if self.now else BAD_SECONDS):
            return False
        self.now, self._run = bad, 0
        return True
