"""The open JSON protocol: text frames that any program can speak.

Caller to bot: `{"action": "audiostream", "audioData": "<base64 PCM, 16 kHz, 16 bit, mono>"}`.
Bot to caller: `media`, `transcript`, `interrupted` and `error` events. A bad frame gets an error
event and the call goes on; too many of them end it.
"""

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any, Literal

from loguru import logger
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    OutputAudioRawFrame,
    OutputTransportMessageFrame,
    OutputTransportMessageUrgentFrame,
)
from pipecat.serializers.base_serializer import FrameSerializer

from services.bot.transports.bad_frames import BadFrameError, Patience, check_audio
from services.bot.transports.late_sound import LateSound

#: Of the audio in both directions, in Hz.
SAMPLE_RATE = 16_000
_FORMAT = {"sample_rate": SAMPLE_RATE, "channels": 1, "format": "pcm_s16le"}


class JsonProtocol(FrameSerializer):
    """Translates between JSON text frames and Pipecat's frames.

    Attributes:
        late: Judges the caller's sound.
    """

    def __init__(self, on_too_many_bad_frames: Callable[[], None]) -> None:
        """Prepares a translation.

        Args:
            on_too_many_bad_frames: Called when the caller's program is not worth more error events.
        """
        super().__init__()
        self._on_too_many_bad_frames = on_too_many_bad_frames
        self._patience = Patience()
        self.late = LateSound(SAMPLE_RATE)

    async def deserialize(self, data: str | bytes) -> Frame | None:
        """Audio from the caller, unless it is too late, or the error event for a bad frame."""
        try:
            audio = read_audio(data)
        except BadFrameError as bad:
            logger.bind(code=bad.code).debug("caller sent a bad frame")
            if self._patience.count():
                self._on_too_many_bad_frames()
            return OutputTransportMessageUrgentFrame(
                message={"event": "error", "code": bad.code, "message": bad.message}
            )
        if not self.late.keep(audio):
            return None
        return InputAudioRawFrame(audio=audio, sample_rate=SAMPLE_RATE, num_channels=1)

    def sound(self, message: str | bytes) -> bytes | None:
        """The sound in a message, read at once, nothing if it is too late; None for a fault."""
        try:
            audio = read_audio(message)
        except BadFrameError:
            return None
        return audio if self.late.keep(audio) else b""

    def speech(self, pcm: bytes) -> str:
        """The event that brings the agent's sound."""
        data = base64.b64encode(pcm).decode("ascii")
        return json.dumps({"event": "media", "data": data, **_FORMAT})

    async def serialize(self, frame: Frame) -> str | bytes | None:
        """An event for the caller; None for what the protocol does not have."""
        match frame:
            case OutputAudioRawFrame():
                return self.speech(frame.audio)
            case InterruptionFrame():
                return json.dumps({"event": "interrupted"})
            case OutputTransportMessageFrame() | OutputTransportMessageUrgentFrame():
                return None if self.should_ignore_frame(frame) else json.dumps(frame.message)
            case _:
                return None


def read_audio(data: str | bytes) -> bytes:
    """The audio in a caller's frame.

    Raises:
        BadFrameError: The frame is not what the protocol allows.
    """
    if isinstance(data, bytes):
        raise BadFrameError("binary-frame", "Send JSON in text frames; this was a binary frame.")
    try:
        message = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadFrameError("not-json", "The frame is not JSON.") from error
    if not isinstance(message, dict):
        raise BadFrameError("not-an-object", "The frame is JSON but not an object.")
    action = message.get("action")
    if action is None:
        raise BadFrameError("no-action", 'The object has no "action".')
    if action != "audiostream":
        raise BadFrameError("unknown-action", 'The only action is "audiostream".')
    encoded = message.get("audioData")
    if not isinstance(encoded, str):
        raise BadFrameError("no-audio", '"audioData" is missing or not a string.')
    try:
        audio = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadFrameError("not-base64", '"audioData" is not base64.') from error
    return check_audio(audio)


def transcript(role: Literal["user", "assistant"], text: str, *, final: bool) -> dict[str, Any]:
    """What somebody said, as an event."""
    return {"event": "transcript", "role": role, "text": text, "final": final}
