"""What Daily takes, as its OpenAPI document (1.1.1) has it: these properties, these types."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Recording = Literal["cloud", "cloud-audio-only", "local", "raw-tracks"]
Geo = Literal[
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
_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)


class Permissions(BaseModel):
    """What participants may do who do not own the room."""

    model_config = _STRICT

    hasPresence: bool = True  # noqa: N815 - Daily's name
    canSend: bool | list[Literal["video", "audio", "screenVideo", "screenAudio"]] = True  # noqa: N815
    canReceive: dict[str, Any] | None = None  # noqa: N815
    canAdmin: bool | list[Literal["participants", "streaming", "transcription"]] = False  # noqa: N815


class RoomProperties(BaseModel):
    """How a room behaves."""

    model_config = _STRICT

    nbf: int | None = None
    exp: int | None = None
    max_participants: int | None = Field(default=None, ge=1, le=200)
    eject_at_room_exp: bool = False
    eject_after_elapsed: int | None = None
    enforce_unique_user_ids: bool = False
    permissions: Permissions | None = None
    geo: Geo | None = None
    lang: str | None = None
    enable_recording: Recording | list[Recording] | None = None
    enable_raw_tracks_transcoded_audio: str | None = None
    start_video_off: bool = False
    start_audio_off: bool = False
    enable_people_ui: bool | None = None
    enable_cpu_warning_notifications: bool | None = None
    enable_pip_ui: bool | None = None
    enable_emoji_reactions: bool | None = None
    enable_hand_raising: bool | None = None
    enable_prejoin_ui: bool | None = None
    enable_live_captions_ui: bool | None = None
    enable_network_ui: bool | None = None
    enable_noise_cancellation_ui: bool | None = None
    enable_breakout_rooms: bool | None = None
    enable_knocking: bool | None = None
    enable_screenshare: bool = True
    enable_video_processing_ui: bool = True
    enable_chat: bool = False
    enable_shared_chat_history: bool = True
    enable_advanced_chat: bool = False
    enable_hidden_participants: bool = False
    enable_mesh_sfu: bool | None = None
    sfu_switchover: float | None = None
    enable_adaptive_simulcast: bool = True
    enable_multiparty_adaptive_simulcast: bool = False
    experimental_optimize_large_calls: bool | None = None
    enable_terse_logging: bool = False
    meeting_join_hook: str | None = Field(default=None, max_length=255)
    rtmp_geo: str | None = None
    disable_rtmp_geo_fallback: bool = False
    recordings_bucket: dict[str, Any] | None = None
    recordings_template: str | None = None
    auto_transcription_settings: dict[str, Any] | None = None
    enable_transcription_storage: bool = False
    transcription_bucket: dict[str, Any] | None = None
    transcription_template: str | None = None
    enable_dialout: bool = False
    dialout_config: dict[str, Any] | None = None
    streaming_endpoints: list[dict[str, Any]] | None = None
    sip: dict[str, Any] | None = None


class RoomRequest(BaseModel):
    """The body of ``POST /rooms``."""

    model_config = _STRICT

    name: str | None = Field(
        default=None, min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_-]+$"
    )
    privacy: Literal["public", "private"] = "public"
    properties: RoomProperties = RoomProperties()


class TokenClaims(BaseModel):
    """A meeting token's payload, by the short names for tokens that are signed elsewhere."""

    model_config = _STRICT

    d: str
    r: str | None = None
    iat: int
    nbf: int | None = None
    exp: int | None = None
    ud: str | None = Field(default=None, max_length=36)
    u: str | None = None
    o: bool = False
    k: bool = False
    ejt: bool = False
    eje: int | None = None
    ss: bool = True
    vo: bool = False
    ao: bool = False
    er: Recording | None = None
    sr: bool = False
    ast: bool = False
    uil: str | None = None
    p: dict[str, Any] | None = None
