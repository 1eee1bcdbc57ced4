"""A caller for the tests: a microphone, an ear, and the pipeline between them and Nova."""

import asyncio
import base64
from collections import deque
from collections.abc import Callable
from typing import Any

from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    LLMContextFrame,
    LLMMessagesAppendFrame,
    LLMRunFrame,
    OutputAudioRawFrame,
    StartFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.llm_service import FunctionCallParams
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams
from pipecat.workers.runner import WorkerRunner

from nova_sonic_emulator import Recording
from nova_sonic_emulator.voice import Voice
from services.bot.nova import AgentStateFrame, NovaSettings, NovaSonic

INSTRUCTIONS = "You are Ada. You help callers with their orders."
FRAME_SECONDS = 0.02
FRAME_BYTES = int(16_000 * 2 * FRAME_SECONDS)
PATIENCE_SECONDS = 20.0

TRACK_ORDER = FunctionSchema(
    name="track_order",
    description="Where an order is.",
    properties={"order_number": {"type": "string"}},
    required=["order_number"],
)

_VOICE = Voice()


class Tap(FrameProcessor):
    """Keeps every frame that passes."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[Frame] = []
        self._changed = asyncio.Event()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        self.frames.append(frame)
        self._changed.set()
        await self.push_frame(frame, direction)

    def of[F: Frame](self, kind: type[F]) -> list[F]:
        return [frame for frame in self.frames if isinstance(frame, kind)]

    async def until(self, holds: Callable[[], Any]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not holds():
                self._changed.clear()
                await self._changed.wait()


class Ear(BaseOutputTransport):
    """A transport's output that takes as long as playing would, or a part of it."""

    def __init__(self, speed: float) -> None:
        super().__init__(TransportParams(audio_out_enabled=True))
        self._speed = speed

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        await asyncio.sleep(len(frame.audio) / 2 / frame.sample_rate / self._speed)
        return True


class Caller:
    """One call."""

    def __init__(
        self, settings: NovaSettings, history: list[dict[str, str]], playing_speed: float
    ) -> None:
        self.nova = NovaSonic(settings=settings, instructions=INSTRUCTIONS)
        self.nova.register_function("track_order", self._track_order)
        self.order = {"status": "delivered", "delivery_date": "2026-11-20"}
        self.tool_called = asyncio.Event()
        self.tool_may_return = asyncio.Event()
        self.tool_may_return.set()
        self.calls: list[dict[str, Any]] = []
        self.context = LLMContext(
            messages=list(history),  # type: ignore[arg-type]
            tools=ToolsSchema(standard_tools=[TRACK_ORDER]),
        )
        aggregators = LLMContextAggregatorPair(self.context, realtime_service_mode=True)
        self.before, self.after, self.heard = Tap(), Tap(), Tap()
        self.worker = PipelineWorker(
            Pipeline(
                [
                    aggregators.user(),
                    self.before,
                    self.nova,
                    self.after,
                    Ear(playing_speed),
                    self.heard,
                    aggregators.assistant(),
                ]
            ),
            params=PipelineParams(audio_in_sample_rate=16_000, audio_out_sample_rate=24_000),
            enable_rtvi=False,
            enable_turn_tracking=False,
            idle_timeout_secs=None,
        )
        self.muted = self.held_up = False
        self._late: list[InputAudioRawFrame] = []
        self._to_say: deque[bytes] = deque()
        self._said = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def dial(self) -> None:
        await self.come_in()
        await self.be_served()

    async def come_in(self) -> None:
        """The line is open; the agent does not know of the call yet."""
        runner = WorkerRunner(handle_sigint=False, check_dangling_tasks=False)
        await runner.add_workers(self.worker)
        self._tasks = [
            asyncio.create_task(runner.run()),
            asyncio.create_task(self._use_microphone()),
        ]

    async def be_served(self) -> None:
        """The agent is given its context."""
        await self.worker.queue_frame(LLMRunFrame())
        await self.after.until(lambda: self.after.of(LLMContextFrame))

    @property
    def over(self) -> bool:
        return self._tasks[0].done()

    async def until_over(self) -> None:
        await asyncio.wait_for(asyncio.shield(self._tasks[0]), PATIENCE_SECONDS)

    async def hang_up(self) -> None:
        if not self._tasks:
            return
        self._tasks[1].cancel()
        if not self.over:
            await self.worker.cancel()
            await self.until_over()

    async def write(self, text: str) -> None:
        """Puts a question in writing, as the bot does with its greeting."""
        await self.nova.queue_frame(
            LLMMessagesAppendFrame(messages=[{"role": "user", "content": text}], run_llm=True)
        )

    async def speak(self, text: str) -> float:
        """Says a sentence, waits until the microphone has sent it all, and tells its seconds."""
        pcm = await _VOICE.speak(text, voice_id="matthew", sample_rate=16_000)
        pcm += bytes(-len(pcm) % FRAME_BYTES)
        self._said.clear()
        self._to_say.extend(pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES))
        await self._said.wait()
        return len(pcm) / 32_000

    async def left_to_say(self, seconds: float) -> None:
        """Waits until at most so much of a sentence is left to be said."""
        while len(self._to_say) * FRAME_SECONDS > seconds:  # noqa: ASYNC110
            await asyncio.sleep(FRAME_SECONDS)

    async def _use_microphone(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due += FRAME_SECONDS
            await asyncio.sleep(due - loop.time())
            if not self._to_say:
                self._said.set()
            if not self.muted:
                pcm = self._to_say.popleft() if self._to_say else bytes(FRAME_BYTES)
                self._late.append(InputAudioRawFrame(audio=pcm, sample_rate=16_000, num_channels=1))
            if not self.held_up:
                await self.worker.queue_frames(self._late)
                self._late.clear()

    async def _track_order(self, params: FunctionCallParams) -> None:
        self.calls.append(dict(params.arguments))
        self.tool_called.set()
        await self.tool_may_return.wait()
        await params.result_callback(self.order)

    # What came of it.

    @property
    def states(self) -> list[str]:
        return [frame.state for frame in self.after.of(AgentStateFrame)]

    async def until_state(self, *states: str) -> None:
        await self.after.until(lambda: self.states == list(states))

    def messages(self, role: str) -> list[str]:
        """What the context holds of one side."""
        return [
            str(message["content"])
            for message in self.context.get_messages()
            if isinstance(message, dict)
            and message.get("role") == role
            and isinstance(message.get("content"), str)
        ]

    async def until_said(self, words: str, *, times: int = 1) -> None:
        """Waits until the context holds these words of the agent's."""
        await self.heard.until(lambda: " ".join(self.messages("assistant")).count(words) >= times)


def texts(recording: Recording, *, interactive: bool) -> list[tuple[str, str]]:
    """Role and text of the text blocks that a stream was sent."""
    blocks: dict[str, tuple[str, str]] = {}
    for event in recording.inputs:
        fields = event.fields
        if event.name == "contentStart" and fields["type"] == "TEXT":
            if fields["interactive"] is interactive:
                blocks[fields["contentName"]] = (fields["role"], "")
        elif event.name == "textInput" and fields["contentName"] in blocks:
            role, text = blocks[fields["contentName"]]
            blocks[fields["contentName"]] = (role, text + fields["content"])
    return list(blocks.values())


def audio_seconds(recording: Recording) -> float:
    """How much of the caller's audio a stream was sent."""
    chunks = (e.fields["content"] for e in recording.inputs if e.name == "audioInput")
    return sum(len(base64.b64decode(chunk)) for chunk in chunks) / 32_000
