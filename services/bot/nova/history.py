"""A conversation as Nova Sonic takes it for history: where it is too long, its beginning in notes.

AWS's limits (Nova user guide, "Conversation history"): 1 KB for each textInput, with more than one
allowed in a content block, and 40 KB for the history as a whole, which begins with the user.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from services.bot.nova.notes import Notes

TEXT_INPUT_BYTES = 1024
HISTORY_BYTES = 40 * 1024

NOTES_BYTES = 6 * 1024
"""What a stream is told of a conversation that it is not told word for word: three minutes of
speech, which leaves five times as much for the newest lines."""

Speaker = Literal["USER", "ASSISTANT"]

_ENDS = (re.compile(r"[.!?…]+[\"')]*\s+"), re.compile(r"\s+"))
_ACKNOWLEDGED = "I know what was said."


@dataclass(frozen=True, slots=True)
class Line:
    """What one side said, without interruption by the other."""

    speaker: Speaker
    text: str


def history(
    lines: Iterable[Line], returned: Mapping[str, str], *, limit: int = HISTORY_BYTES
) -> list[Line]:
    """What a new stream is told: at most ``limit`` bytes, alternating, beginning with the user.

    The newest lines are told word for word. Where there are older ones, or tools have returned
    something, notes come first: how the call began, the sentences of older lines that say most, and
    what tools returned.

    Args:
        lines: What was said, oldest first.
        returned: What tools returned, by how they were called, oldest first.
        limit: In bytes of UTF-8.
    """
    said = alternating(lines)
    whole = cut(said, limit=limit)
    if len(whole) == len(said) and not returned:
        return whole
    room = min(NOTES_BYTES, limit // 4)
    newest = cut(said, limit=limit - room - len(_ACKNOWLEDGED))
    older = said[: len(said) - len(newest)]
    notes = Notes([(line.speaker == "USER", line.text) for line in older], returned)
    if not (text := notes.write(room)):
        return newest
    return [Line("USER", text), Line("ASSISTANT", _ACKNOWLEDGED), *newest]


def cut(lines: Iterable[Line], *, limit: int = HISTORY_BYTES) -> list[Line]:
    """The newest lines that fit into ``limit`` bytes, alternating and beginning with the user.

    The oldest lines go first and go whole; only a line that is too long alone loses its beginning.
    """
    kept: list[Line] = []
    left = limit
    for line in reversed(alternating(lines)):
        size = len(line.text.encode())
        if size > left:
            if not kept and left > 0:
                kept.append(Line(line.speaker, _tail(line.text, left)))
            break
        left -= size
        kept.append(line)
    while kept and kept[-1].speaker != "USER":
        kept.pop()
    return kept[::-1]


def alternating(lines: Iterable[Line]) -> list[Line]:
    """The lines without empty ones, neighbours of the same speaker joined with a space."""
    joined: list[Line] = []
    for line in lines:
        text = line.text.strip()
        if not text:
            continue
        if joined and joined[-1].speaker == line.speaker:
            joined[-1] = Line(line.speaker, f"{joined[-1].text} {text}")
        else:
            joined.append(Line(line.speaker, text))
    return joined


def pieces(text: str, *, limit: int = TEXT_INPUT_BYTES) -> Iterator[str]:
    """The text in parts of at most ``limit`` bytes of UTF-8; put together they are the text again.

    It is cut after a sentence where one ends in the second half of a part, else after a word, else
    between characters.
    """
    while len(text.encode()) > limit:
        head = text.encode()[:limit].decode(errors="ignore")
        at = next(
            (end for end in (_last(p, head) for p in _ENDS) if end > len(head) // 2), len(head)
        )
        yield text[:at]
        text = text[at:]
    if text:
        yield text


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((found.end() for found in pattern.finditer(text)), default=0)


def _tail(text: str, size: int) -> str:
    """The end of a text, from the beginning of a sentence or, in a longer one, of a word."""
    tail = text.encode()[-size:].decode(errors="ignore")
    for pattern in _ENDS:
        start = pattern.search(tail)
        if start is not None and start.end() < len(tail):
            return tail[start.end() :]
    return tail
