"""Where speech begins and ends in a stream of microphone audio.

Energy against a noise floor that adapts: no model, a few microseconds for each 10 ms of audio.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
"""Hz. What Nova Sonic is sent, and what everything that listens here expects."""

FRAME_MS = 10
FRAME_SAMPLES = SAMPLE_RATE * FRAME_MS // 1000


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody has begun to speak.

    Attributes:
        offset_ms: Where in the stream, from its first sample.
    """

    offset_ms: int


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The speaker has been silent for as long as an endpoint needs.

    Attributes:
        offset_ms: Where the last speech was, not where that was noticed.
    """

    offset_ms: int


type HeardEvent = SpeechStarted | SpeechEnded


class Endpointer:
    """Finds utterances in 16 kHz mono s16le audio.

    The floor is the quietest 50 ms of the last one and a half seconds, so a noise that was there
    from the start never counts as speech and one that sets in later does for no longer than that.
    Pre-emphasis takes out DC and hum. A click is too short to start an utterance and too short to
    prolong one.
    """

    MARGIN_DB = 9.0
    """Above the floor is speech; while speaking, `RELEASE_DB` less is enough."""
    RELEASE_DB = 3.0
    QUIETEST_SPEECH_DBFS = -56.0
    """After pre-emphasis, which takes 10 dB from voices. Comfort noise stays under it."""
    FLOOR_WINDOW_FRAMES = 150
    SMOOTHING_FRAMES = 5
    ONSET_FRAMES, ONSET_WINDOW_FRAMES = 7, 12
    CLICK_FRAMES = 3
    LONGEST_UTTERANCE_MS = 30_000

    def __init__(self, *, endpoint_silence_ms: int) -> None:
        """Args: endpoint_silence_ms: How long a pause ends an utterance."""
        self._endpoint_frames = endpoint_silence_ms // FRAME_MS
        self._rest: NDArray[np.float32] = np.zeros(0, dtype=np.float32)
        self._odd_byte = b""
        self._previous_sample: float | None = None
        self._energies: deque[float] = deque(maxlen=self.SMOOTHING_FRAMES)
        self._floors: deque[float] = deque(maxlen=self.FLOOR_WINDOW_FRAMES)
        self._recent: deque[bool] = deque(maxlen=self.ONSET_WINDOW_FRAMES)
        self._frame = 0
        self._run = 0
        self._started_at = 0
        self._last_speech = 0
        self.speaking = False

    def hear(self, pcm: bytes) -> list[HeardEvent]:
        """Takes the next piece of audio, of any size, and tells what it completes."""
        return [event for level in self._levels(pcm) if (event := self._advance(level))]

    def _levels(self, pcm: bytes) -> list[float]:
        """DBFS of each whole frame there is now, pre-emphasised; what is left waits for more."""
        pcm = self._odd_byte + pcm
        whole = len(pcm) & ~1
        self._odd_byte = pcm[whole:]
        samples = np.frombuffer(pcm[:whole], dtype="<i2").astype(np.float32)
        if samples.size:
            first = samples[0] if self._previous_sample is None else self._previous_sample
            self._previous_sample = float(samples[-1])
            shifted = np.concatenate((np.array([first], dtype=np.float32), samples[:-1]))
            self._rest = np.concatenate((self._rest, samples - np.float32(0.97) * shifted))
        frames = self._rest.size // FRAME_SAMPLES
        block = self._rest[: frames * FRAME_SAMPLES].reshape(frames, FRAME_SAMPLES)
        self._rest = self._rest[frames * FRAME_SAMPLES :]
        # DC passes pre-emphasis at 3 %, which in a loud offset is still more than a quiet voice.
        power = block.var(axis=1) / np.float32(32768.0**2)
        return [float(level) for level in 10 * np.log10(power + 1e-8)]

    def _advance(self, level: float) -> HeardEvent | None:
        self._energies.append(level)
        self._floors.append(sum(self._energies) / len(self._energies))
        threshold = max(min(self._floors) + self.MARGIN_DB, self.QUIETEST_SPEECH_DBFS)
        if self.speaking:
            threshold -= self.RELEASE_DB
        loud = level > threshold
        self._recent.append(loud)
        self._run = self._run + 1 if loud else 0
        self._frame += 1
        return self._while_speaking() if self.speaking else self._while_silent()

    def _while_silent(self) -> SpeechStarted | None:
        if sum(self._recent) < self.ONSET_FRAMES:
            return None
        self._started_at = self._frame - len(self._recent) + self._recent.index(True)
        self._last_speech = self._frame
        self.speaking = True
        return SpeechStarted(self._started_at * FRAME_MS)

    def _while_speaking(self) -> SpeechEnded | None:
        if self._run >= self.CLICK_FRAMES:
            self._last_speech = self._frame
        too_long = (self._frame - self._started_at) * FRAME_MS >= self.LONGEST_UTTERANCE_MS
        if self._frame - self._last_speech < self._endpoint_frames and not too_long:
            return None
        self._recent.clear()
        self.speaking = False
        return SpeechEnded(self._last_speech * FRAME_MS)
