"""Signals: floats of full scale 1 at 16 kHz, their levels, and their way to PCM and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.speech import SAMPLE_RATE

Signal = NDArray[np.float64]

__all__ = [
    "SAMPLE_RATE",
    "Signal",
    "at_level",
    "at_snr",
    "fit",
    "from_pcm",
    "level_db",
    "speech_level_db",
    "to_pcm",
]

#: Stretches this much quieter than the loudest are pauses, not speech.
_PAUSE_DB = 30.0
_STRETCH = SAMPLE_RATE // 50


def from_pcm(pcm: bytes) -> Signal:
    """16-bit PCM as a signal."""
    return np.frombuffer(pcm, dtype="<i2").astype(np.float64) / 32768


def to_pcm(signal: Signal) -> bytes:
    """A signal as 16-bit PCM; what is too loud is clipped, as a converter does."""
    return bytes(np.clip(np.rint(signal * 32768), -32768, 32767).astype("<i2").tobytes())


def level_db(signal: Signal) -> float:
    """Its level, in dB of full scale; -120 for silence."""
    power = float(np.mean(signal**2)) if signal.size else 0.0
    return 10 * float(np.log10(max(power, 1e-12)))


def speech_level_db(signal: Signal) -> float:
    """The level of its speech without the pauses, in dB of full scale."""
    stretches = signal[: len(signal) // _STRETCH * _STRETCH].reshape(-1, _STRETCH)
    powers = np.mean(stretches**2, axis=1)
    spoken = powers > powers.max(initial=0) * 10 ** (-_PAUSE_DB / 10)
    return level_db(stretches[spoken].ravel())


def at_level(signal: Signal, db: float) -> Signal:
    """The signal with its speech at a level, in dB of full scale."""
    return signal * 10 ** ((db - speech_level_db(signal)) / 20)


def at_snr(speech: Signal, noise: Signal, db: float) -> Signal:
    """Speech in noise.

    Args:
        speech: What is said; pauses do not count for its level.
        noise: At least as long.
        db: How much louder speech is than noise.
    """
    noise = noise[: len(speech)]
    gain = 10 ** ((speech_level_db(speech) - level_db(noise) - db) / 20)
    return speech + noise * gain


def fit(signal: Signal, count: int) -> Signal:
    """Exactly so many samples of it, with silence behind it where it is shorter."""
    return np.pad(signal[:count], (0, max(0, count - len(signal))))
