"""What happened on a stream, for tests to read and to wait for."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Recorded:
    """One event.

    Attributes:
        at: When, on the clock of `time.monotonic()`, in seconds.
        name: Of the event, for example `audioInput`.
        fields: What the event carried.
    """

    at: float
    name: str
    fields: dict[str, Any]


@dataclass(eq=False, slots=True)
class Recording:
    """One stream's life.

    Attributes:
        number: Counted from 1 in order of arrival.
        model_id: The model that the client asked for.
        keeps_events: Whether events are kept; without, only the rest of it is.
        opened_at: When the request arrived, on the clock of `time.monotonic()`.
        inputs: The client's events.
        outputs: The service's events.
        ended: Why the stream is over, None while it is not: `session ended`, `input ended`,
            `client gone`, an exception's name, an HTTP status, or a fault's kind.
    """

    number: int
    model_id: str
    keeps_events: bool = True
    opened_at: float = field(default_factory=time.monotonic)
    inputs: list[Recorded] = field(default_factory=list)
    outputs: list[Recorded] = field(default_factory=list)
    ended: str | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def input_names(self) -> list[str]:
        """The names of the client's events, with runs of one name told once."""
        return _without_runs(self.inputs)

    def output_names(self) -> list[str]:
        """The names of the service's events, with runs of one name told once."""
        return _without_runs(self.outputs)

    async def wait_for_input(self, name: str, *, count: int = 1, seconds: float = 10) -> Recorded:
        """Wait for the client's `count`-th event of that name, and give it.

        Raises:
            TimeoutError: It did not come within `seconds`.
        """
        return await self._wait_for(self.inputs, name, count, seconds)

    async def wait_for_output(self, name: str, *, count: int = 1, seconds: float = 10) -> Recorded:
        """Wait for the service's `count`-th event of that name, and give it.

        Raises:
            TimeoutError: It did not come within `seconds`.
        """
        return await self._wait_for(self.outputs, name, count, seconds)

    async def wait_for_end(self, *, seconds: float = 10) -> str:
        """Wait until the stream is over, and say why it is.

        Raises:
            TimeoutError: It was not over within `seconds`.
        """
        async with asyncio.timeout(seconds):
            while self.ended is None:
                self._changed.clear()
                await self._changed.wait()
        return self.ended

    def add_input(self, name: str, fields: dict[str, Any]) -> None:
        """Keep an event of the client's."""
        self._add(self.inputs, name, fields)

    def add_output(self, name: str, fields: dict[str, Any]) -> None:
        """Keep an event of the service's."""
        self._add(self.outputs, name, fields)

    def end(self, reason: str) -> None:
        """Keep why the stream is over; the first reason stays."""
        if self.ended is None:
            self.ended = reason
            self._changed.set()

    def _add(self, events: list[Recorded], name: str, fields: dict[str, Any]) -> None:
        if self.keeps_events:
            events.append(Recorded(time.monotonic(), name, fields))
            self._changed.set()

    async def _wait_for(
        self, events: list[Recorded], name: str, count: int, seconds: float
    ) -> Recorded:
        async with asyncio.timeout(seconds):
            while True:
                found = [event for event in events if event.name == name]
                if len(found) >= count:
                    return found[count - 1]
                self._changed.clear()
                await self._changed.wait()


def _without_runs(events: list[Recorded]) -> list[str]:
    names: list[str] = []
    for event in events:
        if not names or names[-1] != event.name:
            names.append(event.name)
    return names
