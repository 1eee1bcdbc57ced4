"""Loudspeakers: what of the agent's voice leaves the box, and what the box adds to it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.bench.sound.signals import SAMPLE_RATE, Signal


def linear(sound: Signal) -> Signal:
    """A good one: nothing below 100 Hz, all else as it was."""
    return _without_bass(sound, 100)


def soft_clipping(sound: Signal) -> Signal:
    """A small one, turned up: peaks at a third of full scale are rounded off."""
    return _without_bass(np.tanh(3 * sound) / 3, 200)


def harmonic(sound: Signal) -> Signal:
    """A cheap one, whose cone moves further out than in: second and third harmonics."""
    return _without_bass(sound + 0.35 * sound**2 + 0.2 * sound**3, 250)


def _without_bass(sound: Signal, hertz: float) -> Signal:
    size = 1 << max(1, len(sound) - 1).bit_length()
    frequency = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    response = 1j * frequency / (1j * frequency + hertz)
    passed: Signal = np.fft.irfft(np.fft.rfft(sound, size) * response**2, size)
    return passed[: len(sound)]


MODELS: dict[str, Callable[[Signal], Signal]] = {
    "linear": linear,
    "soft clipping": soft_clipping,
    "harmonic": harmonic,
}
"""Loudspeakers by name."""
