"""How often Daily lets itself be asked."""

from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests within so many seconds."""

    requests: int
    seconds: float


EVERYTHING = Limit(100, 5)
"""Daily: "20 requests per second, or 100 requests over a 5 second window"."""

DELETIONS = Limit(50, 30)
"""Daily, of DELETE /rooms/:name: "about 2 requests per second, or 50 over a 30 second window"."""


@dataclass(slots=True)
class Window:
    """Counts requests against a limit."""

    limit: Limit
    _times: deque[float] = field(default_factory=deque)

    def admit(self, now: float) -> bool:
        """Counts a request; False, and not counted, if it is one too many."""
        while self._times and self._times[0] <= now - self.limit.seconds:
            self._times.popleft()
        if len(self._times) >= self.limit.requests:
            return False
        self._times.append(now)
        return True
