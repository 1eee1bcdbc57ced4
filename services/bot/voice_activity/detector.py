"""The speech detector of a call: Silero where there may be speech, next to nothing in silence.

For upstream (Pipecat): a gate like this one before Silero, and `analyze_audio` without an executor
where a process has one call.
"""

from collections import deque
from collections.abc import Callable
from datetime import timedelta

import numpy as np
from loguru import logger
from pipecat.audio.vad.vad_analyzer import VADAnalyzer, VADParams, VADState
from pipecat.turns.user_start import VADUserTurnStartStrategy
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies

from services.bot.agent import VoiceActivity
from services.bot.transports import SAMPLE_RATE_IN
from services.bot.voice_activity.loudness import Loudness, power_of, weighted_powers
from services.bot.voice_activity.network import TOGETHER, WINDOW, Floats, Network

#: Takes a window of sound and how sure it is that somebody speaks in it.
WindowListener = Callable[[bytes, float], None]

#: Seconds of speech before we are sure: shorter barge-ins are coughs.
START_SECS = 0.2

#: A window this much softer than `min_volume`, as a share of its power (-6 dB), cannot count as
#: loud enough: the ear's weighting adds 4 dB at most.
_SURELY_SOFT = 10**-0.6
#: So many soft windows in a row, and 400 ms of sound are soft, whatever was before.
_DOZE_WINDOWS = 16
#: What Silero hears again before the first sound after a silence, so that its state is what it
#: would be. The network forgets: `make bench BENCH=vad` finds the same decisions as without a gate.
_RECALLED_WINDOWS = 16

#: So many windows (2 s) in which it was no surer than this of a voice, and nobody is in the middle
#: of a sentence.
_CALM_WINDOWS, _CALM_CONFIDENCE = 63, 0.3

#: While it is calm, what is no louder than this times the room's noise (2.5 dB) is noise, too. Of
#: steady noise one window differs from another by half of that. The measure takes a second to
#: follow, and clicks do not move it.
_LOUDER_THAN_NOISE, _NOISE_SMOOTHING = 1.8, 0.03
#: A noise of which so many windows in a row (0.26 s) have less than half is over: whoever speaks
#: then may be softer.
_OVER_WINDOWS, _OVER = 8, 0.5

# Pipecat's rule for when Silero forgets what it has heard (pipecat.audio.vad.silero tells why).
_RESET_WINDOWS = 63
_RESET_CONFIDENCE = 0.1
_RESET_UNSURE_WINDOWS = 5

# It advises, at each call's first pause, a stop_secs for cascades with their own transcription.
logger.disable("pipecat.turns.user_stop.speech_timeout_user_turn_stop_strategy")


class PaddedSilero(VADAnalyzer):
    """The speech detector of one call, loaded and run once before the call.

    It decides as Pipecat's `SileroVADAnalyzer` does: speech is what Silero is sure of and what is
    loud enough. Where a window is too soft for the second, nobody asks the first: the detector
    dozes. At the first sound it hears the last half second again, and then listens.

    Attributes:
        on_state: Called at each change of what is heard (QUIET, STARTING, SPEAKING, STOPPING),
            within the task that brings the audio: before Pipecat's own frames, and not to block.
        on_window: Called with each window of 32 ms that is listened to and how sure it is that
            somebody speaks in it, 0 to 1. The states lag behind this by 100 ms and more: they also
            ask how loud it has been. What is left out was silence. While somebody speaks it is
            called for up to four windows together.
    """

    def __init__(self) -> None:
        self.on_state: Callable[[VADState], None] = lambda _: None
        self.on_window: WindowListener = lambda *_: None
        self._network = Network()
        self._loudness = Loudness()
        self._dozed: deque[Floats] = deque(maxlen=_RECALLED_WINDOWS)
        self._waiting: list[tuple[bytes, Floats]] = []
        self._awake_windows = 0
        self._soft = 0.0
        self._heard_windows = 0
        self._unsure_windows = 0
        self._calm_windows = 0
        self._noise = 0.0
        self._latest: deque[float] = deque(maxlen=_OVER_WINDOWS)
        self._speech_pad = timedelta()
        super().__init__(sample_rate=SAMPLE_RATE_IN)
        self.set_sample_rate(SAMPLE_RATE_IN)
        self._network.hear(np.zeros((TOGETHER, WINDOW), np.float32))
        self._network.reset()

    def listen_for(self, wanted: VoiceActivity) -> None:
        """Takes over an agent's parameters."""
        self.set_params(
            VADParams(
                start_secs=START_SECS, stop_secs=wanted.stop_secs, min_volume=wanted.min_volume
            )
        )
        self._speech_pad = timedelta(milliseconds=wanted.speech_pad_ms)

    def set_params(self, params: VADParams) -> None:
        """As Pipecat's."""
        super().set_params(params)
        self._soft = WINDOW * _SURELY_SOFT * power_of(params.min_volume)

    def num_frames_required(self) -> int:
        """Samples that are looked at at once."""
        return WINDOW

    def voice_confidence(self, buffer: bytes) -> float:
        """How sure it is that somebody speaks in a window, 0 to 1."""
        ((confidence,), _) = self._network.hear(_samples(buffer)[np.newaxis])
        return confidence

    async def analyze_audio(self, buffer: bytes) -> VADState:
        """Listens to a piece of the call.

        Pipecat does so in a thread, for the sake of other calls in its process. Here there are
        none, and handing over 50 pieces a second takes longer than listening.
        """
        return self.hear(buffer)

    def hear(self, pcm: bytes) -> VADState:
        """Listens to a piece of the call, of any length."""
        self._vad_buffer += pcm
        size = self._vad_frames_num_bytes
        while len(self._vad_buffer) >= size:
            window, self._vad_buffer = self._vad_buffer[:size], self._vad_buffer[size:]
            self._take(window)
        return self._vad_state

    @property
    def dozing(self) -> bool:
        """Whether it is and has been too quiet for speech for half a second and more."""
        return not self._awake_windows and self._vad_state is VADState.QUIET

    @property
    def calm(self) -> bool:
        """Whether nothing like a voice has been heard for 2 s, whatever else there was."""
        return self._calm_windows >= _CALM_WINDOWS and self._vad_state is VADState.QUIET

    def _take(self, window: bytes) -> None:
        samples = _samples(window)
        energy = float(samples @ samples)
        self._latest.append(energy)
        if max(self._latest) < _OVER * self._noise:
            self._noise = 0.0
        noise = _LOUDER_THAN_NOISE * self._noise if self.calm else 0.0
        loud = energy >= max(self._soft, noise)
        if loud:
            self._wake()
        else:
            self._hear_waiting()
            if self._awake_windows and (
                self.calm or self._loudness.volume < self._params.min_volume
            ):
                self._awake_windows -= 1
        self._noise += _NOISE_SMOOTHING * (min(energy, 2 * self._noise + self._soft) - self._noise)
        if self.dozing:
            self._dozed.append(samples)
            self._loudness.add(energy / WINDOW)
            self._calm_windows += 1
            self._step(False)
            return
        self._waiting.append((window, samples))
        if not loud or len(self._waiting) >= self._worth_asking():
            self._hear_waiting()

    def _worth_asking(self) -> int:
        """How many windows are worth asking Silero, which is quicker with several together.

        Who is speaking and goes on aloud goes on speaking, whatever it says of a window or two.
        """
        if self._vad_state is not VADState.SPEAKING:
            return 1
        return min(TOGETHER, self._vad_stop_frames)

    def _hear_waiting(self) -> None:
        """Listens to the windows that wait, and decides."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        sure, spectra = self._network.hear(np.stack([samples for _, samples in waiting]))
        powers = weighted_powers(spectra)
        for (window, _), confidence, power in zip(waiting, sure, powers, strict=True):
            self._note(confidence)
            self._calm_windows = self._calm_windows + 1 if confidence < _CALM_CONFIDENCE else 0
            self._loudness.add(power)
            self.on_window(window, confidence)
            loud = self._loudness.volume >= self._params.min_volume
            self._step(loud and confidence >= self._params.confidence)

    def _wake(self) -> None:
        """Listens from now on, and to what was just slept through."""
        self._awake_windows = _DOZE_WINDOWS
        if self._dozed:
            self._network.reset()
            self._heard_windows = self._unsure_windows = 0
            slept = np.stack(self._dozed)
            for start in range(0, len(slept), TOGETHER):
                for confidence in self._network.hear(slept[start : start + TOGETHER])[0]:
                    self._note(confidence)
            self._dozed.clear()

    def _note(self, confidence: float) -> None:
        """Has Silero forget what it heard when that is due."""
        self._heard_windows += 1
        self._unsure_windows = self._unsure_windows + 1 if confidence < _RESET_CONFIDENCE else 0
        if (
            self._heard_windows >= _RESET_WINDOWS
            and self._unsure_windows >= _RESET_UNSURE_WINDOWS
            and self._vad_state is VADState.QUIET
        ):
            self._network.reset()
            self._heard_windows = 0

    def _step(self, speech: bool) -> None:
        """Pipecat's states, and who asked to be told of them."""
        state, before = self._vad_state, self._vad_state
        if speech:
            match state:
                case VADState.QUIET:
                    state, self._vad_starting_count = VADState.STARTING, 1
                case VADState.STARTING:
                    self._vad_starting_count += 1
                case VADState.STOPPING:
                    state, self._vad_stopping_count = VADState.SPEAKING, 0
        else:
            match state:
                case VADState.STARTING:
                    state, self._vad_starting_count = VADState.QUIET, 0
                case VADState.SPEAKING:
                    state, self._vad_stopping_count = VADState.STOPPING, 1
                case VADState.STOPPING:
                    self._vad_stopping_count += 1
        if state is VADState.STARTING and self._vad_starting_count >= self._vad_start_frames:
            state, self._vad_starting_count = VADState.SPEAKING, 0
        if state is VADState.STOPPING and self._vad_stopping_count >= self._vad_stop_frames:
            state, self._vad_stopping_count = VADState.QUIET, 0
        self._vad_state = state
        if state is not before:
            self.on_state(state)

    @property
    def start_lag(self) -> timedelta:
        """How long before its detection the caller's speech is taken to have begun."""
        return timedelta(seconds=START_SECS) + self._speech_pad

    def turn_strategies(self) -> UserTurnStrategies:
        """When a turn of the caller's starts and stops, without a turn model."""
        return UserTurnStrategies(
            start=[VADUserTurnStartStrategy()],
            stop=[
                SpeechTimeoutUserTurnStopStrategy(
                    user_speech_timeout=self._speech_pad.total_seconds(), wait_for_transcript=False
                )
            ],
        )


def _samples(pcm: bytes) -> Floats:
    """Samples from -1 to 1."""
    samples: Floats = np.frombuffer(pcm, np.int16).astype(np.float32)
    samples *= np.float32(1 / 32768)
    return samples
