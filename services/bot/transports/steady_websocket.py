"""Pipecat's WebSocket transport, whose output does not wait for a caller's network for ever."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Protocol

from pipecat.frames.frames import Frame, OutputAudioRawFrame, StartFrame
from pipecat.processors.frame_processor import FrameDirection
from pipecat.transports.base_output import BOT_VAD_STOP_FALLBACK_SECS, BaseOutputTransport
from pipecat.transports.websocket.fastapi import (
    FastAPIWebsocketOutputTransport,
    FastAPIWebsocketParams,
    FastAPIWebsocketTransport,
)

from services.bot.transports.caller_socket import CallerSocket
from services.bot.transports.late_sound import LateSpeech
from services.bot.transports.paced_queue import PacedQueue

#: A socket that takes nothing for so long has lost its caller. They may come back.
STUCK_SECONDS = 8.0

#: How often it is told that the agent goes on speaking. Nobody but the idle timer wants to know.
_SPEAKING_SECONDS = 1.0


class Speech(Protocol):
    """What writes the protocol that the caller speaks."""

    def speech(self, pcm: bytes) -> str | bytes:
        """The message that brings the agent's sound."""


class SteadyWebsocketTransport(FastAPIWebsocketTransport):
    """Leaves out what the agent would say too late, and tells of a socket that is stuck."""

    def __init__(
        self,
        socket: CallerSocket,
        params: FastAPIWebsocketParams,
        *,
        protocol: Speech,
        on_stuck: Callable[[], None],
    ) -> None:
        """Makes both ends.

        Args:
            socket: The caller's WebSocket.
            params: As Pipecat's; they name the rate of the agent's sound.
            protocol: What the caller speaks on it.
            on_stuck: Called when the socket takes nothing any more.
        """
        super().__init__(socket, params)
        output = _SteadyOutput(self, self._client, params, name=self._output_name)
        output.socket, output.protocol, output.on_stuck = socket, protocol, on_stuck
        self._output = output


class _SteadyOutput(FastAPIWebsocketOutputTransport):
    """Pipecat's output with a shorter way for sound, which is 25 pieces a second.

    For upstream (Pipecat): pacing before the piece that is early instead of after each one, and no
    second limit of time where a transport has its own.
    """

    socket: CallerSocket
    protocol: Speech
    on_stuck: Callable[[], None]

    async def set_transport_ready(self, frame: StartFrame) -> None:
        """Begins, with a queue that paces."""
        self._late = LateSpeech(self.sample_rate)
        self._queue = PacedQueue(patience=BOT_VAD_STOP_FALLBACK_SECS)
        await super().set_transport_ready(frame)
        sender = self._media_senders[None]
        await sender._cancel_audio_task()  # type: ignore[no-untyped-call]
        early = sender._audio_queue
        while not early.empty():
            self._queue.put_nowait(early.get_nowait())
        sender._audio_queue = self._queue
        sender._bot_speaking_frame_period = _SPEAKING_SECONDS
        sender._internal_write_audio_frame = self.write_audio_frame  # type: ignore[method-assign]
        sender._next_frame = lambda: self._frames(sender)  # type: ignore[method-assign]
        speaking = sender._audio_task_handler()  # type: ignore[no-untyped-call]
        sender._audio_task = self.create_task(speaking)

    async def _frames(self, sender: BaseOutputTransport.MediaSender) -> AsyncGenerator[Frame]:
        """As Pipecat's, without a timeout to set and to take back for each piece."""
        while True:
            try:
                frame = await self._queue.get()
            except TimeoutError:
                await sender._bot_stopped_speaking()  # type: ignore[no-untyped-call]
                continue
            await sender._filter_audio(frame)
            sender._apply_volume(frame)
            yield frame
            self._queue.task_done()

    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        """Pushes what somebody behind may want; sound that has been written nobody does."""
        if not isinstance(frame, OutputAudioRawFrame):
            await super().push_frame(frame, direction)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        """Writes a frame, unless it is too late for it."""
        if self._client.is_closing or not self._client.is_connected or not self.is_usable:
            return False
        if not self._late.keep(frame.audio):
            return True
        if not self.socket.give(self.protocol.speech(frame.audio)):
            try:
                async with asyncio.timeout(STUCK_SECONDS):
                    if not await self._write_frame(frame):
                        return False
            except TimeoutError:
                self.on_stuck()
                return False
        self._late.written(self._queue.played(self._send_interval))
        return True
