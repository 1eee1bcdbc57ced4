"""Our own view of when the caller speaks: Silero, with `speech_pad_ms`, which Pipecat lacks.

Nova decides the turns. This view gives the page its speech events and stops playback at once on
barge-in, without waiting for Nova's word.

Silero's own tools widen detected speech by a pad at both ends; Pipecat's VADParams know no such
thing. Here the pad has the same two effects. At the end the turn stays open for the pad after
`stop_secs` of silence, which is what `SpeechTimeoutUserTurnStopStrategy` waits for. At the start
the turn's recorded time is set back by the pad, on top of `start_secs`, during which the detector
listened before it was sure. No audio needs to be padded: Nova hears the caller all the time.
"""

from collections.abc import Callable
from datetime import timedelta

import numpy as np
from loguru import logger
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams, VADState
from pipecat.turns.user_start import VADUserTurnStartStrategy
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies

from services.bot.agent import VoiceActivity
from services.bot.transports import SAMPLE_RATE_IN

#: Seconds of speech before we are sure: shorter barge-ins are coughs.
START_SECS = 0.2

# It advises, at each call's first pause, a stop_secs for cascades with their own transcription.
logger.disable("pipecat.turns.user_stop.speech_timeout_user_turn_stop_strategy")


class PaddedSilero(SileroVADAnalyzer):
    """The speech detector of one call, loaded and run once before the call.

    Attributes:
        on_state: Called at each change of what is heard (QUIET, STARTING, SPEAKING, STOPPING),
            within the task that brings the audio: before Pipecat's own frames, and not to block.
        on_window: Called with each window of 32 ms that is listened to and how sure it is that
            somebody speaks in it, 0 to 1. The states lag behind this by 100 ms and more: they also
            ask how loud it has been. What is left out was silence.
    """

    def __init__(self) -> None:
        self.on_state: Callable[[VADState], None] = lambda _: None
        self.on_window: Callable[[bytes, float], None] = lambda *_: None
        super().__init__(sample_rate=SAMPLE_RATE_IN)
        self.set_sample_rate(SAMPLE_RATE_IN)
        self.voice_confidence(np.zeros(self.num_frames_required(), np.int16).tobytes())
        self._speech_pad = timedelta()

    def listen_for(self, wanted: VoiceActivity) -> None:
        """Takes over an agent's parameters."""
        self.set_params(
            VADParams(
                start_secs=START_SECS, stop_secs=wanted.stop_secs, min_volume=wanted.min_volume
            )
        )
        self._speech_pad = timedelta(milliseconds=wanted.speech_pad_ms)

    def voice_confidence(self, buffer: bytes) -> float:
        """How sure it is that somebody speaks in a window, 0 to 1."""
        confidence = float(np.ravel(super().voice_confidence(buffer))[0])
        self.on_window(buffer, confidence)
        return confidence

    async def analyze_audio(self, buffer: bytes) -> VADState:
        """Listens to a piece of the call.

        Pipecat does so in a thread, for the sake of other calls in its process. Here there are
        none, and handing over 50 pieces a second takes longer than the 0.2 ms of listening.
        """
        before = self._vad_state
        state = self._run_analyzer(buffer)
        if state is not before:
            self.on_state(state)
        return state

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
