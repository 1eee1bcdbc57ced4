"""When the page comes back after a drop, and when it does not: as `services/client` has it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Self

BUSY_SECONDS = 5
_ATTEMPTS = 8
_FIRST_DELAY_SECONDS, _LONGEST_DELAY_SECONDS = 0.5, 8.0
_RESUMABLE = ("drained", "caller-dropped", "taken-over", "line-lost")
_END_BY_CODE = (1000, 1002, 1003, 1008, 1009, 4400, 4408, 4410)

Phase = Literal["connecting", "busy", "live", "reconnecting", "ended", "lost"]


class Refused(Exception):  # noqa: N818 - an answer, not an error
    """``/connect`` or ``/ws`` said no."""

    def __init__(self, status: int, retry_after: float | None) -> None:
        """Keeps when to come back, where the answer says so."""
        super().__init__(status)
        self.retryable = status >= 500 or status == 429
        self.busy = status == 503
        self.retry_after = retry_after

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str]) -> Self:
        """Reads an answer."""
        after = headers.get("retry-after")
        return cls(status, float(after) if after else None)


@dataclass(frozen=True, slots=True)
class Read:
    """A line of the transcript on the page."""

    role: Literal["user", "assistant"]
    text: str


def delays() -> Iterator[float]:
    """Seconds before each try to come back."""
    for attempt in range(_ATTEMPTS):
        longest = min(_LONGEST_DELAY_SECONDS, _FIRST_DELAY_SECONDS * 2**attempt)
        yield longest * random.uniform(0.5, 1)  # noqa: S311


def comes_back(code: int | None, announced: str) -> bool:
    """Whether it tries to, after a connection was closed with a code and perhaps announced."""
    return announced in _RESUMABLE if announced else code not in _END_BY_CODE
