"""Pipecat's RTVI protocol in protobuf frames, as its browser clients speak it.

What a browser may send is narrower than what Pipecat's serializer would take: audio and RTVI
messages. A page that could send transcription or interruption frames would put words into its own
caller's mouth.
"""

from collections.abc import Callable
from typing import Any

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from loguru import logger
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InputTransportMessageFrame,
    OutputAudioRawFrame,
)
from pipecat.frames.protobufs import frames_pb2
from pipecat.serializers.protobuf import ProtobufFrameSerializer

from services.bot.transports.bad_frames import BadFrameError, Patience, check_audio
from services.bot.transports.late_sound import LateSound
from services.bot.transports.line import SAMPLE_RATE_IN

#: Of the agent's audio, in Hz: as Nova speaks.
SAMPLE_RATE_OUT = 24_000


_Message: Any = frames_pb2.Frame  # type: ignore[attr-defined]


class BrowserProtocol(ProtobufFrameSerializer):
    """Translates between protobuf frames and Pipecat's frames.

    Attributes:
        late: Judges the caller's sound.
    """

    def __init__(self, on_too_many_bad_frames: Callable[[], None]) -> None:
        """Prepares a translation.

        Args:
            on_too_many_bad_frames: Called when the client's frames are not worth reading on.
        """
        super().__init__()
        self._on_too_many_bad_frames = on_too_many_bad_frames
        self._patience = Patience()
        self.late = LateSound(SAMPLE_RATE_IN)

    async def deserialize(self, data: str | bytes) -> Frame | None:
        """A frame from the browser; None for a bad one."""
        try:
            frame = _checked(await self._parsed(data))
        except BadFrameError as bad:
            logger.bind(code=bad.code).debug("caller sent a bad frame")
            if self._patience.count():
                self._on_too_many_bad_frames()
            return None
        if isinstance(frame, InputAudioRawFrame) and not self.late.keep(frame.audio):
            return None
        return frame

    def sound(self, message: str | bytes) -> bytes | None:
        """The sound in a message, read at once, nothing if it is too late.

        None for any other message, and for one with a fault.
        """
        if isinstance(message, str):
            return None
        try:
            audio = _Message.FromString(message).audio
        except DecodeError:
            return None
        pcm: bytes = audio.audio
        right = audio.sample_rate == SAMPLE_RATE_IN and audio.num_channels == 1
        if not (right and pcm) or len(pcm) % 2:
            return None
        return pcm if self.late.keep(pcm) else b""

    def speech(self, pcm: bytes) -> bytes:
        """The message that brings the agent's sound."""
        message = _Message()
        sound = message.audio
        sound.audio, sound.sample_rate, sound.num_channels = pcm, SAMPLE_RATE_OUT, 1
        return bytes(message.SerializeToString())

    async def serialize(self, frame: Frame) -> str | bytes | None:
        """A message for the browser."""
        if not isinstance(frame, OutputAudioRawFrame):
            return await super().serialize(frame)
        return self.speech(frame.audio)

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
