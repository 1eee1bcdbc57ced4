"""Streams that do not open, are lost or grow old: the next one takes up where they left."""

import pytest
from pipecat.frames.frames import ErrorFrame

from nova_sonic_emulator import Fault, Recording
from services.bot.nova import tones
from tests.bot.nova.caller import texts
from tests.bot.nova.conftest import Dial, StartEmulator
from tests.bot.nova.conversations import ANSWER, LONG_ANSWER, QUESTION, tones_of

FAULTS_BEFORE_A_WORD = {
    "refused with 429": [{"kind": "http_error", "status": 429, "code": "ThrottlingException"}],
    "refused with 503": [
        {"kind": "http_error", "status": 503, "code": "ServiceUnavailableException"}
    ],
    "expired credentials": [{"kind": "http_error", "status": 403, "code": "ExpiredTokenException"}],
    "reset before headers": [{"kind": "reset"}],
    "dropped before headers": [{"kind": "drop"}],
    "no headers": [{"kind": "hang"}],
    "throttled in the stream": [
        {"kind": "exception", "exception": "throttlingException", "on_input": "sessionStart"}
    ],
    "unstable": [
        {
            "kind": "exception_then_reset",
            "exception": "validationException",
            "message": "System instability detected. Try your request again.",
            "on_input": "promptStart",
        }
    ],
}


@pytest.mark.parametrize("fault", FAULTS_BEFORE_A_WORD.values(), ids=FAULTS_BEFORE_A_WORD)
async def test_a_stream_that_does_not_open_is_opened_again(
    start_emulator: StartEmulator, dial: Dial, fault: list[dict[str, object]]
) -> None:
    emulator = await start_emulator(fault=[{**each, "streams": [1, 2]} for each in fault])
    caller = await dial(emulator, open_seconds=1)
    await caller.write(QUESTION)
    await caller.until_said(ANSWER)
    assert caller.states == ["reconnecting", "ready"]
    assert len(emulator.streams) == 3


FAULTS_MID_SENTENCE: dict[str, dict[str, object]] = {
    "reset": {"kind": "reset"},
    "dropped": {"kind": "drop"},
    "ended as if all were well": {"kind": "end"},
    "exception": {"kind": "exception", "exception": "modelStreamErrorException"},
    "exception, then reset": {
        "kind": "exception_then_reset",
        "exception": "internalServerException",
    },
    "8 minutes": {"kind": "exception", "exception": "modelTimeoutException"},
    "refused in mid-call": {"kind": "exception", "exception": "validationException"},
    "silent": {"kind": "hang"},
}


@pytest.mark.parametrize("fault", FAULTS_MID_SENTENCE.values(), ids=FAULTS_MID_SENTENCE)
async def test_a_stream_lost_in_mid_sentence_is_taken_up_by_the_next(
    start_emulator: StartEmulator, dial: Dial, fault: dict[str, object]
) -> None:
    emulator = await start_emulator(
        mind=LONG_ANSWER,
        pace={"lead_ms": 1000},
        fault=[{**fault, "on_output": "audioOutput", "count": 35, "streams": [1]}],
    )
    caller = await dial(
        emulator, history=[{"role": "user", "content": "I am Bo."}], answer_seconds=1.5
    )
    await caller.write("Tell me a story.")
    await caller.until_said("part 3.")
    assert caller.states == ["ready", "reconnecting", "ready"]
    first, second = emulator.streams
    (asked,) = texts(second, interactive=True)
    assert asked[1].startswith("I am Bo. Tell me a story.")
    assert "This is part 0." in asked[1]
    assert texts(second, interactive=False) == texts(first, interactive=False)
    # What had arrived is in the context, once, before what came after it.
    said = " ".join(caller.messages("assistant"))
    assert said.startswith("This is part 0. This")


async def test_what_was_said_before_is_told_to_the_next_stream(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator()
    caller = await dial(
        emulator,
        history=[
            {"role": "user", "content": "Good morning."},
            {"role": "assistant", "content": "Good morning! How can I help?"},
        ],
    )
    await caller.write(QUESTION)
    await caller.until_said(ANSWER)
    emulator.strike(Fault(kind="reset"))
    await caller.until_state("ready", "reconnecting", "ready")
    await caller.write(QUESTION)
    await caller.until_said(ANSWER, times=2)
    told = texts(emulator.streams[1], interactive=False)
    assert [role for role, _ in told] == ["SYSTEM", *3 * ["USER", "ASSISTANT"]]
    assert 'track_order({"order_number": "4217"}): {"status": "delivered"' in told[1][1]
    assert told[3:6] == [
        ("USER", "Good morning."),
        ("ASSISTANT", "Good morning! How can I help?"),
        ("USER", QUESTION),
    ]
    assert ANSWER in told[6][1]
    assert len(texts(emulator.streams[1], interactive=True)) == 1


async def assert_heard_whole(stream: Recording) -> None:
    """A stream has heard a sentence of about two seconds from its beginning to its end."""
    began = (await stream.wait_for_output("userSpeechStart")).fields["inputAudioOffsetMs"]
    ended = (await stream.wait_for_output("userSpeechEnd")).fields["inputAudioOffsetMs"]
    assert began < 1000
    assert ended - began > 1500


async def test_what_is_said_while_there_is_no_stream_is_heard_by_the_next(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator(mind=LONG_ANSWER)
    caller = await dial(emulator)
    await caller.until_state("ready")
    emulator.scenario = emulator.scenario.model_copy(
        update={"limits": emulator.scenario.limits.model_copy(update={"concurrent_streams": 0})}
    )
    emulator.strike(Fault(kind="reset"))
    await caller.until_state("ready", "reconnecting")
    await caller.speak("I would like to know where my parcel is")
    emulator.scenario = (await start_emulator(mind=LONG_ANSWER)).scenario
    await caller.until_said("I heard you.")
    await assert_heard_whole(emulator.streams[1])


async def test_a_sentence_that_was_half_said_when_the_stream_died_is_heard_whole(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator(
        mind=LONG_ANSWER,
        fault=[
            {"kind": "drop", "on_output": "userSpeechStart", "after_seconds": 0.5, "streams": [1]}
        ],
    )
    caller = await dial(emulator)
    await caller.until_state("ready")
    await caller.speak("I would like to know where my parcel is")
    await caller.until_said("I heard you.")
    await assert_heard_whole(emulator.streams[1])


async def test_a_result_that_comes_after_its_stream_is_told_with_the_question(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator()
    caller = await dial(emulator)
    await caller.until_state("ready")
    caller.tool_may_return.clear()
    await caller.write(QUESTION)
    await caller.tool_called.wait()
    emulator.strike(Fault(kind="reset"))
    await caller.until_state("ready", "reconnecting", "ready")
    assert texts(emulator.streams[1], interactive=True) == []
    caller.tool_may_return.set()
    await caller.until_said(ANSWER)
    (asked,) = texts(emulator.streams[1], interactive=True)
    assert asked[1].startswith(QUESTION)
    assert '"status": "delivered"' in asked[1]


async def test_a_stream_is_replaced_before_its_limit_and_told_what_was_said(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator(limits={"connection_seconds": 10})
    caller = await dial(emulator, connection_limit_seconds=10)
    await caller.write(QUESTION)
    await caller.until_said(ANSWER)
    assert await emulator.streams[0].wait_for_end(seconds=15) == "session ended"
    await caller.write(QUESTION)
    await caller.until_said(ANSWER, times=2)
    first, second = emulator.streams[:2]
    assert first.input_names()[-3:] == ["contentEnd", "promptEnd", "sessionEnd"]
    assert texts(second, interactive=False)[3] == ("USER", QUESTION)
    assert caller.states == ["ready"]


async def test_nobody_is_cut_off_by_the_replacement_of_a_stream(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator(mind=LONG_ANSWER)
    caller = await dial(emulator, connection_limit_seconds=30, rotate_by=0.99, rotate_from=0.01)
    await caller.until_state("ready")
    await caller.write("Tell me a story.")
    await caller.until_said("part 3.")
    (first, *_) = emulator.streams
    assert first.output_names().count("audioOutput") == 4


async def test_a_caller_in_the_gap_hears_soft_notes_and_no_error(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator(limits={"concurrent_streams": 0})
    caller = await dial(emulator, reconnect_attempts=100)
    await caller.after.until(lambda: len(tones_of(caller)) == 2)
    assert {frame.audio for frame in tones_of(caller)} == {tones.waiting()}
    emulator.scenario = (await start_emulator()).scenario
    await caller.until_state("reconnecting", "ready")
    assert caller.before.of(ErrorFrame) == []
