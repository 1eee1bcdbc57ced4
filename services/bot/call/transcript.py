"""Follows who said what and which tools were called, from when until when."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    FunctionCallCancelFrame,
    FunctionCallInProgressFrame,
    FunctionCallResultFrame,
    LLMTextFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.processors.aggregators.llm_response_universal import AssistantTurnStoppedMessage
from pipecat.processors.frame_processor import FrameProcessor

from services.bot.call.tool_log import ToolLog
from services.bot.call.turn_writer import Role, TurnWriter

#: Called with role, text and whether that is what was said in the end.
Heard = Callable[[Role, str, bool], Awaitable[None]]


class Transcript(BaseObserver):
    """Follows the pipeline's frames, records finished turns and tells what was heard."""

    def __init__(
        self, nova: FrameProcessor, writer: TurnWriter, *, start_lag: timedelta, heard: Heard
    ) -> None:
        """Prepares a transcript.

        Args:
            nova: The processor whose text frames count.
            writer: Where finished turns go.
            start_lag: How long before its detection the caller's speech began.
            heard: Is told of every text, unfinished ones of the agent's too.
        """
        super().__init__(observe_every_push=False)
        self._nova = nova
        self._writer = writer
        self._start_lag = start_lag
        self._heard = heard
        self._tools = ToolLog(writer.add_tool_call)
        self._user = _Span()
        self._agent = _Span()

    async def on_push_frame(self, data: FramePushed) -> None:
        """Looks at the frames that tell who says what."""
        match frame := data.frame:
            case VADUserStartedSpeakingFrame():
                self._user.begin(datetime.now(UTC) - self._start_lag)
            case VADUserStoppedSpeakingFrame():
                self._user.end(datetime.now(UTC) - timedelta(seconds=frame.stop_secs))
            case BotStartedSpeakingFrame():
                self._agent.begin(datetime.now(UTC))
            case BotStoppedSpeakingFrame():
                self._agent.end(datetime.now(UTC))
            case FunctionCallInProgressFrame():
                self._tools.called(frame)
            case FunctionCallResultFrame():
                self._tools.returned(frame)
            case FunctionCallCancelFrame():
                self._tools.cancelled(frame)
            case _ if data.source is self._nova:
                await self._nova_says(frame)

    async def _nova_says(self, frame: Frame) -> None:
        if isinstance(frame, TranscriptionFrame) and frame.text.strip():
            text = frame.text.strip()
            now = datetime.now(UTC)
            started_at, ended_at = self._user.take(now)
            self._writer.add("user", text, started_at, interrupted=False, ended_at=ended_at)
            await self._heard("user", text, True)
        elif isinstance(frame, LLMTextFrame) and frame.text.strip():
            await self._heard("assistant", frame.text.strip(), False)

    async def assistant_stopped(self, _: object, message: AssistantTurnStoppedMessage) -> None:
        """Takes a finished turn of the agent's from Pipecat's aggregator."""
        started_at, ended_at = self._agent.take(datetime.fromisoformat(message.timestamp))
        text = message.content.strip()
        if not text:
            return
        interrupted = message.interrupted
        self._writer.add("assistant", text, started_at, interrupted=interrupted, ended_at=ended_at)
        await self._heard("assistant", text, True)

    def close(self) -> None:
        """Nothing follows: tools that have not returned never will."""
        self._tools.close()


class _Span:
    """From when until when one side spoke, over its pauses."""

    def __init__(self) -> None:
        self._started_at: datetime | None = None
        self._ended_at: datetime | None = None

    def begin(self, moment: datetime) -> None:
        self._started_at = self._started_at or moment
        self._ended_at = None

    def end(self, moment: datetime) -> None:
        self._ended_at = moment

    def take(self, fallback: datetime) -> tuple[datetime, datetime]:
        """The whole stretch; what comes next belongs to the next turn."""
        started_at = self._started_at or fallback
        ended_at = max(started_at, self._ended_at or datetime.now(UTC))
        self._started_at = self._ended_at = None
        return started_at, ended_at
