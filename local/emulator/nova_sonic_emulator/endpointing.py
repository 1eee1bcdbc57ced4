"""Where speech begins and ends in a stream of microphone audio.

Energy against a noise floor that adapts: no model, a few microseconds for each 10 ms of audio.
"""

import math
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
"""Hz. What Nova Sonic is sent, and what everything that listens here expects."""

FRAME_MS = 10
FRAME_SAMPLES = SAMPLE_RATE * FRAME_MS // 1000
_EMPHASIS = np.float32(0.97)
_FULL_SCALE = 32768
_LEAST_POWER = 1e-8


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

    A frame is speech when it stands out of the noise, as it is or with its high frequencies raised:
    one sees voices through hiss, the other through hum. A click is too short to start an utterance
    and too short to prolong one.

    Args:
        endpoint_silence_ms: How long a pause ends an utterance.
        onset_ms: How much sound begins one: within a time that is 12/7 of it.

    Attributes:
        speaking: Whether an utterance has begun and not ended.
    """

    ONSET_MS = 70
    CLICK_FRAMES = 3
    LONGEST_UTTERANCE_MS = 30_000

    def __init__(self, *, endpoint_silence_ms: int, onset_ms: int = ONSET_MS) -> None:
        self._endpoint_frames = endpoint_silence_ms // FRAME_MS
        self._onset_frames = max(1, onset_ms // FRAME_MS)
        self._rest = bytearray()
        self._plain = _Level(quietest_dbfs=-46.0)
        self._raised = _Level(quietest_dbfs=-56.0)
        self._recent: deque[bool] = deque(maxlen=self._onset_frames * 12 // 7)
        self._frame = 0
        self._run = 0
        self._started_at = 0
        self._last_speech = 0
        self.speaking = False

    def hear(self, pcm: bytes) -> list[HeardEvent]:
        """Takes the next piece of audio, of any size, and tells what it completes."""
        return [event for frame in self._frames(pcm) if (event := self._advance(frame))]

    def _frames(self, pcm: bytes) -> list[NDArray[np.float32]]:
        """Every frame that is complete, with the sample before it; what is left waits for more."""
        self._rest += pcm
        size, overlap = 2 * FRAME_SAMPLES, 2
        count = max(0, (len(self._rest) - overlap) // size)
        samples = np.frombuffer(bytes(self._rest[: count * size + overlap]), dtype="<i2")
        del self._rest[: count * size]
        return [
            samples[start : start + FRAME_SAMPLES + 1].astype(np.float32)
            for start in range(0, count * FRAME_SAMPLES, FRAME_SAMPLES)
        ]

    def _advance(self, frame: NDArray[np.float32]) -> HeardEvent | None:
        plain = self._plain.stands_out(frame[1:], speaking=self.speaking)
        raised = self._raised.stands_out(frame[1:] - _EMPHASIS * frame[:-1], speaking=self.speaking)
        loud = plain or raised
        self._recent.append(loud)
        self._run = self._run + 1 if loud else 0
        self._frame += 1
        return self._while_speaking() if self.speaking else self._while_silent()

    def _while_silent(self) -> SpeechStarted | None:
        if sum(self._recent) < self._onset_frames:
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


class _Level:
    """Loudness against a noise floor, the quietest 50 ms of the last one and a half seconds.

    So a noise that was there from the start never stands out, and one that sets in later does so
    for no longer than that.

    Args:
        quietest_dbfs: What is quieter never stands out; comfort noise is.
    """

    MARGIN_DB, MARGIN_WHILE_SPEAKING_DB = 9.0, 6.0
    FLOOR_FRAMES = 150
    SMOOTHING_FRAMES = 5

    def __init__(self, *, quietest_dbfs: float) -> None:
        self._quietest = quietest_dbfs
        self._levels: deque[float] = deque(maxlen=self.SMOOTHING_FRAMES)
        self._floors: deque[float] = deque(maxlen=self.FLOOR_FRAMES)

    def stands_out(self, frame: NDArray[np.float32], *, speaking: bool) -> bool:
        """Takes the next frame; tells whether it is speech, of which less will do within speech."""
        mean = float(frame.sum()) / FRAME_SAMPLES  # DC is no sound
        power = max(0.0, float(np.dot(frame, frame)) / FRAME_SAMPLES - mean * mean)
        level = 10 * math.log10(power / _FULL_SCALE**2 + _LEAST_POWER)
        self._levels.append(level)
        self._floors.append(sum(self._levels) / len(self._levels))
        margin = self.MARGIN_WHILE_SPEAKING_DB if speaking else self.MARGIN_DB
        return level > max(min(self._floors) + margin, self._quietest)
