"""Follows who said what, turn by turn."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from pipecat.frames.frames import LLMTextFrame, TranscriptionFrame, VADUserStartedSpeakingFrame
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.processors.aggregators.llm_response_universal import AssistantTurnStoppedMessage
from pipecat.processors.frame_processor import FrameProcessor

from services.bot.turn_writer import Role, TurnWriter

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
        self._user_started_at: datetime | None = None

    async def on_push_frame(self, data: FramePushed) -> None:
        """Looks at the frames that tell who says what."""
        frame = data.frame
        if isinstance(frame, VADUserStartedSpeakingFrame):
            if self._user_started_at is None:
                self._user_started_at = datetime.now(UTC) - self._start_lag
        elif data.source is not self._nova:
            return
        elif isinstance(frame, TranscriptionFrame) and frame.text.strip():
            started_at, self._user_started_at = self._user_started_at, None
            text = frame.text.strip()
            self._writer.add("user", text, started_at or datetime.now(UTC), interrupted=False)
            await self._heard("user", text, True)
        elif isinstance(frame, LLMTextFrame) and frame.text.strip():
            await self._heard("assistant", frame.text.strip(), False)

    async def assistant_stopped(self, _: object, message: AssistantTurnStoppedMessage) -> None:
        """Takes a finished turn of the agent's from Pipecat's aggregator."""
        text = message.content.strip()
        if not text:
            return
        started_at = datetime.fromisoformat(message.timestamp)
        self._writer.add("assistant", text, started_at, interrupted=message.interrupted)
        await self._heard("assistant", text, True)
