"""Calls as text for a terminal. What callers said cannot move its cursor or change its colours."""

import json
import re
from collections.abc import Iterable, Sequence

from calls.search import MARKS, Hit
from services.common.calls.transcript import SaidTurn, Transcript, UsedTool

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_SPEAKERS = {"user": "caller", "assistant": "agent"}
_LONGEST = 200


def listed(transcripts: Sequence[Transcript], hits: Iterable[Hit] = ()) -> list[str]:
    """A line a call, and below it where words were found."""
    found: dict[str, list[Hit]] = {}
    for hit in hits:
        found.setdefault(hit.session_id, []).append(hit)
    lines = []
    for one in transcripts:
        cost = f"${one.cost.usd:.4f}" if one.cost else "-"
        marks = [
            *(["recorded"] if one.recording else []),
            *(["failed"] if one.failed else []),
            *([] if one.complete else ["not complete"]),
        ]
        lines.append(
            f"{one.started_at:%Y-%m-%d %H:%M}  {clock(one.seconds):>8}  {one.session_id}  "
            f"{plain(one.agent):16} {len(one.turns):3} turns  {len(one.tool_calls):2} tools  "
            f"{cost:>9}  {plain(one.reason or '')}{''.join(f', {mark}' for mark in marks)}"
        )
        lines += [f"    {_excerpt(hit)}" for hit in found.get(one.session_id, ())[:3]]
    return lines


def read(transcript: Transcript) -> list[str]:
    """One call, line by line, in order of time."""
    head = [
        f"{transcript.session_id}  {plain(transcript.agent)}  {transcript.transport}  "
        f"{transcript.started_at:%Y-%m-%d %H:%M:%S} UTC, {clock(transcript.seconds)}",
        f"ended: {plain(transcript.reason or 'unknown')}"
        + ("" if transcript.complete else "; words may be missing, since a process died"),
    ]
    events: list[tuple[float, str]] = [
        *((turn.start, _said(turn)) for turn in transcript.turns),
        *((tool.start, _used(tool)) for tool in transcript.tool_calls),
    ]
    lines = [f"{clock(start):>8}  {text}" for start, text in sorted(events, key=lambda e: e[0])]
    usage = ", ".join(f"{n} {kind}" for kind, n in transcript.usage.model_dump().items())
    cost = transcript.cost
    paid = f"${cost.usd:.4f} at {cost.model}'s list prices of {cost.prices_of}" if cost else "-"
    recorded = sum(piece.seconds for piece in transcript.recording)
    if transcript.recording_declined:
        sound = "declined, deleted"
    else:
        sound = f"{clock(recorded)} (make calls PAGE=1 plays it)" if recorded else "none"
    return [*head, "", *lines, "", f"tokens: {usage}", f"model: {paid}", f"recording: {sound}"]


def plain(text: str) -> str:
    """Text on one line, without control characters."""
    return _CONTROLS.sub(" ", text)


def clock(seconds: float) -> str:
    """Minutes and seconds, with hours where there are some."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _said(turn: SaidTurn) -> str:
    cut = " — (cut off)" if turn.interrupted else ""
    return f"{_SPEAKERS[turn.role]:7} {plain(turn.text)}{cut}"


def _used(tool: UsedTool) -> str:
    took = f"{tool.seconds:.1f} s" if tool.seconds is not None else "no end"
    given = json.dumps(tool.arguments, ensure_ascii=False)[:_LONGEST]
    got = json.dumps(tool.result, ensure_ascii=False)[:_LONGEST]
    return f"{'tool':7} {plain(tool.name)} {plain(given)} -> {tool.outcome}, {took}: {plain(got)}"


def _excerpt(hit: Hit) -> str:
    begin, end = MARKS
    return plain(hit.excerpt.replace(begin, "[").replace(end, "]"))
