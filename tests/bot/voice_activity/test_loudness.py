"""Loudness as Pipecat measures it."""

import numpy as np
import pytest
from pipecat.audio.utils import calculate_audio_volume

from services.bot.voice_activity.loudness import Loudness, power_of, volume_of, weighted_powers
from services.bot.voice_activity.network import WINDOW, Floats, Network

TIME = np.arange(16_000) / 16_000


@pytest.mark.parametrize(
    "sound",
    [
        0.1 * np.sin(2 * np.pi * 100 * TIME),
        0.1 * np.sin(2 * np.pi * 1000 * TIME),
        0.02 * np.sin(2 * np.pi * 6000 * TIME),
        0.01 * np.random.default_rng(1).standard_normal(16_000),
    ],
    ids=["low", "middle", "high", "noise"],
)
def test_a_steady_sound_is_as_loud_as_pipecat_says(sound: Floats) -> None:
    network, loudness = Network(), Loudness()
    for _ in range(3):
        for start in range(0, len(sound) - WINDOW, WINDOW):
            window = sound[start : start + WINDOW].astype(np.float32)
            _, spectra = network.hear(window[np.newaxis])
            loudness.add(*weighted_powers(spectra))
    pcm = (sound[:8000] * 32767).astype("<i2").tobytes()
    assert loudness.volume == pytest.approx(calculate_audio_volume(pcm, 16_000), abs=0.01)


def test_volume_and_power_are_each_others_reverse() -> None:
    assert volume_of(power_of(0.6)) == pytest.approx(0.6)
    assert volume_of(0.0) == 0.0
    assert volume_of(power_of(0.39)) == 0.0, "below the gate of the standard"
    assert volume_of(2.0) == 1.0
