"""WebSocket frames of the usual kind, read at once: a whole message, masked, all of it here.

`websockets` reads frames with generators that may wait for every byte, which takes 50 us a frame.
Nearly all frames of a caller's are short and come in one piece. What is not as usual in any way is
left to `websockets`, from its first byte on.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from websockets.frames import Opcode

try:
    from websockets.speedups import apply_mask
except ImportError:  # a platform without its compiled part
    from websockets.utils import apply_mask

_FINAL_TEXT = 0x80 | Opcode.TEXT
_FINAL_BINARY = 0x80 | Opcode.BINARY
_MASKED = 0x80
_TWO_BYTES_OF_LENGTH, _EIGHT_BYTES_OF_LENGTH = 126, 127
_MASK_BYTES = 4


class Message(NamedTuple):
    """A message.

    Attributes:
        content: Text or bytes, as it was sent.
        end: Where its frame ends in the data.
    """

    content: str | bytes
    end: int


def framed(message: str | bytes) -> bytes:
    """A message in one frame, as a server sends it."""
    first, content = (
        (_FINAL_TEXT, message.encode()) if isinstance(message, str) else (_FINAL_BINARY, message)
    )
    length = len(content)
    if length < _TWO_BYTES_OF_LENGTH:
        return bytes((first, length)) + content
    if length < 1 << 16:
        return struct.pack("!BBH", first, _TWO_BYTES_OF_LENGTH, length) + content
    return struct.pack("!BBQ", first, _EIGHT_BYTES_OF_LENGTH, length) + content


def usual_messages(data: bytes) -> Iterator[Message]:
    """The messages that data begins with, as long as they are of the usual kind.

    Args:
        data: What came from a client, from the beginning of a frame on.
    """
    at = 0
    while (message := _message(data, at)) is not None:
        yield message
        at = message.end


def _message(data: bytes, at: int) -> Message | None:
    if len(data) < at + 2 or data[at] not in (_FINAL_TEXT, _FINAL_BINARY):
        return None
    length = data[at + 1] - _MASKED
    start = at + 2
    if length == _TWO_BYTES_OF_LENGTH and len(data) >= at + 4:
        length = data[at + 2] << 8 | data[at + 3]
        start = at + 4
        if length < _TWO_BYTES_OF_LENGTH:
            return None  # not the shortest way to say it
    elif not 0 <= length < _TWO_BYTES_OF_LENGTH:
        return None
    end = start + _MASK_BYTES + length
    if len(data) < end:
        return None
    content = apply_mask(data[start + _MASK_BYTES : end], data[start : start + _MASK_BYTES])
    if data[at] == _FINAL_BINARY:
        return Message(content, end)
    try:
        return Message(content.decode(), end)
    except UnicodeDecodeError:
        return None
