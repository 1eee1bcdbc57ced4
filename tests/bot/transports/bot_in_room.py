"""A bot without a model in a room of the stand-in, and what is said there."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np

from tests import daily_sdk  # noqa: F401 - first of all

from pipecat.frames.frames import (  # isort: skip
    Frame,
    InputAudioRawFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner

from services.bot.call.ending import Ending
from services.bot.transports.daily import DailyLine
from services.bot.transports.line import SAMPLE_RATE_IN
from services.common.daily import DailyRest, Participant
from services.common.sessions import Room
from tests.room_caller import RoomCaller, in_room

TONE = (8000 * np.sin(np.arange(16_000) * 0.2)).astype(np.int16).tobytes()


def is_the_tone(heard: bytearray) -> bool:
    """Whether it is one second of the tone: what comes from the caller has passed the front end."""
    samples = np.frombuffer(bytes(heard), np.int16).astype(float)
    if len(samples) < len(TONE) // 2:
        return False
    windowed = samples[-len(TONE) // 2 :] * np.hanning(len(TONE) // 2)
    spectrum = np.abs(np.fft.rfft(windowed)) ** 2
    at = round(0.2 / (2 * np.pi) * len(TONE) / 2)
    return bool(spectrum[at - 3 : at + 4].sum() > 0.9 * spectrum.sum() > 0)


class Agent(FrameProcessor):
    """Keeps what the caller says."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = bytearray()
        self.rates: set[int] = set()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            self.heard += frame.audio
            self.rates.add(frame.sample_rate)
        await self.push_frame(frame, direction)


@dataclass
class Running:
    """A bot in a room."""

    line: DailyLine
    agent: Agent
    worker: PipelineWorker
    endings: list[Ending] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def ending(self) -> Ending:
        """Waits for the first word of the line that the call is over."""
        async with asyncio.timeout(30):
            await self.over.wait()
        return self.endings[0]

    async def speak(self, pcm: bytes) -> None:
        """Says something, at 24 kHz."""
        await self.worker.queue_frame(TTSStartedFrame())
        await self.worker.queue_frame(TTSAudioRawFrame(pcm, sample_rate=24_000, num_channels=1))
        await self.worker.queue_frame(TTSStoppedFrame())


@asynccontextmanager
async def bot_in(room: Room, rest: DailyRest) -> AsyncIterator[Running]:
    """A bot without a model: what comes in is kept, what it says is told to it."""
    line, agent = DailyLine(room, rest, bot_name="Ada"), Agent()
    await line.open()
    worker = PipelineWorker(
        Pipeline([line.transport.input(), agent, line.transport.output()]),
        params=PipelineParams(audio_in_sample_rate=SAMPLE_RATE_IN, audio_out_sample_rate=24_000),
        idle_timeout_secs=None,
    )
    running = Running(line, agent, worker)

    def gone(ending: Ending) -> None:
        running.endings.append(ending)
        running.over.set()

    line.on_gone(gone)
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    task = asyncio.create_task(runner.run())
    try:
        yield running
    finally:
        line.say_goodbye_with(Ending.DRAINED)
        await worker.cancel()
        async with asyncio.timeout(30):
            await task


@asynccontextmanager
async def caller_in(room: Room, rest: DailyRest) -> AsyncIterator[RoomCaller]:
    token = await rest.token(room.name, Participant.CALLER, seconds=60)
    async with in_room(room.url, token) as caller:
        yield caller


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - there is nothing to be told by
            await asyncio.sleep(0.01)
