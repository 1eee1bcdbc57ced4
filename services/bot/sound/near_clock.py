"""The near end's clock: when what the microphone hears was heard.

Frames arrive unevenly, samples are taken evenly. So the time of a sample is counted, and the count
is tied to our clock by the frame that came through fastest: the others were held up on their way.
The tie is corrected where it does no harm, which is while the loudspeaker is silent, or where it is
plainly wrong: frames were lost, or the microphone was off.
"""

#: Later than this for a whole window means that samples are missing.
_LOST_SECONDS = 0.06
#: Earlier than this cannot be: the first frames must have been held up.
_EARLY_SECONDS = 0.02
#: Half of the time for which the fastest frame counts.
_WINDOW_SECONDS = 1.0


class NearClock:
    """Tells where on our clock the near end's samples lie, all in samples."""

    def __init__(self, rate: int) -> None:
        """Prepares a clock.

        Args:
            rate: Of the near end, in Hz.
        """
        self._lost = round(_LOST_SECONDS * rate)
        self._early = round(_EARLY_SECONDS * rate)
        self._window = round(_WINDOW_SECONDS * rate)
        self._count = 0
        self._tie: int | None = None
        self._window_began = 0
        self._lowest: int | None = None
        self._lowest_before: int | None = None

    def arrived(self, count: int, now: int, *, silent: bool) -> int:
        """Takes note of a frame.

        Args:
            count: Its samples.
            now: The position of our clock.
            silent: Whether the loudspeaker has been silent, so that the tie may move.

        Returns:
            The position of its first sample.
        """
        self._count += count
        seen = now - self._count
        fastest = self._fastest(seen, now)
        if self._tie is None:
            self._tie = seen
        error = fastest - self._tie
        if silent or error < -self._early or error > self._lost:
            self._tie = fastest
        return self._tie + self._count - count

    def _fastest(self, seen: int, now: int) -> int:
        passed = now - self._window_began
        if passed > self._window:
            self._lowest_before = self._lowest if passed <= 2 * self._window else None
            self._lowest, self._window_began = None, now
        self._lowest = seen if self._lowest is None else min(self._lowest, seen)
        if self._lowest_before is None:
            return self._lowest
        return min(self._lowest, self._lowest_before)
