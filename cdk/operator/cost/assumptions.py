"""What a call is taken to be."""

from dataclasses import dataclass

HOURS_A_MONTH = 730

TOKENS_A_SECOND = 25
"""Of speech, in either direction, as bills for Nova Sonic come out; silence counts as heard."""

_HEARD_BYTES = 16_000 * 2
_SPOKEN_BYTES = 24_000 * 2
"""A second of PCM: 16 kHz from the caller, 24 kHz to the caller, 16 bit."""

_GB = 1e9

MODEL_GB_AN_HOUR = 0.36
"""Between bot and model: base64 in JSON in signed frames, measured with the emulator."""

DAILY_GB_AN_HOUR = 0.1
"""Between bot and Daily: compressed sound both ways and the agent's face. A guess, not measured."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """An average call.

    Attributes:
        minutes: How long it lasts.
        spoken_share: In how much of that time the agent speaks.
        turns_a_minute: Of caller and agent together.
        prompt_tokens: Instructions and tools, read at the beginning of each connection.
        connection_minutes: After how many a connection to the model is made anew.
        log_bytes: What all services log about it.
        on_daily: Whether it goes through a room on Daily, and not through the load balancer.
    """

    minutes: float = 3.0
    spoken_share: float = 0.45
    turns_a_minute: float = 8.0
    prompt_tokens: int = 1500
    connection_minutes: float = 8.0
    log_bytes: int = 20_000
    on_daily: bool = False

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.minutes * 60

    @property
    def hours(self) -> float:
        """How long it lasts."""
        return self.minutes / 60

    @property
    def gb_to_caller(self) -> float:
        """What goes out to the caller."""
        return self.seconds * self.spoken_share * _SPOKEN_BYTES / _GB

    @property
    def gb_from_caller(self) -> float:
        """What comes in from the caller."""
        return self.seconds * _HEARD_BYTES / _GB

    def told(self) -> list[tuple[str, str]]:
        """The assumptions in words."""
        exchange = f"{DAILY_GB_AN_HOUR} GB an hour of calls, a guess"
        daily = [("bot and Daily exchange", exchange)] if self.on_daily else []
        return [
            ("a call lasts", f"{self.minutes:g} minutes"),
            ("the agent speaks", f"{self.spoken_share:.0%} of the time"),
            ("turns", f"{self.turns_a_minute:g} a minute"),
            ("tokens of speech", f"{TOKENS_A_SECOND} a second, silence included"),
            ("instructions and tools", f"{self.prompt_tokens} tokens a connection"),
            ("bot and model exchange", f"{MODEL_GB_AN_HOUR} GB an hour of calls"),
            *daily,
            ("logs", f"{self.log_bytes / 1000:g} kB a call"),
            ("a month", f"{HOURS_A_MONTH} hours"),
        ]
