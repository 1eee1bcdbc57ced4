"""The tools that Nova has called, over all streams of a session."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Settled = Literal["deliver", "ask again", "keep"]


@dataclass(frozen=True, slots=True)
class _Call:
    wording: str
    since: float


class ToolCalls:
    """Which calls wait for a result, and which stream waits for it.

    Nova takes one result for each call, on the stream that asked for it. A result that comes after
    that stream is gone is told to the next one in words, with the question.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing was called yet."""
        self._clock = clock
        self._pending: dict[str, _Call] = {}
        self._settled: set[str] = set()
        self._lost_streams: set[str] = set()
        self.results: list[str] = []
        """What was returned since the last answer, in words."""
        self.returned_before: dict[str, str] = {}
        """What was returned for earlier answers, by the wording of the call."""
        self._since: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self._pending)

    @property
    def awaited_from_lost_stream(self) -> bool:
        """Whether a result is still to come that only a new question can bring to Nova."""
        return not self._lost_streams.isdisjoint(self._pending)

    def called(self, use: str, name: str, arguments: str) -> None:
        """Nova calls a tool."""
        self._pending[use] = _Call(f"{name}({arguments})", self._clock())

    def returned(self, use: str, result: str) -> Settled:
        """A tool has returned: says what is to be done with the result."""
        if use in self._settled:
            return "keep"
        self._settled.add(use)
        call = self._pending.pop(use, None)
        wording = call.wording if call else "a tool"
        self.results.append(f"{wording}: {result}")
        self._since[wording] = result
        if use not in self._lost_streams:
            return "deliver"
        return "ask again" if call and not self.awaited_from_lost_stream else "keep"

    def turn_over(self) -> None:
        """An answer has been given with what was returned."""
        for wording, result in self._since.items():
            self.returned_before.pop(wording, None)  # the newer result has the newer place
            self.returned_before[wording] = result
        self.results, self._since = [], {}

    def overdue(self, seconds: float) -> list[str]:
        """The calls that have waited so long."""
        now = self._clock()
        return [use for use, call in self._pending.items() if now - call.since >= seconds]

    def stream_lost(self) -> None:
        """Nobody awaits the results of the calls so far."""
        self._lost_streams.update(self._pending)

    def moved_on(self) -> None:
        """The caller has said something new: what is pending holds nothing up any more."""
        self._pending.clear()
