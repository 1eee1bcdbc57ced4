"""The far end: what the caller's loudspeaker plays, on the clock by which we sent it.

A ring of samples. It places audio as a player would: a piece plays on from the one before it, also
if it came a little late, and begins anew after a longer pause; where nothing plays there are zeros.
So an answer keeps its own time, however unevenly it was written.
"""

import numpy as np
from numpy.typing import NDArray

#: How far back the near end may ask. A caller's frame of 10 s holds sound that is 10 s old.
PAST_SECONDS = 11
#: How far ahead of the clock audio is taken; more than this is not played by anybody yet.
AHEAD_SECONDS = 5
#: A piece that is no later than this plays on: players hold back 80 ms and more before they begin.
LATE_SECONDS = 0.1
#: Sound below this (of 32768) makes no echo worth cancelling.
_AUDIBLE = 16


class FarEnd:
    """What was sent to the caller. Positions are samples on the caller's own clock.

    Attributes:
        loud_until: Where the last audible sound ended; None before there was one.
    """

    def __init__(self, rate: int) -> None:
        """Prepares a ring.

        Args:
            rate: Of what is kept, in Hz.
        """
        self._rate = rate
        self._ring = np.zeros((PAST_SECONDS + AHEAD_SECONDS) * rate, np.int16)
        self._end = 0
        self.loud_until: int | None = None

    def add(self, samples: NDArray[np.int16], now: int) -> int:
        """Takes a piece that has just been sent.

        Args:
            samples: Mono.
            now: The position of the clock.

        Returns:
            The position of its first sample.
        """
        if now - self._end > LATE_SECONDS * self._rate:
            self._silence(now)
        first = self._end
        room = max(0, now + AHEAD_SECONDS * self._rate - self._end)
        samples = samples[:room]
        self._put(self._end, samples)
        self._end += len(samples)
        if samples.size and (samples.max() > _AUDIBLE or samples.min() < -_AUDIBLE):
            self.loud_until = self._end
        return first

    def flush(self, now: int) -> None:
        """Forgets what the caller was sent and will not hear, because they interrupted."""
        if self._end > now:
            self._end = now
            if self.loud_until is not None:
                self.loud_until = min(self.loud_until, now)

    def read(self, position: int, into: NDArray[np.int16]) -> None:
        """Reads what was playing.

        Args:
            position: Of the first sample.
            into: Filled; with zeros where nothing was, or what was is no longer known.
        """
        count = len(into)
        oldest = self._end - len(self._ring)
        first, last = max(position, oldest, 0), min(position + count, self._end)
        if first >= last:
            into[:] = 0
            return
        if last - first < count:
            into[:] = 0
        start = first % len(self._ring)
        whole = min(last - first, len(self._ring) - start)
        at = first - position
        into[at : at + whole] = self._ring[start : start + whole]
        rest = last - first - whole
        into[at + whole : at + whole + rest] = self._ring[:rest]

    def _silence(self, until: int) -> None:
        count = min(until - self._end, len(self._ring))
        self._put(until - count, np.zeros(count, np.int16))
        self._end = until

    def _put(self, position: int, samples: NDArray[np.int16]) -> None:
        start = position % len(self._ring)
        whole = min(len(samples), len(self._ring) - start)
        self._ring[start : start + whole] = samples[:whole]
        self._ring[: len(samples) - whole] = samples[whole:]
