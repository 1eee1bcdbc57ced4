"""The events that a client sends, as AWS documents them.

https://docs.aws.amazon.com/nova/latest/nova2-userguide/sonic-input-events.html

`sessionStart` takes no unknown field, as the service does since Nova 2; elsewhere they pass.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from nova_sonic_emulator.errors import StreamException

SampleRate = Literal[8000, 16000, 24000]
Sensitivity = Literal["HIGH", "MEDIUM", "LOW"]


class InputEvent(BaseModel):
    """Base of every input event and of its parts: camel case on the wire, frozen."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class _Strict(InputEvent):
    model_config = ConfigDict(extra="forbid")


class InferenceConfiguration(_Strict):
    """How the model draws its words. The emulator checks it and does nothing with it."""

    max_tokens: Annotated[int, Field(ge=1)] = 1024
    top_p: Annotated[float, Field(ge=0, le=1)] = 0.9
    temperature: Annotated[float, Field(ge=0, le=1)] = 0.7


class TurnDetectionConfiguration(_Strict):
    """How soon silence ends the caller's turn."""

    endpointing_sensitivity: Sensitivity = "MEDIUM"


class SessionStart(_Strict):
    """Opens the session: the first event of a stream."""

    inference_configuration: InferenceConfiguration = InferenceConfiguration()
    turn_detection_configuration: TurnDetectionConfiguration = TurnDetectionConfiguration()


class TextConfiguration(InputEvent):
    """Format of text, either way."""

    media_type: Literal["text/plain"] = "text/plain"


class AudioConfiguration(InputEvent):
    """Format of audio, either way: linear PCM, 16 bit, mono."""

    media_type: Literal["audio/lpcm"]
    sample_rate_hertz: SampleRate
    sample_size_bits: Literal[16]
    channel_count: Literal[1]
    encoding: Literal["base64"] = "base64"
    audio_type: Literal["SPEECH"] = "SPEECH"


class AudioOutputConfiguration(AudioConfiguration):
    """Format of the assistant's voice, and whose it is."""

    voice_id: Annotated[str, Field(min_length=1)]


def _json_object(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value


class InputSchema(InputEvent):
    """JSON schema of a tool's arguments, which travels as JSON text inside the JSON."""

    content: Annotated[dict[str, Any], BeforeValidator(_json_object), Field(alias="json")]


class ToolSpec(InputEvent):
    """A tool that the model may call."""

    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
    description: str = ""
    input_schema: InputSchema


class Tool(InputEvent):
    """An entry in the list of tools."""

    tool_spec: ToolSpec


class ToolConfiguration(InputEvent):
    """The tools on offer."""

    tools: tuple[Tool, ...] = ()


class PromptStart(InputEvent):
    """Says how to answer: voice, formats, tools."""

    prompt_name: Annotated[str, Field(min_length=1)]
    text_output_configuration: TextConfiguration = TextConfiguration()
    audio_output_configuration: AudioOutputConfiguration
    tool_configuration: ToolConfiguration = ToolConfiguration()


class _OfPrompt(InputEvent):
    prompt_name: str


class _OfContent(_OfPrompt):
    content_name: str


class ToolResultInputConfiguration(InputEvent):
    """Whose result follows."""

    tool_use_id: str


class ContentStart(_OfContent):
    """Opens a block of text, of audio, or of a tool's result."""

    content_name: Annotated[str, Field(min_length=1)]
    type: Literal["TEXT", "AUDIO", "TOOL"]
    role: Literal["SYSTEM", "SYSTEM_SPEECH", "USER", "ASSISTANT", "TOOL"]
    interactive: bool = False
    text_input_configuration: TextConfiguration | None = None
    audio_input_configuration: AudioConfiguration | None = None
    tool_result_input_configuration: ToolResultInputConfiguration | None = None


class TextInput(_OfContent):
    """Text of the open block."""

    content: str


class AudioInput(_OfContent):
    """Audio of the open block, in base64."""

    content: str


class ToolResult(_OfContent):
    """A tool's result, as JSON text."""

    content: str


class ContentEnd(_OfContent):
    """Closes a block."""


class PromptEnd(_OfPrompt):
    """No more content follows."""


class SessionEnd(InputEvent):
    """Closes the session: the last event of a stream."""


_TYPES: dict[str, type[InputEvent]] = {
    "sessionStart": SessionStart,
    "promptStart": PromptStart,
    "contentStart": ContentStart,
    "textInput": TextInput,
    "audioInput": AudioInput,
    "toolResult": ToolResult,
    "contentEnd": ContentEnd,
    "promptEnd": PromptEnd,
    "sessionEnd": SessionEnd,
}


def parse(text: bytes) -> tuple[str, dict[str, Any], InputEvent]:
    """Read one event.

    Args:
        text: JSON as the client sent it: `{"event": {"<name>": {…}}}`.

    Returns:
        The event's name, its raw fields, and its model.

    Raises:
        StreamException: It is not JSON, of no known kind, or its fields are wrong.
    """
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StreamException.invalid("the event is not JSON") from error
    match document:
        case {"event": dict() as fields} if len(fields) == 1:
            name, body = next(iter(fields.items()))
        case _:
            raise StreamException.invalid('an event is {"event": {"<name>": {…}}}')
    kind = _TYPES.get(name)
    if kind is None or not isinstance(body, dict):
        raise StreamException.invalid(f"unknown event: {name[:64]}")
    try:
        return name, body, kind.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StreamException.invalid(f"{name}.{where}: {first['msg']}") from error
