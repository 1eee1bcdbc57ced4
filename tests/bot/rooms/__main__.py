"""The bot, with the tests' rooms in place of Daily's."""

# isort: skip_file - what comes first has numpy start no thread, as the bot's own entry point does
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
from collections.abc import Callable
from typing import Any

from pipecat.frames.frames import Frame, OutputTransportMessageUrgentFrame, StartFrame
from pipecat.transports.websocket.client import (
    WebsocketClientOutputTransport,
    WebsocketClientParams,
    WebsocketClientTransport,
)

from services.bot.__main__ import main
from services.bot.barge_in import Hold
from services.bot.call.ending import Ending
from services.bot.sound.client_sound import ClientSound
from services.bot.sound.filters import FarEndTap, NearEnd
from services.bot.sound.front_end import FrontEnd
from services.bot.transports import Line
from services.bot.transports.json_protocol import SAMPLE_RATE, JsonProtocol
from services.common.sessions import Session

CALLER_LEFT = 4404


class RoomLine:
    """A caller in a room of the tests'."""

    speaks_rtvi = False
    audio_out_sample_rate = SAMPLE_RATE
    resumable = True

    def __init__(self, url: str) -> None:
        self._tell: Callable[[Ending], None] = lambda _: None
        self._leaving = False
        self.front_end = FrontEnd(client=ClientSound.of_a_browser())
        self.hold = Hold(FarEndTap(self.front_end))
        self._transport = _Transport(
            url,
            WebsocketClientParams(
                audio_in_enabled=True,
                audio_in_filter=NearEnd(self.front_end),
                audio_out_enabled=True,
                audio_out_filter=self.hold,
                audio_out_sample_rate=SAMPLE_RATE,
                audio_out_10ms_chunks=4,
                audio_out_end_silence_secs=0,
                add_wav_header=False,
                serializer=_Protocol(self),
            ),
        )
        self._transport.add_event_handler("on_disconnected", self._gone)

    @property
    def transport(self) -> WebsocketClientTransport:
        return self._transport

    async def open(self) -> None:
        """Nothing: the transport joins when the pipeline starts."""

    async def tell(self, message: dict[str, Any]) -> None:
        await self._transport.output().send_message(
            OutputTransportMessageUrgentFrame(message=message)
        )

    def on_gone(self, tell: Callable[[Ending], None]) -> None:
        self._tell = tell

    def take_lateness(self) -> float | None:
        return None

    def say_goodbye_with(self, ending: Ending) -> None:
        self._leaving = True

    async def _gone(self, _: object, line: Any) -> None:  # noqa: ANN401 - untyped in Pipecat
        if not self._leaving:
            left = line.close_code == CALLER_LEFT
            self._tell(Ending.CALLER_LEFT if left else Ending.LINE_LOST)


class _Transport(WebsocketClientTransport):
    def output(self) -> WebsocketClientOutputTransport:
        if self._output is None:
            self._output = _Output(self, self._session, self._params)
        return self._output


class _Output(WebsocketClientOutputTransport):
    async def start(self, frame: StartFrame) -> None:
        """Sends audio as fast as it is heard; Pipecat's own does so before it knows the rate."""
        await super().start(frame)
        self._send_interval = self.audio_chunk_size / self.sample_rate / 2


class _Protocol(JsonProtocol):
    """Drops what comes before the pipeline has started: Pipecat's client fails there."""

    def __init__(self, line: RoomLine) -> None:
        super().__init__(lambda: line._tell(Ending.BAD_FRAMES))
        self._line = line

    async def deserialize(self, data: str | bytes) -> Frame | None:
        if not hasattr(self._line.transport.input(), "_audio_in_queue"):
            return None
        return await super().deserialize(data)


class TestRooms:
    """Where calls from the queue take place."""

    def prepare(self) -> None:
        """Nothing."""

    async def warm_up(self) -> None:
        """Nothing."""

    def line(self, session: Session) -> Line:
        assert session.room is not None
        return RoomLine(session.room.url)

    async def close(self, session: Session) -> None:
        """Nothing: the room is the caller's."""


if __name__ == "__main__":
    sys.exit(main(lambda _: TestRooms()))
