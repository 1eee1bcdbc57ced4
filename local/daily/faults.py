"""Faults on order: the next requests fail as Daily's would, or hang."""

import asyncio
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

HANG_SECONDS = 60.0


class Fault(BaseModel):
    """What happens to the next requests.

    Attributes:
        status: What they are answered with; None lets them hang.
        times: How many requests.
        method: Only requests with this method count; None for all.
        retry_after: The Retry-After header, a number of seconds or a date; None for none.
        after: Whether what was asked for is done all the same, so that only the answer is lost.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: int | None = Field(default=None, ge=400, le=599)
    times: int = Field(default=1, ge=1)
    method: Literal["GET", "POST", "DELETE"] | None = None
    retry_after: str | None = None
    after: bool = False


class Faults:
    """The faults that are still to come."""

    def __init__(self) -> None:
        """None to begin with."""
        self._waiting: list[tuple[Fault, int]] = []

    def add(self, fault: Fault) -> None:
        """Lets requests fail; earlier orders come first."""
        self._waiting.append((fault, fault.times))

    def clear(self) -> None:
        """Lets everything go well again."""
        self._waiting.clear()

    def take(self, method: str) -> Fault | None:
        """The fault that a request meets, if any."""
        for index, (fault, left) in enumerate(self._waiting):
            if fault.method in (None, method):
                if left == 1:
                    del self._waiting[index]
                else:
                    self._waiting[index] = (fault, left - 1)
                return fault
        return None


async def hang() -> None:
    """Keeps a request waiting for longer than anybody should wait."""
    await asyncio.sleep(HANG_SECONDS)
