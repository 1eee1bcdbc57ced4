"""A conversation cut to what Nova Sonic takes as history.

AWS's limits (Nova user guide, "Conversation history"): 1 KB for each textInput, with more than one
allowed in a content block, and 40 KB for the history as a whole, which begins with the user.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

TEXT_INPUT_BYTES = 1024
HISTORY_BYTES = 40 * 1024

Speaker = Literal["USER", "ASSISTANT"]

_ENDS = (re.compile(r"[.!?…]+[\"')]*\s+"), re.compile(r"\s+"))


@dataclass(frozen=True, slots=True)
class Line:
    """What one side said, without interruption by the other."""

    speaker: Speaker
    text: str


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
    tail = text.encode()[-size:].decode(errors="ignore")
    first_space = tail.find(" ")
    return tail[first_space + 1 :] if 0 <= first_space < len(tail) - 1 else tail
