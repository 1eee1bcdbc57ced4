"""A scenario: the emulator's limits, pace, voice, wits and faults, from a readable TOML file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nova_sonic_emulator.events import Sensitivity
from nova_sonic_emulator.faults import Fault
from nova_sonic_emulator.mind import MindScript

_Milliseconds = Annotated[int, Field(ge=0, le=60_000)]
_Seconds = Annotated[float, Field(gt=0)]


class ScenarioError(ValueError):
    """A scenario file that cannot be used; the message says which line of it and why."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_Part):
    """The service's limits. Their defaults are the service's own.

    Attributes:
        connection_seconds: How long a stream may last; ModelTimeoutException.
        idle_seconds: How long it may be without audio or interactive text; ValidationException.
        concurrent_streams: Open streams in all; ThrottlingException.
        streams_per_minute: New streams in any minute, None for no limit; ThrottlingException.
        text_input_bytes: Size of one `textInput` that is not SYSTEM; ValidationException.
        history_bytes: Size of the whole conversation history; ValidationException.
        signature_skew_seconds: How far the client's clock may be off.
    """

    connection_seconds: _Seconds = 480
    idle_seconds: _Seconds = 55
    concurrent_streams: Annotated[int, Field(ge=0)] = 20
    streams_per_minute: Annotated[int, Field(ge=0)] | None = None
    text_input_bytes: Annotated[int, Field(ge=1)] = 1024
    history_bytes: Annotated[int, Field(ge=1)] = 40 * 1024
    signature_skew_seconds: _Seconds = 300


class Models(_Part):
    """Which model ids the service knows.

    Attributes:
        available: Those that answer.
        end_of_life: Those that are refused with ResourceNotFoundException.
    """

    available: tuple[str, ...] = (
        "amazon.nova-2-sonic-v1:0",
        "amazon.nova-2-5-sonic",
        "amazon.nova-2-5-sonic-v1:0",
    )
    end_of_life: tuple[str, ...] = ("amazon.nova-sonic-v1:0",)


class Endpointing(_Part):
    """How much sound begins the caller's turn, and how much silence ends it, by sensitivity."""

    onset_ms: _Milliseconds = 70
    high_ms: _Milliseconds = 300
    medium_ms: _Milliseconds = 500
    low_ms: _Milliseconds = 800

    def silence_ms(self, sensitivity: Sensitivity) -> int:
        """The silence that ends a turn, in milliseconds."""
        return {"HIGH": self.high_ms, "MEDIUM": self.medium_ms, "LOW": self.low_ms}[sensitivity]


class Pace(_Part):
    """How the answer comes.

    Attributes:
        thinking_ms: From the caller's words to the decision.
        chunk_ms: Length of one `audioOutput`.
        lead_ms: How far ahead of a listener's ear audio is sent.
        speed: How fast it speaks: 2 is twice as fast as people do.
        announce_interruption: Whether a barge-in is told with INTERRUPTED. AWS documents it, yet
            there are reports of streams on which only the caller's speech events came.
    """

    thinking_ms: _Milliseconds = 0
    chunk_ms: Annotated[int, Field(ge=10, le=1000)] = 40
    lead_ms: _Milliseconds = 1000
    speed: Annotated[float, Field(ge=0.5, le=2.5)] = 1
    announce_interruption: bool = True


class Scenario(_Part):
    """Everything about the emulator that a test or a person may want to be otherwise.

    Attributes:
        region: The only region whose signatures are accepted; None accepts any.
        limits: The service's limits.
        models: The model ids it knows.
        endpointing: When a turn ends.
        pace: How the answer comes.
        mind: What it says and which tools it calls.
        faults: What goes wrong; `[[fault]]` in the file.
    """

    model_config = ConfigDict(populate_by_name=True)

    region: str | None = None
    limits: Limits = Limits()
    models: Models = Models()
    endpointing: Endpointing = Endpointing()
    pace: Pace = Pace()
    mind: MindScript = MindScript.model_validate({})
    faults: Annotated[tuple[Fault, ...], Field(alias="fault")] = ()

    @classmethod
    def load(cls, file: Path) -> Scenario:
        """Read a scenario file.

        Raises:
            ScenarioError: It is missing, no TOML, or has an unknown key or a wrong value.
        """
        try:
            return cls.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
        except OSError as error:
            raise ScenarioError(f"{file}: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ScenarioError(f"{file} is not TOML: {error}") from error
        except ValidationError as error:
            problems = "\n".join(
                f"  {'.'.join(str(part) for part in each['loc'])}: {each['msg']}"
                for each in error.errors(include_url=False)
            )
            raise ScenarioError(f"{file} is no scenario:\n{problems}") from error
