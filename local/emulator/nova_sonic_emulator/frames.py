"""Frames of `application/vnd.amazon.eventstream`: decoding what arrives, encoding what is sent."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from io import BytesIO

from smithy_aws_event_stream.events import Event, EventMessage
from smithy_aws_event_stream.exceptions import EventError

from nova_sonic_emulator.errors import ExceptionName, StreamException

CONTENT_TYPE = "application/vnd.amazon.eventstream"

_MAX_FRAME_BYTES = 1 << 20
_MIN_FRAME_BYTES = 16
_JSON = {":content-type": "application/json"}
_CHUNK = {":event-type": "chunk", **_JSON, ":message-type": "event"}


class FrameDecoder:
    """Cuts a byte stream, in pieces of any size, into event stream messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[EventMessage]:
        """Yield each message that `data` completes.

        Raises:
            StreamException: The bytes are no event stream, or a frame is larger than 1 MiB.
        """
        self._buffer += data
        while len(self._buffer) >= 4:
            (length,) = struct.unpack_from("!I", self._buffer)
            if not _MIN_FRAME_BYTES <= length <= _MAX_FRAME_BYTES:
                raise _malformed("frame length")
            if len(self._buffer) < length:
                return
            frame = bytes(self._buffer[:length])
            del self._buffer[:length]
            yield decode(frame)


def decode(frame: bytes) -> EventMessage:
    """Decode one whole frame.

    Raises:
        StreamException: Its lengths, checksums or headers are wrong.
    """
    try:
        event = Event.decode(BytesIO(frame))
    except (EventError, struct.error, LookupError, ValueError, OverflowError) as error:
        raise _malformed(type(error).__name__) from error
    if event is None or event.prelude.total_length != len(frame):
        raise _malformed("frame length")
    return event.message


def input_event(message: EventMessage) -> bytes:
    """The JSON text that a client's chunk carries.

    Raises:
        StreamException: The message is not a `chunk` event with base64 bytes.
    """
    if (
        message.headers.get(":message-type") != "event"
        or message.headers.get(":event-type") != "chunk"
    ):
        raise _malformed("not a chunk event")
    try:
        return base64.b64decode(json.loads(message.payload)["bytes"], validate=True)
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise _malformed("payload") from error


def output_event(body: bytes) -> bytes:
    """The frame of a `chunk` event that carries the JSON text `body`."""
    payload = b'{"bytes":"' + base64.b64encode(body) + b'"}'
    return EventMessage(headers=_CHUNK, payload=payload).encode()


def exception_event(name: ExceptionName, message: str) -> bytes:
    """The frame of a modeled exception."""
    headers = {":exception-type": name, **_JSON, ":message-type": "exception"}
    return EventMessage(headers=headers, payload=json.dumps({"message": message}).encode()).encode()


def error_event(code: str, message: str) -> bytes:
    """The frame of an error that the operation does not model."""
    headers = {":message-type": "error", ":error-code": code, ":error-message": message}
    return EventMessage(headers=headers).encode()


def _malformed(what: str) -> StreamException:
    return StreamException.invalid(f"malformed event stream message: {what}")
