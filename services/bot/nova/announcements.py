"""What the caller hears, and the client sees, of whether Nova can be had."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from loguru import logger
from pipecat.frames.frames import EndWorkerFrame, OutputAudioRawFrame, SystemFrame
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from services.bot.nova import tones
from services.bot.nova.endless import State
from services.bot.nova.errors import NovaError

AGENT_UNAVAILABLE = "agent_unavailable"
"""The error of the `ErrorFrame`, and the reason of the end, when Nova cannot be had any more."""

_QUIET_SECONDS = 1.0
_TONE_EVERY_SECONDS = 2.0


@dataclass
class AgentStateFrame(SystemFrame):
    """Tells the client whether the agent can be talked to.

    Goes downstream at each change; ``ready`` also when the first stream is open.
    """

    state: Literal["ready", "reconnecting"]


class Announcements:
    """Announces each state of the stream until there is another.

    While there is no stream the caller hears nothing for a second and then a soft note every two
    seconds, and so where an answer or a tool takes long. If no stream can be had, a falling note,
    an `ErrorFrame` with `AGENT_UNAVAILABLE` and an `EndWorkerFrame` with the same reason end the
    pipeline.
    """

    def __init__(self, processor: FrameProcessor) -> None:
        """Says nothing yet.

        Args:
            processor: Pushes what is announced.
        """
        self._processor = processor
        self._told: str | None = None
        self._announcing: asyncio.Task[None] | None = None

    def announce(self, state: State, error: NovaError | None) -> None:
        """Takes note of a new state, and of what led to it."""
        if self._announcing is not None and not self._announcing.done():
            self._announcing.cancel()
        match state:
            case "ready":
                announcement = self._tell("ready")
            case "late":
                announcement = self._play_notes()
            case "reconnecting":
                announcement = self._reconnecting()
            case "lost":
                announcement = self._lost(error)
        self._announcing = self._processor.create_task(announcement)

    async def stop(self) -> None:
        """Falls silent."""
        if self._announcing is not None:
            announcing, self._announcing = self._announcing, None
            await self._processor.cancel_task(announcing)

    async def _reconnecting(self) -> None:
        await self._tell("reconnecting")
        await asyncio.sleep(_QUIET_SECONDS)
        await self._play_notes()

    async def _tell(self, state: Literal["ready", "reconnecting"]) -> None:
        if state != self._told:
            self._told = state
            await self._processor.push_frame(AgentStateFrame(state=state))

    async def _play_notes(self) -> None:
        while True:
            await self._play(tones.waiting())
            await asyncio.sleep(_TONE_EVERY_SECONDS)

    async def _lost(self, error: NovaError | None) -> None:
        logger.bind(error=type(error).__name__, detail=str(error)).error("agent unavailable")
        await self._play(tones.goodbye())
        await self._processor.push_error(
            error_msg=AGENT_UNAVAILABLE, exception=error, force_treat_as_permanent=True
        )
        # Ends after what is queued, so that the note is heard.
        end = EndWorkerFrame(reason=AGENT_UNAVAILABLE)
        await self._processor.push_frame(end, FrameDirection.UPSTREAM)

    async def _play(self, pcm: bytes) -> None:
        await self._processor.push_frame(
            OutputAudioRawFrame(audio=pcm, sample_rate=tones.SAMPLE_RATE, num_channels=1)
        )
