"""The connect server's settings."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, DirectoryPath, Field, model_validator
from pydantic_settings import NoDecode

from services.common.settings import ApiKey, CommaList, CommonSettings, Origins, Url, split_commas

ServerTransport = Literal["websocket", "webrtc", "daily"]

DailyGeo = Literal[
    "af-south-1",
    "ap-northeast-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-south-1",
    "eu-central-1",
    "eu-west-2",
    "sa-east-1",
    "us-east-1",
    "us-west-2",
]
"""Where Daily has media servers."""


class ServerSettings(CommonSettings):
    """What the connect server reads, besides what every service reads."""

    port: int = Field(default=8001, ge=0, le=65535, description="a port, or 0 for any free one")
    agents: CommaList = Field(
        default=("order-desk",),
        min_length=1,
        description="names of agents parted by commas; the first is the default",
    )
    agents_folder: DirectoryPath | None = Field(
        default=None,
        description="on an author's machine: a folder of agents' files, which add to AGENTS",
    )
    transports: Annotated[tuple[ServerTransport, ...], NoDecode, BeforeValidator(split_commas)] = (
        Field(
            default=("websocket",),
            min_length=1,
            description="websocket, webrtc and daily, or some of them, with commas",
        )
    )
    connect_auth: Literal["api_key", "id_token", "none"] = Field(
        default="api_key",
        description="api_key, id_token, or none where something in front of it asks",
    )
    id_token_issuer: Url | None = Field(
        default=None, description="the OpenID Connect issuer whose ID tokens callers send"
    )
    id_token_audience: str | None = Field(
        default=None, min_length=1, description="the client id that the ID tokens are for"
    )
    api_key: ApiKey | None = Field(
        default=None, description="the key that callers send as Authorization: Bearer"
    )
    cors_origins: Origins = Field(
        default=(), description="origins parted by commas, such as https://talk.example.com"
    )
    public_url: Url | None = Field(
        default=None, description="the address outside, such as https://api.example.com"
    )
    ticket_seconds: float = Field(
        default=60, ge=1, le=600, description="seconds that a caller has to connect, 1 to 600"
    )

    daily_geo: DailyGeo | None = Field(
        default=None, description="the Region of Daily's media server, by default the nearest"
    )
    room_pool: int = Field(
        default=2, ge=0, le=20, description="rooms on Daily made ahead of callers, 0 to 20"
    )
    room_seconds: int = Field(
        default=3600,
        ge=120,
        le=86_400,
        description="seconds, 120 to 86400, after which a room on Daily ends; more than a call",
    )

    def agent_names(self) -> tuple[str, ...]:
        """Whom callers can talk with now; the first is the default."""
        found = self.agents_folder.glob("*.toml") if self.agents_folder is not None else ()
        return tuple(dict.fromkeys((*self.agents, *sorted(file.stem for file in found))))

    @model_validator(mode="after")
    def _check_daily(self) -> Self:
        if "daily" in self.transports and self.daily_api_key is None:
            raise ValueError(
                "DAILY_API_KEY: is missing; expected Daily's key, since TRANSPORTS has daily"
                f"{self._or_there('DAILY_API_KEY')}"
            )
        if "daily" in self.transports and not self.jobs_queue_url:
            raise ValueError(
                "JOBS_QUEUE_URL: is missing; expected the SQS queue that bots pull calls from, "
                "since TRANSPORTS has daily"
            )
        return self

    @model_validator(mode="after")
    def _check_access(self) -> Self:
        if self.connect_auth == "api_key" and self.api_key is None:
            raise ValueError(
                f"API_KEY: is missing; expected a key that callers must send"
                f"{self._or_there('API_KEY')} (CONNECT_AUTH=none lets everybody in)"
            )
        if self.connect_auth == "id_token" and not (
            self.id_token_issuer and self.id_token_audience
        ):
            raise ValueError(
                "ID_TOKEN_ISSUER and ID_TOKEN_AUDIENCE: set both, since CONNECT_AUTH is id_token"
            )
        return self

    def _or_there(self, name: str) -> str:
        prefix = self.parameter_prefix
        return f", here or in Parameter Store as {prefix}/{name}" if prefix else ""
