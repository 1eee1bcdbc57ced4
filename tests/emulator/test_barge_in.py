"""Callers who speak while the emulator does."""

from __future__ import annotations

import asyncio

import pytest

from nova_sonic_emulator import Emulator
from nova_sonic_emulator.outputs import INTERRUPTED
from tests.emulator.caller import Caller, stop_reasons
from tests.emulator.conftest import STORY, Call, StartEmulator
from tests.emulator.sound import SILENCE, speech


async def barge_in(caller: Caller, *, after: float = 0) -> None:
    """Asks for a story, and says something as soon as it has begun, or a while after."""
    await caller.start()
    audio = await caller.open_audio()
    await caller.say(audio, SILENCE)
    await caller.say_text("tell me a story", interactive=True)
    await caller.wait_for("audioOutput", count=5)
    await asyncio.sleep(after)
    await caller.say(audio, await speech("hello"))
    await caller.wait_for("completionEnd")


@pytest.mark.parametrize("lead_ms", [200, 60_000], ids=["partly sent", "wholly sent"])
async def test_a_barge_in_cuts_the_answer_short(
    start_emulator: StartEmulator, call: Call, lead_ms: int
) -> None:
    emulator = await start_emulator(pace={"lead_ms": lead_ms})
    caller = await call(emulator)
    await barge_in(caller, after=0.8)  # the listener hears some of the story

    finals = caller.texts("ASSISTANT", "FINAL")
    heard, marker = finals[0], finals[1]
    assert STORY.startswith(heard) and 0 < len(heard) < len(STORY)
    assert marker == INTERRUPTED
    assert "INTERRUPTED" in stop_reasons(caller, "TEXT")
    assert "The end." not in finals
    assert len(finals) > 2, "the barge-in itself is answered too"
    told = [each for each in emulator.streams[0].outputs if each.name == "textOutput"]
    cut = next(number for number, each in enumerate(told) if each.fields["content"] == INTERRUPTED)
    spoken_before = [each.fields["content"] for each in told[:cut]]
    assert ("The end." in spoken_before) == (lead_ms > 1000)


async def test_a_barge_in_stops_the_audio_at_once(
    start_emulator: StartEmulator, call: Call
) -> None:
    emulator = await start_emulator(pace={"lead_ms": 200})
    caller = await call(emulator)
    await barge_in(caller)

    outputs = emulator.streams[0].outputs
    names = [each.name for each in outputs]
    started = names.index("userSpeechStart")
    marker = next(n for n, each in enumerate(outputs) if each.fields.get("content") == INTERRUPTED)
    assert "audioOutput" not in names[started:marker]


async def test_a_barge_in_may_go_unannounced(start_emulator: StartEmulator, call: Call) -> None:
    emulator = await start_emulator(pace={"lead_ms": 200, "announce_interruption": False})
    caller = await call(emulator)
    await barge_in(caller)

    told = caller.texts("ASSISTANT", "FINAL")
    assert INTERRUPTED not in told and STORY not in told
    assert "INTERRUPTED" not in stop_reasons(caller, "TEXT")
    assert stop_reasons(caller, "AUDIO")[0] == "PARTIAL_TURN"


async def test_speech_after_the_answer_is_no_barge_in(emulator: Emulator, call: Call) -> None:
    caller = await call(emulator)
    await caller.start()
    audio = await caller.open_audio()
    await caller.say(audio, SILENCE)
    await caller.say_text("hello", interactive=True)
    await caller.wait_for("completionEnd")
    await caller.say(audio, await speech("hello"))
    await caller.wait_for("completionEnd", count=2)

    assert INTERRUPTED not in caller.texts("ASSISTANT", "FINAL")
