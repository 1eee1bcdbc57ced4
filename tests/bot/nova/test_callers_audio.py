"""What a caller says reaches Nova whole, whenever they say it and however it comes."""

import asyncio
from contextlib import suppress

import pytest

from nova_sonic_emulator import Recording
from services.bot.nova import microphone
from services.bot.nova.microphone import HALTED_SECONDS, MUTED_SECONDS, Microphone
from tests.bot.nova.conftest import Dial, StartEmulator
from tests.bot.nova.test_gap import chunk

SENTENCE = "I would like to know where my parcel is and when it will come to me"
MIND = {"misunderstood": ["I heard you."]}
#: Around what the voice says, and what the emulator needs to be sure that somebody speaks.
SILENCE = 0.45


def utterances(recording: Recording) -> list[float]:
    """The seconds of each utterance that a stream has heard to its end."""
    began, ended = (
        [e.fields["inputAudioOffsetMs"] for e in recording.outputs if e.name == name]
        for name in ("userSpeechStart", "userSpeechEnd")
    )
    return [(end - start) / 1000 for start, end in zip(began, ended, strict=False)]


async def test_what_is_said_before_the_agent_is_there_is_heard(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator(mind=MIND)
    caller = await dial(emulator, served=False)
    seconds = await caller.speak(SENTENCE)
    await caller.be_served()
    await caller.until_said("I heard you.")
    assert utterances(emulator.streams[0]) == [pytest.approx(seconds, abs=SILENCE)]


async def test_what_is_said_while_a_stream_opens_is_heard(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator(mind=MIND, fault=[{"kind": "late_headers", "seconds": 3}])
    caller = await dial(emulator)
    seconds = await caller.speak(SENTENCE)
    await caller.until_said("I heard you.")
    assert utterances(emulator.streams[0]) == [pytest.approx(seconds, abs=SILENCE)]


async def test_a_sentence_that_the_network_holds_up_stays_one(
    start_emulator: StartEmulator, dial: Dial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(microphone, "HALTED_SECONDS", 60.0)
    emulator = await start_emulator(mind=MIND)
    caller = await dial(emulator)
    await caller.until_state("ready")
    speaking = asyncio.create_task(caller.speak(SENTENCE))
    await caller.left_to_say(2.0)
    caller.held_up = True
    # What the network does: long enough to end a turn, were it silence.
    await asyncio.sleep(MUTED_SECONDS + 0.8)
    caller.held_up = False
    seconds = await speaking
    await caller.until_said("I heard you.")
    assert utterances(emulator.streams[0]) == [pytest.approx(seconds, abs=SILENCE)]


async def test_no_audio_is_lost_or_doubled_at_the_replacement(
    start_emulator: StartEmulator, dial: Dial
) -> None:
    emulator = await start_emulator(mind=MIND, limits={"connection_seconds": 60})
    caller = await dial(emulator, connection_limit_seconds=6, rotate_from=0.5, rotate_by=0.6)
    seconds = await caller.speak(f"{SENTENCE} because I have waited for it since last week")
    assert len(emulator.streams) > 1

    def whole() -> list[float]:
        heard = [length for stream in emulator.streams for length in utterances(stream)]
        return [length for length in heard if length > seconds - 0.3]

    # A stream that lives for three seconds may be over before it has understood them.
    with suppress(TimeoutError):
        async with asyncio.timeout(20):
            while not whole():  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    heard = [utterances(stream) for stream in emulator.streams]
    assert whole(), f"of {seconds} s the streams heard {heard}"
    assert max(whole()) < seconds + 0.3, heard


class Clock:
    """Stands still until it is moved."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("level", "seconds"), [(0, MUTED_SECONDS), (100, MUTED_SECONDS), (8000, HALTED_SECONDS)]
)
def test_a_microphone_that_stops_in_silence_is_off_sooner(level: int, seconds: float) -> None:
    clock = Clock()
    caller = Microphone(clock)
    for _ in range(3):
        caller.hear(chunk(level))
        clock.now += 0.1
    clock.now += seconds - 0.2
    assert not caller.off
    clock.now += 0.2
    assert caller.off
    caller.hear(chunk(level))
    assert not caller.off


def test_only_the_latest_sound_counts() -> None:
    clock = Clock()
    caller = Microphone(clock)
    for level in (8000, 0, 0, 0):
        caller.hear(chunk(level))
    clock.now += MUTED_SECONDS
    assert caller.off
