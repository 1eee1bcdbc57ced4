"""A caller who waits hears that somebody is there, and a stream that hangs is not waited for."""

from pipecat.frames.frames import (
    OutputAudioRawFrame,
    TTSAudioRawFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)

from nova_sonic_emulator import Fault
from services.bot.nova.microphone import Microphone
from tests.bot.nova.caller import Caller, texts
from tests.bot.nova.conftest import Dial, StartEmulator
from tests.bot.nova.test_callers_audio import MIND, SENTENCE, Clock

QUESTION = "Where is order 4217?"


def notes(caller: Caller) -> int:
    """How many soft notes the caller has been played."""
    frames = caller.after.of(OutputAudioRawFrame)
    return sum(not isinstance(frame, TTSAudioRawFrame) for frame in frames)


async def detected(caller: Caller, *, speech: str | None) -> None:
    """The caller speaks, or there is a noise that the detector takes for speech."""
    await caller.worker.queue_frame(UserStartedSpeakingFrame())
    if speech is not None:
        await caller.speak(speech)
    await caller.worker.queue_frame(UserStoppedSpeakingFrame())


async def test_a_stream_that_does_not_hear_the_caller_is_replaced(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator(mind=MIND)
    caller = await dial(emulator, unheard_seconds=0.5, send_seconds=60)
    await caller.until_state("ready")
    emulator.strike(Fault(kind="hang"))
    await detected(caller, speech=SENTENCE)
    await caller.until_said("I heard you.")
    assert caller.states == ["ready", "reconnecting", "ready"]
    assert len(emulator.streams) == 2


async def test_noise_costs_no_more_than_one_stream(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator(mind=MIND)
    caller = await dial(emulator, unheard_seconds=0.3)
    await caller.until_state("ready")
    await detected(caller, speech=None)
    await caller.until_state("ready", "reconnecting", "ready")
    await detected(caller, speech=None)
    await emulator.streams[1].wait_for_input("audioInput", count=60)
    assert caller.states == ["ready", "reconnecting", "ready"]


async def test_a_caller_who_waits_for_a_tool_hears_soft_notes(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator()
    caller = await dial(emulator, late_seconds=0.5)
    await caller.until_state("ready")
    caller.tool_may_return.clear()
    await caller.write(QUESTION)
    await caller.after.until(lambda: notes(caller) >= 2)
    caller.tool_may_return.set()
    await caller.until_said("delivered")
    assert caller.states == ["ready"]
    assert len(texts(emulator.streams[0], interactive=True)) == 1


def test_who_was_not_heard() -> None:
    clock = Clock()
    microphone = Microphone(clock)
    opened_at = clock.now
    assert microphone.unheard_for(opened_at) == 0
    clock.now += 1
    microphone.speaking = True
    clock.now += 3
    assert microphone.unheard_for(opened_at) == 0
    microphone.speaking = False
    clock.now += 2
    assert microphone.unheard_for(opened_at) == 2
    assert microphone.unheard_for(opened_at + 1.5) == 0
