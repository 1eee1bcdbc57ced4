"""A transcript as WebVTT: subtitles that any player shows beside the recording.

W3C, "WebVTT: The Web Video Text Tracks Format": a cue's text is escaped, takes one line here, and
names its speaker in a voice tag. Cues of the two speakers may overlap, as their speech does.
"""

import re

from services.common.calls.transcript import SaidTurn, Transcript

SHORTEST_SECONDS = 0.5
"""Of a cue: one without a length is shown by no player."""

_SPEAKERS = {"user": "Caller", "assistant": "Agent"}
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")


def to_webvtt(transcript: Transcript) -> str:
    """The cues of what was said, in order of time."""
    turns = sorted(transcript.turns, key=lambda turn: (turn.start, turn.number))
    note = f"NOTE session {transcript.session_id}" + (
        "" if transcript.complete else ", not complete"
    )
    return "\n\n".join(["WEBVTT", note, *map(_cue, turns)]) + "\n"


def _cue(turn: SaidTurn) -> str:
    end = max(turn.end, turn.start + SHORTEST_SECONDS)
    text = _CONTROLS.sub(" ", turn.text).strip()
    # Escaped: neither a tag nor the arrow that begins a cue can come out of what somebody said.
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    cut = " —" if turn.interrupted else ""
    speaker = _SPEAKERS[turn.role]
    return f"{turn.number}\n{_clock(turn.start)} --> {_clock(end)}\n<v {speaker}>{text}{cut}</v>"


def _clock(seconds: float) -> str:
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
