"""The frames that an HTTP/2 peer sends, and which of them hold nothing but a piece of the body.

`h2` builds, describes and checks an object for each frame, 60 us of it. A body of many small frames
needs no more than their lengths.
"""

import struct
from collections.abc import Buffer, Iterator
from typing import NamedTuple

from h2.exceptions import FrameTooLargeError

#: Length in two parts, kind, flags, stream (RFC 9113, 4.1).
_HEADER = struct.Struct("!HBBBI")
_HEADER_BYTES = _HEADER.size
#: What a peer may send that was not told otherwise (RFC 9113, 6.5.2).
_LONGEST = 16_384
_DATA = 0


class Frame(NamedTuple):
    """A frame.

    Attributes:
        of_body: Whether it is a plain piece of the body: not padded, and not the last one.
        whole: With its header.
    """

    of_body: bool
    whole: bytes

    @property
    def body(self) -> bytes:
        """Without it."""
        return self.whole[_HEADER_BYTES:]


def body_frame(stream: int, piece: bytes) -> bytes:
    """A plain piece of a stream's body as a frame; no longer than the peer takes."""
    length = len(piece)
    return _HEADER.pack(length >> 8, length & 0xFF, _DATA, 0, stream) + piece


class Frames:
    """Cuts what arrives into frames."""

    def __init__(self, stream: int) -> None:
        """Nothing has arrived.

        Args:
            stream: Whose body it is.
        """
        self._stream = stream
        self._waiting = bytearray()

    def cut(self, data: Buffer) -> Iterator[Frame]:
        """The frames that are complete with this piece.

        Raises:
            FrameTooLargeError: The next one is longer than a peer may send.
        """
        self._waiting += data
        while len(self._waiting) >= _HEADER_BYTES:
            high, low, kind, flags, stream = _HEADER.unpack_from(self._waiting)
            length = high << 8 | low
            if length > _LONGEST:
                raise FrameTooLargeError(f"{length} bytes")
            end = _HEADER_BYTES + length
            if len(self._waiting) < end:
                return
            whole = bytes(self._waiting[:end])
            del self._waiting[:end]
            yield Frame((kind, flags, stream) == (_DATA, 0, self._stream), whole)
