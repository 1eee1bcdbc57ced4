"""Where the caller's sound leaves the transport, and the short way it takes from there.

In Pipecat each piece of it goes from processor to processor through queues, seven of them until it
has come out at the other end, where nobody wants it. Two want it: Nova and the speech detector.
`Ear` gives it to both at once, in the task or callback that read it.

For upstream (Pipecat): a way for processors to say which frames they want, so that 50 frames a
second do not wake those that only pass them on.
"""

import asyncio
import time

from pipecat.audio.vad.vad_analyzer import VADState
from pipecat.frames.frames import (
    CancelFrame,
    EndFrame,
    Frame,
    InputAudioRawFrame,
    SpeechControlParamsFrame,
    StartFrame,
    UserSpeakingFrame,
    VADParamsUpdateFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from services.bot.nova import NovaSonic
from services.bot.voice_activity import PaddedSilero

#: Pipecat's: how often it is told that the caller goes on speaking.
_ACTIVITY_SECONDS = 0.2
#: Pipecat's: who speaks and then sends nothing for so long has muted the microphone.
_MUTED_SECONDS = 1.0

#: What the detector looks at in one go.
_WINDOW_BYTES = 1024

#: Silence goes to Nova in pieces of 40 ms, and of 160 ms once nobody has spoken for a while, since
#: each piece costs a signature, encryption and a system call. Where there may be speech, everything
#: goes at once.
_SILENCE_BYTES, _LONG_SILENCE_BYTES = 1280, 5120


class Ear(FrameProcessor):
    """Stands behind the transport's input and lets everything through but sound.

    What the detector finds goes both ways, as with Pipecat's own: `VADUserStartedSpeakingFrame`,
    `UserSpeakingFrame` and `VADUserStoppedSpeakingFrame`.
    """

    def __init__(
        self, detector: PaddedSilero, nova: NovaSonic, *, passes_sound: bool = False
    ) -> None:
        """Prepares it.

        Args:
            detector: What finds speech.
            nova: Who hears it.
            passes_sound: Whether processors behind want the sound of transports that push frames.
        """
        # Without queues of its own: what it does waits for nobody.
        super().__init__(enable_direct_mode=True)
        self._detector = detector
        self._nova = nova
        self._passes_sound = passes_sound
        self._speaking = False
        self._held = b""
        self._heard_at = 0.0
        self._told_at = 0.0
        self._news: asyncio.Queue[type[Frame]] = asyncio.Queue()
        self._telling: asyncio.Task[None] | None = None

    def hear(self, pcm: bytes) -> None:
        """Takes a piece of the caller's sound; never waits.

        Args:
            pcm: 16 bit, 16 kHz, mono, of any length.
        """
        self._heard_at = time.monotonic()
        for start in range(0, len(pcm), _WINDOW_BYTES):
            self._note(self._detector.hear(pcm[start : start + _WINDOW_BYTES]))
        self._held += pcm
        if len(self._held) >= self._patience():
            self._nova.hear(self._held)
            self._held = b""

    def _patience(self) -> int:
        """How much is worth an event."""
        if self._detector.calm:
            return _LONG_SILENCE_BYTES
        return _SILENCE_BYTES if self._detector.dozing else 1

    def _note(self, state: VADState) -> None:
        if state is VADState.SPEAKING:
            if not self._speaking:
                self._speaking = True
                self._news.put_nowait(VADUserStartedSpeakingFrame)
            if self._heard_at - self._told_at >= _ACTIVITY_SECONDS:
                self._told_at = self._heard_at
                self._news.put_nowait(UserSpeakingFrame)
        elif state is VADState.QUIET and self._speaking:
            self._speaking = False
            self._news.put_nowait(VADUserStoppedSpeakingFrame)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Takes sound that comes as a frame, and lets everything else through."""
        if isinstance(frame, InputAudioRawFrame):
            self.hear(frame.audio)
            if not self._passes_sound:
                return
        await super().process_frame(frame, direction)
        await self.push_frame(frame, direction)
        match frame:
            case StartFrame():
                await self._announce_params()
                self._telling = self.create_task(self._tell())
            case VADParamsUpdateFrame():
                self._detector.set_params(frame.params)
                await self._announce_params()
            case EndFrame() | CancelFrame():
                await self._stop_telling()

    async def cleanup(self) -> None:
        """Ends with the pipeline."""
        await super().cleanup()  # type: ignore[no-untyped-call]
        await self._stop_telling()
        await self._detector.cleanup()  # type: ignore[no-untyped-call]

    async def _announce_params(self) -> None:
        await self.broadcast_frame(SpeechControlParamsFrame, vad_params=self._detector.params)

    async def _tell(self) -> None:
        """Tells what was found, and that a microphone is off that was on in mid-speech."""
        params = self._detector.params
        while True:
            try:
                wait = _MUTED_SECONDS if self._speaking else None
                news = await asyncio.wait_for(self._news.get(), wait)
            except TimeoutError:
                if not self._speaking or time.monotonic() - self._heard_at < _MUTED_SECONDS:
                    continue
                self._speaking = False
                news = VADUserStoppedSpeakingFrame
            if news is VADUserStartedSpeakingFrame:
                await self.broadcast_frame(news, start_secs=params.start_secs)
            elif news is VADUserStoppedSpeakingFrame:
                await self.broadcast_frame(news, stop_secs=params.stop_secs)
            else:
                await self.broadcast_frame(news)

    async def _stop_telling(self) -> None:
        if self._telling is not None:
            telling, self._telling = self._telling, None
            await self.cancel_task(telling)
