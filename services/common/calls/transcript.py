"""The transcript of a call as a document: what was said and done, when, and what it cost.

It is made of the call's record and of nothing else, so whoever makes it makes the same one: the bot
at the call's end, or another process when that one died.
"""

import json
from datetime import date, datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from services.common.calls.kept import KeptCall, Outcome, ToolCall
from services.common.prices import Tokens, price_list
from services.common.records import Transport, Turn


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class SaidTurn(_Part):
    """One turn. Times are seconds from the call's start."""

    number: int = Field(ge=1, description="From 1, over the whole call.")
    role: Literal["user", "assistant"] = Field(description="The caller, or the agent.")
    text: str = Field(description="Of an agent that was cut off: what the caller heard.")
    start: float = Field(description="When it began to be said.")
    end: float = Field(description="When it had been said, or was cut off.")
    interrupted: bool = Field(description="Whether the caller cut the agent off.")
    tokens: Tokens | None = Field(description="What the model counted since the turn before.")


class UsedTool(_Part):
    """One tool call. Times are seconds from the call's start."""

    name: str
    arguments: Any = Field(description="What the model passed.")
    result: Any = Field(description="What the model was told; null where it was told nothing.")
    outcome: Outcome
    start: float
    seconds: float | None = Field(description="How long it took; null where it did not end.")


class RecordedSegment(_Part):
    """A stretch of the recording: a stereo WAV file, the caller left, the agent right."""

    key: str = Field(description="The file in the same bucket.")
    start: float = Field(description="Seconds from the call's start.")
    seconds: float


class Cost(_Part):
    """What the model's tokens cost at list prices."""

    usd: float
    model: str
    prices_of: date = Field(description="When the prices were last compared with AWS's.")


class Transcript(_Part):
    """A call, from end to end.

    `version` is raised when a field changes its meaning or goes; new fields do not raise it.
    """

    version: Literal[1] = 1
    session_id: str
    agent: str
    transport: Transport
    caller: str | None = Field(description="Who opened the call, where access control knows.")
    reason: str | None = Field(description="How it ended, as `/status` says.")
    failed: bool = Field(description="Whether that was our fault.")
    complete: bool = Field(
        description="False where a process died or lost the call: words may be missing."
    )
    started_at: datetime = Field(description="The call's start, from which all times count.")
    ended_at: datetime | None
    seconds: float = Field(description="How long it lasted.")
    turns: tuple[SaidTurn, ...]
    tool_calls: tuple[UsedTool, ...]
    usage: Tokens
    cost: Cost | None = Field(description="Null where the model's price is not known.")
    recording: tuple[RecordedSegment, ...]
    recording_declined: bool

    @classmethod
    def of(cls, call: KeptCall) -> Self:
        """The transcript of a call that is over, as far as its record knows it."""
        session = call.session
        zero = session.started_at or session.created_at

        def seconds(moment: datetime) -> float:
            return round(max(0.0, (moment - zero).total_seconds()), 3)

        turns = tuple(_said(turn, seconds(turn.started_at), seconds) for turn in call.turns)
        tools = tuple(_used(tool, seconds(tool.started_at)) for tool in call.tool_calls)
        ended_at = _last_moment(call)
        usage = _usage(call)
        return cls(
            session_id=session.session_id,
            agent=session.agent,
            transport=session.transport,
            caller=session.caller,
            reason=session.reason,
            failed=session.status == "failed",
            complete=bool(call.parts) and all(part.ended_at for part in call.parts),
            started_at=zero,
            ended_at=ended_at,
            seconds=seconds(ended_at) if ended_at else 0.0,
            turns=turns,
            tool_calls=tools,
            usage=usage,
            cost=_cost(call, usage),
            recording=tuple(
                RecordedSegment(
                    key=one.key, start=seconds(one.started_at), seconds=round(one.seconds, 3)
                )
                for one in call.segments
                if not call.declined
            ),
            recording_declined=call.declined,
        )


def _said(turn: Turn, start: float, seconds: Any) -> SaidTurn:  # noqa: ANN401 - a local function
    end = seconds(turn.ended_at) if turn.ended_at else start
    return SaidTurn(
        number=turn.number,
        role=turn.role,
        text=turn.text,
        start=start,
        end=max(start, end),
        interrupted=turn.interrupted,
        tokens=turn.tokens,
    )


def _used(tool: ToolCall, start: float) -> UsedTool:
    took = (tool.ended_at - tool.started_at).total_seconds() if tool.ended_at else None
    return UsedTool(
        name=tool.name,
        arguments=json.loads(tool.arguments),
        result=None if tool.result is None else json.loads(tool.result),
        outcome=tool.outcome,
        start=start,
        seconds=None if took is None else round(took, 3),
    )


def _last_moment(call: KeptCall) -> datetime | None:
    """When the call ended: not when somebody noticed that nobody came back to it."""
    parted = [part.ended_at for part in call.parts if part.ended_at is not None]
    said = [turn.ended_at or turn.started_at for turn in call.turns]
    if parted and call.parts[-1].ended_at is not None:
        return max(parted)
    return max([*parted, *said], default=call.session.ended_at)


def _usage(call: KeptCall) -> Tokens:
    usage = Tokens()
    for tokens in (*(t.tokens for t in call.turns), *(part.tokens for part in call.parts)):
        usage += tokens or Tokens()
    return usage


def _cost(call: KeptCall, usage: Tokens) -> Cost | None:
    model = call.parts[-1].model if call.parts else ""
    prices = price_list()
    price = prices.models.get(model)
    if price is None:
        return None
    return Cost(usd=round(price.cost(usage), 6), model=model, prices_of=prices.compared_on)
