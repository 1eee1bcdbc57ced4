"""RTVI in protobuf, as pages and bots send it to each other."""

from __future__ import annotations

import json
from typing import Any

from pipecat.frames.protobufs import frames_pb2

SAMPLE_RATE = 16_000
FRAME_SECONDS = 0.02
FRAME_BYTES = 640

_Frame: Any = frames_pb2.Frame  # type: ignore[attr-defined]


def client_ready_message() -> dict[str, Any]:
    """What a page says first to a bot."""
    about = {"version": "2.0.0", "about": {"library": "tests"}}
    return {"id": "ready", "label": "rtvi-ai", "type": "client-ready", "data": about}


def sound_message() -> dict[str, Any]:
    """What it says of its microphone: the browser takes out what its loudspeaker plays."""
    granted = {"echoCancellation": True, "noiseSuppression": True, "autoGainControl": True}
    told = {"t": "sound", "d": granted}
    return {"id": "sound", "label": "rtvi-ai", "type": "client-message", "data": told}


def message(content: dict[str, Any]) -> bytes:
    """One of these, in a frame."""
    frame = _Frame()
    frame.message.data = json.dumps(content)
    return bytes(frame.SerializeToString())


def audio(pcm: bytes) -> bytes:
    """A piece of the microphone's audio."""
    frame = _Frame()
    frame.audio.audio = pcm
    frame.audio.sample_rate, frame.audio.num_channels = SAMPLE_RATE, 1
    return bytes(frame.SerializeToString())


def read(data: bytes) -> bytes | dict[str, Any] | None:
    """The audio, or the message, that a frame holds."""
    frame = _Frame.FromString(data)
    match frame.WhichOneof("frame"):
        case "audio":
            return bytes(frame.audio.audio)
        case "message":
            message: dict[str, Any] = json.loads(frame.message.data)
            return message
    return None
