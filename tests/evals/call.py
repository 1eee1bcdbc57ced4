"""A call of an eval: the agent's own instructions, tools, documents and memory, without a line."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import (
    Frame,
    FunctionCallInProgressFrame,
    InputAudioRawFrame,
    LLMRunFrame,
    LLMTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameDirection
from pipecat.workers.runner import WorkerRunner

from nova_sonic_emulator.voice import Voice
from services.bot.agent import Agent
from services.bot.call.pipeline import briefing, first_words
from services.bot.memory import MEMORY_TOOLS
from services.bot.nova import NovaSettings, NovaSonic
from services.bot.recording.description import RECORDING_TOOLS
from services.bot.toolbox import ToolContext, offer
from tests.bot.nova.caller import FRAME_BYTES, FRAME_SECONDS, Ear, Tap

STOP_SECONDS = 10.0
_LONGEST_ANSWER_SECONDS = 60.0
PLAYING_SPEED = 20.0
"""Nobody listens: what the agent says is played as fast as this."""


@dataclass(frozen=True, slots=True)
class Called:
    """A tool that was called."""

    tool: str
    arguments: Mapping[str, Any]


class EvalCall:
    """A call whose caller writes, or has a voice of espeak's."""

    def __init__(self, agent: Agent, settings: NovaSettings, context: ToolContext) -> None:
        """Prepares a call with an agent."""
        self._agent, self._memory = agent, context.memory
        offered = [
            tool
            for tool in agent.tool_functions()
            if tool.name not in RECORDING_TOOLS
            and (self._memory is not None or tool.name not in MEMORY_TOOLS)
        ]
        self._nova = NovaSonic(
            settings=settings, instructions=briefing(agent, self._memory), voice=agent.voice
        )
        if (memory := self._memory) is not None:
            memory.on_change = lambda gone: self._nova.brief(briefing(agent, memory), anew=gone)
        offer(offered, self._nova, context)
        aggregators = LLMContextAggregatorPair(
            LLMContext(tools=ToolsSchema(standard_tools=[tool.schema for tool in offered])),
            realtime_service_mode=True,
        )
        self._tap = Tap()
        self._worker = PipelineWorker(
            Pipeline(
                [
                    aggregators.user(),
                    self._nova,
                    self._tap,
                    Ear(PLAYING_SPEED),
                    aggregators.assistant(),
                ]
            ),
            params=PipelineParams(audio_in_sample_rate=16_000, audio_out_sample_rate=24_000),
            enable_rtvi=False,
            enable_turn_tracking=False,
            idle_timeout_secs=None,
        )
        self._voice = Voice()
        self._to_say: deque[bytes] = deque()

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """The call, from the greeting on."""
        runner = WorkerRunner(handle_sigint=False, check_dangling_tasks=False)
        await runner.add_workers(self._worker)
        running = asyncio.create_task(runner.run())
        microphone = asyncio.create_task(self._use_microphone())
        try:
            await self._worker.queue_frame(LLMRunFrame())
            greeting = first_words(self._agent, (), self._memory)
            assert greeting is not None
            await self._nova.queue_frame(greeting)
            yield
        finally:
            microphone.cancel()
            if not running.done():
                await self._worker.cancel()
            await asyncio.wait({running}, timeout=STOP_SECONDS)

    async def write(self, text: str) -> None:
        """Puts something to the agent in writing."""
        self._nova.caller_said.append(text)
        await self._nova.ask(text)

    async def say(self, text: str) -> None:
        """Says something to the agent."""
        pcm = await self._voice.speak(text, voice_id="matthew", sample_rate=16_000)
        pcm += bytes(-len(pcm) % FRAME_BYTES)
        self._to_say.extend(pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES))

    @property
    def so_far(self) -> int:
        """A mark in the call, for `said` and `called`."""
        return len(self._tap.frames)

    def said(self, since: int) -> str:
        """What the agent has said since a mark."""
        frames = self._tap.frames[since:]
        return " ".join(each.text for each in frames if isinstance(each, LLMTextFrame))

    def called(self, since: int) -> list[Called]:
        """Which tools it has called since a mark."""
        by_id = {
            frame.tool_call_id: Called(frame.function_name, frame.arguments or {})
            for frame in self._tap.frames[since:]
            if isinstance(frame, FunctionCallInProgressFrame)
        }
        return list(by_id.values())

    async def until(self, holds: Callable[[], bool], seconds: float) -> None:
        """Waits until something holds, but no longer than so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._tap.until(holds)

    async def quiet(self, seconds: float) -> None:
        """Waits until the agent has neither said nor called anything for so long.

        Nor is it to know any more what it was told to forget.
        """
        before = -1
        with suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_ANSWER_SECONDS):
                while before != (now := len(self._heard())) or not self._nova.briefed:
                    before = now
                    await asyncio.sleep(seconds)

    def _heard(self) -> list[Frame]:
        kinds = (LLMTextFrame, FunctionCallInProgressFrame)
        return [frame for frame in self._tap.frames if isinstance(frame, kinds)]

    async def _use_microphone(self) -> None:
        """An open microphone: silence, where nothing is said."""
        due = asyncio.get_running_loop().time()
        while True:
            due += FRAME_SECONDS
            await asyncio.sleep(due - asyncio.get_running_loop().time())
            pcm = self._to_say.popleft() if self._to_say else bytes(FRAME_BYTES)
            frame = InputAudioRawFrame(audio=pcm, sample_rate=16_000, num_channels=1)
            await self._worker.queue_frame(frame, FrameDirection.DOWNSTREAM)
