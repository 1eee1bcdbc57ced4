"""Speech with its words: the recordings of `tests/audio`, and sentences that espeak-ng speaks."""

from __future__ import annotations

import asyncio
import ctypes
import functools
from dataclasses import dataclass

import espeakng_loader  # type: ignore[import-untyped]
import numpy as np

from nova_sonic_emulator.voice import Voice
from tests.bench.sound.signals import SAMPLE_RATE, Signal, from_pcm
from tests.speech import load

VOICES = ("tiffany", "matthew", "amy", "arjun", "ambre", "lorenzo")
"""Of the emulator, each another of espeak-ng's."""

RECORDED: dict[str, str] = {
    "hello": "hello",
    "where_is_my_order_4217": "where is my order four two one seven",
    "where_is_my_order_4217_rms": "where is my order four two one seven",
    "has_my_order_1138_shipped": "has my order eleven thirty eight shipped",
    "track_order_9042": "track order nine oh four two",
    "what_was_my_order_number": "what was my order number",
    "what_time_is_it_in_tokyo": "what time is it in tokyo",
    "what_is_the_date_today": "what is the date today",
    "tell_me_a_story": "tell me a story",
    "count_to_twenty": "count to twenty",
    "wait_stop_please": "wait stop please",
    "thank_you_goodbye": "thank you goodbye",
}
"""What callers say that the emulator understands: recording and words."""

AGENT = (
    "Hello, this is the order desk. How can I help you today?",
    "Your order is on its way. It left our warehouse yesterday and it should reach you on Monday.",
    "I can tell you where it is, what is in it, and when the driver will be at your door.",
    "If you would rather have it sent to another address, please tell me the new one now.",
    "Once upon a time there was a small kettle that wanted to see the sea and all its ships.",
    "The kettle asked the spoon, and the spoon asked the cup, and nobody knew the way.",
    "So it waited until the window stood open and the evening wind came in from the harbour.",
)
"""What the agent says in the loudspeaker while a caller speaks."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """Something said.

    Attributes:
        words: In lower case, without punctuation.
        sound: The signal; no silence at its ends.
    """

    words: str
    sound: Signal


def recorded(name: str) -> Sentence:
    """A recording."""
    return Sentence(RECORDED[name], from_pcm(load(name)))


@functools.cache
def synthesised(text: str, voice: str = "tiffany") -> Signal:
    """A sentence in a voice of the emulator's.

    Runs a loop of its own and so is not for coroutines; `asyncio.to_thread` lends it one.
    """
    _library().espeak_ng_SetRandSeed(ctypes.c_long(1))
    pcm = asyncio.run(Voice().speak(text, voice_id=voice, sample_rate=SAMPLE_RATE))
    return from_pcm(pcm)


@functools.cache
def _library() -> ctypes.CDLL:
    """espeak-ng, initialised. They waver by chance: the same for the same run of sentences."""
    asyncio.run(Voice().speak("ready", voice_id=VOICES[0], sample_rate=SAMPLE_RATE))
    return ctypes.CDLL(espeakng_loader.get_library_path())


@functools.cache
def agent_speech(seconds: float, voice: str = "tiffany") -> Signal:
    """The agent, going on without a longer pause than between sentences."""
    sentences = [synthesised(text, voice) for text in AGENT]
    spoken = np.concatenate(sentences)
    count = round(seconds * SAMPLE_RATE)
    return np.tile(spoken, count // len(spoken) + 1)[:count]
