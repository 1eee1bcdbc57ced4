"""A labelled corpus: recordings and synthetic voices, with pauses, in quiet and in noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.bench.sound.noises import KINDS, noise
from tests.bench.sound.signals import SAMPLE_RATE, Signal, at_level, at_snr, to_pcm
from tests.bench.sound.speech import RECORDED, VOICES, recorded, synthesised

_SPEECH_DB = -23.0
"""Of the speech, below full scale: what a headset gives."""

_ROOM_DB = -62.0
"""Of a quiet room's hiss."""

_PAUSE_SECONDS = (1.2, 3.5)
_SPOKEN = (
    "I would like to know where my parcel is",
    "no, that is not what I asked for",
    "yes",
    "could you send it to my office instead, please",
)


@dataclass(frozen=True, slots=True)
class Scene:
    """Some sentences in one surrounding.

    Attributes:
        name: The surrounding.
        pcm: The sound.
        speech: Where each sentence begins and ends, in seconds.
    """

    name: str
    pcm: bytes
    speech: list[tuple[float, float]]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.pcm) / 2 / SAMPLE_RATE


def scenes(sentences: int) -> list[Scene]:
    """The corpus.

    Args:
        sentences: How many of them in each surrounding.
    """
    spoken = _sentences(sentences)
    made = [_scene("quiet room", spoken, seed=1)]
    for number, kind in enumerate(KINDS):
        for snr in (10, 0):
            made.append(_scene(f"{kind}, {snr} dB", spoken, seed=10 + number, kind=kind, snr=snr))
    return made


def _sentences(count: int) -> list[Signal]:
    recordings = [recorded(name).sound for name in RECORDED]
    synthetic = [
        synthesised(text, VOICES[number % len(VOICES)]) for number, text in enumerate(_SPOKEN)
    ]
    return [at_level(_trimmed(sound), _SPEECH_DB) for sound in (*recordings, *synthetic)[:count]]


def _scene(
    name: str, spoken: list[Signal], *, seed: int, kind: str | None = None, snr: float = 0
) -> Scene:
    rng = np.random.default_rng(seed)
    parts: list[Signal] = []
    labels: list[tuple[float, float]] = []
    length = 0
    for sound in spoken:
        pause = np.zeros(int(SAMPLE_RATE * rng.uniform(*_PAUSE_SECONDS)))
        start = (length + len(pause)) / SAMPLE_RATE
        labels.append((start, start + len(sound) / SAMPLE_RATE))
        parts += [pause, sound]
        length += len(pause) + len(sound)
    parts.append(np.zeros(2 * SAMPLE_RATE))
    clean = np.concatenate(parts)
    mixed = clean + 10 ** (_ROOM_DB / 20) * rng.standard_normal(len(clean))
    if kind is not None:
        mixed = at_snr(mixed, noise(kind, len(mixed) / SAMPLE_RATE + 1, seed), snr)
    return Scene(name, to_pcm(mixed), labels)


def _trimmed(sound: Signal) -> Signal:
    """Without what is 40 dB below its loudest 10 ms at its ends: labels are of speech."""
    frame = SAMPLE_RATE // 100
    frames = sound[: len(sound) // frame * frame].reshape(-1, frame)
    powers = np.mean(frames**2, axis=1)
    (loud,) = np.nonzero(powers > powers.max() * 1e-4)
    return sound[loud[0] * frame : (loud[-1] + 1) * frame]
