"""Nova Sonic's events as we write them. Field names are AWS's.

https://docs.aws.amazon.com/nova/latest/userguide/input-events.html
"""

import functools
import json
import uuid
from typing import Any

from services.bot.nova.history import pieces

type Event = dict[str, Any]


def encode(kind: str, fields: dict[str, Any]) -> bytes:
    """One event as it goes into the stream."""
    return json.dumps({"event": {kind: fields}}, separators=(",", ":")).encode()


def text_block(prompt: str, role: str, text: str, *, interactive: bool) -> list[bytes]:
    """A text in one content block, in as many ``textInput`` events as its length asks for."""
    name = {"promptName": prompt, "contentName": str(uuid.uuid4())}
    start = {
        **name,
        "type": "TEXT",
        "interactive": interactive,
        "role": role,
        "textInputConfiguration": {"mediaType": "text/plain"},
    }
    return [
        encode("contentStart", start),
        *(encode("textInput", {**name, "content": piece}) for piece in pieces(text)),
        encode("contentEnd", name),
    ]


def tool_result_start(prompt: str, use: str) -> dict[str, Any]:
    """The fields of the ``contentStart`` of a tool's result."""
    return {
        "promptName": prompt,
        "contentName": str(uuid.uuid4()),
        "interactive": False,
        "type": "TOOL",
        "role": "TOOL",
        "toolResultInputConfiguration": {
            "toolUseId": use,
            "type": "TEXT",
            "textInputConfiguration": {"mediaType": "text/plain"},
        },
    }


def tool_result(start: dict[str, Any], result: str) -> list[bytes]:
    """A tool's result in the block that ``start`` opens.

    Nova wants JSON; Pipecat gives an empty result as the bare word COMPLETED.
    """
    name = {key: start[key] for key in ("promptName", "contentName")}
    return [
        encode("contentStart", start),
        encode("toolResult", {**name, "content": _as_json(result)}),
        encode("contentEnd", name),
    ]


def audio_input(prompt: str, content: str, pcm_base64: str) -> bytes:
    """A piece of the caller's audio."""
    return _audio_opening(prompt, content) + pcm_base64.encode() + b'"}}}'


@functools.lru_cache(maxsize=16)
def _audio_opening(prompt: str, content: str) -> bytes:
    """An event of audio up to its audio, the same for a whole call: 50 a second are written."""
    fields = {"promptName": prompt, "contentName": content, "content": ""}
    return encode("audioInput", fields).removesuffix(b'"}}}')


def goodbye(prompt: str, audio_content: str | None) -> list[bytes]:
    """What ends a session: the open audio block, the prompt, the session."""
    events = [encode("promptEnd", {"promptName": prompt}), encode("sessionEnd", {})]
    if audio_content is not None:
        name = {"promptName": prompt, "contentName": audio_content}
        events.insert(0, encode("contentEnd", name))
    return events


def end_of_answer(prompt: str, *, in_audio: bool) -> list[tuple[str, Event]]:
    """What Nova would have sent at the end of an answer, were it still there."""
    name = {"promptName": prompt, "type": "AUDIO"}
    opening = [] if in_audio else [("contentStart", {**name, "role": "ASSISTANT"})]
    return [*opening, ("contentEnd", {**name, "stopReason": "END_TURN"})]


def decode(payload: bytes | str) -> tuple[str, dict[str, Any]]:
    """An event's kind and its fields; an empty kind for what is no event."""
    event = json.loads(payload).get("event")
    if not isinstance(event, dict) or not event:
        return "", {}
    kind = next(iter(event))
    return kind, event[kind]


def _as_json(result: str) -> str:
    try:
        json.loads(result)
    except ValueError:
        return json.dumps({"result": result})
    return result
