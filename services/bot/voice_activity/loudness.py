"""How loud the caller is, as Pipecat asks it (ITU-R BS.1770), window by window.

Pipecat filters and measures the last 400 ms anew for each window. Here each window is weighted in
the spectrum that Silero's network has of it anyway, and only its power is kept.
"""

import functools
import math
from collections import deque

import numpy as np

from services.bot.voice_activity.network import FOURIER, Floats

_RATE = 16_000
_BLOCK_WINDOWS = 13
"""400 ms are twelve windows and a half."""

_SMOOTHING = 0.2
"""Pipecat's: what a new measurement counts."""

#: ITU-R BS.1770-4, as filters of any rate: the head's shelf, then a high-pass. Hz, dB and Q.
_SHELF = (1681.9744509555319, 3.99984385397, 0.7071752369554193)
_HIGH_PASS = (38.13547087613982, 0.5003270373253953)
_BAND_POWER = 0.4996667741545416

_ABSOLUTE_GATE = -70.0
_QUIETEST, _LOUDEST = -110.0, -10.0

_HANN_POWER = 0.375
"""What the window of the Fourier transform leaves of a sound's power."""


def power_of(volume: float) -> float:
    """The mean square, of samples from -1 to 1, of a volume between 0 and 1."""
    return float(10 ** ((_QUIETEST + volume * (_LOUDEST - _QUIETEST) + 0.691) / 10))


def volume_of(power: float) -> float:
    """The reverse; 0 for what the standard calls silence."""
    loudness = -0.691 + 10 * math.log10(power) if power > 0 else -math.inf
    if loudness < _ABSOLUTE_GATE:
        return 0.0
    return min(1.0, (loudness - _QUIETEST) / (_LOUDEST - _QUIETEST))


class Loudness:
    """The volume of the last 400 ms, smoothed as Pipecat does.

    Attributes:
        volume: Between 0 (quiet) and 1 (loud); 0 until 400 ms have been heard.
    """

    def __init__(self) -> None:
        """Has heard nothing."""
        self.volume = 0.0
        self._powers: deque[float] = deque(maxlen=_BLOCK_WINDOWS)

    def add(self, power: float) -> None:
        """Takes the mean square of a window."""
        powers = self._powers
        powers.append(power)
        if len(powers) == _BLOCK_WINDOWS:
            half_a_window_too_much = powers[0] / 2
            mean = (sum(powers) - half_a_window_too_much) / (_BLOCK_WINDOWS - 0.5)
            self.volume += _SMOOTHING * (volume_of(mean) - self.volume)


def weighted_powers(spectra: Floats) -> list[float]:
    """The mean squares of windows as the ear weighs them.

    Args:
        spectra: For each window the magnitudes of its overlapping frames, as `Network` makes them.
    """
    powers: list[float] = (np.square(spectra) @ _weights()).mean(axis=1).tolist()
    return powers


@functools.cache
def _weights() -> Floats:
    """What each frequency of a frame adds to the mean square."""
    z = np.exp(-2j * np.pi * np.arange(FOURIER // 2 + 1) / FOURIER)
    frequency, gain, quality = _SHELF
    k = math.tan(math.pi * frequency / _RATE)
    high = 10 ** (gain / 20)
    band = high**_BAND_POWER
    shelf = (
        (high + band * k / quality + k * k)
        + 2 * (k * k - high) * z
        + (high - band * k / quality + k * k) * z**2
    ) / ((1 + k / quality + k * k) + 2 * (k * k - 1) * z + (1 - k / quality + k * k) * z**2)
    frequency, quality = _HIGH_PASS
    k = math.tan(math.pi * frequency / _RATE)
    whole = 1 + k / quality + k * k
    passed = (1 - 2 * z + z**2) / (
        1 + 2 * (k * k - 1) / whole * z + (1 - k / quality + k * k) / whole * z**2
    )
    power = np.square(np.abs(shelf * passed))
    power[1:-1] *= 2  # the other half of the spectrum
    result: Floats = (power / (FOURIER**2 * _HANN_POWER)).astype(np.float32)
    return result
