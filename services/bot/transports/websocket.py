"""A line over a WebSocket, in either protocol."""

from collections.abc import Callable
from typing import Any

from pipecat.frames.frames import OutputTransportMessageUrgentFrame
from pipecat.processors.frameworks.rtvi.models import ServerMessage
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams
from starlette.websockets import WebSocket

from services.bot.barge_in import Hold
from services.bot.call.ending import Ending
from services.bot.sound.client_sound import ClientSound
from services.bot.sound.filters import FarEndTap, NearEnd
from services.bot.sound.front_end import FrontEnd
from services.bot.transports import json_protocol
from services.bot.transports.browser_protocol import SAMPLE_RATE_OUT, BrowserProtocol
from services.bot.transports.caller_socket import CallerSocket
from services.bot.transports.direct_input import take_directly
from services.bot.transports.json_protocol import JsonProtocol
from services.bot.transports.line import CallerGoneError
from services.bot.transports.steady_websocket import SteadyWebsocketTransport

#: 40 ms a frame, a tenth of a call's processor time less than with 20. The first sound of an answer
#: waits for no more, and Nova sends the rest faster than it is spoken.
CHUNKS_OF_10_MS = 4
CLOSE_SECONDS = 1.0


class WebSocketLine:
    """A caller on a WebSocket.

    Attributes:
        speaks_rtvi: True for browsers, False for the JSON protocol.
        audio_out_sample_rate: Rate of the audio that the caller gets, in Hz.
        resumable: Whether the caller holds a token to come back with.
        front_end: What the caller's sound passes first.
        hold: What the agent's sound passes last.
    """

    def __init__(
        self,
        socket: CallerSocket,
        *,
        subprotocol: str | None,
        speaks_rtvi: bool,
        resumable: bool,
        echoes: bool = True,
    ) -> None:
        """Prepares the transport.

        Args:
            socket: The caller's WebSocket, not yet accepted.
            subprotocol: What is agreed on, if the caller offered any.
            speaks_rtvi: Whether a browser is at the other end, or a program on the JSON protocol.
            resumable: Whether the caller came with a ticket and so has a resume token.
            echoes: Whether a program's microphone may hear its loudspeaker; browsers see to that.
        """
        self._socket = socket
        self._subprotocol = subprotocol
        self._tell: Callable[[Ending], None] = lambda _: None
        self.speaks_rtvi = speaks_rtvi
        self.resumable = resumable
        alone = speaks_rtvi or not echoes
        self.front_end = FrontEnd(client=ClientSound.of_a_browser() if alone else None)
        self.hold = Hold(FarEndTap(self.front_end))
        self.audio_out_sample_rate = SAMPLE_RATE_OUT if speaks_rtvi else json_protocol.SAMPLE_RATE
        protocol: type[BrowserProtocol | JsonProtocol] = (
            BrowserProtocol if speaks_rtvi else JsonProtocol
        )
        self._protocol = protocol(lambda: self._tell(Ending.BAD_FRAMES))
        self._transport = SteadyWebsocketTransport(
            socket,
            FastAPIWebsocketParams(
                audio_in_enabled=True,
                audio_in_filter=NearEnd(self.front_end),
                audio_out_enabled=True,
                audio_out_filter=self.hold,
                audio_out_sample_rate=self.audio_out_sample_rate,
                audio_out_10ms_chunks=CHUNKS_OF_10_MS,
                audio_out_end_silence_secs=0,
                serializer=self._protocol,
                allowed_origins=[],
                ws_close_timeout=CLOSE_SECONDS,
            ),
            protocol=self._protocol,
            on_stuck=lambda: self._tell(Ending.CALLER_DROPPED),
        )
        take_directly(self._transport, socket, self._protocol)
        self._transport.add_event_handler("on_client_disconnected", self._gone)

    @property
    def transport(self) -> SteadyWebsocketTransport:
        """Pipecat's end of it."""
        return self._transport

    async def open(self) -> None:
        """Accepts the WebSocket.

        Raises:
            CallerGoneError: The caller has closed it.
        """
        try:
            await self._socket.accept_once(self._subprotocol)
        except OSError as error:
            raise CallerGoneError from error

    async def tell(self, message: dict[str, Any]) -> None:
        """Sends a message past everything that waits to be played."""
        told = ServerMessage(data=message).model_dump() if self.speaks_rtvi else message
        await self._transport.output().send_message(OutputTransportMessageUrgentFrame(message=told))

    def on_gone(self, tell: Callable[[Ending], None]) -> None:
        """Registers who is told once the caller left, dropped or broke the protocol."""
        self._tell = tell

    def take_lateness(self) -> float | None:
        """By how much the caller's sound was late at worst since it was last asked."""
        return self._protocol.late.take_lateness()

    def say_goodbye_with(self, ending: Ending) -> None:
        """Chooses the close code."""
        self._socket.say_goodbye_with(ending)

    async def _gone(self, _transport: object, _socket: WebSocket) -> None:
        self._tell(self._socket.left_with)
