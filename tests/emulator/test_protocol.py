"""The order of events, as a client that keeps to the protocol sees it."""

from __future__ import annotations

import pytest

from nova_sonic_emulator import Emulator
from tests.emulator.conftest import Call

ANSWER = ["contentStart", "textOutput", "contentEnd", "contentStart", "audioOutput", "contentEnd"]
FINAL = ["contentStart", "textOutput", "contentEnd"]


async def test_a_written_question_is_answered_event_by_event(
    emulator: Emulator, call: Call
) -> None:
    caller = await call(emulator)
    await caller.start()
    await caller.open_audio()
    await caller.say_text("hello", interactive=True)
    await caller.wait_for("completionEnd")

    spoken = caller.texts("ASSISTANT", "SPECULATIVE")
    assert spoken
    assert caller.names() == [
        "completionStart",
        *ANSWER * len(spoken),
        *FINAL * len(spoken),
        "completionEnd",
    ]
    assert caller.texts("ASSISTANT", "FINAL") == spoken
    assert len(caller.audio()) > 24000 * 2 * 0.2


async def test_every_event_carries_the_ids_that_hold_it_together(
    emulator: Emulator, call: Call
) -> None:
    caller = await call(emulator)
    await caller.start()
    await caller.open_audio()
    await caller.say_text("hello", interactive=True)
    await caller.wait_for("completionEnd")

    assert {fields["promptName"] for _, fields in caller.events} == {"p"}
    assert len({fields["sessionId"] for _, fields in caller.events}) == 1
    assert len({fields["completionId"] for _, fields in caller.events}) == 1
    opened: list[str] = []
    for name, fields in caller.events:
        if name == "contentStart":
            opened.append(fields["contentId"])
        elif "contentId" in fields:
            assert fields["contentId"] == opened[-1]
    assert len(set(opened)) == len(opened)


async def test_only_the_last_audio_block_ends_the_turn(emulator: Emulator, call: Call) -> None:
    caller = await call(emulator)
    await caller.start()
    await caller.open_audio()
    await caller.say_text("hello", interactive=True)
    await caller.wait_for("completionEnd")

    reasons = [
        fields["stopReason"]
        for name, fields in caller.events
        if name == "contentEnd" and fields["type"] == "AUDIO"
    ]
    assert reasons == ["PARTIAL_TURN"] * (len(reasons) - 1) + ["END_TURN"]


async def test_usage_is_counted_up(emulator: Emulator, call: Call) -> None:
    caller = await call(emulator)
    await caller.start()
    await caller.open_audio()
    await caller.say_text("hello", interactive=True)
    await caller.wait_for("completionEnd")

    usage = [fields for name, fields in caller.events if name == "usageEvent"]
    for side, kind in (
        ("input", "textTokens"),
        ("output", "textTokens"),
        ("output", "speechTokens"),
    ):
        deltas = [each["details"]["delta"][side][kind] for each in usage]
        assert usage[-1]["details"]["total"][side][kind] == sum(deltas) > 0
    assert (
        usage[-1]["totalTokens"] == usage[-1]["totalInputTokens"] + usage[-1]["totalOutputTokens"]
    )


async def test_the_stream_ends_with_the_session(emulator: Emulator, call: Call) -> None:
    caller = await call(emulator)
    await caller.start()
    await caller.open_audio()
    await caller.end()

    assert await caller.wait_for_end() is None
    assert await emulator.streams[0].wait_for_end() == "session ended"
    assert emulator.open_streams == 0


async def test_a_session_may_end_in_mid_answer(emulator: Emulator, call: Call) -> None:
    caller = await call(emulator)
    await caller.start()
    await caller.open_audio()
    await caller.say_text("hello", interactive=True)
    await caller.wait_for("audioOutput")
    await caller.end()

    assert await caller.wait_for_end() is None
    assert caller.names()[-1] == "completionEnd"


async def test_closing_the_input_ends_the_stream(emulator: Emulator, call: Call) -> None:
    caller = await call(emulator)
    await caller.start()
    await caller.close_input()

    assert await caller.wait_for_end() is None
    assert await emulator.streams[0].wait_for_end() == "input ended"


@pytest.mark.parametrize("rate", [8000, 16000, 24000])
async def test_audio_comes_at_the_rate_that_was_asked_for(
    emulator: Emulator, call: Call, rate: int
) -> None:
    caller = await call(emulator)
    await caller.start(rate=rate)
    await caller.open_audio()
    await caller.say_text("hello", interactive=True)
    await caller.wait_for("completionEnd")

    started = next(
        fields for name, fields in caller.events if fields.get("audioOutputConfiguration")
    )
    assert started["audioOutputConfiguration"]["sampleRateHertz"] == rate
    usage = [fields for name, fields in caller.events if name == "usageEvent"][-1]
    seconds = usage["details"]["total"]["output"]["speechTokens"] / 25
    assert len(caller.audio()) / 2 / rate == pytest.approx(seconds, abs=0.2)


async def test_history_may_come_between_the_system_prompt_and_the_audio(
    emulator: Emulator, call: Call
) -> None:
    caller = await call(emulator)
    await caller.start()
    await caller.say_text("hello", role="USER")
    await caller.say_text("hello, how can I help?", "Go ahead.", role="ASSISTANT")
    await caller.say_text("thank you", role="USER", interactive=True)
    await caller.open_audio()
    await caller.end()

    assert await caller.wait_for_end() is None
    assert caller.texts("ASSISTANT", "SPECULATIVE") == []


async def test_text_may_be_written_after_the_audio_has_ended(
    emulator: Emulator, call: Call
) -> None:
    caller = await call(emulator)
    await caller.start()
    audio = await caller.open_audio()
    await caller.hear(audio, bytes(640))
    await caller.send("contentEnd", promptName="p", contentName=audio)
    await caller.say_text("hello", interactive=True)
    await caller.wait_for("audioOutput")
