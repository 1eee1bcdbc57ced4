"""When to try again, and when to stop trying."""

import random
import time
from collections.abc import Callable

from services.bot.nova.errors import NovaError, Throttled
from services.bot.nova.settings import NovaSettings


class Backoff:
    """Exponential backoff with full jitter, and the breaker that ends it.

    A stream that opens and dies at once is a failure like one that never opened: the count is
    cleared only by `sound`, so neither kind can go on for ever.
    """

    def __init__(
        self,
        settings: NovaSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Starts with no failure; ``clock`` and ``jitter`` (0 to 1) are there for tests."""
        self._settings = settings
        self._clock = clock
        self._jitter = jitter
        self._failures = 0
        self._first_failure_at = 0.0

    @property
    def failures(self) -> int:
        """Failures since the last sound stream."""
        return self._failures

    def failed(self, error: NovaError) -> float | None:
        """Seconds to wait before the next attempt, or None once trying is over.

        See https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ (full jitter).
        """
        settings, now = self._settings, self._clock()
        if self._failures == 0:
            self._first_failure_at = now
        self._failures += 1
        spent = now - self._first_failure_at
        if self._failures > settings.reconnect_attempts or spent >= settings.reconnect_seconds:
            return None
        ceiling = settings.backoff_first_seconds * 2.0 ** (self._failures - 1)
        delay = self._jitter() * min(ceiling, settings.backoff_longest_seconds)
        if isinstance(error, Throttled) and error.retry_after is not None:
            delay = max(delay, error.retry_after)
        return min(delay, settings.reconnect_seconds - spent)

    def sound(self) -> None:
        """The stream has lived long enough to be trusted."""
        self._failures = 0
