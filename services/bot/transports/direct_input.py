"""The caller's sound on a WebSocket, taken where it arrives.

Between the socket and the pipeline Pipecat's transport has two queues and uvicorn a third one, with
a task behind each and two system calls for every message to stop reading and begin again. That is
for applications that may be slow. Ours takes a frame of sound in a fraction of a millisecond.

For upstream (Pipecat): sound without a queue where nothing in the way of it waits.
"""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from loguru import logger
from pipecat.frames.frames import CancelFrame, EndFrame, StartFrame
from pipecat.transports.websocket.fastapi import (
    FastAPIWebsocketInputTransport,
    FastAPIWebsocketTransport,
)

from services.bot.sound.filters import NearEnd
from services.bot.transports.caller_socket import CallerSocket

#: Longer pieces, three seconds at most, go through the queues, where others have their turn.
_AT_ONCE_BYTES = 6400


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
        self._socket = socket
        self._protocol = protocol
        self._open = False

    async def start(self, frame: StartFrame) -> None:
        """Takes sound from now on."""
        self._open = True
        self._socket.hand_over(self._take)
        await super().start(frame)

    async def stop(self, frame: EndFrame) -> None:
        """Takes no more."""
        self._open = False
        await super().stop(frame)

    async def cancel(self, frame: CancelFrame) -> None:
        """Takes no more."""
        self._open = False
        await super().cancel(frame)

    def _take(self, message: str | bytes) -> bool:
        """Takes a message if it is sound; the others are for the queue."""
        if not self._open or self._paused or self.hear is None:
            return False
        pcm = self._protocol.sound(message) if len(message) <= _AT_ONCE_BYTES else None
        if pcm is None:
            return False
        try:
            for piece in self._filtered(pcm) if pcm else ():
                if piece:
                    self.hear(piece)
        except Exception:
            # The connection would end with it, and this is no fault of the caller's.
            logger.exception("caller's sound was not heard")
        return True

    def _filtered(self, pcm: bytes) -> Iterator[bytes]:
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
