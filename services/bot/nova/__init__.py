"""Amazon Nova Sonic: a Pipecat service of ours, and the guard around the SDK's stream.

`NovaSonic` is all that the pipeline needs. Behind it, from the outside in: `guard` (what Pipecat
takes for the SDK's client), `endless` (one stream made of many), `successor` (the next of them,
opened in time), `conversation` and `turns` (what a new stream must be told), `link` (one stream,
bounded, which the SDK opens), `wire` (its events, signed), `transport` and `http2` (its
connection). What the caller hears of an answer, and whether it goes on after a noise: `mouth`,
`unheard`, `interruption`.
"""

from services.bot.nova.announcements import AGENT_UNAVAILABLE, AgentStateFrame
from services.bot.nova.errors import (
    CredentialsExpired,
    CredentialsRefused,
    ModelTimeout,
    NovaError,
    Refused,
    StreamLost,
    Throttled,
    Unreachable,
    Unstable,
    Untrusted,
)
from services.bot.nova.service import NovaSonic
from services.bot.nova.settings import NovaSettings
from services.bot.nova.turns import go_on_after

__all__ = [
    "AGENT_UNAVAILABLE",
    "AgentStateFrame",
    "CredentialsExpired",
    "CredentialsRefused",
    "ModelTimeout",
    "NovaError",
    "NovaSettings",
    "NovaSonic",
    "Refused",
    "StreamLost",
    "Throttled",
    "Unreachable",
    "Unstable",
    "Untrusted",
    "go_on_after",
]
