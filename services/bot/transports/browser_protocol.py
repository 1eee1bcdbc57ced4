"""Pipecat's RTVI protocol in protobuf frames, as its browser clients speak it.

What a browser may send is narrower than what Pipecat's serializer would take: audio and RTVI
messages. A page that could send transcription or interruption frames would put words into its own
caller's mouth.
"""

from collections.abc import Callable

from loguru import logger
from pipecat.frames.frames import Frame, InputAudioRawFrame, InputTransportMessageFrame
from pipecat.serializers.protobuf import ProtobufFrameSerializer

from services.bot.transports.bad_frames import BadFrameError, Patience, check_audio

#: Of the agent's audio, in Hz: as Nova speaks.
SAMPLE_RATE_OUT = 24_000


class BrowserProtocol(ProtobufFrameSerializer):
    """Translates between protobuf frames and Pipecat's frames."""

    def __init__(self, on_too_many_bad_frames: Callable[[], None]) -> None:
        """Prepares a translation.

        Args:
            on_too_many_bad_frames: Called when the client's frames are not worth reading on.
        """
        super().__init__()
        self._on_too_many_bad_frames = on_too_many_bad_frames
        self._patience = Patience()

    async def deserialize(self, data: str | bytes) -> Frame | None:
        """A frame from the browser; None for a bad one."""
        try:
            return _checked(await self._parsed(data))
        except BadFrameError as bad:
            logger.bind(code=bad.code).debug("caller sent a bad frame")
            if self._patience.count():
                self._on_too_many_bad_frames()
            return None

    async def _parsed(self, data: str | bytes) -> Frame | None:
        if isinstance(data, str):
            raise BadFrameError("text-frame", "Send protobuf in binary frames.")
        try:
            return await super().deserialize(data)
        except Exception as error:
            # protobuf's DecodeError, and whatever Pipecat makes of well-formed nonsense.
            raise BadFrameError("not-protobuf", "The frame is not a protobuf frame.") from error


def _checked(frame: Frame | None) -> Frame:
    match frame:
        case InputAudioRawFrame(sample_rate=16_000, num_channels=1):
            check_audio(frame.audio)
            return frame
        case InputAudioRawFrame():
            raise BadFrameError("wrong-format", "Send 16 kHz mono audio.")
        case InputTransportMessageFrame() if isinstance(frame.message, dict):
            return frame
        case _:
            raise BadFrameError("wrong-frame", "Send audio and RTVI messages only.")
