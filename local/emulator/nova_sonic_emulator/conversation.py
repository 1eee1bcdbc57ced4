"""The conversation on one stream: turn-taking, barge-in, tool calls.

Input comes in on the event loop, piece by piece; answers are worked out by one task, one at a time,
in the order in which what they answer ended. A tool call does not hold that task up: the caller can
go on talking while the tool runs.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from loguru import logger

from nova_sonic_emulator.events import PromptStart, Sensitivity
from nova_sonic_emulator.hearing import Ear, SpeechStarted
from nova_sonic_emulator.mind import Decision, Mind, ToolSpec
from nova_sonic_emulator.outputs import Outputs
from nova_sonic_emulator.resampling import to_16_khz
from nova_sonic_emulator.scenario import Scenario
from nova_sonic_emulator.speaking import Speech
from nova_sonic_emulator.voice import Voice

_EAR_BYTES_PER_SECOND = 32_000

Spawn = Callable[[Coroutine[Any, Any, Any]], "asyncio.Task[Any]"]


@dataclass(frozen=True, slots=True)
class _Spoken:
    recognition: asyncio.Task[str]
    seconds: float


@dataclass(frozen=True, slots=True)
class _Written:
    text: str


@dataclass(frozen=True, slots=True)
class _ToolAnswered:
    tool: str
    result: Any


class Conversation:
    """Hears, decides and speaks for one prompt.

    Args:
        scenario: Pace, wits, endpointing.
        prompt: The client's prompt: tools, voice, formats.
        sensitivity: How soon silence ends the caller's turn.
        voice: Shared by all conversations.
        send: Takes each output event's name and fields.
        spawn: Runs a task that ends with the stream.
        failed: Told what went wrong, should the conversation break.
    """

    def __init__(
        self,
        scenario: Scenario,
        prompt: PromptStart,
        sensitivity: Sensitivity,
        *,
        voice: Voice,
        send: Callable[[str, dict[str, Any]], None],
        spawn: Spawn,
        failed: Callable[[Exception], None],
    ) -> None:
        audio = prompt.audio_output_configuration
        self._scenario = scenario
        self._sensitivity = sensitivity
        self._tools = [
            ToolSpec(
                name=tool.tool_spec.name,
                description=tool.tool_spec.description,
                schema=tool.tool_spec.input_schema.content,
            )
            for tool in prompt.tool_configuration.tools
        ]
        self._outputs = Outputs(
            prompt_name=prompt.prompt_name, sample_rate=audio.sample_rate_hertz, send=send
        )
        self._speech = Speech(
            self._outputs,
            voice,
            voice_id=audio.voice_id,
            sample_rate=audio.sample_rate_hertz,
            pace=scenario.pace,
        )
        self._spawn = spawn
        self._failed = failed
        self._system: list[str] = []
        self._history: list[tuple[str, str]] = []
        self._mind: Mind | None = None
        self._ear: Ear | None = None
        self._sample_rate = 16_000
        self._caller_speaks = False
        self._heard_bytes = 0
        self._speech_began_ms = 0
        self._unanswered: list[str] = []
        self._calls: dict[str, str] = {}
        self._inbox: asyncio.Queue[_Spoken | _Written | _ToolAnswered] = asyncio.Queue()
        self._worker: asyncio.Task[Any] | None = None

    @property
    def open_calls(self) -> frozenset[str]:
        """Ids of the tool calls whose result is awaited."""
        return frozenset(self._calls)

    def remember(self, role: str, text: str) -> None:
        """Take the system prompt, or a turn of the history."""
        if role.startswith("SYSTEM"):
            self._system.append(text)
        else:
            self._history.append((role, text))
        self._outputs.usage("input", text=text)

    def listen(self, sample_rate: int) -> None:
        """Expect audio at `sample_rate` hertz."""
        self._sample_rate = sample_rate
        self._heard_bytes = 0
        self._ear = Ear(
            endpoint_silence_ms=self._scenario.endpointing.silence_ms(self._sensitivity),
            mind_grammar=self._awake().grammar,
            onset_ms=self._scenario.endpointing.onset_ms,
        )

    def hear(self, pcm: bytes) -> None:
        """Take a piece of the caller's audio: 16-bit mono PCM."""
        if self._ear is None:
            return
        if self._sample_rate != 16_000:
            pcm = to_16_khz(pcm, self._sample_rate)
        self._heard_bytes += len(pcm)
        for event in self._ear.hear(pcm):
            if isinstance(event, SpeechStarted):
                self._speech_started(event.offset_ms)
            else:
                self._speech_ended(self._ear, event.offset_ms)

    def stop_listening(self) -> None:
        """The caller's audio is over; an unfinished turn ends here."""
        if self._caller_speaks:
            silence_ms = self._scenario.endpointing.silence_ms(self._sensitivity) + 200
            silence = bytes(2 * self._sample_rate * 20 // 1000)
            for _ in range(silence_ms // 20):
                self.hear(silence)
        self._ear = None

    def read(self, text: str) -> None:
        """Take text that the client wants answered."""
        self._inbox.put_nowait(_Written(text))
        self._awake()

    def take_tool_result(self, tool_use_id: str, result: Any) -> None:  # noqa: ANN401 - any JSON
        """Take what a tool returned; only a call's first result counts."""
        if tool := self._calls.pop(tool_use_id, None):
            self._inbox.put_nowait(_ToolAnswered(tool, result))

    def end(self) -> None:
        """Fall silent, and close what is open."""
        if self._ear is not None:
            self._ear.close()
        self._ear = None
        if self._worker is not None:
            self._worker.cancel()
            self._worker = None
        self._outputs.completion_end()

    def _awake(self) -> Mind:
        if self._mind is None:
            self._mind = Mind(
                self._scenario.mind, system="\n".join(self._system), tools=self._tools
            )
            for role, text in self._history:
                self._mind.remember(role, text)
            self._worker = self._spawn(self._work(self._mind))
        return self._mind

    def _speech_started(self, offset_ms: int) -> None:
        self._caller_speaks = True
        self._speech_began_ms = offset_ms
        self._outputs.user_speech_start(offset_ms)
        self._speech.interrupt()

    def _speech_ended(self, ear: Ear, offset_ms: int) -> None:
        self._caller_speaks = False
        self._outputs.user_speech_end(offset_ms, self._heard_bytes * 1000 // _EAR_BYTES_PER_SECOND)
        recognition = self._spawn(ear.recognise())
        seconds = max(0, offset_ms - self._speech_began_ms) / 1000
        self._inbox.put_nowait(_Spoken(recognition, seconds))

    async def _work(self, mind: Mind) -> None:
        try:
            while True:
                item = await self._inbox.get()
                self._outputs.completion_start()
                decision = await self._decide(mind, item)
                if decision is not None:
                    await self._carry_out(decision)
                if self._inbox.empty() and not self._calls and not self._caller_speaks:
                    self._outputs.completion_end()
        except Exception as error:
            logger.opt(exception=error).error("conversation failed")
            self._failed(error)

    async def _decide(
        self, mind: Mind, item: _Spoken | _Written | _ToolAnswered
    ) -> Decision | None:
        match item:
            case _Spoken(recognition, seconds):
                text = await recognition
                self._outputs.usage("input", speech_seconds=seconds)
                if text:
                    self._outputs.text("USER", "FINAL", text)
                    self._unanswered.append(text)
                if self._caller_speaks:
                    return None  # the rest of the sentence is on its way; answer all of it
                text = " ".join(self._unanswered)
                self._unanswered.clear()
            case _Written(text):
                self._outputs.usage("input", text=text)
            case _ToolAnswered(tool, result):
                self._outputs.usage("input", text=json.dumps(result))
                return mind.tool_result(tool, result)
        await asyncio.sleep(self._scenario.pace.thinking_ms / 1000)
        return mind.answer(text)

    async def _carry_out(self, decision: Decision) -> None:
        if decision.call is not None:
            tool_use_id = self._outputs.tool_use(decision.call.name, decision.call.arguments)
            self._calls[tool_use_id] = decision.call.name
        if decision.say:
            await self._speech.speak(decision.say)
