"""What a call needs to know of the line that its caller is on."""

from collections.abc import Callable
from typing import Any, Protocol

from pipecat.transports.base_transport import BaseTransport

from services.bot.barge_in import Hold
from services.bot.call.ending import Ending
from services.bot.sound.front_end import FrontEnd

#: Of the caller's audio on every line, in Hz: what Nova and the speech detector take.
SAMPLE_RATE_IN = 16_000


class CallerGoneError(Exception):
    """The caller left before the call had begun."""


class Line(Protocol):
    """A caller's connection to us.

    Attributes:
        speaks_rtvi: Whether the caller understands RTVI messages; JSON events otherwise.
        audio_out_sample_rate: Rate of the audio that the caller gets, in Hz.
        resumable: Whether the caller holds a token to come back with after a drop.
        front_end: What the caller's sound passes first.
        hold: What the agent's sound passes last.
    """

    speaks_rtvi: bool
    audio_out_sample_rate: int
    resumable: bool
    front_end: FrontEnd
    hold: Hold

    @property
    def transport(self) -> BaseTransport:
        """Pipecat's end of it."""

    async def open(self) -> None:
        """Lets the caller in.

        Raises:
            CallerGoneError: There is nobody to let in any more.
        """

    async def tell(self, message: dict[str, Any]) -> None:
        """Sends a message past everything that waits to be played."""

    def on_gone(self, tell: Callable[[Ending], None]) -> None:
        """Registers who is told once the caller left, dropped or broke the protocol."""

    def take_lateness(self) -> float | None:
        """By how much the caller's sound was late at worst since this was last asked, in seconds.

        None where late sound does not get here: WebRTC's jitter buffers leave it out.
        """

    def say_goodbye_with(self, ending: Ending) -> None:
        """Chooses how the connection is closed when the pipeline ends."""
