"""Questions, answers, tools and barge-in, over streams that do what they should."""

import pytest
from pipecat.frames.frames import TTSTextFrame
from pipecat.services.aws.nova_sonic.llm import AWSNovaSonicLLMService

from tests.bot.nova.caller import audio_seconds
from tests.bot.nova.conftest import Dial, StartEmulator
from tests.bot.nova.conversations import ANSWER, LONG_ANSWER, QUESTION


async def test_a_question_is_answered_with_what_the_tool_returned(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    caller = await dial(await start_emulator())
    await caller.write(QUESTION)
    await caller.until_said(ANSWER)
    assert caller.calls == [{"order_number": "4217"}]
    assert caller.states == ["ready"]


async def test_an_event_that_pipecat_stumbles_over_ends_nothing(
    start_emulator: StartEmulator, dial: Dial, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = AWSNovaSonicLLMService._handle_completion_start_event
    stumbled: list[object] = []

    async def stumble_once(service: AWSNovaSonicLLMService, event: object) -> None:
        stumbled.append(event)
        if len(stumbled) == 1:
            raise KeyError("completionId")
        await handle(service, event)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(AWSNovaSonicLLMService, "_handle_completion_start_event", stumble_once)
    emulator = await start_emulator()
    caller = await dial(emulator)
    await caller.write(QUESTION)
    await caller.until_said(ANSWER)
    await caller.write(QUESTION)
    await caller.until_said(ANSWER, times=2)
    assert stumbled
    assert len(emulator.streams) == 1


async def test_sentences_reach_the_context_with_a_space_between_them(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    caller = await dial(await start_emulator(mind=LONG_ANSWER))
    await caller.write("Tell me a story.")
    await caller.until_said("This is part 1. This is part 2.")


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
