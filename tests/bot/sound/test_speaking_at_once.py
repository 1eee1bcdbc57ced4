"""A caller who speaks over the agent's first words, where there is no echo."""

import numpy as np
import pytest

from services.bot.sound.client_sound import ClientSound
from services.bot.sound.front_end import FrontEnd
from tests import speech

FRAME_SECONDS = 0.02
FRAME_BYTES = int(2 * speech.SAMPLE_RATE * FRAME_SECONDS)


def loudness_db(pcm: bytes) -> np.ndarray:
    """Of every tenth of a second."""
    samples = np.frombuffer(pcm, "<i2").astype(float)
    tenth = speech.SAMPLE_RATE // 10
    whole = samples[: len(samples) // tenth * tenth].reshape(-1, tenth)
    return 10 * np.log10((whole**2).mean(axis=1) + 1)


@pytest.mark.parametrize("before", [0.1, 0.3, 0.6, 1.0])
def test_every_word_comes_through_where_the_device_cancels(before: float) -> None:
    said = speech.silence(before) + speech.load("where_is_my_order_4217")
    assert most_lost_db(ClientSound(echo_cancellation=True), said) < 6


@pytest.mark.parametrize("before", [0.9, 1.3, 2.0])
def test_every_word_comes_through_where_nothing_comes_back(before: float) -> None:
    said = speech.silence(before) + speech.load("where_is_my_order_4217")
    samples = np.frombuffer(said, "<i2")
    noise = np.random.default_rng(3).standard_normal(len(samples)) * 20
    live = np.clip(samples + noise, -32768, 32767).astype("<i2").tobytes()
    assert most_lost_db(ClientSound(), live) < 6


def most_lost_db(client: ClientSound, said: bytes) -> float:
    """By how much the tenth of a second is softer that has lost most."""
    now = 100.0
    front_end = FrontEnd(lambda: now)
    front_end.client_says(client)
    front_end.start(speech.SAMPLE_RATE)
    agent = 3 * speech.load("what_was_my_order_number")
    heard = b""
    for at in range(0, len(said) - len(said) % FRAME_BYTES, FRAME_BYTES):
        front_end.far(agent[at : at + FRAME_BYTES], speech.SAMPLE_RATE)
        heard += front_end.near(said[at : at + FRAME_BYTES])
        now += FRAME_SECONDS
    loud = loudness_db(said[: len(heard)]) > 50
    lost = loudness_db(said[: len(heard)])[loud] - loudness_db(heard)[loud]
    return float(lost.max())
