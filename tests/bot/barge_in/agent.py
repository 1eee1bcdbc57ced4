"""An agent in mid-speech, on a line that takes as long as playing does, and its caller."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from pipecat.frames.frames import (
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    OutputAudioRawFrame,
    StartFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams
from pipecat.utils.text.base_text_aggregator import TextType
from pipecat.workers.runner import WorkerRunner

from services.bot.barge_in import BargeIn, Hold
from services.bot.sound.filters import FarEndTap
from services.bot.sound.front_end import FrontEnd

RATE = 16_000
WORD_SECONDS = 0.12
PATIENCE_SECONDS = 20.0
LOUD = b"\x00\x40\x00\xc0" * 256


class Ear(BaseOutputTransport):
    """A transport's output that takes as long as playing does, and keeps what it was given."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(
            TransportParams(
                audio_out_enabled=True,
                audio_out_filter=hold,
                audio_out_10ms_chunks=4,
                audio_out_end_silence_secs=0,
            )
        )
        self.audio = b""

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        self.audio += frame.audio
        await asyncio.sleep(len(frame.audio) / 2 / frame.sample_rate)
        return True


class Agent:
    """The line and the agent on it.

    Attributes:
        told: What the page was told, by type.
        turns: What the agent said, and whether it was interrupted.
    """

    def __init__(self) -> None:
        self.speaks_rtvi = True
        self.front_end = FrontEnd()
        self.hold = Hold(FarEndTap(self.front_end))
        self.on_window: Callable[[bytes, float], None] = lambda *_: None
        self.told: list[str] = []
        self.turns: list[tuple[str, bool]] = []
        self.context = LLMContext()
        aggregators = LLMContextAggregatorPair(self.context, realtime_service_mode=True)
        assistant = aggregators.assistant()
        assistant.add_event_handler("on_assistant_turn_stopped", self._stopped)
        self.barge_in = BargeIn(self, self, assistant)  # type: ignore[arg-type]
        self.ear = Ear(self.hold)
        self.worker = PipelineWorker(
            Pipeline([aggregators.user(), self.ear, self.barge_in.heard, assistant]),
            params=PipelineParams(audio_out_sample_rate=RATE),
            enable_rtvi=False,
        )

    async def tell(self, message: dict[str, Any]) -> None:
        self.told.append(message["type"])

    async def say(self, words: list[str]) -> None:
        """Has a sentence ready to play: each word's sound differs."""
        await self.worker.queue_frame(LLMFullResponseStartFrame())
        await self.worker.queue_frame(TTSStartedFrame())
        for number, word in enumerate(words, start=1):
            sound = bytes([number]) * (round(RATE * WORD_SECONDS) * 2)
            await self.worker.queue_frame(TTSAudioRawFrame(sound, RATE, 1))
            await self.worker.queue_frame(TTSTextFrame(word, text_type=TextType.WORD))
        await self.worker.queue_frame(LLMFullResponseEndFrame())
        await self.worker.queue_frame(TTSStoppedFrame())

    def heard_a_voice(self) -> None:
        self.on_window(LOUD, 0.99)

    async def until(self, holds: Callable[[], Any]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not holds():  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    async def _stopped(self, _: object, message: Any) -> None:  # noqa: ANN401
        self.turns.append((message.content, message.interrupted))


@asynccontextmanager
async def agent() -> AsyncIterator[Agent]:
    """An agent with its pipeline running."""
    made = Agent()
    runner = WorkerRunner(handle_sigint=False, check_dangling_tasks=False)
    await runner.add_workers(made.worker)
    running = asyncio.create_task(runner.run())
    try:
        yield made
    finally:
        await made.worker.cancel()
        await running
