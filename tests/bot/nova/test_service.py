"""Whatever happens to a stream, the caller gets an answer or is told that there is none."""

import asyncio
from pathlib import Path

import pytest
from pipecat.frames.frames import ErrorFrame, OutputAudioRawFrame, TTSAudioRawFrame, TTSTextFrame

from nova_sonic_emulator import Emulator, Fault
from services.bot.nova import AGENT_UNAVAILABLE, CredentialsRefused, Unreachable, Untrusted, tones
from tests.bot.nova.caller import Caller, audio_seconds, texts
from tests.bot.nova.conftest import KEY_ID, SECRET, Dial, StartEmulator

QUESTION = "Where is order 4217?"
ANSWER = "delivered"
LONG_ANSWER = {
    "intent": [
        {
            "name": "story",
            "mentions": ["story"],
            "answer": [{"says": [f"This is part {n}." for n in range(4)]}],
        }
    ],
    "misunderstood": ["I heard you."],
}


def tones_of(caller: Caller) -> list[OutputAudioRawFrame]:
    frames = caller.after.of(OutputAudioRawFrame)
    return [frame for frame in frames if not isinstance(frame, TTSAudioRawFrame)]


async def test_a_question_is_answered_with_what_the_tool_returned(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    caller = await dial(await start_emulator())
    await caller.write(QUESTION)
    await caller.until_said(ANSWER)
    assert caller.calls == [{"order_number": "4217"}]
    assert caller.states == ["ready"]


async def test_sentences_reach_the_context_with_a_space_between_them(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    caller = await dial(await start_emulator(mind=LONG_ANSWER))
    await caller.write("Tell me a story.")
    await caller.until_said("This is part 1. This is part 2.")


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
    second = emulator.streams[1]
    began = (await second.wait_for_output("userSpeechStart")).fields["inputAudioOffsetMs"]
    ended = (await second.wait_for_output("userSpeechEnd")).fields["inputAudioOffsetMs"]
    assert began < 1000
    assert ended - began > 1500


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
    second = emulator.streams[1]
    began = (await second.wait_for_output("userSpeechStart")).fields["inputAudioOffsetMs"]
    ended = (await second.wait_for_output("userSpeechEnd")).fields["inputAudioOffsetMs"]
    assert began < 1000
    assert ended - began > 1500


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


async def test_a_muted_caller_keeps_the_stream(start_emulator: StartEmulator, dial: Dial) -> None:
    emulator = await start_emulator(limits={"idle_seconds": 1})
    caller = await dial(emulator)
    caller.muted = True
    await caller.until_state("ready")
    sent = audio_seconds(emulator.streams[0])
    await emulator.streams[0].wait_for_input("audioInput", count=25)
    assert len(emulator.streams) == 1
    assert emulator.streams[0].ended is None
    assert audio_seconds(emulator.streams[0]) > sent + 1


async def test_on_barge_in_the_context_ends_where_the_caller_stopped_listening(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator(mind=LONG_ANSWER, pace={"lead_ms": 1000})
    caller = await dial(emulator, playing_speed=1)
    await caller.until_state("ready")
    await caller.write("Tell me a story.")
    await caller.heard.until(lambda: caller.heard.of(TTSTextFrame))
    await caller.speak("stop it now please I have heard enough of this")
    await caller.until_said("I heard you.")
    said = caller.messages("assistant")[0]
    everything = " ".join(LONG_ANSWER["intent"][0]["answer"][0]["says"])
    assert said
    assert everything.startswith(said)
    assert said != everything


async def test_an_idle_line_is_closed_with_every_goodbye(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator()
    caller = await dial(emulator)
    await caller.until_state("ready")
    await caller.hang_up()
    assert await emulator.streams[0].wait_for_end() == "session ended"
    assert emulator.streams[0].input_names()[-3:] == ["contentEnd", "promptEnd", "sessionEnd"]


async def test_a_wrong_key_ends_the_call_with_a_falling_note(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator()
    caller = await dial(emulator, secret_access_key="wrong")
    await caller.until_over()
    assert [frame.audio for frame in tones_of(caller)] == [tones.goodbye()]
    (error,) = caller.before.of(ErrorFrame)
    assert error.error == AGENT_UNAVAILABLE
    assert isinstance(error.exception, CredentialsRefused)
    assert emulator.streams == []


async def test_credentials_that_expired_are_replaced_by_fresh_ones(
    start_emulator: StartEmulator, dial: Dial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator = await start_emulator(
        fault=[
            {"kind": "http_error", "status": 403, "code": "ExpiredTokenException", "streams": [1]}
        ]
    )
    profile = tmp_path / "credentials"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(profile))
    write_profile(profile, KEY_ID, SECRET)
    caller = await dial(emulator, access_key_id=None, secret_access_key=None)
    await caller.until_state("reconnecting", "ready")
    # From here on only a key that was not there when the call began is let in.
    emulator.credentials = {"AKIDFRESH": "another-secret"}
    write_profile(profile, "AKIDFRESH", "another-secret")
    emulator.strike(Fault(kind="reset"))
    await caller.write(QUESTION)
    await caller.until_said(ANSWER)


def write_profile(file: Path, key: str, secret: str) -> None:
    file.write_text(f"[default]\naws_access_key_id={key}\naws_secret_access_key={secret}\n")


async def test_a_certificate_of_nobody_we_trust_ends_the_call(dial: Dial, tmp_path: Path) -> None:
    async with Emulator(credentials={KEY_ID: SECRET}, ca_dir=tmp_path) as emulator:
        caller = await dial(emulator, connect_seconds=1)
        await caller.until_over()
    (error,) = caller.before.of(ErrorFrame)
    assert isinstance(error.exception, Untrusted)


async def test_an_endpoint_that_is_not_there_ends_the_call_after_the_cap(dial: Dial) -> None:
    caller = await dial("https://localhost:9", reconnect_attempts=3)
    await caller.until_over()
    assert caller.states == ["reconnecting"]
    (error,) = caller.before.of(ErrorFrame)
    assert error.error == AGENT_UNAVAILABLE
    assert isinstance(error.exception, Unreachable)


async def test_hanging_up_never_waits_for_a_dead_endpoint(dial: Dial) -> None:
    accepted, gone = asyncio.Event(), asyncio.Event()

    async def never_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.set()
        await gone.wait()
        writer.close()

    async with await asyncio.start_server(never_answer, "127.0.0.1", 0) as server:
        caller = await dial(f"https://localhost:{server.sockets[0].getsockname()[1]}")
        await accepted.wait()
        async with asyncio.timeout(5):
            await caller.hang_up()
        gone.set()


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


async def test_a_stream_that_opens_and_dies_again_and_again_is_given_up(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator(fault=[{"kind": "reset", "on_input": "audioInput"}])
    caller = await dial(emulator, reconnect_attempts=4)
    await caller.until_over()
    assert len(emulator.streams) == 5


async def test_a_setup_that_nova_refuses_is_not_sent_again(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator(models={"available": ["another-model"]})
    caller = await dial(emulator)
    await caller.until_over()
    assert "reconnecting" not in caller.states
    assert caller.before.of(ErrorFrame)[0].error == AGENT_UNAVAILABLE


async def test_a_tool_that_nobody_registered_is_answered_for(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator()
    caller = await dial(emulator)
    caller.nova.unregister_function("track_order")
    await caller.write(QUESTION)
    await caller.until_said("I cannot find order")


async def test_a_tool_that_does_not_return_is_answered_for(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator()
    caller = await dial(emulator, tool_seconds=0.5)
    caller.tool_may_return.clear()
    await caller.write(QUESTION)
    await caller.until_said("I cannot find order")
    caller.tool_may_return.set()
    assert len(emulator.streams) == 1
