"""Noise: how much of it is suppressed, by kind, and what that costs or saves in words."""

from __future__ import annotations

import numpy as np

from services.bot.sound import Sound
from tests.bench.sound import noises, speech, words
from tests.bench.sound.acoustic_loop import Loop
from tests.bench.sound.signals import SAMPLE_RATE, Signal, at_level, at_snr, level_db

SNR_DB = 20.0
_CALLER_DB = -24.0
_EVERY = 4.0
_FIRST = 2.0


def in_noise(kind: str, seed: int, sentences: int) -> tuple[words.Call, float]:
    """A caller in noise of a kind.

    Returns:
        The utterances as they are raw and after the front end, without and with noise
        suppression, and what was said; and by how many dB speech stands out more than before.
    """
    said = [speech.recorded(name) for name in list(speech.RECORDED)[:sentences]]
    starts = [round((_FIRST + _EVERY * number) * SAMPLE_RATE) for number in range(len(said))]
    spoken = np.zeros(round((_FIRST + _EVERY * len(said)) * SAMPLE_RATE))
    for start, sentence in zip(starts, said, strict=True):
        spoken[start : start + len(sentence.sound)] = at_level(sentence.sound, _CALLER_DB)
    near = at_snr(spoken, noises.noise(kind, len(spoken) / SAMPLE_RATE + 1, seed), SNR_DB)
    silent = np.zeros(len(near))
    suppressed = Loop(Sound(noise_suppression=True)).run(silent, near)
    heard = {"raw": near, "ours": Loop().run(silent, near), "suppressed": suppressed}
    gain = _stands_out(suppressed, starts, said) - _stands_out(near, starts, said)
    return words.call(heard, starts, said), gain


def _stands_out(signal: Signal, starts: list[int], said: list[speech.Sentence]) -> float:
    """By how many dB the utterances are louder than the noise before them."""
    second = SAMPLE_RATE
    noise = np.concatenate([signal[start - second : start - second // 10] for start in starts])
    both = np.concatenate(
        [signal[start : start + len(each.sound)] for start, each in zip(starts, said, strict=True)]
    )
    power = 10 ** (level_db(both) / 10) - 10 ** (level_db(noise) / 10)
    return 10 * float(np.log10(max(power, 1e-12))) - level_db(noise)
