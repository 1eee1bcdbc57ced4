"""What a record keeps of a call besides its turns: tool calls, who served it, its recording."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict

from services.common.prices import Tokens
from services.common.records import META, Clock, Session, Turn, read_session

MOST_CHARACTERS = 50_000
"""Of a tool's arguments, and of its result, that are kept; an item of DynamoDB holds 400 KB."""

_TURN, _TOOL, _PART, _SEGMENT = "turn#", "tool#", "part#", "recording#"
_DECLINED = f"{_SEGMENT}declined"

Outcome = Literal["answered", "failed", "cancelled", "unanswered"]


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ToolCall(_Kept):
    """A tool that the model called; arguments and result are the caller's data.

    Attributes:
        call_id: The model's name for the call.
        arguments: As JSON, since DynamoDB knows no floating-point numbers.
        result: What the model was told, as JSON; None where it was told nothing.
        outcome: ``cancelled`` by a barge-in or its own time limit, ``unanswered`` when the call or
            its process ended first.
    """

    call_id: str
    name: str
    arguments: str = "{}"
    result: str | None = None
    outcome: Outcome = "unanswered"
    started_at: datetime
    ended_at: datetime | None = None


class Part(_Kept):
    """The time in which one process had the call.

    Attributes:
        generation: Which taking of the session it was.
        model: The model that answered.
        ended_at: None where the process died, or lost the call to another: words may be missing.
        tokens: Those that no turn counts.
    """

    generation: int
    model: str = ""
    started_at: datetime
    ended_at: datetime | None = None
    tokens: Tokens = Tokens()


class Segment(_Kept):
    """A stretch of the recording, in a file of its own.

    Attributes:
        key: Its name in the bucket.
        started_at: When its first sample was heard.
        seconds: How long it is.
    """

    key: str
    started_at: datetime
    seconds: float


class KeptCall(BaseModel):
    """All that the record knows of a call, in order.

    Attributes:
        declined: Whether the caller did not want to be recorded.
    """

    model_config = ConfigDict(frozen=True)

    session: Session
    turns: tuple[Turn, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    parts: tuple[Part, ...] = ()
    segments: tuple[Segment, ...] = ()
    declined: bool = False

    @classmethod
    def of(cls, items: Iterable[Mapping[str, Any]], clock: Clock) -> Self | None:
        """What the items under a session's key say; None where there is no session."""
        found = {str(item["item"]): item for item in items}
        if META not in found:
            return None

        def those(prefix: str) -> list[Mapping[str, Any]]:
            return [found[name] for name in sorted(found) if name.startswith(prefix)]

        segments = [item for item in those(_SEGMENT) if item["item"] != _DECLINED]
        return cls(
            session=read_session(found[META], clock()),
            turns=tuple(Turn.model_validate(item) for item in those(_TURN)),
            tool_calls=tuple(ToolCall.model_validate(item) for item in those(_TOOL)),
            parts=tuple(Part.model_validate(item) for item in those(_PART)),
            segments=tuple(Segment.model_validate(item) for item in segments),
            declined=_DECLINED in found,
        )


def tool_item(call: ToolCall) -> str:
    """Where a tool call is kept: in order of time, and in one place however often it is written."""
    return f"{_TOOL}{_milliseconds(call.started_at)}#{call.call_id[:64]}"


def part_item(part: Part) -> str:
    """Where a part is kept."""
    return f"{_PART}{part.generation:06d}"


def segment_item(segment: Segment) -> str:
    """Where a segment is kept."""
    return f"{_SEGMENT}{_milliseconds(segment.started_at)}"


def declined_item() -> str:
    """Where it is kept that the caller does not want to be recorded."""
    return _DECLINED


def as_json(value: object) -> str:
    """``value`` as a tool call keeps it; what is too long is cut, and says so."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    if len(text) <= MOST_CHARACTERS:
        return text
    return json.dumps({"cut_after_characters": MOST_CHARACTERS, "text": text[:MOST_CHARACTERS]})


def _milliseconds(moment: datetime) -> str:
    return f"{int(moment.timestamp() * 1000):015d}"
