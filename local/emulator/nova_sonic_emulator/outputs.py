"""The events that the service sends, as AWS documents them.

https://docs.aws.amazon.com/nova/latest/nova2-userguide/sonic-output-events.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any, Literal
from uuid import uuid4

Role = Literal["USER", "ASSISTANT"]
Stage = Literal["SPECULATIVE", "FINAL"]
StopReason = Literal["PARTIAL_TURN", "END_TURN", "INTERRUPTED"]

INTERRUPTED = '{ "interrupted" : true }'

_SPEECH_TOKENS_PER_SECOND = 25
_CHARACTERS_PER_TEXT_TOKEN = 4


class Outputs:
    """Builds one prompt's output events and counts its tokens.

    Args:
        prompt_name: The client's name of the prompt.
        sample_rate: Of the assistant's audio, in hertz.
        send: Takes each event's name and fields.
    """

    def __init__(
        self, *, prompt_name: str, sample_rate: int, send: Callable[[str, dict[str, Any]], None]
    ) -> None:
        self._send = send
        self._sample_rate = sample_rate
        self._ids = {"promptName": prompt_name, "sessionId": str(uuid4())}
        self._completion_id = str(uuid4())
        self._completing = False
        self._tokens = {
            "input": {"speechTokens": 0, "textTokens": 0},
            "output": {"speechTokens": 0, "textTokens": 0},
        }

    def user_speech_start(self, offset_ms: int) -> None:
        """The caller began to speak, `offset_ms` into the input audio."""
        self._send("userSpeechStart", self._ids | {"inputAudioOffsetMs": offset_ms})

    def user_speech_end(self, offset_ms: int, detected_ms: int) -> None:
        """The caller's turn ended at `offset_ms`, which was clear at `detected_ms`."""
        self._send(
            "userSpeechEnd",
            self._ids
            | {"inputAudioOffsetMs": offset_ms, "inputAudioDetectionOffsetMs": detected_ms},
        )

    def completion_start(self) -> None:
        """Begin a completion, unless one is under way."""
        if not self._completing:
            self._completing = True
            self._emit("completionStart", {})

    def completion_end(self, reason: StopReason = "END_TURN") -> None:
        """End the completion, if one is under way."""
        if self._completing:
            self._emit("completionEnd", {"stopReason": reason})
            self._completing = False

    def usage(
        self, direction: Literal["input", "output"], *, text: str = "", speech_seconds: float = 0
    ) -> None:
        """Report plausible token counts of some text and speech."""
        delta = {
            "input": {"speechTokens": 0, "textTokens": 0},
            "output": {"speechTokens": 0, "textTokens": 0},
        }
        delta[direction] = {
            "speechTokens": round(speech_seconds * _SPEECH_TOKENS_PER_SECOND),
            "textTokens": -(-len(text) // _CHARACTERS_PER_TEXT_TOKEN),
        }
        for side, counts in delta.items():
            for kind, count in counts.items():
                self._tokens[side][kind] += count
        totals = {side: sum(counts.values()) for side, counts in self._tokens.items()}
        total = {side: dict(counts) for side, counts in self._tokens.items()}
        self._emit(
            "usageEvent",
            {
                "details": {"delta": delta, "total": total},
                "totalInputTokens": totals["input"],
                "totalOutputTokens": totals["output"],
                "totalTokens": totals["input"] + totals["output"],
            },
        )

    def text(
        self, role: Role, stage: Stage, text: str, stop_reason: StopReason = "PARTIAL_TURN"
    ) -> None:
        """Send a whole block of text."""
        content_id = str(uuid4())
        self._emit(
            "contentStart",
            {
                "additionalModelFields": json.dumps(
                    {"generationStage": stage}, separators=(",", ":")
                ),
                "contentId": content_id,
                "role": role,
                "textOutputConfiguration": {"mediaType": "text/plain"},
                "type": "TEXT",
            },
        )
        self._emit("textOutput", {"content": text, "contentId": content_id, "role": role})
        self._content_end(content_id, "TEXT", stop_reason)

    def interrupted(self) -> None:
        """Say that the caller's barge-in cut the assistant short."""
        self.text("ASSISTANT", "FINAL", INTERRUPTED, "INTERRUPTED")

    def tool_use(self, name: str, arguments: dict[str, Any]) -> str:
        """Call a tool, and give the id that its result must name."""
        content_id, tool_use_id = str(uuid4()), str(uuid4())
        self._emit(
            "contentStart",
            {
                "contentId": content_id,
                "role": "TOOL",
                "toolUseOutputConfiguration": {"mediaType": "application/json"},
                "type": "TOOL",
            },
        )
        self._emit(
            "toolUse",
            {
                "content": json.dumps(arguments),
                "contentId": content_id,
                "role": "TOOL",
                "toolName": name,
                "toolUseId": tool_use_id,
            },
        )
        self._content_end(content_id, "TOOL", "TOOL_USE")
        return tool_use_id

    def audio_start(self) -> str:
        """Open a block of audio, and give its id."""
        content_id = str(uuid4())
        self._emit(
            "contentStart",
            {
                "audioOutputConfiguration": {
                    "audioType": "SPEECH",
                    "channelCount": 1,
                    "encoding": "base64",
                    "mediaType": "audio/lpcm",
                    "sampleRateHertz": self._sample_rate,
                    "sampleSizeBits": 16,
                },
                "contentId": content_id,
                "role": "ASSISTANT",
                "type": "AUDIO",
            },
        )
        return content_id

    def audio(self, content_id: str, pcm: bytes) -> None:
        """Send a piece of 16-bit mono PCM at the prompt's sample rate."""
        content = base64.b64encode(pcm).decode()
        self._emit(
            "audioOutput", {"content": content, "contentId": content_id, "role": "ASSISTANT"}
        )

    def audio_end(self, content_id: str, stop_reason: StopReason) -> None:
        """Close a block of audio."""
        self._content_end(content_id, "AUDIO", stop_reason)

    def _content_end(self, content_id: str, kind: str, stop_reason: str) -> None:
        self._emit("contentEnd", {"contentId": content_id, "stopReason": stop_reason, "type": kind})

    def _emit(self, name: str, fields: dict[str, Any]) -> None:
        self._send(name, {"completionId": self._completion_id, **fields, **self._ids})
