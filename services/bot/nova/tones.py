"""What the caller hears while there is nobody to talk to: PCM, 24 kHz, 16 bit, mono."""

import functools

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 24_000

_PEAK = 0.06 * 32767
"""About -24 dBFS: audible on a phone's speaker, well below speech."""


@functools.cache
def waiting() -> bytes:
    """A soft note of 0.25 s: we are still here."""
    return _note(np.full(int(0.25 * SAMPLE_RATE), 440.0))


@functools.cache
def goodbye() -> bytes:
    """A falling note of 0.8 s: the call is over."""
    return _note(np.geomspace(440.0, 220.0, int(0.8 * SAMPLE_RATE)))


def seconds(pcm: bytes) -> float:
    """How long it sounds."""
    return len(pcm) / 2 / SAMPLE_RATE


def _note(hertz: npt.NDArray[np.float64]) -> bytes:
    wave = np.sin(2 * np.pi * np.cumsum(hertz) / SAMPLE_RATE)
    envelope = np.hanning(hertz.size)
    return (wave * envelope * _PEAK).astype("<i2").tobytes()
