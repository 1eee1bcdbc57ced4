"""Coughs, made from seeds: a burst of breath, and the voice that follows it in most of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000

#: A cough in which the speech detector hears a voice, though a short one.
VOICED = 16


def cough(seed: int, *, peak: int = 12_000) -> bytes:
    """A cough of a third of a second as 16-bit mono PCM at 16 kHz.

    Args:
        seed: The same seed makes the same cough; they differ in length, pitch and voice.
        peak: Its loudest sample.
    """
    rng = np.random.default_rng(seed)
    seconds = rng.uniform(0.25, 0.4)
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    breath = _band(rng.standard_normal(len(time)), 300, 4000)
    breath *= np.minimum(time / 0.01, 1) * np.exp(-time / 0.06)
    pitch = rng.uniform(140, 240) - rng.uniform(100, 300) * time
    voice = _band(2 * (np.cumsum(pitch) / SAMPLE_RATE % 1) - 1, 300, 2500)
    voice *= np.clip((time - 0.08) / 0.03, 0, 1) * np.exp(-np.clip(time - 0.1, 0, None) / 0.08)
    sound = breath / np.abs(breath).max() + rng.uniform(0, 2) * voice / np.abs(voice).max()
    return bytes((sound / np.abs(sound).max() * peak).astype("<i2").tobytes())


def _band(sound: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    spectrum[(hertz < low) | (hertz > high)] *= 0.05
    return np.fft.irfft(spectrum, len(sound))
