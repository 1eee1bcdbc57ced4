"""Whether a sound that comes while the agent speaks deserves that it stops, and for how long."""

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

#: How sure the detector is of a voice, 0 to 1, when it first hears one; and while it goes on.
ONSET_CONFIDENCE, VOICE_CONFIDENCE = 0.8, 0.5
#: A voice below this, in dB of full scale, is not meant for us.
QUIETEST_DBFS = -45.0
#: After so much quiet it was a cough. Words have shorter gaps, and Nova would have told by then.
QUIET_SECONDS = 0.3
#: A voice that lasts so long without being taken for the caller's is somebody else's.
LONGEST_SECONDS = 1.2
#: That voice does not hold the agent up again before it has been quiet for so long.
PATIENCE_SECONDS = 1.0
#: So many holds for nothing within so long, and sounds have lost their credit: somebody has a bad
#: cold, or the agent hears itself. Speech that lasts interrupts all the same.
FALSE_HOLDS, FALSE_SECONDS = 3, 15.0

Decision = Literal["hold", "resume"]


@dataclass(slots=True)
class Attention:
    """Decides window by window; times are seconds of any clock that does not jump.

    Attributes:
        holding: Whether the agent is held.
    """

    holding: bool = False
    _held_at: float = 0.0
    _voice_at: float = float("-inf")
    _ignoring: bool = False
    _false: deque[float] = field(default_factory=deque)

    def hear(self, window: bytes, confidence: float, now: float) -> Decision | None:
        """Takes a window of the caller's sound while the agent speaks.

        Args:
            window: 16 bit PCM.
            confidence: How sure the detector is that somebody speaks in it, 0 to 1.
            now: When it was heard.
        """
        if confidence >= VOICE_CONFIDENCE:
            quiet_for = now - self._voice_at
            self._voice_at = now
            if quiet_for > PATIENCE_SECONDS:
                self._ignoring = False
        if self.holding or self._ignoring or self._doubts(now):
            return None
        if confidence < ONSET_CONFIDENCE or _level(window) < QUIETEST_DBFS:
            return None
        self.holding, self._held_at = True, now
        return "hold"

    def check(self, now: float) -> Decision | None:
        """Looks at the clock while the agent is held; windows of silence may be left out."""
        if not self.holding:
            return None
        quiet = now - self._voice_at >= QUIET_SECONDS
        if not quiet and now - self._held_at < LONGEST_SECONDS:
            return None
        self.holding, self._ignoring = False, not quiet
        self._false.append(now)
        return "resume"

    def settle(self) -> None:
        """The caller has the floor: there is nothing to resume."""
        self.holding = False

    def _doubts(self, now: float) -> bool:
        while self._false and now - self._false[0] > FALSE_SECONDS:
            self._false.popleft()
        return len(self._false) >= FALSE_HOLDS


def _level(window: bytes) -> float:
    samples = np.frombuffer(window, np.int16).astype(np.float32)
    power = float(np.dot(samples, samples)) / max(len(samples), 1)
    return 10 * float(np.log10(power / 32768**2 + 1e-12))
