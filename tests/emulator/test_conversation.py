"""Turn-taking and tools, by voice and in writing."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from nova_sonic_emulator import Emulator
from tests.emulator.caller import stop_reasons, tool
from tests.emulator.conftest import Call, StartEmulator
from tests.emulator.sound import SILENCE, speech


async def test_speech_is_answered_event_by_event(emulator: Emulator, call: Call) -> None:
    caller = await call(emulator)
    await caller.start()
    await caller.say(await caller.open_audio(), await speech("hello"))
    await caller.wait_for("completionEnd")

    assert caller.names()[:3] == ["userSpeechStart", "userSpeechEnd", "completionStart"]
    started = (await caller.wait_for("userSpeechStart"))["inputAudioOffsetMs"]
    ended = await caller.wait_for("userSpeechEnd")
    assert 500 < started < 900
    assert started < ended["inputAudioOffsetMs"] < ended["inputAudioDetectionOffsetMs"]
    assert ended["inputAudioDetectionOffsetMs"] - ended["inputAudioOffsetMs"] >= 500
    assert caller.texts("ASSISTANT", "FINAL")
    assert stop_reasons(caller, "AUDIO")[-1] == "END_TURN"


async def test_what_the_caller_said_comes_before_the_answer(emulator: Emulator, call: Call) -> None:
    caller = await call(emulator)
    await caller.start()
    await caller.say(await caller.open_audio(), await speech("tell me a story"))
    await caller.wait_for("audioOutput")

    blocks = [fields["role"] for name, fields in caller.events if name == "contentStart"]
    heard = caller.texts("USER", "FINAL")
    assert blocks[: len(heard)] == ["USER"] * len(heard)
    assert blocks[len(heard)] == "ASSISTANT"


@pytest.mark.parametrize("rate", [8000, 24000])
async def test_speech_at_other_rates_is_heard(emulator: Emulator, call: Call, rate: int) -> None:
    caller = await call(emulator)
    await caller.start()
    audio = await caller.open_audio(rate)
    await caller.say(audio, await speech("tell me a story", rate), rate=rate)

    started = (await caller.wait_for("userSpeechStart"))["inputAudioOffsetMs"]
    assert 500 < started < 900
    await caller.wait_for("audioOutput")


async def test_silence_is_not_answered(emulator: Emulator, call: Call) -> None:
    caller = await call(emulator)
    await caller.start()
    await caller.say(await caller.open_audio(), SILENCE * 3)
    await caller.end()

    assert await caller.wait_for_end() is None
    assert caller.names() == []


@pytest.mark.parametrize(
    ("sensitivity", "silence_ms"), [("HIGH", 300), ("MEDIUM", 500), ("LOW", 800)]
)
async def test_sensitivity_decides_how_long_a_pause_ends_the_turn(
    emulator: Emulator, call: Call, sensitivity: str, silence_ms: int
) -> None:
    caller = await call(emulator)
    await caller.start(sensitivity=sensitivity)
    await caller.say(await caller.open_audio(), await speech("hello") + SILENCE)

    ended = await caller.wait_for("userSpeechEnd")
    waited = ended["inputAudioDetectionOffsetMs"] - ended["inputAudioOffsetMs"]
    assert silence_ms <= waited <= silence_ms + 100


async def test_the_end_of_the_audio_ends_the_turn(emulator: Emulator, call: Call) -> None:
    caller = await call(emulator)
    await caller.start()
    audio = await caller.open_audio()
    await caller.say(audio, (await speech("tell me a story"))[: -len(SILENCE)])
    await caller.send("contentEnd", promptName="p", contentName=audio)

    await caller.wait_for("userSpeechEnd")
    await caller.wait_for("audioOutput")


async def test_audio_is_not_sent_further_ahead_than_its_lead(
    start_emulator: StartEmulator, call: Call
) -> None:
    emulator = await start_emulator(pace={"lead_ms": 300, "chunk_ms": 20})
    caller = await call(emulator)
    await caller.start()
    await caller.open_audio()
    await caller.say_text("tell me a story", interactive=True)
    await caller.wait_for("completionEnd")

    sent = [each for each in emulator.streams[0].outputs if each.name == "audioOutput"]
    first = sent[0].at
    for number, each in enumerate(sent):
        assert number * 0.02 - (each.at - first) <= 0.3 + 0.02


async def test_thinking_takes_the_time_that_it_is_given(
    start_emulator: StartEmulator, call: Call
) -> None:
    emulator = await start_emulator(pace={"thinking_ms": 300})
    caller = await call(emulator)
    await caller.start()
    await caller.open_audio()
    asked = time.monotonic()
    await caller.say_text("hello", interactive=True)
    await caller.wait_for("audioOutput")
    assert time.monotonic() - asked >= 0.3


async def test_a_tool_is_called_and_its_result_spoken(emulator: Emulator, call: Call) -> None:
    caller = await call(emulator)
    await caller.start(tools=[tool("clock")])
    await caller.open_audio()
    await caller.say_text("what time is it", interactive=True)
    tool_use = await caller.wait_for("toolUse")
    assert tool_use["toolName"] == "clock"
    assert json.loads(tool_use["content"]) == {"place": "here"}
    assert stop_reasons(caller, "TOOL") in ([], ["TOOL_USE"])
    await caller.answer_tool(tool_use["toolUseId"], '{"time": "noon"}')
    await caller.wait_for("completionEnd")

    assert caller.texts("ASSISTANT", "FINAL") == ["Let me see.", "It is noon."]
    assert stop_reasons(caller, "TOOL") == ["TOOL_USE"]
    assert caller.names().count("completionStart") == 1


async def test_audio_goes_on_while_a_tool_runs(emulator: Emulator, call: Call) -> None:
    caller = await call(emulator)
    await caller.start(tools=[tool("clock")])
    audio = await caller.open_audio()
    await caller.say_text("what time is it", interactive=True)
    tool_use = await caller.wait_for("toolUse")
    await caller.say(audio, SILENCE)
    await caller.say_text("hello", interactive=True)
    await emulator.streams[0].wait_for_output("contentEnd", count=7)
    await caller.answer_tool(tool_use["toolUseId"], '{"time": "noon"}')
    await caller.wait_for("completionEnd")

    assert caller.texts("ASSISTANT", "FINAL") == ["Let me see.", "Hello.", "Yes?", "It is noon."]


async def test_a_result_that_comes_twice_is_refused(emulator: Emulator, call: Call) -> None:
    caller = await call(emulator)
    await caller.start(tools=[tool("clock")])
    await caller.open_audio()
    await caller.say_text("what time is it", interactive=True)
    tool_use = await caller.wait_for("toolUse")
    await caller.answer_tool(tool_use["toolUseId"], '{"time": "noon"}')
    await caller.answer_tool(tool_use["toolUseId"], '{"time": "noon"}')

    assert "no result is awaited" in str(await caller.wait_for_end())


async def test_nothing_is_called_that_was_not_offered(emulator: Emulator, call: Call) -> None:
    caller = await call(emulator)
    await caller.start()
    await caller.open_audio()
    await caller.say_text("what time is it", interactive=True)
    await caller.wait_for("completionEnd")

    assert "toolUse" not in caller.names()
    assert caller.texts("ASSISTANT", "FINAL")


async def test_streams_do_not_hear_each_other(emulator: Emulator, call: Call) -> None:
    callers = [await call(emulator) for _ in range(4)]
    for caller in callers:
        await caller.start()
        await caller.open_audio()
    await asyncio.gather(*(caller.say_text("hello", interactive=True) for caller in callers[:2]))
    for caller in callers[:2]:
        await caller.wait_for("completionEnd")

    assert [caller.texts("ASSISTANT", "FINAL") for caller in callers] == [
        ["Hello.", "Yes?"]
    ] * 2 + [[]] * 2


async def test_an_ear_that_breaks_spoils_no_other_stream(
    emulator: Emulator, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def break_down(_: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr("nova_sonic_emulator.hearing.Ear.recognise", break_down)
    deaf, sound = await call(emulator), await call(emulator)
    for caller in (deaf, sound):
        await caller.start()
    await deaf.say(await deaf.open_audio(), await speech("hello"))
    assert "unexpected error" in str(await deaf.wait_for_end())

    await sound.open_audio()
    await sound.say_text("hello", interactive=True)
    await sound.wait_for("completionEnd")


async def test_a_mind_that_breaks_is_the_services_own_failure(
    emulator: Emulator, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("nova_sonic_emulator.mind.Mind.answer", break_down)
    caller = await call(emulator)
    await caller.start()
    await caller.open_audio()
    await caller.say_text("hello", interactive=True)

    assert "unexpected error" in str(await caller.wait_for_end())
    assert await emulator.streams[0].wait_for_end() == "internalServerException"
