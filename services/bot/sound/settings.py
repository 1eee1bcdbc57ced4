"""What an agent's file says about sound."""

from pydantic import BaseModel, ConfigDict, Field


class Sound(BaseModel):
    """What is done to a caller's sound: `[sound]` in an agent's file.

    Attributes:
        echo_cancelling: Whether the agent's own voice is taken out of what the caller's microphone
            hears. It stops by itself where the caller's device does that already.
        noise_suppression: Whether steady noise is taken out, too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    echo_cancelling: bool = Field(
        default=True,
        description=(
            "Take the agent's own voice out of what the caller's microphone hears. It stops by "
            "itself where the caller's browser does that already."
        ),
    )
    noise_suppression: bool = Field(
        default=False,
        description=(
            "Take steady noise (hiss, hum, engines) out of the caller's sound. It delays the "
            "caller by 6 ms and costs words in babble; leave it off unless callers are in noise."
        ),
    )
