"""What `NovaSonic` can be told. The bot's settings fill it from environment variables."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class NovaSettings(BaseModel):
    """Where Nova Sonic is, who we are there, and how long to wait for it.

    Times are in seconds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    region: str = "us-east-1"
    model_id: str = "amazon.nova-2-5-sonic"
    voice_id: str = "tiffany"
    endpoint_url: str | None = Field(
        default=None,
        description="An https URL; without it AWS_ENDPOINT_URL_BEDROCK_RUNTIME, AWS_ENDPOINT_URL, "
        "or the region's own endpoint.",
    )
    access_key_id: SecretStr | None = None
    secret_access_key: SecretStr | None = None
    session_token: SecretStr | None = None

    endpointing: Literal["HIGH", "MEDIUM", "LOW"] | None = Field(
        default=None, description="How soon Nova takes the caller to have finished."
    )
    sample_rate: int = Field(
        default=24_000, description="Of the agent's audio in Hz: 8000, 16000 or 24000."
    )
    max_tokens: int = Field(default=1024, ge=1)
    temperature: float = Field(default=0.7, ge=0, le=1)
    top_p: float = Field(default=0.9, ge=0, le=1)

    credentials_seconds: float = Field(default=5.0, gt=0)
    connect_seconds: float = Field(default=4.0, gt=0, description="TCP and TLS.")
    open_seconds: float = Field(
        default=8.0, gt=0, description="From the request to the response's headers."
    )
    send_seconds: float = Field(default=4.0, gt=0, description="For one event.")
    close_seconds: float = Field(default=2.0, gt=0, description="For the whole goodbye.")
    answer_seconds: float = Field(
        default=10.0,
        gt=0,
        description="A stream that says nothing for so long after a question counts as lost.",
    )
    unheard_seconds: float = Field(
        default=5.0,
        gt=0,
        description="So does one that gives no sign of having heard the caller.",
    )
    late_seconds: float = Field(
        default=4.0, gt=0, description="Then a caller who waits hears that somebody is there."
    )

    tool_seconds: float = Field(
        default=30.0, gt=0, description="Then Nova is told that the tool did not return."
    )

    connection_limit_seconds: float = Field(
        default=480.0, gt=0, description="AWS ends a connection after 8 minutes."
    )
    rotate_from: float = Field(
        default=0.75, gt=0, lt=1, description="Part of the limit: rotate when nobody speaks."
    )
    rotate_by: float = Field(
        default=0.95, gt=0, lt=1, description="Part of the limit: rotate, whoever speaks."
    )

    backoff_first_seconds: float = Field(default=0.25, gt=0)
    backoff_longest_seconds: float = Field(default=5.0, gt=0)
    reconnect_attempts: int = Field(default=10, ge=0)
    reconnect_seconds: float = Field(
        default=45.0, gt=0, description="After so long without a sound stream the call is over."
    )
    sound_after_seconds: float = Field(
        default=10.0, gt=0, description="A stream that lived so long clears the failures' count."
    )
    gap_audio_seconds: float = Field(
        default=20.0,
        gt=0,
        description="The caller's last words that no stream has understood yet, for the next one.",
    )

    @property
    def bytes_a_second(self) -> int:
        """Of the agent's audio: 16 bit, mono."""
        return 2 * self.sample_rate

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("access_key_id and secret_access_key: set both or neither")
        if self.endpoint_url is not None and not self.endpoint_url.startswith("https://"):
            raise ValueError("endpoint_url: must be https, HTTP/2 needs TLS with ALPN here")
        if self.sample_rate not in (8_000, 16_000, 24_000):
            raise ValueError("sample_rate: must be 8000, 16000 or 24000")
        if self.rotate_by <= self.rotate_from:
            raise ValueError("rotate_by: must be above rotate_from")
        return self
