"""Rooms: what a loudspeaker's sound has become when the microphone hears it.

The image method for a box (Allen and Berkley, 1979), with a fraction of a sample's delay by a
windowed sinc, and a microphone and a loudspeaker as far from each other as on a laptop's lid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.bench.sound.signals import SAMPLE_RATE, Signal

_SOUND = 343.0
_HALF = 16


@dataclass(frozen=True, slots=True)
class Room:
    """A box with a loudspeaker and a microphone in it.

    Attributes:
        size: Length, width and height in metres.
        reverberation: Seconds until sound has died away by 60 dB.
        loudspeaker: Where it stands, in metres from a corner.
        microphone: Where it stands.
    """

    size: tuple[float, float, float] = (4.0, 3.2, 2.5)
    reverberation: float = 0.3
    loudspeaker: tuple[float, float, float] = (1.6, 1.2, 0.9)
    microphone: tuple[float, float, float] = (1.9, 1.25, 1.05)

    def response(self) -> Signal:
        """Its impulse response from loudspeaker to microphone; the direct sound has strength 1."""
        size, source = np.array(self.size), np.array(self.loudspeaker)
        ear = np.array(self.microphone)
        reach = self.reverberation * _SOUND
        counts = np.ceil(reach / (2 * size)).astype(int)
        grid = np.meshgrid(*[np.arange(-count, count + 1) for count in counts], indexing="ij")
        cells = np.stack([axis.ravel() for axis in grid], axis=1)
        found: list[tuple[Signal, Signal]] = []
        for mirrored in np.ndindex(2, 2, 2):
            sign = 1 - 2 * np.array(mirrored)
            distance = np.linalg.norm(sign * source + 2 * cells * size - ear, axis=1)
            bounces = np.sum(np.abs(2 * cells - np.array(mirrored)), axis=1)
            near = distance < reach
            strength = self._reflection() ** bounces[near] / distance[near]
            found.append((distance[near], strength))
        distances = np.concatenate([each for each, _ in found])
        strengths = np.concatenate([each for _, each in found])
        response = _placed(distances / _SOUND * SAMPLE_RATE, strengths)
        return response * float(np.linalg.norm(source - ear))

    def _reflection(self) -> float:
        """How much of a wave's pressure a wall gives back, by Sabine's formula."""
        length, width, height = self.size
        volume = length * width * height
        surface = 2 * (length * width + width * height + length * height)
        absorbed = min(0.95, 0.161 * volume / (surface * self.reverberation))
        return float(np.sqrt(1 - absorbed))


def heard(sound: Signal, response: Signal, *, delay_seconds: float, loss_db: float) -> Signal:
    """A loudspeaker's sound as the microphone gets it, as long as the sound itself.

    Args:
        sound: Of the loudspeaker.
        response: The room's.
        delay_seconds: Before it: buffers of playback, converters and network.
        loss_db: How much quieter it is than what was sent.
    """
    count = len(sound) + len(response)
    size = 1 << (count - 1).bit_length()
    spread = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size), size)
    echo: Signal = spread[: len(sound)]
    before, after = np.mean(sound**2), np.mean(echo**2)
    gain = 10 ** (-loss_db / 20) * np.sqrt(before / after) if after else 0.0
    delay = round(delay_seconds * SAMPLE_RATE)
    return np.pad(echo * gain, (delay, 0))[: len(sound)]


def _placed(positions: Signal, strengths: Signal) -> Signal:
    whole = np.floor(positions).astype(int)
    response = np.zeros(int(whole.max()) + 2 * _HALF + 2)
    window = np.hanning(2 * _HALF + 3)[1:-1]
    for step in range(-_HALF, _HALF + 1):
        taps = np.sinc(step - (positions - whole)) * window[step + _HALF]
        np.add.at(response, np.maximum(whole + step, 0), taps * strengths)
    return response
