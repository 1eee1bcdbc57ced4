"""The connect server's settings."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_settings import NoDecode

from services.common.settings import ApiKey, CommaList, CommonSettings, Origins, split_commas

ServerTransport = Literal["websocket", "webrtc"]


def _check_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("should begin with https:// or http:// and a host")
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError("should have no user, query or fragment")
    return url.rstrip("/")


class ServerSettings(CommonSettings):
    """What the connect server reads, besides what every service reads."""

    port: int = Field(default=8001, ge=0, le=65535, description="a port, or 0 for any free one")
    agents: CommaList = Field(
        default=("order-desk",),
        min_length=1,
        description="names of agents parted by commas; the first is the default",
    )
    transports: Annotated[tuple[ServerTransport, ...], NoDecode, BeforeValidator(split_commas)] = (
        Field(
            default=("websocket",),
            min_length=1,
            description="websocket, webrtc or both, with a comma",
        )
    )
    connect_auth: Literal["api_key", "none"] = Field(
        default="api_key", description="api_key, or none where something in front of it asks"
    )
    api_key: ApiKey | None = Field(
        default=None, description="the key that callers send as Authorization: Bearer"
    )
    cors_origins: Origins = Field(
        default=(), description="origins parted by commas, such as https://talk.example.com"
    )
    public_url: Annotated[str, AfterValidator(_check_url)] | None = Field(
        default=None, description="the address outside, such as https://api.example.com"
    )
    ticket_seconds: float = Field(
        default=60, ge=1, le=600, description="seconds that a caller has to connect, 1 to 600"
    )

    @model_validator(mode="after")
    def _check_access(self) -> Self:
        if self.connect_auth == "api_key" and self.api_key is None:
            where = f", here or in Parameter Store as {self.parameter_prefix}/API_KEY"
            raise ValueError(
                f"API_KEY: is missing; expected a key that callers must send"
                f"{where if self.parameter_prefix else ''} (CONNECT_AUTH=none lets everybody in)"
            )
        return self
