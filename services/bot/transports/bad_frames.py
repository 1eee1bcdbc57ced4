"""What a caller's frame can have wrong with it, and how much of that is too much."""

import time
from collections import deque

#: So many bad frames within the window end the call: a program that is wrong stays wrong.
LIMIT = 20
WINDOW_SECONDS = 10.0


class BadFrameError(ValueError):
    """A frame that cannot be used.

    Attributes:
        code: A stable slug for programs.
        message: A sentence for the person who writes the program.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Patience:
    """Counts bad frames."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=LIMIT)

    def count(self) -> bool:
        """Counts one bad frame; True if that was one too many."""
        now = time.monotonic()
        self._times.append(now)
        return len(self._times) == LIMIT and now - self._times[0] <= WINDOW_SECONDS


def check_audio(audio: bytes) -> bytes:
    """Audio as it came from a caller, if it is 16 bit PCM.

    Raises:
        BadFrameError: It is empty or ends in the middle of a sample.
    """
    if not audio:
        raise BadFrameError("empty-audio", "The frame holds no audio.")
    if len(audio) % 2:
        raise BadFrameError(
            "odd-audio", "16 bit samples are two bytes each; the audio has an odd number of bytes."
        )
    return audio
