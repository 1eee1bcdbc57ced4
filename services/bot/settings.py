"""The bot's settings."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from services.common.settings import ApiKey, CommaList, CommonSettings, Url

Endpointing = Literal["HIGH", "MEDIUM", "LOW"]
"""How soon Nova Sonic takes a pause for the end of what the caller says; HIGH is soonest."""


class BotSettings(CommonSettings):
    """What the bot reads from its environment, besides what every service reads.

    A value that an agent's file can hold too (voice, endpointing, VAD, limits) is None here unless
    it is set in the environment, and then wins over the file.
    """

    port: int = Field(8002, ge=0, le=65535, description="a port for calls")
    admin_port: int = Field(8003, ge=0, le=65535, description="a port for /health and /ready")
    cors_origins: CommaList = Field(
        (), description="origins, parted by commas, whose pages may call /webrtc"
    )
    api_key: ApiKey | None = Field(
        None, description="the key of programs that speak the JSON protocol on /ws"
    )
    agents: CommaList = Field(
        ("order-desk",), min_length=1, description="names of agents; the first is the default"
    )

    reload_agents: bool = Field(
        False, description="true on an author's machine: changed agents and tools are taken up"
    )

    max_sessions: int = Field(10, ge=1, le=500, description="sessions at once in this task")
    spare_sessions: int = Field(2, ge=1, le=50, description="processes that wait for a caller")
    # `make bench BENCH=capacity`: 1 ms with 15 calls on a core, 3 ms with 20, whose sound is 64 ms
    # late (p99), and 26 ms where it is 380 ms late.
    overload_lag_ms: float = Field(
        20, ge=0, description="milliseconds that event loops may lag; 0 lets callers in regardless"
    )
    drain_seconds: float = Field(110, ge=0, description="seconds that calls get at shutdown")
    ecs_agent_uri: str = Field(
        "",
        pattern=r"^(http://\S+)?$",
        description="the ECS agent's address, which ECS sets itself",
    )
    protection_minutes: int = Field(
        10, ge=1, le=2880, description="minutes after which a busy task's protection expires"
    )

    nova_aws_region: str = Field(
        "us-east-1", pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="a Region with Nova Sonic"
    )
    nova_model_id: str = Field("amazon.nova-2-5-sonic", min_length=1, description="a model id")
    nova_voice_id: str | None = Field(None, pattern=r"^[a-z]+$", description="a voice's name")
    nova_endpointing: Endpointing | None = Field(
        None, description="HIGH, MEDIUM or LOW: how soon a pause counts as the question's end"
    )
    nova_aws_access_key_id: SecretStr | None = Field(
        None, description="an access key id, together with NOVA_AWS_SECRET_ACCESS_KEY"
    )
    nova_aws_secret_access_key: SecretStr | None = Field(
        None, description="a secret access key, together with NOVA_AWS_ACCESS_KEY_ID"
    )
    connection_limit_seconds: float = Field(
        480, gt=0, le=480, description="seconds that Nova Sonic keeps one connection, at most 480"
    )

    transcripts_bucket: str = Field(
        "",
        pattern=r"^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$",
        description="an S3 bucket for transcripts and recordings; none are kept without",
    )

    handover_url: Url | Literal[""] = Field(
        "", description="the address of a web service that is told when a caller wants a person"
    )
    handover_secret: ApiKey | None = Field(
        None, description="what requests to HANDOVER_URL are signed with"
    )

    vad_stop_secs: float | None = Field(None, ge=0.1, le=5, description="seconds of silence")
    vad_min_volume: float | None = Field(None, ge=0, le=1, description="a loudness from 0 to 1")
    speech_pad_ms: int | None = Field(None, ge=0, le=2000, description="milliseconds")
    longest_call_seconds: float | None = Field(None, gt=0, description="seconds")
    silence_limit_seconds: float | None = Field(None, gt=0, description="seconds")

    @model_validator(mode="after")
    def _check_pairs(self) -> Self:
        if (self.nova_aws_access_key_id is None) != (self.nova_aws_secret_access_key is None):
            raise ValueError(
                "NOVA_AWS_ACCESS_KEY_ID and NOVA_AWS_SECRET_ACCESS_KEY: set both or neither"
            )
        if self.jobs_queue_url and self.daily_api_key is None:
            raise ValueError(
                "DAILY_API_KEY: is missing; expected Daily's key, since JOBS_QUEUE_URL is set"
            )
        if self.jobs_queue_url and self.max_sessions < 2:
            raise ValueError(
                "MAX_SESSIONS: is 1; expected at least 2 where JOBS_QUEUE_URL is set, since the "
                "last place of a task is for callers who come by themselves"
            )
        if self.spare_sessions > self.max_sessions:
            raise ValueError(
                f"SPARE_SESSIONS: is {self.spare_sessions}; expected at most MAX_SESSIONS, "
                f"which is {self.max_sessions}"
            )
        return self
