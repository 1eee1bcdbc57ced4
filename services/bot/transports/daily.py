"""A line through a room on Daily: the caller's browser and the bot meet there.

Only a bot with a queue imports this: Daily's library costs 9 MB at import, the face 12 MB (both are
shared by all processes that are forked afterwards), and a call 11 threads.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from loguru import logger
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    OutputTransportMessageUrgentFrame,
    SpriteFrame,
    StartFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.processors.frameworks.rtvi.models import ServerMessage
from pipecat.transports.daily.transport import DailyOutputTransport, DailyParams, DailyTransport

from services.bot.barge_in import Hold
from services.bot.call.ending import Ending
from services.bot.sound.client_sound import ClientSound
from services.bot.sound.filters import FarEndTap, NearEnd
from services.bot.sound.front_end import FrontEnd
from services.bot.transports import face
from services.bot.transports.browser_protocol import SAMPLE_RATE_OUT
from services.common.daily import DailyRest, Participant
from services.common.errors import DailyError
from services.common.sessions import Room

#: As on a WebSocket.
CHUNKS_OF_10_MS = 4
#: daily-python gives up an unreachable Daily by itself after 19 s.
JOIN_SECONDS = 25.0
#: For the caller to come into a room where the bot is already.
CALLER_SECONDS = 60.0
#: For a caller whose network dropped and whose browser comes back by itself. Whoever hangs up says
#: so; Daily does not tell one from the other.
RETURN_SECONDS = 15.0
#: Of the bot's token: it is used at once.
TOKEN_SECONDS = 60.0

_PARAMS = DailyParams(
    audio_in_enabled=True,
    audio_out_enabled=True,
    audio_out_sample_rate=SAMPLE_RATE_OUT,
    audio_out_10ms_chunks=CHUNKS_OF_10_MS,
    audio_out_end_silence_secs=0,
    video_out_enabled=True,
    video_out_width=face.SIZE,
    video_out_height=face.SIZE,
    video_out_framerate=face.FRAMES_A_SECOND,
)


def prepare() -> None:
    """Does what the first call would wait for otherwise: no threads, so it may precede a fork."""
    face.listening()
    face.speaking()


async def delete_room(room: Room, daily: DailyRest) -> None:
    """Deletes the room of a call that is over, which puts out whoever is still in it.

    What cannot be deleted now is swept by a server, or ends by itself.
    """
    try:
        await daily.delete_room(room.name)
    except DailyError as error:
        logger.bind(room=room.name, code=error.code).warning("room could not be deleted")


class DailyLine:
    """A caller in a room on Daily.

    Attributes:
        speaks_rtvi: Always; over Daily's app messages.
        audio_out_sample_rate: Rate of the audio that the caller gets, in Hz.
        resumable: Always; the caller may come back to the room, and another bot into it.
        front_end: What the caller's sound passes first.
        hold: What the agent's sound passes last.
    """

    def __init__(self, room: Room, daily: DailyRest, *, bot_name: str = "Agent") -> None:
        """Prepares a line.

        Args:
            room: Where the caller is.
            daily: What makes the bot's token, which owns the room.
            bot_name: How the bot is called in the room.
        """
        self.speaks_rtvi = True
        self.audio_out_sample_rate = SAMPLE_RATE_OUT
        self.resumable = True
        self.front_end = FrontEnd(client=ClientSound.of_a_browser())
        self.hold = Hold(FarEndTap(self.front_end))
        self._room = room
        self._daily = daily
        self._bot_name = bot_name
        self._transport: _TransportWithFace | None = None
        self._tell: Callable[[Ending], None] = lambda _: None
        self._limit: asyncio.TimerHandle | None = None
        self._joined = False
        self._leaving = False
        self._callers: set[str] = set()

    @property
    def transport(self) -> DailyTransport:
        """Pipecat's end of it, once the line is open."""
        if self._transport is None:
            raise RuntimeError("open() makes the transport")
        return self._transport

    async def open(self) -> None:
        """Makes the transport. It joins when the pipeline starts; the caller is let in by Daily.

        Raises:
            DailyError: There is no token to be had.
        """
        token = await self._daily.token(self._room.name, Participant.BOT, seconds=TOKEN_SECONDS)
        params = _PARAMS.model_copy(
            update={
                "audio_in_filter": NearEnd(self.front_end),
                "audio_out_filter": self.hold,
            }
        )
        self._transport = _TransportWithFace(self._room.url, token, self._bot_name, params)
        for event, handler in {
            "on_joined": self._on_joined,
            "on_error": self._on_error,
            "on_participant_joined": self._on_participant_joined,
            "on_participant_left": self._on_participant_left,
            "on_app_message": self._on_app_message,
            "on_before_leave": self._on_before_leave,
            "on_call_state_updated": self._on_call_state_updated,
        }.items():
            self._transport.add_event_handler(event, handler)
        self._within(JOIN_SECONDS, Ending.LINE_FAILED)

    async def tell(self, message: dict[str, Any]) -> None:
        """Sends a message past everything that waits to be played."""
        told = ServerMessage(data=message).model_dump()
        await self.transport.output().send_message(OutputTransportMessageUrgentFrame(message=told))

    def on_gone(self, tell: Callable[[Ending], None]) -> None:
        """Registers who is told once the caller left or dropped, or the bot is out of the room."""
        self._tell = tell

    def take_lateness(self) -> float | None:
        """None: sound that is late does not get here."""
        return None

    def say_goodbye_with(self, ending: Ending) -> None:
        """Nothing: a room has no close codes, and the page has been told."""
        self._leaving = True
        self._forget_limit()

    async def _on_joined(self, _: object, data: Mapping[str, Any]) -> None:
        self._joined = True
        if not self._callers:
            self._within(CALLER_SECONDS, Ending.CALLER_DROPPED)

    async def _on_error(self, _: object, error: str) -> None:
        if not self._joined:
            logger.bind(error=error).error("room could not be joined")
            self._gone(Ending.LINE_FAILED)

    async def _on_participant_joined(self, _: object, participant: Mapping[str, Any]) -> None:
        if not _is_bot(participant):
            self._callers.add(participant["id"])
            self._forget_limit()

    async def _on_participant_left(
        self, _: object, participant: Mapping[str, Any], reason: str
    ) -> None:
        self._callers.discard(participant["id"])
        if not self._callers and not _is_bot(participant):
            self._within(RETURN_SECONDS, Ending.CALLER_DROPPED)

    async def _on_app_message(self, _: object, message: object, sender: str) -> None:
        goodbye = isinstance(message, dict) and message.get("type") == "disconnect-bot"
        if goodbye and sender in self._callers:
            self._gone(Ending.CALLER_LEFT)

    async def _on_before_leave(self, _: object) -> None:
        self._leaving = True

    async def _on_call_state_updated(self, _: object, state: str) -> None:
        if state == "left" and self._joined and not self._leaving:
            # Put out by a newer bot, by Daily at the room's end, or the network is down: whoever
            # has the call now is for the record to say.
            self._gone(Ending.LINE_LOST)

    def _gone(self, ending: Ending) -> None:
        self._forget_limit()
        self._tell(ending)

    def _within(self, seconds: float, ending: Ending) -> None:
        """Ends the call in a while, unless what it waits for happens."""
        self._forget_limit()
        if not self._leaving:
            loop = asyncio.get_running_loop()
            self._limit = loop.call_later(seconds, self._gone, ending)

    def _forget_limit(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None


class _TransportWithFace(DailyTransport):
    def output(self) -> DailyOutputTransport:
        if self._output is None:
            self._output = _OutputWithFace(self, self._client, self._params, name=self._output_name)
        return self._output


class _OutputWithFace(DailyOutputTransport):
    """Shows the face that goes with what is heard."""

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self._show(face.listening())

    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        await super().push_frame(frame, direction)
        if direction is FrameDirection.DOWNSTREAM:
            match frame:
                case BotStartedSpeakingFrame():
                    await self._show(face.speaking())
                case BotStoppedSpeakingFrame():
                    await self._show(face.listening())

    async def _show(self, pictures: SpriteFrame) -> None:
        await self.queue_frame(SpriteFrame(images=pictures.images))


def _is_bot(participant: Mapping[str, Any]) -> bool:
    """Bots own their rooms and callers never do."""
    return bool(participant.get("info", {}).get("isOwner"))
