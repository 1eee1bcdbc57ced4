"""Barge-in on one call."""

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from loguru import logger
from pipecat.processors.aggregators.llm_response_universal import LLMAssistantAggregator
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.bot.barge_in.attention import Attention
from services.bot.barge_in.heard import Heard

if TYPE_CHECKING:
    from services.bot.transports import Line
    from services.bot.voice_activity import WindowListener

#: How often it looks whether the caller has fallen silent, while the agent is held.
CHECK_SECONDS = 0.04
#: Within this the speech that was detected has interrupted the agent, or we do it.
INTERRUPTED_SECONDS = 0.1
TELL_SECONDS = 1.0


class Detector(Protocol):
    """What hears the caller."""

    on_window: "WindowListener"


class Held(BaseModel):
    """A page's answer to `hold`: an RTVI client message of type `held`.

    Attributes:
        unplayed: Seconds of the agent's sound that had reached the page and that it threw away.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    unplayed: float = Field(ge=0, le=5)


class BargeIn:
    """Holds the agent up while it is not clear whether the caller wants to speak.

    Attributes:
        heard: Its processor, which belongs between the output and the assistant's aggregator.
        holds: How often the agent was held.
        resumes: How often it went on where it stopped.
    """

    def __init__(self, line: "Line", detector: Detector, assistant: LLMAssistantAggregator) -> None:
        """Prepares it.

        Args:
            line: The caller's line, whose output goes through `line.hold`.
            detector: What hears the caller.
            assistant: Who writes the agent's words into the conversation.
        """
        self.heard = Heard(line.hold, assistant)
        self.holds = 0
        self.resumes = 0
        self._line = line
        self._hold = line.hold
        self._attention = Attention()
        self._held_at = 0.0
        self._lost_seconds = 0.0
        self._check: asyncio.TimerHandle | None = None
        self._telling: asyncio.Task[None] | None = None
        detector.on_window = self._hear
        self.heard.on_interruption = self._settle
        self.heard.on_caller = self._expect_interruption
        self.heard.on_message = self._read

    def _hear(self, window: bytes, confidence: float) -> None:
        if not self.heard.agent_speaks:
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._attention.hear(window, confidence, now) == "hold":
            self.holds += 1
            self._held_at, self._lost_seconds = now, 0.0
            self._hold.hold()
            if self._line.speaks_rtvi:
                self._line.front_end.flush()  # as the page does
            self._tell("hold")
            self._check = loop.call_later(CHECK_SECONDS, self._look)

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._attention.check(now) == "resume":
            self.resumes += 1
            self._hold.resume(self._lost_seconds)
            self.heard.postpone(now - self._held_at)
            self._tell("resume")
        elif self._attention.holding:
            self._check = loop.call_later(CHECK_SECONDS, self._look)

    def _expect_interruption(self) -> None:
        """As a rule the caller's turn begins and that interrupts; not if it never ended."""
        if self._attention.holding:
            self._forget_check()
            loop = asyncio.get_running_loop()
            self._check = loop.call_later(INTERRUPTED_SECONDS, self._interrupt)

    def _interrupt(self) -> None:
        self.heard.create_task(self.heard.interrupt())

    def _settle(self) -> None:
        self._forget_check()
        self._attention.settle()
        self._hold.drop()

    def _forget_check(self) -> None:
        if self._check is not None:
            self._check.cancel()
            self._check = None

    def _read(self, kind: str, data: object) -> None:
        if kind != "held":
            return
        try:
            held = Held.model_validate(data)
        except ValidationError:
            logger.debug("page told nonsense about its playback")
            return
        self.heard.knows(held.unplayed)
        self._lost_seconds = held.unplayed if self._attention.holding else 0.0

    def _tell(self, kind: str) -> None:
        """Tells pages, in order; programs on the JSON protocol play what little they have."""
        if self._line.speaks_rtvi:
            self._telling = asyncio.create_task(self._send({"type": kind}, self._telling))

    async def _send(self, message: dict[str, Any], before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await before
        try:
            async with asyncio.timeout(TELL_SECONDS):
                await self._line.tell(message)
        except Exception as error:
            logger.bind(error=type(error).__name__).debug("caller could not be told")
