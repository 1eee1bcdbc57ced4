"""Sound that is late on a WebSocket, and what becomes of it.

TCP loses nothing, so a network that stalls brings everything afterwards, at once and too late; and
one that is too slow brings everything later and later. Both directions keep the same two rules:

- Up to `LIMIT_SECONDS` late, nothing is lost. Pauses that were held up are cut short, so that the
  conversation catches up while nobody speaks.
- What is later than that is left out, in one piece, if there is newer sound to go on with. Speech
  goes on at "now".

So a conversation is never seconds behind. On lines of WebRTC the jitter buffers do this.
"""

import time
from collections import deque
from collections.abc import Callable

import numpy as np
from loguru import logger

LIMIT_SECONDS = 1.0

PATIENCE_SECONDS = 0.25
"""Sound that comes in lumps of this size is as it should be: networks and schedulers do that."""

_PAUSE_SECONDS = 0.1
"""Kept of each pause, so that words stay apart."""

_QUIET_PEAK = 500
"""Of 32767: softer sound is a pause, or a quiet room's noise."""

_BASELINE_SECONDS = 10.0
"""What has been late for this long is no stall but the way to the caller, and nobody's hurry."""

_TELL_SECONDS = 1.0
"""After which what was left out is told of, as one."""

_PROGRESS_SECONDS = 0.5
_IDLE_SECONDS = 0.03
_SAMPLE_BYTES = 2


class LateSound:
    """The caller's sound as it comes in."""

    def __init__(self, sample_rate: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Expects the first frame now.

        Args:
            sample_rate: Of the caller's sound, 16 bit mono, in Hz.
            clock: Tells seconds.
        """
        self._bytes_a_second = sample_rate * _SAMPLE_BYTES
        self._clock = clock
        self._sent = 0.0
        self._last = clock()
        self._ahead = 0.0
        self._baselines: deque[tuple[float, float]] = deque()
        self._skipping: tuple[float, float] | None = None
        self._pause = _Pause()
        self._left_out = 0.0
        self._left_out_at = 0.0
        self._worst = 0.0

    def keep(self, pcm: bytes) -> bool:
        """Whether the next frame is worth hearing."""
        now, seconds = self._clock(), len(pcm) / self._bytes_a_second
        self._ahead = max(0.0, self._ahead - (now - self._last))
        self._last = now
        late = self._lateness(now)
        self._sent += seconds
        held_up = self._ahead > PATIENCE_SECONDS or self._skipping is not None
        if held_up and (self._too_late(now, late) or self._pause.goes_on(pcm, seconds, late)):
            self._left_out += seconds
            self._left_out_at = now
            return False
        self._ahead += seconds
        if self._left_out and now - self._left_out_at > _TELL_SECONDS:
            _tell("caller", self._left_out)
            self._left_out = 0.0
        return True

    def take_lateness(self) -> float:
        """By how much sound was late at worst since this was last asked, in seconds."""
        worst, self._worst = self._worst, 0.0
        return worst

    def _lateness(self, now: float) -> float:
        """By how much a frame comes later than the earliest of the last while, by its own clock."""
        arrival, baselines = now - self._sent, self._baselines
        while baselines and baselines[-1][1] >= arrival:
            baselines.pop()
        baselines.append((now, arrival))
        while baselines[0][0] < now - _BASELINE_SECONDS:
            baselines.popleft()
        late = arrival - baselines[0][1]
        self._worst = max(self._worst, late)
        return late

    def _too_late(self, now: float, late: float) -> bool:
        """Whether there is newer sound right behind: late, but catching up."""
        if late <= LIMIT_SECONDS:
            self._skipping = None
            return False
        if self._skipping is None:
            self._skipping = now, late
        since, then = self._skipping
        if now - since > _PROGRESS_SECONDS:
            self._skipping = (now, late) if late < then - (now - since) / 4 else None
        return self._skipping is not None


class LateSpeech:
    """The agent's sound as it goes out: what the caller's socket does not take in time."""

    def __init__(self, sample_rate: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Is in time.

        Args:
            sample_rate: Of the agent's sound, 16 bit mono, in Hz.
            clock: Tells seconds.
        """
        self._bytes_a_second = sample_rate * _SAMPLE_BYTES
        self._clock = clock
        self._began = clock()
        self._done = 0.0
        self._last = clock()
        self._skipping = False
        self._pause = _Pause()
        self._left_out = 0.0

    def keep(self, pcm: bytes) -> bool:
        """Whether the next frame is still to be said."""
        now, seconds = self._clock(), len(pcm) / self._bytes_a_second
        if now - self._last > _IDLE_SECONDS:
            self._rest(now)
        late = now - self._began - self._done
        self._skipping = late > (PATIENCE_SECONDS if self._skipping else LIMIT_SECONDS)
        rest_of_a_pause = self._pause.goes_on(pcm, seconds, late)
        self._last = now
        self._done += seconds
        if self._skipping or rest_of_a_pause:
            self._left_out += seconds
            return False
        return True

    def written(self, until: float = 0.0) -> None:
        """A frame that was kept has been written.

        Args:
            until: When, on the clock, pacing will let the next one go; now if that is past.
        """
        self._last = max(self._clock(), until)

    def _rest(self, now: float) -> None:
        """Nothing waited to be said: what comes next is in time."""
        self._began, self._done = now, 0.0
        if self._left_out:
            _tell("agent", self._left_out)
            self._left_out = 0.0


class _Pause:
    """A pause within sound that is late."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def goes_on(self, pcm: bytes, seconds: float, late: float) -> bool:
        """Whether the next frame is the rest of a pause of which enough was kept."""
        quiet = late > PATIENCE_SECONDS and _is_quiet(pcm)
        self._seconds = self._seconds + seconds if quiet else 0.0
        return self._seconds > _PAUSE_SECONDS


def _is_quiet(pcm: bytes) -> bool:
    """Whether 16-bit sound is a pause."""
    samples = np.frombuffer(pcm[: len(pcm) & ~1], dtype="<i2")
    return not samples.size or int(np.abs(samples.astype(np.int32)).max()) < _QUIET_PEAK


def _tell(whose: str, seconds: float) -> None:
    logger.bind(whose=whose, seconds=round(seconds, 2)).warning("late sound left out")
