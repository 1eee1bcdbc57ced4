"""The caller's sound on its short way to Nova and to the speech detector."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    SpeechControlParamsFrame,
    TextFrame,
    UserSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner

from services.bot.agent import VoiceActivity
from services.bot.call import ear as ear_module
from services.bot.call.ear import Ear
from services.bot.call.worker import CallWorker
from services.bot.voice_activity import PaddedSilero
from tests.bot.sentences import sentence

FRAME = 640
SPEECH = sentence("where_is_my_order_4217")
SECONDS = 10


class Nova:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def hear(self, pcm: bytes) -> None:
        self.heard.append(pcm)


class Behind(FrameProcessor):
    """Keeps what comes out of the ear."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Frame] = []
        self.changed = asyncio.Event()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        self.seen.append(frame)
        self.changed.set()
        await self.push_frame(frame, direction)

    async def until(self, kind: type[Frame]) -> None:
        async with asyncio.timeout(SECONDS):
            while not any(isinstance(frame, kind) for frame in self.seen):
                self.changed.clear()
                await self.changed.wait()


def an_ear(nova: Nova, *, passes_sound: bool = False) -> Ear:
    detector = PaddedSilero()
    detector.listen_for(VoiceActivity())
    return Ear(detector, nova, passes_sound=passes_sound)  # type: ignore[arg-type]


@asynccontextmanager
async def running(ear: Ear) -> AsyncIterator[tuple[CallWorker, Behind]]:
    behind = Behind()
    worker = CallWorker(Pipeline([ear, behind]), enable_rtvi=False)
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    serving = asyncio.create_task(runner.run())
    try:
        await behind.until(SpeechControlParamsFrame)
        yield worker, behind
    finally:
        await worker.cancel()
        await serving


def pieces(pcm: bytes) -> list[bytes]:
    return [pcm[start : start + FRAME] for start in range(0, len(pcm), FRAME)]


def test_nova_hears_all_of_it_and_speech_at_once() -> None:
    nova = Nova()
    ear = an_ear(nova)
    said = bytes(10 * FRAME) + SPEECH + bytes(100 * FRAME)
    most = 0
    for number, piece in enumerate(pieces(said)):
        ear.hear(piece)
        behind = sum(map(len, pieces(said)[: number + 1])) - sum(map(len, nova.heard))
        most = max(most, behind)
        if not (ear._detector.dozing or ear._detector.calm):
            assert behind == 0
    assert said.startswith(b"".join(nova.heard))
    assert most == 7 * FRAME


def test_a_long_silence_goes_in_longer_pieces_and_the_first_word_with_what_is_held() -> None:
    nova = Nova()
    ear = an_ear(nova)
    silence = bytes(201 * FRAME)
    for piece in pieces(silence):
        ear.hear(piece)
    assert [len(piece) for piece in nova.heard[-10:]] == [8 * FRAME] * 10
    said = b""
    for piece in pieces(SPEECH):
        ear.hear(piece)
        said += piece
        if not ear._detector.calm:
            break
    assert silence + said == b"".join(nova.heard)


async def test_frames_of_sound_end_here_and_all_others_go_on() -> None:
    nova = Nova()
    async with running(an_ear(nova)) as (worker, behind):
        sound = InputAudioRawFrame(audio=SPEECH, sample_rate=16_000, num_channels=1)
        await worker.queue_frames([sound, TextFrame("Good morning")])
        await behind.until(TextFrame)
        await behind.until(VADUserStartedSpeakingFrame)
        assert not any(isinstance(frame, InputAudioRawFrame) for frame in behind.seen)
    assert b"".join(nova.heard) == SPEECH


async def test_whoever_asks_for_sound_gets_it() -> None:
    async with running(an_ear(Nova(), passes_sound=True)) as (worker, behind):
        sound = InputAudioRawFrame(audio=SPEECH, sample_rate=16_000, num_channels=1)
        await worker.queue_frames([sound])
        await behind.until(InputAudioRawFrame)


async def test_the_beginning_and_the_end_of_speech_are_told() -> None:
    ear = an_ear(Nova())
    async with running(ear) as (_, behind):
        for piece in pieces(SPEECH + bytes(50 * FRAME)):
            ear.hear(piece)
        await behind.until(VADUserStoppedSpeakingFrame)
    told = [frame for frame in behind.seen if "Speaking" in type(frame).__name__]
    assert isinstance(told[0], VADUserStartedSpeakingFrame)
    assert isinstance(told[1], UserSpeakingFrame)
    assert told[0].start_secs == ear._detector.params.start_secs


async def test_a_microphone_that_is_switched_off_in_mid_speech_ends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ear_module, "_MUTED_SECONDS", 0.05)
    ear = an_ear(Nova())
    async with running(ear) as (_, behind):
        for piece in pieces(SPEECH[: len(SPEECH) // 2]):
            ear.hear(piece)
        assert ear._speaking
        await behind.until(VADUserStoppedSpeakingFrame)
        behind.seen.clear()
        for piece in pieces(SPEECH):
            ear.hear(piece)
        await behind.until(VADUserStartedSpeakingFrame)
