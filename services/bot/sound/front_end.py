"""The front end of a call: every 10 ms of the caller's sound on its way to those who listen."""

import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from loguru import logger

from services.bot.recording.tape import Tape
from services.bot.sound.client_sound import ClientSound
from services.bot.sound.echo_meter import LONGEST_DELAY, Echo, EchoMeter, power, powers
from services.bot.sound.far_end import FarEnd
from services.bot.sound.likeness import Likeness
from services.bot.sound.near_clock import NearClock
from services.bot.sound.no_echo import NoEcho
from services.bot.sound.paths import RATES, Paths
from services.bot.sound.resampler import Resampler, picked
from services.bot.sound.residue import Residue
from services.bot.sound.samples import Samples, rounded
from services.bot.sound.settings import Sound

#: The canceller works on for so long after the loudspeaker: delays of 500 ms and a room's tail.
TAIL_SECONDS = 1.0
#: So many measurements in a row, half a second apart, without an echo let the canceller rest.
_QUIET_MEASUREMENTS = 4
#: Where a device cancels, whatever is not this much softer than what was sent is the caller, who by
#: chance speaks in time with the agent; and what is this much softer needs no canceller of ours.
_LOUDEST_ECHO_DB, _SOFTEST_ECHO_DB = 6.0, 30.0
#: Unless it is found again so often, half a second apart, that the first and the last time have
#: nothing in common.
_CALLERS_NEVER_AGREE = 4

#: The canceller finds echoes that are no more than 0.5 s late. A later one is brought to `_COMFORT`
#: by delaying the far end, and so is one that has come too close.
_REACH_SECONDS, _CLOSE_SECONDS, _COMFORT_SECONDS = 0.4, 0.02, 0.12
#: After so long a silence of the agent's, their player may begin at another delay.
_PAUSE_SECONDS = 0.3
#: That are worked on in one go: half a second of sound takes 3 ms.
_PIECE_FRAMES = 50


class FrontEnd:
    """Cancels echo and suppresses noise in one call. Not for several threads.

    The near end is what the caller's microphone hears, the far end what their loudspeaker plays.
    The canceller works while the agent speaks and a second longer; otherwise only a high-pass does,
    at a sixth of the cost. It rests altogether where the caller's device says that it cancels,
    begins when an echo is measured all the same, and rests again after a while without.

    Attributes:
        tape: Records both ends on the front end's clock, in a call that is recorded.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, client: ClientSound | None = None
    ) -> None:
        """Prepares a front end; `start` makes what costs.

        Args:
            clock: Seconds; one clock for both ends.
            client: What the caller's device is taken to do until it reports; nothing by default.
        """
        self._clock = clock
        self._wanted = Sound()
        self._rate = 0
        self._paths: Paths | None = None
        self._far = FarEnd(RATES[0])
        self._near_clock = NearClock(RATES[0])
        self._meter = EchoMeter()
        self._residue = Residue(LONGEST_DELAY)
        self._no_echo: NoEcho | None = NoEcho()
        self._quiet_until = 0
        self._shift = 0
        self._resampler: tuple[int, Resampler] | None = None
        self._unfinished = b""
        self.tape: Tape | None = None
        self.client_says(client or ClientSound())

    def listen_for(self, wanted: Sound) -> None:
        """Takes over an agent's parameters."""
        self._wanted = wanted
        self._choose_paths()

    def client_says(self, client: ClientSound) -> None:
        """Takes note of what the caller's device does by itself."""
        self._client = client
        # Taken at its word until an echo is measured: a canceller that begins to work where there
        # is none swallows half a second of a caller who speaks at once.
        self._resting = client.echo_cancellation
        self._quiet = _QUIET_MEASUREMENTS if self._resting else 0
        self._meter.forget()
        self._choose_paths()

    def start(self, rate: int) -> None:
        """Makes the processors.

        Args:
            rate: Of the near end, in Hz.

        Raises:
            ValueError: WebRTC does not work at that rate.
        """
        if rate not in RATES:
            raise ValueError(f"the caller's sound comes at {rate} Hz, not at one of {RATES}")
        self._rate = rate
        self._far, self._near_clock = FarEnd(rate), NearClock(rate)
        self._unshifted = np.zeros(rate // 100, np.int16)
        self._likeness = Likeness(rate)
        self._resampler, self._unfinished, self._shift = None, b"", 0
        self._paths = None
        self._choose_paths()

    @property
    def delay_seconds(self) -> float:
        """By how much it delays the caller now, for frames that are a multiple of 10 ms."""
        return self._paths.delay_seconds if self._paths else 0.0

    @property
    def cancelling(self) -> bool:
        """Whether the canceller is at work right now."""
        return self._paths is not None and self._paths.cancelling

    @property
    def resting(self) -> bool:
        """Whether the canceller rests because the caller's device does its work."""
        return self._resting

    def seconds(self) -> float:
        """What the clock says by which both ends are timed."""
        return self._clock()

    def far(self, pcm: bytes, rate: int, channels: int = 1) -> None:
        """Takes what is being sent to the caller.

        Args:
            pcm: 16 bit.
            rate: In Hz, 4,000 to 192,000.
            channels: Interleaved; they are mixed.

        Raises:
            ValueError: The rate is out of range.
        """
        if not self._rate:
            return
        sent = np.frombuffer(pcm[: len(pcm) - len(pcm) % (2 * channels)], np.dtype("<i2"))
        if channels > 1:
            sent = sent.reshape(-1, channels).mean(axis=1).astype(np.int16)
        if rate != self._rate:
            sent = self._converted(sent, rate)
        first = self._far.add(sent, self._now())
        if self.tape is not None:
            self.tape.agent(first, sent)

    def flush(self) -> None:
        """The caller interrupted: what they have not heard yet they will not hear."""
        now = self._now()
        self._far.flush(now)
        if self.tape is not None:
            self.tape.flush(now)

    def near(self, pcm: bytes) -> bytes:
        """Works on what came from the caller.

        Args:
            pcm: 16 bit, mono, at the rate of `start`, in pieces of any size.

        Returns:
            As much sound, in whole frames of 10 ms; what is left over comes with the next piece.
        """
        return b"".join(self.near_in_pieces(pcm))

    def near_in_pieces(self, pcm: bytes) -> Iterator[bytes]:
        """As `near`, half a second at a time, so that others may have their turn in between."""
        paths, whole = self._paths, self._unfinished + pcm
        if paths is None:
            yield pcm
            return
        frames = len(whole) // (2 * paths.frame)
        count = frames * paths.frame
        self._unfinished = whole[2 * count :]
        now = self._now()
        first = self._near_clock.arrived(
            count, now - len(self._unfinished) // 2, silent=not self._sounding(now)
        )
        heard = np.frombuffer(whole, np.dtype("<i2"), count)
        for begin in range(0, count, _PIECE_FRAMES * paths.frame):
            piece = heard[begin : begin + _PIECE_FRAMES * paths.frame]
            done = np.empty(len(piece), np.int16)
            if self._resting or not self._sounding(first + begin):
                self._measure(paths, piece, first + begin)
                paths.pass_by(piece, done)
            else:
                for start in range(0, len(piece), paths.frame):
                    stop = start + paths.frame
                    position = first + begin + start
                    self._frame(paths, piece[start:stop], position, done[start:stop])
            if self.tape is not None:
                self.tape.caller(first + begin, done)
            yield done.tobytes()

    def _measure(self, paths: Paths, heard: Samples, position: int) -> None:
        """Looks for an echo in frames of which nothing is cancelled, all at once."""
        if paths.far is None or not self._sounding(position):
            return
        played = np.empty(len(heard), np.int16)
        self._far.read(position, played)
        for near, far in zip(powers(heard, paths.frame), powers(played, paths.frame), strict=True):
            echo = self._meter.take(near, far)
            if echo is not None:
                self._take(echo)
            self._note(far, position)
            position += paths.frame

    def _note(self, far: float, position: int) -> None:
        """The agent may begin to speak with this frame, or go on."""
        if far > 0:
            if position > self._quiet_until:
                self._residue.unsettle()
            self._quiet_until = position + round(_PAUSE_SECONDS * self._rate)

    def _frame(self, paths: Paths, heard: Samples, position: int, done: Samples) -> None:
        sounding = self._sounding(position)
        if sounding and paths.far is not None:
            self._far.read(position - self._shift, paths.far)
            if self._shift:
                self._far.read(position, self._unshifted)
            near, far = power(heard), power(self._unshifted if self._shift else paths.far)
            echo = self._meter.take(near, far)
            if echo is not None:
                self._take(echo)
            self._note(far, position)
            if self._no_echo is not None and self._no_echo.plain(near, far):
                self._rest(True, "nothing comes back")
        cancel = sounding and not self._resting
        paths.process(heard, done, cancel=cancel)
        if cancel and paths.far is not None:
            self._likeness.hear(heard, until := position + paths.frame)
            is_echo = partial(self._likeness.is_echo, self._far, until)
            self._residue.hold_back(near, far, done, is_echo)

    def _take(self, echo: Echo) -> None:
        """Draws conclusions from a measurement."""
        if echo.certain:
            early = echo.delay_seconds - self._shift / self._rate
            reached = _CLOSE_SECONDS <= early <= _REACH_SECONDS
            if not reached and echo.agreed:  # torn sound may look once like an echo elsewhere
                late = max(0.0, echo.delay_seconds - _COMFORT_SECONDS)
                self._shift = round(late * self._rate)
                self._residue.unsettle()
            if reached or echo.agreed:
                gain = 10 ** (-echo.return_loss_db / 10)
                self._residue.expect(gain, round(100 * echo.delay_seconds))
        claimed, loss = self._client.echo_cancellation, echo.return_loss_db
        enough = 1 if loss > _LOUDEST_ECHO_DB else _CALLERS_NEVER_AGREE
        heard = echo.agreed >= enough and loss < _SOFTEST_ECHO_DB
        if heard:
            self._no_echo = None
        speech = self._resting and not heard
        self._quiet = 0 if echo.audible and not speech else self._quiet + 1
        may_rest = claimed or (self._resting and self._no_echo is not None)
        resting = may_rest and self._quiet >= _QUIET_MEASUREMENTS
        if resting is not self._resting:
            self._rest(resting, f"{echo.correlation:.2f} at {loss:.0f} dB")

    def _rest(self, resting: bool, why: str) -> None:
        """Begins or ends to do without the canceller."""
        if resting is not self._resting:
            self._resting = resting
            self._quiet = _QUIET_MEASUREMENTS if resting else 0
            logger.bind(resting=resting, measured=why).info("caller's echo measured")

    def _sounding(self, position: int) -> bool:
        """Whether the loudspeaker may be heard at that position."""
        until = self._far.loud_until
        if until is None:
            return False
        return position < until + self._shift + TAIL_SECONDS * self._rate

    def _converted(self, sent: Samples, rate: int) -> Samples:
        if self._resting and self.tape is None:
            # Of this only the loudness is measured. The canceller, when it begins, learns anyway.
            self._resampler = None
            return picked(sent, rate, self._rate)
        if self._resampler is None or self._resampler[0] != rate:
            self._resampler = (rate, Resampler(rate, self._rate))
        return rounded(self._resampler[1].convert(sent.astype(np.float32)))

    def _choose_paths(self) -> None:
        """Makes the processors for what is wanted now, if there are no such ones."""
        if not self._rate:
            return
        cancelling = self._wanted.echo_cancelling
        suppressing = self._wanted.noise_suppression and not self._client.noise_suppression
        if self._paths is None or not self._paths.are(cancelling, suppressing):
            self._paths = Paths(
                self._rate, echo_cancelling=cancelling, noise_suppression=suppressing
            )

    def _now(self) -> int:
        return round(self._clock() * self._rate)
