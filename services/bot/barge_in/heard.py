"""What of the agent's words the caller has heard."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from pipecat.frames.frames import (
    BotSpeakingFrame,
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    EndFrame,
    Frame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    OutputAudioRawFrame,
    StartFrame,
    TTSTextFrame,
    VADUserStartedSpeakingFrame,
)
from pipecat.processors.aggregators.llm_response_universal import LLMAssistantAggregator
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.processors.frameworks.rtvi import RTVIClientMessageFrame

from services.bot.barge_in.hold import Hold
from services.bot.pulse import pulse

#: What lies between us and the caller's ear unless their page tells: sent, and not played yet.
USUAL_SECONDS = 0.15
#: How much longer a word waits than its sound takes, so that none is noted too early.
MARGIN_SECONDS = 0.15


@dataclass(slots=True)
class _Waiting:
    frame: Frame
    sent_at: float
    position: float


class Heard(FrameProcessor):
    """Stands behind the output and lets the agent's words on once they have been heard.

    The output gives a word on when its sound is sent. Until that is played there is the network and
    the page's buffer, and an interruption drops what is in them: its words must not be in the
    conversation. So words wait here as long as their sound does.

    Attributes:
        agent_speaks: Whether the agent's sound is being sent.
        on_interruption: Called when the agent has been interrupted, before anybody behind hears.
        on_caller: Called when the detector is sure that the caller speaks.
        on_message: Called with what a page says, by type: an RTVI client message.
        on_word: Called with a word, or several, once they have been heard.
    """

    def __init__(self, hold: Hold, assistant: LLMAssistantAggregator) -> None:
        """Prepares it.

        Args:
            hold: What the sound leaves through.
            assistant: Who writes the agent's words into the conversation.
        """
        # Without queues of its own, which every piece of audio would go through.
        super().__init__(enable_direct_mode=True)
        self.agent_speaks = False
        self.on_interruption: Callable[[], None] = lambda: None
        self.on_caller: Callable[[], None] = lambda: None
        self.on_message: Callable[[str, object], None] = lambda *_: None
        self.on_word: Callable[[TTSTextFrame], None] = lambda _: None
        self._hold = hold
        self._assistant = assistant
        self._unplayed = USUAL_SECONDS
        self._waiting: deque[_Waiting] = deque()
        self._any = asyncio.Event()
        self._releasing: asyncio.Task[None] | None = None

    def knows(self, unplayed_seconds: float) -> None:
        """Takes a page's word for how much of what was sent it had not played yet."""
        self._unplayed = max(0.0, unplayed_seconds)

    def postpone(self, seconds: float) -> None:
        """The sound has been held for so long, and the words' with it."""
        for each in self._waiting:
            each.sent_at += seconds

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Keeps words back, and looks at who speaks.

        What nobody behind wants ends here: sound that has been sent, and news of it.
        """
        if isinstance(frame, OutputAudioRawFrame | BotSpeakingFrame):
            return
        await super().process_frame(frame, direction)
        if direction is FrameDirection.DOWNSTREAM:
            if self._belongs_behind_sound(frame):
                self._keep(frame)
                return
            await self._look_at(frame)
        await self.push_frame(frame, direction)

    async def interrupt(self) -> None:
        """Interrupts the agent, for everybody before and behind."""
        await self._settle()
        await self.broadcast_interruption()  # type: ignore[no-untyped-call]

    async def cleanup(self) -> None:
        """Ends with the pipeline."""
        await super().cleanup()  # type: ignore[no-untyped-call]
        if self._releasing is not None:
            await self.cancel_task(self._releasing)
            self._releasing = None

    def _belongs_behind_sound(self, frame: Frame) -> bool:
        if isinstance(frame, LLMFullResponseStartFrame | LLMFullResponseEndFrame):
            return bool(self._waiting)
        return isinstance(frame, TTSTextFrame)

    async def _look_at(self, frame: Frame) -> None:
        match frame:
            case StartFrame():
                self._releasing = self.create_task(self._release())
            case InterruptionFrame():
                await self._settle()
            case EndFrame():
                await self._let_go(len(self._waiting))
            case VADUserStartedSpeakingFrame():
                self.on_caller()
            case BotStartedSpeakingFrame() | BotStoppedSpeakingFrame():
                self.agent_speaks = isinstance(frame, BotStartedSpeakingFrame)
            case RTVIClientMessageFrame():
                self.on_message(frame.type, frame.data)

    def _keep(self, frame: Frame) -> None:
        now = asyncio.get_running_loop().time()
        self._waiting.append(_Waiting(frame, now, self._hold.sent_seconds))
        self._any.set()

    async def _release(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._any.wait()
            await pulse()
            while self._waiting and not self._hold.held:
                wait = self._unplayed + MARGIN_SECONDS
                if self._waiting[0].sent_at + wait > loop.time():
                    break
                await self._let_go(1)
            if not self._waiting:
                self._any.clear()

    async def _let_go(self, count: int) -> None:
        for _ in range(count):
            frame = self._waiting.popleft().frame
            if isinstance(frame, TTSTextFrame):
                self.on_word(frame)
            await self.push_frame(frame)

    async def _settle(self) -> None:
        """Notes the words that were heard before an interruption, forgets the others, and tells."""
        now = asyncio.get_running_loop().time()
        heard = self._hold.sent_seconds - self._unplayed
        for each in self._waiting:
            # By the clock where nothing was sent behind it: the answer is over.
            played = not self._hold.held and each.sent_at + self._unplayed <= now
            if isinstance(each.frame, TTSTextFrame) and (played or each.position <= heard):
                self.on_word(each.frame)
                # Past its queue, which the interruption that follows empties.
                await self._assistant.process_frame(each.frame, FrameDirection.DOWNSTREAM)
        self._waiting.clear()
        self.on_interruption()
