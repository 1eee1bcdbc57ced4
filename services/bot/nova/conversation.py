"""A conversation as seen on the wire, for any new stream to take up where the last left it."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from services.bot.nova import events
from services.bot.nova.answer import BYTES_A_SECOND
from services.bot.nova.gap import SILENCE, Gap
from services.bot.nova.history import HISTORY_BYTES, Line, history
from services.bot.nova.microphone import Microphone
from services.bot.nova.turns import Turns
from services.bot.nova.usage import Usage

_INTERRUPTED = "INTERRUPTED"
_NO_RESULT = '{"error": "The tool did not return in time."}'


@dataclass(slots=True)
class _Block:
    """A content block while it is being written or read."""

    start: dict[str, Any]
    text: list[str] = field(default_factory=list)

    @property
    def stage(self) -> str:
        extra = self.start.get("additionalModelFields")
        return str(json.loads(extra).get("generationStage", "")) if extra else ""


class Conversation:
    """The events of both sides, and what they have told of the conversation (`Turns`).

    `write` takes what Pipecat sends, `read` what Nova sends. `preface` and `opening` make the
    events with which a new stream begins.
    """

    def __init__(
        self,
        gap_seconds: float,
        *,
        bytes_a_second: int = BYTES_A_SECOND,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Starts empty; Pipecat's first events fill it."""
        self._clock = clock
        self._session_start = b""
        self._prompt_start = b""
        self._audio_start: dict[str, Any] = {}
        self._system: list[str] = []
        self._turns = Turns(clock, bytes_a_second=bytes_a_second)
        self._writing: dict[str, _Block] = {}
        self._reading: _Block | None = None
        self._caller_stopped_ms: float | None = None
        self._quiet_since = clock()
        self.microphone = Microphone(clock)
        self.gap = Gap(gap_seconds)
        self.usage = Usage()

    # What Pipecat sends.

    @property
    def ready(self) -> bool:
        """Whether Pipecat has sent all that a stream begins with."""
        return bool(self._audio_start)

    @property
    def prompt(self) -> str:
        """The prompt's name, the same in every stream."""
        return str(self._audio_start.get("promptName", ""))

    @property
    def audio_content(self) -> str | None:
        """The audio block's name, once there is one."""
        return self._audio_start.get("contentName")

    def write(self, payload: bytes) -> list[bytes]:
        """Notes an event of Pipecat's and returns what an open stream needs to be sent for it."""
        kind, fields = events.decode(payload)
        match kind:
            case "audioInput":
                return [self.hear_caller(fields["content"])]
            case "sessionStart":
                self._session_start = payload
            case "promptStart":
                self._prompt_start = payload
            case "contentStart" if fields["type"] == "AUDIO":
                self._audio_start = fields
            case "contentStart":
                self._writing[fields["contentName"]] = _Block(fields)
            case "textInput" | "toolResult":
                self._writing[fields["contentName"]].text.append(fields["content"])
            case "contentEnd" if block := self._writing.pop(fields["contentName"], None):
                return self._write_block(block)
        return []

    def brief(self, before: str, instructions: str) -> None:
        """Takes other instructions in the place of those before, for the streams to come.

        What Pipecat has added to them, on tools that take long, stays.
        """
        self._system = [text.replace(before.strip(), instructions.strip()) for text in self._system]

    def hear_caller(self, pcm_base64: str) -> bytes:
        """Notes a chunk of the microphone's audio and returns its event."""
        self.microphone.hear(pcm_base64)
        return self.hear(pcm_base64)

    def hear(self, pcm_base64: str) -> bytes:
        """Notes a chunk of the caller's audio (or of silence) and returns its event."""
        self.gap.add(pcm_base64)
        return events.audio_input(self.prompt, self.audio_content or "", pcm_base64)

    def _write_block(self, block: _Block) -> list[bytes]:
        role, text = block.start["role"], "".join(block.text)
        if role == "TOOL":
            use = block.start["toolResultInputConfiguration"]["toolUseId"]
            return self._write_result(use, block, text)
        if role == "SYSTEM":
            self._system.append(text)
        elif block.start["interactive"]:
            self._turns.asked(text)
            self._quiet_since = self._clock()
        else:
            self._turns.lines.append(Line(role, text))
        # Once there is audio Nova takes interactive text alone; the rest is for the next stream.
        if not (self.ready and block.start["interactive"]):
            return []
        return events.text_block(self.prompt, role, text, interactive=True)

    def _write_result(self, use: str, block: _Block, result: str) -> list[bytes]:
        self._quiet_since = self._clock()
        match self._turns.tools.returned(use, result):
            case "deliver":
                return events.tool_result(block.start, result)
            case "ask again":
                return self._ask_again()
            case "keep":
                return []

    def write_missing_results(self, seconds: float) -> list[bytes]:
        """Results for the tools that have not returned for so long, lest Nova wait for ever."""
        missing: list[bytes] = []
        for use in self._turns.tools.overdue(seconds):
            start = events.tool_result_start(self.prompt, use)
            missing += self._write_result(use, _Block(start), _NO_RESULT)
        return missing

    # What a new stream begins with.

    def preface(self) -> list[bytes]:
        """Session, prompt and system text: what does not depend on what was said."""
        system = events.text_block(
            self.prompt, "SYSTEM", "\n\n".join(self._system), interactive=False
        )
        return [self._session_start, self._prompt_start, *system]

    def opening(self) -> list[bytes]:
        """History, the audio block, the question without an answer, the audio without words."""
        spare = HISTORY_BYTES - sum(len(text.encode()) for text in self._system)
        told = history(self._turns.lines, self._turns.tools.returned_before, limit=spare)
        self.gap.trim()
        if not self.gap.seconds():
            self.gap.add(SILENCE)  # an audio block without audio cannot be ended
        self.gap.new_stream()
        self._caller_stopped_ms = None
        self._quiet_since = self._clock()
        content = self.audio_content or ""
        return [
            *(
                event
                for line in told
                for event in events.text_block(
                    self.prompt, line.speaker, line.text, interactive=False
                )
            ),
            events.encode("contentStart", self._audio_start),
            *([] if self._turns.tools.awaited_from_lost_stream else self._ask_again()),
            *(events.audio_input(self.prompt, content, chunk) for chunk in self.gap.chunks()),
        ]

    def _ask_again(self) -> list[bytes]:
        if not (text := self._turns.owed_question()):
            return []
        return events.text_block(self.prompt, "USER", text, interactive=True)

    # What Nova sends.

    def read(self, kind: str, fields: events.Event) -> None:
        """Notes an event of Nova's."""
        self._quiet_since = self._clock()
        match kind:
            case "contentStart":
                self._reading = _Block(fields)
            case "textOutput" if self._reading:
                self._reading.text.append(fields["content"])
            case "audioOutput":
                self._turns.agent_sounds(len(fields["content"]) * 3 // 4)
            case "toolUse":
                self._turns.tools.called(fields["toolUseId"], fields["toolName"], fields["content"])
            case "contentEnd" if block := self._reading:
                self._reading = None
                self._read_block(block, fields.get("stopReason", ""))
            case "completionEnd" if not self._turns.tools:
                self._turns.answered()
            case "userSpeechEnd":
                self._caller_stopped_ms = fields.get("inputAudioOffsetMs")
            case "usageEvent":
                self.usage.add(fields.get("details", {}).get("delta", {}))

    def _read_block(self, block: _Block, stop: str) -> None:
        role, text = block.start["role"], "".join(block.text)
        match role, block.start["type"]:
            case "USER", "TEXT" if text:
                self._turns.caller_said(text)
                self.gap.understood(self._caller_stopped_ms)
            case "ASSISTANT", "TEXT" | "AUDIO" if stop == _INTERRUPTED:
                self._turns.barged_in()
            case "ASSISTANT", "TEXT" if block.stage == "SPECULATIVE":
                self._turns.agent_says(text)
            case "ASSISTANT", "AUDIO" if stop == "END_TURN":
                self._turns.answered()

    def silence(self) -> None:
        """The agent has been silenced for the caller, of whom Nova may not know yet."""
        self._turns.silence()

    def go_on(self) -> None:
        """The agent goes on with what it was saying: it was silenced for a noise."""
        self._turns.go_on()

    # When the stream changes.

    @property
    def pending(self) -> bool:
        """Whether the agent owes an answer, or is in the middle of one."""
        return self._turns.pending or bool(self._writing)

    @property
    def silent_for(self) -> float:
        """Seconds without a word from Nova while it owes one; 0 while it does not."""
        return self._clock() - self._quiet_since if self._turns.owed else 0.0

    @property
    def owed_for(self) -> float:
        """Seconds without a word from Nova while the caller waits for one, or for a tool."""
        return self._clock() - self._quiet_since if self.pending else 0.0

    @property
    def unheard_for(self) -> float:
        """Seconds since the caller stopped speaking, if Nova has given no sign of hearing them."""
        if self._turns.asked_in_vain:
            return 0.0
        return self.microphone.unheard_for(self._quiet_since)

    def asked_in_vain(self) -> None:
        """The question got no answer; the next stream is asked too, and is not waited for."""
        self._turns.asked_in_vain = True

    def interrupted_stream(self) -> list[tuple[str, events.Event]]:
        """Keeps what is unfinished; returns the events that close it for Pipecat."""
        in_audio = self._reading is not None and self._reading.start["type"] == "AUDIO"
        self._reading = None
        if not self._turns.stream_lost():
            return []
        return events.end_of_answer(self.prompt, in_audio=in_audio)
