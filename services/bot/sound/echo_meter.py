"""How much of the agent's voice comes back in the caller's microphone.

It compares how the two sides' loudness goes up and down, frame by frame and shifted by every delay
that an echo may have. That is coarse, but it knows delays that are too long for WebRTC's canceller,
and it is cheap enough to go on all the time: 2 us a frame and 0.1 ms every half second.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

#: Frames of 10 ms that are compared, and how often.
WINDOW_FRAMES, EVERY_FRAMES = 200, 50
#: The longest delay of an echo, in frames: a bad network both ways and a wireless loudspeaker.
LONGEST_DELAY = 150
#: Correlation of loudness above which the microphone follows the loudspeaker, and above which it
#: does so without a doubt. Callers who speak while the agent does reach 0.49 by chance in one
#: measurement of twenty and 0.63 in one of 500; an echo alone has 0.85 and more.
_FOLLOWS, _CERTAINLY = 0.62, 0.72
#: An echo stays where it is: half a second later it is found again at the same delay. Of 300
#: minutes in which caller and agent talked across each other, 69 had a measurement that looked like
#: an echo by chance, and one had two in a row.
_SAME_DELAY_SECONDS = 0.02
#: An echo so much quieter than what was sent does no harm, in dB.
_HARMLESS_DB = 40.0


@dataclass(frozen=True, slots=True)
class Echo:
    """What was measured.

    Attributes:
        correlation: Of the loudness of microphone and loudspeaker, at the best delay; 0 to 1.
        return_loss_db: How much quieter the echo is than what was sent; only worth something where
            the correlation is high.
        delay_seconds: Of the best delay.
        agreed: How many measurements before this one found the same, without one between them that
            did not.
    """

    correlation: float
    return_loss_db: float
    delay_seconds: float
    agreed: int = 0

    @property
    def audible(self) -> bool:
        """Whether the agent's voice comes back, as far as can be told."""
        return self.correlation > _FOLLOWS and self.return_loss_db < _HARMLESS_DB

    @property
    def certain(self) -> bool:
        """Whether its delay can be relied on."""
        return self.correlation > _CERTAINLY and self.return_loss_db < _HARMLESS_DB

    def agrees_with(self, other: "Echo") -> bool:
        """Whether both are certain, of the same echo."""
        if not (self.certain and other.certain):
            return False
        return abs(self.delay_seconds - other.delay_seconds) <= _SAME_DELAY_SECONDS


class EchoMeter:
    """Measures over the last 2 s in which the agent spoke."""

    def __init__(self) -> None:
        self._near = np.zeros(WINDOW_FRAMES, np.float64)
        self._far = np.zeros(WINDOW_FRAMES + LONGEST_DELAY, np.float64)
        self._count = 0
        self._last: Echo | None = None

    def take(self, near: float, far: float) -> Echo | None:
        """Takes a frame while the agent speaks.

        Args:
            near: Power of what the microphone heard.
            far: Power of what was sent.

        Returns:
            A measurement every half second, once 2 s are there.
        """
        place = self._count % EVERY_FRAMES
        if place == 0:
            self._near[:-EVERY_FRAMES] = self._near[EVERY_FRAMES:]
            self._far[:-EVERY_FRAMES] = self._far[EVERY_FRAMES:]
        self._near[place - EVERY_FRAMES] = near
        self._far[place - EVERY_FRAMES] = far
        self._count += 1
        if self._count < WINDOW_FRAMES or self._count % EVERY_FRAMES:
            return None
        echo = _compare(self._near, self._far)
        if self._last is not None and echo.agrees_with(self._last):
            echo = replace(echo, agreed=self._last.agreed + 1)
        self._last = echo
        return echo

    def forget(self) -> None:
        """Begins anew."""
        self._near[:] = 0
        self._far[:] = 0
        self._count = 0
        self._last = None


def power(frame: NDArray[np.int16]) -> float:
    """The sum of a frame's squares."""
    samples = frame.astype(np.float32)
    return float(np.dot(samples, samples))


def powers(samples: NDArray[np.int16], frame: int) -> list[float]:
    """The same of several frames at once, each of so many samples."""
    frames = samples.astype(np.float32).reshape(-1, frame)
    frames *= frames
    found: list[float] = np.add.reduce(frames, axis=1).tolist()
    return found


def _compare(near: NDArray[np.float64], far: NDArray[np.float64]) -> Echo:
    count = len(near)
    loudness, played = np.sqrt(near), np.sqrt(far)
    loudness -= loudness.mean()
    # Sums of the far end under each place of the near end's window, from running totals.
    sums = np.concatenate(([0.0], np.cumsum(played)))
    squares = np.concatenate(([0.0], np.cumsum(far)))
    sums, squares = sums[count:] - sums[:-count], squares[count:] - squares[:-count]
    spread = np.sqrt(np.maximum(squares - sums**2 / count, 0)) * np.linalg.norm(loudness)
    correlations = np.correlate(played, loudness, "valid") / np.maximum(spread, 1e-3)
    best = int(np.argmax(correlations))
    window = far[best : best + count] - far[best : best + count].mean()
    gain = float(window @ (near - near.mean()) / max(float(window @ window), 1e-9))
    loss = -10 * float(np.log10(min(max(gain, 1e-9), 1e3)))
    return Echo(max(0.0, float(correlations[best])), loss, (LONGEST_DELAY - best) / 100)
