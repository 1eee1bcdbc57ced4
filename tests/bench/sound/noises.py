"""What callers have around them, by kind: made from a seed, at a level of -20 dB of full scale."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.bench.sound.signals import SAMPLE_RATE, Signal, level_db
from tests.bench.sound.speech import VOICES, synthesised

_LEVEL_DB = -20.0
_BABBLE = (
    "the shop on the corner has closed and nobody knows when it opens again",
    "she told me that the train was late and we had to stand all the way home",
    "put the large one on the table and the others next to the window please",
    "they have been talking about the garden since breakfast and nothing is done",
    "if it rains tomorrow we will stay inside and play cards with the neighbours",
    "my brother bought a new car last week and it broke down on the motorway",
)


def noise(kind: str, seconds: float, seed: int = 1) -> Signal:
    """Noise of a kind.

    Args:
        kind: One of `KINDS`.
        seconds: How much of it.
        seed: The same seed makes the same noise.
    """
    made = _MAKERS[kind](round(seconds * SAMPLE_RATE), np.random.default_rng(seed))
    return made * 10 ** ((_LEVEL_DB - level_db(made)) / 20)


def _white(count: int, rng: np.random.Generator) -> Signal:
    return rng.standard_normal(count)


def _pink(count: int, rng: np.random.Generator) -> Signal:
    return _shaped(count, rng, lambda hertz: 1 / np.sqrt(np.maximum(hertz, 20)))


def _hum(count: int, rng: np.random.Generator) -> Signal:
    """A mains transformer: 50 Hz and its harmonics, and a little hiss."""
    time = np.arange(count) / SAMPLE_RATE
    tones = sum(
        np.sin(2 * np.pi * 50 * number * time + rng.uniform(0, 2 * np.pi)) / number**0.8
        for number in (1, 2, 3, 4, 5, 6, 8, 10, 12)
    )
    return np.asarray(tones) + 0.03 * rng.standard_normal(count)


def _babble(count: int, rng: np.random.Generator) -> Signal:
    """A room full of people: voices that each begin somewhere in their sentences."""
    mixed = np.zeros(count)
    for place, voice in enumerate(VOICES * 2):
        sentences = [_BABBLE[(place + step) % len(_BABBLE)] for step in range(2)]
        spoken = np.concatenate([synthesised(sentence, voice) for sentence in sentences])
        repeated = np.tile(spoken, count // len(spoken) + 2)
        start = int(rng.integers(len(spoken)))
        mixed += repeated[start : start + count] * rng.uniform(0.5, 1)
    return mixed


def _keyboard(count: int, rng: np.random.Generator) -> Signal:
    """Somebody who types next to the microphone: two clicks a key, six keys a second."""
    sound = 0.002 * rng.standard_normal(count)
    at = 0
    while True:
        at += int(SAMPLE_RATE * (0.06 + rng.exponential(0.1)))
        if at + 2000 > count:
            return sound
        for delay, strength in ((0, 1.0), (int(rng.integers(900, 1400)), 0.5)):
            time = np.arange(600) / SAMPLE_RATE
            ring = np.sin(2 * np.pi * rng.uniform(1500, 4500) * time)
            click = (ring + 0.8 * rng.standard_normal(600)) * np.exp(-time * 400)
            sound[at + delay : at + delay + 600] += strength * rng.uniform(0.5, 1) * click


def _street(count: int, rng: np.random.Generator) -> Signal:
    """Engines nearby and tyres that come and go."""
    time = np.arange(count) / SAMPLE_RATE
    passing = 0.4 + 0.6 * np.sin(2 * np.pi * time / 4 + rng.uniform(0, 2 * np.pi)) ** 2
    tyres = _shaped(count, rng, lambda hertz: 1 / (1 + (hertz / 600) ** 2))
    rumble = _shaped(count, rng, lambda hertz: 1 / (1 + (hertz / 80) ** 2))
    speed = 28 + 6 * np.sin(2 * np.pi * time / 7)
    turning = 2 * np.pi * np.cumsum(speed) / SAMPLE_RATE
    engine = np.sum([np.sin(order * turning) / order for order in (1, 2, 3, 4, 6, 8)], axis=0)
    return np.asarray(tyres * passing + 0.7 * rumble + 0.25 * engine)


def _shaped(count: int, rng: np.random.Generator, response: Callable[[Signal], Signal]) -> Signal:
    """White noise with a spectrum, at an RMS of 1."""
    hertz = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    spectrum = np.fft.rfft(rng.standard_normal(count)) * response(hertz)
    spectrum[0] = 0
    made: Signal = np.fft.irfft(spectrum, count)
    return made / np.sqrt(np.mean(made**2))


_MAKERS: dict[str, Callable[[int, np.random.Generator], Signal]] = {
    "white": _white,
    "pink": _pink,
    "hum": _hum,
    "babble": _babble,
    "keyboard": _keyboard,
    "street": _street,
}

KINDS = tuple(_MAKERS)
"""Kinds of noise."""
