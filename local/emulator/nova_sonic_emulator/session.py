"""The protocol on one stream: which event may follow which, and within which limits."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass

from nova_sonic_emulator.conversation import Conversation
from nova_sonic_emulator.errors import StreamException
from nova_sonic_emulator.events import (
    AudioInput,
    ContentEnd,
    ContentStart,
    InputEvent,
    PromptEnd,
    PromptStart,
    Sensitivity,
    SessionEnd,
    SessionStart,
    TextInput,
    ToolResult,
)
from nova_sonic_emulator.scenario import Limits

_invalid = StreamException.invalid


@dataclass(slots=True)
class _Content:
    start: ContentStart
    wants_answer: bool = False
    tool_use_id: str = ""
    text: str = ""
    empty: bool = True


class Session:
    """Takes a client's events in their order and hands their meaning to the conversation.

    Args:
        limits: The service's limits.
        begin: Makes the conversation, once the prompt has started.
    """

    def __init__(
        self, limits: Limits, begin: Callable[[PromptStart, Sensitivity], Conversation]
    ) -> None:
        self._limits = limits
        self._begin = begin
        self._start: SessionStart | None = None
        self._prompt: PromptStart | None = None
        self._conversation: Conversation | None = None
        self._open: dict[str, _Content] = {}
        self._used: set[str] = set()
        self._listening = ""
        self._has_system = False
        self._has_heard = False
        self._history_bytes = 0
        self._history_starts = True
        self._prompt_ended = False
        self.ended = False

    def receive(self, event: InputEvent) -> None:
        """Take the next event.

        Raises:
            StreamException: The service would end the stream over it.
        """
        if self.ended:
            raise _invalid("no event may follow sessionEnd")
        match event:
            case AudioInput():
                self._audio_input(event)
            case SessionStart():
                self._session_start(event)
            case SessionEnd():
                self._session_end()
            case PromptStart():
                self._prompt_start(event)
            case PromptEnd():
                self._prompt_end(event)
            case ContentStart():
                self._content_start(event)
            case TextInput():
                self._text_input(event)
            case ToolResult():
                self._tool_result(event)
            case ContentEnd():
                self._content_end(event)

    def close(self) -> None:
        """The stream is over, whatever the reason."""
        self.ended = True
        if self._conversation is not None:
            self._conversation.end()

    def _session_start(self, event: SessionStart) -> None:
        if self._start is not None:
            raise _invalid("sessionStart may come only once")
        self._start = event

    def _prompt_start(self, event: PromptStart) -> None:
        if self._start is None:
            raise _invalid("the first event must be sessionStart")
        if self._prompt is not None:
            raise _invalid("promptStart may come only once")
        self._prompt = event
        sensitivity = self._start.turn_detection_configuration.endpointing_sensitivity
        self._conversation = self._begin(event, sensitivity)

    def _prompt_end(self, event: PromptEnd) -> None:
        conversation = self._conversing(event.prompt_name)
        if self._listening:
            conversation.stop_listening()
            self._listening = ""
        self._prompt_ended = True

    def _session_end(self) -> None:
        if self._start is None:
            raise _invalid("the first event must be sessionStart")
        self.close()

    def _content_start(self, event: ContentStart) -> None:
        conversation = self._conversing(event.prompt_name)
        if event.content_name in self._used:
            raise _invalid(f"contentName was used before: {event.content_name}")
        content = _Content(event)
        match event.type:
            case "TEXT":
                self._start_text(event)
                content.wants_answer = self._has_heard
            case "AUDIO":
                self._start_audio(event, conversation)
            case "TOOL":
                content.tool_use_id = self._start_tool_result(event, conversation)
        self._used.add(event.content_name)
        self._open[event.content_name] = content

    def _start_text(self, event: ContentStart) -> None:
        if event.text_input_configuration is None or event.role == "TOOL":
            raise _invalid("a TEXT block needs textInputConfiguration and a role that speaks")
        if event.role.startswith("SYSTEM"):
            if self._has_heard or not self._history_starts:
                raise _invalid("SYSTEM text comes before history and audio")
            self._has_system = True
            return
        self._need_system()
        if self._has_heard:
            if event.role != "USER" or not event.interactive:
                raise _invalid("text after audio has begun must be interactive and of role USER")
        elif self._history_starts and event.role != "USER":
            raise _invalid("the first message of the history must be of role USER")
        else:
            self._history_starts = False

    def _start_audio(self, event: ContentStart, conversation: Conversation) -> None:
        self._need_system()
        configuration = event.audio_input_configuration
        if configuration is None or event.role != "USER":
            raise _invalid("an AUDIO block needs audioInputConfiguration and role USER")
        if not event.interactive:
            raise _invalid("an AUDIO block must be interactive")
        if self._listening:
            raise _invalid("an AUDIO block is open already")
        self._listening = event.content_name
        self._has_heard = True
        conversation.listen(configuration.sample_rate_hertz)

    def _start_tool_result(self, event: ContentStart, conversation: Conversation) -> str:
        configuration = event.tool_result_input_configuration
        if configuration is None or event.role != "TOOL":
            raise _invalid("a TOOL block needs toolResultInputConfiguration and role TOOL")
        if configuration.tool_use_id not in conversation.open_calls:
            raise _invalid(f"no result is awaited for toolUseId {configuration.tool_use_id}")
        return configuration.tool_use_id

    def _text_input(self, event: TextInput) -> None:
        self._conversing(event.prompt_name)
        content = self._content(event.content_name, "TEXT")
        size = len(event.content.encode())
        if not content.start.role.startswith("SYSTEM"):
            if size > self._limits.text_input_bytes:
                raise _invalid(f"a textInput may have {self._limits.text_input_bytes} bytes")
            if not content.wants_answer:
                self._history_bytes += size
                if self._history_bytes > self._limits.history_bytes:
                    raise _invalid(f"chat history may have {self._limits.history_bytes} bytes")
        content.text += event.content

    def _audio_input(self, event: AudioInput) -> None:
        conversation = self._conversing(event.prompt_name)
        self._content(event.content_name, "AUDIO")
        try:
            pcm = base64.b64decode(event.content, validate=True)
        except ValueError as error:
            raise _invalid("audioInput.content is not base64") from error
        if len(pcm) % 2:
            raise _invalid("audioInput.content is not 16-bit audio")
        conversation.hear(pcm)

    def _tool_result(self, event: ToolResult) -> None:
        self._conversing(event.prompt_name)
        content = self._content(event.content_name, "TOOL")
        content.text += event.content

    def _content_end(self, event: ContentEnd) -> None:
        conversation = self._conversing(event.prompt_name)
        content = self._open.pop(event.content_name, None)
        if content is None:
            raise _invalid(f"no open content: {event.content_name}")
        if content.empty:
            raise StreamException(
                "validationException", "Cannot end content as no content data was received."
            )
        match content.start.type:
            case "AUDIO":
                self._listening = ""
                conversation.stop_listening()
            case "TOOL":
                self._end_tool_result(content, conversation)
            case "TEXT" if content.wants_answer:
                conversation.read(content.text)
            case "TEXT":
                conversation.remember(content.start.role, content.text)

    def _end_tool_result(self, content: _Content, conversation: Conversation) -> None:
        try:
            result = json.loads(content.text)
        except ValueError as error:
            raise StreamException("validationException", "Tool Response parsing error") from error
        conversation.take_tool_result(content.tool_use_id, result)

    def _conversing(self, prompt_name: str) -> Conversation:
        if self._conversation is None or self._prompt is None:
            raise _invalid("content needs a promptStart before it")
        if self._prompt_ended or prompt_name != self._prompt.prompt_name:
            raise _invalid(f"no open prompt: {prompt_name}")
        return self._conversation

    def _content(self, content_name: str, kind: str) -> _Content:
        content = self._open.get(content_name)
        if content is None or content.start.type != kind:
            raise _invalid(f"no open {kind} content: {content_name}")
        content.empty = False
        return content

    def _need_system(self) -> None:
        if not self._has_system:
            raise _invalid("the first content must be of role SYSTEM")
