"""Pipecat's WebSocket transport, whose output does not wait for a caller's network for ever."""

import asyncio
from collections.abc import Callable

from pipecat.frames.frames import OutputAudioRawFrame
from pipecat.transports.websocket.fastapi import (
    FastAPIWebsocketOutputTransport,
    FastAPIWebsocketParams,
    FastAPIWebsocketTransport,
)
from starlette.websockets import WebSocket

from services.bot.transports.late_sound import LateSpeech

#: A socket that takes nothing for so long has lost its caller. They may come back.
STUCK_SECONDS = 8.0


class SteadyWebsocketTransport(FastAPIWebsocketTransport):
    """Leaves out what the agent would say too late, and tells of a socket that is stuck."""

    def __init__(
        self, socket: WebSocket, params: FastAPIWebsocketParams, *, on_stuck: Callable[[], None]
    ) -> None:
        """Makes both ends.

        Args:
            socket: The caller's WebSocket.
            params: As Pipecat's; they name the rate of the agent's sound.
            on_stuck: Called when the socket takes nothing any more.
        """
        super().__init__(socket, params)
        self._output = _SteadyOutput(self, self._client, params, name=self._output_name)
        self._output.on_stuck = on_stuck


class _SteadyOutput(FastAPIWebsocketOutputTransport):
    on_stuck: Callable[[], None]
    _late: LateSpeech | None = None

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        """Writes a frame, unless it is too late for it."""
        if self._late is None:
            self._late = LateSpeech(self.sample_rate)
        if not self._late.keep(frame.audio):
            return True
        try:
            async with asyncio.timeout(STUCK_SECONDS):
                return await super().write_audio_frame(frame)
        except TimeoutError:
            self.on_stuck()
            return False
        finally:
            self._late.written()
