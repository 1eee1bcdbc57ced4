"""What a page says of its own sound: an RTVI client message, once the bot is ready.

`{"type": "client-message", "data": {"t": "sound", "d": {"echoCancellation": true,
"noiseSuppression": true, "autoGainControl": true}}}`: what the browser granted, as
`MediaStreamTrack.getSettings()` tells it. A page may send it again when the microphone changes.
"""

from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

#: The message's type.
MESSAGE = "sound"


class ClientSound(BaseModel):
    """What the caller's device does to the sound of its microphone.

    Attributes:
        echo_cancellation: It takes out what its own loudspeaker plays.
        noise_suppression: It takes out noise.
        auto_gain_control: It changes the level.
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", strict=True, alias_generator=to_camel, populate_by_name=True
    )

    echo_cancellation: bool = False
    noise_suppression: bool = False
    auto_gain_control: bool = False

    @classmethod
    def of_a_browser(cls) -> Self:
        """What a page is taken to have until it reports: browsers cancel unless asked not to."""
        return cls(echo_cancellation=True)

    @classmethod
    def read(cls, data: object) -> Self | None:
        """What a message says; None for what cannot be read."""
        try:
            return cls.model_validate(data)
        except ValidationError:
            return None
