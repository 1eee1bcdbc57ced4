"""A line over WebRTC, for pages that run next to the bot: no TURN, host candidates only."""

from collections.abc import Callable
from typing import Any

from aiortc.sdp import candidate_from_sdp
from pipecat.processors.frameworks.rtvi.models import ServerMessage
from pipecat.transports.base_transport import TransportParams
from pipecat.transports.smallwebrtc.connection import SmallWebRTCConnection
from pipecat.transports.smallwebrtc.transport import SmallWebRTCTransport

from services.bot.barge_in import Hold
from services.bot.call.ending import Ending
from services.bot.sound.client_sound import ClientSound
from services.bot.sound.filters import FarEndTap, NearEnd
from services.bot.sound.front_end import FrontEnd
from services.bot.transports.browser_protocol import SAMPLE_RATE_OUT
from services.bot.transports.offers import Candidates, Offer, OfferError

#: A page that has its answer and does not connect within this time has gone away.
CONNECT_SECONDS = 20
#: aiortc sends frames of 20 ms.
CHUNKS_OF_10_MS = 2


class WebRtcLine:
    """A caller on WebRTC.

    Attributes:
        speaks_rtvi: Always; over the data channel.
        audio_out_sample_rate: Rate of the audio that the caller gets, in Hz.
        resumable: Whether the caller holds a token to come back with.
        front_end: What the caller's sound passes first.
        hold: What the agent's sound passes last.
    """

    def __init__(self, connection: SmallWebRTCConnection, *, resumable: bool = True) -> None:
        """Prepares the transport.

        Args:
            connection: The peer connection, answered or not.
            resumable: Whether the caller came with a ticket and so has a resume token.
        """
        self.speaks_rtvi = True
        self.audio_out_sample_rate = SAMPLE_RATE_OUT
        self.resumable = resumable
        self.front_end = FrontEnd(client=ClientSound.of_a_browser())
        self.hold = Hold(FarEndTap(self.front_end))
        self._connection = connection
        self._tell: Callable[[Ending], None] = lambda _: None
        self._transport = SmallWebRTCTransport(
            connection,
            TransportParams(
                audio_in_enabled=True,
                audio_in_filter=NearEnd(self.front_end),
                audio_out_enabled=True,
                audio_out_filter=self.hold,
                audio_out_sample_rate=SAMPLE_RATE_OUT,
                audio_out_10ms_chunks=CHUNKS_OF_10_MS,
                audio_out_end_silence_secs=0,
            ),
        )
        connection.add_event_handler("failed", self._dropped)
        self._transport.add_event_handler("on_client_disconnected", self._left)

    @property
    def transport(self) -> SmallWebRTCTransport:
        """Pipecat's end of it."""
        return self._transport

    async def answer(self, offer: Offer) -> dict[str, str]:
        """Answers an offer, the first or a later one.

        Raises:
            OfferError: It is no session description that we can answer.
        """
        try:
            if offer.pc_id is None:
                await self._connection.initialize(sdp=offer.sdp, type=offer.type)
            else:
                await self._connection.renegotiate(
                    sdp=offer.sdp, type=offer.type, restart_pc=bool(offer.restart_pc)
                )
        except Exception as error:
            # aiortc raises whatever its parser stumbles over.
            raise OfferError("The SDP offer cannot be used.") from error
        if not any(line.kind == "audio" for line in self._connection.pc.getTransceivers()):
            raise OfferError("The SDP offer has no audio.")
        answer: dict[str, str] | None = self._connection.get_answer()  # type: ignore[no-untyped-call]
        if answer is None:
            raise OfferError("The SDP offer led to no answer.")
        return answer

    async def add_candidates(self, candidates: Candidates) -> None:
        """Adds the page's ICE candidates.

        Raises:
            OfferError: One of them cannot be read.
        """
        for found in candidates.candidates:
            try:
                candidate = candidate_from_sdp(found.candidate) if found.candidate else None
                if candidate is not None:
                    candidate.sdpMid = found.sdp_mid
                    candidate.sdpMLineIndex = found.sdp_mline_index
                await self._connection.add_ice_candidate(candidate)  # type: ignore[no-untyped-call]
            except Exception as error:
                raise OfferError("An ICE candidate cannot be used.") from error

    async def open(self) -> None:
        """Nothing: the answer has let the caller in."""

    async def tell(self, message: dict[str, Any]) -> None:
        """Sends a message past everything that waits to be played."""
        self._connection.send_app_message(ServerMessage(data=message).model_dump())

    def on_gone(self, tell: Callable[[Ending], None]) -> None:
        """Registers who is told once the caller left or dropped."""
        self._tell = tell

    def take_lateness(self) -> float | None:
        """None: sound that is late does not get here."""
        return None

    def say_goodbye_with(self, ending: Ending) -> None:
        """Nothing: a data channel has no close codes, and the page has been told."""

    async def _left(self, *_: object) -> None:
        self._tell(Ending.CALLER_LEFT)

    async def _dropped(self, *_: object) -> None:
        self._tell(Ending.CALLER_DROPPED)

    async def take_signalling(
        self, method: str, body: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        """Answers what the page sends after its first offer.

        Args:
            method: POST for another offer, PATCH for candidates.
            body: As it was checked by who accepted it.

        Returns:
            An HTTP status and a body.
        """
        try:
            if method == "POST":
                return 200, await self.answer(Offer.model_validate(body))
            await self.add_candidates(Candidates.model_validate(body))
        except OfferError as error:
            return 422, {"detail": str(error)}
        return 200, {"status": "success"}


def peer_connection() -> SmallWebRTCConnection:
    """A peer connection that waits for its offer."""
    return SmallWebRTCConnection(connection_timeout_secs=CONNECT_SECONDS)
