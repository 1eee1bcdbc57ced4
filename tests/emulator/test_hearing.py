"""The emulator's ear: where utterances begin and end, and what is said in them."""

from __future__ import annotations

import asyncio
import re
import socket
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from nova_sonic_emulator.endpointing import Endpointer
from nova_sonic_emulator.hearing import Ear, HeardEvent, SpeechEnded, SpeechStarted
from nova_sonic_emulator.mind import Mind, MindScript, ToolSpec
from nova_sonic_emulator.recogniser import Recogniser
from tests.coughs import cough
from tests.speech import AUDIO, SAMPLE_RATE, load, say, silence

SCRIPT = MindScript()
TOOLS = ("cancel_order", "find_orders", "hand_over", "stop_recording")
GRAMMAR = Mind(SCRIPT, system="", tools=[ToolSpec(name) for name in TOOLS]).grammar
KNOWN, UNKNOWN = (
    dict(re.findall(r"^\| `(\w+)` \| \w+ \| ([a-z ]+) \|$", table, re.MULTILINE))
    for table in Path(AUDIO / "README.md").read_text().split("Outside what")
)
"""The words of each recording: those of the emulator's own script, and others."""


def listen(endpointer: Endpointer, pcm: bytes, chunk: int = 640) -> list[HeardEvent]:
    return [
        event
        for start in range(0, len(pcm), chunk)
        for event in endpointer.hear(pcm[start : start + chunk])
    ]


def samples(pcm: bytes) -> NDArray[np.float64]:
    return np.frombuffer(pcm, dtype="<i2").astype(np.float64)


def audio(signal: NDArray[np.float64]) -> bytes:
    return np.clip(signal, -32768, 32767).astype("<i2").tobytes()


def noise(seconds: float, level: float) -> NDArray[np.float64]:
    return np.random.default_rng(7).normal(0, level, int(seconds * SAMPLE_RATE))


def voiced(pcm: bytes) -> bytes:
    """A recording without the silence around it."""
    loud = np.flatnonzero(np.abs(samples(pcm)) > 300)
    return pcm[2 * loud[0] : 2 * loud[-1]]


async def recognise(pcm: bytes) -> str:
    """The words of the only utterance in `pcm`."""
    ear = Ear(endpoint_silence_ms=500, mind_grammar=GRAMMAR)
    events = []
    for start in range(0, len(pcm), 640):
        events += ear.hear(pcm[start : start + 640])
    assert [type(event) for event in events] == [SpeechStarted, SpeechEnded]
    return await ear.recognise()


@pytest.mark.parametrize("name", KNOWN)
async def test_every_word_of_the_script_is_recognised(name: str) -> None:
    assert await recognise(say([0.5, name, 1.0])) == KNOWN[name]


@pytest.mark.parametrize("name", UNKNOWN)
async def test_a_sentence_outside_the_script_is_not_taken_for_one_of_its_own(name: str) -> None:
    heard = await recognise(say([0.5, name, 1.0]))
    mind = Mind(MindScript(), system="", tools=[ToolSpec("track_order")])
    decision = mind.answer(heard)
    assert decision.call is None
    assert "not understand" in decision.say[0]


async def test_a_quiet_voice_is_recognised() -> None:
    faint = samples(say([0.5, "where_is_my_order_4217", 1.0])) / 20
    assert await recognise(audio(faint)) == KNOWN["where_is_my_order_4217"]


async def test_utterances_are_recognised_in_the_order_in_which_they_ended() -> None:
    ear = Ear(endpoint_silence_ms=300, mind_grammar=GRAMMAR)
    pcm = say([0.3, "hello", 0.8, "tell_me_a_story", 0.8])
    events = ear.hear(pcm)
    assert [type(event) for event in events] == [SpeechStarted, SpeechEnded] * 2
    assert [await ear.recognise(), await ear.recognise()] == ["hello", "tell me a story"]
    assert await ear.recognise() == ""


async def test_without_a_grammar_anything_is_written_down() -> None:
    ear = Ear(endpoint_silence_ms=500, mind_grammar=None)
    ear.hear(say([0.5, "what_time_is_it_in_tokyo", 1.0]))
    assert "what time is it" in await ear.recognise()


async def test_an_ear_that_is_closed_within_an_utterance_leaves_nothing_running() -> None:
    before = asyncio.all_tasks()
    ear = Ear(endpoint_silence_ms=500, mind_grammar=GRAMMAR)
    assert ear.hear(say([0.5, "hello"]))
    running = asyncio.all_tasks() - before
    assert running
    ear.close()
    await asyncio.wait(running)
    assert all(task.cancelled() for task in running)


async def test_a_recogniser_that_died_is_replaced() -> None:
    recogniser = Recogniser()
    try:
        recogniser.start()
        lost = recogniser.listen(GRAMMAR)
        assert recogniser._process is not None
        recogniser._process.kill()
        recogniser._process.wait()
        lost.end()
        assert await lost.text() == ""
        utterance = recogniser.listen(GRAMMAR)
        utterance.hear(load("hello"))
        utterance.end()
        assert await utterance.text() == "hello"
    finally:
        recogniser.stop()


async def test_a_recogniser_that_is_just_dying_is_replaced() -> None:
    recogniser = Recogniser()
    try:
        recogniser.start().shutdown(socket.SHUT_RDWR)  # as when its process has closed its end
        utterance = recogniser.listen(GRAMMAR)
        utterance.hear(load("hello"))
        utterance.end()
        assert await utterance.text() == "hello"
    finally:
        recogniser.stop()


@pytest.mark.parametrize("chunk", [2, 320, 1000, 2048, 64_000])
def test_endpoints_do_not_depend_on_how_audio_is_cut(chunk: int) -> None:
    pcm = say([0.5, "where_is_my_order_4217", 1.0, "hello", 1.0])
    whole = Endpointer(endpoint_silence_ms=500).hear(pcm)
    assert len(whole) == 4
    assert listen(Endpointer(endpoint_silence_ms=500), pcm, chunk) == whole


@pytest.mark.parametrize("disturbance", ["nothing", "noise", "offset", "hum"])
def test_endpoints_are_found_within_100_ms(disturbance: str) -> None:
    spoken = samples(load("what_time_is_it_in_tokyo"))
    loud = np.flatnonzero(np.abs(spoken) > 300)
    begins, ends = (1000 + 1000 * at / SAMPLE_RATE for at in (loud[0], loud[-1]))
    signal = samples(say([1.0, "what_time_is_it_in_tokyo", 1.5]))
    seconds = len(signal) / SAMPLE_RATE
    power = np.sqrt(np.mean(spoken[np.abs(spoken) > 300] ** 2))
    signal += {
        "nothing": np.zeros(len(signal)),
        "noise": noise(seconds, power / 10),
        "offset": np.full(len(signal), 6000.0),
        "hum": 1500 * np.sin(2 * np.pi * 50 * np.arange(len(signal)) / SAMPLE_RATE),
    }[disturbance]
    started, ended = listen(Endpointer(endpoint_silence_ms=500), audio(signal))
    assert abs(started.offset_ms - begins) <= 100
    assert abs(ended.offset_ms - ends) <= 100


@pytest.mark.parametrize("endpoint_silence_ms", [300, 500, 800])
def test_only_a_pause_of_the_endpoint_ends_an_utterance(endpoint_silence_ms: int) -> None:
    word = voiced(load("hello"))
    pause = endpoint_silence_ms / 1000
    pcm = silence(0.5) + word + silence(pause - 0.1) + word + silence(pause + 0.1)
    events = listen(Endpointer(endpoint_silence_ms=endpoint_silence_ms), pcm)
    assert [type(event) for event in events] == [SpeechStarted, SpeechEnded]


@pytest.mark.parametrize("level", [3, 30, 300, 3000])
def test_constant_noise_is_not_speech(level: float) -> None:
    assert listen(Endpointer(endpoint_silence_ms=300), audio(noise(10, level))) == []


def test_silence_and_clicks_are_not_speech() -> None:
    signal = np.zeros(5 * SAMPLE_RATE)
    for second in range(1, 5):
        signal[second * SAMPLE_RATE :][: SAMPLE_RATE // 50] = noise(0.02, 8000)
    assert listen(Endpointer(endpoint_silence_ms=300), audio(signal)) == []


def test_a_noise_that_sets_in_holds_the_floor_for_two_seconds_at_most() -> None:
    signal = np.concatenate((noise(2, 5), noise(6, 500)))
    started, ended = listen(Endpointer(endpoint_silence_ms=300), audio(signal))
    assert ended.offset_ms - started.offset_ms < 2000


def test_an_endless_speaker_is_answered_after_half_a_minute() -> None:
    pcm = load("where_is_my_order_4217") * 20
    started, ended, *_ = listen(Endpointer(endpoint_silence_ms=500), pcm)
    assert 29_000 <= ended.offset_ms - started.offset_ms <= 30_000


def test_silence_after_speech_starts_nothing() -> None:
    endpointer = Endpointer(endpoint_silence_ms=300)
    assert len(listen(endpointer, say([0.5, "hello", 0.5]))) == 2
    assert listen(endpointer, silence(3)) == []


def test_a_patient_ear_does_not_take_a_cough_for_a_turn() -> None:
    pcm = silence(1) + cough(0) + silence(1)
    assert listen(Endpointer(endpoint_silence_ms=300), pcm)
    patient = Endpointer(endpoint_silence_ms=300, onset_ms=400)
    assert listen(patient, pcm) == []
    started, ended = listen(patient, silence(1) + load("hello") + silence(1))
    assert isinstance(started, SpeechStarted) and isinstance(ended, SpeechEnded)
