"""The caller's sound on a WebSocket, taken where it arrives.

Between the socket and the pipeline Pipecat's transport has two queues and uvicorn a third one, with
a task behind each and two system calls for every message to stop reading and begin again. That is
for applications that may be slow. Ours takes a frame of sound in a fraction of a millisecond.

For upstream (Pipecat): sound without a queue where nothing in the way of it waits.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from loguru import logger
from pipecat.frames.frames import CancelFrame, EndFrame, StartFrame
from pipecat.transports.websocket.fastapi import (
    FastAPIWebsocketInputTransport,
    FastAPIWebsocketTransport,
)

from services.bot import pulse
from services.bot.sound.filters import NearEnd
from services.bot.transports.caller_socket import CallerSocket

#: Longer pieces, three seconds at most, go through the queues, where others have their turn.
_AT_ONCE_BYTES = 6400

#: What is worth waking up for while the caller is silent: 80 ms, four frames of most callers. The
#: first of who begins to speak is heard up to 60 ms later for that, the rest at once.
_AT_EASE_BYTES = 2560
#: The same while they speak and the core is nearly full: 40 ms, two frames of most callers. That
#: 20 ms make room for every other call's sound.
_BUSY_BYTES = 1280


class Sound(Protocol):
    """What reads the protocol that the caller speaks."""

    def sound(self, message: str | bytes) -> bytes | None:
        """The sound in a message; None for any other, and for one with a fault.

        Nothing, `b""`, is sound that nobody shall hear any more.
        """


class DirectInput(FastAPIWebsocketInputTransport):
    """Pipecat's input, past which sound goes straight to who hears it.

    Attributes:
        hear: Who does. Without it everything takes Pipecat's way.
        at_ease: Whether sound may come a little late: the caller has said nothing for a while.
    """

    def __init__(self, *args: Any, socket: CallerSocket, protocol: Sound, **kwargs: Any) -> None:  # noqa: ANN401 - as Pipecat's
        """Prepares it.

        Args:
            *args: As Pipecat's.
            socket: The caller's.
            protocol: What the caller speaks on it.
            **kwargs: As Pipecat's.
        """
        super().__init__(*args, **kwargs)
        self.hear: Callable[[bytes], None] | None = None
        self.at_ease: Callable[[], bool] = lambda: False
        self._socket = socket
        self._protocol = protocol
        self._open = False
        self._last_bytes = 0

    async def start(self, frame: StartFrame) -> None:
        """Takes sound from now on."""
        self._open = True
        self._socket.hand_over(self)
        await super().start(frame)

    async def stop(self, frame: EndFrame) -> None:
        """Takes no more."""
        self._open = False
        await super().stop(frame)

    async def cancel(self, frame: CancelFrame) -> None:
        """Takes no more."""
        self._open = False
        await super().cancel(frame)

    def take(self, messages: Sequence[str | bytes]) -> int:
        """Takes messages as long as they are sound; the others are for the queue."""
        if not self._open or self._paused or self.hear is None:
            return 0
        pieces: list[bytes] = []
        for message in messages:
            pcm = self._protocol.sound(message) if len(message) <= _AT_ONCE_BYTES else None
            if pcm is None:
                break
            pieces.append(pcm)
            self._last_bytes = len(pcm)
        try:
            for piece in self._filtered(b"".join(pieces)):
                if piece:
                    self.hear(piece)
        except Exception:
            # The connection would end with it, and this is no fault of the caller's.
            logger.exception("caller's sound was not heard")
        return len(pieces)

    def appetite(self) -> int:
        """How many messages are worth waking up for."""
        if not (self._open and self._last_bytes):
            return 1
        worth = _AT_EASE_BYTES if self.at_ease() else _BUSY_BYTES if pulse.busy() else 0
        return max(1, worth // self._last_bytes)

    def _filtered(self, pcm: bytes) -> Iterator[bytes]:
        if not pcm:
            return iter(())
        near_end = self._params.audio_in_filter
        return near_end.pieces(pcm) if isinstance(near_end, NearEnd) else iter((pcm,))


def take_directly(
    transport: FastAPIWebsocketTransport, socket: CallerSocket, protocol: Sound
) -> None:
    """Gives a transport of Pipecat's such an input, before a pipeline has it."""
    transport._input = DirectInput(
        transport,
        transport._client,
        transport._params,
        socket=socket,
        protocol=protocol,
        name=transport._input_name,
    )
