"""Faults that a scenario, or a test, injects into streams."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from nova_sonic_emulator.errors import ExceptionName

Kind = Literal[
    "drop",
    "end",
    "reset",
    "hang",
    "exception",
    "exception_then_reset",
    "http_error",
    "late_headers",
]


class Fault(BaseModel):
    """One thing that goes wrong, and when.

    Without `on_input`, `on_output` and `after_seconds` it strikes as soon as the request arrives,
    before any response header.

    Attributes:
        kind: What happens. `drop` tears the TCP connection; `end` ends the response without a word;
            `reset` resets the HTTP/2 stream; `hang` neither reads nor answers from then on;
            `exception` sends an exception event and ends the stream, `exception_then_reset` resets
            it after the event; `http_error` answers with an HTTP error in place of a stream;
            `late_headers` keeps response headers and events back for `seconds`.
        streams: The streams that it strikes, counted from 1 in order of arrival; empty for all.
        on_input: Strike at this event of the client's, for example `audioInput`.
        on_output: Strike right after this event of the service's, for example `audioOutput`.
        count: At which occurrence of that event.
        after_seconds: Strike this long after the request arrived, or after that event.
        exception: Which exception event.
        message: The exception's or the error's message.
        status: HTTP status of `http_error`.
        code: Error type of `http_error`.
        seconds: How late `late_headers` is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    streams: tuple[Annotated[int, Field(ge=1)], ...] = ()
    on_input: str | None = None
    on_output: str | None = None
    count: Annotated[int, Field(ge=1)] = 1
    after_seconds: Annotated[float, Field(ge=0)] = 0
    exception: ExceptionName = "modelStreamErrorException"
    message: str = "The emulator's scenario asked for this fault."
    status: Annotated[int, Field(ge=400, le=599)] = 500
    code: str = "InternalServerException"
    seconds: Annotated[float, Field(ge=0)] = 5

    @property
    def at_opening(self) -> bool:
        """Whether it strikes before anything else happens."""
        return not (self.on_input or self.on_output or self.after_seconds)

    @model_validator(mode="after")
    def _check_moment(self) -> Self:
        if self.on_input and self.on_output:
            raise ValueError("a fault strikes on an input or on an output event, not on both")
        if self.kind in ("http_error", "late_headers") and not self.at_opening:
            raise ValueError(f"{self.kind} happens when the request arrives: give it no moment")
        return self


class Trigger:
    """Decides, on one stream, when each of its faults strikes."""

    def __init__(self, faults: tuple[Fault, ...], stream: int) -> None:
        mine = [fault for fault in faults if not fault.streams or stream in fault.streams]
        self.at_opening = [fault for fault in mine if fault.at_opening]
        self.timed = [
            fault
            for fault in mine
            if fault.after_seconds and not (fault.on_input or fault.on_output)
        ]
        self._waiting = [fault for fault in mine if fault.on_input or fault.on_output]
        self._seen: dict[tuple[str, str], int] = {}

    def seen(self, direction: Literal["input", "output"], name: str) -> list[Fault]:
        """Count an event, and give the faults that it sets off."""
        if not self._waiting:
            return []
        count = self._seen[direction, name] = self._seen.get((direction, name), 0) + 1
        return [
            fault
            for fault in self._waiting
            if count == fault.count
            and name == (fault.on_input if direction == "input" else fault.on_output)
        ]
