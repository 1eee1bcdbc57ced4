"""The bodies that go in and out, as OpenAPI shows them."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.common.sessions import SessionStatus

_SESSION_ID = "ses_9nXWqG1tT0yqZ0l7b3bYpA"
_BOT_ID = "bot_9nXWqG1tT0yqZ0l7b3bYpA"
_TICKET = f"{_SESSION_ID}.an-example-an-example-an-example-an-example"
_CONNECTION = {"session_id": _SESSION_ID, "bot_id": _BOT_ID, "resume": f"r-{_TICKET}"}


class ConnectRequest(BaseModel):
    """What kind of call is wanted."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"transport": "websocket", "agent": "order-desk"},
                {"transport": "daily", "agent": "order-desk"},
                {"transport": "websocket", "resume": f"r-{_TICKET}"},
            ]
        },
    )

    transport: str = Field(description="websocket, webrtc or daily, where this server has it on")
    agent: str | None = Field(
        default=None,
        description="An agent's name; without one the default. A resumed call keeps its own.",
    )
    resume: str | None = Field(
        default=None, description="The token of a call that lost its connection"
    )


class Connection(BaseModel):
    """What every caller gets."""

    model_config = ConfigDict(frozen=True)

    session_id: str
    bot_id: str
    resume: str = Field(
        description="A secret to come back with after the connection dropped; it gives a new one"
    )


class WebSocketConnection(Connection):
    """A call over WebSocket."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {**_CONNECTION, "wsUrl": f"wss://api.example.com/ws?ticket={_TICKET}"}
        }
    )

    ws_url: str = Field(
        serialization_alias="wsUrl", description="Where to connect; it holds a ticket, good once"
    )


class WebRTCRequest(BaseModel):
    """How the page sends its SDP offer."""

    model_config = ConfigDict(frozen=True)

    endpoint: str = Field(description="Where to POST the offer; it holds a ticket, good once")


class IceConfig(BaseModel):
    """STUN and TURN servers: none, since WebRTC without Daily is for one network."""

    model_config = ConfigDict(frozen=True)

    ice_servers: tuple[()] = Field(default=(), serialization_alias="iceServers")


class WebRTCConnection(Connection):
    """A call over WebRTC."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                **_CONNECTION,
                "webrtcRequestParams": {
                    "endpoint": f"https://api.example.com/webrtc?ticket={_TICKET}"
                },
                "iceConfig": {"iceServers": []},
            }
        }
    )

    webrtc_request: WebRTCRequest = Field(serialization_alias="webrtcRequestParams")
    ice_config: IceConfig = Field(default=IceConfig(), serialization_alias="iceConfig")


class DailyConnection(Connection):
    """A call over Daily: the agent comes into the same room."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                **_CONNECTION,
                "room_url": "https://your-domain.daily.co/voice-9nXWqG1tT0yqZ0l7b3bYpA",
                "token": "header.payload.signature",
            }
        }
    )

    room_url: str = Field(description="The room to join with Daily's client")
    token: str = Field(description="A meeting token for it, good for joining for a minute")


class BotStatus(BaseModel):
    """How a call stands."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "bot_id": _BOT_ID,
                "session_id": _SESSION_ID,
                "status": "ended",
                "reason": "caller-left",
                "started_at": "2026-11-21T14:05:09.120000Z",
                "ended_at": "2026-11-21T14:07:41.004000Z",
            }
        },
    )

    bot_id: str
    session_id: str
    status: SessionStatus
    reason: str | None = Field(description="Why it is over, null until then")
    started_at: datetime | None = Field(description="When the agent was first ready")
    ended_at: datetime | None


class Health(BaseModel):
    """That this process answers."""

    model_config = ConfigDict(frozen=True)

    status: Literal["ok"] = "ok"
    service: Literal["server"] = "server"
