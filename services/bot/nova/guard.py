"""What Pipecat gets where it asks for the SDK's client."""

from collections.abc import Callable

from aws_sdk_bedrock_runtime.models import (  # type: ignore[import-untyped]
    InvokeModelWithBidirectionalStreamOperationInput,
)

from services.bot.nova.endless import EndlessStream, State
from services.bot.nova.errors import NovaError
from services.bot.nova.settings import NovaSettings


class Guard:
    """Has the face of the SDK's client for the one operation that Pipecat calls."""

    def __init__(
        self, settings: NovaSettings, on_state: Callable[[State, NovaError | None], None]
    ) -> None:
        """``on_state`` hears when the stream behind is ready, reconnecting or lost for good."""
        self._settings = settings
        self._on_state = on_state
        self.stream: EndlessStream | None = None

    async def invoke_model_with_bidirectional_stream(
        self, request: InvokeModelWithBidirectionalStreamOperationInput
    ) -> EndlessStream:
        """A stream that is there at once and stays; it connects behind the scenes."""
        settings = self._settings
        if request.model_id:
            settings = settings.model_copy(update={"model_id": request.model_id})
        self.stream = EndlessStream(settings, self._on_state)
        return self.stream
