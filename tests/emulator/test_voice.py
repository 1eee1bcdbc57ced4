"""The emulator's voice."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from numpy.typing import NDArray

from nova_sonic_emulator.voice import Voice, _resample, spoken_form

SENTENCE = "Your order 4217 is on its way."
NOVA_VOICES = (
    *("tiffany", "matthew", "amy", "olivia", "kiara", "arjun", "ambre", "florian"),
    *("beatrice", "lorenzo", "tina", "lennart", "lupe", "carlos", "carolina", "leo"),
)


async def speak(text: str, voice_id: str = "tiffany", sample_rate: int = 24_000) -> bytes:
    return await Voice().speak(text, voice_id=voice_id, sample_rate=sample_rate)


def samples(pcm: bytes) -> NDArray[np.float64]:
    return np.frombuffer(pcm, dtype="<i2").astype(np.float64)


def colour(pcm: bytes) -> NDArray[np.float64]:
    """The mean spectrum of a voice up to 4.7 kHz, in nepers."""
    frames = samples(pcm)[: len(pcm) // 2048 * 1024].reshape(-1, 1024) * np.hanning(1024)
    mean: NDArray[np.float64] = np.log(np.abs(np.fft.rfft(frames)).mean(axis=0)[:200] + 1)
    return mean


async def test_a_sentence_is_audible_at_once_and_as_long_as_it_takes_to_say() -> None:
    sound = samples(await speak(SENTENCE))
    assert 1.5 <= len(sound) / 24_000 <= 4
    assert np.abs(sound[:480]).max() > 50
    assert np.sqrt(np.mean(sound**2)) > 1000


async def test_every_nova_voice_sounds_different() -> None:
    colours = {voice: colour(await speak(SENTENCE, voice)) for voice in NOVA_VOICES}
    again = {voice: colour(await speak(SENTENCE, voice)) for voice in NOVA_VOICES}
    for voice in NOVA_VOICES:  # espeak's breath is random, so no voice equals itself
        distances = {other: np.abs(again[voice] - colours[other]).mean() for other in NOVA_VOICES}
        assert min(distances, key=lambda other: distances[other]) == voice


async def test_an_unknown_voice_speaks_all_the_same() -> None:
    assert len(await speak(SENTENCE, "nobody")) > 48_000


@pytest.mark.parametrize("sample_rate", [8_000, 16_000, 24_000])
async def test_the_sample_rate_changes_neither_length_nor_pitch(sample_rate: int) -> None:
    assert len(await speak(SENTENCE, sample_rate=sample_rate)) / 2 / sample_rate == pytest.approx(
        len(await speak(SENTENCE, sample_rate=22_050)) / 2 / 22_050, abs=0.02
    )
    tone = 10_000 * np.sin(2 * np.pi * 1000 * np.arange(22_050) / 22_050)
    heard = samples(_resample(tone, 22_050, sample_rate))
    expected = 10_000 * np.sin(2 * np.pi * 1000 * np.arange(sample_rate) / sample_rate)
    assert np.abs(heard - expected).max() < 20


async def test_streams_that_speak_at_once_do_not_mix() -> None:
    voice = Voice()
    texts = [f"Once more{', and once more' * number}." for number in range(8)]
    alone = [len(await speak(text)) for text in texts]
    together = await asyncio.gather(
        *(voice.speak(text, voice_id="tiffany", sample_rate=24_000) for text in texts)
    )
    assert [len(sound) for sound in together] == pytest.approx(alone, rel=0.02)


async def test_what_was_said_before_is_not_synthesised_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    voice = Voice()
    first = await voice.speak(SENTENCE, voice_id="amy", sample_rate=24_000)
    monkeypatch.setattr("nova_sonic_emulator.voice._espeak", None)
    assert await voice.speak(SENTENCE, voice_id="amy", sample_rate=24_000) == first


async def test_nothing_to_say_is_a_pause() -> None:
    sound = samples(await speak(""))
    assert len(sound) < 24_000
    assert not sound.any()


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Your order 4217 is on its way.", "Your order 4 2 1 7 is on its way."),
        ("It is 2:05 PM.", "It is 2:05 PM."),
        ("November 23", "November 23"),
        ("It costs 1500.25 dollars.", "It costs 1500.25 dollars."),
        ("Number 42, or 421?", "Number 42, or 4 2 1?"),
    ],
)
def test_long_numbers_are_read_digit_by_digit(text: str, spoken: str) -> None:
    assert spoken_form(text) == spoken
