"""Where the front end meets Pipecat: filters of a transport's two directions, and an observer."""

import asyncio
from collections.abc import Iterator

from loguru import logger
from pipecat.audio.filters.base_audio_filter import BaseAudioFilter
from pipecat.frames.frames import FilterControlFrame, InterruptionFrame
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.processors.frameworks.rtvi import RTVIProcessor
from pipecat.processors.frameworks.rtvi.models import ClientMessage

from services.bot.sound.client_sound import MESSAGE, ClientSound
from services.bot.sound.front_end import FrontEnd


class NearEnd(BaseAudioFilter):
    """`audio_in_filter`: everything that comes from the caller passes the front end."""

    def __init__(self, front_end: FrontEnd) -> None:
        self._front_end = front_end

    async def start(self, sample_rate: int) -> None:
        """Makes the processors."""
        self._front_end.start(sample_rate)

    async def stop(self) -> None:
        """Nothing: the processors go with the front end."""

    async def process_frame(self, frame: FilterControlFrame) -> None:
        """Nothing: the front end decides by itself."""

    def pieces(self, audio: bytes) -> Iterator[bytes]:
        """The same at once, for a transport that waits for nothing."""
        return self._front_end.near_in_pieces(audio)

    async def filter(self, audio: bytes) -> bytes:
        """What is left of a frame; nothing while less than 10 ms are there."""
        done: list[bytes] = []
        for piece in self._front_end.near_in_pieces(audio):
            if done:
                await asyncio.sleep(0)
            done.append(piece)
        return done[0] if len(done) == 1 else b"".join(done)


class FarEndTap(BaseAudioFilter):
    """`audio_out_filter`: Pipecat calls it right before it writes. It changes nothing."""

    def __init__(self, front_end: FrontEnd) -> None:
        self._front_end = front_end
        self._rate = 0

    async def start(self, sample_rate: int) -> None:
        """Takes note of the rate."""
        self._rate = sample_rate

    async def stop(self) -> None:
        """Nothing."""

    async def process_frame(self, frame: FilterControlFrame) -> None:
        """Nothing."""

    async def filter(self, audio: bytes) -> bytes:
        """The audio as it is."""
        self._front_end.far(audio, self._rate)
        return audio


class FlushWatch(BaseObserver):
    """Tells the front end when the caller's player throws away what it has not played."""

    def __init__(self, front_end: FrontEnd) -> None:
        super().__init__(observe_every_push=False)
        self._front_end = front_end

    async def on_push_frame(self, data: FramePushed) -> None:
        """Looks for interruptions."""
        if isinstance(data.frame, InterruptionFrame):
            self._front_end.flush()


def heed(front_end: FrontEnd, rtvi: RTVIProcessor) -> None:
    """Has the front end hear what a page says of its own sound."""

    async def take(_: RTVIProcessor, message: ClientMessage) -> None:
        if message.type != MESSAGE:
            return
        client = ClientSound.read(message.data)
        if client is None:
            logger.debug("caller's page sent a wrong report of its sound")
            return
        logger.bind(**client.model_dump()).info("caller's page reported its sound")
        front_end.client_says(client)

    rtvi.add_event_handler("on_client_message", take)
